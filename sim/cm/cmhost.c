/* SPDX-License-Identifier: MIT
 *
 * cmhost.c - <ntsim/registry.h>: the tree set up and looked at from outside.
 *
 * The calling thread need not be bound: each function binds it to the simulator for as long as it
 * takes.
 */
#include "cm/cmhost.h"
#include "cm/cmhiveservice.h"
#include "cm/cmsecurity.h"
#include "cm/cmtxn.h"

#include <ntsim/registry.h>

/* What a key of this place is when nobody says: below \REGISTRY a volatile gathering of hives;
 * below such a one the root of a hive; else as its parent. */
static ULONG place_flags(const struct CMP_KEY *parent, bool volatile_key)
{
    if (volatile_key && parent->Parent != NULL) {
        return CMP_KEY_VOLATILE;
    }
    if (parent->Parent == NULL) {
        return CMP_KEY_VOLATILE | CMP_KEY_HIVE_ROOT | CMP_KEY_ADMIN_ONLY;
    }
    return (parent->Flags & CMP_KEY_ADMIN_ONLY) != 0 ? CMP_KEY_HIVE_ROOT
                                                     : parent->Flags & CMP_KEY_VOLATILE;
}

static int error_of(NTSTATUS status)
{
    return NT_SUCCESS(status)                        ? NTCB_OK
           : status == STATUS_TRANSACTIONAL_CONFLICT ? NTCB_EBUSY
                                                     : NTCB_ENOMEM;
}

/* From the root along path. make: create what is missing, the last one with flags. */
static int walk(struct CMP_STATE *state, PCUNICODE_STRING path, bool make, ULONG flags,
                struct CMP_KEY **out)
{
    UNICODE_STRING rest = *path;
    UNICODE_STRING component;
    struct CMP_KEY *key = state->Root;

    if (path->Length == 0 || path->Buffer[0] != u'\\' || !CmpNextComponent(&rest, &component) ||
        !CmpStringEquals(&component, u"REGISTRY")) {
        return NTCB_EINVAL;
    }
    while (CmpNextComponent(&rest, &component)) {
        struct CMP_KEY *child = CmpFindChild(key, &component);

        if ((key->Flags & CMP_KEY_LINK) != 0) {
            return NTCB_EINVAL; /* what was put below a link would never be found */
        }
        if (child == NULL && !make) {
            return NTCB_ENOENT;
        }
        if (child == NULL) {
            ULONG wanted = (flags & CMP_FLAGS_BY_PLACE) != 0 || !CmpIsLast(rest)
                               ? place_flags(key, (flags & CMP_KEY_VOLATILE) != 0)
                               : flags;

            if (component.Length > CMP_COMPONENT_MAX * sizeof(WCHAR)) {
                return NTCB_EINVAL;
            }
            int error = error_of(CmpCreateChild(state, key, &component, NULL, wanted, &child));

            if (error != NTCB_OK) {
                return error;
            }
        }
        key = child;
    }
    *out = key;
    return NTCB_OK;
}

int ntsim__registry_find(struct CMP_STATE *state, const char *path, struct CMP_KEY **out)
{
    UNICODE_STRING wide;
    int error;

    if (path == NULL) {
        return NTCB_EINVAL;
    }
    if (!ntsim__utf16(path, &wide)) {
        return NTCB_ENOMEM;
    }
    error = walk(state, &wide, false, 0, out);
    ntsim__release(wide.Buffer);
    return error;
}

int ntsim__registry_parent(struct CMP_STATE *state, const char *path, struct CMP_KEY **parent,
                           UNICODE_STRING *last, UNICODE_STRING *wide)
{
    UNICODE_STRING above;
    int error;

    if (path == NULL) {
        return NTCB_EINVAL;
    }
    if (!ntsim__utf16(path, wide)) {
        return NTCB_ENOMEM;
    }
    while (wide->Length != 0 && wide->Buffer[wide->Length / sizeof(WCHAR) - 1] == u'\\') {
        wide->Length = (USHORT)(wide->Length - sizeof(WCHAR));
    }
    above = *wide;
    while (above.Length != 0 && above.Buffer[above.Length / sizeof(WCHAR) - 1] != u'\\') {
        above.Length = (USHORT)(above.Length - sizeof(WCHAR));
    }
    last->Buffer = wide->Buffer + above.Length / sizeof(WCHAR);
    last->Length = last->MaximumLength = (USHORT)(wide->Length - above.Length);
    error = above.Length <= sizeof(WCHAR) || last->Length > CMP_COMPONENT_MAX * sizeof(WCHAR)
                ? NTCB_EINVAL
                : walk(state, &above, true, CMP_FLAGS_BY_PLACE, parent);
    if (error == NTCB_OK && ((*parent)->Flags & CMP_KEY_LINK) != 0) {
        error = NTCB_EINVAL;
    }
    if (error != NTCB_OK) {
        ntsim__release(wide->Buffer);
    }
    return error;
}

static int make_link(struct CMP_STATE *state, struct CMP_KEY *key, const char *target)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"SymbolicLinkValue");
    UNICODE_STRING wide;
    int error;

    if (CmpChildCount(key) != 0 || target[0] != '\\') {
        return NTCB_EINVAL;
    }
    if (!ntsim__utf16(target, &wide)) {
        return NTCB_ENOMEM;
    }
    error = error_of(CmpSetValue(state, key, &name, REG_LINK, wide.Buffer, wide.Length));
    ntsim__release(wide.Buffer);
    if (error == NTCB_OK) {
        key->Flags |= CMP_KEY_LINK;
    }
    return error;
}

int ntsim__registry_make(struct CMP_STATE *state, const char *path, ULONG flags,
                         const char *link_target)
{
    UNICODE_STRING wide;
    struct CMP_KEY *key;
    int error;

    if (path == NULL) {
        return NTCB_EINVAL;
    }
    if (!ntsim__utf16(path, &wide)) {
        return NTCB_ENOMEM;
    }
    CmpLock(state);
    error = walk(state, &wide, true, flags, &key);
    if (error == NTCB_OK && link_target != NULL) {
        error = make_link(state, key, link_target);
    }
    CmpUnlock(state);
    ntsim__release(wide.Buffer);
    return error;
}

/* One of the functions below: run on the key at path, locked and bound. */
typedef int key_fn(struct CMP_STATE *state, struct CMP_KEY *key, void *context);

static int on_key(struct ntsim *sim, const char *path, key_fn *function, void *context)
{
    struct ntcb_kernel *previous;
    struct CMP_STATE *state;
    struct CMP_KEY *key;
    int error;

    if (sim == NULL || path == NULL) {
        return NTCB_EINVAL;
    }
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    state = CmpState();
    CmpLock(state);
    error = ntsim__registry_find(state, path, &key);
    if (error == NTCB_OK) {
        error = function(state, key, context);
    }
    CmpUnlock(state);
    ntcb_kernel_enter(previous);
    return error;
}

static int make_key(struct ntsim *sim, const char *path, ULONG flags, const char *link_target)
{
    struct ntcb_kernel *previous;
    int error;

    if (sim == NULL || path == NULL) {
        return NTCB_EINVAL;
    }
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    error = ntsim__registry_make(CmpState(), path, CMP_FLAGS_BY_PLACE | flags, link_target);
    ntcb_kernel_enter(previous);
    return error;
}

int ntsim_registry_key(struct ntsim *sim, const char *path, bool volatile_key)
{
    return make_key(sim, path, volatile_key ? CMP_KEY_VOLATILE : 0, NULL);
}

int ntsim_registry_link(struct ntsim *sim, const char *path, const char *target)
{
    return target == NULL ? NTCB_EINVAL : make_key(sim, path, 0, target);
}

struct value {
    const char *name;
    uint32_t type;
    const void *data;
    size_t bytes;
};

static int set_value(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    const struct value *value = context;
    UNICODE_STRING name;
    int error;

    if (!ntsim__utf16(value->name, &name)) {
        return NTCB_ENOMEM;
    }
    error = name.Length > CMP_VALUE_NAME_MAX
                ? NTCB_EINVAL
                : error_of(CmpSetValue(state, key, &name, value->type, value->data,
                                       (ULONG)value->bytes));
    ntsim__release(name.Buffer);
    return error;
}

int ntsim_registry_value(struct ntsim *sim, const char *path, const char *name, uint32_t type,
                         const void *data, size_t bytes)
{
    struct value value = {name, type, data, bytes};
    int error;

    if (name == NULL || (data == NULL && bytes != 0) || bytes > CMP_DATA_MAX) {
        return NTCB_EINVAL;
    }
    error = make_key(sim, path, 0, NULL);
    return error == NTCB_OK ? on_key(sim, path, set_value, &value) : error;
}

static int deny(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    (void)state;
    key->Denied |= *(const uint32_t *)context;
    return NTCB_OK;
}

int ntsim_registry_deny(struct ntsim *sim, const char *path, uint32_t rights)
{
    return on_key(sim, path, deny, &rights);
}

static int remove_key(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    (void)context;
    if (key == state->Root) {
        return NTCB_EINVAL;
    }
    if (CmpTreeHasShadows(key)) {
        return NTCB_EBUSY;
    }
    CmpUnlinkTree(state, key);
    return NTCB_OK;
}

/* A hive at or below the key goes; context: what it leaves. */
static int unmount_one(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    struct CMP_HIVE *below = CmpHiveBelow(state, key);
    struct CMP_HIVE *hive = below != NULL ? below : CmpHiveOf(state, key);

    if (hive == NULL || CmpTreeHasShadows(key))
        return NTCB_EBUSY;
    CmpUnmountHive(state, hive, FALSE, context);
    return NTCB_OK;
}

int ntsim_registry_remove(struct ntsim *sim, const char *path)
{
    struct CMP_LEFT left = {.File = NULL};
    bool hive = false;

    while (on_key(sim, path, unmount_one, &left) == NTCB_OK) {
        struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(sim));

        hive = true;
        CmpLeave(&left);
        ntcb_kernel_enter(previous);
    }
    int error = on_key(sim, path, remove_key, NULL);
    return hive && error == NTCB_ENOENT ? NTCB_OK : error; /* it was the hive's root */
}

static int remove_value(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    UNICODE_STRING name;
    NTSTATUS status;
    int error;

    if (!ntsim__utf16(context, &name)) {
        return NTCB_ENOMEM;
    }
    status = CmpDeleteValue(state, key, &name);
    error = status == STATUS_OBJECT_NAME_NOT_FOUND ? NTCB_ENOENT : error_of(status);
    ntsim__release(name.Buffer);
    return error;
}

int ntsim_registry_remove_value(struct ntsim *sim, const char *path, const char *name)
{
    return name == NULL ? NTCB_EINVAL : on_key(sim, path, remove_value, (void *)(uintptr_t)name);
}

static int do_nothing(struct CMP_STATE *state, struct CMP_KEY *key, void *context)
{
    (void)state;
    (void)key;
    (void)context;
    return NTCB_OK;
}

bool ntsim_registry_exists(struct ntsim *sim, const char *path)
{
    return on_key(sim, path, do_nothing, NULL) == NTCB_OK;
}

ULONG ntsim__registry_descriptor(HANDLE handle, void *buffer, ULONG room)
{
    const void *bytes;
    ULONG length;
    PVOID object;

    if (!NT_SUCCESS(ObpReferenceByHandle(handle, 0, *CmKeyObjectType, KernelMode, &object, NULL))) {
        return 0;
    }
    CmpLock(CmpState());
    bytes = CmpKeySecurity(((const struct CMP_OBJECT *)object)->Key, &length);
    memcpy(buffer, bytes, length < room ? length : room);
    CmpUnlock(CmpState());
    ObpDereference(object, NULL);
    return length;
}

size_t ntsim_registry_key_count(struct ntsim *sim)
{
    struct ntcb_kernel *previous;
    size_t count;

    if (sim == NULL) {
        return 0;
    }
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    CmpLock(CmpState());
    count = CmpState()->KeyCount;
    CmpUnlock(CmpState());
    ntcb_kernel_enter(previous);
    return count;
}
