/* SPDX-License-Identifier: MIT
 *
 * kep.h - threads and their records, IRQL and APC state, reports.
 *
 * A KE_THREAD is the record of one host thread in one kernel. Records are pushed on the kernel's
 * list and never leave it before the kernel ends (a remover walks the list without a lock); a
 * record nobody owns is taken over by the next thread that enters.
 */
#ifndef LIB_KE_KEP_H
#define LIB_KE_KEP_H

#include "ke/hostp.h"

#include <ntcallback/dispatch.h>
#include <ntcallback/ddk/excpt.h>

#include <stdatomic.h>

/* Passes one thread may have open at once. A Windows kernel stack (24 KiB on x64) is exhausted well
 * before; deeper nesting is reported as the double fault it would be. */
#define KE_FRAME_MAX 128

/* What one pass publishes to removers: the block it is calling, the snapshot it walks. */
struct KE_FRAME {
    _Atomic(const void *) Block;
    _Atomic(const void *) Snapshot;
};

union KE_ENVIRONMENT {
    struct {
        UCHAR Irql;
        UCHAR Zero;
        SHORT KernelApcDisable;  /* depth of critical regions */
        SHORT SpecialApcDisable; /* depth of guarded regions */
        USHORT Attached;         /* depth of attachments to processes */
    } s;
    ULONGLONG Word; /* all of it, for one comparison around a callback */
};

/* One region more, in Word: narrow stores before the comparison's wide load would stall it. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "KE_ENVIRONMENT.Word");
#define KE_CRITICAL_REGION ((ULONGLONG)1 << 16)
#define KE_GUARDED_REGION ((ULONGLONG)1 << 32)

/* Filters evaluated inside one another: an exception that a filter's own __try has caught. */
#define KE_FILTER_MAX 4

/* Structured exceptions of one thread (ex/exception.c). */
struct KE_EXCEPTIONS {
    struct ntcb_seh_frame *Top;       /* innermost frame, NULL: nobody guards the thread */
    struct ntcb_seh_finally *Finally; /* innermost __finally block that runs */
    ULONG Filters;
    bool Arrived;       /* the body that ends now was left by an exception */
    VOID (*Left)(VOID); /* routine of the innermost pass that was left */
    EXCEPTION_RECORD Current;
    EXCEPTION_RECORD Saved[KE_FILTER_MAX]; /* what each filter is about */
    EXCEPTION_POINTERS Pointers;
};

/* Why a registration was refused; Public's texts point here or at what is static. */
struct KE_REASON {
    struct ntcb_reason Public;
    char What[256];
};

/* A run-down reference that a thread holds: under NTCB_SWITCH_LINT only (ex/runholder.c). */
struct KE_HELD {
    const void *Ref; /* NULL: free */
    ULONG Count;
};
#define KE_HELD_MAX 16

struct KE_THREAD {
    /* The owner writes, removers read. */
    struct KE_FRAME Frames[KE_FRAME_MAX];
    _Atomic ULONG FrameLimit;       /* frames ever used: how far a remover looks */
    _Atomic(const void *) WaitsFor; /* block this thread's removal waits for (exp.h) */
    _Atomic uint64_t Owner;         /* host thread id; 0: free for the next thread */
    struct KE_THREAD *Next;

    /* Set when the record is made: where a dispatch finds what it needs without a call. */
    struct ntcb_kernel *Kernel;
    struct KE_STATE *Ke;
    struct EXP_STATE *Ex;
    struct PSP_STATE *Ps;
    struct CMP_STATE *Cm;

    /* The owner alone. */
    union KE_ENVIRONMENT Environment;
    ULONG Depth;               /* frames in use */
    const void *RegistryLimit; /* registry callback this thread is inside of (CM-RE) */
    PVOID Simulator;
    struct KE_EXCEPTIONS Exceptions;
    struct KE_REASON Reason; /* of the last refusal */

    struct KE_HELD Held[KE_HELD_MAX]; /* under EXP_STATE.WaitLock: others take away too */

    /* Two threads' records may be neighbours in memory; what they write must not be. */
    UCHAR Padding[128];
};

struct KE_STATE {
    struct ntcb_config Config;
    const struct ntcb_host_ops *Host;
    PVOID Simulator;
    _Atomic(struct KE_THREAD *) Threads;
    const struct ntcb_module_services *Modules; /* NULL: not asked (services.c) */
    const struct ntcb_object_services *Objects;
    void (*Detach)(unsigned depth); /* NULL: nobody attaches */
};

/* The calling thread's record, NULL when unbound. The only static in the library, one a thread. */
extern _Thread_local struct KE_THREAD *KiThread
#if defined(__ELF__)
    __attribute__((tls_model("initial-exec")))
#endif
    ;

struct KE_STATE *KiStateOf(struct ntcb_kernel *Kernel);
/* Fill in a new record's pointers to the components' states. In ntos.c. */
VOID KiLinkThread(struct KE_THREAD *Thread, struct ntcb_kernel *Kernel);
struct KE_STATE *KiState(void);

/* Stop with a message that names Function: the thread is in no kernel. */
_Noreturn void KiUnbound(const char *Function);

/* The calling thread's record, or stop with a message that names Function. */
static inline struct KE_THREAD *KiRequireThread(const char *Function)
{
    struct KE_THREAD *Thread = KiThread;

    if (__builtin_expect(Thread == NULL, 0)) {
        KiUnbound(Function);
    }
    return Thread;
}

static inline void *KiAllocate(const struct KE_STATE *Ke, size_t Bytes)
{
    return Ke->Host->allocate(Ke->Host->context, Bytes);
}

static inline void KiFree(const struct KE_STATE *Ke, void *Memory)
{
    Ke->Host->release(Ke->Host->context, Memory);
}

/* Keep for ntcb_last_reason() why the calling thread gets Status, which is returned. */
NTSTATUS KiRefuse(NTSTATUS Status, const char *Rule, const char *Format, ...) NTCB_PRINTF(3, 4);

/* environ.c: Routine has returned with another environment: report, and put it back. What: a
 * routine that is no callback (ntcb_environment_check); else NULL. */
VOID KiCheckEnvironment(struct KE_THREAD *Thread, ULONGLONG BeforeWord, const void *Routine,
                        const char *What);

/* The same without a report: what was left did not return. */
VOID KiRestoreEnvironment(struct KE_THREAD *Thread, ULONGLONG BeforeWord);

/* services.c: does Address lie in a loaded driver; in one whose image has the integrity bit? Yes,
 * when nobody can tell. Else ACCESS_DENIED, with the reason. */
NTSTATUS KiCheckModule(const void *Address, const char *Rule, const char *Function);
NTSTATUS KiCheckIntegrity(const void *Address, const char *Rule, const char *Function);

/* True when this kernel's Windows has what came with Since; otherwise reports that Function does
 * not exist there (Rule) and returns false. */
bool KiRequireWindows(const char *Function, enum ntcb_windows Since, const char *Rule);

/* Symbolise for a report; Buffer is returned. */
const char *KiSymbol(const void *Address, char *Buffer, size_t Bytes);

/* The code that raised, as ntcb_report.address wants it. A fault is at its instruction. A call that
 * raises is known by where it would return to, which is the next routine when nothing follows it:
 * so within the call, which has two bytes at least. */
static inline const void *KiRaisedAt(const EXCEPTION_RECORD *Record)
{
    return (const char *)Record->ExceptionAddress +
           ((Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE) != 0 ? -1 : 1);
}

#define KE_SYMBOL_BYTES 160

#endif
