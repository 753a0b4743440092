/* SPDX-License-Identifier: MIT
 *
 * image_test.c - mapping images and what the image routines are shown.
 */
#include "simkit.h"

#include <unistd.h>

static struct {
    int calls;
    int conflicting_calls;
    char name[128];
    bool named;
    HANDLE process_id;
    HANDLE current_process_id;
    PEPROCESS current_process;
    IMAGE_INFO info;
    UNICODE_STRING file_name;
    bool readable;
} seen;

static VOID NTAPI OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    PIMAGE_INFO_EX extended = CONTAINING_RECORD(ImageInfo, IMAGE_INFO_EX, ImageInfo);

    seen.calls++;
    seen.named = FullImageName != NULL;
    if (seen.named) {
        ntcb_snprintf(seen.name, sizeof(seen.name), "%wZ", FullImageName);
    }
    seen.process_id = ProcessId;
    seen.current_process_id = PsGetCurrentProcessId();
    seen.current_process = PsGetCurrentProcess();
    seen.info = *ImageInfo;
    if (ImageInfo->ExtendedInfoPresent && extended->FileObject != NULL) {
        seen.file_name = extended->FileObject->FileName;
    }
    if (MmIsAddressValid(ImageInfo->ImageBase)) {
        seen.readable = RtlImageNtHeader(ImageInfo->ImageBase) != NULL;
    }
}

static VOID NTAPI OnConflicting(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    seen.conflicting_calls++;
}

static int start_listening(void **state)
{
    memset(&seen, 0, sizeof(seen));
    start(state);
    return PsSetLoadImageNotifyRoutine(OnImage);
}

static int stop_listening(void **state)
{
    PsRemoveLoadImageNotifyRoutine(OnImage);
    return stop(state);
}

#define DLL "\\Device\\HarddiskVolume3\\Windows\\System32\\x.dll"

static void user_image_is_shown(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    const struct ntsim_image_options options = {
        .path = DLL, .process = process, .signature_level = 8, .signature_type = 3};
    struct ntsim_image *image;

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_STR(seen.name, DLL);
    EXPECT_EQ((ULONG_PTR)seen.process_id, ntsim_process_id(process));
    EXPECT_PTR(seen.current_process_id, seen.process_id); /* IMG-41 */
    EXPECT_PTR(seen.current_process, process);
    EXPECT_PTR(seen.info.ImageBase, ntsim_image_base(image));
    EXPECT_EQ(seen.info.ImageSize, 0x2000);
    EXPECT_EQ(seen.info.SystemModeImage, 0);
    EXPECT_EQ(seen.info.ImageSignatureLevel, 8);
    EXPECT_EQ(seen.info.ImageSignatureType, 3);
    EXPECT_TRUE(seen.readable);
    EXPECT_TRUE(
        RtlEqualUnicodeString(&seen.file_name, STRING(u"\\Windows\\System32\\x.dll"), FALSE));
    ntsim_image_unload(image);
    EXPECT_EQ(seen.calls, 1); /* IMG-54 */
}

/* From a user thread of another process: attached, but still that thread. */
static void foreign_image_is_shown_attached(void **state)
{
    struct ntsim_process *target = make_process("C:\\a.exe");
    struct ntsim_process *other = make_process("C:\\b.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(other));
    const struct ntsim_image_options options = {.path = DLL, .process = target};

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_PTR(seen.current_process, target);
    EXPECT_EQ((ULONG_PTR)seen.current_process_id, ntsim_process_id(other));
    EXPECT_PTR(PsGetCurrentProcess(), other);
    ntsim_thread_leave(previous);
}

static void driver_image_has_no_process(void **state)
{
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\x.sys"};

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_TRUE(seen.process_id == NULL);
    EXPECT_EQ(seen.info.SystemModeImage, 1);
}

static void flags_withhold_name_and_notice(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_image_options options = {
        .path = DLL, .process = process, .flags = NTSIM_IMAGE_NO_NAME | NTSIM_IMAGE_PARTIAL};

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_FALSE(seen.named);
    EXPECT_EQ(seen.info.ImagePartialMap, 1);
    options.flags = NTSIM_IMAGE_NO_EXECUTE;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    options.flags = NTSIM_IMAGE_DATA;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_EQ(seen.calls, 1);
}

static void conflicting_machine_needs_the_flag(void **state)
{
    const struct ntsim_process_options guest = {.image_path = "C:\\a.exe", .wow64 = true};
    struct ntsim_process *native = make_process("C:\\a.exe"), *wow64;
    struct ntsim_image_options options = {.path = DLL, .process = native};

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &guest, &wow64), NTCB_OK);
    EXPECT_SUCCESS(
        PsSetLoadImageNotifyRoutineEx(OnConflicting, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE));
    options.machine = IMAGE_FILE_MACHINE_ARM64;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    options.machine = IMAGE_FILE_MACHINE_I386;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_EQ(seen.calls, 0);
    EXPECT_EQ(seen.conflicting_calls, 2);
    options.process = wow64;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    options.machine = IMAGE_FILE_MACHINE_AMD64;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_EQ(seen.calls, 2);
    EXPECT_EQ(seen.conflicting_calls, 4);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(OnConflicting));
}

/* Where the host cannot have memory, and more of it than anybody has. */
#define RECORDED_BASE (sizeof(PVOID) == 8 ? (uint64_t)0x7FF800000000 : (uint64_t)0x7FF80000)
#define LARGE_SIZE (sizeof(PVOID) == 8 ? (uint64_t)1 << 36 : (uint64_t)1 << 30)

static void reported_base_is_told_as_recorded(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    const struct ntsim_image_options options = {
        .path = DLL, .process = process, .reported_base = RECORDED_BASE, .image_size = 0x123000};
    struct ntsim_image *image;

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    EXPECT_EQ((ULONG_PTR)seen.info.ImageBase, RECORDED_BASE);
    EXPECT_EQ(seen.info.ImageSize, 0x123000);
}

static void large_image_is_only_reserved(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    const struct ntsim_image_options options = {
        .path = DLL, .process = process, .image_size = LARGE_SIZE};

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_OK);
    EXPECT_EQ(seen.info.ImageSize, LARGE_SIZE);
    EXPECT_TRUE(seen.readable);
}

static void bad_options_are_refused(void **state)
{
    struct ntsim_image_options options = {.path = NULL};

    (void)state;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_EINVAL);
    options.path = DLL;
    options.signature_level = 16;
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_EINVAL);
    options.signature_level = 0;
    options.file = "/nonexistent/x.dll";
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_ENOENT);
    options.file = "/";
    EXPECT_EQ(ntsim_image_load(sim, &options, NULL), NTCB_EIO);
    EXPECT_EQ(seen.calls, 0);
}

static const struct ntcb_test tests[] = {
    {"mm.image.user_image_is_shown", "IMG-41 IMG-43 IMG-47 IMG-54 IMG-65 IMG-66 IMG-69",
     user_image_is_shown, start_listening, stop_listening},
    {"mm.image.foreign_image_is_shown_attached", "IMG-42", foreign_image_is_shown_attached,
     start_listening, stop_listening},
    {"mm.image.driver_image_has_no_process", "IMG-47 IMG-61", driver_image_has_no_process,
     start_listening, stop_listening},
    {"mm.image.flags_withhold_name_and_notice", "IMG-44 IMG-51 IMG-52 IMG-67",
     flags_withhold_name_and_notice, start_listening, stop_listening},
    {"mm.image.conflicting_machine_needs_the_flag", "IMG-53", conflicting_machine_needs_the_flag,
     start_listening, stop_listening},
    {"mm.image.reported_base_is_told_as_recorded", "", reported_base_is_told_as_recorded,
     start_listening, stop_listening},
    {"mm.image.large_one_is_only_reserved", "", large_image_is_only_reserved, start_listening,
     stop_listening},
    {"mm.image.bad_options_are_refused", "", bad_options_are_refused, start_listening,
     stop_listening},
};

NTCB_TEST_MAIN("library", tests)
