/* SPDX-License-Identifier: MIT
 *
 * cmcallback_test.c - registration where the documentation leaves a choice: malformed altitudes,
 * equal ones, legacy callbacks among others, cookies.
 */
#include "cm_kit.h"

#define POISON 0x5A5A5A5A5A5A5A5All

static void failure_leaves_the_cookie_alone(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    struct cm_callback b = {.name = 'B', .altitude = u"1", .cookie.QuadPart = POISON};

    cm_add(&a);
    EXPECT_STATUS(cm_try(&b), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_EQ(b.cookie.QuadPart, POISON);
    EXPECT_STATUS(CmUnRegisterCallback(b.cookie), STATUS_INVALID_PARAMETER);
    EXPECT_STR(cm_heard(kit), "Aa");
    cm_drop(&a);
}

static void null_arguments_are_refused(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"1");
    LARGE_INTEGER cookie = {.QuadPart = POISON};
    struct {
        PEX_CALLBACK_FUNCTION function;
        PUNICODE_STRING altitude;
        PVOID driver;
        PLARGE_INTEGER cookie;
        PVOID reserved;
    } rows[] = {
        {NULL, &altitude, kit, &cookie, NULL},        {cm_routine, NULL, kit, &cookie, NULL},
        {cm_routine, &altitude, NULL, &cookie, NULL}, {cm_routine, &altitude, kit, NULL, NULL},
        {cm_routine, &altitude, kit, &cookie, kit},
    };
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        EXPECT_STATUS(CmRegisterCallbackEx(rows[row].function, rows[row].altitude, rows[row].driver,
                                           NULL, rows[row].cookie, rows[row].reserved),
                      STATUS_INVALID_PARAMETER);
    }
    EXPECT_STATUS(CmRegisterCallback(NULL, NULL, &cookie), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(CmRegisterCallback(cm_routine, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(cookie.QuadPart, POISON);
    EXPECT_FALSE(ntcb_registry_wanted(RegNtPreDeleteKey));
}

static void null_driver_is_accepted_on_request(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    UNICODE_STRING altitude = cm_text(u"1");

    kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_LENIENT_DRIVER});
    EXPECT_SUCCESS(CmRegisterCallbackEx(cm_routine, &altitude, NULL, &a, &a.cookie, NULL));
    EXPECT_SUCCESS(cm_set_value());
    EXPECT_EQ(a.pre, 1);
    cm_drop(&a);
}

static void altitude_is_counted_and_copied(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    WCHAR *text = malloc(3 * sizeof(WCHAR)); /* exactly: no terminator */
    UNICODE_STRING altitude = {3 * sizeof(WCHAR), 3 * sizeof(WCHAR), text};
    struct cm_callback a = {.name = 'A'};
    struct cm_callback b = {.name = 'B', .altitude = u"500"};
    struct cm_callback c = {.name = 'C', .altitude = u"700"};

    memcpy(text, u"600", 3 * sizeof(WCHAR));
    EXPECT_SUCCESS(CmRegisterCallbackEx(cm_routine, &altitude, kit, &a, &a.cookie, NULL));
    memcpy(text, u"999", 3 * sizeof(WCHAR));
    free(text);
    cm_add(&b);
    cm_add(&c);
    EXPECT_STR(cm_heard(kit), "CABbac");
    cm_drop(&a);
    cm_drop(&b);
    cm_drop(&c);
}

/* The first 3 or 5 code units of each are taken as the row says. */
static const struct {
    const WCHAR *text;
    USHORT length; /* bytes */
} malformed[] = {
    {u"", 0},   {u"abc", 6}, {u"1.2.3", 10}, {u"-1", 4},   {u"1e5", 6},
    {u" 1", 4}, {u"1,5", 6}, {u"38\0", 6},   {u"38", 3},   {u".5", 4},
    {u"1 ", 4}, {u"+1", 4},  {u"0x10", 8},   {u"1..2", 8}, {u"\uFF11", 2},
};

static void malformed_altitude_is_refused(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    LARGE_INTEGER cookie = {.QuadPart = POISON};
    UNICODE_STRING altitude = {2, 2, NULL};
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(malformed); ++row) {
        altitude.Buffer = (PWSTR)(ULONG_PTR)malformed[row].text;
        altitude.Length = malformed[row].length;
        EXPECT_STATUS(CmRegisterCallbackEx(cm_routine, &altitude, kit, NULL, &cookie, NULL),
                      STATUS_INVALID_PARAMETER);
    }
    altitude = (UNICODE_STRING){2, 2, NULL};
    EXPECT_STATUS(CmRegisterCallbackEx(cm_routine, &altitude, kit, NULL, &cookie, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_EQ(cookie.QuadPart, POISON);
}

static void any_text_is_accepted_on_request(void **state)
{
    struct kit *kit =
        kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_LENIENT_ALTITUDE});
    struct cm_callback all[] = {{.name = 'A', .altitude = u"abc"},
                                {.name = 'B', .altitude = u"abd"},
                                {.name = 'C', .altitude = u"1"},
                                {.name = 'D', .altitude = u"1.2.3"},
                                {.name = 'E', .altitude = u"caf\u00E9 \U0001F511"}};
    struct cm_callback again = {.name = 'F', .altitude = u"abc"};
    UNICODE_STRING empty = {0, 0, NULL};

    cm_add_all(all, RTL_NUMBER_OF(all));
    EXPECT_STR(cm_heard(kit), "CEBADdabec"); /* numbers above, the rest by code unit */
    EXPECT_STATUS(cm_try(&again), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_STATUS(CmRegisterCallbackEx(cm_routine, &empty, kit, NULL, &again.cookie, NULL),
                  STATUS_INVALID_PARAMETER);
    cm_drop_all(all, RTL_NUMBER_OF(all));
}

static void zeros_that_do_not_count_collide(void **state)
{
    static const WCHAR *const same[] = {u"360000", u"0360000", u"360000.0", u"360000.",
                                        u"00360000.000"};
    size_t first;
    size_t second;

    kit_begin(state, NULL);
    for (first = 0; first < RTL_NUMBER_OF(same); ++first) {
        struct cm_callback a = {.name = 'A', .altitude = same[first]};

        cm_add(&a);
        for (second = 0; second < RTL_NUMBER_OF(same); ++second) {
            struct cm_callback b = {.name = 'B', .altitude = same[second]};

            EXPECT_STATUS(cm_try(&b), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
        }
        cm_drop(&a);
    }
}

static void legacy_callbacks_sit_at_425000(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback all[] = {
        {.name = 'C', .altitude = u"424999"}, {.name = 'A', .altitude = u"429999"}, {.name = 'B'}};

    cm_add_all(all, 3);
    EXPECT_STR(cm_heard(kit), "ABCcba");
    cm_drop_all(all, 3);
}

static void ex_callback_at_425000_goes_behind_legacy_ones(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback all[] = {
        {.name = 'A'}, {.name = 'B'}, {.name = 'C', .altitude = u"425000"}, {.name = 'D'}};
    struct cm_callback again = {.name = 'E', .altitude = u"425000.0"};

    cm_add_all(all, 4);
    EXPECT_STR(cm_heard(kit), "ABCDdcba");
    EXPECT_STATUS(cm_try(&again), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    cm_drop_all(all, 4);
}

/* Every order of registering four altitudes gives one order of calling. */
static void order_of_registration_never_matters(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    unsigned permutation;

    for (permutation = 0; permutation < 24; ++permutation) {
        struct cm_callback four[] = {{.name = 'A', .altitude = u"4"},
                                     {.name = 'B', .altitude = u"3"},
                                     {.name = 'C', .altitude = u"2.5"},
                                     {.name = 'D', .altitude = u"2"}};
        unsigned left[4] = {0, 1, 2, 3};
        unsigned code = permutation;
        unsigned count;

        for (count = 4; count > 0; --count) {
            unsigned pick = code % count;

            code /= count;
            cm_add(&four[left[pick]]);
            left[pick] = left[count - 1];
        }
        EXPECT_STR(cm_heard(kit), "ABCDdcba");
        cm_drop_all(four, 4);
    }
}

static void cookies_are_never_reissued(void **state)
{
    LONGLONG last = 0;
    unsigned round;
    unsigned wrong = 0;
    struct kit *kit = kit_begin(state, NULL);

    for (round = 0; round < 10000; ++round) {
        struct cm_callback a = {.name = 'A', .altitude = round % 2 == 0 ? u"1" : NULL};

        wrong += cm_try(&a) != STATUS_SUCCESS || a.cookie.QuadPart <= last;
        last = a.cookie.QuadPart;
        wrong += CmUnRegisterCallback(a.cookie) != STATUS_SUCCESS;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(atomic_load(&kit->live) < 10);
}

static LARGE_INTEGER early_cookie;
static LONGLONG cookie_seen;

static NTSTATUS NTAPI note_cookie(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)CallbackContext;
    (void)Argument1;
    (void)Argument2;
    cookie_seen = early_cookie.QuadPart;
    return STATUS_SUCCESS;
}

static _Atomic bool operations_over;

static void operate_all_the_time(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    while (!atomic_load(&operations_over)) {
        cm_set_value();
    }
}

/* A driver's callback reads the cookie from its global: it is there before the first call. */
static void cookie_is_written_before_the_first_call(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"1");
    struct kit_thread worker;
    unsigned round;
    unsigned wrong = 0;

    atomic_store(&operations_over, false);
    kit_start(&worker, kit, operate_all_the_time, NULL);
    for (round = 0; round < 300; ++round) {
        early_cookie.QuadPart = -1;
        cookie_seen = 0;
        wrong += CmRegisterCallbackEx(note_cookie, &altitude, kit, NULL, &early_cookie, NULL) !=
                 STATUS_SUCCESS;
        wrong += CmUnRegisterCallback(early_cookie) != STATUS_SUCCESS;
        wrong += cookie_seen == -1;
    }
    atomic_store(&operations_over, true);
    kit_join(&worker);
    EXPECT_EQ(wrong, 0);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.callback.failure_leaves_the_cookie_alone", "CM-REG-06",
             failure_leaves_the_cookie_alone),
    KIT_CASE("cm.callback.null_arguments_are_refused", "CM-REG-12 CM-REG-13",
             null_arguments_are_refused),
    KIT_CASE("cm.callback.null_driver_is_accepted_on_request", "CM-REG-12",
             null_driver_is_accepted_on_request),
    KIT_CASE("cm.callback.altitude_is_counted_and_copied", "CM-REG-14",
             altitude_is_counted_and_copied),
    KIT_CASE("cm.callback.malformed_altitude_is_refused", "CM-REG-15 CM-REG-16",
             malformed_altitude_is_refused),
    KIT_CASE("cm.callback.any_text_is_accepted_on_request", "CM-REG-16",
             any_text_is_accepted_on_request),
    KIT_CASE("cm.callback.zeros_that_do_not_count_collide", "CM-ORD-05",
             zeros_that_do_not_count_collide),
    KIT_CASE("cm.callback.legacy_callbacks_sit_at_425000", "CM-ORD-08",
             legacy_callbacks_sit_at_425000),
    KIT_CASE("cm.callback.ex_callback_at_425000_goes_behind_legacy_ones", "CM-ORD-10",
             ex_callback_at_425000_goes_behind_legacy_ones),
    KIT_CASE("cm.callback.order_of_registration_never_matters", "CM-ORD-13",
             order_of_registration_never_matters),
    KIT_CASE("cm.callback.cookies_are_never_reissued", "CM-REG-18 CM-UNR-09",
             cookies_are_never_reissued),
    KIT_CASE("cm.callback.cookie_is_written_before_the_first_call", "CM-REG-01 CM-REG-18",
             cookie_is_written_before_the_first_call),
};

NTCB_TEST_MAIN("library", tests)
