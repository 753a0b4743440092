/* SPDX-License-Identifier: MIT
 *
 * cmperform.c - the one sequence every service with a handle goes through (REG-ORDER).
 *
 *     check -> handle -> probe and capture -> name -> pre-notification -> operation, locked ->
 *     post-notification -> caller's status
 *
 * A failure before the pre-notification is one nobody hears of (CM-PRE-12); one in the operation
 * reaches the post-notification (CM-PRE-13).
 */
#include "cm/cmmount.h"
#include "cm/cmnotify.h"
#include "cm/cmservice.h"
#include "mm/mmp.h"

#include <ntcallback/exception.h>

/* The name as a copy of the caller's UNICODE_STRING; the buffer is still the caller's. */
static NTSTATUS CmpProbeName(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    if (Call->Name == NULL) {
        /* REG-SET-03, REG-REN-01: only the kernel may pass none, where empty is allowed. */
        return Call->Mode != KernelMode                      ? STATUS_ACCESS_VIOLATION
               : (Service->Plan & CMP_PLAN_NAME_NEEDED) != 0 ? STATUS_INVALID_PARAMETER
                                                             : STATUS_SUCCESS;
    }
    NTSTATUS Status = CmpProbe(Call->Mode, Call->Name, sizeof(*Call->Name));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Call->NameUsed = *Call->Name;
    if (Call->NameUsed.Buffer == NULL) {
        Call->NameUsed.Length = 0; /* REG-NS-06 */
    }
    return CmpProbe(Call->Mode, Call->NameUsed.Buffer, Call->NameUsed.Length);
}

/* CM-BUF-10: callbacks see the trimmed name. A kernel caller's own string when that is the same. */
static NTSTATUS CmpCaptureName(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    PUNICODE_STRING Name = &Call->NameUsed;
    if (Name->Length % sizeof(WCHAR) != 0 ||
        ((Service->Plan & CMP_PLAN_NAME_LIMIT) != 0 && Name->Length > CMP_VALUE_NAME_MAX) ||
        ((Service->Plan & CMP_PLAN_NAME_NEEDED) != 0 && Name->Length == 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Service->Plan & CMP_PLAN_NAME_TRIM) != 0) {
        while (Name->Length != 0 && Name->Buffer[Name->Length / sizeof(WCHAR) - 1] == 0) {
            Name->Length = (USHORT)(Name->Length - sizeof(WCHAR));
        }
    }
    if (CmpCaptures(Call->Mode, (Service->Plan & CMP_PLAN_NAME_LATE) != 0)) {
        NTSTATUS Status = CmpCapture(Name->Buffer, Name->Length, &Call->NamePool);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Name->Buffer = Call->NamePool;
        Name->MaximumLength = (USHORT)(Name->Length + sizeof(WCHAR));
    }
    Call->NameShown = *Name;
    Call->NameArgument = Call->Mode == KernelMode && Call->Name != NULL &&
                                 Call->Name->Buffer == Name->Buffer &&
                                 Call->Name->Length == Name->Length
                             ? Call->Name
                             : &Call->NameShown;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpCaptureBuffer(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    BOOLEAN Late = (Service->Plan & CMP_PLAN_DATA_LATE) != 0;
    if (Call->Length > CMP_DATA_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpProbe(Call->Mode, Call->Buffer, Call->Length);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Call->BufferUsed = Call->Buffer;
    if (Call->Length != 0 && CmpCaptures(Call->Mode, Late)) {
        Status = CmpCapture(Call->Buffer, Call->Length, &Call->BufferPool);
        Call->BufferUsed = Call->BufferPool;
    }
    return Status;
}

static NTSTATUS CmpProbeOutput(struct CMP_CALL *Call)
{
    Call->BufferUsed = Call->Buffer;
    NTSTATUS Status = CmpProbeWrite(Call->Mode, Call->Buffer, Call->Length);
    return NT_SUCCESS(Status) ? CmpProbeWrite(Call->Mode, Call->ResultLength, sizeof(ULONG))
                              : Status;
}

static NTSTATUS CmpReferenceHandle(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    OBJECT_HANDLE_INFORMATION HandleInformation;
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Call->Handle, Call->Access, *CmKeyObjectType,
                                                Call->Mode, &Object, &HandleInformation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Call->Object = Object;
    if ((Service->Plan & CMP_PLAN_ANY_ACCESS) != 0 && Call->Access == 0 &&
        Call->Mode != KernelMode && HandleInformation.GrantedAccess == 0) {
        return STATUS_ACCESS_DENIED;
    }
    if ((Service->Plan & CMP_PLAN_OTHER) != 0) {
        Status = ObReferenceObjectByHandle(Call->OtherHandle, Call->Access, *CmKeyObjectType,
                                           Call->Mode, &Object, NULL);
        Call->Other = NT_SUCCESS(Status) ? Object : NULL;
    }
    return Status;
}

/* ACCESS_DENIED in a hive that was loaded to be read. */
static NTSTATUS CmpCheckHive(const struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    if (atomic_load_explicit(&State->ReadOnlyHives, memory_order_relaxed) == 0) {
        return STATUS_SUCCESS;
    }
    CmpLock(State);
    const struct CMP_HIVE *Hive = CmpHiveAbove(State, Call->Object->Key);
    BOOLEAN ReadOnly = Hive != NULL && Hive->ReadOnly;
    CmpUnlock(State);
    return ReadOnly ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* Everything before the pre-notification. */
static NTSTATUS CmpPrepare(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    NTSTATUS Status = Service->Check != NULL ? Service->Check(Call) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_NAME_FIRST) != 0) {
        Status = CmpProbeName(Service, Call);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpReferenceHandle(Service, Call);
    }
    if (NT_SUCCESS(Status) &&
        (Service->Plan & (CMP_PLAN_NAME | CMP_PLAN_NAME_FIRST)) == CMP_PLAN_NAME) {
        Status = CmpProbeName(Service, Call);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_DATA) != 0) {
        Status = CmpCaptureBuffer(Service, Call);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_DESCRIPTOR) != 0) {
        Status = SepCapture(Call->Mode, Call->Buffer, &Call->Descriptor);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_OUTPUT) != 0) {
        Status = CmpProbeOutput(Call);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_ENTRIES) != 0) {
        Status = CmpCaptureEntries(Call);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_NAME) != 0) {
        Status = CmpCaptureName(Service, Call);
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_CHANGES) != 0) {
        Status = CmpCheckHive(Call);
    }
    return Status;
}

/* A driver's data, which is not copied, must be there before something is changed for it. */
static NTSTATUS CmpTouchData(PVOID Context)
{
    const struct CMP_CALL *Call = Context;
    const volatile UCHAR *Data = Call->BufferUsed;
    for (ULONG At = 0; At < Call->Length; At += PAGE_SIZE) {
        (void)Data[At];
    }
    (void)Data[Call->Length - 1];
    return STATUS_SUCCESS;
}

/* CM-BUF-05: what callbacks were shown in place is read now, once, before anything is locked. */
static NTSTATUS CmpCaptureLate(struct CMP_CALL *Call, const struct CMP_SERVICE *Service)
{
    NTSTATUS Status = STATUS_SUCCESS;
    if (Call->Mode == KernelMode) {
        return (Service->Plan & CMP_PLAN_DATA) != 0 && Call->Length != 0
                   ? MmpGuard(KernelMode, CmpTouchData, Call)
                   : STATUS_SUCCESS;
    }
    if ((Service->Plan & CMP_PLAN_NAME) != 0 && Call->NamePool == NULL) {
        Status = CmpCapture(Call->NameUsed.Buffer, Call->NameUsed.Length, &Call->NamePool);
        Call->NameUsed.Buffer = Call->NamePool;
    }
    if (NT_SUCCESS(Status) && (Service->Plan & CMP_PLAN_DATA) != 0 && Call->BufferPool == NULL &&
        Call->Length != 0) {
        Status = CmpCapture(Call->BufferUsed, Call->Length, &Call->BufferPool);
        Call->BufferUsed = Call->BufferPool;
    }
    return Status;
}

/* One call on its way, for the routines that guard it. */
struct CMP_STEP {
    const struct CMP_SERVICE *Service;
    struct CMP_CALL *Call;
};

static NTSTATUS CmpPrepareGuarded(PVOID Context)
{
    const struct CMP_STEP *Step = Context;
    return CmpPrepare(Step->Service, Step->Call);
}

VOID CmpLockForCall(struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    if (Call->Shared) {
        CmpLockKey(CmpState(), Key);
        Call->KeyLocked = Key;
    }
}

NTSTATUS CmpDeletedStatus(const struct CMP_KEY *Key)
{
    return (Key->Flags & CMP_KEY_UNLOADED) != 0 && CmpState()->Windows >= NTCB_WINDOWS_7
               ? STATUS_HIVE_UNLOADED
               : STATUS_KEY_DELETED;
}

NTSTATUS CmpKeyOf(const struct CMP_OBJECT *Object, struct CMP_KEY **Key)
{
    if (Object->Transaction != NULL && !Object->Transaction->Active) {
        return STATUS_TRANSACTION_NOT_ACTIVE; /* CM-TXN-07 */
    }
    *Key = CmpViewOf(Object->Transaction, Object->Key);
    return ((*Key)->Flags & CMP_KEY_DELETED) != 0 ? CmpDeletedStatus(*Key) : STATUS_SUCCESS;
}

static NTSTATUS CmpOperateLocked(PVOID Context)
{
    const struct CMP_STEP *Step = Context;
    struct CMP_CALL *Call = Step->Call;
    struct CMP_KEY *Key = NULL;
    NTSTATUS Status = CmpKeyOf(Call->Object, &Key);
    BOOLEAN Deleted = Key != NULL && (Key->Flags & CMP_KEY_DELETED) != 0;
    if (!NT_SUCCESS(Status) && !(Deleted && (Step->Service->Plan & CMP_PLAN_DELETED) != 0)) {
        return Status;
    }
    if ((Step->Service->Plan & CMP_PLAN_KEY) != 0) {
        CmpLockForCall(Call, Call->Object->Key);
    }
    return Step->Service->Operate(Call, Key);
}

/* T7 says which lock will do, and the answer holds for as long as the lock is held. */
static VOID CmpLockCall(struct CMP_STATE *State, const struct CMP_STEP *Step)
{
    struct CMP_CALL *Call = Step->Call;
    ULONG Plan = Step->Service->Plan;
    Call->Shared = (Plan & CMP_PLAN_SHARED) != 0;
    if (Call->Shared) {
        CmpLockShared(State);
        if ((Plan & CMP_PLAN_VALUES) == 0 ||
            (State->WatchCount == 0 && Call->Object->Transaction == NULL &&
             Call->Object->Key->Shadows == NULL)) {
            return;
        }
        CmpUnlockShared(State);
        Call->Shared = FALSE;
    }
    CmpLock(State);
}

static VOID CmpUnlockCall(struct CMP_STATE *State, struct CMP_CALL *Call)
{
    if (Call->KeyLocked != NULL) {
        CmpUnlockKey(State, Call->KeyLocked);
        Call->KeyLocked = NULL;
    }
    if (Call->Shared) {
        CmpUnlockShared(State);
    } else {
        CmpUnlock(State);
    }
}

/* The caller's buffers are written under the lock; what changes the tree reads only copies. */
static NTSTATUS CmpOperate(struct CMP_STEP *Step)
{
    struct CMP_STATE *State = CmpState();
    NTSTATUS Status = CmpCaptureLate(Step->Call, Step->Service);
    bool Done = true;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLockCall(State, Step);
    if (Step->Call->Mode != KernelMode || ntcb_exception_guarded()) {
        Done = MmpTry(CmpOperateLocked, Step, &Status);
    } else {
        Status = CmpOperateLocked(Step);
    }
    CmpUnlockCall(State, Step->Call);
    return Done ? Status : MmpFault(Step->Call->Mode);
}

static NTSTATUS CmpReturnGuarded(PVOID Context)
{
    CmpReturnEntries(Context);
    return STATUS_SUCCESS;
}

BOOLEAN CmpIsBypass(NTSTATUS Verdict)
{
    return Verdict == STATUS_CALLBACK_BYPASS && CmpState()->Windows >= NTCB_WINDOWS_VISTA;
}

NTSTATUS CmpPerform(const struct CMP_SERVICE *Service, struct CMP_CALL *Call)
{
    struct CMP_STEP Step = {.Service = Service, .Call = Call};
    struct ntcb_registry_pass Pass;
    Call->Mode = ExGetPreviousMode();
    Call->Access = Service->Access;
    NTSTATUS Status = MmpGuard(Call->Mode, CmpPrepareGuarded, &Step);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    Service->Describe(Call);
    Status = CmpNotifyPre(&Pass, Service->Notify, &Call->Information);
    if (Status == STATUS_SUCCESS) {
        Status = Service->Run != NULL ? Service->Run(Call) : CmpOperate(&Step);
    } else if (CmpIsBypass(Status)) {
        Status = STATUS_SUCCESS; /* CM-BYP-01 */
    }
    Status = CmpNotifyPost(&Pass, (Service->Plan & CMP_PLAN_NO_OBJECT) != 0 ? NULL : Call->Object,
                           Status, NULL);
    if ((Service->Plan & CMP_PLAN_ENTRIES) != 0) {
        NTSTATUS Returned = MmpGuard(Call->Mode, CmpReturnGuarded, Call);
        Status = NT_SUCCESS(Returned) ? Status : Returned;
    }

Cleanup:
    if (Call->NamePool != NULL) {
        ExFreePoolWithTag(Call->NamePool, CMP_TAG);
    }
    if (Call->BufferPool != NULL) {
        ExFreePoolWithTag(Call->BufferPool, CMP_TAG);
    }
    ntsim__release(Call->Descriptor.Bytes);
    if (Call->File != NULL) {
        ObpDereference(Call->File, NULL);
    }
    if (Call->Other != NULL) {
        ObpDereference(Call->Other, NULL);
    }
    if (Call->Object != NULL) {
        ObpDereference(Call->Object, NULL);
    }
    return Status;
}
