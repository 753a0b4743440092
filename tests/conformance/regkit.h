/* SPDX-License-Identifier: MIT
 *
 * regkit.h - what the registry cases share: names, attributes, a key to work in.
 *
 * The Nt services are called throughout: in kernel mode they are what the Zw ones are.
 */
#ifndef REGKIT_H
#define REGKIT_H

#include "conform.h"

/* A counted string from a u"" literal, for one expression. */
#define STR(text) \
    (&(UNICODE_STRING){(USHORT)(sizeof(text) - sizeof(WCHAR)), (USHORT)sizeof(text), (PWCH)(text)})

#define BASE u"\\Registry\\Machine\\Software\\Conform"
#define BASE_UTF8 "\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"

static inline OBJECT_ATTRIBUTES Attributes(HANDLE Root, PUNICODE_STRING Name, ULONG Flags)
{
    return (OBJECT_ATTRIBUTES){sizeof(OBJECT_ATTRIBUTES), Root, Name, Flags, NULL, NULL};
}

static inline NTSTATUS OpenFlags(PHANDLE Key, HANDLE Root, PUNICODE_STRING Name, ACCESS_MASK Access,
                                 ULONG Flags)
{
    OBJECT_ATTRIBUTES Object = Attributes(Root, Name, Flags);
    return NtOpenKey(Key, Access, &Object);
}

static inline NTSTATUS Open(PHANDLE Key, HANDLE Root, PUNICODE_STRING Name, ACCESS_MASK Access)
{
    return OpenFlags(Key, Root, Name, Access, OBJ_CASE_INSENSITIVE);
}

static inline NTSTATUS CreateOptions(PHANDLE Key, HANDLE Root, PUNICODE_STRING Name,
                                     ACCESS_MASK Access, ULONG Options, PULONG Disposition)
{
    OBJECT_ATTRIBUTES Object = Attributes(Root, Name, OBJ_CASE_INSENSITIVE);
    return NtCreateKey(Key, Access, &Object, 0, NULL, Options, Disposition);
}

static inline NTSTATUS Create(PHANDLE Key, HANDLE Root, PUNICODE_STRING Name, ACCESS_MASK Access)
{
    return CreateOptions(Key, Root, Name, Access, REG_OPTION_NON_VOLATILE, NULL);
}

/* The key that a case works in, made. */
static inline HANDLE MakeBase(void)
{
    HANDLE Key;
    EXPECT_SUCCESS(Create(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    return Key;
}

static inline HANDLE MakeKey(HANDLE Root, PUNICODE_STRING Name)
{
    HANDLE Key;
    EXPECT_SUCCESS(Create(&Key, Root, Name, KEY_ALL_ACCESS));
    return Key;
}

static inline VOID Close(HANDLE Key)
{
    EXPECT_SUCCESS(NtClose(Key));
}

static inline NTSTATUS SetDword(HANDLE Key, PUNICODE_STRING Name, ULONG Value)
{
    return NtSetValueKey(Key, Name, 0, REG_DWORD, &Value, sizeof(Value));
}

/* Open and close: is there such a key, and if not, why? */
static inline NTSTATUS Probe(HANDLE Root, PUNICODE_STRING Name)
{
    HANDLE Key;
    NTSTATUS Status = Open(&Key, Root, Name, KEY_READ);
    if (NT_SUCCESS(Status)) {
        Close(Key);
    }
    return Status;
}

static inline KEY_FULL_INFORMATION FullInformation(HANDLE Key)
{
    union {
        KEY_FULL_INFORMATION Full;
        UCHAR Bytes[1024];
    } Buffer;
    ULONG ResultLength;
    EXPECT_SUCCESS(NtQueryKey(Key, KeyFullInformation, &Buffer, sizeof(Buffer), &ResultLength));
    return Buffer.Full;
}

/* The full path of a key, to be compared with a literal. */
static inline VOID ExpectPath(HANDLE Key, PUNICODE_STRING Path)
{
    union {
        KEY_NAME_INFORMATION Name;
        UCHAR Bytes[2048];
    } Buffer;
    ULONG ResultLength;
    EXPECT_SUCCESS(NtQueryKey(Key, KeyNameInformation, &Buffer, sizeof(Buffer), &ResultLength));
    EXPECT_EQ(Buffer.Name.NameLength, Path->Length);
    EXPECT_MEM(Buffer.Name.Name, Path->Buffer, Path->Length);
}

static inline ACCESS_MASK GrantedAccess(HANDLE Key)
{
    PUBLIC_OBJECT_BASIC_INFORMATION Basic;
    EXPECT_SUCCESS(NtQueryObject(Key, ObjectBasicInformation, &Basic, sizeof(Basic), NULL));
    return Basic.GrantedAccess;
}

/* A link at Name below Root to the absolute Target. */
static inline VOID MakeLink(HANDLE Root, PUNICODE_STRING Name, PUNICODE_STRING Target)
{
    HANDLE Key;
    EXPECT_SUCCESS(CreateOptions(&Key, Root, Name, KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL));
    EXPECT_SUCCESS(
        NtSetValueKey(Key, STR(u"SymbolicLinkValue"), 0, REG_LINK, Target->Buffer, Target->Length));
    Close(Key);
}

#endif
