/* SPDX-License-Identifier: MIT
 *
 * misuse_use_test.c - what a driver does wrong with objects, handles, regions and registrations
 * (rules DV), row by row: the fault, and the same without it.
 */
#include "misuse_source.h"

#define CALL_RULE(id)     \
    NTCB_BUGCHECK, 0xC4,  \
    {                     \
        id, ANY, ANY, ANY \
    }

/* ---- regions (DV-19) ---- */

static void leaves_without_entering(bool wrong)
{
    if (!wrong) {
        KeEnterCriticalRegion();
    }
    KeLeaveCriticalRegion();
}

static void leaves_guarded_without_entering(bool wrong)
{
    if (!wrong) {
        KeEnterGuardedRegion();
    }
    KeLeaveGuardedRegion();
}

static void zw_in_a_guarded_region(bool wrong)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (wrong) {
        KeEnterGuardedRegion();
    }
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    if (wrong) {
        KeLeaveGuardedRegion();
    }
    EXPECT_SUCCESS(ZwClose(key));
}

static void detaches_without_attaching(bool wrong)
{
    KAPC_STATE state = {.Process = NtcbInitialSystemProcess()};

    if (!wrong) {
        KeStackAttachProcess(NtcbInitialSystemProcess(), &state);
    }
    KeUnstackDetachProcess(&state);
}

static void attaches_without_end(bool wrong)
{
    KAPC_STATE states[9];
    size_t count = wrong ? 9 : 8;

    for (size_t i = 0; i < count; i++) {
        KeStackAttachProcess(NtcbInitialSystemProcess(), &states[i]);
    }
    for (size_t i = 8; i-- != 0;) {
        KeUnstackDetachProcess(&states[i]);
    }
}

static void waits_for_itself(bool wrong)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    KeEnterCriticalRegion();
    EXPECT_TRUE(ExAcquireRundownProtectionEx(&reference, 2));
    ExReleaseRundownProtection(&reference);
    misuse_routine = &reference;
    if (!wrong) {
        ExReleaseRundownProtection(&reference);
    }
    ExWaitForRundownProtectionRelease(&reference);
    if (wrong) {
        ExReleaseRundownProtection(&reference);
        ExWaitForRundownProtectionRelease(&reference);
    }
    KeLeaveCriticalRegion();
}

static void can_be_suspended_while_it_holds(bool wrong)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    misuse_routine = &reference;
    if (!wrong) {
        KeEnterCriticalRegion();
    }
    EXPECT_TRUE(ExAcquireRundownProtection(&reference));
    ExReleaseRundownProtection(&reference);
    if (!wrong) {
        KeLeaveCriticalRegion();
    }
}

/* ---- handles and references (DV-13, -14, -23, -24, -30, -16) ---- */

static void unregisters_twice(bool wrong)
{
    sources[4].add();
    sources[4].remove();
    if (wrong) {
        sources[4].remove();
    }
}

static void unregisters_a_callback_twice(bool wrong)
{
    sources[5].add();
    sources[5].remove();
    if (wrong) {
        misuse_routine = source_registration;
        sources[5].remove();
    }
}

static void notifies_the_system(bool wrong)
{
    PCALLBACK_OBJECT object =
        make_callback_object(wrong ? u"\\Callback\\PowerState" : u"\\Callback\\Misuse");

    ExNotifyCallback(object, NULL, NULL);
    ObDereferenceObject(object);
}

static PEPROCESS system_process(void)
{
    PEPROCESS process = NULL;

    EXPECT_SUCCESS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)4, &process));
    return process;
}

static void dereferences_twice(bool wrong)
{
    PCALLBACK_OBJECT object = make_callback_object(u"\\Callback\\Misuse");

    misuse_routine = object;
    ObDereferenceObject(object);
    if (wrong) {
        ObDereferenceObject(object);
    }
}

static void closes_twice(bool wrong)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    EXPECT_SUCCESS(ZwClose(key));
    misuse_routine = key;
    if (wrong) {
        EXPECT_STATUS(ZwClose(key), STATUS_INVALID_HANDLE);
    }
}

static void registers_null_images(bool wrong)
{
    PLOAD_IMAGE_NOTIFY_ROUTINE routine = wrong ? NULL : source_image;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(routine));
    raise_image();
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(routine));
}

static void registers_null_threads(bool wrong)
{
    PCREATE_THREAD_NOTIFY_ROUTINE routine = wrong ? NULL : source_thread;
    struct ntsim_process *process;

    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(routine));
    process = make_process("C:\\other.exe");
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(routine));
    ntsim_process_exit(process, STATUS_SUCCESS);
}

static void registers_null_processes(bool wrong)
{
    PCREATE_PROCESS_NOTIFY_ROUTINE routine = wrong ? NULL : source_process;
    struct ntsim_process *process;

    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(routine, FALSE));
    process = make_process("C:\\other.exe");
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(routine, TRUE));
    ntsim_process_exit(process, STATUS_SUCCESS);
}

static void releases_too_much(bool wrong)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    if (!wrong) {
        EXPECT_TRUE(ExAcquireRundownProtection(&reference));
    }
    misuse_routine = &reference;
    ExReleaseRundownProtection(&reference);
}

static const struct misuse use_rows[] = {
    {"object_twice",
     unregisters_twice,
     {"DV-13", NTCB_BUGCHECK, 0x7E, {0xC0000005, ANY, ANY, ANY}},
     0,
     0},
    {"callback_twice",
     unregisters_a_callback_twice,
     {"EX-12", NTCB_BUGCHECK, 0x50, {ROUTINE, ANY, ANY, ANY}},
     0,
     0},
    {"system_callback", notifies_the_system, {"DV-14", NTCB_WARNING, 0, {0, 0, 0, 0}}, 0, 0},
    {"run_down_over_release",
     releases_too_much,
     {"DV-16", NTCB_VIOLATION, 0, {ROUTINE, 0, 0, 0}},
     0,
     0},
    {"run_down_of_itself",
     waits_for_itself,
     {"DV-10", NTCB_VIOLATION, 0, {ROUTINE, 0, 0, 0}},
     NTCB_SWITCH_LINT,
     0},
    {"run_down_outside_of_a_region",
     can_be_suspended_while_it_holds,
     {"RUN-09", NTCB_WARNING, 0, {ROUTINE, 0, 0, 0}},
     NTCB_SWITCH_LINT,
     0},
    {"leave", leaves_without_entering, {"DV-19", CALL_RULE(0x3E)}, 0, 0},
    {"leave_guarded", leaves_guarded_without_entering, {"DV-19", CALL_RULE(0x4000E)}, 0, 0},
    {"zw_guarded",
     zw_in_a_guarded_region,
     {"DV-04", NTCB_BUGCHECK, 0xC4, {0xE6, ANY, PASSIVE_LEVEL, 1}},
     0,
     0},
    {"detach", detaches_without_attaching, {"DV-25", NTCB_BUGCHECK, 0x6, {0, 0, 0, 0}}, 0, 0},
    {"attach", attaches_without_end, {"DV-25", NTCB_BUGCHECK, 0x5, {0, 0, 0, 0}}, 0, 0},
    {"dereference",
     dereferences_twice,
     {"DV-23", NTCB_BUGCHECK, 0x18, {ANY, ROUTINE, ANY, ANY}},
     0,
     0},
    {"close", closes_twice, {"DV-24", NTCB_VIOLATION, 0x93, {ROUTINE, ANY, ANY, ANY}}, 0, 0},
    {"null_image",
     registers_null_images,
     {"DV-30", NTCB_BUGCHECK, 0x3B, {0xC0000005, ANY, ANY, ANY}},
     0,
     0},
    {"null_thread",
     registers_null_threads,
     {"DV-30", NTCB_BUGCHECK, 0x3B, {0xC0000005, ANY, ANY, ANY}},
     0,
     0},
    {"null_process",
     registers_null_processes,
     {"DV-30", NTCB_BUGCHECK, 0x3B, {0xC0000005, ANY, ANY, ANY}},
     0,
     0},
};

static void routines_have_uses(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(use_rows); row++) {
        misuse_both(&use_rows[row]);
    }
}

/* ---- leaks (DV-22, -23): seen at the end ---- */

static void a_reference_left_is_a_leak(void **state)
{
    PEPROCESS process = NULL;

    (void)state;
    misuse_begin(0, 0);
    misuse_load();
    process = system_process();
    ObDereferenceObject(process);
    misuse_expect("balanced", NULL);
    process = (PEPROCESS)make_process("C:\\other.exe");
    EXPECT_SUCCESS(PsLookupProcessByProcessId(PsGetProcessId(process), &process));
    ntsim_process_exit((struct ntsim_process *)process, STATUS_SUCCESS);
    EXPECT_EQ(ntsim_driver_stop(misuse_driver), NTCB_OK);
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

/* ---- what a routine leaves its thread with (DV-18, -19) ---- */

static void stays_critical(bool wrong)
{
    KeEnterCriticalRegion();
    if (!wrong) {
        KeLeaveCriticalRegion();
    }
}

static void stays_guarded(bool wrong)
{
    KeEnterGuardedRegion();
    if (!wrong) {
        KeLeaveGuardedRegion();
    }
}

static void stays_raised(bool wrong)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    if (!wrong) {
        KeLowerIrql(old);
    }
}

static const struct misuse entry_rows[] = {
    {"entry in a critical region",
     stays_critical,
     {"DV-19", NTCB_BUGCHECK, 0xC4, {0x40003, ROUTINE, 1, 0}},
     0,
     0},
    {"entry in a guarded region",
     stays_guarded,
     {"DV-19", NTCB_BUGCHECK, 0xC4, {0x4000E, ROUTINE, 0x10000, 0}},
     0,
     0},
    {"entry at DISPATCH_LEVEL",
     stays_raised,
     {"DV-18", NTCB_BUGCHECK, 0xC8, {DISPATCH_LEVEL << 16 | 2, ROUTINE, 0, 0}},
     0,
     0},
};

static void entry_routines_leave_the_thread_as_it_was(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(entry_rows) * 2; row++) {
        const struct misuse *misuse = &entry_rows[row / 2];

        misuse_begin(misuse->windows, misuse->switches);
        misuse_routine = (const void *)(uintptr_t)MisuseEntry;
        misuse_entry = misuse->run;
        misuse_wrong = row % 2 == 0;
        misuse_load();
        misuse_entry = NULL;
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        EXPECT_FALSE(KeAreApcsDisabled());
        (void)ntsim_driver_stop(misuse_driver);
        misuse_expect(misuse->name, row % 2 == 0 ? &misuse->verdict : NULL);
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

static const struct ntcb_test tests[] = {
    {"sim.misuse_use.routines_have_uses",
     "DV-04 DV-10 DV-13 DV-14 DV-16 DV-19 DV-23 DV-24 DV-25 DV-30 RUN-09 RUN-12",
     routines_have_uses, NULL, NULL},
    {"sim.misuse_use.reference_left", "DV-23", a_reference_left_is_a_leak, NULL, NULL},
    {"sim.misuse_use.entry_leaves_the_thread_as_it_was", "DV-18 DV-19",
     entry_routines_leave_the_thread_as_it_was, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
