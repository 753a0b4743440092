/* SPDX-License-Identifier: MIT
 *
 * misuse_irql_test.c - routines called at an IRQL that is not for them (rules DV), row by row: the
 * fault, and the same without it.
 */
#include "misuse_source.h"

#define CALL_RULE(id)     \
    NTCB_BUGCHECK, 0xC4,  \
    {                     \
        id, ANY, ANY, ANY \
    }

/* ---- IRQL of the registration routines (DV-01, -02, -03, -07) ---- */

static void at_irql(const struct source *which, bool wrong_add, bool wrong_remove, KIRQL level)
{
    KIRQL old = misuse_raise(wrong_add, level);

    which->add();
    KeLowerIrql(old);
    old = misuse_raise(wrong_remove, level);
    which->remove();
    KeLowerIrql(old);
}

#define ADDS_AT(name, index, level)                    \
    static void name(bool wrong)                       \
    {                                                  \
        at_irql(&sources[index], wrong, false, level); \
    }
#define REMOVES_AT(name, index, level)                 \
    static void name(bool wrong)                       \
    {                                                  \
        at_irql(&sources[index], false, wrong, level); \
    }

ADDS_AT(image_added_at_apc, 0, APC_LEVEL)
ADDS_AT(process_added_at_apc, 1, APC_LEVEL)
REMOVES_AT(process_removed_at_apc, 1, APC_LEVEL)
ADDS_AT(thread_added_at_apc, 2, APC_LEVEL)
ADDS_AT(registry_added_at_dispatch, 3, DISPATCH_LEVEL)
REMOVES_AT(registry_removed_at_dispatch, 3, DISPATCH_LEVEL)
ADDS_AT(object_added_at_dispatch, 4, DISPATCH_LEVEL)
REMOVES_AT(object_removed_at_dispatch, 4, DISPATCH_LEVEL)
REMOVES_AT(callback_removed_at_dispatch, 5, DISPATCH_LEVEL)
REMOVES_AT(image_removed_at_dispatch, 0, DISPATCH_LEVEL)
REMOVES_AT(thread_removed_at_dispatch, 2, DISPATCH_LEVEL)

static void callback_added_at_dispatch(bool wrong)
{
    PCALLBACK_OBJECT object = make_callback_object(u"\\Callback\\Misuse");
    KIRQL old = misuse_raise(wrong, DISPATCH_LEVEL);
    PVOID registration = ExRegisterCallback(object, source_callback, NULL);

    KeLowerIrql(old);
    ExUnregisterCallback(registration);
    ObDereferenceObject(object);
}

static void callback_object_made_at_apc(bool wrong)
{
    KIRQL old = misuse_raise(wrong, APC_LEVEL);
    PCALLBACK_OBJECT object = make_callback_object(u"\\Callback\\Misuse");

    KeLowerIrql(old);
    ObDereferenceObject(object);
}

/* ---- IRQL of what drivers call besides (DV-04, -05, -06, -31, -08, -26) ---- */

static void zw_at_apc(bool wrong)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    KIRQL old;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    old = misuse_raise(wrong, APC_LEVEL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    KeLowerIrql(old);
    EXPECT_SUCCESS(ZwClose(key));
}

static void object_by_handle_at_apc(bool wrong)
{
    OBJECT_ATTRIBUTES attributes;
    PVOID object;
    HANDLE key;
    KIRQL old;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    old = misuse_raise(wrong, APC_LEVEL);
    EXPECT_SUCCESS(ObReferenceObjectByHandle(key, 0, NULL, KernelMode, &object, NULL));
    KeLowerIrql(old);
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(key));
}

static void waits_at_dispatch(bool wrong)
{
    LARGE_INTEGER soon = {.QuadPart = wrong ? -1 : 0};
    KEVENT event;
    KIRQL old;

    KeInitializeEvent(&event, NotificationEvent, TRUE);
    misuse_routine = &event;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_SUCCESS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &soon));
    KeLowerIrql(old);
}

static void runs_down_at_dispatch(bool wrong)
{
    EX_RUNDOWN_REF reference;
    KIRQL old;

    ExInitializeRundownProtection(&reference);
    misuse_routine = &reference;
    old = misuse_raise(wrong, DISPATCH_LEVEL);
    ExWaitForRundownProtectionRelease(&reference);
    KeLowerIrql(old);
}

static void raises_downwards(bool wrong)
{
    KIRQL old, between;

    KeRaiseIrql(APC_LEVEL, &old);
    KeRaiseIrql(wrong ? PASSIVE_LEVEL : APC_LEVEL, &between);
    KeLowerIrql(PASSIVE_LEVEL);
}

static void lowers_upwards(bool wrong)
{
    KeLowerIrql(wrong ? APC_LEVEL : PASSIVE_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

static void enters_a_region_at_dispatch(bool wrong)
{
    KIRQL old = misuse_raise(wrong, DISPATCH_LEVEL);

    KeEnterCriticalRegion();
    KeLowerIrql(old);
    KeLeaveCriticalRegion();
}

static void paged_pool_at_dispatch(bool wrong)
{
    PVOID block;
    KIRQL old = misuse_raise(wrong, DISPATCH_LEVEL);

    block = ExAllocatePoolWithTag(PagedPool, 16, 0x74736554);
    KeLowerIrql(old);
    ExFreePool(block);
}

static const struct misuse irql_rows[] = {
    {"image_added_at_apc", image_added_at_apc, {"DV-01", CALL_RULE(0x2001C)}, 0, 0},
    {"process_added_at_apc", process_added_at_apc, {"DV-01", CALL_RULE(0x2001C)}, 0, 0},
    {"process_removed_at_apc", process_removed_at_apc, {"DV-01", CALL_RULE(0x2001C)}, 0, 0},
    {"thread_added_at_apc", thread_added_at_apc, {"DV-01", CALL_RULE(0x2001C)}, 0, 0},
    {"registry_added", registry_added_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"registry_removed", registry_removed_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"object_added", object_added_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"object_removed", object_removed_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"callback_added", callback_added_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"callback_removed", callback_removed_at_dispatch, {"DV-02", CALL_RULE(0x20006)}, 0, 0},
    {"callback_object",
     callback_object_made_at_apc,
     {"DV-03", NTCB_WARNING, 0xC4, {0x20008, ANY, ANY, ANY}},
     0,
     0},
    {"zw", zw_at_apc, {"DV-04", CALL_RULE(0x2001F)}, 0, 0},
    {"object_by_handle", object_by_handle_at_apc, {"DV-05", CALL_RULE(0x2001B)}, 0, 0},
    {"wait",
     waits_at_dispatch,
     {"DV-06", NTCB_BUGCHECK, 0xC4, {0x3B, DISPATCH_LEVEL, ROUTINE, ANY}},
     0,
     0},
    {"run_down",
     runs_down_at_dispatch,
     {"DV-06", NTCB_BUGCHECK, 0xC4, {0x3B, DISPATCH_LEVEL, ROUTINE, 0}},
     0,
     0},
    {"image_removed",
     image_removed_at_dispatch,
     {"DV-07", NTCB_BUGCHECK, 0xA, {ANY, DISPATCH_LEVEL, ANY, ANY}},
     0,
     0},
    {"thread_removed",
     thread_removed_at_dispatch,
     {"DV-07", NTCB_BUGCHECK, 0xA, {ANY, DISPATCH_LEVEL, ANY, ANY}},
     0,
     0},
    {"raise",
     raises_downwards,
     {"DV-08", NTCB_BUGCHECK, 0xC4, {0x30, APC_LEVEL, PASSIVE_LEVEL, 0}},
     0,
     0},
    {"lower",
     lowers_upwards,
     {"DV-08", NTCB_BUGCHECK, 0xC4, {0x31, PASSIVE_LEVEL, APC_LEVEL, 0}},
     0,
     0},
    {"region", enters_a_region_at_dispatch, {"DV-31", CALL_RULE(0x11A)}, 0, 0},
    {"paged_pool", paged_pool_at_dispatch, {"DV-26", CALL_RULE(ANY)}, 0, 0},
};

static void routines_have_irql_limits(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(irql_rows); row++) {
        misuse_both(&irql_rows[row]);
    }
}

static const struct ntcb_test tests[] = {
    {"sim.misuse_irql.routines_have_limits",
     "DV-01 DV-02 DV-03 DV-04 DV-05 DV-06 DV-07 DV-08 DV-26 DV-31", routines_have_irql_limits, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
