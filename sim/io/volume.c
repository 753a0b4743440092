/* SPDX-License-Identifier: MIT
 *
 * volume.c - a directory of the host as the volume C:, and the names it has.
 */
#include "io/file.h"

#include <ntsim/file.h>

#include <errno.h>
#include <string.h>

#define IOP_TYPE_DEVICE 3

/* ---- names ---- */

/* A symbolic link of the namespace. */
struct IOP_LINK {
    UNICODE_STRING Target; /* of the program: constant */
};

static NTSTATUS IopParseLink(struct OBP_PARSE *Parse)
{
    const struct IOP_LINK *Link = Parse->RootObject;
    SIZE_T Bytes = (SIZE_T)Link->Target.Length + sizeof(WCHAR) + Parse->RemainingName.Length;
    if (Bytes > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    PWSTR Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, IOP_TAG);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Buffer, Link->Target.Buffer, Link->Target.Length);
    Buffer[Link->Target.Length / sizeof(WCHAR)] = u'\\';
    memcpy(Buffer + Link->Target.Length / sizeof(WCHAR) + 1, Parse->RemainingName.Buffer,
           Parse->RemainingName.Length);
    Parse->ReparseName = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, Buffer};
    return STATUS_REPARSE;
}

static const struct OBP_TYPE IopLinkType = {
    .Name = "SymbolicLink",
    .GenericMapping = {0x20001, 0x20000, 0x20001, 0xF0001},
    .ValidAccess = 0xF0001,
    .Parse = IopParseLink,
    .ParsesOtherTypes = TRUE,
};

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

/* The name stands for an object of the simulator's own, made here. */
static NTSTATUS IopName(PCWSTR Name, const struct OBP_TYPE *Type, SIZE_T Bytes, PVOID *Object)
{
    UNICODE_STRING Path;
    RtlInitUnicodeString(&Path, Name);
    NTSTATUS Status = ObpCreateObject((POBJECT_TYPE)(ULONG_PTR)Type, Bytes, Object);
    if (NT_SUCCESS(Status)) {
        ObpMakePermanent(*Object);
        Status = ObpInsertName(&Path, *Object);
        ObpDereference(*Object, NULL);
    }
    return Status;
}

static NTSTATUS IopMountVolume(int Root)
{
    static const struct {
        PCWSTR Name;
        UNICODE_STRING Target;
    } Links[] = {
        {u"\\??\\C:", RTL_CONSTANT_STRING(IOP_VOLUME_NAME)},
        {u"\\DosDevices\\C:", RTL_CONSTANT_STRING(IOP_VOLUME_NAME)},
        {u"\\SystemRoot", RTL_CONSTANT_STRING(IOP_VOLUME_NAME u"\\Windows")},
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
        Status = IopName(Links[Index].Name, &IopLinkType, sizeof(struct IOP_LINK), &Object);
        if (NT_SUCCESS(Status)) {
            ((struct IOP_LINK *)Object)->Target = Links[Index].Target;
        }
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
