/* SPDX-License-Identifier: MIT
 *
 * information.c - what a process is, asked by its handle: NtQueryInformationProcess.
 */
#include "mm/mmp.h"
#include "ps/psp_state.h"
#include "ps/zw.h"

#include <string.h>

/* One answer: filled in host memory, then copied. */
struct PSP_ANSWER {
    struct ntsim_process *Process;
    PVOID Given;   /* where the answer will lie: for pointers into it */
    PVOID Memory;  /* NULL: only Bytes is asked for */
    SIZE_T Bytes;  /* of the answer */
    BOOLEAN Exact; /* the buffer must have that size; else at least */
};

/* A string that lies behind its UNICODE_STRING. */
static VOID PspAnswerText(struct PSP_ANSWER *Answer, PCUNICODE_STRING Text)
{
    UNICODE_STRING *Head = Answer->Memory;

    Answer->Bytes = sizeof(*Head) + Text->Length + sizeof(WCHAR);
    if (Head != NULL) {
        *Head = (UNICODE_STRING){Text->Length, (USHORT)(Text->Length + sizeof(WCHAR)),
                                 (PWCH)((PUCHAR)Answer->Given + sizeof(*Head))};
        memcpy(Head + 1, Text->Buffer, Text->Length);
        memset((PUCHAR)(Head + 1) + Text->Length, 0, sizeof(WCHAR));
    }
}

static NTSTATUS PspAnswerBasic(struct PSP_ANSWER *Answer)
{
    PPROCESS_BASIC_INFORMATION Basic = Answer->Memory;

    Answer->Bytes = sizeof(*Basic);
    Answer->Exact = TRUE;
    if (Basic != NULL) {
        *Basic = (PROCESS_BASIC_INFORMATION){
            .ExitStatus = Answer->Process->ExitStatus,
            .PebBaseAddress = PsGetProcessPeb((PEPROCESS)Answer->Process),
            .AffinityMask = 1,
            .BasePriority = 8,
            .UniqueProcessId = Answer->Process->Id,
            .InheritedFromUniqueProcessId = Answer->Process->ParentId,
        };
    }
    return STATUS_SUCCESS;
}

/* \Device\HarddiskVolume3\..., as SeLocateProcessImageName names it. */
static NTSTATUS PspAnswerDeviceName(struct PSP_ANSWER *Answer)
{
    PUNICODE_STRING Name;
    NTSTATUS Status = SeLocateProcessImageName((PEPROCESS)Answer->Process, &Name);

    if (NT_SUCCESS(Status)) {
        PspAnswerText(Answer, Name);
        ExFreePoolWithTag(Name, 0);
    }
    return Status;
}

static NTSTATUS PspAnswerWin32Name(struct PSP_ANSWER *Answer)
{
    PspAnswerText(Answer, &Answer->Process->ImagePath);
    return STATUS_SUCCESS;
}

static NTSTATUS PspAnswerCommandLine(struct PSP_ANSWER *Answer)
{
    PspAnswerText(Answer, &Answer->Process->CommandLine);
    return STATUS_SUCCESS;
}

/* The address of the 32-bit PEB, or 0. */
static NTSTATUS PspAnswerWow64(struct PSP_ANSWER *Answer)
{
    Answer->Bytes = sizeof(ULONG_PTR);
    Answer->Exact = TRUE;
    if (Answer->Memory != NULL) {
        *(PULONG_PTR)Answer->Memory =
            (ULONG_PTR)PsGetProcessWow64Process((PEPROCESS)Answer->Process);
    }
    return STATUS_SUCCESS;
}

static const struct {
    PROCESSINFOCLASS Class;
    enum ntcb_windows Since;
    NTSTATUS (*Fill)(struct PSP_ANSWER *Answer);
} PspClasses[] = {
    {ProcessBasicInformation, NTCB_WINDOWS_XP, PspAnswerBasic},
    {ProcessWow64Information, NTCB_WINDOWS_XP, PspAnswerWow64},
    {ProcessImageFileName, NTCB_WINDOWS_XP, PspAnswerDeviceName},
    {ProcessImageFileNameWin32, NTCB_WINDOWS_VISTA, PspAnswerWin32Name},
    {ProcessCommandLineInformation, NTCB_WINDOWS_81, PspAnswerCommandLine},
};

/* Does the caller's handle allow to ask? */
static NTSTATUS PspReferenceToQuery(HANDLE Handle, KPROCESSOR_MODE Mode, PVOID *Object)
{
    OBJECT_HANDLE_INFORMATION Information;
    NTSTATUS Status = ObpReferenceByHandle(Handle, 0, *PsProcessType, Mode, Object, &Information);

    if (NT_SUCCESS(Status) && Mode != KernelMode &&
        (Information.GrantedAccess &
         (PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION)) == 0) {
        ObpDereference(*Object, NULL);
        return STATUS_ACCESS_DENIED;
    }
    return Status;
}

static NTSTATUS PspAnswer(KPROCESSOR_MODE Mode, struct PSP_ANSWER *Answer, ULONG Row, ULONG Length,
                          PULONG ReturnLength)
{
    NTSTATUS Status = PspClasses[Row].Fill(Answer);
    ULONG Bytes = (ULONG)Answer->Bytes;

    if (NT_SUCCESS(Status) && (Answer->Exact ? Length != Bytes : Length < Bytes)) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    }
    if (NT_SUCCESS(Status)) {
        Answer->Memory = ntsim__allocate(Bytes);
        Status =
            Answer->Memory == NULL ? STATUS_INSUFFICIENT_RESOURCES : PspClasses[Row].Fill(Answer);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, Answer->Given, Answer->Memory, Bytes);
    }
    ntsim__release(Answer->Memory);
    if ((NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH) && ReturnLength != NULL) {
        NTSTATUS Written = MmpCopy(Mode, ReturnLength, &Bytes, sizeof(Bytes));

        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    return Status;
}

/*
 * NtQueryInformationProcess - the classes 0 (basic), 26, 27, 43 and 60.
 *
 * ProcessHandle  with PROCESS_QUERY_INFORMATION or PROCESS_QUERY_LIMITED_INFORMATION
 * ReturnLength   may be NULL; set also with STATUS_INFO_LENGTH_MISMATCH
 * Returns  STATUS_SUCCESS
 *          STATUS_INFO_LENGTH_MISMATCH      the buffer has not the size, or is too small
 *          STATUS_NOT_IMPLEMENTED           a class that Windows has and the simulator has not
 *          STATUS_INVALID_INFO_CLASS        no class of this Windows
 *          STATUS_ACCESS_DENIED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle,
                                         PROCESSINFOCLASS ProcessInformationClass,
                                         PVOID ProcessInformation, ULONG ProcessInformationLength,
                                         PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct PSP_ANSWER Answer = {.Given = ProcessInformation};
    PVOID Object;
    NTSTATUS Status;
    ULONG Row;

    ntcb_require_kernel(__func__);
    for (Row = 0; Row < RTL_NUMBER_OF(PspClasses); Row++) {
        if (PspClasses[Row].Class == ProcessInformationClass &&
            ntsim__windows() >= PspClasses[Row].Since) {
            break;
        }
    }
    if (Row == RTL_NUMBER_OF(PspClasses)) {
        return (ULONG)ProcessInformationClass < MaxProcessInfoClass ? STATUS_NOT_IMPLEMENTED
                                                                    : STATUS_INVALID_INFO_CLASS;
    }
    Status = MmpProbe(Mode, ProcessInformation, ProcessInformationLength, TRUE);
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = MmpProbe(Mode, ReturnLength, sizeof(*ReturnLength), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspReferenceToQuery(ProcessHandle, Mode, &Object);
    }
    if (NT_SUCCESS(Status)) {
        Answer.Process = Object;
        Status = PspAnswer(Mode, &Answer, Row, ProcessInformationLength, ReturnLength);
        ObpDereference(Object, NULL);
    }
    return Status;
}

NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE ProcessHandle,
                                         PROCESSINFOCLASS ProcessInformationClass,
                                         PVOID ProcessInformation, ULONG ProcessInformationLength,
                                         PULONG ReturnLength)
{
    PSP_ZW(NtQueryInformationProcess(ProcessHandle, ProcessInformationClass, ProcessInformation,
                                     ProcessInformationLength, ReturnLength));
}
