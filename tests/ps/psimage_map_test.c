/* SPDX-License-Identifier: MIT
 *
 * psimage_map_test.c - mapping where the documentation is silent: repeated, foreign and data
 * mappings, and how long what a routine was shown stays valid.
 */
#include "../sim/simkit.h"

#define DLL "\\Device\\HarddiskVolume3\\x.dll"

static struct {
    unsigned images;
    PEPROCESS process;
    BOOLEAN terminated;
    USHORT maximum;
} seen;

static VOID NTAPI note_image(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)ProcessId;
    (void)ImageInfo;
    ++seen.images;
    seen.process = PsGetCurrentProcess();
    seen.maximum = FullImageName == NULL ? 0 : FullImageName->MaximumLength;
    seen.terminated = FullImageName != NULL && FullImageName->MaximumLength > FullImageName->Length;
}

static int listen(void **state)
{
    memset(&seen, 0, sizeof(seen));
    start(state);
    return PsSetLoadImageNotifyRoutine(note_image);
}

static int stop_listening(void **state)
{
    PsRemoveLoadImageNotifyRoutine(note_image);
    return stop(state);
}

static int load(struct ntsim_process *process, uint32_t flags)
{
    const struct ntsim_image_options options = {.path = DLL, .process = process, .flags = flags};

    return ntsim_image_load(sim, &options, NULL);
}

static void each_mapping_is_notified_none_is_replayed(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");

    (void)state;
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(note_image));
    EXPECT_EQ(load(process, 0), NTCB_OK);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(note_image));
    EXPECT_EQ(seen.images, 0);
    EXPECT_EQ(load(process, 0), NTCB_OK);
    EXPECT_EQ(load(process, 0), NTCB_OK);
    EXPECT_EQ(seen.images, 2);
}

static void data_mapping_is_not_notified(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");

    (void)state;
    EXPECT_EQ(load(process, NTSIM_IMAGE_DATA), NTCB_OK);
    EXPECT_EQ(seen.images, 0);
}

static void foreign_mapping_runs_in_the_target(void **state)
{
    struct ntsim_process *target = make_process("C:\\a.exe");
    struct ntsim_process *other = make_process("C:\\b.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(other));

    (void)state;
    EXPECT_EQ(load(target, 0), NTCB_OK);
    ntsim_thread_leave(previous);
    EXPECT_PTR(seen.process, target);
}

static void name_has_no_terminator(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");

    (void)state;
    EXPECT_EQ(load(process, 0), NTCB_OK);
    EXPECT_EQ(seen.maximum, (sizeof(DLL) - 1) * sizeof(WCHAR));
    EXPECT_FALSE(seen.terminated);
}

static const struct ntcb_test tests[] = {
    {"ps.map.each_is_notified_none_is_replayed", "IMG-57",
     each_mapping_is_notified_none_is_replayed, listen, stop_listening},
    {"ps.map.data_is_not_notified", "IMG-52", data_mapping_is_not_notified, listen, stop_listening},
    {"ps.map.foreign_one_runs_in_the_target", "IMG-42", foreign_mapping_runs_in_the_target, listen,
     stop_listening},
    {"ps.map.name_has_no_terminator", "IMG-45", name_has_no_terminator, listen, stop_listening},
};

NTCB_TEST_MAIN("library", tests)
