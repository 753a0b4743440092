/* SPDX-License-Identifier: MIT
 *
 * replay_test.c - real recordings played into the simulated kernel: what Windows answered, it
 * answers.
 *
 * Numbers come from STATS.json beside the recordings. The equations, for Process Monitor, with a
 * callback that only listens (R(x): rows of operation x):
 *
 *   pairs of RegNtPre/PostOpenKeyEx   = R(RegOpenKey): a REPARSE row and its successor are the two
 *                                       parses of one call, and each parse is one pair (CM-CO-13)
 *   pairs of ...CreateKeyEx           = R(RegCreateKey), likewise
 *   pairs of any other class but close = R(its operation)
 *   pairs of ...KeyHandleClose        = successful opens and creates + handles from before the
 *                                       recording, once everything is closed (CM-CLS-01, -02)
 *   image notifications               = R(Load Image)
 */
#include "test.h"

#include "feed/playerp.h"

#include <ntsim/driver.h>
#include <ntsim/play.h>

#include <jansson.h>

#define SHOWN 10 /* misses printed */
#define ALL "procmon/procmon-parser_Win10x64_all.csv.xz"

/* ---- what a run came to ---------------------------------------------------------------------- */

struct run {
    struct ntsim *sim;
    struct ntsim_player *player;
    struct ntsim_feed *feed;
    uint64_t rows, statuses, agreed; /* of the registry, in records */
    uint64_t changed, unplayed;
    uint64_t counted[12]; /* misses that are explained */
    uint64_t unexplained;
    bool primed;
};

/* Classes of disagreement that docs/differences-from-windows.md explains. */
static const char *const Explained[] = {
    "key.open granted access",
    "value.query data",
};

static void run_open(struct run *run, const char *recording)
{
    struct ntsim_feed_error error;
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    memset(run, 0, sizeof(*run));
    EXPECT_EQ(ntsim_feed_open(&run->feed, ntcb_test_data(recording), NULL, false, &error), 0);
    EXPECT_EQ(ntsim_create(&run->sim, &config), 0);
    EXPECT_EQ(ntsim_player_create(&run->player, run->sim), 0);
}

static void note(struct run *run, const struct ntsim_event *event,
                 const struct ntsim_outcome *outcome)
{
    uint64_t rows = event->expect.has & NTSIM_HAS_REPARSE ? 2 : 1;

    if (event->kind < NTSIM_EVENT_KEY_CREATE)
        return;
    run->rows += rows;
    run->unplayed += !outcome->played;
    run->changed += outcome->driver_changed;
    if (!outcome->compared)
        return;
    run->statuses += outcome->status == event->expect.status ? rows : 0;
    if (outcome->agreed) {
        run->agreed += rows;
        return;
    }
    for (size_t i = 0; i < sizeof(Explained) / sizeof(Explained[0]); i++) {
        if (strcmp(outcome->difference_class, Explained[i]) == 0) {
            run->counted[i]++;
            return;
        }
    }
    if (run->unexplained++ < SHOWN && run->primed)
        print_error("%s:%llu: %s: %s\n", event->place.file, (unsigned long long)event->place.line,
                    outcome->difference_class, outcome->difference);
}

static void run_play(struct run *run, bool prime)
{
    struct ntsim_feed_error error;
    struct ntsim_outcome outcome;
    struct ntsim_event event;
    int result;

    run->primed |= prime;
    if (prime)
        EXPECT_EQ(ntsim_player_prime(run->player, run->feed, &error), 0);
    while ((result = ntsim_feed_next(run->feed, &event, &error)) == 1) {
        EXPECT_EQ(ntsim_player_play(run->player, &event, &outcome), 0);
        note(run, &event, &outcome);
    }
    EXPECT_EQ(result, 0);
}

static void run_close(struct run *run)
{
    ntsim_player_destroy(run->player);
    ntsim_feed_close(run->feed);
    EXPECT_EQ(ntsim_destroy(run->sim), 0);
}

static json_t *stats_of(const char *recording, const char *member)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    json_t *found = json_incref(json_object_get(json_object_get(stats, recording), member));

    EXPECT_TRUE(found != NULL);
    json_decref(stats);
    return found;
}

static json_int_t sum(const json_t *object)
{
    json_int_t total = 0;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value) total +=
        json_integer_value(value);
    return total;
}

/* ---- Process Monitor ------------------------------------------------------------------------- */

static void answers_as_windows_did(void **state)
{
    json_t *results = stats_of(ALL, "registry_results");
    uint64_t recorded = (uint64_t)sum(results);
    struct run run;

    (void)state;
    run_open(&run, ALL);
    run_play(&run, true);
    ntsim_player_finish(run.player, NULL);
    EXPECT_EQ(run.rows, recorded);
    EXPECT_EQ(run.unplayed, 0);
    EXPECT_EQ(run.changed, 0);
    EXPECT_EQ(run.unexplained, 0);
    EXPECT_EQ(run.statuses, recorded); /* every one */
    EXPECT_TRUE(run.agreed * 1000 >= recorded * 999);
    run_close(&run);
    json_decref(results);
}

/* The preparation is what makes it so: an empty registry answers otherwise. */
static void needs_the_registry_of_that_pc(void **state)
{
    json_t *results = stats_of(ALL, "registry_results");
    struct run run;

    (void)state;
    run_open(&run, ALL);
    run_play(&run, false);
    EXPECT_TRUE(run.statuses < (uint64_t)sum(results) / 2);
    run_close(&run);
    json_decref(results);
}

/* ---- what a callback hears ------------------------------------------------------------------- */

struct listener {
    uint64_t classes[64];
    uint64_t opened; /* key objects that came of creates and opens */
    uint64_t images;
    LARGE_INTEGER cookie;
};

static struct listener *Listening; /* DriverEntry has no context */

static NTSTATUS listen(PVOID context, PVOID notify_class, PVOID information)
{
    struct listener *listener = context;
    REG_NOTIFY_CLASS which = (REG_NOTIFY_CLASS)(ULONG_PTR)notify_class;

    if ((unsigned)which < 64)
        listener->classes[which]++;
    if (which == RegNtPostOpenKeyEx || which == RegNtPostCreateKeyEx)
        listener->opened +=
            ((REG_POST_OPERATION_INFORMATION *)information)->Status == STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

static VOID hear_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO information)
{
    (void)name;
    (void)process;
    (void)information;
    Listening->images++;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    CmUnRegisterCallback(Listening->cookie);
    PsRemoveLoadImageNotifyRoutine(hear_image);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"370020");

    (void)path;
    driver->DriverUnload = unload;
    PsSetLoadImageNotifyRoutine(hear_image);
    return CmRegisterCallbackEx(listen, &altitude, driver, Listening, &Listening->cookie, NULL);
}

/* Operation -> class of its pre notification; post is the class after it. */
static const struct {
    const char *operation;
    REG_NOTIFY_CLASS pre, post;
} Pairs[] = {
    {"RegOpenKey", RegNtPreOpenKeyEx, RegNtPostOpenKeyEx},
    {"RegCreateKey", RegNtPreCreateKeyEx, RegNtPostCreateKeyEx},
    {"RegQueryKey", RegNtPreQueryKey, RegNtPostQueryKey},
    {"RegQueryValue", RegNtPreQueryValueKey, RegNtPostQueryValueKey},
    {"RegEnumKey", RegNtPreEnumerateKey, RegNtPostEnumerateKey},
    {"RegEnumValue", RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey},
    {"RegSetInfoKey", RegNtPreSetInformationKey, RegNtPostSetInformationKey},
    {"RegSetValue", RegNtPreSetValueKey, RegNtPostSetValueKey},
    {"RegDeleteKey", RegNtPreDeleteKey, RegNtPostDeleteKey},
    {"RegDeleteValue", RegNtPreDeleteValueKey, RegNtPostDeleteValueKey},
    {"RegQueryKeySecurity", RegNtPreQueryKeySecurity, RegNtPostQueryKeySecurity},
    {"RegQueryMultipleValueKey", RegNtPreQueryMultipleValueKey, RegNtPostQueryMultipleValueKey},
};

static void is_heard_as_often_as_recorded(void **state)
{
    json_t *operations = stats_of(ALL, "operations");
    struct listener listener = {0};
    struct ntsim_thread *previous;
    struct ntsim_driver *driver;
    uint64_t closes, heard = 0, exits;
    struct run run;

    (void)state;
    Listening = &listener;
    run_open(&run, ALL);
    previous = ntsim_enter(run.sim);
    driver = ntsim_driver_start(run.sim, "listener", enter);
    ntsim_leave(previous);
    memset(listener.classes, 0, sizeof(listener.classes));
    listener.images = 0;
    EXPECT_EQ(ntsim_player_prime(run.player, run.feed, NULL), 0);
    run.primed = true;
    for (size_t i = 0; i < 64; i++)
        heard += listener.classes[i];
    EXPECT_EQ(heard, 0); /* preparing raises nothing */
    run_play(&run, false);
    for (size_t i = 0; i < sizeof(Pairs) / sizeof(Pairs[0]); i++) {
        json_int_t rows = json_integer_value(json_object_get(operations, Pairs[i].operation));

        EXPECT_EQ(listener.classes[Pairs[i].pre], rows);
        EXPECT_EQ(listener.classes[Pairs[i].post], rows);
    }
    closes = (uint64_t)json_integer_value(json_object_get(operations, "RegCloseKey"));
    EXPECT_TRUE(listener.classes[RegNtPreKeyHandleClose] >= closes);
    EXPECT_EQ(listener.images, json_integer_value(json_object_get(operations, "Load Image")));
    ntsim_player_finish(run.player, &exits);
    EXPECT_TRUE(exits > 0);
    EXPECT_EQ(listener.classes[RegNtPreKeyHandleClose],
              listener.opened + run.player->earlier_handles);
    EXPECT_EQ(listener.classes[RegNtPostKeyHandleClose], listener.classes[RegNtPreKeyHandleClose]);
    EXPECT_EQ(run.changed, 0);
    EXPECT_EQ(run.unexplained, 0);
    previous = ntsim_enter(run.sim);
    EXPECT_EQ(ntsim_driver_stop(driver), 0);
    ntsim_leave(previous);
    run_close(&run);
    json_decref(operations);
}

/* ---- processes and Sysmon -------------------------------------------------------------------- */

static void plays_the_process_recording(void **state)
{
    struct run run;

    (void)state;
    run_open(&run, "procmon/procmon-parser_Win10x64_process.csv.xz");
    run_play(&run, true);
    EXPECT_EQ(run.rows, 0);
    run_close(&run);
}

static void plays_every_sysmon_recording(void **state)
{
    static const char *const Files[] = {
        "otrf_flat_aptsimulator_guidmismatch",
        "otrf_flat_createremotethread",
        "otrf_flat_minint_key",
        "otrf_flat_psexec_tiny",
        "otrf_nopid_taskmgr_lsass",
        "otrf_nxlog_wmic_backdoor_3hosts",
        "otrf_winlogbeat6_enable_rdp",
        "sigma_evtxdump_mixed",
    };
    char name[128];

    (void)state;
    for (size_t i = 0; i < sizeof(Files) / sizeof(Files[0]); i++) {
        struct run run;

        snprintf(name, sizeof(name), "sysmon/%s.jsonl.xz", Files[i]);
        run_open(&run, name);
        run_play(&run, true);
        EXPECT_TRUE(run.rows > 0);
        EXPECT_EQ(run.unplayed, 0);
        EXPECT_EQ(run.unexplained, 0);
        EXPECT_EQ(run.agreed, run.rows);
        run_close(&run);
    }
}

static const struct ntcb_test Tests[] = {
    {"replay.procmon.answers_as_windows_did",
     "REG-OPN-06 REG-OPN-11 REG-CRT-02 REG-QVK-02 REG-QVK-04 REG-EVK-01 REG-EK-01 REG-QK-02 "
     "REG-LNK-03",
     answers_as_windows_did, NULL, NULL},
    {"replay.procmon.needs_the_registry_of_that_pc", "", needs_the_registry_of_that_pc, NULL, NULL},
    {"replay.procmon.is_heard_as_often_as_recorded",
     "CM-CO-02 CM-CO-04 CM-CO-13 CM-CLS-01 CM-CLS-02", is_heard_as_often_as_recorded, NULL, NULL},
    {"replay.procmon.plays_the_process_recording", "", plays_the_process_recording, NULL, NULL},
    {"replay.sysmon.plays_every_recording", "", plays_every_sysmon_recording, NULL, NULL},
};

NTCB_TEST_MAIN("library", Tests)
