/* SPDX-License-Identifier: MIT
 *
 * replay_life_test.c - processes, threads and handles of real recordings, as drivers hear of them.
 */
#include "test.h"

#include <ntsim/driver.h>
#include <ntsim/feed.h>
#include <ntsim/play.h>
#include <ntsim/process.h>
#include <ntcallback/ddk/ntundoc.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* One thing that was heard of a process. */
struct note {
    char what; /* P: created, p: exited, T, t: of a thread, I: an image */
    bool here; /* on a thread of the process itself */
    HANDLE pid;
    char name[20]; /* last component of an image */
};

static struct {
    struct note *notes;
    size_t count;
    uint64_t pre, post;
    bool creator_agrees;
    PVOID handle_callbacks;
} heard;

static void note(char what, HANDLE pid, const UNICODE_STRING *name)
{
    struct note *new;
    size_t units = name != NULL ? name->Length / sizeof(WCHAR) : 0, start = units;

    heard.notes = realloc(heard.notes, (heard.count + 1) * sizeof(*heard.notes));
    new = &heard.notes[heard.count++];
    memset(new, 0, sizeof(*new));
    new->what = what;
    new->pid = pid;
    new->here = PsGetCurrentProcessId() == pid;
    while (start > 0 && name->Buffer[start - 1] != u'\\') {
        --start;
    }
    for (size_t i = start; i < units && i - start + 1 < sizeof(new->name); ++i) {
        WCHAR c = name->Buffer[i];

        new->name[i - start] = (char)(c >= u'A' && c <= u'Z' ? c + 32 : c);
    }
}

static VOID on_process(PEPROCESS process, HANDLE pid, PPS_CREATE_NOTIFY_INFO info)
{
    (void)process;
    if (info != NULL) {
        heard.creator_agrees &= info->CreatingThreadId.UniqueProcess == PsGetCurrentProcessId() &&
                                info->CreatingThreadId.UniqueThread == PsGetCurrentThreadId();
    }
    note(info != NULL ? 'P' : 'p', pid, info != NULL ? info->ImageFileName : NULL);
}

static VOID on_thread(HANDLE pid, HANDLE tid, BOOLEAN create)
{
    (void)tid;
    note(create ? 'T' : 't', pid, NULL);
}

static VOID on_image(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    (void)info;
    note('I', pid, name);
}

static OB_PREOP_CALLBACK_STATUS on_open(PVOID context, POB_PRE_OPERATION_INFORMATION information)
{
    (void)context;
    (void)information;
    heard.pre++;
    return OB_PREOP_SUCCESS;
}

static VOID on_opened(PVOID context, POB_POST_OPERATION_INFORMATION information)
{
    (void)context;
    (void)information;
    heard.post++;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    PsSetCreateProcessNotifyRoutineEx(on_process, TRUE);
    PsRemoveCreateThreadNotifyRoutine(on_thread);
    PsRemoveLoadImageNotifyRoutine(on_image);
    ObUnRegisterCallbacks(heard.handle_callbacks);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, on_open,
                                           on_opened};
    OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1,
                                             RTL_CONSTANT_STRING(u"370020"), NULL, &operation};

    (void)path;
    driver->DriverUnload = unload;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(on_thread));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image));
    return ObRegisterCallbacks(&registration, &heard.handle_callbacks);
}

struct played {
    uint64_t kinds[NTSIM_EVENT_KIND_COUNT];
    uint64_t opened, agreed; /* handle.open */
};

static struct played play_all(const char *recording)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct played played = {{0}, 0, 0};
    struct ntsim_feed_error error;
    struct ntsim_outcome outcome;
    struct ntsim_player *player;
    struct ntsim_driver *driver;
    struct ntsim_event event;
    struct ntsim_feed *feed;
    struct ntsim *sim;

    free(heard.notes);
    memset(&heard, 0, sizeof(heard));
    heard.creator_agrees = true;
    EXPECT_EQ(ntsim_feed_open(&feed, ntcb_test_data(recording), NULL, false, &error), 0);
    EXPECT_EQ(ntsim_create(&sim, &config), 0);
    driver = ntsim_driver_start(sim, "listener", enter);
    EXPECT_EQ(ntsim_player_create(&player, sim), 0);
    EXPECT_EQ(ntsim_player_prime(player, feed, &error), 0);
    while (ntsim_feed_next(feed, &event, &error) == 1) {
        EXPECT_EQ(ntsim_player_play(player, &event, &outcome), 0);
        played.kinds[event.kind]++;
        if (event.kind == NTSIM_EVENT_HANDLE_OPEN) {
            EXPECT_TRUE(outcome.played);
            played.opened++;
            played.agreed += outcome.agreed;
        }
    }
    ntsim_player_finish(player, NULL);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
    ntsim_player_destroy(player);
    ntsim_feed_close(feed);
    EXPECT_EQ(ntsim_destroy(sim), 0);
    return played;
}

static uint64_t count(char what)
{
    uint64_t number = 0;

    for (size_t i = 0; i < heard.count; ++i) {
        number += heard.notes[i].what == what;
    }
    return number;
}

/* Of the process that the note at `from` creates: what comes next, and then next... */
static const struct note *next_of(size_t from, unsigned which)
{
    for (size_t i = from + 1; i < heard.count; ++i) {
        if (heard.notes[i].pid != heard.notes[from].pid) {
            continue;
        }
        if (heard.notes[i].what == 'P') {
            return NULL;
        }
        if (which-- == 0) {
            return &heard.notes[i];
        }
    }
    return NULL;
}

static bool is_complete_start(size_t at)
{
    const struct note *thread = next_of(at, 0), *image = next_of(at, 1), *ntdll = next_of(at, 2);

    return heard.notes[at].what == 'P' && !heard.notes[at].here && ntdll != NULL &&
           thread->what == 'T' && !thread->here && image->what == 'I' && image->here &&
           strcmp(image->name, heard.notes[at].name) == 0 && ntdll->what == 'I' &&
           strcmp(ntdll->name, "ntdll.dll") == 0;
}

static uint64_t recorded(const char *recording, const char *operation)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    json_int_t rows = 0;

    EXPECT_EQ(json_unpack(stats, "{s{s{sI}}}", recording, "operations", operation, &rows), 0);
    json_decref(stats);
    return (uint64_t)rows;
}

/* Process Start is in the recordings also where Process Create is not. */
static void complete_starts_keep_their_order(void **state)
{
    static const char *const files[] = {
        "procmon/procmon-parser_Win10x64_process.csv.xz",
        "procmon/procmon-parser_Win10x64_all.csv.xz",
    };
    uint64_t created = 0;

    (void)state;
    for (size_t file = 0; file < 2; ++file) {
        struct played played = play_all(files[file]);
        uint64_t complete = 0;

        for (size_t i = 0; i < heard.count; ++i) {
            complete += is_complete_start(i);
        }
        print_message("%llu processes created and %llu ended, %llu threads and %llu; %llu images; "
                      "%llu complete starts\n",
                      (unsigned long long)count('P'), (unsigned long long)count('p'),
                      (unsigned long long)count('T'), (unsigned long long)count('t'),
                      (unsigned long long)count('I'), (unsigned long long)complete);
        created += recorded(files[file], "Process Create");
        EXPECT_EQ(complete, recorded(files[file], "Process Start"));
        EXPECT_TRUE(heard.creator_agrees);
        EXPECT_EQ(count('P'), count('p'));
        EXPECT_EQ(count('T'), count('t'));
        EXPECT_EQ(count('I'), played.kinds[NTSIM_EVENT_IMAGE_LOAD]);
        EXPECT_TRUE(count('T') >= played.kinds[NTSIM_EVENT_THREAD_CREATE]);
    }
    EXPECT_EQ(created, 42);
}

static void opens_are_heard_by_object_callbacks(void **state)
{
    static const char *const files[] = {
        "sysmon/otrf_flat_aptsimulator_guidmismatch.jsonl.xz",
        "sysmon/otrf_flat_createremotethread.jsonl.xz",
        "sysmon/otrf_flat_minint_key.jsonl.xz",
        "sysmon/otrf_nopid_taskmgr_lsass.jsonl.xz",
        "sysmon/otrf_winlogbeat6_enable_rdp.jsonl.xz",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        struct played played = play_all(files[i]);
        uint64_t remote = 0;

        for (size_t at = 0; at < heard.count; ++at) {
            remote += heard.notes[at].what == 'T' && !heard.notes[at].here;
        }
        print_message("%-52s %6llu opens, %llu agree; %llu threads made by other processes\n",
                      files[i], (unsigned long long)played.opened,
                      (unsigned long long)played.agreed, (unsigned long long)remote);
        EXPECT_TRUE(played.opened > 0);
        EXPECT_EQ(heard.pre, played.opened);
        EXPECT_EQ(heard.post, played.opened);
        EXPECT_EQ(played.agreed, played.opened);
        EXPECT_EQ(count('P'), count('p'));
        EXPECT_EQ(count('T'), count('t'));
    }
    free(heard.notes);
    heard.notes = NULL;
}

static const struct ntcb_test tests[] = {
    {"replay.procmon.complete_starts_keep_their_order", "ORD-01", complete_starts_keep_their_order,
     NULL, NULL},
    {"replay.sysmon.opens_are_heard_by_object_callbacks", "", opens_are_heard_by_object_callbacks,
     NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
