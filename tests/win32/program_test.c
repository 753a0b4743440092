/* SPDX-License-Identifier: MIT
 *
 * program_test.c - files, devices, services and processes; and unmodified programs that use them.
 */
#include "host.h"
#include "win32_kit.h"

#include <stdlib.h>

extern DRIVER_INITIALIZE toaster_DriverEntry;
int control_main(int argc, char **argv);
int wcontrol_wmain(int argc, WCHAR **argv);

static const struct ntsim_driver_options toaster = {.entry = toaster_DriverEntry,
                                                    .name = "toaster"};

/* ---- files ---------------------------------------------------------------------------------- */

static HANDLE open_file(const WCHAR *path, DWORD disposition)
{
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, disposition,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

static void files_are_made_written_and_read(void **state)
{
    char directory[256];
    OVERLAPPED start = {.Offset = 1};
    char back[8] = "";
    DWORD bytes = 99;
    HANDLE file;

    EXPECT_EQ(ntcb_test_temporary_directory(directory, sizeof(directory)), 0);
    EXPECT_EQ(ntsim_volume(kit_of(state)->sim, directory), NTCB_OK);
    EXPECT_PTR(open_file(u"C:\\a.txt", OPEN_EXISTING), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    file = open_file(u"C:\\a.txt", CREATE_NEW);
    EXPECT_TRUE(file != INVALID_HANDLE_VALUE);
    EXPECT_TRUE(WriteFile(file, "hello", 5, &bytes, NULL));
    EXPECT_EQ(bytes, 5);
    EXPECT_TRUE(ReadFile(file, back, sizeof(back), &bytes, &start));
    EXPECT_EQ(bytes, 4);
    EXPECT_MEM(back, "ello", 4);
    start.Offset = 5;
    EXPECT_FALSE(ReadFile(file, back, sizeof(back), &bytes, &start));
    EXPECT_EQ(GetLastError(), ERROR_HANDLE_EOF);
    EXPECT_TRUE(CloseHandle(file));
    EXPECT_PTR(open_file(u"C:\\a.txt", CREATE_NEW), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_FILE_EXISTS);
    file = open_file(u"\\\\?\\C:\\a.txt", OPEN_ALWAYS);
    EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    EXPECT_TRUE(CloseHandle(file));
    EXPECT_FALSE(CloseHandle(file));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    EXPECT_EQ(ntcb_test_remove_tree(directory), 0);
}

static void names_and_flags_that_are_not_known_are_refused(void **state)
{
    EXPECT_PTR(open_file(u"relative.txt", OPEN_EXISTING), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
    EXPECT_PTR(open_file(u"\\\\.\\Nobody", OPEN_EXISTING), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    EXPECT_PTR(open_file(u"C:\\x", 9), INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    EXPECT_PTR(CreateFileW(u"C:\\x", 0, 0, NULL, OPEN_EXISTING, 0, (HANDLE)4),
               INVALID_HANDLE_VALUE);
    EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    (void)state;
}

/* ---- services ------------------------------------------------------------------------------- */

static SC_HANDLE create_service(SC_HANDLE manager, const WCHAR *name, const WCHAR *path)
{
    return CreateServiceW(manager, name, NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                          SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL,
                          NULL);
}

#define SERVICE_KEY "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\Toaster"

static void a_service_loads_its_driver_and_unloads_it(void **state)
{
    struct ntsim *sim = kit_of(state)->sim;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), service, other;
    SERVICE_STATUS status;
    HANDLE device;

    EXPECT_EQ(ntsim_service_image(sim, "toaster.sys", &toaster), NTCB_OK);
    service = create_service(manager, u"Toaster", u"C:\\Drivers\\TOASTER.sys");
    EXPECT_TRUE(service != NULL);
    EXPECT_TRUE(ntsim_registry_exists(sim, SERVICE_KEY));
    EXPECT_FALSE(ControlService(service, SERVICE_CONTROL_STOP, &status));
    EXPECT_EQ(GetLastError(), ERROR_SERVICE_NOT_ACTIVE);
    EXPECT_TRUE(StartServiceW(service, 0, NULL));
    EXPECT_FALSE(StartServiceW(service, 0, NULL));
    EXPECT_EQ(GetLastError(), ERROR_SERVICE_ALREADY_RUNNING);
    other = OpenServiceW(manager, u"TOASTER", SERVICE_QUERY_STATUS);
    EXPECT_TRUE(QueryServiceStatus(other, &status));
    EXPECT_EQ(status.dwCurrentState, SERVICE_RUNNING);
    EXPECT_FALSE(ControlService(other, SERVICE_CONTROL_STOP, &status));
    EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    device = CreateFileW(u"\\\\.\\Toaster", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    EXPECT_TRUE(device != INVALID_HANDLE_VALUE);
    EXPECT_FALSE(ControlService(service, SERVICE_CONTROL_STOP, &status));
    EXPECT_EQ(GetLastError(), ERROR_BUSY);
    EXPECT_TRUE(CloseHandle(device));
    EXPECT_TRUE(DeleteService(service));
    EXPECT_TRUE(ControlService(service, SERVICE_CONTROL_STOP, &status));
    EXPECT_EQ(status.dwCurrentState, SERVICE_STOPPED);
    EXPECT_PTR(create_service(manager, u"Toaster", u"x.sys"), NULL);
    EXPECT_EQ(GetLastError(), ERROR_SERVICE_MARKED_FOR_DELETE);
    EXPECT_TRUE(CloseServiceHandle(service));
    EXPECT_TRUE(ntsim_registry_exists(sim, SERVICE_KEY));
    EXPECT_TRUE(CloseServiceHandle(other));
    EXPECT_FALSE(ntsim_registry_exists(sim, SERVICE_KEY));
    EXPECT_PTR(OpenServiceW(manager, u"Toaster", SERVICE_START), NULL);
    EXPECT_EQ(GetLastError(), ERROR_SERVICE_DOES_NOT_EXIST);
    EXPECT_TRUE(CloseServiceHandle(manager));
}

static void a_service_without_a_file_does_not_start(void **state)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
    SC_HANDLE service = create_service(manager, u"Ghost", u"C:\\Drivers\\ghost.sys");

    EXPECT_FALSE(StartServiceW(service, 0, NULL));
    EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    EXPECT_PTR(create_service(manager, u"Ghost", u"C:\\Drivers\\ghost.sys"), NULL);
    EXPECT_EQ(GetLastError(), ERROR_SERVICE_EXISTS);
    EXPECT_PTR(create_service(manager, u"a\\b", u"C:\\x.sys"), NULL);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_NAME);
    EXPECT_PTR(create_service(service, u"X", u"C:\\x.sys"), NULL);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    (void)state; /* the handles are left open: the simulator's end takes them */
}

/* ---- processes ------------------------------------------------------------------------------ */

static void processes_are_opened_and_terminated(void **state)
{
    const struct ntsim_process_options options = {.image_path = "C:\\victim.exe", .pid = 4000};
    struct ntsim_process *victim;
    HANDLE handle;

    EXPECT_EQ(GetCurrentProcessId(), ntsim_process_id(kit_of(state)->program));
    EXPECT_EQ(ntsim_process_create(kit_of(state)->sim, &options, &victim), NTCB_OK);
    handle = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 4000);
    EXPECT_FALSE(TerminateProcess(handle, 1));
    EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    EXPECT_TRUE(CloseHandle(handle));
    handle = OpenProcess(PROCESS_TERMINATE, FALSE, 4000);
    EXPECT_TRUE(TerminateProcess(handle, 1));
    EXPECT_PTR(ntsim_process_find(kit_of(state)->sim, 4000), NULL);
    EXPECT_TRUE(CloseHandle(handle));
    EXPECT_PTR(OpenProcess(PROCESS_TERMINATE, FALSE, 4000), NULL);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(77);
    EXPECT_EQ(GetLastError(), 77);
    Sleep(1);
}

/* ---- programs ------------------------------------------------------------------------------- */

static void an_unmodified_control_program_runs(void **state)
{
    static const char *const arguments[] = {"bake", NULL};
    struct ntsim_program program = {
        .image_path = "C:\\Tools\\control.exe", .arguments = arguments, .main = control_main};
    int code = -1;

    EXPECT_EQ(ntsim_service_image(kit_of(state)->sim, "toaster.sys", &toaster), NTCB_OK);
    EXPECT_EQ(ntsim_program_run(kit_of(state)->sim, &program, &code), NTCB_OK);
    EXPECT_EQ(code, 0);
    program.arguments = NULL;
    EXPECT_EQ(ntsim_program_run(kit_of(state)->sim, &program, &code), NTCB_OK);
    EXPECT_EQ(code, 2);
}

static void wmain_and_exit_process(void **state)
{
    static const char *const arguments[] = {"\xC3\xA4tsch", NULL};
    struct ntsim_program program = {
        .image_path = "C:\\Tools\\w.exe", .arguments = arguments, .wmain = wcontrol_wmain};
    int code = -1;

    EXPECT_EQ(ntsim_program_run(kit_of(state)->sim, &program, &code), NTCB_OK);
    EXPECT_EQ(code, 7);
    program.wmain = NULL;
    EXPECT_EQ(ntsim_program_run(kit_of(state)->sim, &program, &code), NTCB_EINVAL);
    EXPECT_EQ(ntsim_service_image(kit_of(state)->sim, "", &toaster), NTCB_EINVAL);
}

#define CASE(name, function)                           \
    {                                                  \
        "win32." name, "", function, set_up, tear_down \
    }

static const struct ntcb_test tests[] = {
    CASE("file.made_written_read", files_are_made_written_and_read),
    CASE("file.refused", names_and_flags_that_are_not_known_are_refused),
    CASE("service.loads_and_unloads", a_service_loads_its_driver_and_unloads_it),
    CASE("service.without_a_file", a_service_without_a_file_does_not_start),
    CASE("process.opened_and_terminated", processes_are_opened_and_terminated),
    CASE("program.control_program_runs", an_unmodified_control_program_runs),
    CASE("program.wmain_and_exit_process", wmain_and_exit_process),
};

NTCB_TEST_MAIN("library", tests)
