/* SPDX-License-Identifier: MIT
 *
 * cmhivehost.h - hive files as bytes, put at a path and taken from one by the harness.
 */
#ifndef SIM_CM_CMHIVEHOST_H
#define SIM_CM_CMHIVEHOST_H

#include <ntsim/sim.h>

/* The hive in bytes becomes the key at path, in place of what is there. 0, or an NTCB_E that
 * ntsim_last_error() explains; name is the file's, for that. Binds the calling thread. */
int ntsim__hive_load(struct ntsim *sim, const char *path, const char *name, const void *bytes,
                     size_t size);
/* The key at path as a hive; *bytes: ntsim__release_in. */
int ntsim__hive_save(struct ntsim *sim, const char *path, void **bytes, size_t *size);

#endif
