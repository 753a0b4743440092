/* SPDX-License-Identifier: MIT
 *
 * zw.h - the body of a Zw routine: its Nt service with PreviousMode KernelMode for as long as it
 * takes (REG-MODE-01), at PASSIVE_LEVEL (REG-MODE-05, DV-04).
 */
#ifndef SIM_PS_ZW_H
#define SIM_PS_ZW_H

#include <ntcallback/kernel.h>
#include <ntsim/process.h>

#define PSP_IRQL_ZW_PASSIVE 0x0002001Fu /* Driver Verifier's IrqlZwPassive */

/* A violation of the IRQL is reported; the call is made all the same, as it would be on Windows. */
#define PSP_ZW(call)                                                        \
    ntcb_require_kernel(__func__);                                          \
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-04", PSP_IRQL_ZW_PASSIVE); \
    KPROCESSOR_MODE Previous = ntsim_previous_mode(KernelMode);             \
    NTSTATUS Status = call;                                                 \
    ntsim_previous_mode(Previous);                                          \
    return Status

#endif
