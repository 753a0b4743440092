/* SPDX-License-Identifier: MIT
 *
 * dynimp_test.c - what dynimp.c finds on each Windows, and that it hears of the same things there.
 */
#include "authors_kit.h"

static const struct row {
    enum ntcb_windows windows;
    const char *says;
} rows[] = {
    {NTCB_WINDOWS_XP, "dynimp:\n"},
    {NTCB_WINDOWS_2003, "dynimp:\n"},
    {NTCB_WINDOWS_VISTA, "dynimp: processes-ex registry-ex\n"},
    {NTCB_WINDOWS_VISTA_SP2, "dynimp: processes-ex registry-ex\n"},
    {NTCB_WINDOWS_7, "dynimp: processes-ex registry-ex\n"},
    {NTCB_WINDOWS_10_1709, "dynimp: processes-ex registry-ex\n"},
    {NTCB_WINDOWS_11, "dynimp: processes-ex registry-ex pool2\n"},
};

static void play(const char *module)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        struct ntsim_process *process;
        HANDLE key;

        start_windows(rows[i].windows);
        author_load("dynimp", module);
        EXPECT_STR(printed, rows[i].says);
        process = make_process("C:\\Windows\\notepad.exe");
        EXPECT_SUCCESS(author_key(&key, u"\\Registry\\Machine\\Software\\Any", KEY_ALL_ACCESS));
        EXPECT_SUCCESS(author_set(key, STRING(u"Value"), 1));
        EXPECT_SUCCESS(NtClose(key));
        ntsim_process_exit(process, STATUS_SUCCESS);
        author_unload();
        EXPECT_PRINTED("dynimp: 1 processes, 1 values\n");
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

static void every_windows(void **state)
{
    (void)state;
    play(ntcb_test_driver("dynimp"));
}

static void every_windows_gcc(void **state)
{
    (void)state;
    play(authors_gcc("dynimp"));
}

static const struct ntcb_test tests[] = {
    {"authors.dynimp.every_windows", "", every_windows, NULL, NULL},
    {"authors.dynimp.every_windows.gcc", "", every_windows_gcc, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
