/* SPDX-License-Identifier: MIT
 *
 * txlog_test.c - when txlog.c logs what is set in a transaction, and what it forgets.
 */
#include "authors_kit.h"

#define KEY u"\\Registry\\Machine\\Software\\Logged"

static HANDLE begin(void)
{
    HANDLE key, transaction;

    EXPECT_SUCCESS(author_key(&key, KEY, KEY_ALL_ACCESS));
    EXPECT_SUCCESS(author_set(key, STRING(u"Plain"), 1));
    EXPECT_SUCCESS(NtClose(key));
    EXPECT_SUCCESS(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0,
                                       0, NULL, NULL));
    return transaction;
}

static void set_in(HANDLE transaction, UNICODE_STRING *name)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(KEY), OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_SUCCESS(NtOpenKeyTransacted(&key, KEY_ALL_ACCESS, &attributes, transaction));
    EXPECT_SUCCESS(author_set(key, name, 2));
    EXPECT_SUCCESS(NtClose(key));
}

static void commit_logs_what_was_set(void)
{
    HANDLE transaction = begin();

    set_in(transaction, STRING(u"One"));
    set_in(transaction, STRING(u"Two"));
    EXPECT_STR(printed, "txlog: set Plain\n");
    EXPECT_SUCCESS(NtCommitTransaction(transaction, TRUE));
    EXPECT_STR(printed, "txlog: set Plain\ntxlog: committed One\ntxlog: committed Two\n");
    EXPECT_SUCCESS(NtClose(transaction));
}

static void rollback_logs_nothing(void)
{
    HANDLE transaction = begin();

    set_in(transaction, STRING(u"One"));
    EXPECT_SUCCESS(NtRollbackTransaction(transaction, TRUE));
    EXPECT_STR(printed, "txlog: set Plain\ntxlog: rolled back\n");
    EXPECT_SUCCESS(NtClose(transaction));
}

static void two_transactions_are_apart(void)
{
    HANDLE first = begin(), second = begin();

    set_in(first, STRING(u"One"));
    set_in(first, STRING(u"Two"));
    EXPECT_SUCCESS(NtRollbackTransaction(first, TRUE));
    set_in(second, STRING(u"Three"));
    EXPECT_SUCCESS(NtCommitTransaction(second, TRUE));
    EXPECT_STR(printed, "txlog: set Plain\ntxlog: set Plain\ntxlog: rolled back\n"
                        "txlog: committed Three\n");
    EXPECT_SUCCESS(NtClose(first));
    EXPECT_SUCCESS(NtClose(second));
}

AUTHOR_CASE(txlog, commit_logs_what_was_set)
AUTHOR_CASE(txlog, rollback_logs_nothing)
AUTHOR_CASE(txlog, two_transactions_are_apart)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(txlog, commit_logs_what_was_set),
    AUTHOR_ROWS(txlog, rollback_logs_nothing),
    AUTHOR_ROWS(txlog, two_transactions_are_apart),
};

NTCB_TEST_MAIN("library", tests)
