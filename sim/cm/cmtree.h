/* SPDX-License-Identifier: MIT
 *
 * cmtree.h - the registry tree: keys, values, names; private to sim/cm.
 *
 * State       CmpState(): the root key, the lock, counters.
 * Locks       State->Lock protects every field of every CMP_KEY, CMP_VALUE and CMP_NAME. CmpLock
 *             excludes everybody; with CmpLockShared one may read, and change what T7 says. Inside
 *             it only a key's lock, the pool's lock and the host allocator's are taken, and it is
 *             never held while a callback runs. Functions marked "locked" want it held, those that
 *             change something by CmpLock, unless T7 says otherwise.
 * Memory      The tree is the simulator's own memory, not pool: it belongs to no driver.
 * Invariants
 *   T1  A key that is not deleted is in exactly one of its parent's two child indexes, and that
 *       membership is one reference. A deleted key is in none and has no children.
 *   T2  A key holds one reference on its parent for as long as it exists, deleted or not: a deleted
 *       key still knows its path (CM-OID-08).
 *   T3  Child indexes are sorted by upcased name; no two children of one key compare equal.
 *   T4  Key->Values and Key->ValuesByName hold the same values, in order of creation (REG-SET-08),
 *       which is that of their sequences, and by upcased name.
 *   T5  Whatever can fail (memory) is done before the first change: a function that fails has
 *       changed nothing.
 *   T6  References are counted without a lock. Who has or finds a reference under the lock may add
 *       one; who takes the last one away frees the key, under CmpLock: nobody can find it then
 *       (T1).
 *   T7  Values, LastWriteTime, the marks of values and the words of NtSetInformationKey of a key
 *       that is in no transaction's hands (Shadows and Maker are NULL) are also read and changed
 *       under CmpLockShared with the key's lock, while no key is watched (WatchCount is 0). Those
 *       of any other key, and all else, change under CmpLock alone; so do Shadows, Maker and
 *       WatchCount themselves.
 */
#ifndef SIM_CM_CMTREE_H
#define SIM_CM_CMTREE_H

#include "cm/cmindex.h"

#include <stdatomic.h>

#define CMP_TAG 0x79654B43u /* "CKey" */

#define CMP_COMPONENT_MAX 255     /* WCHARs of one key name, REG-NS-04 */
#define CMP_VALUE_NAME_MAX 32767u /* bytes, REG-SET-02 */
#define CMP_DATA_MAX 0x80000000u  /* bytes, REG-SET-02 */
#define CMP_DEPTH_MAX 512         /* levels, REG-NS-04 */

/* Text as stored, followed by the same text upcased. Immutable. */
struct CMP_NAME {
    USHORT Length; /* bytes, of either */
    WCHAR Text[];
};

struct CMP_VALUE {
    struct CMP_NAME *Name; /* in the value's own block */
    ULONG Type;
    ULONG DataLength;
    PVOID Data;         /* NULL when DataLength is 0; Small when it fits there */
    ULONGLONG Sequence; /* which of the key's values is older */
    UCHAR Small[8];
};

#define CMP_KEY_VOLATILE 0x01u
#define CMP_KEY_LINK 0x02u
#define CMP_KEY_HIVE_ROOT 0x04u /* cannot be deleted or renamed (REG-DEL-02, REG-REN-05) */
#define CMP_KEY_DELETED 0x08u
#define CMP_KEY_NO_TRAVERSE 0x10u /* \REGISTRY\A (REG-LOD-04) */
#define CMP_KEY_ADMIN_ONLY 0x20u  /* user mode makes no keys directly below it (REG-CRT-10) */
#define CMP_KEY_VIEW 0x40u        /* no key of the tree: a transaction's view of one (cmtxn.h) */
#define CMP_KEY_UNLOADED 0x80u    /* deleted by the unloading of its hive (REG-UNL-01) */

enum { CmpStable, CmpVolatile, CmpStorageTypes };

/* What a lookup reads stands at the end, before the name that the key was made with. */
struct CMP_KEY {
    struct CMP_INDEX Children[CmpStorageTypes];
    struct CMP_INDEX Values;
    struct CMP_INDEX ValuesByName;
    struct CMP_NAME *Class; /* NULL: none */
    ULONG_PTR Id;           /* never 0, never reissued (CM-OID-11) */
    LONGLONG LastWriteTime;
    struct CMP_WATCH *Watches; /* NULL: nobody wants to hear of changes (cmwatch.h) */
    ULONG MaxNameLength;       /* bytes; high-water marks (REG-SET-08) */
    ULONG MaxClassLength;
    ULONG MaxValueNameLength;
    ULONG MaxValueDataLength;
    ULONG Wow64Flags; /* set and queried, without effect (REG-SIK-01) */
    ULONG ControlFlags;
    ULONG DebugFlags;
    ULONG VirtualizationFlags;
    struct CMP_SECURITY *Security; /* referenced (cmsecurity.h); of a view: not to be used */
    struct CMP_TRANSACTION *Maker; /* NULL: the key is everybody's */
    struct CMP_SHADOW *Shadows;    /* NULL: no transaction has changed this key (cmtxn.h) */
    _Atomic ULONG References;
    ULONG Flags;                  /* CMP_KEY_* */
    ACCESS_MASK Denied;           /* rights user mode never gets, whatever Security says */
    ULONG Seed;                   /* cmlookup.c, H3 */
    ULONG Hash;                   /* cmlookup.c */
    struct CMP_KEY *NextInBucket; /* cmlookup.c */
    struct CMP_KEY *Parent;
    struct CMP_NAME *Name; /* in the key's own block until it gets another (CmpGiveName) */
};

#define CMP_KEY_LOCKS 64u /* each for all keys that hash to it */

struct CMP_OBJECTS;
struct CMP_SECURITY;

struct CMP_STATE {
    struct ntsim__shared_lock *Lock; /* NULL after teardown, when a single thread is left */
    struct ntsim__lock *KeyLocks[CMP_KEY_LOCKS];
    const struct ntcb_host_ops *Host;
    enum ntcb_windows Windows;
    struct CMP_KEY *Root; /* \REGISTRY */
    ULONG_PTR NextId;
    SIZE_T KeyCount;          /* keys in the tree */
    struct CMP_KEY **Buckets; /* cmlookup.c; a power of two */
    SIZE_T BucketCount;
    SIZE_T LookupCount;
    struct CMP_SECURITY *Securities; /* hash of all descriptors (cmsecurity.h) */
    struct CMP_OBJECTS *Objects;     /* all key objects (cmkeyservices.c) */
    LIST_ENTRY Names;                /* lent to drivers (cmkeyservices.c) */
    LIST_ENTRY Hives;                /* that were loaded (cmmount.h) */
    ULONG WatchCount;                /* of all keys (cmwatch.h) */
    LIST_ENTRY Posts;                /* requests that wait for a change */
    LIST_ENTRY Completed;            /* and those whose answer is on its way */
    atomic_uint ReadOnlyHives;       /* of these; written under Lock */
    atomic_uint LateHives;           /* of these: go with the last key object in them */
    struct ntsim__lock *FileLock;    /* hives' files are written one at a time; outside Lock */
};

/* ---- cmlock.c ---- */
NTSTATUS CmpCreateLocks(struct CMP_STATE *State, struct ntsim *Sim);
VOID CmpDestroyLocks(struct CMP_STATE *State, struct ntsim *Sim);
VOID CmpLock(struct CMP_STATE *State);
VOID CmpUnlock(struct CMP_STATE *State); /* gives the answers that have become due (cmwatch.h) */
VOID CmpLockShared(struct CMP_STATE *State);
VOID CmpUnlockShared(struct CMP_STATE *State);
/* T7 of Key, which is no view; inside CmpLockShared. One at a time. */
VOID CmpLockKey(struct CMP_STATE *State, const struct CMP_KEY *Key);
VOID CmpUnlockKey(struct CMP_STATE *State, const struct CMP_KEY *Key);

/* ---- cmwatch.c: telling who watches; locked ---- */
/* Key has changed: REG_NOTIFY_CHANGE_*. NAME: it came, went, or is called otherwise. */
VOID CmpReportChange(struct CMP_KEY *Key, ULONG Filter);
/* Key is deleted: whoever watches it hears so. */
VOID CmpDropWatches(struct CMP_KEY *Key);
/* CmpUnlock's: the answers that are due, and, with nothing locked, giving them. */
BOOLEAN CmpTakeCompleted(struct CMP_STATE *State, PLIST_ENTRY Completed);
VOID CmpDeliverAll(PLIST_ENTRY Completed);
/* Thread ends, and with it what it asked for. Not locked. */
VOID CmpEndThreadPosts(struct ntsim_thread *Thread);

/* ---- cmname.c ---- */
/* REG-NS-02. Most characters are found here. */
static inline WCHAR CmpUpcase(WCHAR Unit)
{
    return Unit >= 0x80                   ? RtlUpcaseUnicodeChar(Unit)
           : Unit >= u'a' && Unit <= u'z' ? (WCHAR)(Unit - u'a' + u'A')
                                          : Unit;
}
/* How much memory a name of so many bytes takes, and how it is written there. */
SIZE_T CmpNameMemory(USHORT Bytes);
struct CMP_NAME *CmpWriteName(PVOID Memory, PCWSTR Text, USHORT Bytes);
struct CMP_NAME *CmpCreateName(PCWSTR Text, USHORT Bytes);
/* <0, 0, >0: Text, in any case, against Name (REG-NS-02). */
int CmpCompareName(PCUNICODE_STRING Text, const struct CMP_NAME *Name);
/* A view of the stored text. */
UNICODE_STRING CmpNameString(const struct CMP_NAME *Name);
/* Take the next component off Rest, past any number of backslashes (REG-NS-07); FALSE at the end.
 */
BOOLEAN CmpNextComponent(PUNICODE_STRING Rest, PUNICODE_STRING Component);
/* Does Rest hold no further component? */
BOOLEAN CmpIsLast(UNICODE_STRING Rest);
BOOLEAN CmpStringEquals(PCUNICODE_STRING String, PCWSTR Literal);

/* ---- cmlookup.c; all locked ---- */
NTSTATUS CmpStartLookup(struct CMP_STATE *State); /* SUCCESS, INSUFFICIENT_RESOURCES */
VOID CmpEndLookup(struct CMP_STATE *State);
VOID CmpAddToLookup(struct CMP_STATE *State, struct CMP_KEY *Key);
VOID CmpRemoveFromLookup(struct CMP_STATE *State, const struct CMP_KEY *Key);
/* By its Parent and Name: the Seed of a key that is being made. */
ULONG CmpHashKey(const struct CMP_KEY *Key);

#define CMP_ROUTE_STEPS 8u
#define CMP_ROUTE_UNITS 256u

/* The next steps of a walk. Route->Next and Count are 0 at first; valid while locked. */
struct CMP_ROUTE {
    ULONG Next;
    ULONG Count;
    struct CMP_ROUTE_STEP {
        WCHAR *Upper;
        USHORT Length; /* bytes */
        ULONG Seed;    /* of the parent, as foreseen */
        ULONG Hash;
    } Steps[CMP_ROUTE_STEPS];
    WCHAR Upper[CMP_ROUTE_UNITS + 3];
};

/* The subkey Name of Parent itself, which is no view; Rest is where the walk goes from there. */
struct CMP_KEY *CmpLookUp(const struct CMP_STATE *State, const struct CMP_KEY *Parent,
                          UNICODE_STRING Name, UNICODE_STRING Rest, struct CMP_ROUTE *Route);

/* ---- cmkey.c; all locked ---- */
VOID CmpReferenceKey(struct CMP_KEY *Key);
VOID CmpDereferenceKey(struct CMP_STATE *State, struct CMP_KEY *Key);
/* The same, not locked. */
VOID CmpReleaseKey(struct CMP_STATE *State, struct CMP_KEY *Key);
struct CMP_KEY *CmpFindChild(const struct CMP_KEY *Key, PCUNICODE_STRING Name);
/* The same for a walk that goes on along Rest. */
struct CMP_KEY *CmpFindOnRoute(const struct CMP_KEY *Key, UNICODE_STRING Name, UNICODE_STRING Rest,
                               struct CMP_ROUTE *Route);
ULONG CmpChildCount(const struct CMP_KEY *Key);
struct CMP_KEY *CmpChildAt(const struct CMP_KEY *Key, ULONG Index); /* NULL past the end */
/* The same without the volatile ones, which come last. */
ULONG CmpStableChildCount(const struct CMP_KEY *Key);
/* A new key below Parent (NULL: the root), which may be a view. The name is free as Parent sees it.
 * Class may be NULL. SUCCESS, TRANSACTIONAL_CONFLICT, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpCreateChild(struct CMP_STATE *State, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                        PCUNICODE_STRING Class, ULONG Flags, struct CMP_KEY **Out);
/* The same with a descriptor, whose reference the key takes over on success; without one it
 * inherits as what the machine itself makes. */
NTSTATUS CmpCreateSecuredChild(struct CMP_STATE *State, struct CMP_KEY *Parent,
                               PCUNICODE_STRING Name, PCUNICODE_STRING Class, ULONG Flags,
                               struct CMP_SECURITY *Security, struct CMP_KEY **Out);
/* Room for one more key, with Flags, below Parent, for everybody if everybody is to see it.
 * SUCCESS, TRANSACTIONAL_CONFLICT, INSUFFICIENT_RESOURCES; a block may have moved
 * (CmpBorrowAnew). */
NTSTATUS CmpReserveChild(struct CMP_KEY *Parent, PCUNICODE_STRING Name, ULONG Flags);
/* Put a key, for which there is room, below Parent; and take it out. Parent may be a view. */
VOID CmpInsertKey(struct CMP_STATE *State, struct CMP_KEY *Parent, struct CMP_KEY *Key);
VOID CmpDropChild(struct CMP_STATE *State, struct CMP_KEY *Parent, struct CMP_KEY *Key);
/* Take a key without children or shadows out of the tree; drops the tree's reference. */
VOID CmpUnlinkKey(struct CMP_STATE *State, struct CMP_KEY *Key);
/* The same for a key and all below it. */
VOID CmpUnlinkTree(struct CMP_STATE *State, struct CMP_KEY *Key);
/* Give Key, whose sibling none is called Name, another name. SUCCESS, TRANSACTIONAL_CONFLICT,
 * INSUFFICIENT_RESOURCES. */
NTSTATUS CmpRenameKey(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name);
/* Name, of CmpCreateName, is Key's from now on. Key is in no index. */
VOID CmpGiveName(struct CMP_KEY *Key, struct CMP_NAME *Name);
/* Stamp LastWriteTime; later than it was, whatever the clock says (REG-NS-09). */
VOID CmpTouch(struct CMP_STATE *State, struct CMP_KEY *Key);
ULONG CmpDepth(const struct CMP_KEY *Key);
/* Full path "\REGISTRY\..." in bytes, and its first Bytes bytes. */
ULONG CmpPathLength(const struct CMP_KEY *Key);
VOID CmpCopyPath(const struct CMP_KEY *Key, PVOID Buffer, ULONG Bytes);

/* ---- cmvalue.c; all locked ---- */
struct CMP_VALUE *CmpFindValue(const struct CMP_KEY *Key, PCUNICODE_STRING Name);
ULONG CmpValueCount(const struct CMP_KEY *Key);
struct CMP_VALUE *CmpValueAt(const struct CMP_KEY *Key, ULONG Index); /* NULL past the end */
/* Make or replace; a value that is already so stays untouched (REG-NS-10). SUCCESS,
 * TRANSACTIONAL_CONFLICT, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpSetValue(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name,
                     ULONG Type, const void *Data, ULONG Bytes);
NTSTATUS CmpDeleteValue(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name);
/* Put copies of From's values into To, which has none. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpCopyValues(const struct CMP_KEY *From, struct CMP_KEY *To);
VOID CmpFreeValues(struct CMP_KEY *Key);

#endif
