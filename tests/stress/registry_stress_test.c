/* SPDX-License-Identifier: MIT
 *
 * registry_stress_test.c - registry operations against registrations, with an oracle.
 *
 * Role   Each registrar gives its callback a context of its own from the heap, operates,
 *        unregisters, and poisons and frees the context. The oracle: no context is seen after that
 *        (by its magic, and by a sanitizer); a registrar's own operation reaches its callback, pre
 *        and post; the callback that is always there hears each operation's pre and post. That one
 *        registers and unregisters another now and then, and hangs contexts on objects that close.
 *        A case that ends in .soak goes on for a minute, the others for some rounds.
 */
#include "../cm/cm_kit.h"

#define REGISTRARS 2
#define QUICK_ROUNDS 15000
#define SOAK_SECONDS 60
#define MAGIC 0x474F4F44u
#define POISON 0xDEADDEADu

static struct {
    _Atomic unsigned late;
    _Atomic unsigned lost;
    _Atomic unsigned failed;
    _Atomic unsigned long operations;
    _Atomic unsigned registrars_left;
    _Atomic unsigned contexts_set;
    _Atomic unsigned contexts_cleaned;
    LARGE_INTEGER always_cookie;
    unsigned rounds;
    uint64_t deadline_ns;
} stress;

struct context {
    _Atomic uint32_t magic;
};

static _Thread_local unsigned own_pre;
static _Thread_local unsigned own_post;
static _Thread_local unsigned always_pre;
static _Thread_local unsigned always_post;
static _Thread_local const struct context *own;

static NTSTATUS NTAPI transient(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    struct context *context = CallbackContext;
    REG_NOTIFY_CLASS notify_class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;

    (void)Argument2;
    atomic_fetch_add(&stress.late, atomic_load(&context->magic) != MAGIC);
    if (context == own) {
        own_pre += notify_class == RegNtPreSetValueKey;
        own_post += notify_class == RegNtPostSetValueKey;
    }
    return STATUS_SUCCESS;
}

static struct context *register_transient(const WCHAR *altitude, PLARGE_INTEGER cookie)
{
    struct context *context = malloc(sizeof(*context));
    UNICODE_STRING text = cm_text(altitude == NULL ? u"" : altitude);
    NTSTATUS status;

    atomic_init(&context->magic, MAGIC);
    status = altitude == NULL
                 ? CmRegisterCallback(transient, context, cookie)
                 : CmRegisterCallbackEx(transient, &text, cm_driver(), context, cookie, NULL);
    atomic_fetch_add(&stress.failed, status != STATUS_SUCCESS);
    return context;
}

static void unregister_transient(struct context *context, LARGE_INTEGER cookie)
{
    atomic_fetch_add(&stress.failed, CmUnRegisterCallback(cookie) != STATUS_SUCCESS);
    atomic_store(&context->magic, POISON);
    free(context);
}

static NTSTATUS NTAPI always_there(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)CallbackContext;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1) {
    case RegNtPreSetValueKey:
        if (++always_pre % 64 == 0) {
            LARGE_INTEGER cookie;
            struct context *context = register_transient(NULL, &cookie);

            cm_set_value(); /* reaches those below only */
            unregister_transient(context, cookie);
        }
        if (always_pre % 8 == 0) {
            PREG_SET_VALUE_KEY_INFORMATION set = Argument2;

            atomic_fetch_add(&stress.contexts_set, 1);
            atomic_fetch_add(&stress.failed,
                             CmSetCallbackObjectContext(set->Object, &stress.always_cookie,
                                                        set->Object, NULL) != STATUS_SUCCESS);
        }
        break;
    case RegNtPostSetValueKey:
        ++always_post;
        break;
    case RegNtCallbackObjectContextCleanup:
        atomic_fetch_add(&stress.contexts_cleaned, 1);
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

/* Set a value through a key object of this thread's own, and close that. */
static void operate(void)
{
    char key;
    REG_SET_VALUE_KEY_INFORMATION set = {.Object = &key};
    REG_KEY_HANDLE_CLOSE_INFORMATION close = {.Object = &key};
    struct cm_operation setting = {
        .notify_class = RegNtPreSetValueKey, .information = &set, .object = &key};
    struct cm_operation closing = {
        .notify_class = RegNtPreKeyHandleClose, .information = &close, .object = &key};
    unsigned pre = always_pre;
    unsigned post = always_post;

    atomic_fetch_add(&stress.failed, cm_perform(&setting) != STATUS_SUCCESS);
    atomic_fetch_add(&stress.lost, always_pre != pre + 1 || always_post != post + 1);
    atomic_fetch_add(&stress.failed, cm_perform(&closing) != STATUS_SUCCESS);
    atomic_fetch_add(&stress.operations, 1);
}

static bool is_over(unsigned round)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.rounds != 0 ? round >= stress.rounds
                              : host->clock_ns(host->context) >= stress.deadline_ns;
}

static const WCHAR *const altitudes[REGISTRARS][3] = {{u"500000", u"1.5", NULL},
                                                      {u"425000.5", u"1", NULL}};

static void register_in_turn(struct kit *kit, void *argument)
{
    const WCHAR *const *mine = altitudes[*(unsigned *)argument];
    unsigned round;

    (void)kit;
    for (round = 0; !is_over(round); ++round) {
        LARGE_INTEGER cookie;
        struct context *context = register_transient(mine[round % 3], &cookie);

        own = context;
        own_pre = own_post = 0;
        operate();
        atomic_fetch_add(&stress.lost, own_pre != 1 && own_pre != 2); /* 2: the nested one */
        atomic_fetch_add(&stress.lost, own_post != own_pre);
        own = NULL;
        unregister_transient(context, cookie);
    }
    atomic_fetch_sub(&stress.registrars_left, 1);
}

static void operate_all_the_time(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    while (atomic_load(&stress.registrars_left) != 0) {
        operate();
    }
}

static void run(void **state, unsigned rounds)
{
    const struct ntcb_host_ops *host = ntcb_host_default();
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"430000");
    struct kit_thread threads[REGISTRARS + 2];
    unsigned numbers[REGISTRARS];
    unsigned index;

    memset(&stress, 0, sizeof(stress));
    stress.rounds = rounds;
    stress.deadline_ns = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    atomic_store(&stress.registrars_left, REGISTRARS);
    EXPECT_SUCCESS(CmRegisterCallbackEx(always_there, &altitude, cm_driver(), NULL,
                                        &stress.always_cookie, NULL));
    for (index = 0; index < REGISTRARS; ++index) {
        numbers[index] = index;
        kit_start(&threads[index], kit, register_in_turn, &numbers[index]);
    }
    kit_start(&threads[REGISTRARS], kit, operate_all_the_time, NULL);
    kit_start(&threads[REGISTRARS + 1], kit, operate_all_the_time, NULL);
    for (index = 0; index < REGISTRARS + 2; ++index) {
        kit_join(&threads[index]);
    }
    print_message("%lu operations\n", atomic_load(&stress.operations));
    EXPECT_EQ(atomic_load(&stress.late), 0);
    EXPECT_EQ(atomic_load(&stress.lost), 0);
    EXPECT_EQ(atomic_load(&stress.failed), 0);
    EXPECT_EQ(atomic_load(&stress.contexts_cleaned), atomic_load(&stress.contexts_set));
    EXPECT_TRUE(atomic_load(&kit->live) < 64);
    EXPECT_SUCCESS(CmUnRegisterCallback(stress.always_cookie));
}

static void for_some_rounds(void **state)
{
    run(state, QUICK_ROUNDS);
}

static void for_a_minute(void **state)
{
    run(state, 0);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("stress.registry.nobody_is_late_and_nobody_lost", "CM-UNR-01 CM-UNR-03",
             for_some_rounds),
    {"stress.registry.nobody_is_late_and_nobody_lost.soak", "CM-UNR-01", for_a_minute, kit_setup,
     kit_teardown},
    {"stress.registry.nobody_is_late_and_nobody_lost.exchange.soak", "CM-UNR-01", for_a_minute,
     kit_setup_exchange, kit_teardown},
};

NTCB_TEST_MAIN("library", tests)
