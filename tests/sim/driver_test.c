/* SPDX-License-Identifier: MIT
 *
 * driver_test.c - loading drivers, from modules and linked in, and what they leave behind.
 */
#include "simkit.h"

#define KEY_PREFIX "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\"

static NTSTATUS status;

static struct ntsim_driver *load(const char *name)
{
    const struct ntsim_driver_options options = {.name = name, .module = ntcb_test_driver("modes")};
    struct ntsim_driver *driver = NULL;

    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    return driver;
}

static void clean_driver_loads_and_unloads(void **state)
{
    struct ntsim_driver *driver = load("clean");
    PDRIVER_OBJECT object = ntsim_driver_object(driver);

    (void)state;
    EXPECT_STR(printed, "load 1 " KEY_PREFIX "clean\n");
    EXPECT_TRUE(RtlEqualUnicodeString(&object->DriverName, STRING(u"\\Driver\\clean"), FALSE));
    EXPECT_TRUE(
        RtlEqualUnicodeString(&object->DriverExtension->ServiceKeyName, STRING(u"clean"), FALSE));
    EXPECT_PTR(object->DriverExtension->DriverObject, object);
    EXPECT_TRUE(RtlImageNtHeader(object->DriverStart) != NULL);
    EXPECT_EQ(RtlImageNtHeader(object->DriverStart)->OptionalHeader.SizeOfImage,
              object->DriverSize);
    EXPECT_TRUE(object->DriverSection != NULL);
    EXPECT_TRUE(object->MajorFunction[IRP_MJ_MAXIMUM_FUNCTION] != NULL);
    EXPECT_TRUE(
        ntsim_registry_exists(sim, "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\clean"));
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
    EXPECT_TRUE(strstr(printed, "unload \\Driver\\clean\n") != NULL);
}

static void variables_are_private_to_each_load(void **state)
{
    struct ntsim_driver *first = load("one");
    struct ntsim_driver *second = load("two");

    (void)state;
    EXPECT_TRUE(strstr(printed, "load 1 " KEY_PREFIX "two") != NULL);
    EXPECT_EQ(ntsim_driver_unload(first), NTCB_OK);
    EXPECT_EQ(ntsim_driver_unload(second), NTCB_OK);
    first = load("one");
    EXPECT_TRUE(strstr(printed, "load 2 ") == NULL);
    EXPECT_EQ(ntsim_driver_unload(first), NTCB_OK);
}

static void name_comes_from_the_module(void **state)
{
    const struct ntsim_driver_options options = {.module = ntcb_test_driver("modes")};
    struct ntsim_driver *driver;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_TRUE(RtlEqualUnicodeString(&ntsim_driver_object(driver)->DriverName,
                                      STRING(u"\\Driver\\modes"), FALSE));
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

/* The module is named as the author knows it, whatever it was copied to. */
static void image_routine_left_is_reported_and_removed(void **state)
{
    struct ntsim_driver *driver = load("image");
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\other.sys"};
    const struct ntcb_report *report;

    (void)state;
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_ELEAK);
    report = take_report("DV-20");
    EXPECT_EQ(report->bugcheck, DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS);
    EXPECT_TRUE(strstr(report->what, "driver image ") != NULL);
    EXPECT_TRUE(strncmp(report->routine, "modes.so", 8) == 0);
    EXPECT_TRUE(strstr(report->fix, "PsRemoveLoadImageNotifyRoutine") != NULL);
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK); /* calls nothing that is gone */
    EXPECT_TRUE(strstr(printed, "other.sys") == NULL);
}

static void registry_callback_left_is_reported_and_removed(void **state)
{
    struct ntsim_driver *driver = load("registry");

    (void)state;
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_ELEAK);
    EXPECT_TRUE(strstr(take_report("DV-20")->fix, "CmUnRegisterCallback") != NULL);
    driver = load("registry"); /* the altitude is free again */
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_ELEAK);
    take_report("DV-20");
}

static void pool_left_is_reported(void **state)
{
    PVOID mine = ExAllocatePoolWithTag(NonPagedPool, 8, 0x74736554);
    struct ntsim_driver *driver = load("pool");
    const struct ntcb_report *report;

    (void)state;
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_ELEAK);
    EXPECT_EQ(ntsim_report_count(sim), 1);
    report = take_report("DV-22");
    EXPECT_TRUE(strstr(report->what, "48 bytes of pool with tag 'Pool'") != NULL);
    EXPECT_TRUE(strncmp(report->routine, "modes.so", 8) == 0);
    ExFreePool(mine);
}

static void failed_start_is_undone(void **state)
{
    const struct ntsim_driver_options options = {.name = "fails",
                                                 .module = ntcb_test_driver("modes")};
    struct ntsim_driver *driver = (struct ntsim_driver *)state;

    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_DEVICE_NOT_READY);
    EXPECT_TRUE(driver == NULL);
    take_report("DV-20");
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_DEVICE_NOT_READY); /* the name is free again */
    take_report("DV-20");
}

static void driver_without_unload_stays(void **state)
{
    struct ntsim_driver *driver = load("stays");

    (void)state;
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_EINVAL);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "DriverUnload") != NULL);
}

static void second_load_is_refused(void **state)
{
    const struct ntsim_driver_options options = {.name = "CLEAN",
                                                 .module = ntcb_test_driver("modes")};
    struct ntsim_driver *driver = load("clean"), *again;
    size_t length = strlen(printed);

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &again, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_IMAGE_ALREADY_LOADED);
    EXPECT_EQ(strlen(printed), length); /* and nobody was notified */
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static void bad_modules_have_their_status(void **state)
{
    const struct {
        const char *module;
        NTSTATUS status;
        const char *reason;
    } rows[] = {
        {"/nonexistent/driver.so", STATUS_OBJECT_NAME_NOT_FOUND, "/nonexistent/driver.so"},
        {ntcb_test_file("CMakeLists.txt"), STATUS_INVALID_IMAGE_FORMAT, "could not be loaded"},
    };
    struct ntsim_driver *driver;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct ntsim_driver_options options = {.name = "x", .module = rows[i].module};

        EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
        EXPECT_STATUS(status, rows[i].status);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), rows[i].reason) != NULL);
    }
}

static void missing_import_is_named(void **state)
{
    static const struct {
        const char *driver, *name, *why;
    } rows[] = {
        {"imports", "KeNoSuchRoutine", "does not know this routine"},
        {"imports_absent", "HalSendNMI", "(tier 3) is not in ntcallback: there is no hardware"},
    };
    struct ntsim_driver *driver;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct ntsim_driver_options options = {.module = ntcb_test_driver(rows[i].driver)};

        EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_ESTATUS);
        EXPECT_STATUS(status, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), rows[i].name) != NULL);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), rows[i].why) != NULL);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), "docs/api-coverage.md") != NULL);
    }
}

static void bad_options_are_refused(void **state)
{
    struct ntsim_driver *driver;
    const struct ntsim_driver_options rows[] = {
        {.name = "x"},
        {.name = "a\\b", .module = ntcb_test_driver("modes")},
        {.name = "", .module = ntcb_test_driver("modes")},
    };

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, NULL, &driver, &status), NTCB_EINVAL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_EQ(ntsim_driver_load(sim, &rows[i], &driver, &status), NTCB_EINVAL);
        EXPECT_TRUE(driver == NULL);
    }
}

/* ---- linked in ---- */

static struct {
    KPROCESSOR_MODE mode;
    HANDLE process_id;
    char image_name[128];
    HANDLE image_process_id;
    int images_before_entry;
    int images;
} linked;

static VOID NTAPI OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)ImageInfo;
    linked.images++;
    linked.image_process_id = ProcessId;
    ntcb_snprintf(linked.image_name, sizeof(linked.image_name), "%wZ", FullImageName);
}

static VOID NTAPI OnImageOfDriver(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                  PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
}

static VOID NTAPI LinkedUnload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI LinkedEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = LinkedUnload;
    linked.mode = ExGetPreviousMode();
    linked.process_id = PsGetCurrentProcessId();
    linked.images_before_entry = linked.images;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ForgetfulEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LinkedEntry(DriverObject, RegistryPath);
    return PsSetLoadImageNotifyRoutine(OnImageOfDriver);
}

static void driver_image_is_notified_before_its_entry(void **state)
{
    struct ntsim_process *process;
    struct ntsim_thread *previous;

    (void)state;
    memset(&linked, 0, sizeof(linked));
    process = make_process("C:\\a.exe");
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(OnImage));
    previous = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_EQ(ntsim_driver_stop(ntsim_driver_start(sim, "linked", LinkedEntry)), NTCB_OK);
    ntsim_thread_leave(previous);
    EXPECT_EQ(linked.images_before_entry, 1);
    EXPECT_EQ(linked.images, 1); /* IMG-54 */
    EXPECT_TRUE(linked.image_process_id == NULL);
    EXPECT_EQ(linked.mode, KernelMode);
    EXPECT_EQ((ULONG_PTR)linked.process_id, 4);
    EXPECT_STR(linked.image_name,
               "\\Device\\HarddiskVolume3\\Windows\\System32\\drivers\\linked.sys");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(OnImage));
}

static void image_path_is_verbatim_before_windows_10(void **state)
{
    const struct ntsim_driver_options options = {
        .name = "linked", .entry = LinkedEntry, .image_path = "System32\\drivers\\linked.sys"};
    struct ntsim_driver *driver;

    (void)state;
    EXPECT_EQ(start_windows(NTCB_WINDOWS_81), 0);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(OnImage));
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_STR(linked.image_name, "System32\\drivers\\linked.sys");
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(OnImage));
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

/* The test's own routine is in the same module; only the driver's counts as left. */
static void linked_driver_answers_for_its_own_only(void **state)
{
    struct ntsim_driver *driver;

    (void)state;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(OnImage));
    driver = ntsim_driver_start(sim, "forgetful", ForgetfulEntry);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_ELEAK);
    EXPECT_EQ(ntsim_report_count(sim), 1);
    take_report("DV-20");
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(OnImageOfDriver), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(OnImage));
}

static void stop_unloads_what_is_still_loaded(void **state)
{
    (void)state;
    load("clean");
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    EXPECT_TRUE(strstr(printed, "unload \\Driver\\clean\n") != NULL);
}

static const struct ntcb_test tests[] = {
    {"io.driver.clean_one_loads_and_unloads", "", clean_driver_loads_and_unloads, start, stop},
    {"io.driver.variables_are_private_to_each_load", "", variables_are_private_to_each_load, start,
     stop},
    {"io.driver.name_comes_from_the_module", "", name_comes_from_the_module, start, stop},
    {"io.driver.image_routine_left_is_reported", "DV-20",
     image_routine_left_is_reported_and_removed, start, stop},
    {"io.driver.registry_callback_left_is_reported", "DV-20",
     registry_callback_left_is_reported_and_removed, start, stop},
    {"io.driver.pool_left_is_reported", "DV-22", pool_left_is_reported, start, stop},
    {"io.driver.failed_start_is_undone", "DV-20", failed_start_is_undone, start, stop},
    {"io.driver.without_unload_stays", "", driver_without_unload_stays, start, stop},
    {"io.driver.second_load_is_refused", "IMG-55", second_load_is_refused, start, stop},
    {"io.driver.bad_modules_have_their_status", "", bad_modules_have_their_status, start, stop},
    {"io.driver.missing_import_is_named", "", missing_import_is_named, start, stop},
    {"io.driver.bad_options_are_refused", "", bad_options_are_refused, start, stop},
    {"io.driver.image_is_notified_before_its_entry", "IMG-47 IMG-48 IMG-54 IMG-56",
     driver_image_is_notified_before_its_entry, start, stop},
    {"io.driver.image_path_is_verbatim_before_windows_10", "IMG-48",
     image_path_is_verbatim_before_windows_10, NULL, NULL},
    {"io.driver.linked_one_answers_for_its_own_only", "DV-20",
     linked_driver_answers_for_its_own_only, start, stop},
    {"io.driver.stop_unloads_what_is_still_loaded", "", stop_unloads_what_is_still_loaded, start,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
