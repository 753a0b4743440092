/* SPDX-License-Identifier: MIT
 *
 * virtual_query_test.c - what a process has at its addresses, and what may be done with it. Where
 * the documentation of ZwQueryVirtualMemory is silent the statuses are inference.
 */
#include "simkit.h"
#include "../support/volumekit.h"

#include <ntsim/memory.h>
#include <ntcallback/ddk/ntexapi.h>

static struct ntsim_process *process;
static struct ntsim_thread *previous;
static HANDLE handle;
static MEMORY_BASIC_INFORMATION basic;

static void begin(void)
{
    process = make_process("C:\\Tools\\a.exe");
    previous = ntsim_enter(sim);
    EXPECT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                         *PsProcessType, KernelMode, &handle));
}

static void finish(void)
{
    EXPECT_SUCCESS(ZwClose(handle));
    ntsim_leave(previous);
}

static NTSTATUS query(const volatile void *address)
{
    SIZE_T bytes = 0;
    NTSTATUS status = ZwQueryVirtualMemory(handle, (PVOID)(ULONG_PTR)address,
                                           MemoryBasicInformation, &basic, sizeof(basic), &bytes);

    EXPECT_EQ(bytes, NT_SUCCESS(status) ? sizeof(basic) : 0);
    return status;
}

static NTSTATUS protect(PVOID *base, SIZE_T *bytes, ULONG protection, ULONG *old)
{
    return ZwProtectVirtualMemory(handle, base, bytes, protection, old);
}

static void user_memory_is_told_as_it_is_protected(void **state)
{
    PVOID base, part;
    SIZE_T bytes = PAGE_SIZE + 10;
    ULONG old = 0;
    char *memory;

    (void)state;
    begin();
    memory = ntsim_user_allocate(process, 4 * PAGE_SIZE, PAGE_READWRITE);
    EXPECT_SUCCESS(query(memory + PAGE_SIZE + 5));
    EXPECT_PTR(basic.BaseAddress, memory + PAGE_SIZE);
    EXPECT_PTR(basic.AllocationBase, memory);
    EXPECT_EQ(basic.AllocationProtect, PAGE_READWRITE);
    EXPECT_EQ(basic.RegionSize, 3 * PAGE_SIZE);
    EXPECT_EQ(basic.State, MEM_COMMIT);
    EXPECT_EQ(basic.Protect, PAGE_READWRITE);
    EXPECT_EQ(basic.Type, MEM_PRIVATE);
    part = memory + PAGE_SIZE + 100;
    EXPECT_SUCCESS(protect(&part, &bytes, PAGE_EXECUTE_READ, &old));
    EXPECT_PTR(part, memory + PAGE_SIZE); /* the pages that hold it */
    EXPECT_EQ(bytes, 2 * PAGE_SIZE);
    EXPECT_EQ(old, PAGE_READWRITE);
    EXPECT_SUCCESS(query(memory));
    EXPECT_EQ(basic.RegionSize, PAGE_SIZE);
    EXPECT_SUCCESS(query(memory + PAGE_SIZE));
    EXPECT_EQ(basic.RegionSize, 2 * PAGE_SIZE);
    EXPECT_EQ(basic.Protect, PAGE_EXECUTE_READ);
    EXPECT_EQ(basic.AllocationProtect, PAGE_READWRITE);
    EXPECT_EQ(ntsim_user_protect(process, memory, PAGE_SIZE, PAGE_NOACCESS), NTCB_OK);
    EXPECT_SUCCESS(query(memory));
    EXPECT_EQ(basic.Protect, PAGE_NOACCESS);
    EXPECT_EQ(ntsim_user_free(process, memory), NTCB_OK);
    EXPECT_SUCCESS(query(memory));
    EXPECT_EQ(basic.State, MEM_FREE);
    EXPECT_EQ(basic.RegionSize, 4 * PAGE_SIZE);
    EXPECT_PTR(basic.AllocationBase, NULL);
    base = memory;
    bytes = 1;
    EXPECT_STATUS(protect(&base, &bytes, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    finish();
}

static void protection_counts_for_services(void **state)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    struct ntsim_thread *outside;
    HANDLE event = NULL;
    ULONG old;
    PVOID base;
    SIZE_T bytes = sizeof(event);

    (void)state;
    begin();
    base = ntsim_user_allocate(process, PAGE_SIZE, PAGE_READWRITE);
    HANDLE *const place = base;
    EXPECT_SUCCESS(protect(&base, &bytes, PAGE_READONLY, &old));
    outside = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_STATUS(NtCreateEvent(place, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                  STATUS_ACCESS_VIOLATION);
    ntsim_thread_leave(outside);
    bytes = 1;
    EXPECT_SUCCESS(protect(&base, &bytes, PAGE_READWRITE, &old));
    EXPECT_EQ(old, PAGE_READONLY);
    outside = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_SUCCESS(NtCreateEvent(place, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE));
    ntsim_thread_leave(outside);
    finish();
}

static void what_is_not_there_is_free(void **state)
{
    char on_the_stack = 0;
    char *memory;

    (void)state;
    begin();
    EXPECT_SUCCESS(query((PVOID)0x1000));
    EXPECT_EQ(basic.State, MEM_FREE);
    EXPECT_EQ(basic.Protect, PAGE_NOACCESS);
    EXPECT_EQ(basic.Type, 0);
    memory = ntsim_user_allocate(process, 1, PAGE_READWRITE);
    EXPECT_SUCCESS(query((PVOID)0x1000));
    EXPECT_PTR((char *)basic.BaseAddress + basic.RegionSize, memory); /* up to what is next */
    if ((PVOID)&on_the_stack <= MmHighestUserAddress) { /* the host's counts as committed */
        EXPECT_SUCCESS(query(&on_the_stack));
        EXPECT_EQ(basic.State, MEM_COMMIT);
        EXPECT_EQ(basic.RegionSize, PAGE_SIZE);
        ntsim_strict_user_memory(sim, true);
        EXPECT_SUCCESS(query(&on_the_stack));
        EXPECT_EQ(basic.State, MEM_FREE);
        ntsim_strict_user_memory(sim, false);
    }
    finish();
}

static NTSTATUS name_at(PVOID address, void *answer, SIZE_T length, SIZE_T *needed)
{
    return ZwQueryVirtualMemory(handle, address, MemoryMappedFilenameInformation, answer, length,
                                needed);
}

static void images_have_names(void **state)
{
    static const struct ntsim_image_options dll = {
        .path = "C:\\Windows\\System32\\a.dll", .reported_base = 0x30000000, .image_size = 0x5000};
    struct ntsim_image_options options = dll;
    UNICODE_STRING expected =
        RTL_CONSTANT_STRING(u"\\Device\\HarddiskVolume3\\Windows\\System32\\a.dll");
    struct {
        UNICODE_STRING string;
        WCHAR text[64];
    } name;
    struct ntsim_image *image;
    PVOID address = (PVOID)(ULONG_PTR)0x30001234;
    SIZE_T bytes = 0;

    (void)state;
    begin();
    options.process = process;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_SUCCESS(query(address));
    EXPECT_PTR(basic.BaseAddress, (PVOID)(ULONG_PTR)0x30001000);
    EXPECT_PTR(basic.AllocationBase, (PVOID)(ULONG_PTR)0x30000000);
    EXPECT_EQ(basic.RegionSize, 0x4000);
    EXPECT_EQ(basic.Type, MEM_IMAGE);
    EXPECT_EQ(basic.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
    EXPECT_SUCCESS(name_at(address, &name, sizeof(name), &bytes));
    EXPECT_TRUE(RtlEqualUnicodeString(&name.string, &expected, FALSE));
    EXPECT_PTR(name.string.Buffer, name.text);
    EXPECT_EQ(bytes, sizeof(UNICODE_STRING) + expected.MaximumLength);
    EXPECT_STATUS(name_at(address, &name, sizeof(UNICODE_STRING) + 4, &bytes),
                  STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(bytes, sizeof(UNICODE_STRING) + expected.MaximumLength);
    EXPECT_STATUS(name_at((PVOID)0x1000, &name, sizeof(name), NULL), STATUS_INVALID_ADDRESS);
    finish();
}

static void views_are_told_with_their_files(void **state)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes),
                                    .ObjectName = STRING(u"\\??\\C:\\data"),
                                    .Attributes = OBJ_KERNEL_HANDLE};
    LARGE_INTEGER size = {.QuadPart = 2 * PAGE_SIZE};
    IO_STATUS_BLOCK block;
    HANDLE file, section;
    PVOID base = NULL;
    SIZE_T bytes = 0;
    struct {
        UNICODE_STRING string;
        WCHAR text[64];
    } name;

    (void)state;
    begin();
    EXPECT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                   SEC_COMMIT, NULL));
    EXPECT_SUCCESS(ZwMapViewOfSection(section, handle, &base, 0, 0, NULL, &bytes, ViewUnmap, 0,
                                      PAGE_READWRITE));
    EXPECT_SUCCESS(query(base));
    EXPECT_EQ(basic.Type, MEM_MAPPED);
    EXPECT_EQ(basic.RegionSize, 2 * PAGE_SIZE);
    EXPECT_EQ(basic.Protect, PAGE_READWRITE);
    EXPECT_STATUS(name_at(base, &name, sizeof(name), NULL), STATUS_FILE_INVALID);
    EXPECT_SUCCESS(ZwUnmapViewOfSection(handle, base));
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_ALL, &attributes, &block, NULL, 0, 0, FILE_CREATE,
                                FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0));
    EXPECT_SUCCESS(
        ZwWriteFile(file, NULL, NULL, NULL, &block, (PVOID)(uintptr_t) "abc", 3, NULL, NULL));
    EXPECT_SUCCESS(
        ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, file));
    base = NULL;
    bytes = 0;
    EXPECT_SUCCESS(ZwMapViewOfSection(section, handle, &base, 0, 0, NULL, &bytes, ViewUnmap, 0,
                                      PAGE_READONLY));
    EXPECT_SUCCESS(query(base));
    EXPECT_EQ(basic.Type, MEM_MAPPED);
    EXPECT_EQ(basic.Protect, PAGE_READONLY);
    EXPECT_SUCCESS(name_at(base, &name, sizeof(name), NULL));
    EXPECT_TRUE(
        RtlEqualUnicodeString(&name.string, STRING(u"\\Device\\HarddiskVolume3\\data"), TRUE));
    EXPECT_SUCCESS(ZwUnmapViewOfSection(handle, base));
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwClose(file));
    finish();
}

static void bad_requests_are_refused(void **state)
{
    UCHAR answer[64];
    HANDLE event;
    PVOID base;
    SIZE_T bytes = 1;
    ULONG old;

    (void)state;
    begin();
    base = ntsim_user_allocate(process, 1, PAGE_READWRITE);
    EXPECT_STATUS(
        ZwQueryVirtualMemory(handle, base, MemoryBasicInformation, answer, sizeof(basic) - 1, NULL),
        STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_STATUS(name_at(base, answer, sizeof(UNICODE_STRING) - 1, NULL),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_STATUS(ZwQueryVirtualMemory(handle, base, MemoryWorkingSetInformation, answer, 64, NULL),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(ZwQueryVirtualMemory(handle, base, MaxMemoryInfoClass, answer, 64, NULL),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(query((PVOID)((ULONG_PTR)MmHighestUserAddress + 1)), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_STATUS(
        ZwQueryVirtualMemory(event, base, MemoryBasicInformation, &basic, sizeof(basic), NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(event));
    EXPECT_STATUS(
        ZwQueryVirtualMemory(NULL, base, MemoryBasicInformation, &basic, sizeof(basic), NULL),
        STATUS_INVALID_HANDLE);
    EXPECT_STATUS(protect(&base, &bytes, PAGE_WRITECOPY, &old), STATUS_INVALID_PAGE_PROTECTION);
    bytes = 0;
    EXPECT_STATUS(protect(&base, &bytes, PAGE_READONLY, &old), STATUS_INVALID_PARAMETER_3);
    ntsim_previous_mode(UserMode);
    EXPECT_STATUS(NtQueryVirtualMemory(NtCurrentProcess(), base, MemoryBasicInformation, (PVOID)16,
                                       sizeof(basic), NULL),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtQueryVirtualMemory(NtCurrentProcess(), base, MemoryBasicInformation, &basic,
                                       sizeof(basic), (PSIZE_T)16),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(
        NtProtectVirtualMemory(NtCurrentProcess(), (PVOID *)16, &bytes, PAGE_READONLY, &old),
        STATUS_ACCESS_VIOLATION);
    ntsim_previous_mode(KernelMode);
    finish();
}

#define CASE(name)                                                      \
    {                                                                   \
        "sim.virtual_query." #name, "", name, start_volume, stop_volume \
    }

static const struct ntcb_test tests[] = {
    CASE(user_memory_is_told_as_it_is_protected),
    CASE(protection_counts_for_services),
    CASE(what_is_not_there_is_free),
    CASE(images_have_names),
    CASE(views_are_told_with_their_files),
    CASE(bad_requests_are_refused),
};

NTCB_TEST_MAIN("library", tests)
