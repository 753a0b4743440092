/* SPDX-License-Identifier: MIT
 *
 * test.h - the test harness: a table of named cases over cmocka.
 *
 * Role   Every tests/<dir>/<file>_test.c is one program. It holds a static table of cases and ends
 * with NTCB_TEST_MAIN("library", table) or NTCB_TEST_MAIN("conformance", table). The build asks
 * each program for its cases (--list) and registers every case with ctest under its own name. Names
 * component.object.behaviour; no number, no word "test". A name that ends in ".full" or ".soak"
 *        gets that ctest label instead of "quick".
 * Rules  The second column names the rules that the case verifies, separated by spaces, or is "".
 * The rule coverage report is made from it.
 *
 * cmocka leaves a failed case by longjmp, on the thread that runs the case. So only that thread may
 * use the macros below: a worker records what it saw, and the case checks the record after joining
 * it.
 */
#ifndef NTCB_TEST_H
#define NTCB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct ntcb_test {
    const char *name;
    const char *rules;
    void (*function)(void **state);
    int (*setup)(void **state);    /* may be NULL */
    int (*teardown)(void **state); /* may be NULL; runs after a failed case too */
};

/* Runs the cases that the command line names (exact names or globs; all when it names none).
 * --list prints suite, name and rules of each case, separated by tabs.
 * Returns 0 when every case passed or was skipped, 1 when one failed, 2 on a usage error. */
int ntcb_test_main(const char *suite, const struct ntcb_test *tests, size_t count, int argc,
                   char **argv);

#define NTCB_TEST_MAIN(suite, table)                                                             \
    int main(int argc, char **argv)                                                              \
    {                                                                                            \
        return ntcb_test_main((suite), (table), sizeof(table) / sizeof((table)[0]), argc, argv); \
    }

/* Path of a recording, below $NTCALLBACK_DATA or else <repository>/../shared/data. Without it the
 * case is skipped, or fails when the environment says CI=true. The string lives until the program
 * ends. */
const char *ntcb_test_data(const char *name);

/* Path of the module built from tests/drivers/<name>.c. The string lives until the program ends. */
const char *ntcb_test_driver(const char *name);

/* Path of a file of this repository, "tests/data/x.json". The string lives until the program ends.
 */
const char *ntcb_test_file(const char *name);

/* Leaves the case as skipped and says why; fails it when the environment says CI=true. */
void ntcb_test_skip(const char *reason);
/* The same, but in a port to another machine (a preset of its own) the case is left out even
 * then. */
void ntcb_test_skip_on_port(const char *reason);

/* Each prints what was expected and what was seen, then fails the case. The seen value comes first.
 */
#define EXPECT_TRUE(condition) ntcb_expect_true((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define EXPECT_FALSE(condition) \
    ntcb_expect_true((condition) ? 0 : 1, "!(" #condition ")", __FILE__, __LINE__)
#define EXPECT_EQ(actual, expected)                                                             \
    ntcb_expect_equal((long long)(actual), (long long)(expected), #actual, #expected, __FILE__, \
                      __LINE__)
#define EXPECT_NE(actual, unexpected)                                                      \
    ntcb_expect_differ((long long)(actual), (long long)(unexpected), #actual, #unexpected, \
                       __FILE__, __LINE__)
#define EXPECT_PTR(actual, expected)                                                          \
    ntcb_expect_pointer((const void *)(actual), (const void *)(expected), #actual, #expected, \
                        __FILE__, __LINE__)
#define EXPECT_STR(actual, expected) \
    ntcb_expect_string((actual), (expected), #actual, __FILE__, __LINE__)
#define EXPECT_MEM(actual, expected, size) \
    ntcb_expect_memory((actual), (expected), (size), #actual, __FILE__, __LINE__)
#define EXPECT_STATUS(actual, expected)                                                      \
    ntcb_expect_status((int32_t)(actual), (int32_t)(expected), #actual, #expected, __FILE__, \
                       __LINE__)
#define EXPECT_SUCCESS(actual) EXPECT_STATUS((actual), 0)

void ntcb_expect_true(int holds, const char *condition, const char *file, int line);
void ntcb_expect_equal(long long actual, long long expected, const char *actual_text,
                       const char *expected_text, const char *file, int line);
void ntcb_expect_differ(long long actual, long long unexpected, const char *actual_text,
                        const char *unexpected_text, const char *file, int line);
void ntcb_expect_pointer(const void *actual, const void *expected, const char *actual_text,
                         const char *expected_text, const char *file, int line);
void ntcb_expect_string(const char *actual, const char *expected, const char *actual_text,
                        const char *file, int line);
void ntcb_expect_memory(const void *actual, const void *expected, size_t size,
                        const char *actual_text, const char *file, int line);
void ntcb_expect_status(int32_t actual, int32_t expected, const char *actual_text,
                        const char *expected_text, const char *file, int line);

#endif
