/* SPDX-License-Identifier: MIT
 *
 * etwp.h - event providers: the state of the component.
 */
#ifndef SIM_ETW_ETWP_H
#define SIM_ETW_ETWP_H

#include "simp.h"

#include <ntsim/etw.h>

struct ETWP_PROVIDER;

struct ETWP_STATE {
    const struct ntcb_host_ops *Host;
    struct ntcb_monitor *Monitor;
    struct ETWP_PROVIDER *Providers;
    REGHANDLE Newest; /* handles are numbers, which do not come again */
    ntsim_etw_fn *Listener;
    void *Context;
    BOOLEAN Switching; /* a thread is in ntsim_etw_listen */
    ULONG Turn;        /* 0 or 1; another with each session */
    ULONG Writing[2];  /* events on their way to the session of that turn */
};

#endif
