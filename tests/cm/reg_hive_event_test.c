/* SPDX-License-Identifier: MIT
 *
 * reg_hive_event_test.c - hives that are unloaded later, and events that say when.
 */
#include "../conformance/hivekit.h"

#include <ntcallback/ddk/ntexapi.h>

#define FILE_A u"\\??\\C:\\a.hiv"

static HANDLE make_event(PKEVENT *object)
{
    PVOID body;
    HANDLE event;
    EXPECT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(event, 0, *ExEventObjectType, KernelMode, &body, NULL));
    *object = body;
    return event;
}

static void drop_event(HANDLE event, PKEVENT object)
{
    ObDereferenceObject(object);
    Close(event);
}

static NTSTATUS unload_ex(HANDLE event)
{
    OBJECT_ATTRIBUTES key = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    return NtUnloadKeyEx(&key, event);
}

static void at_once(void **state)
{
    PKEVENT object;
    (void)state;
    HANDLE event = make_event(&object);
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_STATUS(unload_ex(event), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(object), 1);
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(unload_ex(NULL));
    EXPECT_STATUS(unload_ex((HANDLE)0x7770), STATUS_INVALID_HANDLE);
    drop_event(event, object);
}

static NTSTATUS see_event(struct WATCH *watch, ULONG class, union INFORMATION *information)
{
    if (class == RegNtPreUnLoadKey) {
        EXPECT_PTR(information->UnLoadKey.UserEvent, watch->Context);
    }
    return STATUS_SUCCESS;
}

static void when_the_last_goes(void **state)
{
    PKEVENT object;
    HANDLE first, second;
    (void)state;
    HANDLE event = make_event(&object);
    struct WATCH watch = {.Hook = see_event, .Context = object};
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&first, NULL, STR(HIVE u"\\Sub"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(Open(&second, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_STATUS(unload_ex(NULL), STATUS_CANNOT_DELETE);
    WatchBegin(&watch);
    EXPECT_STATUS(unload_ex(event), STATUS_PENDING);
    WatchEnd(&watch);
    EXPECT_STATUS(unload_ex(event), STATUS_INVALID_PARAMETER); /* it is under way */
    EXPECT_SUCCESS(SetDword(second, STR(u"late"), 2));
    Close(first);
    EXPECT_EQ(KeReadStateEvent(object), 0);
    Close(second);
    EXPECT_EQ(KeReadStateEvent(object), 1);
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"late")), 2);
    EXPECT_SUCCESS(unload_ex(NULL));
    drop_event(event, object);
}

/* The loader's event tells it that its hive has gone. */
static void the_loaders(void **state)
{
    OBJECT_ATTRIBUTES key = Attributes(NULL, STR(APP), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES file = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    PKEVENT object;
    HANDLE root;
    (void)state;
    HANDLE event = make_event(&object);
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(
        NtLoadKeyEx(&key, &file, REG_APP_HIVE, NULL, event, KEY_ALL_ACCESS, &root, NULL));
    EXPECT_EQ(KeReadStateEvent(object), 0);
    Close(root);
    EXPECT_EQ(KeReadStateEvent(object), 1);
    drop_event(event, object);
}

/* An event that nothing has set when the simulator ends is let go of. */
static void at_the_end(void **state)
{
    PKEVENT object;
    HANDLE root;
    (void)state;
    HANDLE event = make_event(&object);
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_STATUS(unload_ex(event), STATUS_PENDING);
    drop_event(event, object);
    EXPECT_SUCCESS(Unload(STR(HIVE), REG_FORCE_UNLOAD)); /* does not wait */
    Close(root);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("cm.hive.event.at_once", "REG-UNL-01", at_once),
    HIVE_CASE("cm.hive.event.when_the_last_goes", "REG-UNL-01 CM-NC-34", when_the_last_goes),
    HIVE_CASE("cm.hive.event.the_loaders", "REG-LOD-04", the_loaders),
    HIVE_CASE("cm.hive.event.at_the_end", "REG-UNL-01", at_the_end),
};
NTCB_TEST_MAIN("library", Tests)
