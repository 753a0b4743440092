/* SPDX-License-Identifier: MIT
 *
 * excallback_test.c - callback objects: our choices, and what is misuse.
 */
#include "../sim/simkit.h"

static char trace[64];
static PCALLBACK_OBJECT object;
static PVOID later;

static PCALLBACK_OBJECT make(void)
{
    OBJECT_ATTRIBUTES wanted;
    PCALLBACK_OBJECT made = NULL;

    InitializeObjectAttributes(&wanted, STRING(u"\\Callback\\Mine"), 0, NULL, NULL);
    EXPECT_SUCCESS(ExCreateCallback(&made, &wanted, TRUE, TRUE));
    trace[0] = '\0';
    return made;
}

static VOID NTAPI Note(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    const char mark[2] = {(char)(ULONG_PTR)Context, '\0'};

    (void)Argument1;
    (void)Argument2;
    strncat(trace, mark, sizeof(trace) - strlen(trace) - 1);
}

static VOID NTAPI AddAnother(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    Note(Context, Argument1, Argument2);
    if (later == NULL) {
        later = ExRegisterCallback(object, Note, (PVOID)(ULONG_PTR)'z');
    }
}

static void what_comes_during_a_pass_is_called_in_it(void **state)
{
    PVOID first, second;

    (void)state;
    object = make();
    later = NULL;
    first = ExRegisterCallback(object, AddAnother, (PVOID)(ULONG_PTR)'a');
    second = ExRegisterCallback(object, Note, (PVOID)(ULONG_PTR)'b');
    ExNotifyCallback(object, NULL, NULL);
    EXPECT_STR(trace, "abz");
    trace[0] = '\0';
    ExNotifyCallback(object, NULL, NULL);
    EXPECT_STR(trace, "abz"); /* once */
    ExUnregisterCallback(first);
    ExUnregisterCallback(second);
    ExUnregisterCallback(later);
    ObDereferenceObject(object);
}

static void a_name_of_another_type_is_a_mismatch(void **state)
{
    const struct {
        PUNICODE_STRING name;
        NTSTATUS status;
    } rows[] = {
        {STRING(u"\\Callback"), STATUS_OBJECT_TYPE_MISMATCH},
        {STRING(u"\\REGISTRY\\MACHINE"), STATUS_OBJECT_TYPE_MISMATCH},
        {STRING(u"\\Callback\\Nobody"), STATUS_OBJECT_NAME_NOT_FOUND},
        {STRING(u"\\Nowhere\\Nobody"), STATUS_OBJECT_PATH_NOT_FOUND},
    };

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        OBJECT_ATTRIBUTES wanted;

        InitializeObjectAttributes(&wanted, rows[row].name, 0, NULL, NULL);
        EXPECT_STATUS(ExCreateCallback(&object, &wanted, FALSE, FALSE), rows[row].status);
    }
}

static VOID NTAPI RemoveItself(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    Note(Context, Argument1, Argument2);
    ExUnregisterCallback(later);
}

static void a_routine_cannot_remove_itself(void **state)
{
    (void)state;
    object = make();
    later = ExRegisterCallback(object, RemoveItself, (PVOID)(ULONG_PTR)'a');
    ExNotifyCallback(object, NULL, NULL);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-10"));
    ExUnregisterCallback(later);
    ExUnregisterCallback(later); /* and only once */
    EXPECT_TRUE(ntsim_expect_report(sim, "EX-12"));
    ObDereferenceObject(object);
}

static void no_routine_and_no_object_are_refused(void **state)
{
    (void)state;
    object = make();
    EXPECT_TRUE(ExRegisterCallback(object, NULL, NULL) == NULL);
    EXPECT_STATUS(ntcb_last_reason()->status, STATUS_INVALID_PARAMETER);
    EXPECT_TRUE(ExRegisterCallback(NULL, Note, NULL) == NULL);
    ObDereferenceObject(object);
}

static VOID NTAPI Raise(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    Note(Context, Argument1, Argument2);
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

static void an_exception_ends_the_pass(void **state)
{
    PVOID first, second;

    (void)state;
    object = make();
    first = ExRegisterCallback(object, Raise, (PVOID)(ULONG_PTR)'a');
    second = ExRegisterCallback(object, Note, (PVOID)(ULONG_PTR)'b');
    ExNotifyCallback(object, NULL, NULL);
    EXPECT_STR(trace, "a");
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
    ExUnregisterCallback(first); /* nobody is inside */
    ExUnregisterCallback(second);
    ObDereferenceObject(object);
}

static const struct ntcb_test tests[] = {
    {"ex.callback_object.what_comes_during_a_pass_is_called_in_it", "EX-11",
     what_comes_during_a_pass_is_called_in_it, start, stop},
    {"ex.callback_object.a_name_of_another_type_is_a_mismatch", "EX-03",
     a_name_of_another_type_is_a_mismatch, start, stop},
    {"ex.callback_object.a_routine_cannot_remove_itself", "EX-13 EX-12 DV-10",
     a_routine_cannot_remove_itself, start, stop},
    {"ex.callback_object.no_routine_and_no_object_are_refused", "EX-07",
     no_routine_and_no_object_are_refused, start, stop},
    {"ex.callback_object.an_exception_ends_the_pass", "DV-15", an_exception_ends_the_pass, start,
     stop},
};

NTCB_TEST_MAIN("library", tests)
