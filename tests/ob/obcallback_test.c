/* SPDX-License-Identifier: MIT
 *
 * obcallback_test.c - object callbacks: our choices where nothing is documented.
 */
#include "../sim/handle_kit.h"

static OB_OPERATION_REGISTRATION operations[3];
static OB_CALLBACK_REGISTRATION registration;

static void prepare(USHORT count)
{
    operations[0] = (OB_OPERATION_REGISTRATION){PsProcessType, OB_OPERATION_HANDLE_CREATE,
                                                HandlePre, HandlePost};
    operations[1] = (OB_OPERATION_REGISTRATION){PsThreadType, OB_OPERATION_HANDLE_CREATE, HandlePre,
                                                HandlePost};
    operations[2] = operations[0];
    registration = (OB_CALLBACK_REGISTRATION){
        OB_FLT_REGISTRATION_VERSION, count, RTL_CONSTANT_STRING(u"1000"), &watchers[0], operations};
    memset(&watchers[0], 0, sizeof(watchers[0]));
    watchers[0].letter = 'a';
}

static void refused(NTSTATUS status, const char *rule)
{
    PVOID handle = &handle;

    EXPECT_STATUS(ObRegisterCallbacks(&registration, &handle), status);
    EXPECT_PTR(handle, &handle);
    EXPECT_STR(ntcb_last_reason()->rule, rule);
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_EQ(watchers[0].pres, 0); /* nothing of it is there */
}

static void counts_bits_and_types_make_sense(void **state)
{
    static const OB_OPERATION wrong[] = {0, 4, 7, 0x80000000u};
    POBJECT_TYPE none = NULL;

    (void)state;
    prepare(0);
    refused(STATUS_INVALID_PARAMETER, "OB-06");
    prepare(1);
    registration.OperationRegistration = NULL;
    refused(STATUS_INVALID_PARAMETER, "OB-06");
    for (size_t row = 0; row < RTL_NUMBER_OF(wrong); ++row) {
        prepare(1);
        operations[0].Operations = wrong[row];
        refused(STATUS_INVALID_PARAMETER, "OB-06");
    }
    prepare(1);
    operations[0].ObjectType = NULL;
    refused(STATUS_INVALID_PARAMETER, "OB-04");
    operations[0].ObjectType = &none;
    refused(STATUS_INVALID_PARAMETER, "OB-04");
    prepare(3); /* one type twice */
    refused(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "OB-07");
}

static void altitudes_are_decimal_numbers(void **state)
{
    static const PCWSTR wrong[] = {u"", u"abc", u"10 00", u"-5", u"1.2.3", u"0x10"};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(wrong); ++row) {
        prepare(1);
        RtlInitUnicodeString(&registration.Altitude, wrong[row]);
        refused(STATUS_INVALID_PARAMETER, "OB-07");
    }
}

/* Parameters are checked before the signature, that before the altitude; the second operation's
 * fault undoes the first. */
static void first_parameters_then_signature_then_altitude(void **state)
{
    struct watcher *holder = watch(1, u"1000");
    POB_PRE_OPERATION_CALLBACK nowhere = (POB_PRE_OPERATION_CALLBACK)(ULONG_PTR)&holder;

    (void)state;
    prepare(2);
    operations[1].PreOperation = nowhere; /* bad signature, and a taken altitude */
    refused(STATUS_ACCESS_DENIED, "OB-08");
    operations[1].Operations = 0; /* and a bad parameter */
    refused(STATUS_INVALID_PARAMETER, "OB-06");
    prepare(2);
    refused(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "OB-07");
    unwatch(holder);
}

static void the_callers_memory_is_its_own_again(void **state)
{
    WCHAR text[] = u"1000";
    PVOID handle;

    (void)state;
    prepare(2);
    registration.Altitude = (UNICODE_STRING){sizeof(text) - 2, sizeof(text), text};
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &handle));
    memset(text, 0xDD, sizeof(text));
    memset(operations, 0xDD, sizeof(operations));
    memset(&registration, 0xDD, sizeof(registration));
    open_process(creator_process, PROCESS_TERMINATE);
    open_as(creator_process, true, UserMode, THREAD_TERMINATE);
    EXPECT_EQ(watchers[0].pres, 2);
    struct watcher *above = watch(1, u"1000.5"); /* its altitude was copied as well */
    life_take();
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_STR(life_take(), "baAB");
    unwatch(above);
    ObUnRegisterCallbacks(handle);
}

/* ---- dispatch ---- */

static void all_rights_can_go(void **state)
{
    struct watcher *upper = watch(0, u"2000");
    struct watcher *lower = watch(1, u"1000");

    (void)state;
    upper->clear = PROCESS_TERMINATE;
    lower->clear = PROCESS_VM_WRITE;
    EXPECT_EQ(open_process(creator_process, PROCESS_TERMINATE | PROCESS_VM_WRITE), 0);
    EXPECT_STATUS(lower->post.ReturnStatus, STATUS_SUCCESS);
    EXPECT_EQ(lower->granted, 0);
    unwatch(upper);
    unwatch(lower);
}

static void other_ways_to_an_object_call_nobody(void **state)
{
    struct watcher *watcher = watch(0, u"1000");
    HANDLE handle;
    PVOID object;

    (void)state;
    EXPECT_SUCCESS(ObOpenObjectByPointer(creator_process, OBJ_KERNEL_HANDLE, NULL, 1,
                                         *PsProcessType, KernelMode, &handle));
    EXPECT_EQ(watcher->pres, 1);
    EXPECT_SUCCESS(ObReferenceObjectByPointer(creator_process, 1, *PsProcessType, KernelMode));
    ObDereferenceObject(creator_process);
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, 1, *PsProcessType, KernelMode, &object, NULL));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_EQ(watcher->pres, 1);
    unwatch(watcher);
}

static unsigned nesting;

static void open_another(struct watcher *watcher, bool post)
{
    HANDLE handle;

    if (watcher == &watchers[0] && !post && nesting++ == 0 &&
        NT_SUCCESS(ObOpenObjectByPointer(creator_process, OBJ_KERNEL_HANDLE, NULL, 1,
                                         *PsProcessType, KernelMode, &handle))) {
        ZwClose(handle);
    }
}

static void a_callback_may_open_handles(void **state)
{
    struct watcher *upper = watch(0, u"2000");
    struct watcher *lower = watch(1, u"1000");

    (void)state;
    nesting = 0;
    handle_hook = open_another;
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_STR(life_take(), "aabBAbBA"); /* the inner operation is whole */
    unwatch(upper);
    unwatch(lower);
}

static void add_between(struct watcher *watcher, bool post)
{
    if (watcher == &watchers[1] && !post) {
        (void)life_register_handles(u"1500", HandlePre, HandlePost, &watchers[2],
                                    &watchers[2].handle);
        ObUnRegisterCallbacks(watchers[0].handle); /* its pre is over, its post is not */
    }
}

static void who_comes_or_goes_in_between_gets_no_post(void **state)
{
    struct watcher *lower;

    (void)state;
    watch(0, u"2000");
    lower = watch(1, u"1000");
    memset(&watchers[2], 0, sizeof(watchers[2]));
    watchers[2].letter = 'c';
    handle_hook = add_between;
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_STR(life_take(), "abB");
    handle_hook = NULL;
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_STR(life_take(), "cbBC"); /* from the next operation on it hears both */
    unwatch(lower);
    unwatch(&watchers[2]);
}

static const struct {
    bool in_post;
    const char *heard;
    ACCESS_MASK granted;
} escape_rows[] = {
    {false, "abBA", PROCESS_VM_WRITE}, /* c is not asked, and so not told */
    {true, "abcC", 0},
};

static bool escape_in_post;

static void raise_in_the_middle(struct watcher *watcher, bool post)
{
    if (watcher == (escape_in_post ? &watchers[2] : &watchers[1]) && post == escape_in_post) {
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    }
}

static void an_exception_ends_the_walk_alone(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(escape_rows); ++row) {
        for (unsigned index = 0; index < 3; ++index) {
            static const PCWSTR altitudes[] = {u"3000", u"2000", u"1000"};

            watch(index, altitudes[index])->clear = index == 2 ? PROCESS_VM_WRITE : 0;
        }
        watchers[0].clear = PROCESS_TERMINATE;
        escape_in_post = escape_rows[row].in_post;
        handle_hook = raise_in_the_middle;
        EXPECT_EQ(open_process(creator_process, PROCESS_TERMINATE | PROCESS_VM_WRITE),
                  escape_rows[row].granted);
        EXPECT_STR(life_take(), escape_rows[row].heard);
        EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
        EXPECT_FALSE(KeAreApcsDisabled());
        for (unsigned index = 0; index < 3; ++index) {
            unwatch(&watchers[index]); /* nobody is inside */
        }
    }
}

/* ---- many ---- */

#define MANY 1000

static OB_PREOP_CALLBACK_STATUS NTAPI Count(PVOID Context,
                                            POB_PRE_OPERATION_INFORMATION Information)
{
    unsigned *last = (unsigned *)(ULONG_PTR)&nesting;

    (void)Information;
    EXPECT_EQ((ULONG_PTR)Context, *last); /* from the highest number down */
    --*last;
    return OB_PREOP_SUCCESS;
}

static void a_thousand_in_order_of_altitude(void **state)
{
    static PVOID handles[MANY];
    WCHAR text[16];
    char narrow[16];

    (void)state;
    for (unsigned step = 0; step < MANY; ++step) {
        unsigned number = step * 619 % MANY; /* each once, in no order */

        snprintf(narrow, sizeof(narrow), "%u.%03u", 1000 + number / 10, number % 10 * 100);
        for (size_t at = 0; at < sizeof(narrow); ++at) {
            text[at] = (WCHAR)narrow[at];
        }
        EXPECT_SUCCESS(
            life_register_handles(text, Count, NULL, (PVOID)(ULONG_PTR)number, &handles[number]));
    }
    nesting = MANY - 1;
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_EQ((int)nesting, -1);
    for (unsigned number = 0; number < MANY; ++number) {
        ObUnRegisterCallbacks(handles[number]);
    }
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_EQ((int)nesting, -1);
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ob.callback.counts_bits_and_types_make_sense", "OB-06 OB-10",
              counts_bits_and_types_make_sense),
    LIFE_CASE("ob.callback.altitudes_are_decimal_numbers", "OB-07", altitudes_are_decimal_numbers),
    LIFE_CASE("ob.callback.first_parameters_then_signature_then_altitude", "OB-10",
              first_parameters_then_signature_then_altitude),
    LIFE_CASE("ob.callback.the_callers_memory_is_its_own_again", "OB-11",
              the_callers_memory_is_its_own_again),
    LIFE_CASE("ob.callback.all_rights_can_go", "OB-25 OB-30", all_rights_can_go),
    LIFE_CASE("ob.callback.other_ways_to_an_object_call_nobody", "OB-32",
              other_ways_to_an_object_call_nobody),
    LIFE_CASE("ob.callback.a_callback_may_open_handles", "OB-33 OB-43",
              a_callback_may_open_handles),
    LIFE_CASE("ob.callback.who_comes_or_goes_in_between_gets_no_post", "OB-44",
              who_comes_or_goes_in_between_gets_no_post),
    LIFE_CASE("ob.callback.an_exception_ends_the_walk_alone", "DV-15",
              an_exception_ends_the_walk_alone),
    LIFE_CASE("ob.callback.a_thousand_in_order_of_altitude", "OB-21 OB-07",
              a_thousand_in_order_of_altitude),
};

NTCB_TEST_MAIN("library", tests)
