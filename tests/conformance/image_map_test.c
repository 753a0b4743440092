/* SPDX-License-Identifier: MIT
 *
 * image_map_test.c - what is notified when images are mapped and drivers are loaded.
 */
#include "../sim/simkit.h"

#define DLL "\\Device\\HarddiskVolume3\\Windows\\System32\\ntdll.dll"

/* Everything in the order it happened: 'i' an image, 'E' the driver's entry, 'U' its unload. */
static struct {
    char order[64];
    HANDLE process_id;
    HANDLE current_process_id;
    char name[160];
    BOOLEAN begins_with_mz;
    unsigned images;
} seen;

static void note(char what)
{
    size_t length = strlen(seen.order);

    if (length + 1 < sizeof(seen.order)) {
        seen.order[length] = what;
    }
}

static VOID NTAPI note_image(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    size_t index;

    note('i');
    ++seen.images;
    seen.process_id = ProcessId;
    seen.current_process_id = PsGetCurrentProcessId();
    seen.begins_with_mz = memcmp(ImageInfo->ImageBase, "MZ", 2) == 0;
    memset(seen.name, 0, sizeof(seen.name));
    for (index = 0; FullImageName != NULL && index < FullImageName->Length / sizeof(WCHAR) &&
                    index + 1 < sizeof(seen.name);
         ++index) {
        seen.name[index] = (char)FullImageName->Buffer[index];
    }
}

static int listen_on(enum ntcb_windows windows)
{
    memset(&seen, 0, sizeof(seen));
    start_windows(windows);
    return PsSetLoadImageNotifyRoutine(note_image);
}

static int listen(void **state)
{
    (void)state;
    return listen_on(NTCB_WINDOWS_DEFAULT);
}

static int stop_listening(void **state)
{
    PsRemoveLoadImageNotifyRoutine(note_image);
    return stop(state);
}

static int load(struct ntsim_process *process, const char *path, uint32_t flags,
                struct ntsim_image **image)
{
    const struct ntsim_image_options options = {.path = path, .process = process, .flags = flags};

    return ntsim_image_load(sim, &options, image);
}

static void main_executable_runs_in_its_process(void **state)
{
    struct ntsim_process *process = make_process("C:\\Windows\\notepad.exe");

    (void)state;
    EXPECT_EQ(load(process, "\\Device\\HarddiskVolume3\\Windows\\notepad.exe", 0, NULL), NTCB_OK);
    EXPECT_EQ(seen.images, 1);
    EXPECT_EQ((ULONG_PTR)seen.process_id, ntsim_process_id(process));
    EXPECT_PTR(seen.current_process_id, seen.process_id);
    EXPECT_TRUE(seen.begins_with_mz); /* it is mapped already */
    EXPECT_STR(seen.name, "\\Device\\HarddiskVolume3\\Windows\\notepad.exe");
}

static void every_later_image_is_notified(void **state)
{
    static const char *const images[] = {"\\Device\\HarddiskVolume3\\a.exe", DLL,
                                         "\\Device\\HarddiskVolume3\\kernel32.dll"};
    struct ntsim_process *process = make_process("C:\\a.exe");
    size_t index;

    (void)state;
    for (index = 0; index < RTL_NUMBER_OF(images); ++index) {
        EXPECT_EQ(load(process, images[index], 0, NULL), NTCB_OK);
        EXPECT_EQ(seen.images, index + 1);
        EXPECT_STR(seen.name, images[index]);
    }
    EXPECT_EQ(load(NULL, "\\SystemRoot\\System32\\drivers\\x.sys", 0, NULL), NTCB_OK);
    EXPECT_EQ(seen.images, index + 1);
    EXPECT_PTR(seen.process_id, NULL);
}

/* A 32-bit process has two images named ntdll; both are heard of. */
static void wow64_process_has_two_ntdlls(void **state)
{
    const struct ntsim_process_options options = {.image_path = "C:\\a.exe", .wow64 = true};
    struct ntsim_image_options image = {.path = DLL};

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &options, &image.process), NTCB_OK);
    EXPECT_EQ(ntsim_image_load(sim, &image, NULL), NTCB_OK);
    image.path = "\\Device\\HarddiskVolume3\\Windows\\SysWOW64\\ntdll.dll";
    image.machine = IMAGE_FILE_MACHINE_I386;
    EXPECT_EQ(ntsim_image_load(sim, &image, NULL), NTCB_OK);
    EXPECT_EQ(seen.images, 2);
}

static void image_without_execution_is_never_notified(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");

    (void)state;
    EXPECT_SUCCESS(
        PsSetLoadImageNotifyRoutineEx(note_image, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE));
    EXPECT_EQ(load(process, DLL, NTSIM_IMAGE_NO_EXECUTE, NULL), NTCB_OK);
    EXPECT_EQ(seen.images, 0);
    EXPECT_EQ(load(process, DLL, 0, NULL), NTCB_OK);
    EXPECT_EQ(seen.images, 2);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(note_image));
}

static void unmapping_is_not_notified(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_image *image;

    (void)state;
    EXPECT_EQ(load(process, DLL, 0, &image), NTCB_OK);
    ntsim_image_unload(image);
    EXPECT_EQ(seen.images, 1);
}

/* ---- drivers ---------------------------------------------------------------------------- */

static VOID NTAPI unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    note('U');
}

static NTSTATUS entry_result;

static NTSTATUS NTAPI entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = unload;
    note('E');
    return entry_result;
}

static const struct ntsim_driver_options sample = {.name = "sample", .entry = entry};

static void driver_image_comes_before_its_entry(void **state)
{
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    entry_result = STATUS_SUCCESS;
    EXPECT_EQ(ntsim_driver_load(sim, &sample, &driver, &status), NTCB_OK);
    EXPECT_STR(seen.order, "iE");
    EXPECT_PTR(seen.process_id, NULL);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
    EXPECT_STR(seen.order, "iEU"); /* and its unloading is not notified */
}

static void driver_that_fails_was_notified_all_the_same(void **state)
{
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    entry_result = STATUS_UNSUCCESSFUL;
    EXPECT_EQ(ntsim_driver_load(sim, &sample, &driver, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_UNSUCCESSFUL);
    EXPECT_STR(seen.order, "iE");
}

static void loaded_driver_is_refused_and_not_notified(void **state)
{
    struct ntsim_driver *driver;
    struct ntsim_driver *again;
    NTSTATUS status;

    (void)state;
    entry_result = STATUS_SUCCESS;
    EXPECT_EQ(ntsim_driver_load(sim, &sample, &driver, &status), NTCB_OK);
    EXPECT_EQ(ntsim_driver_load(sim, &sample, &again, &status), NTCB_ESTATUS);
    EXPECT_STATUS(status, STATUS_IMAGE_ALREADY_LOADED);
    EXPECT_STR(seen.order, "iE");
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static const struct {
    enum ntcb_windows windows;
    const char *name;
} driver_names[] = {
    {NTCB_WINDOWS_7, "\\SystemRoot\\System32\\drivers\\sample.sys"},
    {NTCB_WINDOWS_81, "\\SystemRoot\\System32\\drivers\\sample.sys"},
    {NTCB_WINDOWS_10_1507, "\\Device\\HarddiskVolume3\\Windows\\System32\\drivers\\sample.sys"},
    {NTCB_WINDOWS_11, "\\Device\\HarddiskVolume3\\Windows\\System32\\drivers\\sample.sys"},
};

static void driver_name_is_resolved_from_windows_10_on(void **state)
{
    size_t row;

    (void)state;
    entry_result = STATUS_UNSUCCESSFUL;
    for (row = 0; row < RTL_NUMBER_OF(driver_names); ++row) {
        struct ntsim_driver *driver;
        NTSTATUS status;

        listen_on(driver_names[row].windows);
        EXPECT_EQ(ntsim_driver_load(sim, &sample, &driver, &status), NTCB_ESTATUS);
        EXPECT_STR(seen.name, driver_names[row].name);
        EXPECT_EQ(stop_listening(state), 0);
    }
}

static const struct ntcb_test tests[] = {
    {"image.map.main_executable_runs_in_its_process", "IMG-41 IMG-43 IMG-47 IMG-50",
     main_executable_runs_in_its_process, listen, stop_listening},
    {"image.map.every_later_image_is_notified", "IMG-47 IMG-50", every_later_image_is_notified,
     listen, stop_listening},
    {"image.map.wow64_process_has_two_ntdlls", "IMG-50 IMG-53", wow64_process_has_two_ntdlls,
     listen, stop_listening},
    {"image.map.one_without_execution_is_never_notified", "IMG-51",
     image_without_execution_is_never_notified, listen, stop_listening},
    {"image.map.unmapping_is_not_notified", "IMG-54", unmapping_is_not_notified, listen,
     stop_listening},
    {"image.driver.comes_before_its_entry", "IMG-43 IMG-47 IMG-54 IMG-56",
     driver_image_comes_before_its_entry, listen, stop_listening},
    {"image.driver.one_that_fails_was_notified_all_the_same", "IMG-56",
     driver_that_fails_was_notified_all_the_same, listen, stop_listening},
    {"image.driver.loaded_one_is_refused_and_not_notified", "IMG-55",
     loaded_driver_is_refused_and_not_notified, listen, stop_listening},
    {"image.driver.name_is_resolved_from_windows_10_on", "IMG-48",
     driver_name_is_resolved_from_windows_10_on, NULL, NULL},
};

NTCB_TEST_MAIN("conformance", tests)
