/* SPDX-License-Identifier: MIT
 *
 * reg_txn_end_test.c - commit and rollback: scenarios 5 and 6 of the public filter sample among
 * others.
 */
#include "reg_txnkit.h"

/* ---- commit and rollback ---- */

/* Two levels below Base, made through the transacted root. */
static VOID MakeTwoLevels(HANDLE Transaction, HANDLE Base)
{
    HANDLE One = MakeKeyIn(Transaction, Base, STR(u"one"));
    HANDLE Two = MakeKeyIn(Transaction, One, STR(u"two"));
    EXPECT_SUCCESS(SetDword(Two, STR(u"value"), 2));
    Close(Two);
    Close(One);
}

static VOID ExpectTwoLevels(HANDLE Root, NTSTATUS Status)
{
    EXPECT_STATUS(Probe(Root, STR(u"one")), Status);
    EXPECT_STATUS(Probe(Root, STR(u"one\\two")), Status);
}

static void rollback_leaves_nothing(void **State)
{
    (void)State;
    HANDLE Plain = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    MakeTwoLevels(Transaction, Base);
    ExpectTwoLevels(Base, STATUS_SUCCESS);
    ExpectTwoLevels(Plain, STATUS_OBJECT_NAME_NOT_FOUND);
    Rollback(Transaction);
    ExpectTwoLevels(Plain, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Plain).SubKeys, 0);
    Close(Base);
    Close(Plain);
}

static void commit_makes_all_appear(void **State)
{
    (void)State;
    HANDLE Plain = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    HANDLE Key;
    MakeTwoLevels(Transaction, Base);
    Commit(Transaction);
    ExpectTwoLevels(Plain, STATUS_SUCCESS);
    EXPECT_SUCCESS(Open(&Key, Plain, STR(u"one\\two"), KEY_ALL_ACCESS));
    ExpectDword(Key, STR(u"value"), 2);
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\one\\two"));
    EXPECT_SUCCESS(NtDeleteKey(Key)); /* a fresh open that is in no transaction */
    Close(Key);
    Close(Base);
    Close(Plain);
}

/* The callback makes the key itself, in the transaction of the call, and answers with it. */
static NTSTATUS Replay(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    REG_CREATE_KEY_INFORMATION_V1 *Create = &Information->CreateKey;
    HANDLE Root = NULL, Transaction = NULL, Key = NULL;
    OBJECT_ATTRIBUTES Object;
    NTSTATUS Status;
    if (Class != RegNtPreCreateKeyEx) {
        return STATUS_SUCCESS;
    }
    PVOID Bound = Create->Transaction != NULL
                      ? Create->Transaction
                      : CmGetBoundTransaction(&Watch->Cookie, Create->RootObject);
    Status = ObOpenObjectByPointer(Bound, OBJ_KERNEL_HANDLE, NULL, TRANSACTION_ALL_ACCESS,
                                   *TmTransactionObjectType, KernelMode, &Transaction);
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByPointer(Create->RootObject, OBJ_KERNEL_HANDLE, NULL, KEY_ALL_ACCESS,
                                       *CmKeyObjectType, KernelMode, &Root);
    }
    if (NT_SUCCESS(Status)) {
        Object = Attributes(Root, Create->RemainingName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE);
        Status = ZwCreateKeyTransacted(&Key, KEY_ALL_ACCESS, &Object, 0, NULL, Create->Options,
                                       Transaction, Create->Disposition);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode,
                                           Create->ResultObject, NULL);
        Create->GrantedAccess = KEY_ALL_ACCESS;
        ZwClose(Key);
    }
    if (Root != NULL) {
        ZwClose(Root);
    }
    if (Transaction != NULL) {
        ZwClose(Transaction);
    }
    ++*(PULONG)Watch->Context;
    return NT_SUCCESS(Status) ? STATUS_CALLBACK_BYPASS : Status;
}

static VOID ReplayAndEnd(VOID (*End)(HANDLE Transaction), NTSTATUS Afterwards)
{
    ULONG Replayed = 0;
    struct WATCH Watch = {.Hook = Replay, .Context = &Replayed};
    HANDLE Plain = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    WatchBegin(&Watch);
    HANDLE One = MakeKeyIn(Transaction, Base, STR(u"one"));
    HANDLE Two = MakeKey(One, STR(u"two")); /* not told which transaction: the root's */
    WatchEnd(&Watch);
    EXPECT_EQ(Replayed, 2);
    ExpectTwoLevels(Base, STATUS_SUCCESS);
    ExpectTwoLevels(Plain, STATUS_OBJECT_NAME_NOT_FOUND);
    End(Transaction);
    ExpectTwoLevels(Plain, Afterwards);
    Close(Two);
    Close(One);
    Close(Base);
    Close(Plain);
}

static void rollback_takes_what_a_callback_replayed(void **State)
{
    (void)State;
    ReplayAndEnd(Rollback, STATUS_OBJECT_NAME_NOT_FOUND);
}

static void commit_keeps_what_a_callback_replayed(void **State)
{
    (void)State;
    ReplayAndEnd(Commit, STATUS_SUCCESS);
}

/* ---- resource managers ---- */

/* As the sample does: enlist from within the callback that first sees the transaction. */
static struct MANAGER Manager;

static NTSTATUS EnlistInCallback(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    PULONG Count = Watch->Context;
    HANDLE Transaction;
    if (Class != RegNtPreCreateKeyEx || *Count != 0) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = ObOpenObjectByPointer(Information->CreateKey.Transaction, OBJ_KERNEL_HANDLE,
                                            NULL, TRANSACTION_ENLIST, *TmTransactionObjectType,
                                            KernelMode, &Transaction);
    if (NT_SUCCESS(Status)) {
        HANDLE Enlistment;
        OBJECT_ATTRIBUTES Object = Attributes(NULL, NULL, OBJ_KERNEL_HANDLE);
        Status = ZwCreateEnlistment(&Enlistment, ENLISTMENT_ALL_ACCESS, Manager.Rm, Transaction,
                                    &Object, 0, TRANSACTION_NOTIFY_COMMIT, Watch);
        if (NT_SUCCESS(Status)) {
            ZwClose(Enlistment);
        }
        ZwClose(Transaction);
    }
    ++*Count;
    return Status;
}

static VOID EnlistAndEnd(NTSTATUS (*End)(HANDLE Transaction, BOOLEAN Wait), ULONG Expected)
{
    ULONG Count = 0;
    struct WATCH Watch = {.Hook = EnlistInCallback, .Context = &Count};
    Close(MakeBase());
    ManagerBegin(&Manager);
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    WatchBegin(&Watch);
    MakeTwoLevels(Transaction, Base);
    WatchEnd(&Watch);
    EXPECT_EQ(Count, 1);
    EXPECT_EQ(Manager.Count, 0);
    EXPECT_SUCCESS(End(Transaction, TRUE));
    EXPECT_EQ(Manager.Count, Expected);
    if (Expected != 0) {
        EXPECT_EQ(Manager.Told[0], TRANSACTION_NOTIFY_COMMIT);
        EXPECT_PTR(Manager.Context[0], &Watch);
        EXPECT_SUCCESS(Manager.Answer);
    }
    Close(Base);
    Close(Transaction);
    ManagerEnd(&Manager);
}

static void commit_is_told_to_who_asked_for_it(void **State)
{
    (void)State;
    EnlistAndEnd(NtCommitTransaction, 1);
}

static void rollback_is_not_told_to_who_asked_for_commit(void **State)
{
    (void)State;
    EnlistAndEnd(NtRollbackTransaction, 0);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.transaction.rollback_leaves_nothing", "CM-TXN-06 REG-TXN-02",
                 rollback_leaves_nothing),
    CONFORM_CASE("reg.transaction.commit_makes_all_appear", "CM-TXN-06 CM-TXN-07 REG-TXN-02",
                 commit_makes_all_appear),
    CONFORM_CASE("reg.transaction.rollback_takes_what_a_callback_replayed", "CM-TXN-02 CM-TXN-06",
                 rollback_takes_what_a_callback_replayed),
    CONFORM_CASE("reg.transaction.commit_keeps_what_a_callback_replayed", "CM-TXN-02 REG-TXN-02",
                 commit_keeps_what_a_callback_replayed),
    CONFORM_CASE("reg.transaction.commit_is_told_to_who_asked", "CM-TXN-05",
                 commit_is_told_to_who_asked_for_it),
    CONFORM_CASE("reg.transaction.rollback_is_not_told_to_who_asked_for_commit", "CM-TXN-05",
                 rollback_is_not_told_to_who_asked_for_commit),
};
NTCB_TEST_MAIN("conformance", Tests)
