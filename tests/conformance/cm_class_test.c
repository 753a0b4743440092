/* SPDX-License-Identifier: MIT
 *
 * cm_class_test.c - every notify class: its number, its post class, where its members lie, and the
 * first Windows that raises it.
 */
#include "../cm/cm_kit.h"

#define ROW(pre, post, since, structure, object_context, slot)                                \
    {                                                                                         \
        pre, post, NTCB_WINDOWS_##since, sizeof(structure), offsetof(structure, CallContext), \
            offsetof(structure, object_context), offsetof(structure, slot)                    \
    }

/* Numbers as the table of the documentation, not by name. */
static const struct {
    int pre;
    int post;
    enum ntcb_windows since;
    size_t size;
    size_t call_context;
    size_t object_context;
    size_t slot;
} classes[] = {
    ROW(0, 15, XP, REG_DELETE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(1, 16, XP, REG_SET_VALUE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(2, 17, XP, REG_DELETE_VALUE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(3, 18, XP, REG_SET_INFORMATION_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(4, 19, XP, REG_RENAME_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(5, 20, XP, REG_ENUMERATE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(6, 21, XP, REG_ENUMERATE_VALUE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(7, 22, XP, REG_QUERY_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(8, 23, XP, REG_QUERY_VALUE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(9, 24, XP, REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(14, 25, XP, REG_KEY_HANDLE_CLOSE_INFORMATION, ObjectContext, Reserved),
    ROW(26, 27, 2003, REG_CREATE_KEY_INFORMATION, RootObjectContext, Reserved),
    ROW(28, 29, 2003, REG_OPEN_KEY_INFORMATION, RootObjectContext, Reserved),
    ROW(26, 27, 7, REG_CREATE_KEY_INFORMATION_V1, RootObjectContext, Version),
    ROW(28, 29, 7, REG_OPEN_KEY_INFORMATION_V1, RootObjectContext, Version),
    ROW(30, 31, VISTA, REG_FLUSH_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(32, 33, VISTA, REG_LOAD_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(32, 33, 10_1507, REG_LOAD_KEY_INFORMATION_V2, ObjectContext, Version),
    ROW(34, 35, VISTA, REG_UNLOAD_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(36, 37, VISTA, REG_QUERY_KEY_SECURITY_INFORMATION, ObjectContext, Reserved),
    ROW(38, 39, VISTA, REG_SET_KEY_SECURITY_INFORMATION, ObjectContext, Reserved),
    ROW(41, 42, VISTA_SP2, REG_RESTORE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(43, 44, VISTA_SP2, REG_SAVE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(45, 46, VISTA_SP2, REG_REPLACE_KEY_INFORMATION, ObjectContext, Reserved),
    ROW(47, 48, 10_1507, REG_QUERY_KEY_NAME, ObjectContext, Reserved),
    ROW(49, 50, 10_1507, REG_SAVE_MERGED_KEY_INFORMATION, ObjectContext, Reserved),
};

/* The first Windows that raises the class in any form: the table's smallest. XP's create and open
 * have their own classes. */
static bool is_raised(int pre, enum ntcb_windows windows)
{
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(classes); ++row) {
        if (classes[row].pre == pre && windows >= classes[row].since) {
            return true;
        }
    }
    return windows == NTCB_WINDOWS_XP && (pre == 26 || pre == 28);
}

static const size_t *row_pointers(size_t row, PVOID information, PVOID out[3])
{
    const size_t *offsets = &classes[row].call_context;
    size_t index;

    for (index = 0; index < 3; ++index) {
        memcpy(&out[index], (PUCHAR)information + offsets[index], sizeof(PVOID));
    }
    return offsets;
}

static size_t current_row;
static PVOID seen[3];

static void note_members(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                         PVOID information)
{
    PVOID mark = callback;

    if (cm_is_pre(notify_class)) {
        row_pointers(current_row, information, seen);
        memcpy((PUCHAR)information + classes[current_row].call_context, &mark, sizeof(mark));
    }
}

/* The structure of the row, every byte of it 0xEE but the members that are the manager's. */
static void each_class_is_delivered_with_its_members(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t row;

    for (row = 0; row < RTL_NUMBER_OF(classes); ++row) {
        UCHAR before[256];
        UCHAR after[256];
        struct cm_callback a = {.name = 'A', .hook = note_members};
        struct cm_operation operation = {.notify_class = (REG_NOTIFY_CLASS)classes[row].pre,
                                         .information = after,
                                         .object = &cm_key};
        bool old = classes[row].since < NTCB_WINDOWS_2003;

        kit_restart(kit,
                    &(struct ntcb_config){.windows = old ? NTCB_WINDOWS_2003 : classes[row].since});
        cm_add(&a);
        memset(before, 0xEE, sizeof(before));
        memcpy(after, before, sizeof(after));
        current_row = row;
        cm_perform(&operation);
        EXPECT_EQ(a.pre, 1);
        EXPECT_EQ(a.post, 1);
        EXPECT_EQ(a.notify_class, classes[row].post);
        EXPECT_PTR(seen[0], NULL);
        EXPECT_PTR(seen[1], NULL);
        EXPECT_TRUE((ULONG_PTR)seen[2] <= 2); /* Reserved, or a version */
        EXPECT_PTR(a.last_post.CallContext, &a);
        memcpy(after + classes[row].call_context, before, sizeof(PVOID));
        memcpy(after + classes[row].object_context, before, sizeof(PVOID));
        memcpy(after + classes[row].slot, before, sizeof(PVOID));
        EXPECT_MEM(after, before, sizeof(after)); /* nothing else was touched */
        cm_drop(&a);
    }
}

static void each_class_begins_with_its_windows(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int windows;
    int number;

    for (windows = NTCB_WINDOWS_XP; windows <= NTCB_WINDOWS_11; ++windows) {
        struct cm_callback a = {.name = 'A'};

        kit_restart(kit, &(struct ntcb_config){.windows = (enum ntcb_windows)windows});
        cm_add(&a);
        for (number = -1; number <= MaxRegNtNotifyClass + 1; ++number) {
            UCHAR information[256] = {0};
            struct cm_operation operation = {.notify_class = (REG_NOTIFY_CLASS)number,
                                             .information = information,
                                             .status = STATUS_UNSUCCESSFUL};
            bool raised = is_raised(number, (enum ntcb_windows)windows);

            atomic_store(&a.pre, 0);
            EXPECT_EQ(ntcb_registry_wanted((REG_NOTIFY_CLASS)number), raised);
            EXPECT_STATUS(cm_perform(&operation), STATUS_UNSUCCESSFUL);
            EXPECT_SUCCESS(operation.pre_result);
            EXPECT_EQ(a.pre, raised);
        }
        cm_drop(&a);
    }
}

static void xp_has_its_own_create_and_open(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_XP});
    UNICODE_STRING name = cm_text(u"\\REGISTRY\\MACHINE\\Software");
    REG_CREATE_KEY_INFORMATION_V1 information = {.CompleteName = &name, .RootObject = &cm_key};
    struct cm_callback a = {.name = 'A'};
    struct cm_operation operation = {
        .notify_class = RegNtPreCreateKeyEx, .information = &information, .object = &a};

    cm_add(&a);
    a.pre_status = STATUS_ACCESS_DENIED;
    EXPECT_STATUS(cm_perform(&operation), STATUS_ACCESS_DENIED);
    EXPECT_EQ(a.notify_class, RegNtPreCreateKey);
    a.pre_status = STATUS_SUCCESS;
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_EQ(a.notify_class, RegNtPostCreateKey);
    operation.notify_class = RegNtPreOpenKeyEx;
    EXPECT_SUCCESS(cm_perform(&operation));
    EXPECT_EQ(a.notify_class, RegNtPostOpenKey);
    EXPECT_STR(kit_take(kit), "AAaAa");
    cm_drop(&a);
}

static void object_comes_first_but_for_create_and_open(void **state)
{
    kit_begin(state, NULL);
    EXPECT_EQ(FIELD_OFFSET(REG_DELETE_KEY_INFORMATION, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_SET_VALUE_KEY_INFORMATION, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_LOAD_KEY_INFORMATION, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_POST_OPERATION_INFORMATION, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_QUERY_KEY_NAME, Object), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_CREATE_KEY_INFORMATION, CompleteName), 0);
    EXPECT_EQ(FIELD_OFFSET(REG_CREATE_KEY_INFORMATION_V1, CompleteName), 0);
    EXPECT_EQ(sizeof(REG_POST_OPERATION_INFORMATION), sizeof(PVOID) == 8 ? 56 : 28);
}

static void version_of_the_interface(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int windows;

    for (windows = NTCB_WINDOWS_VISTA; windows <= NTCB_WINDOWS_11; ++windows) {
        ULONG major = 99;
        ULONG minor = 99;

        kit_restart(kit, &(struct ntcb_config){.windows = (enum ntcb_windows)windows});
        CmGetCallbackVersion(&major, NULL);
        CmGetCallbackVersion(NULL, &minor);
        CmGetCallbackVersion(NULL, NULL);
        EXPECT_EQ(major, 1);
        EXPECT_EQ(minor, windows >= NTCB_WINDOWS_7);
        major = minor = 99;
        CmGetCallbackVersion(&major, &minor);
        EXPECT_EQ(major * 10 + minor, windows >= NTCB_WINDOWS_7 ? 11 : 10);
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.class.each_is_delivered_with_its_members", "CM-NC-64 CM-LAY-01 CM-POST-01",
             each_class_is_delivered_with_its_members),
    KIT_CASE("cm.class.each_begins_with_its_windows",
             "CM-VER-01 CM-VER-02 CM-VER-03 CM-VER-07 CM-VER-11 CM-CO-19",
             each_class_begins_with_its_windows),
    KIT_CASE("cm.class.xp_has_its_own_create_and_open", "CM-VER-01 CM-CO-19",
             xp_has_its_own_create_and_open),
    KIT_CASE("cm.class.object_comes_first_but_for_create_and_open", "CM-LAY-01",
             object_comes_first_but_for_create_and_open),
    KIT_CASE("cm.class.version_of_the_interface", "CM-VER-13 CM-VER-15", version_of_the_interface),
};

NTCB_TEST_MAIN("conformance", tests)
