/* SPDX-License-Identifier: MIT
 *
 * cmocka.h - a driver's test program over cmocka: runs the cases that the command line names (all
 * when it names none), and says after each that failed how to repeat it.
 *
 *     static const struct CMUnitTest tests[] = {
 *         cmocka_unit_test_setup_teardown(refuses_values, set_up, tear_down),
 *     };
 *
 *     NTSIM_CMOCKA_MAIN(tests)
 *
 * The one header that needs cmocka; ntcallback_add_driver_test links it.
 */
#ifndef NTSIM_CMOCKA_H
#define NTSIM_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* ntsim_cmocka_run - the body of main. Each case runs as a group of its own, so that its command is
 * printed beside its failure. Returns what main does: 0 when every case passed or was skipped, 1
 * when one failed, 2 when the command line names one that is not there. */
static inline int ntsim_cmocka_run(const struct CMUnitTest *tests, size_t count, int argc,
                                   char **argv)
{
    size_t chosen = 0;
    int result = 0;

    for (size_t i = 0; i < count; i++) {
        int wanted = argc < 2;

        for (int j = 1; j < argc; j++)
            wanted |= strcmp(argv[j], tests[i].name) == 0;
        if (!wanted)
            continue;
        chosen++;
        if (_cmocka_run_group_tests(tests[i].name, &tests[i], 1, NULL, NULL) != 0) {
            fflush(stdout);
            fprintf(stderr, "To repeat: %s %s\n", argv[0], tests[i].name);
            result = 1;
        }
    }
    if (argc > 1 && chosen < (size_t)argc - 1) {
        fprintf(stderr, "%s: there is no such case; these are:\n", argv[0]);
        for (size_t i = 0; i < count; i++)
            fprintf(stderr, "  %s\n", tests[i].name);
        result = 2;
    }
    return result;
}

#define NTSIM_CMOCKA_MAIN(tests)                                                          \
    int main(int argc, char **argv)                                                       \
    {                                                                                     \
        return ntsim_cmocka_run((tests), sizeof(tests) / sizeof((tests)[0]), argc, argv); \
    }

#endif
