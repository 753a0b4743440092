/* SPDX-License-Identifier: MIT
 *
 * seizer_test.c - what seizer.c could read of what programs passed, and what it outlived.
 */
#include "authors_kit.h"

static HANDLE key;
static struct ntsim_process *program;

static NTSTATUS write_value(const void *data, ULONG bytes)
{
    return NtSetValueKey(key, STRING(u"Name"), 0, REG_BINARY, (PVOID)(uintptr_t)data, bytes);
}

/* As a thread of a program, whose memory is a program's. */
static struct ntsim_thread *begin(void)
{
    program = make_process("C:\\Program Files\\writer.exe");
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(program));

    EXPECT_SUCCESS(author_key(&key, u"\\Registry\\Machine\\Software\\Seized", KEY_ALL_ACCESS));
    return before;
}

static void end(struct ntsim_thread *before)
{
    EXPECT_SUCCESS(NtClose(key));
    ntsim_thread_leave(before);
    ntsim_process_exit(program, STATUS_SUCCESS);
}

static void readable_data_is_kept(void)
{
    struct ntsim_thread *before = begin();
    UCHAR *memory = ntsim_user_allocate(program, 4096, PAGE_READWRITE);

    memset(memory, 0x5A, 100);
    EXPECT_SUCCESS(write_value(memory, 4));
    EXPECT_SUCCESS(write_value(memory, 0));
    EXPECT_SUCCESS(write_value(memory, 65));
    end(before);
    author_unload();
    EXPECT_PRINTED("seizer: type 3, 0 bytes, first 0x00, name of 8\n"
                   "seizer: type 3, 4 bytes, first 0x5A, name of 8\n"
                   "seizer: 2 kept, 0 unreadable, 1 too long\n");
}

static void wild_pointers_are_outlived(void)
{
    struct ntsim_thread *before = begin();

    EXPECT_STATUS(write_value((void *)16, 4), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(write_value((void *)(uintptr_t)0xFFFF800000000000u, 4), STATUS_ACCESS_VIOLATION);
    end(before);
    author_unload();
    EXPECT_PRINTED("seizer: 0 kept, 0 unreadable, 0 too long\n"); /* the registry was first */
}

/* Up to Windows 7 a callback is shown the caller's own pointer. */
static int start_windows_7(void **state)
{
    (void)state;
    return start_windows(NTCB_WINDOWS_7);
}

static void callers_own_pointers_are_outlived(void)
{
    struct ntsim_thread *before = begin();

    void *gone = ntsim_user_allocate(program, 4096, PAGE_NOACCESS);
    char *memory = ntsim_user_allocate(program, 4096, PAGE_READWRITE);

    EXPECT_STATUS(write_value(gone, 4), STATUS_ACCESS_VIOLATION);
    memory[0] = 'a';
    EXPECT_SUCCESS(write_value(memory, 4));
    end(before);
    author_unload();
    EXPECT_PRINTED("seizer: capture came to a bad end\nseizer: 0xC0000005\n");
    EXPECT_PRINTED("seizer: type 3, 4 bytes, first 0x61, name of 8\n"
                   "seizer: 1 kept, 1 unreadable, 0 too long\n");
}

AUTHOR_CASE(seizer, readable_data_is_kept)
AUTHOR_CASE(seizer, wild_pointers_are_outlived)
AUTHOR_CASE(seizer, callers_own_pointers_are_outlived)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(seizer, readable_data_is_kept),
    AUTHOR_ROWS(seizer, wild_pointers_are_outlived),
    {"authors.seizer.callers_own_pointers_are_outlived", "",
     callers_own_pointers_are_outlived_clang, start_windows_7, stop},
    {"authors.seizer.callers_own_pointers_are_outlived.gcc", "",
     callers_own_pointers_are_outlived_gcc, start_windows_7, stop},
};

NTCB_TEST_MAIN("library", tests)
