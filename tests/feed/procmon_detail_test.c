/* SPDX-License-Identifier: MIT
 *
 * procmon_detail_test.c - Process Monitor's Detail column.
 */
#include "procmon_rows.h"

/* ---- Detail ---------------------------------------------------------------------------------- */

static void reads_access_and_disposition(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegCreateKey", "HKLM\\K", "SUCCESS",
                  "Desired Access: Query Value, Set Value, Disposition: REG_CREATED_NEW_KEY")
                  ROW("12", "RegOpenKey", "HKLM\\K", "SUCCESS",
                      "Desired Access: Read, Maximum Allowed, Granted Access: All Access"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
    EXPECT_EQ(event.access, 3);
    EXPECT_EQ(event.expect.disposition, 1);
    EXPECT_EQ(event.expect.has, NTSIM_HAS_STATUS | NTSIM_HAS_DISPOSITION);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_EQ(event.access, 0x02020019);
    EXPECT_EQ(event.expect.access, 0xF003F);
    expect_end(&input);
}

static void reads_value_data(void **state)
{
    static const struct {
        const char *detail;
        uint32_t type, length;
        size_t bytes;
        const char *data;
    } Cases[] = {
        {"Type: REG_SZ, Length: 6, Data: ab", 1, 6, 6, "a\0b\0\0"},
        {"Type: REG_SZ, Length: 4, Data: ab", 1, 4, 4, "a\0b"},
        {"Type: REG_EXPAND_SZ, Length: 20, Data: a", 2, 20, 2, "a"},
        {"Type: REG_DWORD, Length: 4, Data: 258", 4, 4, 4, "\2\1\0"},
        {"Type: REG_BINARY, Length: 1,612, Data: 0F A0", 3, 1612, 2, "\x0F\xA0"},
        {"Type: REG_BINARY, Length: 1.612, Data: 0F", 3, 1612, 1, "\x0F"},
        {"Type: REG_BINARY, Length: 1 612", 3, 1612, 0, ""},
        {"Type: REG_QWORD, Length: 8, Data: ", 11, 8, 0, ""},
        {"Type: REG_NONE, Length: 0", 0, 0, 0, ""},
        {"Type: REG_MULTI_SZ, Length: 20, Data: en-US, en", 7, 20, 0, ""},
        {"Type: <Unknown: 1001>, Length: 0", 1001, 0, 0, ""},
    };
    struct feed_input input;
    struct ntsim_event event;
    char rows[512];

    (void)state;
    for (size_t i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        snprintf(rows, sizeof(rows),
                 "'8','12','RegSetValue','HKLM\\K\\v','SUCCESS','%s','PC\\me'\r\n"
                 "'8','12','RegQueryValue','HKLM\\K\\v','SUCCESS','%s','PC\\me'\r\n",
                 Cases[i].detail, Cases[i].detail);
        open_rows(&input, NINE, rows);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
        EXPECT_EQ(event.type, Cases[i].type);
        EXPECT_EQ(event.length, Cases[i].length);
        EXPECT_EQ(event.data_bytes, Cases[i].bytes);
        if (Cases[i].bytes)
            EXPECT_MEM(event.data, Cases[i].data, Cases[i].bytes);
        EXPECT_EQ(!!(event.has & NTSIM_HAS_SYNTHETIC), Cases[i].bytes < Cases[i].length);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_QUERY);
        EXPECT_EQ(event.expect.type, Cases[i].type);
        EXPECT_EQ(event.expect.length, Cases[i].length);
        EXPECT_EQ(event.expect.data_bytes, Cases[i].bytes);
        expect_end(&input);
    }
}

static void reads_enumerations(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegEnumKey", "HKLM\\K", "SUCCESS", "Index: 3, Name: a, b")
                  ROW("12", "RegEnumKey", "HKLM\\K", "NO MORE ENTRIES", "Index: 4, Length: 288")
                      ROW("12", "RegEnumValue", "HKLM\\K", "SUCCESS",
                          "Index: 0, Name: x, Type: y, Type: REG_DWORD, Length: 4, Data: 1")
                          ROW("12", "RegEnumValue", "HKLM\\K", "BUFFER OVERFLOW",
                              "Index: 1, Length: 220") ROW("12", "RegQueryValue", "HKLM\\K\\v",
                                                           "NAME NOT FOUND", "Length: 4,094"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_ENUMERATE);
    EXPECT_EQ(event.index, 3);
    EXPECT_STR(event.expect.name, "a, b");
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_ENUMERATE);
    EXPECT_EQ(event.index, 4);
    EXPECT_EQ(event.length, 288);
    EXPECT_STATUS(event.expect.status, STATUS_NO_MORE_ENTRIES);
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_ENUMERATE);
    EXPECT_STR(event.expect.name, "x, Type: y");
    EXPECT_EQ(event.expect.type, 4);
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_ENUMERATE);
    EXPECT_EQ(event.length, 220);
    EXPECT_STATUS(event.expect.status, STATUS_BUFFER_OVERFLOW);
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_QUERY);
    EXPECT_EQ(event.length, 4094);
    expect_end(&input);
}

static void reads_queries_of_keys(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    open_rows(&input, NINE,
              ROW("12", "RegQueryKey", "HKLM\\K", "SUCCESS", "Query: HandleTags, HandleTags: 0x601")
                  ROW("12", "RegQueryKey", "HKLM\\K", "SUCCESS",
                      "Query: Cached, SubKeys: 1,002, Values: 3")
                      ROW("12", "RegQueryKey", "HKLM\\K", "SUCCESS", "Query: Name")
                          ROW("12", "RegSetInfoKey", "HKLM\\K", "SUCCESS",
                              "KeySetInformationClass: KeySetHandleTagsInformation, Length: 0"));
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_QUERY);
    EXPECT_EQ(event.information_class, 7);
    EXPECT_EQ(event.expect.data_bytes, 4);
    EXPECT_MEM(event.expect.data, "\1\6\0", 4);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_QUERY);
    EXPECT_EQ(event.information_class, 4);
    EXPECT_EQ(event.expect.data_bytes, 8);
    EXPECT_MEM(event.expect.data, "\xEA\3\0\0\3\0\0", 8);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_QUERY);
    EXPECT_STR(event.expect.name, "\\REGISTRY\\MACHINE\\K");
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_SET_INFORMATION);
    EXPECT_EQ(event.information_class, 5);
    expect_end(&input);
}

static const struct ntcb_test Tests[] = {
    {"feed.procmon.reads_access_and_disposition", "", reads_access_and_disposition, NULL, NULL},
    {"feed.procmon.reads_value_data", "", reads_value_data, NULL, NULL},
    {"feed.procmon.reads_enumerations", "", reads_enumerations, NULL, NULL},
    {"feed.procmon.reads_queries_of_keys", "", reads_queries_of_keys, NULL, NULL},
};

NTCB_TEST_MAIN("library", Tests)
