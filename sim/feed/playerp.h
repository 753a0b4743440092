/* SPDX-License-Identifier: MIT
 *
 * playerp.h - the player, part by part:
 *
 *   player.c          create, destroy, play one event
 *   player_text.c     paths as the registry compares them; links
 *   player_process.c  processes by their recorded names; images
 *   player_thread.c   threads by their recorded ids; handles to processes
 *   player_handle.c   which handle a process would have used
 *   player_key.c      calls on keys
 *   player_value.c    calls on values
 *   regfile_play.c    calls of the Windows API, which are several of the kernel's
 *   player_compare.c  what came of it against what was expected
 *   prime*.c          the registry as it was before the recording began
 *
 * State  struct ntsim_player, used by one host thread at a time. The handles it keeps are those
 *        that the recorded processes would hold. Memory of one event lives in `scratch` until the
 *        next.
 */
#ifndef SIM_FEED_PLAYERP_H
#define SIM_FEED_PLAYERP_H

#include "cm/cmhost.h"
#include "feed/feedp.h"
#include "ob/obp.h"
#include "ps/tally.h"
#include "simp.h"

#include <ntsim/image.h>
#include <ntsim/play.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

/* Counted UTF-16 text. */
struct player_text {
    WCHAR *text;
    size_t units;
};

/* A registry path as asked for, and its identity: links resolved, upcased. */
struct player_path {
    struct player_text asked;
    struct player_text identity;
};

/* Paths at or below `from` (upcased) go on at `to`. */
struct player_link {
    struct player_link *next;
    struct player_text from, to;
};

struct player_handle {
    struct player_handle *next; /* older */
    HANDLE handle;
    ACCESS_MASK granted;
    uint32_t tid;  /* recorded id of the thread that opened it */
    uint32_t tags; /* as set through it */
    bool deleted;  /* its key is gone, whatever has that name now */
};

struct player_key {
    UT_hash_handle hh; /* by identity */
    struct player_handle *handles;
    size_t units;
    WCHAR identity[];
};

struct player_process {
    UT_hash_handle hh;             /* by name */
    struct ntsim_process *process; /* NULL: a driver vetoed its creation */
    uint32_t creator_tid;          /* recorded id of the thread that made it; 0: not known */
    struct player_key *keys;
    char name[]; /* the process_key, or "pid <n>" */
};

struct player_thread {
    UT_hash_handle hh; /* by recorded id */
    uint32_t tid;
    struct ntsim_thread *thread;
    struct player_process *process;
};

struct player_tags;

struct ntsim_player {
    struct ntsim *sim;
    struct player_process *processes;
    struct player_thread *threads;
    struct player_link *links;
    struct player_tags *tags;
    uint64_t earlier_handles; /* handles taken to be open since before the recording */
    uint64_t renumbered;      /* processes and threads that could not get their recorded id */
    struct ntsim__arena scratch;
    struct ntsim__arena kept; /* until the player is destroyed */
    void *room;               /* for what services answer */
    size_t room_bytes;
    /* The event being played. */
    const struct ntsim_event *event;
    struct player_process *actor;
    struct player_path path;
    struct ntsim_outcome *outcome;
};

/* What a call gave back besides its status. */
struct player_result {
    NTSTATUS status;
    ULONG bytes;        /* of buffer that are valid; 0: nothing to compare */
    const void *buffer; /* the information structure */
    ULONG information_class;
    bool of_value; /* a KEY_VALUE_INFORMATION_CLASS */
    bool opened;   /* a handle was made: granted holds, and disposition for a create */
    ACCESS_MASK granted;
    ULONG disposition;
    bool reparsed; /* the call passed a link */
};

/* ---- player_text.c ---- */
/* NULL text: no memory. */
struct player_text player_utf16(struct ntsim__arena *arena, const char *utf8);
struct player_text player_upcase(struct ntsim__arena *arena, struct player_text text);
/* False: no memory. */
bool player_path(struct ntsim_player *player, const char *utf8, struct player_path *out);
bool player_add_link(struct ntsim_player *player, const char *from, const char *to);
UNICODE_STRING player_string(struct player_text text);
bool player_text_equal(struct player_text left, struct player_text right);

/* ---- player_process.c ---- */
/* The actor of the event, made if it was not seen before; NULL: no memory. */
struct player_process *player_actor(struct ntsim_player *player, const struct ntsim_event *event);
/* The one with that key, or without one the live process of that pid; made if there is none. */
struct player_process *player_process(struct ntsim_player *player, const char *key, uint32_t pid,
                                      const char *image);
int player_process_create(struct ntsim_player *player, const struct ntsim_event *event);
int player_process_exit(struct ntsim_player *player, const struct ntsim_event *event);
int player_image_load(struct ntsim_player *player, const struct ntsim_event *event);
uint64_t player_exit_all(struct ntsim_player *player);

/* ---- player_thread.c ---- */
/* The thread the event happened on; NULL: no memory, or (process->process is NULL then) a veto. */
struct ntsim_thread *player_thread(struct ntsim_player *player, struct player_process *process,
                                   const struct ntsim_event *event);
int player_thread_create(struct ntsim_player *player, const struct ntsim_event *event);
int player_thread_exit(struct ntsim_player *player, const struct ntsim_event *event);
int player_handle_open(struct ntsim_player *player, const struct ntsim_event *event);
void player_forget_threads(struct ntsim_player *player, const struct player_process *process);

/* ---- player_handle.c ---- */
/* File a handle that the actor was given under the path of the event. False: no memory. */
bool player_keep_handle(struct ntsim_player *player, HANDLE handle, ACCESS_MASK granted);
/* The handle the actor would use for a call that needs `rights`. NULL: there is no such key.
 * One that was opened before the recording is made without a notification. */
HANDLE player_find_handle(struct ntsim_player *player, ACCESS_MASK rights);
/* That handle's tags are these from now on. */
void player_set_tags(struct ntsim_player *player, HANDLE handle, uint32_t tags);
/* The key of the event is gone: handles to it are to a deleted key. */
void player_mark_deleted(struct ntsim_player *player);
/* The same to close it: the player forgets it. */
HANDLE player_take_handle(struct ntsim_player *player);
/* The key of the event is called `name` from now on. False: no memory. */
bool player_rename_key(struct ntsim_player *player, const char *name);
void player_free_keys(struct player_process *process);

/* ---- player_key.c, player_value.c: on the actor's thread ---- */
/* False: nothing in this kernel corresponds to the event. */
bool player_call(struct ntsim_player *player, struct player_result *result);
bool player_value_call(struct ntsim_player *player, struct player_result *result);
/* The same for an event that is a call of the Windows API (regfile_play.c). */
bool player_api_call(struct ntsim_player *player, struct player_result *result);
/* The caller's buffer, of at least `bytes` bytes, valid until the next call; NULL: no memory. */
void *player_room(struct ntsim_player *player, size_t bytes);
/* ---- player_hive.c: the same ---- */
void player_load(struct ntsim_player *player, struct player_result *result);
void player_unload(struct ntsim_player *player, struct player_result *result);
void player_set_security(struct ntsim_player *player, struct player_result *result, HANDLE handle);

/* Fill bytes that were not recorded: "?" in text, 0x5A elsewhere; a string ends in NUL. */
void player_fill(uint32_t type, uint8_t *data, size_t known, size_t bytes);

/* ---- prime.c ---- */
/* Handle tags that the next key.set_information event sets, which no record shows. */
uint32_t player_tags(struct ntsim_player *player);
void player_free_tags(struct ntsim_player *player);

/* ---- player_compare.c ---- */
void player_compare(struct ntsim_player *player, const struct player_result *result);

#endif
