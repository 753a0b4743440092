/* SPDX-License-Identifier: MIT
 *
 * player_handle.c - which handle a process would have used.
 *
 * Records name a key, not a handle. Of the handles that the process holds to the key, the player
 * takes the last one opened that has the rights the call needs; to close, the last one that the
 * same thread opened, else the last one. A record that shows handle tags tells more: it was a
 * handle on which the process had set those.
 *
 * Where it holds none, the key was opened before the recording began. Such a handle is put into the
 * process's table without a notification, as the real one was opened when nobody listened; its
 * close is heard like any other. They are counted.
 */
#include "feed/playerp.h"

#include <stdlib.h>
#include <string.h>

static struct player_key *find_key(struct player_process *process, struct player_text identity)
{
    struct player_key *key;

    HASH_FIND(hh, process->keys, identity.text, identity.units * sizeof(WCHAR), key);
    return key;
}

static struct player_key *need_key(struct player_process *process, struct player_text identity)
{
    struct player_key *key = find_key(process, identity);
    size_t bytes = identity.units * sizeof(WCHAR);

    if (key)
        return key;
    key = calloc(1, sizeof(*key) + bytes);
    if (!key)
        return NULL;
    key->units = identity.units;
    memcpy(key->identity, identity.text, bytes);
    HASH_ADD_KEYPTR(hh, process->keys, key->identity, bytes, key);
    if (key->hh.tbl)
        return key;
    free(key);
    return NULL;
}

static void free_key_if_empty(struct player_process *process, struct player_key *key)
{
    if (key->handles)
        return;
    HASH_DEL(process->keys, key);
    free(key);
}

static bool keep(struct player_process *process, struct player_text identity, HANDLE handle,
                 ACCESS_MASK granted, uint32_t tid)
{
    struct player_handle *kept = calloc(1, sizeof(*kept));
    struct player_key *key = kept ? need_key(process, identity) : NULL;

    if (!key) {
        free(kept);
        return false;
    }
    *kept = (struct player_handle){.handle = handle, .granted = granted, .tid = tid};
    LL_PREPEND(key->handles, kept);
    return true;
}

bool player_keep_handle(struct ntsim_player *player, HANDLE handle, ACCESS_MASK granted)
{
    return keep(player->actor, player->path.identity, handle, granted, player->event->tid);
}

/* A handle that was there before the recording began; NULL: no such key. */
static HANDLE earlier_handle(struct ntsim_player *player)
{
    struct player_text identity = player->path.identity;
    size_t bytes = identity.units * 3 + 1;
    char *path = ntsim__arena_alloc(&player->scratch, bytes);
    HANDLE handle = NULL;

    if (!path)
        return NULL;
    ntsim__utf8(identity.text, identity.units, path, bytes);
    if (ntsim__registry_handle(player->actor->process, path, KEY_ALL_ACCESS, &handle) != 0)
        return NULL;
    player->earlier_handles++;
    return handle;
}

/* Tags that the record shows; false: none. */
static bool shown_tags(const struct ntsim_event *event, uint32_t *tags)
{
    if (event->kind != NTSIM_EVENT_KEY_QUERY || !(event->has & NTSIM_HAS_CLASS) ||
        event->information_class != KeyHandleTagsInformation ||
        !(event->expect.has & NTSIM_HAS_DATA) || event->expect.data_bytes < sizeof(*tags))
        return false;
    memcpy(tags, event->expect.data, sizeof(*tags));
    return true;
}

/* The newest handle with the rights and, if the record shows any and one has them, the tags. */
static struct player_handle *choose(const struct player_key *key, ACCESS_MASK rights,
                                    const struct ntsim_event *event)
{
    struct player_handle *handle, *newest = NULL;
    uint32_t tags = 0;
    bool tagged = shown_tags(event, &tags);
    bool deleted =
        event->expect.has & NTSIM_HAS_STATUS && event->expect.status == (int32_t)STATUS_KEY_DELETED;

    LL_FOREACH (key->handles, handle) {
        if ((handle->granted & rights) != rights || handle->deleted != deleted)
            continue;
        if (!tagged || handle->tags == tags)
            return handle;
        if (!newest)
            newest = handle;
    }
    return newest;
}

void player_mark_deleted(struct ntsim_player *player)
{
    struct player_process *process, *next;
    struct player_handle *handle;

    HASH_ITER (hh, player->processes, process, next) {
        struct player_key *key = find_key(process, player->path.identity);

        handle = key ? key->handles : NULL;
        for (; handle; handle = handle->next)
            handle->deleted = true;
    }
}

void player_set_tags(struct ntsim_player *player, HANDLE handle, uint32_t tags)
{
    struct player_key *key = find_key(player->actor, player->path.identity);
    struct player_handle *at;

    if (!key)
        return;
    LL_FOREACH (key->handles, at) {
        if (at->handle == handle)
            at->tags = tags;
    }
}

HANDLE player_find_handle(struct ntsim_player *player, ACCESS_MASK rights)
{
    const struct ntsim_expect *expect = &player->event->expect;
    struct player_key *key = find_key(player->actor, player->path.identity);
    struct player_handle *handle;
    HANDLE earlier;

    if (key) {
        handle = choose(key, rights, player->event);
        if (handle)
            return handle->handle;
        /* It may have been refused for want of them, or have found the key deleted. */
        if (!(expect->has & NTSIM_HAS_STATUS) || !NT_SUCCESS(expect->status))
            return key->handles->handle;
    }
    earlier = earlier_handle(player);
    if (earlier && !keep(player->actor, player->path.identity, earlier, KEY_ALL_ACCESS, 0))
        return NULL;
    return earlier;
}

HANDLE player_take_handle(struct ntsim_player *player)
{
    struct player_key *key = find_key(player->actor, player->path.identity);
    struct player_handle *handle = NULL, *at;
    HANDLE taken;

    if (!key)
        return earlier_handle(player);
    LL_FOREACH (key->handles, at) {
        if (at->tid == player->event->tid) {
            handle = at;
            break;
        }
    }
    if (!handle)
        handle = key->handles;
    taken = handle->handle;
    LL_DELETE(key->handles, handle);
    free(handle);
    free_key_if_empty(player->actor, key);
    return taken;
}

/* `old` and what is below it are below `renamed` now. */
static bool move_keys(struct ntsim_player *player, struct player_process *process,
                      struct player_text old, struct player_text renamed)
{
    struct player_key *key, *next, *target;

    HASH_ITER (hh, process->keys, key, next) {
        struct player_text identity = {NULL, key->units - old.units + renamed.units};

        if (key->units < old.units ||
            memcmp(key->identity, old.text, old.units * sizeof(WCHAR)) != 0 ||
            (key->units > old.units && key->identity[old.units] != u'\\'))
            continue;
        identity.text = ntsim__arena_alloc(&player->scratch, (identity.units + 1) * sizeof(WCHAR));
        if (!identity.text)
            return false;
        memcpy(identity.text, renamed.text, renamed.units * sizeof(WCHAR));
        memcpy(identity.text + renamed.units, key->identity + old.units,
               (key->units - old.units) * sizeof(WCHAR));
        target = need_key(process, identity);
        if (!target)
            return false;
        LL_CONCAT(target->handles, key->handles);
        key->handles = NULL;
        free_key_if_empty(process, key);
    }
    return true;
}

bool player_rename_key(struct ntsim_player *player, const char *name)
{
    struct player_text old = player->path.identity, leaf, renamed;
    struct player_process *process, *next;
    size_t parent = old.units;

    while (parent > 0 && old.text[parent - 1] != u'\\')
        parent--;
    leaf = player_upcase(&player->scratch, player_utf16(&player->scratch, name));
    renamed.units = parent + leaf.units;
    renamed.text = ntsim__arena_alloc(&player->scratch, (renamed.units + 1) * sizeof(WCHAR));
    if (!leaf.text || !renamed.text)
        return false;
    memcpy(renamed.text, old.text, parent * sizeof(WCHAR));
    memcpy(renamed.text + parent, leaf.text, leaf.units * sizeof(WCHAR));
    if (player_text_equal(old, renamed))
        return true;
    HASH_ITER (hh, player->processes, process, next) {
        if (!move_keys(player, process, old, renamed))
            return false;
    }
    return true;
}

void player_free_keys(struct player_process *process)
{
    struct player_key *key, *next;
    struct player_handle *handle;

    HASH_ITER (hh, process->keys, key, next) {
        while ((handle = key->handles)) {
            LL_DELETE(key->handles, handle);
            free(handle);
        }
        free_key_if_empty(process, key);
    }
}
