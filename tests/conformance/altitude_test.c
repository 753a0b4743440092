/* SPDX-License-Identifier: MIT
 *
 * altitude_test.c - RtlCompareAltitudes orders altitudes as the decimal numbers they are.
 */
#include "test.h"

#include <ntcallback/ddk/ntifs.h>

/* From the lowest to the highest; rows with the same rank are equal as numbers. */
static const struct {
    unsigned rank;
    const WCHAR *text;
} ladder[] = {
    {0, u"0"},
    {1, u"0.00000000000000000000000000000000000000001"},
    {2, u"0.1"},
    {3, u"0.10000000000000000000000000000000000000001"},
    {4, u"0.9"},
    {5, u"1"},
    {6, u"1.5"},
    {7, u"9"},
    {8, u"9.99999"},
    {9, u"10"},
    {10, u"99.9"},
    {11, u"100.123456"},
    {12, u"3333"},
    {13, u"40000"},
    {14, u"99999.9"},
    {15, u"100000"},
    {16, u"320400"},
    {17, u"360000"},
    {18, u"360000.05"},
    {19, u"360000.5"},
    {20, u"360000.50000000000000000000000000000000000001"},
    {21, u"360000.50000000000000000000000000000000000002"},
    {22, u"360001"},
    {23, u"380000"},
    {24, u"380010"},
    {25, u"380020"},
    {26, u"425000"},
    {27, u"429999.99"},
    {28, u"18446744073709551615"},
    {29, u"18446744073709551616"},
    {30, u"100000000000000000000000000000000000000000"},
};

static const struct {
    const WCHAR *left;
    const WCHAR *right;
} equal[] = {
    {u"360000", u"360000"},      {u"03333", u"3333"},  {u"000", u"0"},
    {u"0000000000000001", u"1"}, {u"007.25", u"7.25"},
};

static LONG compare(const WCHAR *left, const WCHAR *right)
{
    UNICODE_STRING first;
    UNICODE_STRING second;

    RtlInitUnicodeString(&first, left);
    RtlInitUnicodeString(&second, right);
    return RtlCompareAltitudes(&first, &second);
}

static int sign(LONG value)
{
    return value < 0 ? -1 : value > 0;
}

static void ladder_is_ordered(void **state)
{
    size_t left;
    size_t right;

    (void)state;
    for (left = 0; left < RTL_NUMBER_OF(ladder); ++left) {
        for (right = 0; right < RTL_NUMBER_OF(ladder); ++right) {
            int expected = ladder[left].rank < ladder[right].rank   ? -1
                           : ladder[left].rank > ladder[right].rank ? 1
                                                                    : 0;

            EXPECT_EQ(sign(compare(ladder[left].text, ladder[right].text)), expected);
        }
    }
}

static void order_is_antisymmetric_and_transitive(void **state)
{
    size_t count = RTL_NUMBER_OF(ladder);
    size_t a;
    size_t b;
    size_t c;

    (void)state;
    for (a = 0; a < count; ++a) {
        EXPECT_EQ(compare(ladder[a].text, ladder[a].text), 0);
        for (b = 0; b < count; ++b) {
            LONG first = compare(ladder[a].text, ladder[b].text);

            EXPECT_EQ(sign(first), -sign(compare(ladder[b].text, ladder[a].text)));
            for (c = 0; c < count; ++c) {
                if (first <= 0 && compare(ladder[b].text, ladder[c].text) <= 0) {
                    EXPECT_TRUE(compare(ladder[a].text, ladder[c].text) <= 0);
                }
            }
        }
    }
}

static void leading_zeros_do_not_count(void **state)
{
    size_t row;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(equal); ++row) {
        EXPECT_EQ(compare(equal[row].left, equal[row].right), 0);
        EXPECT_EQ(compare(equal[row].right, equal[row].left), 0);
    }
    EXPECT_TRUE(compare(u"03333", u"100.123456") > 0);
    EXPECT_TRUE(compare(u"100.123456", u"03333") < 0);
}

/* The string is counted: what follows Length is not part of it. */
static void length_governs(void **state)
{
    WCHAR left[] = {u'1', u'2', u'9', u'9'};
    WCHAR right[] = {u'1', u'2', u'0'};
    UNICODE_STRING first = {4, sizeof(left), left};
    UNICODE_STRING second = {4, sizeof(right), right};

    (void)state;
    EXPECT_EQ(RtlCompareAltitudes(&first, &second), 0);
    first.Length = 6;
    EXPECT_TRUE(RtlCompareAltitudes(&first, &second) > 0);
}

static const struct ntcb_test tests[] = {
    {"altitude.compare.ladder_is_ordered", "CM-ORD-02 CM-ORD-03", ladder_is_ordered, NULL, NULL},
    {"altitude.compare.is_antisymmetric_and_transitive", "CM-ORD-06",
     order_is_antisymmetric_and_transitive, NULL, NULL},
    {"altitude.compare.leading_zeros_do_not_count", "CM-ORD-04", leading_zeros_do_not_count, NULL,
     NULL},
    {"altitude.compare.length_governs", "CM-ORD-06", length_governs, NULL, NULL},
};

NTCB_TEST_MAIN("conformance", tests)
