/* SPDX-License-Identifier: MIT
 *
 * procmon_test.c - Process Monitor's CSV: rows, processes, paths, links.
 */
#include "procmon_rows.h"

/* ---- the container --------------------------------------------------------------------------- */

static void reads_the_default_columns(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, SEVEN,
              "'1:18:10.7752429 AM','Explorer.EXE','3596','RegOpenKey','HKLM\\Software\\X',"
              "'NAME NOT FOUND','Desired Access: Read'\r\n");
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(ntsim_feed_format(input.feed), "procmon");
    EXPECT_EQ(event.place.line, 2);
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_ACCESS);
    EXPECT_EQ(event.pid, 3596);
    EXPECT_STR(event.process_key, "3596#1");
    EXPECT_STR(event.process_image, "Explorer.EXE");
    EXPECT_STR(event.account, NULL);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\Software\\X");
    EXPECT_EQ(event.access, 0x20019);
    EXPECT_EQ(event.expect.has, NTSIM_HAS_STATUS);
    EXPECT_STATUS(event.expect.status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_FALSE(event.expect.written);
    expect_end(&input);
}

/* A mark, columns in another order, a quote and a line end in a field, rows parted by LF. */
static void reads_rows_of_any_shape(void **state)
{
    static const char Text[] =
        "\xEF\xBB\xBF\"Detail\",\"Extra\",\"Path\",\"Result\",\"PID\",\"Operation\"\r\n"
        "\"New Name: a\"\"b\",\"x\r\ny\rz\",\"HKLM\\K\",\"SUCCESS\",\"8\",\"RegRenameKey\"\n"
        "\"\",\"\",\"HKLM\\K\\\",\"SUCCESS\",\"8\",\"RegCloseKey\"";
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_open(&input, Text, sizeof(Text) - 1, NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_RENAME);
    EXPECT_STR(event.value, "a\"b");
    EXPECT_EQ(event.place.line, 2);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\K");
    EXPECT_EQ(event.place.line, 4);
    expect_end(&input);
}

static void gives_the_same_events_again(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegOpenKey", "HKLM\\A", "REPARSE", "Desired Access: Read")
                  ROW("12", "RegOpenKey", "HKLM\\B", "SUCCESS", "Desired Access: Read")
                      ROW("12", "CreateFile", "C:\\x", "SUCCESS", "")
                          ROW("8", "Process Exit", "", "SUCCESS", "Exit Status: -1073740756, a: b")
                              ROW("8", "RegCloseKey", "HKLM\\B", "SUCCESS", ""));
    for (int pass = 0; pass < 2; pass++) {
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
        EXPECT_STR(event.process_key, "8#1");
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_EXIT);
        EXPECT_EQ(event.exit_status, (int32_t)0xC000042C);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
        EXPECT_STR(event.process_key, "8#2"); /* the pid is used again */
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.records, 5);
        EXPECT_EQ(counts.events, 3);
        EXPECT_EQ(counts.ignored, 1);
        EXPECT_EQ(counts.bytes_read, counts.bytes_total);
        ntsim_feed_rewind(input.feed);
    }
    feed_input_close(&input);
}

/* ---- processes, threads, images -------------------------------------------------------------- */

static const char Creation[] =
    ROW("12", "Process Create", "C:\\n.exe", "SUCCESS", "PID: 16, Command line: n.exe a, b")
        ROW_OF("16", "12", "Process Start", "", "SUCCESS", "Parent PID: 8, Command line: n")
            ROW_OF("16", "20", "Thread Create", "", "SUCCESS", "Thread ID: 24")
                ROW_OF("16", "24", "Thread Exit", "", "SUCCESS", "Thread ID: 24, User Time: 0.0")
                    ROW_OF("16", "20", "Load Image", "C:\\n.dll", "SUCCESS",
                           "Image Base: 0x7ff795e70000, Image Size: 0x41000")
                        ROW_OF("32", "40", "Process Start", "", "SUCCESS",
                               "Parent PID: 8, Command line: q, r, Current directory: C:\\, "
                               "Environment: A=B");

static void reads_a_creation_once(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE, Creation);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
    EXPECT_STR(event.process_key, "8#1");
    EXPECT_STR(event.target_key, "16#1");
    EXPECT_EQ(event.target_pid, 16);
    EXPECT_STR(event.parent_key, "8#1");
    EXPECT_STR(event.path, "C:\\n.exe");
    EXPECT_STR(event.command_line, "n.exe a, b");
    feed_input_expect(&input, &event, NTSIM_EVENT_THREAD_CREATE);
    EXPECT_STR(event.target_key, "16#1");
    EXPECT_EQ(event.tid, 20);
    EXPECT_EQ(event.target_tid, 24);
    feed_input_expect(&input, &event, NTSIM_EVENT_THREAD_EXIT);
    EXPECT_EQ(event.target_tid, 24);
    feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
    EXPECT_STR(event.path, "C:\\n.dll");
    EXPECT_TRUE(event.image_base == 0x7ff795e70000);
    EXPECT_EQ(event.image_size, 0x41000);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
    EXPECT_STR(event.process_key, "8#1");
    EXPECT_STR(event.target_key, "32#1");
    EXPECT_STR(event.command_line, "q, r");
    expect_end(&input);
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void expands_roots(void **state)
{
    static const struct {
        const char *path, *result, *key;
    } Cases[] = {
        {"HKLM\\System\\CurrentControlSet\\X", "SUCCESS",
         "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\X"},
        {"HKLM", "SUCCESS", "\\REGISTRY\\MACHINE"},
        {"HKU\\.DEFAULT\\X\\", "SUCCESS", "\\REGISTRY\\USER\\.DEFAULT\\X"},
        {"HKCR\\.txt", "SUCCESS", "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\.txt"},
        {"HKCU\\X", "SUCCESS", "\\REGISTRY\\USER\\<sid>\\X"},
        {"HKCU\\Software\\Classes\\X", "SUCCESS", "\\REGISTRY\\USER\\<sid>_Classes\\X"},
        {"\\REGISTRY\\A\\{1}\\X", "SUCCESS", "\\REGISTRY\\A\\{1}\\X"},
    };
    char rows[512], expected[256], sid[128] = "";
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE, ROW("12", "RegCloseKey", "HKCU", "SUCCESS", ""));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    snprintf(sid, sizeof(sid), "%s", event.key + strlen("\\REGISTRY\\USER\\"));
    expect_end(&input);
    for (size_t i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        const char *mark = strstr(Cases[i].key, "<sid>");

        snprintf(rows, sizeof(rows), "'8','12','RegCloseKey','%s','%s','','PC\\me'\r\n",
                 Cases[i].path, Cases[i].result);
        open_rows(&input, NINE, rows);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
        snprintf(expected, sizeof(expected), "%.*s%s%s",
                 mark ? (int)(mark - Cases[i].key) : (int)strlen(Cases[i].key), Cases[i].key,
                 mark ? sid : "", mark ? mark + 5 : "");
        EXPECT_STR(event.key, expected);
        expect_end(&input);
    }
}

/* HKCU is the hive of the user who recorded, whoever the process runs as. */
static void takes_hkcu_for_the_recording_user(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    char key[128];

    (void)state;
    open_rows(&input, NINE,
              "'8','12','RegCloseKey','HKCU\\X','SUCCESS','','NT AUTHORITY\\SYSTEM'\r\n" ROW(
                  "12", "RegCloseKey", "HKCU\\X", "SUCCESS", ""));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_STR(event.account, "NT AUTHORITY\\SYSTEM");
    snprintf(key, sizeof(key), "%s", event.key);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_STR(event.key, key);
    EXPECT_TRUE(strncmp(key, "\\REGISTRY\\USER\\S-1-5-21-", 24) == 0);
    expect_end(&input);
}

static void parts_key_and_value(void **state)
{
    static const struct {
        const char *path, *key, *value;
    } Cases[] = {
        {"HKLM\\K\\v", "\\REGISTRY\\MACHINE\\K", "v"},
        {"HKLM\\K\\(Default)", "\\REGISTRY\\MACHINE\\K", ""},
        {"HKLM\\K\\\\Device\\x.exe", "\\REGISTRY\\MACHINE\\K", "\\Device\\x.exe"},
        {"HKLM\\K\\@C:\\Windows\\x.dll,-1", "\\REGISTRY\\MACHINE\\K", "@C:\\Windows\\x.dll,-1"},
        {"HKLM\\Odd:\\Known\\v", "\\REGISTRY\\MACHINE\\Odd:\\Known", "v"},
        {"HKLM\\K\\L\\v", "\\REGISTRY\\MACHINE\\K\\L", "v"},
    };
    struct feed_input input;
    struct ntsim_event event;
    char rows[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        snprintf(rows, sizeof(rows), "%s'8','12','RegDeleteValue','%s','SUCCESS','','PC\\me'\r\n",
                 ROW("12", "RegQueryKey", "HKLM\\odd:\\known", "SUCCESS", "Query: Name")
                     ROW("12", "RegQueryKey", "HKLM\\K", "SUCCESS", "Query: Name"),
                 Cases[i].path);
        open_rows(&input, NINE, rows);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_QUERY);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_QUERY);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_DELETE);
        EXPECT_STR(event.key, Cases[i].key);
        EXPECT_STR(event.value, Cases[i].value);
        expect_end(&input);
    }
}

/* ---- links ----------------------------------------------------------------------------------- */

/* Two records of one call become one event, whatever other threads do in between. */
static void folds_a_link(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegOpenKey", "HKLM\\SYSTEM\\CurrentControlSet\\X\\", "REPARSE",
                  "Desired Access: Read") ROW("16", "RegCloseKey", "HKLM\\K", "SUCCESS",
                                              "") ROW("12", "CreateFile", "C:\\x", "SUCCESS", "")
                  ROW("12", "RegOpenKey", "HKLM\\System\\CurrentControlSet\\X", "SUCCESS",
                      "Desired Access: Read") ROW("12", "RegOpenKey", "HKCU\\Software\\Classes\\Y",
                                                  "REPARSE", "Desired Access: Notify")
                      ROW("12", "RegOpenKey", "HKCU\\Software\\Classes\\Y", "NAME NOT FOUND",
                          "Desired Access: Notify"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_EQ(event.place.line, 5);
    EXPECT_EQ(event.expect.has, NTSIM_HAS_STATUS | NTSIM_HAS_REPARSE | NTSIM_HAS_NAME);
    EXPECT_STATUS(event.expect.status, STATUS_SUCCESS);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\X");
    EXPECT_STR(event.expect.name, "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\X");
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STATUS(event.expect.status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(strstr(event.key, "\\Software\\Classes\\Y") != NULL);
    EXPECT_TRUE(strstr(event.expect.name, "_Classes\\Y") != NULL);
    expect_end(&input);
}

static void takes_two_hops_for_one_call(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegOpenKey", "HKLM\\A", "REPARSE", "Desired Access: Read")
                  ROW("12", "RegOpenKey", "HKLM\\B", "REPARSE", "Desired Access: Read")
                      ROW("12", "RegOpenKey", "HKLM\\C", "SUCCESS", "Desired Access: Read"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A");
    EXPECT_STR(event.expect.name, "\\REGISTRY\\MACHINE\\C");
    expect_end(&input);
}

static void keeps_a_link_whose_end_is_not_recorded(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegOpenKey", "HKLM\\A", "REPARSE", "Desired Access: Read")
                  ROW("12", "RegOpenKey", "HKLM\\B", "SUCCESS", "Desired Access: Write")
                      ROW("12", "RegOpenKey", "HKLM\\C", "REPARSE", "Desired Access: Read")
                          ROW("12", "RegOpenKey", "HKLM\\D", "REPARSE", "Desired Access: Write"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A");
    EXPECT_EQ(event.expect.has, NTSIM_HAS_REPARSE);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\B");
    EXPECT_EQ(event.expect.has, NTSIM_HAS_STATUS);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\C");
    EXPECT_EQ(event.expect.has, NTSIM_HAS_REPARSE);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\D");
    expect_end(&input);
}

static const struct ntcb_test Tests[] = {
    {"feed.procmon.reads_the_default_columns", "", reads_the_default_columns, NULL, NULL},
    {"feed.procmon.reads_rows_of_any_shape", "", reads_rows_of_any_shape, NULL, NULL},
    {"feed.procmon.gives_the_same_events_again", "", gives_the_same_events_again, NULL, NULL},
    {"feed.procmon.reads_a_creation_once", "", reads_a_creation_once, NULL, NULL},
    {"feed.procmon.expands_roots", "", expands_roots, NULL, NULL},
    {"feed.procmon.takes_hkcu_for_the_recording_user", "", takes_hkcu_for_the_recording_user, NULL,
     NULL},
    {"feed.procmon.parts_key_and_value", "", parts_key_and_value, NULL, NULL},
    {"feed.procmon.folds_a_link", "", folds_a_link, NULL, NULL},
    {"feed.procmon.takes_two_hops_for_one_call", "", takes_two_hops_for_one_call, NULL, NULL},
    {"feed.procmon.keeps_a_link_whose_end_is_not_recorded", "",
     keeps_a_link_whose_end_is_not_recorded, NULL, NULL},
};

NTCB_TEST_MAIN("library", Tests)
