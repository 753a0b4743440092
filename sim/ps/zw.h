/* SPDX-License-Identifier: MIT
 *
 * zw.h - the body of a Zw routine: its Nt service with PreviousMode KernelMode for as long as it
 * takes (REG-MODE-01), at PASSIVE_LEVEL (REG-MODE-05, DV-04).
 */
#ifndef SIM_PS_ZW_H
#define SIM_PS_ZW_H

#include "verifier/calls.h"

#include <ntcallback/kernel.h>
#include <ntsim/process.h>

/* The code that the calling thread makes handles for; ActFor returns what it was before. */
const void *PspActFor(const void *Caller);
const void *PspActsFor(void);

/* A violation of the IRQL is reported; the call is made all the same, as it would be on Windows. */
#define PSP_ZW(call)                                             \
    ntcb_require_kernel(__func__);                               \
    ntsim__check_zw(__func__, __builtin_return_address(0));      \
    KPROCESSOR_MODE Previous = ntsim_previous_mode(KernelMode);  \
    const void *Before = PspActFor(__builtin_return_address(0)); \
    NTSTATUS Status = call;                                      \
    (void)PspActFor(Before);                                     \
    ntsim_previous_mode(Previous);                               \
    return Status

#endif
