/* SPDX-License-Identifier: MIT
 *
 * counts_test.c - how often the driver blocks, bypasses and overrides, and that each of its
 * contexts is cleaned up once. bench->counts has what the kernel made of the driver's answers.
 */
#include "bench_test.h"

#include <stdio.h>
#include <string.h>

/* Since the last call: blocked, bypassed and overrode as decided, cleanups heard. */
static void expect_counts(struct bench *bench, int blocked, int bypassed, int overrode,
                          int cleanups)
{
    struct counts seen = bench->counts;

    memset(&bench->counts, 0, sizeof(bench->counts));
    assert_int_equal(seen.blocked, blocked);
    assert_int_equal(seen.bypassed, bypassed);
    assert_int_equal(seen.overrode, overrode);
    assert_int_equal(seen.cleanups, cleanups);
}

static void an_open_to_write_is_bypassed_once(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key;

    expect_counts(bench, 0, 0, 0, 0);
    key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);
    expect_counts(bench, 0, 1, 0, 0);
    assert_int_equal(set_value(key, "Mode", 2), STATUS_SUCCESS);
    expect_counts(bench, 0, 0, 0, 0); /* the handle is the shadow's: nothing is left to do */
    NtClose(key);
    expect_counts(bench, 0, 0, 0, 1); /* the shadow's context */
    leave(self);
}

static void a_value_behind_the_shadow_is_overridden_once(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_int_equal(set_value(key, "Mode", 2), STATUS_SUCCESS);
    expect_counts(bench, 0, 1, 0, 0);
    assert_int_equal(value_of(key, "Mode"), 2); /* the shadow's own */
    expect_counts(bench, 0, 0, 0, 0);
    assert_int_equal(value_of(key, "Real"), 5);
    expect_counts(bench, 0, 0, 1, 0);
    assert_int_equal(full_information(key).Values, 2);
    expect_counts(bench, 0, 0, 1, 0);
    NtClose(key);
    expect_counts(bench, 0, 0, 0, 1);
    leave(self);
}

static void a_rename_of_a_shadow_is_blocked_once(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    expect_counts(bench, 0, 1, 0, 0);
    assert_int_equal(rename_key(key, "Elsewhere"), STATUS_ACCESS_DENIED);
    expect_counts(bench, 1, 0, 0, 0);
    NtClose(key);
    expect_counts(bench, 0, 0, 0, 1);
    leave(self);
}

static void the_hidden_key_is_blocked_and_its_parent_s_list_bypassed(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key(NULL, CONTOSO, KEY_READ);

    expect_counts(bench, 0, 0, 0, 0);
    assert_int_equal(open_status(NULL, HIDDEN, KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create_status(NULL, HIDDEN), STATUS_ACCESS_DENIED);
    expect_counts(bench, 2, 0, 0, 0);
    /* Alpha is where it was, Zulu comes from one further, and behind it there is no more. */
    assert_string_equal(subkeys_of(key), "Alpha Zulu");
    expect_counts(bench, 1, 1, 0, 0);
    assert_int_equal(full_information(key).SubKeys, 2);
    expect_counts(bench, 0, 0, 0, 0); /* the number is mended in place */
    NtClose(key);
    expect_counts(bench, 0, 0, 0, 1);
}

static void every_context_is_cleaned_up_once(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self;
    HANDLE keys[6];
    long made = -1, freed = -2;
    const char *said;
    int looked_at, at_close;

    for (int i = 0; i < 6; i++) {
        self = become(i % 2 == 0 ? bench->chosen : bench->other);
        keys[i] = open_key(NULL, CONTOSO, i % 3 == 0 ? KEY_ALL_ACCESS : KEY_READ);
        leave(self);
    }
    looked_at = bench->counts.cleanups; /* parents that the driver opened and closed itself */
    for (int i = 0; i < 3; i++) {
        self = become(i % 2 == 0 ? bench->chosen : bench->other);
        NtClose(keys[i]);
        leave(self);
    }
    at_close = bench->counts.cleanups;
    assert_int_equal(at_close, looked_at + 3);
    unload(bench); /* cleans up what is left */
    assert_int_equal(bench->counts.cleanups, at_close + 3);
    said = strstr(bench->said, "unloaded; ");
    assert_non_null(said);
    assert_int_equal(sscanf(said, "unloaded; %ld tags made, %ld freed", &made, &freed), 2);
    assert_int_equal(made, freed);
    assert_in_range(bench->counts.cleanups, 6, (LargestIntegralType)made);
    memset(&bench->counts, 0, sizeof(bench->counts));
    for (int i = 3; i < 6; i++) {
        self = become(i % 2 == 0 ? bench->chosen : bench->other);
        NtClose(keys[i]);
        leave(self);
    }
    expect_counts(bench, 0, 0, 0, 0); /* nobody is there to hear of it */
}

#define CASE(function, set_up) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(an_open_to_write_is_bypassed_once, set_up_redirector),
        CASE(a_value_behind_the_shadow_is_overridden_once, set_up_redirector),
        CASE(a_rename_of_a_shadow_is_blocked_once, set_up_redirector),
        CASE(the_hidden_key_is_blocked_and_its_parent_s_list_bypassed, set_up_hider),
        CASE(every_context_is_cleaned_up_once, set_up_both),
    };

    return cmocka_run_group_tests_name("regvirtual's answers, counted", cases, NULL, NULL);
}
