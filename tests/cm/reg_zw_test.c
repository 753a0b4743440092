/* SPDX-License-Identifier: MIT
 *
 * reg_zw_test.c - the Zw forms of registry services that only drivers call.
 */
#include "host.h"
#include "../sim/simkit.h"
#include "../support/volumekit.h"

static OBJECT_ATTRIBUTES named(UNICODE_STRING *name)
{
    return (OBJECT_ATTRIBUTES){.Length = sizeof(OBJECT_ATTRIBUTES),
                               .ObjectName = name,
                               .Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE};
}

#define KEY u"\\Registry\\Machine\\Software\\Form"

static HANDLE create_key(UNICODE_STRING *name)
{
    OBJECT_ATTRIBUTES attributes = named(name);
    HANDLE key = NULL;

    EXPECT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL));
    return key;
}

static NTSTATUS open_key(UNICODE_STRING *name, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes = named(name);

    return ZwOpenKey(key, KEY_ALL_ACCESS, &attributes);
}

static HANDLE open_file(UNICODE_STRING *name, ULONG disposition)
{
    OBJECT_ATTRIBUTES attributes = named(name);
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;

    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
                                &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, disposition,
                                FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0));
    return file;
}

static void values_times_names(void **state)
{
    HANDLE key = create_key(STRING(KEY)), again;
    KEY_VALUE_ENTRY entry = {.ValueName = STRING(u"v")};
    KEY_WRITE_TIME_INFORMATION time = {.LastWriteTime.QuadPart = 12345};
    _Alignas(8) UCHAR buffer[64];
    PKEY_BASIC_INFORMATION basic = (PKEY_BASIC_INFORMATION)buffer;
    ULONG value = 7, read = 0, bytes = sizeof(read), needed;

    (void)state;
    EXPECT_SUCCESS(ZwSetValueKey(key, STRING(u"v"), 0, REG_DWORD, &value, sizeof(value)));
    EXPECT_SUCCESS(ZwQueryMultipleValueKey(key, &entry, 1, &read, &bytes, &needed));
    EXPECT_EQ(read, 7);
    EXPECT_EQ(entry.Type, REG_DWORD);
    EXPECT_SUCCESS(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, sizeof(time)));
    EXPECT_SUCCESS(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof(buffer), &needed));
    EXPECT_EQ(basic->LastWriteTime.QuadPart, 12345);
    EXPECT_SUCCESS(ZwRenameKey(key, STRING(u"Other")));
    EXPECT_STATUS(open_key(STRING(KEY), &again), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(ZwDeleteKey(key));
    EXPECT_SUCCESS(ZwClose(key));
}

static void two_keys_are_watched(void **state)
{
    HANDLE key = create_key(STRING(KEY)),
           other = create_key(STRING(u"\\Registry\\Machine\\System\\Form")), event;
    OBJECT_ATTRIBUTES attributes = named(STRING(u"\\Registry\\Machine\\System\\Form"));
    IO_STATUS_BLOCK block = {.Status = STATUS_PENDING};
    LARGE_INTEGER now = {.QuadPart = 0};
    ULONG value = 1;

    (void)state;
    EXPECT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_STATUS(ZwNotifyChangeMultipleKeys(key, 1, &attributes, event, NULL, NULL, &block,
                                             REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
                  STATUS_PENDING);
    EXPECT_STATUS(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
    EXPECT_SUCCESS(ZwSetValueKey(other, STRING(u"v"), 0, REG_DWORD, &value, sizeof(value)));
    EXPECT_SUCCESS(ZwWaitForSingleObject(event, FALSE, NULL));
    EXPECT_SUCCESS(ZwClose(event));
    EXPECT_SUCCESS(ZwClose(other));
    EXPECT_SUCCESS(ZwClose(key));
}

static void a_key_is_saved_and_restored(void **state)
{
    HANDLE key = create_key(STRING(KEY)), child = create_key(STRING(KEY u"\\Child")), file;

    (void)state;
    EXPECT_SUCCESS(ZwClose(child));
    file = open_file(STRING(u"\\??\\C:\\saved"), FILE_CREATE);
    EXPECT_SUCCESS(ZwSaveKey(key, file));
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(open_key(STRING(KEY u"\\Child"), &child));
    EXPECT_SUCCESS(ZwDeleteKey(child));
    EXPECT_SUCCESS(ZwClose(child));
    file = open_file(STRING(u"\\??\\C:\\saved"), FILE_OPEN);
    EXPECT_SUCCESS(ZwRestoreKey(key, file, 0));
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(open_key(STRING(KEY u"\\Child"), &child));
    EXPECT_SUCCESS(ZwClose(child));
    EXPECT_SUCCESS(ZwClose(key));
}

static void a_hive_is_loaded_replaced_and_unloaded(void **state)
{
    HANDLE key = create_key(STRING(KEY)), file, hive, event;
    OBJECT_ATTRIBUTES target = named(STRING(u"\\Registry\\Machine\\Loaded"));
    OBJECT_ATTRIBUTES source = named(STRING(u"\\??\\C:\\hive"));
    OBJECT_ATTRIBUTES next = named(STRING(u"\\??\\C:\\next"));
    OBJECT_ATTRIBUTES old = named(STRING(u"\\??\\C:\\old"));

    (void)state;
    for (int i = 0; i < 2; i++) {
        file =
            open_file(i == 0 ? STRING(u"\\??\\C:\\hive") : STRING(u"\\??\\C:\\next"), FILE_CREATE);
        EXPECT_SUCCESS(ZwSaveKey(key, file));
        EXPECT_SUCCESS(ZwClose(file));
    }
    EXPECT_SUCCESS(ZwClose(key));
    EXPECT_SUCCESS(ZwLoadKeyEx(&target, &source, 0, NULL, NULL, 0, NULL, NULL));
    EXPECT_SUCCESS(open_key(STRING(u"\\Registry\\Machine\\Loaded"), &hive));
    EXPECT_SUCCESS(ZwReplaceKey(&next, hive, &old));
    EXPECT_SUCCESS(ZwClose(hive));
    EXPECT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_SUCCESS(ZwUnloadKeyEx(&target, event));
    EXPECT_SUCCESS(ZwClose(event));
    EXPECT_STATUS(open_key(STRING(u"\\Registry\\Machine\\Loaded"), &hive),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static void transactions_of_the_registry(void **state)
{
    OBJECT_ATTRIBUTES name = named(STRING(u"\\BaseNamedObjects\\T"));
    HANDLE first, again, second, key;

    (void)state;
    EXPECT_SUCCESS(ZwCreateRegistryTransaction(&first, TRANSACTION_ALL_ACCESS, &name, 0));
    EXPECT_SUCCESS(ZwOpenRegistryTransaction(&again, TRANSACTION_ALL_ACCESS, &name));
    EXPECT_SUCCESS(ZwClose(again));
    EXPECT_SUCCESS(ZwRollbackRegistryTransaction(first, 0));
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_SUCCESS(ZwCreateRegistryTransaction(&second, TRANSACTION_ALL_ACCESS, NULL, 0));
    EXPECT_SUCCESS(ZwCommitRegistryTransaction(second, 0));
    EXPECT_SUCCESS(ZwClose(second));
    EXPECT_STATUS(open_key(STRING(KEY), &key), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void keys_are_opened_in_a_transaction(void **state)
{
    OBJECT_ATTRIBUTES attributes = named(STRING(KEY));
    HANDLE key = create_key(STRING(KEY)), transaction, inside;

    (void)state;
    EXPECT_SUCCESS(ZwCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0,
                                       0, NULL, NULL));
    EXPECT_SUCCESS(ZwOpenKeyTransacted(&inside, KEY_ALL_ACCESS, &attributes, transaction));
    EXPECT_SUCCESS(ZwClose(inside));
    EXPECT_SUCCESS(NtOpenKeyTransactedEx(&inside, KEY_ALL_ACCESS, &attributes, 0, transaction));
    EXPECT_SUCCESS(ZwDeleteKey(inside));
    EXPECT_SUCCESS(ZwClose(inside));
    EXPECT_SUCCESS(ZwRollbackTransaction(transaction, TRUE));
    EXPECT_SUCCESS(ZwClose(transaction));
    EXPECT_SUCCESS(ZwClose(key));
    EXPECT_SUCCESS(open_key(STRING(KEY), &key)); /* it was rolled back */
    EXPECT_SUCCESS(ZwClose(key));
}

/* The types' own pointers tell their handles apart. */
static void transaction_objects_have_types(void **state)
{
    HANDLE manager, resource;
    GUID id = {7, 0, 0, {0}};
    PVOID object;

    (void)state;
    EXPECT_SUCCESS(ZwCreateTransactionManager(&manager, TRANSACTIONMANAGER_ALL_ACCESS, NULL, NULL,
                                              TRANSACTION_MANAGER_VOLATILE, 0));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(manager, 0, *TmTransactionManagerObjectType,
                                             KernelMode, &object, NULL));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwCreateResourceManager(&resource, RESOURCEMANAGER_ALL_ACCESS, manager, &id,
                                           NULL, RESOURCE_MANAGER_VOLATILE, NULL));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(resource, 0, *TmResourceManagerObjectType, KernelMode,
                                             &object, NULL));
    ObDereferenceObject(object);
    EXPECT_STATUS(
        ObReferenceObjectByHandle(resource, 0, *TmEnlistmentObjectType, KernelMode, &object, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(resource));
    EXPECT_SUCCESS(ZwClose(manager));
}

static const struct ntcb_test tests[] = {
    {"cm.zw.values_times_names", "", values_times_names, start, stop},
    {"cm.zw.two_keys_are_watched", "", two_keys_are_watched, start, stop},
    {"cm.zw.a_key_is_saved_and_restored", "", a_key_is_saved_and_restored, start_volume,
     stop_volume},
    {"cm.zw.a_hive_is_loaded_replaced_and_unloaded", "", a_hive_is_loaded_replaced_and_unloaded,
     start_volume, stop_volume},
    {"cm.zw.transactions_of_the_registry", "", transactions_of_the_registry, start, stop},
    {"cm.zw.keys_are_opened_in_a_transaction", "", keys_are_opened_in_a_transaction, start, stop},
    {"tm.zw.objects_have_types", "", transaction_objects_have_types, start, stop},
};

NTCB_TEST_MAIN("library", tests)
