/* SPDX-License-Identifier: MIT
 *
 * cm_reentry_test.c - registry calls made inside a callback reach the callbacks below it.
 */
#include "../cm/cm_kit.h"

/* What M does inside its notifications: an open, a close, as the documentation's sample does. */
static bool in_pre;
static bool in_post;
static unsigned inside;
static unsigned deepest;

static void open_and_close(void)
{
    REG_CREATE_KEY_INFORMATION_V1 open = {.RootObject = &cm_key};
    REG_KEY_HANDLE_CLOSE_INFORMATION close = {.Object = &cm_key};
    struct cm_operation opening = {
        .notify_class = RegNtPreOpenKeyEx, .information = &open, .object = &cm_key};
    struct cm_operation closing = {
        .notify_class = RegNtPreKeyHandleClose, .information = &close, .object = &cm_key};

    cm_perform(&opening);
    cm_perform(&closing);
}

static void nest(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    (void)callback;
    (void)information;
    ++inside;
    deepest = inside > deepest ? inside : deepest;
    if (cm_is_pre(notify_class) ? in_pre : in_post) {
        open_and_close();
    }
    --inside;
}

static const struct {
    bool pre;
    bool post;
    const char *order;
    unsigned low;
} phases[] = {
    {false, false, "HMLlmh", 1},
    {true, false, "HMLlLlLlmh", 3},
    {false, true, "HMLlmLlLlh", 3},
    {true, true, "HMLlLlLlmLlLlh", 5},
};

static void nested_calls_go_below_the_caller(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'H', .altitude = u"380020"},
                                  {.name = 'M', .altitude = u"380010", .hook = nest},
                                  {.name = 'L', .altitude = u"380000"}};
    size_t row;

    cm_add_all(three, 3);
    for (row = 0; row < RTL_NUMBER_OF(phases); ++row) {
        unsigned index;

        for (index = 0; index < 3; ++index) {
            atomic_store(&three[index].pre, 0);
            atomic_store(&three[index].post, 0);
        }
        inside = deepest = 0;
        in_pre = phases[row].pre;
        in_post = phases[row].post;
        EXPECT_STR(cm_heard(kit), phases[row].order);
        EXPECT_EQ(three[0].pre, 1);
        EXPECT_EQ(three[0].post, 1);
        EXPECT_EQ(three[1].pre, 1);
        EXPECT_EQ(three[1].post, 1);
        EXPECT_EQ(three[2].pre, phases[row].low);
        EXPECT_EQ(three[2].post, phases[row].low);
        EXPECT_EQ(deepest, 1); /* never inside itself */
    }
    cm_drop_all(three, 3);
}

static void limit_ends_with_the_callback(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'H', .altitude = u"2"},
                                {.name = 'M', .altitude = u"1", .hook = nest}};

    in_pre = in_post = true;
    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "HMmh");
    EXPECT_STR(cm_heard(kit), "HMmh"); /* the next one starts at the top again */
    EXPECT_TRUE(ntcb_registry_wanted(RegNtPreSetValueKey));
    cm_drop_all(two, 2);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.reentry.nested_calls_go_below_the_caller", "CM-RE-01 CM-RE-02 CM-RE-03",
             nested_calls_go_below_the_caller),
    KIT_CASE("cm.reentry.limit_ends_with_the_callback", "CM-RE-01 CM-RE-03",
             limit_ends_with_the_callback),
};

NTCB_TEST_MAIN("conformance", tests)
