/* SPDX-License-Identifier: MIT
 *
 * shapes.cpp - a driver whose service name says which kind of C++ routine forgets something. Where
 * it is pool, the routine prints the line.
 */
extern "C" {
#include <ntddk.h>
}

#define FORGET()                                                \
    do {                                                        \
        DbgPrint("line %u\n", __LINE__);                        \
        (VOID) ExAllocatePoolWithTag(NonPagedPool, 48, 'looP'); \
    } while (0)

template <typename T> static VOID ForgetInTemplate(T)
{
    FORGET();
}

template <typename T> struct Holder {
    VOID Forget()
    {
        FORGET();
    }
};

static ULONG ForgetOnce()
{
    FORGET();
    return 1;
}

struct Shape {
    ULONG Forgotten = ForgetOnce(); /* in a constructor that nobody wrote */
};

struct Base {
    virtual VOID Forget()
    {
        DbgPrint("wrong\n");
    }
};

struct Derived : Base {
    VOID Forget() override
    {
        FORGET();
    }
};

static VOID OnProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Create);
}

static VOID OnProcessEx(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(CreateInfo);
}

/* What is registered long after DriverEntry. */
static VOID OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
    (VOID) PsSetCreateProcessNotifyRoutine(OnProcess, FALSE);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    (VOID) PsRemoveLoadImageNotifyRoutine(OnImage);
}

static BOOLEAN Is(PUNICODE_STRING RegistryPath, PCWSTR Mode)
{
    UNICODE_STRING Suffix;

    RtlInitUnicodeString(&Suffix, Mode);
    return RtlSuffixUnicodeString(&Suffix, RegistryPath, TRUE);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static Derived Virtual;
    Base *Object = &Virtual;

    DriverObject->DriverUnload = Unload;
    if (Is(RegistryPath, L"lambda")) {
        [&] { FORGET(); }();
    } else if (Is(RegistryPath, L"template")) {
        ForgetInTemplate(1);
    } else if (Is(RegistryPath, L"member")) {
        Holder<ULONG>().Forget();
    } else if (Is(RegistryPath, L"constructor")) {
        Shape Mine;
        UNREFERENCED_PARAMETER(Mine);
    } else if (Is(RegistryPath, L"virtual")) {
        Object->Forget();
    } else if (Is(RegistryPath, L"late")) {
        return PsSetLoadImageNotifyRoutine(OnImage);
    } else if (Is(RegistryPath, L"integrity")) {
        return PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE);
    }
    return STATUS_SUCCESS;
}
