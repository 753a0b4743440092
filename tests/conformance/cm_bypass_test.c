/* SPDX-License-Identifier: MIT
 *
 * cm_bypass_test.c - STATUS_CALLBACK_BYPASS from a pre notification, and closes, which cannot be
 * blocked.
 */
#include "../cm/cm_kit.h"

static void caller_gets_success_never_the_bypass_value(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1", .pre_status = STATUS_CALLBACK_BYPASS};
    REG_SET_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {.notify_class = RegNtPreSetValueKey,
                                     .information = &information,
                                     .status = STATUS_UNSUCCESSFUL};

    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_FALSE(operation.performed);
    EXPECT_STR(kit_take(kit), "A");
    cm_drop(&a);
}

static void only_those_above_hear_the_end(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {
        {.name = 'H', .altitude = u"3"},
        {.name = 'M', .altitude = u"2", .pre_status = STATUS_CALLBACK_BYPASS},
        {.name = 'L', .altitude = u"1"}};

    cm_add_all(three, 3);
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_STR(kit_take(kit), "HMh");
    EXPECT_SUCCESS(three[0].last_post.Status);
    cm_drop_all(three, 3);
}

static void outputs_are_the_bypassers_alone(void **state)
{
    UCHAR buffer[4] = {1, 2, 3, 4};
    ULONG length = 99;
    REG_QUERY_VALUE_KEY_INFORMATION information = {
        .Object = &cm_key, .KeyValueInformation = buffer, .Length = 4, .ResultLength = &length};
    struct cm_operation operation = {.notify_class = RegNtPreQueryValueKey,
                                     .information = &information};
    struct cm_callback a = {.name = 'A', .altitude = u"1", .pre_status = STATUS_CALLBACK_BYPASS};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_MEM(buffer, "\1\2\3\4", 4);
    EXPECT_EQ(length, 99);
    cm_drop(&a);
}

/* What the top callback answers to a close; everybody hears of it whatever that is. */
static const NTSTATUS answers[] = {STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_CALLBACK_BYPASS,
                                   STATUS_NO_MORE_ENTRIES};

static void close_cannot_be_blocked(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'H', .altitude = u"2"}, {.name = 'L', .altitude = u"1"}};
    size_t row;

    cm_add_all(two, 2);
    for (row = 0; row < RTL_NUMBER_OF(answers); ++row) {
        REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {
            .notify_class = RegNtPreKeyHandleClose, .information = &information, .object = &cm_key};

        two[0].pre_status = answers[row];
        two[1].post_status = answers[row];
        two[1].return_status = STATUS_UNSUCCESSFUL;
        EXPECT_SUCCESS(cm_perform(&operation));
        EXPECT_SUCCESS(operation.pre_result);
        EXPECT_STR(kit_take(kit), "HLlh");
        EXPECT_SUCCESS(two[0].last_post.Status);
    }
    cm_drop_all(two, 2);
}

/* Windows Vista: a post notification cannot override what a lower callback decided; nor is there an
 * object: the root stands in its place. */
static void vista_ignores_overrides_of_a_verdict(void **state)
{
    static const struct {
        enum ntcb_windows windows;
        NTSTATUS caller_gets;
        bool root_shown;
    } rows[] = {{NTCB_WINDOWS_VISTA, STATUS_ACCESS_DENIED, true},
                {NTCB_WINDOWS_VISTA_SP2, STATUS_ACCESS_DENIED, true},
                {NTCB_WINDOWS_7, STATUS_UNSUCCESSFUL, false},
                {NTCB_WINDOWS_11, STATUS_UNSUCCESSFUL, false}};
    struct kit *kit = kit_begin(state, NULL);
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        struct cm_callback two[] = {
            {.name = 'H',
             .altitude = u"2",
             .post_status = STATUS_CALLBACK_BYPASS,
             .return_status = STATUS_UNSUCCESSFUL},
            {.name = 'L', .altitude = u"1", .pre_status = STATUS_ACCESS_DENIED}};
        REG_CREATE_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
        struct cm_operation operation = {.notify_class = RegNtPreOpenKeyEx,
                                         .information = &information};

        kit_restart(kit, &(struct ntcb_config){.windows = rows[row].windows});
        cm_add_all(two, 2);
        EXPECT_STATUS(cm_perform(&operation), rows[row].caller_gets);
        EXPECT_PTR(two[0].last_post.Object, rows[row].root_shown ? &cm_key : NULL);
        two[1].pre_status = STATUS_SUCCESS;
        EXPECT_STATUS(cm_perform(&operation), STATUS_UNSUCCESSFUL); /* its own result, it may */
        cm_drop_all(two, 2);
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.bypass.caller_gets_success_never_the_bypass_value", "CM-BYP-01",
             caller_gets_success_never_the_bypass_value),
    KIT_CASE("cm.bypass.only_those_above_hear_the_end", "CM-BYP-02", only_those_above_hear_the_end),
    KIT_CASE("cm.bypass.outputs_are_the_bypassers_alone", "CM-BYP-03",
             outputs_are_the_bypassers_alone),
    KIT_CASE("cm.bypass.close_cannot_be_blocked", "CM-BYP-10", close_cannot_be_blocked),
    KIT_CASE("cm.bypass.vista_ignores_overrides_of_a_verdict", "CM-VER-04 CM-VER-05",
             vista_ignores_overrides_of_a_verdict),
};

NTCB_TEST_MAIN("conformance", tests)
