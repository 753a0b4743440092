/* SPDX-License-Identifier: MIT
 *
 * player_value.c - calls on values, as the recorded thread made them.
 *
 * What a record does not show is chosen: KeyValuePartialInformation to query, which is what the
 * Windows API asks for, and KeyValueFullInformation to enumerate; of REG_BINARY data beyond the
 * recorded bytes, player_fill.
 */
#include "feed/playerp.h"

#include <stdlib.h>
#include <string.h>

void player_fill(uint32_t type, uint8_t *data, size_t known, size_t bytes)
{
    bool text = type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;

    for (size_t i = known; i < bytes; i++)
        data[i] = text ? (uint8_t)(i % 2 == 0 ? '?' : 0) : 0x5A;
    for (size_t i = bytes >= 2 && bytes - 2 > known ? bytes - 2 : known; text && i < bytes; i++)
        data[i] = 0;
}

void *player_room(struct ntsim_player *player, size_t bytes)
{
    void *room;

    if (player->room && bytes <= player->room_bytes)
        return player->room;
    room = realloc(player->room, bytes + 1);
    if (!room)
        return NULL;
    player->room = room;
    player->room_bytes = bytes;
    return room;
}

static UNICODE_STRING value_name(struct ntsim_player *player)
{
    const char *name = player->event->value ? player->event->value : "";

    return player_string(player_utf16(&player->scratch, name));
}

static ULONG fixed_part(ULONG information_class)
{
    static const ULONG Fixed[] = {12, 20, 12, 20, 8};

    return information_class < sizeof(Fixed) / sizeof(Fixed[0]) ? Fixed[information_class] : 0;
}

/* The caller's buffer; *length its size. */
static void *answer_buffer(struct ntsim_player *player, const struct player_result *result,
                           ULONG *length)
{
    const struct ntsim_event *event = player->event;
    const struct ntsim_expect *expect = &event->expect;

    *length = (expect->has & NTSIM_HAS_LENGTH ? expect->length : 0) + 0x11000;
    if (event->has & NTSIM_HAS_LENGTH)
        *length = event->length < 0x1000000 ? event->length : 0x1000000;
    else if (expect->status == STATUS_BUFFER_TOO_SMALL)
        *length = 0;
    else if (expect->status == STATUS_BUFFER_OVERFLOW)
        *length = fixed_part(result->information_class);
    return player_room(player, *length);
}

static void answered(struct player_result *result, const void *buffer, ULONG length, ULONG needed)
{
    if (result->status != STATUS_SUCCESS && result->status != STATUS_BUFFER_OVERFLOW)
        return;
    result->buffer = buffer;
    result->bytes = needed < length ? needed : length;
}

static void call_query(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    UNICODE_STRING name = value_name(player);
    ULONG length, needed = 0;
    void *buffer;

    result->information_class = player->event->has & NTSIM_HAS_CLASS
                                    ? player->event->information_class
                                    : KeyValuePartialInformation;
    buffer = answer_buffer(player, result, &length);
    result->status =
        NtQueryValueKey(handle, &name, (KEY_VALUE_INFORMATION_CLASS)result->information_class,
                        buffer, buffer ? length : 0, &needed);
    answered(result, buffer, length, needed);
}

static void call_enumerate(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    ULONG length, needed = 0;
    void *buffer;

    result->information_class = player->event->has & NTSIM_HAS_CLASS
                                    ? player->event->information_class
                                    : KeyValueFullInformation;
    buffer = answer_buffer(player, result, &length);
    result->status = NtEnumerateValueKey(handle, player->event->index,
                                         (KEY_VALUE_INFORMATION_CLASS)result->information_class,
                                         buffer, buffer ? length : 0, &needed);
    answered(result, buffer, length, needed);
}

static void call_set(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    const struct ntsim_event *event = player->event;
    size_t bytes = event->data_bytes;
    UNICODE_STRING name = value_name(player);
    uint8_t *data;

    if (event->has & NTSIM_HAS_LENGTH && event->length > bytes)
        bytes = event->length;
    data = ntsim__arena_alloc(&player->scratch, bytes + 1);
    if (!data) {
        result->status = STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    if (event->data_bytes)
        memcpy(data, event->data, event->data_bytes);
    player_fill(event->type, data, event->data_bytes, bytes);
    result->status = NtSetValueKey(handle, &name, 0, event->type, data, (ULONG)bytes);
}

static void call_delete(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    UNICODE_STRING name = value_name(player);

    result->status = NtDeleteValueKey(handle, &name);
}

/* No record names the values: the one given, or none at all (REG-QMV-02). */
static void call_query_multiple(struct ntsim_player *player, struct player_result *result,
                                HANDLE handle)
{
    UNICODE_STRING name = value_name(player);
    KEY_VALUE_ENTRY entry = {.ValueName = &name};
    ULONG length = 0x10000, needed = 0;
    void *buffer = player_room(player, length);

    result->status = NtQueryMultipleValueKey(handle, &entry, player->event->value ? 1 : 0, buffer,
                                             &length, &needed);
}

static const struct {
    ACCESS_MASK rights;
    void (*call)(struct ntsim_player *player, struct player_result *result, HANDLE handle);
} Calls[NTSIM_EVENT_KIND_COUNT] = {
    [NTSIM_EVENT_VALUE_SET] = {KEY_SET_VALUE, call_set},
    [NTSIM_EVENT_VALUE_DELETE] = {KEY_SET_VALUE, call_delete},
    [NTSIM_EVENT_VALUE_QUERY] = {KEY_QUERY_VALUE, call_query},
    [NTSIM_EVENT_VALUE_QUERY_MULTIPLE] = {KEY_QUERY_VALUE, call_query_multiple},
    [NTSIM_EVENT_VALUE_ENUMERATE] = {KEY_QUERY_VALUE, call_enumerate},
};

bool player_value_call(struct ntsim_player *player, struct player_result *result)
{
    HANDLE handle = player_find_handle(player, Calls[player->event->kind].rights);

    result->of_value = true;
    if (handle)
        Calls[player->event->kind].call(player, result, handle);
    else
        result->status =
            STATUS_OBJECT_NAME_NOT_FOUND; /* there is nothing the call could be made on */
    return true;
}
