/* SPDX-License-Identifier: MIT
 *
 * dispatch.h - the seam by which a simulator makes the callback managers fire.
 *
 * Everything here acts on the calling thread's current kernel (ntcb_kernel_enter). A simulator of
 * your own needs nothing but this header, kernel.h and the driver headers.
 */
#ifndef NTCALLBACK_DISPATCH_H
#define NTCALLBACK_DISPATCH_H

#include <ntcallback/kernel.h>
#include <ntcallback/version.h>
#include <ntcallback/ddk/ntifs.h>

NTCB_BEGIN_DECLS

/* ---- the simulator's own state ------------------------------------------------------------------
 * One pointer per kernel and one per bound thread, for the simulator to hang its state on. A thread
 * whose pointer is not NULL keeps its record (IRQL, APC state) across ntcb_kernel_enter(). */
NTCB_EXPORT void ntcb_kernel_set_simulator(struct ntcb_kernel *kernel, void *simulator);
NTCB_EXPORT void *ntcb_kernel_simulator(struct ntcb_kernel *kernel);
NTCB_EXPORT void *ntcb_thread_simulator(void);
NTCB_EXPORT void ntcb_thread_set_simulator(void *thread);

/* ntcb_require_kernel - the current kernel, or stop with a message naming `function`. */
NTCB_EXPORT struct ntcb_kernel *ntcb_require_kernel(const char *function);

/* The two ways to tell a driver's author something. `report` is copied; strings that are NULL read
 * as "". ntcb_report_f formats `what`. */
NTCB_EXPORT void ntcb_report_deliver(const struct ntcb_report *report);
NTCB_EXPORT void ntcb_report_f(const struct ntcb_report *report, const char *format, ...)
    NTCB_PRINTF(2, 3);

/* ntcb_check_irql - true when the current IRQL is at most `limit`; otherwise reports `rule` with
 * bug check 0xC4 and the verifier's rule id `verifier_id`, and returns false. */
NTCB_EXPORT bool ntcb_check_irql(const char *function, KIRQL limit, const char *rule,
                                 uint32_t verifier_id);

/* ntcb_environment - the calling thread's IRQL, regions and attachments, to be compared later.
 * ntcb_environment_check - a routine of a driver's that is no callback is back: report what it has
 * changed (DV-18 the IRQL, DV-19 regions, DV-25 attachments) and put it back. `what` names the
 * routine: "DriverEntry". */
NTCB_EXPORT uint64_t ntcb_environment(void);
NTCB_EXPORT void ntcb_environment_check(uint64_t before, const void *routine, const char *what);

/* ntcb_current_call - the callback that the calling thread is inside of, the innermost; false: it
 * is inside none. */
NTCB_EXPORT bool ntcb_current_call(struct ntcb_registration *registration);

/* ntcb_attached - the calling thread has attached itself to a process (1) or is back (-1), or wants
 * to know (0): how many attachments it has, those of the simulator's own not counted. A callback
 * that returns with another number is reported (DV-25) and `detach` is called to go back to that
 * depth. */
NTCB_EXPORT unsigned ntcb_attached(int change);
NTCB_EXPORT void ntcb_set_detach(struct ntcb_kernel *kernel, void (*detach)(unsigned depth));

/* ---- image notifications (IMG) --------------------------------------------------------------- */
struct ntcb_image {
    PUNICODE_STRING FullImageName; /* may be NULL (IMG-44) */
    HANDLE ProcessId;              /* NULL for a driver (IMG-47) */
    PVOID ImageBase;
    SIZE_T ImageSize; /* bytes */
    PVOID FileObject; /* PFILE_OBJECT; may be NULL */
    union {
        ULONG Properties; /* where they lie in IMAGE_INFO.Properties */
        struct {
            ULONG Reserved0 : 8;
            ULONG SystemModeImage : 1; /* IMG-61 */
            ULONG Reserved1 : 2;
            ULONG Conflicting : 1;    /* IMG-53: only registrations with flag bit 0 hear of it */
            ULONG SignatureLevel : 4; /* IMG-65 */
            ULONG SignatureType : 3;  /* IMG-66 */
            ULONG PartialMap : 1;     /* IMG-67 */
            ULONG Reserved2 : 12;
        };
    };
    PVOID InfoMemory; /* where to show the IMAGE_INFO_EX (before Vista the bare IMAGE_INFO); NULL:
                       * in memory of the manager's */
};

/* ntcb_image_wanted - is any image routine registered? Ask before gathering names (IMG-25).
 * Any IRQL. */
NTCB_EXPORT bool ntcb_image_wanted(void);

/* ntcb_image_loaded - notify every image routine, on this thread, in slot order (IMG-20..24).
 * PASSIVE_LEVEL. Everything `image` points to must stay valid until it returns. */
NTCB_EXPORT void ntcb_image_loaded(const struct ntcb_image *image);

/* ---- process and thread notifications (PROC, THR) ---------------------------------------------
 * All on the calling thread, PASSIVE_LEVEL, no lock held; everything pointed to stays valid until
 * the call returns. */
struct ntcb_process {
    PEPROCESS Process;
    HANDLE ProcessId;
    HANDLE ParentProcessId; /* whom it inherits from, not who created it (PROC-30) */
    bool Subsystem;         /* only Ex2 registrations hear of it (PROC-38) */
};

NTCB_EXPORT bool ntcb_process_wanted(void);

/* ntcb_process_created - in the creator's thread, once the first thread exists (PROC-21, -23).
 * `info` is filled in but for Size and CreationStatus; all routines are shown this one.
 * Returns STATUS_SUCCESS, or the error status that stands at the end: the creation is vetoed and
 * fails with it (PROC-40..42). */
NTCB_EXPORT NTSTATUS ntcb_process_created(const struct ntcb_process *process,
                                          PPS_CREATE_NOTIFY_INFO info);

/* ntcb_process_exited - in the last thread to leave, after its own notification (PROC-22). */
NTCB_EXPORT void ntcb_process_exited(const struct ntcb_process *process);

struct ntcb_thread {
    HANDLE ProcessId;
    HANDLE ThreadId;
    bool System;    /* of the System process (THR-10) */
    bool Subsystem; /* of a subsystem process */
    bool Started;   /* has run: only then do NonSystem routines hear of its exit */
};

/* ntcb_thread_created, _started, _exited - in the creator's thread; as the first thing that the new
 * thread does; as the last thing that it does (THR-08, -09). */
NTCB_EXPORT void ntcb_thread_created(const struct ntcb_thread *thread);
NTCB_EXPORT void ntcb_thread_started(const struct ntcb_thread *thread);
NTCB_EXPORT void ntcb_thread_exited(const struct ntcb_thread *thread);

/* What the managers must know about loaded drivers; the simulator's. */
struct ntcb_module {
    const char *name;     /* static, or valid while the module is loaded */
    bool force_integrity; /* IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY */
};
struct ntcb_module_services {
    /* The module that holds this address; false: none does. On the calling thread. */
    bool (*find)(const void *address, struct ntcb_module *module);
};

/* Set once, before the first registration; the services must outlive the kernel. Without them every
 * routine passes for one in a well-linked driver (PROC-05, -06, OB-08). */
NTCB_EXPORT void ntcb_set_module_services(struct ntcb_kernel *kernel,
                                          const struct ntcb_module_services *services);

/* ---- handle notifications (OB) ------------------------------------------------------------------
 * One creation or duplication of a handle: ntcb_handle_pre, then the operation with the access that
 * is left, then always ntcb_handle_post. */
struct ntcb_handle_pass {
    void *reserved[32]; /* the manager's; the caller only provides the storage */
};

struct ntcb_handle {
    OB_OPERATION Operation; /* OB_OPERATION_HANDLE_CREATE or _DUPLICATE */
    bool KernelHandle;      /* in the kernel's table; OBJ_KERNEL_HANDLE */
    bool KernelMode;        /* removals are not honoured, nor for a kernel handle (OB-29) */
    PVOID Object;
    POBJECT_TYPE ObjectType;
    ACCESS_MASK DesiredAccess; /* generic bits and MAXIMUM_ALLOWED resolved */
    PVOID SourceProcess;       /* a duplication's (OB-31) */
    PVOID TargetProcess;
};

/* ntcb_handle_pre - from the highest altitude down (OB-21). Returns the access that is left: what
 * was desired, less what callbacks took away (OB-25..30). PASSIVE_LEVEL or APC_LEVEL. Without
 * memory for the pass nobody is called. */
NTCB_EXPORT ACCESS_MASK ntcb_handle_pre(struct ntcb_handle_pass *pass,
                                        const struct ntcb_handle *handle);

/* ntcb_handle_post - tell how it went, from the lowest altitude up (OB-40..44), and end the pass.
 * `granted` counts if `status` is a success. */
NTCB_EXPORT void ntcb_handle_post(struct ntcb_handle_pass *pass, NTSTATUS status,
                                  ACCESS_MASK granted);

/* What the managers must know about objects; the simulator's. */
struct ntcb_object_services {
    /* Do handles of this type have callbacks (OB-04)? *retained: rights that cannot be taken away
     * (OB-28). */
    bool (*has_callbacks)(POBJECT_TYPE type, ACCESS_MASK *retained);
    /* One reference more, or less, on a callback object's body (EX-08). */
    void (*reference)(PVOID object);
    void (*dereference)(PVOID object);
};

/* Set once, before the first registration; the services must outlive the kernel. Without them
 * ObRegisterCallbacks and ExRegisterCallback return as if no type had callbacks and no object were
 * one. */
NTCB_EXPORT void ntcb_set_object_services(struct ntcb_kernel *kernel,
                                          const struct ntcb_object_services *services);

/* ---- callback objects (EX) ----------------------------------------------------------------------
 * The simulator makes and names them, and gives this manager the storage. */
NTCB_EXPORT size_t ntcb_callback_object_size(void);
#define NTCB_CALLBACK_MULTIPLE 0x1u /* more than one routine may be registered (EX-04) */
#define NTCB_CALLBACK_SYSTEM 0x2u   /* the system's own: drivers must not notify it (EX-06) */
/* ntcb_callback_object_init - `object` is zeroed storage of that size. */
NTCB_EXPORT void ntcb_callback_object_init(PCALLBACK_OBJECT object, unsigned flags);
/* ntcb_callback_object_notify - ExNotifyCallback by the system itself. */
NTCB_EXPORT void ntcb_callback_object_notify(PCALLBACK_OBJECT object, PVOID argument1,
                                             PVOID argument2);
/* ntcb_callback_object_end - the last reference is gone, so nobody is registered: free the rest. */
NTCB_EXPORT void ntcb_callback_object_end(PCALLBACK_OBJECT object);

/* ---- registry notifications (CM) --------------------------------------------------------------
 * One registry operation is: ntcb_registry_pre, then the operation itself if the result says so,
 * then always ntcb_registry_post. The set of callbacks is frozen between the two (CM-REG-10). */
struct ntcb_registry_pass {
    void *reserved[40]; /* the manager's; the caller only provides the storage */
};

/* ntcb_registry_pre - deliver the pre-notification `pre_class` with `information`, the structure of
 * that class, from the highest altitude down (below the calling callback, CM-RE-01). The manager
 * fills CallContext, ObjectContext and the version slot per callback; the rest is the caller's.
 * The calling code must hold no lock. IRQL <= APC_LEVEL.
 * Returns STATUS_SUCCESS            perform the operation
 *         STATUS_CALLBACK_BYPASS    a callback did it: skip it, the caller's status is success
 *         any other (!NT_SUCCESS)   blocked: skip it, this is the caller's status
 *         STATUS_INSUFFICIENT_RESOURCES also when there was no memory for the pass (nobody called)
 * For RegNtPreKeyHandleClose the result is always STATUS_SUCCESS (CM-BYP-10). */
NTCB_EXPORT NTSTATUS ntcb_registry_pre(struct ntcb_registry_pass *pass, REG_NOTIFY_CLASS pre_class,
                                       PVOID information);

/* ntcb_registry_post - deliver the post-notification of the pass to exactly the callbacks whose pre
 * succeeded, in reverse order, and end the pass. `status` is what the caller is about to get
 * (STATUS_SUCCESS after a bypass, the blocking status after a block); `object` the key object, as
 * CM-POST-12..14 say. On return *object_out (if not NULL) is what the callbacks left in Object, for
 * create and open. Returns the status the caller gets. */
NTCB_EXPORT NTSTATUS ntcb_registry_post(struct ntcb_registry_pass *pass, PVOID object,
                                        NTSTATUS status, PVOID *object_out);

/* What the manager must know about key objects; the simulator's. All run on the calling thread. */
struct ntcb_key_services {
    /* Is this object a key object, live or being closed? Never asked about NULL, nor about the
     * undefined Object of CM-POST-12. */
    bool (*is_key)(PVOID Object);
    /* A number of the key, not of the object; never 0 (CM-OID-01, -11). */
    ULONG_PTR (*key_id)(PVOID Object);
    /* Full path as stored now, for release_name; STATUS_INSUFFICIENT_RESOURCES (CM-OID-04, -06). */
    NTSTATUS (*key_name)(PVOID Object, PCUNICODE_STRING *Name);
    void (*release_name)(PCUNICODE_STRING Name);
    /* The same, but kept by the object from the first time on (CM-OID-05). */
    NTSTATUS (*kept_name)(PVOID Object, PCUNICODE_STRING *Name);
    /* The transaction bound to the object, borrowed, or NULL (CM-TXN-03, -04). */
    PVOID (*transaction)(PVOID Object);
};

/* Set once, before the first registration; services must outlive the kernel. Without them every
 * object but NULL is taken for a key, and the identity routines return STATUS_NOT_IMPLEMENTED. */
NTCB_EXPORT void ntcb_registry_set_services(struct ntcb_kernel *kernel,
                                            const struct ntcb_key_services *services);

/* ntcb_registry_wanted - would a pre-notification of this class reach anybody, from this thread? */
NTCB_EXPORT bool ntcb_registry_wanted(REG_NOTIFY_CLASS pre_class);

NTCB_END_DECLS

#endif
