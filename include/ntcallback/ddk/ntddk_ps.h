/* SPDX-License-Identifier: MIT */
/*
 * ntddk_ps.h - processes, threads, images: notification types and registration, identifiers.
 */
#ifndef NTCB_NTDDK_PS_H
#define NTCB_NTDDK_PS_H

#include "wdm_io.h"
#include "wdm_rtl.h"
#include "wdm_se.h"

NTCB_DDK_BEGIN_DECLS

typedef enum _PSCREATEPROCESSNOTIFYTYPE {
    PsCreateProcessNotifySubsystems = 0
} PSCREATEPROCESSNOTIFYTYPE;
typedef enum _PSCREATETHREADNOTIFYTYPE {
    PsCreateThreadNotifyNonSystem = 0,
    PsCreateThreadNotifySubsystems = 1
} PSCREATETHREADNOTIFYTYPE;
typedef enum _SUBSYSTEM_INFORMATION_TYPE {
    SubsystemInformationTypeWin32 = 0,
    SubsystemInformationTypeWSL = 1,
    MaxSubsystemInformationType = 2
} SUBSYSTEM_INFORMATION_TYPE;
typedef enum _SE_IMAGE_SIGNATURE_TYPE {
    SeImageSignatureNone = 0,
    SeImageSignatureEmbedded = 1,
    SeImageSignatureCache = 2,
    SeImageSignatureCatalogCached = 3,
    SeImageSignatureCatalogNotCached = 4,
    SeImageSignatureCatalogHint = 5,
    SeImageSignaturePackageCatalog = 6,
    SeImageSignaturePplMitigated = 7
} SE_IMAGE_SIGNATURE_TYPE,
    *PSE_IMAGE_SIGNATURE_TYPE;
typedef enum _SE_IMAGE_TYPE {
    SeImageTypeElamDriver = 0,
    SeImageTypeDriver = 1,
    SeImageTypePlatformSecureFile = 2,
    SeImageTypeDynamicCodeFile = 3,
    SeImageTypeMax = 4
} SE_IMAGE_TYPE,
    *PSE_IMAGE_TYPE;
typedef enum _SE_IMAGE_VERIFICATION_CALLBACK_TYPE {
    SeImageVerificationCallbackInformational = 0
} SE_IMAGE_VERIFICATION_CALLBACK_TYPE,
    *PSE_IMAGE_VERIFICATION_CALLBACK_TYPE;
typedef enum _BDCB_CALLBACK_TYPE {
    BdCbStatusUpdate = 0,
    BdCbInitializeImage = 1
} BDCB_CALLBACK_TYPE,
    *PBDCB_CALLBACK_TYPE;
typedef enum _BDCB_CLASSIFICATION {
    BdCbClassificationUnknownImage = 0,
    BdCbClassificationKnownGoodImage = 1,
    BdCbClassificationKnownBadImage = 2,
    BdCbClassificationKnownBadImageBootCritical = 3,
    BdCbClassificationEnd = 4
} BDCB_CLASSIFICATION,
    *PBDCB_CLASSIFICATION;

typedef struct _PS_CREATE_NOTIFY_INFO {
    SIZE_T Size;
    union {
        ULONG Flags;
        struct {
            ULONG FileOpenNameAvailable : 1;
            ULONG IsSubsystemProcess : 1;
            ULONG Reserved : 30;
        };
    };
    HANDLE ParentProcessId;
    CLIENT_ID CreatingThreadId;
    struct _FILE_OBJECT *FileObject;
    PCUNICODE_STRING ImageFileName;
    PCUNICODE_STRING CommandLine;
    NTSTATUS CreationStatus;
} PS_CREATE_NOTIFY_INFO, *PPS_CREATE_NOTIFY_INFO;
typedef const PS_CREATE_NOTIFY_INFO *PCPS_CREATE_NOTIFY_INFO;
typedef VOID(NTAPI *PCREATE_PROCESS_NOTIFY_ROUTINE)(_In_ HANDLE ParentId, _In_ HANDLE ProcessId,
                                                    _In_ BOOLEAN Create);
typedef VOID(NTAPI *PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(
    _Inout_ PEPROCESS Process, _In_ HANDLE ProcessId,
    _Inout_opt_ PPS_CREATE_NOTIFY_INFO CreateInfo);
typedef VOID(NTAPI *PCREATE_THREAD_NOTIFY_ROUTINE)(_In_ HANDLE ProcessId, _In_ HANDLE ThreadId,
                                                   _In_ BOOLEAN Create);

#define IMAGE_ADDRESSING_MODE_32BIT 3
#define PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE 0x1
typedef struct _IMAGE_INFO {
    union {
        ULONG Properties;
        struct {
            ULONG ImageAddressingMode : 8;
            ULONG SystemModeImage : 1;
            ULONG ImageMappedToAllPids : 1;
            ULONG ExtendedInfoPresent : 1;
            ULONG MachineTypeMismatch : 1;
            ULONG ImageSignatureLevel : 4;
            ULONG ImageSignatureType : 3;
            ULONG ImagePartialMap : 1;
            ULONG Reserved : 12;
        };
    };
    PVOID ImageBase;
    ULONG ImageSelector;
    SIZE_T ImageSize;
    ULONG ImageSectionNumber;
} IMAGE_INFO, *PIMAGE_INFO;
typedef struct _IMAGE_INFO_EX {
    SIZE_T Size;
    IMAGE_INFO ImageInfo;
    struct _FILE_OBJECT *FileObject;
} IMAGE_INFO_EX, *PIMAGE_INFO_EX;
typedef VOID(NTAPI *PLOAD_IMAGE_NOTIFY_ROUTINE)(_In_opt_ PUNICODE_STRING FullImageName,
                                                _In_ HANDLE ProcessId, _In_ PIMAGE_INFO ImageInfo);

typedef struct _BDCB_IMAGE_INFORMATION {
    BDCB_CLASSIFICATION Classification;
    ULONG ImageFlags;
    UNICODE_STRING ImageName;
    UNICODE_STRING RegistryPath;
    UNICODE_STRING CertificatePublisher;
    UNICODE_STRING CertificateIssuer;
    PVOID ImageHash;
    PVOID CertificateThumbprint;
    ULONG ImageHashAlgorithm;
    ULONG ThumbprintHashAlgorithm;
    ULONG ImageHashLength;
    ULONG CertificateThumbprintLength;
} BDCB_IMAGE_INFORMATION, *PBDCB_IMAGE_INFORMATION;
typedef enum _BDCB_STATUS_UPDATE_TYPE {
    BdCbStatusPrepareForDependencyLoad = 0,
    BdCbStatusPrepareForDriverLoad = 1,
    BdCbStatusPrepareForUnload = 2
} BDCB_STATUS_UPDATE_TYPE,
    *PBDCB_STATUS_UPDATE_TYPE;
typedef struct _BDCB_STATUS_UPDATE_CONTEXT {
    BDCB_STATUS_UPDATE_TYPE StatusType;
} BDCB_STATUS_UPDATE_CONTEXT, *PBDCB_STATUS_UPDATE_CONTEXT;
typedef VOID NTAPI BOOT_DRIVER_CALLBACK_FUNCTION(_In_opt_ PVOID CallbackContext,
                                                 _In_ BDCB_CALLBACK_TYPE Classification,
                                                 _Inout_ PBDCB_IMAGE_INFORMATION ImageInformation);
typedef BOOT_DRIVER_CALLBACK_FUNCTION *PBOOT_DRIVER_CALLBACK_FUNCTION;
typedef VOID NTAPI SE_IMAGE_VERIFICATION_CALLBACK_FUNCTION(
    _In_opt_ PVOID CallbackContext, _In_ SE_IMAGE_TYPE ImageType,
    _Inout_ PBDCB_IMAGE_INFORMATION ImageInformation);
typedef SE_IMAGE_VERIFICATION_CALLBACK_FUNCTION *PSE_IMAGE_VERIFICATION_CALLBACK_FUNCTION;

/* Load-image callbacks. IRQL: set PASSIVE_LEVEL, remove <= APC_LEVEL. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetLoadImageNotifyRoutine(_In_ PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetLoadImageNotifyRoutineEx(_In_ PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine,
                                  _In_ ULONG_PTR Flags);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsRemoveLoadImageNotifyRoutine(_In_ PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine);

/* Process and thread callbacks. IRQL: set PASSIVE_LEVEL; threads' removal <= APC_LEVEL. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetCreateProcessNotifyRoutine(_In_ PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine,
                                    _In_ BOOLEAN Remove);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetCreateProcessNotifyRoutineEx(_In_ PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine,
                                      _In_ BOOLEAN Remove);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetCreateProcessNotifyRoutineEx2(_In_ PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                       _In_ PVOID NotifyInformation, _In_ BOOLEAN Remove);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetCreateThreadNotifyRoutine(_In_ PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsSetCreateThreadNotifyRoutineEx(_In_ PSCREATETHREADNOTIFYTYPE NotifyType,
                                     _In_ PVOID NotifyInformation);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsRemoveCreateThreadNotifyRoutine(_In_ PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine);

/* Who am I, who is that. Any IRQL. */
NTKERNELAPI HANDLE NTAPI PsGetCurrentProcessId(void);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI HANDLE NTAPI PsGetCurrentThreadId(void);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI HANDLE NTAPI PsGetProcessId(_In_ PEPROCESS Process);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsGetProcessExitStatus(_In_ PEPROCESS Process);
/* STATUS_PENDING while the thread lives. */
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    PsGetThreadExitStatus(_In_ PETHREAD Thread);
/* Another for each process since the machine was started. Any IRQL. */
NTKERNELAPI ULONGLONG NTAPI PsGetProcessStartKey(_In_ PEPROCESS Process);
/* PsGetVersion - which Windows; each may be NULL. TRUE: a checked build. PASSIVE_LEVEL. */
NTKERNELAPI BOOLEAN NTAPI PsGetVersion(_Out_opt_ PULONG MajorVersion, _Out_opt_ PULONG MinorVersion,
                                       _Out_opt_ PULONG BuildNumber,
                                       _Out_opt_ PUNICODE_STRING CSDVersion);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI LONGLONG NTAPI
    PsGetProcessCreateTimeQuadPart(_In_ PEPROCESS Process);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI HANDLE NTAPI PsGetThreadId(_In_ PETHREAD Thread);
NTKERNELAPI HANDLE NTAPI PsGetThreadProcessId(_In_ PETHREAD Thread);
NTKERNELAPI PEPROCESS NTAPI IoGetCurrentProcess(VOID);
#define PsGetCurrentProcess() IoGetCurrentProcess()
/* A variable on Windows; here each kernel has its own System process. */
#define PsInitialSystemProcess NtcbInitialSystemProcess()
NTKERNELAPI PEPROCESS NTAPI NtcbInitialSystemProcess(void);

_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwOpenProcess(_Out_ PHANDLE ProcessHandle, _In_ ACCESS_MASK DesiredAccess,
                  _In_ POBJECT_ATTRIBUTES ObjectAttributes, _In_opt_ PCLIENT_ID ClientId);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwTerminateProcess(_In_opt_ HANDLE ProcessHandle, _In_ NTSTATUS ExitStatus);

/* Access rights of processes and threads. */
#define PROCESS_ALL_ACCESS 0x001FFFFF
#define PROCESS_DUP_HANDLE 0x00000040
#define PROCESS_EXCEPTION_PORT_ALL_STATE_BITS 3
#define PROCESS_EXCEPTION_PORT_ALL_STATE_FLAGS 7
#define PROCESS_HANDLE_EXCEPTIONS_ENABLED 1
#define PROCESS_HANDLE_RAISE_UM_EXCEPTION_ON_INVALID_HANDLE_CLOSE_DISABLED 0
#define PROCESS_HANDLE_RAISE_UM_EXCEPTION_ON_INVALID_HANDLE_CLOSE_ENABLED 1
#define PROCESS_HANDLE_TRACING_MAX_STACKS 0x00000010
#define PROCESS_LUID_DOSDEVICES_ONLY 1
#define PROCESS_TRUST_LABEL_SECURITY_INFORMATION 0x00000080
#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_SET_SESSIONID 0x0004
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ 0x0010
#define PROCESS_VM_WRITE 0x0020
#define PROCESS_CREATE_PROCESS 0x0080
#define PROCESS_SET_QUOTA 0x0100
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_SUSPEND_RESUME 0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define THREAD_ALERT 4
#define THREAD_ALL_ACCESS 0x001FFFFF
#define THREAD_CSWITCH_PMU_DISABLE 0
#define THREAD_CSWITCH_PMU_ENABLE 1
#define THREAD_GET_CONTEXT 8
#define THREAD_PROFILING_FLAG_DISPATCH 1
#define THREAD_QUERY_LIMITED_INFORMATION 0x00000800
#define THREAD_RESUME 0x00001000
#define THREAD_SET_CONTEXT 0x00000010
#define THREAD_SET_INFORMATION 0x00000020
#define THREAD_SET_LIMITED_INFORMATION 0x00000400
#define THREAD_SUSPEND_RESUME 2
#define THREAD_TERMINATE 1
#define THREAD_WAIT_OBJECTS 3
#define THREAD_SET_THREAD_TOKEN 0x0080
#define THREAD_IMPERSONATE 0x0100
#define THREAD_DIRECT_IMPERSONATION 0x0200
#define THREAD_QUERY_INFORMATION 0x0040

_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, _In_ PCUNICODE_STRING SourceString,
                           _In_ BOOLEAN AllocateDestinationString);
NTKERNELAPI BOOLEAN NTAPI MmIsAddressValid(_In_ PVOID VirtualAddress);
/* Does the caller hold the privilege, enabled? The kernel (KernelMode) holds all. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    SeSinglePrivilegeCheck(_In_ LUID PrivilegeValue, _In_ KPROCESSOR_MODE PreviousMode);

NTCB_DDK_END_DECLS

#endif
