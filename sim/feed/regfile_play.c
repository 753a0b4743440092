/* SPDX-License-Identifier: MIT
 *
 * regfile_play.c - one call of the Windows API as the services that it makes (NTSIM_HAS_API).
 *
 * RegCreateKeyEx tries the whole name, and makes the keys above one by one only when it is not
 * found. RegDeleteTree goes down first: it opens a key, deletes the subkeys that it enumerates, and
 * then the key itself. A program whose create was refused makes no call on that key.
 */
#include "feed/playerp.h"

#include <string.h>

#define NAME_MAX_UNITS 256u /* of one key, and some (REG-NS-04) */

/* ---- create ---------------------------------------------------------------------------------- */

/* Where the component that starts at `at` ends. */
static size_t component_end(struct player_text path, size_t at)
{
    while (at < path.units && path.text[at] != u'\\')
        at++;
    return at;
}

/* One key above the wanted one. */
static NTSTATUS create_parent(struct player_text path)
{
    UNICODE_STRING name = player_string(path);
    OBJECT_ATTRIBUTES object;
    HANDLE handle = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtCreateKey(&handle, MAXIMUM_ALLOWED, &object, 0, NULL, 0, NULL);
    if (NT_SUCCESS(status))
        NtClose(handle);
    return status;
}

static bool create_path(struct ntsim_player *player, struct player_result *result)
{
    struct player_text path = player->path.asked, parent = path;
    NTSTATUS status = STATUS_SUCCESS;
    size_t end = 0;

    if (!player_call(player, result) || result->status != STATUS_OBJECT_NAME_NOT_FOUND)
        return true;
    /* \REGISTRY and \REGISTRY\MACHINE are nobody's to make. */
    for (unsigned depth = 1; end < path.units && NT_SUCCESS(status); depth++) {
        end = component_end(path, end + 1);
        parent.units = end;
        if (depth > 2 && end < path.units)
            status = create_parent(parent);
    }
    if (NT_SUCCESS(status))
        return player_call(player, result);
    result->status = status;
    return true;
}

/* ---- delete ---------------------------------------------------------------------------------- */

/* `parent` \ `name`, as the registry compares it; NULL text: no memory. */
static struct player_text join(struct ntsim_player *player, struct player_text parent,
                               struct player_text name)
{
    struct player_text out = {NULL, parent.units + 1 + name.units};

    out.text = ntsim__arena_alloc(&player->scratch, (out.units + 1) * sizeof(WCHAR));
    if (!out.text)
        return out;
    memcpy(out.text, parent.text, parent.units * sizeof(WCHAR));
    out.text[parent.units] = u'\\';
    memcpy(out.text + parent.units + 1, name.text, name.units * sizeof(WCHAR));
    return player_upcase(&player->scratch, out);
}

/* The name of a subkey, in a buffer of the caller's. */
static NTSTATUS subkey(HANDLE key, ULONG index, WCHAR text[NAME_MAX_UNITS],
                       struct player_text *name)
{
    union {
        KEY_BASIC_INFORMATION basic;
        uint8_t bytes[sizeof(KEY_BASIC_INFORMATION) + NAME_MAX_UNITS * sizeof(WCHAR)];
    } buffer;
    ULONG needed = 0;
    NTSTATUS status =
        NtEnumerateKey(key, index, KeyBasicInformation, &buffer, sizeof(buffer), &needed);

    if (!NT_SUCCESS(status))
        return status;
    name->text = text;
    name->units = buffer.basic.NameLength / sizeof(WCHAR);
    if (name->units > NAME_MAX_UNITS)
        return STATUS_BUFFER_OVERFLOW; /* a driver's doing */
    memcpy(text, buffer.basic.Name, name->units * sizeof(WCHAR));
    return status;
}

static NTSTATUS delete_tree(struct ntsim_player *player, HANDLE root, struct player_text name);

/* The subkeys of the key that player->path names. One that is still there after its deletion, which
 * a driver can bring about, is passed over: the key itself then cannot go. */
static NTSTATUS delete_subkeys(struct ntsim_player *player, HANDLE key)
{
    const struct player_text identity = player->path.identity;
    struct player_text name, last = {NULL, 0};
    WCHAR texts[2][NAME_MAX_UNITS];
    NTSTATUS status;
    ULONG index = 0;

    for (unsigned turn = 0;; turn ^= 1) {
        status = subkey(key, index, texts[turn], &name);
        if (!NT_SUCCESS(status))
            return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
        if (last.text && player_text_equal(last, name)) {
            index++;
            last.text = NULL;
            continue;
        }
        last = name;
        player->path.identity = join(player, identity, name);
        if (!player->path.identity.text)
            return STATUS_INSUFFICIENT_RESOURCES;
        status = delete_tree(player, key, name);
        player->path.identity = identity;
        if (!NT_SUCCESS(status))
            return status;
    }
}

/* `name` below root, or a whole path; its identity is player->path.identity. */
static NTSTATUS delete_tree(struct ntsim_player *player, HANDLE root, struct player_text name)
{
    UNICODE_STRING string = player_string(name);
    OBJECT_ATTRIBUTES object;
    HANDLE key = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&object, &string, OBJ_CASE_INSENSITIVE, root, NULL);
    status = NtOpenKey(&key, DELETE | KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE, &object);
    if (!NT_SUCCESS(status))
        return status;
    status = delete_subkeys(player, key);
    if (NT_SUCCESS(status))
        status = NtDeleteKey(key);
    if (NT_SUCCESS(status))
        player_mark_deleted(player);
    NtClose(key);
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool holds_handle(const struct ntsim_player *player)
{
    struct player_text identity = player->path.identity;
    struct player_key *key;

    HASH_FIND(hh, player->actor->keys, identity.text, identity.units * sizeof(WCHAR), key);
    return key != NULL;
}

bool player_api_call(struct ntsim_player *player, struct player_result *result)
{
    switch (player->event->kind) {
    case NTSIM_EVENT_KEY_CREATE:
        return create_path(player, result);
    case NTSIM_EVENT_KEY_DELETE:
        result->status = delete_tree(player, NULL, player->path.asked);
        return true;
    default:
        if (!holds_handle(player))
            return false;
        return player->event->kind >= NTSIM_EVENT_VALUE_SET ? player_value_call(player, result)
                                                            : player_call(player, result);
    }
}
