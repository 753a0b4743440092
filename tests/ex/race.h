/* SPDX-License-Identifier: MIT
 *
 * race.h - rounds of a race between two threads.
 *
 * The case opens a round, two threads run in it, the case waits for both. They sleep in between,
 * and start as nearly together as two threads can.
 */
#ifndef TESTS_EX_RACE_H
#define TESTS_EX_RACE_H

#include "kit.h"

struct kit_race {
    unsigned open; /* rounds opened */
    unsigned done; /* runs finished, of all rounds */
    _Atomic unsigned started;
    _Atomic bool over;
};

static inline void kit_race_open(struct kit *kit, struct kit_race *race)
{
    pthread_mutex_lock(&kit->mutex);
    ++race->open;
    pthread_cond_broadcast(&kit->changed);
    pthread_mutex_unlock(&kit->mutex);
}

static inline void kit_race_start(struct kit *kit, struct kit_race *race, unsigned round)
{
    unsigned patience = 2000;

    pthread_mutex_lock(&kit->mutex);
    while (race->open < round) {
        pthread_cond_wait(&kit->changed, &kit->mutex);
    }
    pthread_mutex_unlock(&kit->mutex);
    atomic_fetch_add(&race->started, 1);
    while (atomic_load(&race->started) < 2 * round && --patience != 0) {
    }
}

static inline void kit_race_finish(struct kit *kit, struct kit_race *race)
{
    pthread_mutex_lock(&kit->mutex);
    ++race->done;
    pthread_cond_broadcast(&kit->changed);
    pthread_mutex_unlock(&kit->mutex);
}

static inline void kit_race_close(struct kit *kit, struct kit_race *race, unsigned round)
{
    pthread_mutex_lock(&kit->mutex);
    while (race->done < 2 * round) {
        pthread_cond_wait(&kit->changed, &kit->mutex);
    }
    pthread_mutex_unlock(&kit->mutex);
}

#endif
