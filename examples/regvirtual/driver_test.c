/* SPDX-License-Identifier: MIT
 *
 * driver_test.c - coming and going: settings, tags, other filters, several threads, unload.
 */
#include "bench_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The number of tags that the driver, now unloaded, says it has made and freed: the same number. */
static long tags_told(const struct bench *bench)
{
    const char *said = strstr(bench->said, "unloaded; ");
    long made = -1, freed = -2;

    assert_non_null(said);
    assert_int_equal(sscanf(said, "unloaded; %ld tags made, %ld freed", &made, &freed), 2);
    assert_int_equal(made, freed);
    return made;
}

static long tags_at_unload(struct bench *bench)
{
    unload(bench);
    return tags_told(bench);
}

/* ---- settings ------------------------------------------------------------------------------- */

static void without_settings_it_does_nothing(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE contoso = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_string_equal(subkeys_of(contoso), "Alpha Middle Zulu");
    assert_int_equal(set_value(contoso, "Mode", 2), STATUS_SUCCESS);
    NtClose(contoso);
    leave(self);
    assert_int_equal(value_at(CONTOSO, "Mode"), 2);
    assert_int_equal(tags_at_unload(bench), 0);
}

static NTSTATUS load_status(struct bench *bench)
{
    struct ntsim_driver_options options = {"regvirtual", NULL, regvirtual_DriverEntry, NULL};
    struct ntsim_driver *driver;
    NTSTATUS status;

    assert_int_equal(ntsim_driver_load(bench->sim, &options, &driver, &status), NTCB_ESTATUS);
    return status;
}

static void settings_that_cannot_be_used_are_refused_by_name(void **state)
{
    struct bench *bench = *state;
    uint32_t number = 4;

    assert_int_equal(
        ntsim_registry_value(bench->sim, PARAMETERS, "HiddenKey", REG_SZ, u"Software\\Contoso", 34),
        NTCB_OK);
    assert_int_equal(load_status(bench), STATUS_OBJECT_NAME_INVALID);
    assert_non_null(strstr(bench->said, "Parameters\\HiddenKey"));
    assert_int_equal(ntsim_registry_value(bench->sim, PARAMETERS, "ProcessId", REG_BINARY, &number,
                                          sizeof(number)),
                     NTCB_OK);
    assert_int_equal(load_status(bench), STATUS_OBJECT_TYPE_MISMATCH);
    assert_non_null(strstr(bench->said, "Parameters\\ProcessId"));
}

/* ---- tags ----------------------------------------------------------------------------------- */

static void every_handle_to_the_parent_has_a_tag(void **state)
{
    struct bench *bench = *state;
    HANDLE first = open_key(NULL, CONTOSO, KEY_READ);
    HANDLE second = create_key(NULL, CONTOSO);

    assert_int_equal(open_status(NULL, CONTOSO "\\Zulu", KEY_READ), STATUS_SUCCESS);
    NtClose(first);
    assert_string_equal(subkeys_of(second), "Alpha Zulu");
    NtClose(second);
    assert_int_equal(tags_at_unload(bench), 2);
}

static void a_process_that_exits_takes_its_tags_along(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->other);

    open_key(NULL, CONTOSO, KEY_READ);
    leave(self);
    self = become(bench->chosen);
    open_key(NULL, CONTOSO, KEY_READ);
    leave(self);
    ntsim_process_exit(bench->other, STATUS_SUCCESS);
    ntsim_process_exit(bench->chosen, STATUS_SUCCESS);
    /* The two parents', and one that was made while a shadow was looked for. */
    assert_int_equal(tags_at_unload(bench), 3);
}

/* ---- unload --------------------------------------------------------------------------------- */

static void unload_frees_the_tags_of_open_handles(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE parent, shadow = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_int_equal(set_value(shadow, "Mode", 2), STATUS_SUCCESS);
    leave(self);
    parent = open_key(NULL, CONTOSO, KEY_READ);
    /* The shadow's, the parent's, and that of the real key, which was looked at. */
    assert_int_equal(tags_at_unload(bench), 3);
    assert_string_equal(subkeys_of(parent), "Alpha Middle Zulu");
    NtClose(parent);

    self = become(bench->chosen); /* the handle still is the shadow's, and no more than that */
    assert_int_equal(value_of(shadow, "Mode"), 2);
    assert_int_equal(value_of(shadow, "Real"), NO_VALUE);
    NtClose(shadow);
    assert_int_equal(value_at(CONTOSO, "Mode"), 1);
    leave(self);
}

static void loaded_again_it_finds_the_shadow(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self = become(bench->chosen);
    HANDLE key = open_key(NULL, CONTOSO, KEY_ALL_ACCESS);

    assert_int_equal(set_value(key, "Mode", 2), STATUS_SUCCESS);
    NtClose(key);
    leave(self);
    unload(bench);
    load(bench);
    self = become(bench->chosen);
    assert_int_equal(value_at(CONTOSO, "Mode"), 2);
    assert_int_equal(value_at(CONTOSO, "Real"), 5);
    leave(self);
}

/* ---- other filters -------------------------------------------------------------------------- */

struct watcher {
    int pre, post;
    NTSTATUS status;
    bool shadow; /* the object of the last post-notification is the shadow */
    LARGE_INTEGER cookie;
};

static NTSTATUS watch(PVOID context, PVOID notify_class, PVOID information)
{
    struct watcher *watcher = context;
    REG_POST_OPERATION_INFORMATION *post = information;
    PCUNICODE_STRING name;

    watcher->pre += (ULONG_PTR)notify_class == RegNtPreOpenKeyEx ||
                    (ULONG_PTR)notify_class == RegNtPreCreateKeyEx;
    if ((ULONG_PTR)notify_class != RegNtPostOpenKeyEx)
        return STATUS_SUCCESS;
    watcher->post++;
    watcher->status = post->Status;
    if (post->Status == STATUS_SUCCESS &&
        NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&watcher->cookie, post->Object, NULL, &name, 0))) {
        watcher->shadow = name->Length == (sizeof(SHADOW) - 1) * sizeof(WCHAR);
        CmCallbackReleaseKeyObjectIDEx(name);
    }
    return STATUS_SUCCESS;
}

static void start_watcher(struct watcher *watcher, const WCHAR *altitude)
{
    UNICODE_STRING text;

    memset(watcher, 0, sizeof(*watcher));
    RtlInitUnicodeString(&text, altitude);
    assert_int_equal(CmRegisterCallbackEx(watch, &text, watcher, watcher, &watcher->cookie, NULL),
                     STATUS_SUCCESS);
}

static void what_it_opens_itself_only_filters_below_see(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *self;
    struct watcher above, between, below;

    start_watcher(&above, u"140000");
    start_watcher(&between, u"135015");
    start_watcher(&below, u"100000");
    self = become(bench->chosen);
    assert_int_equal(open_status(NULL, CONTOSO, KEY_WRITE), STATUS_SUCCESS);
    leave(self);
    assert_int_equal(above.pre, 1);
    assert_int_equal(above.post, 1);
    assert_int_equal(above.status, STATUS_SUCCESS);
    assert_true(above.shadow);
    assert_true(between.pre > 1); /* looking for the shadow, the real key; making each level */
    assert_int_equal(below.pre, between.pre);
    assert_int_equal(CmUnRegisterCallback(above.cookie), STATUS_SUCCESS);
    assert_int_equal(CmUnRegisterCallback(between.cookie), STATUS_SUCCESS);
    assert_int_equal(CmUnRegisterCallback(below.cookie), STATUS_SUCCESS);
}

/* ---- several threads ------------------------------------------------------------------------ */

#define ROUNDS 100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned at_work; /* workers that have done a round */

struct worker {
    struct ntsim_thread *thread;
    const char *key;
    pthread_t host;
    int failures; /* calls that ended otherwise than they can */
    int sightings;
};

/* Writes its own key and Contoso, which the workers share, and lists Contoso. */
static void *work(void *context)
{
    struct worker *worker = context;
    struct ntsim_thread *self = ntsim_thread_enter(worker->thread);
    union {
        KEY_BASIC_INFORMATION information;
        UCHAR room[128];
    } entry;
    HANDLE contoso, own;
    ULONG length;

    for (int round = 0; round < ROUNDS; round++) {
        worker->failures += try_open(NULL, CONTOSO, KEY_ALL_ACCESS, &contoso) != STATUS_SUCCESS;
        worker->failures += try_create(contoso, worker->key, &own, NULL) != STATUS_SUCCESS;
        worker->failures += set_value(own, "Round", (ULONG)round) != STATUS_SUCCESS;
        for (ULONG index = 0; NT_SUCCESS(NtEnumerateKey(contoso, index, KeyBasicInformation, &entry,
                                                        sizeof(entry), &length));
             index++)
            worker->sightings += entry.information.Name[0] == u'M';
        worker->failures += NtDeleteKey(own) != STATUS_SUCCESS;
        NtClose(own);
        NtClose(contoso);
        if (round == 0) {
            pthread_mutex_lock(&lock);
            at_work++;
            pthread_cond_broadcast(&changed);
            pthread_mutex_unlock(&lock);
        }
    }
    ntsim_thread_leave(self);
    return NULL;
}

static void start_workers(struct bench *bench, struct worker workers[3])
{
    struct ntsim_process *const processes[] = {bench->chosen, bench->chosen, bench->other};
    static const char *const keys[] = {"One", "Two", "Three"};

    at_work = 0;
    for (size_t i = 0; i < 3; i++) {
        workers[i] = (struct worker){.key = keys[i]};
        workers[i].thread = ntsim_thread_create(processes[i], 0);
        assert_non_null(workers[i].thread);
        assert_int_equal(pthread_create(&workers[i].host, NULL, work, &workers[i]), 0);
    }
}

static void join_workers(struct worker workers[3])
{
    for (size_t i = 0; i < 3; i++) {
        pthread_join(workers[i].host, NULL);
        ntsim_thread_exit(workers[i].thread);
    }
}

static void several_threads_do_not_disturb_each_other(void **state)
{
    struct bench *bench = *state;
    struct worker workers[3];

    start_workers(bench, workers);
    join_workers(workers);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(workers[i].failures, 0);
        assert_int_equal(workers[i].sightings, 0);
    }
    assert_true(ntsim_registry_exists(bench->sim, SHADOW));
    assert_false(ntsim_registry_exists(bench->sim, SHADOW "\\Three"));
}

static void it_can_be_unloaded_while_they_work(void **state)
{
    struct bench *bench = *state;
    struct worker workers[3];

    start_workers(bench, workers);
    pthread_mutex_lock(&lock);
    while (at_work < 3)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    unload(bench);
    join_workers(workers);
    assert_true(tags_told(bench) > 0);
    /* What failed is a create below a shadow: it has to be volatile, which nobody now sees to. */
}

#define CASE(function, set_up) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(without_settings_it_does_nothing, set_up_idle),
        CASE(settings_that_cannot_be_used_are_refused_by_name, set_up_without_driver),
        CASE(every_handle_to_the_parent_has_a_tag, set_up_hider),
        CASE(a_process_that_exits_takes_its_tags_along, set_up_both),
        CASE(unload_frees_the_tags_of_open_handles, set_up_both),
        CASE(loaded_again_it_finds_the_shadow, set_up_redirector),
        CASE(what_it_opens_itself_only_filters_below_see, set_up_both),
        CASE(several_threads_do_not_disturb_each_other, set_up_both),
        CASE(it_can_be_unloaded_while_they_work, set_up_both),
    };

    return cmocka_run_group_tests_name("regvirtual comes and goes", cases, NULL, NULL);
}
