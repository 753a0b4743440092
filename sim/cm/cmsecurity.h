/* SPDX-License-Identifier: MIT
 *
 * cmsecurity.h - the security descriptors of keys.
 *
 * State       State->Securities: every descriptor that a key has, once, however many keys have it.
 * Locks       State->Lock, as the tree; all functions here want it held, CmpCheckKey and
 *             CmpKeySecurity at least shared.
 * Invariants
 *   K1  A key has a descriptor from the moment it is in the tree; a view's is the key's own.
 *   K2  Two struct CMP_SECURITY never hold the same bytes. References counts keys.
 *   K3  Below is what a key made below one with this descriptor gets by default (as SYSTEM sets up
 *       the registry); a hint without a reference, NULL when that one is gone.
 */
#ifndef SIM_CM_CMSECURITY_H
#define SIM_CM_CMSECURITY_H

#include "cm/cmtree.h"
#include "se/sepsd.h"
#include "simp_hash.h"

struct CMP_SECURITY {
    UT_hash_handle hh; /* State->Securities, by Bytes */
    ULONG References;
    ULONG Length;
    struct SEP_PARTS Parts; /* point into Bytes */
    struct CMP_SECURITY *Below;
    const struct SEP_ACCOUNT *BelowFor;
    UCHAR Bytes[];
};

struct CMP_SECURITY *CmpSecurityOf(const struct CMP_KEY *Key);
/* The key's descriptor, self-relative; valid while the lock is held. */
const void *CmpKeySecurity(const struct CMP_KEY *Key, ULONG *Length);
/* Give a key, in the tree or not, a descriptor from bytes of any origin. SUCCESS,
 * INVALID_SECURITY_DESCR, UNKNOWN_REVISION, INVALID_SID, INVALID_ACL, INSUFFICIENT_RESOURCES; what
 * fails leaves the key as it was. */
NTSTATUS CmpGiveKeySecurity(struct CMP_STATE *State, struct CMP_KEY *Key, const void *Bytes,
                            ULONG Length);

/* The shared form of such bytes, referenced. */
NTSTATUS CmpShareSecurity(struct CMP_STATE *State, const void *Bytes, ULONG Length,
                          struct CMP_SECURITY **Security);
VOID CmpDropSecurity(struct CMP_STATE *State, struct CMP_SECURITY *Security);
/* Put a referenced one in the place of the key's. */
VOID CmpReplaceSecurity(struct CMP_STATE *State, struct CMP_KEY *Key,
                        struct CMP_SECURITY *Security);
/* What a key that Account makes below Parent (NULL: the first of all) gets, referenced. Explicit:
 * the descriptor it asked for, or NULL (REG-CRT-12). */
NTSTATUS CmpSecurityBelow(struct CMP_STATE *State, struct CMP_KEY *Parent,
                          const struct SEP_PARTS *Explicit, const struct SEP_ACCOUNT *Account,
                          struct CMP_SECURITY **Security);
/* May the token do that with the key? As SepCheckAccess, and what ntsim_registry_deny denies. */
NTSTATUS CmpCheckKey(const struct CMP_KEY *Key, const struct SEP_TOKEN *Token, ACCESS_MASK Desired,
                     ACCESS_MASK *Granted);
extern const GENERIC_MAPPING CmpMapping;

#endif
