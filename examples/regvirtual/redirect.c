/* SPDX-License-Identifier: MIT
 *
 * redirect.c - the filter that gives one process a shadow to write to.
 *
 * For \REGISTRY\MACHINE\SOFTWARE and all keys below, when the process asks for one in user mode:
 *   - if there is a shadow of the key, that is what it gets
 *   - to read, it gets the real key
 *   - to write, it gets a new shadow, if it may read the real key
 *   - to create, it gets a new shadow, too; if there is no real key, there must be a real key or a
 *     shadow one level up
 * In answers to queries, a shadow has what it lacks from the real key (union.c).
 *
 * This filter is the higher one: what it opens on its own behalf RvHide sees, and so the shadow
 * shows no more than the real keys do. It supplies objects in the pre-notification; the
 * post-notification of such a request does not come, and the object gets its tag before.
 *
 * What cannot be redirected, for want of memory or because a shadow has no such thing, is blocked.
 */
#include "regvirtual.h"

/* To have one of these is to be able to write, or (the last) maybe. */
#define RV_WRITE                                                                               \
    (KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_CREATE_LINK | DELETE | WRITE_DAC | WRITE_OWNER | \
     GENERIC_WRITE | GENERIC_ALL | MAXIMUM_ALLOWED)

static const UNICODE_STRING RvStore = RTL_CONSTANT_STRING(L"RegVirtual");

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, RvRedirect)
#pragma alloc_text(PAGE, RvOpenKey)
#endif

/* ---- the two names of a key ----------------------------------------------------------------- */

/* Appends the rest of a path; Text has the room. */
_IRQL_requires_max_(PASSIVE_LEVEL) static VOID
    RvAppendPath(_Inout_ PUNICODE_STRING Text, _In_ PCUNICODE_STRING Base, _In_ RV_PATH Below)
{
    UNICODE_STRING Component;

    RtlCopyUnicodeString(Text, Base);
    while (RvNextComponent(&Below, &Component)) {
        (VOID) RtlAppendUnicodeToString(Text, L"\\");
        (VOID) RtlAppendUnicodeStringToString(Text, &Component);
    }
}

/* Below: what follows \REGISTRY\MACHINE\SOFTWARE. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvNewShadow(_In_ RV_PATH Below, _Outptr_result_maybenull_ PRV_SHADOW *Out)
{
    /* Each piece begins or ends at a component, and so may take one backslash more. */
    const ULONG Rest = Below.Rest[0].Length + Below.Rest[1].Length + 2 * sizeof(WCHAR);
    const ULONG Name = RvSettings.ShadowRoot.Length + Rest;
    const ULONG Real = RvSoftware.Length + Rest;
    PRV_SHADOW Shadow;

    *Out = NULL;
    if (Name > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    Shadow = RvNewTag(sizeof(*Shadow) + Name + Real);
    if (Shadow == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Shadow->Name.Buffer = (PWCH)(Shadow + 1);
    Shadow->Name.MaximumLength = (USHORT)Name;
    Shadow->Real.Buffer = Shadow->Name.Buffer + Name / sizeof(WCHAR);
    Shadow->Real.MaximumLength = (USHORT)Real;
    RvAppendPath(&Shadow->Name, &RvSettings.ShadowRoot, Below);
    RvAppendPath(&Shadow->Real, &RvSoftware, Below);
    *Out = Shadow;
    return STATUS_SUCCESS;
}

/* ---- keys, opened and made ------------------------------------------------------------------ */

_Use_decl_annotations_ NTSTATUS RvOpenKey(PHANDLE Key, ACCESS_MASK Access, HANDLE Root,
                                          PCUNICODE_STRING Name, ULONG Attributes)
{
    OBJECT_ATTRIBUTES Object;

    PAGED_CODE();
    InitializeObjectAttributes(&Object, (PUNICODE_STRING)(ULONG_PTR)Name,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | Attributes, Root, NULL);
    return ZwOpenKey(Key, Access, &Object);
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvKeyExists(_In_ PCUNICODE_STRING Name, _In_ ULONG Attributes)
{
    HANDLE Key;
    NTSTATUS Status = RvOpenKey(&Key, KEY_QUERY_VALUE, NULL, Name, Attributes);

    if (NT_SUCCESS(Status))
        (VOID) ZwClose(Key);
    return Status;
}

static UNICODE_STRING RvParentOf(_In_ PCUNICODE_STRING Name)
{
    UNICODE_STRING Parent = *Name;

    do {
        Parent.Length -= sizeof(WCHAR);
    } while (Parent.Buffer[Parent.Length / sizeof(WCHAR)] != L'\\');
    return Parent;
}

/* Would the process find the key one level up? */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS RvParentExists(_In_ const RV_SHADOW *Shadow)
{
    UNICODE_STRING Parent = RvParentOf(&Shadow->Name);
    NTSTATUS Status = RvKeyExists(&Parent, 0);

    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Parent = RvParentOf(&Shadow->Real);
        Status = RvKeyExists(&Parent, OBJ_FORCE_ACCESS_CHECK);
    }
    return Status;
}

/* Makes the shadow and all of the path to it. Volatile: process ids mean nothing after a restart.
 * Empty keys on the path, when it fails half-way, do no harm: a union with nothing. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvMakeShadow(_In_ const RV_SHADOW *Shadow, _In_ const REG_CREATE_KEY_INFORMATION_V1 *Request,
                 _Out_ PHANDLE Key, _Out_ PBOOLEAN New)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Part = Shadow->Name;
    ULONG Disposition = 0;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Part, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    *Key = NULL;
    *New = FALSE;
    Part.Length = RvSoftware.Length;
    do {
        BOOLEAN Last;

        if (*Key != NULL)
            (VOID) ZwClose(*Key);
        do {
            Part.Length += sizeof(WCHAR);
            Last = Part.Length >= Shadow->Name.Length;
        } while (!Last && Part.Buffer[Part.Length / sizeof(WCHAR)] != L'\\');
        Status = ZwCreateKey(Key, Last ? Request->DesiredAccess : KEY_CREATE_SUB_KEY, &Attributes,
                             0, Last ? Request->Class : NULL, REG_OPTION_VOLATILE, &Disposition);
    } while (NT_SUCCESS(Status) && Part.Length < Shadow->Name.Length);
    *New = NT_SUCCESS(Status) && Disposition == REG_CREATED_NEW_KEY;
    return Status;
}

/* ---- requests ------------------------------------------------------------------------------- */

/* Ends the request with the key that the handle is for: *ResultObject with a reference, which
 * becomes the handle's, GrantedAccess, *Disposition. *Shadow, if given, becomes its context. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvSupply(_Inout_ PREG_CREATE_KEY_INFORMATION_V1 Request, _In_ HANDLE Key,
             _In_ ULONG Disposition, _Inout_opt_ PRV_SHADOW *Shadow)
{
    OBJECT_HANDLE_INFORMATION Handle;
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, &Handle);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Request->Disposition != NULL) {
        __try {
            *Request->Disposition = Disposition; /* the caller's own variable */
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (NT_SUCCESS(Status) && Shadow != NULL) {
        Status = CmSetCallbackObjectContext(Object, &RvRedirectCookie, *Shadow, NULL);
        if (NT_SUCCESS(Status))
            *Shadow = NULL;
    }
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Object);
        return Status;
    }
    /* Not DesiredAccess: of MAXIMUM_ALLOWED or GENERIC_WRITE the handle would have nothing. */
    Request->GrantedAccess = Handle.GrantedAccess;
    *Request->ResultObject = Object;
    return STATUS_CALLBACK_BYPASS;
}

/* What a shadow does not do. */
static BOOLEAN RvIsRefused(_In_ const REG_CREATE_KEY_INFORMATION_V1 *Request)
{
    return (Request->DesiredAccess & ACCESS_SYSTEM_SECURITY) != 0 ||
           (Request->Options & (REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE)) != 0 ||
           (Request->Wow64Flags & KEY_WOW64_32KEY) != 0 || Request->Transaction != NULL;
}

/* There is a shadow, or there has to be one. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvGiveShadow(_In_ BOOLEAN Create, _Inout_ PREG_CREATE_KEY_INFORMATION_V1 Request,
                 _Inout_ PRV_SHADOW *Shadow)
{
    ULONG Disposition = REG_OPENED_EXISTING_KEY;
    BOOLEAN New = FALSE;
    HANDLE Key;
    NTSTATUS Status = RvOpenKey(&Key, Request->DesiredAccess, NULL, &(*Shadow)->Name, 0);

    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = RvKeyExists(&(*Shadow)->Real, OBJ_FORCE_ACCESS_CHECK);
        if (Create && Status == STATUS_OBJECT_NAME_NOT_FOUND) {
            Disposition = REG_CREATED_NEW_KEY;
            Status = RvParentExists(*Shadow);
        }
        if (NT_SUCCESS(Status))
            Status = RvMakeShadow(*Shadow, Request, &Key, &New);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RvSupply(Request, Key, Disposition, Shadow);
    if (New && Status != STATUS_CALLBACK_BYPASS)
        (VOID) ZwDeleteKey(Key);
    (VOID) ZwClose(Key);
    return Status;
}

/* The key itself. If the name is relative to a shadow, nobody but us finds the key by it. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvGiveReal(_In_ BOOLEAN FromShadow, _Inout_ PREG_CREATE_KEY_INFORMATION_V1 Request,
               _In_ const RV_SHADOW *Shadow)
{
    HANDLE Key;
    NTSTATUS Status;

    if (!FromShadow)
        return STATUS_SUCCESS;
    Status = RvOpenKey(&Key, Request->DesiredAccess, NULL, &Shadow->Real, OBJ_FORCE_ACCESS_CHECK);
    if (NT_SUCCESS(Status)) {
        Status = RvSupply(Request, Key, REG_OPENED_EXISTING_KEY, NULL);
        (VOID) ZwClose(Key);
    }
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvDecide(_In_ BOOLEAN Create, _In_ BOOLEAN FromShadow, _In_ RV_PATH Below,
             _Inout_ PREG_CREATE_KEY_INFORMATION_V1 Request)
{
    const BOOLEAN Writes = Create || (Request->DesiredAccess & RV_WRITE) != 0;
    RV_PATH First = Below;
    UNICODE_STRING Component;
    PRV_SHADOW Shadow;
    BOOLEAN InStore;
    NTSTATUS Status = RvNewShadow(Below, &Shadow);

    if (!NT_SUCCESS(Status))
        return Status;
    /* The shadows have none themselves. */
    InStore =
        RvNextComponent(&First, &Component) && RtlEqualUnicodeString(&Component, &RvStore, TRUE);
    Status = InStore ? STATUS_OBJECT_NAME_NOT_FOUND : RvKeyExists(&Shadow->Name, 0);
    if (NT_SUCCESS(Status) || (Status == STATUS_OBJECT_NAME_NOT_FOUND && Writes && !InStore))
        Status =
            RvIsRefused(Request) ? STATUS_ACCESS_DENIED : RvGiveShadow(Create, Request, &Shadow);
    else if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        Status = RvGiveReal(FromShadow, Request, Shadow);
    RvFreeTag(Shadow);
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvRedirectRequest(_In_ BOOLEAN Create, _Inout_ PREG_CREATE_KEY_INFORMATION_V1 Request)
{
    const RV_SHADOW *Root = RvIsRelative(Request) ? Request->RootObjectContext : NULL;
    PCUNICODE_STRING Lent = NULL;
    RV_PATH Path = {0};
    NTSTATUS Status = STATUS_SUCCESS;

    if (RvSettings.ProcessId == NULL || PsGetCurrentProcessId() != RvSettings.ProcessId ||
        ExGetPreviousMode() != UserMode)
        return STATUS_SUCCESS;
    if (Root != NULL) {
        Path.Rest[0] = Root->Real;
        Path.Rest[1] = *Request->CompleteName;
    } else {
        Status = RvPathOfRequest(&RvRedirectCookie, Request, &Path, &Lent);
    }
    if (NT_SUCCESS(Status) && RvStripPrefix(&Path, &RvSoftware))
        Status = RvDecide(Create, Root != NULL, Path, Request);
    RvReturnName(Lent);
    return Status;
}

/* ---- the callback --------------------------------------------------------------------------- */

_Use_decl_annotations_ NTSTATUS RvRedirect(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    const REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(CallbackContext);

    switch (Class) {
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx:
        return RvRedirectRequest(Class == RegNtPreCreateKeyEx, Argument2);
    case RegNtPreRenameKey: /* a shadow's place says which key it stands for */
        return ((PREG_RENAME_KEY_INFORMATION)Argument2)->ObjectContext != NULL
                   ? STATUS_ACCESS_DENIED
                   : STATUS_SUCCESS;
    case RegNtPostQueryKey:
    case RegNtPostQueryValueKey:
    case RegNtPostEnumerateKey:
    case RegNtPostEnumerateValueKey:
        if (((PREG_POST_OPERATION_INFORMATION)Argument2)->ObjectContext == NULL)
            return STATUS_SUCCESS;
        return RvUnite(Class, Argument2);
    case RegNtCallbackObjectContextCleanup:
        RvFreeTag(((PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION)Argument2)->ObjectContext);
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}
