/* SPDX-License-Identifier: MIT
 *
 * apcrecord.c - APCs of drivers: recorded, not run (<ntsim/apc.h>).
 *
 * A record is a body (ex/body.h) of the driver's KAPC. Where the KAPC is a block of pool of its
 * own, the block is the simulator's while it is queued, as Windows hands it to the kernel routine:
 * it is nobody's leak, and is freed when the record ends unseen.
 */
#include "ex/body.h"
#include "ke/kip.h"
#include "mm/mmp.h"

#include <ntcallback/ddk/ntundoc_apc.h>
#include <ntcallback/exception.h>
#include <ntsim/apc.h>

#include <string.h>

#define KIP_TYPE_APC 18u                                        /* KAPC.Type */
enum { KipKernelRoutine, KipRundownRoutine, KipNormalRoutine }; /* of KAPC.Reserved */

struct KIP_APC_RECORD {
    struct EXW_BODY Body;
    PKTHREAD Thread;
    struct ntsim_apc Public;
};

static VOID KipForgetApc(PVOID Body);
static const struct EXW_BODY_KIND KipApcKind = {
    .Rule = "KE-APC",
    .Name = "APC",
    .Initialize = "KeInitializeApc",
    .Delete = "KeRemoveQueueApc",
    .Quiet = TRUE, /* on Windows it would have been run by then */
    .Free = KipForgetApc,
};

static PVOID KipPointer(VOID (*Routine)(VOID))
{
    PVOID Pointer;
    memcpy(&Pointer, &Routine, sizeof(Pointer));
    return Pointer;
}

/* Its block of pool, if it has one, is its owner's again. */
static BOOLEAN KipGiveBack(const struct KIP_APC_RECORD *Record)
{
    return MmpOwnPool(Record->Body.Object, 0, Record->Body.Owner);
}

static VOID KipForgetApc(PVOID Body)
{
    struct KIP_APC_RECORD *Record = Body;
    if (KipGiveBack(Record)) {
        MmpFreePool(Record->Body.Object, 0, Record->Body.Owner);
    }
    ntsim__release(Record);
}

static VOID KipReportApc(const char *Function, const KAPC *Apc, const VOID *Caller,
                         const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "KE-APC",
                                        .parameter = {(uintptr_t)Apc},
                                        .address = Caller,
                                        .on_windows = "the thread's queue leads nowhere: a fault "
                                                      "when it is next looked at",
                                        .fix = Fix},
                  "%s: APC %p %s", Function, (const VOID *)Apc, What);
}

static BOOLEAN KipCheckApc(const char *Function, const KAPC *Apc, const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, DISPATCH_LEVEL, "DV-26", 0);
    if (Apc->Type == KIP_TYPE_APC && Apc->Thread != NULL) {
        return TRUE;
    }
    KipReportApc(Function, Apc, Caller, "is not initialised", "call KeInitializeApc first");
    return FALSE;
}

/* ---- what drivers call ---- */

VOID NTAPI KeInitializeApc(PRKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment,
                           PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ProcessorMode,
                           PVOID NormalContext)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    *Apc = (KAPC){.Type = KIP_TYPE_APC, .Size = sizeof(*Apc)};
    if (!KipRequireObject(__func__, Thread)) {
        return;
    }
    Apc->Thread = Thread;
    Apc->ApcStateIndex =
        (CCHAR)(Environment == CurrentApcEnvironment ? OriginalApcEnvironment : Environment);
    Apc->Reserved[KipKernelRoutine] = KipPointer((VOID(*)(VOID))KernelRoutine);
    Apc->Reserved[KipRundownRoutine] = KipPointer((VOID(*)(VOID))RundownRoutine);
    Apc->Reserved[KipNormalRoutine] = KipPointer((VOID(*)(VOID))NormalRoutine);
    Apc->ApcMode = (KPROCESSOR_MODE)(NormalRoutine != NULL ? ProcessorMode : KernelMode);
    Apc->NormalContext = NormalRoutine != NULL ? NormalContext : NULL;
}

static struct KIP_APC_RECORD *KipMakeRecord(PRKAPC Apc, const VOID *Caller)
{
    struct KIP_APC_RECORD *Record = ntsim__allocate(sizeof(*Record));
    if (Record == NULL) {
        return NULL;
    }
    Record->Thread = Apc->Thread;
    Record->Body = (struct EXW_BODY){
        .Object = Apc, .Bytes = sizeof(*Apc), .Kind = &KipApcKind, .Owner = Caller};
    Record->Public = (struct ntsim_apc){
        .apc = Apc,
        .tid = (uint32_t)(ULONG_PTR)PsGetThreadId((PETHREAD)(PVOID)Apc->Thread),
        .pid = (uint32_t)(ULONG_PTR)PsGetThreadProcessId((PETHREAD)(PVOID)Apc->Thread),
        .user_mode = Apc->ApcMode == UserMode,
        .kernel_routine = Apc->Reserved[KipKernelRoutine],
        .rundown_routine = Apc->Reserved[KipRundownRoutine],
        .normal_routine = Apc->Reserved[KipNormalRoutine],
        .normal_context = Apc->NormalContext,
        .arguments = {Apc->SystemArgument1, Apc->SystemArgument2},
        .caller = Caller,
    };
    return Record;
}

/* Is it queued? */
static BOOLEAN KipIsRecorded(PRKAPC Apc)
{
    ExwLockBodies();
    BOOLEAN Found = ExwFindBody(&KipApcKind, Apc) != NULL;
    ExwUnlockBodies();
    return Found;
}

static VOID KipSayRecorded(VOID)
{
    if (!__atomic_exchange_n(&KipState()->ApcsMentioned, TRUE, __ATOMIC_RELAXED)) {
        DbgPrint("ntcallback: a driver has queued an APC. APCs are recorded, not run: see "
                 "<ntsim/apc.h>\n");
    }
}

BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                               KPRIORITY Increment)
{
    const VOID *Caller = __builtin_return_address(0);
    UNREFERENCED_PARAMETER(Increment);
    if (!KipCheckApc(__func__, Apc, Caller) || KipIsRecorded(Apc)) {
        return FALSE;
    }
    Apc->SystemArgument1 = SystemArgument1;
    Apc->SystemArgument2 = SystemArgument2;
    PKTHREAD Thread = Apc->Thread;
    struct KIP_APC_RECORD *Record = KipMakeRecord(Apc, Caller);
    if (Record == NULL || !ExwAddBody(__func__, &Record->Body)) {
        ntsim__release(Record);
        return FALSE; /* what else there is to say: nobody will see it */
    }
    Apc->Inserted = TRUE;
    MmpOwnPool(Apc, 0, &KipApcKind); /* of no driver's module */
    if (KipReadState(&Thread->Header) != 0) { /* it has ended, perhaps meanwhile */
        return !KeRemoveQueueApc(Apc);
    }
    KipSayRecorded();
    return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc)
{
    if (!KipCheckApc(__func__, Apc, __builtin_return_address(0)) || !KipIsRecorded(Apc)) {
        return FALSE;
    }
    struct KIP_APC_RECORD *Record = ExwTakeBody(__func__, &KipApcKind, Apc);
    if (Record == NULL) {
        return FALSE;
    }
    KipGiveBack(Record);
    ntsim__release(Record);
    Apc->Inserted = FALSE;
    return TRUE;
}

BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE AlertMode)
{
    UNREFERENCED_PARAMETER(AlertMode);
    ntcb_require_kernel(__func__);
    return FALSE;
}

/* ---- a thread ends ---- */

static struct KIP_APC_RECORD *KipTakeApcOf(const struct _KTHREAD *Thread)
{
    struct KIP_APC_RECORD *Found = NULL;
    ExwLockBodies();
    for (struct EXW_BODY *Body = ExwNextBody(&KipApcKind, NULL); Body != NULL && Found == NULL;
         Body = ExwNextBody(&KipApcKind, Body)) {
        struct KIP_APC_RECORD *Record = CONTAINING_RECORD(Body, struct KIP_APC_RECORD, Body);
        if (Record->Thread == Thread) {
            Found = Record;
        }
    }
    if (Found != NULL) {
        ExwForgetBody(&Found->Body);
    }
    ExwUnlockBodies();
    return Found;
}

static VOID KipCallRundown(PKRUNDOWN_ROUTINE Routine, PKAPC Apc, const VOID *Address)
{
    struct ntcb_seh_frame Guard;
    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        ntcb_exception_report("DV-15", Address, "an exception left an APC's rundown routine");
        return;
    }
    Routine(Apc);
    ntcb_seh_done(&Guard);
}

VOID KipRunDownApcs(PKTHREAD Thread)
{
    struct KIP_APC_RECORD *Record;
    while ((Record = KipTakeApcOf(Thread)) != NULL) {
        PKAPC Apc = Record->Body.Object;
        PKRUNDOWN_ROUTINE Routine;
        memcpy(&Routine, &Record->Public.rundown_routine, sizeof(Routine));
        if (Routine == NULL) {
            KipForgetApc(Record);
            continue;
        }
        const VOID *Address = Record->Public.rundown_routine;
        KipGiveBack(Record);
        ntsim__release(Record);
        Apc->Inserted = FALSE;
        KipCallRundown(Routine, Apc, Address);
    }
}

/* ---- the harness ---- */

bool ntsim_apc(struct ntsim *sim, size_t index, struct ntsim_apc *out)
{
    struct EXW_BODY *body;

    if (ntsim_current() != sim) {
        ntsim__fatal("ntsim_apc: enter the simulator first (ntsim_enter)");
    }
    ExwLockBodies();
    body = ExwNextBody(&KipApcKind, NULL);
    for (; body != NULL && index != 0; index--) {
        body = ExwNextBody(&KipApcKind, body);
    }
    if (body != NULL) {
        *out = CONTAINING_RECORD(body, struct KIP_APC_RECORD, Body)->Public;
    }
    ExwUnlockBodies();
    return body != NULL;
}

size_t ntsim_apc_count(struct ntsim *sim)
{
    struct ntsim_apc ignored;
    size_t count = 0;

    while (ntsim_apc(sim, count, &ignored)) {
        count++;
    }
    return count;
}
