/* SPDX-License-Identifier: MIT
 *
 * where_posix.c - which code of a driver's is running: found by walking the stack, as the C++
 * run-time library does.
 */
#include "io/iop.h"
#include "verifier/where.h"

#include <unwind.h>

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *found)
{
    const void *address = (const void *)(uintptr_t)_Unwind_GetIP(context);

    if (address == NULL || !IopIsDriverAddress(address)) {
        return address == NULL ? _URC_END_OF_STACK : _URC_NO_REASON;
    }
    *(const void **)found = address;
    return _URC_END_OF_STACK;
}

const void *ntsim__driver_caller(void)
{
    const void *found = NULL;

    (void)_Unwind_Backtrace(look, &found);
    return found;
}
