/* SPDX-License-Identifier: MIT
 *
 * txn_notice_test.c - transactions and callbacks, where only we say how it is.
 */
#include "../conformance/reg_txnkit.h"

static void bound_transaction_is_lent(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    Close(MakeBase());
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    PVOID Object = ObjectOf(Transaction);
    LONG_PTR Before = ObReferenceObject(Object);
    WatchBegin(&Watch);
    EXPECT_PTR(CmGetBoundTransaction(&Watch.Cookie, ObjectOf(Base)), Object);
    WatchEnd(&Watch);
    EXPECT_PTR(CmGetBoundTransaction(&Watch.Cookie, ObjectOf(Base)), NULL); /* nobody's cookie */
    EXPECT_EQ(ObDereferenceObject(Object), Before - 1);
    Close(Base);
    Rollback(Transaction);
}

static void ends_raise_no_notification(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    Close(MakeBase());
    for (ULONG Round = 0; Round < 2; Round++) {
        HANDLE Transaction = NewTransaction();
        HANDLE Base = OpenBaseIn(Transaction);
        Close(MakeKey(Base, STR(u"one")));
        Close(MakeKey(Base, STR(u"one\\two")));
        EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1));
        WatchBegin(&Watch);
        EXPECT_SUCCESS(Round == 0 ? NtRollbackTransaction(Transaction, TRUE)
                                  : NtCommitTransaction(Transaction, TRUE));
        EXPECT_EQ(Watch.Count, 0);
        WatchEnd(&Watch);
        Close(Base);
        Close(Transaction);
    }
}

/* The pair that a link met below a transacted root raises shows the transaction gone on in. */
static void pair_behind_a_link_shows_it(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Plain = MakeBase();
    Close(MakeKey(Plain, STR(u"target")));
    MakeLink(Plain, STR(u"link"), STR(BASE u"\\target"));
    HANDLE Transaction = NewTransaction();
    HANDLE Base = OpenBaseIn(Transaction);
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Probe(Base, STR(u"link")));
    WatchEnd(&Watch);
    EXPECT_EQ(Watch.Notes[0].Class, RegNtPreOpenKeyEx);
    EXPECT_PTR(Watch.Notes[0].Information.CreateKey.Transaction, NULL);
    EXPECT_EQ(Watch.Notes[2].Class, RegNtPreOpenKeyEx);
    EXPECT_PTR(Watch.Notes[2].Information.CreateKey.Transaction, ObjectOf(Transaction));
    Rollback(Transaction);
    Close(Base);
    Close(Plain);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.transaction.bound_one_is_lent", "CM-TXN-04", bound_transaction_is_lent),
    CONFORM_CASE("cm.transaction.ends_raise_no_notification", "CM-TXN-08",
                 ends_raise_no_notification),
    CONFORM_CASE("cm.transaction.pair_behind_a_link_shows_it", "REG-TXN-03",
                 pair_behind_a_link_shows_it),
};
NTCB_TEST_MAIN("library", Tests)
