/* SPDX-License-Identifier: MIT
 *
 * txn_conflict_test.c - who is refused because of a transaction (REG-TXN-02): a table of what was
 * done in one, and what is tried outside it and in another.
 */
#include "../conformance/reg_txnkit.h"

static NTSTATUS CreateName(HANDLE Base, PUNICODE_STRING Name)
{
    HANDLE Key;
    NTSTATUS Status = Create(&Key, Base, Name, KEY_READ);
    if (NT_SUCCESS(Status)) {
        Close(Key);
    }
    return Status;
}

static NTSTATUS CreateNew(HANDLE Base)
{
    return CreateName(Base, STR(u"new"));
}

static NTSTATUS CreateOther(HANDLE Base)
{
    return CreateName(Base, STR(u"other"));
}

static NTSTATUS CreateBelow(HANDLE Base)
{
    return CreateName(Base, STR(u"leaf\\below"));
}

static NTSTATUS SetBase(HANDLE Base)
{
    return SetDword(Base, STR(u"value"), 1);
}

static NTSTATUS OnLeaf(HANDLE Base, NTSTATUS (*Act)(HANDLE Leaf))
{
    HANDLE Leaf;
    NTSTATUS Status = Open(&Leaf, Base, STR(u"leaf"), KEY_ALL_ACCESS);
    if (NT_SUCCESS(Status)) {
        Status = Act(Leaf);
        Close(Leaf);
    }
    return Status;
}

static NTSTATUS DeleteLeaf(HANDLE Base)
{
    return OnLeaf(Base, NtDeleteKey);
}

static NTSTATUS SetLeaf(HANDLE Base)
{
    return OnLeaf(Base, SetBase);
}

static NTSTATUS DeleteThere(HANDLE Leaf)
{
    return NtDeleteValueKey(Leaf, STR(u"there"));
}

static NTSTATUS DeleteLeafValue(HANDLE Base)
{
    return OnLeaf(Base, DeleteThere);
}

static NTSTATUS RenameToNew(HANDLE Leaf)
{
    return NtRenameKey(Leaf, STR(u"new"));
}

static NTSTATUS RenameLeaf(HANDLE Base)
{
    return OnLeaf(Base, RenameToNew);
}

#define CONFLICT STATUS_TRANSACTIONAL_CONFLICT
#define NO_RENAME STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION

static const struct {
    NTSTATUS (*Inside)(HANDLE Base); /* done in a transaction */
    NTSTATUS (*Then)(HANDLE Base);   /* then tried */
    NTSTATUS Outside;
    NTSTATUS InAnother; /* transaction */
} Table[] = {
    {CreateNew, CreateNew, CONFLICT, CONFLICT},
    {CreateNew, CreateOther, STATUS_SUCCESS, STATUS_SUCCESS},
    {CreateNew, SetBase, STATUS_SUCCESS, STATUS_SUCCESS},
    {CreateNew, DeleteLeaf, STATUS_SUCCESS, STATUS_SUCCESS},
    {CreateNew, RenameLeaf, CONFLICT, NO_RENAME},
    {CreateBelow, DeleteLeaf, CONFLICT, CONFLICT},
    {CreateBelow, RenameLeaf, CONFLICT, NO_RENAME},
    {CreateBelow, SetLeaf, STATUS_SUCCESS, STATUS_SUCCESS},
    {SetLeaf, SetLeaf, CONFLICT, CONFLICT},
    {SetLeaf, DeleteLeafValue, CONFLICT, CONFLICT},
    {SetLeaf, DeleteLeaf, CONFLICT, CONFLICT},
    {SetLeaf, CreateBelow, STATUS_SUCCESS, STATUS_SUCCESS},
    {SetLeaf, SetBase, STATUS_SUCCESS, STATUS_SUCCESS},
    {DeleteLeafValue, SetLeaf, CONFLICT, CONFLICT},
    {DeleteLeaf, DeleteLeaf, CONFLICT, CONFLICT},
    {DeleteLeaf, SetLeaf, CONFLICT, CONFLICT},
    {DeleteLeaf, CreateBelow, CONFLICT, CONFLICT},
    {DeleteLeaf, CreateNew, STATUS_SUCCESS, STATUS_SUCCESS},
};

static VOID RunRow(ULONG Row, BOOLEAN InAnother)
{
    HANDLE Base = MakeBase();
    HANDLE Leaf = MakeKey(Base, STR(u"leaf"));
    EXPECT_SUCCESS(SetDword(Leaf, STR(u"there"), 1));
    Close(Leaf);
    HANDLE First = NewTransaction();
    HANDLE Second = NewTransaction();
    HANDLE InFirst = OpenBaseIn(First);
    HANDLE InSecond = OpenBaseIn(Second);
    print_message("row %u, %s\n", Row, InAnother ? "in another transaction" : "outside");
    EXPECT_SUCCESS(Table[Row].Inside(InFirst));
    EXPECT_STATUS(Table[Row].Then(InAnother ? InSecond : Base),
                  InAnother ? Table[Row].InAnother : Table[Row].Outside);
    /* Whatever was let in fits together. */
    Commit(First);
    Commit(Second);
    Close(InFirst);
    Close(InSecond);
    Close(Base);
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), 0);
}

static void conflicts_are_as_the_table_says(void **State)
{
    (void)State;
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Table); Row++) {
        RunRow(Row, FALSE);
        RunRow(Row, TRUE);
    }
}

/* After the end, nobody is refused any more. */
static void ends_give_way(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"leaf")));
    for (ULONG Round = 0; Round < 2; Round++) {
        HANDLE Transaction = NewTransaction();
        HANDLE Inside = OpenBaseIn(Transaction);
        EXPECT_SUCCESS(SetLeaf(Inside));
        EXPECT_STATUS(SetLeaf(Base), STATUS_TRANSACTIONAL_CONFLICT);
        if (Round == 0) {
            Rollback(Transaction);
        } else {
            Commit(Transaction);
        }
        EXPECT_SUCCESS(SetLeaf(Base));
        Close(Inside);
    }
    EXPECT_SUCCESS(DeleteLeaf(Base));
    Close(Base);
}

static void two_transactions_merge_side_by_side(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE First = NewTransaction();
    HANDLE Second = NewTransaction();
    HANDLE InFirst = OpenBaseIn(First);
    HANDLE InSecond = OpenBaseIn(Second);
    EXPECT_SUCCESS(CreateNew(InFirst));
    EXPECT_SUCCESS(CreateOther(InSecond));
    EXPECT_EQ(FullInformation(InFirst).SubKeys, 1);
    Commit(First);
    EXPECT_EQ(FullInformation(InSecond).SubKeys, 2); /* X5 */
    Commit(Second);
    EXPECT_EQ(FullInformation(Base).SubKeys, 2);
    Close(InFirst);
    Close(InSecond);
    Close(Base);
}

static void host_is_refused_too(void **State)
{
    (void)State;
    ULONG Value = 1;
    HANDLE Base = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Inside = OpenBaseIn(Transaction);
    EXPECT_SUCCESS(CreateNew(Inside));
    EXPECT_SUCCESS(SetBase(Inside));
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, BASE_UTF8 "\\new", false), NTCB_EBUSY);
    EXPECT_EQ(ntsim_registry_value(Conform.Sim, BASE_UTF8, "v", REG_DWORD, &Value, 4), NTCB_EBUSY);
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), NTCB_EBUSY);
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, BASE_UTF8 "\\other", false), NTCB_OK);
    Rollback(Transaction);
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), NTCB_OK);
    Close(Inside);
    Close(Base);
}

static void root_of_another_transaction_is_refused(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    HANDLE First = NewTransaction();
    HANDLE Second = NewTransaction();
    HANDLE InFirst = OpenBaseIn(First);
    EXPECT_STATUS(OpenIn(Second, &Key, InFirst, NULL), STATUS_TRANSACTIONAL_CONFLICT);
    EXPECT_SUCCESS(OpenIn(First, &Key, InFirst, NULL));
    Close(Key);
    Rollback(First);
    Rollback(Second);
    Close(InFirst);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.transaction.conflicts_are_as_the_table_says", "REG-TXN-02",
                 conflicts_are_as_the_table_says),
    CONFORM_CASE("cm.transaction.ends_give_way", "REG-TXN-02", ends_give_way),
    CONFORM_CASE("cm.transaction.two_merge_side_by_side", "REG-TXN-02",
                 two_transactions_merge_side_by_side),
    CONFORM_CASE("cm.transaction.host_is_refused_too", "", host_is_refused_too),
    CONFORM_CASE("cm.transaction.root_of_another_is_refused", "",
                 root_of_another_transaction_is_refused),
};
NTCB_TEST_MAIN("library", Tests)
