/* SPDX-License-Identifier: MIT
 *
 * image_info_test.c - every bit of IMAGE_INFO and IMAGE_INFO_EX, under every simulated Windows.
 */
#include "../ps/image_kit.h"

#define ADDRESSING_MODE 3u
#define SYSTEM_MODE 0x100u
#define EXTENDED 0x400u
#define MISMATCH 0x800u
#define PARTIAL 0x80000u

static IMAGE_INFO seen;
static SIZE_T seen_size;
static PVOID seen_file;
static HANDLE seen_process;

static VOID NTAPI note_info(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    seen = *ImageInfo;
    seen_size = 0;
    seen_file = NULL;
    seen_process = ProcessId;
    if (ImageInfo->ExtendedInfoPresent) {
        PIMAGE_INFO_EX extended = CONTAINING_RECORD(ImageInfo, IMAGE_INFO_EX, ImageInfo);

        seen_size = extended->Size;
        seen_file = extended->FileObject;
    }
}

/* The bits that this Windows can show at all. */
static uint32_t known_bits(enum ntcb_windows windows)
{
    uint32_t mask = 0xFF | SYSTEM_MODE | 0x200u;

    if (windows >= NTCB_WINDOWS_VISTA) {
        mask |= EXTENDED;
    }
    if (windows >= NTCB_WINDOWS_8) {
        mask |= MISMATCH;
    }
    if (windows >= NTCB_WINDOWS_81) {
        mask |= 0xF000u | 0x70000u;
    }
    if (windows >= NTCB_WINDOWS_10_1507) {
        mask |= PARTIAL;
    }
    return mask;
}

static void begin_profile(struct kit *kit, enum ntcb_windows windows, uint32_t switches)
{
    kit_restart(kit, &(struct ntcb_config){.windows = windows, .switches = switches});
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(note_info));
}

static void end_profile(void)
{
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(note_info));
}

static void expect_properties(const struct ntcb_image *image, uint32_t expected)
{
    struct ntcb_image copy = *image;

    memset(&seen, 0xCC, sizeof(seen));
    image_load(&copy);
    EXPECT_EQ(seen.Properties, expected);
    EXPECT_EQ(seen.ImageSelector, 0);
    EXPECT_EQ(seen.ImageSectionNumber, 0);
}

static void bits_appear_with_their_windows(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int windows;

    for (windows = NTCB_WINDOWS_XP; windows <= NTCB_WINDOWS_11; ++windows) {
        uint32_t mask = known_bits((enum ntcb_windows)windows);

        begin_profile(kit, (enum ntcb_windows)windows, 0);
        expect_properties(&(struct ntcb_image){.SystemModeImage = FALSE},
                          (ADDRESSING_MODE | EXTENDED) & mask);
        expect_properties(&(struct ntcb_image){.SystemModeImage = TRUE},
                          (ADDRESSING_MODE | EXTENDED | SYSTEM_MODE) & mask);
        expect_properties(&(struct ntcb_image){.SignatureLevel = 0xC, .SignatureType = 3},
                          (ADDRESSING_MODE | EXTENDED | 0xC000u | 0x30000u) & mask);
        expect_properties(&(struct ntcb_image){.PartialMap = TRUE},
                          (ADDRESSING_MODE | EXTENDED | PARTIAL) & mask);
        end_profile();
    }
}

static void signature_fields_hold_every_value(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    unsigned value;

    begin_profile(kit, NTCB_WINDOWS_11, 0);
    for (value = 0; value < 16; ++value) {
        expect_properties(&(struct ntcb_image){.SignatureLevel = value & 0xFu},
                          ADDRESSING_MODE | EXTENDED | value << 12);
    }
    for (value = 0; value < 8; ++value) {
        expect_properties(&(struct ntcb_image){.SignatureType = value & 0x7u},
                          ADDRESSING_MODE | EXTENDED | value << 16);
    }
    /* What the caller may not say is not said. */
    expect_properties(&(struct ntcb_image){.Properties = 0xFFF00600u}, ADDRESSING_MODE | EXTENDED);
    end_profile();
}

static void mismatch_bit_is_zero_unless_chosen(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.Conflicting = TRUE};

    kit_restart(kit, NULL);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(note_info, 1));
    expect_properties(&image, ADDRESSING_MODE | EXTENDED);
    end_profile();
    kit_restart(kit, &(struct ntcb_config){.switches = NTCB_SWITCH_MISMATCH_BIT});
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(note_info, 1));
    expect_properties(&image, ADDRESSING_MODE | EXTENDED | MISMATCH);
    expect_properties(&(struct ntcb_image){.Conflicting = FALSE}, ADDRESSING_MODE | EXTENDED);
    end_profile();
}

static void base_and_size_are_the_mappings(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.ProcessId = (HANDLE)(ULONG_PTR)8,
                               .ImageBase = (PVOID)(ULONG_PTR)0x7FF712340000ull,
                               .ImageSize = (SIZE_T)0x123456789ull};

    begin_profile(kit, NTCB_WINDOWS_DEFAULT, 0);
    image_load(&image);
    EXPECT_PTR(seen.ImageBase, image.ImageBase);
    EXPECT_EQ(seen.ImageSize, image.ImageSize);
    EXPECT_PTR(seen_process, (HANDLE)(ULONG_PTR)8);
    image.ProcessId = NULL;
    image_load(&image);
    EXPECT_PTR(seen_process, NULL);
    end_profile();
}

static void extended_structure_tells_its_size_and_file(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.FileObject = kit};

    begin_profile(kit, NTCB_WINDOWS_VISTA, 0);
    image_load(&image);
    EXPECT_EQ(seen_size, sizeof(void *) == 8 ? 56 : 28);
    EXPECT_EQ(seen_size, sizeof(IMAGE_INFO_EX));
    EXPECT_PTR(seen_file, kit);
    image.FileObject = NULL;
    image_load(&image);
    EXPECT_PTR(seen_file, NULL);
    end_profile();
}

static void bare_structure_has_no_memory_around_it(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    uint64_t before;

    begin_profile(kit, NTCB_WINDOWS_2003, 0);
    before = atomic_load(&kit->allocations);
    expect_properties(&(struct ntcb_image){.SystemModeImage = TRUE}, ADDRESSING_MODE | SYSTEM_MODE);
    EXPECT_EQ(atomic_load(&kit->allocations), before + 1); /* of its own size, for sanitizers */
    atomic_store(&kit->fail_at, before + 2);
    expect_properties(&(struct ntcb_image){.SystemModeImage = TRUE}, ADDRESSING_MODE | SYSTEM_MODE);
    end_profile();
}

static const struct ntcb_test tests[] = {
    KIT_CASE("image.info.bits_appear_with_their_windows",
             "IMG-60 IMG-61 IMG-62 IMG-63 IMG-64 IMG-65 IMG-66 IMG-67 IMG-68",
             bits_appear_with_their_windows),
    KIT_CASE("image.info.signature_fields_hold_every_value", "IMG-65 IMG-66",
             signature_fields_hold_every_value),
    KIT_CASE("image.info.mismatch_bit_is_zero_unless_chosen", "IMG-64",
             mismatch_bit_is_zero_unless_chosen),
    KIT_CASE("image.info.base_and_size_are_the_mappings", "IMG-47 IMG-69",
             base_and_size_are_the_mappings),
    KIT_CASE("image.info.extended_structure_tells_its_size_and_file", "IMG-70 IMG-71",
             extended_structure_tells_its_size_and_file),
    KIT_CASE("image.info.bare_structure_has_no_memory_around_it", "IMG-63 DV-27",
             bare_structure_has_no_memory_around_it),
};

NTCB_TEST_MAIN("conformance", tests)
