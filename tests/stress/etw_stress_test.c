/* SPDX-License-Identifier: MIT
 *
 * etw_stress_test.c - event providers that come and go and write, while sessions begin and end.
 *
 * Role   The oracle: no enable callback is entered after its provider was unregistered, nor while
 *        another of that provider runs; what it is told alternates, and in the end is true. No
 *        session hears an event after ntsim_etw_listen has ended it, and it hears each that the
 *        thread writes which began it, once.
 *        A case that ends in .soak goes on for a minute, the other for some rounds.
 */
#include "../sim/simkit.h"

#include <ntcallback/host.h>
#include <ntsim/etw.h>

#include <stdatomic.h>

#define REGISTRARS 3
#define WRITERS 2
#define OWN 4
#define QUICK_ROUNDS 10000
#define SOAK_SECONDS 60

struct provider {
    REGHANDLE handle;
    _Atomic bool alive; /* may be told */
    _Atomic unsigned inside;
    _Atomic bool enabled; /* as it was last told */
};

struct session {
    _Atomic bool alive; /* may be told */
};

static struct {
    struct provider always;
    _Atomic unsigned late;  /* calls for what is gone */
    _Atomic unsigned lost;  /* events that a session missed, or heard twice */
    _Atomic unsigned wrong; /* what nobody should be told, statuses */
    _Atomic unsigned left;  /* registrars that are not done */
    _Atomic unsigned long heard;
    unsigned rounds; /* of a registrar; 0: until the clock says so */
    uint64_t deadline;
} stress;

static _Thread_local unsigned mine; /* events heard that this thread wrote */

static void count_if(_Atomic unsigned *counter, bool happened)
{
    atomic_fetch_add(counter, happened);
}

static VOID NTAPI on_enable(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                            PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    struct provider *provider = context;
    bool enable = code == EVENT_CONTROL_CODE_ENABLE_PROVIDER;

    (void)source, (void)level, (void)any, (void)all, (void)filter;
    count_if(&stress.wrong, atomic_fetch_add(&provider->inside, 1) != 0);
    count_if(&stress.late, !atomic_load(&provider->alive));
    count_if(&stress.wrong, atomic_exchange(&provider->enabled, enable) == enable);
    atomic_fetch_sub(&provider->inside, 1);
}

static void on_event(void *context, const struct ntsim_etw_event *event)
{
    struct session *session = context;

    count_if(&stress.late, !atomic_load(&session->alive));
    count_if(&stress.wrong, event->bytes != sizeof(unsigned));
    atomic_fetch_add(&stress.heard, 1);
    mine++;
}

static NTSTATUS write_event(REGHANDLE handle)
{
    const EVENT_DESCRIPTOR descriptor = {.Id = 1, .Level = 4};
    EVENT_DATA_DESCRIPTOR data;
    unsigned number = 42;

    EventDataDescCreate(&data, &number, sizeof(number));
    return EtwWrite(handle, &descriptor, NULL, 1, &data);
}

static void register_provider(struct provider *provider)
{
    static const GUID id = {0x11223344, 1, 2, {3}};

    atomic_store(&provider->enabled, false);
    atomic_store(&provider->alive, true);
    count_if(&stress.wrong, !NT_SUCCESS(EtwRegister(&id, on_enable, provider, &provider->handle)));
}

static void unregister_provider(struct provider *provider)
{
    count_if(&stress.wrong, !NT_SUCCESS(EtwUnregister(provider->handle)));
    atomic_store(&provider->alive, false);
    count_if(&stress.wrong, write_event(provider->handle) != STATUS_INVALID_HANDLE);
}

static bool over(unsigned round)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.rounds != 0 ? round >= stress.rounds
                              : host->clock_ns(host->context) >= stress.deadline;
}

static VOID NTAPI Register(PVOID Context)
{
    struct provider providers[OWN];

    (void)Context;
    for (unsigned round = 0; !over(round); round++) {
        unsigned count = 1 + round % OWN;

        for (unsigned i = 0; i < count; i++) {
            atomic_init(&providers[i].inside, 0);
            register_provider(&providers[i]);
            count_if(&stress.wrong, write_event(providers[i].handle) != STATUS_SUCCESS);
        }
        for (unsigned i = 0; i < count; i++) {
            unregister_provider(&providers[i]);
        }
    }
    atomic_fetch_sub(&stress.left, 1);
}

static VOID NTAPI Write(PVOID Context)
{
    (void)Context;
    while (atomic_load(&stress.left) != 0) {
        count_if(&stress.wrong, write_event(stress.always.handle) != STATUS_SUCCESS);
        (void)EtwProviderEnabled(stress.always.handle, 4, 1);
    }
}

/* Begun, heard, followed by another or by none. */
static void listen_for_a_while(struct session *session, struct session *before, bool last)
{
    atomic_store(&session->alive, true);
    count_if(&stress.wrong, ntsim_etw_listen(sim, on_event, session) != 0);
    if (before != NULL) {
        atomic_store(&before->alive, false);
    }
    count_if(&stress.wrong, !atomic_load(&stress.always.enabled));
    for (unsigned i = 0; i < 10; i++) {
        unsigned heard = mine;

        count_if(&stress.wrong, write_event(stress.always.handle) != STATUS_SUCCESS);
        count_if(&stress.lost, mine != heard + 1);
    }
    if (last) {
        count_if(&stress.wrong, ntsim_etw_listen(sim, NULL, NULL) != 0);
        atomic_store(&session->alive, false);
        count_if(&stress.wrong, atomic_load(&stress.always.enabled));
    }
}

static VOID NTAPI Listen(PVOID Context)
{
    struct session sessions[2];

    (void)Context;
    do {
        listen_for_a_while(&sessions[0], NULL, false);
        listen_for_a_while(&sessions[1], &sessions[0], true);
    } while (atomic_load(&stress.left) != 0);
}

static void strain(unsigned rounds)
{
    static const PKSTART_ROUTINE roles[] = {Register, Register, Register, Write, Write, Listen};
    const struct ntcb_host_ops *host = ntcb_host_default();
    HANDLE threads[RTL_NUMBER_OF(roles)];

    memset(&stress, 0, sizeof(stress));
    stress.rounds = rounds;
    stress.deadline = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    atomic_store(&stress.left, REGISTRARS);
    register_provider(&stress.always);
    for (size_t i = 0; i < RTL_NUMBER_OF(roles); i++) {
        EXPECT_SUCCESS(
            PsCreateSystemThread(&threads[i], THREAD_ALL_ACCESS, NULL, NULL, NULL, roles[i], NULL));
    }
    for (size_t i = 0; i < RTL_NUMBER_OF(roles); i++) {
        EXPECT_SUCCESS(ZwWaitForSingleObject(threads[i], FALSE, NULL));
        EXPECT_SUCCESS(ZwClose(threads[i]));
    }
    unregister_provider(&stress.always);
    print_message("%lu events heard\n", atomic_load(&stress.heard));
    EXPECT_EQ(atomic_load(&stress.late), 0);
    EXPECT_EQ(atomic_load(&stress.lost), 0);
    EXPECT_EQ(atomic_load(&stress.wrong), 0);
    EXPECT_TRUE(atomic_load(&stress.heard) > 0);
    EXPECT_EQ(ntsim_etw_providers(sim), 0);
}

static void nobody_is_late_and_nothing_lost(void **state)
{
    (void)state;
    strain(QUICK_ROUNDS);
}

static void nobody_is_late_for_long(void **state)
{
    (void)state;
    strain(0);
}

static const struct ntcb_test tests[] = {
    {"stress.etw.nobody_is_late_and_nothing_lost", "", nobody_is_late_and_nothing_lost, start,
     stop},
    {"stress.etw.nobody_is_late_and_nothing_lost.soak", "", nobody_is_late_for_long, start, stop},
};

NTCB_TEST_MAIN("library", tests)
