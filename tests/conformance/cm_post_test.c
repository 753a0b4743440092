/* SPDX-License-Identifier: MIT
 *
 * cm_post_test.c - post notifications: what they carry, who gets them, how they override.
 */
#include "../cm/cm_kit.h"

#define UNWRITTEN ((NTSTATUS)0xE0E0E0E0)

/* Class, post class and whether Object means something whatever the status. */
static const struct {
    REG_NOTIFY_CLASS pre;
    REG_NOTIFY_CLASS post;
} pairs[] = {
    {RegNtPreDeleteKey, RegNtPostDeleteKey},
    {RegNtPreRestoreKey, RegNtPostRestoreKey},
    {RegNtPreSaveKey, RegNtPostSaveKey},
    {RegNtPreReplaceKey, RegNtPostReplaceKey},
    {RegNtPreQueryValueKey, RegNtPostQueryValueKey},
    {RegNtPreKeyHandleClose, RegNtPostKeyHandleClose},
};

static void post_carries_the_operation(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    size_t row;

    EXPECT_EQ(FIELD_OFFSET(REG_POST_OPERATION_INFORMATION, Status), sizeof(void *));
    kit_begin(state, NULL);
    cm_add(&a);
    for (row = 0; row < RTL_NUMBER_OF(pairs); ++row) {
        REG_QUERY_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {.notify_class = pairs[row].pre,
                                         .information = &information,
                                         .object = &cm_key,
                                         .status = STATUS_OBJECT_NAME_NOT_FOUND};

        EXPECT_STATUS(cm_perform(&operation), STATUS_OBJECT_NAME_NOT_FOUND);
        EXPECT_EQ(a.notify_class, pairs[row].post);
        EXPECT_PTR(a.last_post.Object, &cm_key);
        EXPECT_STATUS(a.last_post.Status, STATUS_OBJECT_NAME_NOT_FOUND);
        EXPECT_STATUS(a.last_post.ReturnStatus, STATUS_OBJECT_NAME_NOT_FOUND);
        EXPECT_PTR(a.last_post.PreInformation, &information);
        EXPECT_PTR(a.last_post.CallContext, NULL);
        EXPECT_PTR(a.last_post.Reserved, NULL);
    }
    cm_drop(&a);
}

static void one_post_for_each_pre_whatever_the_result(void **state)
{
    static const NTSTATUS results[] = {STATUS_SUCCESS, STATUS_PENDING, STATUS_ACCESS_DENIED,
                                       STATUS_NO_MORE_ENTRIES, STATUS_REPARSE};
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"}, {.name = 'B', .altitude = u"1"}};
    size_t row;

    cm_add_all(two, 2);
    for (row = 0; row < RTL_NUMBER_OF(results); ++row) {
        REG_DELETE_KEY_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {.notify_class = RegNtPreDeleteKey,
                                         .information = &information,
                                         .object = &cm_key,
                                         .status = results[row]};

        EXPECT_STATUS(cm_perform(&operation), results[row]);
        EXPECT_STR(kit_take(kit), "ABba");
        EXPECT_STATUS(two[0].last_post.Status, results[row]);
    }
    cm_drop_all(two, 2);
}

/* H over L: what each post answers, what the operation gave, what H saw, what the caller gets. */
static const struct {
    const char *what;
    NTSTATUS operation;
    NTSTATUS low_answer;
    NTSTATUS low_status;
    NTSTATUS high_answer;
    NTSTATUS high_status;
    NTSTATUS high_saw;
    NTSTATUS caller_gets;
} overrides[] = {
    {"nobody overrides", STATUS_SUCCESS, STATUS_SUCCESS, UNWRITTEN, STATUS_SUCCESS, UNWRITTEN,
     STATUS_SUCCESS, STATUS_SUCCESS},
    {"low makes it fail", STATUS_SUCCESS, STATUS_CALLBACK_BYPASS, STATUS_ACCESS_DENIED,
     STATUS_SUCCESS, UNWRITTEN, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED},
    {"low makes it succeed", STATUS_OBJECT_NAME_NOT_FOUND, STATUS_CALLBACK_BYPASS, STATUS_SUCCESS,
     STATUS_SUCCESS, UNWRITTEN, STATUS_SUCCESS, STATUS_SUCCESS},
    {"high makes it fail", STATUS_SUCCESS, STATUS_SUCCESS, UNWRITTEN, STATUS_CALLBACK_BYPASS,
     STATUS_ACCESS_DENIED, STATUS_SUCCESS, STATUS_ACCESS_DENIED},
    {"the highest has the last word", STATUS_SUCCESS, STATUS_CALLBACK_BYPASS, STATUS_ACCESS_DENIED,
     STATUS_CALLBACK_BYPASS, STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_SUCCESS},
    {"an override may be the same", STATUS_SUCCESS, STATUS_CALLBACK_BYPASS, STATUS_SUCCESS,
     STATUS_SUCCESS, UNWRITTEN, STATUS_SUCCESS, STATUS_SUCCESS},
};

static void override_matrix(void **state)
{
    struct cm_callback two[] = {{.name = 'H', .altitude = u"2"}, {.name = 'L', .altitude = u"1"}};
    size_t row;

    kit_begin(state, NULL);
    cm_add_all(two, 2);
    for (row = 0; row < RTL_NUMBER_OF(overrides); ++row) {
        REG_DELETE_KEY_INFORMATION information = {.Object = &cm_key};
        struct cm_operation operation = {.notify_class = RegNtPreDeleteKey,
                                         .information = &information,
                                         .object = &cm_key,
                                         .status = overrides[row].operation};

        two[0].post_status = overrides[row].high_answer;
        two[0].return_status = overrides[row].high_status;
        two[1].post_status = overrides[row].low_answer;
        two[1].return_status = overrides[row].low_status;
        print_message("%s\n", overrides[row].what);
        EXPECT_STATUS(cm_perform(&operation), overrides[row].caller_gets);
        EXPECT_STATUS(two[1].last_post.Status, overrides[row].operation);
        EXPECT_STATUS(two[0].last_post.Status, overrides[row].high_saw);
        EXPECT_STATUS(two[0].last_post.ReturnStatus, overrides[row].high_saw);
    }
    cm_drop_all(two, 2);
}

static NTSTATUS answer_of_writer;
static bool writes_status;
static bool writes_return_status;

static NTSTATUS NTAPI writer(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    PREG_POST_OPERATION_INFORMATION post = Argument2;

    (void)CallbackContext;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 != RegNtPostSetValueKey) {
        return STATUS_SUCCESS;
    }
    if (writes_status) {
        post->Status = STATUS_UNSUCCESSFUL;
    }
    if (writes_return_status) {
        post->ReturnStatus = STATUS_UNSUCCESSFUL;
    }
    return answer_of_writer;
}

static const struct {
    bool status;
    bool return_status;
    NTSTATUS answer;
    NTSTATUS caller_gets;
} writes[] = {
    {true, false, STATUS_SUCCESS, STATUS_SUCCESS},
    {false, true, STATUS_SUCCESS, STATUS_SUCCESS},
    {true, true, STATUS_SUCCESS, STATUS_SUCCESS},
    {false, false, STATUS_CALLBACK_BYPASS, STATUS_SUCCESS},
    {true, false, STATUS_CALLBACK_BYPASS, STATUS_SUCCESS},
    {false, true, STATUS_CALLBACK_BYPASS, STATUS_UNSUCCESSFUL},
};

static void only_return_status_with_bypass_counts(void **state)
{
    UNICODE_STRING altitude = cm_text(u"1");
    struct cm_callback above = {.name = 'H', .altitude = u"2"};
    LARGE_INTEGER cookie;
    size_t row;

    kit_begin(state, NULL);
    cm_add(&above);
    EXPECT_SUCCESS(CmRegisterCallbackEx(writer, &altitude, cm_driver(), NULL, &cookie, NULL));
    for (row = 0; row < RTL_NUMBER_OF(writes); ++row) {
        writes_status = writes[row].status;
        writes_return_status = writes[row].return_status;
        answer_of_writer = writes[row].answer;
        EXPECT_STATUS(cm_set_value(), writes[row].caller_gets);
        EXPECT_STATUS(above.last_post.Status, writes[row].caller_gets);
        EXPECT_STATUS(above.last_post.ReturnStatus, writes[row].caller_gets);
    }
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    cm_drop(&above);
}

static void flip_a_byte(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                        PVOID information)
{
    (void)callback;
    if (notify_class == RegNtPostQueryValueKey) {
        PREG_QUERY_VALUE_KEY_INFORMATION query =
            ((PREG_POST_OPERATION_INFORMATION)information)->PreInformation;

        ((PUCHAR)query->KeyValueInformation)[1] ^= 0xFF;
        *query->ResultLength = 2;
    }
}

static void outputs_may_be_rewritten(void **state)
{
    UCHAR buffer[4] = {1, 2, 3, 4};
    ULONG length = 4;
    REG_QUERY_VALUE_KEY_INFORMATION information = {
        .Object = &cm_key, .KeyValueInformation = buffer, .Length = 4, .ResultLength = &length};
    struct cm_operation operation = {
        .notify_class = RegNtPreQueryValueKey, .information = &information, .object = &cm_key};
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = flip_a_byte};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_EQ(buffer[1], 0xFD);
    EXPECT_EQ(length, 2);
    cm_drop(&a);
}

/* The object of create and open: meaningful for STATUS_SUCCESS alone. */
static void object_means_something_for_success_only(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    REG_CREATE_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreOpenKeyEx, .information = &information, .object = &a};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_PTR(a.last_post.Object, &a);
    EXPECT_PTR(operation.object_out, &a);
    operation.status = STATUS_OBJECT_NAME_NOT_FOUND;
    operation.object = NULL;
    EXPECT_STATUS(cm_perform(&operation), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(a.last_post.Object, NULL);
    operation.status = STATUS_REPARSE;
    EXPECT_STATUS(cm_perform(&operation), STATUS_REPARSE);
    EXPECT_TRUE(a.last_post.Object != NULL); /* a trap, not a key */
    EXPECT_TRUE(a.last_post.Object != &cm_key);
    EXPECT_PTR(operation.object_out, NULL);
    cm_drop(&a);
}

static const REG_NOTIFY_CLASS without_object[] = {RegNtPreLoadKey, RegNtPreSaveMergedKey};

static void load_and_merged_save_have_no_object(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    size_t row;

    kit_begin(state, NULL);
    cm_add(&a);
    for (row = 0; row < RTL_NUMBER_OF(without_object); ++row) {
        REG_LOAD_KEY_INFORMATION_V2 information = {.Object = &cm_key};
        struct cm_operation operation = {
            .notify_class = without_object[row], .information = &information, .object = &cm_key};

        EXPECT_SUCCESS(cm_perform(&operation));
        EXPECT_EQ(a.post, row + 1);
        EXPECT_PTR(a.last_post.Object, NULL);
        EXPECT_PTR(operation.object_out, &cm_key); /* the caller's stays */
    }
    cm_drop(&a);
}

static void bypassed_open_shows_the_supplied_object(void **state)
{
    struct cm_callback two[] = {
        {.name = 'H', .altitude = u"2"},
        {.name = 'L', .altitude = u"1", .pre_status = STATUS_CALLBACK_BYPASS}};
    REG_CREATE_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreCreateKeyEx, .information = &information, .object = two};

    kit_begin(state, NULL);
    cm_add_all(two, 2);
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_STATUS(operation.pre_result, STATUS_CALLBACK_BYPASS);
    EXPECT_SUCCESS(two[0].last_post.Status);
    EXPECT_PTR(two[0].last_post.Object, two);
    EXPECT_EQ(two[1].post, 0);
    cm_drop_all(two, 2);
}

static PVOID object_to_leave;

static void leave_object(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                         PVOID information)
{
    (void)callback;
    if (notify_class == RegNtPostOpenKeyEx) {
        ((PREG_POST_OPERATION_INFORMATION)information)->Object = object_to_leave;
    }
}

static void object_left_by_post_is_handed_out(void **state)
{
    struct cm_callback a = {
        .name = 'A', .altitude = u"1", .hook = leave_object, .post_status = STATUS_CALLBACK_BYPASS};
    REG_CREATE_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
    struct cm_operation operation = {.notify_class = RegNtPreOpenKeyEx,
                                     .information = &information,
                                     .status = STATUS_OBJECT_NAME_NOT_FOUND};

    kit_begin(state, NULL);
    cm_add(&a);
    object_to_leave = &a; /* failure to success */
    a.return_status = STATUS_SUCCESS;
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_PTR(operation.object_out, &a);
    object_to_leave = NULL; /* success to failure */
    a.return_status = STATUS_ACCESS_DENIED;
    operation.status = STATUS_SUCCESS;
    operation.object = &cm_key;
    EXPECT_STATUS(cm_perform(&operation), STATUS_ACCESS_DENIED);
    EXPECT_PTR(operation.object_out, NULL);
    cm_drop(&a);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.post.carries_the_operation", "CM-POST-01 CM-POST-02 CM-POST-06 CM-POST-13",
             post_carries_the_operation),
    KIT_CASE("cm.post.one_for_each_pre_whatever_the_result", "CM-POST-03 CM-POST-04",
             one_post_for_each_pre_whatever_the_result),
    KIT_CASE("cm.post.override_matrix", "CM-POST-05 CM-POST-06", override_matrix),
    KIT_CASE("cm.post.only_return_status_with_bypass_counts", "CM-POST-06 CM-POST-07",
             only_return_status_with_bypass_counts),
    KIT_CASE("cm.post.outputs_may_be_rewritten", "CM-POST-09", outputs_may_be_rewritten),
    KIT_CASE("cm.post.object_means_something_for_success_only", "CM-POST-12",
             object_means_something_for_success_only),
    KIT_CASE("cm.post.load_and_merged_save_have_no_object", "CM-POST-14",
             load_and_merged_save_have_no_object),
    KIT_CASE("cm.post.bypassed_open_shows_the_supplied_object", "CM-POST-15",
             bypassed_open_shows_the_supplied_object),
    KIT_CASE("cm.post.object_left_by_post_is_handed_out", "CM-POST-10 CM-POST-11",
             object_left_by_post_is_handed_out),
};

NTCB_TEST_MAIN("conformance", tests)
