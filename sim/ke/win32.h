/* SPDX-License-Identifier: MIT
 *
 * win32.h - what the simulator uses of the Windows API. <windows.h> cannot be included beside the
 * driver face: both declare UNICODE_STRING's kin, with an unsigned long for ULONG there.
 */
#ifndef SIM_KE_WIN32_H
#define SIM_KE_WIN32_H

#include <stddef.h>
#include <stdint.h>

#define WIN32_API(type) __declspec(dllimport) type __stdcall

typedef void *WIN32_HANDLE;
typedef uint16_t WIN32_CHAR;
#define WIN32_INVALID_HANDLE ((WIN32_HANDLE)(intptr_t)-1)

WIN32_API(uint32_t) GetLastError(void);
WIN32_API(uint32_t) GetCurrentProcessId(void);
WIN32_API(int) CloseHandle(WIN32_HANDLE handle);
WIN32_API(int)
MultiByteToWideChar(uint32_t page, uint32_t flags, const char *text, int bytes, WIN32_CHAR *wide,
                    int units);
WIN32_API(int)
WideCharToMultiByte(uint32_t page, uint32_t flags, const WIN32_CHAR *wide, int units, char *text,
                    int bytes, const char *unknown, int *used);
#define WIN32_UTF8 65001u

/* ---- locks ---- */
typedef struct {
    void *state;
} WIN32_LOCK;
WIN32_API(void) AcquireSRWLockExclusive(WIN32_LOCK *lock);
WIN32_API(void) ReleaseSRWLockExclusive(WIN32_LOCK *lock);

/* ---- exceptions ---- */
#define WIN32_CONTINUE_EXECUTION (-1)
#define WIN32_CONTINUE_SEARCH 0
WIN32_API(void *)
AddVectoredExceptionHandler(uint32_t first, int32_t(__stdcall *handler)(void *pointers));
WIN32_API(uint32_t) RemoveVectoredExceptionHandler(void *handler);

WIN32_API(void) GetCurrentThreadStackLimits(uintptr_t *low, uintptr_t *high);
WIN32_API(uint16_t)
RtlCaptureStackBackTrace(uint32_t skip, uint32_t frames, void **trace, uint32_t *hash);

/* ---- memory ---- */
struct win32_memory {
    void *base;
    void *allocation_base;
    uint32_t allocation_protect;
    uint16_t partition;
    size_t bytes;
    uint32_t state;
    uint32_t protect;
    uint32_t type;
};
#define WIN32_COMMIT 0x1000u
#define WIN32_RESERVE 0x2000u
#define WIN32_DECOMMIT 0x4000u
#define WIN32_RELEASE 0x8000u
#define WIN32_PAGE_NOACCESS 0x01u
#define WIN32_PAGE_READONLY 0x02u
#define WIN32_PAGE_READWRITE 0x04u
#define WIN32_PAGE_EXECUTE 0x10u
#define WIN32_PAGE_GUARD 0x100u
WIN32_API(void *) VirtualAlloc(void *address, size_t bytes, uint32_t type, uint32_t protect);
WIN32_API(int) VirtualFree(void *address, size_t bytes, uint32_t type);
WIN32_API(int) VirtualProtect(void *address, size_t bytes, uint32_t protect, uint32_t *old);
WIN32_API(size_t) VirtualQuery(const void *address, struct win32_memory *memory, size_t bytes);

/* ---- processes ---- */
struct win32_startup {
    uint32_t bytes;
    void *names[3];
    uint32_t window[8];
    uint16_t show, reserved_bytes;
    void *reserved;
    WIN32_HANDLE standard[3];
};
struct win32_process {
    WIN32_HANDLE process, thread;
    uint32_t process_id, thread_id;
};
#define WIN32_INHERIT 1u
#define WIN32_NO_FAULT_DIALOG 3u
WIN32_API(WIN32_CHAR *) GetCommandLineW(void);
WIN32_API(int)
CreateProcessW(const WIN32_CHAR *program, WIN32_CHAR *command, void *security,
               void *thread_security, int inherit, uint32_t flags, void *environment,
               const WIN32_CHAR *directory, struct win32_startup *startup,
               struct win32_process *process);
WIN32_API(int) SetHandleInformation(WIN32_HANDLE handle, uint32_t mask, uint32_t flags);
WIN32_API(uint32_t) WaitForSingleObject(WIN32_HANDLE object, uint32_t milliseconds);
WIN32_API(int) GetExitCodeProcess(WIN32_HANDLE process, uint32_t *status);
WIN32_API(int) TerminateProcess(WIN32_HANDLE process, uint32_t status);
WIN32_API(uint32_t) SetErrorMode(uint32_t mode);

/* ---- modules ---- */
#define WIN32_DONT_RESOLVE 1u
#define WIN32_FROM_ADDRESS 6u /* without a reference */
WIN32_API(WIN32_HANDLE)
LoadLibraryExW(const WIN32_CHAR *path, WIN32_HANDLE file, uint32_t flags);
WIN32_API(int) FreeLibrary(WIN32_HANDLE module);
WIN32_API(void *) GetProcAddress(WIN32_HANDLE module, const char *name);
WIN32_API(WIN32_HANDLE) GetModuleHandleA(const char *name);
WIN32_API(int) GetModuleHandleExA(uint32_t flags, const char *address, WIN32_HANDLE *module);

/* ---- files ---- */
struct win32_file_info {
    uint32_t attributes;
    uint32_t created[2], accessed[2], written[2]; /* low, high */
    uint32_t volume;
    uint32_t bytes_high, bytes_low;
    uint32_t links;
    uint32_t node_high, node_low;
};
struct win32_found {
    uint32_t attributes;
    uint32_t created[2], accessed[2], written[2];
    uint32_t bytes_high, bytes_low;
    uint32_t reserved[2];
    WIN32_CHAR name[260];
    WIN32_CHAR short_name[14];
};
struct win32_overlapped {
    uintptr_t internal[2];
    uint32_t offset, offset_high;
    WIN32_HANDLE event;
};
#define WIN32_ATTRIBUTE_READONLY 0x1u
#define WIN32_ATTRIBUTE_DIRECTORY 0x10u
#define WIN32_ATTRIBUTE_REPARSE 0x400u
#define WIN32_NO_ATTRIBUTES 0xFFFFFFFFu
#define WIN32_GENERIC_READ 0x80000000u
#define WIN32_GENERIC_WRITE 0x40000000u
#define WIN32_SHARE_ALL 7u
#define WIN32_CREATE_NEW 1u
#define WIN32_OPEN_EXISTING 3u
#define WIN32_FLAG_BACKUP 0x02000000u
#define WIN32_FLAG_NO_FOLLOW 0x00200000u
#define WIN32_FILE_END_INFO 6
WIN32_API(WIN32_HANDLE)
CreateFileW(const WIN32_CHAR *path, uint32_t access, uint32_t share, void *security,
            uint32_t disposition, uint32_t flags, WIN32_HANDLE like);
WIN32_API(int)
ReadFile(WIN32_HANDLE file, void *buffer, uint32_t bytes, uint32_t *done,
         struct win32_overlapped *where);
WIN32_API(int)
WriteFile(WIN32_HANDLE file, const void *buffer, uint32_t bytes, uint32_t *done,
          struct win32_overlapped *where);
WIN32_API(int) FlushFileBuffers(WIN32_HANDLE file);
WIN32_API(int)
SetFileInformationByHandle(WIN32_HANDLE file, int kind, const void *info, uint32_t bytes);
WIN32_API(int) GetFileInformationByHandle(WIN32_HANDLE file, struct win32_file_info *info);
WIN32_API(uint32_t)
GetFinalPathNameByHandleW(WIN32_HANDLE file, WIN32_CHAR *path, uint32_t units, uint32_t flags);
WIN32_API(uint32_t) GetFileAttributesW(const WIN32_CHAR *path);
WIN32_API(WIN32_HANDLE) FindFirstFileW(const WIN32_CHAR *pattern, struct win32_found *found);
WIN32_API(int) FindNextFileW(WIN32_HANDLE search, struct win32_found *found);
WIN32_API(int) FindClose(WIN32_HANDLE search);
WIN32_API(int) CreateDirectoryW(const WIN32_CHAR *path, void *security);
WIN32_API(int) RemoveDirectoryW(const WIN32_CHAR *path);
WIN32_API(int) DeleteFileW(const WIN32_CHAR *path);
WIN32_API(int) CopyFileW(const WIN32_CHAR *from, const WIN32_CHAR *to, int fail_if_there);
WIN32_API(uint32_t) GetTempPathW(uint32_t units, WIN32_CHAR *path);

#define WIN32_ERROR_FILE_NOT_FOUND 2u
#define WIN32_ERROR_PATH_NOT_FOUND 3u
#define WIN32_ERROR_TOO_MANY_OPEN_FILES 4u
#define WIN32_ERROR_ACCESS_DENIED 5u
#define WIN32_ERROR_NOT_ENOUGH_MEMORY 8u
#define WIN32_ERROR_WRITE_PROTECT 19u
#define WIN32_ERROR_SHARING_VIOLATION 32u
#define WIN32_ERROR_HANDLE_EOF 38u
#define WIN32_ERROR_FILE_EXISTS 80u
#define WIN32_ERROR_DISK_FULL 112u
#define WIN32_ERROR_ALREADY_EXISTS 183u
#define WIN32_ERROR_FILENAME_TOO_LONG 206u

/* UTF-8 to UTF-16; 0: it does not fit, else the units with the terminator. */
static inline int ntsim__win32_wide(const char *text, WIN32_CHAR *wide, int units)
{
    return MultiByteToWideChar(WIN32_UTF8, 0, text, -1, wide, units);
}

#endif
