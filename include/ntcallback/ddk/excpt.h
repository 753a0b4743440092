/* SPDX-License-Identifier: MIT */
/*
 * excpt.h - structured exceptions: __try, __except, __finally, __leave and what goes with them.
 *
 * Role        ntcallback_add_driver puts this in front of every source of a driver (ntcb_driver.h).
 *             A frame in the protected function's stack joins a chain that the kernel's record of
 *             the thread holds; an exception goes to the innermost frame by longjmp.
 * Limits      docs/exceptions.md. A function with a __try is compiled without optimisation; a
 *             __try body that has a __finally is not left by return, goto, break or continue.
 * Form        __try opens a block that the handler's keyword closes. It first jumps to the few
 *             statements which that keyword has put behind the body, because only there is known
 *             what kind of frame this is, and then back to push the frame. Labels are local to the
 *             block: __leave finds the innermost body, from nested loops too. The handler is the
 *             body of a plain `if`, so that break, continue, return and goto keep their meaning.
 */
#ifndef NTCB_EXCPT_H
#define NTCB_EXCPT_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

/* At least a jmp_buf: 200 bytes on x64, 312 on arm64 with glibc. */
#define NTCB_SEH_BUFFER 320

enum ntcb_seh_kind { NTCB_SEH_GUARD, NTCB_SEH_EXCEPT, NTCB_SEH_FINALLY };

/* One guarded body, in the stack of its function; all members are the kernel's. */
struct ntcb_seh_frame {
    struct ntcb_seh_frame *next;         /* further out */
    struct ntcb_seh_finally *finally;    /* innermost __finally that ran when the frame began */
    const void *limit;                   /* registry callback the thread was inside of */
    ULONGLONG environment;               /* IRQL and APC state; a guard restores them */
    ULONG depth;                         /* passes the thread had open */
    ULONG filters;                       /* filters that were being evaluated */
    int kind;                            /* enum ntcb_seh_kind */
    int open;                            /* the body is running */
    UCHAR buffer[NTCB_SEH_BUFFER] __attribute__((aligned(16)));
};

/* One __finally block that runs. */
struct ntcb_seh_finally {
    int entered;
    int abnormal;
    struct ntcb_seh_finally *next;
    EXCEPTION_RECORD record;             /* what goes on behind the block, if abnormal */
};

/* The host's setjmp that leaves signal masks alone. On Windows it also takes a frame, up to which
 * longjmp would unwind; without one it just goes there, as elsewhere. */
#define NTCB_SEH_TEXT_(x) #x
#define NTCB_SEH_TEXT(x) NTCB_SEH_TEXT_(x)
#ifdef _WIN32
int ntcb_seh_setjmp_to(void *buffer, void *frame) __asm__(
    NTCB_SEH_TEXT(__USER_LABEL_PREFIX__) "_setjmp") __attribute__((returns_twice));
#define ntcb_seh_setjmp(buffer) ntcb_seh_setjmp_to((buffer), 0)
#else
int ntcb_seh_setjmp(void *buffer) __asm__(NTCB_SEH_TEXT(__USER_LABEL_PREFIX__) "_setjmp")
    __attribute__((returns_twice));
#endif

/* Begin and end a body. ntcb_seh_open returns what to hand to ntcb_seh_setjmp. */
NTKERNELAPI void *ntcb_seh_open(struct ntcb_seh_frame *frame);
NTKERNELAPI void ntcb_seh_done(struct ntcb_seh_frame *frame);
/* The frame's scope ends: by falling out of it, or by return, goto, break, continue. */
NTKERNELAPI void ntcb_seh_close(struct ntcb_seh_frame *frame);
/* Has an exception ended the body above? Begins the evaluation of its filter. */
NTKERNELAPI int ntcb_seh_arrived(void);
/* The filter's verdict. Comes back when the handler is to run. */
NTKERNELAPI int ntcb_seh_accept(int verdict);
/* The condition of the loop around a __finally block: true once. */
NTKERNELAPI int ntcb_seh_finally(struct ntcb_seh_finally *block);
NTKERNELAPI void ntcb_seh_forget(struct ntcb_seh_finally *block);
NTKERNELAPI ULONG ntcb_seh_code(void);
NTKERNELAPI PEXCEPTION_POINTERS ntcb_seh_information(void);
NTKERNELAPI int ntcb_seh_abnormal(void);

NTCB_DDK_END_DECLS

/* The harness has no use for the keywords, and its C++ libraries define some of their own. */
#if defined(NTCB_DRIVER_DIALECT) || defined(NTCB_SEH_KEYWORDS)

#undef __try
#undef __except
#undef __finally
#undef __leave

#define __try                                                                              \
    {                                                                                      \
        __label__ ntcb_seh_leave, ntcb_seh_which, ntcb_seh_body;                           \
        struct ntcb_seh_frame ntcb_seh_here __attribute__((cleanup(ntcb_seh_close)));      \
        goto ntcb_seh_which;                                                               \
    ntcb_seh_body:                                                                         \
        if (ntcb_seh_setjmp(ntcb_seh_open(&ntcb_seh_here)) == 0)

#define NTCB_SEH_END(Kind)                                                                 \
        if (0) {                                                                           \
        ntcb_seh_which:                                                                    \
            ntcb_seh_here.kind = (Kind);                                                   \
            goto ntcb_seh_body;                                                            \
        }                                                                                  \
    ntcb_seh_leave:                                                                        \
        __attribute__((unused));                                                           \
        ntcb_seh_done(&ntcb_seh_here);                                                     \
    }

#define __except(Filter)                                                                   \
    NTCB_SEH_END(NTCB_SEH_EXCEPT)                                                          \
    if (ntcb_seh_arrived() && ntcb_seh_accept((int)(Filter)))

#define __finally                                                                          \
    NTCB_SEH_END(NTCB_SEH_FINALLY)                                                         \
    for (struct ntcb_seh_finally ntcb_seh_last                                             \
             __attribute__((cleanup(ntcb_seh_forget))) = {0, 0, 0, {0}};                   \
         ntcb_seh_finally(&ntcb_seh_last);)

#define __leave goto ntcb_seh_leave

#define GetExceptionCode() ((NTSTATUS)ntcb_seh_code())
#define _exception_code() ntcb_seh_code()
#define GetExceptionInformation() ntcb_seh_information()
#define _exception_info() ((void *)ntcb_seh_information())
#define AbnormalTermination() ntcb_seh_abnormal()
#define _abnormal_termination() ntcb_seh_abnormal()

#endif

#endif
