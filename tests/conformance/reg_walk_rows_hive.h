/* SPDX-License-Identifier: MIT
 *
 * reg_walk_rows_hive.h - the rows of the walk about hives: loaded, unloaded, saved, restored,
 * replaced.
 */
#ifndef REG_WALK_ROWS_HIVE_H
#define REG_WALK_ROWS_HIVE_H

#include "reg_walk_rows.h"

#define WALK_FILE u"\\??\\C:\\walk.hiv"

static VOID WalkPrivileges(VOID)
{
    HivePrivilege(SE_BACKUP_PRIVILEGE, TRUE);
    HivePrivilege(SE_RESTORE_PRIVILEGE, TRUE);
}

static BOOLEAN IsText(PCUNICODE_STRING Seen, PUNICODE_STRING Text)
{
    return RtlEqualUnicodeString(Seen, Text, FALSE);
}

/* ---- load, unload ---- */

static NTSTATUS RaiseLoad(struct WALK *Walk)
{
    OBJECT_ATTRIBUTES Source = Attributes(NULL, STR(WALK_FILE), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Target = Attributes(NULL, &Walk->Name, OBJ_CASE_INSENSITIVE);
    WalkPrivileges();
    HiveMakeFile("walk.hiv", "loaded", 1);
    WalkName(Walk, STR(HIVE));
    return NtLoadKey(&Target, &Source);
}

static BOOLEAN CheckLoad(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_LOAD_KEY_INFORMATION_V2 *Load = &Information->LoadKey;
    return WalkInputName(Walk, Load->KeyName) && IsText(Load->SourceFile, STR(WALK_FILE)) &&
           Load->Flags == 0 && Load->TrustClassObject == NULL && Load->UserEvent == NULL &&
           Load->DesiredAccess == 0 && Load->RootHandle == NULL &&
           (Walk->Windows < NTCB_WINDOWS_10_1507 || Load->FileAccessToken == NULL);
}

static BOOLEAN Loaded(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    return NT_SUCCESS(Unload(STR(HIVE), 0));
}

static NTSTATUS RaiseUnload(struct WALK *Walk)
{
    OBJECT_ATTRIBUTES Target = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    UNREFERENCED_PARAMETER(Walk);
    WalkPrivileges();
    HiveMakeFile("walk.hiv", "loaded", 1);
    EXPECT_EQ(ntsim_registry_load_hive(Conform.Sim, HIVE_UTF8, HiveHost("walk.hiv")), 0);
    return NtUnloadKey(&Target);
}

static BOOLEAN CheckUnload(struct WALK *Walk, const union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Walk);
    return Information->Object != NULL && Information->UnLoadKey.UserEvent == NULL;
}

static BOOLEAN Unloaded(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    NTSTATUS Status = Probe(NULL, STR(HIVE));
    if (NT_SUCCESS(Status)) {
        EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    }
    return Status == STATUS_OBJECT_NAME_NOT_FOUND;
}

/* ---- save, restore, replace ---- */

static NTSTATUS RaiseSave(struct WALK *Walk)
{
    WalkPrivileges();
    Walk->Other = HiveNewFile(STR(WALK_FILE));
    NTSTATUS Status = NtSaveKey(Walk->Key, Walk->Other);
    EXPECT_SUCCESS(NtClose(Walk->Other));
    return Status;
}

static BOOLEAN CheckSave(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) && Information->SaveKey.FileHandle == Walk->Other &&
           Information->SaveKey.Format == REG_STANDARD_FORMAT;
}

static BOOLEAN Saved(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    return HiveHostSize("walk.hiv") > 0;
}

static NTSTATUS RaiseRestore(struct WALK *Walk)
{
    WalkPrivileges();
    HiveMakeFile("walk.hiv", "restored", 1);
    Walk->Other = HiveOldFile(STR(WALK_FILE));
    NTSTATUS Status = NtRestoreKey(Walk->Key, Walk->Other, REG_FORCE_RESTORE);
    EXPECT_SUCCESS(NtClose(Walk->Other));
    return Status;
}

static BOOLEAN CheckRestore(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) && Information->RestoreKey.FileHandle == Walk->Other &&
           Information->RestoreKey.Flags == REG_FORCE_RESTORE;
}

static BOOLEAN Restored(struct WALK *Walk)
{
    return HasValue(Walk, STR(u"restored")) && !HasValue(Walk, STR(u"old"));
}

#define WALK_OLD_FILE u"\\??\\C:\\old.hiv"

static NTSTATUS RaiseReplace(struct WALK *Walk)
{
    OBJECT_ATTRIBUTES New = Attributes(NULL, &Walk->Name, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Old = Attributes(NULL, STR(WALK_OLD_FILE), OBJ_CASE_INSENSITIVE);
    HANDLE Root;
    WalkPrivileges();
    HiveMakeFile("walk.hiv", "replaced", 1);
    WalkName(Walk, STR(WALK_FILE));
    EXPECT_SUCCESS(Open(&Root, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    NTSTATUS Status = NtReplaceKey(&New, Root, &Old);
    Close(Root);
    return Status;
}

static BOOLEAN CheckReplace(struct WALK *Walk, const union INFORMATION *Information)
{
    return Information->Object != NULL &&
           WalkInputName(Walk, Information->ReplaceKey.NewFileName) &&
           IsText(Information->ReplaceKey.OldFileName, STR(WALK_OLD_FILE));
}

static BOOLEAN Replaced(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    BOOLEAN There = HiveHostSize("old.hiv") > 0;
    remove(HiveHost("old.hiv"));
    return There;
}

static NTSTATUS RaiseSaveMerged(struct WALK *Walk)
{
    HANDLE Low;
    WalkPrivileges();
    Walk->Other = HiveNewFile(STR(WALK_FILE));
    EXPECT_SUCCESS(Open(&Low, NULL, STR(u"\\Registry\\Machine\\Hardware"), KEY_READ));
    NTSTATUS Status = NtSaveMergedKeys(Walk->Key, Low, Walk->Other);
    EXPECT_SUCCESS(NtClose(Walk->Other));
    Close(Low);
    return Status;
}

static BOOLEAN CheckSaveMerged(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_SAVE_MERGED_KEY_INFORMATION *Save = &Information->SaveMergedKey;
    return Information->Object == NULL && Save->FileHandle == Walk->Other &&
           Save->HighKeyObject == Walk->Object && Save->LowKeyObject != NULL &&
           Save->LowKeyObject != Walk->Object;
}

#endif
