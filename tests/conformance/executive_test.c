/* SPDX-License-Identifier: MIT
 *
 * executive_test.c - callback objects: made, opened, registered with, notified.
 */
#include "../sim/simkit.h"

#include <ntcallback/dispatch.h>

static char trace[256];

static void note(char mark)
{
    size_t length = strlen(trace);

    if (length + 1 < sizeof(trace)) {
        trace[length] = mark;
        trace[length + 1] = '\0';
    }
}

static const char *take(void)
{
    static char taken[sizeof(trace)];

    memcpy(taken, trace, sizeof(taken));
    trace[0] = '\0';
    return taken;
}

static struct {
    PVOID argument1, argument2;
    KIRQL irql;
} shown;

/* Context is the letter. */
static VOID NTAPI Listen(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    note((char)(ULONG_PTR)Context);
    shown.argument1 = Argument1;
    shown.argument2 = Argument2;
    shown.irql = KeGetCurrentIrql();
}

static PVOID add(PCALLBACK_OBJECT object, char letter)
{
    return ExRegisterCallback(object, Listen, (PVOID)(ULONG_PTR)letter);
}

static NTSTATUS open_object(PCALLBACK_OBJECT *object, PUNICODE_STRING name, ULONG attributes,
                            BOOLEAN create, BOOLEAN multiple)
{
    OBJECT_ATTRIBUTES wanted;

    InitializeObjectAttributes(&wanted, name, attributes, NULL, NULL);
    return ExCreateCallback(object, &wanted, create, multiple);
}

#define NAMED STRING(u"\\Callback\\Mine")

static PCALLBACK_OBJECT make(BOOLEAN multiple)
{
    PCALLBACK_OBJECT object = NULL;

    EXPECT_SUCCESS(open_object(&object, NAMED, OBJ_CASE_INSENSITIVE, TRUE, multiple));
    return object;
}

static void opened_or_made_by_name(void **state)
{
    PCALLBACK_OBJECT object = NULL, again = NULL;

    (void)state;
    EXPECT_STATUS(open_object(&object, NAMED, 0, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(object == NULL);
    object = make(TRUE);
    EXPECT_SUCCESS(open_object(&again, NAMED, 0, FALSE, FALSE));
    EXPECT_PTR(again, object);
    ObDereferenceObject(again);
    EXPECT_SUCCESS(open_object(&again, NAMED, 0, TRUE, FALSE)); /* opened, for it is there */
    EXPECT_PTR(again, object);
    ObDereferenceObject(again);
    ObDereferenceObject(object);
}

static void a_name_is_needed(void **state)
{
    UNICODE_STRING empty = {0, 0, NULL};
    PCALLBACK_OBJECT object = NULL;

    (void)state;
    EXPECT_STATUS(open_object(&object, NULL, 0, TRUE, FALSE), STATUS_UNSUCCESSFUL);
    EXPECT_STATUS(open_object(&object, &empty, 0, TRUE, FALSE), STATUS_UNSUCCESSFUL);
    EXPECT_TRUE(object == NULL);
}

static void case_matters_unless_it_does_not(void **state)
{
    PCALLBACK_OBJECT object = make(FALSE), other = NULL;
    UNICODE_STRING *shouting = STRING(u"\\Callback\\MINE");

    (void)state;
    EXPECT_STATUS(open_object(&other, shouting, 0, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(open_object(&other, shouting, OBJ_CASE_INSENSITIVE, FALSE, FALSE));
    EXPECT_PTR(other, object);
    ObDereferenceObject(other);
    ObDereferenceObject(object);
}

static void a_permanent_object_outlives_its_references(void **state)
{
    PCALLBACK_OBJECT object = make(FALSE);
    HANDLE handle;

    (void)state;
    ObDereferenceObject(object); /* the last one: it is gone */
    EXPECT_STATUS(open_object(&object, NAMED, 0, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(open_object(&object, NAMED, OBJ_PERMANENT, TRUE, FALSE));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(open_object(&object, NAMED, 0, FALSE, FALSE));
    EXPECT_SUCCESS(
        ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, NULL, DELETE, NULL, KernelMode, &handle));
    EXPECT_SUCCESS(ZwMakeTemporaryObject(handle));
    EXPECT_SUCCESS(ZwClose(handle));
    ObDereferenceObject(object);
    EXPECT_STATUS(open_object(&object, NAMED, 0, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void one_routine_or_many_is_decided_once(void **state)
{
    PCALLBACK_OBJECT object = make(FALSE), again = NULL;
    PVOID first = add(object, 'a'), second;

    (void)state;
    EXPECT_TRUE(first != NULL);
    EXPECT_TRUE(add(object, 'b') == NULL);
    EXPECT_STR(ntcb_last_reason()->rule, "EX-07");
    EXPECT_SUCCESS(open_object(&again, NAMED, 0, TRUE, TRUE)); /* TRUE now changes nothing */
    EXPECT_TRUE(add(again, 'b') == NULL);
    ExUnregisterCallback(first);
    second = add(again, 'b'); /* the place is free */
    EXPECT_TRUE(second != NULL);
    ExUnregisterCallback(second);
    ObDereferenceObject(again);
    ObDereferenceObject(object);
}

static void a_registration_holds_the_object(void **state)
{
    PCALLBACK_OBJECT object = make(TRUE), again = NULL;
    PVOID first = add(object, 'a'), second = add(object, 'a'); /* twice the same */

    (void)state;
    EXPECT_TRUE(first != NULL && second != NULL && first != second);
    ExNotifyCallback(object, NULL, NULL);
    EXPECT_STR(take(), "aa");
    ObDereferenceObject(object); /* two references are left */
    EXPECT_SUCCESS(open_object(&again, NAMED, 0, FALSE, FALSE));
    EXPECT_PTR(again, object);
    ObDereferenceObject(again);
    ExUnregisterCallback(first);
    EXPECT_SUCCESS(open_object(&again, NAMED, 0, FALSE, FALSE));
    ObDereferenceObject(again);
    ExUnregisterCallback(second);
    EXPECT_STATUS(open_object(&again, NAMED, 0, FALSE, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void all_are_called_in_order_at_the_callers_irql(void **state)
{
    PCALLBACK_OBJECT object = make(TRUE);
    PVOID handles[3];

    (void)state;
    ExNotifyCallback(object, NULL, NULL); /* nobody yet */
    ExNotifyCallback(NULL, NULL, NULL);
    EXPECT_STR(take(), "");
    for (unsigned index = 0; index < 3; ++index) {
        handles[index] = add(object, (char)('a' + index));
    }
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; ++irql) {
        KIRQL old;

        KeRaiseIrql(irql, &old);
        ExNotifyCallback(object, (PVOID)(ULONG_PTR)11, (PVOID)(ULONG_PTR)22);
        EXPECT_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
        EXPECT_STR(take(), "abc");
        EXPECT_PTR(shown.argument1, 11);
        EXPECT_PTR(shown.argument2, 22);
        EXPECT_EQ(shown.irql, irql);
    }
    for (unsigned index = 0; index < 3; ++index) {
        ExUnregisterCallback(handles[index]);
    }
    ObDereferenceObject(object);
}

static PCALLBACK_OBJECT changing;
static PVOID to_remove;

static VOID NTAPI Change(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Argument1;
    (void)Argument2;
    note((char)(ULONG_PTR)Context);
    ExUnregisterCallback(to_remove);
}

static void a_routine_may_take_away_another(void **state)
{
    PVOID first;

    (void)state;
    changing = make(TRUE);
    first = ExRegisterCallback(changing, Change, (PVOID)(ULONG_PTR)'a');
    to_remove = add(changing, 'b');
    ExNotifyCallback(changing, NULL, NULL);
    EXPECT_STR(take(), "a"); /* b was not reached */
    ExUnregisterCallback(first);
    ObDereferenceObject(changing);
}

static const struct {
    UNICODE_STRING name;
    enum ntcb_windows since;
} system_rows[] = {
    {RTL_CONSTANT_STRING(u"\\Callback\\SetSystemTime"), NTCB_WINDOWS_XP},
    {RTL_CONSTANT_STRING(u"\\Callback\\PowerState"), NTCB_WINDOWS_XP},
    {RTL_CONSTANT_STRING(u"\\Callback\\ProcessorAdd"), NTCB_WINDOWS_VISTA},
};

static void the_system_has_callback_objects(void **state)
{
    static const enum ntcb_windows windows[] = {NTCB_WINDOWS_2003, NTCB_WINDOWS_VISTA,
                                                NTCB_WINDOWS_11};

    for (size_t w = 0; w < RTL_NUMBER_OF(windows); ++w) {
        EXPECT_EQ(stop(state), 0);
        start_windows(windows[w]);
        for (size_t row = 0; row < RTL_NUMBER_OF(system_rows); ++row) {
            UNICODE_STRING name = system_rows[row].name;
            PCALLBACK_OBJECT object = NULL;
            PVOID handle;

            if (windows[w] < system_rows[row].since) {
                EXPECT_STATUS(open_object(&object, &name, 0, FALSE, FALSE),
                              STATUS_OBJECT_NAME_NOT_FOUND);
                continue;
            }
            EXPECT_SUCCESS(open_object(&object, &name, 0, FALSE, FALSE));
            handle = add(object, 'a');
            EXPECT_TRUE(handle != NULL);
            ExNotifyCallback(object, NULL, NULL); /* a driver must not */
            EXPECT_TRUE(ntsim_expect_report(sim, "DV-14"));
            EXPECT_STR(take(), "a");
            /* The system itself may: PO_CB_AC_STATUS, on line. */
            ntcb_callback_object_notify(object, (PVOID)(ULONG_PTR)1, (PVOID)(ULONG_PTR)TRUE);
            EXPECT_STR(take(), "a");
            EXPECT_PTR(shown.argument1, 1);
            EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
            ExUnregisterCallback(handle);
            ObDereferenceObject(object);
        }
    }
}

static void irql_has_limits(void **state)
{
    PCALLBACK_OBJECT object = NULL;
    PVOID handle;
    KIRQL old;

    (void)state;
    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT_SUCCESS(open_object(&object, NAMED, 0, TRUE, TRUE));
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-03"));
    EXPECT_EQ(ntsim_report(sim, 0)->severity, NTCB_WARNING); /* the page allows it */
    handle = add(object, 'a');
    ExUnregisterCallback(handle);
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
    KeLowerIrql(old);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    handle = add(object, 'a');
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-02"));
    ExUnregisterCallback(handle);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-02"));
    KeLowerIrql(old);
    ObDereferenceObject(object);
}

static void a_reference_that_is_kept_is_reported(void **state)
{
    (void)state;
    make(FALSE);
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
    start(NULL);
}

static const struct ntcb_test tests[] = {
    {"ex.object.opened_or_made_by_name", "EX-01", opened_or_made_by_name, start, stop},
    {"ex.object.a_name_is_needed", "EX-02", a_name_is_needed, start, stop},
    {"ex.object.case_matters_unless_it_does_not", "EX-05", case_matters_unless_it_does_not, start,
     stop},
    {"ex.object.a_permanent_object_outlives_its_references", "EX-05 EX-15",
     a_permanent_object_outlives_its_references, start, stop},
    {"ex.object.one_routine_or_many_is_decided_once", "EX-04 EX-07",
     one_routine_or_many_is_decided_once, start, stop},
    {"ex.object.a_registration_holds_the_object", "EX-08", a_registration_holds_the_object, start,
     stop},
    {"ex.object.all_are_called_in_order_at_the_callers_irql", "EX-09 EX-10",
     all_are_called_in_order_at_the_callers_irql, start, stop},
    {"ex.object.a_routine_may_take_away_another", "EX-11", a_routine_may_take_away_another, start,
     stop},
    {"ex.object.the_system_has_callback_objects", "EX-06 EX-16 DV-14",
     the_system_has_callback_objects, start, stop},
    {"ex.object.irql_has_limits", "EX-14 DV-02 DV-03", irql_has_limits, start, stop},
    {"ex.object.a_reference_that_is_kept_is_reported", "EX-15",
     a_reference_that_is_kept_is_reported, start, stop},
};

NTCB_TEST_MAIN("conformance", tests)
