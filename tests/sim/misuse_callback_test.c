/* SPDX-License-Identifier: MIT
 *
 * misuse_callback_test.c - what callbacks do wrong, and drivers with their callbacks (rules DV), in
 * each of the six managers: the fault, and the same without it.
 */
#include "misuse_source.h"

/* ---- what a callback does, in each manager ---- */

static void stays_in_a_critical_region(void)
{
    KeEnterCriticalRegion();
}

static void leaves_the_region(void)
{
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
}

static void stays_in_a_guarded_region(void)
{
    KeEnterGuardedRegion();
}

static void stays_at_dispatch(void)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static void comes_back_from_dispatch(void)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeLowerIrql(old);
}

static void removes_itself(void)
{
    source->remove();
}

static void does_nothing(void)
{
}

static void raises_an_exception(void)
{
    ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}

static KAPC_STATE apc_state;

static void stays_attached(void)
{
    KeStackAttachProcess(NtcbInitialSystemProcess(), &apc_state);
}

static void comes_back(void)
{
    KeStackAttachProcess(NtcbInitialSystemProcess(), &apc_state);
    KeUnstackDetachProcess(&apc_state);
}

static void uses_the_registry(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    EXPECT_SUCCESS(ZwClose(key));
}

static void waits(void)
{
    LARGE_INTEGER soon = {.QuadPart = -1};

    EXPECT_STATUS(KeDelayExecutionThread(KernelMode, FALSE, &soon), STATUS_SUCCESS);
}

#define ADVISED                                                                          \
    (1u << NTCB_MANAGER_IMAGE | 1u << NTCB_MANAGER_PROCESS | 1u << NTCB_MANAGER_THREAD | \
     1u << NTCB_MANAGER_OBJECT)

struct deed {
    const char *name;
    void (*wrong)(void);
    void (*right)(void);
    struct verdict verdict;
    struct verdict registry; /* where it differs; else no rule */
    uint32_t switches;
    uint32_t managers; /* a bit for each in which it is wrong; 0: in all */
};

static const struct deed deeds[] = {
    {"removes itself",
     removes_itself,
     does_nothing,
     {"DV-10", NTCB_VIOLATION, 0, {0, 0, 0, 0}},
     {0},
     0,
     0},
    {"raises an exception",
     raises_an_exception,
     does_nothing,
     {"DV-15", NTCB_BUGCHECK, 0x1E, {0x80000002, ANY, ANY, ANY}},
     {"CM-EXC-01", NTCB_BUGCHECK, 0x135, {0x80000002, ANY, ROUTINE, 0}},
     0,
     0},
    {"stays in a critical region",
     stays_in_a_critical_region,
     leaves_the_region,
     {"DV-17", NTCB_BUGCHECK, 0xC4, {0xC5, ROUTINE, ANY, ANY}},
     {0},
     0,
     0},
    {"stays in a guarded region",
     stays_in_a_guarded_region,
     does_nothing,
     {"DV-17", NTCB_BUGCHECK, 0xC4, {0xC5, ROUTINE, ANY, ANY}},
     {0},
     0,
     0},
    {"stays at DISPATCH_LEVEL",
     stays_at_dispatch,
     comes_back_from_dispatch,
     {"DV-18", NTCB_BUGCHECK, 0xC8, {DISPATCH_LEVEL << 16 | 2, ROUTINE, 0, 0}},
     {0},
     0,
     0},
    {"stays attached",
     stays_attached,
     comes_back,
     {"DV-25", NTCB_BUGCHECK, 0x6, {ROUTINE, 0, 0, 0}},
     {0},
     0,
     0},
    {"uses the registry",
     uses_the_registry,
     does_nothing,
     {"DV-29", NTCB_WARNING, 0, {0, 0, 0, 0}},
     {0},
     NTCB_SWITCH_LINT,
     ADVISED},
    {"waits",
     waits,
     does_nothing,
     {"DV-29", NTCB_WARNING, 0, {0, 0, 0, 0}},
     {0},
     NTCB_SWITCH_LINT,
     ADVISED},
};

static void do_deed(const struct deed *deed, bool wrong)
{
    const struct verdict *verdict = &deed->verdict;
    char name[96];

    if (source->manager == NTCB_MANAGER_REGISTRY && deed->registry.rule != NULL) {
        verdict = &deed->registry;
    }
    snprintf(name, sizeof(name), "%s: a callback %s", source->name, deed->name);
    misuse_begin(0, deed->switches);
    misuse_load();
    misuse_routine = source->routine;
    source_hook = NULL;
    source->add();
    source_hook = wrong ? deed->wrong : deed->right;
    source->raise();
    EXPECT_TRUE(source_hook == NULL); /* it was heard */
    source->raise();                  /* and all is as before */
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_PTR(PsGetCurrentProcess(), NtcbInitialSystemProcess());
    source->remove();
    (void)ntsim_driver_stop(misuse_driver);
    wrong = wrong && (deed->managers == 0 || (deed->managers & 1u << source->manager) != 0);
    misuse_expect(name, wrong ? verdict : NULL);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static void callbacks_return_as_they_were_called(void **state)
{
    (void)state;
    for (size_t deed = 0; deed < RTL_NUMBER_OF(deeds); deed++) {
        for (size_t row = 0; row < RTL_NUMBER_OF(sources); row++) {
            source = &sources[row];
            do_deed(&deeds[deed], true);
            do_deed(&deeds[deed], false);
        }
    }
}

/* ---- unloading (DV-20) ---- */

static void adds_in_entry(bool wrong)
{
    (void)wrong;
    source->add();
}

static VOID NTAPI removes_in_unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    source->remove();
}

static void registrations_end_before_the_driver(void **state)
{
    static const struct verdict left = {"DV-20", NTCB_BUGCHECK, 0xCE, {ROUTINE, 0, ANY, 0}};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(sources) * 2; row++) {
        source = &sources[row / 2];
        misuse_begin(0, 0);
        misuse_routine = source->routine;
        misuse_entry = adds_in_entry;
        misuse_load();
        misuse_entry = NULL;
        misuse_unload = row % 2 != 0 ? removes_in_unload : NULL;
        (void)ntsim_driver_stop(misuse_driver);
        misuse_expect(source->name, row % 2 == 0 ? &left : NULL);
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

/* ---- freeing too early (DV-21) ---- */

static void frees_the_context(bool wrong)
{
    source_context = ExAllocatePoolWithTag(NonPagedPool, 64, 0x74736554);
    source->add();
    if (wrong) {
        ExFreePool(source_context);
    }
    source->remove();
    if (!wrong) {
        ExFreePool(source_context);
    }
    source_context = NULL;
}

static void contexts_outlive_their_callbacks(void **state)
{
    static const struct verdict freed = {
        "DV-21", NTCB_VIOLATION, 0x3B, {0xC0000005, ROUTINE, 0, 0}};

    (void)state;
    for (size_t row = 3; row < RTL_NUMBER_OF(sources); row++) { /* those that have contexts */
        source = &sources[row];
        for (int wrong = 1; wrong >= 0; wrong--) {
            misuse_begin(0, 0);
            misuse_load();
            misuse_routine = source->routine;
            frees_the_context(wrong != 0);
            (void)ntsim_driver_stop(misuse_driver);
            misuse_expect(source->name, wrong != 0 ? &freed : NULL);
            EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
        }
    }
}

static PVOID driver_state;

static void makes_state(bool wrong)
{
    (void)wrong;
    driver_state = ExAllocatePoolWithTag(NonPagedPool, 64, 0x74736554);
    source->add();
}

static VOID NTAPI frees_first(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    ExFreePool(driver_state);
    source->remove();
}

static VOID NTAPI frees_last(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    source->remove();
    ExFreePool(driver_state);
}

static void unloading_removes_before_it_frees(void **state)
{
    static const struct verdict early = {"DV-21", NTCB_WARNING, 0x3B, {0xC0000005, ROUTINE, 0, 0}};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(sources) * 2; row++) {
        source = &sources[row / 2];
        misuse_begin(0, NTCB_SWITCH_LINT);
        misuse_routine = source->routine;
        misuse_entry = makes_state;
        misuse_load();
        misuse_entry = NULL;
        misuse_unload = row % 2 != 0 ? frees_last : frees_first;
        (void)ntsim_driver_stop(misuse_driver);
        misuse_expect(source->name, row % 2 == 0 ? &early : NULL);
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

static const struct ntcb_test tests[] = {
    {"sim.misuse_callback.returns_as_it_was_called", "DV-10 DV-15 DV-17 DV-18 DV-25 DV-29",
     callbacks_return_as_they_were_called, NULL, NULL},
    {"sim.misuse_callback.registration_ends_before_the_driver", "DV-20",
     registrations_end_before_the_driver, NULL, NULL},
    {"sim.misuse_callback.context_outlives_its_callback", "DV-21", contexts_outlive_their_callbacks,
     NULL, NULL},
    {"sim.misuse_callback.unloading_removes_before_it_frees", "DV-21",
     unloading_removes_before_it_frees, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
