/* SPDX-License-Identifier: MIT
 *
 * etw.h - events that drivers write with EtwWrite and its kin, as a trace session sees them.
 *
 *     ntsim_etw_listen(sim, on_event, &mine);   the providers' enable callbacks are told
 *     ... the driver works ...
 *     ntsim_etw_listen(sim, NULL, NULL);        they are told that nobody listens any more
 */
#ifndef NTSIM_ETW_H
#define NTSIM_ETW_H

#include <ntsim/sim.h>
#include <ntcallback/ddk/evntprov.h>

NTCB_BEGIN_DECLS

/* One event. Everything in it is valid only during the call that delivers it. */
struct ntsim_etw_event {
    const GUID *provider;
    const EVENT_DESCRIPTOR *descriptor; /* of EtwWriteString: its level and keyword */
    const GUID *activity;               /* NULL: none */
    const GUID *related;                /* NULL: none */
    const void *data;                   /* all data descriptors' bytes, one after the other */
    size_t bytes;
    uint32_t pid, tid; /* of the thread that wrote it */
};
/* Called on the thread that writes, with no lock held, at its IRQL. */
typedef void ntsim_etw_fn(void *context, const struct ntsim_etw_event *event);

/* ntsim_etw_listen - from now on every event of every provider, at every level, goes to `listener`;
 * NULL: to nobody, as at the start. Providers are told through their enable callbacks, on the
 * calling thread; those that are registered later are told then. When it returns, no event is on
 * its way to the listener before any more: not to be called from a listener or an enable callback.
 * Returns 0. */
NTCB_EXPORT int ntsim_etw_listen(struct ntsim *sim, ntsim_etw_fn *listener, void *context);
/* Number of providers that are registered. */
NTCB_EXPORT size_t ntsim_etw_providers(struct ntsim *sim);

NTCB_END_DECLS

#endif
