/* SPDX-License-Identifier: MIT
 *
 * prime_apply.c - make the registry what the recording found.
 *
 * Data that no record shows in full is filled as player_fill says; a value of which nothing is
 * known but that it did not fit holds REG_BINARY of the least size that would not.
 */
#include "feed/primep.h"

#include <stdio.h>
#include <string.h>

/* UTF-8 of text in scratch; NULL: no memory. */
static char *utf8(struct prime *prime, struct player_text text)
{
    size_t bytes = text.units * 3 + 1;
    char *out = ntsim__arena_alloc(&prime->player->scratch, bytes);

    if (out)
        ntsim__utf8(text.text, text.units, out, bytes);
    return out;
}

static int apply_value(struct prime *prime, const char *path, const struct prime_value *value,
                       size_t index)
{
    const struct prime_data *known = value ? prime_best_data(value) : NULL;
    uint32_t type = known ? known->type : REG_BINARY;
    size_t bytes = known ? known->length : value ? value->least : 0;
    uint8_t *data = ntsim__arena_alloc(&prime->player->scratch, bytes + 1);
    char made_up[32], *name = made_up;

    snprintf(made_up, sizeof(made_up), "\x01%05zu", index);
    if (value)
        name = utf8(prime, value->name);
    if (!data || !name)
        return NTCB_ENOMEM;
    if (known && known->count)
        memcpy(data, known->bytes, known->count);
    player_fill(type, data, known ? known->count : 0, bytes);
    return ntsim_registry_value(prime->player->sim, path, name, type, data, bytes);
}

static int apply_values(struct prime *prime, struct prime_key *key, const char *path)
{
    size_t count, i;
    struct prime_value **order;
    int result = 0;

    if (!key->values && key->value_count <= 0)
        return 0;
    order = prime_order_values(prime, key, &count);
    if (!order)
        return NTCB_ENOMEM;
    for (i = 0; i < count && result == 0; i++)
        result = apply_value(prime, path, order[i], i);
    return result;
}

/* A right that was kept back is denied. A refusal tells only that some right asked for is: one that
 * nobody was ever given, or when each was given to somebody, one refused more often than given. */
static uint32_t denied_rights(const struct prime_key *key)
{
    uint32_t withheld = 0, never = 0, seldom = 0;

    for (unsigned bit = 0; bit < PRIME_RIGHTS; bit++) {
        withheld |= (uint32_t)(key->withheld[bit] > key->granted[bit]) << bit;
        never |= (uint32_t)(key->refused[bit] > 0 && key->granted[bit] == 0) << bit;
        seldom |= (uint32_t)(key->refused[bit] > key->granted[bit]) << bit;
    }
    return withheld | (never ? never : seldom);
}

static int apply_rights(struct prime *prime, const struct prime_key *key, const char *path)
{
    uint32_t rights = denied_rights(key);

    return rights ? ntsim_registry_deny(prime->player->sim, path, rights) : 0;
}

static int apply_key(struct prime *prime, struct prime_key *key, struct player_text parent,
                     bool is_volatile)
{
    struct player_text path = prime_join(prime, parent, u"\\", 1);
    struct prime_key *child;
    char *text;
    int result;

    if (path.text)
        path = prime_join(prime, path, key->name.text, key->name.units);
    ntsim__arena_reset(&prime->player->scratch);
    text = path.text ? utf8(prime, path) : NULL;
    if (!text)
        return NTCB_ENOMEM;
    is_volatile |= key->is_volatile;
    result = ntsim_registry_key(prime->player->sim, text, is_volatile);
    if (result == NTCB_EINVAL)
        return 0; /* no registry could hold a key of that name (REG-NS-04): so it was not there */
    if (result == 0)
        result = apply_values(prime, key, text);
    if (result == 0)
        result = apply_rights(prime, key, text);
    if (result == 0 && !prime_order_subkeys(prime, key))
        result = NTCB_ENOMEM;
    LL_FOREACH (key->children, child) {
        if (result == 0 && child->exists)
            result = apply_key(prime, child, path, is_volatile);
    }
    return result;
}

int prime_apply(struct prime *prime)
{
    if (!prime->root)
        return 0;
    prime_decide(prime->root);
    return apply_key(prime, prime->root, (struct player_text){u"", 0}, false);
}
