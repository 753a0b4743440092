/* SPDX-License-Identifier: MIT
 *
 * cmservice.h - the registry services: key objects, the table of services, create and open.
 */
#ifndef SIM_CM_CMSERVICE_H
#define SIM_CM_CMSERVICE_H

#include "cm/cmtxn.h"
#include "ob/obp.h"
#include "se/sepsd.h"
#include "simp_hash.h"

#include <ntcallback/ddk/ntregapi.h>


/* Body of a key object: one open of one key. The pointer to it is what callbacks are shown. */
struct CMP_OBJECT {
    struct CMP_KEY *Key; /* referenced; NULL until the open has found it */
    UT_hash_handle hh;   /* State->Objects, by Self */
    PVOID Self;
    ULONG Slot;                          /* in State->Objects */
    struct CMP_LENT_NAME *KeptName;      /* CM-OID-05 */
    struct CMP_TRANSACTION *Transaction; /* referenced; NULL: none. Set once, with Key */
    HANDLE ProcessId;                    /* of whoever opened it */
    ULONG HandleTags;                    /* under the lock */
    _Atomic(struct CMP_WATCH *) Watch;   /* NULL: it never was asked to (cmwatch.h) */
};

/* ---- cmobject.c ---- */
/* ObpCreateObject for a key object that has no key yet: it dies without a notification. */
NTSTATUS CmpCreateObject(struct CMP_OBJECT **Object);
/* Is Object a key object? Any value may be asked about. */
BOOLEAN CmpIsKeyObject(PVOID Object);
/* What a mode gets that asks for Desired. New: the key is being made, its own limits do not count
 * (REG-CRT-12). SUCCESS, ACCESS_DENIED. Locked. */
NTSTATUS CmpGrantAccess(const struct CMP_KEY *Key, KPROCESSOR_MODE Mode, ACCESS_MASK Desired,
                        BOOLEAN New, ACCESS_MASK *Granted);
NTSTATUS CmpParse(struct OBP_PARSE *Parse);
NTSTATUS CmpQueryName(PVOID Object, PWSTR Buffer, ULONG Length, PULONG Needed);
/* The same between its notifications. */
NTSTATUS CmpAnswerName(PVOID Object, POBJECT_NAME_INFORMATION Answer, ULONG Length,
                       PULONG ReturnLength);

/* ---- cmkeyservices.c ---- */
extern const struct ntcb_key_services CmpKeyServices;
BOOLEAN CmpAddObject(struct CMP_OBJECT *Object); /* FALSE: no memory */
VOID CmpRemoveObject(struct CMP_OBJECT *Object);
/* Every key object that has a key. Locked, by CmpLock; Visit takes no lock. */
VOID CmpEachObject(const struct CMP_STATE *State,
                   VOID (*Visit)(const struct CMP_OBJECT *Object, PVOID Context), PVOID Context);
NTSTATUS CmpStartIdentity(struct CMP_STATE *State); /* SUCCESS, INSUFFICIENT_RESOURCES */
VOID CmpEndIdentity(struct CMP_STATE *State);

/* ---- cmprobe.c: what user mode hands in (REG-ORDER 4) ---- */
/* ACCESS_VIOLATION when user mode passes an address it cannot have. Zero bytes need no address. */
NTSTATUS CmpProbe(KPROCESSOR_MODE Mode, const volatile void *Address, SIZE_T Bytes);
/* The same for what is written. */
NTSTATUS CmpProbeWrite(KPROCESSOR_MODE Mode, volatile void *Address, SIZE_T Bytes);
/* Does this request copy an input that Windows 7 and before leave in place (Late, CM-BUF-05)? */
BOOLEAN CmpCaptures(KPROCESSOR_MODE Mode, BOOLEAN Late);
/* Copy of Bytes bytes of user mode and a zero WCHAR (CM-BUF-12) in pool. SUCCESS,
 * INSUFFICIENT_RESOURCES, ACCESS_VIOLATION. */
NTSTATUS CmpCapture(const void *From, SIZE_T Bytes, PVOID *Captured);

/* ---- one call of a service with a handle ---- */
struct CMP_CALL {
    /* The caller's arguments; each service uses the ones it has. */
    HANDLE Handle;
    PUNICODE_STRING Name;
    ULONG Class; /* information class */
    ULONG Index; /* also: EntryCount */
    ULONG TitleIndex;
    ULONG Type;
    PVOID Buffer; /* data in, information out, entries in and out */
    ULONG Length;
    PULONG ResultLength;
    PVOID ValueBuffer;
    PULONG BufferLength;
    HANDLE FileHandle;
    HANDLE OtherHandle; /* of a second key */
    struct CMP_NAMED *NewFile;
    struct CMP_NAMED *OldFile;
    /* Worked out by CmpPerform. */
    KPROCESSOR_MODE Mode;
    ACCESS_MASK Access; /* needed in user mode; a check may change it */
    struct CMP_OBJECT *Object;
    UNICODE_STRING NameUsed;  /* what the operation goes by */
    UNICODE_STRING NameShown; /* what callbacks are shown, unless they get the caller's own */
    PUNICODE_STRING NameArgument;
    PVOID BufferUsed;
    struct CMP_OBJECT *Other; /* OtherHandle's, referenced */
    PVOID Event;              /* referenced; NULL: none */
    PVOID File;               /* FileHandle's, referenced; NULL: none */
    PVOID NamePool;
    PVOID BufferPool;
    BOOLEAN Shared;                   /* the operation is locked by CmpLockShared */
    const struct CMP_KEY *KeyLocked;  /* and this key's lock is held; NULL: none */
    struct SEP_DESCRIPTOR Descriptor; /* captured; Bytes may be NULL */
    union {
        REG_DELETE_KEY_INFORMATION DeleteKey; /* and flush */
        REG_SET_VALUE_KEY_INFORMATION SetValueKey;
        REG_DELETE_VALUE_KEY_INFORMATION DeleteValueKey;
        REG_SET_INFORMATION_KEY_INFORMATION SetInformationKey;
        REG_RENAME_KEY_INFORMATION RenameKey;
        REG_ENUMERATE_KEY_INFORMATION EnumerateKey;
        REG_ENUMERATE_VALUE_KEY_INFORMATION EnumerateValueKey;
        REG_QUERY_KEY_INFORMATION QueryKey;
        REG_QUERY_VALUE_KEY_INFORMATION QueryValueKey;
        REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION QueryMultipleValueKey;
        REG_QUERY_KEY_SECURITY_INFORMATION QueryKeySecurity;
        REG_SET_KEY_SECURITY_INFORMATION SetKeySecurity;
        REG_UNLOAD_KEY_INFORMATION UnloadKey;
        REG_SAVE_KEY_INFORMATION SaveKey;
        REG_SAVE_MERGED_KEY_INFORMATION SaveMergedKeys;
        REG_RESTORE_KEY_INFORMATION RestoreKey;
        REG_REPLACE_KEY_INFORMATION ReplaceKey;
    } Information;
};

/* Capture plan. */
#define CMP_PLAN_NAME 0x0001u        /* there is a name: odd length is INVALID_PARAMETER */
#define CMP_PLAN_NAME_FIRST 0x0002u  /* it is probed before the handle is looked at */
#define CMP_PLAN_NAME_TRIM 0x0004u   /* trailing NULs are dropped (REG-SET-03) */
#define CMP_PLAN_NAME_LIMIT 0x0008u  /* over-long is INVALID_PARAMETER, else just not found */
#define CMP_PLAN_NAME_NEEDED 0x0010u /* empty is INVALID_PARAMETER */
#define CMP_PLAN_NAME_LATE 0x0020u   /* not captured by Windows 7 and before (CM-BUF-05) */
#define CMP_PLAN_DATA 0x0040u        /* Buffer, Length is input */
#define CMP_PLAN_DATA_LATE 0x0080u
#define CMP_PLAN_OUTPUT 0x0100u      /* Buffer, Length is output, *ResultLength besides */
#define CMP_PLAN_ENTRIES 0x0200u     /* Buffer is Index entries, in and out */
#define CMP_PLAN_ANY_ACCESS 0x0400u  /* a handle that grants nothing at all is refused */
#define CMP_PLAN_DELETED 0x0800u     /* the operation deals with a deleted key itself */
#define CMP_PLAN_DESCRIPTOR 0x1000u  /* Buffer is a security descriptor */
#define CMP_PLAN_CHANGES 0x100000u   /* ACCESS_DENIED in a read-only hive (REG-ORDER 6) */
#define CMP_PLAN_OTHER 0x200000u     /* there is a second key handle, with the same access */
#define CMP_PLAN_NO_OBJECT 0x400000u /* callbacks are shown no Object (CM-POST-14) */

/* How the operation is locked; without one of these, CmpLock. */
#define CMP_PLAN_SHARED 0x2000u /* CmpLockShared */
#define CMP_PLAN_KEY 0x4000u    /* ... and the key's lock, so that it reads what T7 says */
#define CMP_PLAN_VALUES 0x8000u /* ... and changes that, too: else CmpLock */

/* Did a callback do the operation itself? Before Vista there was no such thing (CM-PRE-18). */
BOOLEAN CmpIsBypass(NTSTATUS Verdict);

struct CMP_SERVICE {
    REG_NOTIFY_CLASS Notify; /* the pre-notification */
    ACCESS_MASK Access;      /* of the handle, user mode */
    ULONG Plan;              /* CMP_PLAN_* */
    /* Arguments that need no handle to be judged (REG-ORDER 1). May be NULL. */
    NTSTATUS (*Check)(struct CMP_CALL *Call);
    /* Fill Call->Information, except what the callback manager fills. */
    VOID (*Describe)(struct CMP_CALL *Call);
    /* The operation itself, locked: on the key as the handle's transaction sees it. Decides
     * everything before it changes anything. */
    NTSTATUS (*Operate)(struct CMP_CALL *Call, struct CMP_KEY *Key);
    /* In place of Operate: the operation with its own locking, as it also waits for files. */
    NTSTATUS (*Run)(struct CMP_CALL *Call);
};

/* If the call's operation runs under CmpLockShared: Key's lock, until the operation ends. */
VOID CmpLockForCall(struct CMP_CALL *Call, const struct CMP_KEY *Key);

/* CmpPerform - one call from its arguments to the caller's status: REG-ORDER, in one place. */
NTSTATUS CmpPerform(const struct CMP_SERVICE *Service, struct CMP_CALL *Call);

/* The key the call goes by, as its transaction sees it. TRANSACTION_NOT_ACTIVE, KEY_DELETED,
 * HIVE_UNLOADED. Locked. */
NTSTATUS CmpKeyOf(const struct CMP_OBJECT *Object, struct CMP_KEY **Key);
/* What a deleted key answers: KEY_DELETED, or HIVE_UNLOADED (REG-UNL-01). */
NTSTATUS CmpDeletedStatus(const struct CMP_KEY *Key);

/* ---- cmentries.c: the entries of NtQueryMultipleValueKey ---- */
NTSTATUS CmpCaptureEntries(struct CMP_CALL *Call);
VOID CmpReturnEntries(struct CMP_CALL *Call);

/* ---- cmtable.c ---- */
extern const struct CMP_SERVICE CmpDeleteKeyService;
extern const struct CMP_SERVICE CmpFlushKeyService;
extern const struct CMP_SERVICE CmpSetValueKeyService;
extern const struct CMP_SERVICE CmpDeleteValueKeyService;
extern const struct CMP_SERVICE CmpSetInformationKeyService;
extern const struct CMP_SERVICE CmpRenameKeyService;
extern const struct CMP_SERVICE CmpEnumerateKeyService;
extern const struct CMP_SERVICE CmpEnumerateValueKeyService;
extern const struct CMP_SERVICE CmpQueryKeyService;
extern const struct CMP_SERVICE CmpQueryValueKeyService;
extern const struct CMP_SERVICE CmpQueryMultipleValueKeyService;
extern const struct CMP_SERVICE CmpQueryKeySecurityService;
extern const struct CMP_SERVICE CmpSetKeySecurityService;

/* ---- operations ---- */
NTSTATUS CmpDoDeleteKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoSetValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoDeleteValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoSetInformationKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoRenameKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoEnumerateKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoEnumerateValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoQueryKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoQueryValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoQueryMultipleValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoQueryKeySecurity(struct CMP_CALL *Call, struct CMP_KEY *Key);
NTSTATUS CmpDoSetKeySecurity(struct CMP_CALL *Call, struct CMP_KEY *Key);

/* ---- cmresult.c: the buffer rules (REG-QVK-04) ---- */
/* A stretch of an answer. Pieces do not overlap; what lies between is zero. */
struct CMP_PIECE {
    ULONG Offset;
    ULONG Bytes;
    const void *From;
};
/* Fixed bytes must fit (else BUFFER_TOO_SMALL, nothing written); of Needed bytes as many as fit are
 * written (BUFFER_OVERFLOW or SUCCESS). *ResultLength is Needed in every case. */
NTSTATUS CmpAnswer(const struct CMP_CALL *Call, ULONG Fixed, ULONG Needed,
                   const struct CMP_PIECE *Pieces, ULONG Count);
/* The answer about a key (Basic, Node, Full), about a value. */
NTSTATUS CmpAnswerKey(const struct CMP_CALL *Call, const struct CMP_KEY *Key);
NTSTATUS CmpAnswerValue(const struct CMP_CALL *Call, const struct CMP_VALUE *Value);

/* ---- create and open ---- */
struct CMP_OPEN {
    BOOLEAN Create;
    ULONG Options;
    ULONG Wow64Flags;
    ACCESS_MASK BackupAccess;  /* of REG_OPTION_BACKUP_RESTORE (REG-OPN-09) */
    PUNICODE_STRING Class;     /* as callbacks are shown it; NULL: none */
    PUNICODE_STRING ClassUsed; /* as the new key gets it */
    BOOLEAN ClassInPlace;      /* of user mode, not captured (CM-BUF-05) */
    UNICODE_STRING ClassRead;
    PVOID ClassPool;
    PULONG Disposition; /* NULL: not wanted */
    ULONG Reparses;
    struct SEP_DESCRIPTOR Descriptor; /* captured: what a new key is to have; Bytes may be NULL */
    struct CMP_KEY *Created;          /* referenced: the key this call has made */
    /* Referenced; NULL: none was given. A link met below a transacted root puts the root's here. */
    struct CMP_TRANSACTION *Transaction;
    BOOLEAN ParseSucceeded; /* what fails now is the handle */
};

/* What the lookup came to. */
struct CMP_TARGET {
    struct CMP_OBJECT *Object; /* SUCCESS: has its key */
    ACCESS_MASK Granted;
    UNICODE_STRING ReparseName; /* REPARSE: pool */
};
/* cmopen.c: read a class that was left in place, before anything is locked; give back what Open
 * holds. */
NTSTATUS CmpReadClass(struct CMP_OPEN *Open);
VOID CmpReleaseOpen(struct CMP_OPEN *Open);
/* cmmake.c: the descriptor a create asks for; ACCESS_VIOLATION, INVALID_OWNER, PRIVILEGE_NOT_HELD,
 * and as SepReadRelative. Not locked. */
NTSTATUS CmpCaptureDescriptor(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open);
/* The key that Open makes below Parent. As CmpCreateChild. Locked. */
NTSTATUS CmpMakeKey(const struct CMP_OPEN *Open, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                    struct CMP_KEY **Key);
/* cmwalk.c: find or make what Parse names. SUCCESS, REPARSE or an error; raises no notification. */
NTSTATUS CmpWalk(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open, struct CMP_TARGET *Target);
/* cmtrust.c: ACCESS_DENIED for a link out of a trusted hive into another, or back (REG-LNK-07).
 * Locked. */
NTSTATUS CmpTrustLink(const struct CMP_KEY *Link, UNICODE_STRING Target);
/* The name a link key stands for followed by Rest, in pool. Locked. */
NTSTATUS CmpFollowLink(const struct CMP_KEY *Link, UNICODE_STRING Rest, struct CMP_OPEN *Open,
                       PUNICODE_STRING Name);

#endif
