/* SPDX-License-Identifier: MIT
 *
 * cmobject.c - the key object type: what a handle refers to, its death, its name, who may open it.
 *
 * Evidence  CM-CLS-01..08 (close notifications), REG-OPN-03, -11, -12 (access).
 */
#include "cm/cmhiveservice.h"
#include "cm/cmsecurity.h"
#include "cm/cmwatch.h"
#include "ps/psp.h"

/* Every right a key can grant, to whoever asks for MAXIMUM_ALLOWED. */
#define CMP_ALL_RIGHTS (KEY_ALL_ACCESS | ACCESS_SYSTEM_SECURITY)

static VOID CmpCloseObject(PVOID Body);
static VOID CmpDeleteObject(PVOID Body);
static NTSTATUS CmpOpenByPointer(PVOID Body, const void *Caller);

/* Immutable; one for all simulators. */
static const struct OBP_TYPE CmpKeyType = {
    .Name = "Key",
    .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
    .ValidAccess = KEY_ALL_ACCESS | SYNCHRONIZE,
    .Parse = CmpParse,
    .Close = CmpCloseObject,
    .Delete = CmpDeleteObject,
    .QueryName = CmpQueryName,
    .AnswerName = CmpAnswerName,
    .OpenByPointer = CmpOpenByPointer,
    .Spread = TRUE,
};
static const POBJECT_TYPE CmpKeyTypePointer = (POBJECT_TYPE)(ULONG_PTR)&CmpKeyType;
POBJECT_TYPE *CmKeyObjectType = (POBJECT_TYPE *)(ULONG_PTR)&CmpKeyTypePointer;

NTSTATUS CmpCreateObject(struct CMP_OBJECT **Object)
{
    PVOID Body;
    NTSTATUS Status = ObpCreateObject(*CmKeyObjectType, sizeof(**Object), &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!CmpAddObject(Body)) {
        ObpDereference(Body, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Object = Body;
    (*Object)->ProcessId = PsGetCurrentProcessId();
    return STATUS_SUCCESS;
}

static VOID CmpNotifyClose(struct CMP_OBJECT *Object)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION Information = {.Object = Object};
    struct ntcb_registry_pass Pass;
    ntcb_registry_pre(&Pass, RegNtPreKeyHandleClose, &Information);
    ntcb_registry_post(&Pass, Object, STATUS_SUCCESS, NULL);
}

/* REG-NTF-01: what is pending is over, also where a wait holds the object. */
static VOID CmpCloseObject(PVOID Body)
{
    CmpEndWatch(Body);
}

static VOID CmpDeleteObject(PVOID Body)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_OBJECT *Object = Body;
    if (Object->Key != NULL) {
        CmpNotifyClose(Object);
    }
    if (Object->Watch != NULL) {
        CmpEndWatch(Object); /* one that came after the last handle was closed */
    }
    CmpRemoveObject(Object);
    CmpLeaveKey(State, Object->Key);
    if (Object->Transaction != NULL) {
        ObpDereference(Object->Transaction, NULL);
    }
}

/* CM-CO-18: not the object of a post create or open, while that is being delivered. */
static NTSTATUS CmpOpenByPointer(PVOID Body, const void *Caller)
{
    if (CmpState()->Windows < NTCB_WINDOWS_81 || *PspPostObject() != Body ||
        (ntcb_kernel_config(ntcb_kernel_current())->switches & NTCB_SWITCH_OPEN_POST_OBJECT) != 0) {
        return STATUS_SUCCESS;
    }
    ntcb_report_deliver(&(struct ntcb_report){
        .severity = NTCB_VIOLATION,
        .rule = "CM-CO-18",
        .what = "ObOpenObjectByPointer was given the Object of a post create or open",
        .address = Caller,
        .on_windows = "fails from Windows 8.1 on",
        .fix = "do the work in the pre notification, or tag the object with "
               "CmSetCallbackObjectContext and act in the next pre notification that shows it",
    });
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS CmpGrantAccess(const struct CMP_KEY *Key, KPROCESSOR_MODE Mode, ACCESS_MASK Desired,
                        BOOLEAN New, ACCESS_MASK *Granted)
{
    ACCESS_MASK Mapped = SepMapGeneric(Desired, &CmpMapping);
    if (Mode != KernelMode && (Mapped & ~(ACCESS_MASK)(CMP_ALL_RIGHTS | MAXIMUM_ALLOWED)) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    if (Mode != KernelMode && !New) {
        return CmpCheckKey(Key, SepCurrentToken(), Mapped, Granted);
    }
    if (Mode != KernelMode && (Mapped & ACCESS_SYSTEM_SECURITY) != 0 &&
        !SepHasPrivilege(SepCurrentToken(), SE_SECURITY_PRIVILEGE)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    *Granted = Mapped & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
    *Granted |= (Mapped & MAXIMUM_ALLOWED) != 0 ? KEY_ALL_ACCESS : 0;
    return Mode == KernelMode || *Granted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}
