/* SPDX-License-Identifier: MIT
 *
 * player_test.c - the player: events of a case's own making, and what comes of them.
 */
#include "player_stage.h"

#include <ntsim/driver.h>

/* ---- calls ----------------------------------------------------------------------------------- */

static void does_what_the_process_did(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_VALUE_SET, KEY, "v");

    EXPECT_STATUS(play_plain(stage, NTSIM_EVENT_KEY_OPEN, KEY, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(stage->outcome.played);
    EXPECT_FALSE(stage->outcome.compared);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    event.type = REG_SZ;
    event.data = (const uint8_t *)"x\0\0";
    event.data_bytes = 4;
    EXPECT_SUCCESS(play(stage, &event));
    event = event_of(NTSIM_EVENT_VALUE_QUERY, SOFTWARE "\\KEY", "V");
    event.expect = (struct ntsim_expect){.has = NTSIM_HAS_STATUS | NTSIM_HAS_TYPE |
                                                NTSIM_HAS_LENGTH | NTSIM_HAS_DATA,
                                         .type = REG_SZ,
                                         .length = 4,
                                         .data = (const uint8_t *)"x\0\0",
                                         .data_bytes = 4};
    EXPECT_SUCCESS(play(stage, &event));
    EXPECT_TRUE(stage->outcome.compared);
    EXPECT_TRUE(stage->outcome.agreed);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_FLUSH, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_QUERY, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_ENUMERATE, KEY, NULL));
    EXPECT_STATUS(play_plain(stage, NTSIM_EVENT_KEY_ENUMERATE, KEY, NULL), STATUS_NO_MORE_ENTRIES);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_QUERY_MULTIPLE, KEY, "v"));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_SET_INFORMATION, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_QUERY_SECURITY, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_DELETE, KEY, "v"));
    EXPECT_STATUS(play_plain(stage, NTSIM_EVENT_VALUE_DELETE, KEY, "v"),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_DELETE, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CLOSE, KEY, NULL));
    EXPECT_FALSE(ntsim_registry_exists(stage->sim, KEY));
    EXPECT_EQ(stage->player->earlier_handles, 0);
}

static void keeps_handles_across_a_rename(void **state)
{
    struct stage *stage = *state;

    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY "\\Sub", NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_RENAME, KEY, "New"));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_SET, SOFTWARE "\\New\\Sub", "v"));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CLOSE, SOFTWARE "\\New", NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CLOSE, SOFTWARE "\\New\\Sub", NULL));
    EXPECT_EQ(stage->player->earlier_handles, 0);
}

static void tells_a_new_key_from_the_deleted_one(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_VALUE_SET, KEY, "v");

    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_DELETE, KEY, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    EXPECT_SUCCESS(play(stage, &event));
    event.expect.has = NTSIM_HAS_STATUS;
    event.expect.status = STATUS_KEY_DELETED;
    EXPECT_STATUS(play(stage, &event), STATUS_KEY_DELETED);
    EXPECT_TRUE(stage->outcome.agreed);
}

/* A key that the process never opened: it was open before the recording began. */
static void takes_an_unopened_key_for_opened_earlier(void **state)
{
    struct stage *stage = *state;

    EXPECT_EQ(ntsim_registry_key(stage->sim, KEY, false), 0);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_SET, KEY, "v"));
    EXPECT_EQ(stage->player->earlier_handles, 1);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_SET, KEY, "w"));
    EXPECT_EQ(stage->player->earlier_handles, 1);
    EXPECT_STATUS(play_plain(stage, NTSIM_EVENT_VALUE_SET, KEY "\\None", "v"),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static void reaches_application_hives_by_their_root(void **state)
{
    static const char Hive[] = "\\REGISTRY\\A\\{11111111-2222-3333-4444-555555555555}";
    struct stage *stage = *state;
    char key[128];

    snprintf(key, sizeof(key), "%s\\Sub", Hive);
    EXPECT_EQ(ntsim_registry_key(stage->sim, Hive, false), 0);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, key, NULL));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_SET, key, "v"));
    EXPECT_TRUE(ntsim_registry_exists(stage->sim, key));
}

static void checks_that_a_link_was_passed(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event =
        event_of(NTSIM_EVENT_KEY_OPEN, "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet", NULL);

    event.expect.has = NTSIM_HAS_STATUS | NTSIM_HAS_REPARSE;
    EXPECT_SUCCESS(play(stage, &event));
    EXPECT_TRUE(stage->outcome.agreed);
    event.key = "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001";
    EXPECT_SUCCESS(play(stage, &event));
    EXPECT_FALSE(stage->outcome.agreed);
    EXPECT_STR(stage->outcome.difference_class, "key.open link");
}

/* ---- comparison ------------------------------------------------------------------------------ */

static void names_the_difference(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_KEY_OPEN, KEY, NULL);

    event.expect.has = NTSIM_HAS_STATUS;
    play(stage, &event);
    EXPECT_TRUE(stage->outcome.compared);
    EXPECT_FALSE(stage->outcome.agreed);
    EXPECT_STR(stage->outcome.difference, "status: expected 0x00000000, got 0xC0000034");
    EXPECT_STR(stage->outcome.difference_class,
               "key.open STATUS_SUCCESS -> STATUS_OBJECT_NAME_NOT_FOUND");
    EXPECT_EQ(ntsim_registry_value(stage->sim, KEY, "v", REG_BINARY, "\1\2\3", 3), 0);
    event = event_of(NTSIM_EVENT_VALUE_QUERY, KEY, "v");
    event.expect = (struct ntsim_expect){
        .has = NTSIM_HAS_STATUS | NTSIM_HAS_DATA, .data = (const uint8_t *)"\1\7", .data_bytes = 2};
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "data: byte 1: expected 0x07, got 0x02");
    event.expect.has = NTSIM_HAS_LENGTH;
    event.expect.length = 4;
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "length: expected 4, got 3");
    event.expect.has = NTSIM_HAS_TYPE;
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "type: expected 0, got 3");
    event = event_of(NTSIM_EVENT_KEY_CREATE, KEY, NULL);
    event.expect.has = NTSIM_HAS_DISPOSITION;
    event.expect.disposition = REG_CREATED_NEW_KEY;
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "disposition: expected 1, got 2");
    event = event_of(NTSIM_EVENT_VALUE_ENUMERATE, KEY, NULL);
    event.expect.has = NTSIM_HAS_NAME;
    event.expect.name = "V";
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "name: expected \"V\", got \"v\"");
}

/* A driver that refuses to set values. */
static NTSTATUS refuse(PVOID context, PVOID notify_class, PVOID information)
{
    (void)context;
    (void)information;
    return (REG_NOTIFY_CLASS)(ULONG_PTR)notify_class == RegNtPreSetValueKey ? STATUS_ACCESS_DENIED
                                                                            : STATUS_SUCCESS;
}

static LARGE_INTEGER Cookie;

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    CmUnRegisterCallback(Cookie);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"370030");

    (void)path;
    driver->DriverUnload = unload;
    return CmRegisterCallbackEx(refuse, &altitude, driver, NULL, &Cookie, NULL);
}

static void sets_a_drivers_doing_apart(void **state)
{
    struct stage *stage = *state;
    struct ntsim_thread *previous = ntsim_enter(stage->sim);
    struct ntsim_driver *driver = ntsim_driver_start(stage->sim, "refuser", enter);
    struct ntsim_event event = event_of(NTSIM_EVENT_VALUE_SET, KEY, "v");

    ntsim_leave(previous);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    EXPECT_FALSE(stage->outcome.driver_changed);
    event.expect.has = NTSIM_HAS_STATUS; /* recorded: Windows had no such driver */
    EXPECT_STATUS(play(stage, &event), STATUS_ACCESS_DENIED);
    EXPECT_TRUE(stage->outcome.driver_changed);
    EXPECT_FALSE(stage->outcome.compared);
    event.expect = (struct ntsim_expect){.has = NTSIM_HAS_STATUS | NTSIM_HAS_BLOCKED,
                                         .written = true,
                                         .blocked = true,
                                         .status = STATUS_ACCESS_DENIED};
    play(stage, &event);
    EXPECT_TRUE(stage->outcome.compared);
    EXPECT_TRUE(stage->outcome.agreed);
    event.expect.blocked = false;
    play(stage, &event);
    EXPECT_STR(stage->outcome.difference, "blocked: expected no, got yes");
    previous = ntsim_enter(stage->sim);
    EXPECT_EQ(ntsim_driver_stop(driver), 0);
    ntsim_leave(previous);
}

/* ---- processes ------------------------------------------------------------------------------- */

static void gives_processes_their_recorded_ids(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_PROCESS_CREATE, NULL, NULL);
    uint64_t exits;

    event.path = "C:\\child.exe";
    event.target_key = "q";
    event.target_pid = 2000;
    play(stage, &event);
    EXPECT_TRUE(stage->outcome.played);
    EXPECT_TRUE(ntsim_process_find(stage->sim, 1000) != NULL); /* it was running before */
    EXPECT_TRUE(ntsim_process_find(stage->sim, 2000) != NULL);
    event = event_of(NTSIM_EVENT_THREAD_CREATE, NULL, NULL);
    event.target_key = "q";
    event.target_tid = 2004;
    play(stage, &event);
    EXPECT_TRUE(ntsim_thread_find(stage->sim, 2004) != NULL);
    event = event_of(NTSIM_EVENT_THREAD_EXIT, NULL, NULL);
    event.target_tid = 2004;
    play(stage, &event);
    EXPECT_TRUE(ntsim_thread_find(stage->sim, 2004) == NULL);
    event = event_of(NTSIM_EVENT_PROCESS_EXIT, NULL, NULL);
    event.process_key = "q";
    event.pid = 2000;
    play(stage, &event);
    EXPECT_TRUE(ntsim_process_find(stage->sim, 2000) == NULL);
    ntsim_player_finish(stage->player, &exits);
    EXPECT_EQ(exits, 1);
    EXPECT_TRUE(ntsim_process_find(stage->sim, 1000) == NULL);
}

static void renumbers_what_is_taken(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_KEY_OPEN, SOFTWARE, NULL);

    EXPECT_SUCCESS(play(stage, &event));
    event.process_key = "other host";
    EXPECT_SUCCESS(play(stage, &event)); /* same pid, same tid */
    EXPECT_TRUE(stage->player->renumbered >= 1);
    event.process_key = "odd";
    event.pid = 1001;
    event.tid = 1003;
    EXPECT_SUCCESS(play(stage, &event));
    ntsim_player_finish(stage->player, NULL);
}

static void closes_at_exit_what_was_left_open(void **state)
{
    struct stage *stage = *state;

    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_OPEN, SOFTWARE, NULL));
    play_plain(stage, NTSIM_EVENT_PROCESS_EXIT, NULL, NULL);
    EXPECT_TRUE(stage->outcome.played);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_OPEN, SOFTWARE, NULL)); /* a new one */
}

static void loads_images(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_IMAGE_LOAD, NULL, NULL);

    event.path = "C:\\Windows\\System32\\ntdll.dll";
    event.image_base = 0x7ff800000000;
    event.image_size = 0x1e0000;
    play(stage, &event);
    EXPECT_TRUE(stage->outcome.played);
    event = (struct ntsim_event){
        .kind = NTSIM_EVENT_IMAGE_LOAD, .path = "C:\\Windows\\x.sys", .kernel_image = true};
    play(stage, &event);
    EXPECT_TRUE(stage->outcome.played);
}

#define CASE(function, rules)                                        \
    {                                                                \
        "feed.player." #function, rules, function, set_up, tear_down \
    }

static const struct ntcb_test Tests[] = {
    CASE(does_what_the_process_did, ""),
    CASE(keeps_handles_across_a_rename, "REG-REN-04"),
    CASE(tells_a_new_key_from_the_deleted_one, "REG-DEL-05"),
    CASE(takes_an_unopened_key_for_opened_earlier, ""),
    CASE(reaches_application_hives_by_their_root, "REG-LOD-04"),
    CASE(checks_that_a_link_was_passed, "REG-LNK-08"),
    CASE(names_the_difference, ""),
    CASE(sets_a_drivers_doing_apart, ""),
    CASE(gives_processes_their_recorded_ids, ""),
    CASE(renumbers_what_is_taken, ""),
    CASE(closes_at_exit_what_was_left_open, ""),
    CASE(loads_images, ""),
};

NTCB_TEST_MAIN("library", Tests)
