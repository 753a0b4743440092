/* SPDX-License-Identifier: MIT
 *
 * source_test.c - reports name the source line: of drivers loaded as modules, and linked in.
 */
#include "host.h"
#include "simkit.h"

#include <unistd.h>

extern DRIVER_INITIALIZE lines_DriverEntry;

/* As the driver printed it. */
static unsigned line_of_driver(void)
{
    const char *at = strstr(printed, "line ");

    EXPECT_TRUE(at != NULL);
    return (unsigned)strtoul(at + strlen("line "), NULL, 10);
}

#ifdef NDEBUG
static const bool released = true; /* without debug information, unless it was asked for */
#else
static const bool released = false;
#endif

/* Without libdw there are no lines to be compared. */
static void need_lines(void)
{
    EXPECT_STATUS(ZwClose((HANDLE)(ULONG_PTR)0x4444), STATUS_INVALID_HANDLE);
    if (take_report("DV-24")->line != 0) {
        return;
    }
    if (released) {
        print_message("left out: a release build has no debug information\n");
        skip();
    }
    ntcb_test_skip("this build has no libdw (libdw-dev), or no debug information");
}

static const struct row {
    const char *mode;
    const char *rule;
    const char *routine;
    bool image; /* an image is loaded before it happens */
} rows[] = {
    {"fault", "DV-15", "Fault", true},       {"raise", "DV-15", "Raise", true},
    {"region", "DV-19", "Region", false},    {"twice", "DV-24", "DriverEntry", false},
    {"pool", "DV-22", "DriverEntry", false},
};

static void play(const struct row *row, bool linked)
{
    const struct ntsim_driver_options options = {.name = row->mode,
                                                 .module =
                                                     linked ? NULL : ntcb_test_driver("lines"),
                                                 .entry = linked ? lines_DriverEntry : NULL};
    const struct ntsim_image_options image = {.path = "\\SystemRoot\\other.sys"};
    const struct ntcb_report *report;
    struct ntsim_driver *driver = NULL;
    NTSTATUS status;

    printed[0] = '\0';
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    if (row->image) {
        EXPECT_EQ(ntsim_image_load(sim, &image, NULL), NTCB_OK);
    }
    ntsim_driver_unload(driver);
    report = take_report(row->rule);
    EXPECT_TRUE(strstr(report->routine, row->routine) != NULL);
    EXPECT_EQ(report->line, line_of_driver());
    EXPECT_STR(strrchr(report->file, '/'), "/lines.c");
}

static void module_is_told_line_by_line(void **state)
{
    (void)state;
    need_lines();
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        play(&rows[i], false);
    }
}

static void linked_driver_is_told_line_by_line(void **state)
{
    (void)state;
    need_lines();
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        play(&rows[i], true);
    }
}

/* What the program itself calls wrongly is no driver's. */
static void test_code_is_named_where_it_acts_as_a_driver(void **state)
{
    const struct ntcb_report *report;
    unsigned line;

    (void)state;
    need_lines();
    line = __LINE__ + 1;
    KeLeaveCriticalRegion();
    report = take_report("DV-19");
    EXPECT_EQ(report->line, line);
    EXPECT_STR(strrchr(report->file, '/'), "/source_test.c");
}

/* Everything on stderr, while what is called runs. */
static void printed_report_shows_the_line(void **state)
{
    const struct ntsim_driver_options options = {.name = "twice",
                                                 .module = ntcb_test_driver("lines")};
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim_driver *driver = NULL;
    char text[4096], wanted[64];
    int saved = dup(STDERR_FILENO), pipes[2];
    struct ntsim *first = sim;
    NTSTATUS status;
    ssize_t got;

    (void)state;
    need_lines();
    config.debug_output = on_print;
    EXPECT_EQ(ntsim_create(&sim, &config), NTCB_OK);
    EXPECT_EQ(ntcb_test_pipe(pipes), 0);
    EXPECT_TRUE(dup2(pipes[1], STDERR_FILENO) >= 0);
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_TRUE(dup2(saved, STDERR_FILENO) >= 0);
    close(pipes[1]);
    close(saved);
    got = read(pipes[0], text, sizeof(text) - 1);
    close(pipes[0]);
    EXPECT_TRUE(got > 0);
    text[got] = '\0';
    snprintf(wanted, sizeof(wanted), "source      lines.c:%u\n", line_of_driver());
    EXPECT_TRUE(strstr(text, wanted) != NULL);
    EXPECT_TRUE(strstr(text, "lines.so!DriverEntry") != NULL);
    take_report("DV-24");
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
    EXPECT_EQ(ntsim_destroy(sim), NTCB_OK);
    sim = first;
}

static const struct ntcb_test tests[] = {
    {"sim.source.module_is_told_line_by_line", "", module_is_told_line_by_line, start, stop},
    {"sim.source.linked_driver_is_told_line_by_line", "", linked_driver_is_told_line_by_line, start,
     stop},
    {"sim.source.test_code_is_named_where_it_acts_as_a_driver", "",
     test_code_is_named_where_it_acts_as_a_driver, start, stop},
    {"sim.source.printed_report_shows_the_line", "", printed_report_shows_the_line, start, stop},
};

NTCB_TEST_MAIN("library", tests)
