/* SPDX-License-Identifier: MIT
 *
 * cmhivehost.c - what the harness does with hives: no notification, no access check.
 */
#include "cm/cmhivehost.h"
#include "cm/cmhive.h"
#include "cm/cmhost.h"
#include "cm/cmmount.h"
#include "cm/cmtxn.h"

#include <stdio.h>

#define SYSTEM_HIVE "\\REGISTRY\\MACHINE\\SYSTEM"

/* What is at the path goes, if nothing stands in the way. *left: of the hive that was there. */
static int make_room(struct CMP_STATE *state, struct CMP_KEY *parent, PCUNICODE_STRING name,
                     struct CMP_LEFT *left)
{
    struct CMP_KEY *old = CmpFindChild(parent, name);
    struct CMP_HIVE *hive = old == NULL ? NULL : CmpHiveOf(state, old);

    if (old == NULL)
        return NTCB_OK;
    if (CmpTreeHasShadows(old) || CmpHiveBelow(state, old) != NULL)
        return NTCB_EBUSY;
    if (hive != NULL)
        CmpUnmountHive(state, hive, TRUE, left);
    else
        CmpUnlinkTree(state, old);
    return NTCB_OK;
}

/* The control set that the boot loader chose (REG-LNK-08), if this is a machine's hive that lacks
 * the link to it. Locked. */
static bool chosen_control_set(struct CMP_STATE *state, char *path, size_t room)
{
    UNICODE_STRING current = RTL_CONSTANT_STRING(u"Current");
    const struct CMP_VALUE *value = NULL;
    struct CMP_KEY *key;

    if (ntsim__registry_find(state, SYSTEM_HIVE "\\CurrentControlSet", &key) == NTCB_OK)
        return false;
    if (ntsim__registry_find(state, SYSTEM_HIVE "\\Select", &key) == NTCB_OK)
        value = CmpFindValue(key, &current);
    if (value == NULL || value->Type != REG_DWORD || value->DataLength != sizeof(ULONG))
        return false;
    snprintf(path, room, SYSTEM_HIVE "\\ControlSet%03u", *(const ULONG *)value->Data);
    return ntsim__registry_find(state, path, &key) == NTCB_OK;
}

static int mount(struct CMP_STATE *state, const char *path, struct CMP_KEY *root,
                 struct CMP_LEFT *left)
{
    UNICODE_STRING last, wide;
    struct CMP_HIVE *hive;
    struct CMP_KEY *parent;
    int error = ntsim__registry_parent(state, path, &parent, &last, &wide);

    if (error != NTCB_OK)
        return error;
    error = make_room(state, parent, &last, left);
    if (error == NTCB_OK) {
        NTSTATUS status = CmpMountHive(state, parent, &last, root, 0, NULL, &hive);

        error = NT_SUCCESS(status)                        ? NTCB_OK
                : status == STATUS_TRANSACTIONAL_CONFLICT ? NTCB_EBUSY
                                                          : NTCB_ENOMEM;
    }
    ntsim__release(wide.Buffer);
    return error;
}

static int load_failed(struct ntsim *sim, const char *name, NTSTATUS status)
{
    switch (status) {
    case STATUS_NOT_REGISTRY_FILE:
        return ntsim__fail(sim, NTCB_EFORMAT,
                           "%s is no hive file: it does not begin with \"regf\" and a base block. "
                           "Text files of the registry editor are for --reg",
                           name);
    case STATUS_REGISTRY_CORRUPT:
        return ntsim__fail(sim, NTCB_EFORMAT,
                           "%s is a damaged hive: take it from its source again, or let "
                           "`hivexsh -u` or chntpw show what is left of it",
                           name);
    case STATUS_NOT_IMPLEMENTED:
        return ntsim__fail(sim, NTCB_EINVAL,
                           "%s cannot be read: this build is without libhivex (libhivex-dev)",
                           name);
    case STATUS_REGISTRY_IO_FAILED:
        return ntsim__fail(sim, NTCB_EIO,
                           "%s could not be copied to the temporary directory: make room there, "
                           "or set TMPDIR",
                           name);
    default:
        return ntsim__fail(sim, NTCB_ENOMEM, "%s: no memory for its keys", name);
    }
}

static int mount_failed(struct ntsim *sim, const char *name, const char *path, int error)
{
    return error == NTCB_EBUSY
               ? ntsim__fail(
                     sim, error,
                     "%s cannot take the place of %s: a transaction has changed keys there, "
                     "or another hive is loaded below it. End the one, remove the other or "
                     "load it later",
                     name, path)
           : error == NTCB_EINVAL
               ? ntsim__fail(sim, error,
                             "%s cannot become the key %s: name a full path below \\REGISTRY that "
                             "leads through no link",
                             name, path)
               : ntsim__fail(sim, error, "%s: no memory", name);
}

int ntsim__hive_load(struct ntsim *sim, const char *path, const char *name, const void *bytes,
                     size_t size)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(sim));
    struct CMP_STATE *state = CmpState();
    struct CMP_KEY *root;
    char control_set[64];
    struct CMP_LEFT left = {.File = NULL};
    bool link = false;
    NTSTATUS status;
    int error = NTCB_OK;

    CmpLock(state);
    status = CmpReadHive(state, bytes, size, &root);
    if (NT_SUCCESS(status)) {
        error = mount(state, path, root, &left);
        if (error != NTCB_OK)
            CmpUnlinkTree(state, root);
        else
            link = chosen_control_set(state, control_set, sizeof(control_set));
    }
    CmpUnlock(state);
    CmpLeave(&left);
    if (link)
        error = ntsim__registry_make(state, SYSTEM_HIVE "\\CurrentControlSet",
                                     CMP_KEY_VOLATILE | CMP_KEY_LINK, control_set);
    if (!NT_SUCCESS(status))
        error = load_failed(sim, name, status);
    else if (error != NTCB_OK)
        error = mount_failed(sim, name, path, error);
    ntcb_kernel_enter(previous);
    return error;
}

int ntsim__hive_save(struct ntsim *sim, const char *path, void **bytes, size_t *size)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(sim));
    struct CMP_STATE *state = CmpState();
    struct CMP_KEY *key;
    SIZE_T count = 0;
    int error;

    CmpLock(state);
    error = ntsim__registry_find(state, path, &key);
    if (error == NTCB_OK && !NT_SUCCESS(CmpWriteHive(state, key, REG_LATEST_FORMAT, bytes, &count)))
        error = NTCB_ENOMEM;
    CmpUnlock(state);
    *size = count;
    if (error == NTCB_ENOMEM)
        ntsim__fail(sim, error, "no memory for the hive of %s", path);
    else if (error != NTCB_OK)
        ntsim__fail(sim, error, "there is no key %s to save", path);
    ntcb_kernel_enter(previous);
    return error;
}
