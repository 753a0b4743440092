/* SPDX-License-Identifier: MIT
 *
 * arena.c - many small pieces of memory, freed together.
 */
#include "feed/feedp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 * 1024)

struct ntsim__arena_block {
    struct ntsim__arena_block *next;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

void *ntsim__arena_alloc(struct ntsim__arena *arena, size_t bytes)
{
    const size_t unit = sizeof(max_align_t);
    struct ntsim__arena_block *block = arena->blocks;
    void *piece;

    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + unit - 1) / unit * unit;
    if (block == NULL || block->size - block->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

        block = malloc(sizeof(*block) + size);
        if (block == NULL)
            return NULL;
        block->next = arena->blocks;
        block->size = size;
        block->used = 0;
        arena->blocks = block;
    }
    piece = (char *)block->bytes + block->used;
    block->used += bytes;
    return memset(piece, 0, bytes);
}

char *ntsim__arena_text(struct ntsim__arena *arena, const char *text, size_t length)
{
    char *copy = ntsim__arena_alloc(arena, length + 1);

    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *ntsim__arena_format(struct ntsim__arena *arena, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0)
        text = ntsim__arena_alloc(arena, (size_t)length + 1);
    if (text != NULL) {
        va_start(arguments, format);
        vsnprintf(text, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    return text;
}

static void free_from(struct ntsim__arena_block *block)
{
    while (block != NULL) {
        struct ntsim__arena_block *next = block->next;

        free(block);
        block = next;
    }
}

void ntsim__arena_reset(struct ntsim__arena *arena)
{
    struct ntsim__arena_block *kept = arena->blocks;

    if (kept == NULL)
        return;
    free_from(kept->next);
    kept->next = NULL;
    kept->used = 0;
}

void ntsim__arena_free(struct ntsim__arena *arena)
{
    free_from(arena->blocks);
    arena->blocks = NULL;
}
