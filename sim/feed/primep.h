/* SPDX-License-Identifier: MIT
 *
 * primep.h - what a recording tells of the registry as it was before the recording began.
 *
 *   prime.c        the pass over the feed; handle tags
 *   prime_model.c  keys and values that the records name
 *   prime_note.c   what each record says of them
 *   prime_order.c  which subkeys and values there were, in which order
 *   prime_apply.c  the registry made so
 *
 * A record votes: "this key was there", "this value was not". Votes count until the recording
 * itself changes the thing. No status goes anywhere but into votes: what the services return is
 * their own affair.
 */
#ifndef SIM_FEED_PRIMEP_H
#define SIM_FEED_PRIMEP_H

#include "feed/playerp.h"

#define PRIME_RIGHTS 20 /* bits of KEY_ALL_ACCESS */

/* What a value held, as one or several records show it. */
struct prime_data {
    struct prime_data *next;
    uint32_t votes;
    bool known; /* type and length were shown */
    uint32_t type, length;
    const uint8_t *bytes; /* the first `count` of them */
    size_t count;
};

struct prime_value {
    UT_hash_handle hh;        /* by identity: the key's, a NUL, the name upcased */
    struct prime_value *next; /* of the key, in order of appearance */
    struct player_text name, identity;
    uint32_t there, missing;
    bool changed;   /* by the recording: later records do not vote */
    bool placed;    /* has its index */
    uint32_t least; /* bytes of data that an answer must have had not to fit */
    struct prime_data *data;
};

/* "Index i is called so". */
struct prime_entry {
    struct prime_entry *next;
    uint32_t index;
    struct prime_key *key; /* one of the two */
    struct prime_value *value;
};

struct prime_key {
    UT_hash_handle hh;                          /* by identity */
    struct prime_key *parent, *children, *next; /* next: sibling */
    struct player_text identity;
    struct player_text name; /* last component as it is spelt */
    bool name_sure;          /* by an enumeration: that is how the registry has it */
    uint32_t there, missing;
    bool changed;  /* its being there was changed by the recording */
    bool replaced; /* it was made or deleted: nothing below it is of the beginning */
    bool subkeys_changed, values_changed;
    int64_t subkey_count, value_count; /* -1: not shown */
    struct prime_entry *subkeys, *values_at;
    struct prime_value *values;
    uint32_t granted[PRIME_RIGHTS];  /* how often each right was given, */
    uint32_t withheld[PRIME_RIGHTS]; /* kept back from MAXIMUM_ALLOWED, */
    uint32_t refused[PRIME_RIGHTS];  /* and among those of an open that was refused */
    bool exists;                     /* decided */
    bool is_volatile;                /* comes after the stable ones */
};

struct prime {
    struct ntsim_player *player;
    struct ntsim__arena *arena; /* everything below lives in it */
    struct prime_key *keys;     /* hash */
    struct prime_value *values; /* hash */
    struct prime_key *root;     /* the first: \REGISTRY */
    bool memory;                /* there was none */
};

/* ---- prime_model.c; NULL sets prime->memory ---- */
struct prime_key *prime_key(struct prime *prime, const char *path);
struct prime_key *prime_child(struct prime *prime, struct prime_key *parent,
                              struct player_text name);
struct prime_value *prime_value(struct prime *prime, struct prime_key *key, const char *name);
void prime_add_data(struct prime *prime, struct prime_value *value, uint32_t type, uint32_t length,
                    const uint8_t *bytes, size_t count);
/* The data most records agree on; NULL: none showed any. */
const struct prime_data *prime_best_data(const struct prime_value *value);
int prime_compare_names(struct player_text left, struct player_text right);
/* text + more, in the arena. */
struct player_text prime_join(struct prime *prime, struct player_text text, const WCHAR *more,
                              size_t units);

/* ---- prime_note.c ---- */
void prime_note(struct prime *prime, const struct ntsim_event *event);

/* ---- prime_order.c ---- */
/* Decide key->exists for the whole tree. */
void prime_decide(struct prime_key *key);
/* The names of the subkeys that no record shows but an index or a count asks for; children that an
 * enumeration shows behind greater names are volatile. False: no memory. */
bool prime_order_subkeys(struct prime *prime, struct prime_key *key);
/* Values in order of their index; NULL entries are values that no record names. */
struct prime_value **prime_order_values(struct prime *prime, struct prime_key *key, size_t *count);

/* ---- prime_apply.c ---- */
/* 0, NTCB_ENOMEM or what the registry said. */
int prime_apply(struct prime *prime);

#endif
