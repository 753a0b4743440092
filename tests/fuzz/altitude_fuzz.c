/* SPDX-License-Identifier: MIT
 *
 * altitude_fuzz.c - RtlCompareAltitudes on any three strings: an order, and the one of an oracle
 * that looks at one decimal place after the other (CM-ORD-02, -05, CM-REG-16).
 */
#include <ntcallback/ddk/ntifs.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A string of its own memory, so that a sanitizer sees every byte read beyond it. */
static UNICODE_STRING take(const uint8_t **data, size_t *size, size_t bytes)
{
    UNICODE_STRING text = {(USHORT)bytes, (USHORT)bytes, malloc(bytes == 0 ? 1 : bytes)};

    memcpy(text.Buffer, *data, bytes);
    *data += bytes;
    *size -= bytes;
    return text;
}

static int sign(LONG value)
{
    return value < 0 ? -1 : value > 0;
}

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Where the decimal point is, or would be; -1: this is no decimal number. */
static long point_of(const UNICODE_STRING *text)
{
    long count = text->Length / 2;
    long point = -1;

    for (long index = 0; index < count; ++index) {
        bool is_digit = text->Buffer[index] >= u'0' && text->Buffer[index] <= u'9';

        if (!is_digit && (text->Buffer[index] != u'.' || point >= 0 || index == 0)) {
            return -1;
        }
        point = is_digit ? point : index;
    }
    return text->Length % 2 != 0 || count == 0 ? -1 : point >= 0 ? point : count;
}

/* The digit that counts 10 to the power of `place`; outside of the text it is 0. */
static int digit_at(const UNICODE_STRING *text, long point, long place)
{
    long index = place >= 0 ? point - 1 - place : point - place;

    return index >= 0 && index < text->Length / 2 ? text->Buffer[index] - u'0' : 0;
}

static int oracle(const UNICODE_STRING *left, const UNICODE_STRING *right)
{
    long left_point = point_of(left);
    long right_point = point_of(right);
    long most = left->Length > right->Length ? left->Length : right->Length;
    int difference = 0;

    if (left_point < 0 && right_point < 0) { /* by code unit, then by length */
        for (long index = 0; difference == 0 && index < most / 2; ++index) {
            int a = index < left->Length / 2 ? left->Buffer[index] : -1;
            int b = index < right->Length / 2 ? right->Buffer[index] : -1;

            difference = a - b;
        }
        return sign(difference);
    }
    if (left_point < 0 || right_point < 0) {
        return left_point < 0 ? -1 : 1;
    }
    for (long place = most; difference == 0 && place >= -most; --place) {
        difference = digit_at(left, left_point, place) - digit_at(right, right_point, place);
    }
    return sign(difference);
}

/* The same altitude with a zero in front. */
static void check_leading_zero(const UNICODE_STRING *text)
{
    USHORT bytes = (USHORT)(text->Length + sizeof(WCHAR));
    UNICODE_STRING longer = {bytes, bytes, malloc(bytes)};
    size_t index;

    longer.Buffer[0] = u'0';
    memcpy(longer.Buffer + 1, text->Buffer, text->Length);
    for (index = 0; index < text->Length / sizeof(WCHAR); ++index) {
        if (text->Buffer[index] < u'0' || text->Buffer[index] > u'9') {
            break;
        }
    }
    if (index != 0 && index == text->Length / sizeof(WCHAR) && text->Length % 2 == 0) {
        check(RtlCompareAltitudes(text, &longer) == 0);
    }
    free(longer.Buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    UNICODE_STRING text[3];
    size_t third;
    int order[3];
    size_t index;

    if (size < 1 || size > 3000) {
        return 0;
    }
    third = --size * (*data++ % 86) / 255; /* up to a third of the input */
    text[0] = take(&data, &size, third);
    text[1] = take(&data, &size, size / 2);
    text[2] = take(&data, &size, size);
    for (index = 0; index < 3; ++index) {
        const UNICODE_STRING *left = &text[index];
        const UNICODE_STRING *right = &text[(index + 1) % 3];

        order[index] = sign(RtlCompareAltitudes(left, right));
        check(order[index] == oracle(left, right));
        check(sign(RtlCompareAltitudes(right, left)) == -order[index]);
        check(RtlCompareAltitudes(left, left) == 0);
        check_leading_zero(left);
    }
    /* a <= b <= c <= a can only be equality all the way round. */
    check(!(order[0] <= 0 && order[1] <= 0 && order[2] <= 0) ||
          (order[0] == 0 && order[1] == 0 && order[2] == 0));
    check(!(order[0] >= 0 && order[1] >= 0 && order[2] >= 0) ||
          (order[0] == 0 && order[1] == 0 && order[2] == 0));
    for (index = 0; index < 3; ++index) {
        free(text[index].Buffer);
    }
    return 0;
}
