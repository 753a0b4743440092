/* SPDX-License-Identifier: MIT
 *
 * cmhandle.c - handles that were open before the story begins.
 */
#include "cm/cmhost.h"
#include "cm/cmservice.h"
#include "ps/psp.h"

static int insert(struct ntsim_process *process, struct CMP_OBJECT *object, ACCESS_MASK granted,
                  HANDLE *handle)
{
    struct ntsim_process *previous = PspAttach(process);
    NTSTATUS status = ObpInsertHandle(object, granted, 0, handle);

    PspDetach(previous);
    return NT_SUCCESS(status) ? NTCB_OK : NTCB_ENOMEM;
}

int ntsim__registry_handle(struct ntsim_process *process, const char *path, ACCESS_MASK granted,
                           HANDLE *handle)
{
    struct CMP_STATE *state = CmpState();
    struct CMP_OBJECT *object;
    struct CMP_KEY *key;
    int error;

    *handle = NULL;
    if (!NT_SUCCESS(CmpCreateObject(&object))) {
        return NTCB_ENOMEM;
    }
    CmpLock(state);
    error = ntsim__registry_find(state, path, &key);
    if (error == NTCB_OK) {
        CmpReferenceKey(key);
        object->Key = key;
    }
    CmpUnlock(state);
    if (error == NTCB_OK) {
        error = insert(process, object, granted, handle);
    }
    if (error != NTCB_OK) {
        ObpDereference(object, NULL);
    }
    return error;
}
