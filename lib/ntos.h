/* SPDX-License-Identifier: MIT
 *
 * ntos.h - the whole kernel on one page: every component's state, by value.
 *
 * Only ntos.c includes this. A component sees its own state through its accessor
 * (PspCallbackState(), CmpCallbackState(), ...), declared in its private header and defined in
 * ntos.c.
 *
 * Start-up order: ke, ex, ps, cm, ob. Teardown in reverse.
 */
#ifndef LIB_NTOS_H
#define LIB_NTOS_H

#include "cm/cmp.h"
#include "ex/exp.h"
#include "ke/kep.h"
#include "ob/obp.h"
#include "ps/psp.h"

struct ntcb_kernel {
    struct KE_STATE Ke;
    struct EXP_STATE Ex;
    struct PSP_STATE Ps;
    struct CMP_STATE Cm;
    struct OBP_STATE Ob;
};

/* ntos_registrations.c: report, as DV-20, what is still registered; returns how many. */
ULONG NtosReportLeftovers(struct ntcb_kernel *Kernel);

#endif
