/* SPDX-License-Identifier: MIT
 *
 * filelog_test.c - what filelog.cpp appended to its file, and that it does not start without one.
 */
#include "authors_kit.h"
#include "../../support/volumekit.h"

static char path[300];

static int start_with_windows(void **state)
{
    char windows[280];
    int error = start_volume(state);

    snprintf(windows, sizeof(windows), "%s/Windows", directory);
    snprintf(path, sizeof(path), "%s/filelog.txt", windows);
    return error != 0 ? error : ntcb_test_make_directory(windows);
}

static void expect_file(const char *wanted)
{
    char text[1024];
    FILE *file = fopen(path, "rb");
    size_t length;

    EXPECT_TRUE(file != NULL);
    length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    EXPECT_STR(text, wanted);
}

static void processes_are_appended(void)
{
    struct ntsim_process *first = make_process("C:\\Windows\\first.exe");
    struct ntsim_process *second = make_process("C:\\second.exe");
    unsigned ids[] = {ntsim_process_id(first), ntsim_process_id(second)};
    char wanted[256];

    ntsim_process_exit(first, STATUS_SUCCESS);
    author_unload();
    EXPECT_PRINTED("filelog: 0 failures\n");
    ntsim_process_exit(second, STATUS_SUCCESS); /* nobody writes that down */
    snprintf(wanted, sizeof(wanted),
             "+ %u \\Device\\HarddiskVolume3\\Windows\\first.exe\r\n"
             "+ %u \\Device\\HarddiskVolume3\\second.exe\r\n- %u\r\n",
             ids[0], ids[1], ids[0]);
    expect_file(wanted);
    author_load("filelog", ntcb_test_driver("filelog"));
    author_unload();
    expect_file(wanted); /* opened again, not emptied */
}

static void no_volume_no_driver(void **state)
{
    const struct ntsim_driver_options options = {.module = ntcb_test_driver("filelog")};
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

AUTHOR_CASE(filelog, processes_are_appended)

static const struct ntcb_test tests[] = {
    {"authors.filelog.processes_are_appended", "", processes_are_appended_clang, start_with_windows,
     stop_volume},
    {"authors.filelog.processes_are_appended.gcc", "", processes_are_appended_gcc,
     start_with_windows, stop_volume},
    {"authors.filelog.no_volume_no_driver", "", no_volume_no_driver, start, stop},
};

NTCB_TEST_MAIN("library", tests)
