/* SPDX-License-Identifier: MIT
 *
 * cmopen.c - NtCreateKey, NtOpenKey, NtOpenKeyEx and their transacted forms: arguments in, handle
 * out.
 *
 * What lies between is the object manager's and CmpParse's. If the handle cannot be made although
 * the key has been, the key is taken back: a failed call has changed nothing.
 */
#include "cm/cmservice.h"
#include "mm/mmp.h"

/* REG-OPN-08; REG_OPTION_DONT_VIRTUALIZE came with Windows 10 (REG_OPEN_LEGAL_OPTION 0x1C). */
static ULONG CmpLegalOpenOptions(void)
{
    ULONG Legal = REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE;
    return CmpState()->Windows >= NTCB_WINDOWS_10_1507 ? Legal | REG_OPTION_DONT_VIRTUALIZE : Legal;
}

static VOID CmpTakeBack(struct CMP_OPEN *Open, NTSTATUS Status)
{
    struct CMP_STATE *State = CmpState();
    if (Open->Created == NULL) {
        return;
    }
    CmpLock(State);
    if (Status == STATUS_INSUFFICIENT_RESOURCES && Open->ParseSucceeded &&
        (Open->Created->Flags & CMP_KEY_DELETED) == 0 && Open->Created->Shadows == NULL &&
        CmpChildCount(Open->Created) == 0) {
        CmpUnlinkKey(State, Open->Created);
    }
    CmpDereferenceKey(State, Open->Created);
    CmpUnlock(State);
}

VOID CmpReleaseOpen(struct CMP_OPEN *Open)
{
    if (Open->Transaction != NULL) {
        ObpDereference(Open->Transaction, NULL);
        Open->Transaction = NULL;
    }
    if (Open->ClassPool != NULL) {
        ExFreePoolWithTag(Open->ClassPool, CMP_TAG);
        Open->ClassPool = NULL;
    }
    ntsim__release(Open->Descriptor.Bytes);
    Open->Descriptor.Bytes = NULL;
}

/* The transaction of a transacted call (REG-TXN-01): OBJECT_TYPE_MISMATCH, INVALID_HANDLE,
 * ACCESS_DENIED, TRANSACTION_NOT_ACTIVE. That it is still active is asked again under the lock. */
static NTSTATUS CmpTakeTransaction(HANDLE Handle, KPROCESSOR_MODE Mode, struct CMP_OPEN *Open)
{
    struct CMP_STATE *State = CmpState();
    NTSTATUS Status = CmpReferenceTransaction(Handle, Mode, &Open->Transaction);
    if (NT_SUCCESS(Status)) {
        CmpLockShared(State);
        Status = Open->Transaction->Active ? STATUS_SUCCESS : STATUS_TRANSACTION_NOT_ACTIVE;
        CmpUnlockShared(State);
    }
    return Status;
}

static NTSTATUS CmpOpenByName(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, KPROCESSOR_MODE Mode,
                              struct CMP_OPEN *Open)
{
    HANDLE Handle = NULL;
    Open->Wow64Flags = DesiredAccess & KEY_WOW64_RES;
    if (Open->Wow64Flags == KEY_WOW64_RES && CmpState()->Windows >= NTCB_WINDOWS_7) {
        return STATUS_INVALID_PARAMETER; /* REG-OPN-12 */
    }
    NTSTATUS Status =
        ObpOpenObjectByName(ObjectAttributes, *CmKeyObjectType, Mode,
                            DesiredAccess & ~(ACCESS_MASK)KEY_WOW64_RES, Open, &Handle);
    CmpTakeBack(Open, Status);
    NTSTATUS Stored = MmpCopy(Mode, KeyHandle, &Handle, sizeof(Handle));
    if (NT_SUCCESS(Status) && !NT_SUCCESS(Stored)) {
        ObCloseHandle(Handle, Mode); /* nobody knows it */
        return Stored;
    }
    return Status;
}

/* Transaction: NULL, or the handle of the transacted forms. */
static NTSTATUS CmpOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
                           const HANDLE *Transaction)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct CMP_OPEN Open = {.Options = OpenOptions};
    if ((OpenOptions & ~CmpLegalOpenOptions()) != 0) {
        return STATUS_INVALID_PARAMETER_4;
    }
    NTSTATUS Status = CmpProbeWrite(Mode, KeyHandle, sizeof(*KeyHandle));
    if (NT_SUCCESS(Status) && Transaction != NULL) {
        Status = CmpTakeTransaction(*Transaction, Mode, &Open);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpOpenByName(KeyHandle, DesiredAccess, ObjectAttributes, Mode, &Open);
    }
    CmpReleaseOpen(&Open);
    return Status;
}

NTSTATUS NTAPI NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    ntcb_require_kernel(__func__);
    return CmpOpenKey(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions, NULL);
}

NTSTATUS NTAPI NtOpenKeyTransactedEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
                                     HANDLE TransactionHandle)
{
    ntcb_require_kernel(__func__);
    return CmpOpenKey(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions, &TransactionHandle);
}

NTSTATUS NTAPI NtOpenKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, HANDLE TransactionHandle)
{
    return NtOpenKeyTransactedEx(KeyHandle, DesiredAccess, ObjectAttributes, 0, TransactionHandle);
}

NTSTATUS NTAPI NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes)
{
    return NtOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

/* The class string of a create, as callbacks and the key get it. */
static NTSTATUS CmpCaptureClass(KPROCESSOR_MODE Mode, PCUNICODE_STRING Class, PUNICODE_STRING Shown,
                                struct CMP_OPEN *Open)
{
    PUNICODE_STRING Captured = &Open->ClassRead;
    NTSTATUS Status = CmpProbe(Mode, Class, sizeof(*Class));
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, Captured, Class, sizeof(*Class));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Captured->Buffer == NULL) {
        Captured->Length = 0;
    }
    if (Captured->Length % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CmpProbe(Mode, Captured->Buffer, Captured->Length);
    if (NT_SUCCESS(Status) && CmpCaptures(Mode, TRUE)) {
        Status = CmpCapture(Captured->Buffer, Captured->Length, &Open->ClassPool);
        if (NT_SUCCESS(Status)) {
            Captured->Buffer = Open->ClassPool;
            Captured->MaximumLength = (USHORT)(Captured->Length + sizeof(WCHAR));
        }
    }
    Open->ClassInPlace = Mode != KernelMode && Open->ClassPool == NULL;
    Open->Class = Mode == KernelMode ? (PUNICODE_STRING)(ULONG_PTR)Class : Shown;
    Open->ClassUsed = Open->Class;
    *Shown = *Captured;
    return Status;
}

NTSTATUS CmpReadClass(struct CMP_OPEN *Open)
{
    if (!Open->ClassInPlace) {
        return STATUS_SUCCESS;
    }
    Open->ClassInPlace = FALSE;
    NTSTATUS Status = CmpCapture(Open->ClassRead.Buffer, Open->ClassRead.Length, &Open->ClassPool);
    Open->ClassRead.Buffer = Open->ClassPool;
    Open->ClassUsed = &Open->ClassRead;
    return Status;
}

static NTSTATUS CmpCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, PCUNICODE_STRING Class,
                             ULONG CreateOptions, const HANDLE *Transaction, PULONG Disposition)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct CMP_OPEN Open = {.Create = TRUE, .Options = CreateOptions, .Disposition = Disposition};
    UNICODE_STRING ShownClass;
    if ((CreateOptions & ~(ULONG)REG_LEGAL_OPTION) != 0) {
        return STATUS_INVALID_PARAMETER; /* REG-CRT-07 */
    }
    NTSTATUS Status = CmpProbeWrite(Mode, KeyHandle, sizeof(*KeyHandle));
    if (NT_SUCCESS(Status) && Disposition != NULL) {
        Status = CmpProbeWrite(Mode, Disposition, sizeof(*Disposition));
    }
    if (NT_SUCCESS(Status) && Transaction != NULL) {
        Status = CmpTakeTransaction(*Transaction, Mode, &Open);
    }
    if (NT_SUCCESS(Status) && Class != NULL) {
        Status = CmpCaptureClass(Mode, Class, &ShownClass, &Open);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpOpenByName(KeyHandle, DesiredAccess, ObjectAttributes, Mode, &Open);
    }
    CmpReleaseOpen(&Open);
    return Status;
}

NTSTATUS NTAPI NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                           PCUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    UNREFERENCED_PARAMETER(TitleIndex); /* REG-CRT-11 */
    ntcb_require_kernel(__func__);
    return CmpCreateKey(KeyHandle, DesiredAccess, ObjectAttributes, Class, CreateOptions, NULL,
                        Disposition);
}

NTSTATUS NTAPI NtCreateKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                     PCUNICODE_STRING Class, ULONG CreateOptions,
                                     HANDLE TransactionHandle, PULONG Disposition)
{
    UNREFERENCED_PARAMETER(TitleIndex);
    ntcb_require_kernel(__func__);
    return CmpCreateKey(KeyHandle, DesiredAccess, ObjectAttributes, Class, CreateOptions,
                        &TransactionHandle, Disposition);
}
