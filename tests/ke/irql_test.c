/* SPDX-License-Identifier: MIT
 *
 * irql_test.c - IRQL and APC regions: kept per thread, and misuse reported with the right code.
 */
#include "../ex/kit.h"

static void irql_goes_up_and_down(void **state)
{
    KIRQL first;
    KIRQL second;

    kit_begin(state, NULL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &first);
    KeRaiseIrql(DISPATCH_LEVEL, &second);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT_EQ(second, APC_LEVEL);
    KeLowerIrql(second);
    KeLowerIrql(first);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void wrong_direction_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;
    KIRQL old;

    KeLowerIrql(APC_LEVEL);
    report = kit_expect_report(kit, "DV-08");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->bugcheck, 0xC4);
    EXPECT_EQ(report->parameter[0], 0x31);
    EXPECT_EQ(report->parameter[1], PASSIVE_LEVEL);
    EXPECT_EQ(report->parameter[2], APC_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL); /* done all the same */
    KeRaiseIrql(PASSIVE_LEVEL, &old);
    report = kit_expect_report(kit, "DV-08");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->parameter[0], 0x30);
    EXPECT_EQ(report->parameter[1], APC_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(PASSIVE_LEVEL, &old); /* to where it is: allowed */
    KeLowerIrql(PASSIVE_LEVEL);
}

struct regions {
    BOOLEAN apcs_off;
    BOOLEAN all_off;
};

static void expect_regions(BOOLEAN apcs_off, BOOLEAN all_off)
{
    EXPECT_EQ(KeAreApcsDisabled(), apcs_off);
    EXPECT_EQ(KeAreAllApcsDisabled(), all_off);
}

static void regions_count(void **state)
{
    KIRQL old;

    kit_begin(state, NULL);
    expect_regions(FALSE, FALSE);
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    expect_regions(TRUE, FALSE);
    KeLeaveCriticalRegion();
    expect_regions(TRUE, FALSE);
    KeEnterGuardedRegion();
    expect_regions(TRUE, TRUE);
    KeLeaveCriticalRegion();
    expect_regions(TRUE, TRUE);
    KeLeaveGuardedRegion();
    expect_regions(FALSE, FALSE);
    KeRaiseIrql(APC_LEVEL, &old);
    expect_regions(TRUE, TRUE);
    KeLowerIrql(old);
    expect_regions(FALSE, FALSE);
}

static void leave_without_enter_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;

    KeLeaveCriticalRegion();
    report = kit_expect_report(kit, "DV-19");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->bugcheck, 0xC4);
    EXPECT_EQ(report->parameter[0], 0x3E);
    KeLeaveGuardedRegion();
    report = kit_expect_report(kit, "DV-19");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->parameter[0], 0x0004000E);
    expect_regions(FALSE, FALSE); /* the count did not go below zero */
    KeEnterCriticalRegion();
    expect_regions(TRUE, FALSE);
    KeLeaveCriticalRegion();
    KeEnterGuardedRegion();
    KeLeaveGuardedRegion();
    EXPECT_TRUE(kit_expect_report(kit, "DV-19") == NULL);
}

static const struct {
    VOID(NTAPI *enter)(VOID);
    VOID(NTAPI *leave)(VOID);
} regions[] = {{KeEnterCriticalRegion, KeLeaveCriticalRegion},
               {KeEnterGuardedRegion, KeLeaveGuardedRegion}};

static void region_above_apc_level_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t row;
    int level;

    for (row = 0; row < RTL_NUMBER_OF(regions); ++row) {
        for (level = PASSIVE_LEVEL; level <= DISPATCH_LEVEL; ++level) {
            const struct kit_report *report;
            KIRQL old;

            KeRaiseIrql((KIRQL)level, &old);
            regions[row].enter();
            regions[row].leave();
            KeLowerIrql(old);
            for (unsigned code = 0x11A; code <= 0x11B; ++code) {
                report = kit_expect_report(kit, "DV-31");
                EXPECT_EQ(report != NULL, level > APC_LEVEL);
                if (report != NULL) {
                    EXPECT_EQ(report->bugcheck, 0xC4);
                    EXPECT_EQ(report->parameter[0], code);
                }
            }
        }
    }
}

static void note_irql(struct kit *kit, void *argument)
{
    (void)kit;
    *(KIRQL *)argument = KeGetCurrentIrql();
}

static void each_thread_has_its_own(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread thread;
    KIRQL seen = 99;
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    kit_start(&thread, kit, note_irql, &seen);
    kit_join(&thread);
    EXPECT_EQ(seen, PASSIVE_LEVEL);
    KeLowerIrql(old);
}

static void time_goes_on(void **state)
{
    LARGE_INTEGER frequency = {.QuadPart = 0};
    LARGE_INTEGER first;
    LARGE_INTEGER second;
    LARGE_INTEGER now;

    kit_begin(state, NULL);
    first = KeQueryPerformanceCounter(&frequency);
    second = KeQueryPerformanceCounter(NULL);
    EXPECT_EQ(frequency.QuadPart, 10000000);
    EXPECT_TRUE(second.QuadPart >= first.QuadPart);
    KeQuerySystemTime(&now);
    EXPECT_TRUE(now.QuadPart > 132000000000000000ll); /* after April 2019, counted from 1601 */
    first = now;
    KeQuerySystemTimePrecise(&now);
    EXPECT_TRUE(now.QuadPart >= first.QuadPart);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ke.irql.goes_up_and_down", "DV-08", irql_goes_up_and_down),
    KIT_CASE("ke.irql.wrong_direction_is_reported", "DV-08", wrong_direction_is_reported),
    KIT_CASE("ke.irql.each_thread_has_its_own", "", each_thread_has_its_own),
    KIT_CASE("ke.region.counts", "IMG-40", regions_count),
    KIT_CASE("ke.region.leave_without_enter_is_reported", "DV-19", leave_without_enter_is_reported),
    KIT_CASE("ke.region.above_apc_level_is_reported", "DV-31", region_above_apc_level_is_reported),
    KIT_CASE("ke.time.goes_on", "", time_goes_on),
};

NTCB_TEST_MAIN("library", tests)
