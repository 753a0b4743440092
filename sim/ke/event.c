/* SPDX-License-Identifier: MIT
 *
 * event.c - events.
 */
#include "ke/kip.h"

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    KipInitializeObject(&Event->Header,
                        Type == NotificationEvent ? KipEventNotification : KipEventSynchronization,
                        sizeof(*Event), State ? 1 : 0);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Increment);
    UNREFERENCED_PARAMETER(Wait); /* it only spares Windows a switch of threads */
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    return KipRequireObject(__func__, Event) ? KipSetState(&Event->Header, 1) : 0;
}

LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    return KipRequireObject(__func__, Event) ? KipSetState(&Event->Header, 0) : 0;
}

VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    if (KipRequireObject(__func__, Event)) {
        KipSetState(&Event->Header, 0);
    }
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    return KipRequireObject(__func__, Event) ? KipReadState(&Event->Header) : 0;
}
