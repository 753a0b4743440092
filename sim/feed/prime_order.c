/* SPDX-License-Identifier: MIT
 *
 * prime_order.c - which subkeys and values there were, and in which order.
 *
 * Subkeys enumerate sorted by upcased name, the volatile ones after the others (REG-EK-02); values
 * in the order they were made (REG-SET-08). Where a record shows a name at an index, or a count,
 * that the names known do not reach, others must have been there: they are made up, with U+0001 in
 * their names, which no real name is likely to hold.
 */
#include "feed/primep.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MADE_UP 65536 /* an index beyond it is nonsense in the recording */

void prime_decide(struct prime_key *key)
{
    const struct prime_value *value;
    struct prime_key *child;

    key->exists = key->there > key->missing;
    LL_FOREACH (key->values, value) {
        key->exists |= value->there > value->missing;
    }
    LL_FOREACH (key->children, child) {
        prime_decide(child);
        key->exists |= child->exists;
    }
}

static bool make_up_subkey(struct prime *prime, struct prime_key *key,
                           const struct prime_key *after, uint32_t number)
{
    WCHAR suffix[6] = {1};
    struct player_text name;
    struct prime_key *made;

    for (unsigned i = 0; i < 5; i++, number /= 10)
        suffix[5 - i] = (WCHAR)(u'0' + number % 10);
    name = prime_join(prime, after ? after->name : (struct player_text){u"", 0}, suffix, 6);
    made = name.text ? prime_child(prime, key, name) : NULL;
    if (!made)
        return false;
    made->exists = true;
    made->is_volatile = after && after->is_volatile;
    return true;
}

static int compare_keys(const void *left, const void *right)
{
    const struct prime_key *const *a = left, *const *b = right;
    struct player_text names[2] = {(*a)->identity, (*b)->identity};

    if ((*a)->is_volatile != (*b)->is_volatile)
        return (*a)->is_volatile ? 1 : -1;
    return prime_compare_names(names[0], names[1]);
}

static int compare_entries(const struct prime_entry *left, const struct prime_entry *right)
{
    return left->index < right->index ? -1 : left->index > right->index;
}

/* Enumerated behind a greater name: volatile, and so is all that follows. */
static void find_volatile(struct prime_key *key)
{
    struct prime_entry *entry, *previous = NULL;
    bool found = false;

    LL_SORT(key->subkeys, compare_entries);
    LL_FOREACH (key->subkeys, entry) {
        if (previous && !found)
            found = prime_compare_names(entry->key->identity, previous->key->identity) < 0;
        entry->key->is_volatile = found;
        previous = entry;
    }
}

static struct prime_key **sorted_children(struct prime_key *key, size_t *count)
{
    struct prime_key *child, **sorted;

    *count = 0;
    LL_FOREACH (key->children, child) {
        *count += child->exists;
    }
    sorted = malloc((*count + 1) * sizeof(*sorted));
    *count = 0;
    LL_FOREACH (key->children, child) {
        if (sorted && child->exists)
            sorted[(*count)++] = child;
    }
    if (sorted)
        qsort(sorted, *count, sizeof(*sorted), compare_keys);
    return sorted;
}

bool prime_order_subkeys(struct prime *prime, struct prime_key *key)
{
    struct prime_key **sorted;
    struct prime_entry *entry = key->subkeys;
    const struct prime_key *last = NULL;
    size_t count, made = 0, i;

    if (!key->subkeys && key->subkey_count < 0)
        return true;
    find_volatile(key);
    entry = key->subkeys;
    sorted = sorted_children(key, &count);
    if (!sorted)
        return false;
    for (i = 0; i <= count && !prime->memory; i++) {
        int64_t want = i < count ? -1 : key->subkey_count;

        while (i < count && entry && entry->key != sorted[i] && entry->index < i + made)
            entry = entry->next; /* shown where more are known to stand before it */
        if (i < count && entry && entry->key == sorted[i]) {
            want = entry->index;
            entry = entry->next;
        }
        while (want > (int64_t)(i + made) && made < MAX_MADE_UP &&
               make_up_subkey(prime, key, last, (uint32_t)made))
            made++;
        if (i < count)
            last = sorted[i];
    }
    free(sorted);
    return !prime->memory;
}

struct prime_value **prime_order_values(struct prime *prime, struct prime_key *key, size_t *count)
{
    struct prime_value **order, *value;
    struct prime_entry *entry;
    size_t known = 0, size, at = 0;

    size = key->value_count > 0 ? (size_t)key->value_count : 0;
    LL_FOREACH (key->values_at, entry) {
        if (size <= entry->index)
            size = (size_t)entry->index + 1;
    }
    LL_FOREACH (key->values, value) {
        known += value->there > value->missing;
    }
    if (size > MAX_MADE_UP)
        size = MAX_MADE_UP;
    order = ntsim__arena_alloc(prime->arena, (size + known + 1) * sizeof(struct prime_value *));
    if (!order) {
        prime->memory = true;
        return NULL;
    }
    LL_FOREACH (key->values_at, entry) {
        if (entry->index < size && entry->value->there > entry->value->missing) {
            order[entry->index] = entry->value;
            entry->value->placed = true;
        }
    }
    LL_FOREACH (key->values, value) {
        if (value->placed || value->there <= value->missing)
            continue;
        while (order[at])
            at++;
        order[at] = value;
    }
    *count = size;
    while (*count < size + known && order[*count])
        (*count)++;
    return order;
}
