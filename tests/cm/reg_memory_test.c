/* SPDX-License-Identifier: MIT
 *
 * reg_memory_test.c - no memory: every service answers INSUFFICIENT_RESOURCES and has changed
 * nothing; and many keys: a key with a hundred thousand subkeys stays usable.
 */
#include "../conformance/regkit.h"

#include <stdio.h>

/* One service, and how its success is undone. */
static HANDLE Made;

static NTSTATUS DoCreate(HANDLE Base)
{
    OBJECT_ATTRIBUTES Object = Attributes(Base, STR(u"new"), OBJ_CASE_INSENSITIVE);
    return NtCreateKey(&Made, KEY_ALL_ACCESS, &Object, 0, STR(u"class"), 0, NULL);
}

static VOID UndoCreate(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    EXPECT_SUCCESS(NtDeleteKey(Made));
    Close(Made);
}

static NTSTATUS DoOpen(HANDLE Base)
{
    return Open(&Made, Base, STR(u"link\\sub"), KEY_READ);
}

static VOID UndoOpen(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    Close(Made);
}

static NTSTATUS DoSet(HANDLE Base)
{
    return NtSetValueKey(Base, STR(u"new value"), 0, REG_BINARY, u"data", 8);
}

static VOID UndoSet(HANDLE Base)
{
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"new value")));
}

static NTSTATUS DoReplace(HANDLE Base)
{
    return NtSetValueKey(Base, STR(u"old"), 0, REG_BINARY, u"other", 10);
}

static NTSTATUS DoDeleteValue(HANDLE Base)
{
    return NtDeleteValueKey(Base, STR(u"old"));
}

static VOID RestoreOld(HANDLE Base)
{
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"old"), 0, REG_BINARY, u"data", 8));
}

static NTSTATUS DoQuery(HANDLE Base)
{
    UCHAR Buffer[64];
    ULONG ResultLength;
    return NtQueryValueKey(Base, STR(u"old"), KeyValueFullInformation, Buffer, sizeof(Buffer),
                           &ResultLength);
}

static NTSTATUS DoQueryMultiple(HANDLE Base)
{
    KEY_VALUE_ENTRY Entry = {.ValueName = STR(u"old")};
    UCHAR Buffer[64];
    ULONG Length = sizeof(Buffer);
    return NtQueryMultipleValueKey(Base, &Entry, 1, Buffer, &Length, NULL);
}

static NTSTATUS DoRename(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    return NtRenameKey(Made, STR(u"a longer name"));
}

static VOID UndoRename(HANDLE Base)
{
    UNREFERENCED_PARAMETER(Base);
    EXPECT_SUCCESS(NtRenameKey(Made, STR(u"victim")));
    Close(Made);
}

static const struct {
    const char *Name;
    NTSTATUS (*Do)(HANDLE Base);
    VOID (*Undo)(HANDLE Base); /* may be NULL */
} Services[] = {
    {"create", DoCreate, UndoCreate},
    {"open", DoOpen, UndoOpen},
    {"set", DoSet, UndoSet},
    {"replace", DoReplace, RestoreOld},
    {"delete value", DoDeleteValue, RestoreOld},
    {"query", DoQuery, NULL},
    {"query multiple", DoQueryMultiple, NULL},
    {"rename", DoRename, UndoRename},
};

/* What must not change. */
static VOID ExpectSame(HANDLE Base)
{
    KEY_FULL_INFORMATION Full = FullInformation(Base);
    UCHAR Buffer[64];
    ULONG ResultLength;
    EXPECT_EQ(Full.SubKeys, 3);
    EXPECT_EQ(Full.Values, 1);
    EXPECT_SUCCESS(NtQueryValueKey(Base, STR(u"old"), KeyValuePartialInformation, Buffer,
                                   sizeof(Buffer), &ResultLength));
    EXPECT_EQ(ResultLength, 12 + 8);
    EXPECT_MEM(Buffer + 12, u"data", 8);
}

static VOID FailService(HANDLE Base, ULONG Index)
{
    ULONG Nth = 0;
    BOOLEAN Failed = TRUE;
    if (Services[Index].Do == DoRename) {
        EXPECT_SUCCESS(Open(&Made, Base, STR(u"victim"), KEY_ALL_ACCESS));
    }
    while (Failed) {
        ntsim_fail_allocation(Conform.Sim, ++Nth);
        NTSTATUS Status = Services[Index].Do(Base);
        Failed = ntsim_allocation_failed(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_STATUS(Status, Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (!Failed && Services[Index].Undo != NULL) {
            Services[Index].Undo(Base);
        }
        ExpectSame(Base);
    }
    printf("%s: %u allocations\n", Services[Index].Name, Nth - 1);
    EXPECT_TRUE(Nth > 1);
}

static VOID FailEveryAllocation(PVOID Context)
{
    HANDLE Base;
    HANDLE Held[20];
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Base, NULL, STR(BASE), KEY_ALL_ACCESS));
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Services); Index++) {
        FailService(Base, Index);
    }
    /* With more and more handles open the table must grow at some create: a key that is there
     * but cannot be given a handle is taken back. */
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Held); Index++) {
        FailService(Base, 0);
        EXPECT_SUCCESS(Open(&Held[Index], NULL, STR(BASE), KEY_READ));
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Held); Index++) {
        Close(Held[Index]);
    }
    Close(Base);
}

static void no_memory_changes_nothing(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"target")));
    Close(MakeKey(Base, STR(u"target\\sub")));
    Close(MakeKey(Base, STR(u"victim")));
    MakeLink(Base, STR(u"link"), STR(BASE u"\\target"));
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"old"), 0, REG_BINARY, u"data", 8));
    ConformAsUser(FailEveryAllocation, NULL);
    Close(Base);
}

#define MANY 100000u

static UNICODE_STRING Numbered(ULONG Number, WCHAR *Text)
{
    /* Scattered, so that insertions do not all come at the end. */
    ULONG Scattered = (ULONG)((ULONG64)Number * 2654435761u % 0xFFFFFFFBu);
    for (ULONG Digit = 0; Digit < 8; Digit++) {
        Text[Digit] = u"0123456789abcdef"[Scattered >> (28 - 4 * Digit) & 15];
    }
    return (UNICODE_STRING){16, 16, Text};
}

static void many_subkeys_stay_usable(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    WCHAR Text[8];
    UCHAR Buffer[64];
    ULONG ResultLength;
    for (ULONG Number = 0; Number < MANY; Number++) {
        UNICODE_STRING Name = Numbered(Number, Text);
        EXPECT_SUCCESS(Create(&Key, Base, &Name, KEY_READ));
        Close(Key);
    }
    EXPECT_EQ(FullInformation(Base).SubKeys, MANY);
    for (ULONG Number = 0; Number < MANY; Number++) {
        EXPECT_SUCCESS(NtEnumerateKey(Base, Number, KeyBasicInformation, Buffer, sizeof(Buffer),
                                      &ResultLength));
    }
    for (ULONG Number = 0; Number < MANY; Number++) {
        UNICODE_STRING Name = Numbered(Number, Text);
        EXPECT_SUCCESS(Open(&Key, Base, &Name, KEY_ALL_ACCESS));
        EXPECT_SUCCESS(NtDeleteKey(Key));
        Close(Key);
    }
    EXPECT_EQ(FullInformation(Base).SubKeys, 0);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.registry.no_memory_changes_nothing", "", no_memory_changes_nothing),
    CONFORM_CASE("cm.registry.many_subkeys_stay_usable.full", "", many_subkeys_stay_usable),
};
NTCB_TEST_MAIN("library", Tests)
