/* SPDX-License-Identifier: MIT
 *
 * cmmount.h - hives: trees of keys that come from files and can go again.
 */
#ifndef SIM_CM_CMMOUNT_H
#define SIM_CM_CMMOUNT_H

#include "cm/cmtree.h"

/* A hive that was loaded; the hives the machine starts with have none. Under State->Lock. */
struct CMP_HIVE {
    LIST_ENTRY Link;      /* State->Hives */
    struct CMP_KEY *Root; /* referenced; its Hive is this */
    ULONG Flags;          /* REG_*, as loaded */
    BOOLEAN ReadOnly;
    BOOLEAN Late;        /* unloads itself when no key object is left in it */
    UNICODE_STRING File; /* native name of the file; empty: from the harness */
    PVOID FileObject;    /* of that file, referenced; NULL: it has none to write to */
    ULONGLONG Written;   /* CmpDigest of what is in the file */
    PVOID LoadEvent;     /* to be set when it is unloaded, referenced, as the next; NULL: none */
    PVOID UnloadEvent;
};

/* CmpMountHive - make Root, a tree of its own, the key Name of Parent, where there is none; the
 * name in the file is forgotten. The reference to Root is the tree's from then on, and Hive's
 * another. SUCCESS, TRANSACTIONAL_CONFLICT, INSUFFICIENT_RESOURCES: then nothing has changed.
 * Locked. */
NTSTATUS CmpMountHive(struct CMP_STATE *State, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                      struct CMP_KEY *Root, ULONG Flags, PCUNICODE_STRING File,
                      struct CMP_HIVE **Hive);
/* What a hive leaves behind: for CmpLeave, once nothing is locked. */
struct CMP_LEFT {
    PVOID File;
    PVOID Events[2];
};
/* CmpUnmountHive - take the hive out of the tree with all its keys: those that are still open
 * answer as deleted keys do, or as those of an unloaded hive (REG-UNL-01). Locked. */
VOID CmpUnmountHive(struct CMP_STATE *State, struct CMP_HIVE *Hive, BOOLEAN Unloaded,
                    struct CMP_LEFT *Left);
/* CmpUnmountBelow - the same for every hive below Key, as with REG_FORCE_UNLOAD. What they leave:
 * for CmpLeaveAll, which frees it. SUCCESS, INSUFFICIENT_RESOURCES: all stay. Locked. */
struct CMP_LEFT_ALL {
    ULONG Count;
    struct CMP_LEFT *Left;
};
NTSTATUS CmpUnmountBelow(struct CMP_STATE *State, const struct CMP_KEY *Key,
                         struct CMP_LEFT_ALL *All);
VOID CmpLeaveAll(struct CMP_LEFT_ALL *All);
/* Close the file, set the events. All may be NULL. Not locked. */
VOID CmpLeave(const struct CMP_LEFT *Left);
/* The loaded hive that Root is the root of, or NULL. Locked. */
struct CMP_HIVE *CmpHiveOf(const struct CMP_STATE *State, const struct CMP_KEY *Root);
/* A loaded hive whose root lies below Key, or NULL. Locked. */
struct CMP_HIVE *CmpHiveBelow(const struct CMP_STATE *State, const struct CMP_KEY *Key);
/* The loaded hive that Key lies in, or NULL. Locked. */
struct CMP_HIVE *CmpHiveAbove(const struct CMP_STATE *State, const struct CMP_KEY *Key);
/* The hive's properties that State counts. Locked. */
VOID CmpMarkHive(struct CMP_STATE *State, struct CMP_HIVE *Hive, BOOLEAN ReadOnly, BOOLEAN Late);
/* At the end of the simulator. */
VOID CmpFreeHives(struct CMP_STATE *State);

#endif
