/* SPDX-License-Identifier: MIT
 *
 * cmsecurityhost.c - ntsim_registry_set_security: a key's descriptor as text.
 */
#include "cm/cmhost.h"
#include "cm/cmsecurity.h"

#include <ntsim/security.h>

static int give(struct CMP_STATE *state, const char *path, const struct SEP_DESCRIPTOR *descriptor)
{
    struct CMP_KEY *key;
    int error;

    CmpLock(state);
    error = ntsim__registry_find(state, path, &key);
    if (error == NTCB_OK &&
        !NT_SUCCESS(CmpGiveKeySecurity(state, key, descriptor->Bytes, descriptor->Length))) {
        error = NTCB_ENOMEM; /* what was parsed is valid */
    }
    CmpUnlock(state);
    return error;
}

int ntsim__registry_secure(struct CMP_STATE *state, const char *path, const char *sddl)
{
    struct SEP_DESCRIPTOR descriptor;
    const char *wrong;
    NTSTATUS status = SepParseSddl(sddl, &descriptor, &wrong);
    int error;

    if (status == STATUS_INVALID_PARAMETER) {
        return ntsim__fail(ntsim_current(), NTCB_EINVAL,
                           "ntsim_registry_set_security: the text is malformed at character %zu: "
                           "\"%.20s\"; what is read is O:sid G:sid D:(A;CI;KA;;;SY)... S:...",
                           (size_t)(wrong - sddl) + 1, wrong);
    }
    if (!NT_SUCCESS(status)) {
        return NTCB_ENOMEM;
    }
    error = give(state, path, &descriptor);
    ntsim__release(descriptor.Bytes);
    return error;
}

int ntsim_registry_set_security(struct ntsim *sim, const char *path, const char *sddl)
{
    struct ntcb_kernel *previous;
    int error;

    if (sim == NULL || path == NULL || sddl == NULL) {
        return NTCB_EINVAL;
    }
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    error = ntsim__registry_secure(CmpState(), path, sddl);
    ntcb_kernel_enter(previous);
    return error;
}
