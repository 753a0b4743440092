/* SPDX-License-Identifier: MIT
 *
 * cmlint_test.c - what callbacks may do, but to no good: reported when the switch asks for it.
 */
#include "cm_kit.h"

static char object;

/* Classes that Microsoft advises not to modify. */
static bool is_discouraged(int pre)
{
    static const int discouraged[] = {3, 4, 32, 34, 41, 43, 45, 49};
    size_t index;

    for (index = 0; index < RTL_NUMBER_OF(discouraged); ++index) {
        if (discouraged[index] == pre) {
            return true;
        }
    }
    return false;
}

static void each_bypass(struct kit *kit, bool linted)
{
    struct cm_callback a = {.name = 'A', .pre_status = STATUS_CALLBACK_BYPASS};
    int pre;

    cm_add(&a);
    for (pre = 0; pre < MaxRegNtNotifyClass; ++pre) {
        UCHAR information[256] = {0};
        struct cm_operation operation = {
            .notify_class = (REG_NOTIFY_CLASS)pre, .information = information, .object = &object};

        cm_perform(&operation);
        EXPECT_EQ(kit_expect_report(kit, "CM-PRE-17") != NULL, linted && is_discouraged(pre));
    }
    cm_drop(&a);
}

static void bypass_of_a_discouraged_class(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_LINT});

    each_bypass(kit, true);
    kit_restart(kit, NULL);
    each_bypass(kit, false);
}

static void edit(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    REG_CREATE_KEY_INFORMATION_V1 *create = information;

    (void)callback;
    if (notify_class == RegNtPreSetValueKey) {
        ((PREG_SET_VALUE_KEY_INFORMATION)information)->Type = REG_NONE;
    } else if (notify_class == RegNtPreCreateKeyEx) {
        create->CheckAccessMode = UserMode; /* behind the version */
    }
}

static void write_what_is_to_be_written(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                                        PVOID information)
{
    REG_CREATE_KEY_INFORMATION_V1 *create = information;

    if (notify_class == RegNtPreSetValueKey) {
        ((PREG_SET_VALUE_KEY_INFORMATION)information)->CallContext = callback;
    } else if (notify_class == RegNtPreCreateKeyEx) {
        create->CallContext = callback;
        create->GrantedAccess = KEY_READ;
        *create->ResultObject = &object;
    }
}

static void set_and_create(struct kit *kit, struct cm_callback *callback, bool reported)
{
    PVOID result = NULL;
    REG_SET_VALUE_KEY_INFORMATION set = {.Object = &cm_key, .Type = REG_SZ};
    REG_CREATE_KEY_INFORMATION_V1 create = {.RootObject = &cm_key, .ResultObject = &result};
    struct cm_operation operations[] = {
        {.notify_class = RegNtPreSetValueKey, .information = &set, .object = &cm_key},
        {.notify_class = RegNtPreCreateKeyEx, .information = &create, .object = &cm_key},
    };
    size_t index;

    cm_add(callback);
    for (index = 0; index < RTL_NUMBER_OF(operations); ++index) {
        EXPECT_SUCCESS(cm_perform(&operations[index]));
        EXPECT_EQ(kit_expect_report(kit, "CM-PRE-11") != NULL, reported);
    }
    cm_drop(callback);
}

static void edited_inputs(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_LINT});
    struct cm_callback editor = {.name = 'A', .hook = edit};
    struct cm_callback writer = {.name = 'B', .hook = write_what_is_to_be_written};

    set_and_create(kit, &editor, true);
    set_and_create(kit, &writer, false);
    kit_restart(kit, NULL);
    set_and_create(kit, &editor, false);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.lint.bypass_of_a_discouraged_class", "CM-PRE-17", bypass_of_a_discouraged_class),
    KIT_CASE("cm.lint.edited_inputs", "CM-PRE-11", edited_inputs),
};

NTCB_TEST_MAIN("library", tests)
