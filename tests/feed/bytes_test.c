/* SPDX-License-Identifier: MIT
 *
 * bytes_test.c - containers and encodings: what comes out, and what is said about damage.
 */
#include "host.h"
#include "feed_input.h"

/* One line, {"event":"process.exit","pid":8}, as xz and gzip write it. */
static const unsigned char xz_line[] = {
    0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x04, 0xE6, 0xD6, 0xB4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x0C, 0x00, 0x00, 0x00, 0x8F, 0x98, 0x41, 0x9C, 0x01, 0x00, 0x20, 0x7B, 0x22, 0x65, 0x76, 0x65,
    0x6E, 0x74, 0x22, 0x3A, 0x22, 0x70, 0x72, 0x6F, 0x63, 0x65, 0x73, 0x73, 0x2E, 0x65, 0x78, 0x69,
    0x74, 0x22, 0x2C, 0x22, 0x70, 0x69, 0x64, 0x22, 0x3A, 0x38, 0x7D, 0x0A, 0x00, 0x00, 0x00, 0x00,
    0x8C, 0xE5, 0xE8, 0xAB, 0x8D, 0x8E, 0x88, 0x0C, 0x00, 0x01, 0x39, 0x21, 0xCF, 0x28, 0x6B, 0x62,
    0x1F, 0xB6, 0xF3, 0x7D, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5A};
static const unsigned char gz_line[] = {
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0x56, 0x4A, 0x2D,
    0x4B, 0xCD, 0x2B, 0x51, 0xB2, 0x52, 0x2A, 0x28, 0xCA, 0x4F, 0x4E, 0x2D, 0x2E, 0xD6,
    0x4B, 0xAD, 0xC8, 0x2C, 0x51, 0xD2, 0x51, 0x2A, 0xC8, 0x4C, 0x51, 0xB2, 0xB2, 0xA8,
    0xE5, 0x02, 0x00, 0x90, 0xEB, 0xB0, 0x73, 0x21, 0x00, 0x00, 0x00};

static const char line[] = "{\"event\":\"process.exit\",\"pid\":8}\n";

/* The input is `count` of those lines. */
static void expect_lines(const void *bytes, size_t size, uint64_t count)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;

    feed_input_open(&input, bytes, size, NULL, false);
    for (uint64_t i = 1; i <= count; i++) {
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_EXIT);
        EXPECT_EQ(event.pid, 8);
        EXPECT_EQ(event.place.line, i);
        EXPECT_EQ(event.place.column, 0);
    }
    EXPECT_EQ(feed_input_next(&input, &event), 0);
    ntsim_feed_counts(input.feed, &counts);
    EXPECT_EQ(counts.bytes_total, count * (sizeof(line) - 1));
    feed_input_close(&input);
}

static void expect_refused(const void *bytes, size_t size, const char *reason, const char *advice)
{
    struct feed_input input;

    feed_input_open(&input, bytes, size, NULL, false);
    EXPECT_EQ(input.result, NTCB_EFORMAT);
    EXPECT_PTR(input.feed, NULL);
    EXPECT_STR(input.error.place.file, input.path);
    if (strstr(input.error.reason, reason) == NULL)
        EXPECT_STR(input.error.reason, reason);
    if (strstr(input.error.advice, advice) == NULL)
        EXPECT_STR(input.error.advice, advice);
}

static void containers_are_unpacked(void **state)
{
    (void)state;
    expect_lines(line, sizeof(line) - 1, 1);
    expect_lines(xz_line, sizeof(xz_line), 1);
    expect_lines(gz_line, sizeof(gz_line), 1);
}

static void joined_streams_are_one_input(void **state)
{
    unsigned char both[2 * sizeof(xz_line) + 2 * sizeof(gz_line)];

    (void)state;
    memcpy(both, xz_line, sizeof(xz_line));
    memcpy(both + sizeof(xz_line), xz_line, sizeof(xz_line));
    expect_lines(both, 2 * sizeof(xz_line), 2);
    memcpy(both, gz_line, sizeof(gz_line));
    memcpy(both + sizeof(gz_line), gz_line, sizeof(gz_line));
    expect_lines(both, 2 * sizeof(gz_line), 2);
}

/* Every cut is noticed, the first bytes apart, by which the container is told. */
static void cut_off_input_is_refused(void **state)
{
    (void)state;
    for (size_t size = 6; size < sizeof(xz_line); size++)
        expect_refused(xz_line, size, "the xz data ends early, at byte ", "xz -t");
    for (size_t size = 2; size < sizeof(gz_line); size++)
        expect_refused(gz_line, size, "the gzip data ends early, at byte ", "gzip -t");
}

static void damaged_input_is_refused(void **state)
{
    unsigned char copy[sizeof(xz_line) + sizeof(gz_line)];

    (void)state;
    memcpy(copy, xz_line, sizeof(xz_line));
    copy[30] ^= 0x40;
    expect_refused(copy, sizeof(xz_line), "the xz data is damaged at byte ", "xz -t");
    memcpy(copy, gz_line, sizeof(gz_line));
    copy[sizeof(gz_line) - 6] ^= 0x40; /* of the checksum */
    expect_refused(copy, sizeof(gz_line), "the gzip data is damaged at byte ", "gzip -t");
    memcpy(copy, gz_line, sizeof(gz_line));
    memcpy(copy + sizeof(gz_line), "rubbish", 7);
    expect_refused(copy, sizeof(gz_line) + 7, "the gzip data is damaged at byte ", "gzip -t");
}

static void marks_are_stripped(void **state)
{
    char text[3 + sizeof(line)] = "\xEF\xBB\xBF";

    (void)state;
    memcpy(text + 3, line, sizeof(line));
    expect_lines(text, 3 + sizeof(line) - 1, 1);
}

static void utf16_is_read(void **state)
{
    static const uint16_t text[] =
        u"\uFEFF{\"event\":\"process.exit\",\"pid\":8,\"process\":\"a\u00E9\u20AC\U0001F600\"}";
    static const char utf8[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    unsigned char bytes[sizeof(text)];

    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct feed_input input;
        struct ntsim_event event;
        size_t units = sizeof(text) / sizeof(text[0]) - 1;

        for (size_t i = 0; i < units; i++) {
            bytes[2 * i] = (unsigned char)(big_endian ? text[i] >> 8 : text[i]);
            bytes[2 * i + 1] = (unsigned char)(big_endian ? text[i] : text[i] >> 8);
        }
        feed_input_open(&input, bytes, 2 * units, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_EXIT);
        EXPECT_STR(event.process_key, utf8);
        feed_input_close(&input);
    }
}

/* An unpaired surrogate and a byte too many become U+FFFD; neither hides the rest. */
static void broken_utf16_is_replaced(void **state)
{
    static const uint16_t text[] = {0xFEFF, '#', 0xD800, 'x', 0xDC00, '\n', '{'};
    struct feed_input input;
    struct ntsim_event event;
    unsigned char bytes[2 * sizeof(text) / sizeof(text[0]) + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        bytes[2 * i] = (unsigned char)text[i];
        bytes[2 * i + 1] = (unsigned char)(text[i] >> 8);
    }
    bytes[sizeof(bytes) - 1] = 'x';
    feed_input_open(&input, bytes, sizeof(bytes), NULL, false);
    EXPECT_EQ(input.result, 0);
    EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
    EXPECT_EQ(input.error.place.line, 2);
    feed_input_close(&input);
}

static void other_formats_are_named(void **state)
{
    static const struct {
        const char *text;
        const char *reason;
        const char *advice;
    } cases[] = {
        {"ElfFile", "a Windows event log", "evtx_dump -o jsonl"},
        {"PML_", "a Process Monitor log", "CSV"},
        {"<procmon>", "XML", "CSV"},
        {"[{}]", "a JSON array", "jq -c"},
        {"Record 1\n{}", "evtx_dump's default output", "-o jsonl"},
        {"regf", "a registry hive", "hive"},
        {"PK\x03\x04", "a zip archive", "Unpack"},
        {"hello", "no recording that we know", "Process Monitor CSV"},
        {"\"1\",\"2\"\r\n", "no recording that we know", "Process Monitor CSV"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refused(cases[i].text, strlen(cases[i].text), cases[i].reason, cases[i].advice);
}

static void absent_files_are_not_found(void **state)
{
    struct ntsim_feed *feed = NULL;
    struct ntsim_feed_error error;

    (void)state;
    EXPECT_EQ(ntsim_feed_open(&feed, "/no/such/file", NULL, false, &error), NTCB_ENOENT);
    EXPECT_STR(error.place.file, "/no/such/file");
    EXPECT_TRUE(strstr(error.reason, "No such file") != NULL);
    EXPECT_EQ(ntsim_feed_open(&feed, "/", NULL, false, &error), NTCB_EIO);
    EXPECT_TRUE(strstr(error.advice, "folder") != NULL);
    EXPECT_EQ(ntsim_feed_open(&feed, "/", NULL, false, NULL), NTCB_EIO);
    EXPECT_PTR(feed, NULL);
}

static void minus_is_standard_input(void **state)
{
    struct ntsim_feed *feed = NULL;
    struct ntsim_feed_error error;
    struct ntsim_event event;
    int ends[2];
    int saved = dup(STDIN_FILENO);

    (void)state;
    EXPECT_EQ(ntcb_test_pipe(ends), 0);
    EXPECT_EQ(write(ends[1], xz_line, sizeof(xz_line)), sizeof(xz_line));
    close(ends[1]);
    EXPECT_TRUE(dup2(ends[0], STDIN_FILENO) >= 0);
    EXPECT_EQ(ntsim_feed_open(&feed, "-", NULL, false, &error), 0);
    EXPECT_EQ(ntsim_feed_next(feed, &event, &error), 1);
    EXPECT_STR(event.place.file, "-");
    ntsim_feed_close(feed);
    close(ends[0]);
    if (saved >= 0)
        dup2(saved, STDIN_FILENO);
    close(saved);
}

static const struct ntcb_test tests[] = {
    {"feed.bytes.containers_are_unpacked", "", containers_are_unpacked, NULL, NULL},
    {"feed.bytes.joined_streams_are_one_input", "", joined_streams_are_one_input, NULL, NULL},
    {"feed.bytes.cut_off_input_is_refused", "", cut_off_input_is_refused, NULL, NULL},
    {"feed.bytes.damaged_input_is_refused", "", damaged_input_is_refused, NULL, NULL},
    {"feed.bytes.marks_are_stripped", "", marks_are_stripped, NULL, NULL},
    {"feed.bytes.utf16_is_read", "", utf16_is_read, NULL, NULL},
    {"feed.bytes.broken_utf16_is_replaced", "", broken_utf16_is_replaced, NULL, NULL},
    {"feed.bytes.other_formats_are_named", "", other_formats_are_named, NULL, NULL},
    {"feed.bytes.absent_files_are_not_found", "", absent_files_are_not_found, NULL, NULL},
    {"feed.bytes.minus_is_standard_input", "", minus_is_standard_input, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
