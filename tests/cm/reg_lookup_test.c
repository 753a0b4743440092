/* SPDX-License-Identifier: MIT
 *
 * reg_lookup_test.c - paths are found by what the tree is, not by what it was when its keys were
 * made: subkeys under another name, another parent, in a hive that is mounted elsewhere.
 */
#include "../conformance/regkit.h"
#include <stdio.h>
#include <string.h>

#define DEEP u"\\a\\b\\c\\d\\e\\f\\g\\h\\i\\j"

static VOID MakePath(const char *Key, const char *Below)
{
    char Path[256];
    snprintf(Path, sizeof(Path), "%s\\%s%s", BASE_UTF8, Key, Below);
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, Path, false), NTCB_OK);
}

/* A path of more steps than are looked for at once. */
static void paths_longer_than_a_route(void **State)
{
    UNREFERENCED_PARAMETER(State);
    MakePath("old", "\\a\\b\\c\\d\\e\\f\\g\\h\\i\\j");
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\OLD" DEEP)));
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\old" DEEP u"\\k")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\old\\a\\b\\c\\d\\e\\f\\g\\h\\J")),
              STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Each name longer than what is left of a route's room. */
static void names_longer_than_a_route(void **State)
{
    UNREFERENCED_PARAMETER(State);
    char Path[1200] = BASE_UTF8;
    WCHAR Wide[1200];
    UNICODE_STRING Name;
    SIZE_T Length = strlen(Path);
    for (ULONG Level = 0; Level < 4; Level++) {
        Path[Length++] = '\\';
        memset(Path + Length, 'a' + (char)Level, 255);
        Length += 255;
    }
    Path[Length] = 0;
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, Path, false), NTCB_OK);
    for (SIZE_T Index = 0; Index <= Length; Index++) {
        Wide[Index] = (WCHAR)Path[Index];
    }
    RtlInitUnicodeString(&Name, Wide);
    EXPECT_SUCCESS(Probe(NULL, &Name));
    Wide[Length - 1] = u'x';
    EXPECT_EQ(Probe(NULL, &Name), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void subkeys_go_with_a_renamed_key(void **State)
{
    UNREFERENCED_PARAMETER(State);
    HANDLE Key;
    MakePath("old", "\\a\\b");
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE u"\\old"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"new")));
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\old\\a\\b")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\new\\a\\b")));
    MakePath("old", "\\a\\b\\c"); /* the same names, and where they once led */
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\old\\a\\b\\c")));
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\new\\a\\b\\c")), STATUS_OBJECT_NAME_NOT_FOUND);
    MakePath("new", "\\a\\b\\d");
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\new\\a\\b\\d")));
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\old\\a\\b\\d")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
}

static void subkeys_of_a_transaction_are_found_when_it_ends(void **State)
{
    UNREFERENCED_PARAMETER(State);
    HANDLE Transaction, Outer, Inner;
    OBJECT_ATTRIBUTES Named;
    Close(MakeBase());
    EXPECT_SUCCESS(ZwCreateTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0,
                                       0, NULL, NULL));
    Named = Attributes(NULL, STR(BASE u"\\t"), OBJ_CASE_INSENSITIVE);
    EXPECT_SUCCESS(
        ZwCreateKeyTransacted(&Outer, KEY_ALL_ACCESS, &Named, 0, NULL, 0, Transaction, NULL));
    Named = Attributes(Outer, STR(u"u"), OBJ_CASE_INSENSITIVE);
    EXPECT_SUCCESS(
        ZwCreateKeyTransacted(&Inner, KEY_ALL_ACCESS, &Named, 0, NULL, 0, Transaction, NULL));
    EXPECT_EQ(Probe(NULL, STR(BASE u"\\t\\u")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(ZwCommitTransaction(Transaction, TRUE));
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\t\\u")));
    Close(Inner);
    Close(Outer);
    Close(Transaction);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.lookup.paths_longer_than_a_route", "REG-OPN-03", paths_longer_than_a_route),
    CONFORM_CASE("cm.lookup.names_longer_than_a_route", "REG-NS-04", names_longer_than_a_route),
    CONFORM_CASE("cm.lookup.subkeys_go_with_a_renamed_key", "REG-REN-04",
                 subkeys_go_with_a_renamed_key),
    CONFORM_CASE("cm.lookup.subkeys_of_a_transaction_are_found_when_it_ends", "REG-TXN-03",
                 subkeys_of_a_transaction_are_found_when_it_ends),
};
NTCB_TEST_MAIN("library", Tests)
