/* SPDX-License-Identifier: MIT
 *
 * cmnotify.h - the two notifications of an operation, and the tally of those that changed it.
 */
#ifndef SIM_CM_CMNOTIFY_H
#define SIM_CM_CMNOTIFY_H

#include "ps/tally.h"

#include <ntcallback/dispatch.h>

static inline NTSTATUS CmpNotifyPre(struct ntcb_registry_pass *Pass, REG_NOTIFY_CLASS Class,
                                    PVOID Information)
{
    NTSTATUS Status = ntcb_registry_pre(Pass, Class, Information);

    PspTally()->overrides += !NT_SUCCESS(Status);
    return Status;
}

static inline NTSTATUS CmpNotifyPost(struct ntcb_registry_pass *Pass, PVOID Object, NTSTATUS Status,
                                     PVOID *Left)
{
    NTSTATUS Result = ntcb_registry_post(Pass, Object, Status, Left);

    PspTally()->overrides += Result != Status;
    return Result;
}

#endif
