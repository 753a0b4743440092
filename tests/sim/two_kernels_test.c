/* SPDX-License-Identifier: MIT
 *
 * two_kernels_test.c - two kernels in one process, under different profiles, have nothing in
 * common; and a driver that is a module, with all it leaves behind.
 */
#include "misuse_source.h"

static struct ntsim *kernels[2];
static struct ntsim_driver *drivers[2];
static unsigned heard[2];

static void note_kernel(void)
{
    for (size_t i = 0; i < 2; i++) {
        heard[i] += ntsim_current() == kernels[i];
    }
}

static struct ntsim_thread *be_in(size_t index)
{
    sim = kernels[index];
    return ntsim_enter(sim);
}

static void raise_in(size_t index)
{
    struct ntsim_thread *previous = be_in(index);

    source_hook = note_kernel;
    source->raise();
    source_hook = NULL;
    ntsim_leave(previous);
}

static void expect_heard(unsigned first, unsigned second)
{
    EXPECT_EQ(heard[0], first);
    EXPECT_EQ(heard[1], second);
    heard[0] = heard[1] = 0;
}

static void make_kernels(void)
{
    static const enum ntcb_windows windows[] = {NTCB_WINDOWS_7, NTCB_WINDOWS_11};
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    config.quiet = true;
    for (size_t i = 0; i < 2; i++) {
        config.kernel.windows = windows[i];
        EXPECT_EQ(ntsim_create(&kernels[i], &config), NTCB_OK);
        drivers[i] = ntsim_driver_start(kernels[i], "misuse", MisuseEntry);
    }
}

static void end_kernels(void)
{
    for (size_t i = 0; i < 2; i++) {
        EXPECT_EQ(ntsim_driver_stop(drivers[i]), NTCB_OK);
        EXPECT_EQ(ntsim_destroy(kernels[i]), NTCB_OK);
    }
}

/* What a source remembers of its registration. */
struct kept {
    LARGE_INTEGER cookie;
    PVOID handle, registration;
    PCALLBACK_OBJECT object;
};

static struct kept swap_kept(struct kept with)
{
    struct kept old = {source_cookie, source_handle, source_registration, source_callback_object};

    source_cookie = with.cookie;
    source_handle = with.handle;
    source_registration = with.registration;
    source_callback_object = with.object;
    return old;
}

static void kernels_hear_their_own_events(void **state)
{
    struct kept first, second;
    struct ntsim_thread *previous;

    (void)state;
    make_kernels();
    for (source = sources; source < sources + RTL_NUMBER_OF(sources); source++) {
        print_message("%s\n", source->name);
        previous = be_in(0);
        source->add();
        ntsim_leave(previous);
        raise_in(0);
        expect_heard(1, 0);
        previous = be_in(1);
        first = swap_kept((struct kept){.object = NULL});
        if (source->manager != NTCB_MANAGER_CALLBACK) { /* there is no object to notify yet */
            raise_in(1);
            expect_heard(0, 0);
        }
        source->add();
        ntsim_leave(previous);
        raise_in(1);
        expect_heard(0, 1);
        second = swap_kept(first);
        raise_in(0);
        expect_heard(1, 0);
        previous = be_in(0);
        source->remove();
        ntsim_leave(previous);
        (void)swap_kept(second);
        raise_in(1);
        expect_heard(0, 1);
        previous = be_in(1);
        source->remove();
        ntsim_leave(previous);
    }
    end_kernels();
}

static void kernels_have_profiles_and_reports_of_their_own(void **state)
{
    struct ntsim_thread *previous;

    (void)state;
    make_kernels();
    for (size_t i = 0; i < 2; i++) {
        previous = be_in(i);
        EXPECT_EQ(MmGetSystemRoutineAddress(STRING(u"PsSetLoadImageNotifyRoutineEx")) != NULL,
                  i == 1);
        EXPECT_STATUS(
            PsSetCreateThreadNotifyRoutineEx((PSCREATETHREADNOTIFYTYPE)7, (PVOID)(ULONG_PTR)1),
            i == 1 ? STATUS_INVALID_PARAMETER : STATUS_NOT_IMPLEMENTED);
        ntsim_leave(previous);
    }
    EXPECT_EQ(ntsim_report_count(kernels[1]), 0);
    EXPECT_EQ(ntsim_report_count(kernels[0]), 1);
    EXPECT_TRUE(ntsim_expect_report(kernels[0], "THR-01"));
    end_kernels();
}

/* Each report about a module names it. */
static void reports_name_the_module(void **state)
{
    const struct ntsim_driver_options options = {.module = ntcb_test_driver("misuse")};
    NTSTATUS status;

    (void)state;
    misuse_begin(0, 0);
    EXPECT_EQ(ntsim_driver_load(sim, &options, &misuse_driver, &status), NTCB_OK);
    EXPECT_EQ(ntsim_report_count(sim), 1);
    EXPECT_EQ(ntsim_driver_unload(misuse_driver), NTCB_ELEAK);
    EXPECT_EQ(ntsim_report_count(sim), 1 + RTL_NUMBER_OF(sources));
    for (size_t i = 0; i < ntsim_report_count(sim); i++) {
        const struct ntcb_report *report = ntsim_report(sim, i);

        EXPECT_STR(report->rule, i == 0 ? "DV-01" : "DV-20");
        EXPECT_EQ(report->bugcheck, i == 0 ? 0xC4 : 0xCE);
        EXPECT_TRUE(strncmp(report->routine, "misuse.so", 9) == 0);
        EXPECT_TRUE(ntsim_expect_report(sim, report->rule));
    }
    for (source = sources; source < sources + RTL_NUMBER_OF(sources); source++) {
        if (source->manager != NTCB_MANAGER_CALLBACK) {
            source->raise(); /* calls nothing that is gone */
        }
    }
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.two_kernels.hear_their_own_events", "", kernels_hear_their_own_events, NULL, NULL},
    {"sim.two_kernels.have_profiles_and_reports_of_their_own", "",
     kernels_have_profiles_and_reports_of_their_own, NULL, NULL},
    {"sim.two_kernels.reports_name_the_module", "DV-01 DV-20", reports_name_the_module, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
