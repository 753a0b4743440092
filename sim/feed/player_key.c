/* SPDX-License-Identifier: MIT
 *
 * player_key.c - calls on keys, as the recorded thread made them.
 *
 * What a record does not show of a call is chosen: an access of KEY_READ to open and KEY_ALL_ACCESS
 * to create; the smallest buffer that gives the expected status when that tells of a buffer, else
 * one that holds any answer; KeyBasicInformation.
 */
#include "feed/playerp.h"

#include <string.h>

#define ROOM 0x20000u /* bytes: more than any answer about a key */

/* Units of "\\REGISTRY\\A\\<hive>" at the start of path; 0: it is no application hive's. */
static size_t hive_units(struct player_text path)
{
    static const WCHAR Prefix[] = u"\\REGISTRY\\A\\";
    size_t units = sizeof(Prefix) / sizeof(Prefix[0]) - 1;

    if (path.units <= units || memcmp(path.text, Prefix, units * sizeof(WCHAR)) != 0)
        return 0;
    while (units < path.units && path.text[units] != u'\\')
        units++;
    return units;
}

/* The path as it is, or below the root of an application hive: such hives are reached through the
 * handle that loading them gave, and no other way (REG-LOD-04). */
static OBJECT_ATTRIBUTES attributes(struct ntsim_player *player, UNICODE_STRING *name)
{
    struct player_path path = player->path;
    size_t units = hive_units(path.identity);
    HANDLE root = NULL;
    OBJECT_ATTRIBUTES out;

    if (units) {
        player->path.identity.units = units;
        root = player_find_handle(player, 0);
        player->path = path;
        units += units < path.asked.units; /* the backslash */
        path.asked.text += units;
        path.asked.units -= units;
    }
    *name = player_string(path.asked);
    InitializeObjectAttributes(&out, name, OBJ_CASE_INSENSITIVE, root, NULL);
    return out;
}

/* File the handle of a successful create or open. */
static void opened(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    if (!NT_SUCCESS(result->status) || !handle)
        return;
    result->opened = NT_SUCCESS(ObpGrantedAccess(handle, &result->granted));
    if (!player_keep_handle(player, handle, result->granted))
        NtClose(handle);
}

static void call_open(struct ntsim_player *player, struct player_result *result)
{
    const struct ntsim_event *event = player->event;
    ACCESS_MASK access = event->has & NTSIM_HAS_ACCESS ? event->access : KEY_READ;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object = attributes(player, &name);
    HANDLE handle = NULL;

    if (event->options)
        result->status = NtOpenKeyEx(&handle, access, &object, event->options);
    else
        result->status = NtOpenKey(&handle, access, &object);
    opened(player, result, handle);
}

static void call_create(struct ntsim_player *player, struct player_result *result)
{
    const struct ntsim_event *event = player->event;
    ACCESS_MASK access = event->has & NTSIM_HAS_ACCESS ? event->access : KEY_ALL_ACCESS;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object = attributes(player, &name);
    HANDLE handle = NULL;

    result->status =
        NtCreateKey(&handle, access, &object, 0, NULL, event->options, &result->disposition);
    opened(player, result, handle);
}

static void call_close(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    (void)player;
    result->status = NtClose(handle);
}

static void call_delete(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    result->status = NtDeleteKey(handle);
    if (NT_SUCCESS(result->status))
        player_mark_deleted(player);
}

static void call_flush(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    (void)player;
    result->status = NtFlushKey(handle);
}

/* Size of the caller's buffer, at least `minimum` for the class when nothing is known. */
static ULONG room(const struct ntsim_event *event, ULONG minimum)
{
    if (event->has & NTSIM_HAS_LENGTH)
        return event->length < ROOM ? event->length : ROOM;
    if (event->expect.status == STATUS_BUFFER_TOO_SMALL)
        return 0;
    return event->expect.status == STATUS_BUFFER_OVERFLOW ? minimum : ROOM;
}

/* Bytes of buffer that an answer of `needed` bytes filled. */
static void answered(struct player_result *result, const void *buffer, ULONG length, ULONG needed)
{
    if (result->status != STATUS_SUCCESS && result->status != STATUS_BUFFER_OVERFLOW)
        return;
    result->buffer = buffer;
    result->bytes = needed < length ? needed : length;
}

static ULONG fixed_part(ULONG information_class)
{
    static const ULONG Fixed[] = {16, 24, 44, 4, 40, 12, 4, 4};

    return information_class < sizeof(Fixed) / sizeof(Fixed[0]) ? Fixed[information_class] : 0;
}

static void call_query(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    const struct ntsim_event *event = player->event;
    void *buffer = player_room(player, ROOM);
    ULONG length, needed = 0;

    result->information_class = event->has & NTSIM_HAS_CLASS ? event->information_class : 0;
    length = room(event, fixed_part(result->information_class));
    result->status = NtQueryKey(handle, (KEY_INFORMATION_CLASS)result->information_class, buffer,
                                buffer ? length : 0, &needed);
    answered(result, buffer, length, needed);
}

static void call_enumerate(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    const struct ntsim_event *event = player->event;
    void *buffer = player_room(player, ROOM);
    ULONG length, needed = 0;

    result->information_class = event->has & NTSIM_HAS_CLASS ? event->information_class : 0;
    length = room(event, fixed_part(result->information_class));
    result->status =
        NtEnumerateKey(handle, event->index, (KEY_INFORMATION_CLASS)result->information_class,
                       buffer, buffer ? length : 0, &needed);
    answered(result, buffer, length, needed);
}

static void call_set_information(struct ntsim_player *player, struct player_result *result,
                                 HANDLE handle)
{
    const struct ntsim_event *event = player->event;
    ULONG information_class =
        event->has & NTSIM_HAS_CLASS ? event->information_class : KeySetHandleTagsInformation;
    ULONG bytes = information_class == KeyWriteTimeInformation ? 8 : 4;
    uint8_t data[8] = {0};
    uint32_t tags = player_tags(player);

    memcpy(data, &tags, sizeof(tags));
    if (event->data && event->data_bytes)
        memcpy(data, event->data, event->data_bytes < bytes ? event->data_bytes : bytes);
    result->status =
        NtSetInformationKey(handle, (KEY_SET_INFORMATION_CLASS)information_class, data, bytes);
    memcpy(&tags, data, sizeof(tags));
    if (result->status == STATUS_SUCCESS && information_class == KeySetHandleTagsInformation)
        player_set_tags(player, handle, tags);
}

static void call_query_security(struct ntsim_player *player, struct player_result *result,
                                HANDLE handle)
{
    void *buffer = player_room(player, ROOM);
    ULONG length = room(player->event, ROOM), needed = 0;

    result->status = NtQuerySecurityObject(handle, OWNER_SECURITY_INFORMATION, buffer,
                                           buffer ? length : 0, &needed);
}

static void call_rename(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    const char *leaf = player->event->value ? player->event->value : "";
    UNICODE_STRING name = player_string(player_utf16(&player->scratch, leaf));

    result->status = NtRenameKey(handle, &name);
    if (NT_SUCCESS(result->status) && !player_rename_key(player, leaf))
        result->status = STATUS_INSUFFICIENT_RESOURCES;
}

/* Calls on a handle, and the rights each needs of it. */
static const struct {
    ACCESS_MASK rights;
    void (*call)(struct ntsim_player *player, struct player_result *result, HANDLE handle);
} Calls[NTSIM_EVENT_KIND_COUNT] = {
    [NTSIM_EVENT_KEY_CLOSE] = {0, call_close},
    [NTSIM_EVENT_KEY_DELETE] = {DELETE, call_delete},
    [NTSIM_EVENT_KEY_RENAME] = {KEY_WRITE, call_rename},
    [NTSIM_EVENT_KEY_FLUSH] = {0, call_flush},
    [NTSIM_EVENT_KEY_QUERY] = {KEY_QUERY_VALUE, call_query},
    [NTSIM_EVENT_KEY_ENUMERATE] = {KEY_ENUMERATE_SUB_KEYS, call_enumerate},
    [NTSIM_EVENT_KEY_SET_INFORMATION] = {KEY_SET_VALUE, call_set_information},
    [NTSIM_EVENT_KEY_QUERY_SECURITY] = {READ_CONTROL, call_query_security},
    [NTSIM_EVENT_KEY_SET_SECURITY] = {WRITE_DAC, player_set_security},
};

/* Calls by name. */
static void (*const Named[NTSIM_EVENT_KIND_COUNT])(struct ntsim_player *player,
                                                   struct player_result *result) = {
    [NTSIM_EVENT_KEY_OPEN] = call_open,
    [NTSIM_EVENT_KEY_CREATE] = call_create,
    [NTSIM_EVENT_KEY_LOAD] = player_load,
    [NTSIM_EVENT_KEY_UNLOAD] = player_unload,
};

/* Names and tags of a handle need no right of it (REG-QK-01, REG-SIK-02). */
static ACCESS_MASK rights_of(const struct ntsim_event *event)
{
    if (event->kind == NTSIM_EVENT_KEY_QUERY && event->has & NTSIM_HAS_CLASS &&
        (event->information_class == KeyNameInformation ||
         event->information_class == KeyHandleTagsInformation))
        return 0;
    if (event->kind == NTSIM_EVENT_KEY_SET_INFORMATION &&
        (!(event->has & NTSIM_HAS_CLASS) ||
         event->information_class == KeySetHandleTagsInformation))
        return 0;
    return Calls[event->kind].rights;
}

bool player_call(struct ntsim_player *player, struct player_result *result)
{
    const struct ntsim_event *event = player->event;
    HANDLE handle;

    if (Named[event->kind]) {
        Named[event->kind](player, result);
        return true;
    }
    if (!Calls[event->kind].call)
        return false;
    handle = event->kind == NTSIM_EVENT_KEY_CLOSE ? player_take_handle(player)
                                                  : player_find_handle(player, rights_of(event));
    if (handle)
        Calls[event->kind].call(player, result, handle);
    else
        result->status =
            STATUS_OBJECT_NAME_NOT_FOUND; /* there is nothing the call could be made on */
    return true;
}
