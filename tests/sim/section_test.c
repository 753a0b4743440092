/* SPDX-License-Identifier: MIT
 *
 * section_test.c - sections, and views of them.
 */
#include "simkit.h"
#include "../support/volumekit.h"

static unsigned notified;

static HANDLE handle_of(struct ntsim_process *process)
{
    HANDLE handle = NULL;

    EXPECT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                         *PsProcessType, KernelMode, &handle));
    return handle;
}

static NTSTATUS view(HANDLE section, HANDLE process, ULONG protection, PVOID *base, SIZE_T *bytes)
{
    *base = NULL;
    return ZwMapViewOfSection(section, process, base, 0, 0, NULL, bytes, ViewUnmap, 0, protection);
}

static void memory_is_shared(void **state)
{
    HANDLE one = handle_of(make_process("C:\\a.exe")), two = handle_of(make_process("C:\\b.exe"));
    LARGE_INTEGER size = {.QuadPart = 100};
    PVOID first, second;
    SIZE_T bytes = 0;
    HANDLE section;

    (void)state;
    EXPECT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                   SEC_COMMIT, NULL));
    EXPECT_SUCCESS(view(section, one, PAGE_READWRITE, &first, &bytes));
    EXPECT_EQ(bytes, PAGE_SIZE);
    bytes = 0;
    EXPECT_SUCCESS(view(section, two, PAGE_READWRITE, &second, &bytes));
    *(volatile ULONG *)first = 42;
    EXPECT_EQ(*(volatile ULONG *)second, 42);
    EXPECT_SUCCESS(ZwClose(section)); /* views keep it */
    EXPECT_SUCCESS(ZwUnmapViewOfSection(one, first));
    EXPECT_STATUS(ZwUnmapViewOfSection(one, first), STATUS_NOT_MAPPED_VIEW);
    EXPECT_EQ(*(volatile ULONG *)second, 42);
    EXPECT_SUCCESS(ZwUnmapViewOfSection(two, second));
    EXPECT_SUCCESS(ZwClose(one));
    EXPECT_SUCCESS(ZwClose(two));
}

static HANDLE make_file(const void *data, ULONG bytes)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes),
                                    .ObjectName = STRING(u"\\??\\C:\\f.dll"),
                                    .Attributes = OBJ_KERNEL_HANDLE};
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;

    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_ALL, &attributes, &block, NULL, 0, 0,
                                FILE_OVERWRITE_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0));
    EXPECT_SUCCESS(
        ZwWriteFile(file, NULL, NULL, NULL, &block, (PVOID)(uintptr_t)data, bytes, NULL, NULL));
    return file;
}

static void file_is_as_it_was(void **state)
{
    HANDLE process = handle_of(make_process("C:\\a.exe")), file = make_file("text", 4), section;
    SIZE_T bytes = 0;
    PVOID base;

    (void)state;
    EXPECT_SUCCESS(
        ZwCreateSection(&section, SECTION_MAP_READ, NULL, NULL, PAGE_READONLY, SEC_COMMIT, file));
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(view(section, process, PAGE_READONLY, &base, &bytes));
    EXPECT_MEM(base, "text\0", 5);
    EXPECT_EQ(bytes, PAGE_SIZE);
    EXPECT_SUCCESS(ZwUnmapViewOfSection(process, base));
    EXPECT_STATUS(view(section, process, PAGE_READWRITE, &base, &bytes), STATUS_SECTION_PROTECTION);
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwClose(process));
}

static void what_is_not_simulated_is_refused(void **state)
{
    HANDLE process = handle_of(make_process("C:\\a.exe")), file = make_file("text", 4), section;
    LARGE_INTEGER size = {.QuadPart = 0x20000}, offset = {.QuadPart = 5}, large = {.QuadPart = 5};
    SIZE_T bytes = 0;
    PVOID base = NULL;
    const struct {
        LARGE_INTEGER *size;
        ULONG protection, attributes;
        HANDLE file;
        NTSTATUS status;
    } rows[] = {
        {NULL, PAGE_READWRITE, SEC_COMMIT, file, STATUS_NOT_IMPLEMENTED},
        {NULL, PAGE_READWRITE, SEC_COMMIT, NULL, STATUS_INVALID_PARAMETER_4},
        {&size, PAGE_READWRITE, 0, NULL, STATUS_INVALID_PARAMETER_6},
        {&size, 0, SEC_COMMIT, NULL, STATUS_INVALID_PAGE_PROTECTION},
        {&size, PAGE_READONLY, SEC_IMAGE, NULL, STATUS_INVALID_FILE_FOR_SECTION},
        {&large, PAGE_READONLY, SEC_COMMIT, file, STATUS_SECTION_TOO_BIG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_STATUS(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, rows[i].size,
                                      rows[i].protection, rows[i].attributes, rows[i].file),
                      rows[i].status);
    }
    EXPECT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                   SEC_COMMIT, NULL));
    EXPECT_STATUS(ZwMapViewOfSection(section, process, &base, 0, 0, &offset, &bytes, ViewShare, 0,
                                     PAGE_READWRITE),
                  STATUS_MAPPED_ALIGNMENT);
    offset.QuadPart = 0x20000;
    EXPECT_STATUS(ZwMapViewOfSection(section, process, &base, 0, 0, &offset, &bytes, ViewShare, 0,
                                     PAGE_READWRITE),
                  STATUS_INVALID_VIEW_SIZE);
    EXPECT_STATUS(
        ZwMapViewOfSection(section, process, &base, 0, 0, NULL, &bytes, 0, 0, PAGE_READWRITE),
        STATUS_INVALID_PARAMETER_8);
    base = (PVOID)0x10000;
    EXPECT_STATUS(ZwMapViewOfSection(section, process, &base, 0, 0, NULL, &bytes, ViewShare, 0,
                                     PAGE_READWRITE),
                  STATUS_CONFLICTING_ADDRESSES);
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(ZwClose(process));
}

static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    (void)name;
    (void)process;
    EXPECT_EQ(RtlImageNtHeader(info->ImageBase)->Signature, IMAGE_NT_SIGNATURE);
    notified++;
}

/* IMG-50, IMG-51 */
static void images_are_notified(void **state)
{
    const struct ntsim_image_options options = {.path = "C:\\Windows\\x.dll"};
    HANDLE process = handle_of(make_process("C:\\a.exe")), file, section;
    struct ntsim_image *image;
    SIZE_T bytes = 0;
    PVOID base;

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    file = make_file(ntsim_image_base(image), (ULONG)ntsim_image_size(image));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
    notified = 0;
    EXPECT_SUCCESS(
        ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file));
    EXPECT_STATUS(view(section, process, PAGE_READONLY, &base, &bytes), STATUS_IMAGE_NOT_AT_BASE);
    EXPECT_EQ(notified, 1);
    EXPECT_EQ(bytes, ntsim_image_size(image));
    EXPECT_SUCCESS(ZwUnmapViewOfSection(process, base));
    bytes = 0;
    EXPECT_STATUS(view(section, NtCurrentProcess(), PAGE_READONLY, &base, &bytes),
                  STATUS_IMAGE_NOT_AT_BASE);
    EXPECT_TRUE(RtlImageNtHeader(base) != NULL);
    EXPECT_SUCCESS(ZwUnmapViewOfSection(NtCurrentProcess(), base));
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY,
                                   SEC_IMAGE_NO_EXECUTE, file));
    bytes = 0;
    EXPECT_STATUS(view(section, process, PAGE_READONLY, &base, &bytes), STATUS_IMAGE_NOT_AT_BASE);
    EXPECT_EQ(notified, 1);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(on_image));
    EXPECT_SUCCESS(ZwClose(section)); /* the view goes with its process */
    EXPECT_SUCCESS(ZwClose(file));
    file = make_file("no image", 8);
    EXPECT_SUCCESS(
        ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, file));
    EXPECT_STATUS(view(section, process, PAGE_READONLY, &base, &bytes),
                  STATUS_INVALID_IMAGE_FORMAT);
    EXPECT_SUCCESS(ZwClose(section));
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(ZwClose(process));
    ntsim_image_unload(image);
}

static void programs_map_too(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(process));
    LARGE_INTEGER size = {.QuadPart = 0x20000}, offset = {.QuadPart = 0x10000};
    PVOID base = NULL;
    SIZE_T bytes = PAGE_SIZE;
    HANDLE section;

    (void)state;
    EXPECT_SUCCESS(NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE, NULL, &size,
                                   PAGE_READWRITE, SEC_COMMIT, NULL));
    EXPECT_SUCCESS(NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, &offset, &bytes,
                                      ViewUnmap, 0, PAGE_READWRITE));
    EXPECT_EQ(bytes, PAGE_SIZE);
    *(volatile UCHAR *)base = 1;
    EXPECT_SUCCESS(NtUnmapViewOfSection(NtCurrentProcess(), base));
    EXPECT_SUCCESS(NtClose(section));
    ntsim_thread_leave(before);
}

static const struct ntcb_test tests[] = {
    {"mm.section.memory_is_shared", "", memory_is_shared, start, stop},
    {"mm.section.file_is_as_it_was", "", file_is_as_it_was, start_volume, stop_volume},
    {"mm.section.what_is_not_simulated_is_refused", "", what_is_not_simulated_is_refused,
     start_volume, stop_volume},
    {"mm.section.images_are_notified", "IMG-50 IMG-51", images_are_notified, start_volume,
     stop_volume},
    {"mm.section.programs_map_too", "", programs_map_too, start, stop},
};

NTCB_TEST_MAIN("library", tests)
