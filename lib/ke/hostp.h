/* SPDX-License-Identifier: MIT
 *
 * hostp.h - what the host_*.c files share. No NT types: some of them include the host's own.
 */
#ifndef LIB_KE_HOSTP_H
#define LIB_KE_HOSTP_H

#include <ntcallback/host.h>

/* Print and abort. */
_Noreturn void KiFatal(const char *Message);

/* Go back to where ntcb_seh_setjmp() filled Buffer; it returns 1 there. */
_Noreturn void KiJump(void *Buffer);

/* The process-wide barrier; see ntcb_host_ops. */
bool KiHeavyFenceAvailable(void *Context);
void KiHeavyFence(void *Context);

#endif
