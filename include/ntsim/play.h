/* SPDX-License-Identifier: MIT
 *
 * play.h - play events into a simulated kernel and compare what comes of them.
 *
 * The player is each recorded process in turn: it holds the handles the process would hold, calls
 * the Nt services in user mode on the recorded thread, and compares status and outputs with what
 * the event expects.
 */
#ifndef NTSIM_PLAY_H
#define NTSIM_PLAY_H

#include <ntsim/event.h>
#include <ntsim/feed.h>
#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

struct ntsim_player;

/* What became of one event. */
struct ntsim_outcome {
    bool played;   /* false: nothing in this kernel corresponds to it */
    bool compared; /* the event had an expectation that could be checked */
    bool agreed;
    bool driver_changed;  /* a callback blocked, bypassed or overrode it: not compared with a
                               * recorded status */
    int32_t status;       /* NTSTATUS the caller got, registry events */
    char difference[256]; /* first thing that differs: "status: expected 0xC0000034, got 0" */
    char difference_class
        [96]; /* the kind of it, for counting: "key.open NAME NOT FOUND -> SUCCESS" */
};

NTCB_EXPORT int ntsim_player_create(struct ntsim_player **out, struct ntsim *sim);
NTCB_EXPORT void ntsim_player_destroy(struct ntsim_player *player);

/* ntsim_player_prime - one pass over the feed that gives the registry what its later events need:
 * keys that are opened with success before being created, values that are read before being
 * written, links that are passed, rights that are refused. Raises no notification. Rewinds the feed
 * before and after. Returns 0 or the feed's error. */
NTCB_EXPORT int ntsim_player_prime(struct ntsim_player *player, struct ntsim_feed *feed,
                                   struct ntsim_feed_error *error);

/* ntsim_player_play - do one event. Returns 0 (see *outcome) or NTCB_ENOMEM. The calling host
 * thread's own binding is restored before it returns. */
NTCB_EXPORT int ntsim_player_play(struct ntsim_player *player, const struct ntsim_event *event,
                                  struct ntsim_outcome *outcome);

/* ntsim_player_finish - end what the recording left open: close the handles and exit the processes
 * it did not see exit. `exits` (may be NULL) receives the number of processes ended. */
NTCB_EXPORT void ntsim_player_finish(struct ntsim_player *player, uint64_t *exits);

NTCB_END_DECLS

#endif
