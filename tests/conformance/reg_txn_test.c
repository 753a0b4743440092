/* SPDX-License-Identifier: MIT
 *
 * reg_txn_test.c - the transacted services, and what a callback learns of a transaction.
 */
#include "reg_txnkit.h"

/* ---- what a callback is shown ---- */

static VOID ExpectTransactionShown(struct WATCH *Watch, ULONG Class, PVOID Transaction)
{
    EXPECT_PTR(WatchOnly(Watch, Class)->Information.CreateKey.Transaction, Transaction);
}

static void create_and_open_show_the_transaction(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    HANDLE Transaction = NewTransaction();
    PVOID Object = ObjectOf(Transaction);
    WatchBegin(&Watch);
    Close(MakeKeyIn(Transaction, NULL, STR(BASE u"\\new")));
    ExpectTransactionShown(&Watch, RegNtPreCreateKeyEx, Object);
    Watch.Count = 0;
    Close(OpenBaseIn(Transaction));
    ExpectTransactionShown(&Watch, RegNtPreOpenKeyEx, Object);
    Watch.Count = 0;
    Close(MakeKey(Base, STR(u"plain")));
    ExpectTransactionShown(&Watch, RegNtPreCreateKeyEx, NULL);
    WatchEnd(&Watch);
    Rollback(Transaction);
    Close(Base);
}

/* What asking for the bound transaction gave. */
struct ASKED {
    PVOID OfRoot;
    PVOID Shown;
    PVOID InPreClose;
    PVOID InPostClose;
    HANDLE Handle; /* to the transaction, by its object */
    NTSTATUS Status;
};

static NTSTATUS AskInCallback(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct ASKED *Asked = Watch->Context;
    if (Class == RegNtPreCreateKeyEx || Class == RegNtPreOpenKeyEx) {
        Asked->Shown = Information->CreateKey.Transaction;
        Asked->OfRoot = CmGetBoundTransaction(&Watch->Cookie, Information->CreateKey.RootObject);
        if (Asked->Shown != NULL) {
            Asked->Status =
                ObOpenObjectByPointer(Asked->Shown, OBJ_KERNEL_HANDLE, NULL, TRANSACTION_ALL_ACCESS,
                                      *TmTransactionObjectType, KernelMode, &Asked->Handle);
        }
    } else if (Class == RegNtPreKeyHandleClose) {
        Asked->InPreClose = CmGetBoundTransaction(&Watch->Cookie, Information->Object);
    } else if (Class == RegNtPostKeyHandleClose) {
        Asked->InPostClose = CmGetBoundTransaction(&Watch->Cookie, Information->Object);
    }
    return STATUS_SUCCESS;
}

static void transaction_object_opens_by_pointer(void **State)
{
    (void)State;
    struct ASKED Asked = {.Status = STATUS_UNSUCCESSFUL};
    struct WATCH Watch = {.Hook = AskInCallback, .Context = &Asked};
    Close(MakeBase());
    HANDLE Transaction = NewTransaction();
    WatchBegin(&Watch);
    Close(OpenBaseIn(Transaction));
    WatchEnd(&Watch);
    EXPECT_SUCCESS(Asked.Status);
    EXPECT_PTR(ObjectOf(Asked.Handle), ObjectOf(Transaction));
    EXPECT_SUCCESS(ZwClose(Asked.Handle));
    Rollback(Transaction);
}

static void relative_create_joins_the_transaction_of_its_root(void **State)
{
    (void)State;
    struct ASKED Asked = {.Handle = NULL};
    struct WATCH Watch = {.Hook = AskInCallback, .Context = &Asked};
    HANDLE Plain = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    PVOID Object = ObjectOf(Transaction);
    WatchBegin(&Watch);
    HANDLE Key = MakeKey(Base, STR(u"joined"));
    EXPECT_PTR(Asked.OfRoot, Object);
    EXPECT_PTR(CmGetBoundTransaction(&Watch.Cookie, ObjectOf(Key)), Object);
    EXPECT_PTR(CmGetBoundTransaction(&Watch.Cookie, ObjectOf(Plain)), NULL);
    WatchEnd(&Watch);
    EXPECT_SUCCESS(Probe(Base, STR(u"joined")));
    EXPECT_STATUS(Probe(Plain, STR(u"joined")), STATUS_OBJECT_NAME_NOT_FOUND);
    Rollback(Transaction);
    EXPECT_STATUS(Probe(Plain, STR(u"joined")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
    Close(Base);
    Close(Plain);
}

static void bound_transaction_is_known_until_post_close(void **State)
{
    (void)State;
    struct ASKED Asked = {.InPreClose = NULL};
    struct WATCH Watch = {.Hook = AskInCallback, .Context = &Asked};
    Close(MakeBase());
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    PVOID Object = ObjectOf(Transaction);
    WatchBegin(&Watch);
    Close(Base);
    WatchEnd(&Watch);
    EXPECT_PTR(Asked.InPreClose, Object);
    EXPECT_PTR(Asked.InPostClose, Object);
    Rollback(Transaction);
}

/* ---- documented failures of the transacted services ---- */

static void transacted_services_fail_as_documented(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Key;
    OBJECT_ATTRIBUTES Object = Attributes(Base, STR(u"x"), OBJ_CASE_INSENSITIVE);
    EXPECT_STATUS(OpenIn(Transaction, &Key, Base, STR(u"missing")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(OpenIn(Transaction, &Key, NULL, STR(u"Machine")), STATUS_OBJECT_PATH_SYNTAX_BAD);
    EXPECT_STATUS(CreateIn(Transaction, &Key, NULL, STR(u"Machine")),
                  STATUS_OBJECT_PATH_SYNTAX_BAD);
    EXPECT_STATUS(ZwCreateKeyTransacted(&Key, KEY_READ, NULL, 0, NULL, 0, Transaction, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ZwOpenKeyTransactedEx(&Key, KEY_READ, &Object, 0x100, Transaction),
                  STATUS_INVALID_PARAMETER_4);
    EXPECT_SUCCESS(ZwOpenKeyTransactedEx(
        &Key, KEY_READ, &(OBJECT_ATTRIBUTES){sizeof(Object), Base, NULL, 0, NULL, NULL}, 0,
        Transaction));
    Close(Key);
    EXPECT_STATUS(OpenIn(NULL, &Key, Base, NULL), STATUS_INVALID_HANDLE);
    Rollback(Transaction);
    Close(Base);
}

static VOID RefusedByUser(PVOID Context)
{
    HANDLE Key;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    UNREFERENCED_PARAMETER(Context);
    HANDLE Transaction = NewTransaction();
    EXPECT_STATUS(NtOpenKeyTransacted(&Key, KEY_SET_VALUE, &Object, Transaction),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtOpenKeyTransacted(NULL, KEY_READ, &Object, Transaction),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(NtOpenKeyTransacted(&Key, KEY_READ, &Object, Transaction));
    Close(Key);
    Commit(Transaction);
}

static void transacted_open_checks_access(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformDeny(BASE_UTF8, KEY_SET_VALUE);
    ConformAsUser(RefusedByUser, NULL);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.transaction.create_and_open_show_it", "CM-TXN-01",
                 create_and_open_show_the_transaction),
    CONFORM_CASE("reg.transaction.object_opens_by_pointer", "CM-TXN-01",
                 transaction_object_opens_by_pointer),
    CONFORM_CASE("reg.transaction.relative_create_joins_that_of_its_root",
                 "CM-TXN-02 CM-TXN-03 REG-TXN-03",
                 relative_create_joins_the_transaction_of_its_root),
    CONFORM_CASE("reg.transaction.bound_one_is_known_until_post_close", "CM-TXN-03",
                 bound_transaction_is_known_until_post_close),
    CONFORM_CASE("reg.transaction.services_fail_as_documented", "REG-TXN-01",
                 transacted_services_fail_as_documented),
    CONFORM_CASE("reg.transaction.open_checks_access", "REG-TXN-01", transacted_open_checks_access),
};
NTCB_TEST_MAIN("conformance", Tests)
