/* SPDX-License-Identifier: MIT
 *
 * obdispatch.c - one handle: pre down the stack, with rights taken away, then post back up.
 *
 * Invariants  D1  Post goes to those whose pre, if they have one, was delivered; a registration
 *                 that was removed in between hears no more (OB-44), one that came in between is
 *                 not in the frozen list.
 *             D2  The access that is left only ever shrinks (OB-26).
 */
#include "ex/frozen.h"
#include "ob/obp.h"

#include <string.h>

struct OBP_PASS {
    struct EXP_FROZEN Frozen;
    struct ntcb_handle Handle;
    ULONG Reached; /* how far the way down went: less than all when an exception ended it */
};

_Static_assert(sizeof(struct OBP_PASS) <= sizeof(struct ntcb_handle_pass),
               "grow ntcb_handle_pass.reserved");

static bool ObpWants(const struct OBP_CALLBACK *Callback, const struct ntcb_handle *Handle)
{
    return Callback->ObjectType == Handle->ObjectType &&
           (Callback->Operations & Handle->Operation) != 0;
}

/* OB-22, OB-45: normal kernel APCs are off; C-07: possibly at APC_LEVEL. Returns what was. */
static ULONGLONG ObpEnterEnvironment(struct OBP_PASS *Obp)
{
    struct KE_THREAD *Thread = Obp->Frozen.Pass.Thread;
    ULONGLONG Outside = Thread->Environment.Word;

    Thread->Environment.Word = Outside + KE_CRITICAL_REGION;
    if ((Thread->Ke->Config.switches & NTCB_SWITCH_CALLBACKS_AT_APC) != 0 &&
        Thread->Environment.s.Irql < APC_LEVEL) {
        Thread->Environment.s.Irql = APC_LEVEL;
    }
    ExpWatch(&Obp->Frozen.Pass);
    return Outside;
}

/* What an object callback does in vain (DV-28). */
static VOID ObpWarn(const struct EXP_BLOCK *Block, const char *OnWindows, const char *Fix,
                    const char *What)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING,
                                        .rule = "DV-28",
                                        .address = (const void *)(uintptr_t)Block->Routine,
                                        .on_windows = OnWindows,
                                        .fix = Fix},
                  "%s", What);
}

/* One pre routine; returns the access that is left after it. */
static ACCESS_MASK ObpCallPre(struct OBP_PASS *Obp, ULONG Index, ACCESS_MASK Left,
                              ACCESS_MASK Retained)
{
    struct OBP_CALLBACK *Callback = (struct OBP_CALLBACK *)Obp->Frozen.Snapshot->Blocks[Index];
    const struct ntcb_handle *Handle = &Obp->Handle;
    /* The first two members lie alike in both (OB-31). */
    OB_PRE_OPERATION_PARAMETERS Parameters = {
        .DuplicateHandleInformation = {Left, Handle->DesiredAccess, Handle->SourceProcess,
                                       Handle->TargetProcess}};
    OB_PRE_OPERATION_INFORMATION Information = {
        .Operation = Handle->Operation,
        .Flags = Handle->KernelHandle,
        .Object = Handle->Object,
        .ObjectType = Handle->ObjectType,
        .Parameters = &Parameters,
    };
    OB_PREOP_CALLBACK_STATUS Verdict;

    ExpBeforeCall(&Obp->Frozen.Pass, &Callback->Block, 0, &Information);
    Verdict = Callback->Pre((PVOID)(ULONG_PTR)Callback->Block.Context, &Information);
    ExpAfterCall(&Obp->Frozen.Pass, &Callback->Block, 0, &Information, STATUS_SUCCESS);
    Obp->Frozen.Contexts[Index] = Information.CallContext;
    if (Verdict != OB_PREOP_SUCCESS) { /* OB-23 */
        ObpWarn(&Callback->Block, "the value is ignored",
                "return OB_PREOP_SUCCESS; take rights away through DesiredAccess",
                "a pre-operation routine returned another value: an operation cannot be failed");
    }
    if ((Parameters.CreateHandleInformation.DesiredAccess & ~Left) != 0) { /* OB-26 */
        ObpWarn(&Callback->Block, "the rights are not granted",
                "clear bits of DesiredAccess, and set none",
                "a pre-operation routine added rights");
    }
    return Handle->KernelHandle || Handle->KernelMode
               ? Left
               : Left & (Parameters.CreateHandleInformation.DesiredAccess | Retained);
}

struct OBP_WALK {
    struct OBP_PASS *Pass;
    ACCESS_MASK Left;
    ACCESS_MASK Retained;
    NTSTATUS Status; /* post only, as the next one */
    ACCESS_MASK Granted;
};

#define OBP_ESCAPED "an exception left an object callback"

static VOID ObpWalkPre(PVOID Context)
{
    struct OBP_WALK *Walk = Context;
    struct OBP_PASS *Obp = Walk->Pass;
    ULONG Index;

    for (Index = 0; Index < Obp->Frozen.Snapshot->Count; ++Index) {
        struct OBP_CALLBACK *Callback = (struct OBP_CALLBACK *)Obp->Frozen.Snapshot->Blocks[Index];

        Obp->Reached = Index + 1;
        if (Callback->Pre != NULL && ObpWants(Callback, &Obp->Handle) &&
            ExpEnterBlock(&Obp->Frozen.Pass, &Callback->Block)) {
            Walk->Left = ObpCallPre(Obp, Index, Walk->Left, Walk->Retained);
        }
    }
}

ACCESS_MASK ntcb_handle_pre(struct ntcb_handle_pass *pass, const struct ntcb_handle *handle)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    struct OBP_PASS *Obp = (struct OBP_PASS *)(PVOID)pass;
    struct OBP_WALK Walk = {.Pass = Obp, .Left = handle->DesiredAccess};
    ULONGLONG Outside;

    Obp->Handle = *handle;
    (void)ExpBeginFrozen(&Obp->Frozen, Thread, &ObpCallbackState(Thread->Kernel)->Callbacks);
    if (Obp->Frozen.Snapshot == NULL) {
        return Walk.Left;
    }
    if (Thread->Ke->Objects != NULL) {
        (void)Thread->Ke->Objects->has_callbacks(handle->ObjectType, &Walk.Retained);
    }
    memset(Obp->Frozen.Contexts, 0, /* OB-41 */
           Obp->Frozen.Snapshot->Count * sizeof(Obp->Frozen.Contexts[0]));
    Outside = ObpEnterEnvironment(Obp);
    ExpGuardWalk(&Obp->Frozen.Pass, ObpWalkPre, &Walk, 0, OBP_ESCAPED);
    ExpMoveTo(&Obp->Frozen.Pass, NULL);
    Thread->Environment.Word = Outside;
    return Walk.Left;
}

/* Parameters of a failed operation: undefined by contract, so a value that faults (OB-40). */
#define OBP_UNDEFINED ((POB_POST_OPERATION_PARAMETERS)(ULONG_PTR)0xFFFF7EADDEAD0001ull)

static VOID ObpCallPost(struct OBP_PASS *Obp, ULONG Index, NTSTATUS Status, ACCESS_MASK Granted)
{
    struct OBP_CALLBACK *Callback = (struct OBP_CALLBACK *)Obp->Frozen.Snapshot->Blocks[Index];
    OB_POST_OPERATION_PARAMETERS Parameters = {.CreateHandleInformation = {Granted}};
    OB_POST_OPERATION_INFORMATION Information = {
        .Operation = Obp->Handle.Operation,
        .Flags = Obp->Handle.KernelHandle,
        .Object = Obp->Handle.Object,
        .ObjectType = Obp->Handle.ObjectType,
        .CallContext = Obp->Frozen.Contexts[Index],
        .ReturnStatus = Status,
        .Parameters = NT_SUCCESS(Status) ? &Parameters : OBP_UNDEFINED,
    };

    OB_POST_OPERATION_INFORMATION Told;

    memcpy(&Told, &Information, sizeof(Told)); /* padding too */
    ExpBeforeCall(&Obp->Frozen.Pass, &Callback->Block, 1, &Information);
    Callback->Post((PVOID)(ULONG_PTR)Callback->Block.Context, &Information);
    ExpAfterCall(&Obp->Frozen.Pass, &Callback->Block, 1, &Information, STATUS_SUCCESS);
    if (memcmp(&Told, &Information, sizeof(Told)) != 0 ||
        Parameters.CreateHandleInformation.GrantedAccess != Granted) { /* OB-42 */
        ObpWarn(&Callback->Block, "nothing changes: the operation is over",
                "only read the information of a post-operation",
                "a post-operation routine wrote to what it is told");
    }
}

static VOID ObpWalkPost(PVOID Context)
{
    const struct OBP_WALK *Walk = Context;
    struct OBP_PASS *Obp = Walk->Pass;
    ULONG Index;

    for (Index = Obp->Reached; Index-- != 0;) { /* OB-43 */
        struct OBP_CALLBACK *Callback = (struct OBP_CALLBACK *)Obp->Frozen.Snapshot->Blocks[Index];

        if (Callback->Post != NULL && ObpWants(Callback, &Obp->Handle) &&
            ExpEnterBlock(&Obp->Frozen.Pass, &Callback->Block)) {
            ObpCallPost(Obp, Index, Walk->Status, Walk->Granted);
        }
    }
}

void ntcb_handle_post(struct ntcb_handle_pass *pass, NTSTATUS status, ACCESS_MASK granted)
{
    struct OBP_PASS *Obp = (struct OBP_PASS *)(PVOID)pass;
    struct KE_THREAD *Thread = Obp->Frozen.Pass.Thread;
    struct OBP_WALK Walk = {.Pass = Obp, .Status = status, .Granted = granted};
    ULONGLONG Outside;

    if (Obp->Frozen.Snapshot == NULL) {
        return;
    }
    Outside = ObpEnterEnvironment(Obp);
    ExpGuardWalk(&Obp->Frozen.Pass, ObpWalkPost, &Walk, 1, OBP_ESCAPED);
    ExpMoveTo(&Obp->Frozen.Pass, NULL);
    Thread->Environment.Word = Outside;
    ExpEndFrozen(&Obp->Frozen);
}
