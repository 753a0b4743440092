/* SPDX-License-Identifier: MIT
 *
 * service_test.c - services as programs call them, and the Zw forms that nobody else calls: events,
 * delays, links, threads, memory, files.
 */
#include "host.h"
#include "simkit.h"
#include "../support/volumekit.h"

#include <ntcallback/ddk/ntexapi.h>

static OBJECT_ATTRIBUTES named(UNICODE_STRING *name)
{
    return (OBJECT_ATTRIBUTES){.Length = sizeof(OBJECT_ATTRIBUTES),
                               .ObjectName = name,
                               .Attributes = OBJ_CASE_INSENSITIVE};
}

static void events_have_names(void **state)
{
    OBJECT_ATTRIBUTES attributes = named(STRING(u"\\BaseNamedObjects\\E"));
    HANDLE event, again;
    LONG before = 9;

    (void)state;
    EXPECT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE));
    EXPECT_SUCCESS(NtOpenEvent(&again, EVENT_MODIFY_STATE, &attributes));
    EXPECT_SUCCESS(NtResetEvent(again, &before));
    EXPECT_EQ(before, 1);
    EXPECT_SUCCESS(NtSetEvent(event, &before));
    EXPECT_EQ(before, 0);
    EXPECT_SUCCESS(NtClearEvent(again));
    EXPECT_SUCCESS(NtResetEvent(event, &before));
    EXPECT_EQ(before, 0);
    EXPECT_SUCCESS(NtMakeTemporaryObject(event));
    EXPECT_SUCCESS(NtClose(again));
    EXPECT_SUCCESS(ObCloseHandle(event, KernelMode));
    EXPECT_STATUS(NtOpenEvent(&again, EVENT_MODIFY_STATE, &attributes),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static void delays_end(void **state)
{
    LARGE_INTEGER shortly = {.QuadPart = -1};

    (void)state;
    EXPECT_SUCCESS(NtDelayExecution(FALSE, &shortly));
    EXPECT_SUCCESS(ZwDelayExecution(FALSE, &shortly));
}

static void links_are_read(void **state)
{
    OBJECT_ATTRIBUTES attributes = named(STRING(u"\\??\\C:"));
    WCHAR text[32];
    UNICODE_STRING target = {0, sizeof(text), text};
    HANDLE link;

    (void)state;
    EXPECT_SUCCESS(NtOpenSymbolicLinkObject(&link, GENERIC_READ, &attributes));
    EXPECT_SUCCESS(NtQuerySymbolicLinkObject(link, &target, NULL));
    EXPECT_MEM(text, u"\\Device\\HarddiskVolume3", target.Length);
    EXPECT_SUCCESS(NtClose(link));
}

static void threads_and_processes_by_id(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    CLIENT_ID id = {.UniqueProcess = PsGetProcessId((PEPROCESS)process)};
    HANDLE handle;

    (void)state;
    id.UniqueThread = PsGetThreadId((PETHREAD)ntsim_process_thread(process));
    EXPECT_SUCCESS(ZwOpenThread(&handle, THREAD_QUERY_INFORMATION, &attributes, &id));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_SUCCESS(NtOpenProcess(&handle, PROCESS_TERMINATE, &attributes, &id));
    ObReferenceObject(process);
    EXPECT_SUCCESS(NtTerminateProcess(handle, STATUS_TIMEOUT));
    EXPECT_STATUS(PsGetProcessExitStatus((PEPROCESS)process), STATUS_TIMEOUT);
    EXPECT_SUCCESS(NtClose(handle));
    ObDereferenceObject(process);
}

static void memory_is_the_callers(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(process));
    PVOID base = NULL;
    SIZE_T bytes = 1;

    (void)state;
    EXPECT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes,
                                           MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE));
    EXPECT_EQ(bytes, PAGE_SIZE);
    *(volatile char *)base = 1;
    bytes = 0;
    EXPECT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &base, &bytes, MEM_RELEASE));
    ntsim_thread_leave(before);
}

static void files_from_a_program(void **state)
{
    OBJECT_ATTRIBUTES attributes = named(STRING(u"\\??\\C:\\f.txt"));
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(process));
    FILE_STANDARD_INFORMATION standard;
    FILE_POSITION_INFORMATION position = {.CurrentByteOffset.QuadPart = 1};
    IO_STATUS_BLOCK block;
    HANDLE file;
    char text[4] = "";

    (void)state;
    EXPECT_SUCCESS(NtCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL,
                                FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT,
                                NULL, 0));
    EXPECT_SUCCESS(NtWriteFile(file, NULL, NULL, NULL, &block, "abc", 3, NULL, NULL));
    EXPECT_SUCCESS(NtFlushBuffersFile(file, &block));
    EXPECT_SUCCESS(NtClose(file));
    EXPECT_SUCCESS(NtOpenFile(&file, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                              &attributes, &block, FILE_SHARE_DELETE,
                              FILE_SYNCHRONOUS_IO_NONALERT));
    EXPECT_SUCCESS(
        NtQueryInformationFile(file, &block, &standard, sizeof(standard), FileStandardInformation));
    EXPECT_EQ(standard.EndOfFile.QuadPart, 3);
    EXPECT_SUCCESS(
        NtSetInformationFile(file, &block, &position, sizeof(position), FilePositionInformation));
    EXPECT_SUCCESS(NtReadFile(file, NULL, NULL, NULL, &block, text, 4, NULL, NULL));
    EXPECT_STR(text, "bc");
    EXPECT_SUCCESS(NtCancelIoFile(file, &block)); /* there is nothing to cancel */
    EXPECT_STATUS(NtDeviceIoControlFile(file, NULL, NULL, NULL, &block,
                                        CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, 0),
                                        NULL, 0, NULL, 0),
                  STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_STATUS(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &block,
                                        CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, 0),
                                        NULL, 0, NULL, 0),
                  STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_SUCCESS(NtClose(file));
    EXPECT_SUCCESS(NtDeleteFile(&attributes));
    EXPECT_STATUS(NtOpenFile(&file, FILE_READ_DATA, &attributes, &block, 0, 0),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    ntsim_thread_leave(before);
}

static const struct ntcb_test tests[] = {
    {"ex.event.services_have_names", "", events_have_names, start, stop},
    {"ex.delay.services_end", "", delays_end, start, stop},
    {"io.link.services_read", "", links_are_read, start_volume, stop_volume},
    {"ps.services.by_id", "", threads_and_processes_by_id, start, stop},
    {"mm.services.memory_is_the_callers", "", memory_is_the_callers, start, stop},
    {"io.file.services_from_a_program", "", files_from_a_program, start_volume, stop_volume},
};

NTCB_TEST_MAIN("library", tests)
