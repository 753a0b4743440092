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
    __attribute__((format(printf, 2, 3)));

/* ntcb_check_irql - true when the current IRQL is at most `limit`; otherwise reports `rule` with
 * bug check 0xC4 and the verifier's rule id `verifier_id`, and returns false. */
NTCB_EXPORT bool ntcb_check_irql(const char *function, KIRQL limit, const char *rule,
                                 uint32_t verifier_id);

/* ---- image notifications (IMG) --------------------------------------------------------------- */
struct ntcb_image {
    PUNICODE_STRING FullImageName; /* may be NULL (IMG-44) */
    HANDLE ProcessId;              /* NULL for a driver (IMG-47) */
    PVOID ImageBase;
    SIZE_T ImageSize;              /* bytes */
    PVOID FileObject;              /* PFILE_OBJECT; may be NULL */
    union {
        ULONG Properties;              /* where they lie in IMAGE_INFO.Properties */
        struct {
            ULONG Reserved0 : 8;
            ULONG SystemModeImage : 1; /* IMG-61 */
            ULONG Reserved1 : 2;
            ULONG Conflicting : 1;     /* IMG-53: only registrations with flag bit 0 hear of it */
            ULONG SignatureLevel : 4;  /* IMG-65 */
            ULONG SignatureType : 3;   /* IMG-66 */
            ULONG PartialMap : 1;      /* IMG-67 */
            ULONG Reserved2 : 12;
        };
    };
};

/* ntcb_image_wanted - is any image routine registered? Ask before gathering names (IMG-25).
 * Any IRQL. */
NTCB_EXPORT bool ntcb_image_wanted(void);

/* ntcb_image_loaded - notify every image routine, on this thread, in slot order (IMG-20..24).
 * PASSIVE_LEVEL. Everything `image` points to must stay valid until it returns. */
NTCB_EXPORT void ntcb_image_loaded(const struct ntcb_image *image);

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
