/* SPDX-License-Identifier: MIT
 *
 * kernel_test.c - kernels: made, entered, left, destroyed; several at once; without memory.
 */
#include "../ps/image_kit.h"

static const struct {
    struct ntcb_config config;
    int result;
} configs[] = {
    {{.version = 1}, NTCB_OK},
    {{.version = 0}, NTCB_EVERSION},
    {{.version = 2}, NTCB_EVERSION},
    {{.version = 1, .windows = NTCB_WINDOWS_11 + 1}, NTCB_EINVAL},
    {{.version = 1, .image_slots = 64}, NTCB_OK},
    {{.version = 1, .image_slots = 65}, NTCB_EINVAL},
    {{.version = 1, .publication = NTCB_PUBLISH_EXCHANGE + 1}, NTCB_EINVAL},
};

static void config_is_checked(void **state)
{
    struct ntcb_kernel *kernel = NULL;
    size_t row;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(configs); ++row) {
        EXPECT_EQ(ntcb_kernel_create(&kernel, &configs[row].config), configs[row].result);
        EXPECT_EQ(kernel != NULL, configs[row].result == NTCB_OK);
        EXPECT_EQ(ntcb_kernel_destroy(kernel), NTCB_OK);
        kernel = NULL;
    }
}

static void unknown_host_version_is_refused(void **state)
{
    struct kit *kit = *state;
    struct ntcb_kernel *kernel = NULL;

    kit_configure(kit, NULL);
    kit->host.version = NTCB_HOST_OPS_VERSION + 1;
    EXPECT_EQ(ntcb_kernel_create(&kernel, &kit->config), NTCB_EVERSION);
    EXPECT_PTR(kernel, NULL);
}

static void config_comes_back_resolved(void **state)
{
    struct ntcb_kernel *kernel;
    const struct ntcb_config *config;

    (void)state;
    EXPECT_EQ(ntcb_kernel_create(&kernel, NULL), NTCB_OK);
    config = ntcb_kernel_config(kernel);
    EXPECT_EQ(config->windows, NTCB_WINDOWS_11);
    EXPECT_EQ(config->image_slots, 64);
    EXPECT_NE(config->publication, NTCB_PUBLISH_AUTO);
    EXPECT_PTR(config->host, ntcb_host_default());
    EXPECT_EQ(ntcb_kernel_destroy(kernel), NTCB_OK);
    EXPECT_EQ(ntcb_kernel_destroy(NULL), NTCB_OK);
}

static bool has_no_fence(void *context)
{
    (void)context;
    return false;
}

static void asymmetric_publication_needs_a_heavy_fence(void **state)
{
    struct kit *kit = *state;
    struct ntcb_kernel *kernel = NULL;

    kit_configure(kit, NULL);
    kit->host.heavy_fence_available = has_no_fence;
    kit->config.publication = NTCB_PUBLISH_ASYMMETRIC;
    EXPECT_EQ(ntcb_kernel_create(&kernel, &kit->config), NTCB_EINVAL);
    kit->config.publication = NTCB_PUBLISH_AUTO;
    EXPECT_EQ(ntcb_kernel_create(&kernel, &kit->config), NTCB_OK);
    EXPECT_EQ(ntcb_kernel_config(kernel)->publication, NTCB_PUBLISH_EXCHANGE);
    EXPECT_EQ(ntcb_kernel_destroy(kernel), NTCB_OK);
}

static struct ntcb_monitor *no_monitor(void *context)
{
    struct kit *kit = context;

    return atomic_fetch_add(&kit->allocations, 1) + 1 == atomic_load(&kit->fail_at)
               ? NULL
               : ntcb_host_default()->monitor_create(NULL);
}

/* Every allocation of creating fails once: nothing is made, nothing stays. */
static void creation_without_memory(void **state)
{
    struct kit *kit = *state;
    struct ntcb_kernel *kernel = NULL;
    unsigned refused = 0;
    int result = NTCB_ENOMEM;

    kit_configure(kit, NULL);
    kit->host.monitor_create = no_monitor;
    while (result != NTCB_OK) {
        atomic_store(&kit->allocations, 0);
        atomic_store(&kit->fail_at, refused + 1);
        result = ntcb_kernel_create(&kernel, &kit->config);
        atomic_store(&kit->fail_at, 0);
        if (result != NTCB_OK) {
            EXPECT_EQ(result, NTCB_ENOMEM);
            EXPECT_PTR(kernel, NULL);
            EXPECT_EQ(atomic_load(&kit->live), 0);
            ++refused;
        }
    }
    EXPECT_TRUE(refused >= 3);
    EXPECT_EQ(ntcb_kernel_destroy(kernel), NTCB_OK);
    EXPECT_EQ(atomic_load(&kit->live), 0);
}

/* A kernel per test case: destroying takes no memory, and nothing but memory is used. */
static void create_and_destroy_are_cheap(void **state)
{
    struct kit *kit = *state;
    struct ntcb_kernel *kernel;
    unsigned round;

    kit_configure(kit, NULL);
    for (round = 0; round < 1000; ++round) {
        EXPECT_EQ(ntcb_kernel_create(&kernel, &kit->config), NTCB_OK);
        EXPECT_EQ(ntcb_kernel_destroy(kernel), NTCB_OK);
    }
    EXPECT_TRUE(atomic_load(&kit->allocations) <= 4000); /* a handful a kernel */
    EXPECT_EQ(atomic_load(&kit->live), 0);
}

static void entering_nests(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_kernel *other;

    EXPECT_PTR(ntcb_kernel_current(), kit->kernel);
    EXPECT_EQ(ntcb_kernel_create(&other, &kit->config), NTCB_OK);
    EXPECT_PTR(ntcb_kernel_enter(other), kit->kernel);
    EXPECT_PTR(ntcb_kernel_enter(other), other);
    EXPECT_PTR(ntcb_kernel_enter(kit->kernel), other);
    EXPECT_PTR(ntcb_kernel_enter(NULL), kit->kernel);
    EXPECT_PTR(ntcb_kernel_current(), NULL);
    EXPECT_PTR(ntcb_kernel_enter(kit->kernel), NULL);
    EXPECT_EQ(ntcb_kernel_destroy(other), NTCB_OK);
}

static void two_kernels_do_not_know_of_each_other(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_kernel *other;
    KIRQL old;

    EXPECT_EQ(ntcb_kernel_create(&other, &kit->config), NTCB_OK);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    KeRaiseIrql(APC_LEVEL, &old);
    ntcb_kernel_enter(other);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_STR(image_heard(kit), "");
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STR(image_heard(kit), "B");
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_a), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    ntcb_kernel_enter(kit->kernel);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL); /* a record that has something to remember stays */
    KeLowerIrql(old);
    EXPECT_STR(image_heard(kit), "A");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_EQ(ntcb_kernel_destroy(other), NTCB_OK);
}

static void busy_kernel_is_not_destroyed(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_EQ(ntcb_kernel_destroy(kit->kernel), NTCB_EBUSY);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a)); /* it goes on working */
    EXPECT_STR(image_heard(kit), "A");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

static NTSTATUS NTAPI registry_routine(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)CallbackContext;
    (void)Argument1;
    (void)Argument2;
    return STATUS_SUCCESS;
}

static void leftovers_are_reported_one_by_one(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    LARGE_INTEGER cookie;
    unsigned reported = 0;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(CmRegisterCallback(registry_routine, NULL, &cookie));
    ntcb_kernel_enter(NULL);
    atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1); /* reporting takes none */
    EXPECT_EQ(ntcb_kernel_destroy(kit->kernel), NTCB_ELEAK);
    kit->kernel = NULL;
    while (kit_expect_report(kit, "DV-20") != NULL) {
        ++reported;
    }
    EXPECT_EQ(reported, 3);
    EXPECT_EQ(atomic_load(&kit->live), 0);
}

static void visit(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
}

/* Threads that come and go one after another share one record. */
static void records_are_taken_over(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    unsigned round;

    for (round = 0; round < 100; ++round) {
        struct kit_thread thread;

        kit_start(&thread, kit, visit, NULL);
        kit_join(&thread);
    }
    EXPECT_TRUE(atomic_load(&kit->allocations) <= 1);
}

static void register_unbound(void)
{
    ntcb_kernel_enter(NULL);
    PsSetLoadImageNotifyRoutine(image_a);
}

static void load_unbound(void)
{
    ntcb_kernel_enter(NULL);
    ntcb_image_loaded(&(struct ntcb_image){.ImageSize = 1});
}

static void raise_unbound(void)
{
    KIRQL old;

    ntcb_kernel_enter(NULL);
    KeRaiseIrql(APC_LEVEL, &old);
}

static const struct {
    void (*call)(void);
    const char *name;
} unbound[] = {
    {register_unbound, "PsSetLoadImageNotifyRoutine"},
    {load_unbound, "ntcb_image_loaded"},
    {raise_unbound, "KeRaiseIrql"},
};

static void unbound_thread_is_told_what_to_do(void **state)
{
    char text[1024];
    size_t row;

    kit_begin(state, NULL);
    for (row = 0; row < RTL_NUMBER_OF(unbound); ++row) {
        EXPECT_EQ(kit_die(unbound[row].call, text, sizeof(text)), NTCB_TEST_ABORTED);
        EXPECT_TRUE(strstr(text, unbound[row].name) != NULL);
        EXPECT_TRUE(strstr(text, "ntcb_kernel_enter") != NULL);
    }
}

static const struct ntcb_test tests[] = {
    {"ke.kernel.config_is_checked", "", config_is_checked, NULL, NULL},
    {"ke.kernel.config_comes_back_resolved", "IMG-03", config_comes_back_resolved, NULL, NULL},
    {"ke.kernel.unknown_host_version_is_refused", "", unknown_host_version_is_refused, kit_setup,
     kit_teardown},
    {"ke.kernel.asymmetric_publication_needs_a_heavy_fence", "",
     asymmetric_publication_needs_a_heavy_fence, kit_setup, kit_teardown},
    {"ke.kernel.creation_without_memory", "", creation_without_memory, kit_setup, kit_teardown},
    {"ke.kernel.create_and_destroy_are_cheap", "", create_and_destroy_are_cheap, kit_setup,
     kit_teardown},
    KIT_CASE("ke.kernel.entering_nests", "", entering_nests),
    KIT_CASE("ke.kernel.two_do_not_know_of_each_other", "", two_kernels_do_not_know_of_each_other),
    KIT_CASE("ke.kernel.busy_one_is_not_destroyed", "", busy_kernel_is_not_destroyed),
    KIT_CASE("ke.kernel.leftovers_are_reported_one_by_one", "DV-20",
             leftovers_are_reported_one_by_one),
    KIT_CASE("ke.kernel.records_are_taken_over", "", records_are_taken_over),
    KIT_CASE("ke.kernel.unbound_thread_is_told_what_to_do", "", unbound_thread_is_told_what_to_do),
};

NTCB_TEST_MAIN("library", tests)
