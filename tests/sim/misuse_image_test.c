/* SPDX-License-Identifier: MIT
 *
 * misuse_image_test.c - what image routines do wrong with what they are shown, and with user memory
 * (DV-12, DV-27): the fault, and the same without it.
 */
#include "misuse_kit.h"

static bool wrong_now;
static const UNICODE_STRING *kept_name;
static volatile ULONG_PTR seen;

static void load_into(struct ntsim_process *process)
{
    const struct ntsim_image_options options = {.path = "\\Device\\HarddiskVolume3\\other.dll",
                                                .process = process};
    struct ntsim_image *image;

    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    ntsim_image_unload(image);
}

static void load_twice(PLOAD_IMAGE_NOTIFY_ROUTINE routine, bool wrong)
{
    wrong_now = wrong;
    kept_name = NULL;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(routine));
    load_into(NULL);
    if (routine == NULL || kept_name != NULL) {
        load_into(NULL);
    }
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(routine));
}

/* ---- DV-27 ---- */

static VOID NTAPI ReadsFileObject(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                  PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    if (wrong_now || ImageInfo->ExtendedInfoPresent) {
        seen = (ULONG_PTR)CONTAINING_RECORD(ImageInfo, IMAGE_INFO_EX, ImageInfo)->FileObject;
    }
    seen += (ULONG_PTR)ImageInfo->ImageBase;
}

static void reads_around_the_bare_structure(bool wrong)
{
    load_twice(ReadsFileObject, wrong);
}

static VOID NTAPI KeepsName(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)ProcessId;
    (void)ImageInfo;
    if (kept_name != NULL) {
        seen = kept_name->Length;
    }
    kept_name = wrong_now ? FullImageName : NULL;
}

static void keeps_the_name(bool wrong)
{
    load_twice(KeepsName, wrong);
}

static VOID NTAPI ReadsOn(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    size_t units = FullImageName->Length / sizeof(WCHAR) + wrong_now;
    const volatile WCHAR *text = FullImageName->Buffer;

    (void)ProcessId;
    (void)ImageInfo;
    for (size_t i = 0; i < units; i++) {
        seen = text[i];
    }
}

static void wants_a_terminator(bool wrong)
{
    load_twice(ReadsOn, wrong);
}

/* ---- DV-12 ---- */

static VOID NTAPI AllocatesUserMemory(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                      PIMAGE_INFO ImageInfo)
{
    SIZE_T bytes = 100;
    PVOID memory = NULL;

    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    EXPECT_SUCCESS(ZwAllocateVirtualMemory(NtCurrentProcess(), &memory, 0, &bytes,
                                           MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE));
    EXPECT_EQ(bytes, PAGE_SIZE);
    *(volatile char *)memory = 'x';
    seen = (ULONG_PTR)memory;
}

/* Wrong: for an image of a process; right: for a driver's. */
static void allocates_in_an_image_routine(bool wrong)
{
    struct ntsim_process *process = make_process("C:\\other.exe");
    SIZE_T none = 0;
    PVOID memory;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(AllocatesUserMemory));
    load_into(wrong ? process : NULL);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(AllocatesUserMemory));
    if (!wrong) {
        memory = (PVOID)seen;
        EXPECT_SUCCESS(ZwFreeVirtualMemory(NtCurrentProcess(), &memory, &none, MEM_RELEASE));
    }
    ntsim_process_exit(process, STATUS_SUCCESS);
}

static const struct misuse rows[] = {
    {"reads around the bare structure",
     reads_around_the_bare_structure,
     {"DV-27", NTCB_VIOLATION, 0, {ANY, 0, 0, 0}},
     0,
     NTCB_WINDOWS_2003},
    {"keeps the name",
     keeps_the_name,
     {"DV-27", NTCB_VIOLATION, 0, {ANY, 0, 0, 0}},
     NTCB_SWITCH_LINT,
     NTCB_WINDOWS_11},
    {"wants a terminator",
     wants_a_terminator,
     {"DV-27", NTCB_VIOLATION, 0, {ANY, 0, 0, 0}},
     NTCB_SWITCH_LINT,
     NTCB_WINDOWS_11},
    {"allocates user memory",
     allocates_in_an_image_routine,
     {"DV-12", NTCB_VIOLATION, 0, {0, 0, 0, 0}},
     0,
     NTCB_WINDOWS_7},
};

static void routines_use_what_they_are_shown(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(rows); row++) {
        misuse_both(&rows[row]);
    }
}

static void user_memory_is_free_to_use_from_windows_8_on(void **state)
{
    (void)state;
    misuse_begin(NTCB_WINDOWS_8, 0);
    misuse_load();
    allocates_in_an_image_routine(true);
    (void)ntsim_driver_stop(misuse_driver);
    misuse_expect("Windows 8", NULL);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

/* What the two services say to what they do not do. */
static void user_memory_by_services(void **state)
{
    static const struct {
        SIZE_T bytes;
        ULONG type, protect;
        NTSTATUS status;
    } asked[] = {
        {0, MEM_COMMIT, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4},
        {1, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5},
        {1, MEM_COMMIT, 0x1234, STATUS_INVALID_PAGE_PROTECTION},
        {1, MEM_COMMIT, PAGE_READONLY, STATUS_SUCCESS},
    };
    SIZE_T bytes;
    PVOID memory = NULL, other;

    (void)state;
    misuse_begin(0, 0);
    for (size_t row = 0; row < RTL_NUMBER_OF(asked); row++) {
        memory = NULL;
        bytes = asked[row].bytes;
        EXPECT_STATUS(ZwAllocateVirtualMemory(NtCurrentProcess(), &memory, 0, &bytes,
                                              asked[row].type, asked[row].protect),
                      asked[row].status);
    }
    other = memory;
    EXPECT_STATUS(
        ZwAllocateVirtualMemory(NtCurrentProcess(), &other, 0, &bytes, MEM_COMMIT, PAGE_READWRITE),
        STATUS_CONFLICTING_ADDRESSES);
    EXPECT_STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &memory, &bytes, MEM_RELEASE),
                  STATUS_FREE_VM_NOT_AT_BASE);
    bytes = 0;
    EXPECT_STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &memory, &bytes, 0x4000),
                  STATUS_INVALID_PARAMETER_4);
    EXPECT_STATUS(ZwFreeVirtualMemory((HANDLE)(ULONG_PTR)0x1234, &memory, &bytes, MEM_RELEASE),
                  STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(ZwFreeVirtualMemory(NtCurrentProcess(), &memory, &bytes, MEM_RELEASE));
    EXPECT_STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &memory, &bytes, MEM_RELEASE),
                  STATUS_MEMORY_NOT_ALLOCATED);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.misuse_image.routines_use_what_they_are_shown", "DV-12 DV-27 IMG-45 IMG-49 IMG-70",
     routines_use_what_they_are_shown, NULL, NULL},
    {"sim.misuse_image.user_memory_from_windows_8_on", "DV-12 IMG-49",
     user_memory_is_free_to_use_from_windows_8_on, NULL, NULL},
    {"sim.misuse_image.user_memory_by_services", "", user_memory_by_services, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
