/* SPDX-License-Identifier: MIT
 *
 * sim_test.c - the simulator as a whole: its life, what it reports, and running out of memory.
 */
#include "host.h"
#include "simkit.h"

#include <inttypes.h>
#include <unistd.h>

static void destroy_of_bound_is_busy(void **state)
{
    struct ntsim *other;
    struct ntsim_thread *previous;

    (void)state;
    EXPECT_EQ(ntsim_create(&other, NULL), NTCB_OK);
    previous = ntsim_enter(other);
    EXPECT_EQ(ntsim_destroy(other), NTCB_EBUSY);
    EXPECT_TRUE(strstr(ntsim_last_error(other), "ntsim_leave") != NULL);
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_destroy(other), NTCB_OK);
    EXPECT_EQ(ntsim_destroy(NULL), NTCB_OK);
}

static void wrong_version_is_refused(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim *other;

    (void)state;
    config.version++;
    EXPECT_EQ(ntsim_create(&other, &config), NTCB_EVERSION);
    config = (struct ntsim_config)NTSIM_CONFIG_INIT;
    config.kernel.version++;
    EXPECT_EQ(ntsim_create(&other, &config), NTCB_EVERSION);
}

/* A thread goes from one kernel into another and comes back to what it was. */
static void two_kernels_nest(void **state)
{
    PETHREAD mine = PsGetCurrentThread();
    struct ntsim_thread *previous;
    struct ntsim *other;

    (void)state;
    EXPECT_EQ(ntsim_create(&other, NULL), NTCB_OK);
    EXPECT_PTR(ntsim_current(), sim);
    EXPECT_PTR(PsGetCurrentThread(), mine);
    previous = ntsim_enter(other);
    EXPECT_PTR(ntsim_current(), other);
    EXPECT_TRUE(PsGetCurrentThread() != mine);
    ntsim_leave(previous);
    EXPECT_PTR(ntsim_current(), sim);
    EXPECT_PTR(PsGetCurrentThread(), mine);
    EXPECT_EQ(ntsim_destroy(other), NTCB_OK);
}

static void report_is_copied_and_expected_once(void **state)
{
    const struct ntcb_report *report;

    (void)state;
    EXPECT_STATUS(ZwClose((HANDLE)(ULONG_PTR)0x1234), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ntsim_report_count(sim), 1);
    EXPECT_EQ(ntsim_unexpected_reports(sim), 1);
    report = ntsim_report(sim, 0);
    EXPECT_STR(report->rule, "DV-24");
    EXPECT_EQ(report->bugcheck, INVALID_KERNEL_HANDLE);
    EXPECT_EQ(report->parameter[0], 0x1234);
    EXPECT_TRUE(strstr(report->what, "1234, which is no open") != NULL);
    EXPECT_TRUE(report->fix[0] != '\0' && report->on_windows[0] != '\0');
    EXPECT_FALSE(ntsim_expect_report(sim, "DV-99"));
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-24"));
    EXPECT_FALSE(ntsim_expect_report(sim, "DV-24"));
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
    EXPECT_TRUE(ntsim_report(sim, 1) == NULL);
}

static void unexpected_report_fails_the_stop(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim *other;
    struct ntsim_thread *previous;

    (void)state;
    config.quiet = true;
    EXPECT_EQ(ntsim_create(&other, &config), NTCB_OK);
    previous = ntsim_enter(other);
    EXPECT_STATUS(ZwClose((HANDLE)(ULONG_PTR)4), STATUS_INVALID_HANDLE);
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_destroy(other), NTCB_ELEAK);
}

static void injected_fault_comes_once(void **state)
{
    PVOID block;

    (void)state;
    ntsim_fail_allocation(sim, 1);
    EXPECT_FALSE(ntsim_allocation_failed(sim));
    EXPECT_TRUE(ExAllocatePoolWithTag(NonPagedPool, 16, 0x74736554) == NULL);
    EXPECT_TRUE(ntsim_allocation_failed(sim));
    block = ExAllocatePoolWithTag(NonPagedPool, 16, 0x74736554);
    EXPECT_TRUE(block != NULL);
    ExFreePool(block);
}

/* The n-th allocation of a start fails, n = 1, 2, ... until one succeeds. */
static struct {
    uint64_t left;
    uint64_t live;
} failing;

static void *failing_allocate(void *context, size_t bytes)
{
    void *memory = NULL;

    (void)context;
    if (failing.left == 0 || --failing.left != 0) {
        memory = malloc(bytes);
    }
    failing.live += memory != NULL;
    return memory;
}

static void failing_release(void *context, void *memory)
{
    (void)context;
    failing.live -= memory != NULL;
    free(memory);
}

/* How the process of one attempt ends; numbers that no test runner or sanitizer exits with. */
enum { START_WHOLE = 20, START_REFUSED, START_LEAKED, START_WRONG_ERROR };

/* The one allocation that cannot fail is that of the host thread's record: ntcb_kernel_enter has no
 * way to say so and aborts. Hence a process of its own for each attempt. */
static int start_with_failure(uint64_t n)
{
    struct ntcb_host_ops host = *ntcb_host_default();
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim *other = NULL;
    int error;

    host.allocate = failing_allocate;
    host.release = failing_release;
    config.kernel.host = &host;
    config.quiet = true;
    failing.left = n;
    error = ntsim_create(&other, &config);
    failing.left = 0;
    if (error == NTCB_OK) {
        return ntsim_destroy(other) == NTCB_OK && failing.live == 0 ? START_WHOLE : START_LEAKED;
    }
    return error == NTCB_ENOMEM && other == NULL && failing.live == 0 ? START_REFUSED
                                                                      : START_WRONG_ERROR;
}

static int start_silently(void *allocation)
{
    fclose(stderr);
    return start_with_failure(*(uint64_t *)allocation);
}

static void start_without_memory_leaves_nothing(void **state)
{
    int end, aborts = 0;
    uint64_t n = 0;

    (void)state;
    do {
        n++;
        end = ntcb_test_child(start_silently, &n, NULL, 0);
        if (end == NTCB_TEST_ABORTED) {
            aborts++;
        } else if (end != START_WHOLE && end != START_REFUSED) {
            fail_msg("out of memory at allocation %llu: the end was %d", (unsigned long long)n,
                     end);
        }
    } while (end == NTCB_TEST_ABORTED || end == START_REFUSED);
    EXPECT_EQ(aborts, 1);
    EXPECT_TRUE(n > 20);
}

static void count_call(void *context, const struct ntcb_call *call)
{
    if (call->registration->manager == NTCB_MANAGER_IMAGE) {
        ++*(int *)context;
    }
}

static VOID NTAPI on_image(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
}

static void observer_sees_calls_with_its_own_context(void **state)
{
    const struct ntsim_image_options image = {.path = "\\SystemRoot\\x.sys"};
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    int calls = 0;

    (void)state;
    config.kernel.observer = count_call;
    config.kernel.callback_context = &calls;
    sim = ntsim_start(&config);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
    EXPECT_EQ(ntsim_image_load(sim, &image, NULL), NTCB_OK);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(on_image));
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    EXPECT_EQ(calls, 2); /* entering and leaving */
}

static void version_follows_the_profile(void **state)
{
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version)};

    (void)state;
    EXPECT_EQ(start_windows(NTCB_WINDOWS_7), 0);
    EXPECT_SUCCESS(RtlGetVersion((PRTL_OSVERSIONINFOW)&version));
    EXPECT_EQ(version.dwMajorVersion, 6);
    EXPECT_EQ(version.dwMinorVersion, 1);
    EXPECT_EQ(version.dwBuildNumber, 7601);
    EXPECT_EQ(version.wServicePackMajor, 1);
    EXPECT_MEM(version.szCSDVersion, u"Service Pack 1", sizeof(u"Service Pack 1"));
    EXPECT_EQ(version.wProductType, VER_NT_WORKSTATION);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.life.destroy_of_bound_is_busy", "", destroy_of_bound_is_busy, NULL, NULL},
    {"sim.life.wrong_version_is_refused", "", wrong_version_is_refused, NULL, NULL},
    {"sim.life.two_kernels_nest", "", two_kernels_nest, start, stop},
    {"sim.report.copied_and_expected_once", "DV-24", report_is_copied_and_expected_once, start,
     stop},
    {"sim.report.unexpected_fails_the_stop", "", unexpected_report_fails_the_stop, NULL, NULL},
    {"sim.fault.injected_comes_once", "", injected_fault_comes_once, start, stop},
    {"sim.fault.start_without_memory_leaves_nothing", "", start_without_memory_leaves_nothing, NULL,
     NULL},
    {"sim.observer.sees_calls_with_its_own_context", "", observer_sees_calls_with_its_own_context,
     NULL, NULL},
    {"rtl.version.follows_the_profile", "", version_follows_the_profile, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
