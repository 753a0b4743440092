/* SPDX-License-Identifier: MIT
 *
 * device_misuse_test.c - what a driver may do wrong with requests, and leave behind.
 */
#include "device_toy.h"

static void what_is_left_is_reported(void **state)
{
    (void)state;
    toy.leave_link = toy.leave_device = TRUE;
    driver = ntsim_driver_start(sim, "toy", enter);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_ELEAK);
    EXPECT_EQ(ntsim_report_count(sim), 2);
    EXPECT_TRUE(ntsim_expect_report(sim, "IO-DEV"));
    EXPECT_TRUE(ntsim_expect_report(sim, "IO-DEV"));
    toy.leave_link = toy.leave_device = FALSE;
    driver = ntsim_driver_start(sim, "toy", enter);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
}

static void misuse_is_reported(void **state)
{
    static const struct {
        NTSTATUS status;
        unsigned reports;
    } rows[] = {
        {STATUS_SUCCESS, 1}, {STATUS_SUCCESS, 1},   {STATUS_SUCCESS, 1}, {STATUS_SUCCESS, 1},
        {STATUS_SUCCESS, 1}, {STATUS_NOT_FOUND, 1}, {STATUS_SUCCESS, 1}, {STATUS_PENDING, 2},
    };

    (void)state;
    begin();
    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        size_t before = ntsim_report_count(sim);
        char out[8] = "";

        EXPECT_STATUS(
            ntsim_device_ioctl(process, handle, MISUSE(i), NULL, 0, out, sizeof(out), NULL),
            rows[i].status);
        EXPECT_EQ(ntsim_report_count(sim) - before, rows[i].reports);
        for (size_t report = before; report < ntsim_report_count(sim); ++report) {
            print_message("%lu: %s\n", (unsigned long)i, ntsim_report(sim, report)->what);
            EXPECT_TRUE(ntsim_expect_report(sim, "IO-IRP"));
        }
    }
    finish();
}

/* The simulator ends although a program, and the kernel, still have the device open. */
static void open_handles_do_not_outlive_the_simulator(void **state)
{
    struct ntsim_thread *previous;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE kernel;

    (void)state;
    begin();
    previous = ntsim_enter(sim);
    InitializeObjectAttributes(&attributes, &device_name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenFile(&kernel, FILE_READ_DATA, &attributes, &block, 0, 0));
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_EBUSY);
    /* stop() must come back; the program's file was closed, the kernel's never was. */
}

#define CASE(name)                                     \
    {                                                  \
        "sim.device." #name, "", name, start_toy, stop \
    }

static const struct ntcb_test tests[] = {
    CASE(what_is_left_is_reported),
    CASE(misuse_is_reported),
    CASE(open_handles_do_not_outlive_the_simulator),
};

NTCB_TEST_MAIN("library", tests)
