/* SPDX-License-Identifier: MIT
 *
 * callback.c - callback objects as named objects: ExCreateCallback and the system's own three.
 *
 * What is registered with one is the callback manager's (EX-07..13).
 */
#include "ob/obp_state.h"
#include "ps/zw.h"

#include <ntcallback/dispatch.h>

#define OBP_CALLBACK_ALL_ACCESS 0x1F0001

static VOID ObpDeleteCallback(PVOID Object)
{
    ntcb_callback_object_end(Object);
}

static const struct OBP_TYPE ObpCallbackType = {
    .Name = "Callback",
    .GenericMapping = {0x20000, 0x20001, 0x120000, OBP_CALLBACK_ALL_ACCESS},
    .ValidAccess = OBP_CALLBACK_ALL_ACCESS,
    .Delete = ObpDeleteCallback,
};
static POBJECT_TYPE const ObpCallbackTypePointer = (POBJECT_TYPE)&ObpCallbackType;

/* A new object, named; one reference is the caller's, another the name's unless Temporary. */
static NTSTATUS ObpMakeCallback(PCUNICODE_STRING Name, ULONG Flags, BOOLEAN Temporary,
                                PVOID *Object)
{
    NTSTATUS Status = ObpCreateObject(ObpCallbackTypePointer, ntcb_callback_object_size(), Object);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntcb_callback_object_init(*Object, Flags);
    Status = Temporary ? ObpInsertTemporaryName(Name, *Object) : ObpInsertName(Name, *Object);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(*Object, NULL);
    }
    return Status;
}

/* The object itself, referenced, that a handle of the kernel's was made for. */
static NTSTATUS ObpTakeObject(HANDLE Handle, PVOID *Object)
{
    NTSTATUS Status =
        ObpReferenceByHandle(Handle, 0, ObpCallbackTypePointer, KernelMode, Object, NULL);

    ObCloseHandle(Handle, KernelMode);
    return Status;
}

/* The page allows APC_LEVEL, a rule of the verifier does not (C-08). */
static VOID ObpCheckCreationIrql(VOID)
{
    if (KeGetCurrentIrql() == APC_LEVEL) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING,
                                            .rule = "DV-03",
                                            .bugcheck = 0xC4,
                                            .parameter = {0x00020008},
                                            .on_windows = "works, but Driver Verifier's rule "
                                                          "IrqlExPassive stops the machine",
                                            .fix = "create callback objects at PASSIVE_LEVEL"},
                      "ExCreateCallback at APC_LEVEL");
    } else {
        (void)ntcb_check_irql("ExCreateCallback", PASSIVE_LEVEL, "DV-03", 0x00020008);
    }
}

/*
 * ExCreateCallback - the callback object of that name, made if Create and there is none.
 *
 * CallbackObject  referenced; the caller's to dereference (EX-15)
 * ObjectAttributes  a name is needed. OBJ_CASE_INSENSITIVE; OBJ_PERMANENT: else the object goes
 *                 with its last reference (EX-05)
 * AllowMultipleCallbacks  of a new object only (EX-04)
 * IRQL     <= APC_LEVEL; above PASSIVE_LEVEL reported as DV-03 (C-08)
 * Returns  STATUS_SUCCESS
 *          STATUS_UNSUCCESSFUL              no name (EX-02)
 *          STATUS_OBJECT_NAME_NOT_FOUND     there is none, and Create is FALSE (EX-03)
 *          STATUS_OBJECT_TYPE_MISMATCH      the name is another kind of object's (EX-03)
 *          STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_NOT_FOUND   it is no name
 *          STATUS_INSUFFICIENT_RESOURCES    no memory
 */
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject,
                                POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                                BOOLEAN AllowMultipleCallbacks)
{
    OBJECT_ATTRIBUTES Attributes = *ObjectAttributes;
    PVOID Object = NULL;
    HANDLE Handle;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    ObpCheckCreationIrql();
    if (Attributes.ObjectName == NULL || Attributes.ObjectName->Length == 0) {
        return STATUS_UNSUCCESSFUL;
    }
    Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    Status = ObpOpenObjectByName(&Attributes, ObpCallbackTypePointer, KernelMode, 0, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = ObpTakeObject(Handle, &Object);
    } else if (Create && Attributes.RootDirectory == NULL &&
               (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND)) {
        Status = ObpMakeCallback(Attributes.ObjectName,
                                 AllowMultipleCallbacks ? NTCB_CALLBACK_MULTIPLE : 0,
                                 (Attributes.Attributes & OBJ_PERMANENT) == 0, &Object);
        if (NT_SUCCESS(Status) && (Attributes.Attributes & OBJ_PERMANENT) != 0) {
            ObpMakePermanent(Object);
        }
    }
    if (NT_SUCCESS(Status)) {
        ObpNoteTaker(Object, __builtin_return_address(0));
        *CallbackObject = Object;
    }
    return Status;
}

/* The system's own (EX-06). */
NTSTATUS ObpCreateSystemCallbacks(VOID)
{
    static const struct {
        UNICODE_STRING Name;
        enum ntcb_windows Since;
    } Objects[] = {
        {RTL_CONSTANT_STRING(u"\\Callback\\SetSystemTime"), NTCB_WINDOWS_XP},
        {RTL_CONSTANT_STRING(u"\\Callback\\PowerState"), NTCB_WINDOWS_XP},
        {RTL_CONSTANT_STRING(u"\\Callback\\ProcessorAdd"), NTCB_WINDOWS_VISTA},
    };
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Index;

    for (Index = 0; Index < RTL_NUMBER_OF(Objects) && NT_SUCCESS(Status); Index++) {
        PVOID Object;

        if (ntsim__windows() >= Objects[Index].Since) {
            Status = ObpMakeCallback(&Objects[Index].Name,
                                     NTCB_CALLBACK_MULTIPLE | NTCB_CALLBACK_SYSTEM, FALSE, &Object);
            if (NT_SUCCESS(Status)) {
                ObpMakePermanent(Object);
                ObpDereference(Object, NULL); /* the name's is left */
            }
        }
    }
    return Status;
}

NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle)
{
    PVOID Object;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = ObpReferenceByHandle(Handle, DELETE, NULL, ExGetPreviousMode(), &Object, NULL);
    if (NT_SUCCESS(Status)) {
        ObpMakeTemporary(Object);
        ObpDereference(Object, NULL);
    }
    return Status;
}

/*
 * ZwMakeTemporaryObject - the object's name no longer keeps it: it goes with its last reference.
 *
 * IRQL     PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_ACCESS_DENIED (user mode, without DELETE)
 */
NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle)
{
    PSP_ZW(NtMakeTemporaryObject(Handle));
}
