/* SPDX-License-Identifier: MIT
 *
 * regwatch.h - a registry callback that writes down what it hears.
 *
 * A note holds a copy of the structure; of the strings in it, the text of names. Hook, when set,
 * runs inside the callback and decides what it returns.
 */
#ifndef REGWATCH_H
#define REGWATCH_H

#include "regkit.h"

union INFORMATION {
    PVOID Object; /* the first member of all but create and open (CM-LAY-01) */
    REG_DELETE_KEY_INFORMATION DeleteKey;
    REG_SET_VALUE_KEY_INFORMATION SetValueKey;
    REG_DELETE_VALUE_KEY_INFORMATION DeleteValueKey;
    REG_SET_INFORMATION_KEY_INFORMATION SetInformationKey;
    REG_RENAME_KEY_INFORMATION RenameKey;
    REG_ENUMERATE_KEY_INFORMATION EnumerateKey;
    REG_ENUMERATE_VALUE_KEY_INFORMATION EnumerateValueKey;
    REG_QUERY_KEY_INFORMATION QueryKey;
    REG_QUERY_VALUE_KEY_INFORMATION QueryValueKey;
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION QueryMultipleValueKey;
    REG_QUERY_KEY_SECURITY_INFORMATION QueryKeySecurity;
    REG_KEY_HANDLE_CLOSE_INFORMATION KeyHandleClose;
    REG_QUERY_KEY_NAME QueryKeyName;
    REG_CREATE_KEY_INFORMATION_V1 CreateKey;
    REG_PRE_CREATE_KEY_INFORMATION XpCreateKey; /* and open */
    REG_POST_CREATE_KEY_INFORMATION XpPostCreateKey;
    REG_LOAD_KEY_INFORMATION_V2 LoadKey;
    REG_UNLOAD_KEY_INFORMATION UnLoadKey;
    REG_SET_KEY_SECURITY_INFORMATION SetKeySecurity;
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Cleanup;
    REG_RESTORE_KEY_INFORMATION RestoreKey;
    REG_SAVE_KEY_INFORMATION SaveKey;
    REG_REPLACE_KEY_INFORMATION ReplaceKey;
    REG_SAVE_MERGED_KEY_INFORMATION SaveMergedKey;
    REG_POST_OPERATION_INFORMATION Post;
};

struct NOTE {
    ULONG Class;
    KPROCESSOR_MODE PreviousMode;
    union INFORMATION Information;
    UNICODE_STRING Name;          /* of create and open: CompleteName */
    UNICODE_STRING RemainingName; /* of create and open */
    WCHAR NameText[128];
    WCHAR RemainingText[128];
};

struct WATCH;
typedef NTSTATUS WATCH_HOOK(struct WATCH *Watch, ULONG Class, union INFORMATION *Information);

struct WATCH {
    LARGE_INTEGER Cookie;
    WATCH_HOOK *Hook; /* NULL: success */
    PVOID Context;    /* the case's own */
    ULONG Count;
    struct NOTE Notes[64];
};

static inline BOOLEAN WatchIsOpen(ULONG Class)
{
    return Class == RegNtPreCreateKeyEx || Class == RegNtPreOpenKeyEx;
}

static inline VOID WatchCopyName(PCUNICODE_STRING From, PUNICODE_STRING To, WCHAR *Text,
                                 ULONG Bytes)
{
    *To = (UNICODE_STRING){0, 0, Text};
    if (From != NULL && From->Length != 0 && From->Length <= Bytes) {
        memcpy(Text, From->Buffer, From->Length);
        To->Length = From->Length;
    }
}

/* The name that a pre structure carries, if any. */
static inline PCUNICODE_STRING WatchNameOf(ULONG Class, const union INFORMATION *Information)
{
    switch (Class) {
    case RegNtPreSetValueKey:
        return Information->SetValueKey.ValueName;
    case RegNtPreDeleteValueKey:
        return Information->DeleteValueKey.ValueName;
    case RegNtPreQueryValueKey:
        return Information->QueryValueKey.ValueName;
    case RegNtPreRenameKey:
        return Information->RenameKey.NewName;
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx:
        return Information->CreateKey.CompleteName;
    default:
        return NULL;
    }
}

/* The structure of a class; everything that is not here is a post operation. */
static inline SIZE_T WatchSizeOf(ULONG Class)
{
    static const UCHAR Sizes[MaxRegNtNotifyClass] = {
        [RegNtPreDeleteKey] = sizeof(REG_DELETE_KEY_INFORMATION),
        [RegNtPreSetValueKey] = sizeof(REG_SET_VALUE_KEY_INFORMATION),
        [RegNtPreDeleteValueKey] = sizeof(REG_DELETE_VALUE_KEY_INFORMATION),
        [RegNtPreSetInformationKey] = sizeof(REG_SET_INFORMATION_KEY_INFORMATION),
        [RegNtPreRenameKey] = sizeof(REG_RENAME_KEY_INFORMATION),
        [RegNtPreEnumerateKey] = sizeof(REG_ENUMERATE_KEY_INFORMATION),
        [RegNtPreEnumerateValueKey] = sizeof(REG_ENUMERATE_VALUE_KEY_INFORMATION),
        [RegNtPreQueryKey] = sizeof(REG_QUERY_KEY_INFORMATION),
        [RegNtPreQueryValueKey] = sizeof(REG_QUERY_VALUE_KEY_INFORMATION),
        [RegNtPreQueryMultipleValueKey] = sizeof(REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION),
        [RegNtPreCreateKey] = sizeof(REG_PRE_CREATE_KEY_INFORMATION),
        [RegNtPostCreateKey] = sizeof(REG_POST_CREATE_KEY_INFORMATION),
        [RegNtPreOpenKey] = sizeof(REG_PRE_OPEN_KEY_INFORMATION),
        [RegNtPostOpenKey] = sizeof(REG_POST_OPEN_KEY_INFORMATION),
        [RegNtPreKeyHandleClose] = sizeof(REG_KEY_HANDLE_CLOSE_INFORMATION),
        [RegNtPreCreateKeyEx] = sizeof(REG_CREATE_KEY_INFORMATION_V1),
        [RegNtPreOpenKeyEx] = sizeof(REG_OPEN_KEY_INFORMATION_V1),
        [RegNtPreFlushKey] = sizeof(REG_FLUSH_KEY_INFORMATION),
        [RegNtPreLoadKey] = sizeof(REG_LOAD_KEY_INFORMATION_V2),
        [RegNtPreUnLoadKey] = sizeof(REG_UNLOAD_KEY_INFORMATION),
        [RegNtPreQueryKeySecurity] = sizeof(REG_QUERY_KEY_SECURITY_INFORMATION),
        [RegNtPreSetKeySecurity] = sizeof(REG_SET_KEY_SECURITY_INFORMATION),
        [RegNtCallbackObjectContextCleanup] = sizeof(REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION),
        [RegNtPreRestoreKey] = sizeof(REG_RESTORE_KEY_INFORMATION),
        [RegNtPreSaveKey] = sizeof(REG_SAVE_KEY_INFORMATION),
        [RegNtPreReplaceKey] = sizeof(REG_REPLACE_KEY_INFORMATION),
        [RegNtPreQueryKeyName] = sizeof(REG_QUERY_KEY_NAME),
        [RegNtPreSaveMergedKey] = sizeof(REG_SAVE_MERGED_KEY_INFORMATION),
    };
    return Class < RTL_NUMBER_OF(Sizes) && Sizes[Class] != 0
               ? Sizes[Class]
               : sizeof(REG_POST_OPERATION_INFORMATION);
}

static inline NTSTATUS NTAPI WatchCallback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    struct WATCH *Watch = Context;
    ULONG Class = (ULONG)(ULONG_PTR)Argument1;
    if (Watch->Count < RTL_NUMBER_OF(Watch->Notes)) {
        struct NOTE *Note = &Watch->Notes[Watch->Count];
        memset(Note, 0, sizeof(*Note));
        Note->Class = Class;
        Note->PreviousMode = ExGetPreviousMode();
        memcpy(&Note->Information, Argument2, WatchSizeOf(Class));
        WatchCopyName(WatchNameOf(Class, Argument2), &Note->Name, Note->NameText,
                      sizeof(Note->NameText));
        if (WatchIsOpen(Class)) {
            WatchCopyName(Note->Information.CreateKey.RemainingName, &Note->RemainingName,
                          Note->RemainingText, sizeof(Note->RemainingText));
        }
    }
    Watch->Count++;
    return Watch->Hook != NULL ? Watch->Hook(Watch, Class, Argument2) : STATUS_SUCCESS;
}

static inline VOID WatchBeginAt(struct WATCH *Watch, PUNICODE_STRING Altitude)
{
    static ULONG Driver; /* only its address counts */
    Watch->Count = 0;
    EXPECT_SUCCESS(
        CmRegisterCallbackEx(WatchCallback, Altitude, &Driver, Watch, &Watch->Cookie, NULL));
}

static inline VOID WatchBegin(struct WATCH *Watch)
{
    WatchBeginAt(Watch, STR(u"380000"));
}

static inline VOID WatchEnd(struct WATCH *Watch)
{
    EXPECT_SUCCESS(CmUnRegisterCallback(Watch->Cookie));
}

static inline ULONG WatchCountOf(const struct WATCH *Watch, ULONG Class)
{
    ULONG Count = 0;
    for (ULONG Index = 0; Index < Watch->Count && Index < RTL_NUMBER_OF(Watch->Notes); Index++) {
        Count += Watch->Notes[Index].Class == Class ? 1 : 0;
    }
    return Count;
}

/* The only note of a class. */
static inline struct NOTE *WatchOnly(struct WATCH *Watch, ULONG Class)
{
    EXPECT_EQ(WatchCountOf(Watch, Class), 1);
    ULONG Index = 0;
    while (Watch->Notes[Index].Class != Class) {
        Index++;
    }
    return &Watch->Notes[Index];
}

/* The whole sequence of classes. */
static inline VOID WatchExpect(const struct WATCH *Watch, const ULONG *Classes, ULONG Count)
{
    EXPECT_EQ(Watch->Count, Count);
    for (ULONG Index = 0; Index < Count; Index++) {
        EXPECT_EQ(Watch->Notes[Index].Class, Classes[Index]);
    }
}
#define WATCH_EXPECT(watch, ...)                       \
    WatchExpect((watch), (const ULONG[]){__VA_ARGS__}, \
                sizeof((ULONG[]){__VA_ARGS__}) / sizeof(ULONG))

static inline VOID WatchExpectName(PCUNICODE_STRING Seen, PUNICODE_STRING Expected)
{
    EXPECT_EQ(Seen->Length, Expected->Length);
    EXPECT_MEM(Seen->Buffer, Expected->Buffer, Expected->Length);
}

#endif
