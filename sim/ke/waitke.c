/* SPDX-License-Identifier: MIT
 *
 * waitke.c - the waits that drivers ask for.
 */
#include "ke/kip.h"
#include "verifier/calls.h"

VOID KipCheckWait(const char *Function, const VOID *Object, const LARGE_INTEGER *Timeout,
                  const VOID *Caller)
{
    KIRQL Irql = KeGetCurrentIrql();
    BOOLEAN Blocks = Timeout == NULL || Timeout->QuadPart != 0;

    if (Blocks) {
        ntsim__check_blocking(Function, Caller);
    }
    if (Irql < DISPATCH_LEVEL || (Irql == DISPATCH_LEVEL && !Blocks)) {
        return;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = Blocks ? "DV-06" : "DV-31",
                                        .bugcheck = 0xC4,
                                        .parameter = {Blocks ? 0x3B : 0x121, Irql,
                                                      (uintptr_t)Object, (uintptr_t)Timeout},
                                        .on_windows = "the thread cannot be switched away from: "
                                                      "this bug check of Driver Verifier, or 0xA",
                                        .fix = "wait at IRQL <= APC_LEVEL; at DISPATCH_LEVEL only "
                                               "with a timeout of zero"},
                  "%s at IRQL %u%s", Function, Irql, Blocks ? " with a timeout that is not 0" : "");
}

/* A wait, and what owning its objects means for the calling thread. */
static NTSTATUS KipWaitAndTake(const struct KIP_WAIT_FOR *For)
{
    NTSTATUS Status = KipWait(For);
    ULONG Index = (ULONG)Status & (MAXIMUM_WAIT_OBJECTS - 1);
    if (Status != STATUS_WAIT_0 + (NTSTATUS)Index &&
        Status != STATUS_ABANDONED_WAIT_0 + (NTSTATUS)Index) {
        return Status;
    }
    for (ULONG Taken = 0; Taken < For->Count; Taken++) {
        if (For->All || Taken == Index) {
            KipTaken(For->Objects[Taken]);
        }
    }
    return Status;
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason,
                                     KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout)
{
    KWAIT_BLOCK Block;
    if (WaitReason != WrFastMutex) { /* which has checked, and which callbacks may acquire */
        KipCheckWait(__func__, Object, Timeout, __builtin_return_address(0));
    }
    if (!KipRequireObject(__func__, Object)) {
        return STATUS_INVALID_PARAMETER;
    }
    return KipWaitAndTake(&(struct KIP_WAIT_FOR){.Objects = &Object,
                                                 .Count = 1,
                                                 .Apcs = Alertable && WaitMode == UserMode,
                                                 .Timeout = Timeout,
                                                 .Blocks = &Block});
}

/* Does the number of objects fit the wait blocks there are? */
static BOOLEAN KipCheckCount(ULONG Count, const KWAIT_BLOCK *WaitBlockArray)
{
    if (Count != 0 && Count <= MAXIMUM_WAIT_OBJECTS &&
        (Count <= THREAD_WAIT_OBJECTS || WaitBlockArray != NULL)) {
        return TRUE;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "KE-OBJECT",
                                        .bugcheck = MAXIMUM_WAIT_OBJECTS_EXCEEDED,
                                        .fix = "wait for 1 to 64 objects, and pass an array of "
                                               "wait blocks for more than 3"},
                  "KeWaitForMultipleObjects for %u objects%s", Count,
                  WaitBlockArray == NULL ? " without an array of wait blocks" : "");
    return FALSE;
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
                                        KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                        BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK WaitBlockArray)
{
    KWAIT_BLOCK Blocks[THREAD_WAIT_OBJECTS];
    if (WaitReason != WrFastMutex) { /* which has checked, and which callbacks may acquire */
        KipCheckWait(__func__, Object, Timeout, __builtin_return_address(0));
    }
    if (!KipCheckCount(Count, WaitBlockArray)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < Count; Index++) {
        if (!KipRequireObject(__func__, Object[Index])) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    return KipWaitAndTake(
        &(struct KIP_WAIT_FOR){.Objects = Object,
                               .Count = Count,
                               .All = WaitType == WaitAll,
                               .Apcs = Alertable && WaitMode == UserMode,
                               .Timeout = Timeout,
                               .Blocks = WaitBlockArray != NULL ? WaitBlockArray : Blocks});
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                      PLARGE_INTEGER Interval)
{
    KipCheckWait(__func__, Interval, Interval, __builtin_return_address(0));
    NTSTATUS Status = KipWait(
        &(struct KIP_WAIT_FOR){.Apcs = Alertable && WaitMode == UserMode, .Timeout = Interval});
    return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
}
