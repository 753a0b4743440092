/* SPDX-License-Identifier: MIT
 *
 * hivekit.h - what the cases about hives share: a volume for their files, privileges, names.
 */
#ifndef HIVEKIT_H
#define HIVEKIT_H

#include "host.h"
#include "regwatch.h"

#include <ntsim/file.h>
#include <ntsim/security.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define HIVE u"\\Registry\\Machine\\Loaded"
#define HIVE_UTF8 "\\REGISTRY\\MACHINE\\Loaded"
#define APP u"\\Registry\\A\\Mine"

static char HiveDirectory[256];

/* A directory of the host becomes C:. */
static inline int HiveMakeVolume(void)
{
    return ntcb_test_temporary_directory(HiveDirectory, sizeof(HiveDirectory)) == 0
               ? ntsim_volume(Conform.Sim, HiveDirectory)
               : -1;
}

static inline int HiveRemoveVolume(void)
{
    return ntcb_test_remove_tree(HiveDirectory);
}

static inline int HiveStart(enum ntcb_windows Windows)
{
    int Error = ConformStart(Windows);
    return Error == 0 ? HiveMakeVolume() : Error;
}

static inline int HiveSetup(void **State)
{
    (void)State;
    return HiveStart(NTCB_WINDOWS_DEFAULT);
}

static inline int HiveTeardown(void **State)
{
    int Error = ConformTeardown(State);
    return HiveRemoveVolume() == 0 ? Error : -1;
}

#define HIVE_CASE(name, rules, function)               \
    {                                                  \
        name, rules, function, HiveSetup, HiveTeardown \
    }

/* The host's name of a file on C:; lives until the next call. */
static inline const char *HiveHost(const char *Name)
{
    static char Path[512];
    snprintf(Path, sizeof(Path), "%s/%s", HiveDirectory, Name);
    return Path;
}

static inline LONGLONG HiveHostSize(const char *Name)
{
    struct stat Stat;
    return stat(HiveHost(Name), &Stat) == 0 ? (LONGLONG)Stat.st_size : -1;
}

static inline VOID HiveHostWrite(const char *Name, const void *Bytes, SIZE_T Count)
{
    FILE *File = fopen(HiveHost(Name), "wb");
    EXPECT_TRUE(File != NULL);
    EXPECT_EQ(fwrite(Bytes, 1, Count, File), Count);
    EXPECT_EQ(fclose(File), 0);
}

/* A hive file on C: whose root has the value `name` = number and a subkey "Sub". No notification.
 */
static inline VOID HiveMakeFile(const char *File, const char *Value, ULONG Number)
{
    const char *Path = "\\REGISTRY\\MACHINE\\SOFTWARE\\MakeHive";
    EXPECT_EQ(ntsim_registry_value(Conform.Sim, Path, Value, REG_DWORD, &Number, sizeof(Number)),
              0);
    EXPECT_EQ(
        ntsim_registry_key(Conform.Sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\MakeHive\\Sub", false), 0);
    EXPECT_EQ(ntsim_registry_save_hive(Conform.Sim, Path, HiveHost(File)), 0);
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, Path), 0);
}

static inline VOID HivePrivilege(ULONG Privilege, BOOLEAN Enabled)
{
    EXPECT_EQ(
        ntsim_process_set_privilege(Conform.Process, Privilege,
                                    Enabled ? NTSIM_PRIVILEGE_ENABLED : NTSIM_PRIVILEGE_DISABLED),
        0);
}

/* ---- calls ---- */

static inline NTSTATUS HiveFile(PHANDLE File, PUNICODE_STRING Name, ACCESS_MASK Access,
                                ULONG Disposition)
{
    IO_STATUS_BLOCK Block;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, Name, OBJ_CASE_INSENSITIVE);
    return NtCreateFile(File, Access, &Object, &Block, NULL, FILE_ATTRIBUTE_NORMAL, 0, Disposition,
                        FILE_NON_DIRECTORY_FILE, NULL, 0);
}

/* A new, empty file to save into. */
static inline HANDLE HiveNewFile(PUNICODE_STRING Name)
{
    HANDLE File;
    EXPECT_SUCCESS(HiveFile(&File, Name, FILE_WRITE_DATA, FILE_OVERWRITE_IF));
    return File;
}

static inline HANDLE HiveOldFile(PUNICODE_STRING Name)
{
    HANDLE File;
    EXPECT_SUCCESS(HiveFile(&File, Name, FILE_READ_DATA, FILE_OPEN));
    return File;
}

static inline NTSTATUS LoadEx(PUNICODE_STRING Target, PUNICODE_STRING File, ULONG Flags,
                              PHANDLE Root)
{
    OBJECT_ATTRIBUTES Key = Attributes(NULL, Target, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Source = Attributes(NULL, File, OBJ_CASE_INSENSITIVE);
    return NtLoadKeyEx(&Key, &Source, Flags, NULL, NULL, KEY_ALL_ACCESS, Root, NULL);
}

static inline NTSTATUS Load(PUNICODE_STRING Target, PUNICODE_STRING File)
{
    OBJECT_ATTRIBUTES Key = Attributes(NULL, Target, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Source = Attributes(NULL, File, OBJ_CASE_INSENSITIVE);
    return NtLoadKey(&Key, &Source);
}

static inline NTSTATUS Unload(PUNICODE_STRING Target, ULONG Flags)
{
    OBJECT_ATTRIBUTES Key = Attributes(NULL, Target, OBJ_CASE_INSENSITIVE);
    return NtUnloadKey2(&Key, Flags);
}

static inline ULONG QueryDword(HANDLE Key, PUNICODE_STRING Name)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[64];
    } Buffer;
    ULONG Length, Number;
    EXPECT_SUCCESS(
        NtQueryValueKey(Key, Name, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length));
    EXPECT_EQ(Buffer.Partial.DataLength, sizeof(Number));
    memcpy(&Number, Buffer.Partial.Data, sizeof(Number));
    return Number;
}

/* The value of the key at Path. */
static inline ULONG DwordAt(PUNICODE_STRING Path, PUNICODE_STRING Name)
{
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, NULL, Path, KEY_READ));
    ULONG Number = QueryDword(Key, Name);
    Close(Key);
    return Number;
}

static inline BOOLEAN HasValueNamed(HANDLE Key, PUNICODE_STRING Name)
{
    UCHAR Buffer[64];
    ULONG Length;
    return NT_SUCCESS(
        NtQueryValueKey(Key, Name, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Length));
}

#endif
