/* SPDX-License-Identifier: MIT
 *
 * prime_model.c - the keys and values that a recording names.
 */
#include "feed/primep.h"

#include <string.h>

int prime_compare_names(struct player_text left, struct player_text right)
{
    size_t units = left.units < right.units ? left.units : right.units;

    for (size_t i = 0; i < units; i++)
        if (left.text[i] != right.text[i])
            return left.text[i] < right.text[i] ? -1 : 1;
    return left.units == right.units ? 0 : left.units < right.units ? -1 : 1;
}

struct player_text prime_join(struct prime *prime, struct player_text text, const WCHAR *more,
                              size_t units)
{
    struct player_text out = {NULL, text.units + units};

    out.text = ntsim__arena_alloc(prime->arena, (out.units + 1) * sizeof(WCHAR));
    if (!out.text) {
        prime->memory = true;
        return (struct player_text){NULL, 0};
    }
    if (text.units)
        memcpy(out.text, text.text, text.units * sizeof(WCHAR));
    if (units)
        memcpy(out.text + text.units, more, units * sizeof(WCHAR));
    return out;
}

static struct prime_key *find_key(struct prime *prime, struct player_text identity)
{
    struct prime_key *key;

    HASH_FIND(hh, prime->keys, identity.text, identity.units * sizeof(WCHAR), key);
    return key;
}

static struct prime_key *add_key(struct prime *prime, struct prime_key *parent,
                                 struct player_text identity, struct player_text name)
{
    struct prime_key *key = ntsim__arena_alloc(prime->arena, sizeof(*key));

    identity = prime_join(prime, identity, NULL, 0);
    name = prime_join(prime, name, NULL, 0);
    if (!key || !identity.text || !name.text)
        goto Failed;
    key->identity = identity;
    key->name = name;
    key->parent = parent;
    key->subkey_count = key->value_count = -1;
    HASH_ADD_KEYPTR(hh, prime->keys, key->identity.text, identity.units * sizeof(WCHAR), key);
    if (!key->hh.tbl)
        goto Failed;
    if (parent)
        LL_PREPEND(parent->children, key);
    else
        prime->root = key;
    return key;
Failed:
    prime->memory = true;
    return NULL;
}

/* The key, and those above it. Components of `spelt` are those of `identity` unless a link changed
 * them; the caller then passes the identity itself. */
static struct prime_key *walk(struct prime *prime, struct player_text identity,
                              struct player_text spelt)
{
    struct prime_key *key = find_key(prime, identity), *parent = NULL;
    size_t start = 0, end;

    if (key)
        return key;
    while (start < identity.units) {
        struct player_text prefix = {identity.text, 0};

        for (end = start + 1; end < identity.units && identity.text[end] != u'\\'; end++)
            ;
        prefix.units = end;
        if (end > start + 1) {
            key = find_key(prime, prefix);
            if (!key)
                key = add_key(prime, parent, prefix,
                              (struct player_text){spelt.text + start + 1, end - start - 1});
            if (!key)
                return NULL;
            parent = key;
        }
        start = end;
    }
    return parent;
}

static bool is_of_registry(struct player_text identity)
{
    static const WCHAR Root[] = u"\\REGISTRY";
    size_t units = sizeof(Root) / sizeof(Root[0]) - 1;

    return identity.units >= units && memcmp(identity.text, Root, units * sizeof(WCHAR)) == 0 &&
           (identity.units == units || identity.text[units] == u'\\');
}

struct prime_key *prime_key(struct prime *prime, const char *path)
{
    struct player_path both;
    struct prime_key *key;

    if (!player_path(prime->player, path, &both)) {
        prime->memory = true;
        return NULL;
    }
    if (!is_of_registry(both.identity))
        return NULL;
    while (both.asked.units > 1 && both.asked.text[both.asked.units - 1] == u'\\')
        both.asked.units--;
    key = walk(prime, both.identity,
               both.asked.units == both.identity.units ? both.asked : both.identity);
    return key;
}

struct prime_key *prime_child(struct prime *prime, struct prime_key *parent,
                              struct player_text name)
{
    struct player_text path = prime_join(prime, parent->identity, u"\\", 1), identity;
    struct prime_key *child;

    if (!path.text)
        return NULL;
    path = prime_join(prime, path, name.text, name.units);
    identity = path.text ? player_upcase(prime->arena, path) : path;
    if (!identity.text) {
        prime->memory = true;
        return NULL;
    }
    child = find_key(prime, identity);
    return child ? child : add_key(prime, parent, identity, name);
}

struct prime_value *prime_value(struct prime *prime, struct prime_key *key, const char *name)
{
    struct player_text text = player_utf16(&prime->player->scratch, name);
    struct player_text identity = prime_join(prime, key->identity, u"", 1), folded;
    struct prime_value *value;

    folded = text.text ? player_upcase(&prime->player->scratch, text) : text;
    if (folded.text && identity.text)
        identity = prime_join(prime, identity, folded.text, folded.units);
    if (!folded.text || !identity.text)
        goto Failed;
    HASH_FIND(hh, prime->values, identity.text, identity.units * sizeof(WCHAR), value);
    if (value)
        return value;
    value = ntsim__arena_alloc(prime->arena, sizeof(*value));
    if (!value)
        goto Failed;
    value->identity = identity;
    value->name = prime_join(prime, text, NULL, 0);
    HASH_ADD_KEYPTR(hh, prime->values, identity.text, identity.units * sizeof(WCHAR), value);
    if (!value->name.text || !value->hh.tbl)
        goto Failed;
    LL_APPEND(key->values, value);
    return value;
Failed:
    prime->memory = true;
    return NULL;
}

void prime_add_data(struct prime *prime, struct prime_value *value, uint32_t type, uint32_t length,
                    const uint8_t *bytes, size_t count)
{
    struct prime_data *data;
    uint8_t *copy;

    LL_FOREACH (value->data, data) {
        if (data->type == type && data->length == length && data->count == count &&
            (count == 0 || memcmp(data->bytes, bytes, count) == 0)) {
            data->votes++;
            return;
        }
    }
    data = ntsim__arena_alloc(prime->arena, sizeof(*data));
    copy = ntsim__arena_alloc(prime->arena, count + 1);
    if (!data || !copy) {
        prime->memory = true;
        return;
    }
    if (count)
        memcpy(copy, bytes, count);
    *data = (struct prime_data){
        .votes = 1, .type = type, .length = length, .bytes = copy, .count = count};
    LL_APPEND(value->data, data);
}

const struct prime_data *prime_best_data(const struct prime_value *value)
{
    const struct prime_data *data, *best = NULL;

    LL_FOREACH (value->data, data) {
        if (!best || data->votes > best->votes)
            best = data;
    }
    return best;
}
