/* SPDX-License-Identifier: MIT
 *
 * decision.c - what a callback has decided, told from the notification before and after the call.
 */
#include "trace/tracep.h"

int64_t ntsim__changeable(const struct ntcb_call *call)
{
    const OB_PRE_OPERATION_INFORMATION *handle = call->information;

    switch (ntsim__trace_class(call)) {
    case NTSIM_CLASS_PROCESS_CREATE:
        return call->information != NULL
                   ? ((const PS_CREATE_NOTIFY_INFO *)call->information)->CreationStatus
                   : 0;
    case NTSIM_CLASS_HANDLE_PRE:
        return handle->Operation == OB_OPERATION_HANDLE_CREATE
                   ? handle->Parameters->CreateHandleInformation.DesiredAccess
                   : handle->Parameters->DuplicateHandleInformation.DesiredAccess;
    default:
        return 0;
    }
}

enum ntsim_decision ntsim__decision(const struct ntcb_call *call, int64_t before)
{
    enum ntsim_phase phase = ntsim_notify_class_phase(ntsim__trace_class(call));
    int32_t status = call->status;
    bool layered = ntcb_kernel_config(ntcb_kernel_current())->windows >= NTCB_WINDOWS_VISTA;

    if (call->registration->manager != NTCB_MANAGER_REGISTRY && call->information == NULL)
        return NTSIM_DECISION_NONE; /* nothing to decide, or an exception ended the call */
    if (call->registration->manager != NTCB_MANAGER_REGISTRY)
        return ntsim__changeable(call) == before               ? NTSIM_DECISION_NONE
               : phase == NTSIM_PHASE_PRE                      ? NTSIM_DECISION_OVERRODE
               : NT_SUCCESS((NTSTATUS)ntsim__changeable(call)) ? NTSIM_DECISION_NONE
                                                               : NTSIM_DECISION_BLOCKED;
    if (phase == NTSIM_PHASE_PRE && !NT_SUCCESS(status))
        return status == STATUS_CALLBACK_BYPASS && layered ? NTSIM_DECISION_BYPASSED
                                                           : NTSIM_DECISION_BLOCKED;
    if (phase == NTSIM_PHASE_POST && status == STATUS_CALLBACK_BYPASS && layered)
        return NTSIM_DECISION_OVERRODE;
    return NTSIM_DECISION_NONE;
}
