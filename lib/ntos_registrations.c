/* SPDX-License-Identifier: MIT
 *
 * ntos_registrations.c - what is registered with all managers: seen, reported and removed.
 */
#include "ntos.h"

#include <stdio.h>

static const struct ntcb_manager_info Managers[] = {
    [NTCB_MANAGER_IMAGE] = {"image", "slot", "call PsRemoveLoadImageNotifyRoutine"},
    [NTCB_MANAGER_REGISTRY] = {"registry", "cookie", "call CmUnRegisterCallback with the cookie"},
    [NTCB_MANAGER_PROCESS] = {"process", "slot",
                              "call the PsSetCreateProcessNotifyRoutine that registered it, with "
                              "Remove TRUE,"},
    [NTCB_MANAGER_THREAD] = {"thread", "slot", "call PsRemoveCreateThreadNotifyRoutine"},
    [NTCB_MANAGER_OBJECT] = {"object", "handle", "call ObUnRegisterCallbacks with the handle"},
    [NTCB_MANAGER_CALLBACK] = {"executive", "registration",
                               "call ExUnregisterCallback with the handle"},
};

const struct ntcb_manager_info *ntcb_manager_info(enum ntcb_manager manager)
{
    return manager >= NTCB_MANAGER_IMAGE && manager <= NTCB_MANAGER_CALLBACK ? &Managers[manager]
                                                                             : NULL;
}

long long ntcb_registration_key(const struct ntcb_registration *registration)
{
    switch (registration->manager) {
    case NTCB_MANAGER_REGISTRY:
    case NTCB_MANAGER_OBJECT:
        return registration->cookie;
    case NTCB_MANAGER_CALLBACK:
        return (long long)registration->id;
    default:
        return registration->slot;
    }
}

void ntcb_registration_remove(const struct ntcb_registration *registration)
{
    EXP_ROUTINE Routine = (EXP_ROUTINE)(uintptr_t)registration->routine;
    LARGE_INTEGER Cookie = {.QuadPart = registration->cookie};

    KiRequireThread(__func__);
    switch (registration->manager) {
    case NTCB_MANAGER_IMAGE:
        PspRemove(PspImage, Routine, 0, 0, __func__);
        break;
    case NTCB_MANAGER_REGISTRY:
        CmUnRegisterCallback(Cookie);
        break;
    case NTCB_MANAGER_PROCESS:
        PspRemove(PspProcess, Routine, 0, 0, __func__);
        break;
    case NTCB_MANAGER_THREAD:
        PspRemove(PspThread, Routine, 0, 0, __func__);
        break;
    case NTCB_MANAGER_OBJECT:
        ObUnRegisterCallbacks((PVOID)(ULONG_PTR)registration->cookie);
        break;
    case NTCB_MANAGER_CALLBACK:
        ExpRemoveCallback(registration->id);
        break;
    }
}

void ntcb_registrations(struct ntcb_kernel *kernel,
                        void (*visit)(void *context, const struct ntcb_registration *registration),
                        void *context)
{
    struct ntcb_registration Registration;
    struct EXP_BLOCK *Block;
    ULONG Index;

    ExpLock(&kernel->Ex, kernel);
    for (Index = 0; Index < PspTables * EXP_SLOT_MAX; ++Index) {
        Block = atomic_load(&kernel->Ps.Table[Index / EXP_SLOT_MAX].Slot[Index % EXP_SLOT_MAX]);
        if (Block != NULL) {
            ExpDescribe(Block, &Registration);
            visit(context, &Registration);
        }
    }
    ExpVisitList(&kernel->Cm.Callbacks, visit, context);
    ExpVisitList(&kernel->Ob.Callbacks, visit, context);
    ExpVisitCallbacks(&kernel->Ex, visit, context);
    ExpUnlock(&kernel->Ex, kernel);
}

struct LEFTOVER {
    struct ntcb_registration First[16]; /* named one by one; the rest are only counted */
    ULONG Count;
};

static void CollectLeftover(void *Context, const struct ntcb_registration *Registration)
{
    struct LEFTOVER *Left = Context;

    if (Left->Count < RTL_NUMBER_OF(Left->First)) {
        Left->First[Left->Count] = *Registration;
    }
    ++Left->Count;
}

ULONG NtosReportLeftovers(struct ntcb_kernel *Kernel)
{
    struct LEFTOVER Left = {.Count = 0};
    struct ntcb_kernel *Previous;
    ULONG Index;

    ntcb_registrations(Kernel, CollectLeftover, &Left);
    if (Left.Count == 0) {
        return 0;
    }
    Previous = ntcb_kernel_enter(Kernel); /* takes over the record of whoever registered */
    for (Index = 0; Index < Left.Count && Index < RTL_NUMBER_OF(Left.First); ++Index) {
        const struct ntcb_registration *R = &Left.First[Index];
        const struct ntcb_manager_info *Manager = ntcb_manager_info(R->manager);
        char Fix[160];

        snprintf(Fix, sizeof(Fix), "%s in DriverUnload", Manager->fix);
        ntcb_report_f(
            &(struct ntcb_report){.severity = NTCB_VIOLATION,
                                  .rule = "DV-20",
                                  .bugcheck = 0xCE,
                                  .address = R->routine,
                                  .on_windows = "the next event calls into a driver that is gone",
                                  .fix = Fix},
            "%s callback (%s %lld) is still registered (of %u left in all)", Manager->name,
            Manager->key_name, ntcb_registration_key(R), Left.Count);
    }
    ntcb_kernel_enter(Previous);
    return Left.Count;
}
