/* SPDX-License-Identifier: MIT
 *
 * prime.c - one pass over a recording for what the registry held before it.
 */
#include "feed/primep.h"

#include <stdlib.h>
#include <string.h>

/* ---- links ----------------------------------------------------------------------------------- */

static size_t component_start(const char *path, size_t end)
{
    while (end > 0 && path[end - 1] != '\\')
        end--;
    return end;
}

/* `asked` met a link and became `resolved`: what the two have in common at the end follows the
 * link. */
static int note_link(struct ntsim_player *player, const char *asked, const char *resolved)
{
    size_t from = strlen(asked), to = strlen(resolved);
    char *link, *target;

    for (;;) {
        size_t from_start = component_start(asked, from), to_start = component_start(resolved, to);

        if (from_start <= 1 || to_start <= 1 || from - from_start != to - to_start ||
            strncasecmp(asked + from_start, resolved + to_start, from - from_start) != 0)
            break;
        from = from_start - 1;
        to = to_start - 1;
    }
    link = ntsim__arena_text(&player->scratch, asked, from);
    target = ntsim__arena_text(&player->scratch, resolved, to);
    if (!link || !target || !player_add_link(player, link, target))
        return NTCB_ENOMEM;
    if (ntsim_registry_exists(player->sim, link))
        return 0;
    return ntsim_registry_link(player->sim, link, target) == NTCB_ENOMEM ? NTCB_ENOMEM : 0;
}

/* ---- handle tags ----------------------------------------------------------------------------- */

/* The tags that the record at `line` set. */
struct player_tags {
    UT_hash_handle hh; /* by line */
    uint64_t line;
    uint32_t tags;
};

/* A record that set tags of a key, while no query has shown which. */
struct unknown_tags {
    UT_hash_handle hh;
    struct player_tags *tags;
    char name[]; /* "process|key" */
};

uint32_t player_tags(struct ntsim_player *player)
{
    struct player_tags *tags;

    HASH_FIND(hh, player->tags, &player->event->place.line, sizeof(uint64_t), tags);
    return tags ? tags->tags : 0;
}

void player_free_tags(struct ntsim_player *player)
{
    struct player_tags *tags, *next;

    HASH_ITER (hh, player->tags, tags, next) {
        HASH_DEL(player->tags, tags);
        free(tags);
    }
}

static void free_unknown(struct unknown_tags **set)
{
    struct unknown_tags *unknown, *next;

    HASH_ITER (hh, *set, unknown, next) {
        HASH_DEL(*set, unknown);
        free(unknown);
    }
}

static struct player_tags *add_tags(struct ntsim_player *player, uint64_t line)
{
    struct player_tags *tags;

    HASH_FIND(hh, player->tags, &line, sizeof(line), tags);
    if (tags)
        return tags;
    tags = calloc(1, sizeof(*tags));
    if (!tags)
        return NULL;
    tags->line = line;
    HASH_ADD(hh, player->tags, line, sizeof(tags->line), tags);
    if (tags->hh.tbl)
        return tags;
    free(tags);
    return NULL;
}

/* A set shows no tags; the next query of the process on that key shows what they became. */
static int note_tags(struct ntsim_player *player, struct unknown_tags **set,
                     const struct ntsim_event *event)
{
    char *name = ntsim__arena_format(&player->scratch, "%s|%s",
                                     event->process_key ? event->process_key : "", event->key);
    struct unknown_tags *unknown;

    if (!name)
        return NTCB_ENOMEM;
    HASH_FIND_STR(*set, name, unknown);
    if (event->kind == NTSIM_EVENT_KEY_QUERY) {
        if (unknown && event->expect.has & NTSIM_HAS_DATA && event->expect.data_bytes >= 4) {
            memcpy(&unknown->tags->tags, event->expect.data, 4);
            HASH_DEL(*set, unknown);
            free(unknown);
        }
        return 0;
    }
    if (!unknown) {
        unknown = calloc(1, sizeof(*unknown) + strlen(name) + 1);
        if (!unknown)
            return NTCB_ENOMEM;
        strcpy(unknown->name, name);
        HASH_ADD_STR(*set, name, unknown);
    }
    unknown->tags = add_tags(player, event->place.line);
    return unknown->hh.tbl && unknown->tags ? 0 : NTCB_ENOMEM;
}

static bool is_about_tags(const struct ntsim_event *event)
{
    return event->has & NTSIM_HAS_CLASS &&
           ((event->kind == NTSIM_EVENT_KEY_QUERY &&
             event->information_class == KeyHandleTagsInformation) ||
            (event->kind == NTSIM_EVENT_KEY_SET_INFORMATION &&
             event->information_class == KeySetHandleTagsInformation && !event->data));
}

/* ---- the pass -------------------------------------------------------------------------------- */

static int pass(struct prime *prime, struct ntsim_feed *feed, struct unknown_tags **unknown,
                struct ntsim_feed_error *error)
{
    struct ntsim_player *player = prime->player;
    struct ntsim_event event;
    int result;

    while ((result = ntsim_feed_next(feed, &event, error)) == 1) {
        ntsim__arena_reset(&player->scratch);
        if (event.expect.has & NTSIM_HAS_REPARSE && event.expect.has & NTSIM_HAS_NAME) {
            result = note_link(player, event.key, event.expect.name);
            if (result != 0)
                return result;
        }
        if (is_about_tags(&event) && note_tags(player, unknown, &event) != 0)
            return NTCB_ENOMEM;
        prime_note(prime, &event);
        if (prime->memory)
            return NTCB_ENOMEM;
    }
    return result;
}

int ntsim_player_prime(struct ntsim_player *player, struct ntsim_feed *feed,
                       struct ntsim_feed_error *error)
{
    struct ntsim__arena arena = {0};
    struct prime prime = {.player = player, .arena = &arena};
    struct unknown_tags *unknown = NULL;
    struct ntsim_thread *previous = ntsim_enter(player->sim);
    int result;

    ntsim_feed_rewind(feed);
    result = pass(&prime, feed, &unknown, error);
    if (result == 0)
        result = prime_apply(&prime);
    ntsim_feed_rewind(feed);
    if (result == NTCB_ENOMEM)
        ntsim__feed_fail(error, result, error ? error->place.file : NULL, 0, 0,
                         "no memory to prepare the registry");
    free_unknown(&unknown);
    HASH_CLEAR(hh, prime.keys);
    HASH_CLEAR(hh, prime.values);
    ntsim__arena_reset(&player->scratch);
    ntsim__arena_free(&arena);
    ntsim_leave(previous);
    return result;
}
