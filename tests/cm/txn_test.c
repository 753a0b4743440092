/* SPDX-License-Identifier: MIT
 *
 * txn_test.c - what a transaction sees, and what is seen of it, before it ends.
 */
#include "../conformance/reg_txnkit.h"

/* Base with the subkeys a, b and a\deep, and the value old = 1. */
static HANDLE MakeTree(void)
{
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"a")));
    Close(MakeKey(Base, STR(u"a\\deep")));
    Close(MakeKey(Base, STR(u"b")));
    EXPECT_SUCCESS(SetDword(Base, STR(u"old"), 1));
    return Base;
}

static VOID DeleteIn(HANDLE Base, PUNICODE_STRING Name)
{
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, Base, Name, KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_SUCCESS(NtDeleteKey(Key)); /* REG-DEL-03 */
    EXPECT_STATUS(Probe(Key, NULL), STATUS_KEY_DELETED);
    EXPECT_STATUS(SetDword(Key, STR(u"x"), 1), STATUS_KEY_DELETED);
    Close(Key);
}

static void deletion_is_seen_inside_only(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    HANDLE Parent;
    EXPECT_SUCCESS(Open(&Parent, Inside, STR(u"a"), KEY_ALL_ACCESS));
    EXPECT_STATUS(NtDeleteKey(Parent), STATUS_CANNOT_DELETE);
    DeleteIn(Inside, STR(u"a\\deep"));
    EXPECT_SUCCESS(NtDeleteKey(Parent));
    Close(Parent);
    EXPECT_EQ(FullInformation(Inside).SubKeys, 1);
    EXPECT_EQ(FullInformation(Base).SubKeys, 2);
    EXPECT_SUCCESS(Probe(Base, STR(u"a\\deep")));
    size_t Keys = ntsim_registry_key_count(Conform.Sim);
    Commit(Transaction);
    EXPECT_EQ(ntsim_registry_key_count(Conform.Sim), Keys - 2);
    EXPECT_STATUS(Probe(Base, STR(u"a")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Base).SubKeys, 1);
    Close(Inside);
    Close(Base);
}

static void deletion_rolled_back_never_was(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    LARGE_INTEGER Written = FullInformation(Base).LastWriteTime;
    DeleteIn(Inside, STR(u"b"));
    EXPECT_SUCCESS(NtDeleteValueKey(Inside, STR(u"old")));
    Close(MakeKey(Inside, STR(u"B"))); /* the name is free again */
    EXPECT_EQ(FullInformation(Inside).SubKeys, 2);
    Rollback(Transaction);
    EXPECT_SUCCESS(Probe(Base, STR(u"b")));
    ExpectDword(Base, STR(u"old"), 1);
    EXPECT_EQ(FullInformation(Base).LastWriteTime.QuadPart, Written.QuadPart);
    Close(Inside);
    Close(Base);
}

static void deleted_key_is_replaced_by_a_new_one(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    HANDLE Old, New;
    EXPECT_SUCCESS(Open(&Old, Base, STR(u"b"), KEY_READ));
    DeleteIn(Inside, STR(u"b"));
    New = MakeKey(Inside, STR(u"b"));
    EXPECT_SUCCESS(SetDword(New, STR(u"new"), 7));
    Close(New);
    Commit(Transaction);
    EXPECT_STATUS(Probe(Old, NULL), STATUS_KEY_DELETED);
    EXPECT_SUCCESS(Open(&New, Base, STR(u"b"), KEY_READ));
    ExpectDword(New, STR(u"new"), 7);
    Close(New);
    Close(Old);
    Close(Inside);
    Close(Base);
}

static void values_are_seen_inside_only(void **State)
{
    (void)State;
    ULONG Value;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    EXPECT_SUCCESS(SetDword(Inside, STR(u"new"), 2));
    EXPECT_SUCCESS(SetDword(Inside, STR(u"old"), 3));
    ExpectDword(Inside, STR(u"old"), 3);
    ExpectDword(Base, STR(u"old"), 1);
    EXPECT_STATUS(ProbeValue(Base, STR(u"new"), &Value), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(NtDeleteValueKey(Inside, STR(u"old")));
    EXPECT_STATUS(NtDeleteValueKey(Inside, STR(u"old")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Base).Values, 1);
    EXPECT_EQ(FullInformation(Inside).Values, 1);
    Commit(Transaction);
    ExpectDword(Base, STR(u"new"), 2);
    EXPECT_STATUS(ProbeValue(Base, STR(u"old"), &Value), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Inside);
    Close(Base);
}

/* The first character of the name of subkey Index as seen through Key; 0: there is none. */
static WCHAR NameAt(HANDLE Key, ULONG Index)
{
    union {
        KEY_BASIC_INFORMATION Basic;
        UCHAR Bytes[128];
    } Buffer;
    ULONG ResultLength;
    NTSTATUS Status =
        NtEnumerateKey(Key, Index, KeyBasicInformation, &Buffer, sizeof(Buffer), &ResultLength);
    return NT_SUCCESS(Status) ? Buffer.Basic.Name[0] : 0;
}

static ULONG SubKeysOfFirst(HANDLE Key)
{
    union {
        KEY_FULL_INFORMATION Full;
        UCHAR Bytes[128];
    } Buffer;
    ULONG ResultLength;
    EXPECT_SUCCESS(
        NtEnumerateKey(Key, 0, KeyFullInformation, &Buffer, sizeof(Buffer), &ResultLength));
    return Buffer.Full.SubKeys;
}

static void enumeration_is_that_of_the_transaction(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    Close(MakeKey(Inside, STR(u"ab")));
    Close(MakeKey(Inside, STR(u"c")));
    Close(MakeKey(Inside, STR(u"a\\more")));
    DeleteIn(Inside, STR(u"b"));
    EXPECT_EQ(NameAt(Inside, 0), u'a');
    EXPECT_EQ(NameAt(Inside, 1), u'a');
    EXPECT_EQ(NameAt(Inside, 2), u'c');
    EXPECT_EQ(NameAt(Inside, 3), 0);
    EXPECT_EQ(NameAt(Base, 1), u'b');
    EXPECT_EQ(NameAt(Base, 2), 0);
    EXPECT_EQ(SubKeysOfFirst(Inside), 2);
    EXPECT_EQ(SubKeysOfFirst(Base), 1);
    Rollback(Transaction);
    Close(Inside);
    Close(Base);
}

/* X5: what happens outside is seen inside, unless the transaction has its own version of it. */
static void changes_outside_are_seen_inside(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    HANDLE Key;
    Close(MakeKey(Inside, STR(u"mine")));
    Close(MakeKey(Base, STR(u"theirs")));
    EXPECT_SUCCESS(SetDword(Base, STR(u"old"), 5));
    for (ULONG Index = 0; Index < 20; Index++) {
        WCHAR Name[] = {(WCHAR)(u'a' + Index), u'!'};
        EXPECT_SUCCESS(SetDword(Base, &(UNICODE_STRING){4, 4, Name}, Index));
    }
    EXPECT_SUCCESS(Probe(Inside, STR(u"theirs")));
    ExpectDword(Inside, STR(u"old"), 5);
    ExpectDword(Inside, STR(u"t!"), 19);
    EXPECT_SUCCESS(Open(&Key, Base, STR(u"b"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"bee")));
    EXPECT_SUCCESS(Probe(Inside, STR(u"bee")));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_STATUS(Probe(Inside, STR(u"bee")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Inside).SubKeys, 3);
    Commit(Transaction);
    EXPECT_EQ(FullInformation(Base).SubKeys, 3);
    EXPECT_SUCCESS(Probe(Base, STR(u"mine")));
    Close(Key);
    Close(Inside);
    Close(Base);
}

static void ended_transaction_refuses_its_keys(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    HANDLE Key;
    ULONG Value;
    EXPECT_SUCCESS(NtCommitTransaction(Transaction, TRUE));
    EXPECT_STATUS(SetDword(Inside, STR(u"new"), 1), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(ProbeValue(Inside, STR(u"old"), &Value), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(NtDeleteKey(Inside), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(Probe(Inside, STR(u"a")), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(OpenIn(Transaction, &Key, Base, STR(u"a")), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(CreateIn(Transaction, &Key, Base, STR(u"z")), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(NtRollbackTransaction(Transaction, TRUE), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(NtCommitTransaction(Transaction, TRUE), STATUS_TRANSACTION_NOT_ACTIVE);
    EXPECT_STATUS(OpenIn(Base, &Key, Base, STR(u"a")), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtCommitTransaction(Base, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    Close(Transaction);
    Close(Inside);
    Close(Base);
}

/* A link is followed as the transaction sees it, and what is behind it is in the transaction. */
static void links_are_followed_within(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    MakeLink(Inside, STR(u"link"), STR(BASE u"\\a"));
    Close(MakeKey(Inside, STR(u"link\\new")));
    EXPECT_SUCCESS(Probe(Inside, STR(u"a\\new")));
    EXPECT_STATUS(Probe(Base, STR(u"a\\new")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Probe(Base, STR(u"link")), STATUS_OBJECT_NAME_NOT_FOUND);
    Commit(Transaction);
    EXPECT_SUCCESS(Probe(Base, STR(u"link\\new")));
    Close(Inside);
    Close(Base);
}

static void forgotten_transaction_is_rolled_back(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    Close(MakeKey(Inside, STR(u"new")));
    EXPECT_SUCCESS(SetDword(Inside, STR(u"old"), 9));
    Close(Transaction);
    EXPECT_SUCCESS(Probe(Inside, STR(u"new"))); /* the key keeps it */
    Close(Inside);
    EXPECT_STATUS(Probe(Base, STR(u"new")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(SetDword(Base, STR(u"old"), 2));
    Close(Base);
}

static void private_keys_are_deleted_for_good(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    HANDLE One = MakeKey(Inside, STR(u"one"));
    HANDLE Two = MakeKey(One, STR(u"two"));
    HANDLE Kept = MakeKey(Inside, STR(u"kept"));
    EXPECT_STATUS(NtDeleteKey(One), STATUS_CANNOT_DELETE);
    EXPECT_SUCCESS(NtDeleteKey(Two));
    EXPECT_SUCCESS(NtDeleteKey(One));
    EXPECT_STATUS(Probe(Inside, STR(u"one")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(NtRenameKey(Kept, STR(u"other")), STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION);
    size_t Keys = ntsim_registry_key_count(Conform.Sim);
    Commit(Transaction);
    EXPECT_EQ(ntsim_registry_key_count(Conform.Sim), Keys + 1);
    EXPECT_EQ(FullInformation(Base).SubKeys, 3);
    Close(Kept);
    Close(Two);
    Close(One);
    Close(Inside);
    Close(Base);
}

static ULONG ControlFlagsOf(HANDLE Key)
{
    KEY_FLAGS_INFORMATION Seen;
    ULONG ResultLength;
    EXPECT_SUCCESS(NtQueryKey(Key, KeyFlagsInformation, &Seen, sizeof(Seen), &ResultLength));
    return Seen.ControlFlags;
}

static void information_set_is_seen_inside_only(void **State)
{
    (void)State;
    HANDLE Base = MakeTree();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    ULONG Flags = 3;
    EXPECT_SUCCESS(NtSetInformationKey(Inside, KeyControlFlagsInformation, &Flags, sizeof(Flags)));
    EXPECT_EQ(ControlFlagsOf(Base), 0);
    EXPECT_EQ(ControlFlagsOf(Inside), 3);
    EXPECT_STATUS(NtSetInformationKey(Base, KeyControlFlagsInformation, &Flags, sizeof(Flags)),
                  STATUS_TRANSACTIONAL_CONFLICT);
    Commit(Transaction);
    EXPECT_EQ(ControlFlagsOf(Base), 3);
    Close(Inside);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.transaction.deletion_is_seen_inside_only", "REG-TXN-02",
                 deletion_is_seen_inside_only),
    CONFORM_CASE("cm.transaction.deletion_rolled_back_never_was", "REG-TXN-02",
                 deletion_rolled_back_never_was),
    CONFORM_CASE("cm.transaction.deleted_key_is_replaced", "REG-TXN-02",
                 deleted_key_is_replaced_by_a_new_one),
    CONFORM_CASE("cm.transaction.values_are_seen_inside_only", "REG-TXN-02",
                 values_are_seen_inside_only),
    CONFORM_CASE("cm.transaction.enumeration_is_its_own", "REG-TXN-02",
                 enumeration_is_that_of_the_transaction),
    CONFORM_CASE("cm.transaction.changes_outside_are_seen_inside", "REG-TXN-02",
                 changes_outside_are_seen_inside),
    CONFORM_CASE("cm.transaction.ended_one_refuses_its_keys", "CM-TXN-07 REG-TXN-01",
                 ended_transaction_refuses_its_keys),
    CONFORM_CASE("cm.transaction.links_are_followed_within", "REG-TXN-03",
                 links_are_followed_within),
    CONFORM_CASE("cm.transaction.forgotten_one_is_rolled_back", "CM-TXN-06",
                 forgotten_transaction_is_rolled_back),
    CONFORM_CASE("cm.transaction.private_keys_are_deleted_for_good", "",
                 private_keys_are_deleted_for_good),
    CONFORM_CASE("cm.transaction.information_set_is_seen_inside_only", "REG-TXN-02",
                 information_set_is_seen_inside_only),
};
NTCB_TEST_MAIN("library", Tests)
