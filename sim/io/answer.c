/* SPDX-License-Identifier: MIT
 *
 * answer.c - the status block, the event and the APC by which a caller hears of the end of what it
 * asked for.
 */
#include "io/request.h"
#include "mm/mmp.h"
#include "ps/psp.h"

NTSTATUS IopBeginAnswer(struct IOP_ANSWER *Answer, KPROCESSOR_MODE Mode,
                        const struct IOP_ASKED *Asked)
{
    PVOID Object = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    *Answer = (struct IOP_ANSWER){
        .Mode = Mode, .IoStatusBlock = Asked->IoStatusBlock, .Thread = PspCurrentThread()};
    ObpReference(Answer->Thread, NULL);
    if (Asked->Event != NULL) {
        Status = ObReferenceObjectByHandle(Asked->Event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Answer->Event = Object;
    if (Asked->ApcRoutine != NULL) {
        Answer->Apc = ntsim__allocate(sizeof(*Answer->Apc));
        if (Answer->Apc == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Answer->Apc = (struct KIP_APC){.Routine = Asked->ApcRoutine,
                                        .Context = Asked->ApcContext,
                                        .IoStatusBlock = Asked->IoStatusBlock,
                                        .Kernel = Mode == KernelMode};
    }
    if (Answer->Event != NULL) {
        KeClearEvent(Answer->Event);
    }
    return STATUS_SUCCESS;
}

struct IOP_STATUS_WRITE {
    PIO_STATUS_BLOCK To;
    IO_STATUS_BLOCK From;
};

/* Who looks at Status until it is no longer STATUS_PENDING finds the rest written. */
static NTSTATUS IopDoWriteStatus(PVOID Context)
{
    const struct IOP_STATUS_WRITE *Write = Context;
    Write->To->Information = Write->From.Information;
    __atomic_store_n(&Write->To->Status, Write->From.Status, __ATOMIC_RELEASE);
    return STATUS_SUCCESS;
}

static VOID IopSignalFile(struct IOP_FILE *File, NTSTATUS Status)
{
    __atomic_store_n(&File->Public.FinalStatus, Status, __ATOMIC_RELAXED);
    KeSetEvent(&File->Public.Event, IO_NO_INCREMENT, FALSE);
}

NTSTATUS IopAnswer(struct IOP_ANSWER *Answer, struct IOP_FILE *File, NTSTATUS Status,
                   ULONG_PTR Information, BOOLEAN Pended)
{
    const BOOLEAN Synchronous = (File->Public.Flags & FO_SYNCHRONOUS_IO) != 0;
    struct IOP_STATUS_WRITE Write = {Answer->IoStatusBlock, {.Information = Information}};
    if (NT_ERROR(Status) && (!Pended || Synchronous)) {
        if (Pended) {
            IopSignalFile(File, Status);
        }
        return Status;
    }
    Write.From.Status = Status;
    NTSTATUS Written = MmpGuard(Answer->Mode, IopDoWriteStatus, &Write);
    if (Answer->Event == NULL || Synchronous) {
        IopSignalFile(File, Status);
    }
    if (Answer->Event != NULL) {
        KeSetEvent(Answer->Event, IO_NO_INCREMENT, FALSE);
    }
    if (Answer->Apc != NULL) {
        KipQueueApc((PKTHREAD)(PVOID)Answer->Thread, Answer->Apc);
        Answer->Apc = NULL;
    }
    return NT_SUCCESS(Written) ? Status : Written;
}

VOID IopEndAnswer(struct IOP_ANSWER *Answer)
{
    if (Answer->Event != NULL) {
        ObpDereference(Answer->Event, NULL);
    }
    if (Answer->Thread != NULL) {
        ObpDereference(Answer->Thread, NULL);
    }
    ntsim__release(Answer->Apc);
    *Answer = (struct IOP_ANSWER){.Mode = KernelMode};
}

VOID IopLeaveService(KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode && KipTakesKernelApcs()) {
        KipDeliverKernelApcs();
    }
}
