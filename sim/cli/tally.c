/* SPDX-License-Identifier: MIT
 *
 * tally.c - how often each name came.
 */
#include "cli/cli.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <stdlib.h>
#include <string.h>

struct cli_tally_row {
    struct cli_count shown;
    UT_hash_handle hh;
};

static void free_row(struct cli_tally_row *row)
{
    free((char *)row->shown.name);
    free((char *)row->shown.example);
    free(row);
}

static struct cli_tally_row *new_row(struct cli_tally *tally, const char *name,
                                     const struct ntsim_place *place, const char *example)
{
    struct cli_tally_row *row = calloc(1, sizeof(*row));

    if (row == NULL)
        return NULL;
    row->shown.name = strdup(name);
    row->shown.example = example == NULL ? NULL : strdup(example);
    if (place != NULL)
        row->shown.first = *place;
    if (row->shown.name == NULL || (example != NULL && row->shown.example == NULL)) {
        free_row(row);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, tally->rows, row->shown.name, strlen(row->shown.name), row);
    if (row->hh.tbl == NULL) {
        free_row(row);
        return NULL;
    }
    return row;
}

bool cli_tally_add(struct cli_tally *tally, const char *name, const struct ntsim_place *place,
                   const char *example)
{
    struct cli_tally_row *row;

    HASH_FIND_STR(tally->rows, name, row);
    if (row == NULL)
        row = new_row(tally, name, place, example);
    if (row == NULL)
        return false;
    row->shown.count++;
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct cli_count *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->name, b->name);
}

struct cli_count *cli_tally_sorted(const struct cli_tally *tally, size_t *count)
{
    struct cli_count *sorted;
    const struct cli_tally_row *row;
    size_t i = 0;

    *count = HASH_COUNT(tally->rows);
    sorted = *count == 0 ? NULL : calloc(*count, sizeof(*sorted));
    if (sorted == NULL) {
        *count = 0;
        return NULL;
    }
    for (row = tally->rows; row != NULL; row = row->hh.next)
        sorted[i++] = row->shown;
    qsort(sorted, *count, sizeof(*sorted), compare);
    return sorted;
}

void cli_tally_free(struct cli_tally *tally)
{
    struct cli_tally_row *row, *next;

    HASH_ITER (hh, tally->rows, row, next) {
        HASH_DEL(tally->rows, row);
        free_row(row);
    }
}
