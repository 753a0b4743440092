/* SPDX-License-Identifier: MIT
 *
 * pass_test.c - what the engine does around each call: environment, observer, nesting limit.
 */
#include "../ps/image_kit.h"

/* ---- the environment a callback must give back ----------------------------------------------- */

static void raise_irql(void)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static void enter_critical(void)
{
    KeEnterCriticalRegion();
}

static void leave_critical(void)
{
    KeLeaveCriticalRegion();
}

static void enter_guarded(void)
{
    KeEnterGuardedRegion();
}

static const struct {
    void (*misdeed)(void);
    const char *rule;
    uint32_t bugcheck;
    uint64_t first;
    const char *text;
} misdeeds[] = {
    {raise_irql, "DV-18", 0xC8, (2u << 16) | 2, "returned at 2"},
    {enter_critical, "DV-17", 0xC4, 0xC5, "critical regions 2 (entered with 1)"},
    {leave_critical, "DV-17", 0xC4, 0xC5, "critical regions 0 (entered with 1)"},
    {enter_guarded, "DV-17", 0xC4, 0xC5, "guarded regions 1 (entered with 0)"},
};

static void changed_environment_is_reported_and_put_back(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;
    size_t index;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    for (index = 0; index < RTL_NUMBER_OF(misdeeds); ++index) {
        image_hook = misdeeds[index].misdeed;
        EXPECT_STR(image_heard(kit), "HA");
        report = kit_expect_report(kit, misdeeds[index].rule);
        EXPECT_TRUE(report != NULL);
        EXPECT_EQ(report->bugcheck, misdeeds[index].bugcheck);
        EXPECT_EQ(report->parameter[0], misdeeds[index].first);
        EXPECT_EQ(report->parameter[1], (uintptr_t)image_hooked);
        EXPECT_TRUE(strstr(report->what, misdeeds[index].text) != NULL);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        EXPECT_EQ(KeAreApcsDisabled(), FALSE);
        EXPECT_EQ(kit_unexpected_reports(kit), 0); /* the next callback is not blamed */
    }
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

static void balanced(void)
{
    KIRQL old;

    KeEnterCriticalRegion();
    KeRaiseIrql(APC_LEVEL, &old);
    KeEnterGuardedRegion();
    KeLeaveGuardedRegion();
    KeLowerIrql(old);
    KeLeaveCriticalRegion();
}

static void balanced_callback_is_not_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = balanced;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_STR(image_heard(kit), "H");
    EXPECT_EQ(kit->report_count, 0);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
}

/* ---- observer -------------------------------------------------------------------------------- */

static struct {
    struct ntcb_registration registration;
    int notify_class;
    const void *information;
} noted;

static void observe(void *context, const struct ntcb_call *call)
{
    kit_log(context, call->entering ? '<' : '>');
    noted.registration = *call->registration;
    noted.notify_class = call->notify_class;
    noted.information = call->information;
}

static void observer_frames_every_call(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.observer = observe});

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STR(image_heard(kit), "<A><B>");
    EXPECT_EQ(noted.registration.manager, NTCB_MANAGER_IMAGE);
    EXPECT_PTR(noted.registration.routine, (const void *)(uintptr_t)image_b);
    EXPECT_EQ(noted.registration.slot, 1);
    EXPECT_EQ(noted.registration.id, 2);
    EXPECT_EQ(noted.notify_class, -1);
    EXPECT_TRUE(noted.information != NULL);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

/* ---- nesting --------------------------------------------------------------------------------- */

static int levels;

static void nest(void)
{
    if (--levels > 0) {
        image_load_one(here, NULL);
    }
}

static void deep_nesting_works_up_to_the_limit(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = nest;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    levels = 128;
    EXPECT_EQ(strlen(image_heard(kit)), 128);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
}

static void print_report(void *context, const struct ntcb_report *report)
{
    (void)context;
    fprintf(stderr, "%s 0x%X(%llu)\n", report->rule, report->bugcheck,
            (unsigned long long)report->parameter[0]);
}

static void nest_without_end(void)
{
    struct ntcb_kernel *kernel;
    struct ntcb_config config = NTCB_CONFIG_INIT;

    config.report = print_report;
    levels = 1000;
    image_hook = nest;
    ntcb_kernel_create(&kernel, &config);
    ntcb_kernel_enter(kernel);
    PsSetLoadImageNotifyRoutine(image_hooked);
    image_load_one(here, NULL);
}

static void endless_nesting_is_the_double_fault_it_would_be(void **state)
{
    char text[1024];

    kit_begin(state, NULL);
    EXPECT_EQ(kit_die(nest_without_end, text, sizeof(text)), NTCB_TEST_ABORTED);
    EXPECT_TRUE(strstr(text, "IMG-24 0x7F(8)") != NULL);
    EXPECT_TRUE(strstr(text, "nested too deep") != NULL);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ex.pass.changed_environment_is_reported_and_put_back", "DV-17 DV-18",
             changed_environment_is_reported_and_put_back),
    KIT_CASE("ex.pass.balanced_callback_is_not_reported", "DV-17 DV-18",
             balanced_callback_is_not_reported),
    KIT_CASE("ex.pass.observer_frames_every_call", "", observer_frames_every_call),
    KIT_CASE("ex.pass.deep_nesting_works_up_to_the_limit", "IMG-24",
             deep_nesting_works_up_to_the_limit),
    KIT_CASE("ex.pass.endless_nesting_is_the_double_fault_it_would_be", "IMG-24",
             endless_nesting_is_the_double_fault_it_would_be),
};

NTCB_TEST_MAIN("library", tests)
