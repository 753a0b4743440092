/* SPDX-License-Identifier: MIT
 *
 * tracep.h - what the files of sim/trace/ share.
 */
#ifndef SIM_TRACE_TRACEP_H
#define SIM_TRACE_TRACEP_H

#include <ntsim/trace.h>
#include <ntcallback/ddk/ntifs.h>

/* What one notification is about. Strings are malloc'ed or NULL. */
struct ntsim__names {
    char *key;
    char *value;
    char *image;
};

/* ntsim__names_get - read them from a notification's structure. Must run before the callback, which
 * may let go of what the structure points to. Memory that is missing leaves a string NULL. */
void ntsim__names_get(struct ntsim__names *names, const struct ntcb_call *call);
void ntsim__names_free(struct ntsim__names *names);

/* ntsim__driver_name - the name of the DRIVER_OBJECT at `owner`, malloc'ed; "" when there is none:
 * a driver may register with any pointer (CM-REG-17). NULL: no memory. */
char *ntsim__driver_name(const void *owner);

/* A member of the notification that its callbacks may change; 0 where they decide otherwise. */
int64_t ntsim__changeable(const struct ntcb_call *call);
/* Of a call that is over: by what it changed, or by what it returned. */
enum ntsim_decision ntsim__decision(const struct ntcb_call *call, int64_t before);
/* The class of a call: REG_NOTIFY_CLASS or NTSIM_CLASS_*. */
int ntsim__trace_class(const struct ntcb_call *call);

#endif
