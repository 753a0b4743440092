/* SPDX-License-Identifier: MIT
 *
 * query.c - who am I, who is that: the routines drivers ask processes and threads with.
 */
#include "mm/mmp.h"
#include "ps/psp_state.h"

#include <string.h>

/* A Windows id is a handle-sized integer. */
static HANDLE PspHandleOf(uint32_t Id)
{
    return (HANDLE)(ULONG_PTR)Id;
}

PKTHREAD NTAPI KeGetCurrentThread(VOID)
{
    ntcb_require_kernel(__func__);
    return (PKTHREAD)PspCurrentThread();
}

PEPROCESS NTAPI IoGetCurrentProcess(VOID)
{
    ntcb_require_kernel(__func__);
    return (PEPROCESS)PspCurrentProcess();
}

/* The thread's own process, also while it is attached to another. */
HANDLE NTAPI PsGetCurrentProcessId(void)
{
    ntcb_require_kernel(__func__);
    return PspHandleOf(PspCurrentThread()->Process->Id);
}

HANDLE NTAPI PsGetCurrentThreadId(void)
{
    ntcb_require_kernel(__func__);
    return PspHandleOf(PspCurrentThread()->Id);
}

HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    return PspHandleOf(((struct ntsim_process *)Process)->Id);
}

HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    return PspHandleOf(((struct ntsim_process *)Process)->ParentId);
}

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    const struct ntsim_process *Of = (struct ntsim_process *)Process;

    return Of == ntsim_system_process(Of->Sim);
}

/* STATUS_PENDING while it lives. */
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    return ((struct ntsim_process *)Process)->ExitStatus;
}

LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    return ((struct ntsim_process *)Process)->CreateTime.QuadPart;
}

HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    return PspHandleOf(((struct ntsim_thread *)Thread)->Id);
}

HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    return PspHandleOf(((struct ntsim_thread *)Thread)->Process->Id);
}

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    return (PEPROCESS)((struct ntsim_thread *)Thread)->Process;
}

BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    struct ntsim_process *Process = ((struct ntsim_thread *)Thread)->Process;

    return Process == ntsim_system_process(Process->Sim);
}

PEPROCESS NTAPI NtcbInitialSystemProcess(void)
{
    return (PEPROCESS)ntsim_system_process(ntsim__require("PsInitialSystemProcess"));
}

KPROCESSOR_MODE NTAPI ExGetPreviousMode(void)
{
    ntcb_require_kernel(__func__);
    return PspCurrentThread()->PreviousMode;
}

PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    return (PUCHAR)((struct ntsim_process *)Process)->ImageName;
}

NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    struct PSP_STATE *State;
    struct ntsim_process *Found = NULL;
    uint32_t Id = (uint32_t)(ULONG_PTR)ProcessId;

    ntcb_require_kernel(__func__);
    State = PspState();
    ntsim__lock(State->Lock);
    if ((ULONG_PTR)ProcessId == Id) {
        HASH_FIND(hh, State->Processes, &Id, sizeof(Id), Found);
    }
    if (Found != NULL) {
        ObpReference(Found, __builtin_return_address(0));
    }
    ntsim__unlock(State->Lock);
    *Process = (PEPROCESS)Found;
    return Found != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    struct PSP_STATE *State;
    struct ntsim_thread *Found = NULL;
    uint32_t Id = (uint32_t)(ULONG_PTR)ThreadId;

    ntcb_require_kernel(__func__);
    State = PspState();
    ntsim__lock(State->Lock);
    if ((ULONG_PTR)ThreadId == Id) {
        HASH_FIND(hh, State->Threads, &Id, sizeof(Id), Found);
    }
    if (Found != NULL) {
        ObpReference(Found, __builtin_return_address(0));
    }
    ntsim__unlock(State->Lock);
    *Thread = (PETHREAD)Found;
    return Found != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* "C:\X" as the object manager names it: drive letters stand for volumes. */
#define PSP_TAG_NAME 0x6E506553u /* "SePn" */
#define PSP_VOLUME u"\\Device\\HarddiskVolume?"
#define PSP_VOLUME_UNITS (sizeof(PSP_VOLUME) / sizeof(WCHAR) - 1)

static BOOLEAN PspHasDrive(PCUNICODE_STRING Path)
{
    return Path->Length >= 2 * sizeof(WCHAR) && Path->Buffer[1] == u':' &&
           ((Path->Buffer[0] | 0x20) >= u'a' && (Path->Buffer[0] | 0x20) <= u'i');
}

NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *pImageFileName)
{
    PCUNICODE_STRING Path = &((struct ntsim_process *)Process)->ImagePath;
    BOOLEAN Drive = PspHasDrive(Path);
    USHORT Skip = Drive ? 2 : 0;
    USHORT Prefix = Drive ? PSP_VOLUME_UNITS : 0;
    SIZE_T Bytes = Path->Length + (SIZE_T)(Prefix - Skip) * sizeof(WCHAR);
    PUNICODE_STRING Name;
    PWSTR Text;

    ntcb_require_kernel(__func__);
    *pImageFileName = NULL;
    if (Bytes > 0xFFFC) {
        return STATUS_NAME_TOO_LONG;
    }
    Name = MmpAllocatePool(sizeof(*Name) + Bytes + sizeof(WCHAR), PSP_TAG_NAME,
                           __builtin_return_address(0));
    if (Name == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Text = (PWSTR)(Name + 1);
    if (Drive) {
        memcpy(Text, PSP_VOLUME, PSP_VOLUME_UNITS * sizeof(WCHAR));
        Text[PSP_VOLUME_UNITS - 1] = (WCHAR)(u'1' + (Path->Buffer[0] | 0x20) - u'a');
    }
    memcpy(Text + Prefix, Path->Buffer + Skip, Path->Length - Skip * sizeof(WCHAR));
    Text[Bytes / sizeof(WCHAR)] = 0;
    *Name = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Text};
    *pImageFileName = Name;
    return STATUS_SUCCESS;
}
