/* SPDX-License-Identifier: MIT
 *
 * managers_test.c - what all six managers have in common, asked of each.
 */
#include "managers.h"

#define EACH_MANAGER(m) \
    for (const struct manager *m = managers; m < managers + RTL_NUMBER_OF(managers); ++m)

static struct {
    bool parked;
    bool go;
    bool removed;
} park;

static void parks(void)
{
    kit_set(here, &park.parked);
    kit_wait(here, &park.go);
}

static void raise_one(struct kit *kit, void *argument)
{
    (void)kit;
    ((const struct manager *)argument)->raise();
}

static void remove_one(struct kit *kit, void *argument)
{
    ((const struct manager *)argument)->remove();
    kit_set(kit, &park.removed);
}

static void removal_waits_for_a_parked_call(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        struct kit_thread caller, remover;

        print_message("%s\n", manager->name);
        memset(&park, 0, sizeof(park));
        managers_hook = parks;
        EXPECT_TRUE(manager->add());
        kit_start(&caller, kit, raise_one, (void *)(uintptr_t)manager);
        kit_wait(kit, &park.parked);
        kit_start(&remover, kit, remove_one, (void *)(uintptr_t)manager);
        kit_wait_sleepers(kit, 1);
        EXPECT_TRUE(!kit_is_set(kit, &park.removed));
        kit_set(kit, &park.go);
        kit_join(&caller);
        kit_join(&remover);
        EXPECT_STR(kit_take(kit), "x");
        manager->raise();
        EXPECT_STR(kit_take(kit), "");
    }
}

static const struct manager *inside;

static void removes_itself(void)
{
    inside->remove();
}

static void removal_from_inside_is_reported(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        print_message("%s\n", manager->name);
        inside = manager;
        managers_hook = removes_itself;
        EXPECT_TRUE(manager->add());
        manager->raise();
        EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
        managers_hook = NULL;
        manager->raise(); /* it stays */
        EXPECT_STR(kit_take(kit), "xx");
        manager->remove();
    }
}

static void note_manager(void *context, const struct ntcb_registration *registration)
{
    *(enum ntcb_manager *)context = registration->manager;
}

static void listing_names_the_manager(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        enum ntcb_manager listed = 0;

        EXPECT_TRUE(manager->add());
        ntcb_registrations(kit->kernel, note_manager, &listed);
        EXPECT_EQ(listed, manager->manager);
        EXPECT_TRUE(ntcb_manager_info(listed) != NULL);
        manager->remove();
    }
}

static void take_copy(void *context, const struct ntcb_registration *registration)
{
    *(struct ntcb_registration *)context = *registration;
}

static void what_was_left_can_be_removed(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        struct ntcb_registration left;

        EXPECT_TRUE(manager->add());
        ntcb_registrations(kit->kernel, take_copy, &left);
        ntcb_registration_remove(&left);
        manager->raise();
        EXPECT_STR(kit_take(kit), "");
        EXPECT_TRUE(manager->add()); /* the place is free */
        manager->remove();
    }
    EXPECT_EQ(managers_references, 0);
}

static void no_memory_registers_nothing(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        unsigned failures = 0;
        int64_t before = atomic_load(&kit->live);

        for (;;) {
            atomic_store(&kit->allocations, 0);
            atomic_store(&kit->fail_at, failures + 1);
            if (manager->add()) {
                break;
            }
            ++failures;
            atomic_store(&kit->fail_at, 0);
            EXPECT_STATUS(ntcb_last_reason()->status, STATUS_INSUFFICIENT_RESOURCES);
            EXPECT_EQ(atomic_load(&kit->live), before);
            manager->raise();
            EXPECT_STR(kit_take(kit), "");
        }
        atomic_store(&kit->fail_at, 0);
        print_message("%s: %u allocations can fail\n", manager->name, failures);
        EXPECT_TRUE(failures >= 1);
        manager->remove();
    }
}

static void forgotten_ones_are_reported_at_the_end(void **state)
{
    struct kit *kit = managers_begin(state, NULL);

    EACH_MANAGER(manager)
    {
        if (manager->manager == NTCB_MANAGER_CALLBACK) {
            continue; /* its object outlives the kernel in this kit, which no simulator's does */
        }
        const struct kit_report *report;

        EXPECT_TRUE(manager->add());
        kit->destroys_as = NTCB_ELEAK;
        EXPECT_EQ(kit_close(kit), -1); /* for the report, which comes at the destruction */
        report = kit_expect_report(kit, "DV-20");
        EXPECT_TRUE(report != NULL);
        EXPECT_TRUE(strstr(report->what, ntcb_manager_info(manager->manager)->name) != NULL);
        kit->destroys_as = NTCB_OK;
        free(managers_callback_object);
        kit->report_count = 0;
        managers_begin(state, NULL);
    }
}

static const struct ntcb_test tests[] = {
    MANAGERS_CASE("ex.managers.removal_waits_for_a_parked_call",
                  "IMG-30 PROC-08 THR-04 CM-UNR-03 OB-13 EX-12", removal_waits_for_a_parked_call),
    MANAGERS_CASE("ex.managers.removal_from_inside_is_reported",
                  "DV-10 PROC-14 THR-04 CM-UNR-05 OB-13 EX-13", removal_from_inside_is_reported),
    MANAGERS_CASE("ex.managers.listing_names_the_manager", "", listing_names_the_manager),
    MANAGERS_CASE("ex.managers.what_was_left_can_be_removed", "DV-20",
                  what_was_left_can_be_removed),
    MANAGERS_CASE("ex.managers.no_memory_registers_nothing", "IMG-05 CM-REG-07 OB-09",
                  no_memory_registers_nothing),
    MANAGERS_CASE("ex.managers.forgotten_ones_are_reported_at_the_end",
                  "DV-20 PROC-15 THR-11 OB-12", forgotten_ones_are_reported_at_the_end),
};

NTCB_TEST_MAIN("library", tests)
