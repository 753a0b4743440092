/* SPDX-License-Identifier: MIT
 *
 * cm_order_test.c - the stack of registry callbacks: highest altitude first, compared as numbers.
 */
#include "../cm/cm_kit.h"

/* Registered in this order; `order` is who hears first. */
static const struct {
    const char *what;
    const WCHAR *altitude[5];
    const char *order;
} stacks[] = {
    {"integers", {u"380020", u"380000", u"380010"}, "ACBbca"},
    {"more digits are more", {u"9", u"10"}, "BAab"},
    {"not as text", {u"99999.9", u"100000"}, "BAab"},
    {"a fraction is above the whole", {u"360000", u"360000.5"}, "BAab"},
    {"leading zeros", {u"100.123456", u"03333"}, "BAab"},
    {"leading zeros, the other way", {u"03333", u"100.123456"}, "ABba"},
    {"forty digits",
     {u"1.0000000000000000000000000000000000000001", u"1.0000000000000000000000000000000000000003",
      u"1.0000000000000000000000000000000000000002"},
     "BCAacb"},
    {"digits behind the point are no integer", {u"5.10", u"5.9"}, "BAab"},
};

static void order_is_numeric(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(stacks); ++row) {
        struct cm_callback stack[5] = {{.name = 'A'}};
        size_t count = 0;

        while (count < 5 && stacks[row].altitude[count] != NULL) {
            stack[count] = (struct cm_callback){.name = (char)('A' + count),
                                                .altitude = stacks[row].altitude[count]};
            cm_add(&stack[count++]);
        }
        print_message("%s\n", stacks[row].what);
        EXPECT_STR(cm_heard(kit), stacks[row].order);
        cm_drop_all(stack, count);
    }
}

static void exact_duplicate_is_one_altitude(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"360000"};
    struct cm_callback b = {.name = 'B', .altitude = u"360000"};

    kit_begin(state, NULL);
    cm_add(&a);
    EXPECT_STATUS(cm_try(&b), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    cm_drop(&a);
}

static void legacy_callbacks_come_first_in_their_order(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback all[] = {{.name = 'C', .altitude = u"380000"}, {.name = 'A'}, {.name = 'B'}};

    cm_add_all(all, 3);
    EXPECT_STR(cm_heard(kit), "ABCcba");
    cm_drop_all(all, 3);
}

static void legacy_callbacks_never_collide(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback five[] = {
        {.name = 'A'}, {.name = 'B'}, {.name = 'C'}, {.name = 'D'}, {.name = 'E'}};

    cm_add_all(five, 5);
    EXPECT_STR(cm_heard(kit), "ABCDEedcba");
    cm_drop(&five[2]);
    cm_add(&five[2]);
    EXPECT_STR(cm_heard(kit), "ABDECcedba");
    cm_drop_all(five, 5);
}

static void nested(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    (void)information;
    (void)callback;
    if (cm_is_pre(notify_class)) {
        kit_log(here, '[');
        cm_set_value();
        kit_log(here, ']');
    }
}

static void nested_call_does_not_restart_the_stack(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'H', .altitude = u"3"},
                                  {.name = 'M', .altitude = u"2", .hook = nested},
                                  {.name = 'L', .altitude = u"1"}};

    cm_add_all(three, 3);
    EXPECT_STR(cm_heard(kit), "HM[Ll]Llmh");
    EXPECT_EQ(three[0].pre, 1);
    cm_drop_all(three, 3);
}

/* ---- a thousand of them ---------------------------------------------------------------------- */

#define MANY 1000

static struct ranked {
    unsigned altitude;
    LARGE_INTEGER cookie;
} ranked[MANY];
static unsigned heard_pre[MANY + 1];
static unsigned heard_post[MANY + 1];
static unsigned pre_count;
static unsigned post_count;

static NTSTATUS NTAPI note_altitude(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    const struct ranked *mine = CallbackContext;

    (void)Argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreSetValueKey) {
        heard_pre[pre_count < MANY ? pre_count : MANY] = mine->altitude;
        ++pre_count;
    } else {
        heard_post[post_count < MANY ? post_count : MANY] = mine->altitude;
        ++post_count;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS register_number(struct ranked *mine)
{
    WCHAR digits[12];
    UNICODE_STRING altitude = {0, sizeof(digits), digits};

    RtlIntegerToUnicodeString(mine->altitude, 10, &altitude);
    return CmRegisterCallbackEx(note_altitude, &altitude, cm_driver(), mine, &mine->cookie, NULL);
}

static void thousand_random_altitudes_run_from_the_top(void **state)
{
    uint32_t random = 20200131;
    unsigned index;
    unsigned misplaced = 0;

    kit_begin(state, NULL);
    pre_count = post_count = 0;
    for (index = 0; index < MANY; ++index) {
        NTSTATUS status;

        do {
            random = random * 1664525u + 1013904223u;
            ranked[index].altitude = 1 + (random >> 8) % 30000;
            status = register_number(&ranked[index]);
        } while (status == STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
        EXPECT_SUCCESS(status);
    }
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_EQ(pre_count, MANY);
    EXPECT_EQ(post_count, MANY);
    for (index = 1; index < MANY; ++index) {
        misplaced += heard_pre[index - 1] <= heard_pre[index];
        misplaced += heard_post[index - 1] >= heard_post[index];
    }
    EXPECT_EQ(misplaced, 0);
    for (index = 0; index < MANY; ++index) {
        EXPECT_SUCCESS(CmUnRegisterCallback(ranked[index].cookie));
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.order.is_numeric", "CM-ORD-01 CM-ORD-02 CM-ORD-03 CM-ORD-04", order_is_numeric),
    KIT_CASE("cm.order.exact_duplicate_is_one_altitude", "CM-ORD-05",
             exact_duplicate_is_one_altitude),
    KIT_CASE("cm.order.legacy_callbacks_come_first_in_their_order", "CM-ORD-07 CM-UNR-11",
             legacy_callbacks_come_first_in_their_order),
    KIT_CASE("cm.order.legacy_callbacks_never_collide", "CM-ORD-09",
             legacy_callbacks_never_collide),
    KIT_CASE("cm.order.nested_call_does_not_restart_the_stack", "CM-ORD-11 CM-RE-01",
             nested_call_does_not_restart_the_stack),
    KIT_CASE("cm.order.thousand_random_altitudes_run_from_the_top", "CM-ORD-01 CM-REG-08",
             thousand_random_altitudes_run_from_the_top),
};

NTCB_TEST_MAIN("conformance", tests)
