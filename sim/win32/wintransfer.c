/* SPDX-License-Identifier: MIT
 *
 * wintransfer.c - reading, writing and controlling files, at once or overlapped.
 *
 * The OVERLAPPED begins with what the services know as the status block.
 */
#include "win32/win.h"

#include <ntcallback/ddk/ntexapi.h>

/* One call: what kernel32 hands to the service. */
struct WIN_TRANSFER {
    LPOVERLAPPED Overlapped; /* NULL: the call waits, whatever the handle */
    IO_STATUS_BLOCK Block;   /* then */
    LARGE_INTEGER Offset;
};

static PIO_STATUS_BLOCK WinBlock(LPOVERLAPPED Overlapped)
{
    return (PIO_STATUS_BLOCK)(PVOID)Overlapped;
}

static NTSTATUS WinStatusOf(LPOVERLAPPED Overlapped)
{
    return __atomic_load_n(&WinBlock(Overlapped)->Status, __ATOMIC_ACQUIRE);
}

static PIO_STATUS_BLOCK WinBegin(struct WIN_TRANSFER *Transfer, LPOVERLAPPED Overlapped)
{
    *Transfer = (struct WIN_TRANSFER){.Overlapped = Overlapped};
    if (Overlapped == NULL) {
        return &Transfer->Block;
    }
    Overlapped->Internal = (ULONG)STATUS_PENDING;
    Overlapped->InternalHigh = 0;
    Transfer->Offset.LowPart = Overlapped->Offset;
    Transfer->Offset.HighPart = (LONG)Overlapped->OffsetHigh;
    return WinBlock(Overlapped);
}

/* Where it says; NULL: at the file's own position. */
static PLARGE_INTEGER WinOffset(struct WIN_TRANSFER *Transfer)
{
    return Transfer->Overlapped != NULL ? &Transfer->Offset : NULL;
}

/* An event whose lowest bit is set wants no completion packet; there are none. */
static HANDLE WinEvent(const OVERLAPPED *Overlapped)
{
    return Overlapped != NULL ? Overlapped->hEvent : NULL;
}

/* The service has returned Status. Still in user mode. */
static BOOL WinEnd(struct WIN_TRANSFER *Transfer, HANDLE File, NTSTATUS Status, LPDWORD Bytes,
                   KPROCESSOR_MODE Mode)
{
    if (Status == STATUS_PENDING && Transfer->Overlapped == NULL) {
        (void)NtWaitForSingleObject(File, FALSE, NULL);
        Status = Transfer->Block.Status;
    }
    WinLeave(Mode);
    const BOOLEAN Counts = !NT_ERROR(Status) && Status != STATUS_PENDING;
    if (Bytes != NULL) {
        *Bytes = !Counts                        ? 0
                 : Transfer->Overlapped != NULL ? (DWORD)Transfer->Overlapped->InternalHigh
                                                : (DWORD)Transfer->Block.Information;
    }
    return NT_SUCCESS(Status) && Status != STATUS_PENDING ? TRUE : WinFail(Status);
}

BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                     LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped)
{
    KPROCESSOR_MODE Mode = WinEnter("ReadFile");
    struct WIN_TRANSFER Transfer;
    PIO_STATUS_BLOCK Block = WinBegin(&Transfer, lpOverlapped);
    NTSTATUS Status = NtReadFile(hFile, WinEvent(lpOverlapped), NULL, NULL, Block, lpBuffer,
                                 nNumberOfBytesToRead, WinOffset(&Transfer), NULL);

    if (Status == STATUS_END_OF_FILE && lpOverlapped == NULL) {
        Status = STATUS_SUCCESS; /* with no bytes */
        Block->Information = 0;
    }
    return WinEnd(&Transfer, hFile, Status, lpNumberOfBytesRead, Mode);
}

BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                      LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
{
    KPROCESSOR_MODE Mode = WinEnter("WriteFile");
    struct WIN_TRANSFER Transfer;
    PIO_STATUS_BLOCK Block = WinBegin(&Transfer, lpOverlapped);
    NTSTATUS Status =
        NtWriteFile(hFile, WinEvent(lpOverlapped), NULL, NULL, Block, (PVOID)(ULONG_PTR)lpBuffer,
                    nNumberOfBytesToWrite, WinOffset(&Transfer), NULL);

    return WinEnd(&Transfer, hFile, Status, lpNumberOfBytesWritten, Mode);
}

BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer,
                            DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize,
                            LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped)
{
    KPROCESSOR_MODE Mode = WinEnter("DeviceIoControl");
    struct WIN_TRANSFER Transfer;
    PIO_STATUS_BLOCK Block = WinBegin(&Transfer, lpOverlapped);
    NTSTATUS Status =
        NtDeviceIoControlFile(hDevice, WinEvent(lpOverlapped), NULL, NULL, Block, dwIoControlCode,
                              lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize);

    return WinEnd(&Transfer, hDevice, Status, lpBytesReturned, Mode);
}

/* ---- completion routines -------------------------------------------------------------------- */

static VOID NTAPI WinCompleted(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG Reserved)
{
    LPOVERLAPPED_COMPLETION_ROUTINE Routine;
    const NTSTATUS Status = IoStatusBlock->Status;

    UNREFERENCED_PARAMETER(Reserved);
    memcpy(&Routine, &ApcContext, sizeof(Routine));
    Routine(NT_SUCCESS(Status) ? ERROR_SUCCESS : WinError(Status),
            NT_ERROR(Status) ? 0 : (DWORD)IoStatusBlock->Information,
            (LPOVERLAPPED)(PVOID)IoStatusBlock);
}

static PVOID WinRoutine(LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    PVOID Context;

    memcpy(&Context, &Routine, sizeof(Context));
    return Context;
}

static BOOL WinStarted(NTSTATUS Status, KPROCESSOR_MODE Mode)
{
    WinLeave(Mode);
    return NT_ERROR(Status) ? WinFail(Status) : TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                       LPOVERLAPPED lpOverlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    KPROCESSOR_MODE Mode = WinEnter("ReadFileEx");
    struct WIN_TRANSFER Transfer;
    PIO_STATUS_BLOCK Block = WinBegin(&Transfer, lpOverlapped);

    return WinStarted(NtReadFile(hFile, NULL, WinCompleted, WinRoutine(lpCompletionRoutine), Block,
                                 lpBuffer, nNumberOfBytesToRead, &Transfer.Offset, NULL),
                      Mode);
}

BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                        LPOVERLAPPED lpOverlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    KPROCESSOR_MODE Mode = WinEnter("WriteFileEx");
    struct WIN_TRANSFER Transfer;
    PIO_STATUS_BLOCK Block = WinBegin(&Transfer, lpOverlapped);

    return WinStarted(NtWriteFile(hFile, NULL, WinCompleted, WinRoutine(lpCompletionRoutine), Block,
                                  (PVOID)(ULONG_PTR)lpBuffer, nNumberOfBytesToWrite,
                                  &Transfer.Offset, NULL),
                      Mode);
}

/* ---- the end of an overlapped call ---------------------------------------------------------- */

BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
    KPROCESSOR_MODE Mode = WinEnter("GetOverlappedResult");
    NTSTATUS Status = WinStatusOf(lpOverlapped);

    if (Status == STATUS_PENDING && bWait) {
        Status = NtWaitForSingleObject(lpOverlapped->hEvent != NULL ? lpOverlapped->hEvent : hFile,
                                       FALSE, NULL);
        Status = NT_ERROR(Status) ? Status : WinStatusOf(lpOverlapped);
    }
    WinLeave(Mode);
    if (Status == STATUS_PENDING) {
        return WinFailWith(ERROR_IO_INCOMPLETE);
    }
    *lpNumberOfBytesTransferred = (DWORD)lpOverlapped->InternalHigh;
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

BOOL WINAPI CancelIo(HANDLE hFile)
{
    KPROCESSOR_MODE Mode = WinEnter("CancelIo");
    IO_STATUS_BLOCK Block;
    NTSTATUS Status = NtCancelIoFile(hFile, &Block);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
    KPROCESSOR_MODE Mode = WinEnter("CancelIoEx");
    IO_STATUS_BLOCK Block;
    NTSTATUS Status =
        NtCancelIoFileEx(hFile, lpOverlapped != NULL ? WinBlock(lpOverlapped) : NULL, &Block);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}
