/* SPDX-License-Identifier: MIT
 *
 * sysroutine.c - routines by name, and whether an address can be touched.
 */
#define NTCB_EX_DECLARE_EXFREEPOOL
#include <ntcallback/ddk/ntexapi.h>
#include <ntcallback/ddk/flt_pushlock.h>
#include <ntcallback/ddk/ntundoc.h>
#include <ntcallback/ddk/ntundoc_apc.h>

#include "mm/map.h"
#include "mm/mmp.h"
#include "ob/obp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#undef ObReferenceObjectByHandle /* the exported one, not what the simulator uses */

#define MMP_NAME_MAX 64u

typedef VOID MMP_ANY_ROUTINE(VOID);

/* One of the three is set: a routine, a variable, or our pointer to the kernel's variable. */
static const struct MMP_NAMED_ROUTINE {
    const char *Name;
    MMP_ANY_ROUTINE *Routine;
    const VOID *Variable;
    POBJECT_TYPE *const *ObjectType;
    enum ntcb_windows Since;
} MmpRoutines[] = {
#define MMP_ROUTINE(name, function, since, tier, irql) \
    {name, (MMP_ANY_ROUTINE *)(function), NULL, NULL, since},
#define MMP_VARIABLE(name, variable, since, tier, irql) {name, NULL, &(variable), NULL, since},
#define MMP_OBJECT_TYPE(name, variable, since, tier, irql) {name, NULL, NULL, &(variable), since},
#include "mm/routines.def"
};

static int MmpCompareName(const void *Key, const void *Element)
{
    return strcmp(Key, ((const struct MMP_NAMED_ROUTINE *)Element)->Name);
}

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    const struct MMP_NAMED_ROUTINE *Found;
    char Name[MMP_NAME_MAX];
    PVOID Address;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0); /* it is paged code */
    if (SystemRoutineName->Length / sizeof(WCHAR) >= sizeof(Name)) {
        return NULL;
    }
    ntsim__utf8(SystemRoutineName->Buffer, SystemRoutineName->Length / sizeof(WCHAR), Name,
                sizeof(Name));
    Found = bsearch(Name, MmpRoutines, RTL_NUMBER_OF(MmpRoutines), sizeof(MmpRoutines[0]),
                    MmpCompareName);
    if (Found == NULL || ntsim__windows() < Found->Since) {
        return NULL;
    }
    if (Found->ObjectType != NULL) {
        return (PVOID)*Found->ObjectType;
    }
    if (Found->Variable != NULL) {
        return (PVOID)(ULONG_PTR)Found->Variable;
    }
    memcpy(&Address, &Found->Routine, sizeof(Address));
    return Address;
}

BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    ntcb_require_kernel(__func__);
    return MmpReadable(VirtualAddress);
}
