/* SPDX-License-Identifier: MIT
 *
 * whois_test.c - what drivers ask of processes, threads and images, and memory between processes.
 */
#include "simkit.h"

#include <ntsim/memory.h>
#include <ntsim/security.h>

static void process_environment_block_is_readable(void **state)
{
    const struct ntsim_process_options options = {
        .image_path = "C:\\a.exe", .command_line = "a /x", .wow64 = true};
    struct ntsim_process *process;
    PROCESS_BASIC_INFORMATION basic;
    UNICODE_STRING *line;
    ULONG_PTR *peb;
    ULONG_PTR wow64;
    HANDLE handle;

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_OK);
    peb = (ULONG_PTR *)PsGetProcessPeb((PEPROCESS)process);
    EXPECT_TRUE(peb != NULL && peb == (ULONG_PTR *)PsGetProcessPeb((PEPROCESS)process));
    EXPECT_EQ(peb[3], 0); /* Ldr */
    line = (UNICODE_STRING *)(peb[4] + 16 + 10 * sizeof(PVOID)) + 1;
    EXPECT_EQ(line->Length, 8);
    EXPECT_MEM(line->Buffer, u"a /x", 10);
    EXPECT_TRUE(PsGetProcessWow64Process((PEPROCESS)process) > (PVOID)peb);
    EXPECT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                         *PsProcessType, KernelMode, &handle));
    EXPECT_SUCCESS(
        ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof(basic), NULL));
    EXPECT_TRUE((ULONG_PTR *)basic.PebBaseAddress == peb);
    EXPECT_SUCCESS(
        ZwQueryInformationProcess(handle, ProcessWow64Information, &wow64, sizeof(wow64), NULL));
    EXPECT_EQ(wow64, (ULONG_PTR)PsGetProcessWow64Process((PEPROCESS)process));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_TRUE(PsGetProcessPeb(PsInitialSystemProcess) == NULL);
    EXPECT_TRUE(PsGetProcessWow64Process((PEPROCESS)make_process("C:\\b.exe")) == NULL);
    ObReferenceObject(process);
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_TRUE(PsGetProcessPeb((PEPROCESS)process) == NULL);
    ObDereferenceObject(process);
}

static void process_is_told_from_others(void **state)
{
    PEPROCESS one = (PEPROCESS)make_process("C:\\a.exe");
    PEPROCESS two = (PEPROCESS)make_process("C:\\a.exe");

    (void)state;
    EXPECT_EQ(PsGetProcessStartKey(one) >> 48, 1);
    EXPECT_TRUE(PsGetProcessStartKey(one) < PsGetProcessStartKey(two));
    EXPECT_FALSE(PsIsProtectedProcess(one));
    EXPECT_FALSE(PsIsProtectedProcessLight(one));
    EXPECT_EQ(PsGetProcessSessionId(one), 1);
    EXPECT_EQ(PsGetProcessSessionId(PsInitialSystemProcess), 0);
}

static VOID NTAPI thread_routine(PVOID context)
{
    EXPECT_STATUS(PsGetThreadExitStatus((PETHREAD)KeGetCurrentThread()), STATUS_PENDING);
    EXPECT_TRUE(PsGetThreadProcess((PETHREAD)KeGetCurrentThread()) == PsInitialSystemProcess);
    PsTerminateSystemThread(*(NTSTATUS *)context);
}

static void thread_has_an_exit_status(void **state)
{
    NTSTATUS status = STATUS_TIMEOUT;
    HANDLE handle;
    PVOID thread;

    (void)state;
    EXPECT_SUCCESS(PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, thread_routine, &status));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, NULL));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_SUCCESS(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL));
    EXPECT_STATUS(PsGetThreadExitStatus(thread), STATUS_TIMEOUT);
    ObDereferenceObject(thread);
}

static void version_is_the_profiles(void **state)
{
    ULONG major = 0, minor = 9, build = 0;
    UNICODE_STRING pack;

    (void)state;
    EXPECT_EQ(start_windows(NTCB_WINDOWS_7), 0);
    EXPECT_FALSE(PsGetVersion(&major, &minor, &build, &pack));
    EXPECT_EQ(major, 6);
    EXPECT_EQ(minor, 1);
    EXPECT_EQ(build, 7601);
    EXPECT_MEM(pack.Buffer, u"Service Pack 1", pack.Length);
    EXPECT_FALSE(PsGetVersion(NULL, NULL, NULL, NULL));
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static void memory_goes_from_process_to_process(void **state)
{
    struct ntsim_process *one = make_process("C:\\a.exe"), *two = make_process("C:\\b.exe");
    PUCHAR from = ntsim_user_allocate(one, 3 * PAGE_SIZE, PAGE_READWRITE);
    PUCHAR to = ntsim_user_allocate(two, 3 * PAGE_SIZE, PAGE_READWRITE);
    SIZE_T copied = 0;

    (void)state;
    memset(from, 'x', 3 * PAGE_SIZE);
    EXPECT_SUCCESS(MmCopyVirtualMemory((PEPROCESS)one, from, (PEPROCESS)two, to, 2 * PAGE_SIZE + 1,
                                       UserMode, &copied));
    EXPECT_EQ(copied, 2 * PAGE_SIZE + 1);
    EXPECT_EQ(to[2 * PAGE_SIZE], 'x');
    EXPECT_EQ(to[2 * PAGE_SIZE + 1], 0);
    EXPECT_STATUS(
        MmCopyVirtualMemory((PEPROCESS)two, from, (PEPROCESS)two, to, 1, UserMode, &copied),
        STATUS_ACCESS_VIOLATION); /* not its memory */
    EXPECT_EQ(copied, 0);
    EXPECT_EQ(ntsim_user_protect(one, from + 2 * PAGE_SIZE, PAGE_SIZE, PAGE_NOACCESS), 0);
    EXPECT_STATUS(MmCopyVirtualMemory((PEPROCESS)one, from, (PEPROCESS)two, to, 3 * PAGE_SIZE,
                                      KernelMode, &copied),
                  STATUS_PARTIAL_COPY);
    EXPECT_EQ(copied, 2 * PAGE_SIZE);
    EXPECT_SUCCESS(
        MmCopyVirtualMemory((PEPROCESS)one, NULL, (PEPROCESS)two, to, 0, UserMode, &copied));
}

static void image_tables_are_found(void **state)
{
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\x.sys"};
    struct ntsim_image *image;
    PIMAGE_NT_HEADERS64 headers;
    PIMAGE_SECTION_HEADER section;
    PUCHAR base, copy;
    ULONG size = 9;

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    base = ntsim_image_base(image);
    EXPECT_TRUE(RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size) ==
                NULL);
    EXPECT_EQ(size, 0);
    EXPECT_TRUE(RtlImageDirectoryEntryToData(base + 4, TRUE, 0, &size) == NULL);
    copy = malloc(0x3000);
    memcpy(copy, base, 0x1000);
    headers = (PIMAGE_NT_HEADERS64)RtlImageNtHeader(copy);
    section = IMAGE_FIRST_SECTION(headers);
    section->VirtualAddress = 0x2000;
    section->SizeOfRawData = 0x200;
    section->PointerToRawData = 0x400;
    headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT] =
        (IMAGE_DATA_DIRECTORY){0x2010, 40};
    EXPECT_TRUE(RtlImageDirectoryEntryToData(copy, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size) ==
                copy + 0x2010);
    EXPECT_EQ(size, 40);
    EXPECT_TRUE(RtlImageDirectoryEntryToData(copy, FALSE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size) ==
                copy + 0x410);
    EXPECT_TRUE(RtlImageDirectoryEntryToData(copy, FALSE, 16, &size) == NULL);
    free(copy);
    ntsim_image_unload(image);
}

static void strings_become_lower_case(void **state)
{
    UNICODE_STRING lower, name = RTL_CONSTANT_STRING(u"AbC\u00C4");

    (void)state;
    EXPECT_SUCCESS(RtlDowncaseUnicodeString(&lower, &name, TRUE));
    EXPECT_MEM(lower.Buffer, u"abc\u00E4", 8);
    RtlFreeUnicodeString(&lower);
}

static const struct ntcb_test tests[] = {
    {"ps.peb.is_readable", "", process_environment_block_is_readable, start, stop},
    {"ps.process.is_told_from_others", "", process_is_told_from_others, start, stop},
    {"ps.thread.has_an_exit_status", "", thread_has_an_exit_status, start, stop},
    {"ps.version.is_the_profiles", "", version_is_the_profiles, NULL, NULL},
    {"mm.copy.goes_from_process_to_process", "", memory_goes_from_process_to_process, start, stop},
    {"rtl.image.tables_are_found", "", image_tables_are_found, start, stop},
    {"rtl.string.become_lower_case", "", strings_become_lower_case, start, stop},
};

NTCB_TEST_MAIN("library", tests)
