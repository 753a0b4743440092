/* SPDX-License-Identifier: MIT
 *
 * txn_memory_test.c - no memory: every step of a transaction either happens or does not, its commit
 * included; and threads that share a parent key.
 */
#include "../conformance/reg_txnkit.h"

#include <pthread.h>

static HANDLE Made;

static NTSTATUS DoBegin(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    return NtCreateTransaction(&Made, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, NULL,
                               NULL);
}

static NTSTATUS DoCreate(HANDLE Base)
{
    return Create(&Made, Base, STR(u"new"), KEY_ALL_ACCESS);
}

static NTSTATUS DoSet(HANDLE Base)
{
    return SetDword(Base, STR(u"new value"), 1);
}

static NTSTATUS DoDeleteKey(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    return NtDeleteKey(Made);
}

static NTSTATUS DoCommit(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    return NtCommitTransaction(Made, TRUE);
}

/* Base as the case made it. */
static VOID ExpectUntouched(HANDLE Base)
{
    KEY_FULL_INFORMATION Full = FullInformation(Base);
    EXPECT_EQ(Full.SubKeys, 2);
    EXPECT_EQ(Full.Values, 2);
    ExpectDword(Base, STR(u"old"), 1);
    EXPECT_SUCCESS(Probe(Base, STR(u"a")));
    EXPECT_STATUS(Probe(Base, STR(u"new")), STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Fail each allocation of Step in turn, until it succeeds. Until then Inside is as it was. */
static VOID FailEach(NTSTATUS (*Step)(HANDLE), HANDLE Inside, HANDLE Outside)
{
    KEY_FULL_INFORMATION Before = FullInformation(Inside);
    ULONG Nth = 0;
    for (;;) {
        ntsim_fail_allocation(Conform.Sim, ++Nth);
        NTSTATUS Status = Step(Inside);
        BOOLEAN Failed = ntsim_allocation_failed(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_STATUS(Status, Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (!Failed) {
            break;
        }
        KEY_FULL_INFORMATION After = FullInformation(Inside);
        EXPECT_EQ(After.SubKeys, Before.SubKeys);
        EXPECT_EQ(After.Values, Before.Values);
        ExpectUntouched(Outside);
    }
    EXPECT_TRUE(Nth > 1);
}

static HANDLE MakeTree(void)
{
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"a")));
    Close(MakeKey(Base, STR(u"b")));
    EXPECT_SUCCESS(SetDword(Base, STR(u"old"), 1));
    EXPECT_SUCCESS(SetDword(Base, STR(u"kept"), 2));
    return Base;
}

/* The steps up to the commit, on Base as the transaction sees it. */
static HANDLE FailSteps(HANDLE Base, HANDLE *Inside)
{
    FailEach(DoBegin, Base, Base);
    HANDLE Transaction = Made;
    *Inside = OpenBaseIn(Transaction);
    FailEach(DoCreate, *Inside, Base);
    Close(Made);
    FailEach(DoSet, *Inside, Base);
    EXPECT_SUCCESS(NtDeleteValueKey(*Inside, STR(u"old")));
    EXPECT_SUCCESS(Open(&Made, *Inside, STR(u"a"), KEY_ALL_ACCESS));
    FailEach(DoDeleteKey, *Inside, Base);
    Close(Made);
    ExpectUntouched(Base);
    return Transaction;
}

static void no_memory_leaves_it_consistent(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Inside;
    ULONG Value;
    HANDLE Transaction = FailSteps(Base, &Inside);
    /* More than the key's own array has room for. */
    for (WCHAR Name = u'p'; Name <= u'w'; Name++) {
        Close(MakeKey(Inside, &(UNICODE_STRING){2, 2, &Name}));
    }
    Made = Transaction;
    FailEach(DoCommit, Inside, Base);
    EXPECT_EQ(FullInformation(Base).SubKeys, 2 + 8);
    ExpectDword(Base, STR(u"new value"), 1);
    EXPECT_STATUS(ProbeValue(Base, STR(u"old"), &Value), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Transaction);
    Close(Inside);
    Close(Base);
}

static void rollback_needs_no_memory(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Inside;
    HANDLE Transaction = FailSteps(Base, &Inside);
    ntsim_fail_allocation(Conform.Sim, 1);
    EXPECT_SUCCESS(NtRollbackTransaction(Transaction, TRUE));
    EXPECT_FALSE(ntsim_allocation_failed(Conform.Sim));
    ntsim_fail_allocation(Conform.Sim, 0);
    ExpectUntouched(Base);
    Close(Transaction);
    Close(Inside);
    Close(Base);
}

/* A key that the borrowed arrays belong to grows, or fails to, beside a view of it. */
static void no_memory_outside_leaves_the_view_whole(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    Close(MakeKey(Inside, STR(u"mine")));
    for (ULONG Nth = 1; Nth < 8; Nth++) {
        ntsim_fail_allocation(Conform.Sim, Nth);
        NTSTATUS Status = DoSet(Base);
        ntsim_fail_allocation(Conform.Sim, 0);
        ExpectDword(Inside, STR(u"old"), 1);
        ExpectDword(Inside, STR(u"kept"), 2);
        EXPECT_EQ(FullInformation(Inside).Values, NT_SUCCESS(Status) ? 3 : 2);
    }
    EXPECT_SUCCESS(DoSet(Base));
    ExpectDword(Inside, STR(u"new value"), 1);
    Rollback(Transaction);
    Close(Inside);
    Close(Base);
}

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS 200u

struct WORKER {
    ULONG Number;
    ULONG Failures; /* statuses that nobody may see */
};

/* In a transaction of its own, below the parent of all, by names of its own. */
static NTSTATUS WorkInside(HANDLE Transaction, ULONG Number, ULONG Round)
{
    WCHAR Text[] = {(WCHAR)(u'A' + Number), (WCHAR)(u'0' + Round % 10)};
    UNICODE_STRING Name = {sizeof(Text), sizeof(Text), Text};
    HANDLE Base, Key;
    NTSTATUS Status = OpenIn(Transaction, &Base, NULL, STR(BASE));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Create(&Key, Base, &Name, KEY_ALL_ACCESS);
    if (NT_SUCCESS(Status)) {
        Status = SetDword(Key, STR(u"value"), Round);
        if (NT_SUCCESS(Status) && Round % 3 == 0) {
            Status = NtDeleteKey(Key);
        }
        NtClose(Key);
    }
    NtClose(Base);
    return Status;
}

static void *Work(void *Context)
{
    struct WORKER *Worker = Context;
    ntsim_enter(Conform.Sim);
    for (ULONG Round = 0; Round < ROUNDS; Round++) {
        HANDLE Transaction;
        NTSTATUS Status = NtCreateTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, NULL,
                                              NULL, 0, 0, 0, NULL, NULL);
        if (!NT_SUCCESS(Status)) {
            Worker->Failures++;
            break;
        }
        Worker->Failures += !NT_SUCCESS(WorkInside(Transaction, Worker->Number, Round));
        Status = Round % 2 == 0 ? NtCommitTransaction(Transaction, TRUE)
                                : NtRollbackTransaction(Transaction, TRUE);
        Worker->Failures += !NT_SUCCESS(Status);
        NtClose(Transaction);
    }
    ntsim_leave(NULL);
    return NULL;
}

static void threads_share_a_parent(void **State)
{
    (void)State;
    pthread_t Threads[THREADS];
    struct WORKER Workers[THREADS];
    HANDLE Base = MakeBase();
    for (ULONG Number = 0; Number < THREADS; Number++) {
        Workers[Number] = (struct WORKER){.Number = Number};
        EXPECT_EQ(pthread_create(&Threads[Number], NULL, Work, &Workers[Number]), 0);
    }
    for (ULONG Number = 0; Number < THREADS; Number++) {
        EXPECT_EQ(pthread_join(Threads[Number], NULL), 0);
        EXPECT_EQ(Workers[Number].Failures, 0);
    }
    /* The last five rounds that commit are 190 to 198; 192 and 198 delete what they made. */
    EXPECT_EQ(FullInformation(Base).SubKeys, 3 * THREADS);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.transaction.no_memory_leaves_it_consistent", "",
                 no_memory_leaves_it_consistent),
    CONFORM_CASE("cm.transaction.rollback_needs_no_memory", "", rollback_needs_no_memory),
    CONFORM_CASE("cm.transaction.no_memory_outside_leaves_the_view_whole", "",
                 no_memory_outside_leaves_the_view_whole),
    CONFORM_CASE("cm.transaction.threads_share_a_parent", "", threads_share_a_parent),
};
NTCB_TEST_MAIN("library", Tests)
