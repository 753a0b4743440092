/* SPDX-License-Identifier: MIT
 *
 * token_test.c - processes' tokens: who they are by default, and their privileges.
 */
#include "../support/test.h"

#include <ntsim/security.h>
#include <ntcallback/ddk/ntifs.h>

static BOOLEAN holds(ULONG privilege)
{
    return SeSinglePrivilegeCheck((LUID){.LowPart = privilege}, UserMode);
}

struct world {
    struct ntsim *sim;
    struct ntsim_process *process;
    struct ntsim_thread *before;
};

static struct world start(void)
{
    struct world world = {.sim = ntsim_start(NULL)};
    const struct ntsim_process_options options = {.image_path = "C:\\a.exe"};

    EXPECT_EQ(ntsim_process_create(world.sim, &options, &world.process), 0);
    world.before = ntsim_thread_enter(ntsim_process_thread(world.process));
    return world;
}

static void stop(struct world *world)
{
    ntsim_thread_leave(world->before);
    EXPECT_EQ(ntsim_stop(world->sim), 0);
}

static void check_privileges(void **state)
{
    struct world world = start();

    (void)state;
    EXPECT_TRUE(holds(SE_CHANGE_NOTIFY_PRIVILEGE));
    EXPECT_FALSE(holds(SE_BACKUP_PRIVILEGE)); /* held, disabled */
    EXPECT_FALSE(holds(SE_RESTORE_PRIVILEGE));
    EXPECT_TRUE(SeSinglePrivilegeCheck((LUID){.LowPart = SE_BACKUP_PRIVILEGE}, KernelMode));
    EXPECT_EQ(
        ntsim_process_set_privilege(world.process, SE_BACKUP_PRIVILEGE, NTSIM_PRIVILEGE_ENABLED),
        0);
    EXPECT_TRUE(holds(SE_BACKUP_PRIVILEGE));
    EXPECT_FALSE(holds(SE_RESTORE_PRIVILEGE));
    EXPECT_FALSE(
        SeSinglePrivilegeCheck((LUID){.LowPart = SE_BACKUP_PRIVILEGE, .HighPart = 1}, UserMode));
    EXPECT_EQ(
        ntsim_process_set_privilege(world.process, SE_BACKUP_PRIVILEGE, NTSIM_PRIVILEGE_ABSENT), 0);
    EXPECT_FALSE(holds(SE_BACKUP_PRIVILEGE));
    stop(&world);
}

static void check_system(void **state)
{
    struct ntsim *sim = ntsim_start(NULL);

    (void)state;
    EXPECT_TRUE(holds(SE_BACKUP_PRIVILEGE));
    EXPECT_TRUE(holds(SE_TCB_PRIVILEGE));
    EXPECT_FALSE(holds(SE_MAX_WELL_KNOWN_PRIVILEGE + 1));
    EXPECT_EQ(ntsim_process_set_account(ntsim_system_process(sim), NTSIM_STANDARD_USER), 0);
    EXPECT_FALSE(holds(SE_BACKUP_PRIVILEGE));
    EXPECT_EQ(ntsim_stop(sim), 0);
}

static void check_account(void **state)
{
    struct world world = start();

    (void)state;
    EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_SYSTEM), 0);
    EXPECT_TRUE(holds(SE_RESTORE_PRIVILEGE));
    EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_LOW_INTEGRITY), 0);
    EXPECT_FALSE(holds(SE_RESTORE_PRIVILEGE));
    EXPECT_TRUE(holds(SE_CHANGE_NOTIFY_PRIVILEGE));
    EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_ACCOUNTS), NTCB_EINVAL);
    EXPECT_EQ(ntsim_process_set_privilege(world.process, 1, NTSIM_PRIVILEGE_ENABLED), NTCB_EINVAL);
    EXPECT_EQ(ntsim_process_set_privilege(NULL, SE_TCB_PRIVILEGE, NTSIM_PRIVILEGE_ENABLED),
              NTCB_EINVAL);
    stop(&world);
}

/* A token that was replaced stays valid for as long as its process. */
static void check_reference(void **state)
{
    struct world world = start();
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    PACCESS_TOKEN other;

    (void)state;
    EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_SYSTEM), 0);
    other = PsReferencePrimaryToken(PsGetCurrentProcess());
    EXPECT_TRUE(token != other);
    PsDereferencePrimaryToken(other);
    PsDereferencePrimaryToken(token);
    stop(&world);
}

static void check_memory(void **state)
{
    struct world world = start();

    (void)state;
    ntsim_fail_allocation(world.sim, 1);
    EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_SYSTEM), NTCB_ENOMEM);
    EXPECT_FALSE(holds(SE_BACKUP_PRIVILEGE));
    stop(&world);
}

static const struct ntcb_test tests[] = {
    {"se.token.privileges_count_when_enabled", "", check_privileges, NULL, NULL},
    {"se.token.system_holds_all", "", check_system, NULL, NULL},
    {"se.token.account_is_replaced", "", check_account, NULL, NULL},
    {"se.token.primary_token_is_referenced", "", check_reference, NULL, NULL},
    {"se.token.no_memory_leaves_the_account", "", check_memory, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
