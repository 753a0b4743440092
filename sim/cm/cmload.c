/* SPDX-License-Identifier: MIT
 *
 * cmload.c - NtLoadKey, NtLoadKey2, NtLoadKeyEx, NtLoadKey3: arguments and notifications.
 *
 * Evidence  REG-LOD-01, -02, -05; CM-NC-32, -33, -61, -64; CM-BUF-05; CM-POST-14.
 */
#include "cm/cmhiveservice.h"
#include "cm/cmnotify.h"
#include "mm/mmp.h"
#include "se/sep.h"

#define CMP_TOKEN_IMPERSONATE 0x0004

/* REG-LOD-05, and what newer kits name besides. */
#define CMP_LOAD_FLAGS                                                                     \
    (REG_WHOLE_HIVE_VOLATILE | REG_REFRESH_HIVE | REG_NO_LAZY_FLUSH | REG_FORCE_RESTORE |  \
     REG_APP_HIVE | REG_PROCESS_PRIVATE | REG_START_JOURNAL | REG_HIVE_EXACT_FILE_GROWTH | \
     REG_HIVE_NO_RM | REG_HIVE_SINGLE_LOG | REG_BOOT_HIVE | REG_LOAD_HIVE_OPEN_HANDLE |    \
     REG_FLUSH_HIVE_FILE_GROWTH | REG_OPEN_READ_ONLY | REG_IMMUTABLE |                     \
     REG_NO_IMPERSONATION_FALLBACK)

NTSTATUS CmpNeedPrivilege(ULONG Privilege, KPROCESSOR_MODE Mode)
{
    return SeSinglePrivilegeCheck((LUID){Privilege, 0}, Mode) ? STATUS_SUCCESS
                                                              : STATUS_PRIVILEGE_NOT_HELD;
}

/* What needs no look at memory. */
static NTSTATUS CmpCheckLoad(const struct CMP_LOAD *Load)
{
    if ((Load->Flags & ~(ULONG)CMP_LOAD_FLAGS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Load->RootHandle != NULL &&
        (Load->Flags & (REG_APP_HIVE | REG_LOAD_HIVE_OPEN_HANDLE)) == 0) {
        return CmpState()->Windows > NTCB_WINDOWS_7 ? STATUS_INVALID_PARAMETER_7
                                                    : STATUS_INVALID_PARAMETER_6; /* REG-LOD-02 */
    }
    if (Load->RootHandle == NULL && (Load->Flags & REG_APP_HIVE) != 0) {
        return STATUS_INVALID_PARAMETER; /* nobody could ever reach it */
    }
    return (Load->Flags & REG_APP_HIVE) != 0 ? STATUS_SUCCESS
                                             : CmpNeedPrivilege(SE_RESTORE_PRIVILEGE, Load->Mode);
}

static NTSTATUS CmpCaptureLoad(struct CMP_LOAD *Load, POBJECT_ATTRIBUTES TargetKey,
                               POBJECT_ATTRIBUTES SourceFile)
{
    NTSTATUS Status = Load->RootHandle != NULL
                          ? CmpProbeWrite(Load->Mode, Load->RootHandle, sizeof(HANDLE))
                          : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status =
            CmpCaptureNamed(Load->Mode, TargetKey, TRUE, *CmKeyObjectType, KEY_READ, &Load->Target);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            CmpCaptureNamed(Load->Mode, SourceFile, FALSE, *IoFileObjectType, 0, &Load->Source);
    }
    if (NT_SUCCESS(Status) && Load->TrustClassKey != NULL) {
        Status = ObReferenceObjectByHandle(Load->TrustClassKey, KEY_READ, *CmKeyObjectType,
                                           Load->Mode, &Load->TrustClassObject, NULL);
    }
    if (NT_SUCCESS(Status) && Load->Event != NULL) {
        Status = ObReferenceObjectByHandle(Load->Event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           Load->Mode, &Load->EventObject, NULL);
    }
    if (NT_SUCCESS(Status) && Load->FileAccessToken != NULL) {
        Status = ObReferenceObjectByHandle(Load->FileAccessToken, CMP_TOKEN_IMPERSONATE,
                                           *SeTokenObjectType, Load->Mode, &Load->Token, NULL);
    }
    return Status;
}

static NTSTATUS CmpNotifyLoad(struct CMP_LOAD *Load)
{
    struct ntcb_registry_pass Pass;
    REG_LOAD_KEY_INFORMATION_V2 Information = {
        .Object = Load->Target.Root, /* CM-NC-61 */
        .KeyName = Load->Target.Shown,
        .SourceFile = Load->Source.Shown,
        .Flags = Load->Flags,
        .TrustClassObject = Load->TrustClassObject,
        .UserEvent = Load->EventObject,
        .DesiredAccess = Load->DesiredAccess,
        .RootHandle = Load->RootHandle,
        .FileAccessToken = Load->Token,
    };
    NTSTATUS Status = CmpNotifyPre(&Pass, RegNtPreLoadKey, &Information);
    if (Status == STATUS_SUCCESS) {
        Status = CmpLoadHive(Load);
    } else if (CmpIsBypass(Status)) {
        Status = STATUS_SUCCESS;
    }
    return CmpNotifyPost(&Pass, NULL, Status, NULL);
}

static NTSTATUS CmpLoad(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile,
                        struct CMP_LOAD *Load)
{
    Load->Mode = ExGetPreviousMode();
    NTSTATUS Status = CmpCheckLoad(Load);
    if (NT_SUCCESS(Status)) {
        Status = CmpCaptureLoad(Load, TargetKey, SourceFile);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpNotifyLoad(Load);
    }
    CmpReleaseNamed(&Load->Target);
    CmpReleaseNamed(&Load->Source);
    if (Load->TrustClassObject != NULL) {
        ObpDereference(Load->TrustClassObject, NULL);
    }
    if (Load->EventObject != NULL) {
        ObpDereference(Load->EventObject, NULL);
    }
    if (Load->Token != NULL) {
        ObpDereference(Load->Token, NULL);
    }
    return Status;
}

NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile)
{
    ntcb_require_kernel(__func__);
    return CmpLoad(TargetKey, SourceFile, &(struct CMP_LOAD){.Flags = 0});
}

NTSTATUS NTAPI NtLoadKey2(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags)
{
    ntcb_require_kernel(__func__);
    return CmpLoad(TargetKey, SourceFile, &(struct CMP_LOAD){.Flags = Flags});
}

NTSTATUS NTAPI NtLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags,
                           HANDLE TrustClassKey, HANDLE Event, ACCESS_MASK DesiredAccess,
                           PHANDLE RootHandle, PVOID Reserved)
{
    struct CMP_LOAD Load = {.Flags = Flags,
                            .TrustClassKey = TrustClassKey,
                            .Event = Event,
                            .DesiredAccess = DesiredAccess,
                            .RootHandle = RootHandle};
    ntcb_require_kernel(__func__);
    UNREFERENCED_PARAMETER(Reserved);
    return CmpLoad(TargetKey, SourceFile, &Load);
}

/* NtLoadKey3's parameters that the others have as arguments of their own. */
struct CMP_EXTENDED {
    const CM_EXTENDED_PARAMETER *Given;
    ULONG Count;
    KPROCESSOR_MODE Mode;
    struct CMP_LOAD *Load;
};

static NTSTATUS CmpCaptureExtended(PVOID Context)
{
    const struct CMP_EXTENDED *Extended = Context;
    NTSTATUS Status =
        CmpProbe(Extended->Mode, Extended->Given, Extended->Count * sizeof(*Extended->Given));
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Extended->Count; Index++) {
        CM_EXTENDED_PARAMETER Parameter = Extended->Given[Index];
        switch (Parameter.Type) {
        case CmExtendedParameterTrustClassKey:
            Extended->Load->TrustClassKey = Parameter.Handle;
            break;
        case CmExtendedParameterEvent:
            Extended->Load->Event = Parameter.Handle;
            break;
        case CmExtendedParameterFileAccessToken:
            Extended->Load->FileAccessToken = Parameter.Handle;
            break;
        default:
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    return Status;
}

NTSTATUS NTAPI NtLoadKey3(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags,
                          PCM_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParameterCount,
                          ACCESS_MASK DesiredAccess, PHANDLE RootHandle, PVOID Reserved)
{
    struct CMP_LOAD Load = {
        .Flags = Flags, .DesiredAccess = DesiredAccess, .RootHandle = RootHandle};
    struct CMP_EXTENDED Extended = {.Given = ExtendedParameters,
                                    .Count = ExtendedParameterCount,
                                    .Mode = ExGetPreviousMode(),
                                    .Load = &Load};
    ntcb_require_kernel(__func__);
    UNREFERENCED_PARAMETER(Reserved);
    if (ExtendedParameterCount >= CmExtendedParameterMax) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = MmpGuard(Extended.Mode, CmpCaptureExtended, &Extended);
    return NT_SUCCESS(Status) ? CmpLoad(TargetKey, SourceFile, &Load) : Status;
}
