/* SPDX-License-Identifier: MIT
 *
 * altitude_test.c - altitudes against a second opinion, and text that is no number.
 *
 * Role   The oracle compares two altitudes as digit strings of one fixed scale. Ten thousand random
 *        pairs, drawn so that they are often close, must get the same answer from both.
 */
#include "test.h"

#include <ntcallback/ddk/ntifs.h>

#include <stdbool.h>
#include <stdio.h>

#define WHOLE 24
#define FRACTION 24
#define SCALED (WHOLE + FRACTION)

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % limit;
}

/* A number of up to 20 digits on each side, with zeros in the places where they do not count. */
static void random_altitude(char text[2 * SCALED])
{
    char *at = text;
    unsigned digits;

    for (digits = random_below(3); digits > 0; --digits) {
        *at++ = '0';
    }
    for (digits = 1 + random_below(4); digits > 0; --digits) {
        *at++ = (char)('0' + random_below(3));
    }
    if (random_below(2) == 0) {
        *at++ = '.';
        for (digits = random_below(4); digits > 0; --digits) {
            *at++ = (char)('0' + random_below(3));
        }
        for (digits = random_below(3); digits > 0; --digits) {
            *at++ = '0';
        }
    }
    *at = 0;
}

/* Digits at fixed places: the whole part right-aligned, the fraction left-aligned. */
static void scale(const char *text, char digits[SCALED + 1])
{
    size_t whole = strcspn(text, ".");
    size_t fraction = text[whole] == '.' ? strlen(text + whole + 1) : 0;

    memset(digits, '0', SCALED);
    digits[SCALED] = 0;
    memcpy(digits + WHOLE - whole, text, whole);
    memcpy(digits + WHOLE, text + whole + (fraction != 0), fraction);
}

static UNICODE_STRING widen(const char *text, WCHAR buffer[2 * SCALED])
{
    size_t length = strlen(text);
    size_t index;

    for (index = 0; index < length; ++index) {
        buffer[index] = (WCHAR)(unsigned char)text[index];
    }
    return (UNICODE_STRING){(USHORT)(length * 2), (USHORT)(length * 2), buffer};
}

static int sign(long value)
{
    return value < 0 ? -1 : value > 0;
}

static int compare(const char *left, const char *right)
{
    WCHAR buffers[2][2 * SCALED];
    UNICODE_STRING first = widen(left, buffers[0]);
    UNICODE_STRING second = widen(right, buffers[1]);

    return sign(RtlCompareAltitudes(&first, &second));
}

static void random_pairs_match_the_oracle(void **state)
{
    unsigned round;
    unsigned equal = 0;

    (void)state;
    random_state = 425000;
    for (round = 0; round < 10000; ++round) {
        char left[2 * SCALED];
        char right[2 * SCALED];
        char scaled[2][SCALED + 1];
        int expected;

        random_altitude(left);
        random_altitude(right);
        scale(left, scaled[0]);
        scale(right, scaled[1]);
        expected = sign(memcmp(scaled[0], scaled[1], SCALED));
        equal += expected == 0;
        if (compare(left, right) != expected) {
            print_error("round %u: \"%s\" against \"%s\"\n", round, left, right);
        }
        EXPECT_EQ(compare(left, right), expected);
        EXPECT_EQ(compare(right, left), -expected);
    }
    EXPECT_TRUE(equal > 50); /* the draw does reach the interesting case */
}

static void zeros_that_do_not_count(void **state)
{
    static const char *const same[] = {"360000",    "0360000",    "360000.0",
                                       "360000.00", "00360000.0", "360000."};
    size_t left;
    size_t right;

    (void)state;
    for (left = 0; left < RTL_NUMBER_OF(same); ++left) {
        for (right = 0; right < RTL_NUMBER_OF(same); ++right) {
            EXPECT_EQ(compare(same[left], same[right]), 0);
        }
    }
    EXPECT_EQ(compare("1.50", "1.5"), 0);
    EXPECT_EQ(compare("1.05", "1.5"), -1);
    EXPECT_EQ(compare("0.0", "0"), 0);
    EXPECT_EQ(compare("0", "0.01"), -1);
}

static void other_text_is_below_every_number(void **state)
{
    static const char *const other[] = {"", " 1", "-1", "1,5", "1.2.3", "1e5", ".5", "abc", "abd"};
    size_t left;
    size_t right;

    (void)state;
    for (left = 0; left < RTL_NUMBER_OF(other); ++left) {
        EXPECT_EQ(compare(other[left], "0"), -1);
        EXPECT_EQ(compare("0", other[left]), 1);
        for (right = 0; right < RTL_NUMBER_OF(other); ++right) {
            EXPECT_EQ(compare(other[left], other[right]), sign(strcmp(other[left], other[right])));
        }
    }
}

static void null_buffer_is_empty_text(void **state)
{
    UNICODE_STRING empty = {0, 0, NULL};
    WCHAR buffer[2 * SCALED];
    UNICODE_STRING zero = widen("0", buffer);

    (void)state;
    EXPECT_EQ(RtlCompareAltitudes(&empty, &empty), 0);
    EXPECT_TRUE(RtlCompareAltitudes(&empty, &zero) < 0);
    EXPECT_TRUE(RtlCompareAltitudes(&zero, &empty) > 0);
}

/* Longer than any integer type: 16000 digits that differ in the last. */
static void length_has_no_limit(void **state)
{
    static WCHAR left[16000];
    static WCHAR right[16000];
    UNICODE_STRING first = {sizeof(left), sizeof(left), left};
    UNICODE_STRING second = {sizeof(right), sizeof(right), right};
    size_t index;

    (void)state;
    for (index = 0; index < 16000; ++index) {
        left[index] = right[index] = u'7';
    }
    EXPECT_EQ(RtlCompareAltitudes(&first, &second), 0);
    right[15999] = u'8';
    EXPECT_TRUE(RtlCompareAltitudes(&first, &second) < 0);
    left[1] = right[1] = u'.';
    EXPECT_TRUE(RtlCompareAltitudes(&first, &second) < 0);
    right[15999] = u'0';
    EXPECT_TRUE(RtlCompareAltitudes(&first, &second) > 0);
}

static const struct ntcb_test tests[] = {
    {"rtl.altitude.random_pairs_match_the_oracle", "CM-ORD-02 CM-ORD-06",
     random_pairs_match_the_oracle, NULL, NULL},
    {"rtl.altitude.zeros_that_do_not_count", "CM-ORD-04 CM-ORD-05", zeros_that_do_not_count, NULL,
     NULL},
    {"rtl.altitude.other_text_is_below_every_number", "CM-REG-16", other_text_is_below_every_number,
     NULL, NULL},
    {"rtl.altitude.null_buffer_is_empty_text", "CM-REG-15", null_buffer_is_empty_text, NULL, NULL},
    {"rtl.altitude.length_has_no_limit", "CM-ORD-03", length_has_no_limit, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
