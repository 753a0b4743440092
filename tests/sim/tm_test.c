/* SPDX-License-Identifier: MIT
 *
 * tm_test.c - kernel transaction objects: how they are made, who is told of the end, who answers.
 */
#include "host.h"
#include "../conformance/reg_txnkit.h"

#include <ntcallback/ddk/ntundoc.h>

static NTSTATUS NewTm(PHANDLE Handle, PUNICODE_STRING Log, ULONG Options)
{
    return NtCreateTransactionManager(Handle, TRANSACTIONMANAGER_ALL_ACCESS, NULL, Log, Options, 0);
}

static NTSTATUS NewRm(PHANDLE Handle, HANDLE Tm, ULONG Options)
{
    return NtCreateResourceManager(Handle, RESOURCEMANAGER_ALL_ACCESS, Tm, NULL, NULL, Options,
                                   NULL);
}

static void managers_are_volatile(void **State)
{
    (void)State;
    HANDLE Tm, Rm;
    EXPECT_STATUS(NewTm(&Tm, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewTm(&Tm, STR(u"log"), TRANSACTION_MANAGER_VOLATILE), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewTm(&Tm, STR(u"log"), 0), STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(NewTm(&Tm, NULL, 0x40), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewTm(NULL, NULL, TRANSACTION_MANAGER_VOLATILE), STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(NewTm(&Tm, NULL, TRANSACTION_MANAGER_VOLATILE));
    EXPECT_STATUS(NewRm(&Rm, Tm, 0), STATUS_TM_VOLATILE);
    EXPECT_STATUS(NewRm(&Rm, Tm, 4), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewRm(&Rm, NULL, RESOURCE_MANAGER_VOLATILE), STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(NewRm(&Rm, Tm, RESOURCE_MANAGER_VOLATILE));
    Close(Tm); /* the resource manager keeps it */
    EXPECT_STATUS(NewRm(&Tm, Rm, RESOURCE_MANAGER_VOLATILE), STATUS_OBJECT_TYPE_MISMATCH);
    Close(Rm);
}

static NTSTATUS NewWith(PHANDLE Handle, POBJECT_ATTRIBUTES Object, HANDLE Tm, ULONG Options,
                        ULONG Isolation, PLARGE_INTEGER Timeout, PUNICODE_STRING Description)
{
    return NtCreateTransaction(Handle, TRANSACTION_ALL_ACCESS, Object, NULL, Tm, Options, Isolation,
                               0, Timeout, Description);
}

static void transaction_checks_its_arguments(void **State)
{
    (void)State;
    HANDLE Handle, Tm;
    LARGE_INTEGER Never = {.QuadPart = 0}, Soon = {.QuadPart = -10000};
    UNICODE_STRING Long = {130, 130, (PWCH)u""};
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\name"), 0);
    EXPECT_STATUS(NewWith(NULL, NULL, NULL, 0, 0, NULL, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NewWith(&Handle, &Object, NULL, 0, 0, NULL, NULL), STATUS_NOT_IMPLEMENTED);
    Object.Length = 1;
    EXPECT_STATUS(NewWith(&Handle, &Object, NULL, 0, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewWith(&Handle, NULL, NULL, 2, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewWith(&Handle, NULL, NULL, 0, 1, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewWith(&Handle, NULL, NULL, 0, 0, &Soon, NULL), STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(NewWith(&Handle, NULL, NULL, 0, 0, NULL, &Long), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NewWith(&Handle, NULL, (HANDLE)(ULONG_PTR)4444, 0, 0, NULL, NULL),
                  STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(NewTm(&Tm, NULL, TRANSACTION_MANAGER_VOLATILE));
    EXPECT_SUCCESS(NewWith(&Handle, NULL, Tm, TRANSACTION_DO_NOT_PROMOTE, 0, &Never, STR(u"x")));
    EXPECT_PTR(ObGetObjectType(ObjectOf(Handle)), *TmTransactionObjectType);
    Close(Tm);
    Commit(Handle);
}

static void user_needs_the_rights(void **State)
{
    (void)State;
    HANDLE Handle, Key;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry\\Machine"), 0);
    EXPECT_SUCCESS(NtCreateTransaction(&Handle, TRANSACTION_QUERY_INFORMATION, NULL, NULL, NULL, 0,
                                       0, 0, NULL, NULL));
    EXPECT_STATUS(NtOpenKeyTransacted(&Key, KEY_READ, &Object, Handle), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtCommitTransaction(Handle, TRUE), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtRollbackTransaction(Handle, TRUE), STATUS_ACCESS_DENIED);
    Close(Handle);
}

static void enlistment_checks_its_arguments(void **State)
{
    (void)State;
    struct MANAGER Manager;
    HANDLE Rm, Handle, Transaction = NewTransaction();
    ManagerBegin(&Manager);
    EXPECT_STATUS(Enlist(&Manager, Transaction, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Enlist(&Manager, Transaction, 0x80000000u, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(
        Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_PREPARE | TRANSACTION_NOTIFY_COMMIT, NULL),
        STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(Enlist(&Manager, NULL, TRANSACTION_NOTIFY_COMMIT, NULL), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(Enlist(&Manager, Manager.Tm, TRANSACTION_NOTIFY_COMMIT, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(NewRm(&Rm, Manager.Tm, RESOURCE_MANAGER_VOLATILE));
    EXPECT_STATUS(NtCreateEnlistment(&Handle, ENLISTMENT_ALL_ACCESS, Rm, Transaction, NULL, 0,
                                     TRANSACTION_NOTIFY_COMMIT, NULL),
                  STATUS_NOT_IMPLEMENTED); /* no callbacks */
    EXPECT_STATUS(NtCreateEnlistment(&Handle, ENLISTMENT_ALL_ACCESS, Manager.Rm, Transaction, NULL,
                                     ENLISTMENT_SUPERIOR, TRANSACTION_NOTIFY_COMMIT, NULL),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_SUCCESS(NtCommitTransaction(Transaction, TRUE));
    EXPECT_STATUS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, NULL),
                  STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_EQ(Manager.Count, 0);
    Close(Rm);
    Close(Transaction);
    ManagerEnd(&Manager);
}

static void callbacks_are_enabled_once(void **State)
{
    (void)State;
    struct MANAGER Manager;
    ManagerBegin(&Manager);
    EXPECT_STATUS(TmEnableCallbacks(ObjectOf(Manager.Rm), ManagerCallback, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(TmEnableCallbacks(ObjectOf(Manager.Tm), ManagerCallback, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(TmEnableCallbacks(NULL, ManagerCallback, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(TmEnableCallbacks(ObjectOf(Manager.Rm), NULL, NULL), STATUS_INVALID_PARAMETER);
    ManagerEnd(&Manager);
}

static void each_is_told_in_order_what_it_asked_for(void **State)
{
    (void)State;
    struct MANAGER Manager;
    int First, Second, Third;
    ManagerBegin(&Manager);
    HANDLE Transaction = NewTransaction();
    ULONG Both = TRANSACTION_NOTIFY_COMMIT | TRANSACTION_NOTIFY_ROLLBACK;
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, Both, &First));
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, &Second));
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_ROLLBACK, &Third));
    EXPECT_SUCCESS(ZwRollbackTransaction(Transaction, TRUE));
    EXPECT_EQ(Manager.Count, 2);
    EXPECT_EQ(Manager.Told[0], TRANSACTION_NOTIFY_ROLLBACK);
    EXPECT_PTR(Manager.Context[0], &First);
    EXPECT_PTR(Manager.Context[1], &Third);
    EXPECT_SUCCESS(Manager.Answer);
    EXPECT_STATUS(TmRollbackComplete(Manager.Enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    EXPECT_STATUS(TmCommitComplete(ObjectOf(Transaction), NULL), STATUS_INVALID_PARAMETER);
    Close(Transaction);
    ManagerEnd(&Manager);
}

static void unanswered_notification_is_pending_or_reported(void **State)
{
    (void)State;
    struct MANAGER Manager;
    ManagerBegin(&Manager);
    Manager.Silent = TRUE;
    HANDLE Transaction = NewTransaction();
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, NULL));
    EXPECT_STATUS(ZwCommitTransaction(Transaction, FALSE), STATUS_PENDING);
    EXPECT_STATUS(TmRollbackComplete(Manager.Enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    EXPECT_SUCCESS(TmCommitComplete(Manager.Enlistment, NULL));
    Close(Transaction);
    Transaction = NewTransaction();
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, NULL));
    EXPECT_SUCCESS(ZwCommitTransaction(Transaction, TRUE));
    ConformExpectReport("CM-TXN-05");
    Close(Transaction);
    ManagerEnd(&Manager);
}

/* Nobody can commit it any more: it is rolled back, and who asked for that is told. */
static void forgotten_transaction_tells_of_its_rollback(void **State)
{
    (void)State;
    struct MANAGER Manager;
    ManagerBegin(&Manager);
    HANDLE Transaction = NewTransaction();
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_ROLLBACK, NULL));
    Close(Transaction);
    EXPECT_EQ(Manager.Count, 1);
    EXPECT_EQ(Manager.Told[0], TRANSACTION_NOTIFY_ROLLBACK);
    ManagerEnd(&Manager);
}

static void closed_resource_manager_is_told_nothing(void **State)
{
    (void)State;
    struct MANAGER Manager;
    ManagerBegin(&Manager);
    HANDLE Transaction = NewTransaction();
    EXPECT_SUCCESS(Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, NULL));
    ManagerEnd(&Manager);
    EXPECT_SUCCESS(ZwCommitTransaction(Transaction, TRUE));
    EXPECT_EQ(Manager.Count, 0);
    Close(Transaction);
}

/* As a driver leaves it that was unloaded without closing its handles. */
static void callback_of_an_unloaded_driver_is_reported(void **State)
{
    (void)State;
    HANDLE Tm, Rm, Handle;
    PTM_RM_NOTIFICATION Gone;
    void *Page = ntcb_test_forbidden_page();
    EXPECT_TRUE(Page != NULL);
    memcpy(&Gone, &Page, sizeof(Gone));
    EXPECT_SUCCESS(NewTm(&Tm, NULL, TRANSACTION_MANAGER_VOLATILE));
    EXPECT_SUCCESS(NewRm(&Rm, Tm, RESOURCE_MANAGER_VOLATILE));
    EXPECT_SUCCESS(TmEnableCallbacks(ObjectOf(Rm), Gone, NULL));
    HANDLE Transaction = NewTransaction();
    EXPECT_SUCCESS(NtCreateEnlistment(&Handle, ENLISTMENT_ALL_ACCESS, Rm, Transaction, NULL, 0,
                                      TRANSACTION_NOTIFY_COMMIT, NULL));
    Commit(Transaction);
    ConformExpectReport("DV-20");
    Close(Handle);
    Close(Rm);
    Close(Tm);
}

static void no_memory_enlists_nobody(void **State)
{
    (void)State;
    struct MANAGER Manager;
    BOOLEAN Failed = TRUE;
    ManagerBegin(&Manager);
    HANDLE Transaction = NewTransaction();
    for (ULONG Nth = 1; Failed; Nth++) {
        ntsim_fail_allocation(Conform.Sim, Nth);
        NTSTATUS Status = Enlist(&Manager, Transaction, TRANSACTION_NOTIFY_COMMIT, NULL);
        Failed = ntsim_allocation_failed(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_STATUS(Status, Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    }
    EXPECT_SUCCESS(ZwCommitTransaction(Transaction, TRUE));
    EXPECT_EQ(Manager.Count, 1);
    Close(Transaction);
    ManagerEnd(&Manager);
}

static void uuids_differ(void **State)
{
    (void)State;
    UUID First, Second;
    EXPECT_SUCCESS(ExUuidCreate(&First));
    EXPECT_SUCCESS(ExUuidCreate(&Second));
    EXPECT_TRUE(memcmp(&First, &Second, sizeof(First)) != 0);
    EXPECT_EQ(First.Data3 >> 12, 1);
    EXPECT_EQ(First.Data4[0] >> 6, 2);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("tm.manager.is_volatile", "", managers_are_volatile),
    CONFORM_CASE("tm.transaction.checks_its_arguments", "", transaction_checks_its_arguments),
    CONFORM_USER_CASE("tm.transaction.user_needs_the_rights", "REG-TXN-01", user_needs_the_rights),
    CONFORM_CASE("tm.transaction.forgotten_one_tells_of_its_rollback", "CM-TXN-05",
                 forgotten_transaction_tells_of_its_rollback),
    CONFORM_CASE("tm.enlistment.checks_its_arguments", "", enlistment_checks_its_arguments),
    CONFORM_CASE("tm.enlistment.no_memory_enlists_nobody", "", no_memory_enlists_nobody),
    CONFORM_CASE("tm.callback.is_enabled_once", "", callbacks_are_enabled_once),
    CONFORM_CASE("tm.callback.tells_each_what_it_asked_for", "CM-TXN-05",
                 each_is_told_in_order_what_it_asked_for),
    CONFORM_CASE("tm.callback.silence_is_pending_or_reported", "CM-TXN-05",
                 unanswered_notification_is_pending_or_reported),
    CONFORM_CASE("tm.callback.closed_manager_is_told_nothing", "",
                 closed_resource_manager_is_told_nothing),
    CONFORM_CASE("tm.callback.of_an_unloaded_driver_is_reported", "DV-20",
                 callback_of_an_unloaded_driver_is_reported),
    CONFORM_CASE("tm.uuid.differs", "", uuids_differ),
};
NTCB_TEST_MAIN("library", Tests)
