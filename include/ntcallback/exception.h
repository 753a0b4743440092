/* SPDX-License-Identifier: MIT
 *
 * exception.h - structured exceptions as a simulator and a host see them.
 *
 * A driver's __try, a guard of the library and a guard of the simulator are frames of one chain,
 * which the current kernel's record of the thread holds. An exception goes to the innermost frame;
 * the frames further in, and the passes begun inside it, are gone when it arrives.
 *
 *     struct ntcb_seh_frame guard;
 *
 *     guard.kind = NTCB_SEH_GUARD;
 *     if (ntcb_seh_setjmp(ntcb_seh_open(&guard)) == 0) {
 *         call_the_driver();
 *         ntcb_seh_done(&guard);
 *     } else {
 *         ... ntcb_exception_record() ...
 *     }
 *
 * A guard is left by no other way; what it changes before the exception and reads after it is
 * volatile, or not its own variable.
 */
#ifndef NTCALLBACK_EXCEPTION_H
#define NTCALLBACK_EXCEPTION_H

#include <ntcallback/dispatch.h>
#include <ntcallback/ddk/excpt.h>

NTCB_BEGIN_DECLS

/* ntcb_exception_guarded - is the calling thread in a kernel, inside any frame? May be called from
 * a signal handler. */
NTCB_EXPORT bool ntcb_exception_guarded(void);

/* ntcb_exception_raise - hand the record (copied) to the innermost frame. Returns only when there
 * is none. From a handler of a signal that the thread itself has caused: restore the signal mask
 * first. */
NTCB_EXPORT void ntcb_exception_raise(const EXCEPTION_RECORD *record);

/* ntcb_exception_record - the exception that arrived last on this thread; valid until the next. */
NTCB_EXPORT const EXCEPTION_RECORD *ntcb_exception_record(void);

/* ntcb_exception_report - say that the last exception left `routine`, which nobody guarded: a bug
 * check with the record's code and address, by `rule`. `what` begins the sentence. NULL: the
 * callback that was left, if one was. */
NTCB_EXPORT void ntcb_exception_report(const char *rule, const void *routine, const char *what);

NTCB_END_DECLS

#endif
