/* SPDX-License-Identifier: MIT
 *
 * idioms.h - what drivers write, compiled as C and as C++ of three standards.
 */
#include <NTIFS.H>
#include <ntcallback\ddk\ntstrsafe.h>
#include <Ntintsafe.h>
#include <intrin.h>
#include <wdmsec.h>
#include <ntimage.h>
#include <fltKernel.h>
#include <dontuse.h>
#include <suppress.h>
#include <driverspecs.h>
#include <windef.h>
#include <initguid.h>
#include <stdio.h>
#include <wchar.h>
#pragma warning(disable : 4201 4214)
#pragma comment(lib, "wdmsec.lib")

#ifdef __cplusplus
extern "C" {
#endif
DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH Create;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH Control;
EX_CALLBACK_FUNCTION Registry;
KSTART_ROUTINE Worker;
KDEFERRED_ROUTINE Deferred;
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS
    Annotated(_In_reads_bytes_(Length) PVOID Buffer, _In_ ULONG Length, _Out_opt_ PULONG Done);
#ifdef __cplusplus
}
#endif

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload, Create)
#endif

#define TAG 'gaTI'
#define IOCTL_ONE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_TWO (ULONG) CTL_CODE(0x8000, 0x801, METHOD_NEITHER, FILE_READ_DATA | FILE_WRITE_DATA)

DEFINE_GUID(IdiomGuid, 0x12345678, 0x1234, 0x1234, 0x12, 0x34, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc);
DECLARE_GLOBAL_CONST_UNICODE_STRING(GlobalName, L"\\Device\\Idiom");
static UNICODE_STRING ConstantName = RTL_CONSTANT_STRING(L"\\DosDevices\\Idiom");
C_ASSERT(sizeof(WCHAR) == 2);

typedef struct _ITEM {
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Single;
    union {
        ULONG Number;
        struct {
            USHORT Low;
            USHORT High;
        };
    };
    UNICODE_STRING Name;
    __int64 Wide;
    HANDLE ProcessId;
} ITEM, *PITEM;

static LIST_ENTRY Items;
static FAST_MUTEX Lock;

_Use_decl_annotations_ NTSTATUS Annotated(PVOID Buffer, ULONG Length, PULONG Done)
{
    ULONG Sum;
    SIZE_T Product;
    USHORT Short;
    NTSTATUS Status = RtlULongAdd(Length, 1, &Sum);

    UNREFERENCED_PARAMETER(Buffer);
    if (!NT_SUCCESS(Status) || !NT_SUCCESS(RtlSizeTMult(Length, sizeof(ITEM), &Product)) ||
        !NT_SUCCESS(RtlULongToUShort(Sum, &Short))) {
        return STATUS_INTEGER_OVERFLOW;
    }
    if (ARGUMENT_PRESENT(Done)) {
        *Done = Short;
    }
    return STATUS_SUCCESS;
}

static PITEM FindItem(HANDLE ProcessId)
{
    PLIST_ENTRY Entry;

    for (Entry = Items.Flink; Entry != &Items; Entry = Entry->Flink) {
        PITEM Item = CONTAINING_RECORD(Entry, ITEM, Link);

        if (Item->ProcessId == ProcessId) {
            RemoveEntryList(&Item->Link);
            InsertTailList(&Items, &Item->Link);
            return Item;
        }
    }
    return NULL;
}

NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Code) {
    case IOCTL_ONE:
        Irp->IoStatus.Information = 0;
        break;
    case IOCTL_TWO:
        __try {
            ProbeForRead(Stack->Parameters.DeviceIoControl.Type3InputBuffer, sizeof(ULONG),
                         __alignof(ULONG));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
        break;
    default:
        if (Irp->CancelRoutine != NULL)
            KeBugCheck(MANUALLY_INITIATED_CRASH);
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS Create(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

VOID Deferred(PKDPC Dpc, PVOID Context, PVOID One, PVOID Two)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
}

VOID Worker(PVOID Context)
{
    LARGE_INTEGER Wait;

    UNREFERENCED_PARAMETER(Context);
    Wait.QuadPart = -10 * 1000 * 1000i64;
    KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS Registry(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;

    UNREFERENCED_PARAMETER(Context);
    switch (Class) {
    case RegNtPreSetValueKey: {
        PREG_SET_VALUE_KEY_INFORMATION Information = (PREG_SET_VALUE_KEY_INFORMATION)Argument2;

        DbgPrint("%wZ %I64x %ws\n", Information->ValueName, 0i64, L"x");
        break;
    }
    default:
        break;
    }
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    DECLARE_CONST_UNICODE_STRING(Link, L"\\DosDevices\\Idiom");
    ULONG Index;

    PAGED_CODE();
    IoDeleteSymbolicLink((PUNICODE_STRING)&Link);
    if (_BitScanForward((unsigned long *)&Index, 8)) {
        NT_ASSERT(Index == 3);
        ASSERT(_byteswap_ulong(1) == 0x01000000);
    }
    if (DriverObject->DeviceObject != NULL)
        IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device = NULL;
    NTSTATUS Status;
    WCHAR Text[64];
    char Bytes[64];
    PWCHAR Found;
    PITEM Item;
    size_t Length;

    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeFastMutex(&Lock);
    InitializeListHead(&Items);
    Item = (PITEM)ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ITEM), TAG);
    if (!Item)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Item, sizeof *Item);
    InsertHeadList(&Items, &Item->Link);
    (void)FindItem(PsGetCurrentProcessId());
    (void)RtlStringCchPrintfW(Text, ARRAYSIZE(Text), L"%ws %d", L"x", 1);
    (void)RtlStringCbCopyA(Bytes, sizeof(Bytes), "x");
    (void)RtlStringCbLengthW(Text, sizeof(Text), &Length);
    wcscpy_s(Text, ARRAYSIZE(Text), L"Idiom");
    _wcslwr(Text);
    sprintf_s(Bytes, sizeof(Bytes), "%s", "y");
    Found = wcsstr(Text, L"idi");
    if (Found != NULL && _wcsnicmp(Found, L"IDIOM", 5) == 0)
        Found = wcsrchr(Text, L'm');
    Status = IoCreateDeviceSecure(DriverObject, 0, (PUNICODE_STRING)&GlobalName,
                                  FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                  &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, &IdiomGuid, &Device);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&ConstantName, (PUNICODE_STRING)&GlobalName);
    }
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Create;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Items), ITEM, Link), TAG);
    return Status;
}
