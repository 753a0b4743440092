/* SPDX-License-Identifier: MIT
 *
 * player_compare.c - what came of an event against what was expected of it.
 *
 * The first thing that differs is reported. Data that the record shows in part is compared as far
 * as it goes. A result that a driver changed is not held against a recorded one: that Windows had
 * no such driver.
 */
#include "feed/playerp.h"

#include <ntsim/trace.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What an answer says, as far as it was written. */
struct answer {
    bool has_name, has_type, has_length;
    struct player_text name;
    uint32_t type, length;
    const uint8_t *data; /* NULL: not there */
    size_t data_bytes;   /* of them in the buffer */
};

NTCB_PRINTF(3, 4)
static void differ(struct ntsim_player *player, const char *what, const char *format, ...)
{
    struct ntsim_outcome *outcome = player->outcome;
    va_list arguments;

    outcome->agreed = false;
    va_start(arguments, format);
    vsnprintf(outcome->difference, sizeof(outcome->difference), format, arguments);
    va_end(arguments);
    snprintf(outcome->difference_class, sizeof(outcome->difference_class), "%s %s",
             ntsim_event_name(player->event->kind), what);
}

/* `bytes` of the buffer at `offset`, cut where the answer ends. */
static const void *part(const struct player_result *result, size_t offset, size_t bytes,
                        size_t *there)
{
    if (offset > result->bytes)
        return NULL;
    *there = result->bytes - offset < bytes ? result->bytes - offset : bytes;
    return (const uint8_t *)result->buffer + offset;
}

static uint32_t number_at(const struct player_result *result, size_t offset)
{
    uint32_t number;

    memcpy(&number, (const uint8_t *)result->buffer + offset, sizeof(number));
    return number;
}

static void take_name(const struct player_result *result, size_t offset, size_t bytes,
                      struct answer *answer)
{
    size_t there;
    const void *text = part(result, offset, bytes, &there);

    if (!text || there < bytes)
        return;
    answer->name = (struct player_text){(WCHAR *)text, bytes / sizeof(WCHAR)};
    answer->has_name = true;
}

/* Where the members of each information class are; 0xFF: there is none. */
struct layout {
    uint8_t fixed, type, length, data_offset, data, name_length, name;
};

static const struct layout KeyLayouts[] = {
    [KeyBasicInformation] = {16, 0xFF, 0xFF, 0xFF, 0xFF, 12, 16},
    [KeyNodeInformation] = {24, 0xFF, 0xFF, 0xFF, 0xFF, 20, 24},
    [KeyNameInformation] = {4, 0xFF, 0xFF, 0xFF, 0xFF, 0, 4},
};

static const struct layout ValueLayouts[] = {
    [KeyValueBasicInformation] = {12, 4, 0xFF, 0xFF, 0xFF, 8, 12},
    [KeyValueFullInformation] = {20, 4, 12, 8, 0xFF, 16, 20},
    [KeyValuePartialInformation] = {12, 4, 8, 0xFF, 12, 0xFF, 0xFF},
    [KeyValueFullInformationAlign64] = {20, 4, 12, 8, 0xFF, 16, 20},
    [KeyValuePartialInformationAlign64] = {8, 0, 4, 0xFF, 8, 0xFF, 0xFF},
};

static const struct layout *layout_of(const struct player_result *result)
{
    size_t count = result->of_value ? sizeof(ValueLayouts) / sizeof(ValueLayouts[0])
                                    : sizeof(KeyLayouts) / sizeof(KeyLayouts[0]);
    const struct layout *layout = result->of_value ? ValueLayouts : KeyLayouts;

    if (!result->buffer || result->information_class >= count)
        return NULL;
    layout += result->information_class;
    return layout->fixed && result->bytes >= layout->fixed ? layout : NULL;
}

static struct answer read_answer(const struct player_result *result)
{
    const struct layout *layout = layout_of(result);
    struct answer answer = {0};
    size_t offset;

    if (!layout)
        return answer;
    if (layout->type != 0xFF) {
        answer.type = number_at(result, layout->type);
        answer.has_type = true;
    }
    if (layout->length != 0xFF) {
        answer.length = number_at(result, layout->length);
        answer.has_length = true;
        offset =
            layout->data_offset != 0xFF ? number_at(result, layout->data_offset) : layout->data;
        answer.data = part(result, offset, answer.length, &answer.data_bytes);
    }
    if (layout->name_length != 0xFF)
        take_name(result, layout->name, number_at(result, layout->name_length), &answer);
    return answer;
}

static void describe(const struct ntsim_player *player, struct player_text text, char *out,
                     size_t bytes)
{
    (void)player;
    ntsim__utf8(text.text, text.units, out, bytes);
}

/* A path is compared without case: the tool rewrites its roots. A name is compared as it is. */
static bool compare_name(struct ntsim_player *player, const struct player_result *result,
                         const struct answer *answer)
{
    const char *expected = player->event->expect.name;
    struct player_text want = player_utf16(&player->scratch, expected), got = answer->name;
    char text[96];

    if (!result->of_value && result->information_class == KeyNameInformation) {
        want = player_upcase(&player->scratch, want);
        got = player_upcase(&player->scratch, got);
    }
    if (player_text_equal(want, got))
        return true;
    describe(player, answer->name, text, sizeof(text));
    differ(player, "name", "name: expected \"%.96s\", got \"%s\"", expected, text);
    return false;
}

static bool compare_data(struct ntsim_player *player, const struct answer *answer)
{
    const struct ntsim_expect *expect = &player->event->expect;
    size_t bytes = expect->data_bytes;

    if (expect->has & NTSIM_HAS_LENGTH && bytes > expect->length)
        bytes = expect->length;
    if (bytes > answer->data_bytes && answer->data_bytes < answer->length)
        bytes = answer->data_bytes; /* the buffer took no more */
    if (bytes <= answer->data_bytes && (!bytes || !memcmp(expect->data, answer->data, bytes)))
        return true;
    for (size_t i = 0; i < bytes; i++) {
        if (i < answer->data_bytes && expect->data[i] == answer->data[i])
            continue;
        differ(player, "data", "data: byte %zu: expected 0x%02x, got %s0x%02x", i, expect->data[i],
               i < answer->data_bytes ? "" : "none, ",
               i < answer->data_bytes ? answer->data[i] : 0);
        break;
    }
    return false;
}

/* Number of subkeys and values, tags: what KEY.QUERY expects as 32-bit numbers. */
static bool compare_numbers(struct ntsim_player *player, const struct player_result *result)
{
    const struct ntsim_expect *expect = &player->event->expect;
    static const char *const Names[] = {"subkeys", "values"};
    size_t offsets[2] = {0, 0}, count = 0;

    switch (result->information_class) {
    case KeyFullInformation:
        offsets[0] = offsetof(KEY_FULL_INFORMATION, SubKeys);
        offsets[1] = offsetof(KEY_FULL_INFORMATION, Values);
        count = 2;
        break;
    case KeyCachedInformation:
        offsets[0] = offsetof(KEY_CACHED_INFORMATION, SubKeys);
        offsets[1] = offsetof(KEY_CACHED_INFORMATION, Values);
        count = 2;
        break;
    case KeyHandleTagsInformation:
        count = 1;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < count && 4 * i + 4 <= expect->data_bytes; i++) {
        uint32_t want, got;

        if (!result->buffer || offsets[i] + 4 > result->bytes)
            return true;
        memcpy(&want, expect->data + 4 * i, sizeof(want));
        got = number_at(result, offsets[i]);
        if (want == got)
            continue;
        differ(player, count == 1 ? "tags" : Names[i], "%s: expected %" PRIu32 ", got %" PRIu32,
               count == 1 ? "handle tags" : Names[i], want, got);
        return false;
    }
    return true;
}

static bool compare_status(struct ntsim_player *player, const struct player_result *result)
{
    const struct ntsim_expect *expect = &player->event->expect;
    char want[64], got[64], what[96];

    if (!(expect->has & NTSIM_HAS_STATUS) || expect->status == result->status)
        return true;
    snprintf(what, sizeof(what), "%s -> %s", ntsim_status_text(expect->status, want, sizeof(want)),
             ntsim_status_text(result->status, got, sizeof(got)));
    differ(player, what, "status: expected 0x%08" PRIX32 ", got 0x%08" PRIX32,
           (uint32_t)expect->status, (uint32_t)result->status);
    return false;
}

/* Is there something of this kind to hold the expectation against? What an author wrote down must
 * be there; what a record shows may be missing from an answer that did not fit. */
static bool compare_presence(struct ntsim_player *player, uint32_t bit, bool there,
                             const char *what)
{
    const struct ntsim_expect *expect = &player->event->expect;

    if (!expect->written || !(expect->has & bit) || there)
        return true;
    differ(player, what, "%s: expected one, but the call returned none", what);
    return false;
}

static bool compare_call(struct ntsim_player *player, const struct player_result *result)
{
    const struct ntsim_expect *expect = &player->event->expect;
    const struct ntsim_outcome *outcome = player->outcome;

    if (expect->has & NTSIM_HAS_BLOCKED && expect->blocked != outcome->driver_changed) {
        differ(player, "blocked", "blocked: expected %s, got %s", expect->blocked ? "yes" : "no",
               outcome->driver_changed ? "yes" : "no");
        return false;
    }
    if (expect->has & NTSIM_HAS_REPARSE && !result->reparsed) {
        differ(player, "link", "the call should have passed a link, and did not");
        return false;
    }
    if (!result->opened)
        return compare_presence(player, NTSIM_HAS_DISPOSITION, false, "disposition") &&
               compare_presence(player, NTSIM_HAS_ACCESS, false, "granted access");
    if (expect->has & NTSIM_HAS_DISPOSITION && expect->disposition != result->disposition) {
        differ(player, "disposition", "disposition: expected %" PRIu32 ", got %" PRIu32,
               expect->disposition, (uint32_t)result->disposition);
        return false;
    }
    if (expect->has & NTSIM_HAS_ACCESS && expect->access != result->granted) {
        differ(player, "granted access",
               "granted access: expected 0x%08" PRIX32 ", got 0x%08" PRIX32, expect->access,
               (uint32_t)result->granted);
        return false;
    }
    return true;
}

static bool compare_answer(struct ntsim_player *player, const struct player_result *result)
{
    const struct ntsim_expect *expect = &player->event->expect;
    struct answer answer = read_answer(result);
    bool numbers = player->event->kind == NTSIM_EVENT_KEY_QUERY && result->buffer;

    if (!compare_presence(player, NTSIM_HAS_NAME, answer.has_name, "name") ||
        !compare_presence(player, NTSIM_HAS_TYPE, answer.has_type, "type") ||
        !compare_presence(player, NTSIM_HAS_LENGTH, answer.has_length, "length") ||
        !compare_presence(player, NTSIM_HAS_DATA, numbers || answer.data, "data"))
        return false;
    if (expect->has & NTSIM_HAS_NAME && answer.has_name && !compare_name(player, result, &answer))
        return false;
    if (expect->has & NTSIM_HAS_TYPE && answer.has_type && expect->type != answer.type) {
        differ(player, "type", "type: expected %" PRIu32 ", got %" PRIu32, expect->type,
               answer.type);
        return false;
    }
    if (expect->has & NTSIM_HAS_LENGTH && answer.has_length && expect->length != answer.length) {
        differ(player, "length", "length: expected %" PRIu32 ", got %" PRIu32, expect->length,
               answer.length);
        return false;
    }
    if (!(expect->has & NTSIM_HAS_DATA))
        return true;
    if (player->event->kind == NTSIM_EVENT_KEY_QUERY)
        return compare_numbers(player, result);
    return !answer.data || compare_data(player, &answer);
}

void player_compare(struct ntsim_player *player, const struct player_result *result)
{
    const struct ntsim_expect *expect = &player->event->expect;
    struct ntsim_outcome *outcome = player->outcome;

    if (!expect->has || (outcome->driver_changed && !expect->written))
        return;
    outcome->compared = true;
    outcome->agreed = compare_status(player, result) && compare_call(player, result) &&
                      compare_answer(player, result);
}
