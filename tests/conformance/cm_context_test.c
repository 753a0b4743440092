/* SPDX-License-Identifier: MIT
 *
 * cm_context_test.c - call contexts, object contexts, and the cleanup that ends them.
 */
#include "../cm/cm_kit.h"

/* Key objects, and what a callback may hang on them. */
static char keys[3];
static char marks[4];

static NTSTATUS delete_key(PVOID object)
{
    REG_DELETE_KEY_INFORMATION information = {.Object = object};
    struct cm_operation operation = {
        .notify_class = RegNtPreDeleteKey, .information = &information, .object = object};

    return cm_perform(&operation);
}

static NTSTATUS close_key(PVOID object)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = object};
    struct cm_operation operation = {
        .notify_class = RegNtPreKeyHandleClose, .information = &information, .object = object};

    return cm_perform(&operation);
}

/* What the hook below found in the pre notification. */
static PVOID pre_context;

static void note_pre_context(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                             PVOID information)
{
    (void)callback;
    if (notify_class == RegNtPreDeleteKey) {
        pre_context = ((PREG_DELETE_KEY_INFORMATION)information)->ObjectContext;
    } else if (notify_class == RegNtPreKeyHandleClose) {
        pre_context = ((PREG_KEY_HANDLE_CLOSE_INFORMATION)information)->ObjectContext;
    } else if (notify_class == RegNtPreOpenKeyEx) {
        pre_context = ((PREG_OPEN_KEY_INFORMATION)information)->RootObjectContext;
    }
}

/* ---- call context ---------------------------------------------------------------------------- */

static void operate_many_times(struct kit *kit, void *argument)
{
    unsigned round;

    (void)kit;
    (void)argument;
    for (round = 0; round < 500; ++round) {
        cm_set_value();
    }
}

static _Atomic unsigned mixed_up;

/* Each operation leaves the address of its own pre structure. */
static NTSTATUS NTAPI leave_own_address(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)CallbackContext;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreSetValueKey) {
        ((PREG_SET_VALUE_KEY_INFORMATION)Argument2)->CallContext = Argument2;
    } else {
        PREG_POST_OPERATION_INFORMATION post = Argument2;

        atomic_fetch_add(&mixed_up, post->CallContext != post->PreInformation);
    }
    return STATUS_SUCCESS;
}

static void call_contexts_of_two_threads_never_mix(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread threads[2];
    LARGE_INTEGER cookie;

    atomic_store(&mixed_up, 0);
    EXPECT_SUCCESS(CmRegisterCallback(leave_own_address, NULL, &cookie));
    kit_start(&threads[0], kit, operate_many_times, NULL);
    kit_start(&threads[1], kit, operate_many_times, NULL);
    kit_join(&threads[0]);
    kit_join(&threads[1]);
    EXPECT_EQ(atomic_load(&mixed_up), 0);
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
}

static void call_context_is_never_freed_by_the_system(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1", .call_context = malloc(8)};

    kit_begin(state, NULL);
    memcpy(a.call_context, "context", 8);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_PTR(a.last_post.CallContext, a.call_context);
    a.pre_status = STATUS_ACCESS_DENIED; /* no post: the driver frees it itself */
    EXPECT_STATUS(cm_set_value(), STATUS_ACCESS_DENIED);
    EXPECT_MEM(a.call_context, "context", 8);
    cm_drop(&a);
    free(a.call_context);
}

/* ---- object context -------------------------------------------------------------------------- */

static NTSTATUS hook_status;

static void set_in_post_open(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                             PVOID information)
{
    if (notify_class == RegNtPostOpenKeyEx) {
        hook_status = cm_set_context(((PREG_POST_OPERATION_INFORMATION)information)->Object,
                                     callback, &marks[0], NULL);
    }
    note_pre_context(callback, notify_class, information);
}

static void context_set_in_post_open_comes_with_later_operations(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = set_in_post_open};
    REG_OPEN_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
    struct cm_operation open = {
        .notify_class = RegNtPreOpenKeyEx, .information = &information, .object = &keys[0]};

    cm_add(&a);
    EXPECT_SUCCESS(cm_perform(&open));
    EXPECT_SUCCESS(hook_status);
    EXPECT_SUCCESS(delete_key(&keys[0]));
    EXPECT_PTR(pre_context, &marks[0]);
    EXPECT_PTR(a.last_post.ObjectContext, &marks[0]);
    information.RootObject = &keys[0]; /* relative to it: its context is the root's */
    open.status = STATUS_OBJECT_NAME_NOT_FOUND;
    EXPECT_STATUS(cm_perform(&open), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(pre_context, &marks[0]);
    kit_take(kit);
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_PTR(pre_context, &marks[0]);
    EXPECT_STR(kit_take(kit), "A!a");
    cm_drop(&a);
}

static void context_belongs_to_object_and_cookie(void **state)
{
    struct cm_callback two[] = {
        {.name = 'A', .altitude = u"2", .hook = note_pre_context},
        {.name = 'B', .altitude = u"1"},
    };

    kit_begin(state, NULL);
    cm_add_all(two, 2);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &two[0], &marks[0], NULL));
    EXPECT_SUCCESS(cm_set_context(&keys[0], &two[1], &marks[1], NULL));
    EXPECT_SUCCESS(delete_key(&keys[0]));
    EXPECT_PTR(pre_context, &marks[0]);
    EXPECT_PTR(two[0].last_post.ObjectContext, &marks[0]);
    EXPECT_PTR(two[1].last_post.ObjectContext, &marks[1]);
    EXPECT_SUCCESS(delete_key(&keys[1])); /* another object of maybe the same key */
    EXPECT_PTR(pre_context, NULL);
    EXPECT_PTR(two[0].last_post.ObjectContext, NULL);
    EXPECT_PTR(two[1].last_post.ObjectContext, NULL);
    EXPECT_SUCCESS(close_key(&keys[0]));
    cm_drop_all(two, 2);
    EXPECT_EQ(two[0].cleanups, 1);
    EXPECT_EQ(two[1].cleanups, 1);
    EXPECT_PTR(two[0].cleaned.ObjectContext, &marks[0]);
    EXPECT_PTR(two[1].cleaned.ObjectContext, &marks[1]);
    EXPECT_PTR(two[0].cleaned.Object, &keys[0]);
    EXPECT_PTR(two[0].cleaned.Reserved, NULL);
}

static void old_context_is_returned(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    PVOID old = &marks[3];

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], &old));
    EXPECT_PTR(old, NULL);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[1], &old));
    EXPECT_PTR(old, &marks[0]);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[2], NULL));
    EXPECT_EQ(a.cleanups, 0); /* a replaced one may still be in use: nobody says it is not */
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_EQ(a.cleanups, 1);
    EXPECT_PTR(a.cleaned.ObjectContext, &marks[2]);
    cm_drop(&a);
}

static void only_the_owner_gets_the_cleanup(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'A', .altitude = u"3"},
                                  {.name = 'B', .altitude = u"2"},
                                  {.name = 'C', .altitude = u"1"}};

    cm_add_all(three, 3);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &three[0], &marks[0], NULL));
    EXPECT_SUCCESS(cm_set_context(&keys[0], &three[2], &marks[2], NULL));
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_STR(kit_take(kit), "ABC!!cba"); /* pre close, cleanups, post close */
    EXPECT_EQ(three[0].cleanups, 1);
    EXPECT_EQ(three[1].cleanups, 0);
    EXPECT_EQ(three[2].cleanups, 1);
    EXPECT_SUCCESS(close_key(&keys[0])); /* and only once */
    EXPECT_STR(kit_take(kit), "ABCcba");
    cm_drop_all(three, 3);
}

static void unregistering_cleans_up_before_it_returns(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"}, {.name = 'B', .altitude = u"1"}};
    size_t index;

    cm_add_all(two, 2);
    for (index = 0; index < 3; ++index) {
        EXPECT_SUCCESS(cm_set_context(&keys[index], &two[0], &marks[index], NULL));
    }
    EXPECT_SUCCESS(cm_set_context(&keys[0], &two[1], &marks[3], NULL));
    cm_drop(&two[0]);
    EXPECT_EQ(two[0].cleanups, 3);
    EXPECT_EQ(two[1].cleanups, 0);
    kit_take(kit);
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_STR(kit_take(kit), "B!b");
    EXPECT_EQ(two[0].cleanups, 3);
    cm_drop(&two[1]);
}

static void wrong_cookie_or_object_is_refused(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    LARGE_INTEGER unknown = {.QuadPart = 12345};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_FALSE(NT_SUCCESS(CmSetCallbackObjectContext(&keys[0], &unknown, &marks[0], NULL)));
    EXPECT_FALSE(NT_SUCCESS(cm_set_context(NULL, &a, &marks[0], NULL)));
    cm_drop(&a);
    EXPECT_FALSE(NT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL)));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.context.call_contexts_of_two_threads_never_mix", "CM-CTX-01",
             call_contexts_of_two_threads_never_mix),
    KIT_CASE("cm.context.call_context_is_never_freed_by_the_system", "CM-CTX-03",
             call_context_is_never_freed_by_the_system),
    KIT_CASE("cm.context.set_in_post_open_comes_with_later_operations",
             "CM-CTX-04 CM-CTX-05 CM-CTX-06 CM-PRE-09 CM-POST-18",
             context_set_in_post_open_comes_with_later_operations),
    KIT_CASE("cm.context.belongs_to_object_and_cookie", "CM-CTX-05 CM-CTX-11 CM-CTX-16",
             context_belongs_to_object_and_cookie),
    KIT_CASE("cm.context.old_one_is_returned", "CM-CTX-07 CM-CTX-08", old_context_is_returned),
    KIT_CASE("cm.context.only_the_owner_gets_the_cleanup", "CM-CTX-11 CM-CLS-04 CM-NC-40",
             only_the_owner_gets_the_cleanup),
    KIT_CASE("cm.context.unregistering_cleans_up_before_it_returns", "CM-CTX-12 CM-UNR-08",
             unregistering_cleans_up_before_it_returns),
    KIT_CASE("cm.context.wrong_cookie_or_object_is_refused", "CM-CTX-14",
             wrong_cookie_or_object_is_refused),
};

NTCB_TEST_MAIN("conformance", tests)
