/* SPDX-License-Identifier: MIT
 *
 * report_test.c - what a driver's author is told, with and without a handler; the host's services.
 */
#include "../ps/image_kit.h"

static void every_error_has_a_text(void **state)
{
    int error;

    (void)state;
    EXPECT_STR(ntcb_error_text(NTCB_OK), "success");
    EXPECT_STR(ntcb_error_text(NTCB_EBUSY), "a thread is still inside the kernel");
    for (error = NTCB_ESTATUS - 1; error <= 1; ++error) {
        EXPECT_TRUE(ntcb_error_text(error) != NULL);
        EXPECT_EQ(strcmp(ntcb_error_text(error), ntcb_error_text(1234)) == 0,
                  error < NTCB_ESTATUS || error > 0);
    }
}

static void handler_gets_text_for_every_member(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;

    ntcb_report_deliver(&(struct ntcb_report){.severity = NTCB_WARNING});
    report = kit_expect_report(kit, "");
    EXPECT_TRUE(report != NULL);
    EXPECT_STR(report->what, "");
    EXPECT_STR(report->routine, "");
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING, .rule = "DV-99"}, "%d and %s", 7,
                  "more");
    report = kit_expect_report(kit, "DV-99");
    EXPECT_TRUE(report != NULL);
    EXPECT_STR(report->what, "7 and more");
}

static void long_text_is_cut(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    char long_text[4000];

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING, .rule = "DV-99"}, "%s",
                  long_text);
    EXPECT_TRUE(kit_expect_report(kit, "DV-99") != NULL);
}

/* ---- without a handler ----------------------------------------------------------------------- */

static void enter_quiet_kernel(void)
{
    struct ntcb_kernel *kernel;

    if (ntcb_kernel_create(&kernel, NULL) == NTCB_OK) {
        ntcb_kernel_enter(kernel);
    }
}

static void warn(void)
{
    enter_quiet_kernel();
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING, .rule = "DV-99", .fix = "do so"},
                  "odd");
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION, .rule = "DV-98"}, "wrong");
}

static void stop(void)
{
    enter_quiet_kernel();
    KeLowerIrql(DISPATCH_LEVEL);
}

static void stop_with_endless_text(void)
{
    char text[600];

    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    enter_quiet_kernel();
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = text,
                                        .bugcheck = 1,
                                        .routine = text,
                                        .on_windows = text,
                                        .fix = text},
                  "%s", text);
}

static void bug_check_by_the_driver(void)
{
    enter_quiet_kernel();
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

static void bug_check_by_the_driver_with_a_handler(void)
{
    ntcb_kernel_enter(here->kernel);
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}

static const struct {
    void (*die)(void);
    int end;
    const char *text[3];
} endings[] = {
    {warn, 0, {"warning DV-99: odd", "fix: do so", "violation DV-98: wrong"}},
    {stop,
     NTCB_TEST_ABORTED,
     {"bug check DV-08", "code 0xC4 (0x31", "fix: raise with KeRaiseIrql"}},
    {stop_with_endless_text, NTCB_TEST_ABORTED, {"bug check", "yyyy", "yyyy"}},
    {bug_check_by_the_driver,
     NTCB_TEST_ABORTED,
     {"KeBugCheckEx(0xE2)", "code 0xE2 (0x1, 0x2, 0x3, 0x4)", ""}},
    {bug_check_by_the_driver_with_a_handler,
     NTCB_TEST_ABORTED,
     {"stopped by KeBugCheckEx", "", ""}},
};

static void without_a_handler_it_is_printed(void **state)
{
    size_t row;
    size_t line;

    kit_begin(state, NULL);
    for (row = 0; row < RTL_NUMBER_OF(endings); ++row) {
        char text[4096];

        EXPECT_EQ(kit_die(endings[row].die, text, sizeof(text)), endings[row].end);
        for (line = 0; line < 3; ++line) {
            if (strstr(text, endings[row].text[line]) == NULL) {
                print_error("printed: %s\n", text);
            }
            EXPECT_TRUE(strstr(text, endings[row].text[line]) != NULL);
        }
    }
}

/* ---- host ------------------------------------------------------------------------------------ */

static uint64_t other_id;

static void note_id(struct kit *kit, void *argument)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    (void)kit;
    (void)argument;
    other_id = host->thread_id(host->context);
}

static void host_services(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct ntcb_host_ops *host = ntcb_host_default();
    struct ntcb_monitor *monitor = host->monitor_create(host->context);
    struct kit_thread thread;
    char text[160];

    EXPECT_EQ(host->version, NTCB_HOST_OPS_VERSION);
    kit_start(&thread, kit, note_id, NULL);
    kit_join(&thread);
    EXPECT_NE(host->thread_id(host->context), 0);
    EXPECT_NE(other_id, 0);
    EXPECT_EQ(host->thread_id(host->context), host->thread_id(host->context));
    host->monitor_enter(host->context, monitor);
    EXPECT_EQ(host->monitor_wait(host->context, monitor, 1), false); /* nobody wakes it */
    host->monitor_leave(host->context, monitor);
    host->monitor_destroy(host->context, monitor);
    host->symbol(host->context, (const void *)(uintptr_t)&exit, text, sizeof(text));
    EXPECT_TRUE(strchr(text, '!') != NULL);
    host->symbol(host->context, NULL, text, sizeof(text));
    EXPECT_TRUE(text[0] != 0);
    host->symbol(host->context, (const void *)(uintptr_t)&exit, text, 4);
    EXPECT_EQ(strlen(text), 3);
}

static const struct ntcb_test tests[] = {
    {"ke.report.every_error_has_a_text", "", every_error_has_a_text, NULL, NULL},
    KIT_CASE("ke.report.handler_gets_text_for_every_member", "",
             handler_gets_text_for_every_member),
    KIT_CASE("ke.report.long_text_is_cut", "", long_text_is_cut),
    KIT_CASE("ke.report.without_a_handler_it_is_printed", "", without_a_handler_it_is_printed),
    KIT_CASE("ke.host.services", "", host_services),
};

NTCB_TEST_MAIN("library", tests)
