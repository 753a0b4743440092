/* SPDX-License-Identifier: MIT
 *
 * host_posix.c - the default host table on POSIX systems.
 *
 * The heavy fence is Linux's membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED): every thread of the
 * process that is running executes a full barrier before it returns. Elsewhere, when the system
 * refuses, and under ThreadSanitizer (which cannot see it), the exchange protocol is used.
 */
#include "ke/hostp.h"

#include <ntcallback/ddk/excpt.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct ntcb_monitor {
    pthread_mutex_t Mutex;
    pthread_cond_t Condition;
};

static void *HostAllocate(void *Context, size_t Bytes)
{
    (void)Context;
    return malloc(Bytes);
}

static void HostRelease(void *Context, void *Memory)
{
    (void)Context;
    free(Memory);
}

static struct ntcb_monitor *HostMonitorCreate(void *Context)
{
    struct ntcb_monitor *Monitor = malloc(sizeof(*Monitor));

    (void)Context;
    if (Monitor != NULL) {
        pthread_mutex_init(&Monitor->Mutex, NULL);
        pthread_cond_init(&Monitor->Condition, NULL);
    }
    return Monitor;
}

static void HostMonitorDestroy(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    pthread_cond_destroy(&Monitor->Condition);
    pthread_mutex_destroy(&Monitor->Mutex);
    free(Monitor);
}

static void HostMonitorEnter(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    pthread_mutex_lock(&Monitor->Mutex);
}

static void HostMonitorLeave(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    pthread_mutex_unlock(&Monitor->Mutex);
}

static bool HostMonitorWait(void *Context, struct ntcb_monitor *Monitor, uint64_t Nanoseconds)
{
    struct timespec Until;
    uint64_t Total;

    (void)Context;
    if (Nanoseconds == NTCB_FOREVER) {
        pthread_cond_wait(&Monitor->Condition, &Monitor->Mutex);
        return true;
    }
    clock_gettime(CLOCK_REALTIME, &Until);
    Total = (uint64_t)Until.tv_nsec + Nanoseconds;
    Until.tv_sec += (time_t)(Total / 1000000000u);
    Until.tv_nsec = (long)(Total % 1000000000u);
    return pthread_cond_timedwait(&Monitor->Condition, &Monitor->Mutex, &Until) != ETIMEDOUT;
}

static void HostMonitorWake(void *Context, struct ntcb_monitor *Monitor)
{
    (void)Context;
    pthread_cond_broadcast(&Monitor->Condition);
}

static uint64_t HostClock(void *Context)
{
    struct timespec Now;

    (void)Context;
    clock_gettime(CLOCK_MONOTONIC, &Now);
    return (uint64_t)Now.tv_sec * 1000000000u + (uint64_t)Now.tv_nsec;
}

static int64_t HostSystemTime(void *Context)
{
    struct timespec Now;

    (void)Context;
    clock_gettime(CLOCK_REALTIME, &Now);
    return ((int64_t)Now.tv_sec + 11644473600) * 10000000 + Now.tv_nsec / 100;
}

static uint64_t HostThreadId(void *Context)
{
    static _Thread_local char Here; /* its address is the id: one a thread, never 0 */

    (void)Context;
    return (uint64_t)(uintptr_t)&Here;
}

static void HostSymbol(void *Context, const void *Address, char *Buffer, size_t Bytes)
{
    Dl_info Info;
    const char *Module;

    (void)Context;
    if (Address == NULL || dladdr(Address, &Info) == 0 || Info.dli_fname == NULL) {
        snprintf(Buffer, Bytes, "%p", Address);
        return;
    }
    Module = strrchr(Info.dli_fname, '/');
    Module = Module == NULL ? Info.dli_fname : Module + 1;
    if (Info.dli_sname != NULL) {
        size_t Offset = (size_t)((const char *)Address - (const char *)Info.dli_saddr);

        snprintf(Buffer, Bytes, Offset == 0 ? "%s!%s" : "%s!%s+0x%zx", Module, Info.dli_sname,
                 Offset);
    } else {
        snprintf(Buffer, Bytes, "%s+0x%zx", Module,
                 (size_t)((const char *)Address - (const char *)Info.dli_fbase));
    }
}

_Static_assert(sizeof(jmp_buf) <= NTCB_SEH_BUFFER, "grow NTCB_SEH_BUFFER");

/* The partner of _setjmp(), which leaves the signal mask alone. Not _longjmp() where both are the
 * same: ThreadSanitizer does not know it. */
#if defined(__APPLE__)
#define HOST_LONGJMP _longjmp
#else
#define HOST_LONGJMP longjmp
#endif

_Noreturn void KiJump(void *Buffer)
{
    HOST_LONGJMP(*(jmp_buf *)Buffer, 1);
}

_Noreturn void KiFatal(const char *Message)
{
    fputs(Message, stderr);
    fflush(stderr);
    abort();
}

static const struct ntcb_host_ops HostOps = {
    .version = NTCB_HOST_OPS_VERSION,
    .allocate = HostAllocate,
    .release = HostRelease,
    .monitor_create = HostMonitorCreate,
    .monitor_destroy = HostMonitorDestroy,
    .monitor_enter = HostMonitorEnter,
    .monitor_leave = HostMonitorLeave,
    .monitor_wait = HostMonitorWait,
    .monitor_wake = HostMonitorWake,
    .clock_ns = HostClock,
    .system_time = HostSystemTime,
    .thread_id = HostThreadId,
    .heavy_fence_available = KiHeavyFenceAvailable,
    .heavy_fence = KiHeavyFence,
    .symbol = HostSymbol,
};

const struct ntcb_host_ops *ntcb_host_default(void)
{
    return &HostOps;
}
