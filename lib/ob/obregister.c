/* SPDX-License-Identifier: MIT
 *
 * obregister.c - object callbacks: register, unregister, order.
 *
 * State       ObpCallbackState()->Callbacks and LastHandle, under the engine's lock.
 * Invariants  O1  The list is ordered by altitude as a number, downwards; blocks of one
 *                 registration lie side by side, in the order of its array.
 *             O2  No two registrations have equal altitudes (OB-07, Q-11).
 *             O3  Handles are never reissued.
 */
#include "ob/obp.h"
#include "rtl/rtlp.h"

#define OBP_OPERATIONS (OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)
#define OBP_OPERATION_MAX 16 /* distinct types: there are three */

USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}

static EXP_ROUTINE ObpRoutine(const OB_OPERATION_REGISTRATION *Operation)
{
    return Operation->PreOperation != NULL ? (EXP_ROUTINE)Operation->PreOperation
                                           : (EXP_ROUTINE)Operation->PostOperation;
}

/* One entry of the array, by itself (OB-04..06). */
static NTSTATUS ObpCheckOperation(const OB_OPERATION_REGISTRATION *Operation, ULONG Index)
{
    const struct ntcb_object_services *Objects = KiThread->Ke->Objects;
    ACCESS_MASK Retained;

    if (Operation->PreOperation == NULL && Operation->PostOperation == NULL) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-05", "operation %u has no routine", Index);
    }
    if (Operation->Operations == 0 || (Operation->Operations & ~(ULONG)OBP_OPERATIONS) != 0) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-06", "operation %u has operations 0x%X",
                        Index, Operation->Operations);
    }
    if (Operation->ObjectType == NULL || *Operation->ObjectType == NULL || Objects == NULL ||
        !Objects->has_callbacks(*Operation->ObjectType, &Retained)) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-04",
                        "operation %u is of a type that has no callbacks", Index);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCheckParameters(const OB_CALLBACK_REGISTRATION *Registration)
{
    bool AnyText = (KiThread->Ke->Config.switches & NTCB_SWITCH_LENIENT_ALTITUDE) != 0;
    const UNICODE_STRING *Altitude = &Registration->Altitude;
    ULONG Index;

    if (Registration->Version != OB_FLT_REGISTRATION_VERSION) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-03", "version 0x%X is not 0x100",
                        Registration->Version);
    }
    if (Registration->OperationRegistrationCount == 0 ||
        Registration->OperationRegistrationCount > OBP_OPERATION_MAX ||
        Registration->OperationRegistration == NULL) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-06", "%u operations",
                        Registration->OperationRegistrationCount);
    }
    if (Altitude->Buffer == NULL || Altitude->Length == 0 ||
        (!AnyText && !RtlpIsAltitude(Altitude))) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "OB-07", "the altitude is no decimal number");
    }
    for (Index = 0; Index < Registration->OperationRegistrationCount; ++Index) {
        NTSTATUS Status = ObpCheckOperation(&Registration->OperationRegistration[Index], Index);

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

/* OB-08: either of two routines bad is enough. */
static NTSTATUS ObpCheckModules(const OB_CALLBACK_REGISTRATION *Registration)
{
    ULONG Index;

    for (Index = 0; Index < 2u * Registration->OperationRegistrationCount; ++Index) {
        const OB_OPERATION_REGISTRATION *Operation =
            &Registration->OperationRegistration[Index / 2];
        EXP_ROUTINE Routine = Index % 2 == 0 ? (EXP_ROUTINE)Operation->PreOperation
                                             : (EXP_ROUTINE)Operation->PostOperation;
        NTSTATUS Status = Routine == NULL ? STATUS_SUCCESS
                                          : KiCheckIntegrity((const void *)(uintptr_t)Routine,
                                                             "OB-08", "ObRegisterCallbacks");

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

/* one altitude, so two entries of one type collide with each other. */
static bool ObpHasTypeTwice(const OB_CALLBACK_REGISTRATION *Registration)
{
    ULONG Left;
    ULONG Right;

    for (Left = 0; Left < Registration->OperationRegistrationCount; ++Left) {
        for (Right = 0; Right < Left; ++Right) {
            if (*Registration->OperationRegistration[Left].ObjectType ==
                *Registration->OperationRegistration[Right].ObjectType) {
                return true;
            }
        }
    }
    return false;
}

static NTSTATUS ObpAllocate(const OB_CALLBACK_REGISTRATION *Registration, struct EXP_BLOCK **Blocks)
{
    ULONG Index;

    for (Index = 0; Index < Registration->OperationRegistrationCount; ++Index) {
        const OB_OPERATION_REGISTRATION *Operation = &Registration->OperationRegistration[Index];
        struct OBP_CALLBACK *Callback = (struct OBP_CALLBACK *)ExpAllocateAltitudeBlock(
            sizeof(*Callback), offsetof(struct OBP_CALLBACK, Altitude), NTCB_MANAGER_OBJECT,
            &Registration->Altitude);

        if (Callback == NULL) {
            return KiRefuse(STATUS_INSUFFICIENT_RESOURCES, "OB-09", "no memory");
        }
        Callback->Block.Routine = ObpRoutine(Operation);
        Callback->Block.Key = Callback->Block.Routine;
        Callback->Block.Context = Registration->RegistrationContext;
        Callback->ObjectType = *Operation->ObjectType;
        Callback->Operations = Operation->Operations;
        Callback->Pre = Operation->PreOperation;
        Callback->Post = Operation->PostOperation;
        Blocks[Index] = &Callback->Block;
    }
    return STATUS_SUCCESS;
}

/* Under the lock: the place among the live ones, and who holds the altitude. */
static ULONG ObpFindPlace(struct OBP_STATE *Ob, const struct OBP_CALLBACK *Callback,
                          const struct EXP_BLOCK **Holder)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&Ob->Callbacks.Head);
    ULONG Position = 0;
    ULONG Index;

    *Holder = NULL;
    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        const struct OBP_CALLBACK *Other = (const struct OBP_CALLBACK *)Snapshot->Blocks[Index];
        LONG Order;

        if (atomic_load(&Other->Block.Retired) != 0) {
            continue;
        }
        Order = RtlCompareAltitudes(&Other->Altitude, &Callback->Altitude);
        *Holder = Order == 0 ? &Other->Block : *Holder;
        Position += Order > 0;
    }
    return Position;
}

static NTSTATUS ObpInsert(struct EXP_BLOCK *const *Blocks, ULONG Count, PVOID *RegistrationHandle)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct OBP_STATE *Ob = ObpCallbackState(Kernel);
    const struct EXP_BLOCK *Holder;
    NTSTATUS Status;
    ULONG Position;
    ULONG Index;

    ExpLock(Ex, Kernel);
    Position = ObpFindPlace(Ob, (const struct OBP_CALLBACK *)Blocks[0], &Holder);
    for (Index = 0; Index < Count; ++Index) {
        Blocks[Index]->Id = Ex->NextId + 1;
        Blocks[Index]->Cookie = Ob->LastHandle + 16;
    }
    Status = Holder != NULL ? ExpRefuseAltitude(Blocks[0], Holder, "OB-07")
                            : ExpInsertList(&Ob->Callbacks, Blocks, Count, Position);
    if (NT_SUCCESS(Status)) {
        ++Ex->NextId;
        *RegistrationHandle = (PVOID)(ULONG_PTR)(Ob->LastHandle += 16);
    }
    ExpUnlock(Ex, Kernel);
    return Status;
}

/*
 * ObRegisterCallbacks - be asked before, and told after, handles to processes, threads and desktops
 * are created or duplicated; Windows Vista SP1 and later.
 *
 * CallbackRegistration  copied with all that it points to (OB-11); routines need the driver's image
 *                       to be linked with /INTEGRITYCHECK (OB-08)
 * IRQL     <= APC_LEVEL (OB-01; above: reported as DV-02, and done)
 * Context  any, also inside a callback, and with all APCs disabled (OB-15)
 * Returns  STATUS_SUCCESS                   all operations are active; *RegistrationHandle is for
 *                                           ObUnRegisterCallbacks (OB-02)
 *          STATUS_INVALID_PARAMETER         version (OB-03), type (OB-04), routines (OB-05), counts
 *                                           and bits (OB-06), altitude
 *          STATUS_ACCESS_DENIED             a routine lies in no driver, or in one without the
 *                                           integrity bit (OB-08)
 *          STATUS_FLT_INSTANCE_ALTITUDE_COLLISION   the altitude is taken (OB-07)
 *          STATUS_INSUFFICIENT_RESOURCES    no memory (OB-09)
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported)
 * In that order (OB-10). A failure registers nothing and leaves *RegistrationHandle alone;
 * ntcb_last_reason() tells more.
 */
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration,
                                   PVOID *RegistrationHandle)
{
    struct EXP_BLOCK *Blocks[OBP_OPERATION_MAX] = {NULL};
    NTSTATUS Status;
    ULONG Index;

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "OB-01")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    Status = ObpCheckParameters(CallbackRegistration);
    if (NT_SUCCESS(Status)) {
        Status = ObpCheckModules(CallbackRegistration);
    }
    if (NT_SUCCESS(Status) && ObpHasTypeTwice(CallbackRegistration)) {
        Status = KiRefuse(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "OB-07",
                          "two operations are of the same type");
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpAllocate(CallbackRegistration, Blocks);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            ObpInsert(Blocks, CallbackRegistration->OperationRegistrationCount, RegistrationHandle);
    }
    if (!NT_SUCCESS(Status)) {
        for (Index = 0; Index < OBP_OPERATION_MAX; ++Index) {
            KiFree(KiThread->Ke, Blocks[Index]);
        }
        return Status;
    }
    ExpReclaim(KiThread->Kernel); /* the snapshot that was replaced */
    return Status;
}

/* Under the lock: the next live block of the registration, or NULL. */
static struct EXP_BLOCK *ObpNextOf(struct OBP_STATE *Ob, LONGLONG Cookie)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&Ob->Callbacks.Head);
    ULONG Index;

    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        struct EXP_BLOCK *Block = Snapshot->Blocks[Index];

        if (Block->Cookie == Cookie && atomic_load(&Block->Retired) == 0) {
            return Block;
        }
    }
    return NULL;
}

static VOID ObpReportHandle(PVOID Handle)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "DV-13",
                                        .bugcheck = 0x7E,
                                        .parameter = {(uint64_t)(ULONG)STATUS_ACCESS_VIOLATION},
                                        .on_windows = "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: the "
                                                      "registration's memory is gone",
                                        .fix = "unregister once, and set the handle to NULL"},
                  "ObUnRegisterCallbacks(%p): no such registration", Handle);
}

/* Under the lock: take all blocks of the registration out, chained by NextRetired. *Self: one of
 * them is being called by this thread, and nothing was taken. */
static struct EXP_BLOCK *ObpUnlink(struct OBP_STATE *Ob, LONGLONG Cookie, struct EXP_BLOCK **Self)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&Ob->Callbacks.Head);
    struct EXP_BLOCK *Chain = NULL;
    struct EXP_BLOCK *Block;
    ULONG Index;

    *Self = NULL;
    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        Block = Snapshot->Blocks[Index];
        if (Block->Cookie == Cookie && atomic_load(&Block->Retired) == 0 &&
            ExpCheckSelf(Block, NULL)) {
            *Self = Block;
            return NULL;
        }
    }
    while ((Block = ObpNextOf(Ob, Cookie)) != NULL) {
        ExpUnlinkList(&Ob->Callbacks, Block);
        Block->NextRetired = Chain;
        Chain = Block;
    }
    return Chain;
}

/*
 * ObUnRegisterCallbacks - take a registration away, with all its operations.
 *
 * IRQL     <= APC_LEVEL (above: DV-02)
 * Context  any but inside one of its routines (reported as DV-10, and it stays)
 * Waits    until every call of its routines in flight on other threads has returned (OB-13)
 * A handle that is none, or no more, is reported as DV-13 (OB-14).
 */
VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    struct ntcb_kernel *Kernel = KiRequireThread(__func__)->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct OBP_STATE *Ob = ObpCallbackState(Kernel);
    struct EXP_BLOCK *Self;
    struct EXP_BLOCK *Chain;

    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    ExpLock(Ex, Kernel);
    Chain = ObpUnlink(Ob, (LONGLONG)(ULONG_PTR)RegistrationHandle, &Self);
    ExpUnlock(Ex, Kernel);
    if (Self != NULL) {
        ExpCheckSelf(Self, __func__); /* this thread is inside it: the registration stays */
    } else if (Chain == NULL) {
        ObpReportHandle(RegistrationHandle);
    }
    while (Chain != NULL) {
        struct EXP_BLOCK *Block = Chain;

        Chain = Block->NextRetired;
        ExpWait(Block, &Ob->Callbacks.Waiters, __func__);
        ExpRetire(Block);
    }
}
