/* SPDX-License-Identifier: MIT
 *
 * resource.c - transaction managers and resource managers.
 */
#include "tm/tmp.h"
#include "mm/mmp.h"

static VOID TmpDeleteResource(PVOID Body);

const struct OBP_TYPE TmpManagerType = {
    .Name = "TmTm",
    .GenericMapping = {TRANSACTIONMANAGER_GENERIC_READ, TRANSACTIONMANAGER_GENERIC_WRITE,
                       TRANSACTIONMANAGER_GENERIC_EXECUTE, TRANSACTIONMANAGER_ALL_ACCESS},
    .ValidAccess = TRANSACTIONMANAGER_ALL_ACCESS,
};

const struct OBP_TYPE TmpResourceType = {
    .Name = "TmRm",
    .GenericMapping = {RESOURCEMANAGER_GENERIC_READ, RESOURCEMANAGER_GENERIC_WRITE,
                       RESOURCEMANAGER_GENERIC_EXECUTE, RESOURCEMANAGER_ALL_ACCESS},
    .ValidAccess = RESOURCEMANAGER_ALL_ACCESS,
    .Delete = TmpDeleteResource,
};

/*
 * NtCreateTransactionManager - a transaction manager without a log.
 *
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS                   *TmHandle is the caller's to close
 *          STATUS_INVALID_PARAMETER         an option that is none; no log and not volatile, or a
 *                                           log and volatile
 *          STATUS_NOT_IMPLEMENTED           a log, or a name
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtCreateTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LogFileName, ULONG CreateOptions,
                                          ULONG CommitStrength)
{
    struct TMP_CREATION Creation = {
        TmHandle, DesiredAccess, ObjectAttributes, NULL, NULL, KernelMode, 0};
    PVOID Body;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = TmpBeginCreation(&Creation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Volatile = (CreateOptions & TRANSACTION_MANAGER_VOLATILE) != 0;
    if ((CreateOptions & ~(ULONG)TRANSACTION_MANAGER_MAXIMUM_OPTION) != 0 || CommitStrength != 0 ||
        Volatile == (LogFileName != NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!Volatile) {
        return STATUS_NOT_IMPLEMENTED;
    }
    Status = ObpCreateObject(*TmTransactionManagerObjectType, sizeof(struct TMP_MANAGER), &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ((struct TMP_MANAGER *)Body)->Options = CreateOptions;
    return TmpEndCreation(&Creation, Body);
}

/*
 * NtCreateResourceManager - a resource manager of TmHandle; it hears nothing before
 * TmEnableCallbacks.
 *
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS                   *ResourceManagerHandle is the caller's to close. When
 *                                           the object dies, it is told of no end any more
 *          STATUS_INVALID_PARAMETER         an option that is none, or a description too long
 *          STATUS_TM_VOLATILE               not volatile, which its transaction manager is
 *          STATUS_NOT_IMPLEMENTED           a name
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED   TmHandle
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtCreateResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                       HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                       POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                       PUNICODE_STRING Description)
{
    struct TMP_CREATION Creation = {ResourceManagerHandle,
                                    DesiredAccess,
                                    ObjectAttributes,
                                    Description,
                                    ResourceManagerGuid,
                                    KernelMode,
                                    0};
    struct TMP_RESOURCE *Resource;
    PVOID Manager, Body;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = TmpBeginCreation(&Creation);
    if (NT_SUCCESS(Status) && (CreateOptions & ~(ULONG)RESOURCE_MANAGER_MAXIMUM_OPTION) != 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status =
        ObReferenceObjectByHandle(TmHandle, TRANSACTIONMANAGER_CREATE_RM,
                                  *TmTransactionManagerObjectType, Creation.Mode, &Manager, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = (CreateOptions & RESOURCE_MANAGER_VOLATILE) == 0
                 ? STATUS_TM_VOLATILE
                 : ObpCreateObject(*TmResourceManagerObjectType, sizeof(*Resource), &Body);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Manager, NULL);
        return Status;
    }
    Resource = Body;
    Resource->Manager = Manager;
    InitializeListHead(&Resource->Enlistments);
    return TmpEndCreation(&Creation, Resource);
}

static VOID TmpDeleteResource(PVOID Body)
{
    struct TMP_STATE *State = TmpState();
    struct TMP_RESOURCE *Resource = Body;
    ntsim__lock(State->Lock);
    while (!IsListEmpty(&Resource->Enlistments)) {
        CONTAINING_RECORD(RemoveHeadList(&Resource->Enlistments), struct TMP_ENLISTMENT, OfResource)
            ->Resource = NULL;
    }
    ntsim__unlock(State->Lock);
    ObpDereference(Resource->Manager, NULL);
}

/*
 * TmEnableCallbacks - from now on CallbackRoutine is told of the ends of the transactions that
 * ResourceManager enlists in; RMKey is its second argument.
 *
 * Context  <= APC_LEVEL. The routine must stay callable until the object is dead
 * Returns  STATUS_SUCCESS
 *          STATUS_INVALID_PARAMETER         no routine, no resource manager, or callbacks are
 *                                           enabled already
 */
NTSTATUS NTAPI TmEnableCallbacks(PKRESOURCEMANAGER ResourceManager,
                                 PTM_RM_NOTIFICATION CallbackRoutine, PVOID RMKey)
{
    struct TMP_RESOURCE *Resource = (struct TMP_RESOURCE *)ResourceManager;
    struct TMP_STATE *State = TmpState();
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (Resource == NULL || ObpTypeOf(Resource) != *TmResourceManagerObjectType ||
        CallbackRoutine == NULL) {
        return Status;
    }
    ntsim__lock(State->Lock);
    if (Resource->Callback == NULL) {
        Resource->Callback = CallbackRoutine;
        Resource->Key = RMKey;
        Status = STATUS_SUCCESS;
    }
    ntsim__unlock(State->Lock);
    return Status;
}
