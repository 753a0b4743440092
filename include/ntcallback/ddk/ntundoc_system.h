/* SPDX-License-Identifier: MIT */
/*
 * ntundoc_system.h - the system's processes and modules, and threads by their handles. Part of
 * ntundoc.h: drivers bring their own declarations.
 */
#ifndef NTCB_NTUNDOC_SYSTEM_H
#define NTCB_NTUNDOC_SYSTEM_H

#include "ntifs.h"

NTCB_DDK_BEGIN_DECLS

typedef enum _SYSTEM_INFORMATION_CLASS {
    SystemProcessInformation = 5,
    SystemModuleInformation = 11,
    SystemKernelDebuggerInformation = 35,
    SystemCodeIntegrityInformation = 103
} SYSTEM_INFORMATION_CLASS;

typedef struct _SYSTEM_THREAD_INFORMATION {
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    KPRIORITY Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState;
    ULONG WaitReason;
} SYSTEM_THREAD_INFORMATION, *PSYSTEM_THREAD_INFORMATION;
/* Its threads lie behind it, then the name. */
typedef struct _SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    KPRIORITY BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
    ULONG HandleCount;
    ULONG SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount;
    LARGE_INTEGER ReadOperationCount;
    LARGE_INTEGER WriteOperationCount;
    LARGE_INTEGER OtherOperationCount;
    LARGE_INTEGER ReadTransferCount;
    LARGE_INTEGER WriteTransferCount;
    LARGE_INTEGER OtherTransferCount;
} SYSTEM_PROCESS_INFORMATION, *PSYSTEM_PROCESS_INFORMATION;

typedef struct _RTL_PROCESS_MODULE_INFORMATION {
    HANDLE Section;
    PVOID MappedBase;
    PVOID ImageBase;
    ULONG ImageSize;
    ULONG Flags;
    USHORT LoadOrderIndex;
    USHORT InitOrderIndex;
    USHORT LoadCount;
    USHORT OffsetToFileName;
    UCHAR FullPathName[256];
} RTL_PROCESS_MODULE_INFORMATION, *PRTL_PROCESS_MODULE_INFORMATION;
typedef struct _RTL_PROCESS_MODULES {
    ULONG NumberOfModules;
    RTL_PROCESS_MODULE_INFORMATION Modules[1];
} RTL_PROCESS_MODULES, *PRTL_PROCESS_MODULES;

/* ZwQuerySystemInformation - the processes (5), oldest first, and the drivers' images (11; there is
 * no ntoskrnl among them). INFO_LENGTH_MISMATCH, and *ReturnLength is what it takes;
 * NOT_IMPLEMENTED for other classes. PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI
ZwQuerySystemInformation(_In_ SYSTEM_INFORMATION_CLASS SystemInformationClass,
                         _Out_writes_bytes_opt_(SystemInformationLength) PVOID SystemInformation,
                         _In_ ULONG SystemInformationLength, _Out_opt_ PULONG ReturnLength);

typedef struct _THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority;
    KPRIORITY BasePriority;
} THREAD_BASIC_INFORMATION, *PTHREAD_BASIC_INFORMATION;
/* ZwQueryInformationThread - ThreadBasicInformation (there is no TEB), ThreadIsTerminated, and
 * ThreadQuerySetWin32StartAddress: of a thread that a driver has started its routine, else 0.
 * INFO_LENGTH_MISMATCH; NOT_IMPLEMENTED and INVALID_INFO_CLASS for the others; INVALID_HANDLE,
 * OBJECT_TYPE_MISMATCH. PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(_In_ HANDLE ThreadHandle,
                                                 _In_ THREADINFOCLASS ThreadInformationClass,
                                                 _Out_writes_bytes_(ThreadInformationLength)
                                                     PVOID ThreadInformation,
                                                 _In_ ULONG ThreadInformationLength,
                                                 _Out_opt_ PULONG ReturnLength);

/* RtlQueryModuleInformation - the same modules: *BufferLength is what it takes when Buffer is NULL,
 * else BUFFER_TOO_SMALL. SizePerModule tells which of the two structures is meant;
 * INVALID_PARAMETER. PASSIVE_LEVEL. */
typedef struct _RTL_MODULE_BASIC_INFO {
    PVOID ImageBase;
} RTL_MODULE_BASIC_INFO, *PRTL_MODULE_BASIC_INFO;
typedef struct _RTL_MODULE_EXTENDED_INFO {
    RTL_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;
    CHAR FullPathName[256];
} RTL_MODULE_EXTENDED_INFO, *PRTL_MODULE_EXTENDED_INFO;
NTSYSAPI NTSTATUS NTAPI RtlQueryModuleInformation(_Inout_ PULONG BufferLength,
                                                  _In_ ULONG SizePerModule, _In_opt_ PVOID Buffer);

NTCB_DDK_END_DECLS

#endif
