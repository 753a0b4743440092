/* SPDX-License-Identifier: MIT
 *
 * host_win32.c - the default host table on Windows.
 */
#define WIN32_LEAN_AND_MEAN
#include "ke/hostp.h"

#include <windows.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ntcb_monitor {
    SRWLOCK Lock;
    CONDITION_VARIABLE Condition;
};

static void *HostAllocate(void *Context, size_t Bytes)
{
    (void)Context;
    return malloc(Bytes);
}

static void HostRelease(void *Context, void *Memory)
{
    (void)Context;
    free(Memory);
}

static struct ntcb_monitor *HostMonitorCreate(void *Context)
{
    struct ntcb_monitor *Monitor = malloc(sizeof(*Monitor));

    (void)Context;
    if (Monitor != NULL) {
        InitializeSRWLock(&Monitor->Lock);
        InitializeConditionVariable(&Monitor->Condition);
    }
    return Monitor;
}

static void HostMonitorDestroy(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    free(Monitor);
}

static void HostMonitorEnter(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    AcquireSRWLockExclusive(&Monitor->Lock);
}

static void HostMonitorLeave(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    ReleaseSRWLockExclusive(&Monitor->Lock);
}

static bool HostMonitorWait(void *Context, struct ntcb_monitor *Monitor, uint64_t Nanoseconds)
{
    uint64_t Milliseconds = Nanoseconds / 1000000u + (Nanoseconds % 1000000u != 0);

    (void)Context;
    if (Nanoseconds == NTCB_FOREVER || Milliseconds >= INFINITE) {
        Milliseconds = INFINITE;
    }
    return SleepConditionVariableSRW(&Monitor->Condition, &Monitor->Lock, (DWORD)Milliseconds, 0) !=
           0;
}

static void HostMonitorWake(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    WakeAllConditionVariable(&Monitor->Condition);
}

static uint64_t HostClock(void *Context)
{
    LARGE_INTEGER Frequency;
    LARGE_INTEGER Now;
    uint64_t Seconds;

    (void)Context;
    QueryPerformanceFrequency(&Frequency);
    QueryPerformanceCounter(&Now);
    Seconds = (uint64_t)(Now.QuadPart / Frequency.QuadPart);
    return Seconds * 1000000000u + (uint64_t)(Now.QuadPart % Frequency.QuadPart) * 1000000000u /
                                       (uint64_t)Frequency.QuadPart;
}

static int64_t HostSystemTime(void *Context)
{
    FILETIME Now;

    (void)Context;
    GetSystemTimePreciseAsFileTime(&Now);
    return (int64_t)((uint64_t)Now.dwHighDateTime << 32 | Now.dwLowDateTime);
}

static uint64_t HostThreadId(void *Context)
{
    (void)Context;
    return GetCurrentThreadId(); /* never 0 */
}

/* Where the function begins that Address is in: what the unwinder knows of it. */
static const char *HostFunction(const char *Address)
{
    DWORD64 Module;
    const RUNTIME_FUNCTION *Function = RtlLookupFunctionEntry((DWORD64)Address, &Module, NULL);

    return Function != NULL ? (const char *)Module + Function->BeginAddress : Address;
}

/* The name that the module exports for Function, or NULL. */
static const char *HostExport(const char *Module, const char *Function)
{
    const IMAGE_NT_HEADERS *Headers =
        (const void *)(Module + ((const IMAGE_DOS_HEADER *)(const void *)Module)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *Directory =
        &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const IMAGE_EXPORT_DIRECTORY *Exports = (const void *)(Module + Directory->VirtualAddress);
    const DWORD *Names = (const void *)(Module + Exports->AddressOfNames);
    const DWORD *Functions = (const void *)(Module + Exports->AddressOfFunctions);
    const WORD *Ordinals = (const void *)(Module + Exports->AddressOfNameOrdinals);

    for (DWORD Index = 0; Directory->Size != 0 && Index < Exports->NumberOfNames; Index++) {
        if (Module + Functions[Ordinals[Index]] == Function) {
            return Module + Names[Index];
        }
    }
    return NULL;
}

/* A function of another module is known here by a jump through its import: jmp [rip + distance]. */
static const void *HostTarget(const void *Address)
{
    const unsigned char *Code = Address;
    int Distance;

    if (Code[0] != 0xFF || Code[1] != 0x25) {
        return Address;
    }
    memcpy(&Distance, Code + 2, sizeof(Distance));
    return *(const void *const *)(const void *)(Code + 6 + Distance);
}

static void HostSymbol(void *Context, const void *Address, char *Buffer, size_t Bytes)
{
    char Path[MAX_PATH];
    HMODULE Module;
    const char *Name, *Symbol, *Start;

    (void)Context;
    if (Address == NULL ||
        !GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCSTR)Address, &Module) ||
        GetModuleFileNameA(Module, Path, sizeof(Path)) == 0) {
        snprintf(Buffer, Bytes, "%p", Address);
        return;
    }
    if (HostTarget(Address) != Address) {
        HostSymbol(Context, HostTarget(Address), Buffer, Bytes);
        return;
    }
    Path[sizeof(Path) - 1] = '\0';
    for (Name = Path + lstrlenA(Path); Name > Path && Name[-1] != '\\'; --Name) {
    }
    Start = HostFunction(Address);
    Symbol = HostExport((const char *)Module, Start);
    if (Symbol != NULL && Start == Address) {
        snprintf(Buffer, Bytes, "%s!%s", Name, Symbol);
    } else if (Symbol != NULL) {
        snprintf(Buffer, Bytes, "%s!%s+0x%zx", Name, Symbol,
                 (size_t)((const char *)Address - Start));
    } else {
        snprintf(Buffer, Bytes, "%s+0x%zx", Name,
                 (size_t)((const char *)Address - (const char *)Module));
    }
}

_Noreturn void KiJump(void *Buffer)
{
    longjmp(*(jmp_buf *)Buffer, 1);
}

_Noreturn void KiFatal(const char *Message)
{
    fputs(Message, stderr);
    fflush(stderr);
    abort();
}

static const struct ntcb_host_ops HostOps = {
    .version = NTCB_HOST_OPS_VERSION,
    .allocate = HostAllocate,
    .release = HostRelease,
    .monitor_create = HostMonitorCreate,
    .monitor_destroy = HostMonitorDestroy,
    .monitor_enter = HostMonitorEnter,
    .monitor_leave = HostMonitorLeave,
    .monitor_wait = HostMonitorWait,
    .monitor_wake = HostMonitorWake,
    .clock_ns = HostClock,
    .system_time = HostSystemTime,
    .thread_id = HostThreadId,
    .heavy_fence_available = KiHeavyFenceAvailable,
    .heavy_fence = KiHeavyFence,
    .symbol = HostSymbol,
};

const struct ntcb_host_ops *ntcb_host_default(void)
{
    return &HostOps;
}
