/* SPDX-License-Identifier: MIT
 *
 * expect.c - comparisons that print what was expected and what was seen.
 */
#include "host.h"
#include "test.h"

#include <inttypes.h>
#include <stdio.h>

static void fail_at(const char *file, int line)
{
    if (!ntcb_test_is_child())
        _fail(file, line);
}

void ntcb_expect_true(int holds, const char *condition, const char *file, int line)
{
    if (holds)
        return;
    print_error("expected: %s\n", condition);
    fail_at(file, line);
}

static void report(const char *actual_text, const char *expected, const char *seen)
{
    print_error("%s\n  expected: %s\n  seen:     %s\n", actual_text, expected, seen);
}

void ntcb_expect_equal(long long actual, long long expected, const char *actual_text,
                       const char *expected_text, const char *file, int line)
{
    char wanted[256], seen[64];

    if (actual == expected)
        return;
    snprintf(wanted, sizeof(wanted), "%lld (0x%llx)  %s", expected, (unsigned long long)expected,
             expected_text);
    snprintf(seen, sizeof(seen), "%lld (0x%llx)", actual, (unsigned long long)actual);
    report(actual_text, wanted, seen);
    fail_at(file, line);
}

void ntcb_expect_differ(long long actual, long long unexpected, const char *actual_text,
                        const char *unexpected_text, const char *file, int line)
{
    char wanted[256], seen[64];

    if (actual != unexpected)
        return;
    snprintf(wanted, sizeof(wanted), "anything but %s", unexpected_text);
    snprintf(seen, sizeof(seen), "%lld (0x%llx)", actual, (unsigned long long)actual);
    report(actual_text, wanted, seen);
    fail_at(file, line);
}

void ntcb_expect_pointer(const void *actual, const void *expected, const char *actual_text,
                         const char *expected_text, const char *file, int line)
{
    char wanted[256], seen[64];

    if (actual == expected)
        return;
    snprintf(wanted, sizeof(wanted), "%p  %s", expected, expected_text);
    snprintf(seen, sizeof(seen), "%p", actual);
    report(actual_text, wanted, seen);
    fail_at(file, line);
}

void ntcb_expect_string(const char *actual, const char *expected, const char *actual_text,
                        const char *file, int line)
{
    if (actual != NULL && expected != NULL ? strcmp(actual, expected) == 0 : actual == expected)
        return;
    report(actual_text, expected != NULL ? expected : "(null)", actual != NULL ? actual : "(null)");
    fail_at(file, line);
}

void ntcb_expect_memory(const void *actual, const void *expected, size_t size,
                        const char *actual_text, const char *file, int line)
{
    const unsigned char *a = actual;
    const unsigned char *e = expected;

    for (size_t i = 0; i < size; i++) {
        if (a[i] == e[i])
            continue;
        print_error("%s\n  byte %zu of %zu: expected 0x%02x, seen 0x%02x\n", actual_text, i, size,
                    e[i], a[i]);
        fail_at(file, line);
    }
}

void ntcb_expect_status(int32_t actual, int32_t expected, const char *actual_text,
                        const char *expected_text, const char *file, int line)
{
    char wanted[256], seen[64];

    if (actual == expected)
        return;
    snprintf(wanted, sizeof(wanted), "0x%08" PRIX32 "  %s", (uint32_t)expected, expected_text);
    snprintf(seen, sizeof(seen), "0x%08" PRIX32, (uint32_t)actual);
    report(actual_text, wanted, seen);
    fail_at(file, line);
}
