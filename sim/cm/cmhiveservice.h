/* SPDX-License-Identifier: MIT
 *
 * cmhiveservice.h - the services that load, unload, save, restore and replace hives.
 *
 * Locks        State->FileLock is held from the moment a hive's bytes are taken until they are in
 *              its file, and outside State->Lock: what is in the file is never older than what was
 *              there. Callbacks never run under either.
 */
#ifndef SIM_CM_CMHIVESERVICE_H
#define SIM_CM_CMHIVESERVICE_H

#include "cm/cmmount.h"
#include "cm/cmservice.h"

/* ---- cmnamed.c: names that come in OBJECT_ATTRIBUTES ---- */
struct CMP_NAMED {
    OBJECT_ATTRIBUTES Attributes; /* ObjectName is &Name; SecurityDescriptor is not taken */
    UNICODE_STRING Name;
    PUNICODE_STRING Shown; /* to callbacks: of the kernel, its own string */
    PVOID Pool;            /* of Name; NULL: it is still the caller's (CM-BUF-05) */
    PVOID Root;            /* RootDirectory's object, referenced; NULL: none */
    BOOLEAN InPlace;       /* of user mode, and not copied yet */
};
/* Late: Windows 7 and before show callbacks the caller's own text. RootDirectory is an object of
 * Type, with RootAccess. SUCCESS, ACCESS_VIOLATION, INVALID_PARAMETER, INSUFFICIENT_RESOURCES, and
 * as ObReferenceObjectByHandle. Released whatever it returns. */
NTSTATUS CmpCaptureNamed(KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES Given, BOOLEAN Late,
                         POBJECT_TYPE Type, ACCESS_MASK RootAccess, struct CMP_NAMED *Named);
/* What was left in place is copied now. SUCCESS, ACCESS_VIOLATION, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpReadNamed(struct CMP_NAMED *Named);
VOID CmpReleaseNamed(struct CMP_NAMED *Named);

/* ---- cmhivefile.c: hives and their files ---- */
/* Of the stable keys at and below Key: equal as long as nothing has changed. Locked. */
ULONGLONG CmpDigest(const struct CMP_KEY *Key);
/* Write the loaded hive that Key lies in to its file, if it has one and has changed. SUCCESS,
 * REGISTRY_IO_FAILED, INSUFFICIENT_RESOURCES. Not locked. */
NTSTATUS CmpFlushHive(struct CMP_STATE *State, const struct CMP_KEY *Key);
/* All of them, for the last time: they let go of their files. */
VOID CmpFlushHives(struct CMP_STATE *State);
/* Write the hive to its file and take it out of the tree. Own, which may be NULL, is the key object
 * that does not count as open. SUCCESS, INVALID_PARAMETER (Root is no hive's, or not any more),
 * CANNOT_DELETE (others are open, and Force is FALSE), TRANSACTIONAL_CONFLICT, REGISTRY_IO_FAILED,
 * INSUFFICIENT_RESOURCES. Not locked; Root is referenced. */
NTSTATUS CmpUnloadHive(struct CMP_STATE *State, const struct CMP_KEY *Root,
                       const struct CMP_OBJECT *Own, BOOLEAN Force);
/* Root's hive was to go with its last key object: unload it, and let go of Root. Not locked. */
VOID CmpUnloadLate(struct CMP_STATE *State, struct CMP_KEY *Root);

/* ---- cmopencount.c ---- */
/* A key object of Key, which is out of the list, has gone: let go of Key, and unload the hive that
 * was to go with it. Not locked; the next two are called locked. */
VOID CmpLeaveKey(struct CMP_STATE *State, struct CMP_KEY *Key);
BOOLEAN CmpIsBelow(const struct CMP_KEY *Key, const struct CMP_KEY *Root);
/* Key objects of Root and the keys below it, but for Own. */
ULONG CmpCountOpen(const struct CMP_STATE *State, const struct CMP_KEY *Root,
                   const struct CMP_OBJECT *Own);

/* ---- cmcontents.c; locked ---- */
/* Put what From and the keys below it hold into To, over what is there: values of one name are
 * replaced, keys of one name are one. What is made has Flags. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpOverlay(struct CMP_STATE *State, const struct CMP_KEY *From, struct CMP_KEY *To,
                    ULONG Flags);
/* Key, which nobody's transaction has changed, gets what From, the root of a tree of its own, has
 * below it and in it; what Key had is deleted. From is then empty. Cannot fail. */
VOID CmpTakeContents(struct CMP_STATE *State, struct CMP_KEY *Key, struct CMP_KEY *From);

/* ---- cmloadhive.c ---- */
struct CMP_LOAD {
    /* The caller's. */
    ULONG Flags;
    HANDLE TrustClassKey;
    HANDLE Event;
    HANDLE FileAccessToken;
    ACCESS_MASK DesiredAccess;
    PHANDLE RootHandle;
    /* Worked out. */
    KPROCESSOR_MODE Mode;
    struct CMP_NAMED Target;
    struct CMP_NAMED Source;
    PVOID TrustClassObject; /* referenced, as the next two */
    PVOID EventObject;      /* to be set when the hive is unloaded; NULL once the hive has it */
    PVOID Token;
};
/* The operation of NtLoadKey and its kin, without notifications. */
NTSTATUS CmpLoadHive(struct CMP_LOAD *Load);

/* ---- cmhivetable.c: the rows, as those of cmtable.c ---- */
extern const struct CMP_SERVICE CmpUnloadKeyService;
extern const struct CMP_SERVICE CmpSaveKeyService;
extern const struct CMP_SERVICE CmpSaveMergedKeysService;
extern const struct CMP_SERVICE CmpRestoreKeyService;
extern const struct CMP_SERVICE CmpReplaceKeyService;
/* Their operations. */
NTSTATUS CmpRunFlushKey(struct CMP_CALL *Call);
NTSTATUS CmpRunUnloadKey(struct CMP_CALL *Call);
NTSTATUS CmpRunSaveKey(struct CMP_CALL *Call);
NTSTATUS CmpRunSaveMergedKeys(struct CMP_CALL *Call);
NTSTATUS CmpRunRestoreKey(struct CMP_CALL *Call);
NTSTATUS CmpRunReplaceKey(struct CMP_CALL *Call);
/* Is the privilege held? PRIVILEGE_NOT_HELD. */
NTSTATUS CmpNeedPrivilege(ULONG Privilege, KPROCESSOR_MODE Mode);

#endif
