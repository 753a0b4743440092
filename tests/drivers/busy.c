/* SPDX-License-Identifier: MIT
 *
 * busy.c - a driver with a thread, a work item, a timer and locks of every kind; as the service
 * "timer" it forgets its timer.
 */
#include <ntifs.h>

static struct {
    KEVENT Stop;
    KEVENT Worked;
    PVOID Thread;
    WORK_QUEUE_ITEM Work;
    KTIMER Timer;
    KDPC Dpc;
    FAST_MUTEX Fast;
    KGUARDED_MUTEX Guarded;
    KMUTEX Mutex;
    KSPIN_LOCK Spin;
    ULONG Counter;
    BOOLEAN Forgets;
} Busy;

static VOID Count(VOID)
{
    KIRQL Irql;
    ExAcquireFastMutex(&Busy.Fast);
    ExReleaseFastMutex(&Busy.Fast);
    KeAcquireGuardedMutex(&Busy.Guarded);
    KeReleaseGuardedMutex(&Busy.Guarded);
    KeWaitForSingleObject(&Busy.Mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Busy.Mutex, FALSE);
    KeAcquireSpinLock(&Busy.Spin, &Irql);
    Busy.Counter++;
    KeReleaseSpinLock(&Busy.Spin, Irql);
}

static VOID OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID DoWork(PVOID Parameter)
{
    UNREFERENCED_PARAMETER(Parameter);
    Count();
    KeSetEvent(&Busy.Worked, IO_NO_INCREMENT, FALSE);
}

static VOID RunThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Count();
    KeWaitForSingleObject(&Busy.Stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeSetEvent(&Busy.Stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Busy.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Busy.Thread);
    KeWaitForSingleObject(&Busy.Worked, Executive, KernelMode, FALSE, NULL);
    if (!Busy.Forgets) {
        KeCancelTimer(&Busy.Timer);
        KeFlushQueuedDpcs();
    }
    DbgPrint("counted %lu\n", Busy.Counter);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Timer = RTL_CONSTANT_STRING(L"\\timer");
    LARGE_INTEGER Hour = {.QuadPart = -36000000000LL};
    HANDLE Handle;
    NTSTATUS Status;

    KeInitializeEvent(&Busy.Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Busy.Worked, NotificationEvent, FALSE);
    ExInitializeFastMutex(&Busy.Fast);
    KeInitializeGuardedMutex(&Busy.Guarded);
    KeInitializeMutex(&Busy.Mutex, 0);
    KeInitializeSpinLock(&Busy.Spin);
    KeInitializeTimer(&Busy.Timer);
    KeInitializeDpc(&Busy.Dpc, OnDpc, NULL);
    Busy.Forgets = RtlSuffixUnicodeString(&Timer, RegistryPath, TRUE);
    DriverObject->DriverUnload = Unload;
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, RunThread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Busy.Thread,
                              NULL);
    ZwClose(Handle);
    ExInitializeWorkItem(&Busy.Work, DoWork, NULL);
    ExQueueWorkItem(&Busy.Work, DelayedWorkQueue);
    KeSetTimerEx(&Busy.Timer, Hour, 1000, &Busy.Dpc);
    return STATUS_SUCCESS;
}
