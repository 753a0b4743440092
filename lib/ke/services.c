/* SPDX-License-Identifier: MIT
 *
 * services.c - what the managers ask the simulator: which driver is at an address, which objects
 * have callbacks.
 */
#include "ke/kep.h"

void ntcb_set_module_services(struct ntcb_kernel *kernel,
                              const struct ntcb_module_services *services)
{
    KiStateOf(kernel)->Modules = services;
}

void ntcb_set_object_services(struct ntcb_kernel *kernel,
                              const struct ntcb_object_services *services)
{
    KiStateOf(kernel)->Objects = services;
}

void ntcb_set_detach(struct ntcb_kernel *kernel, void (*detach)(unsigned depth))
{
    KiStateOf(kernel)->Detach = detach;
}

static NTSTATUS KiFindModule(const void *Address, struct ntcb_module *Module, const char *Rule,
                             const char *Function)
{
    const struct ntcb_module_services *Modules = KiThread->Ke->Modules;

    if (Modules == NULL) {
        *Module = (struct ntcb_module){"", true};
        return STATUS_SUCCESS;
    }
    return Address != NULL && Modules->find(Address, Module)
               ? STATUS_SUCCESS
               : KiRefuse(STATUS_ACCESS_DENIED, Rule, "%s: routine %p lies in no loaded driver",
                          Function, Address);
}

NTSTATUS KiCheckModule(const void *Address, const char *Rule, const char *Function)
{
    struct ntcb_module Module;

    return KiFindModule(Address, &Module, Rule, Function);
}

NTSTATUS KiCheckIntegrity(const void *Address, const char *Rule, const char *Function)
{
    struct ntcb_module Module;
    NTSTATUS Status = KiFindModule(Address, &Module, Rule, Function);

    return !NT_SUCCESS(Status) || Module.force_integrity
               ? Status
               : KiRefuse(STATUS_ACCESS_DENIED, Rule,
                          "%s: %s was linked without /INTEGRITYCHECK "
                          "(IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY)",
                          Function, Module.name);
}
