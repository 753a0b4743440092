/* SPDX-License-Identifier: MIT
 *
 * linked_test.c - drivers that are linked into the program are told from it and from each other, as
 * modules are.
 */
#include "simkit.h"

extern DRIVER_INITIALIZE lines_DriverEntry, modes_DriverEntry, shapes_DriverEntry;

static struct ntsim_driver *load(const char *name, const char *module, PDRIVER_INITIALIZE entry)
{
    const struct ntsim_driver_options options = {.name = name, .module = module, .entry = entry};
    struct ntsim_driver *driver = NULL;
    NTSTATUS status;

    printed[0] = '\0';
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    return driver;
}

static void load_image(void)
{
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\other.sys"};

    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
}

/* What a driver does wrong, and what is said of it. */
static const struct row {
    const char *driver;
    PDRIVER_INITIALIZE entry;
    const char *mode;
    const char *rule;
    bool image;   /* it happens when an image is loaded */
    bool printed; /* the driver says at which line */
} rows[] = {
    {"modes", modes_DriverEntry, "image", "DV-20", false, false},
    {"modes", modes_DriverEntry, "registry", "DV-20", false, false},
    {"lines", lines_DriverEntry, "fault", "DV-15", true, true},
    {"lines", lines_DriverEntry, "region", "DV-19", false, true},
    {"lines", lines_DriverEntry, "twice", "DV-24", false, true},
    {"lines", lines_DriverEntry, "pool", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "lambda", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "template", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "member", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "constructor", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "virtual", "DV-22", false, true},
    {"shapes", shapes_DriverEntry, "late", "DV-20", true, false},
};

/* Of the one report that the driver earns: the routine without what it lies in. */
static const struct ntcb_report *play(const struct row *row, const char *module,
                                      PDRIVER_INITIALIZE entry, char routine[128])
{
    size_t before = ntsim_report_count(sim);
    struct ntsim_driver *driver = load(row->mode, module, entry);
    const struct ntcb_report *report;

    if (row->image) {
        load_image();
    }
    ntsim_driver_unload(driver);
    EXPECT_EQ(ntsim_report_count(sim), before + 1);
    report = take_report(row->rule);
    if (report->line != 0 && row->printed) {
        EXPECT_EQ(report->line, strtoul(strstr(printed, "line ") + 5, NULL, 10));
    }
    snprintf(routine, 128, "%s", report->routine + strcspn(report->routine, "!+"));
    return report;
}

static void play_both(const struct row *row)
{
    char place[64], one[128], other[128];
    const struct ntcb_report *module, *linked;

    module = play(row, ntcb_test_driver(row->driver), NULL, one);
    linked = play(row, NULL, row->entry, other);
    snprintf(place, sizeof(place), "%s.so", row->driver);
    EXPECT_TRUE(strncmp(module->routine, place, strlen(place)) == 0);
    EXPECT_EQ(strcspn(linked->routine, "!+"), strlen(row->mode));
    EXPECT_TRUE(strncmp(linked->routine, row->mode, strlen(row->mode)) == 0);
    if (module->line == 0) { /* the nearest name that is exported stands there, if there is one */
        EXPECT_EQ(linked->line, 0);
    } else if (strstr(one, "DriverEntry") != NULL) { /* that is called by another name */
        EXPECT_TRUE(strstr(other, "DriverEntry") != NULL);
    } else {
        EXPECT_STR(other, one);
    }
    EXPECT_EQ(linked->severity, module->severity);
    EXPECT_STR(linked->on_windows, module->on_windows);
    EXPECT_STR(linked->fix, module->fix);
    EXPECT_STR(linked->file, module->file);
    EXPECT_EQ(linked->line, module->line);
}

static void reports_are_those_of_the_module(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        play_both(&rows[i]);
    }
}

static unsigned heard;

static void on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    (void)name, (void)process, (void)info;
    heard++;
}

static void each_answers_for_its_own(void **state)
{
    struct ntsim_driver *image, *pool, *template;

    (void)state;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
    image = load("image", NULL, modes_DriverEntry);
    pool = load("pool", NULL, lines_DriverEntry);
    template = load("template", NULL, shapes_DriverEntry);
    EXPECT_EQ(ntsim_driver_unload(pool), NTCB_ELEAK);
    EXPECT_TRUE(strncmp(take_report("DV-22")->routine, "pool", 4) == 0);
    EXPECT_EQ(ntsim_driver_unload(image), NTCB_ELEAK);
    EXPECT_TRUE(strncmp(take_report("DV-20")->routine, "image", 5) == 0);
    EXPECT_EQ(ntsim_driver_unload(template), NTCB_ELEAK);
    EXPECT_TRUE(strncmp(take_report("DV-22")->routine, "template", 8) == 0);
    EXPECT_EQ(ntsim_report_count(sim), 3);
    heard = 0;
    load_image(); /* the program's own routine is nobody's leak */
    EXPECT_EQ(heard, 1);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(on_image));
}

/* What one was linked without, another's being linked with it does not make up for. */
static void integrity_is_each_driver_s_own(void **state)
{
    const struct ntsim_driver_options options = {
        .name = "integrity", .entry = shapes_DriverEntry, .no_integrity_check = true};
    struct ntsim_driver *other = load("clean", NULL, modes_DriverEntry), *driver = NULL;
    NTSTATUS status;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(ntsim_driver_unload(other), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.linked.reports_are_those_of_the_module", "DV-20 DV-22", reports_are_those_of_the_module,
     start, stop},
    {"sim.linked.each_answers_for_its_own", "DV-20 DV-22", each_answers_for_its_own, start, stop},
    {"sim.linked.integrity_is_each_driver_s_own", "", integrity_is_each_driver_s_own, start, stop},
};

NTCB_TEST_MAIN("library", tests)
