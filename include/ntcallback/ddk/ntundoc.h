/* SPDX-License-Identifier: MIT */
/*
 * ntundoc.h - exported kernel routines that no WDK header declares but drivers commonly declare
 * themselves.
 *
 * ntifs.h does not include this file, so that a driver's own declaration never collides with it.
 */
#ifndef NTCB_NTUNDOC_H
#define NTCB_NTUNDOC_H

#include "ntifs.h"
#include "ntimage.h"
#include "ntundoc_system.h"

NTCB_DDK_BEGIN_DECLS

/* Last component of the image's name, at most 15 bytes, in the process object itself. Any IRQL. */
NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(_In_ PEPROCESS Process);

/* Whom it inherits from, and is it the System process? Any IRQL. */
NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(_In_ PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsSystemProcess(_In_ PEPROCESS Process);

/* The process's environment block, and its 32-bit one: user memory of the process, made when it is
 * first asked for, with the image's path and the command line (ProcessParameters) and no list of
 * modules (Ldr is NULL). NULL: the System process, one that has exited, or is not a 32-bit one. */
NTKERNELAPI PPEB NTAPI PsGetProcessPeb(_In_ PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(_In_ PEPROCESS Process);
/* No simulated process is protected. */
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(_In_ PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcessLight(_In_ PEPROCESS Process);
/* 0 for services and the System process, else 1. */
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(_In_ PEPROCESS Process);

/* MmCopyVirtualMemory - between two address spaces. In user mode both ranges must be user memory.
 * SUCCESS; ACCESS_VIOLATION (a range that is none); PARTIAL_COPY (*NumberOfBytesCopied of it).
 * PASSIVE_LEVEL. */
NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(_In_ PEPROCESS FromProcess, _In_ PVOID FromAddress,
                                               _In_ PEPROCESS ToProcess, _In_ PVOID ToAddress,
                                               _In_ SIZE_T BufferSize,
                                               _In_ KPROCESSOR_MODE PreviousMode,
                                               _Out_ PSIZE_T NumberOfBytesCopied);

/* A handle to a process's token (ZwOpenProcessTokenEx). PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI ZwOpenProcessToken(_In_ HANDLE ProcessHandle,
                                           _In_ ACCESS_MASK DesiredAccess,
                                           _Out_ PHANDLE TokenHandle);

/* What a process is, by its handle. PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI NtQueryInformationProcess(_In_ HANDLE ProcessHandle,
                                                  _In_ PROCESSINFOCLASS ProcessInformationClass,
                                                  _Out_writes_bytes_(ProcessInformationLength)
                                                      PVOID ProcessInformation,
                                                  _In_ ULONG ProcessInformationLength,
                                                  _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(_In_ HANDLE ProcessHandle,
                                                  _In_ PROCESSINFOCLASS ProcessInformationClass,
                                                  _Out_writes_bytes_(ProcessInformationLength)
                                                      PVOID ProcessInformation,
                                                  _In_ ULONG ProcessInformationLength,
                                                  _Out_opt_ PULONG ReturnLength);

/* ObReferenceObjectByName - the object that has the name, referenced. ParseContext and
 * PassedAccessState are not looked at. PASSIVE_LEVEL. Statuses as ZwOpenKey's, and
 * OBJECT_TYPE_MISMATCH. */
extern NTKERNELAPI POBJECT_TYPE *IoDriverObjectType;
NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(
    _In_ PUNICODE_STRING ObjectName, _In_ ULONG Attributes,
    _In_opt_ PACCESS_STATE PassedAccessState, _In_opt_ ACCESS_MASK DesiredAccess,
    _In_opt_ POBJECT_TYPE ObjectType, _In_ KPROCESSOR_MODE AccessMode,
    _Inout_opt_ PVOID ParseContext, _Out_ PVOID *Object);

/* Directories of the namespace. ZwQueryDirectoryObject: entries from *Context on (from the first
 * with RestartScan), oldest first, each an OBJECT_DIRECTORY_INFORMATION, the last one zeroed, the
 * strings behind them. SUCCESS; MORE_ENTRIES (the buffer is full); NO_MORE_ENTRIES;
 * BUFFER_TOO_SMALL (not even one fits); INVALID_HANDLE, OBJECT_TYPE_MISMATCH, ACCESS_DENIED.
 * PASSIVE_LEVEL. */
#define DIRECTORY_QUERY 0x0001
#define DIRECTORY_TRAVERSE 0x0002
#define DIRECTORY_CREATE_OBJECT 0x0004
#define DIRECTORY_CREATE_SUBDIRECTORY 0x0008
#define DIRECTORY_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | 0xF)
typedef struct _OBJECT_DIRECTORY_INFORMATION {
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} OBJECT_DIRECTORY_INFORMATION, *POBJECT_DIRECTORY_INFORMATION;
NTSYSAPI NTSTATUS NTAPI ZwOpenDirectoryObject(_Out_ PHANDLE DirectoryHandle,
                                              _In_ ACCESS_MASK DesiredAccess,
                                              _In_ POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryObject(_In_ HANDLE DirectoryHandle,
                                               _Out_writes_bytes_(Length) PVOID Buffer,
                                               _In_ ULONG Length, _In_ BOOLEAN ReturnSingleEntry,
                                               _In_ BOOLEAN RestartScan, _Inout_ PULONG Context,
                                               _Out_opt_ PULONG ReturnLength);

/* Type of an object. Any IRQL. */
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(_In_ PVOID Object);

/* The NT headers of a mapped image, or NULL if there is none. */
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(_In_ PVOID Base);

/* One of the image's tables (IMAGE_DIRECTORY_ENTRY_EXPORT), of *Size bytes; NULL: it has none.
 * MappedAsImage is FALSE for the bytes of a file. */
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(_In_ PVOID BaseOfImage,
                                                  _In_ BOOLEAN MappedAsImage,
                                                  _In_ USHORT DirectoryEntry, _Out_ PULONG Size);

/* Processes, threads and handles from user mode; ZwOpenThread from a driver. */
NTSYSAPI NTSTATUS NTAPI NtOpenProcess(_Out_ PHANDLE ProcessHandle, _In_ ACCESS_MASK DesiredAccess,
                                      _In_ POBJECT_ATTRIBUTES ObjectAttributes,
                                      _In_opt_ PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtOpenThread(_Out_ PHANDLE ThreadHandle, _In_ ACCESS_MASK DesiredAccess,
                                     _In_ POBJECT_ATTRIBUTES ObjectAttributes,
                                     _In_opt_ PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI ZwOpenThread(_Out_ PHANDLE ThreadHandle, _In_ ACCESS_MASK DesiredAccess,
                                     _In_ POBJECT_ATTRIBUTES ObjectAttributes,
                                     _In_opt_ PCLIENT_ID ClientId);
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(_In_opt_ HANDLE ProcessHandle, _In_ NTSTATUS ExitStatus);
NTSYSAPI NTSTATUS NTAPI NtDuplicateObject(_In_ HANDLE SourceProcessHandle, _In_ HANDLE SourceHandle,
                                          _In_opt_ HANDLE TargetProcessHandle,
                                          _Out_opt_ PHANDLE TargetHandle,
                                          _In_ ACCESS_MASK DesiredAccess,
                                          _In_ ULONG HandleAttributes, _In_ ULONG Options);
NTSYSAPI NTSTATUS NTAPI NtMakeTemporaryObject(_In_ HANDLE Handle);

/* ZwProtectVirtualMemory - change what may be done with the pages that hold a range; at the end
 * *BaseAddress and *NumberOfBytesToProtect are those pages, *OldAccessProtection the first one's
 * protection before. SUCCESS; INVALID_PAGE_PROTECTION (see ntsim_user_allocate),
 * INVALID_PARAMETER_3 (no bytes), NOT_COMMITTED (no part of one allocation of the process),
 * ACCESS_VIOLATION, INVALID_HANDLE, OBJECT_TYPE_MISMATCH, ACCESS_DENIED (PROCESS_VM_OPERATION).
 * PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(_In_ HANDLE ProcessHandle,
                                               _Inout_ PVOID *BaseAddress,
                                               _Inout_ PSIZE_T NumberOfBytesToProtect,
                                               _In_ ULONG NewAccessProtection,
                                               _Out_ PULONG OldAccessProtection);
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(_In_ HANDLE ProcessHandle,
                                               _Inout_ PVOID *BaseAddress,
                                               _Inout_ PSIZE_T NumberOfBytesToProtect,
                                               _In_ ULONG NewAccessProtection,
                                               _Out_ PULONG OldAccessProtection);

/* Files and links from user mode. */
NTSYSAPI NTSTATUS NTAPI NtDeleteFile(_In_ POBJECT_ATTRIBUTES ObjectAttributes);
/* NtCancelIoFile - cancel the calling thread's requests on the file. It does not wait for them.
 * SUCCESS, also if there were none; INVALID_HANDLE, OBJECT_TYPE_MISMATCH, ACCESS_VIOLATION.
 * PASSIVE_LEVEL.
 * NtCancelIoFileEx - those of every thread of the calling process; only those that were given
 * IoRequestToCancel as their status block, unless that is NULL. NOT_FOUND besides: none is on its
 * way. */
NTSYSAPI NTSTATUS NTAPI NtCancelIoFile(_In_ HANDLE FileHandle,
                                       _Out_ PIO_STATUS_BLOCK IoStatusBlock);
NTSYSAPI NTSTATUS NTAPI NtCancelIoFileEx(_In_ HANDLE FileHandle,
                                         _In_opt_ PIO_STATUS_BLOCK IoRequestToCancel,
                                         _Out_ PIO_STATUS_BLOCK IoStatusBlock);
NTSYSAPI NTSTATUS NTAPI NtFlushBuffersFile(_In_ HANDLE FileHandle,
                                           _Out_ PIO_STATUS_BLOCK IoStatusBlock);
NTSYSAPI NTSTATUS NTAPI NtOpenSymbolicLinkObject(_Out_ PHANDLE LinkHandle,
                                                 _In_ ACCESS_MASK DesiredAccess,
                                                 _In_ POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtQuerySymbolicLinkObject(_In_ HANDLE LinkHandle,
                                                  _Inout_ PUNICODE_STRING LinkTarget,
                                                  _Out_opt_ PULONG ReturnedLength);

NTCB_DDK_END_DECLS

#endif
