/* SPDX-License-Identifier: MIT
 *
 * misc_test.c - times, versions, GUIDs, numbers, processors, and memory that may not be there.
 */
#include "host.h"
#include "simkit.h"

#include <ntcallback/exception.h>

#define TAG 0x6373694Du

/* ---- times ---- */

static void dates_are_told(void **state)
{
    static const struct {
        LONGLONG time;
        TIME_FIELDS fields;
    } rows[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {116444736000000000, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {125963423990000000, {2000, 2, 29, 23, 59, 59, 0, 2}},
        {125963424000000000, {2000, 3, 1, 0, 0, 0, 0, 3}},
        {132538464001230000, {2020, 12, 31, 0, 0, 0, 123, 4}},
        {94354848000000000, {1900, 1, 1, 0, 0, 0, 0, 1}},
        {94405824000000000, {1900, 3, 1, 0, 0, 0, 0, 4}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        LARGE_INTEGER time = {.QuadPart = rows[i].time};
        TIME_FIELDS fields = rows[i].fields;

        RtlTimeToTimeFields(&time, &fields);
        EXPECT_MEM(&fields, &rows[i].fields, sizeof(fields));
        fields.Weekday = 99;
        EXPECT_TRUE(RtlTimeFieldsToTime(&fields, &time));
        EXPECT_EQ(time.QuadPart, rows[i].time);
    }
}

static void every_day_comes_back(void **state)
{
    TIME_FIELDS fields;

    (void)state;
    for (LONGLONG day = 0; day < 400000; day += 7) {
        LARGE_INTEGER time = {.QuadPart = day * 864000000000 + 863999999999}, back;

        RtlTimeToTimeFields(&time, &fields);
        EXPECT_EQ(fields.Weekday, 1); /* Mondays all */
        EXPECT_EQ(fields.Milliseconds, 999);
        EXPECT_TRUE(RtlTimeFieldsToTime(&fields, &back));
        EXPECT_EQ(time.QuadPart - back.QuadPart, 9999); /* what is below a millisecond */
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const TIME_FIELDS wrong[] = {
        {1600, 1, 1, 0, 0, 0, 0, 0},  {2001, 2, 29, 0, 0, 0, 0, 0},   {1900, 2, 29, 0, 0, 0, 0, 0},
        {2000, 0, 1, 0, 0, 0, 0, 0},  {2000, 13, 1, 0, 0, 0, 0, 0},   {2000, 4, 31, 0, 0, 0, 0, 0},
        {2000, 1, 0, 0, 0, 0, 0, 0},  {2000, 1, 1, 24, 0, 0, 0, 0},   {2000, 1, 1, 0, 60, 0, 0, 0},
        {2000, 1, 1, 0, 0, 60, 0, 0}, {2000, 1, 1, 0, 0, 0, 1000, 0}, {2000, 1, 1, -1, 0, 0, 0, 0},
    };
    LARGE_INTEGER time;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TIME_FIELDS fields = wrong[i];

        EXPECT_FALSE(RtlTimeFieldsToTime(&fields, &time));
    }
}

static void seconds_and_local_time(void **state)
{
    LARGE_INTEGER time = {.QuadPart = 116444736000000000}, local, back;
    ULONG seconds = 77;

    (void)state;
    EXPECT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
    EXPECT_EQ(seconds, 0);
    RtlSecondsSince1970ToTime(MAXULONG, &time);
    EXPECT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
    EXPECT_EQ(seconds, MAXULONG);
    time.QuadPart += 10000000;
    EXPECT_FALSE(RtlTimeToSecondsSince1970(&time, &seconds));
    time.QuadPart = 0;
    EXPECT_FALSE(RtlTimeToSecondsSince1970(&time, &seconds));
    time.QuadPart = 132539328000000000;
    ExSystemTimeToLocalTime(&time, &local);
    EXPECT_EQ(local.QuadPart, time.QuadPart);
    ntsim_set_time_bias(sim, -60); /* east of Greenwich */
    ExSystemTimeToLocalTime(&time, &local);
    EXPECT_EQ(local.QuadPart - time.QuadPart, 36000000000);
    ExLocalTimeToSystemTime(&local, &back);
    EXPECT_EQ(back.QuadPart, time.QuadPart);
}

/* ---- versions ---- */

static NTSTATUS verify(ULONG major, ULONG minor, USHORT pack, ULONG types, UCHAR condition)
{
    RTL_OSVERSIONINFOEXW info = {.dwMajorVersion = major,
                                 .dwMinorVersion = minor,
                                 .dwBuildNumber = 7601,
                                 .wServicePackMajor = pack,
                                 .wProductType = VER_NT_WORKSTATION,
                                 .wSuiteMask = VER_SUITE_SINGLEUSERTS};
    ULONGLONG mask = 0;

    for (ULONG type = 1; type != 0 && type <= VER_PRODUCT_TYPE; type <<= 1) {
        if ((types & type) != 0) {
            VER_SET_CONDITION(mask, type,
                              type == VER_SUITENAME && condition < VER_AND ? VER_AND : condition);
        }
    }
    return RtlVerifyVersionInfo(&info, types, mask);
}

static void versions_are_compared(void **state)
{
    const ULONG number = VER_MAJORVERSION | VER_MINORVERSION;

    (void)state;
    EXPECT_EQ(VerSetConditionMask(0, VER_MINORVERSION, VER_EQUAL), 1);
    EXPECT_EQ(VerSetConditionMask(1, VER_MAJORVERSION, VER_GREATER_EQUAL), 1 | 3 << 3);
    EXPECT_EQ(VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL), 1 << 21);
    EXPECT_EQ(VerSetConditionMask(5, 0, VER_EQUAL), 5);
    EXPECT_EQ(start_windows(NTCB_WINDOWS_7), 0); /* 6.1.7601, service pack 1 */
    EXPECT_SUCCESS(verify(6, 1, 0, number, VER_EQUAL));
    EXPECT_SUCCESS(verify(6, 0, 0, number, VER_GREATER_EQUAL));
    EXPECT_SUCCESS(verify(5, 9, 0, number, VER_GREATER_EQUAL)); /* the major version decides */
    EXPECT_SUCCESS(verify(6, 0, 0, number, VER_GREATER));
    EXPECT_STATUS(verify(6, 1, 0, number, VER_GREATER), STATUS_REVISION_MISMATCH);
    EXPECT_STATUS(verify(6, 2, 0, number, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    EXPECT_SUCCESS(verify(6, 2, 0, number, VER_LESS));
    EXPECT_SUCCESS(verify(10, 0, 0, number, VER_LESS_EQUAL));
    EXPECT_STATUS(verify(10, 0, 0, VER_MINORVERSION, VER_LESS_EQUAL), STATUS_REVISION_MISMATCH);
    EXPECT_SUCCESS(verify(6, 1, 1, number | VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL));
    EXPECT_STATUS(verify(6, 1, 2, number | VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL),
                  STATUS_REVISION_MISMATCH);
    EXPECT_SUCCESS(verify(0, 0, 0, VER_BUILDNUMBER | VER_PRODUCT_TYPE, VER_EQUAL));
    EXPECT_STATUS(verify(0, 0, 0, VER_BUILDNUMBER, VER_LESS), STATUS_REVISION_MISMATCH);
    EXPECT_SUCCESS(verify(0, 0, 0, VER_SUITENAME, VER_AND));
    EXPECT_SUCCESS(verify(0, 0, 0, VER_SUITENAME, VER_OR));
    EXPECT_STATUS(verify(0, 0, 0, 0, VER_EQUAL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

/* ---- GUIDs and numbers ---- */

static void guids_are_text_and_back(void **state)
{
    static const GUID guid = {0x01234567, 0x89AB, 0xCDEF, {0, 1, 2, 3, 0xFC, 0xFD, 0xFE, 0xFF}};
    PUNICODE_STRING wrong[] = {
        STRING(u"{01234567-89AB-CDEF-0001-0203FCFDFEFF"),
        STRING(u"01234567-89AB-CDEF-0001-0203FCFDFEFF}}"),
        STRING(u"{01234567-89AB-CDEF-0001-0203FCFDFEFG}"),
        STRING(u"{01234567+89AB-CDEF-0001-0203FCFDFEFF}"),
        STRING(u""),
    };
    UNICODE_STRING text;
    GUID back;

    (void)state;
    EXPECT_SUCCESS(RtlStringFromGUID(&guid, &text));
    EXPECT_TRUE(
        RtlEqualUnicodeString(&text, STRING(u"{01234567-89AB-CDEF-0001-0203FCFDFEFF}"), FALSE));
    EXPECT_SUCCESS(RtlGUIDFromString(&text, &back));
    EXPECT_MEM(&back, &guid, sizeof(guid));
    RtlFreeUnicodeString(&text);
    EXPECT_SUCCESS(RtlGUIDFromString(STRING(u"{01234567-89ab-cdef-0001-0203fcfdfeff}"), &back));
    EXPECT_MEM(&back, &guid, sizeof(guid));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        EXPECT_STATUS(RtlGUIDFromString(wrong[i], &back), STATUS_INVALID_PARAMETER);
    }
    ntsim_fail_allocation(sim, 1);
    EXPECT_STATUS(RtlStringFromGUID(&guid, &text), STATUS_NO_MEMORY);
}

static void numbers_are_read(void **state)
{
    static const struct {
        const char *text;
        ULONG base, value;
    } rows[] = {
        {"42", 0, 42},   {" \t-1", 0, MAXULONG}, {"+7x", 10, 7},
        {"0x1F", 0, 31}, {"0b101", 0, 5},        {"0o17", 0, 15},
        {"ff", 16, 255}, {"0x1F", 16, 0},        {"4294967296", 10, 0},
        {"", 0, 0},      {"12", 2, 1},           {"789", 8, 7},
    };
    ULONG value;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_SUCCESS(RtlCharToInteger(rows[i].text, rows[i].base, &value));
        EXPECT_EQ(value, rows[i].value);
    }
    EXPECT_STATUS(RtlCharToInteger("1", 7, &value), STATUS_INVALID_PARAMETER);
}

static void numbers_come_at_random(void **state)
{
    ULONG seed = 1, again = 1, seen = 0;

    (void)state;
    for (int i = 0; i < 64; i++) {
        ULONG number = RtlRandomEx(&seed);

        EXPECT_TRUE(number < MAXLONG);
        EXPECT_EQ(RtlRandom(&again), number);
        seen |= 1u << number % 8;
    }
    EXPECT_EQ(seen, 0xFF);
}

static void strings_are_validated(void **state)
{
    WCHAR text[4];
    UNICODE_STRING good = {4, 8, text}, odd = {3, 8, text}, odder = {2, 7, text},
                   longer = {8, 4, text}, empty = {0, 0, NULL}, none = {0, 8, NULL};

    (void)state;
    EXPECT_SUCCESS(RtlValidateUnicodeString(0, &good));
    EXPECT_SUCCESS(RtlValidateUnicodeString(0, &empty));
    EXPECT_SUCCESS(RtlValidateUnicodeString(0, NULL));
    EXPECT_STATUS(RtlValidateUnicodeString(1, &good), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlValidateUnicodeString(0, &odd), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlValidateUnicodeString(0, &odder), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlValidateUnicodeString(0, &longer), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlValidateUnicodeString(0, &none), STATUS_INVALID_PARAMETER);
}

/* ---- processors ---- */

static void there_are_four_processors(void **state)
{
    KAFFINITY mask = 0;

    (void)state;
    EXPECT_EQ(KeNumberProcessors, 4);
    EXPECT_EQ(KeQueryActiveProcessorCount(&mask), 4);
    EXPECT_EQ(mask, 15);
    EXPECT_EQ(KeQueryActiveProcessors(), mask);
    EXPECT_EQ(KeQueryActiveProcessorCount(NULL), 4);
    EXPECT_EQ(KeQueryActiveProcessorCountEx(0), 4);
    EXPECT_EQ(KeQueryActiveProcessorCountEx(1), 0);
    EXPECT_EQ(KeQueryMaximumProcessorCount(), 4);
    EXPECT_EQ(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), 4);
}

static void saved_registers_are_restored_once(void **state)
{
    XSTATE_SAVE save;
    KIRQL old;

    (void)state;
    EXPECT_SUCCESS(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &save));
    KeRestoreExtendedProcessorState(&save);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    KeRestoreExtendedProcessorState(&save);
    take_report("KE-XSTATE");
    EXPECT_SUCCESS(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &save));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeRestoreExtendedProcessorState(&save);
    KeLowerIrql(old);
    take_report("KE-XSTATE");
}

/* ---- memory ---- */

static void quota_raises_without_memory(void **state)
{
    struct ntcb_seh_frame frame;
    PVOID block = ExAllocatePoolWithQuotaTag(PagedPool, 8, TAG);
    volatile NTSTATUS code = STATUS_SUCCESS;

    (void)state;
    EXPECT_TRUE(block != NULL);
    ExFreePoolWithTag(block, TAG);
    ntsim_fail_allocation(sim, 1);
    EXPECT_TRUE(ExAllocatePoolWithQuotaTag(
                    (POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), 8, TAG) == NULL);
    ntsim_fail_allocation(sim, 1);
    frame.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&frame)) == 0) {
        ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 8, TAG);
        ntcb_seh_done(&frame);
    } else {
        code = ntcb_exception_record()->ExceptionCode;
    }
    EXPECT_STATUS(code, STATUS_INSUFFICIENT_RESOURCES);
}

static void memory_is_copied_as_far_as_it_is(void **state)
{
    PUCHAR forbidden = ntcb_test_forbidden_page();
    MM_COPY_ADDRESS source = {.VirtualAddress = forbidden - 200};
    UCHAR copy[200] = {0};
    SIZE_T done = 77;

    (void)state;
    EXPECT_TRUE(forbidden != NULL);
    memset(source.VirtualAddress, 0x5A, sizeof(copy));
    EXPECT_SUCCESS(MmCopyMemory(copy, source, sizeof(copy), MM_COPY_MEMORY_VIRTUAL, &done));
    EXPECT_EQ(done, sizeof(copy));
    EXPECT_EQ(copy[199], 0x5A);
    source.VirtualAddress = forbidden - 100;
    memset(copy, 0, sizeof(copy));
    EXPECT_STATUS(MmCopyMemory(copy, source, sizeof(copy), MM_COPY_MEMORY_VIRTUAL, &done),
                  STATUS_INVALID_ADDRESS);
    EXPECT_EQ(done, 100);
    EXPECT_EQ(copy[99], 0x5A);
    EXPECT_EQ(copy[100], 0);
    EXPECT_STATUS(MmCopyMemory(copy, source, 1, MM_COPY_MEMORY_PHYSICAL, &done),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(MmCopyMemory(copy, source, 1, 3, &done), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(done, 0);
}

static const struct ntcb_test tests[] = {
    {"rtl.time.dates_are_told", "", dates_are_told, start, stop},
    {"rtl.time.every_day_comes_back", "", every_day_comes_back, start, stop},
    {"rtl.time.what_is_no_date_is_refused", "", what_is_no_date_is_refused, start, stop},
    {"rtl.time.seconds_and_local_time", "", seconds_and_local_time, start, stop},
    {"rtl.version.compared", "", versions_are_compared, NULL, NULL},
    {"rtl.guid.text_and_back", "", guids_are_text_and_back, start, stop},
    {"rtl.number.read", "", numbers_are_read, start, stop},
    {"rtl.number.at_random", "", numbers_come_at_random, start, stop},
    {"rtl.string.validated", "", strings_are_validated, start, stop},
    {"ke.processor.there_are_four", "", there_are_four_processors, start, stop},
    {"ke.processor.saved_registers_are_restored_once", "", saved_registers_are_restored_once, start,
     stop},
    {"mm.pool.quota_raises_without_memory", "", quota_raises_without_memory, start, stop},
    {"mm.copy.as_far_as_it_is", "", memory_is_copied_as_far_as_it_is, start, stop},
};

NTCB_TEST_MAIN("library", tests)
