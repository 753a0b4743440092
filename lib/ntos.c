/* SPDX-License-Identifier: MIT
 *
 * ntos.c - the composition root: create a kernel, destroy it, and lead each component to its state.
 */
#include "ntos.h"

#include <string.h>

struct KE_STATE *KiStateOf(struct ntcb_kernel *Kernel)
{
    return &Kernel->Ke;
}

struct EXP_STATE *ExpState(struct ntcb_kernel *Kernel)
{
    return &Kernel->Ex;
}

struct PSP_STATE *PspCallbackState(struct ntcb_kernel *Kernel)
{
    return &Kernel->Ps;
}

struct CMP_STATE *CmpCallbackState(struct ntcb_kernel *Kernel)
{
    return &Kernel->Cm;
}

struct OBP_STATE *ObpCallbackState(struct ntcb_kernel *Kernel)
{
    return &Kernel->Ob;
}

VOID KiLinkThread(struct KE_THREAD *Thread, struct ntcb_kernel *Kernel)
{
    Thread->Kernel = Kernel;
    Thread->Ke = &Kernel->Ke;
    Thread->Ex = &Kernel->Ex;
    Thread->Ps = &Kernel->Ps;
    Thread->Cm = &Kernel->Cm;
}

/* Fill in every default; 0 or an NTCB_E. */
static int ResolveConfig(struct ntcb_config *Config)
{
    bool Available;

    if (Config->version != NTCB_CONFIG_VERSION) {
        return NTCB_EVERSION;
    }
    if (Config->host == NULL) {
        Config->host = ntcb_host_default();
    }
    if (Config->host->version != NTCB_HOST_OPS_VERSION) {
        return NTCB_EVERSION;
    }
    if (Config->windows == NTCB_WINDOWS_DEFAULT) {
        Config->windows = NTCB_WINDOWS_11;
    }
    if (Config->image_slots == 0) {
        Config->image_slots = Config->windows >= NTCB_WINDOWS_10_1507 ? 64 : 8; /* IMG-03 */
    }
    if (Config->windows > NTCB_WINDOWS_11 || Config->windows < NTCB_WINDOWS_XP ||
        Config->image_slots > EXP_SLOT_MAX || Config->publication > NTCB_PUBLISH_EXCHANGE) {
        return NTCB_EINVAL;
    }
    Available = Config->publication != NTCB_PUBLISH_EXCHANGE &&
                Config->host->heavy_fence_available(Config->host->context);
    if (Config->publication == NTCB_PUBLISH_ASYMMETRIC && !Available) {
        return NTCB_EINVAL;
    }
    Config->publication = Available ? NTCB_PUBLISH_ASYMMETRIC : NTCB_PUBLISH_EXCHANGE;
    return NTCB_OK;
}

int ntcb_kernel_create(struct ntcb_kernel **out, const struct ntcb_config *config)
{
    struct ntcb_config Config = NTCB_CONFIG_INIT;
    struct ntcb_kernel *Kernel;
    int Error;

    if (config != NULL) {
        Config = *config;
    }
    Error = ResolveConfig(&Config);
    if (Error != NTCB_OK) {
        return Error;
    }
    Kernel = Config.host->allocate(Config.host->context, sizeof(*Kernel));
    if (Kernel == NULL) {
        return NTCB_ENOMEM;
    }
    memset(Kernel, 0, sizeof(*Kernel));
    Kernel->Ke.Config = Config;
    Kernel->Ke.Host = Config.host;
    if (!NT_SUCCESS(ExpInitialize(&Kernel->Ex, Kernel))) {
        Config.host->release(Config.host->context, Kernel);
        return NTCB_ENOMEM;
    }
    PspInitializeCallbacks(&Kernel->Ps, Kernel);
    *out = Kernel;
    return NTCB_OK;
}

const struct ntcb_config *ntcb_kernel_config(const struct ntcb_kernel *kernel)
{
    return &kernel->Ke.Config;
}

static bool AnybodyInside(struct ntcb_kernel *Kernel)
{
    struct KE_THREAD *Thread;

    for (Thread = atomic_load(&Kernel->Ke.Threads); Thread != NULL; Thread = Thread->Next) {
        if (atomic_load(&Thread->Owner) != 0) {
            return true;
        }
    }
    return false;
}

int ntcb_kernel_destroy(struct ntcb_kernel *kernel)
{
    const struct ntcb_host_ops *Host;
    struct KE_THREAD *Thread;
    ULONG Left;

    if (kernel == NULL) {
        return NTCB_OK;
    }
    if (AnybodyInside(kernel)) {
        return NTCB_EBUSY;
    }
    Left = NtosReportLeftovers(kernel);

    ExpReclaim(kernel); /* so that no retired snapshot holds a block that is freed next */
    ExpTeardownCallbacks(&kernel->Ex, kernel);
    ExpTeardownList(&kernel->Ob.Callbacks, kernel);
    CmpTeardownCallbacks(&kernel->Cm, kernel);
    PspTeardownCallbacks(&kernel->Ps, kernel);
    ExpReclaim(kernel);
    ExpTeardown(&kernel->Ex, kernel);
    Host = kernel->Ke.Host;
    while ((Thread = atomic_load(&kernel->Ke.Threads)) != NULL) {
        atomic_store(&kernel->Ke.Threads, Thread->Next);
        Host->release(Host->context, Thread);
    }
    Host->release(Host->context, kernel);
    return Left == 0 ? NTCB_OK : NTCB_ELEAK;
}
