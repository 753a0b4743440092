/* SPDX-License-Identifier: MIT
 *
 * reg_threads_test.c - several threads in one small tree: every answer is one that some order of
 * the operations explains, and nothing is left behind.
 */
#include "../conformance/regwatch.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4
#define ROUNDS 3000

struct WORKER {
    pthread_t Thread;
    ULONG Seed;
    NTSTATUS Unexpected; /* the first status that no order explains */
    ULONG Done;
};

static ULONG Random(struct WORKER *Worker)
{
    Worker->Seed = Worker->Seed * 1664525u + 1013904223u;
    return Worker->Seed >> 16;
}

static VOID Note(struct WORKER *Worker, NTSTATUS Status)
{
    static const NTSTATUS Explained[] = {STATUS_SUCCESS,         STATUS_OBJECT_NAME_NOT_FOUND,
                                         STATUS_KEY_DELETED,     STATUS_CANNOT_DELETE,
                                         STATUS_NO_MORE_ENTRIES, STATUS_BUFFER_OVERFLOW,
                                         STATUS_BUFFER_TOO_SMALL};
    ULONG Index = 0;
    while (Index < RTL_NUMBER_OF(Explained) && Explained[Index] != Status) {
        Index++;
    }
    if (Index == RTL_NUMBER_OF(Explained) && Worker->Unexpected == STATUS_SUCCESS) {
        Worker->Unexpected = Status;
    }
    Worker->Done++;
}

static VOID UseKey(struct WORKER *Worker, HANDLE Key)
{
    UCHAR Buffer[64];
    ULONG Length;
    WCHAR Text[1] = {(WCHAR)(u'a' + Random(Worker) % 4)};
    UNICODE_STRING Name = {sizeof(Text), sizeof(Text), Text};
    switch (Random(Worker) % 7) {
    case 0:
        Note(Worker, SetDword(Key, &Name, Random(Worker)));
        break;
    case 1:
        Note(Worker, NtDeleteValueKey(Key, &Name));
        break;
    case 2:
        Note(Worker,
             NtQueryValueKey(Key, &Name, KeyValueFullInformation, Buffer, sizeof(Buffer), &Length));
        break;
    case 3:
        Note(Worker, NtEnumerateKey(Key, Random(Worker) % 3, KeyBasicInformation, Buffer,
                                    sizeof(Buffer), &Length));
        break;
    case 4:
        Note(Worker, NtQueryKey(Key, KeyNameInformation, Buffer, sizeof(Buffer), &Length));
        break;
    case 5:
        Note(Worker, NtRenameKey(Key, &Name));
        break;
    default:
        Note(Worker, NtDeleteKey(Key));
        break;
    }
}

static void *Work(void *Context)
{
    struct WORKER *Worker = Context;
    struct ntsim_thread *Previous = ntsim_enter(Conform.Sim);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        WCHAR Text[] = BASE u"\\x\\x";
        UNICODE_STRING Name = {sizeof(Text) - sizeof(WCHAR), sizeof(Text), Text};
        ULONG Letters = RTL_NUMBER_OF(Text) - 1;
        HANDLE Key;
        Text[Letters - 3] = (WCHAR)(u'a' + Random(Worker) % 4);
        Text[Letters - 1] = (WCHAR)(u'a' + Random(Worker) % 4);
        if (Random(Worker) % 2 == 0) {
            Name.Length = (USHORT)(Name.Length - 2 * sizeof(WCHAR));
        }
        NTSTATUS Status = Random(Worker) % 3 == 0 ? Open(&Key, NULL, &Name, KEY_ALL_ACCESS)
                                                  : Create(&Key, NULL, &Name, KEY_ALL_ACCESS);
        Note(Worker, Status);
        if (NT_SUCCESS(Status)) {
            UseKey(Worker, Key);
            Note(Worker, NtClose(Key));
        }
    }
    ntsim_leave(Previous);
    return NULL;
}

static NTSTATUS NTAPI Count(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    atomic_fetch_add((_Atomic ULONG *)Context, 1);
    return STATUS_SUCCESS;
}

static void threads_share_the_tree(void **State)
{
    (void)State;
    struct WORKER Workers[THREADS] = {{.Done = 0}};
    _Atomic ULONG Heard = 0;
    ULONG Done = 0;
    LARGE_INTEGER Cookie;
    size_t Before = ntsim_registry_key_count(Conform.Sim);
    Close(MakeBase());
    EXPECT_SUCCESS(CmRegisterCallbackEx(Count, STR(u"1"), &Workers, &Heard, &Cookie, NULL));
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Workers[Index].Seed = Index + 1;
        EXPECT_EQ(pthread_create(&Workers[Index].Thread, NULL, Work, &Workers[Index]), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        EXPECT_EQ(pthread_join(Workers[Index].Thread, NULL), 0);
        EXPECT_SUCCESS(Workers[Index].Unexpected);
        Done += Workers[Index].Done;
    }
    EXPECT_TRUE(Heard >= 2 * Done);
    EXPECT_SUCCESS(CmUnRegisterCallback(Cookie));
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), 0);
    EXPECT_EQ(ntsim_registry_key_count(Conform.Sim), Before);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.registry.threads_share_the_tree", "CM-IRQL-04", threads_share_the_tree),
};
NTCB_TEST_MAIN("library", Tests)
