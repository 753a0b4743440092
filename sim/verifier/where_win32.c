/* SPDX-License-Identifier: MIT
 *
 * where_win32.c - which code of a driver's is running: found by walking the stack.
 */
#include "io/iop.h"
#include "ke/win32.h"
#include "verifier/where.h"

#define FRAMES 32u

const void *ntsim__driver_caller(void)
{
    void *frames[FRAMES];
    uint32_t skipped = 0;
    uint16_t count;

    do {
        count = RtlCaptureStackBackTrace(skipped, FRAMES, frames, NULL);
        for (uint16_t i = 0; i < count; i++) {
            if (IopIsDriverAddress(frames[i])) {
                return frames[i];
            }
        }
        skipped += count;
    } while (count == FRAMES);
    return NULL;
}
