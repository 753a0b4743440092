/* SPDX-License-Identifier: MIT
 *
 * obp.h - the object callback manager's state and registrations.
 */
#ifndef LIB_OB_OBP_H
#define LIB_OB_OBP_H

#include "ex/exp.h"

struct OBP_STATE {
    struct EXP_LIST Callbacks; /* highest altitude first, whatever the type */
    LONGLONG LastHandle;       /* under the engine's lock */
};

struct OBP_STATE *ObpCallbackState(struct ntcb_kernel *Kernel);

/* One OB_OPERATION_REGISTRATION. Those of one ObRegisterCallbacks share altitude and Cookie, which
 * is the handle, and lie side by side in the list. */
struct OBP_CALLBACK {
    struct EXP_BLOCK Block; /* first; Routine is the one of the two that there is */
    UNICODE_STRING Altitude;
    POBJECT_TYPE ObjectType;
    OB_OPERATION Operations;
    POB_PRE_OPERATION_CALLBACK Pre;   /* NULL: none */
    POB_POST_OPERATION_CALLBACK Post; /* NULL: none */
};

#endif
