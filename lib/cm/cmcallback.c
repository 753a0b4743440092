/* SPDX-License-Identifier: MIT
 *
 * cmcallback.c - registry callbacks: register, unregister, order.
 *
 * Role        Keeps the registrations in one list from the highest altitude to the lowest.
 * State       CmpCallbackState()->Callbacks and LastCookie, under the engine's lock.
 * Invariants  M1  The list is ordered by CmpOrder: altitude as a number, downwards; equal altitudes
 *                 (legacy registrations, CM-ORD-08..10) in order of registration.
 *             M2  Of two registrations made with an altitude, no two have equal ones (CM-REG-04).
 *             M3  Cookies are positive, grow, and are never reissued (CM-REG-18).
 */
#include "cm/cmp.h"
#include "rtl/rtlp.h"

#include <string.h>

/* Where registrations without an altitude are put (CM-ORD-08). */
static const WCHAR CmpLegacyAltitude[] = u"425000";

LONG CmpOrder(const struct CMP_CALLBACK *Left, const struct CMP_CALLBACK *Right)
{
    LONG Order = RtlCompareAltitudes(&Right->Altitude, &Left->Altitude);

    if (Order == 0) {
        Order = Left->Block.Id < Right->Block.Id ? -1 : Left->Block.Id > Right->Block.Id;
    }
    return Order;
}

VOID CmpTeardownCallbacks(struct CMP_STATE *Cm, struct ntcb_kernel *Kernel)
{
    CmpFreeContexts(Cm, Kernel);
    ExpTeardownList(&Cm->Callbacks, Kernel);
}

struct EXP_BLOCK *CmpFindCookie(struct CMP_STATE *Cm, LONGLONG Cookie)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&Cm->Callbacks.Head);
    ULONG Index;

    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        struct EXP_BLOCK *Block = Snapshot->Blocks[Index];

        if (Block->Cookie == Cookie && atomic_load(&Block->Retired) == 0) {
            return Block;
        }
    }
    return NULL;
}

/* Under the lock: the place for Callback among the live ones, and who holds its altitude. */
static ULONG CmpFindPlace(struct CMP_STATE *Cm, const struct CMP_CALLBACK *Callback,
                          const struct CMP_CALLBACK **Holder)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&Cm->Callbacks.Head);
    ULONG Position = 0;
    ULONG Index;

    *Holder = NULL;
    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        const struct CMP_CALLBACK *Other = (const struct CMP_CALLBACK *)Snapshot->Blocks[Index];

        if (atomic_load(&Other->Block.Retired) != 0) {
            continue;
        }
        if (!Callback->Legacy && !Other->Legacy &&
            RtlCompareAltitudes(&Callback->Altitude, &Other->Altitude) == 0) {
            *Holder = Other;
        }
        Position += CmpOrder(Other, Callback) < 0;
    }
    return Position;
}

static NTSTATUS CmpRegister(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude,
                            const void *Driver, PVOID Context, PLARGE_INTEGER Cookie)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct CMP_STATE *Cm = CmpCallbackState(Kernel);
    UNICODE_STRING Legacy = {sizeof(CmpLegacyAltitude) - sizeof(WCHAR), sizeof(CmpLegacyAltitude),
                             (PWSTR)(ULONG_PTR)CmpLegacyAltitude};
    struct CMP_CALLBACK *Callback;
    LONGLONG Before;
    NTSTATUS Status;
    const struct CMP_CALLBACK *Holder;
    ULONG Position;

    if (Function == NULL || Cookie == NULL) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "CM-REG-12", "Function or Cookie is NULL");
    }
    Callback = (struct CMP_CALLBACK *)ExpAllocateAltitudeBlock(
        sizeof(*Callback), offsetof(struct CMP_CALLBACK, Altitude), NTCB_MANAGER_REGISTRY,
        Altitude == NULL ? &Legacy : Altitude);
    if (Callback == NULL) {
        return KiRefuse(STATUS_INSUFFICIENT_RESOURCES, "CM-REG-07", "no memory");
    }
    Callback->Legacy = Altitude == NULL;
    Callback->Block.Routine = (EXP_ROUTINE)Function;
    Callback->Block.Key = Callback->Block.Routine;
    Callback->Block.Context = Context;
    Callback->Block.Owner = Driver;

    ExpLock(Ex, Kernel);
    Callback->Block.Id = Ex->NextId + 1;
    Position = CmpFindPlace(Cm, Callback, &Holder);
    Callback->Block.Cookie = Cm->LastCookie + 1;
    Before = Cookie->QuadPart;
    Cookie->QuadPart = Callback->Block.Cookie; /* before the first call, which may come at once */
    Status = Holder != NULL ? ExpRefuseAltitude(&Callback->Block, &Holder->Block, "CM-REG-04")
                            : ExpInsertList(&Cm->Callbacks,
                                            (struct EXP_BLOCK *[]){&Callback->Block}, 1, Position);
    if (NT_SUCCESS(Status)) {
        ++Ex->NextId;
        ++Cm->LastCookie;
    } else {
        Cookie->QuadPart = Before;
    }
    ExpUnlock(Ex, Kernel);

    if (NT_SUCCESS(Status)) {
        ExpReclaim(Kernel); /* the snapshot that was replaced */
    } else {
        ExpFreeBlock(&Callback->Block);
    }
    return Status;
}

/*
 * CmRegisterCallback - register a RegistryCallback without an altitude, near the top of the stack,
 * after those registered so before (CM-REG-02, CM-ORD-07..09).
 *
 * IRQL     <= APC_LEVEL (CM-IRQL-01; above: reported as DV-02, and done)
 * Context  any, also inside a callback (CM-REG-11)
 * Returns  STATUS_SUCCESS                   *Cookie identifies the registration (CM-REG-18)
 *          STATUS_INSUFFICIENT_RESOURCES    no memory (CM-REG-07)
 *          STATUS_INVALID_PARAMETER         Function or Cookie is NULL (CM-REG-12)
 * A failure changes nothing, *Cookie included (CM-REG-06).
 */
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context,
                                  PLARGE_INTEGER Cookie)
{
    KiRequireThread(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    return CmpRegister(Function, NULL, NULL, Context, Cookie);
}

/*
 * CmRegisterCallbackEx - register a RegistryCallback at an altitude; Windows Vista and later.
 *
 * Altitude is copied (CM-REG-14); Driver names the owner in reports (CM-REG-17).
 * IRQL, Context as CmRegisterCallback.
 * Returns  as CmRegisterCallback, and
 *          STATUS_FLT_INSTANCE_ALTITUDE_COLLISION  another Ex registration has the same altitude,
 *                                           compared as a number (CM-REG-04, -05, CM-ORD-05)
 *          STATUS_INVALID_PARAMETER         Altitude is NULL, empty (CM-REG-15) or not a decimal
 *                                           number (CM-REG-16), Driver is NULL (CM-REG-12),
 *                                           Reserved is not (CM-REG-13)
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported, CM-REG-19)
 */
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude,
                                    PVOID Driver, PVOID Context, PLARGE_INTEGER Cookie,
                                    PVOID Reserved)
{
    uint32_t Switches = KiStateOf(KiRequireThread(__func__)->Kernel)->Config.switches;
    bool AnyText = (Switches & NTCB_SWITCH_LENIENT_ALTITUDE) != 0;
    bool AnyDriver = (Switches & NTCB_SWITCH_LENIENT_DRIVER) != 0;

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "CM-REG-19")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    if (Altitude == NULL || Altitude->Buffer == NULL || Altitude->Length == 0 ||
        (!AnyText && !RtlpIsAltitude(Altitude)) || (!AnyDriver && Driver == NULL) ||
        Reserved != NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    return CmpRegister(Function, Altitude, Driver, Context, Cookie);
}

/*
 * CmUnRegisterCallback - take a registration away, by its cookie (either routine's, CM-UNR-11).
 *
 * IRQL     <= APC_LEVEL (above: DV-02)
 * Context  any but inside the callback itself (CM-UNR-05); another callback may be unregistered
 *          from inside one (CM-UNR-06)
 * Waits    until every call of it in flight on other threads has returned (CM-UNR-03), then calls
 * it
 *          once more for each object context it still has (CM-UNR-08, CM-CTX-12, -13)
 * Returns  STATUS_SUCCESS                   gone, and not running; the altitude is free (CM-UNR-09)
 *          STATUS_INVALID_PARAMETER         no such registration (CM-UNR-02)
 *          STATUS_POSSIBLE_DEADLOCK         Windows would hang here: the caller is inside that
 *                                           callback (DV-10: it stays registered), or two removals
 *                                           wait for each other (DV-11: gone, but may be running)
 */
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie)
{
    struct ntcb_kernel *Kernel = KiRequireThread(__func__)->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct CMP_STATE *Cm = CmpCallbackState(Kernel);
    struct CMP_CONTEXT *Contexts = NULL;
    struct EXP_BLOCK *Block;
    NTSTATUS Status;
    bool Self;

    ntcb_check_irql(__func__, APC_LEVEL, "DV-02", 0x00020006);
    ExpLock(Ex, Kernel);
    Block = CmpFindCookie(Cm, Cookie.QuadPart);
    Self = Block != NULL && ExpCheckSelf(Block, NULL);
    if (Block != NULL && !Self) {
        ExpUnlinkList(&Cm->Callbacks, Block);
        Contexts = CmpTakeContexts(Cm, Block);
    }
    ExpUnlock(Ex, Kernel);

    if (Block == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Self) {
        ExpCheckSelf(Block, __func__); /* this thread is inside it: the block stays */
        return STATUS_POSSIBLE_DEADLOCK;
    }
    Status = ExpWait(Block, &Cm->Callbacks.Waiters, __func__);
    CmpDeliverCleanups(Block, Contexts);
    ExpRetire(Block);
    return Status;
}

/*
 * CmGetCallbackVersion - the version of the registry callback interface: 1.0 on Vista, 1.1 from
 * Windows 7 on (CM-VER-13).
 *
 * Major, Minor may each be NULL. IRQL <= APC_LEVEL. Before Vista it does not exist: reported, and
 * nothing is stored.
 */
VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor)
{
    struct ntcb_kernel *Kernel = KiRequireThread(__func__)->Kernel;

    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "CM-REG-19")) {
        return;
    }
    ntcb_check_irql(__func__, APC_LEVEL, "CM-IRQL-01", 0);
    if (Major != NULL) {
        *Major = 1;
    }
    if (Minor != NULL) {
        *Minor = KiStateOf(Kernel)->Config.windows >= NTCB_WINDOWS_7;
    }
}
