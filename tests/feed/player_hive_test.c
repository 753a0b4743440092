/* SPDX-License-Identifier: MIT
 *
 * player_hive_test.c - recorded loads of hives and changes of security, of which a recording tells
 * the name alone.
 */
#include "host.h"
#include "player_stage.h"

#include <ntsim/file.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HIVE "\\REGISTRY\\MACHINE\\Extra"

/* The hive's file is on the simulator's volume, or nowhere. */
static void loads_hives_from_the_volume(void **state)
{
    struct stage *stage = *state;
    struct ntsim_event event = event_of(NTSIM_EVENT_KEY_LOAD, HIVE, NULL);
    char directory[256];
    char file[300];

    EXPECT_EQ(ntcb_test_temporary_directory(directory, sizeof(directory)), 0);
    snprintf(file, sizeof(file), "%s/extra.hiv", directory);
    EXPECT_EQ(ntsim_volume(stage->sim, directory), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key(stage->sim, KEY "\\Sub", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_save_hive(stage->sim, KEY, file), NTCB_OK);
    event.path = "C:\\none.hiv";
    event.expect.has = NTSIM_HAS_STATUS;
    EXPECT_STATUS(play(stage, &event), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(stage->outcome.played);
    EXPECT_FALSE(stage->outcome.agreed);
    event.path = "C:\\Extra.hiv";
    EXPECT_SUCCESS(play(stage, &event));
    EXPECT_TRUE(stage->outcome.agreed);
    EXPECT_TRUE(ntsim_registry_exists(stage->sim, HIVE "\\Sub"));
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_UNLOAD, HIVE, NULL));
    EXPECT_FALSE(ntsim_registry_exists(stage->sim, HIVE));
    EXPECT_FALSE(NT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_UNLOAD, HIVE, NULL)));
    unlink(file);
    rmdir(directory);
}

static NTSTATUS NTAPI count_security(PVOID context, PVOID notify_class, PVOID information)
{
    unsigned *seen = context;

    (void)information;
    seen[0] += (REG_NOTIFY_CLASS)(ULONG_PTR)notify_class == RegNtPreSetKeySecurity;
    seen[1] += (REG_NOTIFY_CLASS)(ULONG_PTR)notify_class == RegNtPreQueryKeySecurity;
    return STATUS_SUCCESS;
}

/* Which one was set is not recorded: the key keeps its own, and nobody hears of a query. */
static void sets_the_security_that_a_key_has(void **state)
{
    struct stage *stage = *state;
    struct ntcb_kernel *previous;
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"1000");
    LARGE_INTEGER cookie;
    DRIVER_OBJECT driver = {.Type = 4};
    unsigned seen[2] = {0};

    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_CREATE, KEY, NULL));
    previous = ntcb_kernel_enter(ntsim_kernel(stage->sim));
    EXPECT_SUCCESS(CmRegisterCallbackEx(count_security, &altitude, &driver, seen, &cookie, NULL));
    ntcb_kernel_enter(previous);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_KEY_SET_SECURITY, KEY, NULL));
    EXPECT_TRUE(stage->outcome.played);
    EXPECT_SUCCESS(play_plain(stage, NTSIM_EVENT_VALUE_SET, KEY, "v"));
    EXPECT_EQ(seen[0], 1);
    EXPECT_EQ(seen[1], 0);
    previous = ntcb_kernel_enter(ntsim_kernel(stage->sim));
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    ntcb_kernel_enter(previous);
}

#define CASE(function, rules)                                        \
    {                                                                \
        "feed.player." #function, rules, function, set_up, tear_down \
    }

static const struct ntcb_test Tests[] = {
    CASE(loads_hives_from_the_volume, "REG-LOD-01"),
    CASE(sets_the_security_that_a_key_has, ""),
};
NTCB_TEST_MAIN("library", Tests)
