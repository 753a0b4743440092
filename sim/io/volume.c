/* SPDX-License-Identifier: MIT
 *
 * volume.c - a directory of the host as the volume C:, and the names it has.
 */
#include "io/file.h"
#include "io/link.h"

#include <ntsim/file.h>

#include <errno.h>
#include <string.h>

#define IOP_TYPE_DEVICE 3

static VOID IopDeleteVolume(PVOID Object)
{
    struct IOP_VOLUME *Volume = Object;
    IopHostClose(Volume->Root);
    ntsim__lock_destroy(ntsim_current(), Volume->Lock);
}

static const struct OBP_TYPE IopVolumeType = {
    .Name = "Device",
    .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                       FILE_ALL_ACCESS},
    .ValidAccess = FILE_ALL_ACCESS,
    .Parse = IopParseVolume,
    .Delete = IopDeleteVolume,
    .ParsesOtherTypes = TRUE,
};

static NTSTATUS IopMountVolume(int Root)
{
    static const struct {
        UNICODE_STRING Name;
        UNICODE_STRING Target;
    } Links[] = {
        {RTL_CONSTANT_STRING(u"\\??\\C:"), RTL_CONSTANT_STRING(IOP_VOLUME_NAME)},
        {RTL_CONSTANT_STRING(u"\\SystemRoot"), RTL_CONSTANT_STRING(IOP_VOLUME_NAME u"\\Windows")},
    };
    struct ntsim__lock *Lock = ntsim__lock_create(ntsim_current());
    PVOID Object;
    if (Lock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = ObpCreateObject((POBJECT_TYPE)(ULONG_PTR)&IopVolumeType,
                                      sizeof(struct IOP_VOLUME), &Object);
    if (!NT_SUCCESS(Status)) {
        ntsim__lock_destroy(ntsim_current(), Lock);
        return Status;
    }
    struct IOP_VOLUME *Volume = Object;
    Volume->Public.Type = IOP_TYPE_DEVICE;
    Volume->Public.Size = sizeof(Volume->Public);
    Volume->Public.DeviceType = FILE_DEVICE_DISK_FILE_SYSTEM;
    Volume->Public.StackSize = 1;
    Volume->Lock = Lock;
    Volume->Root = Root;
    InitializeListHead(&Volume->Files);
    ObpMakePermanent(Volume);
    UNICODE_STRING Name = RTL_CONSTANT_STRING(IOP_VOLUME_NAME);
    Status = ObpInsertName(&Name, Volume);
    ObpDereference(Volume, NULL); /* from here on Root is the volume's */
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Links); Index++) {
        Status = IopCreateLink(&Links[Index].Name, &Links[Index].Target, NULL);
    }
    return Status;
}

int ntsim_volume(struct ntsim *sim, const char *directory)
{
    struct ntcb_kernel *previous;
    NTSTATUS status;
    int root;

    if (sim == NULL || directory == NULL)
        return NTCB_EINVAL;
    root = IopHostRoot(directory);
    if (root < 0)
        return ntsim__fail(sim, NTCB_ENOENT, "%s cannot be a volume: %s", directory,
                           strerror(errno));
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    status = IopMountVolume(root);
    ntcb_kernel_enter(previous);
    if (status == STATUS_OBJECT_NAME_COLLISION)
        return ntsim__fail(sim, NTCB_EBUSY, "the volume C: is there already: one for a simulator");
    return NT_SUCCESS(status) ? NTCB_OK : ntsim__fail(sim, NTCB_ENOMEM, "no memory for a volume");
}
