/* SPDX-License-Identifier: MIT
 *
 * txn_light_test.c - transactions of the registry alone.
 */
#include "../conformance/reg_txnkit.h"

static HANDLE NewLight(void)
{
    HANDLE Transaction;
    EXPECT_SUCCESS(NtCreateRegistryTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, 0));
    return Transaction;
}

static void changes_are_merged_at_commit(void **State)
{
    HANDLE Base = MakeBase(), Transaction = NewLight(), Inside = OpenBaseIn(Transaction);
    ULONG Value;
    (void)State;
    EXPECT_SUCCESS(SetDword(Inside, STR(u"a"), 7));
    Close(MakeKey(Inside, STR(u"Child")));
    ExpectDword(Inside, STR(u"a"), 7);
    EXPECT_STATUS(ProbeValue(Base, STR(u"a"), &Value), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Probe(Base, STR(u"Child")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(NtCommitRegistryTransaction(Transaction, 1), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(NtCommitRegistryTransaction(Transaction, 0));
    ExpectDword(Base, STR(u"a"), 7);
    EXPECT_SUCCESS(Probe(Base, STR(u"Child")));
    EXPECT_STATUS(NtCommitRegistryTransaction(Transaction, 0), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(NtRollbackRegistryTransaction(Transaction, 0), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(SetDword(Inside, STR(u"a"), 8), STATUS_TRANSACTION_NOT_ACTIVE);
    Close(Inside);
    Close(Transaction);
    Close(Base);
}

static void rolled_back_or_forgotten_it_never_was(void **State)
{
    HANDLE Base = MakeBase();
    ULONG Value;
    (void)State;
    for (ULONG Round = 0; Round < 2; Round++) {
        HANDLE Transaction = NewLight(), Inside = OpenBaseIn(Transaction);
        EXPECT_SUCCESS(SetDword(Inside, STR(u"a"), 7));
        if (Round == 0) {
            EXPECT_SUCCESS(NtRollbackRegistryTransaction(Transaction, 0));
        }
        Close(Transaction);
        Close(Inside);
        EXPECT_STATUS(ProbeValue(Base, STR(u"a"), &Value), STATUS_OBJECT_NAME_NOT_FOUND);
        EXPECT_SUCCESS(SetDword(Base, STR(u"b"), Round)); /* nothing stands in the way */
    }
    Close(Base);
}

static void callbacks_are_shown_it(void **State)
{
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Transaction, Inside;
    (void)State;
    Close(MakeBase());
    Transaction = NewLight();
    WatchBegin(&Watch);
    Inside = OpenBaseIn(Transaction);
    PVOID Object = ObjectOf(Transaction);
    EXPECT_TRUE(Object != NULL);
    EXPECT_PTR(WatchOnly(&Watch, RegNtPreOpenKeyEx)->Information.CreateKey.Transaction, Object);
    EXPECT_PTR(CmGetBoundTransaction(&Watch.Cookie, ObjectOf(Inside)), Object);
    WatchEnd(&Watch);
    Close(Inside);
    Close(Transaction);
}

static void it_is_no_kernel_transaction(void **State)
{
    HANDLE Light = NewLight(), Heavy = NewTransaction();
    (void)State;
    EXPECT_STATUS(NtCommitTransaction(Light, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtRollbackTransaction(Light, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtCommitRegistryTransaction(Heavy, 0), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtRollbackRegistryTransaction(Heavy, 0), STATUS_OBJECT_TYPE_MISMATCH);
    Close(Light);
    Rollback(Heavy);
}

static void it_may_have_a_name(void **State)
{
    OBJECT_ATTRIBUTES Named =
        Attributes(NULL, STR(u"\\RegistryTransactions\\Light"), OBJ_CASE_INSENSITIVE);
    HANDLE First, Second;
    (void)State;
    EXPECT_STATUS(NtOpenRegistryTransaction(&First, TRANSACTION_ALL_ACCESS, &Named),
                  STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_STATUS(NtCreateRegistryTransaction(&First, TRANSACTION_ALL_ACCESS, &Named, 1),
                  STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(NtCreateRegistryTransaction(&First, TRANSACTION_ALL_ACCESS, &Named, 0));
    EXPECT_STATUS(NtCreateRegistryTransaction(&Second, TRANSACTION_ALL_ACCESS, &Named, 0),
                  STATUS_OBJECT_NAME_COLLISION);
    EXPECT_SUCCESS(NtOpenRegistryTransaction(&Second, TRANSACTION_ALL_ACCESS, &Named));
    EXPECT_SUCCESS(NtCommitRegistryTransaction(Second, 0));
    EXPECT_STATUS(NtCommitRegistryTransaction(First, 0), STATUS_TRANSACTION_NOT_ACTIVE);
    Close(First);
    Close(Second);
    EXPECT_STATUS(NtOpenRegistryTransaction(&First, TRANSACTION_ALL_ACCESS, &Named),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static void user_mode_needs_the_rights(void **State)
{
    HANDLE Base = MakeBase(), Transaction, Key;
    (void)State;
    EXPECT_SUCCESS(NtCreateRegistryTransaction(&Transaction, TRANSACTION_ROLLBACK, NULL, 0));
    EXPECT_STATUS(OpenIn(Transaction, &Key, NULL, STR(BASE)), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtCommitRegistryTransaction(Transaction, 0), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtRollbackRegistryTransaction(Transaction, 0));
    EXPECT_STATUS(NtCreateRegistryTransaction((PHANDLE)8, TRANSACTION_ALL_ACCESS, NULL, 0),
                  STATUS_ACCESS_VIOLATION);
    Close(Transaction);
    Close(Base);
}

static void without_memory_there_is_none(void **State)
{
    HANDLE Transaction = NULL;
    NTSTATUS Status;
    ULONG Allocation = 0;
    (void)State;
    do {
        ntsim_fail_allocation(Conform.Sim, ++Allocation);
        Status = NtCreateRegistryTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, 0);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_TRUE(Status == STATUS_SUCCESS || Status == STATUS_INSUFFICIENT_RESOURCES);
    } while (Status != STATUS_SUCCESS);
    EXPECT_TRUE(Allocation > 1);
    Close(Transaction);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.txn_light.commit", "CM-TXN-09", changes_are_merged_at_commit),
    CONFORM_CASE("cm.txn_light.rollback", "CM-TXN-09", rolled_back_or_forgotten_it_never_was),
    CONFORM_CASE("cm.txn_light.callbacks", "CM-TXN-09", callbacks_are_shown_it),
    CONFORM_CASE("cm.txn_light.type", "CM-TXN-09", it_is_no_kernel_transaction),
    CONFORM_CASE("cm.txn_light.name", "", it_may_have_a_name),
    CONFORM_USER_CASE("cm.txn_light.user", "", user_mode_needs_the_rights),
    CONFORM_CASE("cm.txn_light.memory", "", without_memory_there_is_none),
};

NTCB_TEST_MAIN("library", Tests)
