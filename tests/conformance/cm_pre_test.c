/* SPDX-License-Identifier: MIT
 *
 * cm_pre_test.c - pre notifications: arguments, verdicts, what the manager fills in.
 */
#include "../cm/cm_kit.h"

static void arguments_are_class_and_structure(void **state)
{
    REG_SET_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {.notify_class = RegNtPreSetValueKey,
                                     .information = &information};
    struct cm_callback a = {.name = 'A', .altitude = u"1", .pre_status = STATUS_ACCESS_DENIED};

    kit_begin(state, NULL);
    cm_add(&a);
    cm_perform(&operation);
    EXPECT_EQ(a.notify_class, RegNtPreSetValueKey);
    EXPECT_TRUE(a.information != NULL);
    EXPECT_PTR(*(PVOID *)a.information, &cm_key);
    cm_drop(&a);
}

static void success_lets_everything_proceed(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    REG_SET_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreSetValueKey, .information = &information, .status = STATUS_SUCCESS};
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"}, {.name = 'B', .altitude = u"1"}};

    cm_add_all(two, 2);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_TRUE(operation.performed);
    EXPECT_STR(kit_take(kit), "ABba");
    cm_drop_all(two, 2);
}

/* Callbacks H, M, L from the top; M answers `answer`. */
static const struct {
    NTSTATUS answer;
    NTSTATUS caller_gets;
    bool performed;
    const char *order;
} verdicts[] = {
    {STATUS_SUCCESS, STATUS_SUCCESS, true, "HMLlmh"},
    {STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, false, "HMh"},
    {STATUS_UNSUCCESSFUL, STATUS_UNSUCCESSFUL, false, "HMh"},
    {STATUS_NO_MORE_ENTRIES, STATUS_NO_MORE_ENTRIES, false, "HMh"},
    {STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_OVERFLOW, false, "HMh"},
    {STATUS_CALLBACK_BYPASS, STATUS_SUCCESS, false, "HMh"},
};

static void failure_blocks_and_warnings_are_failures(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'H', .altitude = u"3"},
                                  {.name = 'M', .altitude = u"2"},
                                  {.name = 'L', .altitude = u"1"}};
    size_t row;

    cm_add_all(three, 3);
    for (row = 0; row < RTL_NUMBER_OF(verdicts); ++row) {
        REG_ENUMERATE_KEY_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {
            .notify_class = RegNtPreEnumerateKey, .information = &information, .object = &cm_key};

        three[1].pre_status = verdicts[row].answer;
        EXPECT_STATUS(cm_perform(&operation), verdicts[row].caller_gets);
        EXPECT_EQ(operation.performed, verdicts[row].performed);
        EXPECT_STR(kit_take(kit), verdicts[row].order);
        EXPECT_STATUS(three[0].last_post.Status, verdicts[row].caller_gets);
    }
    cm_drop_all(three, 3);
}

static void blocker_gets_no_post_and_those_above_do(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {
        {.name = 'H', .altitude = u"380020"},
        {.name = 'M', .altitude = u"380010", .pre_status = STATUS_ACCESS_DENIED},
        {.name = 'L', .altitude = u"380000"}};

    cm_add_all(three, 3);
    EXPECT_STATUS(cm_set_value(), STATUS_ACCESS_DENIED);
    EXPECT_STR(kit_take(kit), "HMh");
    EXPECT_EQ(three[0].pre, 1);
    EXPECT_EQ(three[0].post, 1);
    EXPECT_STATUS(three[0].last_post.Status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(three[1].pre, 1);
    EXPECT_EQ(three[1].post, 0);
    EXPECT_EQ(three[2].pre, 0);
    EXPECT_EQ(three[2].post, 0);
    cm_drop_all(three, 3);
}

static struct {
    PVOID call_context;
    PVOID object_context;
    PVOID reserved;
} seen_by_b;

static void look_at_contexts(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                             PVOID information)
{
    PREG_SET_VALUE_KEY_INFORMATION set = information;

    (void)callback;
    if (notify_class == RegNtPreSetValueKey) {
        seen_by_b.call_context = set->CallContext;
        seen_by_b.object_context = set->ObjectContext;
        seen_by_b.reserved = set->Reserved;
    }
}

static void contexts_begin_null_for_each_callback(void **state)
{
    struct cm_callback two[] = {
        {.name = 'A', .altitude = u"2", .call_context = &seen_by_b},
        {.name = 'B', .altitude = u"1", .hook = look_at_contexts},
    };
    REG_SET_VALUE_KEY_INFORMATION information = {
        .Object = &cm_key, .CallContext = two, .ObjectContext = two, .Reserved = two};
    struct cm_operation operation = {.notify_class = RegNtPreSetValueKey,
                                     .information = &information};

    kit_begin(state, NULL);
    memset(&seen_by_b, 0xFF, sizeof(seen_by_b));
    cm_add_all(two, 2);
    cm_perform(&operation);
    EXPECT_PTR(seen_by_b.call_context, NULL);
    EXPECT_PTR(seen_by_b.object_context, NULL);
    EXPECT_PTR(seen_by_b.reserved, NULL);
    EXPECT_PTR(two[0].last_post.CallContext, &seen_by_b);
    EXPECT_PTR(two[1].last_post.CallContext, NULL);
    EXPECT_PTR(two[0].last_post.ObjectContext, NULL);
    cm_drop_all(two, 2);
}

static ULONG_PTR seen_version;
static PVOID seen_root_context;

static void look_at_version(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                            PVOID information)
{
    (void)callback;
    if (notify_class == RegNtPreCreateKeyEx || notify_class == RegNtPreOpenKeyEx) {
        seen_version = ((PREG_CREATE_KEY_INFORMATION_V1)information)->Version;
        seen_root_context = ((PREG_CREATE_KEY_INFORMATION_V1)information)->RootObjectContext;
    } else if (notify_class == RegNtPreLoadKey) {
        seen_version = ((PREG_LOAD_KEY_INFORMATION_V2)information)->Version;
    }
}

static const struct {
    REG_NOTIFY_CLASS notify_class;
    enum ntcb_windows windows;
    ULONG_PTR version;
} versions[] = {
    {RegNtPreCreateKeyEx, NTCB_WINDOWS_2003, 0},    {RegNtPreCreateKeyEx, NTCB_WINDOWS_VISTA, 0},
    {RegNtPreCreateKeyEx, NTCB_WINDOWS_7, 1},       {RegNtPreCreateKeyEx, NTCB_WINDOWS_11, 1},
    {RegNtPreOpenKeyEx, NTCB_WINDOWS_VISTA_SP2, 0}, {RegNtPreOpenKeyEx, NTCB_WINDOWS_7, 1},
    {RegNtPreOpenKeyEx, NTCB_WINDOWS_81, 1},        {RegNtPreLoadKey, NTCB_WINDOWS_VISTA, 0},
    {RegNtPreLoadKey, NTCB_WINDOWS_81, 0},          {RegNtPreLoadKey, NTCB_WINDOWS_10_1507, 2},
    {RegNtPreLoadKey, NTCB_WINDOWS_11, 2},
};

static void reserved_slot_holds_the_version(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(versions); ++row) {
        REG_CREATE_KEY_INFORMATION_V1 information;
        struct cm_operation operation = {.notify_class = versions[row].notify_class,
                                         .information = &information};
        struct cm_callback a = {.name = 'A', .hook = look_at_version};

        memset(&information, 0xEE, sizeof(information));
        kit_restart(kit, &(struct ntcb_config){.windows = versions[row].windows});
        cm_add(&a);
        seen_version = 77;
        seen_root_context = NULL;
        cm_perform(&operation);
        EXPECT_EQ(a.pre, 1);
        EXPECT_EQ(seen_version, versions[row].version);
        EXPECT_PTR(seen_root_context, NULL);
        cm_drop(&a);
    }
}

static void every_key_is_heard(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    char keys[2];
    size_t index;

    kit_begin(state, NULL);
    cm_add(&a);
    for (index = 0; index < 2; ++index) {
        REG_DELETE_KEY_INFORMATION information = {.Object = &keys[index]};
        struct cm_operation operation = {
            .notify_class = RegNtPreDeleteKey, .information = &information, .object = &keys[index]};

        EXPECT_SUCCESS(cm_perform(&operation));
        EXPECT_PTR(a.last_post.Object, &keys[index]);
    }
    EXPECT_EQ(a.pre, 2);
    cm_drop(&a);
}

static const REG_NOTIFY_CLASS discouraged[] = {
    RegNtPreSetInformationKey, RegNtPreRenameKey, RegNtPreLoadKey,    RegNtPreUnLoadKey,
    RegNtPreRestoreKey,        RegNtPreSaveKey,   RegNtPreReplaceKey, RegNtPreSaveMergedKey,
};

static void discouraged_classes_are_blocked_all_the_same(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1", .pre_status = STATUS_ACCESS_DENIED};
    size_t index;

    kit_begin(state, NULL);
    cm_add(&a);
    for (index = 0; index < RTL_NUMBER_OF(discouraged); ++index) {
        REG_LOAD_KEY_INFORMATION_V2 information = {.Object = &cm_key};
        struct cm_operation operation = {.notify_class = discouraged[index],
                                         .information = &information};

        EXPECT_STATUS(cm_perform(&operation), STATUS_ACCESS_DENIED);
        EXPECT_FALSE(operation.performed);
    }
    cm_drop(&a);
}

static void bypass_is_a_plain_failure_before_vista(void **state)
{
    static const enum ntcb_windows old[] = {NTCB_WINDOWS_XP, NTCB_WINDOWS_2003};
    struct kit *kit = kit_begin(state, NULL);
    size_t index;

    for (index = 0; index < RTL_NUMBER_OF(old); ++index) {
        struct cm_callback a = {.name = 'A', .pre_status = STATUS_CALLBACK_BYPASS};
        struct cm_callback above = {.name = 'H', .post_status = STATUS_CALLBACK_BYPASS};

        kit_restart(kit, &(struct ntcb_config){.windows = old[index]});
        cm_add(&above);
        cm_add(&a);
        EXPECT_STATUS(cm_set_value(), STATUS_CALLBACK_BYPASS);
        EXPECT_STR(kit_take(kit), old[index] == NTCB_WINDOWS_XP ? "HA" : "HAh");
        a.pre_status = STATUS_ACCESS_DENIED;
        EXPECT_STATUS(cm_set_value(), STATUS_ACCESS_DENIED); /* H's override does not exist yet */
        kit_take(kit);
        cm_drop(&a);
        cm_drop(&above);
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.pre.arguments_are_class_and_structure", "CM-PRE-01",
             arguments_are_class_and_structure),
    KIT_CASE("cm.pre.success_lets_everything_proceed", "CM-PRE-02 CM-POST-04",
             success_lets_everything_proceed),
    KIT_CASE("cm.pre.failure_blocks_and_warnings_are_failures", "CM-PRE-04 CM-PRE-05 CM-BYP-01",
             failure_blocks_and_warnings_are_failures),
    KIT_CASE("cm.pre.blocker_gets_no_post_and_those_above_do", "CM-PRE-06 CM-PRE-07",
             blocker_gets_no_post_and_those_above_do),
    KIT_CASE("cm.pre.contexts_begin_null_for_each_callback",
             "CM-PRE-08 CM-PRE-09 CM-PRE-10 CM-CTX-02", contexts_begin_null_for_each_callback),
    KIT_CASE("cm.pre.reserved_slot_holds_the_version", "CM-PRE-10 CM-CO-09 CM-NC-64 CM-VER-11",
             reserved_slot_holds_the_version),
    KIT_CASE("cm.pre.every_key_is_heard", "CM-PRE-14", every_key_is_heard),
    KIT_CASE("cm.pre.discouraged_classes_are_blocked_all_the_same", "CM-PRE-17",
             discouraged_classes_are_blocked_all_the_same),
    KIT_CASE("cm.pre.bypass_is_a_plain_failure_before_vista", "CM-PRE-18",
             bypass_is_a_plain_failure_before_vista),
};

NTCB_TEST_MAIN("conformance", tests)
