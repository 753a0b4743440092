/* SPDX-License-Identifier: MIT
 *
 * cmcontext.c - object contexts: a pointer per (key object, registration).
 *
 * State       CMP_STATE.Contexts, a hash by object of lists by registration; ContextCount says
 *             without a lock whether there is anything to look for.
 * Locks       The engine's, for every look and change; not held while a cleanup is delivered.
 * Invariants  X1  A context is delivered to cleanup exactly once: by whoever took it out of the
 *                 table, the destruction of the object or the unregistration (CM-CTX-11, -12).
 *             X2  No context is set for a retired registration; so what an unregistration takes
 *                 while it unlinks is all there will ever be.
 *             X3  The destruction of an object publishes a context's owner before it lets go of the
 *                 lock; so an unregistration waits for that cleanup like for any call.
 */
#include "cm/cmp.h"

#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(bytes) KiAllocate(KiState(), bytes)
#define uthash_free(memory, bytes) KiFree(KiState(), memory)
#define uthash_nonfatal_oom(element) (Element_failed = true)
#include <uthash.h>

struct CMP_CONTEXT {
    struct CMP_CONTEXT *Next;
    struct EXP_BLOCK *Block;
    PVOID Object;
    PVOID Context;
};

struct CMP_CONTEXTS {
    UT_hash_handle hh;
    PVOID Object;
    struct CMP_CONTEXT *List;
};

bool CmpIsKey(const struct CMP_STATE *Cm, PVOID Object)
{
    return Object != NULL && Object != CMP_UNDEFINED_OBJECT &&
           (Cm->Keys == NULL || Cm->Keys->is_key(Object));
}

void ntcb_registry_set_services(struct ntcb_kernel *kernel,
                                const struct ntcb_key_services *services)
{
    CmpCallbackState(kernel)->Keys = services;
}

static struct CMP_CONTEXTS *CmpFindObject(struct CMP_STATE *Cm, PVOID Object)
{
    struct CMP_CONTEXTS *Found;

    HASH_FIND_PTR(Cm->Contexts, &Object, Found);
    return Found;
}

static struct CMP_CONTEXT **CmpFindContext(struct CMP_CONTEXTS *Contexts,
                                           const struct EXP_BLOCK *Block)
{
    struct CMP_CONTEXT **At = &Contexts->List;

    while (*At != NULL && (*At)->Block != Block) {
        At = &(*At)->Next;
    }
    return At;
}

PVOID CmpObjectContext(struct KE_THREAD *Thread, PVOID Object, const struct EXP_BLOCK *Block)
{
    struct CMP_STATE *Cm = Thread->Cm;
    struct CMP_CONTEXTS *Contexts;
    struct CMP_CONTEXT *Context = NULL;
    PVOID Result;

    if (atomic_load_explicit(&Cm->ContextCount, memory_order_acquire) == 0) {
        return NULL;
    }
    ExpLock(Thread->Ex, Thread->Kernel);
    Contexts = CmpFindObject(Cm, Object);
    if (Contexts != NULL) {
        Context = *CmpFindContext(Contexts, Block);
    }
    Result = Context == NULL ? NULL : Context->Context;
    ExpUnlock(Thread->Ex, Thread->Kernel);
    return Result;
}

/* Unlink *At; the object's entry goes with its last context. Locked. */
static struct CMP_CONTEXT *CmpTakeContext(struct CMP_STATE *Cm, struct CMP_CONTEXTS *Contexts,
                                          struct CMP_CONTEXT **At)
{
    struct CMP_CONTEXT *Context = *At;

    *At = Context->Next;
    atomic_fetch_sub(&Cm->ContextCount, 1);
    if (Contexts->List == NULL) {
        HASH_DEL(Cm->Contexts, Contexts);
        KiFree(KiState(), Contexts);
    }
    return Context;
}

/* Make room for a context of Block on Object. Locked. */
static NTSTATUS CmpAddContext(struct CMP_STATE *Cm, PVOID Object, struct EXP_BLOCK *Block,
                              PVOID NewContext)
{
    struct CMP_CONTEXTS *Contexts = CmpFindObject(Cm, Object);
    struct CMP_CONTEXT *Context = KiAllocate(KiState(), sizeof(*Context));
    bool Element_failed = false;

    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Contexts == NULL) {
        Contexts = KiAllocate(KiState(), sizeof(*Contexts));
        if (Contexts != NULL) {
            memset(Contexts, 0, sizeof(*Contexts));
            Contexts->Object = Object;
            HASH_ADD_PTR(Cm->Contexts, Object, Contexts);
        }
        if (Contexts == NULL || Element_failed) {
            KiFree(KiState(), Contexts);
            KiFree(KiState(), Context);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    *Context = (struct CMP_CONTEXT){Contexts->List, Block, Object, NewContext};
    Contexts->List = Context;
    atomic_fetch_add(&Cm->ContextCount, 1);
    return STATUS_SUCCESS;
}

/* Set, replace or (NULL) remove; *Old is what was there. Locked. */
static NTSTATUS CmpReplaceContext(struct CMP_STATE *Cm, PVOID Object, struct EXP_BLOCK *Block,
                                  PVOID NewContext, PVOID *Old)
{
    struct CMP_CONTEXTS *Contexts = CmpFindObject(Cm, Object);
    struct CMP_CONTEXT **At = Contexts == NULL ? NULL : CmpFindContext(Contexts, Block);

    *Old = NULL;
    if (At == NULL || *At == NULL) {
        return NewContext == NULL ? STATUS_SUCCESS : CmpAddContext(Cm, Object, Block, NewContext);
    }
    *Old = (*At)->Context;
    (*At)->Context = NewContext;
    if (NewContext == NULL) {
        KiFree(KiState(), CmpTakeContext(Cm, Contexts, At)); /* CM-CTX-10 */
    }
    return STATUS_SUCCESS;
}

/* CM-CTX-15 */
static VOID CmpReportOutside(const void *Caller)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_WARNING,
            .rule = "CM-CTX-15",
            .address = Caller,
            .on_windows = "works while the object lives, which nothing outside a callback ensures",
            .fix = "call it in a registry callback that is shown the object, from post create or "
                   "open to pre close",
        },
        "CmSetCallbackObjectContext was called outside a registry callback");
}

/*
 * CmSetCallbackObjectContext - remember a pointer for a key object; later notifications of this
 * registration on this object carry it (CM-CTX-04..07); Windows Vista and later.
 *
 * NewContext NULL takes the context away without a cleanup (CM-CTX-10). A replaced context gets no
 * cleanup of its own (CM-CTX-09).
 * IRQL     <= APC_LEVEL (above: DV-02)
 * Context  a callback that is shown the object, from post create or open to pre close (CM-CTX-04)
 * Returns  STATUS_SUCCESS                   *OldContext (if given) is the previous one or NULL
 *          STATUS_INVALID_PARAMETER         unknown cookie, or Object is no key (CM-CTX-14)
 *          STATUS_INSUFFICIENT_RESOURCES    no memory; nothing changed
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported, CM-REG-19)
 * Outside a registry callback it works while the object lives, and is reported (CM-CTX-15).
 */
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext,
                                          PVOID *OldContext)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    struct CMP_STATE *Cm = Thread->Cm;
    struct EXP_BLOCK *Block;
    PVOID Old = NULL;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "CM-REG-19")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (Cookie == NULL || !CmpIsKey(Cm, Object)) {
        return STATUS_INVALID_PARAMETER;
    }
    ExpLock(Thread->Ex, Thread->Kernel);
    Block = CmpFindCookie(Cm, Cookie->QuadPart);
    if (Block != NULL) {
        Status = CmpReplaceContext(Cm, Object, Block, NewContext, &Old);
    }
    ExpUnlock(Thread->Ex, Thread->Kernel);
    if (NT_SUCCESS(Status) && OldContext != NULL) {
        *OldContext = Old;
    }
    if (NT_SUCCESS(Status) && Thread->RegistryLimit == NULL) {
        CmpReportOutside(__builtin_return_address(0));
    }
    return Status;
}

/* Call the owner. It is published, or retired and drained. */
static VOID CmpCallCleanup(struct KE_THREAD *Thread, struct EXP_BLOCK *Block, PVOID Object,
                           PVOID Context)
{
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Information = {.Object = Object,
                                                            .ObjectContext = Context};
    struct ntcb_seh_frame Guard;
    bool Observed = Thread->Ex->Observer != NULL;
    const void *Limit = Thread->RegistryLimit;
    ULONGLONG Environment = Thread->Environment.Word;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        (void)CmpEscaped(Thread, Block, RegNtCallbackObjectContextCleanup, &Information);
        return;
    }
    Thread->RegistryLimit = Block; /* CM-RE-07 */
    if (Observed) {
        ExpObserve(Block, RegNtCallbackObjectContextCleanup, &Information, true, 0);
    }
    (void)((PEX_CALLBACK_FUNCTION)Block->Routine)(
        (PVOID)(ULONG_PTR)Block->Context, (PVOID)(ULONG_PTR)RegNtCallbackObjectContextCleanup,
        &Information); /* CM-BYP-11: whatever it returns */
    ntcb_seh_done(&Guard);
    if (Thread->Environment.Word != Environment) {
        KiCheckEnvironment(Thread, Environment, (const void *)(uintptr_t)Block->Routine, NULL);
    }
    if (Observed) {
        ExpObserve(Block, RegNtCallbackObjectContextCleanup, &Information, false, 0);
    }
    Thread->RegistryLimit = Limit;
}

VOID CmpCleanupObject(struct KE_THREAD *Thread, PVOID Object)
{
    struct CMP_STATE *Cm = Thread->Cm;
    struct EXP_PASS Pass;

    ExpBeginPass(&Pass, Thread, &Cm->Callbacks.Waiters);
    while (atomic_load_explicit(&Cm->ContextCount, memory_order_acquire) != 0) {
        struct CMP_CONTEXTS *Contexts;
        struct CMP_CONTEXT *Context = NULL;

        ExpLock(Thread->Ex, Thread->Kernel);
        Contexts = CmpFindObject(Cm, Object);
        if (Contexts != NULL) {
            Context = CmpTakeContext(Cm, Contexts, &Contexts->List);
            ExpPublish(&Pass, &Pass.Frame->Block, Context->Block); /* X3 */
        }
        ExpUnlock(Thread->Ex, Thread->Kernel);
        if (Context == NULL) {
            break;
        }
        CmpCallCleanup(Thread, Context->Block, Object, Context->Context);
        KiFree(Thread->Ke, Context);
        ExpMoveTo(&Pass, NULL);
    }
    ExpEndPass(&Pass);
}

struct CMP_CONTEXT *CmpTakeContexts(struct CMP_STATE *Cm, const struct EXP_BLOCK *Block)
{
    struct CMP_CONTEXT *Taken = NULL;
    struct CMP_CONTEXTS *Contexts;
    struct CMP_CONTEXTS *Next;

    HASH_ITER (hh, Cm->Contexts, Contexts, Next) {
        struct CMP_CONTEXT **At = CmpFindContext(Contexts, Block);

        if (*At != NULL) {
            struct CMP_CONTEXT *Context = CmpTakeContext(Cm, Contexts, At);

            Context->Next = Taken;
            Taken = Context;
        }
    }
    return Taken;
}

VOID CmpDeliverCleanups(struct EXP_BLOCK *Block, struct CMP_CONTEXT *Taken)
{
    while (Taken != NULL) {
        struct CMP_CONTEXT *Context = Taken;

        Taken = Context->Next;
        CmpCallCleanup(KiThread, Block, Context->Object, Context->Context);
        KiFree(KiState(), Context);
    }
}

VOID CmpFreeContexts(struct CMP_STATE *Cm, struct ntcb_kernel *Kernel)
{
    struct ntcb_kernel *Previous;
    struct CMP_CONTEXTS *Contexts;
    struct CMP_CONTEXTS *Next;

    if (Cm->Contexts == NULL) {
        return; /* entering might take memory for a record */
    }
    Previous = ntcb_kernel_enter(Kernel); /* the hash frees through KiState */
    HASH_ITER (hh, Cm->Contexts, Contexts, Next) {
        while (Contexts->List->Next != NULL) {
            KiFree(KiState(), CmpTakeContext(Cm, Contexts, &Contexts->List->Next));
        }
        KiFree(KiState(), CmpTakeContext(Cm, Contexts, &Contexts->List));
    }
    ntcb_kernel_enter(Previous);
}
