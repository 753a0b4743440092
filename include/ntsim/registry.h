/* SPDX-License-Identifier: MIT
 *
 * registry.h - set up the simulated registry without raising a notification.
 *
 * Paths are full ("\\REGISTRY\\MACHINE\\SOFTWARE\\X"), UTF-8, and not followed through links: one
 * that leads through a link, as ...\\SYSTEM\\CurrentControlSet\\X does, is NTCB_EINVAL; say
 * ControlSet001.
 * All functions return 0, NTCB_EINVAL, NTCB_ENOMEM or NTCB_ENOENT; those that change something also
 * NTCB_EBUSY: a transaction that has not ended stands in the way (docs/transactions.md).
 */
#ifndef NTSIM_REGISTRY_H
#define NTSIM_REGISTRY_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

/* Make the key and every missing key above it. volatile_key applies to those that are made; below a
 * volatile key all are. A stable key directly below MACHINE or USER is the root of a hive. */
NTCB_EXPORT int ntsim_registry_key(struct ntsim *sim, const char *path, bool volatile_key);
/* Make `path` a symbolic link to the absolute path `target`. */
NTCB_EXPORT int ntsim_registry_link(struct ntsim *sim, const char *path, const char *target);
/* Set a value; the key is made if missing. name may be "" for the default value. It may hold any
 * character. */
NTCB_EXPORT int ntsim_registry_value(struct ntsim *sim, const char *path, const char *name,
                                     uint32_t type, const void *data, size_t bytes);
/* User-mode opens that ask for any right in `rights` are refused with STATUS_ACCESS_DENIED; adds to
 * what was denied before. */
NTCB_EXPORT int ntsim_registry_deny(struct ntsim *sim, const char *path, uint32_t rights);
/* Remove the key and everything below it; open handles find it deleted. */
NTCB_EXPORT int ntsim_registry_remove(struct ntsim *sim, const char *path);
NTCB_EXPORT int ntsim_registry_remove_value(struct ntsim *sim, const char *path, const char *name);
/* Is there such a key? A link counts as a key. */
NTCB_EXPORT bool ntsim_registry_exists(struct ntsim *sim, const char *path);
/* Number of keys in the whole tree. */
NTCB_EXPORT size_t ntsim_registry_key_count(struct ntsim *sim);

/* ---- registry editor files (docs/reg-files.md) ---------------------------------------------- */

struct ntsim_feed_error; /* <ntsim/feed.h> */

/* ntsim_registry_import - put what `file` says into the registry, as `regedit /s` would, links
 * followed. A .reg file in any of its encodings; "-": standard input.
 * skip_bad: entries that are malformed or that no registry could hold are passed over; *passed_over
 * (may be NULL) gets their number.
 * Returns 0, NTCB_EINVAL, NTCB_ENOENT, NTCB_EIO, NTCB_EFORMAT (*error, which may be NULL, says
 * where, why and what to do; place.file is `file`), NTCB_ENOMEM. What came before a malformed
 * entry stays imported. */
NTCB_EXPORT int ntsim_registry_import(struct ntsim *sim, const char *file, bool skip_bad,
                                      uint64_t *passed_over, struct ntsim_feed_error *error);

/* Takes all of the text at once; returns 0 if it could. Not called under a lock. */
typedef int ntsim_registry_sink(void *context, const void *bytes, size_t size);

/* ntsim_registry_export - the key at `path` and everything below it as a registry editor file:
 * "Windows Registry Editor Version 5.00", UTF-16LE. Importing it makes the same keys, values and
 * links; the form does not tell volatile keys, classes and times. Keys outside MACHINE and USER are
 * written by their kernel names, which ntsim_registry_import reads and Windows does not.
 * Returns 0, NTCB_ENOENT, NTCB_EIO (the sink), NTCB_ENOMEM, or NTCB_EINVAL: an argument, or a name
 * that the form cannot write; ntsim_last_error says which. The sink is called on success only. */
NTCB_EXPORT int ntsim_registry_export(struct ntsim *sim, const char *path,
                                      ntsim_registry_sink *sink, void *context);

/* ---- hive files (docs/hives.md) -------------------------------------------------------------- */

/* ntsim_registry_load_hive - the hive in `file`, plain or in an .xz or .gz container, becomes the
 * key at `path`, in place of what is there; missing keys above it are made. At
 * \REGISTRY\MACHINE\SYSTEM the link CurrentControlSet is made as Select\Current says.
 * Returns 0, NTCB_EINVAL, NTCB_ENOENT, NTCB_EIO, NTCB_EFORMAT (no hive, or a damaged one),
 * NTCB_ENOMEM, NTCB_EBUSY (a transaction has changed keys at or below `path`, or another hive is
 * loaded below it); ntsim_last_error says what and what to do. Then nothing has changed, but for
 * keys made above `path`. */
NTCB_EXPORT int ntsim_registry_load_hive(struct ntsim *sim, const char *path, const char *file);
/* ntsim_registry_save_hive - the stable keys at and below `path` as a hive file (version 1.5),
 * written beside `file` and renamed. Returns 0, NTCB_EINVAL, NTCB_ENOENT, NTCB_EIO, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_registry_save_hive(struct ntsim *sim, const char *path, const char *file);

NTCB_END_DECLS

#endif
