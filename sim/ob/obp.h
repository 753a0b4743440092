/* SPDX-License-Identifier: MIT
 *
 * obp.h - the object manager as the other components of the simulator see it.
 *
 * An object is a counted body behind a header. Handles live in a table per process and one for the
 * kernel (values with the sign bit set, REG-MODE-04). Names are looked up from the root; a type
 * with a Parse routine takes over the rest of the name.
 */
#ifndef SIM_OB_OBP_H
#define SIM_OB_OBP_H

#include <ntsim/process.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

struct OBP_PARSE {
    POBJECT_TYPE Wanted; /* NULL: whatever comes */
    KPROCESSOR_MODE
    AccessMode; /* mode for access checks: UserMode also under OBJ_FORCE_ACCESS_CHECK */
    KPROCESSOR_MODE PreviousMode;
    ULONG Attributes;             /* OBJECT_ATTRIBUTES.Attributes */
    ACCESS_MASK DesiredAccess;    /* as asked */
    PVOID RootObject;             /* object of RootDirectory, or the object the absolute name met */
    PUNICODE_STRING CompleteName; /* absolute: from the leading backslash; relative: as given */
    UNICODE_STRING RemainingName; /* what follows the parse object, no leading backslash */
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    PVOID SecurityQualityOfService;
    PVOID Context; /* the service's own */
    /* Out: */
    PVOID Object; /* referenced once; the handle consumes that reference */
    ACCESS_MASK GrantedAccess;
    UNICODE_STRING ReparseName; /* STATUS_REPARSE: absolute name to go on with, pool owned by the
                                 * object manager from then on (ExAllocatePoolWithTag) */
};

/* Body of an OBJECT_TYPE object (POBJECT_TYPE points to one of these). */
struct OBP_TYPE {
    const char *Name;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccess;
    NTSTATUS (*Parse)(struct OBP_PARSE *Parse);
    /* The last reference is gone; the body is freed when this returns. Runs on whichever thread
     * dropped it, no lock held. */
    VOID (*Delete)(PVOID Object);
    /* Write the name into Buffer as WCHARs, at most Length bytes; *Needed is all it takes. Returns
     * SUCCESS also when the name did not fit. */
    NTSTATUS (*QueryName)(PVOID Object, PWSTR Buffer, ULONG Length, PULONG Needed);
    /* Answer ObQueryNameString and its kin; NULL: ObpAnswerName does. */
    NTSTATUS(*AnswerName)
    (PVOID Object, POBJECT_NAME_INFORMATION Answer, ULONG Length, PULONG ReturnLength);
    /* One line for reports about the object; NULL: its name, if any. */
    VOID (*Describe)(PVOID Object, char *Buffer, SIZE_T Bytes);
    /* The last handle is closed; the object may live on. NULL: nothing happens. No lock held. */
    VOID (*Close)(PVOID Object);
    /* May a driver make a handle of Object? NULL: yes. */
    NTSTATUS (*OpenByPointer)(PVOID Object, const void *Caller);
    /* Parse may end at an object of another type (links, devices). Otherwise a name that meets an
     * object of this type while another was asked for is OBJECT_TYPE_MISMATCH, without a Parse. */
    BOOLEAN ParsesOtherTypes;
    BOOLEAN HasCallbacks; /* ObRegisterCallbacks knows the type (OB-04) */
    ACCESS_MASK Retained; /* rights that callbacks cannot take away (OB-28) */
    BOOLEAN Waitable;     /* bodies have a DISPATCHER_HEADER ... */
    ULONG WaitAt;         /* ... there */
    /* Many come and go on many threads: those that leak are reported before all others, and not by
     * age. */
    BOOLEAN Spread;
};

/* ObpCreateObject - a zeroed body of Bytes with one reference. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS ObpCreateObject(POBJECT_TYPE Type, SIZE_T Bytes, PVOID *Object);
POBJECT_TYPE ObpTypeOf(PVOID Object);
LONG ObpReferenceCount(PVOID Object);
LONG ObpHandleCount(PVOID Object);
/* The type's QueryName laid out as OBJECT_NAME_INFORMATION (REG-QON-01). */
NTSTATUS ObpAnswerName(PVOID Object, POBJECT_NAME_INFORMATION Answer, ULONG Length,
                       PULONG ReturnLength);
/* True while the body is being deleted: referencing it is a violation (CM-CLS-03, DV-23). */
BOOLEAN ObpIsDying(PVOID Object);
/* ObpMakePermanent - the simulator itself holds Object to its end: not a leak (DV-23). Whoever
 * keeps a reference of its own beyond the unloading of the drivers says so. */
VOID ObpMakePermanent(PVOID Object);
/* As Ob(f)ReferenceObject and ObfDereferenceObject, for use by the simulator. Caller names who did
 * it in a report and may be NULL. Return the new count. */
LONG_PTR ObpReference(PVOID Object, const void *Caller);
LONG_PTR ObpDereference(PVOID Object, const void *Caller);
/* FALSE: it is the last reference, and is still there: what its end does may not be done here. */
BOOLEAN ObpDereferenceUnlessLast(PVOID Object);
/* A reference to Object has been handed to the driver at Caller; the driver there gives one
 * back. */
VOID ObpNoteTaker(PVOID Object, const void *Caller);
VOID ObpNoteGiver(PVOID Object, const void *Caller);
/* ObpReportTaken - give back the references, and close the kernel's handles, that were taken by
 * code that is Mine and are still held; in one report, a list, if Driver (DV-23). Returns how many.
 * Mine is called with a lock held. */
ULONG ObpReportTaken(BOOLEAN (*Mine)(PVOID Context, const VOID *Address), PVOID Context,
                     const char *Driver);
/* Generic bits and MAXIMUM_ALLOWED replaced by what the type maps them to. */
ACCESS_MASK ObpMapAccess(POBJECT_TYPE Type, ACCESS_MASK Access);
/* DV-05: Ob routines are for PASSIVE_LEVEL. */
#define OBP_CHECK_IRQL() ((void)ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0x0002001B))

/* ObpInsertHandle - a handle to Object in the current process's table, or the kernel's when
 * Attributes has OBJ_KERNEL_HANDLE, which the caller takes out of a user-mode request (REG-MODE-04;
 * ObpOpen... does). Consumes one reference on success only. Object callbacks may take rights away
 * (OB-20); For: on behalf of that mode, not of the previous one. */
NTSTATUS ObpInsertHandleFor(KPROCESSOR_MODE Mode, PVOID Object, ACCESS_MASK GrantedAccess,
                            ULONG Attributes, PHANDLE Handle);
NTSTATUS ObpInsertHandle(PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PHANDLE Handle);

/* ObpOpenObjectByName - the object-manager stage of every create and open by name: captures and
 * checks the attributes (REG-OPN-01/04/05, CM-CO-01), resolves root or namespace, calls the type's
 * Parse, follows STATUS_REPARSE (at most 64 times), makes the handle. *Handle is NULL on failure
 * (REG-OPN-02). */
NTSTATUS ObpOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type,
                             KPROCESSOR_MODE PreviousMode, ACCESS_MASK DesiredAccess, PVOID Context,
                             PHANDLE Handle);

/* ObpReferenceByHandle - ObReferenceObjectByHandle without its check of the IRQL, which the service
 * that calls has made under its own name. Checks as REG-MODE-03, -04, -06 say. */
NTSTATUS ObpReferenceByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                              KPROCESSOR_MODE AccessMode, PVOID *Object,
                              POBJECT_HANDLE_INFORMATION HandleInformation);
#define ObReferenceObjectByHandle ObpReferenceByHandle

/* ObpGrantedAccess gives a handle's access as stored. */
NTSTATUS ObpGrantedAccess(HANDLE Handle, ACCESS_MASK *Granted);

/* ObpMountName - make the namespace entry "\Name" (one component) stand for Object, whose type's
 * Parse gets what follows. Takes a reference until the simulator ends. */
NTSTATUS ObpMountName(PCWSTR Name, PVOID Object);

/* ObpInsertName - make the absolute Path stand for Object, making the directories above it.
 * SUCCESS, OBJECT_NAME_COLLISION, OBJECT_PATH_SYNTAX_BAD, INSUFFICIENT_RESOURCES. Takes a
 * reference, until ObpRemoveName (OBJECT_NAME_NOT_FOUND) or the end of the simulator. */
NTSTATUS ObpInsertName(PCUNICODE_STRING Path, PVOID Object);
NTSTATUS ObpRemoveName(PCUNICODE_STRING Path);
/* ObpInsertTemporaryName - as ObpInsertName, but the name holds no reference: it goes when the
 * object does. ObpMakeTemporary makes such a name of one that ObpInsertName gave. */
NTSTATUS ObpInsertTemporaryName(PCUNICODE_STRING Path, PVOID Object);
VOID ObpMakeTemporary(PVOID Object);

/* ObpForgetName - Object's name, if ObpInsertTemporaryName gave one, is nobody's. */
VOID ObpForgetName(PVOID Object);

/* What a service that makes an object with a handle is given; the first three by the service. */
struct OBP_CREATION {
    PHANDLE Handle;
    POBJECT_ATTRIBUTES Given; /* NULL: none */
    ACCESS_MASK DesiredAccess;
    KPROCESSOR_MODE Mode;
    ULONG Attributes;
    UNICODE_STRING Path; /* of ntsim__allocate; empty: no name */
};
/* ObpBeginCreation - probe and capture it; *Handle becomes NULL. SUCCESS, ACCESS_VIOLATION,
 * INVALID_PARAMETER, INSUFFICIENT_RESOURCES, NOT_IMPLEMENTED (a name below a root directory).
 * ObpEndCreation - always follows, with the status of what came between. If that is a success, give
 * Object (whose reference it takes over) its name and the caller its handle; what has the name
 * already is opened instead for OBJ_OPENIF (OBJECT_NAME_EXISTS), else OBJECT_NAME_COLLISION. A type
 * whose names last as long as handles has Close = ObpForgetName. */
NTSTATUS ObpBeginCreation(struct OBP_CREATION *Creation);
NTSTATUS ObpEndCreation(struct OBP_CREATION *Creation, NTSTATUS Status, PVOID Object);
/* ObpOpenForCaller - ObpOpenObjectByName in the caller's mode, the handle written as to a
 * caller. */
NTSTATUS ObpOpenForCaller(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes,
                          POBJECT_TYPE Type);

/* The memory of a table whose handles are closed. */
struct OBP_HANDLE_TABLE;
VOID ObpFreeTable(struct OBP_HANDLE_TABLE *Table);
/* Close every handle of a process's table (process exit). */
VOID ObpCloseProcessHandles(struct ntsim_process *Process);

/* At the end of the simulator, once drivers and processes are gone: close the kernel's handles and
 * empty the namespace; then report (DV-23) and delete what still has references. */
struct OBP_STATE;
VOID ObpEndNamespace(struct OBP_STATE *State);
VOID ObpReportLeaks(struct OBP_STATE *State);

#endif
