/* SPDX-License-Identifier: MIT
 *
 * cmhivetable.c - the services with a handle that deal with hives and files: one row each, as in
 * cmtable.c.
 *
 * Evidence  CM-NC-30, -34, -41, -43, -45, -49, -62; REG-SAV-01, -02; REG-RST-01; REG-RPL-01.
 */
#include "cm/cmhiveservice.h"

/* ---- checks: flags, then the privilege, then the file (REG-SAV-01) ---- */

static NTSTATUS CmpTakeFile(struct CMP_CALL *Call, ACCESS_MASK Access)
{
    PVOID File;
    NTSTATUS Status = ObReferenceObjectByHandle(Call->FileHandle, Access, *IoFileObjectType,
                                                Call->Mode, &File, NULL);
    Call->File = NT_SUCCESS(Status) ? File : NULL;
    return Status;
}

static NTSTATUS CmpCheckSaveMergedKeys(struct CMP_CALL *Call)
{
    NTSTATUS Status = CmpNeedPrivilege(SE_BACKUP_PRIVILEGE, Call->Mode);
    return NT_SUCCESS(Status) ? CmpTakeFile(Call, FILE_WRITE_DATA) : Status;
}

static NTSTATUS CmpCheckSaveKey(struct CMP_CALL *Call)
{
    return Call->Class == REG_STANDARD_FORMAT || Call->Class == REG_LATEST_FORMAT ||
                   Call->Class == REG_NO_COMPRESSION
               ? CmpCheckSaveMergedKeys(Call)
               : STATUS_INVALID_PARAMETER;
}

static NTSTATUS CmpCheckRestoreKey(struct CMP_CALL *Call)
{
    const ULONG Known =
        REG_WHOLE_HIVE_VOLATILE | REG_REFRESH_HIVE | REG_NO_LAZY_FLUSH | REG_FORCE_RESTORE;
    BOOLEAN Refresh = (Call->Class & REG_REFRESH_HIVE) != 0;
    if ((Call->Class & ~Known) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        CmpNeedPrivilege(Refresh ? SE_TCB_PRIVILEGE : SE_RESTORE_PRIVILEGE, Call->Mode);
    return NT_SUCCESS(Status) && !Refresh ? CmpTakeFile(Call, FILE_READ_DATA) : Status;
}

/* ---- structures ---- */

static VOID CmpDescribeFlushKey(struct CMP_CALL *Call)
{
    Call->Information.DeleteKey = (REG_FLUSH_KEY_INFORMATION){.Object = Call->Object};
}

static VOID CmpDescribeUnloadKey(struct CMP_CALL *Call)
{
    Call->Information.UnloadKey =
        (REG_UNLOAD_KEY_INFORMATION){.Object = Call->Object, .UserEvent = Call->Event};
}

static VOID CmpDescribeSaveKey(struct CMP_CALL *Call)
{
    Call->Information.SaveKey = (REG_SAVE_KEY_INFORMATION){
        .Object = Call->Object,
        .FileHandle = Call->FileHandle,
        .Format = Call->Class,
    };
}

static VOID CmpDescribeSaveMergedKeys(struct CMP_CALL *Call)
{
    Call->Information.SaveMergedKeys = (REG_SAVE_MERGED_KEY_INFORMATION){
        .FileHandle = Call->FileHandle,
        .HighKeyObject = Call->Object,
        .LowKeyObject = Call->Other,
    };
}

static VOID CmpDescribeRestoreKey(struct CMP_CALL *Call)
{
    Call->Information.RestoreKey = (REG_RESTORE_KEY_INFORMATION){
        .Object = Call->Object,
        .FileHandle = Call->FileHandle,
        .Flags = Call->Class,
    };
}

static VOID CmpDescribeReplaceKey(struct CMP_CALL *Call)
{
    Call->Information.ReplaceKey = (REG_REPLACE_KEY_INFORMATION){
        .Object = Call->Object,
        .OldFileName = Call->OldFile->Shown,
        .NewFileName = Call->NewFile->Shown,
    };
}

/* ---- the table ---- */

#define CMP_RUN_ROW(name, class, access, plan, check)                      \
    const struct CMP_SERVICE Cmp##name##Service = {                        \
        class, access, plan, check, CmpDescribe##name, NULL, CmpRun##name, \
    }

CMP_RUN_ROW(FlushKey, RegNtPreFlushKey, 0, 0, NULL);
CMP_RUN_ROW(UnloadKey, RegNtPreUnLoadKey, 0, CMP_PLAN_CHANGES, NULL);
CMP_RUN_ROW(SaveKey, RegNtPreSaveKey, KEY_READ, 0, CmpCheckSaveKey);
CMP_RUN_ROW(SaveMergedKeys, RegNtPreSaveMergedKey, KEY_READ, CMP_PLAN_OTHER | CMP_PLAN_NO_OBJECT,
            CmpCheckSaveMergedKeys);
CMP_RUN_ROW(RestoreKey, RegNtPreRestoreKey, 0, CMP_PLAN_CHANGES, CmpCheckRestoreKey);
CMP_RUN_ROW(ReplaceKey, RegNtPreReplaceKey, 0, CMP_PLAN_CHANGES, NULL);
