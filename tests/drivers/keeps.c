/* SPDX-License-Identifier: MIT
 *
 * keeps.c - a driver that takes objects while it is loaded. Its service name says which ("lookup",
 * "key", ...), and whether it gives them back ("keeps": no). Each taking prints its line.
 */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static PVOID Objects[8];
static ULONG ObjectCount;
static HANDLE Handles[8];
static ULONG HandleCount;
static BOOLEAN Keeps;

#define LINE(Name) DbgPrint("%s %u\n", (Name), __LINE__ + 1)

static VOID RememberObject(PVOID Object)
{
    Objects[ObjectCount++] = Object;
}

static VOID RememberHandle(HANDLE Handle)
{
    Handles[HandleCount++] = Handle;
}

static VOID TakeByLookup(VOID)
{
    PEPROCESS Process;

    LINE("lookup");
    if (NT_SUCCESS(PsLookupProcessByProcessId(ULongToHandle(4), &Process))) {
        RememberObject(Process);
        LINE("again");
        ObReferenceObject(Process);
        RememberObject(Process);
    }
}

static NTSTATUS OpenKey(PHANDLE Key)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software");
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    LINE("key");
    return ZwOpenKey(Key, KEY_READ, &Attributes);
}

static VOID TakeByHandle(VOID)
{
    HANDLE Key;
    PVOID Object;

    if (!NT_SUCCESS(OpenKey(&Key))) {
        return;
    }
    LINE("handle");
    if (NT_SUCCESS(ObReferenceObjectByHandle(Key, KEY_READ, *CmKeyObjectType, KernelMode, &Object,
                                             NULL))) {
        RememberObject(Object);
    }
    ZwClose(Key);
}

static VOID TakeKey(VOID)
{
    HANDLE Key;

    if (NT_SUCCESS(OpenKey(&Key))) {
        RememberHandle(Key);
    }
}

static VOID TakeByPointer(VOID)
{
    HANDLE Handle;

    LINE("pointer");
    if (NT_SUCCESS(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL,
                                         PROCESS_ALL_ACCESS, *PsProcessType, KernelMode,
                                         &Handle))) {
        RememberHandle(Handle);
    }
}

static KSTART_ROUTINE Work;
static VOID Work(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* The handle of a thread is most easily forgotten. */
static VOID TakeThread(VOID)
{
    PVOID Object = NULL;
    HANDLE Handle;
    NTSTATUS Status;

    LINE("thread");
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Work, NULL);
    if (!NT_SUCCESS(Status)) {
        return;
    }
    RememberHandle(Handle);
    Status =
        ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Object);
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    while (!Keeps && ObjectCount != 0) {
        ObDereferenceObject(Objects[--ObjectCount]);
    }
    while (!Keeps && HandleCount != 0) {
        ZwClose(Handles[--HandleCount]);
    }
}

/* By an interface that is somebody else's, who then gives them back. */
static VOID HandOver(VOID)
{
    PCALLBACK_OBJECT Callback;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\HandOver");

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ExCreateCallback(&Callback, &Attributes, FALSE, TRUE))) {
        while (ObjectCount != 0) {
            ExNotifyCallback(Callback, Objects[--ObjectCount], NULL);
        }
        ObDereferenceObject(Callback);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const struct {
        PCWSTR Mode;
        VOID (*Take)(VOID);
    } Modes[] = {
        {L"lookup", TakeByLookup},   {L"handle", TakeByHandle}, {L"key", TakeKey},
        {L"pointer", TakeByPointer}, {L"thread", TakeThread},   {L"gives", HandOver},
    };
    ULONG Index;

    DriverObject->DriverUnload = Unload;
    ObjectCount = 0; /* linked into the program, this was loaded before */
    HandleCount = 0;
    Keeps = wcsstr(RegistryPath->Buffer, L"keeps") != NULL;
    for (Index = 0; Index < RTL_NUMBER_OF(Modes); Index++) {
        if (wcsstr(RegistryPath->Buffer, Modes[Index].Mode) != NULL) {
            Modes[Index].Take();
        }
    }
    return STATUS_SUCCESS;
}
