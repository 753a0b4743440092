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

size_t ntsim__walk_stack(const void *first, void **frames, size_t count)
{
    void *some[FRAMES];
    uint32_t skipped = 0;
    size_t found = 0;
    uint16_t got;
    bool met = false;

    do {
        got = RtlCaptureStackBackTrace(skipped, FRAMES, some, NULL);
        for (uint16_t i = 0; i < got && found < count; i++) {
            met = met || some[i] == first;
            if (met)
                frames[found++] = some[i];
        }
        skipped += got;
    } while (got == FRAMES && found < count);
    return found;
}
