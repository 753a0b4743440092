/* SPDX-License-Identifier: MIT
 *
 * etwp.h - event providers: the state of the component.
 *
 * Locks   ETWP_STATE.Lock protects all of it; a leaf. No driver's or harness's routine runs under
 *         it.
 */
#ifndef SIM_ETW_ETWP_H
#define SIM_ETW_ETWP_H

#include "simp.h"

#include <ntsim/etw.h>

struct ETWP_PROVIDER;

struct ETWP_STATE {
    struct ntsim__lock *Lock;
    struct ETWP_PROVIDER *Providers;
    REGHANDLE Newest; /* handles are numbers, which do not come again */
    ntsim_etw_fn *Listener;
    void *Context;
};

#endif
