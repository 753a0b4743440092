/* SPDX-License-Identifier: MIT */
/*
 * wdm_zwio.h - file system services as kernel code calls them: previous mode becomes KernelMode.
 * PASSIVE_LEVEL.
 */
#ifndef NTCB_WDM_ZWIO_H
#define NTCB_WDM_ZWIO_H

#include "wdm_io.h"
#include "wdm_zw.h"

NTCB_DDK_BEGIN_DECLS

/* Sections. ZwCreateSection: of memory (MaximumSize), or of a file as it is now; a view that writes
 * to its file is not simulated: NOT_IMPLEMENTED. Also INVALID_PAGE_PROTECTION, INVALID_PARAMETER_4
 * (no size), INVALID_PARAMETER_6 (attributes), INVALID_FILE_FOR_SECTION, MAPPED_FILE_SIZE_ZERO,
 * SECTION_TOO_BIG, and as ZwCreateEvent.
 * ZwMapViewOfSection: *BaseAddress is NULL before. SUCCESS, IMAGE_NOT_AT_BASE (images are not
 * relocated); INVALID_IMAGE_FORMAT, SECTION_PROTECTION, INVALID_VIEW_SIZE, MAPPED_ALIGNMENT (of
 * *SectionOffset: 64 KiB), CONFLICTING_ADDRESSES, NO_MEMORY. An image is notified (IMG-50) unless
 * it is SEC_IMAGE_NO_EXECUTE (IMG-51) or mapped into the System process.
 * ZwUnmapViewOfSection: NOT_MAPPED_VIEW. PASSIVE_LEVEL. */
typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwCreateSection(_Out_ PHANDLE SectionHandle, _In_ ACCESS_MASK DesiredAccess,
                    _In_opt_ POBJECT_ATTRIBUTES ObjectAttributes,
                    _In_opt_ PLARGE_INTEGER MaximumSize, _In_ ULONG SectionPageProtection,
                    _In_ ULONG AllocationAttributes, _In_opt_ HANDLE FileHandle);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwMapViewOfSection(_In_ HANDLE SectionHandle, _In_ HANDLE ProcessHandle,
                       _Inout_ PVOID *BaseAddress, _In_ ULONG_PTR ZeroBits, _In_ SIZE_T CommitSize,
                       _Inout_opt_ PLARGE_INTEGER SectionOffset, _Inout_ PSIZE_T ViewSize,
                       _In_ SECTION_INHERIT InheritDisposition, _In_ ULONG AllocationType,
                       _In_ ULONG Win32Protect);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwUnmapViewOfSection(_In_ HANDLE ProcessHandle, _In_opt_ PVOID BaseAddress);

_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwCreateFile(_Out_ PHANDLE FileHandle, _In_ ACCESS_MASK DesiredAccess,
                 _In_ POBJECT_ATTRIBUTES ObjectAttributes, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                 _In_opt_ PLARGE_INTEGER AllocationSize, _In_ ULONG FileAttributes,
                 _In_ ULONG ShareAccess, _In_ ULONG CreateDisposition, _In_ ULONG CreateOptions,
                 _In_reads_bytes_opt_(EaLength) PVOID EaBuffer, _In_ ULONG EaLength);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwOpenFile(_Out_ PHANDLE FileHandle, _In_ ACCESS_MASK DesiredAccess,
               _In_ POBJECT_ATTRIBUTES ObjectAttributes, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
               _In_ ULONG ShareAccess, _In_ ULONG OpenOptions);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwReadFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event, _In_opt_ PIO_APC_ROUTINE ApcRoutine,
               _In_opt_ PVOID ApcContext, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
               _Out_writes_bytes_(Length) PVOID Buffer, _In_ ULONG Length,
               _In_opt_ PLARGE_INTEGER ByteOffset, _In_opt_ PULONG Key);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwWriteFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event, _In_opt_ PIO_APC_ROUTINE ApcRoutine,
                _In_opt_ PVOID ApcContext, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                _In_reads_bytes_(Length) PVOID Buffer, _In_ ULONG Length,
                _In_opt_ PLARGE_INTEGER ByteOffset, _In_opt_ PULONG Key);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwQueryInformationFile(_In_ HANDLE FileHandle, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                           _Out_writes_bytes_(Length) PVOID FileInformation, _In_ ULONG Length,
                           _In_ FILE_INFORMATION_CLASS FileInformationClass);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwSetInformationFile(_In_ HANDLE FileHandle, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                         _In_reads_bytes_(Length) PVOID FileInformation, _In_ ULONG Length,
                         _In_ FILE_INFORMATION_CLASS FileInformationClass);

NTCB_DDK_END_DECLS

#endif
