/* SPDX-License-Identifier: MIT
 *
 * rtl_registry_kit.h - a key with values of each kind, and RtlQueryRegistryValues asked for them.
 */
#ifndef RTL_REGISTRY_KIT_H
#define RTL_REGISTRY_KIT_H

#include "../conformance/regwatch.h"

struct ANSWER {
    WCHAR Name[16];
    ULONG Type;
    ULONG Length;
    UCHAR Data[64];
};

struct ANSWERS {
    ULONG Count;
    struct ANSWER At[8];
    PVOID EntryContext;
    NTSTATUS Result;
};

static inline NTSTATUS NTAPI Note(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context,
                                  PVOID EntryContext)
{
    struct ANSWERS *Answers = Context;
    struct ANSWER *Answer = &Answers->At[Answers->Count++];
    memset(Answer, 0, sizeof(*Answer));
    for (ULONG Index = 0; Name != NULL && Name[Index] != 0; Index++) {
        Answer->Name[Index] = Name[Index];
    }
    Answer->Type = Type;
    Answer->Length = Length;
    if (Data != NULL) {
        memcpy(Answer->Data, Data, Length);
    }
    Answers->EntryContext = EntryContext;
    return Answers->Result;
}

static inline NTSTATUS Set(HANDLE Key, PUNICODE_STRING Name, ULONG Type, const void *Data,
                           ULONG Bytes)
{
    return NtSetValueKey(Key, Name, 0, Type, (PVOID)(ULONG_PTR)Data, Bytes);
}

static const WCHAR Text[] = u"text";
static const WCHAR Path[] = u"%Root%\\x%none%%";
static const WCHAR Multi[] = u"one\0two\0";

static inline HANDLE MakeValues(void)
{
    HANDLE Key = MakeBase();
    HANDLE Sub = MakeKey(Key, STR(u"sub"));
    EXPECT_SUCCESS(Set(Key, STR(u"text"), REG_SZ, Text, sizeof(Text)));
    EXPECT_SUCCESS(Set(Key, STR(u"path"), REG_EXPAND_SZ, Path, sizeof(Path)));
    EXPECT_SUCCESS(Set(Key, STR(u"multi"), REG_MULTI_SZ, Multi, sizeof(Multi)));
    EXPECT_SUCCESS(Set(Key, STR(u"bytes"), REG_BINARY, "12345678", 8));
    EXPECT_SUCCESS(SetDword(Key, STR(u"dword"), 0x11223344));
    EXPECT_SUCCESS(Set(Key, STR(u"none"), REG_NONE, NULL, 0));
    EXPECT_SUCCESS(SetDword(Sub, STR(u"below"), 5));
    Close(Sub);
    return Key;
}

static inline NTSTATUS Query(struct ANSWERS *Answers, const RTL_QUERY_REGISTRY_TABLE *Table,
                             const WCHAR *Environment)
{
    RTL_QUERY_REGISTRY_TABLE Copy[8] = {{.QueryRoutine = NULL}};
    ULONG Count = 0;
    for (;
         Table[Count].QueryRoutine != NULL || Table[Count].Name != NULL || Table[Count].Flags != 0;
         Count++) {
        Copy[Count] = Table[Count];
    }
    Answers->Count = 0;
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, BASE, Copy, Answers,
                                  (PVOID)(ULONG_PTR)Environment);
}
#define QUERY(answers, environment, ...) \
    Query((answers), (const RTL_QUERY_REGISTRY_TABLE[]){__VA_ARGS__, {.Name = NULL}}, (environment))
#define NAMED(text) .Name = (PWSTR)(text)

#endif
