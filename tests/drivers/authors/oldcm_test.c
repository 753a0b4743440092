/* SPDX-License-Identifier: MIT
 *
 * oldcm_test.c - what oldcm.c saw and refused.
 */
#include "authors_kit.h"

static void frozen_values_stay(void)
{
    HANDLE frozen, other;

    EXPECT_SUCCESS(author_key(&frozen, u"\\Registry\\Machine\\Software\\Frozen", KEY_ALL_ACCESS));
    EXPECT_SUCCESS(author_key(&other, u"\\Registry\\Machine\\Software\\Other", KEY_ALL_ACCESS));
    EXPECT_STATUS(author_set(frozen, STRING(u"Value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(author_set(other, STRING(u"Value"), 1));
    EXPECT_SUCCESS(NtDeleteValueKey(other, STRING(u"Value")));
    EXPECT_STATUS(NtDeleteKey(frozen), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(frozen));
    EXPECT_SUCCESS(NtClose(other));
}

static void ring_is_told_at_unload(void)
{
    frozen_values_stay();
    author_unload();
    EXPECT_PRINTED("oldcm: 26 0x00000000 \\Registry\\Machine\\Software\\Frozen\n"
                   "oldcm: 26 0x00000000 \\Registry\\Machine\\Software\\Other\n"
                   "oldcm: 1 0xC0000022 \\REGISTRY\\MACHINE\\SOFTWARE\\Frozen\n"
                   "oldcm: 1 0x00000000 \\REGISTRY\\MACHINE\\SOFTWARE\\Other\n"
                   "oldcm: 2 0x00000000 \\REGISTRY\\MACHINE\\SOFTWARE\\Other\n"
                   "oldcm: 0 0xC0000022 \\REGISTRY\\MACHINE\\SOFTWARE\\Frozen\n"
                   "oldcm: 0 lost\n");
}

static void ring_forgets_the_oldest(void)
{
    HANDLE other;

    EXPECT_SUCCESS(author_key(&other, u"\\Registry\\Machine\\Software\\Other", KEY_ALL_ACCESS));
    for (uint32_t i = 0; i < 20; i++) {
        EXPECT_SUCCESS(author_set(other, STRING(u"Value"), i));
    }
    EXPECT_SUCCESS(NtClose(other));
    author_unload();
    EXPECT_PRINTED("oldcm: 5 lost\n");
    EXPECT_NOT_PRINTED("oldcm: 26");
}

AUTHOR_CASE(oldcm, frozen_values_stay)
AUTHOR_CASE(oldcm, ring_is_told_at_unload)
AUTHOR_CASE(oldcm, ring_forgets_the_oldest)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(oldcm, frozen_values_stay),
    AUTHOR_ROWS(oldcm, ring_is_told_at_unload),
    AUTHOR_ROWS(oldcm, ring_forgets_the_oldest),
};

NTCB_TEST_MAIN("library", tests)
