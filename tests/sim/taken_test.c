/* SPDX-License-Identifier: MIT
 *
 * taken_test.c - what a driver took and had not given back at its unload: one report, a list.
 */
#include "simkit.h"

extern DRIVER_INITIALIZE keeps_DriverEntry;

static bool linked; /* into this program, and not a module */

static struct ntsim_driver *load(const char *name)
{
    const struct ntsim_driver_options options = {
        .name = name,
        .module = linked ? NULL : ntcb_test_driver("keeps"),
        .entry = linked ? keeps_DriverEntry : NULL,
    };
    struct ntsim_driver *driver = NULL;
    NTSTATUS status;

    printed[0] = '\0';
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    return driver;
}

/* What is in the list for one taking: the beginning of the line, and who is named in it. */
struct entry {
    const char *object;
    const char *how;
    const char *routine; /* NULL: there is no such entry */
    const char *printed; /* the driver's word for the line it took it on */
};

static const struct row {
    const char *mode;
    unsigned references;
    unsigned handles;
    struct entry entries[2];
} rows[] = {
    {"lookup",
     2,
     0,
     {{"Process (pid 4, System): ", "2 reference(s), taken by ", "TakeByLookup", "lookup"},
      {"Process (pid 4, System): ", "(1 taken there), ", "TakeByLookup", "again"}}},
    {"handle",
     1,
     0,
     {{"Key (\\REGISTRY\\MACHINE\\SOFTWARE): ", "1 reference(s), taken by ", "TakeByHandle",
       "handle"}}},
    {"key", 0, 1, {{"Key (\\REGISTRY\\MACHINE\\SOFTWARE): ", "made by ", "OpenKey", "key"}}},
    {"pointer", 0, 1, {{"Process (pid 4, System): ", "made by ", "TakeByPointer", "pointer"}}},
    {"thread", 0, 1, {{"Thread (", "made by ", "TakeThread", "thread"}}},
    {"lookup, key",
     2,
     1,
     {{"Process (pid 4, System): ", "2 reference(s), taken by ", "TakeByLookup", "lookup"},
      {"Key (\\REGISTRY\\MACHINE\\SOFTWARE): ", "made by ", "OpenKey", "key"}}},
};

/* "keeps.so!Routine+0x.. (keeps.c:line)", or without the line where there is no debug
 * information. */
static void expect_entry(const struct ntcb_report *report, const char *driver,
                         const struct entry *entry)
{
    const char *at = strstr(report->details, entry->object), *said, *line;
    char place[64];

    EXPECT_TRUE(at != NULL);
    at = strstr(at, entry->how);
    EXPECT_TRUE(at != NULL);
    EXPECT_TRUE(strncmp(at + strlen(entry->how), driver, strlen(driver)) == 0);
    if (report->line == 0) {
        return;
    }
    said = strstr(printed, entry->printed);
    EXPECT_TRUE(said != NULL);
    snprintf(place, sizeof(place), "(keeps.c:%lu)",
             strtoul(said + strlen(entry->printed), NULL, 10));
    line = strstr(at, place);
    EXPECT_TRUE(line != NULL);
    EXPECT_TRUE(strstr(at, entry->routine) != NULL && strstr(at, entry->routine) < line);
}

static void play(const struct row *row, bool keeps)
{
    const struct ntcb_report *report;
    char name[64];
    const char *driver = linked ? name : "keeps.so";
    size_t before = ntsim_report_count(sim);

    snprintf(name, sizeof(name), "%s %s", keeps ? "keeps" : "returns", row->mode);
    EXPECT_EQ(ntsim_driver_unload(load(name)), keeps ? NTCB_ELEAK : NTCB_OK);
    EXPECT_EQ(ntsim_report_count(sim), before + keeps);
    if (!keeps) {
        return;
    }
    report = take_report("DV-23");
    EXPECT_EQ(report->parameter[0], row->references);
    EXPECT_EQ(report->parameter[1], row->handles);
    EXPECT_TRUE(strstr(report->what, name) != NULL);
    EXPECT_TRUE(strncmp(report->routine, driver, strlen(driver)) == 0);
    for (size_t i = 0; i < RTL_NUMBER_OF(row->entries) && row->entries[i].object != NULL; i++) {
        expect_entry(report, driver, &row->entries[i]);
    }
}

static void play_all(bool keeps)
{
    for (int form = 0; form < 2; form++) {
        linked = form == 1;
        for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
            play(&rows[i], keeps);
        }
    }
    linked = false;
}

static void all_that_was_kept_is_listed(void **state)
{
    (void)state;
    play_all(true);
}

static void what_was_given_back_is_no_leak(void **state)
{
    (void)state;
    play_all(false);
}

/* Both have the same code at other addresses. */
static void each_driver_answers_for_its_own(void **state)
{
    struct ntsim_driver *keeps = load("keeps handle");
    struct ntsim_driver *returns = load("returns lookup, key, handle");

    (void)state;
    EXPECT_EQ(ntsim_driver_unload(returns), NTCB_OK);
    EXPECT_EQ(ntsim_driver_unload(keeps), NTCB_ELEAK);
    EXPECT_TRUE(strstr(take_report("DV-23")->what, "keeps handle") != NULL);
}

static unsigned given;

static void take_over(PVOID context, PVOID object, PVOID unused)
{
    (void)context;
    (void)unused;
    ObDereferenceObject(object);
    given++;
}

static void another_module_may_give_it_back(void **state)
{
    PCALLBACK_OBJECT callback = NULL;
    PVOID registration;
    OBJECT_ATTRIBUTES attributes;

    (void)state;
    InitializeObjectAttributes(&attributes, STRING(u"\\Callback\\HandOver"), OBJ_CASE_INSENSITIVE,
                               NULL, NULL);
    EXPECT_SUCCESS(ExCreateCallback(&callback, &attributes, TRUE, TRUE));
    registration = ExRegisterCallback(callback, take_over, NULL);
    given = 0;
    EXPECT_EQ(ntsim_driver_unload(load("gives lookup, handle")), NTCB_OK);
    EXPECT_EQ(given, 3);
    ExUnregisterCallback(registration);
    ObDereferenceObject(callback);
}

/* The reference is given back for it: the process can go, and the end finds nothing more. */
static void leak_is_reported_once(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_driver_unload(load("keeps lookup, handle, thread")), NTCB_ELEAK);
    EXPECT_EQ(ntsim_report_count(sim), 1);
    take_report("DV-23");
    EXPECT_EQ(ntsim_driver_unload(load("returns lookup, handle, thread")), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.taken.all_that_was_kept_is_listed", "DV-23", all_that_was_kept_is_listed, start, stop},
    {"sim.taken.what_was_given_back_is_no_leak", "DV-23", what_was_given_back_is_no_leak, start,
     stop},
    {"sim.taken.each_driver_answers_for_its_own", "DV-23", each_driver_answers_for_its_own, start,
     stop},
    {"sim.taken.another_module_may_give_it_back", "DV-23", another_module_may_give_it_back, start,
     stop},
    {"sim.taken.leak_is_reported_once", "DV-23", leak_is_reported_once, start, stop},
};

NTCB_TEST_MAIN("library", tests)
