/* SPDX-License-Identifier: MIT
 *
 * cminit.c - the registry as it is when the machine starts, and its end.
 *
 * Evidence  REG-NS-01, REG-VOL-02, REG-LNK-08, REG-SEC-04, REG-LOD-04.
 */
#include "cm/cmhiveservice.h"
#include "cm/cmhost.h"
#include "cm/cmmount.h"
#include "cm/cmservice.h"

#define CMP_ROOT_FLAGS (CMP_KEY_VOLATILE | CMP_KEY_HIVE_ROOT | CMP_KEY_ADMIN_ONLY)

/* Parents first. */
static const struct {
    const char *Path;
    ULONG Flags;
    const char *LinkTarget;
} CmpInitialKeys[] = {
    {"\\REGISTRY\\MACHINE", CMP_ROOT_FLAGS, NULL},
    {"\\REGISTRY\\USER", CMP_ROOT_FLAGS, NULL},
    {"\\REGISTRY\\A", CMP_ROOT_FLAGS | CMP_KEY_NO_TRAVERSE, NULL},
    {"\\REGISTRY\\MACHINE\\HARDWARE", CMP_KEY_VOLATILE | CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\MACHINE\\SAM", CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\MACHINE\\SECURITY", CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\MACHINE\\SOFTWARE", CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM", CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001", 0, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control", 0, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum", 0, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services", 0, NULL},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet", CMP_KEY_VOLATILE | CMP_KEY_LINK,
     "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001"},
    {"\\REGISTRY\\USER\\.DEFAULT", CMP_KEY_HIVE_ROOT, NULL},
    {"\\REGISTRY\\USER\\S-1-5-18", CMP_KEY_VOLATILE | CMP_KEY_LINK, "\\REGISTRY\\USER\\.DEFAULT"},
};

/* REG-SEC-03, -04. The keys that are not here inherit from \REGISTRY. Below Enum all but the key
 * itself may be deleted. */
#define CMP_DEFAULT_SDDL "O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)"
static const struct {
    const char *Path;
    const char *Sddl;
} CmpInitialSecurity[] = {
    {"\\REGISTRY\\MACHINE", CMP_DEFAULT_SDDL},
    {"\\REGISTRY\\USER", CMP_DEFAULT_SDDL},
    {"\\REGISTRY\\MACHINE\\HARDWARE", CMP_DEFAULT_SDDL},
    {"\\REGISTRY\\MACHINE\\SAM", CMP_DEFAULT_SDDL},
    {"\\REGISTRY\\MACHINE\\SECURITY", "O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;WDRC;;;BA)"},
    {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Enum",
     "O:BAG:SYD:(A;;0xE003F;;;SY)(A;;0xE003F;;;BA)(A;CIIO;KA;;;SY)(A;CIIO;KA;;;BA)(A;CI;KR;;;WD)"
     "(A;CI;KR;;;RC)"},
};

static NTSTATUS CmpMountRoot(struct CMP_STATE *State)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(u"REGISTRY");
    struct CMP_OBJECT *Object;
    NTSTATUS Status = CmpCreateChild(State, NULL, &Name, NULL, CMP_ROOT_FLAGS, &State->Root);
    if (NT_SUCCESS(Status)) {
        Status = CmpCreateObject(&Object);
    }
    if (NT_SUCCESS(Status)) {
        Object->Key = State->Root;
        CmpReferenceKey(State->Root);
        ObpMakePermanent(Object);
        Status = ObpMountName(u"\\REGISTRY", Object);
        ObpDereference(Object, NULL);
    }
    return Status;
}

NTSTATUS CmpInitialize(struct CMP_STATE *State)
{
    struct ntsim *Sim = ntsim_current();
    State->Host = ntcb_kernel_config(ntsim_kernel(Sim))->host;
    State->Windows = ntsim__windows();
    State->FileLock = ntsim__lock_create(Sim);
    if (State->FileLock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InitializeListHead(&State->Hives);
    InitializeListHead(&State->Posts);
    InitializeListHead(&State->Completed);
    NTSTATUS Status = CmpCreateLocks(State, Sim);
    if (NT_SUCCESS(Status)) {
        Status = CmpStartIdentity(State);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpStartLookup(State);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpMountRoot(State);
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(CmpInitialKeys); Index++) {
        Status =
            ntsim__registry_make(State, CmpInitialKeys[Index].Path, CmpInitialKeys[Index].Flags,
                                 CmpInitialKeys[Index].LinkTarget) == NTCB_OK
                ? STATUS_SUCCESS
                : STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(CmpInitialSecurity);
         Index++) {
        Status = ntsim__registry_secure(State, CmpInitialSecurity[Index].Path,
                                        CmpInitialSecurity[Index].Sddl) == NTCB_OK
                     ? STATUS_SUCCESS
                     : STATUS_INSUFFICIENT_RESOURCES;
    }
    return Status;
}

/* Key objects may outlive this: what they refer to is freed with the last of them. */
VOID CmpTeardown(struct CMP_STATE *State)
{
    CmpEndIdentity(State);
    if (State->Root != NULL) {
        CmpFlushHives(State);
        CmpLock(State);
        CmpUnlinkTree(State, State->Root);
        CmpFreeHives(State);
        CmpUnlock(State);
        State->Root = NULL;
    }
    CmpEndLookup(State);
    CmpDestroyLocks(State, ntsim_current());
    if (State->FileLock != NULL) {
        ntsim__lock_destroy(ntsim_current(), State->FileLock);
        State->FileLock = NULL;
    }
}
