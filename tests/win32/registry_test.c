/* SPDX-License-Identifier: MIT
 *
 * registry_test.c - advapi32's registry calls: what they answer, and which services filters hear.
 */
#include "win32_kit.h"

static LSTATUS create(HKEY root, const WCHAR *path, HKEY *key)
{
    return RegCreateKeyExW(root, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, key, NULL);
}

/* ---- what filters hear ---------------------------------------------------------------------- */

static void a_key_whose_parent_exists_is_one_create(void **state)
{
    HKEY key;

    listen(kit_of(state));
    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, u"SOFTWARE\\New", &key), ERROR_SUCCESS);
    EXPECT_STR(heard(), "open \\Registry\\Machine; create SOFTWARE\\New; ");
    EXPECT_EQ(RegCloseKey(key), ERROR_SUCCESS);
}

static void missing_levels_are_created_one_by_one(void **state)
{
    DWORD disposition = 0;
    HKEY key;

    listen(kit_of(state));
    EXPECT_EQ(RegCreateKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\A\\B", 0, NULL, 0, KEY_READ, NULL,
                              &key, &disposition),
              ERROR_SUCCESS);
    EXPECT_EQ(disposition, REG_CREATED_NEW_KEY);
    EXPECT_STR(heard(), "open \\Registry\\Machine; create SOFTWARE\\A\\B; create SOFTWARE; "
                        "create A; create B; ");
    RegCloseKey(key);
}

static void a_denied_create_is_tried_twice(void **state)
{
    HKEY key = NULL;

    listen(kit_of(state));
    refuse_creates(true);
    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, u"SOFTWARE\\New", &key), ERROR_ACCESS_DENIED);
    EXPECT_STR(heard(), "open \\Registry\\Machine; create SOFTWARE\\New; create SOFTWARE\\New; ");
    EXPECT_PTR(key, NULL);
}

static void a_predefined_key_is_opened_once(void **state)
{
    HKEY key, same;

    listen(kit_of(state));
    EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE", 0, KEY_READ, &key), ERROR_SUCCESS);
    EXPECT_EQ(RegCloseKey(key), ERROR_SUCCESS);
    EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, u"System", 0, KEY_READ, &key), ERROR_SUCCESS);
    EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, NULL, 0, KEY_READ, &same), ERROR_SUCCESS);
    EXPECT_PTR(same, HKEY_LOCAL_MACHINE);
    EXPECT_STR(heard(), "open \\Registry\\Machine; open SOFTWARE; open System; ");
    RegCloseKey(key);
    EXPECT_EQ(RegCloseKey(HKEY_LOCAL_MACHINE), ERROR_SUCCESS);
    EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE", 0, KEY_READ, &key), ERROR_SUCCESS);
    EXPECT_STR(heard(), "open \\Registry\\Machine; open SOFTWARE; open System; "
                        "open \\Registry\\Machine; open SOFTWARE; ");
    RegCloseKey(key);
}

static void long_data_is_asked_for_twice(void **state)
{
    BYTE data[200] = {1}, back[200];
    DWORD size = sizeof(back), type = 0;
    HKEY key;

    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Data", &key), ERROR_SUCCESS);
    EXPECT_EQ(RegSetValueExW(key, u"Long", 0, REG_BINARY, data, sizeof(data)), ERROR_SUCCESS);
    EXPECT_EQ(RegSetValueExW(key, u"Short", 0, REG_BINARY, data, 8), ERROR_SUCCESS);
    listen(kit_of(state));
    EXPECT_EQ(RegQueryValueExW(key, u"Long", NULL, &type, back, &size), ERROR_SUCCESS);
    EXPECT_EQ(size, sizeof(data));
    EXPECT_MEM(back, data, sizeof(data));
    EXPECT_STR(heard(), "query Long; query Long; ");
    size = sizeof(back);
    EXPECT_EQ(RegQueryValueExW(key, u"Short", NULL, &type, back, &size), ERROR_SUCCESS);
    EXPECT_EQ(size, 8);
    size = 0;
    EXPECT_EQ(RegQueryValueExW(key, u"Long", NULL, NULL, NULL, &size), ERROR_SUCCESS);
    EXPECT_EQ(size, sizeof(data));
    size = 100;
    EXPECT_EQ(RegQueryValueExW(key, u"Long", NULL, NULL, back, &size), ERROR_MORE_DATA);
    EXPECT_EQ(size, sizeof(data));
    EXPECT_STR(heard(), "query Long; query Long; query Short; query Long; query Long; ");
    RegCloseKey(key);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void values_are_set_read_listed_and_deleted(void **state)
{
    WCHAR name[16];
    DWORD length = 16, type, size, number = 7, values = 0, longest = 0;
    HKEY key;

    EXPECT_EQ(create(HKEY_CURRENT_USER, u"Software\\Mine", &key), ERROR_SUCCESS);
    EXPECT_EQ(RegSetValueExW(key, NULL, 0, REG_SZ, (const BYTE *)u"default", 16), ERROR_SUCCESS);
    EXPECT_EQ(RegSetValueExW(key, u"Seven", 0, REG_DWORD, (const BYTE *)&number, 4), ERROR_SUCCESS);
    EXPECT_EQ(RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &values, &longest, NULL,
                               NULL, NULL),
              ERROR_SUCCESS);
    EXPECT_EQ(values, 2);
    EXPECT_EQ(longest, 5);
    number = 0;
    size = sizeof(number);
    EXPECT_EQ(RegEnumValueW(key, 1, name, &length, NULL, &type, (BYTE *)&number, &size),
              ERROR_SUCCESS);
    EXPECT_EQ(length, 5);
    EXPECT_MEM(name, u"Seven", 12);
    EXPECT_EQ(number, 7);
    length = 5; /* no room for the terminator */
    EXPECT_EQ(RegEnumValueW(key, 1, name, &length, NULL, NULL, NULL, NULL), ERROR_MORE_DATA);
    EXPECT_EQ(RegEnumValueW(key, 2, name, &length, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS);
    EXPECT_EQ(RegDeleteValueW(key, u"Seven"), ERROR_SUCCESS);
    EXPECT_EQ(RegDeleteValueW(key, u"Seven"), ERROR_FILE_NOT_FOUND);
    RegCloseKey(key);
    EXPECT_EQ(RegCloseKey(key), ERROR_INVALID_HANDLE);
    (void)state;
}

static void keys_are_listed_and_deleted(void **state)
{
    WCHAR name[8];
    DWORD length = 8, subkeys = 0;
    HKEY key, below;

    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Top\\Below", &below), ERROR_SUCCESS);
    EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Top", 0, KEY_ALL_ACCESS, &key),
              ERROR_SUCCESS);
    EXPECT_EQ(RegEnumKeyExW(key, 0, name, &length, NULL, NULL, NULL, NULL), ERROR_SUCCESS);
    EXPECT_EQ(length, 5);
    EXPECT_MEM(name, u"Below", 12);
    EXPECT_EQ(RegEnumKeyExW(key, 1, name, &length, NULL, NULL, NULL, NULL), ERROR_NO_MORE_ITEMS);
    EXPECT_EQ(
        RegQueryInfoKeyW(key, NULL, NULL, NULL, &subkeys, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ERROR_SUCCESS);
    EXPECT_EQ(subkeys, 1);
    EXPECT_EQ(RegDeleteKeyW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Top"), ERROR_ACCESS_DENIED);
    EXPECT_EQ(RegDeleteKeyW(key, u"Below"), ERROR_SUCCESS);
    EXPECT_EQ(RegDeleteKeyW(key, u"Below"), ERROR_FILE_NOT_FOUND);
    EXPECT_EQ(RegDeleteKeyW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Top"), ERROR_SUCCESS);
    EXPECT_EQ(RegFlushKey(below), ERROR_KEY_DELETED);
    RegCloseKey(below);
    RegCloseKey(key);
    (void)state;
}

static void the_32_bit_view_is_another_key(void **state)
{
    HKEY key;

    EXPECT_EQ(RegCreateKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Narrow", 0, NULL, 0,
                              KEY_READ | KEY_WOW64_32KEY, NULL, &key, NULL),
              ERROR_SUCCESS);
    RegCloseKey(key);
    EXPECT_TRUE(ntsim_registry_exists(kit_of(state)->sim,
                                      "\\REGISTRY\\MACHINE\\SOFTWARE\\WOW6432Node\\Narrow"));
    EXPECT_EQ(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Narrow", KEY_WOW64_64KEY, 0),
              ERROR_FILE_NOT_FOUND);
    EXPECT_EQ(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, u"SOFTWARE\\Narrow", KEY_WOW64_32KEY, 0),
              ERROR_SUCCESS);
}

static void wrong_arguments_are_refused(void **state)
{
    DWORD size = 4;
    HKEY key;

    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, NULL, &key), ERROR_INVALID_PARAMETER);
    EXPECT_EQ(create(HKEY_LOCAL_MACHINE, u"\\SOFTWARE", &key), ERROR_BAD_PATHNAME);
    EXPECT_EQ(create((HKEY)(ULONG_PTR)0x7770, u"X", &key), ERROR_INVALID_HANDLE);
    EXPECT_EQ(create((HKEY)(ULONG_PTR)(LONG)0x80000007, u"X", &key), ERROR_INVALID_HANDLE);
    EXPECT_EQ(RegOpenKeyExW(HKEY_USERS, u".Default", 0, KEY_READ, NULL), ERROR_INVALID_PARAMETER);
    EXPECT_EQ(RegSetValueExW(HKEY_LOCAL_MACHINE, u"X", 0, REG_SZ, NULL, 4),
              ERROR_INVALID_PARAMETER);
    EXPECT_EQ(RegQueryValueExW(HKEY_LOCAL_MACHINE, u"X", &size, NULL, NULL, NULL),
              ERROR_INVALID_PARAMETER);
    EXPECT_EQ(RegOpenKeyExW(HKEY_CLASSES_ROOT, u"None", 0, KEY_READ, &key), ERROR_FILE_NOT_FOUND);
    (void)state;
}

/* ---- transactions --------------------------------------------------------------------------- */

static void a_transaction_commits_or_rolls_back(void **state)
{
    static const WCHAR *const paths[] = {u"SOFTWARE\\Kept", u"SOFTWARE\\Lost"};
    HANDLE transaction;
    HKEY key;

    for (int i = 0; i < 2; i++) {
        transaction = CreateTransaction(NULL, NULL, 0, 0, 0, 0, NULL);
        EXPECT_TRUE(transaction != INVALID_HANDLE_VALUE);
        EXPECT_EQ(RegCreateKeyTransactedW(HKEY_LOCAL_MACHINE, paths[i], 0, NULL, 0, KEY_ALL_ACCESS,
                                          NULL, &key, NULL, transaction, NULL),
                  ERROR_SUCCESS);
        RegCloseKey(key);
        EXPECT_EQ(RegOpenKeyExW(HKEY_LOCAL_MACHINE, paths[i], 0, KEY_READ, &key),
                  ERROR_FILE_NOT_FOUND);
        EXPECT_TRUE(i == 0 ? CommitTransaction(transaction) : RollbackTransaction(transaction));
        EXPECT_TRUE(CloseHandle(transaction));
    }
    EXPECT_TRUE(ntsim_registry_exists(kit_of(state)->sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\Kept"));
    EXPECT_FALSE(ntsim_registry_exists(kit_of(state)->sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\Lost"));
    EXPECT_FALSE(CommitTransaction((HANDLE)(ULONG_PTR)0x7770));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

#define CASE(name, rules, function)                                \
    {                                                              \
        "win32.registry." name, rules, function, set_up, tear_down \
    }

static const struct ntcb_test tests[] = {
    CASE("existing_parent_is_one_create", "CM-CO-05", a_key_whose_parent_exists_is_one_create),
    CASE("missing_levels_one_by_one", "CM-CO-05", missing_levels_are_created_one_by_one),
    CASE("denied_create_is_tried_twice", "CM-CO-05", a_denied_create_is_tried_twice),
    CASE("predefined_key_is_opened_once", "CM-CO-07", a_predefined_key_is_opened_once),
    CASE("long_data_is_asked_for_twice", "", long_data_is_asked_for_twice),
    CASE("values", "", values_are_set_read_listed_and_deleted),
    CASE("keys", "", keys_are_listed_and_deleted),
    CASE("view_of_32_bits", "", the_32_bit_view_is_another_key),
    CASE("wrong_arguments", "", wrong_arguments_are_refused),
    CASE("transactions", "", a_transaction_commits_or_rolls_back),
};

NTCB_TEST_MAIN("library", tests)
