/* SPDX-License-Identifier: MIT
 *
 * hide_test.c - no name leads to the hidden key, and no listing shows that it is there.
 */
#include "bench_test.h"

#include <ntsim/memory.h>

#include <string.h>

/* ---- names ---------------------------------------------------------------------------------- */

static void opening_it_by_name_finds_nothing(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self;
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);

    assert_int_equal(open_status(NULL, HIDDEN, KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_status(contoso, "MIDDLE", KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_status(contoso, "Middle\\Deep", KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(contoso);
    self = become(bench->other);
    assert_int_equal(open_status(NULL, CONTOSO "\\\\middle\\", KEY_READ),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    leave(self);
}

static void creating_it_is_refused(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);

    assert_int_equal(create_status(NULL, HIDDEN), STATUS_ACCESS_DENIED);
    assert_int_equal(create_status(NULL, HIDDEN "\\New"), STATUS_ACCESS_DENIED);
    leave(self);
    assert_false(ntsim_registry_exists(bench->sim, HIDDEN "\\New"));
}

static void keys_with_a_longer_name_are_not_hidden(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);
    HANDLE key = create_key(NULL, HIDDEN "Ages");

    NtClose(key);
    assert_int_equal(open_status(NULL, HIDDEN "Ages", KEY_READ), STATUS_SUCCESS);
    leave(self);
}

/* ---- listings ------------------------------------------------------------------------------- */

static void a_listing_has_no_hole_and_no_hidden_key(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);

    assert_string_equal(subkeys_of(contoso), "Alpha Zulu");
    NtClose(contoso);
    leave(self);
}

static void nor_when_it_is_the_first_or_the_last(void **state)
{
    struct bench *bench = *state;
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);

    assert_int_equal(ntsim_registry_remove(bench->sim, CONTOSO "\\Alpha"), NTCB_OK);
    assert_string_equal(subkeys_of(contoso), "Zulu");
    assert_int_equal(ntsim_registry_remove(bench->sim, CONTOSO "\\Zulu"), NTCB_OK);
    assert_string_equal(subkeys_of(contoso), "");
    assert_int_equal(ntsim_registry_key(bench->sim, CONTOSO "\\Alpha", false), NTCB_OK);
    assert_string_equal(subkeys_of(contoso), "Alpha");
    NtClose(contoso);
}

static void nor_when_keys_come_and_go_before_it(void **state)
{
    struct bench *bench = *state;
    HANDLE first = open_key(NULL, CONTOSO, KEY_READ);
    HANDLE second = open_key(NULL, CONTOSO, KEY_READ);

    assert_string_equal(subkeys_of(first), "Alpha Zulu");
    assert_int_equal(ntsim_registry_key(bench->sim, CONTOSO "\\Bravo", false), NTCB_OK);
    assert_string_equal(subkeys_of(first), "Alpha Bravo Zulu");
    assert_string_equal(subkeys_of(second), "Alpha Bravo Zulu");
    assert_int_equal(ntsim_registry_remove(bench->sim, CONTOSO "\\Alpha"), NTCB_OK);
    assert_string_equal(subkeys_of(second), "Bravo Zulu");
    NtClose(first);
    NtClose(second);
}

static void no_index_is_too_large_to_ask_for(void **state)
{
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);
    UCHAR room[64];
    ULONG length;

    assert_int_equal(NtEnumerateKey(contoso, 2, KeyBasicInformation, room, 64, &length),
                     STATUS_NO_MORE_ENTRIES);
    assert_int_equal(NtEnumerateKey(contoso, MAXULONG, KeyBasicInformation, room, 64, &length),
                     STATUS_NO_MORE_ENTRIES);
    NtClose(contoso);
    (void)state;
}

static void a_buffer_that_is_too_small_gets_what_fits(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);
    const ULONG fixed = offsetof(KEY_BASIC_INFORMATION, Name);
    UCHAR room[64];
    ULONG length = 0;

    memset(room, 0xEE, sizeof(room)); /* index 1 is Zulu, which is really at 2 */
    assert_int_equal(NtEnumerateKey(contoso, 1, KeyBasicInformation, NULL, 0, &length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, fixed + 4 * sizeof(WCHAR));
    assert_int_equal(NtEnumerateKey(contoso, 1, KeyBasicInformation, room, fixed + 2, &length),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(room[fixed], 'Z');
    assert_int_equal(room[fixed + 2], 0xEE);
    assert_int_equal(NtEnumerateKey(contoso, 1, KeyBasicInformation, room, sizeof(room), &length),
                     STATUS_SUCCESS);
    assert_int_equal(length, fixed + 4 * sizeof(WCHAR));
    assert_int_equal(room[length], 0xEE);
    NtClose(contoso);
    leave(self);
}

static void the_number_of_keys_leaves_it_out(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);
    HANDLE software = open_key(NULL, SOFTWARE, KEY_READ);
    ULONG beside = full_information(software).SubKeys;

    assert_int_equal(full_information(contoso).SubKeys, 2);
    assert_int_equal(cached_information(contoso).SubKeys, 2);
    leave(self);
    assert_int_equal(ntsim_registry_remove(bench->sim, HIDDEN), NTCB_OK);
    self = become(bench->other);
    assert_int_equal(full_information(contoso).SubKeys, 2); /* and it is not taken off twice */
    assert_int_equal(full_information(software).SubKeys, beside);
    NtClose(contoso);
    NtClose(software);
    leave(self);
}

/* A filter below the driver hears of the answer first, and lets the program lose the memory. */
static NTSTATUS lose_the_answer(PVOID context, PVOID notify_class, PVOID information)
{
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)notify_class == RegNtPostQueryKey) {
        const REG_POST_OPERATION_INFORMATION *post = information;
        const REG_QUERY_KEY_INFORMATION *query = post->PreInformation;

        ntsim_user_protect(context, query->KeyInformation, query->Length, PAGE_READONLY);
    }
    return STATUS_SUCCESS;
}

static void an_answer_that_is_taken_away_is_the_programs_loss(void **state)
{
    struct bench *bench = *state;
    void *answer = ntsim_user_allocate(bench->other, 512, PAGE_READWRITE);
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"100");
    struct ntsim_thread *self;
    LARGE_INTEGER cookie;
    HANDLE contoso;
    ULONG length;

    assert_int_equal(
        CmRegisterCallbackEx(lose_the_answer, &altitude, &cookie, bench->other, &cookie, NULL),
        STATUS_SUCCESS);
    self = become(bench->other);
    contoso = open_key(NULL, CONTOSO, KEY_READ);
    assert_int_equal(NtQueryKey(contoso, KeyFullInformation, answer, 512, &length),
                     STATUS_ACCESS_VIOLATION);
    NtClose(contoso);
    leave(self);
    assert_int_equal(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
}

/* ---- who else must not see it --------------------------------------------------------------- */

static void a_handle_from_before_the_driver_does_not_show_it(void **state)
{
    struct bench *bench = *state;
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_READ);

    assert_string_equal(subkeys_of(contoso), "Alpha Middle Zulu");
    choose_hidden_key(bench);
    load(bench);
    assert_string_equal(subkeys_of(contoso), "Alpha Zulu");
    assert_int_equal(full_information(contoso).SubKeys, 2);
    unload(bench);
    assert_string_equal(subkeys_of(contoso), "Alpha Middle Zulu");
    NtClose(contoso);
}

static void a_link_does_not_lead_to_it(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(ntsim_registry_link(bench->sim, SOFTWARE "\\Link", CONTOSO), NTCB_OK);
    assert_int_equal(open_status(NULL, SOFTWARE "\\Link\\Middle", KEY_READ),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_status(NULL, SOFTWARE "\\Link\\Zulu", KEY_READ), STATUS_SUCCESS);
}

/* The redirector opens keys itself: the hider, being below it, sees that. */
static void a_shadow_does_not_show_it(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_string_equal(subkeys_of(contoso), "Alpha Zulu");
    assert_int_equal(full_information(contoso).SubKeys, 2);
    assert_int_equal(open_status(contoso, "Middle", KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_status(NULL, HIDDEN, KEY_WRITE), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(contoso);
    leave(self);
}

static void the_chosen_process_can_have_a_key_of_that_name(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key, contoso;
    ULONG disposition = 0;

    assert_int_equal(try_create(NULL, HIDDEN, &key, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_string_equal(subkeys_of(key), "");
    contoso = open_key(NULL, CONTOSO, KEY_READ);
    assert_string_equal(subkeys_of(contoso), "Middle Alpha Zulu");
    assert_int_equal(full_information(contoso).SubKeys, 3);
    NtClose(contoso);
    NtClose(key);
    leave(self);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up_hider, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(opening_it_by_name_finds_nothing),
        CASE(creating_it_is_refused),
        CASE(keys_with_a_longer_name_are_not_hidden),
        CASE(a_listing_has_no_hole_and_no_hidden_key),
        CASE(nor_when_it_is_the_first_or_the_last),
        CASE(nor_when_keys_come_and_go_before_it),
        CASE(no_index_is_too_large_to_ask_for),
        CASE(a_buffer_that_is_too_small_gets_what_fits),
        CASE(the_number_of_keys_leaves_it_out),
        CASE(an_answer_that_is_taken_away_is_the_programs_loss),
        cmocka_unit_test_setup_teardown(a_handle_from_before_the_driver_does_not_show_it,
                                        set_up_without_driver, tear_down),
        CASE(a_link_does_not_lead_to_it),
        cmocka_unit_test_setup_teardown(a_shadow_does_not_show_it, set_up_both, tear_down),
        cmocka_unit_test_setup_teardown(the_chosen_process_can_have_a_key_of_that_name, set_up_both,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("regvirtual hides", cases, NULL, NULL);
}
