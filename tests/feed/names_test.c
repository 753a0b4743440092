/* SPDX-License-Identifier: MIT
 *
 * names_test.c - registry names as tools write them, to names as the kernel has them.
 *
 * Our own lines keep what the caller passed; Sysmon's resolve CurrentControlSet and split values.
 */
#include "feed_input.h"

static void key_of(const char *account, const char *name, char *out, size_t size)
{
    struct feed_input input;
    struct ntsim_event event;
    char line[512];

    snprintf(line, sizeof(line), "{'event':'key.open','pid':8,'account':'%s','key':'%s'}", account,
             name);
    feed_input_text(&input, line, NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    snprintf(out, size, "%s", event.key);
    feed_input_close(&input);
}

static void roots_expand(void **state)
{
    static const struct {
        const char *name; /* as in JSON */
        const char *kernel;
    } cases[] = {
        {"HKLM\\\\SOFTWARE\\\\A", "\\REGISTRY\\MACHINE\\SOFTWARE\\A"},
        {"hklm\\\\A", "\\REGISTRY\\MACHINE\\A"},
        {"HKEY_LOCAL_MACHINE\\\\A\\\\", "\\REGISTRY\\MACHINE\\A"},
        {"HKLM", "\\REGISTRY\\MACHINE"},
        {"HKLM\\\\System\\\\CurrentControlSet\\\\Services",
         "\\REGISTRY\\MACHINE\\System\\CurrentControlSet\\Services"},
        {"HKU\\\\.DEFAULT\\\\A", "\\REGISTRY\\USER\\.DEFAULT\\A"},
        {"HKU\\\\S-1-5-18_Classes", "\\REGISTRY\\USER\\S-1-5-18_Classes"},
        {"HKCR\\\\.txt", "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\.txt"},
        {"HKCR", "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes"},
        {"HKCC\\\\A",
         "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current\\A"},
        {"HKCU\\\\A", "\\REGISTRY\\USER\\S-1-5-18\\A"},
        {"HKCU", "\\REGISTRY\\USER\\S-1-5-18"},
        {"HKCU\\\\software\\\\classes\\\\A", "\\REGISTRY\\USER\\S-1-5-18_Classes\\A"},
        {"HKCU\\\\Software\\\\ClassesX", "\\REGISTRY\\USER\\S-1-5-18\\Software\\ClassesX"},
        {"\\\\REGISTRY\\\\A\\\\{1-2}\\\\x", "\\REGISTRY\\A\\{1-2}\\x"},
        {"\\\\Registry\\\\WC\\\\Silo", "\\Registry\\WC\\Silo"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char key[512];

        key_of("NT AUTHORITY\\\\SYSTEM", cases[i].name, key, sizeof(key));
        EXPECT_STR(key, cases[i].kernel);
    }
}

static void other_roots_are_refused(void **state)
{
    static const char *const names[] = {"HKLMX\\\\A", "C:\\\\A", "", "REGISTRY\\\\A",
                                        "\\\\REGISTRYX"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;
        char line[256];

        snprintf(line, sizeof(line), "{'event':'key.open','pid':8,'key':'%s'}", names[i]);
        feed_input_text(&input, line, NULL, false);
        EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
        feed_input_close(&input);
    }
}

static void accounts_have_their_own_sids(void **state)
{
    static const struct {
        const char *account;
        const char *kernel;
    } known[] = {
        {"SYSTEM", "\\REGISTRY\\USER\\S-1-5-18"},
        {"nt authority\\\\local service", "\\REGISTRY\\USER\\S-1-5-19"},
        {"NT AUTHORITY\\\\NETWORK SERVICE", "\\REGISTRY\\USER\\S-1-5-20"},
    };
    char one[512], same[512], other[512];

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        key_of(known[i].account, "HKCU", one, sizeof(one));
        EXPECT_STR(one, known[i].kernel);
    }
    key_of("PC\\\\Anna", "HKCU", one, sizeof(one));
    key_of("pc\\\\anna", "HKCU", same, sizeof(same));
    key_of("PC\\\\Berta", "HKCU", other, sizeof(other));
    EXPECT_STR(same, one);
    EXPECT_TRUE(strcmp(one, other) != 0);
    EXPECT_TRUE(strncmp(one, "\\REGISTRY\\USER\\S-1-5-21-", 24) == 0);
}

static void sysmon_values_are_split(void **state)
{
    static const struct {
        const char *object; /* as in JSON */
        const char *key;
        const char *value;
    } cases[] = {
        {"HKLM\\\\A\\\\B", "\\REGISTRY\\MACHINE\\A", "B"},
        {"HKLM\\\\A\\\\(Default)", "\\REGISTRY\\MACHINE\\A", ""},
        {"HKLM\\\\A\\\\\\\\Device\\\\Disk\\\\x.exe", "\\REGISTRY\\MACHINE\\A",
         "\\Device\\Disk\\x.exe"},
        {"HKLM\\\\A\\\\C:\\\\Program Files\\\\x.exe", "\\REGISTRY\\MACHINE\\A",
         "C:\\Program Files\\x.exe"},
        {"HKLM\\\\A\\\\C:\\\\Folder\\\\", "\\REGISTRY\\MACHINE\\A", "C:\\Folder\\"},
        {"HKLM\\\\A\\\\", "\\REGISTRY\\MACHINE\\A", ""},
        {"HKLM\\\\A\\\\W32:0\\\\v", "\\REGISTRY\\MACHINE\\A\\W32:0", "v"},
        {"HKLM\\\\System\\\\CurrentControlSet\\\\S\\\\v",
         "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\S", "v"},
        {"HKLM\\\\System\\\\CurrentControlSetX\\\\v",
         "\\REGISTRY\\MACHINE\\System\\CurrentControlSetX", "v"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;
        char line[1024];

        snprintf(line, sizeof(line),
                 "{'EventID':13,'Channel':'Microsoft-Windows-Sysmon/Operational','Hostname':'H',"
                 "'ProcessId':'4','Image':'System','EventType':'SetValue','TargetObject':'%s',"
                 "'Details':'DWORD (0x00000001)'}",
                 cases[i].object);
        feed_input_text(&input, line, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
        EXPECT_STR(event.key, cases[i].key);
        EXPECT_STR(event.value, cases[i].value);
        feed_input_close(&input);
    }
}

static const struct ntcb_test tests[] = {
    {"feed.names.roots_expand", "", roots_expand, NULL, NULL},
    {"feed.names.other_roots_are_refused", "", other_roots_are_refused, NULL, NULL},
    {"feed.names.accounts_have_their_own_sids", "", accounts_have_their_own_sids, NULL, NULL},
    {"feed.names.sysmon_values_are_split", "", sysmon_values_are_split, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
