/* SPDX-License-Identifier: MIT
 *
 * tell.c - what the process and thread routines are told, and shown, of a process and its threads.
 *
 * Evidence  PROC-30..44, THR-08..10, ORD-02. When, and on which thread: life.c.
 */
#include "io/iop.h"
#include "ps/psp_state.h"
#include "verifier/report.h"

#include <ntcallback/dispatch.h>

#include <string.h>

static HANDLE PspHandleOfId(uint32_t Id)
{
    return (HANDLE)(ULONG_PTR)Id;
}

static struct ntcb_process PspDescribe(struct ntsim_process *Process)
{
    return (struct ntcb_process){
        .Process = (PEPROCESS)Process,
        .ProcessId = PspHandleOfId(Process->Id),
        .ParentProcessId = PspHandleOfId(Process->ParentId),
        .Subsystem = Process->Subsystem,
    };
}

static struct ntcb_thread PspDescribeThread(const struct ntsim_thread *Thread)
{
    return (struct ntcb_thread){
        .ProcessId = PspHandleOfId(Thread->Process->Id),
        .ThreadId = PspHandleOfId(Thread->Id),
        .System = Thread->Process == PspState()->System,
        .Subsystem = Thread->Process->Subsystem,
        .Started = Thread->Started,
    };
}

VOID PspTellThreadStart(struct ntsim_thread *Thread)
{
    struct ntcb_thread Described = PspDescribeThread(Thread);

    ntcb_thread_started(&Described);
}

VOID PspTellThreadExit(struct ntsim_thread *Thread)
{
    struct ntcb_thread Described = PspDescribeThread(Thread);

    ntcb_thread_exited(&Described);
}

VOID PspTellProcessExit(struct ntsim_process *Process)
{
    struct ntcb_process Described = PspDescribe(Process);

    ntcb_process_exited(&Described);
}

/* What the routines are shown: memory of its own, which is gone afterwards (PROC-39). */
struct PSP_SHOWN {
    PS_CREATE_NOTIFY_INFO Info;
    UNICODE_STRING ImageFileName;
    UNICODE_STRING CommandLine;
};

static NTSTATUS PspShowText(PCUNICODE_STRING Text, PUNICODE_STRING Copy, PCUNICODE_STRING *Shown)
{
    if (Text->Buffer == NULL) {
        return STATUS_SUCCESS;
    }
    Copy->Buffer = ntsim__allocate_raw(Text->Length != 0 ? Text->Length : 1);
    if (Copy->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Copy->Buffer, Text->Buffer, Text->Length);
    Copy->Length = Copy->MaximumLength = Text->Length;
    *Shown = Copy;
    return STATUS_SUCCESS;
}

static VOID PspTakeAway(PVOID Memory, SIZE_T Bytes)
{
    if (Memory != NULL && ntsim__config(ntsim_current())->poison) {
        memset(Memory, 0xDD, Bytes);
    }
    ntsim__release(Memory);
}

static NTSTATUS PspShow(struct ntsim_process *Process, struct PSP_SHOWN *Shown)
{
    const struct ntsim_thread *Creator = PspCurrentThread();
    BOOLEAN Named = Process->ImagePath.Length != 0;
    PVOID FileObject = NULL;
    NTSTATUS Status;

    Shown->Info.FileOpenNameAvailable = Named && !Process->NameUnavailable ? 1 : 0;
    Shown->Info.IsSubsystemProcess = Process->Subsystem ? 1 : 0;
    Shown->Info.ParentProcessId = PspHandleOfId(Process->ParentId);
    Shown->Info.CreatingThreadId =
        (CLIENT_ID){PspHandleOfId(Creator->Process->Id), PspHandleOfId(Creator->Id)};
    Status = PspShowText(&Process->CommandLine, &Shown->CommandLine, &Shown->Info.CommandLine);
    if (NT_SUCCESS(Status) && Named) {
        Status =
            PspShowText(&Process->ImagePath, &Shown->ImageFileName, &Shown->Info.ImageFileName);
    }
    if (NT_SUCCESS(Status) && Named) {
        Status = IopCreateFileObject(&Process->ImagePath, &FileObject);
        Shown->Info.FileObject = FileObject;
    }
    return Status;
}

/* On the creator's thread; *Veto: what stands at the end. */
static int PspTellCreation(struct ntsim_process *Process, NTSTATUS *Veto)
{
    struct ntcb_process Described = PspDescribe(Process);
    struct PSP_SHOWN *Shown;
    PVOID FileObject;
    NTSTATUS Status;

    Process->Untold = FALSE;
    *Veto = STATUS_SUCCESS;
    if (!ntcb_process_wanted()) {
        return NTCB_OK;
    }
    Shown = ntsim__allocate(sizeof(*Shown));
    if (Shown == NULL) {
        return NTCB_ENOMEM;
    }
    Status = PspShow(Process, Shown);
    FileObject = Shown->Info.FileObject;
    if (NT_SUCCESS(Status)) {
        UNICODE_STRING Name = Shown->ImageFileName, Line = Shown->CommandLine;

        *Veto = ntcb_process_created(&Described, &Shown->Info);
        Shown->ImageFileName = Name; /* whatever a routine has written there */
        Shown->CommandLine = Line;
        if (!NT_SUCCESS(*Veto)) {
            ntcb_process_exited(&Described); /* */
        }
    }
    if (FileObject != NULL) {
        ObpDereference(FileObject, NULL);
    }
    PspTakeAway(Shown->ImageFileName.Buffer, Shown->ImageFileName.Length);
    PspTakeAway(Shown->CommandLine.Buffer, Shown->CommandLine.Length);
    PspTakeAway(Shown, sizeof(*Shown));
    if (!NT_SUCCESS(Status)) {
        return NTCB_ENOMEM;
    }
    return NT_SUCCESS(*Veto) ? NTCB_OK : NTCB_ESTATUS;
}

BOOLEAN PspHasSwitch(uint32_t Switch)
{
    return (ntcb_kernel_config(ntcb_kernel_current())->switches & Switch) != 0;
}

int PspTellThread(struct ntsim_thread *Thread, NTSTATUS *Veto)
{
    struct ntcb_thread Described = PspDescribeThread(Thread);
    BOOLEAN First = Thread->Process->Untold && PspHasSwitch(NTCB_SWITCH_THREADS_FIRST);
    int Error = NTCB_OK;

    if (First) { /* ORD-02 */
        ntcb_thread_created(&Described);
    }
    if (Thread->Process->Untold) {
        Error = PspTellCreation(Thread->Process, Veto);
    }
    if (!First && Error == NTCB_OK) {
        ntcb_thread_created(&Described);
    }
    if (First && Error != NTCB_OK) {
        struct ntsim_thread *Previous = ntsim_thread_enter(Thread);

        PspTellThreadExit(Thread);
        ntsim_thread_leave(Previous);
    }
    return Error;
}
