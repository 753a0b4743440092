/* SPDX-License-Identifier: MIT
 *
 * primitives.c - a driver that keeps what it sees in tables and lists, under locks of every kind;
 * as the service "forgets" it deletes nothing.
 */
#define RTL_USE_AVL_TABLES 0
#include <ntifs.h>

#define TAG 'mirP'

typedef struct _SEEN {
    HANDLE ProcessId;
    LARGE_INTEGER When;
    LONG Times;
} SEEN, *PSEEN;

typedef struct _EVENT_ENTRY {
    SLIST_ENTRY Link;
    ULONG Number;
} EVENT_ENTRY, *PEVENT_ENTRY;

static struct {
    RTL_GENERIC_TABLE Table;
    ERESOURCE TableLock;
    LOOKASIDE_LIST_EX Entries;
    NPAGED_LOOKASIDE_LIST Events;
    SLIST_HEADER Queue;
    EX_PUSH_LOCK Push;
    IO_REMOVE_LOCK Remove;
    PDEVICE_OBJECT Device;
    KEVENT Worked;
    BOOLEAN Forgets;
} Driver;

static RTL_GENERIC_COMPARE_RESULTS CompareSeen(PRTL_GENERIC_TABLE Table, PVOID First, PVOID Second)
{
    PSEEN Left = (PSEEN)First, Right = (PSEEN)Second;

    UNREFERENCED_PARAMETER(Table);
    if (Left->ProcessId < Right->ProcessId)
        return GenericLessThan;
    return Left->ProcessId > Right->ProcessId ? GenericGreaterThan : GenericEqual;
}

static PVOID AllocateSeen(PRTL_GENERIC_TABLE Table, CLONG ByteSize)
{
    UNREFERENCED_PARAMETER(Table);
    UNREFERENCED_PARAMETER(ByteSize);
    return ExAllocateFromLookasideListEx(&Driver.Entries);
}

static VOID FreeSeen(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    UNREFERENCED_PARAMETER(Table);
    ExFreeToLookasideListEx(&Driver.Entries, Buffer);
}

static LONG See(HANDLE ProcessId)
{
    SEEN Seen = {0};
    BOOLEAN New = FALSE;
    PSEEN Found;
    LONG Times;

    Seen.ProcessId = ProcessId;
    KeQuerySystemTime(&Seen.When);
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Driver.TableLock);
    Found = (PSEEN)RtlInsertElementGenericTable(&Driver.Table, &Seen, sizeof(Seen), &New);
    Times = Found != NULL ? ++Found->Times : -1;
    ExReleaseResourceAndLeaveCriticalRegion(&Driver.TableLock);
    return Times;
}

static VOID Forget(VOID)
{
    PSEEN Seen;

    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Driver.TableLock, TRUE);
    while (!RtlIsGenericTableEmpty(&Driver.Table)) {
        Seen = (PSEEN)RtlGetElementGenericTable(&Driver.Table, 0);
        RtlDeleteElementGenericTable(&Driver.Table, Seen);
    }
    ExReleaseResourceLite(&Driver.TableLock);
    KeLeaveCriticalRegion();
}

static VOID Notify(ULONG Number)
{
    PEVENT_ENTRY Entry = (PEVENT_ENTRY)ExAllocateFromNPagedLookasideList(&Driver.Events);

    if (Entry != NULL) {
        Entry->Number = Number;
        InterlockedPushEntrySList(&Driver.Queue, &Entry->Link);
    }
}

static ULONG Drain(VOID)
{
    PSLIST_ENTRY Link;
    ULONG Sum = 0;

    while ((Link = InterlockedPopEntrySList(&Driver.Queue)) != NULL) {
        Sum += CONTAINING_RECORD(Link, EVENT_ENTRY, Link)->Number;
        ExFreeToNPagedLookasideList(&Driver.Events, CONTAINING_RECORD(Link, EVENT_ENTRY, Link));
    }
    return Sum;
}

static IO_WORKITEM_ROUTINE Work;
static VOID Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    UNICODE_STRING Expression = RTL_CONSTANT_STRING(L"*\\EVIL.EXE");
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume3\\evil.exe");
    RTL_OSVERSIONINFOEXW Version = {0};
    TIME_FIELDS Fields;
    LARGE_INTEGER Now;
    ULONGLONG Mask = 0;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Driver.Push);
    KeQuerySystemTime(&Now);
    ExSystemTimeToLocalTime(&Now, &Now);
    RtlTimeToTimeFields(&Now, &Fields);
    Version.dwMajorVersion = 6;
    VER_SET_CONDITION(Mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    if (FsRtlIsNameInExpression(&Expression, &Name, TRUE, NULL) && Fields.Year >= 2000 &&
        NT_SUCCESS(RtlVerifyVersionInfo(&Version, VER_MAJORVERSION, Mask)))
        DbgPrint("drained %lu\n", Drain());
    ExReleasePushLockExclusive(&Driver.Push);
    KeLeaveCriticalRegion();
    IoReleaseRemoveLock(&Driver.Remove, Context);
    IoFreeWorkItem((PIO_WORKITEM)Context);
    KeSetEvent(&Driver.Worked, IO_NO_INCREMENT, FALSE);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeWaitForSingleObject(&Driver.Worked, Executive, KernelMode, FALSE, NULL);
    if (NT_SUCCESS(IoAcquireRemoveLock(&Driver.Remove, NULL)))
        IoReleaseRemoveLockAndWait(&Driver.Remove, NULL);
    Forget();
    if (!Driver.Forgets) {
        ExDeleteResourceLite(&Driver.TableLock);
        ExDeleteLookasideListEx(&Driver.Entries);
        ExDeleteNPagedLookasideList(&Driver.Events);
    }
    IoDeleteDevice(Driver.Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Forgets = RTL_CONSTANT_STRING(L"\\forgets");
    PIO_WORKITEM Item;
    NTSTATUS Status;

    Driver.Forgets = RtlSuffixUnicodeString(&Forgets, RegistryPath, TRUE);
    DriverObject->DriverUnload = Unload;
    Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Driver.Device);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeEvent(&Driver.Worked, NotificationEvent, FALSE);
    ExInitializeResourceLite(&Driver.TableLock);
    ExInitializeLookasideListEx(&Driver.Entries, NULL, NULL, PagedPool, 0,
                                sizeof(SEEN) + sizeof(RTL_BALANCED_LINKS), TAG, 0);
    ExInitializeNPagedLookasideList(&Driver.Events, NULL, NULL, POOL_NX_ALLOCATION,
                                    sizeof(EVENT_ENTRY), TAG, 0);
    InitializeSListHead(&Driver.Queue);
    ExInitializePushLock(&Driver.Push);
    IoInitializeRemoveLock(&Driver.Remove, TAG, 0, 0);
    RtlInitializeGenericTable(&Driver.Table, CompareSeen, AllocateSeen, FreeSeen, NULL);
    See(PsGetCurrentProcessId());
    DbgPrint("seen %ld, %lu\n", See(PsGetCurrentProcessId()),
             RtlNumberGenericTableElements(&Driver.Table));
    Notify(40);
    Notify(2);
    Item = IoAllocateWorkItem(Driver.Device);
    if (Item == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoAcquireRemoveLock(&Driver.Remove, Item);
    IoQueueWorkItem(Item, Work, DelayedWorkQueue, Item);
    return STATUS_SUCCESS;
}
