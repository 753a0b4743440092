/* SPDX-License-Identifier: MIT
 *
 * replay_hive_test.c - a real recording over a real SYSTEM hive: CurrentControlSet is a link into
 * the hive's own control set, and a callback hears both parses of what goes through it.
 */
#include "test.h"

#include <ntsim/driver.h>
#include <ntsim/feed.h>
#include <ntsim/play.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>

#include <jansson.h>
#include <string.h>

#define RECORDING "procmon/procmon-parser_Win10x64_all.csv.xz"
#define HIVE "hive/regipy_SYSTEM_2.xz"

struct listener {
    uint64_t reparsed;   /* first pairs that ended at a link */
    uint64_t followed;   /* ... and were followed by a pair with an absolute name */
    uint64_t to_control; /* ... in the control set of the hive */
    bool pending;
    LARGE_INTEGER cookie;
};

static struct listener *Listening; /* DriverEntry has no context */

static bool begins_with(const UNICODE_STRING *name, const WCHAR *prefix)
{
    UNICODE_STRING wanted;

    RtlInitUnicodeString(&wanted, prefix);
    return RtlPrefixUnicodeString(&wanted, name, TRUE);
}

static NTSTATUS listen(PVOID context, PVOID notify_class, PVOID information)
{
    struct listener *listener = context;
    REG_NOTIFY_CLASS which = (REG_NOTIFY_CLASS)(ULONG_PTR)notify_class;

    if (which == RegNtPreOpenKeyEx || which == RegNtPreCreateKeyEx) {
        const UNICODE_STRING *name = ((REG_OPEN_KEY_INFORMATION *)information)->CompleteName;

        listener->followed += listener->pending && begins_with(name, u"\\REGISTRY\\");
        listener->to_control +=
            listener->pending && begins_with(name, u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001");
        listener->pending = false;
    } else if (which == RegNtPostOpenKeyEx || which == RegNtPostCreateKeyEx) {
        listener->pending =
            ((REG_POST_OPERATION_INFORMATION *)information)->Status == STATUS_REPARSE;
        listener->reparsed += listener->pending;
    }
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    CmUnRegisterCallback(Listening->cookie);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"370020");

    (void)path;
    driver->DriverUnload = unload;
    return CmRegisterCallbackEx(listen, &altitude, driver, Listening, &Listening->cookie, NULL);
}

static json_int_t recorded_reparses(void)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    json_int_t count = 0;

    EXPECT_EQ(json_unpack(stats, "{s{s{sI}}}", RECORDING, "registry_results", "REPARSE", &count),
              0);
    json_decref(stats);
    return count;
}

static void links_resolve_into_the_hive(void **state)
{
    json_int_t reparses = recorded_reparses();
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    uint64_t records = 0, compared = 0, agreed = 0;
    struct listener listener = {0};
    struct ntsim_feed_error error;
    struct ntsim_thread *previous;
    struct ntsim_outcome outcome;
    struct ntsim_player *player;
    struct ntsim_driver *driver;
    struct ntsim_event event;
    struct ntsim_feed *feed;
    struct ntsim *sim;

    (void)state;
    Listening = &listener;
    EXPECT_EQ(ntsim_feed_open(&feed, ntcb_test_data(RECORDING), NULL, false, &error), 0);
    EXPECT_EQ(ntsim_create(&sim, &config), 0);
    EXPECT_EQ(ntsim_registry_load_hive(sim, "\\REGISTRY\\MACHINE\\SYSTEM", ntcb_test_data(HIVE)),
              0);
    EXPECT_EQ(ntsim_player_create(&player, sim), 0);
    previous = ntsim_enter(sim);
    driver = ntsim_driver_start(sim, "listener", enter);
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_player_prime(player, feed, &error), 0);
    while (ntsim_feed_next(feed, &event, &error) == 1) {
        uint64_t rows = event.expect.has & NTSIM_HAS_REPARSE ? 2 : 1;

        EXPECT_EQ(ntsim_player_play(player, &event, &outcome), 0);
        records += event.kind >= NTSIM_EVENT_KEY_CREATE ? rows : 0;
        compared += outcome.compared ? rows : 0;
        agreed += outcome.compared && outcome.status == event.expect.status ? rows : 0;
    }
    print_message("%llu records, %llu compared, %llu statuses agree; %llu opens met a link, %llu "
                  "went on, %llu of them to ControlSet001\n",
                  (unsigned long long)records, (unsigned long long)compared,
                  (unsigned long long)agreed, (unsigned long long)listener.reparsed,
                  (unsigned long long)listener.followed, (unsigned long long)listener.to_control);
    EXPECT_EQ(listener.reparsed, reparses);
    EXPECT_EQ(listener.followed, reparses);
    EXPECT_TRUE(listener.to_control > 0);
    EXPECT_TRUE(agreed * 1000 >= records * 995);
    ntsim_player_finish(player, NULL);
    previous = ntsim_enter(sim);
    EXPECT_EQ(ntsim_driver_stop(driver), 0);
    ntsim_leave(previous);
    ntsim_player_destroy(player);
    ntsim_feed_close(feed);
    EXPECT_EQ(ntsim_destroy(sim), 0);
}

static const struct ntcb_test tests[] = {
    {"replay.hive.links_resolve_into_the_hive", "CM-CO-13", links_resolve_into_the_hive, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
