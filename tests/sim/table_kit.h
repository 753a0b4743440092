/* SPDX-License-Identifier: MIT
 *
 * table_kit.h - a splay and an AVL table of numbered items, by one set of routines.
 */
#ifndef TESTS_SIM_TABLE_KIT_H
#define TESTS_SIM_TABLE_KIT_H

#include "simkit.h"

#define TAG 0x6C626154u /* "Tabl" */
#define KEYS 200u

struct item {
    ULONG key;
    ULONG value;
};

static unsigned live;     /* elements that were allocated and not freed */
static bool no_memory;    /* the next allocation fails */
static CLONG asked_bytes; /* of the last allocation */

static inline RTL_GENERIC_COMPARE_RESULTS compare(PVOID first, PVOID second)
{
    ULONG a = ((const struct item *)first)->key, b = ((const struct item *)second)->key;

    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static inline PVOID allocate(CLONG bytes)
{
    asked_bytes = bytes;
    if (no_memory) {
        return NULL;
    }
    live++;
    return ExAllocatePoolWithTag(NonPagedPoolNx, bytes, TAG);
}

static inline void release(PVOID block)
{
    live--;
    ExFreePoolWithTag(block, TAG);
}

#define ROUTINES(name, table)                                                              \
    static RTL_GENERIC_COMPARE_RESULTS NTAPI name##Compare(table *Table, PVOID A, PVOID B) \
    {                                                                                      \
        (void)Table;                                                                       \
        return compare(A, B);                                                              \
    }                                                                                      \
    static PVOID NTAPI name##Allocate(table *Table, CLONG Bytes)                           \
    {                                                                                      \
        (void)Table;                                                                       \
        return allocate(Bytes);                                                            \
    }                                                                                      \
    static VOID NTAPI name##Free(table *Table, PVOID Block)                                \
    {                                                                                      \
        (void)Table;                                                                       \
        release(Block);                                                                    \
    }
ROUTINES(Splay, RTL_GENERIC_TABLE)
ROUTINES(Avl, RTL_AVL_TABLE)

static RTL_GENERIC_TABLE splay;
static RTL_AVL_TABLE avl;

/* The routines that both kinds of table have, as one. */
static const struct kind {
    const char *name;
    size_t header; /* bytes of an element that are the table's */
    void (*initialize)(void);
    PVOID (*insert)(struct item *item, PBOOLEAN new_element);
    BOOLEAN (*delete)(struct item *item);
    PVOID (*lookup)(struct item *item);
    PVOID (*enumerate)(BOOLEAN restart);
    PVOID (*walk)(PVOID *key);
    PVOID (*get)(ULONG index);
    ULONG (*count)(void);
    BOOLEAN (*empty)(void);
} * kind;

#define KIND(name, suffix, table)                                                              \
    static void name##_initialize(void)                                                        \
    {                                                                                          \
        RtlInitializeGenericTable##suffix(&table, name##Compare, name##Allocate, name##Free,   \
                                          &live);                                              \
    }                                                                                          \
    static PVOID name##_insert(struct item *item, PBOOLEAN new_element)                        \
    {                                                                                          \
        return RtlInsertElementGenericTable##suffix(&table, item, sizeof(*item), new_element); \
    }                                                                                          \
    static BOOLEAN name##_delete(struct item *item)                                            \
    {                                                                                          \
        return RtlDeleteElementGenericTable##suffix(&table, item);                             \
    }                                                                                          \
    static PVOID name##_lookup(struct item *item)                                              \
    {                                                                                          \
        return RtlLookupElementGenericTable##suffix(&table, item);                             \
    }                                                                                          \
    static PVOID name##_enumerate(BOOLEAN restart)                                             \
    {                                                                                          \
        return RtlEnumerateGenericTable##suffix(&table, restart);                              \
    }                                                                                          \
    static PVOID name##_walk(PVOID *key)                                                       \
    {                                                                                          \
        return RtlEnumerateGenericTableWithoutSplaying##suffix(&table, key);                   \
    }                                                                                          \
    static PVOID name##_get(ULONG index)                                                       \
    {                                                                                          \
        return RtlGetElementGenericTable##suffix(&table, index);                               \
    }                                                                                          \
    static ULONG name##_count(void)                                                            \
    {                                                                                          \
        return RtlNumberGenericTableElements##suffix(&table);                                  \
    }                                                                                          \
    static BOOLEAN name##_empty(void)                                                          \
    {                                                                                          \
        return RtlIsGenericTableEmpty##suffix(&table);                                         \
    }
KIND(Splay, , splay)
KIND(Avl, Avl, avl)

#define KIND_ROW(name, bytes)                                                         \
    {                                                                                 \
#name, bytes, name##_initialize, name##_insert, name##_delete, name##_lookup, \
            name##_enumerate, name##_walk, name##_get, name##_count, name##_empty     \
    }
static const struct kind kinds[] = {
    KIND_ROW(Splay, sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY)),
    KIND_ROW(Avl, sizeof(RTL_BALANCED_LINKS)),
};

static inline void begin(const struct kind *which)
{
    kind = which;
    live = 0;
    no_memory = false;
    kind->initialize();
}

#endif
