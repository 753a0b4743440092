/* SPDX-License-Identifier: MIT
 *
 * lookas_test.c - what lookas.c counted for each process, and that its lists are empty at the end.
 */
#include "authors_kit.h"

#include <pthread.h>

#define KEY u"\\Registry\\Machine\\Software\\Counted"
#define THREADS 4
#define EACH 50

/* Sets, reads and deletes values, as a program; the last reading finds nothing. */
static void use_registry(struct ntsim_process *program, uint32_t times)
{
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(program));
    char buffer[64];
    HANDLE key;
    ULONG length;

    EXPECT_SUCCESS(author_key(&key, KEY, KEY_ALL_ACCESS));
    for (uint32_t i = 0; i < times; i++) {
        EXPECT_SUCCESS(author_set(key, STRING(u"Value"), i));
        EXPECT_SUCCESS(NtQueryValueKey(key, STRING(u"Value"), KeyValuePartialInformation, buffer,
                                       sizeof(buffer), &length));
    }
    EXPECT_SUCCESS(NtDeleteValueKey(key, STRING(u"Value")));
    EXPECT_STATUS(NtQueryValueKey(key, STRING(u"Value"), KeyValuePartialInformation, buffer,
                                  sizeof(buffer), &length),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(NtClose(key));
    ntsim_thread_leave(before);
}

static void expect_row(uint32_t pid, int reads, int writes, int failures)
{
    char wanted[128];

    snprintf(wanted, sizeof(wanted), "lookas: %u: %d read, %d written, %d failed\n", (unsigned)pid,
             reads, writes, failures);
    EXPECT_PRINTED(wanted);
}

static void calls_are_counted_by_process(void)
{
    struct ntsim_process *first = make_process("C:\\first.exe");
    struct ntsim_process *second = make_process("C:\\second.exe");

    use_registry(first, 3);
    use_registry(second, 5);
    use_registry(first, 1);
    author_unload();
    EXPECT_PRINTED("lookas: 0 in flight\n");
    expect_row(ntsim_process_id(first), 6, 6, 2);
    expect_row(ntsim_process_id(second), 6, 6, 1);
}

static void *work(void *context)
{
    struct ntsim_thread *before = ntsim_enter(sim);
    HANDLE key = context;
    uint32_t number = 1;

    for (int i = 0; i < EACH; i++) {
        (void)ZwSetValueKey(key, STRING(u"Value"), 0, REG_DWORD, &number, sizeof(number));
    }
    ntsim_leave(before);
    return NULL;
}

static void threads_share_a_row(void)
{
    pthread_t threads[THREADS];
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(KEY), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    EXPECT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL));
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_create(&threads[i], NULL, work, key), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    }
    EXPECT_SUCCESS(ZwClose(key));
    author_unload();
    expect_row(4, 0, THREADS * EACH, 0);
}

AUTHOR_CASE(lookas, calls_are_counted_by_process)
AUTHOR_CASE(lookas, threads_share_a_row)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(lookas, calls_are_counted_by_process),
    AUTHOR_ROWS(lookas, threads_share_a_row),
};

NTCB_TEST_MAIN("library", tests)
