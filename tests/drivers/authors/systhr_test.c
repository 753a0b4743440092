/* SPDX-License-Identifier: MIT
 *
 * systhr_test.c - what the thread of systhr.c wrote down, by the policy of its service key.
 */
#include "authors_kit.h"

#include <ntsim/image.h>

#define SERVICE "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\systhr"

static struct ntsim_process *load_two(void)
{
    const struct ntsim_image_options driver = {.path = "\\SystemRoot\\other.sys"};
    struct ntsim_process *process = make_process("C:\\Windows\\a.exe");
    const struct ntsim_image_options library = {.path = "\\Device\\HarddiskVolume3\\b.dll",
                                                .process = process};

    EXPECT_EQ(ntsim_image_load(sim, &driver, NULL), NTCB_OK);
    EXPECT_EQ(ntsim_image_load(sim, &library, NULL), NTCB_OK);
    return process;
}

/* The thread ends before the driver does, and tells what was left first. */
static void thread_tells_every_image(void)
{
    struct ntsim_process *process = load_two();
    char line[64];

    snprintf(line, sizeof(line), "systhr: user %u \\Device\\HarddiskVolume3\\b.dll\n",
             (unsigned)ntsim_process_id(process));
    author_unload();
    EXPECT_PRINTED("systhr: policy 0\n");
    EXPECT_PRINTED("systhr: kernel 0 \\SystemRoot\\other.sys\n");
    EXPECT_PRINTED(line);
    EXPECT_PRINTED("systhr: 0 dropped\n");
}

static int start_with_policy(void **state)
{
    const uint32_t yes = 1;

    return start(state) +
           ntsim_registry_value(sim, SERVICE, "KernelOnly", REG_DWORD, &yes, sizeof(yes));
}

static void policy_is_read_by_the_thread(void)
{
    load_two();
    author_unload();
    EXPECT_PRINTED("systhr: policy 1\n");
    EXPECT_PRINTED("systhr: kernel 0 \\SystemRoot\\other.sys\n");
    EXPECT_NOT_PRINTED("systhr: user");
}

AUTHOR_CASE(systhr, thread_tells_every_image)
AUTHOR_CASE(systhr, policy_is_read_by_the_thread)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(systhr, thread_tells_every_image),
    {"authors.systhr.policy_is_read_by_the_thread", "", policy_is_read_by_the_thread_clang,
     start_with_policy, stop},
    {"authors.systhr.policy_is_read_by_the_thread.gcc", "", policy_is_read_by_the_thread_gcc,
     start_with_policy, stop},
};

NTCB_TEST_MAIN("library", tests)
