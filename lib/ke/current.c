/* SPDX-License-Identifier: MIT
 *
 * current.c - which kernel the calling thread is in, and its record there.
 *
 * Invariants
 *   C1  A record is owned by at most one host thread: Owner goes from 0 to an id by compare and
 *       swap, and back to 0 only by that thread.
 *   C2  Records are only ever pushed on KE_STATE.Threads; the list is walked without a lock.
 *   C3  A thread gives its record back when it leaves the kernel with nothing to remember: no open
 *       pass, PASSIVE_LEVEL, APCs enabled, no frame for exceptions, no simulator thread.
 */
#include "ke/kep.h"

#include <stdio.h>
#include <string.h>

_Thread_local struct KE_THREAD *KiThread;

static bool KiNothingToRemember(const struct KE_THREAD *Thread)
{
    return Thread->Depth == 0 && Thread->Environment.Word == 0 && Thread->Simulator == NULL &&
           Thread->Exceptions.Top == NULL;
}

static struct KE_THREAD *KiPushRecord(struct ntcb_kernel *Kernel, uint64_t Id)
{
    struct KE_STATE *Ke = KiStateOf(Kernel);
    struct KE_THREAD *Thread = KiAllocate(Ke, sizeof(*Thread));

    if (Thread == NULL) {
        KiFatal("ntcallback: ntcb_kernel_enter: no memory for the thread's record\n");
    }
    memset(Thread, 0, sizeof(*Thread));
    KiLinkThread(Thread, Kernel);
    Thread->Reason.Public = (struct ntcb_reason){0, "", ""};
    atomic_store_explicit(&Thread->Owner, Id, memory_order_relaxed);
    Thread->Next = atomic_load(&Ke->Threads);
    while (!atomic_compare_exchange_weak(&Ke->Threads, &Thread->Next, Thread)) {
    }
    return Thread;
}

static struct KE_THREAD *KiFindRecord(struct ntcb_kernel *Kernel)
{
    struct KE_STATE *Ke = KiStateOf(Kernel);
    uint64_t Id = Ke->Host->thread_id(Ke->Host->context);
    struct KE_THREAD *Thread;
    uint64_t Free;

    for (Thread = atomic_load(&Ke->Threads); Thread != NULL; Thread = Thread->Next) {
        if (atomic_load_explicit(&Thread->Owner, memory_order_relaxed) == Id) {
            return Thread;
        }
    }
    for (Thread = atomic_load(&Ke->Threads); Thread != NULL; Thread = Thread->Next) {
        Free = 0;
        if (atomic_compare_exchange_strong(&Thread->Owner, &Free, Id)) {
            return Thread;
        }
    }
    return KiPushRecord(Kernel, Id);
}

struct ntcb_kernel *ntcb_kernel_enter(struct ntcb_kernel *kernel)
{
    struct KE_THREAD *Old = KiThread;
    struct ntcb_kernel *Previous = Old == NULL ? NULL : Old->Kernel;

    if (kernel == Previous) {
        return Previous;
    }
    KiThread = kernel == NULL ? NULL : KiFindRecord(kernel);
    if (Old != NULL && KiNothingToRemember(Old)) {
        Old->Reason.Public = (struct ntcb_reason){0, "", ""};
        atomic_store(&Old->Owner, 0);
    }
    return Previous;
}

struct ntcb_kernel *ntcb_kernel_current(void)
{
    return KiThread == NULL ? NULL : KiThread->Kernel;
}

_Noreturn void KiUnbound(const char *Function)
{
    char Message[256];

    snprintf(Message, sizeof(Message),
             "ntcallback: %s was called on a thread that is in no kernel.\n"
             "  Bind the thread first: ntsim_thread_enter() or ntsim_enter() in a simulator, "
             "ntcb_kernel_enter() otherwise.\n",
             Function);
    KiFatal(Message);
}

struct KE_STATE *KiState(void)
{
    return KiStateOf(KiRequireThread("an NT routine")->Kernel);
}

struct ntcb_kernel *ntcb_require_kernel(const char *function)
{
    return KiRequireThread(function)->Kernel;
}

void ntcb_kernel_set_simulator(struct ntcb_kernel *kernel, void *simulator)
{
    KiStateOf(kernel)->Simulator = simulator;
}

void *ntcb_kernel_simulator(struct ntcb_kernel *kernel)
{
    return KiStateOf(kernel)->Simulator;
}

void *ntcb_thread_simulator(void)
{
    return KiThread == NULL ? NULL : KiThread->Simulator;
}

void ntcb_thread_set_simulator(void *thread)
{
    KiRequireThread("ntcb_thread_set_simulator")->Simulator = thread;
}
