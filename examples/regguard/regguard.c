/* SPDX-License-Identifier: MIT
 *
 * regguard.c - a driver that keeps programs from adding themselves to the Run keys.
 *
 * Refused, with STATUS_ACCESS_DENIED, for the keys ...\Windows\CurrentVersion\Run and \RunOnce of
 * the machine (both views) and of every user:
 *   - setting and deleting values, deleting or renaming the key, here and in all keys below
 *   - creating keys below
 * Opening and reading them, and creating the keys themselves where they are missing, is nobody's
 * concern. Images that code integrity found to be unsigned are logged.
 *
 * A name that cannot be found out (no memory) is not refused: a guard that stops the whole machine
 * is worse than one that misses a write. Everything runs at PASSIVE_LEVEL. Needs Windows 10 or
 * later, for ExAllocatePool2.
 */
#include <ntifs.h> /* ntddk.h and ObQueryNameString */

#define REGGUARD_TAG 'GgeR'

/* Of the group "FSFilter Activity Monitor". A product gets its own from Microsoft. */
#define REGGUARD_ALTITUDE L"363020.4711"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD RegGuardUnload;
EX_CALLBACK_FUNCTION RegGuardRegistry;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, RegGuardUnload)
#pragma alloc_text(PAGE, RegGuardRegistry)
#endif

/* Written once, by DriverEntry; read once, by RegGuardUnload. */
static LARGE_INTEGER RegGuardCookie;

/* ---- which keys are guarded ----------------------------------------------------------------- */

#define DEPTH_MAX 8

/* One component a column; "*" is any component, and the first empty one ends the row. */
static const UNICODE_STRING GuardedKeys[][DEPTH_MAX + 1] = {
#define C(Text) RTL_CONSTANT_STRING(L##Text)
#define CURRENT_VERSION C("Microsoft"), C("Windows"), C("CurrentVersion")
    {C("REGISTRY"), C("MACHINE"), C("SOFTWARE"), CURRENT_VERSION, C("Run")},
    {C("REGISTRY"), C("MACHINE"), C("SOFTWARE"), CURRENT_VERSION, C("RunOnce")},
    {C("REGISTRY"), C("MACHINE"), C("SOFTWARE"), C("WOW6432Node"), CURRENT_VERSION, C("Run")},
    {C("REGISTRY"), C("MACHINE"), C("SOFTWARE"), C("WOW6432Node"), CURRENT_VERSION, C("RunOnce")},
    {C("REGISTRY"), C("USER"), C("*"), C("SOFTWARE"), CURRENT_VERSION, C("Run")},
    {C("REGISTRY"), C("USER"), C("*"), C("SOFTWARE"), CURRENT_VERSION, C("RunOnce")},
#undef CURRENT_VERSION
#undef C
};

typedef enum _PLACE { Elsewhere, GuardedKey, BelowGuardedKey } PLACE;

/* A path in up to two pieces: the name of a key, and a name relative to it. */
typedef struct _PATH {
    UNICODE_STRING Rest[2];
} PATH, *PPATH;

/* Takes the next component off the path. Doubled backslashes count as one, as they do for the
 * registry. FALSE: the path has ended. */
static BOOLEAN NextComponent(_Inout_ PPATH Path, _Out_ PUNICODE_STRING Component)
{
    ULONG Piece;

    for (Piece = 0; Piece < RTL_NUMBER_OF(Path->Rest); Piece++) {
        PUNICODE_STRING Rest = &Path->Rest[Piece];
        USHORT Begin = 0, End;
        const USHORT Units = Rest->Length / sizeof(WCHAR);

        while (Begin < Units && Rest->Buffer[Begin] == L'\\')
            Begin++;
        for (End = Begin; End < Units && Rest->Buffer[End] != L'\\'; End++) {
        }
        Component->Buffer = Rest->Buffer + Begin;
        Component->Length = Component->MaximumLength = (USHORT)((End - Begin) * sizeof(WCHAR));
        Rest->Buffer += End;
        Rest->Length -= (USHORT)(End * sizeof(WCHAR));
        if (Component->Length != 0)
            return TRUE;
    }
    return FALSE;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static PLACE
    MatchRow(_In_ const UNICODE_STRING *Row, _In_ PATH Path)
{
    UNICODE_STRING Component;

    for (; Row->Length != 0; Row++) {
        if (!NextComponent(&Path, &Component))
            return Elsewhere;
        if (Row->Buffer[0] != L'*' && !RtlEqualUnicodeString(Row, &Component, TRUE))
            return Elsewhere;
    }
    return NextComponent(&Path, &Component) ? BelowGuardedKey : GuardedKey;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static PLACE
    PlaceOfPath(_In_ PCUNICODE_STRING Name, _In_opt_ PCUNICODE_STRING Below)
{
    PATH Path = {{*Name}};
    PLACE Place = Elsewhere;
    ULONG Row;

    if (Below != NULL)
        Path.Rest[1] = *Below;
    for (Row = 0; Row < RTL_NUMBER_OF(GuardedKeys) && Place == Elsewhere; Row++)
        Place = MatchRow(GuardedKeys[Row], Path);
    return Place;
}

/* Where a key is, or a name below it. The object manager is asked for the name. That raises a
 * notification of its own (RegNtPreQueryKeyName), but only to callbacks of lower altitude. */
_IRQL_requires_max_(PASSIVE_LEVEL) static PLACE
    PlaceOfKey(_In_ PVOID Object, _In_opt_ PCUNICODE_STRING Below)
{
    POBJECT_NAME_INFORMATION Information;
    ULONG Length = 0;
    PLACE Place = Elsewhere;

    (VOID) ObQueryNameString(Object, NULL, 0, &Length);
    if (Length == 0)
        return Elsewhere;
    Information = ExAllocatePool2(POOL_FLAG_PAGED, Length, REGGUARD_TAG);
    if (Information == NULL)
        return Elsewhere;
    if (NT_SUCCESS(ObQueryNameString(Object, Information, Length, &Length)))
        Place = PlaceOfPath(&Information->Name, Below);
    ExFreePoolWithTag(Information, REGGUARD_TAG);
    return Place;
}

/* ---- the registry callback ------------------------------------------------------------------ */

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS RegGuardRefuse(_In_z_ PCSTR What)
{
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
               "regguard: process %Iu may not %s at a Run key\n",
               (ULONG_PTR)PsGetCurrentProcessId(), What);
    return STATUS_ACCESS_DENIED;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RegGuardWrite(_In_ PVOID Object, _In_z_ PCSTR What)
{
    return PlaceOfKey(Object, NULL) == Elsewhere ? STATUS_SUCCESS : RegGuardRefuse(What);
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RegGuardCreate(_In_ PREG_CREATE_KEY_INFORMATION Create)
{
    const UNICODE_STRING *Name = Create->CompleteName;
    PLACE Place;

    if (Name->Length >= sizeof(WCHAR) && Name->Buffer[0] == L'\\')
        Place = PlaceOfPath(Name, NULL);
    else
        Place = PlaceOfKey(Create->RootObject, Name);
    return Place == BelowGuardedKey ? RegGuardRefuse("create a key") : STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS RegGuardRegistry(PVOID CallbackContext, PVOID Argument1,
                                                 PVOID Argument2)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(CallbackContext);

    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1) {
    case RegNtPreSetValueKey:
        return RegGuardWrite(((PREG_SET_VALUE_KEY_INFORMATION)Argument2)->Object, "set a value");
    case RegNtPreDeleteValueKey:
        return RegGuardWrite(((PREG_DELETE_VALUE_KEY_INFORMATION)Argument2)->Object,
                             "delete a value");
    case RegNtPreDeleteKey:
        return RegGuardWrite(((PREG_DELETE_KEY_INFORMATION)Argument2)->Object, "delete the key");
    case RegNtPreRenameKey:
        return RegGuardWrite(((PREG_RENAME_KEY_INFORMATION)Argument2)->Object, "rename the key");
    case RegNtPreCreateKeyEx:
        return RegGuardCreate(Argument2);
    default:
        return STATUS_SUCCESS;
    }
}

/* ---- the image routine ---------------------------------------------------------------------- */

VOID RegGuardImage(_In_opt_ PUNICODE_STRING FullImageName, _In_ HANDLE ProcessId,
                   _In_ PIMAGE_INFO ImageInfo)
{
    static const UNICODE_STRING NoName = RTL_CONSTANT_STRING(L"(no name)");

    if (ImageInfo->ImageSignatureLevel != SE_SIGNING_LEVEL_UNSIGNED)
        return;
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
               "regguard: process %Iu loads %wZ, which is not signed\n", (ULONG_PTR)ProcessId,
               FullImageName != NULL ? (PCUNICODE_STRING)FullImageName : &NoName);
}

/* ---- coming and going ----------------------------------------------------------------------- */

_Use_decl_annotations_ VOID RegGuardUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);

    (VOID) CmUnRegisterCallback(RegGuardCookie);
    (VOID) PsRemoveLoadImageNotifyRoutine(RegGuardImage);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
                                            PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(REGGUARD_ALTITUDE);
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = PsSetLoadImageNotifyRoutine(RegGuardImage);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmRegisterCallbackEx(RegGuardRegistry, &Altitude, DriverObject, NULL, &RegGuardCookie,
                                  NULL);
    if (!NT_SUCCESS(Status)) {
        (VOID) PsRemoveLoadImageNotifyRoutine(RegGuardImage);
        return Status;
    }
    DriverObject->DriverUnload = RegGuardUnload;
    return STATUS_SUCCESS;
}
