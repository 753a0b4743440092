/* SPDX-License-Identifier: MIT
 *
 * seh_test.c - structured exceptions: the keywords in a driver, and what leaves its routines.
 */
#include "host.h"
#include "simkit.h"

#include <unistd.h>

/* tests/drivers/seh.c prints what fails, and counts. */
static void run_checks(const char *module)
{
    const struct ntsim_driver_options options = {.name = "seh", .module = ntcb_test_driver(module)};
    struct ntsim_driver *driver;
    NTSTATUS status;
    unsigned count = 0;

    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    if (sscanf(printed, "%u checks", &count) != 1) { /* what failed comes before it */
        EXPECT_STR(printed, "");
    }
    EXPECT_TRUE(count > 35);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static void keywords_in_c(void **state)
{
    (void)state;
    run_checks("seh");
}

static void keywords_in_cpp(void **state)
{
    (void)state;
    run_checks("seh_cpp");
}

static void keywords_in_optimised_c(void **state)
{
    (void)state;
    run_checks("seh_O1");
    printed[0] = '\0';
    run_checks("seh_O2");
    printed[0] = '\0';
    run_checks("seh_O3");
}

static void keywords_in_optimised_cpp(void **state)
{
    (void)state;
    run_checks("seh_cpp_O1");
    printed[0] = '\0';
    run_checks("seh_cpp_O2");
    printed[0] = '\0';
    run_checks("seh_cpp_O3");
}

static void keywords_with_gcc(void **state)
{
    (void)state;
    if (access(ntcb_test_driver("seh_gcc_O0"), F_OK) != 0) {
        ntcb_test_skip("there is no gcc here");
        return;
    }
    run_checks("seh_gcc_O0");
    printed[0] = '\0';
    run_checks("seh_gcc_O2");
}

/* ---- what leaves a routine of a driver ---- */

static int called;

static void NTAPI raising_image_routine(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    KIRQL irql;

    (void)name;
    (void)pid;
    (void)info;
    called++;
    KeRaiseIrql(APC_LEVEL, &irql);
    ExRaiseStatus(STATUS_INVALID_IMAGE_HASH);
}

static void NTAPI silent_image_routine(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    (void)name;
    (void)pid;
    (void)info;
    called += 10;
}

static void image_routine_is_left_by_an_exception(void **state)
{
    const struct ntsim_image_options options = {.process = make_process("C:\\a.exe"),
                                                .path = "C:\\a.dll"};
    const struct ntcb_report *report;
    struct ntsim_image *image;

    (void)state;
    called = 0;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(raising_image_routine));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(silent_image_routine));
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_EQ(called, 1); /* it ends the notification */
    report = take_report("DV-15");
    EXPECT_EQ(report->parameter[0], (ULONG)STATUS_INVALID_IMAGE_HASH);
    EXPECT_TRUE(strstr(report->routine, "test_sim_seh") != NULL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(raising_image_routine)); /* nobody is in it */
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_EQ(called, 11);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(silent_image_routine));
}

static VOID raising_unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    ExRaiseStatus(STATUS_ACCESS_DENIED);
}

static NTSTATUS entry_with_raising_unload(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = raising_unload;
    return STATUS_SUCCESS;
}

static NTSTATUS raising_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)driver;
    (void)path;
    *(volatile int *)(uintptr_t)0x7EAD0000 = 1;
    return STATUS_SUCCESS;
}

static void entry_and_unload_are_left_by_an_exception(void **state)
{
    const struct ntsim_driver_options bad = {.name = "bad", .entry = raising_entry};
    const struct ntsim_driver_options good = {.name = "good", .entry = entry_with_raising_unload};
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &bad, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_ACCESS_VIOLATION);
    take_report("DV-15");
    EXPECT_EQ(ntsim_driver_load(sim, &good, &driver, &status), NTCB_OK);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_ELEAK);
    take_report("DV-15");
}

/* An object's context is taken back by a callback that raises. */
static LARGE_INTEGER cookie;

static NTSTATUS NTAPI raise_in_cleanup(PVOID context, PVOID class, PVOID information)
{
    (void)context;
    if ((ULONG_PTR) class == RegNtCallbackObjectContextCleanup) {
        ExRaiseAccessViolation();
    }
    if ((ULONG_PTR) class == RegNtPreSetValueKey) {
        EXPECT_SUCCESS(CmSetCallbackObjectContext(
            ((PREG_SET_VALUE_KEY_INFORMATION)information)->Object, &cookie, &called, NULL));
    }
    return STATUS_SUCCESS;
}

static void context_cleanup_is_left_by_an_exception(void **state)
{
    PUNICODE_STRING path = STRING(u"\\Registry\\Machine\\Software");
    OBJECT_ATTRIBUTES attributes;
    ULONG value = 1;
    HANDLE key;

    (void)state;
    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    EXPECT_SUCCESS(
        CmRegisterCallbackEx(raise_in_cleanup, STRING(u"1"), &cookie, NULL, &cookie, NULL));
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes));
    EXPECT_SUCCESS(ZwSetValueKey(key, STRING(u"v"), 0, REG_DWORD, &value, sizeof(value)));
    EXPECT_SUCCESS(ZwClose(key));
    take_report("CM-EXC-01");
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
}

/* Before Windows 7 an exception counts as success, for each notification by itself. */
static ULONG heard;

static NTSTATUS NTAPI always_raise(PVOID context, PVOID class, PVOID information)
{
    (void)context;
    (void)class;
    (void)information;
    heard++;
    ExRaiseStatus(STATUS_ACCESS_DENIED);
}

static void vista_counts_it_as_success(void **state)
{
    PUNICODE_STRING path = STRING(u"\\Registry\\Machine\\Software");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    (void)state;
    start_windows(NTCB_WINDOWS_VISTA_SP2);
    InitializeObjectAttributes(&attributes, path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    heard = 0;
    EXPECT_SUCCESS(CmRegisterCallbackEx(always_raise, STRING(u"1"), &cookie, NULL, &cookie, NULL));
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes));
    EXPECT_EQ(heard, 2);
    EXPECT_SUCCESS(ZwClose(key));
    EXPECT_EQ(heard, 4);
    while (ntsim_expect_report(sim, "CM-VER-06")) {
        heard--;
    }
    EXPECT_EQ(heard, 0);
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static int leave_a_finally_body(void *context)
{
    const struct ntsim_driver_options options = {.module = ntcb_test_driver("seh_out")};
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)context;
    ntsim_driver_load(sim, &options, &driver, &status);
    return 0;
}

static void leaving_a_finally_body_stops_the_process(void **state)
{
    (void)state;
    EXPECT_EQ(ntcb_test_child(leave_a_finally_body, NULL, NULL, 0), NTCB_TEST_ABORTED);
}

static const struct ntcb_test tests[] = {
    {"sim.seh.keywords_in_c", "", keywords_in_c, start, stop},
    {"sim.seh.keywords_in_cpp", "", keywords_in_cpp, start, stop},
    {"sim.seh.keywords_in_optimised_c", "", keywords_in_optimised_c, start, stop},
    {"sim.seh.keywords_in_optimised_cpp", "", keywords_in_optimised_cpp, start, stop},
    {"sim.seh.keywords_with_gcc", "", keywords_with_gcc, start, stop},
    {"sim.seh.image_routine_is_left", "IMG-26 DV-15", image_routine_is_left_by_an_exception, start,
     stop},
    {"sim.seh.entry_and_unload_are_left", "DV-15", entry_and_unload_are_left_by_an_exception, start,
     stop},
    {"sim.seh.context_cleanup_is_left", "CM-EXC-01", context_cleanup_is_left_by_an_exception, start,
     stop},
    {"sim.seh.vista_counts_it_as_success", "CM-EXC-02 CM-VER-06", vista_counts_it_as_success, NULL,
     NULL},
    {"sim.seh.leaving_a_finally_body_stops", "", leaving_a_finally_body_stops_the_process, start,
     stop},
};

NTCB_TEST_MAIN("library", tests)
