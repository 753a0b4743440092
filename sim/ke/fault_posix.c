/* SPDX-License-Identifier: MIT
 *
 * fault_posix.c - SIGSEGV and its kin as exceptions of the simulated kernel.
 *
 * State       KiFaults, the one variable of the simulator that is static: what a signal does is a
 *             property of the process, and so is who had it before us. Nothing of a simulator is in
 *             it; which kernel a fault concerns is what the faulting thread is bound to.
 * Locks       KiFaults.Lock, a leaf, not taken by the handler.
 * Invariants  F1  Old of a signal is written while our handler is not installed for it: the handler
 *                 may read it.
 *             F2  A signal that no frame waits for, or that somebody has sent, is handled as if we
 *                 were not here: by the previous handler (AddressSanitizer's report, a debugger's
 *                 stop), or by the default action (a core dump at the instruction).
 */
#include "ke/fault.h"
#include "simp.h"

#include <ntcallback/exception.h>

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#if defined(__aarch64__)
#define KI_TRAP , SIGTRAP
#else
#define KI_TRAP
#endif
static const int KiSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL KI_TRAP};
#define KI_SIGNALS (sizeof(KiSignals) / sizeof(KiSignals[0]))

static struct {
    pthread_mutex_t Lock;
    ULONG Users;
    struct sigaction Old[KI_SIGNALS];
} KiFaults = {.Lock = PTHREAD_MUTEX_INITIALIZER};

/* Linux on arm64 saves, among other things, what the processor said of the fault: bit 6, whether it
 * was a write. */
#if defined(__linux__) && defined(__aarch64__)
static bool KiIsWrite(const ucontext_t *Context)
{
    const unsigned char *At = Context->uc_mcontext.__reserved;
    const struct _aarch64_ctx *Head = (const void *)At;

    for (; Head->magic != 0 && Head->size != 0; Head = (const void *)(At += Head->size)) {
        if (Head->magic == ESR_MAGIC) {
            return (((const struct esr_context *)(const void *)At)->esr >> 6 & 1) != 0;
        }
    }
    return false;
}
#endif

/* Where the thread was, and whether it was writing (where the system does not say, a fault counts
 * as a read). */
#if defined(__linux__) && defined(__x86_64__)
#define KI_PROGRAM_COUNTER(context) ((context)->uc_mcontext.gregs[REG_RIP])
#define KI_IS_WRITE(context) (((context)->uc_mcontext.gregs[REG_ERR] & 2) != 0)
#define KI_IS_WILD(context) ((context)->uc_mcontext.gregs[REG_TRAPNO] == 13)
#elif defined(__linux__) && defined(__i386__)
#define KI_PROGRAM_COUNTER(context) ((context)->uc_mcontext.gregs[REG_EIP])
#define KI_IS_WRITE(context) (((context)->uc_mcontext.gregs[REG_ERR] & 2) != 0)
#elif defined(__linux__) && defined(__aarch64__)
#define KI_PROGRAM_COUNTER(context) ((context)->uc_mcontext.pc)
#define KI_IS_WRITE(context) KiIsWrite(context)
#elif defined(__APPLE__) && defined(__x86_64__)
#define KI_PROGRAM_COUNTER(context) ((context)->uc_mcontext->__ss.__rip)
#define KI_IS_WRITE(context) (((context)->uc_mcontext->__es.__err & 2) != 0)
#elif defined(__APPLE__) && defined(__aarch64__)
#define KI_PROGRAM_COUNTER(context) ((context)->uc_mcontext->__ss.__pc)
#else
#define KI_PROGRAM_COUNTER(context) ((void)(context), 0)
#endif
#if !defined(KI_IS_WRITE)
#define KI_IS_WRITE(context) ((void)(context), false)
#endif
#if !defined(KI_IS_WILD)
#define KI_IS_WILD(context) ((void)(context), false)
#endif

/* The brk that clang puts where a division by zero would go on with 0 (see
 * cmake/NtcallbackDriver.cmake). Any other is not ours. */
#define KI_BRK_DIVISION 0xD42AA060u

static bool KiIsOtherTrap(int Signal, const ucontext_t *Context)
{
    return Signal == SIGTRAP &&
           *(const uint32_t *)(uintptr_t)KI_PROGRAM_COUNTER(Context) != KI_BRK_DIVISION;
}

static EXCEPTION_RECORD KiDescribeFault(int Signal, const siginfo_t *Info, ucontext_t *Context)
{
    EXCEPTION_RECORD Record = {
        .ExceptionCode = Signal == SIGILL                        ? STATUS_ILLEGAL_INSTRUCTION
                         : Signal == SIGFPE || Signal == SIGTRAP ? STATUS_INTEGER_DIVIDE_BY_ZERO
                                                                 : STATUS_ACCESS_VIOLATION,
        .ExceptionAddress = (PVOID)(uintptr_t)KI_PROGRAM_COUNTER(Context),
    };

    if (Record.ExceptionCode == STATUS_ACCESS_VIOLATION) {
        Record.NumberParameters = 2;
        Record.ExceptionInformation[0] = KI_IS_WRITE(Context) ? 1 : 0;
        /* An address that is none (not canonical) is not told: Windows says all ones. */
        Record.ExceptionInformation[1] =
            KI_IS_WILD(Context) ? UINTPTR_MAX : (ULONG_PTR)Info->si_addr;
    }
    return Record;
}

/* F2 */
static void KiPassOn(int Signal, siginfo_t *Info, void *Context)
{
    const struct sigaction *Old = NULL;
    struct sigaction Default = {.sa_handler = SIG_DFL};
    size_t Index;

    for (Index = 0; Index < KI_SIGNALS; Index++) {
        if (KiSignals[Index] == Signal) {
            Old = &KiFaults.Old[Index];
        }
    }
    if (Old != NULL && (Old->sa_flags & SA_SIGINFO) != 0) {
        Old->sa_sigaction(Signal, Info, Context);
    } else if (Old != NULL && Old->sa_handler != SIG_DFL && Old->sa_handler != SIG_IGN) {
        Old->sa_handler(Signal);
    } else {
        sigaction(Signal, &Default, NULL); /* the instruction faults again, and that is the end */
        if (Info->si_code <= 0) {
            raise(Signal);
        }
    }
}

static void KiOnFault(int Signal, siginfo_t *Info, void *Context)
{
    if (Info->si_code > 0 && ntcb_exception_guarded() && !KiIsOtherTrap(Signal, Context)) {
        ucontext_t *Machine = Context;
        EXCEPTION_RECORD Record = KiDescribeFault(Signal, Info, Machine);

        pthread_sigmask(SIG_SETMASK, &Machine->uc_sigmask, NULL);
        ntcb_exception_raise(&Record);
    }
    KiPassOn(Signal, Info, Context);
}

static bool KiIsOurs(int Signal, struct sigaction *Now)
{
    return sigaction(Signal, NULL, Now) == 0 && (Now->sa_flags & SA_SIGINFO) != 0 &&
           Now->sa_sigaction == KiOnFault;
}

/* With the lock held. One look tells: nobody takes a part of these signals from us. */
static void KiArm(void)
{
    struct sigaction Action = {.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    struct sigaction Now;
    size_t Index;

    if (KiIsOurs(KiSignals[0], &Now)) {
        return;
    }
    Action.sa_sigaction = KiOnFault;
    sigemptyset(&Action.sa_mask);
    for (Index = 0; Index < KI_SIGNALS; Index++) {
        if (!KiIsOurs(KiSignals[Index], &Now)) {
            KiFaults.Old[Index] = Now; /* F1 */
            sigaction(KiSignals[Index], &Action, NULL);
        }
    }
}

void ntsim__faults_begin(void)
{
    pthread_mutex_lock(&KiFaults.Lock);
    KiFaults.Users++;
    KiArm();
    pthread_mutex_unlock(&KiFaults.Lock);
}

void ntsim__faults_arm(void)
{
    pthread_mutex_lock(&KiFaults.Lock);
    KiArm();
    pthread_mutex_unlock(&KiFaults.Lock);
}

void ntsim__faults_end(void)
{
    struct sigaction Now;
    size_t Index;

    pthread_mutex_lock(&KiFaults.Lock);
    if (--KiFaults.Users == 0) {
        for (Index = 0; Index < KI_SIGNALS; Index++) {
            if (KiIsOurs(KiSignals[Index], &Now)) { /* somebody who came after us stays */
                sigaction(KiSignals[Index], &KiFaults.Old[Index], NULL);
            }
        }
    }
    pthread_mutex_unlock(&KiFaults.Lock);
}
