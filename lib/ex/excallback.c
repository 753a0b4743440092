/* SPDX-License-Identifier: MIT
 *
 * excallback.c - callback objects: who is registered with one, and telling them.
 *
 * Role        The list of each object. Names, handles and lifetime of the objects are the object
 *             manager's; a registration holds a reference (EX-08).
 * State       The object's own; EXP_STATE.Callbacks, the registrations of all objects, by which a
 *             handle is known. Both under the engine's lock.
 * Invariants  A notification calls, in order of registration, who was there when it began and who
 *             came before it ended (EX-09, EX-11): it takes a frozen list after the other, and from
 *             each those with greater ids than it has seen.
 */
#include "ex/exp.h"

#define EXP_OBJECT_MAGIC 0x6C6C6143u /* "Call" */

struct _CALLBACK_OBJECT {
    ULONG Magic;
    ULONG Flags; /* NTCB_CALLBACK_* */
    struct EXP_LIST List;
};

struct EXP_CALLBACK {
    struct EXP_BLOCK Block; /* first */
    PCALLBACK_OBJECT Object;
    struct EXP_CALLBACK *Next; /* EXP_STATE.Callbacks */
};

size_t ntcb_callback_object_size(void)
{
    return sizeof(struct _CALLBACK_OBJECT);
}

void ntcb_callback_object_init(PCALLBACK_OBJECT object, unsigned flags)
{
    object->Magic = EXP_OBJECT_MAGIC;
    object->Flags = flags;
}

void ntcb_callback_object_end(PCALLBACK_OBJECT object)
{
    /* Nobody is registered, so no block is left; a snapshot of retired ones may be. */
    struct EXP_SNAPSHOT *Left = atomic_exchange(&object->List.Head, NULL);
    struct EXP_STATE *Ex = KiThread->Ex;

    object->Magic = 0;
    if (Left != NULL) {
        ExpLock(Ex, KiThread->Kernel);
        Left->NextRetired = Ex->RetiredSnapshots;
        Ex->RetiredSnapshots = Left;
        ExpUnlock(Ex, KiThread->Kernel);
        ExpReclaim(KiThread->Kernel);
    }
}

/* Under the lock: the registrations that Object has, at the end of which a new one goes. */
static ULONG ExpCountLive(const struct EXP_LIST *List)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&List->Head);
    ULONG Live = 0;
    ULONG Index;

    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        Live += atomic_load(&Snapshot->Blocks[Index]->Retired) == 0;
    }
    return Live;
}

/*
 * ExRegisterCallback - have CallbackFunction called whenever the object is notified.
 *
 * The object is referenced until ExUnregisterCallback (EX-08).
 * IRQL     <= APC_LEVEL (EX-14; above: reported as DV-02, and done)
 * Context  any, also inside a routine of the same object: it is called in this pass (EX-11)
 * Returns  a handle for ExUnregisterCallback; NULL when the object takes one routine only and has
 *          it, when there is no memory, or no routine (EX-07; ntcb_last_reason())
 */
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    struct ntcb_kernel *Kernel = KiRequireThread(__func__)->Kernel;
    const struct ntcb_object_services *Objects = KiThread->Ke->Objects;
    struct EXP_STATE *Ex = KiThread->Ex;
    struct EXP_CALLBACK *Callback;
    bool Alone = true;
    NTSTATUS Status;
    ULONG Live;

    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (CallbackObject == NULL || CallbackObject->Magic != EXP_OBJECT_MAGIC ||
        CallbackFunction == NULL || Objects == NULL) {
        KiRefuse(STATUS_INVALID_PARAMETER, "EX-07", "no callback object, or no routine");
        return NULL;
    }
    Callback = (struct EXP_CALLBACK *)ExpAllocateBlock(sizeof(*Callback), NTCB_MANAGER_CALLBACK);
    if (Callback == NULL) {
        KiRefuse(STATUS_INSUFFICIENT_RESOURCES, "EX-07", "no memory");
        return NULL;
    }
    Callback->Block.Routine = Callback->Block.Key = (EXP_ROUTINE)CallbackFunction;
    Callback->Block.Context = CallbackContext;
    Callback->Object = CallbackObject;
    Objects->reference(CallbackObject);

    ExpLock(Ex, Kernel);
    Live = ExpCountLive(&CallbackObject->List);
    Alone = Live == 0 || (CallbackObject->Flags & NTCB_CALLBACK_MULTIPLE) != 0;
    Callback->Block.Id = Ex->NextId + 1;
    Status = Alone ? ExpInsertList(&CallbackObject->List, (struct EXP_BLOCK *[]){&Callback->Block},
                                   1, Live)
                   : STATUS_OBJECT_NAME_COLLISION;
    if (NT_SUCCESS(Status)) {
        ++Ex->NextId;
        Callback->Next = Ex->Callbacks;
        Ex->Callbacks = Callback;
    }
    ExpUnlock(Ex, Kernel);
    if (NT_SUCCESS(Status)) {
        ExpReclaim(Kernel);
        return Callback;
    }
    KiRefuse(Status, "EX-07", Alone ? "no memory" : "the object takes one routine, and has it");
    Objects->dereference(CallbackObject);
    ExpFreeBlock(&Callback->Block);
    return NULL;
}

VOID ExpVisitCallbacks(const struct EXP_STATE *Ex,
                       void (*Visit)(void *Context, const struct ntcb_registration *Registration),
                       void *Context)
{
    const struct EXP_CALLBACK *Callback;
    struct ntcb_registration Registration;

    for (Callback = Ex->Callbacks; Callback != NULL; Callback = Callback->Next) {
        ExpDescribe(&Callback->Block, &Registration);
        Visit(Context, &Registration);
    }
}

VOID ExpTeardownCallbacks(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel)
{
    while (Ex->Callbacks != NULL) {
        struct EXP_CALLBACK *Callback = Ex->Callbacks;

        Ex->Callbacks = Callback->Next;
        KiFree(KiStateOf(Kernel), Callback);
    }
}

static VOID ExpReportHandle(const void *Handle)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "EX-12",
                                        .bugcheck = 0x50,
                                        .parameter = {(uint64_t)(uintptr_t)Handle},
                                        .on_windows = "the list of some object is unlinked through "
                                                      "memory that is gone",
                                        .fix = "unregister once, with what ExRegisterCallback "
                                               "returned"},
                  "ExUnregisterCallback(%p): no such registration", Handle);
}

/* Take out the registration at Handle, or, where that is NULL, the one with Id. FALSE: none is. */
static bool ExpUnregister(const void *Handle, uint64_t Id, const char *Function)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = KiThread->Ex;
    struct EXP_CALLBACK *Callback;
    struct EXP_CALLBACK **Place;
    PCALLBACK_OBJECT Object;
    bool Self;

    ExpLock(Ex, Kernel);
    for (Place = &Ex->Callbacks; *Place != NULL; Place = &(*Place)->Next) {
        if (Handle != NULL ? *Place == Handle : (*Place)->Block.Id == Id) {
            break;
        }
    }
    Callback = *Place;
    Self = Callback != NULL && ExpCheckSelf(&Callback->Block, NULL);
    if (Callback != NULL && !Self) {
        *Place = Callback->Next;
        ExpUnlinkList(&Callback->Object->List, &Callback->Block);
    }
    ExpUnlock(Ex, Kernel);
    if (Self) {
        ExpCheckSelf(&Callback->Block, Function);
    } else if (Callback != NULL) {
        Object = Callback->Object;
        ExpWait(&Callback->Block, &Object->List.Waiters, Function);
        ExpRetire(&Callback->Block);
        KiThread->Ke->Objects->dereference(Object);
    }
    return Callback != NULL;
}

VOID ExpRemoveCallback(uint64_t Id)
{
    (void)ExpUnregister(NULL, Id, "ExUnregisterCallback");
}

/*
 * ExUnregisterCallback - take a registration away and drop its reference to the object.
 *
 * IRQL     <= APC_LEVEL (above: DV-02)
 * Context  any but inside the routine itself (EX-13; reported as DV-10, and it stays)
 * Waits    until calls of it in flight on other threads have returned (EX-12)
 */
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    KiRequireThread(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (CallbackRegistration == NULL || !ExpUnregister(CallbackRegistration, 0, __func__)) {
        ExpReportHandle(CallbackRegistration);
    }
}

struct EXP_NOTIFICATION {
    struct EXP_PASS Pass;
    PCALLBACK_OBJECT Object;
    PVOID Argument1;
    PVOID Argument2;
};

static VOID ExpWalkObject(PVOID Context)
{
    struct EXP_NOTIFICATION *This = Context;
    struct EXP_LIST *List = &This->Object->List;
    struct EXP_SNAPSHOT *Snapshot;
    uint64_t Last = 0;
    ULONG Index;

    do {
        Snapshot = ExpFreeze(&This->Pass, List);
        for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
            struct EXP_BLOCK *Block = Snapshot->Blocks[Index];

            if (Block->Id <= Last) {
                continue;
            }
            Last = Block->Id;
            if (ExpEnterBlock(&This->Pass, Block)) {
                ExpBeforeCall(&This->Pass, Block, -1, This->Argument1);
                ((PCALLBACK_FUNCTION)Block->Routine)((PVOID)(ULONG_PTR)Block->Context,
                                                     This->Argument1, This->Argument2);
                ExpAfterCall(&This->Pass, Block, -1, This->Argument1, STATUS_SUCCESS);
            }
        }
    } while (Snapshot != NULL && atomic_load(&List->Head) != Snapshot);
}

void ntcb_callback_object_notify(PCALLBACK_OBJECT object, PVOID argument1, PVOID argument2)
{
    struct EXP_NOTIFICATION This = {
        .Object = object, .Argument1 = argument1, .Argument2 = argument2};

    ExpBeginPass(&This.Pass, KiRequireThread(__func__), &object->List.Waiters);
    ExpGuardWalk(&This.Pass, ExpWalkObject, &This, -1, "an exception left a callback routine");
    ExpMoveTo(&This.Pass, NULL);
    ExpThaw(&This.Pass);
    ExpEndPass(&This.Pass);
}

/*
 * ExNotifyCallback - call every routine of the object with its context and the two arguments, in
 * order of registration, at the caller's IRQL (EX-09).
 *
 * CallbackObject  referenced by the caller; NULL: nothing happens (EX-10). One of the system's own
 *                 is reported as DV-14, and notified.
 * IRQL     <= DISPATCH_LEVEL (above: DV-02)
 */
VOID NTAPI ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2)
{
    PCALLBACK_OBJECT Object = CallbackObject;

    KiRequireThread(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-02", 0x00020006);
    if (Object == NULL || Object->Magic != EXP_OBJECT_MAGIC) {
        return;
    }
    if ((Object->Flags & NTCB_CALLBACK_SYSTEM) != 0) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING,
                                            .rule = "DV-14",
                                            .on_windows = "every component that listens believes "
                                                          "it: the time changed, a processor came",
                                            .fix = "notify callback objects of your own only"},
                      "ExNotifyCallback on a callback object of the system");
    }
    ntcb_callback_object_notify(Object, Argument1, Argument2);
}
