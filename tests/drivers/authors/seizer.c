/* SPDX-License-Identifier: MIT */
/*
 * seizer.c - keeps a copy of what programs write below one key, as far as it can be read.
 *
 * The data of a value is the caller's memory: it may be anything, and may go while it is read. All
 * of that is in __try; what is taken is given back in __finally.
 */
#include <ntifs.h>

#define TAG_SEIZER      ((ULONG)'rzeS')
#define SEIZER_LIMIT    64u

typedef struct _SEIZED {
    SINGLE_LIST_ENTRY Next;
    USHORT NameLength;
    ULONG Type;
    ULONG DataSize;
    UCHAR Data[ANYSIZE_ARRAY];
} SEIZED, *PSEIZED;

static struct {
    LARGE_INTEGER Cookie;
    FAST_MUTEX Mutex;
    SINGLE_LIST_ENTRY Head;
    BOOLEAN Captured;
    ULONG Kept, Unreadable, TooLong;
} Seizer;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD SeizerUnload;
EX_CALLBACK_FUNCTION SeizerCallback;

#ifdef ALLOC_PRAGMA
    #pragma alloc_text (INIT, DriverEntry)
    #pragma alloc_text (PAGE, SeizerUnload)
    #pragma alloc_text (PAGE, SeizerCallback)
#endif

/* Raises what reading raises; the filter decides. */
static PSEIZED SeizerCapture(_In_ PREG_SET_VALUE_KEY_INFORMATION Info)
{
    PSEIZED Seized = NULL;
    BOOLEAN Complete = FALSE;

    __try {
        /* Windows 8 and later have made a copy already, whoever the caller is. */
        if (ExGetPreviousMode() != KernelMode && !Seizer.Captured) {
            ProbeForRead(Info->Data, Info->DataSize, sizeof(UCHAR));
        }
        Seized = (PSEIZED)ExAllocatePoolWithTag(PagedPool,
                FIELD_OFFSET(SEIZED, Data) + Info->DataSize, TAG_SEIZER);
        if (!Seized) {
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        }
        Seized->NameLength = Info->ValueName->Length;
        Seized->Type = Info->Type;
        Seized->DataSize = Info->DataSize;
        RtlCopyMemory(Seized->Data, Info->Data, Info->DataSize);
        Complete = TRUE;
    } __finally {
        if (!Complete && Seized) {
            ExFreePoolWithTag(Seized, TAG_SEIZER);
            Seized = NULL;
        }
        if (AbnormalTermination()) {
            DbgPrint("seizer: capture came to a bad end\n");
        }
    }
    return Seized;
}

/* Out of memory is nobody's fault and passes; a pointer that is wrong is the caller's. */
static LONG SeizerFilter(_In_ NTSTATUS Code)
{
    switch (Code) {
    case STATUS_ACCESS_VIOLATION:
    case STATUS_DATATYPE_MISALIGNMENT:
    case STATUS_INSUFFICIENT_RESOURCES:
        return EXCEPTION_EXECUTE_HANDLER;
    default:
        return EXCEPTION_CONTINUE_SEARCH;
    }
}

static BOOLEAN SeizerWants(_In_ PVOID Object)
{
    static const UNICODE_STRING Wanted =
        RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Seized");
    UCHAR Buffer[sizeof(OBJECT_NAME_INFORMATION) + 256];
    POBJECT_NAME_INFORMATION Name = (POBJECT_NAME_INFORMATION)Buffer;
    ULONG Length;

    return NT_SUCCESS(ObQueryNameString(Object, Name, sizeof(Buffer), &Length)) &&
           RtlEqualUnicodeString(&Name->Name, &Wanted, TRUE);
}

_Use_decl_annotations_
NTSTATUS SeizerCallback(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    PREG_SET_VALUE_KEY_INFORMATION Info = (PREG_SET_VALUE_KEY_INFORMATION)Argument2;
    NTSTATUS Status = STATUS_SUCCESS;
    PSEIZED Seized = NULL;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(CallbackContext);
    if ((REG_NOTIFY_CLASS)(SIZE_T)Argument1 != RegNtPreSetValueKey || !SeizerWants(Info->Object)) {
        return STATUS_SUCCESS;
    }
    if (Info->DataSize > SEIZER_LIMIT) {
        Seizer.TooLong++;
        return STATUS_SUCCESS;
    }

    __try {
        Seized = SeizerCapture(Info);
    } __except (SeizerFilter(GetExceptionCode())) {
        Status = GetExceptionCode();
        DbgPrint("seizer: 0x%08X\n", Status);
    }

    ExAcquireFastMutex(&Seizer.Mutex);
    __try {
        if (!Seized) {
            Seizer.Unreadable++;
            __leave;
        }
        PushEntryList(&Seizer.Head, &Seized->Next);
        Seizer.Kept++;
    } __finally {
        ExReleaseFastMutex(&Seizer.Mutex);
    }
    return STATUS_SUCCESS;      /* whatever was wrong, the registry will say it itself */
}

_Use_decl_annotations_
VOID SeizerUnload(PDRIVER_OBJECT DriverObject)
{
    PSINGLE_LIST_ENTRY Entry;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
    CmUnRegisterCallback(Seizer.Cookie);
    while ((Entry = PopEntryList(&Seizer.Head)) != NULL) {
        PSEIZED Seized = CONTAINING_RECORD(Entry, SEIZED, Next);

        DbgPrint("seizer: type %lu, %lu bytes, first 0x%02X, name of %u\n", Seized->Type,
                 Seized->DataSize, Seized->DataSize ? Seized->Data[0] : 0, Seized->NameLength);
        ExFreePoolWithTag(Seized, TAG_SEIZER);
    }
    DbgPrint("seizer: %lu kept, %lu unreadable, %lu too long\n", Seizer.Kept, Seizer.Unreadable,
             Seizer.TooLong);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    RTL_OSVERSIONINFOW Version = { sizeof(Version) };
    UNICODE_STRING Altitude;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(RtlGetVersion(&Version))) {
        Seizer.Captured = Version.dwMajorVersion > 6 ||
                          (Version.dwMajorVersion == 6 && Version.dwMinorVersion >= 2);
    }
    ExInitializeFastMutex(&Seizer.Mutex);
    RtlInitUnicodeString(&Altitude, L"363100.77");
    DriverObject->DriverUnload = SeizerUnload;
    return CmRegisterCallbackEx(SeizerCallback, &Altitude, DriverObject, &Seizer, &Seizer.Cookie,
                                NULL);
}
