/* SPDX-License-Identifier: MIT
 *
 * psp.h - the Ps component's state and its accessor.
 */
#ifndef LIB_PS_PSP_H
#define LIB_PS_PSP_H

#include "ex/exp.h"

struct PSP_STATE {
    struct EXP_SLOTS LoadImage;
    ULONG ImageBits;   /* IMAGE_INFO.Properties: bits this Windows has (IMG-63..67) */
    ULONG ImageAlways; /* ... and those it always sets */
    ULONGLONG Regions; /* what image routines run inside of (IMG-40), for KE_ENVIRONMENT.Word */
};

struct PSP_STATE *PspCallbackState(struct ntcb_kernel *Kernel);

VOID PspInitializeCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel);
/* Free the table's blocks; nobody is bound any more. */
VOID PspTeardownCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel);

#endif
