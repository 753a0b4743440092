/* SPDX-License-Identifier: MIT
 *
 * prime_note.c - what each record says of the registry as it was at the beginning.
 */
#include "feed/primep.h"

#include <string.h>

#define OBJECT_NAME_NOT_FOUND ((int32_t)STATUS_OBJECT_NAME_NOT_FOUND)

/* Does a record about this key still tell of the beginning? */
static bool is_below_replaced(const struct prime_key *key)
{
    for (; key; key = key->parent)
        if (key->replaced)
            return true;
    return false;
}

static void was_there(struct prime_key *key)
{
    if (key && !key->changed && !is_below_replaced(key))
        key->there++;
}

static void was_missing(struct prime_key *key)
{
    if (key && !key->changed && !is_below_replaced(key))
        key->missing++;
}

/* The recording made or deleted it. */
static void replace(struct prime_key *key)
{
    key->changed = key->replaced = true;
    if (key->parent)
        key->parent->subkeys_changed = true;
}

static void vote_rights(uint32_t votes[PRIME_RIGHTS], ACCESS_MASK rights)
{
    for (unsigned bit = 0; bit < PRIME_RIGHTS; bit++)
        votes[bit] += rights >> bit & 1u;
}

/* Refused, or granted; MAXIMUM_ALLOWED tells by what it gave. */
static void note_rights(struct prime_key *key, const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;
    ACCESS_MASK access = event->has & NTSIM_HAS_ACCESS ? event->access : 0;

    if (expect->status == (int32_t)STATUS_ACCESS_DENIED) {
        vote_rights(key->refused, access);
        return;
    }
    vote_rights(key->granted, access);
    if (!(access & MAXIMUM_ALLOWED) || !(expect->has & NTSIM_HAS_ACCESS))
        return;
    vote_rights(key->granted, expect->access);
    vote_rights(key->withheld, KEY_ALL_ACCESS & ~expect->access);
}

static void note_open(struct prime_key *key, const struct ntsim_event *event)
{
    int32_t status = event->expect.status;

    if (status == OBJECT_NAME_NOT_FOUND) {
        was_missing(key);
        return;
    }
    if (status != STATUS_SUCCESS && status != (int32_t)STATUS_ACCESS_DENIED)
        return;
    was_there(key);
    note_rights(key, event);
}

static void note_create(struct prime_key *key, const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;

    if (expect->status != STATUS_SUCCESS) {
        if (expect->status == OBJECT_NAME_NOT_FOUND)
            was_missing(key->parent);
        return;
    }
    note_rights(key, event);
    if (expect->has & NTSIM_HAS_DISPOSITION && expect->disposition == REG_OPENED_EXISTING_KEY) {
        was_there(key);
        return;
    }
    if (key->parent)
        was_there(key->parent);
    if (expect->has & NTSIM_HAS_DISPOSITION) {
        was_missing(key);
        replace(key);
    }
    key->changed = true; /* now it is there, whether or not it was */
}

static void add_entry(struct prime *prime, struct prime_entry **entries, uint32_t index,
                      struct prime_key *key, struct prime_value *value)
{
    struct prime_entry *entry;

    LL_FOREACH (*entries, entry) {
        if (entry->index == index || (entry->key == key && entry->value == value))
            return;
    }
    entry = ntsim__arena_alloc(prime->arena, sizeof(*entry));
    if (!entry) {
        prime->memory = true;
        return;
    }
    *entry = (struct prime_entry){NULL, index, key, value};
    LL_APPEND(*entries, entry);
}

static void spell(struct prime *prime, struct prime_key *key, struct player_text name)
{
    if (!key || key->name_sure)
        return;
    key->name = prime_join(prime, name, NULL, 0);
    key->name_sure = true;
}

static void note_subkey(struct prime *prime, struct prime_key *key, const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;
    struct player_text name;
    struct prime_key *child;

    was_there(key);
    if (expect->status == STATUS_NO_MORE_ENTRIES) {
        if (!key->subkeys_changed && key->subkey_count < 0)
            key->subkey_count = event->index;
        return;
    }
    if (expect->status != STATUS_SUCCESS || !(expect->has & NTSIM_HAS_NAME))
        return;
    name = player_utf16(&prime->player->scratch, expect->name);
    child = name.text ? prime_child(prime, key, name) : NULL;
    if (!child)
        return;
    was_there(child);
    spell(prime, child, name);
    if (!key->subkeys_changed)
        add_entry(prime, &key->subkeys, event->index, child, NULL);
}

static void note_query(struct prime *prime, struct prime_key *key, const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;
    uint32_t counts[2];

    was_there(key);
    if (expect->status != STATUS_SUCCESS || !(event->has & NTSIM_HAS_CLASS))
        return;
    if (event->information_class == KeyBasicInformation && expect->has & NTSIM_HAS_NAME)
        spell(prime, key, player_utf16(&prime->player->scratch, expect->name));
    if ((event->information_class != KeyFullInformation &&
         event->information_class != KeyCachedInformation) ||
        !(expect->has & NTSIM_HAS_DATA) || expect->data_bytes < sizeof(counts))
        return;
    memcpy(counts, expect->data, sizeof(counts));
    if (!key->subkeys_changed && key->subkey_count < 0)
        key->subkey_count = counts[0];
    if (!key->values_changed && key->value_count < 0)
        key->value_count = counts[1];
}

static void note_data(struct prime *prime, struct prime_value *value,
                      const struct ntsim_expect *expect)
{
    size_t bytes = expect->has & NTSIM_HAS_DATA ? expect->data_bytes : 0;

    if (expect->has & NTSIM_HAS_TYPE && expect->has & NTSIM_HAS_LENGTH)
        prime_add_data(prime, value, expect->type, expect->length, expect->data,
                       bytes < expect->length ? bytes : expect->length);
}

/* A buffer of `length` bytes was too small for a fixed part and this much more. */
static void note_least(struct prime_value *value, const struct ntsim_event *event, uint32_t fixed)
{
    uint32_t length = event->has & NTSIM_HAS_LENGTH ? event->length : 0;

    if (event->expect.status == (int32_t)STATUS_BUFFER_OVERFLOW && length >= fixed &&
        value->least < length - fixed + 1)
        value->least = length - fixed + 1;
}

static void note_value(struct prime *prime, struct prime_key *key, const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;
    bool success = expect->status == STATUS_SUCCESS, before;
    struct prime_value *value;

    was_there(key);
    value = prime_value(prime, key, event->value ? event->value : "");
    if (!value)
        return;
    before = !value->changed && !is_below_replaced(key);
    switch (event->kind) {
    case NTSIM_EVENT_VALUE_SET:
        if (success && !value->there)
            key->values_changed = true;
        value->changed |= success;
        break;
    case NTSIM_EVENT_VALUE_DELETE:
        value->there += before && success;
        value->missing += before && expect->status == OBJECT_NAME_NOT_FOUND;
        key->values_changed |= success;
        value->changed |= success;
        break;
    default:
        if (!before)
            break;
        if (expect->status == OBJECT_NAME_NOT_FOUND) {
            value->missing++;
            break;
        }
        value->there++;
        note_least(value, event, 12);
        if (success)
            note_data(prime, value, expect);
        break;
    }
}

static void note_value_at(struct prime *prime, struct prime_key *key,
                          const struct ntsim_event *event)
{
    const struct ntsim_expect *expect = &event->expect;
    struct prime_value *value;

    was_there(key);
    if (expect->status == STATUS_NO_MORE_ENTRIES && !key->values_changed && key->value_count < 0)
        key->value_count = event->index;
    if (expect->status != STATUS_SUCCESS || !(expect->has & NTSIM_HAS_NAME))
        return;
    value = prime_value(prime, key, expect->name);
    if (!value || value->changed || is_below_replaced(key))
        return;
    value->there++;
    note_data(prime, value, expect);
    if (!key->values_changed)
        add_entry(prime, &key->values_at, event->index, NULL, value);
}

/* A program that names keys of a user runs while that user's hive is there. */
static void note_hive(struct prime *prime, const char *key)
{
    static const char Users[] = "\\REGISTRY\\USER\\";
    size_t length = sizeof(Users) - 1;
    char *hive;

    if (strncasecmp(key, Users, length) != 0)
        return;
    length += strcspn(key + length, "\\");
    hive = ntsim__arena_text(&prime->player->scratch, key, length);
    if (hive)
        was_there(prime_key(prime, hive));
    else
        prime->memory = true;
}

void prime_note(struct prime *prime, const struct ntsim_event *event)
{
    bool resolved = event->expect.has & NTSIM_HAS_REPARSE && event->expect.has & NTSIM_HAS_NAME;
    struct prime_key *key;

    if (event->has & NTSIM_HAS_API && event->kind == NTSIM_EVENT_KEY_CREATE && event->key)
        note_hive(prime, event->key);
    if (event->kind < NTSIM_EVENT_KEY_CREATE || !event->key ||
        !(event->expect.has & NTSIM_HAS_STATUS) || event->expect.written)
        return;
    key = prime_key(prime, resolved ? event->expect.name : event->key);
    if (!key)
        return;
    switch (event->kind) {
    case NTSIM_EVENT_KEY_OPEN:
        note_open(key, event);
        break;
    case NTSIM_EVENT_KEY_CREATE:
        note_create(key, event);
        break;
    case NTSIM_EVENT_KEY_DELETE:
        was_there(key);
        if (event->expect.status == STATUS_SUCCESS)
            replace(key);
        break;
    case NTSIM_EVENT_KEY_ENUMERATE:
        note_subkey(prime, key, event);
        break;
    case NTSIM_EVENT_KEY_QUERY:
        note_query(prime, key, event);
        break;
    case NTSIM_EVENT_VALUE_ENUMERATE:
        note_value_at(prime, key, event);
        break;
    case NTSIM_EVENT_VALUE_SET:
    case NTSIM_EVENT_VALUE_DELETE:
    case NTSIM_EVENT_VALUE_QUERY:
        note_value(prime, key, event);
        break;
    default:
        was_there(key);
        break;
    }
}
