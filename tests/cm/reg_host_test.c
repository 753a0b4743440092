/* SPDX-License-Identifier: MIT
 *
 * reg_host_test.c - <ntsim/registry.h>: the tree set up from outside, without a notification.
 */
#include "../conformance/regwatch.h"

#define MACHINE "\\REGISTRY\\MACHINE"

static void keys_and_values_are_made_in_silence(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    struct ntsim *Sim = Conform.Sim;
    size_t Before = ntsim_registry_key_count(Sim);
    ULONG Data = 7;
    WatchBegin(&Watch);
    EXPECT_EQ(ntsim_registry_key(Sim, MACHINE "\\SOFTWARE\\A\\B", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key(Sim, "\\registry\\machine\\software\\a\\b", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key_count(Sim), Before + 2);
    EXPECT_EQ(ntsim_registry_value(Sim, MACHINE "\\SOFTWARE\\A\\C", "v\\1", REG_DWORD, &Data, 4),
              NTCB_OK);
    EXPECT_EQ(ntsim_registry_value(Sim, MACHINE "\\SOFTWARE\\A\\C", "", REG_SZ, NULL, 0), NTCB_OK);
    EXPECT_TRUE(ntsim_registry_exists(Sim, MACHINE "\\SOFTWARE\\A\\C"));
    EXPECT_EQ(Watch.Count, 0);
    WatchEnd(&Watch);
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\Machine\\Software\\a\\c"), KEY_READ));
    EXPECT_EQ(FullInformation(Key).Values, 2);
    EXPECT_EQ(ntsim_registry_remove_value(Sim, MACHINE "\\SOFTWARE\\A\\C", "V\\1"), NTCB_OK);
    EXPECT_EQ(ntsim_registry_remove_value(Sim, MACHINE "\\SOFTWARE\\A\\C", "V\\1"), NTCB_ENOENT);
    EXPECT_EQ(FullInformation(Key).Values, 1);
    EXPECT_EQ(ntsim_registry_remove(Sim, MACHINE "\\SOFTWARE\\A"), NTCB_OK);
    EXPECT_STATUS(SetDword(Key, STR(u"v"), 1), STATUS_KEY_DELETED);
    EXPECT_FALSE(ntsim_registry_exists(Sim, MACHINE "\\SOFTWARE\\A"));
    EXPECT_EQ(ntsim_registry_key_count(Sim), Before);
    Close(Key);
}

static void bad_arguments_are_refused(void **State)
{
    (void)State;
    struct ntsim *Sim = Conform.Sim;
    EXPECT_EQ(ntsim_registry_key(NULL, MACHINE, false), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_key(Sim, NULL, false), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_key(Sim, "SOFTWARE", false), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_key(Sim, "\\Device\\X", false), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_value(Sim, MACHINE, "v", REG_SZ, NULL, 1), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_deny(Sim, MACHINE "\\none", 1), NTCB_ENOENT);
    EXPECT_EQ(ntsim_registry_remove(Sim, MACHINE "\\none"), NTCB_ENOENT);
    EXPECT_EQ(ntsim_registry_remove(Sim, "\\REGISTRY"), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_link(Sim, MACHINE "\\L", "relative"), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_link(Sim, MACHINE "\\SYSTEM", MACHINE), NTCB_EINVAL);
}

static void links_are_made_and_not_passed(void **State)
{
    (void)State;
    struct ntsim *Sim = Conform.Sim;
    EXPECT_EQ(ntsim_registry_link(Sim, MACHINE "\\SOFTWARE\\L", MACHINE "\\SYSTEM"), NTCB_OK);
    EXPECT_SUCCESS(Probe(NULL, STR(u"\\Registry\\Machine\\Software\\L\\ControlSet001")));
    EXPECT_TRUE(ntsim_registry_exists(Sim, MACHINE "\\SOFTWARE\\L"));
    EXPECT_EQ(ntsim_registry_key(Sim, MACHINE "\\SOFTWARE\\L\\X", false), NTCB_EINVAL);
    EXPECT_FALSE(ntsim_registry_exists(Sim, MACHINE "\\SOFTWARE\\L\\X"));
}

static void place_decides_what_a_key_is(void **State)
{
    (void)State;
    struct ntsim *Sim = Conform.Sim;
    HANDLE Key;
    EXPECT_EQ(ntsim_registry_key(Sim, "\\REGISTRY\\USER\\S-1-5-21-1\\Software", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key(Sim, MACHINE "\\HARDWARE\\X", false), NTCB_OK);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\User\\S-1-5-21-1"), KEY_ALL_ACCESS));
    EXPECT_STATUS(NtDeleteKey(Key), STATUS_CANNOT_DELETE);
    Close(MakeKey(Key, STR(u"stable")));
    Close(Key);
    EXPECT_STATUS(Create(&Key, NULL, STR(u"\\Registry\\Machine\\Hardware\\X\\Y"), KEY_READ),
                  STATUS_CHILD_MUST_BE_VOLATILE);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.host.keys_and_values_in_silence", "", keys_and_values_are_made_in_silence),
    CONFORM_CASE("cm.host.bad_arguments_are_refused", "", bad_arguments_are_refused),
    CONFORM_CASE("cm.host.links_are_made_and_not_passed", "", links_are_made_and_not_passed),
    CONFORM_CASE("cm.host.place_decides_what_a_key_is", "", place_decides_what_a_key_is),
};
NTCB_TEST_MAIN("library", Tests)
