/* SPDX-License-Identifier: MIT
 *
 * stress_kit.h - what registry_services_stress_test.c is made of: the simulator, callbacks, and
 * players that keep in step with the oracle. One case runs at a time.
 *
 * Locks  None: what threads share are the counters of `stress`.
 */
#ifndef TESTS_STRESS_STRESS_KIT_H
#define TESTS_STRESS_STRESS_KIT_H

#include "test.h"

#include "refplay.h"

#include <ntcallback/host.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntsim/trace.h>

#include <stdatomic.h>
#include <stdio.h>

#define STRESS_MAGIC 0x474F4F44u
#define STRESS_POISON 0xDEADDEADu
#define STRESS_SOFTWARE "\\REGISTRY\\MACHINE\\SOFTWARE"
#define STRESS_COMMON u"\\Registry\\Machine\\Software\\Common"

static struct {
    struct ntsim *sim;
    struct ntsim_process *process;
    struct ref_tree *tree;
    struct ref_key *software;
    uint64_t deadline;
    uint64_t seed;
    char directory[64];     /* the volume C:, and where hives lie */
    _Atomic unsigned late;  /* calls of a callback that is gone */
    _Atomic unsigned lost;  /* notifications that did not come, or came alone */
    _Atomic unsigned wrong; /* statuses nothing explains, and trees that differ */
    _Atomic unsigned long steps;
    _Atomic unsigned long registrations;
    _Atomic unsigned long hives;
    _Atomic unsigned long loads;
    _Atomic unsigned long rounds;
} stress;

static inline void stress_count(_Atomic unsigned *counter, bool happened)
{
    if (happened) {
        atomic_fetch_add(counter, 1);
    }
}

static inline bool stress_is_over(void)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return host->clock_ns(host->context) >= stress.deadline;
}

/* ---- callbacks --------------------------------------------------------------------------- */

struct registration {
    _Atomic uint32_t magic;
    _Atomic unsigned long pre;
    _Atomic unsigned long post;
    LARGE_INTEGER cookie;
};

static _Thread_local const struct registration *own;
static _Thread_local unsigned own_pre;
static _Thread_local unsigned own_post;
static _Thread_local unsigned long always_pairs;
static _Thread_local unsigned long always_posts;

/* A close is none of the services the oracle counts. */
static inline enum ntsim_phase stress_phase(PVOID argument)
{
    return ntsim_notify_class_phase((int)(ULONG_PTR)argument);
}

static inline NTSTATUS NTAPI stress_hear(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    struct registration *registration = CallbackContext;
    enum ntsim_phase phase = stress_phase(Argument1);

    (void)Argument2;
    stress_count(&stress.late, atomic_load(&registration->magic) != STRESS_MAGIC);
    if (phase == NTSIM_PHASE_PRE) {
        atomic_fetch_add(&registration->pre, 1);
        own_pre += registration == own;
    } else if (phase == NTSIM_PHASE_POST) {
        atomic_fetch_add(&registration->post, 1);
        own_post += registration == own;
    }
    return STATUS_SUCCESS;
}

static inline NTSTATUS NTAPI stress_always(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    enum ntsim_phase phase = stress_phase(Argument1);

    always_pairs += phase == NTSIM_PHASE_PRE;
    always_posts += phase == NTSIM_PHASE_POST;
    return stress_hear(CallbackContext, Argument1, Argument2);
}

static inline struct registration *stress_register_as(PEX_CALLBACK_FUNCTION routine,
                                                      const WCHAR *altitude)
{
    struct registration *registration = ref_allocate(sizeof(*registration));
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, altitude);
    atomic_init(&registration->magic, STRESS_MAGIC);
    stress_count(&stress.wrong,
                 CmRegisterCallbackEx(routine, &text, &stress, registration, &registration->cookie,
                                      NULL) != STATUS_SUCCESS);
    return registration;
}

static inline struct registration *stress_register(const WCHAR *altitude)
{
    return stress_register_as(stress_hear, altitude);
}

static inline struct registration *stress_register_always(void)
{
    return stress_register_as(stress_always, u"430000");
}

/* An operation in flight may lose its post (CM-UNR-07): there is none without its pre. */
static inline void stress_unregister(struct registration *registration)
{
    stress_count(&stress.wrong, CmUnRegisterCallback(registration->cookie) != STATUS_SUCCESS);
    stress_count(&stress.lost, atomic_load(&registration->post) > atomic_load(&registration->pre));
    atomic_store(&registration->magic, STRESS_POISON);
    free(registration);
}

/* ---- players ----------------------------------------------------------------------------- */

struct player {
    struct ref_play play;
    struct ntsim_thread *thread;
    struct ref_key *key; /* the oracle's, of this round */
    uint64_t common_seed;
    char path[64];  /* of its own key */
    WCHAR base[64]; /* the same */
    WCHAR name[4];
};

static inline void stress_make_player(struct player *player, unsigned index)
{
    memset(player, 0, sizeof(*player));
    player->name[0] = u'T';
    player->name[1] = (WCHAR)(u'0' + index);
    snprintf(player->path, sizeof(player->path), "%s\\T%u", STRESS_SOFTWARE, index);
    for (size_t at = 0; player->path[at] != 0; at++) {
        player->base[at] = (WCHAR)player->path[at];
    }
    player->thread = ntsim_thread_create(stress.process, 0);
    EXPECT_TRUE(player->thread != NULL);
    player->common_seed = stress.seed + 1000 + index;
    player->play = (struct ref_play){.tree = stress.tree,
                                     .base = player->base,
                                     .seed = stress.seed * 0x9E3779B97F4A7C15u + index};
}

static inline HANDLE stress_open(const WCHAR *path, KPROCESSOR_MODE mode)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE key = NULL;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    stress_count(&stress.wrong, (mode == KernelMode ? ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes)
                                                    : NtOpenKey(&key, KEY_ALL_ACCESS,
                                                                &attributes)) != STATUS_SUCCESS);
    return key;
}

static inline HANDLE stress_open_common(KPROCESSOR_MODE mode)
{
    return stress_open(STRESS_COMMON, mode);
}

/* The player's key, empty; handles of the round before are still open and find theirs deleted. */
static inline void stress_begin_round(struct player *player)
{
    stress_count(&stress.wrong, ntsim_registry_key(stress.sim, player->path, false) != NTCB_OK);
    player->key = ref_put_key(stress.tree, stress.software, player->name);
    player->play.kept = player->key;
}

static inline void stress_end_round(struct player *player)
{
    HANDLE key = stress_open(player->base, KernelMode);

    if (!ref_compare(stress.tree, player->key, key)) {
        player->play.failed = true;
    }
    ZwClose(key);
    stress_count(&stress.wrong, ntsim_registry_remove(stress.sim, player->path) != NTCB_OK);
    player->play.kept = NULL;
    ref_remove_key(stress.tree, player->key);
    atomic_fetch_add(&stress.rounds, 1);
}

static inline void stress_note_player(const struct player *player)
{
    atomic_fetch_add(&stress.steps, player->play.steps);
    if (player->play.failed) {
        print_error("player %s failed at step %lu\n", player->path, player->play.steps);
        atomic_fetch_add(&stress.wrong, 1);
    }
}

#endif
