/* SPDX-License-Identifier: MIT
 *
 * find_test.c - programs that search directories of the volume.
 */
#include "win32_kit.h"
#include "host.h"

static char host_directory[256];

static int set_up_volume(void **state)
{
    static const WCHAR *const files[] = {u"C:\\b.txt", u"C:\\a.txt", u"C:\\noext", u"C:\\c.tar.gz"};
    int result = set_up(state);
    DWORD bytes;

    EXPECT_EQ(ntcb_test_temporary_directory(host_directory, sizeof(host_directory)), 0);
    EXPECT_EQ(ntsim_volume(kit_of(state)->sim, host_directory), NTCB_OK);
    for (size_t i = 0; i < RTL_NUMBER_OF(files); i++) {
        HANDLE file = CreateFileW(files[i], GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

        EXPECT_TRUE(WriteFile(file, "hello", 5, &bytes, NULL));
        EXPECT_TRUE(CloseHandle(file));
    }
    return result;
}

static int tear_down_volume(void **state)
{
    int result = tear_down(state);

    return ntcb_test_remove_tree(host_directory) == 0 ? result : -1;
}

/* The names found, each followed by a bar. */
static const char *found(const WCHAR *pattern)
{
    static char text[512];
    WIN32_FIND_DATAW data;
    size_t at = 0;
    HANDLE find = FindFirstFileW(pattern, &data);

    EXPECT_TRUE(find != INVALID_HANDLE_VALUE);
    do {
        for (const WCHAR *c = data.cFileName; *c != 0; c++) {
            text[at++] = (char)*c;
        }
        text[at++] = '|';
    } while (FindNextFileW(find, &data));
    EXPECT_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    EXPECT_TRUE(FindClose(find));
    text[at] = '\0';
    return text;
}

static void patterns_find_what_they_find_on_windows(void **state)
{
    static const struct {
        const WCHAR *pattern;
        const char *found;
    } rows[] = {
        {u"C:\\*", "a.txt|b.txt|c.tar.gz|noext|"},
        {u"C:\\*.*", "a.txt|b.txt|c.tar.gz|noext|"},
        {u"C:\\*.", "noext|"},
        {u"C:\\?.TXT", "a.txt|b.txt|"},
        {u"C:\\??.txt", "a.txt|b.txt|"}, /* none in front of a dot is enough */
        {u"C:\\*.gz", "c.tar.gz|"},
        {u"\\\\?\\C:\\A.txt", "a.txt|"},
        {u"C:\\noext.*", "noext|"},
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        EXPECT_STR(found(rows[i].pattern), rows[i].found);
    }
}

static void entry_tells_of_the_file(void **state)
{
    WIN32_FIND_DATAW data;
    HANDLE find = FindFirstFileW(u"C:\\a*", &data);

    (void)state;
    EXPECT_EQ(data.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    EXPECT_EQ(data.nFileSizeLow, 5);
    EXPECT_EQ(data.nFileSizeHigh, 0);
    EXPECT_EQ(data.cAlternateFileName[0], 0);
    EXPECT_TRUE(data.ftLastWriteTime.dwHighDateTime != 0);
    EXPECT_FALSE(FindNextFileW(find, &data));
    EXPECT_TRUE(FindClose(find));
    EXPECT_FALSE(FindClose(find));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    EXPECT_FALSE(FindNextFileW(find, &data));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void what_is_not_there_is_not_found(void **state)
{
    static const struct {
        const WCHAR *pattern;
        DWORD error;
    } rows[] = {
        {u"C:\\none*", ERROR_FILE_NOT_FOUND},
        {u"C:\\", ERROR_FILE_NOT_FOUND},
        {u"C:\\missing\\*", ERROR_PATH_NOT_FOUND},
        {u"relative*", ERROR_PATH_NOT_FOUND},
    };
    WIN32_FIND_DATAW data;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        EXPECT_PTR(FindFirstFileW(rows[i].pattern, &data), INVALID_HANDLE_VALUE);
        EXPECT_EQ(GetLastError(), rows[i].error);
    }
    (void)FindFirstFileW(u"C:\\*", &data); /* left open: the simulator's end takes it */
}

#define CASE(name)                                                     \
    {                                                                  \
        "win32.find." #name, "", name, set_up_volume, tear_down_volume \
    }

static const struct ntcb_test tests[] = {
    CASE(patterns_find_what_they_find_on_windows),
    CASE(entry_tells_of_the_file),
    CASE(what_is_not_there_is_not_found),
};

NTCB_TEST_MAIN("library", tests)
