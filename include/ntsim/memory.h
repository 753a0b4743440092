/* SPDX-License-Identifier: MIT
 *
 * memory.h - user memory of simulated processes: real pages that can be protected and taken away,
 * also by another thread while a driver uses them.
 *
 * Buffers that a test passes from user mode need not come from here: its stack and its heap count
 * as user memory too, unless ntsim_strict_user_memory() says otherwise. What comes from here faults
 * when it is protected or freed, and a service or a driver's __try gets STATUS_ACCESS_VIOLATION.
 */
#ifndef NTSIM_MEMORY_H
#define NTSIM_MEMORY_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

/* ntsim_user_allocate - zeroed pages for at least `bytes` bytes, page-aligned. `protection` is
 * PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE or one of their PAGE_EXECUTE_ forms (memory is never
 * executable here). NULL: bytes is 0, the protection is another, or no memory (ntsim_last_error).
 * The memory lives until the process exits. Any thread. */
NTCB_EXPORT void *ntsim_user_allocate(struct ntsim_process *process, size_t bytes,
                                      uint32_t protection);

/* ntsim_user_copy - the same, readable and writable, filled with a copy of `bytes` bytes. */
NTCB_EXPORT void *ntsim_user_copy(struct ntsim_process *process, const void *data, size_t bytes);

/* ntsim_user_protect - change the protection of the host's pages that hold the range. Contents
 * stay. Returns 0, or NTCB_EINVAL: not within one allocation of the process, freed, or no such
 * protection. Any thread, at any time. */
NTCB_EXPORT int ntsim_user_protect(struct ntsim_process *process, void *address, size_t bytes,
                                   uint32_t protection);

/* ntsim_user_free - take the allocation that begins at `address` away. The addresses stay reserved
 * until the process exits: a stale pointer faults and never meets somebody else's memory.
 * Returns 0, or NTCB_EINVAL: no allocation begins there, or it is freed already. */
NTCB_EXPORT int ntsim_user_free(struct ntsim_process *process, void *address);

/* ntsim_strict_user_memory - true: from user mode only memory of this header, of the current
 * process, is accepted, by services and by ProbeForRead and ProbeForWrite; everything else is
 * STATUS_ACCESS_VIOLATION. False (at the start): host memory is accepted too. */
NTCB_EXPORT void ntsim_strict_user_memory(struct ntsim *sim, bool strict);

NTCB_END_DECLS

#endif
