/* SPDX-License-Identifier: MIT
 *
 * redirect_test.c - what the chosen process writes goes to its shadow, and what it reads is the
 * real registry with its changes in it.
 */
#include "bench_test.h"

#include <string.h>

/* The chosen process has changed Mode in Contoso, and so has a shadow of it. */
static HANDLE changed_contoso(void)
{
    HANDLE key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_int_equal(set_value(key, "Mode", 2), STATUS_SUCCESS);
    return key;
}

/* ---- where writes go ------------------------------------------------------------------------ */

static void what_the_chosen_process_writes_goes_to_its_shadow(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    NtClose(changed_contoso());
    leave(self);
    assert_int_equal(value_at(SHADOW, "Mode"), 2);
    assert_int_equal(value_at(CONTOSO, "Mode"), 1);
}

static void what_other_processes_write_goes_to_the_real_key(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);

    NtClose(changed_contoso());
    leave(self);
    assert_int_equal(value_at(CONTOSO, "Mode"), 2);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
}

static void what_the_kernel_writes_on_its_thread_goes_to_the_real_key(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    KPROCESSOR_MODE mode = ntsim_previous_mode(KernelMode);

    NtClose(changed_contoso());
    ntsim_previous_mode(mode);
    leave(self);
    assert_int_equal(value_at(CONTOSO, "Mode"), 2);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
}

static void keys_that_are_not_below_software_are_the_real_ones(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self;

    assert_int_equal(ntsim_registry_key(bench->sim, "\\REGISTRY\\MACHINE\\SYSTEM\\Free", false),
                     NTCB_OK);
    self = become(bench->chosen);
    NtClose(create_key(NULL, "\\REGISTRY\\MACHINE\\SYSTEM\\Free\\New"));
    leave(self);
    assert_true(ntsim_registry_exists(bench->sim, "\\REGISTRY\\MACHINE\\SYSTEM\\Free\\New"));
}

static void every_spelling_of_a_name_is_redirected(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE software = open_key(NULL, "\\registry\\machine\\software", KEY_READ);

    NtClose(create_key(NULL, "\\Registry\\Machine\\\\SOFTWARE\\CONTOSO\\\\One"));
    NtClose(create_key(software, "contoso\\Two\\"));
    NtClose(software);
    leave(self);
    assert_true(ntsim_registry_exists(bench->sim, SHADOW "\\One"));
    assert_true(ntsim_registry_exists(bench->sim, SHADOW "\\Two"));
    assert_false(ntsim_registry_exists(bench->sim, CONTOSO "\\One"));
    assert_false(ntsim_registry_exists(bench->sim, CONTOSO "\\Two"));
}

/* ---- creating ------------------------------------------------------------------------------- */

static void a_create_says_whether_the_process_had_the_key(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    ULONG disposition = 0;
    HANDLE key;

    assert_int_equal(try_create(NULL, CONTOSO, &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY); /* a real one */
    assert_int_equal(NtClose(key), STATUS_SUCCESS);
    assert_int_equal(try_create(NULL, CONTOSO "\\New", &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(NtClose(key), STATUS_SUCCESS);
    assert_int_equal(try_create(NULL, CONTOSO "\\New", &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY); /* a shadow */
    assert_int_equal(NtClose(key), STATUS_SUCCESS);
    leave(self);
}

static void a_create_needs_the_key_one_level_up(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    assert_int_equal(create_status(NULL, CONTOSO "\\New\\Below"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create_status(NULL, CONTOSO "\\New"), STATUS_SUCCESS);
    assert_int_equal(create_status(NULL, CONTOSO "\\New\\Below"), STATUS_SUCCESS);
    leave(self);
    assert_true(ntsim_registry_exists(bench->sim, SHADOW "\\New\\Below"));
    assert_false(ntsim_registry_exists(bench->sim, CONTOSO "\\New"));
}

static void opening_to_write_needs_the_key(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    assert_int_equal(open_status(NULL, CONTOSO "\\New", KEY_WRITE), STATUS_OBJECT_NAME_NOT_FOUND);
    leave(self);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
}

static void the_handle_has_the_rights_that_were_asked_for(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    static const ACCESS_MASK writing[] = {MAXIMUM_ALLOWED, GENERIC_WRITE, KEY_SET_VALUE};
    HANDLE key;

    NtClose(changed_contoso());
    key = open_key(NULL, CONTOSO, KEY_READ);
    assert_int_equal(set_value(key, "Mode", 3), STATUS_ACCESS_DENIED);
    NtClose(key);
    for (size_t i = 0; i < 3; i++) {
        key = open_key(NULL, CONTOSO, writing[i]);
        assert_int_equal(set_value(key, "Mode", 3), STATUS_SUCCESS);
        NtClose(key);
    }
    leave(self);
}

static void the_shadows_have_no_shadows(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE software, key;

    NtClose(changed_contoso());
    key = open_key(NULL, SHADOW, KEY_WRITE);
    assert_int_equal(set_value(key, "Mode", 3), STATUS_SUCCESS);
    NtClose(key);
    software = open_key(NULL, SOFTWARE, KEY_READ); /* a shadow, too, now */
    key = open_key(software, "RegVirtual\\4000\\Contoso", KEY_WRITE);
    assert_int_equal(set_value(key, "Other", 4), STATUS_SUCCESS);
    NtClose(key);
    NtClose(software);
    assert_int_equal(value_at(CONTOSO, "Mode"), 3);
    assert_int_equal(value_at(CONTOSO, "Other"), 4);
    leave(self);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW_OF_SOFTWARE "\\RegVirtual"));
}

static void a_shadow_does_not_outlive_a_restart(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    NtClose(changed_contoso());
    leave(self); /* a key that stays cannot be made below one that does not */
    assert_int_equal(create_status(NULL, SHADOW "\\Stays"), STATUS_CHILD_MUST_BE_VOLATILE);
}

static void a_key_that_may_not_be_read_gets_no_shadow(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self;

    assert_int_equal(ntsim_registry_deny(bench->sim, CONTOSO, KEY_QUERY_VALUE), NTCB_OK);
    self = become(bench->chosen);
    assert_int_equal(open_status(NULL, CONTOSO, KEY_SET_VALUE), STATUS_ACCESS_DENIED);
    assert_int_equal(create_status(NULL, CONTOSO), STATUS_ACCESS_DENIED);
    leave(self);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
}

/* ---- reading -------------------------------------------------------------------------------- */

static void to_read_it_gets_the_real_key_until_there_is_a_shadow(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);

    assert_int_equal(value_at(CONTOSO, "Mode"), 1);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
    NtClose(changed_contoso());
    assert_int_equal(value_at(CONTOSO, "Mode"), 2);
    leave(self);
}

static void a_value_that_the_shadow_lacks_is_the_real_keys(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();

    assert_int_equal(value_of(key, "Real"), 5);
    assert_int_equal(value_of(key, "Neither"), NO_VALUE);
    NtClose(key);
    leave(self);
}

static void a_listing_has_each_name_of_both_keys_once(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();

    assert_int_equal(set_value(key, "Own", 3), STATUS_SUCCESS);
    NtClose(create_key(key, "Brand"));
    NtClose(create_key(key, "Zulu"));
    assert_string_equal(values_of(key), "Mode Own Real");
    assert_string_equal(subkeys_of(key), "Brand Zulu Alpha Middle");
    NtClose(key);
    leave(self);
}

static void the_numbers_are_those_of_the_listing(void **state)
{
    static const char large[100];
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();

    assert_int_equal(
        ntsim_registry_value(bench->sim, CONTOSO, "Large", REG_BINARY, large, sizeof(large)),
        NTCB_OK);
    NtClose(create_key(key, "Zulu"));
    assert_int_equal(full_information(key).SubKeys, 3);
    assert_int_equal(full_information(key).Values, 3);
    assert_int_equal(cached_information(key).SubKeys, 3);
    assert_int_equal(cached_information(key).Values, 3);
    assert_int_equal(full_information(key).MaxNameLen, 6 * sizeof(WCHAR)); /* Middle */
    assert_int_equal(full_information(key).MaxValueDataLen, 100);          /* Large */
    assert_int_equal(full_information(key).MaxValueNameLen, 5 * sizeof(WCHAR));
    NtClose(key);
    leave(self);
}

static void a_name_relative_to_a_shadow_leads_to_both_keys(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();
    HANDLE zulu = open_key(key, "Zulu", KEY_READ);

    assert_int_equal(value_of(zulu, "Size"), 9);
    NtClose(zulu);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW "\\Zulu"));
    zulu = open_key(key, "Zulu", KEY_WRITE | KEY_READ);
    assert_int_equal(value_of(zulu, "Size"), 9);
    assert_int_equal(set_value(zulu, "Size", 10), STATUS_SUCCESS);
    assert_int_equal(value_of(zulu, "Size"), 10);
    NtClose(zulu);
    assert_int_equal(open_status(key, "Nowhere", KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(key);
    leave(self);
    assert_int_equal(value_at(CONTOSO "\\Zulu", "Size"), 9);
}

static void nothing_shows_through_that_may_not_be_read(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();

    leave(self);
    assert_int_equal(ntsim_registry_deny(bench->sim, CONTOSO, KEY_QUERY_VALUE), NTCB_OK);
    assert_int_equal(ntsim_registry_deny(bench->sim, CONTOSO "\\Zulu", KEY_QUERY_VALUE), NTCB_OK);
    self = become(bench->chosen);
    assert_int_equal(value_of(key, "Real"), NO_VALUE);
    assert_string_equal(values_of(key), "Mode");
    assert_string_equal(subkeys_of(key), "");
    assert_int_equal(full_information(key).SubKeys, 0);
    assert_int_equal(open_status(key, "Zulu", KEY_READ), STATUS_ACCESS_DENIED);
    NtClose(key);
    leave(self);
}

static void a_buffer_that_is_too_small_gets_what_fits(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();
    UCHAR room[64];
    ULONG length = 0;

    memset(room, 0xEE, sizeof(room)); /* index 1 is the real key's value Real */
    assert_int_equal(NtEnumerateValueKey(key, 1, KeyValueBasicInformation, room, 4, &length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, offsetof(KEY_VALUE_BASIC_INFORMATION, Name) + 4 * sizeof(WCHAR));
    assert_int_equal(room[0], 0xEE);
    assert_int_equal(NtEnumerateValueKey(key, 1, KeyValueBasicInformation, room, 14, &length),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(room[12], 'R');
    assert_int_equal(room[14], 0xEE);
    assert_int_equal(NtEnumerateValueKey(key, 1, KeyValueBasicInformation, room, 64, &length),
                     STATUS_SUCCESS);
    assert_int_equal(room[20], 0xEE);
    NtClose(key);
    leave(self);
}

/* ---- taking back ---------------------------------------------------------------------------- */

static void what_is_deleted_uncovers_the_real_one(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();

    assert_int_equal(delete_value(key, "Real"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(delete_value(key, "Mode"), STATUS_SUCCESS);
    assert_int_equal(value_of(key, "Mode"), 1);
    assert_int_equal(NtDeleteKey(key), STATUS_SUCCESS);
    NtClose(key);
    assert_int_equal(value_at(CONTOSO, "Real"), 5);
    leave(self);
    assert_false(ntsim_registry_exists(bench->sim, SHADOW));
}

static void a_shadow_is_neither_renamed_nor_a_link(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = changed_contoso();
    WCHAR text[] = u"Link";
    UNICODE_STRING name = {8, 8, text};
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;

    assert_int_equal(rename_key(key, "Else"), STATUS_ACCESS_DENIED);
    InitializeObjectAttributes(&attributes, &name, 0, key, NULL);
    assert_int_equal(
        NtCreateKey(&link, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_CREATE_LINK, NULL),
        STATUS_ACCESS_DENIED);
    NtClose(key);
    leave(self);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up_redirector, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_the_chosen_process_writes_goes_to_its_shadow),
        CASE(what_other_processes_write_goes_to_the_real_key),
        CASE(what_the_kernel_writes_on_its_thread_goes_to_the_real_key),
        CASE(keys_that_are_not_below_software_are_the_real_ones),
        CASE(every_spelling_of_a_name_is_redirected),
        CASE(a_create_says_whether_the_process_had_the_key),
        CASE(a_create_needs_the_key_one_level_up),
        CASE(opening_to_write_needs_the_key),
        CASE(the_handle_has_the_rights_that_were_asked_for),
        CASE(the_shadows_have_no_shadows),
        CASE(a_shadow_does_not_outlive_a_restart),
        CASE(a_key_that_may_not_be_read_gets_no_shadow),
        CASE(to_read_it_gets_the_real_key_until_there_is_a_shadow),
        CASE(a_value_that_the_shadow_lacks_is_the_real_keys),
        CASE(a_listing_has_each_name_of_both_keys_once),
        CASE(the_numbers_are_those_of_the_listing),
        CASE(a_name_relative_to_a_shadow_leads_to_both_keys),
        CASE(nothing_shows_through_that_may_not_be_read),
        CASE(a_buffer_that_is_too_small_gets_what_fits),
        CASE(what_is_deleted_uncovers_the_real_one),
        CASE(a_shadow_is_neither_renamed_nor_a_link),
    };

    return cmocka_run_group_tests_name("regvirtual redirects", cases, NULL, NULL);
}
