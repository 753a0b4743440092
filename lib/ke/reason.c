/* SPDX-License-Identifier: MIT
 *
 * reason.c - why a registration was refused, for whoever is left with a bare status.
 */
#include "ke/kep.h"

#include <stdarg.h>
#include <stdio.h>

NTSTATUS KiRefuse(NTSTATUS Status, const char *Rule, const char *Format, ...)
{
    struct KE_REASON *Reason = &KiThread->Reason;
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Reason->What, sizeof(Reason->What), Format, Arguments);
    va_end(Arguments);
    Reason->Public = (struct ntcb_reason){Status, Rule, Reason->What};
    return Status;
}

const struct ntcb_reason *ntcb_last_reason(void)
{
    return &KiRequireThread(__func__)->Reason.Public;
}
