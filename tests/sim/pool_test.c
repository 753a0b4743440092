/* SPDX-License-Identifier: MIT
 *
 * pool_test.c - pool blocks, their misuse, and routines looked up by name.
 *
 * Writes outside a block are made through a volatile pointer of unknown origin, and only where
 * AddressSanitizer does not stop them first.
 */
#include "simkit.h"

#include "ke/poison.h"

#define TAG 0x74736554u /* "Test" */

static void blocks_are_aligned_and_usable(void **state)
{
    (void)state;
    for (SIZE_T bytes = 0; bytes < 300; bytes += 7) {
        UCHAR *block = ExAllocatePoolWithTag(NonPagedPoolNx, bytes, TAG);

        EXPECT_TRUE(block != NULL && (ULONG_PTR)block % MEMORY_ALLOCATION_ALIGNMENT == 0);
        memset(block, 0x5A, bytes);
        ExFreePoolWithTag(block, TAG);
    }
}

static void contents_are_garbage_or_zero_as_asked(void **state)
{
    static const UCHAR zeros[64];
    UCHAR *block = ExAllocatePoolWithTag(PagedPool, 64, TAG);

    (void)state;
    EXPECT_TRUE(memcmp(block, zeros, 64) != 0);
    ExFreePool(block);
    block = ExAllocatePool2(POOL_FLAG_PAGED, 64, TAG);
    EXPECT_MEM(block, zeros, 64);
    ExFreePool(block);
    block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 64, TAG);
    EXPECT_TRUE(memcmp(block, zeros, 64) != 0);
    ExFreePool(block);
    block = ExAllocatePoolZero(PagedPool, 64, TAG);
    EXPECT_MEM(block, zeros, 64);
    ExFreePool(block);
}

static void pool2_needs_one_kind_of_pool(void **state)
{
    (void)state;
    EXPECT_TRUE(ExAllocatePool2(0, 8, TAG) == NULL);
    EXPECT_TRUE(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 8, TAG) == NULL);
    EXPECT_TRUE(ExAllocatePool2(POOL_FLAG_PAGED | 0x1000, 8, TAG) == NULL);
}

static void tag_zero_is_reported(void **state)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, 8, 0);

    (void)state;
    EXPECT_EQ(take_report("MM-POOL")->parameter[0], 0x9B);
    ExFreePool(block);
}

static void double_free_is_reported(void **state)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, 8, TAG);

    (void)state;
    ExFreePool(block);
    ExFreePool(block);
    EXPECT_EQ(take_report("MM-POOL")->parameter[0], 0x7);
}

static void free_of_a_foreign_pointer_is_reported(void **state)
{
    int local = 0;

    (void)state;
    ExFreePoolWithTag(&local, TAG);
    EXPECT_EQ(take_report("MM-POOL")->bugcheck, BAD_POOL_CALLER);
    ExFreePoolWithTag((PVOID)(ULONG_PTR)8, TAG);
    EXPECT_EQ(take_report("MM-POOL")->parameter[0], 0x46);
}

static void free_with_another_tag_is_reported(void **state)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, 8, TAG);

    (void)state;
    ExFreePoolWithTag(block, TAG + 1);
    EXPECT_EQ(take_report("MM-POOL")->parameter[0], 0xA);
}

static void block_left_is_reported_with_its_routine(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    config.quiet = true;
    sim = ntsim_start(&config);
    EXPECT_TRUE(ExAllocatePoolWithTag(PagedPool, 100, TAG) != NULL);
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

static void paged_pool_above_apc_is_reported(void **state)
{
    PVOID block;
    KIRQL old;

    (void)state;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    block = ExAllocatePoolWithTag(NonPagedPool, 8, TAG);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ExFreePool(block);
    block = ExAllocatePoolWithTag(PagedPool, 8, TAG);
    KeLowerIrql(old);
    take_report("DV-26");
    ExFreePool(block);
}

static void routine_is_found_from_its_windows_on(void **state)
{
    const struct {
        enum ntcb_windows windows;
        PUNICODE_STRING name;
        BOOLEAN there;
    } rows[] = {
        {NTCB_WINDOWS_10_1703, STRING(u"PsSetLoadImageNotifyRoutineEx"), FALSE},
        {NTCB_WINDOWS_10_1709, STRING(u"PsSetLoadImageNotifyRoutineEx"), TRUE},
        {NTCB_WINDOWS_2003, STRING(u"CmRegisterCallbackEx"), FALSE},
        {NTCB_WINDOWS_VISTA, STRING(u"CmRegisterCallbackEx"), TRUE},
        {NTCB_WINDOWS_XP, STRING(u"CmRegisterCallback"), TRUE},
        {NTCB_WINDOWS_7, STRING(u"CmCallbackGetKeyObjectIDEx"), FALSE},
        {NTCB_WINDOWS_8, STRING(u"CmCallbackGetKeyObjectIDEx"), TRUE},
        {NTCB_WINDOWS_XP, STRING(u"ZwRenameKey"), FALSE},
        {NTCB_WINDOWS_11, STRING(u"ExAllocatePool2"), TRUE},
        {NTCB_WINDOWS_11, STRING(u"_wcsicmp"), TRUE},
        {NTCB_WINDOWS_11, STRING(u"NtCreateKey"), FALSE},
        {NTCB_WINDOWS_11, STRING(u"NoSuchRoutine"), FALSE},
        {NTCB_WINDOWS_11, STRING(u"PsProcessType"), TRUE},
        {NTCB_WINDOWS_XP, STRING(u"TmTransactionObjectType"), FALSE},
        {NTCB_WINDOWS_11, STRING(u"MmHighestUserAddress"), TRUE},
        {NTCB_WINDOWS_11, STRING(u"IoGetCurrentIrpStackLocation"), FALSE},
        {NTCB_WINDOWS_11, STRING(u"__readcr0"), FALSE},
        {NTCB_WINDOWS_11, STRING(u""), FALSE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_EQ(start_windows(rows[i].windows), 0);
        EXPECT_EQ(MmGetSystemRoutineAddress(rows[i].name) != NULL, rows[i].there);
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

static void every_routine_of_the_table_is_found(void **state)
{
    static const char *const names[] = {
#define MMP_ROUTINE(name, function, since, tier, irql) name,
#define MMP_VARIABLE MMP_ROUTINE
#define MMP_OBJECT_TYPE MMP_ROUTINE
#include "mm/routines.def"
    };
    WCHAR wide[64];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        UNICODE_STRING name = {0, sizeof(wide), wide};

        for (size_t j = 0; names[i][j] != '\0'; j++) {
            wide[j] = (WCHAR)names[i][j];
            name.Length = (USHORT)(name.Length + sizeof(WCHAR));
        }
        if (MmGetSystemRoutineAddress(&name) == NULL) {
            fail_msg("%s is in the table, but is not found: is the table sorted?", names[i]);
        }
    }
}

static void address_is_valid_when_it_can_be_read(void **state)
{
    int local = 0;

    (void)state;
    EXPECT_TRUE(MmIsAddressValid(&local));
    EXPECT_FALSE(MmIsAddressValid(NULL));
    EXPECT_FALSE(MmIsAddressValid((PVOID)(ULONG_PTR)0x10));
}

static void probe_reports_what_would_raise(void **state)
{
    ULONG local = 0;

    (void)state;
    ProbeForRead(&local, sizeof(local), sizeof(local));
    ProbeForWrite(&local, sizeof(local), 1);
    ProbeForRead(NULL, 0, 1);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ProbeForRead(MmSystemRangeStart, 4, 4);
    EXPECT_TRUE(strstr(take_report("MM-PROBE")->what, "ACCESS_VIOLATION") != NULL);
    ProbeForWrite((PCHAR)&local + 1, 4, 4);
    EXPECT_TRUE(strstr(take_report("MM-PROBE")->what, "MISALIGNMENT") != NULL);
}

#if !NTSIM_ASAN

static UCHAR *hide(PVOID block)
{
    UCHAR *volatile hidden = block;

    return hidden;
}

static void overrun_is_reported(void **state)
{
    UCHAR *block = ExAllocatePoolWithTag(PagedPool, 21, TAG);
    const struct ntcb_report *report;

    (void)state;
    hide(block)[21] = 1;
    ExFreePool(block);
    report = take_report("MM-POOL");
    EXPECT_EQ(report->bugcheck, BAD_POOL_HEADER);
    EXPECT_TRUE(strstr(report->what, "of 21 bytes, tag 'Test'") != NULL);
    EXPECT_TRUE(strstr(report->what, "beyond its last byte") != NULL);
}

static void underrun_is_reported(void **state)
{
    UCHAR *block = ExAllocatePoolWithTag(PagedPool, 8, TAG);

    (void)state;
    hide(block)[-1] = 1;
    ExFreePool(block);
    EXPECT_TRUE(strstr(take_report("MM-POOL")->what, "in front of its first byte") != NULL);
}

static void write_after_free_is_reported(void **state)
{
    UCHAR *block = ExAllocatePoolWithTag(PagedPool, 8, TAG);

    (void)state;
    ExFreePool(block);
    hide(block)[3] = 0;
    for (int i = 0; i < 64 && ntsim_report_count(sim) == 0; i++) {
        ExFreePool(ExAllocatePoolWithTag(PagedPool, 8, TAG));
    }
    EXPECT_EQ(take_report("MM-POOL")->bugcheck, DRIVER_CORRUPTED_EXPOOL);
}

#endif

static const struct ntcb_test tests[] = {
    {"mm.pool.blocks_are_aligned_and_usable", "", blocks_are_aligned_and_usable, start, stop},
    {"mm.pool.contents_are_garbage_or_zero_as_asked", "", contents_are_garbage_or_zero_as_asked,
     start, stop},
    {"mm.pool.pool2_needs_one_kind_of_pool", "", pool2_needs_one_kind_of_pool, start, stop},
    {"mm.pool.tag_zero_is_reported", "", tag_zero_is_reported, start, stop},
    {"mm.pool.double_free_is_reported", "", double_free_is_reported, start, stop},
    {"mm.pool.foreign_pointer_is_reported", "", free_of_a_foreign_pointer_is_reported, start, stop},
    {"mm.pool.another_tag_is_reported", "", free_with_another_tag_is_reported, start, stop},
    {"mm.pool.block_left_is_reported", "DV-22", block_left_is_reported_with_its_routine, NULL,
     NULL},
    {"mm.pool.paged_above_apc_is_reported", "DV-26", paged_pool_above_apc_is_reported, start, stop},
    {"mm.routine.found_from_its_windows_on", "IMG-01 CM-REG-19",
     routine_is_found_from_its_windows_on, NULL, NULL},
    {"mm.routine.every_one_of_the_table_is_found", "", every_routine_of_the_table_is_found, start,
     stop},
    {"mm.address.valid_when_it_can_be_read", "", address_is_valid_when_it_can_be_read, start, stop},
#if !NTSIM_ASAN
    {"mm.pool.overrun_is_reported", "", overrun_is_reported, start, stop},
    {"mm.pool.underrun_is_reported", "", underrun_is_reported, start, stop},
    {"mm.pool.write_after_free_is_reported", "", write_after_free_is_reported, start, stop},
#endif
    {"mm.probe.reports_what_would_raise", "", probe_reports_what_would_raise, start, stop},
};

NTCB_TEST_MAIN("library", tests)
