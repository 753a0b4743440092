/* SPDX-License-Identifier: MIT
 *
 * winwait.c - events, and waiting for what handles stand for.
 */
#include "win32/win.h"

#include <ntcallback/ddk/ntexapi.h>

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                           BOOL bInitialState, LPCWSTR lpName)
{
    KPROCESSOR_MODE Mode = WinEnter("CreateEventW");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle = NULL;
    NTSTATUS Status = STATUS_NOT_SUPPORTED;

    InitializeObjectAttributes(&Attributes, NULL, 0, NULL,
                               lpEventAttributes != NULL ? lpEventAttributes->lpSecurityDescriptor
                                                         : NULL);
    if (lpName == NULL) {
        Status = NtCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes,
                               bManualReset ? NotificationEvent : SynchronizationEvent,
                               bInitialState != FALSE);
    }
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        WinFail(Status);
        return NULL;
    }
    WinFailWith(ERROR_SUCCESS);
    return Handle;
}

static BOOL WinChangeEvent(const char *Function, HANDLE Event,
                           NTSTATUS(NTAPI *Change)(HANDLE EventHandle, PLONG PreviousState))
{
    KPROCESSOR_MODE Mode = WinEnter(Function);
    NTSTATUS Status = Change(Event, NULL);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

BOOL WINAPI SetEvent(HANDLE hEvent)
{
    return WinChangeEvent("SetEvent", hEvent, NtSetEvent);
}

BOOL WINAPI ResetEvent(HANDLE hEvent)
{
    return WinChangeEvent("ResetEvent", hEvent, NtResetEvent);
}

static PLARGE_INTEGER WinTimeout(DWORD Milliseconds, PLARGE_INTEGER Timeout)
{
    Timeout->QuadPart = -10000LL * Milliseconds;
    return Milliseconds == INFINITE ? NULL : Timeout;
}

static DWORD WinEndWait(KPROCESSOR_MODE Mode, NTSTATUS Status)
{
    WinLeave(Mode);
    if (NT_ERROR(Status)) {
        WinFail(Status);
        return WAIT_FAILED;
    }
    return (DWORD)Status; /* the statuses are the values */
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
    KPROCESSOR_MODE Mode = WinEnter("WaitForSingleObject");
    LARGE_INTEGER Timeout;

    return WinEndWait(Mode, NtWaitForSingleObject(hHandle, bAlertable != FALSE,
                                                  WinTimeout(dwMilliseconds, &Timeout)));
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                      DWORD dwMilliseconds, BOOL bAlertable)
{
    KPROCESSOR_MODE Mode = WinEnter("WaitForMultipleObjects");
    LARGE_INTEGER Timeout;

    return WinEndWait(Mode,
                      NtWaitForMultipleObjects(nCount, (HANDLE *)(ULONG_PTR)lpHandles,
                                               bWaitAll ? WaitAll : WaitAny, bAlertable != FALSE,
                                               WinTimeout(dwMilliseconds, &Timeout)));
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                    DWORD dwMilliseconds)
{
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
    KPROCESSOR_MODE Mode = WinEnter("SleepEx");
    LARGE_INTEGER Interval = {.QuadPart = dwMilliseconds == INFINITE ? INT64_MIN
                                                                     : -10000LL * dwMilliseconds};
    NTSTATUS Status = NtDelayExecution(bAlertable != FALSE, &Interval);

    WinLeave(Mode);
    return Status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD dwMilliseconds)
{
    (void)SleepEx(dwMilliseconds, FALSE);
}
