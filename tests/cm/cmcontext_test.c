/* SPDX-License-Identifier: MIT
 *
 * cmcontext_test.c - object contexts where the documentation leaves a choice, without memory, and
 * while an unregistration or a close is under way.
 */
#include "cm_kit.h"

static char keys[3];
static char marks[3];

static NTSTATUS close_key(PVOID object)
{
    REG_KEY_HANDLE_CLOSE_INFORMATION information = {.Object = object};
    struct cm_operation operation = {
        .notify_class = RegNtPreKeyHandleClose, .information = &information, .object = object};

    return cm_perform(&operation);
}

static void null_removes_the_context(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    PVOID old = NULL;

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, NULL, &old)); /* there was none */
    EXPECT_PTR(old, NULL);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, NULL, &old));
    EXPECT_PTR(old, &marks[0]);
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_EQ(a.cleanups, 0);
    cm_drop(&a);
}

static void one_cleanup_with_the_present_value(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1", .cleanup_status = STATUS_ACCESS_DENIED};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[1], NULL));
    EXPECT_SUCCESS(close_key(&keys[0])); /* whatever the cleanup answers */
    EXPECT_EQ(a.cleanups, 1);
    EXPECT_PTR(a.cleaned.ObjectContext, &marks[1]);
    cm_drop(&a);
    EXPECT_EQ(a.cleanups, 1);
}

static void set_value_in_cleanup(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                                 PVOID information)
{
    (void)callback;
    (void)information;
    if (notify_class == RegNtCallbackObjectContextCleanup) {
        cm_set_value();
    }
}

static void calls_inside_a_cleanup_go_below(void **state)
{
    struct cm_callback three[] = {
        {.name = 'A', .altitude = u"3"},
        {.name = 'B', .altitude = u"2", .hook = set_value_in_cleanup},
        {.name = 'C', .altitude = u"1"},
    };
    struct kit *kit = kit_begin(state, NULL);

    cm_add_all(three, RTL_NUMBER_OF(three));
    EXPECT_SUCCESS(cm_set_context(&keys[0], &three[1], &marks[0], NULL));
    EXPECT_SUCCESS(close_key(&keys[0]));
    EXPECT_STR(kit_take(kit), "ABC!Cccba");
    EXPECT_SUCCESS(cm_set_context(&keys[0], &three[1], &marks[0], NULL));
    cm_drop(&three[1]); /* delivers the cleanup too */
    EXPECT_STR(kit_take(kit), "!Cc");
    cm_drop(&three[0]);
    cm_drop(&three[2]);
}

static pthread_t cleaned_on;

static void note_thread(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                        PVOID information)
{
    (void)callback;
    (void)information;
    if (notify_class == RegNtCallbackObjectContextCleanup) {
        cleaned_on = pthread_self();
    }
}

static void unregistering_thread_runs_the_cleanups(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = note_thread};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    cm_drop(&a);
    EXPECT_EQ(a.cleanups, 1);
    EXPECT_TRUE(pthread_equal(cleaned_on, pthread_self()));
}

static NTSTATUS hook_status;

static void set_in_post(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                        PVOID information)
{
    if (notify_class == RegNtPostOpenKeyEx) {
        hook_status = cm_set_context(((PREG_POST_OPERATION_INFORMATION)information)->Object,
                                     callback, &marks[0], NULL);
    }
}

static void failed_open_has_no_object_to_hang_it_on(void **state)
{
    static const NTSTATUS results[] = {STATUS_OBJECT_NAME_NOT_FOUND, STATUS_REPARSE};
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = set_in_post};
    size_t row;

    kit_begin(state, NULL);
    cm_add(&a);
    for (row = 0; row < RTL_NUMBER_OF(results); ++row) {
        REG_OPEN_KEY_INFORMATION_V1 information = {.RootObject = &cm_key};
        struct cm_operation open = {.notify_class = RegNtPreOpenKeyEx,
                                    .information = &information,
                                    .object = &keys[0],
                                    .status = results[row]};

        hook_status = STATUS_SUCCESS;
        EXPECT_STATUS(cm_perform(&open), results[row]);
        EXPECT_STATUS(hook_status, STATUS_INVALID_PARAMETER);
    }
    cm_drop(&a);
    EXPECT_EQ(a.cleanups, 0);
}

static void set_in_pre(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                       PVOID information)
{
    if (notify_class == RegNtPreSetValueKey) {
        hook_status = cm_set_context(((PREG_SET_VALUE_KEY_INFORMATION)information)->Object,
                                     callback, &marks[0], NULL);
    }
}

static void context_set_in_pre_is_seen_in_post(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = set_in_pre};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_SUCCESS(hook_status);
    EXPECT_PTR(a.last_post.ObjectContext, &marks[0]);
    cm_drop(&a);
}

/* Outside a notification it works as long as the object lives. */
static void outside_a_callback_it_works(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    LARGE_INTEGER zero = {.QuadPart = 0};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    EXPECT_STATUS(CmSetCallbackObjectContext(&keys[0], NULL, &marks[0], NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(CmSetCallbackObjectContext(&keys[0], &zero, &marks[0], NULL),
                  STATUS_INVALID_PARAMETER);
    cm_drop(&a);
    EXPECT_STATUS(cm_set_context(&keys[0], &a, &marks[0], NULL), STATUS_INVALID_PARAMETER);
}

static void no_memory_changes_nothing(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    size_t index;

    cm_add(&a);
    for (index = 0; index < 3; ++index) {
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        unsigned refused = 0;
        PVOID old;

        while (status != STATUS_SUCCESS) {
            old = &keys[2];
            atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + refused + 1);
            status = cm_set_context(&keys[index], &a, &marks[index], &old);
            atomic_store(&kit->fail_at, 0);
            if (status != STATUS_SUCCESS) {
                EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
                EXPECT_PTR(old, &keys[2]);
                ++refused;
            }
        }
        EXPECT_TRUE(refused >= 2);
        EXPECT_PTR(old, NULL);
    }
    cm_drop(&a);
    EXPECT_EQ(a.cleanups, 3);
}

/* ---- a cleanup is a call like any other ------------------------------------------------------ */

static struct {
    bool parked;
    bool go;
} parking;

static void park_in_cleanup(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                            PVOID information)
{
    (void)callback;
    (void)information;
    if (notify_class == RegNtCallbackObjectContextCleanup) {
        kit_set(here, &parking.parked);
        kit_wait(here, &parking.go);
        kit_log(here, ')');
    }
}

static void close_first(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    close_key(&keys[0]);
}

static void unregister(struct kit *kit, void *argument)
{
    hook_status = CmUnRegisterCallback(((struct cm_callback *)argument)->cookie);
    kit_log(kit, 'r');
}

static void unregistering_waits_for_a_cleanup(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = park_in_cleanup};
    struct kit_thread closer;
    struct kit_thread remover;

    parking.parked = parking.go = false;
    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    kit_start(&closer, kit, close_first, NULL);
    kit_wait(kit, &parking.parked);
    kit_start(&remover, kit, unregister, &a);
    kit_wait_sleepers(kit, 1);
    EXPECT_STR(kit_take(kit), "A!");
    kit_set(kit, &parking.go);
    kit_join(&closer);
    kit_join(&remover);
    EXPECT_SUCCESS(hook_status);
    EXPECT_STR(kit_take(kit), ")r");
    EXPECT_EQ(a.cleanups, 1);
}

static void contexts_left_behind_are_freed(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1"};

    cm_add(&a);
    EXPECT_SUCCESS(cm_set_context(&keys[0], &a, &marks[0], NULL));
    EXPECT_SUCCESS(cm_set_context(&keys[1], &a, &marks[1], NULL));
    kit->destroys_as = NTCB_ELEAK;
    ntcb_kernel_enter(NULL);
    EXPECT_EQ(ntcb_kernel_destroy(kit->kernel), NTCB_ELEAK);
    kit->kernel = NULL;
    EXPECT_TRUE(kit_expect_report(kit, "DV-20") != NULL);
    EXPECT_EQ(atomic_load(&kit->live), 0);
    EXPECT_EQ(a.cleanups, 0);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.object_context.null_removes_it", "CM-CTX-10", null_removes_the_context),
    KIT_CASE("cm.object_context.one_cleanup_with_the_present_value", "CM-CTX-09 CM-BYP-11",
             one_cleanup_with_the_present_value),
    KIT_CASE("cm.object_context.calls_inside_a_cleanup_go_below", "CM-RE-07 CM-CLS-04",
             calls_inside_a_cleanup_go_below),
    KIT_CASE("cm.object_context.unregistering_thread_runs_the_cleanups", "CM-CTX-13",
             unregistering_thread_runs_the_cleanups),
    KIT_CASE("cm.object_context.failed_open_has_no_object_to_hang_it_on", "CM-CTX-17",
             failed_open_has_no_object_to_hang_it_on),
    KIT_CASE("cm.object_context.set_in_pre_is_seen_in_post", "CM-POST-18",
             context_set_in_pre_is_seen_in_post),
    KIT_CASE("cm.object_context.outside_a_callback_it_works", "CM-CTX-14 CM-CTX-15",
             outside_a_callback_it_works),
    KIT_CASE("cm.object_context.no_memory_changes_nothing", "", no_memory_changes_nothing),
    KIT_CASE("cm.object_context.unregistering_waits_for_a_cleanup", "CM-UNR-03 CM-CTX-12",
             unregistering_waits_for_a_cleanup),
    KIT_CASE("cm.object_context.left_behind_are_freed", "DV-20", contexts_left_behind_are_freed),
};

NTCB_TEST_MAIN("library", tests)
