/* SPDX-License-Identifier: MIT
 *
 * reg_sharing_test.c - threads that read and write values side by side, in keys of their own and in
 * keys they share, while others make, rename and delete keys and transactions come and go: no value
 * is ever seen half written, none of a thread's own is lost, and nothing is left behind.
 */
#include "../conformance/regkit.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4
#define ROUNDS 10000u
#define SHARED_KEYS 2u
#define LONGS 6u /* of a shared value: longer than what is kept with its name */

struct SHARER {
    pthread_t Thread;
    ULONG Number;
    ULONG Seed;
    ULONG Torn;          /* values that no single write has made */
    ULONG Lost;          /* own values that were not as written */
    NTSTATUS Unexpected; /* the first status that nothing explains */
};

static ULONG Random(struct SHARER *Sharer, ULONG Limit)
{
    Sharer->Seed = Sharer->Seed * 1664525u + 1013904223u;
    return (Sharer->Seed >> 16) % Limit;
}

static VOID Note(struct SHARER *Sharer, NTSTATUS Status)
{
    static const NTSTATUS Explained[] = {STATUS_SUCCESS,         STATUS_OBJECT_NAME_NOT_FOUND,
                                         STATUS_KEY_DELETED,     STATUS_CANNOT_DELETE,
                                         STATUS_NO_MORE_ENTRIES, STATUS_TRANSACTIONAL_CONFLICT};
    ULONG Index = 0;
    while (Index < RTL_NUMBER_OF(Explained) && Explained[Index] != Status) {
        Index++;
    }
    if (Index == RTL_NUMBER_OF(Explained) && Sharer->Unexpected == STATUS_SUCCESS) {
        Sharer->Unexpected = Status;
    }
}

/* All longs of a value are equal: whoever wrote it, wrote it whole. */
static VOID Look(struct SHARER *Sharer, HANDLE Key)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[128];
    } Answer;
    ULONG Longs[LONGS], Length;
    NTSTATUS Status = Random(Sharer, 2) == 0
                          ? NtQueryValueKey(Key, STR(u"shared"), KeyValuePartialInformation,
                                            &Answer, sizeof(Answer), &Length)
                          : NtEnumerateValueKey(Key, 0, KeyValuePartialInformation, &Answer,
                                                sizeof(Answer), &Length);
    Note(Sharer, Status);
    if (Status != STATUS_SUCCESS) {
        return;
    }
    ULONG Count = Answer.Partial.DataLength / (ULONG)sizeof(ULONG);
    memcpy(Longs, Answer.Partial.Data, Answer.Partial.DataLength);
    for (ULONG Index = 1; Index < Count; Index++) {
        Sharer->Torn += Longs[Index] != Longs[0];
    }
}

static VOID Write(struct SHARER *Sharer, HANDLE Key)
{
    ULONG Longs[LONGS], What = Random(Sharer, 0x10000), Count = 1 + Random(Sharer, LONGS);
    for (ULONG Index = 0; Index < Count; Index++) {
        Longs[Index] = What;
    }
    Note(Sharer,
         NtSetValueKey(Key, STR(u"shared"), 0, REG_BINARY, Longs, Count * (ULONG)sizeof(ULONG)));
}

static VOID WriteInTransaction(struct SHARER *Sharer, PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Object = Attributes(NULL, Name, OBJ_CASE_INSENSITIVE);
    HANDLE Transaction, Key;
    NTSTATUS Status = NtCreateTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0,
                                          0, 0, NULL, NULL);
    Note(Sharer, Status);
    if (!NT_SUCCESS(Status)) {
        return;
    }
    Status = NtOpenKeyTransacted(&Key, KEY_ALL_ACCESS, &Object, Transaction);
    Note(Sharer, Status);
    if (NT_SUCCESS(Status)) {
        Write(Sharer, Key);
        Look(Sharer, Key);
        Note(Sharer, Random(Sharer, 2) == 0 ? NtCommitTransaction(Transaction, TRUE)
                                            : NtRollbackTransaction(Transaction, TRUE));
        Note(Sharer, NtClose(Key));
    }
    Note(Sharer, NtClose(Transaction));
}

static VOID UseShared(struct SHARER *Sharer, ULONG Round)
{
    static const WCHAR Names[SHARED_KEYS][sizeof(BASE u"\\s0") / sizeof(WCHAR)] = {BASE u"\\s0",
                                                                                   BASE u"\\s1"};
    UNICODE_STRING Name;
    UCHAR Buffer[128];
    ULONG Length;
    HANDLE Key;
    RtlInitUnicodeString(&Name, Names[Random(Sharer, SHARED_KEYS)]);
    if (Round % 16 == 0) {
        WriteInTransaction(Sharer, &Name);
        return;
    }
    NTSTATUS Status = Create(&Key, NULL, &Name, KEY_ALL_ACCESS);
    Note(Sharer, Status);
    if (!NT_SUCCESS(Status)) {
        return;
    }
    switch (Random(Sharer, 8)) {
    case 0:
        Note(Sharer, NtDeleteKey(Key));
        break;
    case 1:
        Note(Sharer, NtDeleteValueKey(Key, STR(u"shared")));
        break;
    case 2:
        Note(Sharer, NtQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &Length));
        break;
    case 3:
    case 4:
        Write(Sharer, Key);
        break;
    default:
        Look(Sharer, Key);
        break;
    }
    Note(Sharer, NtClose(Key));
}

/* In a key that is this thread's alone nothing changes but by its own hand. */
static VOID UseOwn(struct SHARER *Sharer, HANDLE Key, ULONG Round)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[64];
    } Answer;
    ULONG Length, Read = 0;
    Note(Sharer, SetDword(Key, STR(u"own"), Round));
    NTSTATUS Status = NtQueryValueKey(Key, STR(u"OWN"), KeyValuePartialInformation, &Answer,
                                      sizeof(Answer), &Length);
    Note(Sharer, Status);
    if (NT_SUCCESS(Status)) {
        memcpy(&Read, Answer.Partial.Data, sizeof(Read));
    }
    Sharer->Lost += Read != Round;
}

static void *Share(void *Context)
{
    struct SHARER *Sharer = Context;
    struct ntsim_thread *Previous = ntsim_enter(Conform.Sim);
    WCHAR Text[] = BASE u"\\own0";
    UNICODE_STRING Name;
    UCHAR Buffer[128];
    ULONG Length;
    HANDLE Base, Key;
    Text[RTL_NUMBER_OF(Text) - 2] = (WCHAR)(u'0' + Sharer->Number);
    RtlInitUnicodeString(&Name, Text);
    Note(Sharer, Open(&Base, NULL, STR(BASE), KEY_ALL_ACCESS));
    Note(Sharer, Create(&Key, NULL, &Name, KEY_ALL_ACCESS));
    for (ULONG Round = 1; Round <= ROUNDS; Round++) {
        UseOwn(Sharer, Key, Round);
        UseShared(Sharer, Round);
        Note(Sharer, NtEnumerateKey(Base, Random(Sharer, 8), KeyFullInformation, Buffer,
                                    sizeof(Buffer), &Length));
    }
    Note(Sharer, NtDeleteKey(Key));
    Note(Sharer, NtClose(Key));
    Note(Sharer, NtClose(Base));
    ntsim_leave(Previous);
    return NULL;
}

static void values_are_whole_on_every_thread(void **State)
{
    (void)State;
    struct SHARER Sharers[THREADS] = {{.Number = 0}};
    HANDLE Base = MakeBase();
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Sharers[Index].Number = Index;
        Sharers[Index].Seed = 77u * Index + 1;
        EXPECT_EQ(pthread_create(&Sharers[Index].Thread, NULL, Share, &Sharers[Index]), 0);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Sharers[Index].Thread, NULL);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        EXPECT_SUCCESS(Sharers[Index].Unexpected);
        EXPECT_EQ(Sharers[Index].Torn, 0);
        EXPECT_EQ(Sharers[Index].Lost, 0);
    }
    Close(Base);
}

static const struct ntcb_test Cases[] = {
    CONFORM_CASE("registry.sharing.values_are_whole_on_every_thread", "",
                 values_are_whole_on_every_thread),
};
NTCB_TEST_MAIN("library", Cases)
