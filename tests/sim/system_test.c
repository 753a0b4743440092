/* SPDX-License-Identifier: MIT
 *
 * system_test.c - what a driver finds out about the system: processes, modules, threads, objects by
 * name, directories, drive letters.
 */
#include "simkit.h"
#include "../support/volumekit.h"

static _Alignas(8) UCHAR buffer[16384];

static void narrow(char *to, const UNICODE_STRING *from)
{
    ntcb_sprintf(to, "%wZ", from);
}

static void processes_are_listed(void **state)
{
    struct ntsim_process *process = make_process("C:\\dir\\app.exe");
    PSYSTEM_PROCESS_INFORMATION one = (PSYSTEM_PROCESS_INFORMATION)buffer;
    PSYSTEM_THREAD_INFORMATION thread;
    ULONG needed = 0, again = 0;
    char name[64];

    (void)state;
    EXPECT_STATUS(ZwQuerySystemInformation(SystemProcessInformation, NULL, 0, &needed),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_STATUS(ZwQuerySystemInformation(SystemProcessInformation, buffer, needed - 1, &again),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(again, needed);
    EXPECT_SUCCESS(ZwQuerySystemInformation(SystemProcessInformation, buffer, needed, NULL));
    narrow(name, &one->ImageName);
    EXPECT_STR(name, "System");
    EXPECT_EQ((ULONG_PTR)one->UniqueProcessId, 4);
    EXPECT_EQ(one->SessionId, 0);
    one = (PSYSTEM_PROCESS_INFORMATION)((PUCHAR)one + one->NextEntryOffset);
    narrow(name, &one->ImageName);
    EXPECT_STR(name, "app.exe");
    EXPECT_TRUE(one->UniqueProcessId == PsGetProcessId((PEPROCESS)process));
    EXPECT_EQ((ULONG_PTR)one->InheritedFromUniqueProcessId, 4);
    EXPECT_EQ(one->SessionId, 1);
    EXPECT_EQ(one->NumberOfThreads, 1);
    thread = (PSYSTEM_THREAD_INFORMATION)(one + 1);
    EXPECT_TRUE(thread->ClientId.UniqueThread ==
                PsGetThreadId((PETHREAD)ntsim_process_thread(process)));
    EXPECT_EQ(one->NextEntryOffset, 0);
}

static void modules_and_the_rest_are_listed(void **state)
{
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\drivers\\x.sys"};
    PRTL_PROCESS_MODULES modules = (PRTL_PROCESS_MODULES)buffer;
    PRTL_MODULE_EXTENDED_INFO one = (PRTL_MODULE_EXTENDED_INFO)buffer;
    struct ntsim_image *image;
    ULONG needed = 0;

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_SUCCESS(
        ZwQuerySystemInformation(SystemModuleInformation, buffer, sizeof(buffer), &needed));
    EXPECT_EQ(modules->NumberOfModules, 1);
    EXPECT_EQ(needed, sizeof(*modules));
    EXPECT_TRUE(modules->Modules[0].ImageBase == ntsim_image_base(image));
    EXPECT_EQ(modules->Modules[0].ImageSize, ntsim_image_size(image));
    EXPECT_STR((char *)modules->Modules[0].FullPathName + modules->Modules[0].OffsetToFileName,
               "x.sys");
    EXPECT_STATUS(ZwQuerySystemInformation(SystemModuleInformation, buffer, 8, NULL),
                  STATUS_INFO_LENGTH_MISMATCH);
    needed = 0;
    EXPECT_SUCCESS(RtlQueryModuleInformation(&needed, sizeof(*one), NULL));
    EXPECT_EQ(needed, sizeof(*one));
    EXPECT_SUCCESS(RtlQueryModuleInformation(&needed, sizeof(*one), buffer));
    EXPECT_TRUE(one->BasicInfo.ImageBase == ntsim_image_base(image));
    EXPECT_STR(one->FullPathName + one->FileNameOffset, "x.sys");
    needed = 1;
    EXPECT_STATUS(RtlQueryModuleInformation(&needed, sizeof(PVOID), buffer),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, sizeof(PVOID));
    EXPECT_STATUS(RtlQueryModuleInformation(&needed, 5, buffer), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(ZwQuerySystemInformation(SystemKernelDebuggerInformation, buffer, 2, NULL));
    EXPECT_TRUE(!buffer[0] && buffer[1]);
    EXPECT_SUCCESS(ZwQuerySystemInformation(SystemCodeIntegrityInformation, buffer, 8, NULL));
    EXPECT_EQ(((PULONG)buffer)[1], 1);
    EXPECT_STATUS(ZwQuerySystemInformation((SYSTEM_INFORMATION_CLASS)1, buffer, 8, NULL),
                  STATUS_NOT_IMPLEMENTED);
    ntsim_image_unload(image);
}

static VOID NTAPI routine(PVOID context)
{
    (void)context;
}

static void threads_answer(void **state)
{
    THREAD_BASIC_INFORMATION basic;
    ULONG needed, ended = 9;
    KPRIORITY priority = 12;
    PVOID start = NULL;
    HANDLE handle;

    (void)state;
    EXPECT_SUCCESS(PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, routine, NULL));
    EXPECT_SUCCESS(ZwWaitForSingleObject(handle, FALSE, NULL));
    EXPECT_SUCCESS(
        ZwQueryInformationThread(handle, ThreadBasicInformation, &basic, sizeof(basic), &needed));
    EXPECT_EQ(needed, sizeof(basic));
    EXPECT_STATUS(basic.ExitStatus, STATUS_SUCCESS);
    EXPECT_EQ((ULONG_PTR)basic.ClientId.UniqueProcess, 4);
    EXPECT_SUCCESS(ZwQueryInformationThread(handle, ThreadQuerySetWin32StartAddress, &start,
                                            sizeof(start), NULL));
    EXPECT_TRUE(start == (PVOID)(uintptr_t)routine);
    EXPECT_SUCCESS(
        ZwQueryInformationThread(handle, ThreadIsTerminated, &ended, sizeof(ended), NULL));
    EXPECT_EQ(ended, 1);
    EXPECT_STATUS(ZwQueryInformationThread(handle, ThreadIsTerminated, &ended, 3, &needed),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(basic.Priority, 8);
    EXPECT_SUCCESS(ZwSetInformationThread(handle, ThreadPriority, &priority, sizeof(priority)));
    EXPECT_SUCCESS(
        ZwQueryInformationThread(handle, ThreadBasicInformation, &basic, sizeof(basic), NULL));
    EXPECT_EQ(basic.Priority, 12);
    priority = 32;
    EXPECT_STATUS(ZwSetInformationThread(handle, ThreadPriority, &priority, sizeof(priority)),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ZwSetInformationThread(handle, ThreadBasePriority, &priority, 2),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_SUCCESS(ZwSetInformationThread(handle, ThreadHideFromDebugger, NULL, 0));
    EXPECT_STATUS(ZwSetInformationThread(handle, ThreadAffinityMask, &priority, 4),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(ZwSetInformationThread(handle, MaxThreadInfoClass, &priority, 4),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(ZwQueryInformationThread(handle, ThreadTimes, &basic, 4, NULL),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(ZwQueryInformationThread(handle, MaxThreadInfoClass, &basic, 4, NULL),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void drivers_are_found_by_name(void **state)
{
    const struct ntsim_driver_options options = {.name = "busy",
                                                 .module = ntcb_test_driver("modes")};
    struct ntsim_driver *driver;
    NTSTATUS status;
    PVOID object;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(ObReferenceObjectByName(STRING(u"\\Driver\\BUSY"), OBJ_CASE_INSENSITIVE, NULL, 0,
                                           *IoDriverObjectType, KernelMode, NULL, &object));
    EXPECT_TRUE(object == ntsim_driver_object(driver));
    ObDereferenceObject(object);
    EXPECT_STATUS(ObReferenceObjectByName(STRING(u"\\Driver\\busy"), 0, NULL, 0, *PsProcessType,
                                          KernelMode, NULL, &object),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(ObReferenceObjectByName(STRING(u"\\Driver\\none"), 0, NULL, 0, NULL, KernelMode,
                                          NULL, &object),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(object == NULL);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static HANDLE make_event(UNICODE_STRING *name)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes), .ObjectName = name};
    HANDLE handle = NULL;

    EXPECT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE));
    return handle;
}

static void directories_are_listed(void **state)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes),
                                    .ObjectName = STRING(u"\\Folder")};
    HANDLE one = make_event(STRING(u"\\Folder\\One")), two = make_event(STRING(u"\\Folder\\Two"));
    POBJECT_DIRECTORY_INFORMATION entries = (POBJECT_DIRECTORY_INFORMATION)buffer;
    const ULONG one_fits = 2 * sizeof(*entries) + 30;
    ULONG context = 7, length;
    HANDLE folder;
    char name[32];

    (void)state;
    EXPECT_SUCCESS(ZwOpenDirectoryObject(&folder, DIRECTORY_QUERY, &attributes));
    EXPECT_SUCCESS(
        ZwQueryDirectoryObject(folder, buffer, sizeof(buffer), FALSE, TRUE, &context, &length));
    EXPECT_EQ(context, 2);
    narrow(name, &entries[0].Name);
    EXPECT_STR(name, "One");
    narrow(name, &entries[1].TypeName);
    EXPECT_STR(name, "Event");
    EXPECT_EQ(entries[2].Name.Length, 0);
    EXPECT_STATUS(
        ZwQueryDirectoryObject(folder, buffer, sizeof(buffer), FALSE, FALSE, &context, &length),
        STATUS_NO_MORE_ENTRIES);
    EXPECT_SUCCESS(
        ZwQueryDirectoryObject(folder, buffer, sizeof(buffer), TRUE, TRUE, &context, &length));
    EXPECT_EQ(context, 1);
    EXPECT_EQ(entries[1].Name.Length, 0);
    EXPECT_STATUS(ZwQueryDirectoryObject(folder, buffer, one_fits, FALSE, TRUE, &context, NULL),
                  STATUS_MORE_ENTRIES);
    EXPECT_STATUS(ZwQueryDirectoryObject(folder, buffer, 16, FALSE, TRUE, &context, NULL),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_STATUS(ZwQueryDirectoryObject(one, buffer, 90, FALSE, TRUE, &context, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(folder));
    EXPECT_SUCCESS(ZwClose(two));
    EXPECT_SUCCESS(ZwClose(one));
}

static void files_have_drive_letters(void **state)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes),
                                    .ObjectName = STRING(u"\\??\\C:\\f.txt"),
                                    .Attributes = OBJ_KERNEL_HANDLE};
    char text[64];
    POBJECT_NAME_INFORMATION name;
    UNICODE_STRING volume;
    IO_STATUS_BLOCK block;
    DEVICE_OBJECT other = {.DeviceType = FILE_DEVICE_UNKNOWN};
    PVOID object;
    HANDLE file;

    (void)state;
    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL, 0, 0,
                                FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(file, 0, *IoFileObjectType, KernelMode, &object, NULL));
    EXPECT_SUCCESS(IoQueryFileDosDeviceName(object, &name));
    narrow(text, &name->Name);
    EXPECT_STR(text, "C:\\f.txt");
    ExFreePool(name);
    EXPECT_SUCCESS(IoVolumeDeviceToDosName(((PFILE_OBJECT)object)->DeviceObject, &volume));
    EXPECT_MEM(volume.Buffer, u"C:", 6);
    ExFreePool(volume.Buffer);
    EXPECT_STATUS(RtlVolumeDeviceToDosName(&other, &volume), STATUS_INVALID_DEVICE_REQUEST);
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(file));
}

static const struct ntcb_test tests[] = {
    {"ps.system.processes_are_listed", "", processes_are_listed, start, stop},
    {"ps.system.modules_and_the_rest_are_listed", "", modules_and_the_rest_are_listed, start, stop},
    {"ps.system.threads_answer", "", threads_answer, start, stop},
    {"ob.name.drivers_are_found_by_it", "", drivers_are_found_by_name, start, stop},
    {"ob.directory.is_listed", "", directories_are_listed, start, stop},
    {"io.file.has_a_drive_letter", "", files_have_drive_letters, start_volume, stop_volume},
};

NTCB_TEST_MAIN("library", tests)
