/* SPDX-License-Identifier: MIT
 *
 * handle_threads_test.c - handles made, looked up and closed on several threads in one table: a
 * handle is a whole object or none, the table grows under the lookups, and nothing is left.
 */
#include "../conformance/regkit.h"

#include <ntcallback/ddk/ntundoc.h>

#include <pthread.h>
#include <stdatomic.h>

#define OPENERS 2
#define LOOKERS 2
#define ROUNDS 4000u
#define HELD 40u /* handles of each opener at once: more than the first entries of a table */
#define KERNEL_HANDLE ((ULONG_PTR)(LONG_PTR)(LONG)0x80000000)

static _Atomic ULONG openers_left;
static _Atomic ULONG wrong;
static _Atomic ULONG found;

static void *open_and_close(void *unused)
{
    struct ntsim_thread *previous = ntsim_enter(Conform.Sim);
    HANDLE held[HELD] = {NULL};

    (void)unused;
    for (ULONG round = 0; round < ROUNDS; ++round) {
        HANDLE *key = &held[round * 7 % HELD];
        if (*key != NULL) {
            wrong += NtClose(*key) != STATUS_SUCCESS;
        }
        wrong += OpenFlags(key, NULL, STR(BASE), KEY_READ, OBJ_KERNEL_HANDLE) != STATUS_SUCCESS;
    }
    for (ULONG i = 0; i < HELD; ++i) {
        wrong += held[i] != NULL && NtClose(held[i]) != STATUS_SUCCESS;
    }
    ntsim_leave(previous);
    --openers_left;
    return NULL;
}

/* Whatever handles there might be. */
static void *look_up(void *unused)
{
    struct ntsim_thread *previous = ntsim_enter(Conform.Sim);

    (void)unused;
    for (ULONG i = 1; openers_left != 0; i = i % (OPENERS * HELD + 8) + 1) {
        HANDLE handle = (HANDLE)(KERNEL_HANDLE | (ULONG_PTR)i * 4);
        PVOID object;
        NTSTATUS status =
            ObReferenceObjectByHandle(handle, 0, *CmKeyObjectType, KernelMode, &object, NULL);
        if (status == STATUS_SUCCESS) {
            wrong += ObGetObjectType(object) != *CmKeyObjectType;
            ObDereferenceObject(object);
            ++found;
        } else {
            wrong += status != STATUS_INVALID_HANDLE && status != STATUS_OBJECT_TYPE_MISMATCH;
        }
    }
    ntsim_leave(previous);
    return NULL;
}

static void lookups_beside_opens_and_closes(void **state)
{
    pthread_t threads[OPENERS + LOOKERS];

    (void)state;
    wrong = found = 0;
    openers_left = OPENERS;
    Close(MakeBase());
    for (ULONG i = 0; i < OPENERS + LOOKERS; ++i) {
        EXPECT_EQ(pthread_create(&threads[i], NULL, i < OPENERS ? open_and_close : look_up, NULL),
                  0);
    }
    for (ULONG i = 0; i < OPENERS + LOOKERS; ++i) {
        pthread_join(threads[i], NULL);
    }
    EXPECT_EQ(wrong, 0);
}

static const struct ntcb_test cases[] = {
    CONFORM_CASE("ob.handle.lookups_beside_opens_and_closes", "", lookups_beside_opens_and_closes),
};
NTCB_TEST_MAIN("library", cases)
