/* SPDX-License-Identifier: MIT
 *
 * seh.c - structured exceptions, construct by construct: DriverEntry runs every check and prints
 * those that failed, then how many there were.
 *
 * Compiled as C and as C++, by clang and by gcc, with and without optimisation.
 */
#include <ntddk.h>

#include "seh_check.h"
#include "seh_leave.h"

static VOID Plain(VOID)
{
    LONG Before = 1, Inside = 0, After = 0, Handler = 0;

    __try {
        Inside = Before + 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handler = 1;
    }
    After = Inside + 1;
    CHECK(Inside == 2 && After == 3 && Handler == 0);
}

static VOID Faults(VOID)
{
    LONG Reached = 0, Handler = 0;
    NTSTATUS Code = 0;

    __try {
        Reached = 1;
        *Wild() = 5;
        Reached = 2;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Handler = 1;
        Code = GetExceptionCode();
    }
    CHECK(Reached == 1 && Handler == 1);
    CHECK(Code == STATUS_ACCESS_VIOLATION);

    Reached = 0;
    __try {
        Reached = *Wild();
        Reached = 2;
    } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                              : EXCEPTION_CONTINUE_SEARCH) {
        Handler = 2;
    }
    CHECK(Reached == 0 && Handler == 2);
}

/* The processor is to find it, not a sanitizer. ARM's does not: there clang makes it trap. */
#if defined(__aarch64__)
#define BY_THE_PROCESSOR
#else
#define BY_THE_PROCESSOR __attribute__((no_sanitize("undefined")))
#endif
BY_THE_PROCESSOR static VOID Divides(VOID)
{
    volatile LONG Zero = 0, Result = 7;
    NTSTATUS Code = 0;

    __try {
        Result = 100 / Zero;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
#if defined(__clang__) || !defined(__aarch64__) /* gcc has no such trap */
    CHECK(Result == 7);
    CHECK(Code == STATUS_INTEGER_DIVIDE_BY_ZERO);
#else
    CHECK(Result == 0 && Code == 0);
#endif
}

static VOID Raised(VOID)
{
    NTSTATUS Code = 0;

    __try {
        Raise(STATUS_INVALID_PARAMETER);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_INVALID_PARAMETER);
    __try {
        ExRaiseAccessViolation();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_ACCESS_VIOLATION);
    __try {
        ExRaiseDatatypeMisalignment();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_DATATYPE_MISALIGNMENT);
}

static LONG SeenWrite;
static ULONG_PTR SeenAddress;
static NTSTATUS SeenCode;
static PVOID SeenPlace;
static PVOID SeenContext;

static LONG Filter(PEXCEPTION_POINTERS Pointers)
{
    SeenCode = Pointers->ExceptionRecord->ExceptionCode;
    SeenWrite = (LONG)Pointers->ExceptionRecord->ExceptionInformation[0];
    SeenAddress = Pointers->ExceptionRecord->ExceptionInformation[1];
    SeenPlace = Pointers->ExceptionRecord->ExceptionAddress;
    SeenContext = (PVOID)Pointers->ContextRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID Informs(VOID)
{
    LONG Handler = 0;

    __try {
        *Wild() = 1;
    } __except (Filter(GetExceptionInformation())) {
        Handler = 1;
    }
    CHECK(Handler == 1);
    CHECK(SeenCode == STATUS_ACCESS_VIOLATION);
    CHECK(SeenAddress == (ULONG_PTR)Wild());
    CHECK(SeenPlace != NULL && SeenContext != NULL);
#if defined(__x86_64__) && defined(__linux__)
    CHECK(SeenWrite == 1);
#endif
}

static VOID Nests(VOID)
{
    LONG Order = 0, Inner = 0, Outer = 0;

    __try {
        __try {
            Raise(STATUS_ACCESS_DENIED);
        } __except (GetExceptionCode() == STATUS_INVALID_PARAMETER ? EXCEPTION_EXECUTE_HANDLER
                                                                   : EXCEPTION_CONTINUE_SEARCH) {
            Inner = ++Order;
        }
        Inner = 9;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outer = ++Order;
        CHECK(GetExceptionCode() == STATUS_ACCESS_DENIED);
    }
    CHECK(Inner == 0 && Outer == 1);

    Order = 0;
    __try {
        __try {
            Raise(STATUS_ACCESS_DENIED);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Inner = ++Order;
            Raise(STATUS_INVALID_HANDLE);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outer = ++Order;
        CHECK(GetExceptionCode() == STATUS_INVALID_HANDLE);
    }
    CHECK(Inner == 1 && Outer == 2);
}

static LONG NestedFilter(VOID)
{
    __try {
        Raise(STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return EXCEPTION_EXECUTE_HANDLER;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static VOID FilterHasOwnTry(VOID)
{
    NTSTATUS Code = 0;

    __try {
        Raise(STATUS_ACCESS_DENIED);
    } __except (NestedFilter()) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_ACCESS_DENIED);
}

static LONG Deep(LONG Levels)
{
    volatile LONG Here = Levels;

    if (Levels == 0) {
        Raise(STATUS_STACK_OVERFLOW);
    }
    return Deep(Levels - 1) + Here;
}

static VOID Far(VOID)
{
    volatile LONG Kept = 17;
    NTSTATUS Code = 0;

    __try {
        Kept = 18;
        (void)Deep(100);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Kept == 18 && Code == STATUS_STACK_OVERFLOW);
    CHECK(ReturnsFromFinally() == 5);
}

static VOID Records(VOID)
{
    EXCEPTION_RECORD Record;
    LONG Handler = 0;

    RtlZeroMemory(&Record, sizeof(Record));
    Record.ExceptionCode = (NTSTATUS)0xE0001234;
    Record.NumberParameters = 2;
    Record.ExceptionInformation[0] = 0;
    Record.ExceptionInformation[1] = 77;
    __try {
        RtlRaiseException(&Record);
    } __except (Filter(GetExceptionInformation())) {
        Handler = 1;
    }
    CHECK(Handler == 1 && SeenCode == (NTSTATUS)0xE0001234 && SeenAddress == 77);
}

static VOID Allocates(VOID)
{
    PVOID Block = NULL;
    NTSTATUS Code = 0;

    __try {
        Block = ExAllocatePoolWithTag(
            (POOL_TYPE)(NonPagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE), ~(SIZE_T)0, 'hesT');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Block == NULL && Code == STATUS_INSUFFICIENT_RESOURCES);
    CHECK((ULONG_PTR)&Block < MmUserProbeAddress && (PVOID)&Block < MmHighestUserAddress);
    CHECK(MmSystemRangeStart > MmHighestUserAddress);
}

static VOID Probes(VOID)
{
    LONG64 Local = 0;
    NTSTATUS Code = 0;

    __try {
        ProbeForRead(&Local, sizeof(Local), sizeof(Local));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == 0);
    __try {
        ProbeForRead((PUCHAR)&Local + 1, 4, 4);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_DATATYPE_MISALIGNMENT);
    __try {
        ProbeForWrite((PVOID)(ULONG_PTR)0xFFFFF80000001000ull, 4, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    CHECK(Code == STATUS_ACCESS_VIOLATION);
}

#ifndef __cplusplus
static VOID LowerCase(VOID)
{
    LONG Order = 0;

    try {
        try {
            Order++;
            leave;
        } finally {
            Order += 10;
        }
        Raise(STATUS_ACCESS_DENIED);
    }
    except(EXCEPTION_EXECUTE_HANDLER)
    {
        Order += 100;
    }
    CHECK(Order == 111);
}
#endif

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Plain();
    Faults();
    Divides();
    Raised();
    Informs();
    Nests();
    FilterHasOwnTry();
    Finally();
    FinallyInFinally();
    Leaves();
    Jumps();
    ChainIsWhole();
    Far();
    Records();
    Probes();
    Allocates();
#ifndef __cplusplus
    LowerCase();
#endif
    DbgPrint("%lu checks\n", Checks);
    return STATUS_SUCCESS;
}
