/* SPDX-License-Identifier: MIT
 *
 * cmobject.c - the key object type: what a handle refers to, its death, its name, who may open it.
 *
 * Evidence  CM-CLS-01..08 (close notifications), REG-OPN-03, -11, -12 (access).
 */
#include "cm/cmservice.h"
#include "ps/psp.h"

/* Every right a key can grant, to whoever asks for MAXIMUM_ALLOWED. */
#define CMP_ALL_RIGHTS (KEY_ALL_ACCESS | ACCESS_SYSTEM_SECURITY)

static VOID CmpDeleteObject(PVOID Body);
static NTSTATUS CmpOpenByPointer(PVOID Body, const void *Caller);

/* Immutable; one for all simulators. */
static const struct OBP_TYPE CmpKeyType = {
    .Name = "Key",
    .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
    .ValidAccess = KEY_ALL_ACCESS | SYNCHRONIZE,
    .Parse = CmpParse,
    .Delete = CmpDeleteObject,
    .QueryName = CmpQueryName,
    .AnswerName = CmpAnswerName,
    .OpenByPointer = CmpOpenByPointer,
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
    return STATUS_SUCCESS;
}

static VOID CmpNotifyClose(struct CMP_OBJECT *Object)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION Information = {.Object = Object};
    struct ntcb_registry_pass Pass;
    ntcb_registry_pre(&Pass, RegNtPreKeyHandleClose, &Information);
    ntcb_registry_post(&Pass, Object, STATUS_SUCCESS, NULL);
}

static VOID CmpDeleteObject(PVOID Body)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_OBJECT *Object = Body;
    if (Object->Key != NULL) {
        CmpNotifyClose(Object);
    }
    CmpRemoveObject(Object);
    CmpLock(State);
    CmpDereferenceKey(State, Object->Key);
    CmpUnlock(State);
    if (Object->Transaction != NULL) {
        ObpDereference(Object->Transaction, NULL);
    }
}

/* CM-CO-18: not the object of a post create or open, while that is being delivered. */
static NTSTATUS CmpOpenByPointer(PVOID Body, const void *Caller)
{
    char Symbol[NTSIM__SYMBOL_BYTES];
    if (CmpState()->Windows < NTCB_WINDOWS_81 || *PspPostObject() != Body ||
        (ntcb_kernel_config(ntcb_kernel_current())->switches & NTCB_SWITCH_OPEN_POST_OBJECT) != 0) {
        return STATUS_SUCCESS;
    }
    ntcb_report_deliver(&(struct ntcb_report){
        .severity = NTCB_VIOLATION,
        .rule = "CM-CO-18",
        .what = "ObOpenObjectByPointer was given the Object of a post create or open",
        .routine = ntsim__symbol(Caller, Symbol, sizeof(Symbol)),
        .on_windows = "fails from Windows 8.1 on",
        .fix = "do the work in the pre notification, or tag the object with "
               "CmSetCallbackObjectContext and act in the next pre notification that shows it",
    });
    return STATUS_INVALID_PARAMETER;
}

static ACCESS_MASK CmpMapGeneric(ACCESS_MASK Access)
{
    const GENERIC_MAPPING *Mapping = &CmpKeyType.GenericMapping;
    ACCESS_MASK Mapped = Access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    Mapped |= (Access & GENERIC_READ) != 0 ? Mapping->GenericRead : 0;
    Mapped |= (Access & GENERIC_WRITE) != 0 ? Mapping->GenericWrite : 0;
    Mapped |= (Access & GENERIC_EXECUTE) != 0 ? Mapping->GenericExecute : 0;
    Mapped |= (Access & GENERIC_ALL) != 0 ? Mapping->GenericAll : 0;
    return Mapped;
}

NTSTATUS CmpGrantAccess(const struct CMP_KEY *Key, KPROCESSOR_MODE Mode, ACCESS_MASK Desired,
                        BOOLEAN New, ACCESS_MASK *Granted)
{
    ACCESS_MASK Mapped = CmpMapGeneric(Desired);
    ACCESS_MASK Denied = Mode == KernelMode || New ? 0 : Key->Denied;
    BOOLEAN Maximum = (Mapped & MAXIMUM_ALLOWED) != 0;
    Mapped &= ~(ACCESS_MASK)MAXIMUM_ALLOWED;
    if (Mode != KernelMode && (Mapped & (Denied | ~(ACCESS_MASK)CMP_ALL_RIGHTS)) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    if (Maximum) {
        Mapped |= KEY_ALL_ACCESS & ~Denied;
    }
    if (Mode != KernelMode && Mapped == 0) {
        return STATUS_ACCESS_DENIED;
    }
    *Granted = Mapped;
    return STATUS_SUCCESS;
}
