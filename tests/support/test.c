/* SPDX-License-Identifier: MIT
 *
 * test.c - selects, lists and runs the cases of one test program.
 *
 * Each case runs as a cmocka group of its own, so that the command that repeats it can be printed
 * as soon as it has failed.
 */
#include "host.h"
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

const char *ntcb_test_program;
const char *ntcb_test_case;

static bool is_glob(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

/* * is any text, ? any character. Not every host has fnmatch. */
static bool matches(const char *glob, const char *text)
{
    while (*glob != '*' && *text != '\0' && (*glob == '?' || *glob == *text)) {
        glob++;
        text++;
    }
    if (*glob != '*')
        return *glob == '\0' && *text == '\0';
    while (!matches(glob + 1, text)) {
        if (*text++ == '\0')
            return false;
    }
    return true;
}

static bool is_selected(const char *name, int argc, char **argv)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++) {
        if (matches(argv[i], name))
            return true;
    }
    return false;
}

static int list(const char *suite, const struct ntcb_test *tests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s\t%s\t%s\n", suite, tests[i].name, tests[i].rules);
    return fflush(stdout) == 0 ? 0 : 2;
}

static int check_arguments(const struct ntcb_test *tests, size_t count, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool found = false;

        for (size_t j = 0; j < count && !found; j++)
            found = matches(argv[i], tests[j].name);
        if (!found) {
            fprintf(stderr, "%s: no case %s \"%s\"; --list prints the names.\n", argv[0],
                    is_glob(argv[i]) ? "matches" : "is named", argv[i]);
            return 2;
        }
    }
    return 0;
}

static bool run(const struct ntcb_test *test, const char *program)
{
    const struct CMUnitTest unit = {test->name, test->function, test->setup, test->teardown, NULL};
    bool passed;

    ntcb_test_program = program;
    ntcb_test_case = test->name;
    passed = _cmocka_run_group_tests(test->name, &unit, 1, NULL, NULL) == 0;
    if (!passed) {
        fflush(stdout);
        fprintf(stderr, "To repeat: %s '%s'\n", program, test->name);
    }
    return passed;
}

int ntcb_test_main(const char *suite, const struct ntcb_test *tests, size_t count, int argc,
                   char **argv)
{
    int result = 0;

    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list(suite, tests, count);
    if (check_arguments(tests, count, argc, argv) != 0)
        return 2;
    for (size_t i = 0; i < count; i++) {
        if (is_selected(tests[i].name, argc, argv) && !run(&tests[i], argv[0]))
            result = 1;
    }
    return result;
}

void ntcb_test_skip(const char *reason)
{
    const char *ci = getenv("CI");

    if (ci != NULL && strcmp(ci, "true") == 0)
        fail_msg("%s, and CI=true forbids skipping", reason);
    print_message("skipped: %s\n", reason);
    skip();
}

void ntcb_test_skip_on_port(const char *reason)
{
    if (!NTCB_TEST_IS_PORT)
        ntcb_test_skip(reason);
    print_message("left out: %s\n", reason);
    skip();
}

static const char *join(const char *directory, const char *name, const char *suffix)
{
    static char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);

    if (length < 0 || (size_t)length >= sizeof(path))
        fail_msg("the path %s/%s%s is too long", directory, name, suffix);
    return path;
}

const char *ntcb_test_data(const char *name)
{
    const char *directory = getenv("NTCALLBACK_DATA");
    const char *path =
        join(directory != NULL ? directory : NTCB_TEST_SOURCE_DIR "/../shared/data", name, "");

    if (access(path, R_OK) != 0) {
        char reason[4352];

        snprintf(reason, sizeof(reason), "no recording %s; set NTCALLBACK_DATA", path);
        ntcb_test_skip(reason);
    }
    return path;
}

const char *ntcb_test_driver(const char *name)
{
    return join(NTCB_TEST_DRIVER_DIR, name, ".so");
}

const char *ntcb_test_file(const char *name)
{
    return join(NTCB_TEST_SOURCE_DIR, name, "");
}
