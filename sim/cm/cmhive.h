/* SPDX-License-Identifier: MIT
 *
 * cmhive.h - hive files: bytes to a tree of keys, and a tree to bytes (docs/hives.md).
 */
#ifndef SIM_CM_CMHIVE_H
#define SIM_CM_CMHIVE_H

#include "cm/cmtree.h"

/* CmpReadHive - the keys of a hive file as a tree of its own: the root has no parent, and whatever
 * name the file gives it. Locked.
 *
 * Returns STATUS_SUCCESS                 *Root: one reference, the caller's
 *         STATUS_NOT_REGISTRY_FILE       too short, or no base block (REG-LOD-03)
 *         STATUS_REGISTRY_CORRUPT        a cell, a list or a name that cannot be; nothing is kept
 *         STATUS_INSUFFICIENT_RESOURCES
 *         STATUS_NOT_IMPLEMENTED         this build is without libhivex (reported) */
NTSTATUS CmpReadHive(struct CMP_STATE *State, const void *Bytes, SIZE_T Count,
                     struct CMP_KEY **Root);

/* CmpWriteHive - the stable keys at and below Root as a hive file. Locked.
 *
 * Name    the root's in the file; the hive's, not the key's, is what Windows writes
 * Format  REG_STANDARD_FORMAT (1.3), REG_LATEST_FORMAT or REG_NO_COMPRESSION (1.5)
 * Bytes   the simulator's memory: ntsim__release
 * Returns STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES */
NTSTATUS CmpWriteHive(struct CMP_STATE *State, const struct CMP_KEY *Root, ULONG Format,
                      PVOID *Bytes, PSIZE_T Count);

#endif
