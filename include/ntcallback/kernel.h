/* SPDX-License-Identifier: MIT
 *
 * kernel.h - one kernel instance: create it, bind a thread to it, destroy it; and what it reports.
 *
 * NT calls name no kernel. Each thread therefore has a current one, set by ntcb_kernel_enter(); an
 * NT call on a thread that has none stops with its own name and this advice. Kernels share nothing:
 * a test case can afford one of its own.
 */
#ifndef NTCALLBACK_KERNEL_H
#define NTCALLBACK_KERNEL_H

#include <ntcallback/host.h>
#include <ntcallback/version.h>

NTCB_BEGIN_DECLS

struct ntcb_kernel;

/* Results of host-side functions: 0 or one of these. */
#define NTCB_ERRORS(X)                                                            \
    X(NTCB_EINVAL, -1, "an argument is not valid")                                \
    X(NTCB_ENOMEM, -2, "out of memory")                                           \
    X(NTCB_EBUSY, -3, "a thread is still inside the kernel")                      \
    X(NTCB_ELEAK, -4, "registrations, objects or pool were left behind")          \
    X(NTCB_ENOENT, -5, "not found")                                               \
    X(NTCB_EIO, -6, "the file could not be read or written")                      \
    X(NTCB_EFORMAT, -7, "the input is malformed")                                 \
    X(NTCB_EVERSION, -8, "the structure's version is not one this library knows") \
    X(NTCB_ESTATUS, -9, "an NT function failed; see its status")

#define NTCB_ERROR_ENUM(name, value, text) name = value,
enum ntcb_error { NTCB_OK = 0, NTCB_ERRORS(NTCB_ERROR_ENUM) };
#undef NTCB_ERROR_ENUM

/* One English sentence for a result. Static lifetime; never NULL. */
NTCB_EXPORT const char *ntcb_error_text(int error);

/* The simulated Windows, oldest first: comparisons with < and >= are meant. */
enum ntcb_windows {
    NTCB_WINDOWS_DEFAULT = 0, /* the newest, NTCB_WINDOWS_11 */
    NTCB_WINDOWS_XP,
    NTCB_WINDOWS_2003,
    NTCB_WINDOWS_VISTA,
    NTCB_WINDOWS_VISTA_SP2,
    NTCB_WINDOWS_7,
    NTCB_WINDOWS_8,
    NTCB_WINDOWS_81,
    NTCB_WINDOWS_10_1507,
    NTCB_WINDOWS_10_1607,
    NTCB_WINDOWS_10_1703,
    NTCB_WINDOWS_10_1709,
    NTCB_WINDOWS_11
};

/* How a dispatching thread makes the callback it is about to call visible to a remover. */
enum ntcb_publication {
    NTCB_PUBLISH_AUTO = 0,   /* asymmetric where the host can, else exchange */
    NTCB_PUBLISH_ASYMMETRIC, /* plain store here, process-wide barrier on removal */
    NTCB_PUBLISH_EXCHANGE    /* one atomic exchange per callback */
};

/* Choices where Windows is not documented (each names its rule), and variants a suite runs
 * under. */
#define NTCB_SWITCH_ALL_APCS_OFF 0x0001u         /* IMG-40: image callbacks with special APCs off */
#define NTCB_SWITCH_CALLBACKS_AT_APC 0x0002u     /* CM-IRQL-03: registry callbacks at APC_LEVEL */
#define NTCB_SWITCH_REFUSE_NULL_ROUTINE 0x0004u  /* Set(NULL) fails */
#define NTCB_SWITCH_LENIENT_ALTITUDE 0x0008u     /* CM-REG-16: any text, ordered by code unit */
#define NTCB_SWITCH_LENIENT_DRIVER 0x0010u       /* CM-REG-12: NULL Driver is accepted */
#define NTCB_SWITCH_POST_ORDER_FORWARD 0x0020u   /* CM-ORD-12: post notifications as pre */
#define NTCB_SWITCH_HANG_ON_SELF_REMOVAL 0x0040u /* CM-UNR-05: hang as Windows does */
#define NTCB_SWITCH_MISMATCH_BIT 0x0080u         /* MachineTypeMismatch is set */
#define NTCB_SWITCH_STRICT_IRQL 0x0100u          /* C-01: the header's limit, not the page's */
#define NTCB_SWITCH_OPEN_POST_OBJECT 0x0200u     /* CM-CO-18: 8.1+ opens it by pointer as before */
#define NTCB_SWITCH_LINK_TRUST 0x0800u           /* REG-LNK-07: 7+ keeps links within their trust */
/* Strict: report also what nobody on Windows notices (CM-PRE-11, -17; DV-10 of run-downs, DV-21,
 * -27, -29; RUN-09). */
#define NTCB_SWITCH_LINT 0x0400u
#define NTCB_SWITCH_PROCESS_DUPLICATES 0x10000u /* C-02: a process routine registers twice */
#define NTCB_SWITCH_THREADS_FIRST 0x20000u      /* ORD-02: a process's thread is told before it */
#define NTCB_SWITCH_THREADLESS_NOTICE 0x40000u  /* ORD-06: the end of a threadless one is told */

enum ntcb_severity {
    NTCB_WARNING = 1, /* works on Windows, but should not be done */
    NTCB_VIOLATION,   /* breaks a documented rule; Windows may or may not notice */
    NTCB_BUGCHECK     /* Windows stops here */
};

/* One finding about a driver. All text is valid only during the call that delivers it. */
struct ntcb_report {
    enum ntcb_severity severity;
    const char *rule;      /* "DV-10" */
    uint32_t bugcheck;     /* the code Windows or Driver Verifier stops with; 0 if none would */
    uint64_t parameter[4]; /* its parameters */
    const char *what;      /* what happened, with names and numbers */
    const char *routine;   /* the driver routine concerned, symbolised; "" if none */
    const char *file;      /* source file of that place, as it was compiled; "" if not known */
    uint32_t line;         /* in it; 0 if not known */
    const void *address;   /* the code concerned, NULL if none: where a call of its returns to, or
                             * where it begins. Who reports gives this alone; the rest follows */
    const char *details;   /* lines that each end with \n, of what there is a list of; "" if none */
    const char *on_windows; /* what Windows would have done */
    const char *fix;        /* what to change */
};

/* Called on the thread that broke the rule, possibly on several at once, with no lock held. When it
 * returns, execution goes on as the function's documentation says. */
typedef void ntcb_report_fn(void *context, const struct ntcb_report *report);

/* Why a registration was refused: what the status does not say. */
struct ntcb_reason {
    int32_t status;   /* as returned; 0: nothing was refused yet */
    const char *rule; /* "OB-07" */
    const char *what; /* "altitude 380000 is held by filter.sys, registration 3" */
};

/* ntcb_last_reason - the last refusal of a registration or removal on the calling thread, which is
 * in a kernel. Never NULL; valid until the next refusal or until the thread leaves the kernel. A
 * success leaves it as it is. */
NTCB_EXPORT const struct ntcb_reason *ntcb_last_reason(void);

/* Which manager a registration belongs to. */
enum ntcb_manager {
    NTCB_MANAGER_IMAGE = 1,
    NTCB_MANAGER_REGISTRY,
    NTCB_MANAGER_PROCESS,
    NTCB_MANAGER_THREAD,
    NTCB_MANAGER_OBJECT,
    NTCB_MANAGER_CALLBACK /* ExRegisterCallback */
};

/* One registered routine as seen from outside. Valid only during the call that delivers it. */
struct ntcb_registration {
    enum ntcb_manager manager;
    uint64_t id; /* unique in this kernel, never reissued, in order of registration */
    const void *routine;
    const void *context;  /* as registered */
    const void *owner;    /* DRIVER_OBJECT or NULL when unknown */
    unsigned slot;        /* image, process, thread: table slot */
    int64_t cookie;       /* registry: cookie */
    const char *altitude; /* registry, object: as registered, in UTF-8; else NULL */
};

/* How each manager is spoken of. */
struct ntcb_manager_info {
    const char *name;     /* "image", "registry", "process", "thread", "object", "executive" */
    const char *key_name; /* what tells its registrations apart: "slot", "cookie", "handle" */
    const char *fix;      /* how a driver removes one */
};
/* Static; NULL for a number that is no manager. */
NTCB_EXPORT const struct ntcb_manager_info *ntcb_manager_info(enum ntcb_manager manager);

/* Its slot, cookie or handle. */
NTCB_EXPORT long long ntcb_registration_key(const struct ntcb_registration *registration);

/* One call of one callback. Observers see it twice: before (entering true) and after. */
struct ntcb_call {
    const struct ntcb_registration *registration;
    bool entering;
    int notify_class;        /* registry: REG_NOTIFY_CLASS; process, thread: 1 created, 0 gone;
                              * object: 0 pre, 1 post; else -1 */
    const void *information; /* registry: Argument2; image: IMAGE_INFO; process: NULL or
                              * PS_CREATE_NOTIFY_INFO; object: OB_PRE/POST_OPERATION_INFORMATION */
    int32_t status;          /* registry, after: what the callback returned */
};

/* Runs on the dispatching thread inside the pass; must not call NT functions or register. */
typedef void ntcb_observer_fn(void *context, const struct ntcb_call *call);

#define NTCB_CONFIG_VERSION 1u

struct ntcb_config {
    uint32_t version; /* NTCB_CONFIG_VERSION */
    enum ntcb_windows windows;
    enum ntcb_publication publication;
    uint32_t switches;                /* NTCB_SWITCH_* */
    uint32_t image_slots;             /* 1..64; 0: as the profile says (8 or 64, IMG-03) */
    uint32_t watchdog_ms;             /* report a removal that waits longer (DV-11); 0: never */
    const struct ntcb_host_ops *host; /* NULL: ntcb_host_default() */
    ntcb_report_fn *report;           /* NULL: print to stderr, and abort on a bug check */
    ntcb_observer_fn *observer;       /* NULL: none */
    void *callback_context;           /* for report and observer */
};

#define NTCB_CONFIG_INIT                                                                  \
    {                                                                                     \
        NTCB_CONFIG_VERSION, NTCB_WINDOWS_DEFAULT, NTCB_PUBLISH_AUTO, 0, 0, 0, 0, 0, 0, 0 \
    }

/* ntcb_kernel_create - make a kernel. config may be NULL for all defaults; it is copied.
 * Returns 0 and *out, NTCB_EVERSION, NTCB_EINVAL (a field is out of range) or NTCB_ENOMEM. */
NTCB_EXPORT int ntcb_kernel_create(struct ntcb_kernel **out, const struct ntcb_config *config);

/* ntcb_kernel_destroy - free a kernel. The calling thread must not be bound to it, nor any other
 * (NTCB_EBUSY: nothing was freed). Each registration left behind is reported as DV-20 first, and
 * makes the result NTCB_ELEAK; the kernel is freed all the same. NULL is accepted. */
NTCB_EXPORT int ntcb_kernel_destroy(struct ntcb_kernel *kernel);

/* ntcb_kernel_enter - make kernel (or none, NULL) the calling thread's current one and return the
 * previous one. Nests: hand the result back to leave. Aborts with a message when there is no memory
 * for the thread's record. */
NTCB_EXPORT struct ntcb_kernel *ntcb_kernel_enter(struct ntcb_kernel *kernel);
NTCB_EXPORT struct ntcb_kernel *ntcb_kernel_current(void);

/* The configuration as resolved: no field is a default any more. */
NTCB_EXPORT const struct ntcb_config *ntcb_kernel_config(const struct ntcb_kernel *kernel);

/* ntcb_registrations - call visit for every live registration, managers and slots in order, each
 * list of the registry from the highest altitude down. visit must not register or remove. */
NTCB_EXPORT void ntcb_registrations(struct ntcb_kernel *kernel,
                                    void (*visit)(void *context,
                                                  const struct ntcb_registration *registration),
                                    void *context);

/* ntcb_registration_remove - remove what a driver has left behind, as its own removal would: it
 * waits for calls in flight. On a thread that is in the kernel, not inside a visit. Nothing happens
 * when it is gone already. */
NTCB_EXPORT void ntcb_registration_remove(const struct ntcb_registration *registration);

NTCB_END_DECLS

#endif
