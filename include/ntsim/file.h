/* SPDX-License-Identifier: MIT
 *
 * file.h - files of the simulated machine: a directory of the host is the volume C:.
 *
 * Drivers and programs reach it as \??\C:\X, \DosDevices\C:\X, \SystemRoot\X (which is
 * \??\C:\Windows\X) and \Device\HarddiskVolume3\X, by ZwCreateFile and its kin (docs/files.md).
 * Names are found whatever their case. Nothing leads out of the directory: "." and ".." are no
 * names, and links of the host are not followed. Without this call there is no volume.
 */
#ifndef NTSIM_FILE_H
#define NTSIM_FILE_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

/* ntsim_volume - `directory` is the volume, until the simulator ends. Once for each simulator, from
 * any thread. Returns 0, NTCB_EINVAL (NULL), NTCB_ENOENT (no such directory), NTCB_EBUSY (there is
 * one), NTCB_ENOMEM; ntsim_last_error says more. */
NTCB_EXPORT int ntsim_volume(struct ntsim *sim, const char *directory);

NTCB_END_DECLS

#endif
