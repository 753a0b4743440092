/* SPDX-License-Identifier: MIT
 *
 * cmident.c - what a callback may ask about a key object: identity, name, transaction (CM-OID,
 * CM-TXN-02..04). The answers are the simulator's (ntcb_key_services); the cookie is checked here.
 */
#include "cm/cmp.h"

static bool CmpIsLiveCookie(struct KE_THREAD *Thread, PLARGE_INTEGER Cookie)
{
    bool Live;

    if (Cookie == NULL) {
        return false;
    }
    ExpLock(Thread->Ex, Thread->Kernel);
    Live = CmpFindCookie(Thread->Cm, Cookie->QuadPart) != NULL;
    ExpUnlock(Thread->Ex, Thread->Kernel);
    return Live;
}

static NTSTATUS CmpGetIdentity(struct KE_THREAD *Thread, PLARGE_INTEGER Cookie, PVOID Object,
                               PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName,
                               NTSTATUS (*NameOf)(PVOID Object, PCUNICODE_STRING *Name))
{
    const struct ntcb_key_services *Keys = Thread->Cm->Keys;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!CmpIsLiveCookie(Thread, Cookie) || !CmpIsKey(Thread->Cm, Object)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (ObjectName != NULL) {
        Status = NameOf(Object, ObjectName);
    }
    if (NT_SUCCESS(Status) && ObjectID != NULL) {
        *ObjectID = Keys->key_id(Object);
    }
    return Status;
}

/*
 * CmCallbackGetKeyObjectID - identity and name of a key; Windows Vista and later.
 *
 * ObjectID, ObjectName may each be NULL (CM-OID-02). The name is the object's: valid until its last
 * handle is closed, and not changed by a rename (CM-OID-05).
 * IRQL     <= APC_LEVEL (above: DV-02)
 * Context  a callback that is shown the object, up to pre close (CM-CLS-03)
 * Returns  STATUS_SUCCESS                   the id is the key's: equal for all its objects, kept
 *                                           through a rename (CM-OID-01)
 *          STATUS_INVALID_PARAMETER         unknown cookie, or Object is no key (CM-OID-03, -09)
 *          STATUS_INSUFFICIENT_RESOURCES    no memory for the name
 *          STATUS_NOT_IMPLEMENTED           no simulator offers it, or the simulated Windows is
 *                                           older (reported, CM-REG-19)
 */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                        PCUNICODE_STRING *ObjectName)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "CM-REG-19") || Thread->Cm->Keys == NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    return CmpGetIdentity(Thread, Cookie, Object, ObjectID, ObjectName,
                          Thread->Cm->Keys->kept_name);
}

/*
 * CmCallbackGetKeyObjectIDEx - the same, with a name of the caller's own: the present one, valid
 * until CmCallbackReleaseKeyObjectIDEx (CM-OID-06); Windows 8 and later.
 *
 * Returns  as above, and STATUS_INVALID_PARAMETER when Flags is not 0 (CM-OID-03).
 */
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                          PCUNICODE_STRING *ObjectName, ULONG Flags)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_8, "CM-REG-19") || Thread->Cm->Keys == NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return CmpGetIdentity(Thread, Cookie, Object, ObjectID, ObjectName,
                          Thread->Cm->Keys->key_name);
}

/*
 * CmCallbackReleaseKeyObjectIDEx - give back a name of CmCallbackGetKeyObjectIDEx. IRQL <=
 * APC_LEVEL. NULL is passed over with a warning (CM-OID-07).
 */
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);

    if (ObjectName == NULL || Thread->Cm->Keys == NULL) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING,
                                            .rule = "CM-OID-07",
                                            .on_windows = "undocumented",
                                            .fix = "release only what "
                                                   "CmCallbackGetKeyObjectIDEx returned"},
                      "%s: there is no name to release", __func__);
        return;
    }
    Thread->Cm->Keys->release_name(ObjectName);
}

/*
 * CmGetBoundTransaction - the transaction that a key object belongs to, borrowed, or NULL
 * (CM-TXN-03, -04); NULL too for an unknown cookie or what is no key. Vista and later.
 * IRQL <= APC_LEVEL. A callback, pre and post close included.
 */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "CM-REG-19")) {
        return NULL;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (Thread->Cm->Keys == NULL || !CmpIsLiveCookie(Thread, Cookie) ||
        !CmpIsKey(Thread->Cm, Object)) {
        return NULL;
    }
    return Thread->Cm->Keys->transaction(Object);
}
