/* SPDX-License-Identifier: MIT
 *
 * host_fence.c - the process-wide barrier, where the host has one.
 */
#include "ke/hostp.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KI_THREAD_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define KI_THREAD_SANITIZER 1
#endif

#if defined(__linux__) && !defined(KI_THREAD_SANITIZER)

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

bool KiHeavyFenceAvailable(void *Context)
{
    long Supported = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

    (void)Context;
    return Supported > 0 && (Supported & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void KiHeavyFence(void *Context)
{
    (void)Context;
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
        KiFatal("ntcallback: membarrier failed after it had been registered\n");
    }
}

#elif defined(_WIN32)

#include <windows.h>

bool KiHeavyFenceAvailable(void *Context)
{
    /* Wine implements FlushProcessWriteBuffers by doing nothing. */
    (void)Context;
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") == NULL;
}

void KiHeavyFence(void *Context)
{
    (void)Context;
    FlushProcessWriteBuffers();
}

#else

bool KiHeavyFenceAvailable(void *Context)
{
    (void)Context;
    return false;
}

void KiHeavyFence(void *Context)
{
    (void)Context;
    KiFatal("ntcallback: the heavy fence was used where there is none\n");
}

#endif
