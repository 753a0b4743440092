/* SPDX-License-Identifier: MIT
 *
 * exception.c - structured exceptions: the chain of frames, and finding the one to go to.
 *
 * Role        include/ntcallback/ddk/excpt.h writes the frames into a driver's functions; the
 *             managers and the simulator have frames of their own around the driver's routines.
 * State       KE_THREAD.Exceptions, of the calling thread alone: no lock.
 * Invariants  X1  The chain runs outwards: each frame lies in a function that is still active.
 *             X2  An arriving exception leaves the thread as it was when the frame began: passes
 *                 begun since are unpublished (E2 of exp.h goes on to hold), and so are filters and
 *                 __finally blocks forgotten. IRQL and APC state stay, as on Windows; a guard of
 *                 ours, which surrounds a driver's routine, gives them back too.
 */
#include "ex/exp.h"

#include <ntcallback/exception.h>

#include <stdio.h>
#include <string.h>

static struct KE_EXCEPTIONS *ExpExceptions(const char *Function)
{
    return &KiRequireThread(Function)->Exceptions;
}

/* X2 */
static VOID ExpUnwindTo(struct KE_THREAD *Thread, const struct ntcb_seh_frame *Frame)
{
    const struct EXP_BLOCK *Block;
    ULONG Depth = Thread->Depth;

    Thread->RegistryLimit = Frame->limit;
    Thread->Exceptions.Filters = Frame->filters;
    Thread->Exceptions.Finally = Frame->finally;
    if (Frame->kind == NTCB_SEH_GUARD) {
        KiRestoreEnvironment(Thread, Frame->environment);
    }
    if (Depth == Frame->depth) {
        return;
    }
    Block = atomic_load_explicit(&Thread->Frames[Depth - 1].Block, memory_order_relaxed);
    Thread->Exceptions.Left = Block == NULL ? NULL : Block->Routine; /* published: it is there */
    Thread->Depth = Frame->depth;
    while (Depth > Frame->depth) {
        Depth--;
        atomic_exchange(&Thread->Frames[Depth].Block, NULL);
        atomic_exchange(&Thread->Frames[Depth].Snapshot, NULL);
    }
    ExpWakeRemovers(Thread->Kernel);
}

static VOID ExpRaise(const EXCEPTION_RECORD *Record)
{
    struct KE_THREAD *Thread = KiThread;
    struct ntcb_seh_frame *Frame = Thread == NULL ? NULL : Thread->Exceptions.Top;

    if (Frame == NULL) {
        return;
    }
    memmove(&Thread->Exceptions.Current, Record, sizeof(*Record));
    Thread->Exceptions.Top = Frame->next;
    Frame->open = 0;
    ExpUnwindTo(Thread, Frame);
    Thread->Exceptions.Arrived = true;
    KiJump(Frame->buffer);
}

/* What a driver does that these exceptions cannot do. */
_Noreturn static VOID ExpUnsupported(const char *What)
{
    char Message[512];

    snprintf(Message, sizeof(Message),
             "ntcallback: structured exceptions: %s\n  docs/exceptions.md says what is supported\n",
             What);
    KiFatal(Message);
}

/* Nobody guards the thread. */
_Noreturn static VOID ExpUnhandled(const EXCEPTION_RECORD *Record)
{
    char Message[160];

    KiRequireThread("ExRaiseStatus")->Exceptions.Current = *Record;
    ntcb_exception_report("DV-15", Record->ExceptionAddress, "no frame guards the routine");
    snprintf(Message, sizeof(Message),
             "ntcallback: stopped: exception 0x%08X was raised outside of every __try and "
             "callback\n",
             (unsigned)Record->ExceptionCode);
    KiFatal(Message);
}

/* ---- what excpt.h calls ---- */

void *ntcb_seh_open(struct ntcb_seh_frame *frame)
{
    struct KE_THREAD *Thread = KiRequireThread("__try");

    frame->next = Thread->Exceptions.Top;
    frame->finally = Thread->Exceptions.Finally;
    frame->limit = Thread->RegistryLimit;
    frame->environment = Thread->Environment.Word;
    frame->depth = Thread->Depth;
    frame->filters = Thread->Exceptions.Filters;
    frame->open = 1;
    Thread->Exceptions.Top = frame;
    return frame->buffer;
}

void ntcb_seh_done(struct ntcb_seh_frame *frame)
{
    if (frame->open) {
        struct KE_EXCEPTIONS *Exceptions = ExpExceptions("__try");

        frame->open = 0;
        Exceptions->Top = frame->next;
        Exceptions->Arrived = false;
    }
}

void ntcb_seh_close(struct ntcb_seh_frame *frame)
{
    if (!frame->open) {
        return;
    }
    if (frame->kind == NTCB_SEH_FINALLY) {
        ExpUnsupported("a __try body that has a __finally was left by return, goto, break or "
                       "continue; use __leave");
    }
    ntcb_seh_done(frame);
}

int ntcb_seh_arrived(void)
{
    struct KE_EXCEPTIONS *Exceptions = ExpExceptions("__except");

    if (!Exceptions->Arrived) {
        return 0;
    }
    Exceptions->Arrived = false;
    if (Exceptions->Filters == KE_FILTER_MAX) {
        ExpUnsupported("filters of exceptions that arose in filters are nested too deep");
    }
    Exceptions->Saved[Exceptions->Filters++] = Exceptions->Current;
    return 1;
}

int ntcb_seh_accept(int verdict)
{
    struct KE_EXCEPTIONS *Exceptions = ExpExceptions("__except");

    Exceptions->Current = Exceptions->Saved[--Exceptions->Filters];
    if (verdict > 0) {
        return 1;
    }
    if (verdict < 0) {
        ExpUnsupported("a filter answered EXCEPTION_CONTINUE_EXECUTION; execution cannot go on "
                       "where the exception arose");
    }
    ExpRaise(&Exceptions->Current);
    ExpUnhandled(&Exceptions->Current);
}

int ntcb_seh_finally(struct ntcb_seh_finally *block)
{
    struct KE_EXCEPTIONS *Exceptions = ExpExceptions("__finally");

    if (!block->entered) {
        block->entered = 1;
        block->abnormal = Exceptions->Arrived;
        Exceptions->Arrived = false;
        if (block->abnormal) {
            block->record = Exceptions->Current;
        }
        block->next = Exceptions->Finally;
        Exceptions->Finally = block;
        return 1;
    }
    ntcb_seh_forget(block);
    if (block->abnormal) {
        ExpRaise(&block->record);
        ExpUnhandled(&block->record);
    }
    return 0;
}

/* Also when the block is left by return or goto, which ends the exception, as on Windows. */
void ntcb_seh_forget(struct ntcb_seh_finally *block)
{
    struct KE_EXCEPTIONS *Exceptions = ExpExceptions("__finally");

    if (Exceptions->Finally == block) {
        Exceptions->Finally = block->next;
    }
}

int ntcb_seh_abnormal(void)
{
    const struct KE_EXCEPTIONS *Exceptions = ExpExceptions("AbnormalTermination");

    return Exceptions->Finally != NULL && Exceptions->Finally->abnormal;
}

ULONG ntcb_seh_code(void)
{
    return (ULONG)ExpExceptions("GetExceptionCode")->Current.ExceptionCode;
}

PEXCEPTION_POINTERS ntcb_seh_information(void)
{
    struct KE_EXCEPTIONS *Exceptions = ExpExceptions("GetExceptionInformation");
    EXCEPTION_RECORD *Record = Exceptions->Filters == 0
                                   ? &Exceptions->Current
                                   : &Exceptions->Saved[Exceptions->Filters - 1];

    Exceptions->Pointers.ExceptionRecord = Record;
    Exceptions->Pointers.ContextRecord = (PCONTEXT)(PVOID)Record; /* opaque: CONTEXT is not known */
    return &Exceptions->Pointers;
}

/* ---- exception.h ---- */

bool ntcb_exception_guarded(void)
{
    return KiThread != NULL && KiThread->Exceptions.Top != NULL;
}

void ntcb_exception_raise(const EXCEPTION_RECORD *record)
{
    ExpRaise(record);
}

const EXCEPTION_RECORD *ntcb_exception_record(void)
{
    return &ExpExceptions(__func__)->Current;
}

void ntcb_exception_report(const char *rule, const void *routine, const char *what)
{
    const EXCEPTION_RECORD *Record = ntcb_exception_record();
    const void *Left =
        routine != NULL ? routine : (const void *)(uintptr_t)KiThread->Exceptions.Left;
    char Symbol[KE_SYMBOL_BYTES], Place[KE_SYMBOL_BYTES];

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = rule,
            .bugcheck = KMODE_EXCEPTION_NOT_HANDLED,
            .parameter = {(ULONG)Record->ExceptionCode, (uintptr_t)Record->ExceptionAddress,
                          Record->ExceptionInformation[0], Record->ExceptionInformation[1]},
            .routine = KiSymbol(Left, Symbol, sizeof(Symbol)),
            .address = KiRaisedAt(Record),
            .on_windows = "this bug check, or SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (0x7E) or "
                          "SYSTEM_SERVICE_EXCEPTION (0x3B)",
            .fix = "touch user memory inside __try and __except; anything else is a wild pointer",
        },
        "%s: exception 0x%08X at %s%s", what, (unsigned)Record->ExceptionCode,
        KiSymbol(KiRaisedAt(Record), Place, sizeof(Place)),
        Record->ExceptionCode == STATUS_ACCESS_VIOLATION ? ", an access violation" : "");
}

/* ---- what drivers call ---- */

_Noreturn static VOID ExpRaiseCode(NTSTATUS Status, PVOID Address)
{
    EXCEPTION_RECORD Record = {
        .ExceptionCode = Status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = Address,
    };

    ExpRaise(&Record);
    ExpUnhandled(&Record);
}

VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    ExpRaiseCode(Status, __builtin_return_address(0));
}

VOID NTAPI ExRaiseAccessViolation(VOID)
{
    ExpRaiseCode(STATUS_ACCESS_VIOLATION, __builtin_return_address(0));
}

VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    ExpRaiseCode(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0));
}

VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    EXCEPTION_RECORD Record = *ExceptionRecord;

    Record.ExceptionAddress = __builtin_return_address(0);
    ExpRaise(&Record);
    ExpUnhandled(&Record);
}
