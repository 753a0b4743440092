/* SPDX-License-Identifier: MIT
 *
 * refplay.h - bytes, or a seed, become a sequence of registry services, made in the simulated
 * registry and in the oracle at once; every status and every output is compared.
 *
 * Role    One player is one host thread's, which is a thread of a simulated process: Nt services
 *         are called from user mode, Zw services from kernel mode. The same bytes or seed make the
 *         same calls, as long as nobody else changes the keys at and below the player's base.
 */
#ifndef TESTS_SUPPORT_REFPLAY_H
#define TESTS_SUPPORT_REFPLAY_H

#include "reftree.h"

#define REF_SLOTS 8
#define REF_SERVICES 14 /* and the last place stays free */

struct ref_slot {
    HANDLE handle;           /* NULL: nothing is open */
    struct ref_handle *mine; /* NULL: likewise */
};

/* How often a service was called, and succeeded. */
struct ref_tally {
    const char *service; /* NULL: a free place */
    unsigned long made;
    unsigned long succeeded;
};

struct ref_play {
    struct ref_tree *tree;
    const WCHAR *base;    /* full path of the key to stay at or below */
    const uint8_t *bytes; /* where choices come from; NULL: the seed */
    size_t left;
    uint64_t seed;
    struct ref_slot slots[REF_SLOTS];
    struct ref_tally tally[REF_SERVICES];
    uint64_t digest; /* of all statuses, in order */
    unsigned long steps;
    unsigned long pairs;        /* of notifications that there must have been */
    const struct ref_key *kept; /* never renamed or deleted; or NULL */
    bool failed;                /* both disagreed: it has been printed */
};

/* One service; false when there is nothing left to do: the bytes are used up, or both disagreed. */
bool ref_step(struct ref_play *play);
/* Close what is open. */
void ref_end(struct ref_play *play);

/* ---- for refplay*.c ---- */
uint8_t ref_choose(struct ref_play *play);
uint32_t ref_choose_word(struct ref_play *play);
/* A name in memory of exactly its size, to be freed with ref_free_name. */
struct ref_text {
    UNICODE_STRING string;
    UNICODE_STRING *pointer; /* to string, or NULL: the call gets none */
};
void ref_choose_path(struct ref_play *play, bool absolute, struct ref_text *text);
void ref_choose_name(struct ref_play *play, struct ref_text *text); /* of a value, or a new name */
/* Data for a value, now and then a link's target; freed with free. */
UCHAR *ref_choose_data(struct ref_play *play, ULONG *bytes);
void ref_free_text(struct ref_text *text);
KPROCESSOR_MODE ref_choose_mode(struct ref_play *play);
struct ref_slot *ref_choose_slot(struct ref_play *play);
HANDLE ref_slot_handle(const struct ref_slot *slot);
/* Notes that a service was made; complains, and ends the play, when it was not as expected. */
void ref_judge(struct ref_play *play, const char *service, KPROCESSOR_MODE mode, NTSTATUS status,
               struct ref_result expected);
void ref_complain(struct ref_play *play, const char *service, const char *what);
/* The two halves: what opens and changes (refplay.c), and what asks (refplayask.c). */
void ref_ask(struct ref_play *play, uint8_t choice);

#endif
