/* SPDX-License-Identifier: MIT
 *
 * avlps_test.c - which processes, with which images, avlps.c has in its table.
 */
#include "authors_kit.h"

#define MANY 200

static void load_into(struct ntsim_process *process, uint64_t bytes)
{
    const struct ntsim_image_options options = {
        .path = "\\Device\\HarddiskVolume3\\b.dll", .image_size = bytes, .process = process};

    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
}

static void images_are_counted_by_process(void)
{
    struct ntsim_process *first = make_process("C:\\first.exe");
    struct ntsim_process *second = make_process("C:\\second.exe");
    struct ntsim_process *third = make_process("C:\\third.exe");
    char wanted[256];

    load_into(first, 0x3000);
    load_into(third, 0x1000);
    load_into(third, 0x2000);
    snprintf(wanted, sizeof(wanted),
             "avlps: 2 processes, 0 unknown\n"
             "avlps: %u child of 4: 1 images, 12288 bytes\n"
             "avlps: %u child of 4: 2 images, 12288 bytes\n",
             (unsigned)ntsim_process_id(first), (unsigned)ntsim_process_id(third));
    ntsim_process_exit(second, STATUS_SUCCESS);
    author_unload();
    EXPECT_PRINTED(wanted);
    ntsim_process_exit(first, STATUS_SUCCESS);
}

/* They come in one order and go in another: the table stays a table. */
static void many_come_and_go(void)
{
    static struct ntsim_process *processes[MANY];

    for (size_t i = 0; i < MANY; i++) {
        processes[i] = make_process("C:\\many.exe");
    }
    for (size_t i = 0; i < MANY; i++) {
        if (i % 4 != 0) {
            ntsim_process_exit(processes[i * 77 % MANY], STATUS_SUCCESS);
        }
    }
    author_unload();
    EXPECT_PRINTED("avlps: 50 processes, 0 unknown\n");
}

AUTHOR_CASE(avlps, images_are_counted_by_process)
AUTHOR_CASE(avlps, many_come_and_go)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(avlps, images_are_counted_by_process),
    AUTHOR_ROWS(avlps, many_come_and_go),
};

NTCB_TEST_MAIN("library", tests)
