/* SPDX-License-Identifier: MIT
 *
 * cmhost.h - the tree by UTF-8 paths, for cminit.c and <ntsim/registry.h>; raises no notification.
 *
 * The calling thread is bound to the simulator. Results are 0 or NTCB_E.
 */
#ifndef SIM_CM_CMHOST_H
#define SIM_CM_CMHOST_H

#include "cm/cmtree.h"

#include <ntsim/process.h>

/* Let flags be worked out from where the key is (ntsim_registry_key). */
#define CMP_FLAGS_BY_PLACE 0x80000000u

/* Make the key if it is missing, its missing parents by place; the flags are for the last one.
 * link_target (may be NULL) makes it a link. */
int ntsim__registry_make(struct CMP_STATE *state, const char *path, ULONG flags,
                         const char *link_target);
/* The key that path's last component hangs below, made if missing, and that component, whose text
 * is *wide's: ntsim__release(wide->Buffer). Locked. */
int ntsim__registry_parent(struct CMP_STATE *state, const char *path, struct CMP_KEY **parent,
                           UNICODE_STRING *last, UNICODE_STRING *wide);
/* NTCB_ENOENT when there is none. The caller holds the lock, or is alone. */
int ntsim__registry_find(struct CMP_STATE *state, const char *path, struct CMP_KEY **out);

/* ntsim_registry_set_security, within the simulator. */
int ntsim__registry_secure(struct CMP_STATE *state, const char *path, const char *sddl);

/* The descriptor of the key that a kernel-mode caller's handle leads to, self-relative: as much of
 * it as there is room for; the bytes that it has, or 0: no handle to a key. */
ULONG ntsim__registry_descriptor(HANDLE handle, void *buffer, ULONG room);

/* A handle to the key in the process's table, as if opened before anybody listened: no
 * notification, no access check, links and \REGISTRY\A not in the way. */
int ntsim__registry_handle(struct ntsim_process *process, const char *path, ACCESS_MASK granted,
                           HANDLE *handle);

#endif
