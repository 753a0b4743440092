/* SPDX-License-Identifier: MIT
 *
 * cm_register_test.c - CmRegisterCallback(Ex): cookies, contexts, collisions, limits.
 */
#include "../cm/cm_kit.h"

#define POISON 0x5A5A5A5A5A5A5A5All

static void registration_gives_a_cookie(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"380000", .cookie.QuadPart = POISON};

    cm_add(&a);
    EXPECT_NE(a.cookie.QuadPart, POISON);
    EXPECT_NE(a.cookie.QuadPart, 0);
    EXPECT_STR(cm_heard(kit), "Aa");
    cm_drop(&a);
}

static const enum ntcb_windows every_windows[] = {
    NTCB_WINDOWS_XP,      NTCB_WINDOWS_2003,    NTCB_WINDOWS_VISTA,   NTCB_WINDOWS_VISTA_SP2,
    NTCB_WINDOWS_7,       NTCB_WINDOWS_8,       NTCB_WINDOWS_81,      NTCB_WINDOWS_10_1507,
    NTCB_WINDOWS_10_1607, NTCB_WINDOWS_10_1703, NTCB_WINDOWS_10_1709, NTCB_WINDOWS_11,
};

static void legacy_form_works_on_every_windows(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t index;

    for (index = 0; index < RTL_NUMBER_OF(every_windows); ++index) {
        struct cm_callback a = {.name = 'A'};

        kit_restart(kit, &(struct ntcb_config){.windows = every_windows[index]});
        cm_add(&a);
        EXPECT_STR(cm_heard(kit), every_windows[index] == NTCB_WINDOWS_XP ? "A" : "Aa");
        cm_drop(&a);
        EXPECT_STR(cm_heard(kit), "");
    }
}

static void ex_form_is_missing_before_vista(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_2003});
    struct cm_callback a = {.name = 'A', .altitude = u"1", .cookie.QuadPart = POISON};
    ULONG version = 7;

    EXPECT_STATUS(cm_try(&a), STATUS_NOT_IMPLEMENTED);
    EXPECT_EQ(a.cookie.QuadPart, POISON);
    EXPECT_TRUE(kit_expect_report(kit, "CM-REG-19") != NULL);
    CmGetCallbackVersion(&version, NULL);
    EXPECT_EQ(version, 7);
    EXPECT_TRUE(kit_expect_report(kit, "CM-REG-19") != NULL);
    EXPECT_STR(cm_heard(kit), "");
    kit_restart(kit, &(struct ntcb_config){.windows = NTCB_WINDOWS_VISTA});
    cm_add(&a);
    EXPECT_STR(cm_heard(kit), "Aa");
    cm_drop(&a);
}

static PVOID seen_context;

static NTSTATUS NTAPI note_context(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)Argument1;
    (void)Argument2;
    seen_context = CallbackContext;
    return STATUS_SUCCESS;
}

static void context_arrives_unchanged(void **state)
{
    UNICODE_STRING altitude = cm_text(u"1000");
    PVOID contexts[] = {NULL, &altitude, (PVOID)(ULONG_PTR)1, (PVOID) ~(ULONG_PTR)0};
    LARGE_INTEGER cookie;
    size_t index;

    kit_begin(state, NULL);
    for (index = 0; index < RTL_NUMBER_OF(contexts); ++index) {
        seen_context = &cookie;
        EXPECT_SUCCESS(CmRegisterCallbackEx(note_context, &altitude, cm_driver(), contexts[index],
                                            &cookie, NULL));
        cm_set_value();
        EXPECT_PTR(seen_context, contexts[index]);
        EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    }
}

static void used_altitude_collides(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"380000"};
    struct cm_callback b = {.name = 'B', .altitude = u"380000"};
    UNICODE_STRING altitude = cm_text(u"380000");

    cm_add(&a);
    EXPECT_STATUS(cm_try(&b), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_STATUS(cm_try(&a), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_STATUS(CmRegisterCallbackEx(note_context, &altitude, kit, kit, &b.cookie, NULL),
                  STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_STR(cm_heard(kit), "Aa");
    EXPECT_SUCCESS(CmUnRegisterCallback((LARGE_INTEGER){.QuadPart = 1}));
    cm_add(&b);
    EXPECT_STR(cm_heard(kit), "Bb");
    cm_drop(&b);
}

static void one_function_may_have_many_altitudes(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'A', .altitude = u"3"},
                                  {.name = 'B', .altitude = u"2"},
                                  {.name = 'C', .altitude = u"1"}};

    cm_add_all(three, 3);
    EXPECT_STR(cm_heard(kit), "ABCcba");
    EXPECT_EQ(three[0].pre + three[1].pre + three[2].pre, 3);
    cm_drop_all(three, 3);
}

static void no_memory_changes_nothing(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"2"};
    struct cm_callback others[] = {{.name = 'B', .altitude = u"1"}, {.name = 'C'}};
    size_t index;

    cm_add(&a);
    for (index = 0; index < RTL_NUMBER_OF(others); ++index) {
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        unsigned refused = 0;
        uint64_t failing;

        for (failing = 1; status != STATUS_SUCCESS; ++failing) {
            others[index].cookie.QuadPart = POISON;
            atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + failing);
            status = cm_try(&others[index]);
            atomic_store(&kit->fail_at, 0);
            if (status != STATUS_SUCCESS) {
                EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
                EXPECT_EQ(others[index].cookie.QuadPart, POISON);
                EXPECT_STR(cm_heard(kit), "Aa");
                ++refused;
            }
        }
        EXPECT_TRUE(refused >= 2); /* the block, then the list */
        EXPECT_EQ(strlen(cm_heard(kit)), 4);
        cm_drop(&others[index]);
    }
    cm_drop(&a);
}

static void there_is_no_maximum(void **state)
{
    static struct cm_callback many[1000];
    struct kit *kit = kit_begin(state, NULL);
    static WCHAR text[1000][8];
    unsigned index;
    unsigned pre = 0;
    unsigned post = 0;

    memset(many, 0, sizeof(many));
    for (index = 0; index < 1000; ++index) {
        UNICODE_STRING altitude = {0, sizeof(text[index]), text[index]};

        EXPECT_SUCCESS(RtlIntegerToUnicodeString(100000 + index, 10, &altitude));
        text[index][altitude.Length / sizeof(WCHAR)] = 0;
        many[index] = (struct cm_callback){.name = 'M', .altitude = text[index]};
        cm_add(&many[index]);
    }
    EXPECT_SUCCESS(cm_set_value());
    kit_take(kit);
    for (index = 0; index < 1000; ++index) {
        pre += many[index].pre;
        post += many[index].post;
        cm_drop(&many[index]);
    }
    EXPECT_EQ(pre, 1000);
    EXPECT_EQ(post, 1000);
}

static void operate(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    cm_set_value();
}

static void every_thread_is_heard_from_the_start(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"380000"};
    struct kit_thread worker;

    cm_add(&a);
    kit_start(&worker, kit, operate, NULL);
    kit_join(&worker);
    EXPECT_EQ(a.pre, 1);
    EXPECT_EQ(a.post, 1);
    cm_drop(&a);
    kit_start(&worker, kit, operate, NULL);
    kit_join(&worker);
    EXPECT_EQ(a.pre, 1);
}

static void broken_contract_is_refused(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"1000");
    LARGE_INTEGER cookie = {.QuadPart = POISON};

    EXPECT_FALSE(
        NT_SUCCESS(CmRegisterCallbackEx(note_context, NULL, cm_driver(), NULL, &cookie, NULL)));
    EXPECT_FALSE(
        NT_SUCCESS(CmRegisterCallbackEx(note_context, &altitude, NULL, NULL, &cookie, NULL)));
    EXPECT_EQ(cookie.QuadPart, POISON);
    EXPECT_STR(cm_heard(kit), "");
}

static void owner_is_named_in_listings(void *context, const struct ntcb_registration *registration)
{
    *(const void **)context = registration->owner;
}

static void driver_object_is_kept_as_the_owner(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"380000"};
    const void *owner = NULL;

    cm_add(&a);
    ntcb_registrations(kit->kernel, owner_is_named_in_listings, &owner);
    EXPECT_PTR(owner, cm_driver());
    cm_drop(&a);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.register.gives_a_cookie", "CM-REG-01", registration_gives_a_cookie),
    KIT_CASE("cm.register.legacy_form_works_on_every_windows", "CM-REG-02 CM-REG-19",
             legacy_form_works_on_every_windows),
    KIT_CASE("cm.register.ex_form_is_missing_before_vista", "CM-REG-19",
             ex_form_is_missing_before_vista),
    KIT_CASE("cm.register.context_arrives_unchanged", "CM-REG-03", context_arrives_unchanged),
    KIT_CASE("cm.register.used_altitude_collides", "CM-REG-04 CM-REG-05", used_altitude_collides),
    KIT_CASE("cm.register.one_function_may_have_many_altitudes", "CM-REG-05",
             one_function_may_have_many_altitudes),
    KIT_CASE("cm.register.no_memory_changes_nothing", "CM-REG-07", no_memory_changes_nothing),
    KIT_CASE("cm.register.there_is_no_maximum", "CM-REG-08", there_is_no_maximum),
    KIT_CASE("cm.register.every_thread_is_heard_from_the_start", "CM-REG-09 CM-UNR-01",
             every_thread_is_heard_from_the_start),
    KIT_CASE("cm.register.broken_contract_is_refused", "CM-REG-12", broken_contract_is_refused),
    KIT_CASE("cm.register.driver_object_is_kept_as_the_owner", "CM-REG-17",
             driver_object_is_kept_as_the_owner),
};

NTCB_TEST_MAIN("conformance", tests)
