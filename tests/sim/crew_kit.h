/* SPDX-License-Identifier: MIT
 *
 * crew_kit.h - some system threads that do the same, and the case that waits for them.
 */
#ifndef TESTS_SIM_CREW_KIT_H
#define TESTS_SIM_CREW_KIT_H

#include "simkit.h"

#include <ntcallback/ddk/ntexapi.h>

#define CREW 4

static inline HANDLE begin_thread(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE handle;

    EXPECT_SUCCESS(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context));
    return handle;
}

static inline void end_thread(HANDLE handle)
{
    EXPECT_SUCCESS(ZwWaitForSingleObject(handle, FALSE, NULL));
    EXPECT_SUCCESS(ZwClose(handle));
}

static inline void run_crew(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE crew[CREW];

    for (int i = 0; i < CREW; i++) {
        crew[i] = begin_thread(routine, context);
    }
    for (int i = 0; i < CREW; i++) {
        end_thread(crew[i]);
    }
}

#endif
