/* SPDX-License-Identifier: MIT
 *
 * memory_test.c - each allocation of each operation fails in turn. The operation then fails, too,
 * or does what it always does: never is a write let through, a value denied that is there, or the
 * hidden key shown. tear_down looks for leaks.
 */
#include "bench_test.h"

#include <string.h>

/* What is done while an allocation fails, and what is looked at when memory is plenty again. */
typedef NTSTATUS operation_fn(HANDLE key);
typedef void check_fn(struct bench *bench, NTSTATUS status);

static KEY_CACHED_INFORMATION counted;
static union {
    KEY_BASIC_INFORMATION information;
    UCHAR room[64];
} listed;

static void let_each_allocation_fail(struct bench *bench, operation_fn *operation, check_fn *check,
                                     HANDLE key, NTSTATUS expected)
{
    uint64_t n = 0;
    NTSTATUS status;
    bool failed;

    do {
        ntsim_fail_allocation(bench->sim, ++n);
        status = operation(key);
        failed = ntsim_allocation_failed(bench->sim);
        ntsim_fail_allocation(bench->sim, 0);
        check(bench, status);
        if (status != expected)
            assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    } while (failed);
    assert_int_equal(status, expected);
    assert_true(n > 1);
}

/* As the chosen process, on a handle to its shadow of Contoso. */
static void on_the_shadow(struct bench *bench, operation_fn *operation, check_fn *check,
                          NTSTATUS expected)
{
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_int_equal(set_value(key, "Mode", 2), STATUS_SUCCESS);
    let_each_allocation_fail(bench, operation, check, key, expected);
    NtClose(key);
    leave(self);
}

/* As the other process, on a handle to the hidden key's parent. */
static void on_the_parent(struct bench *bench, operation_fn *operation, check_fn *check,
                          NTSTATUS expected)
{
    struct ntsim_thread *self = become(bench->other);
    HANDLE key = open_key(NULL, CONTOSO, KEY_READ);

    let_each_allocation_fail(bench, operation, check, key, expected);
    NtClose(key);
    leave(self);
}

static void nothing_to_see(struct bench *bench, NTSTATUS status)
{
    (void)bench;
    (void)status;
}

/* ---- the redirector ------------------------------------------------------------------------- */

static NTSTATUS create_new(HANDLE key)
{
    return create_status(key, "New");
}

static void new_is_not_real(struct bench *bench, NTSTATUS status)
{
    assert_false(ntsim_registry_exists(bench->sim, CONTOSO "\\New"));
    assert_int_equal(ntsim_registry_exists(bench->sim, SHADOW "\\New"), NT_SUCCESS(status));
    (void)ntsim_registry_remove(bench->sim, SHADOW "\\New"); /* begin anew */
}

static void a_create_fails_or_is_redirected(void **state)
{
    on_the_shadow(*state, create_new, new_is_not_real, STATUS_SUCCESS);
}

static NTSTATUS open_to_write(HANDLE key)
{
    (void)key;
    return open_status(NULL, CONTOSO "\\Zulu", KEY_WRITE);
}

static void the_shadow_is_made(struct bench *bench, NTSTATUS status)
{
    if (NT_SUCCESS(status))
        assert_true(ntsim_registry_exists(bench->sim, SHADOW "\\Zulu"));
    (void)ntsim_registry_remove(bench->sim, SOFTWARE "\\RegVirtual"); /* begin anew */
}

static void the_first_shadow_fails_or_is_made(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    let_each_allocation_fail(bench, open_to_write, the_shadow_is_made, NULL, STATUS_SUCCESS);
    leave(self);
}

static NTSTATUS query_real_value(HANDLE key)
{
    UNICODE_STRING name = {8, 8, (PWCH)(ULONG_PTR)u"Real"};
    UCHAR room[64];
    ULONG length;

    return NtQueryValueKey(key, &name, KeyValuePartialInformation, room, sizeof(room), &length);
}

static void a_value_of_the_real_key_is_not_denied(void **state)
{
    on_the_shadow(*state, query_real_value, nothing_to_see, STATUS_SUCCESS);
}

static NTSTATUS list_second(HANDLE key)
{
    ULONG length;

    return NtEnumerateKey(key, 1, KeyBasicInformation, &listed, sizeof(listed), &length);
}

static void it_is_zulu(struct bench *bench, NTSTATUS status)
{
    if (NT_SUCCESS(status))
        assert_int_equal(listed.information.Name[0], u'Z'); /* Alpha, Zulu; Middle is hidden */
    (void)bench;
}

static void a_listing_of_a_shadow_fails_or_is_right(void **state)
{
    on_the_shadow(*state, list_second, it_is_zulu, STATUS_SUCCESS);
}

static NTSTATUS count_subkeys(HANDLE key)
{
    ULONG length;

    return NtQueryKey(key, KeyCachedInformation, &counted, sizeof(counted), &length);
}

static void they_are_two(struct bench *bench, NTSTATUS status)
{
    if (NT_SUCCESS(status))
        assert_int_equal(counted.SubKeys, 2);
    (void)bench;
}

static void the_number_of_a_shadow_fails_or_is_right(void **state)
{
    on_the_shadow(*state, count_subkeys, they_are_two, STATUS_SUCCESS);
}

/* ---- the hider ------------------------------------------------------------------------------ */

static NTSTATUS open_hidden(HANDLE key)
{
    return open_status(key, "Middle", KEY_READ);
}

static void opening_fails_or_finds_nothing(void **state)
{
    on_the_parent(*state, open_hidden, nothing_to_see, STATUS_OBJECT_NAME_NOT_FOUND);
}

static void a_listing_fails_or_does_not_show_it(void **state)
{
    on_the_parent(*state, list_second, it_is_zulu, STATUS_SUCCESS);
}

/* A handle from before the driver has no tag: its name is asked for, and that takes memory. */
static void the_number_fails_or_leaves_it_out(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key(NULL, CONTOSO, KEY_READ);

    choose_hidden_key(bench);
    load(bench);
    let_each_allocation_fail(bench, count_subkeys, they_are_two, key, STATUS_SUCCESS);
    NtClose(key);
}

static HANDLE opened;

static NTSTATUS open_parent(HANDLE key)
{
    (void)key;
    return try_open(NULL, CONTOSO, KEY_READ, &opened);
}

static void it_does_not_list_it(struct bench *bench, NTSTATUS status)
{
    if (NT_SUCCESS(status)) {
        assert_string_equal(subkeys_of(opened), "Alpha Zulu");
        NtClose(opened);
    }
    (void)bench;
}

static void without_a_tag_it_is_hidden_as_well(void **state)
{
    let_each_allocation_fail(*state, open_parent, it_does_not_list_it, NULL, STATUS_SUCCESS);
}

/* ---- DriverEntry ---------------------------------------------------------------------------- */

static uint64_t allocation_that_fails;
static bool it_failed;

static NTSTATUS entry_in_want(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status;

    ntsim_fail_allocation(ntsim_current(), allocation_that_fails);
    status = regvirtual_DriverEntry(driver, path);
    it_failed = ntsim_allocation_failed(ntsim_current());
    ntsim_fail_allocation(ntsim_current(), 0);
    return status;
}

static void it_loads_whole_or_not_at_all(void **state)
{
    struct bench *bench = *state;
    struct ntsim_driver_options options = {"regvirtual", NULL, entry_in_want, NULL};

    choose_process(bench);
    choose_hidden_key(bench);
    allocation_that_fails = 0;
    do {
        struct ntsim_driver *driver = NULL;
        NTSTATUS status;

        allocation_that_fails++;
        if (ntsim_driver_load(bench->sim, &options, &driver, &status) == NTCB_OK)
            assert_int_equal(ntsim_driver_unload(driver), NTCB_OK);
        else
            assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(ntsim_report_count(bench->sim), 0);
    } while (it_failed);
    assert_true(allocation_that_fails > 4); /* the two settings and both registrations at least */
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up_both, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(a_create_fails_or_is_redirected),
        CASE(the_first_shadow_fails_or_is_made),
        CASE(a_value_of_the_real_key_is_not_denied),
        CASE(a_listing_of_a_shadow_fails_or_is_right),
        CASE(the_number_of_a_shadow_fails_or_is_right),
        CASE(opening_fails_or_finds_nothing),
        CASE(a_listing_fails_or_does_not_show_it),
        cmocka_unit_test_setup_teardown(the_number_fails_or_leaves_it_out, set_up_without_driver,
                                        tear_down),
        CASE(without_a_tag_it_is_hidden_as_well),
        cmocka_unit_test_setup_teardown(it_loads_whole_or_not_at_all, set_up_without_driver,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("regvirtual in want of memory", cases, NULL, NULL);
}
