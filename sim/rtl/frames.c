/* SPDX-License-Identifier: MIT
 *
 * frames.c - who has called a driver's routine.
 */
#include "verifier/where.h"

#include <string.h>

#define RTLP_FRAMES_MAX 128u
#define RTLP_SKIP(flags) ((flags) >> 8)

ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    PVOID Frames[RTLP_FRAMES_MAX];
    const ULONG Skip = RTLP_SKIP(Flags);
    ntcb_require_kernel(__func__);
    if ((Flags & 0xFF) != 0 || Skip >= RTLP_FRAMES_MAX) {
        return 0;
    }
    ULONG Found = (ULONG)ntsim__walk_stack(__builtin_return_address(0), Frames, RTLP_FRAMES_MAX);
    Found = Found > Skip ? Found - Skip : 0;
    Found = Found < Count ? Found : Count;
    memcpy(Callers, Frames + Skip, Found * sizeof(PVOID));
    return Found;
}
