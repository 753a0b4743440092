/* SPDX-License-Identifier: MIT
 *
 * stack_win32.c - the calling thread's stack, on Windows.
 */
#include "io/stack.h"
#include "ke/win32.h"

void ntsim__stack_limits(void **low, void **high)
{
    GetCurrentThreadStackLimits((uintptr_t *)low, (uintptr_t *)high);
}
