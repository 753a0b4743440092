/* SPDX-License-Identifier: MIT
 *
 * player_stage.h - a simulator with a player, and events of a case's own making.
 */
#ifndef TESTS_FEED_PLAYER_STAGE_H
#define TESTS_FEED_PLAYER_STAGE_H

#include "feed_input.h"

#include "feed/playerp.h"

#include <ntsim/play.h>

#define SOFTWARE "\\REGISTRY\\MACHINE\\SOFTWARE"
#define KEY SOFTWARE "\\Key"

struct stage {
    struct ntsim *sim;
    struct ntsim_player *player;
    struct ntsim_outcome outcome;
};

static inline int set_up(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct stage *stage = calloc(1, sizeof(*stage));

    if (!stage || ntsim_create(&stage->sim, &config) != 0 ||
        ntsim_player_create(&stage->player, stage->sim) != 0)
        return -1;
    *state = stage;
    return 0;
}

static inline int tear_down(void **state)
{
    struct stage *stage = *state;
    int result;

    ntsim_player_destroy(stage->player);
    result = ntsim_destroy(stage->sim);
    free(stage);
    return result;
}

/* An event of process "p", pid 1000, thread 1004. */
static inline struct ntsim_event event_of(enum ntsim_event_kind kind, const char *key,
                                          const char *value)
{
    return (struct ntsim_event){.kind = kind,
                                .place = {"test", 1, 0},
                                .has = NTSIM_HAS_PID | NTSIM_HAS_TID,
                                .process_key = "p",
                                .pid = 1000,
                                .tid = 1004,
                                .key = key,
                                .value = value};
}

static inline NTSTATUS play(struct stage *stage, const struct ntsim_event *event)
{
    EXPECT_EQ(ntsim_player_play(stage->player, event, &stage->outcome), 0);
    EXPECT_TRUE(ntsim_current() == NULL); /* the binding is as it was */
    return stage->outcome.status;
}

static inline NTSTATUS play_plain(struct stage *stage, enum ntsim_event_kind kind, const char *key,
                                  const char *value)
{
    struct ntsim_event event = event_of(kind, key, value);

    return play(stage, &event);
}

#endif
