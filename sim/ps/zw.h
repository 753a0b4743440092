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

/* A violation of the IRQL is reported; the call is made all the same, as it would be on Windows. */
#define PSP_ZW(call)                                            \
    ntcb_require_kernel(__func__);                              \
    ntsim__check_zw(__func__, __builtin_return_address(0));     \
    KPROCESSOR_MODE Previous = ntsim_previous_mode(KernelMode); \
    NTSTATUS Status = call;                                     \
    ntsim_previous_mode(Previous);                              \
    return Status

#endif
