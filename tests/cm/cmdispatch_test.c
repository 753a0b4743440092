/* SPDX-License-Identifier: MIT
 *
 * cmdispatch_test.c - a registry pass where the documentation leaves a choice: what success codes
 * mean, in which order posts go, what happens without memory, who is below whom.
 */
#include "cm_kit.h"

static const struct {
    NTSTATUS pre;
    NTSTATUS post;
} harmless[] = {
    {STATUS_PENDING, STATUS_SUCCESS},         {STATUS_REPARSE, STATUS_SUCCESS},
    {(NTSTATUS)0x40000000, STATUS_SUCCESS},   {(NTSTATUS)0x7FFFFFFF, STATUS_SUCCESS},
    {STATUS_SUCCESS, STATUS_ACCESS_DENIED},   {STATUS_SUCCESS, STATUS_PENDING},
    {STATUS_SUCCESS, STATUS_NO_MORE_ENTRIES},
};

static void other_codes_mean_continue(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"}, {.name = 'B', .altitude = u"1"}};
    size_t row;

    cm_add_all(two, 2);
    for (row = 0; row < RTL_NUMBER_OF(harmless); ++row) {
        REG_DELETE_KEY_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {.notify_class = RegNtPreDeleteKey,
                                         .information = &information,
                                         .object = &cm_key,
                                         .status = STATUS_CANNOT_DELETE};

        two[0].pre_status = two[1].pre_status = harmless[row].pre;
        two[0].post_status = two[1].post_status = harmless[row].post;
        EXPECT_STATUS(cm_perform(&operation), STATUS_CANNOT_DELETE);
        EXPECT_SUCCESS(operation.pre_result);
        EXPECT_STR(kit_take(kit), "ABba");
        EXPECT_STATUS(two[0].last_post.Status, STATUS_CANNOT_DELETE);
    }
    cm_drop_all(two, 2);
}

static const struct {
    enum ntcb_windows windows;
    uint32_t switches;
    const char *order;
} orders[] = {
    {NTCB_WINDOWS_11, 0, "ABCcba"},
    {NTCB_WINDOWS_VISTA, 0, "ABCcba"},
    {NTCB_WINDOWS_11, NTCB_SWITCH_POST_ORDER_FORWARD, "ABCabc"},
    {NTCB_WINDOWS_2003, 0, "ABCabc"},
};

static void post_order(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(orders); ++row) {
        struct cm_callback three[] = {{.name = 'A'}, {.name = 'B'}, {.name = 'C'}};

        kit_restart(kit, &(struct ntcb_config){.windows = orders[row].windows,
                                               .switches = orders[row].switches});
        cm_add_all(three, 3);
        EXPECT_STR(cm_heard(kit), orders[row].order);
        cm_drop_all(three, 3);
    }
}

static void xp_posts_go_in_order_of_registration(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_XP});
    REG_CREATE_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreOpenKeyEx, .information = &information, .object = &cm_key};
    struct cm_callback three[] = {{.name = 'A'}, {.name = 'B'}, {.name = 'C'}};

    cm_add_all(three, 3);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_STR(kit_take(kit), "ABCabc");
    cm_drop_all(three, 3);
}

/* XP's structures end before the manager's members: nothing behind them is read or written. */
static void xp_structures_are_short(void **state)
{
    struct cm_callback a = {.name = 'A'};
    PVOID *information = malloc(sizeof(PVOID)); /* a delete-key structure that is Object alone */
    struct cm_operation operation = {
        .notify_class = RegNtPreDeleteKey, .information = information, .object = &cm_key};

    kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_XP});
    *information = &cm_key;
    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_EQ(a.pre, 1);
    EXPECT_EQ(a.post, 0);
    cm_drop(&a);
    free(information);
}

static void override_leaves_the_operation_as_it_is(void **state)
{
    struct cm_callback two[] = {{.name = 'H',
                                 .altitude = u"2",
                                 .post_status = STATUS_CALLBACK_BYPASS,
                                 .return_status = STATUS_ACCESS_DENIED},
                                {.name = 'L',
                                 .altitude = u"1",
                                 .post_status = STATUS_CALLBACK_BYPASS,
                                 .return_status = STATUS_UNSUCCESSFUL}};
    REG_SET_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreSetValueKey, .information = &information, .object = &cm_key};

    kit_begin(state, NULL);
    cm_add_all(two, 2);
    EXPECT_STATUS(cm_perform(&operation), STATUS_ACCESS_DENIED); /* the last one executed wins */
    EXPECT_TRUE(operation.performed);
    EXPECT_PTR(operation.object_out, &cm_key);
    cm_drop_all(two, 2);
}

/* ---- without memory -------------------------------------------------------------------------- */

#define MANY 20 /* more than a pass remembers without memory of its own */

static void add_many(struct cm_callback many[MANY])
{
    unsigned index;

    for (index = 0; index < MANY; ++index) {
        many[index] = (struct cm_callback){.name = (char)('A' + index)};
        cm_add(&many[index]);
    }
}

static void many_callbacks_keep_their_contexts(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback many[MANY];
    unsigned index;

    add_many(many);
    for (index = 0; index < MANY; ++index) {
        many[index].call_context = &many[MANY - 1 - index];
    }
    EXPECT_STR(cm_heard(kit), "ABCDEFGHIJKLMNOPQRSTtsrqponmlkjihgfedcba");
    for (index = 0; index < MANY; ++index) {
        EXPECT_PTR(many[index].last_post.CallContext, &many[MANY - 1 - index]);
    }
    cm_drop_all(many, MANY);
}

static void without_memory_nobody_is_called(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback many[MANY];

    add_many(many);
    atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1);
    EXPECT_STATUS(cm_set_value(), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_STR(kit_take(kit), "");
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_EQ(strlen(kit_take(kit)), 2 * MANY);
    cm_drop_all(many, MANY);
}

static void close_succeeds_without_memory(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreKeyHandleClose, .information = &information, .object = &cm_key};
    struct cm_callback many[MANY];

    add_many(many);
    many[0].pre_status = STATUS_ACCESS_DENIED;
    atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_SUCCESS(operation.pre_result);
    EXPECT_STR(kit_take(kit), "ABCDEFGHIJKLMNOPQRSTtsrqponmlkjihgfedcba");
    cm_drop_all(many, MANY);
}

/* ---- who is below whom ----------------------------------------------------------------------- */

static void nest_in_pre(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                        PVOID information)
{
    (void)callback;
    (void)information;
    if (cm_is_pre(notify_class)) {
        kit_log(here, '[');
        cm_set_value();
        kit_log(here, ']');
    }
}

static void limit_is_transitive(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback four[] = {{.name = 'A', .altitude = u"4", .hook = nest_in_pre},
                                 {.name = 'B', .altitude = u"3", .hook = nest_in_pre},
                                 {.name = 'C', .altitude = u"2", .hook = nest_in_pre},
                                 {.name = 'D', .altitude = u"1"}};

    cm_add_all(four, 4);
    EXPECT_STR(cm_heard(kit), "A[B[C[Dd]Ddc]C[Dd]Ddcb]B[C[Dd]Ddc]C[Dd]Ddcba");
    cm_drop_all(four, 4);
}

static void lowest_callbacks_calls_are_performed_unheard(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"},
                                {.name = 'B', .altitude = u"1", .hook = nest_in_pre}};

    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "AB[]ba");
    cm_drop_all(two, 2);
}

static void legacy_callbacks_are_below_earlier_ones(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'A'}, {.name = 'B', .hook = nest_in_pre}, {.name = 'C'}};

    cm_add_all(three, 3);
    EXPECT_STR(cm_heard(kit), "AB[Cc]Ccba");
    cm_drop_all(three, 3);
}

static void operate(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    cm_set_value();
}

static void delegate(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    struct kit_thread worker;

    (void)information;
    callback->hook = NULL;
    if (cm_is_pre(notify_class)) {
        worker = (struct kit_thread){.kit = here, .run = operate};
        kit_log(here, '[');
        if (pthread_create(&worker.host, NULL, kit_thread_main, &worker) == 0) {
            pthread_join(worker.host, NULL);
        }
        kit_log(here, ']');
    }
}

static void delegated_work_hears_the_full_stack(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"},
                                {.name = 'B', .altitude = u"1", .hook = delegate}};

    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "AB[ABba]ba");
    cm_drop_all(two, 2);
}

static void nested_close_goes_below_too(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreKeyHandleClose, .information = &information, .object = &cm_key};
    struct cm_callback three[] = {{.name = 'A', .altitude = u"3"},
                                  {.name = 'B', .altitude = u"2", .hook = nest_in_pre},
                                  {.name = 'C', .altitude = u"1"}};

    cm_add_all(three, 3);
    EXPECT_SUCCESS(cm_perform(&operation)); /* a call made while a close is notified */
    EXPECT_STR(kit_take(kit), "AB[Cc]Ccba");
    cm_drop_all(three, 3);
}

/* ---- environment ----------------------------------------------------------------------------- */

static void raise_irql(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                       PVOID information)
{
    KIRQL old;

    (void)callback;
    (void)notify_class;
    (void)information;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static void irql_left_raised_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2", .hook = raise_irql},
                                {.name = 'B', .altitude = u"1"}};
    const struct kit_report *report;
    unsigned phase;

    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "ABba");
    for (phase = 0; phase < 2; ++phase) {
        report = kit_expect_report(kit, "DV-18");
        EXPECT_TRUE(report != NULL);
        EXPECT_EQ(report->parameter[0], (DISPATCH_LEVEL << 16) | 2);
        EXPECT_EQ(report->parameter[1], (uintptr_t)cm_routine);
    }
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    cm_drop_all(two, 2);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.dispatch.other_codes_mean_continue", "CM-PRE-03 CM-POST-08",
             other_codes_mean_continue),
    KIT_CASE("cm.dispatch.post_order", "CM-ORD-12 CM-ORD-14", post_order),
    KIT_CASE("cm.dispatch.xp_posts_go_in_order_of_registration", "CM-ORD-14",
             xp_posts_go_in_order_of_registration),
    KIT_CASE("cm.dispatch.xp_structures_are_short", "CM-LAY-02", xp_structures_are_short),
    KIT_CASE("cm.dispatch.override_leaves_the_operation_as_it_is", "CM-POST-16 CM-POST-17",
             override_leaves_the_operation_as_it_is),
    KIT_CASE("cm.dispatch.many_callbacks_keep_their_contexts", "CM-CTX-01 CM-CTX-02",
             many_callbacks_keep_their_contexts),
    KIT_CASE("cm.dispatch.without_memory_nobody_is_called", "", without_memory_nobody_is_called),
    KIT_CASE("cm.dispatch.close_succeeds_without_memory", "CM-BYP-10",
             close_succeeds_without_memory),
    KIT_CASE("cm.dispatch.limit_is_transitive", "CM-RE-04", limit_is_transitive),
    KIT_CASE("cm.dispatch.lowest_callbacks_calls_are_performed_unheard", "CM-RE-06 CM-IRQL-04",
             lowest_callbacks_calls_are_performed_unheard),
    KIT_CASE("cm.dispatch.legacy_callbacks_are_below_earlier_ones", "CM-RE-09",
             legacy_callbacks_are_below_earlier_ones),
    KIT_CASE("cm.dispatch.delegated_work_hears_the_full_stack", "CM-RE-05",
             delegated_work_hears_the_full_stack),
    KIT_CASE("cm.dispatch.calls_inside_a_close_go_below_too", "CM-RE-07 CM-RE-08",
             nested_close_goes_below_too),
    KIT_CASE("cm.dispatch.irql_left_raised_is_reported", "DV-18", irql_left_raised_is_reported),
};

NTCB_TEST_MAIN("library", tests)
