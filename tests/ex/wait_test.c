/* SPDX-License-Identifier: MIT
 *
 * wait_test.c - removals that wait: for each other, for themselves, too long, amid other traffic.
 */
#include "../ps/image_kit.h"

#include <unistd.h>

/* Two routines that park once and then, when let go, remove each other. */
static struct crossing {
    bool parked[2];
    bool go[2];
    NTSTATUS status[2];
} crossing;

static VOID NTAPI second_crosser(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                 PIMAGE_INFO ImageInfo);

static void cross(unsigned mine, PLOAD_IMAGE_NOTIFY_ROUTINE other)
{
    kit_set(here, &crossing.parked[mine]);
    kit_wait(here, &crossing.go[mine]);
    crossing.status[mine] = PsRemoveLoadImageNotifyRoutine(other);
    kit_log(here, (char)('1' + mine));
}

static VOID NTAPI first_crosser(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ImageInfo;
    if (ProcessId == (HANDLE)(ULONG_PTR)1) {
        cross(0, second_crosser);
    }
}

static VOID NTAPI second_crosser(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                 PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ImageInfo;
    if (ProcessId == (HANDLE)(ULONG_PTR)2) {
        cross(1, first_crosser);
    }
}

static void load_for(struct kit *kit, void *process_id)
{
    struct ntcb_image image = {.ProcessId = process_id};

    (void)kit;
    ntcb_image_loaded(&image);
}

static void cycle_of_removals_is_given_up(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;
    struct kit_thread first;
    struct kit_thread second;

    memset(&crossing, 0, sizeof(crossing));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(first_crosser));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(second_crosser));
    kit_start(&first, kit, load_for, (void *)(ULONG_PTR)1);
    kit_wait(kit, &crossing.parked[0]);
    kit_start(&second, kit, load_for, (void *)(ULONG_PTR)2);
    kit_wait(kit, &crossing.parked[1]);
    kit_set(kit, &crossing.go[0]);
    kit_wait_sleepers(kit, 1); /* the first waits for the second to leave */
    kit_set(kit, &crossing.go[1]);
    kit_join(&second);
    kit_join(&first);
    EXPECT_STATUS(crossing.status[1], STATUS_POSSIBLE_DEADLOCK);
    EXPECT_SUCCESS(crossing.status[0]);
    EXPECT_STR(kit_take(kit), "21");
    report = kit_expect_report(kit, "DV-11");
    EXPECT_TRUE(report != NULL);
    EXPECT_TRUE(strstr(report->what, "wait for each other") != NULL);
    EXPECT_TRUE(kit_expect_report(kit, "DV-11") == NULL);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(first_crosser), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(second_crosser), STATUS_PROCEDURE_NOT_FOUND);
}

/* ---- watchdog -------------------------------------------------------------------------------- */

static NTSTATUS removed_with;

static void remove_parking(struct kit *kit, void *argument)
{
    (void)argument;
    removed_with = PsRemoveLoadImageNotifyRoutine(image_parking);
    kit_log(kit, 'r');
}

static void wait_report(struct kit *kit)
{
    pthread_mutex_lock(&kit->mutex);
    while (kit->report_count == 0) {
        pthread_cond_wait(&kit->changed, &kit->mutex);
    }
    pthread_mutex_unlock(&kit->mutex);
}

/* Other calls end all the time and wake the remover: the watchdog must bark all the same. */
static _Atomic bool traffic_over;

static void make_traffic(struct kit *kit, void *argument)
{
    (void)argument;
    while (!atomic_load(&traffic_over)) {
        image_load_one(kit, NULL);
    }
}

static void watchdog(struct kit *kit, bool with_traffic)
{
    struct kit_thread dispatcher;
    struct kit_thread remover;
    struct kit_thread traffic;

    image_park = (struct image_park){.go = false};
    atomic_store(&traffic_over, false);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    kit_start(&dispatcher, kit, image_load_one, NULL);
    kit_wait(kit, &image_park.parked);
    kit_start(&remover, kit, remove_parking, NULL);
    kit_wait_sleepers(kit, 1);
    if (with_traffic) {
        kit_start(&traffic, kit, make_traffic, NULL);
    }
    wait_report(kit);
    if (with_traffic) {
        atomic_store(&traffic_over, true);
        kit_join(&traffic);
    }
    EXPECT_TRUE(kit_expect_report(kit, "DV-11") != NULL);
    kit_set(kit, &image_park.go);
    kit_join(&dispatcher);
    kit_join(&remover);
    EXPECT_SUCCESS(removed_with);
    EXPECT_TRUE(kit_expect_report(kit, "DV-11") == NULL); /* it barks once */
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

static void watchdog_reports_a_long_wait(void **state)
{
    watchdog(kit_begin(state, &(struct ntcb_config){.watchdog_ms = 1}), false);
}

static void traffic_does_not_feed_the_watchdog(void **state)
{
    watchdog(kit_begin(state, &(struct ntcb_config){.watchdog_ms = 50}), true);
}

/* ---- hanging on purpose ---------------------------------------------------------------------- */

#define CHILD_SLEEPS_FOREVER 42

static bool sleeping_is_the_end(void *context, struct ntcb_monitor *monitor, uint64_t nanoseconds)
{
    struct kit *kit = context;

    (void)monitor;
    _exit(nanoseconds == NTCB_FOREVER && kit->report_count == 1 &&
                  strcmp(kit->reports[0].rule, "DV-10") == 0
              ? CHILD_SLEEPS_FOREVER
              : 1);
}

static void remove_hooked(void)
{
    PsRemoveLoadImageNotifyRoutine(image_hooked);
}

/* The thread that sleeps without a time limit is the only one: nobody will wake it. */
static int remove_oneself(void *context)
{
    struct kit *kit = context;

    kit->host.monitor_wait = sleeping_is_the_end;
    PsSetLoadImageNotifyRoutine(image_hooked);
    image_load_one(kit, NULL);
    return 2;
}

static void self_removal_hangs_on_request(void **state)
{
    struct kit *kit =
        kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_HANG_ON_SELF_REMOVAL});

    image_hook = remove_hooked;
    EXPECT_EQ(ntcb_test_child(remove_oneself, kit, NULL, 0), CHILD_SLEEPS_FOREVER);
}

/* ---- who is woken ---------------------------------------------------------------------------- */

static NTSTATUS second_removed_with;

static void remove_a(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    second_removed_with = PsRemoveLoadImageNotifyRoutine(image_a);
}

/* A removal of a routine in which nobody is does not wait for the callback that is running. */
static void idle_routine_goes_at_once(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher;
    struct kit_thread remover;
    struct kit_thread other;

    image_park = (struct image_park){.go = false};
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    kit_start(&dispatcher, kit, image_load_one, NULL);
    kit_wait(kit, &image_park.parked);
    kit_start(&remover, kit, remove_parking, NULL);
    kit_wait_sleepers(kit, 1);
    kit_start(&other, kit, remove_a, NULL);
    kit_join(&other); /* though the callback is still parked */
    EXPECT_SUCCESS(second_removed_with);
    EXPECT_STR(kit_take(kit), "A(");
    kit_set(kit, &image_park.go);
    kit_join(&dispatcher);
    kit_join(&remover);
    EXPECT_SUCCESS(removed_with);
}

/* Several threads inside: the remover returns after the last of them. */
static void removal_waits_for_every_call(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher[4];
    struct kit_thread remover;
    unsigned index;

    image_park = (struct image_park){.go = false};
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    for (index = 0; index < 4; ++index) {
        image_park.parked = false;
        kit_start(&dispatcher[index], kit, image_load_one, NULL);
        kit_wait(kit, &image_park.parked);
    }
    kit_start(&remover, kit, remove_parking, NULL);
    kit_wait_sleepers(kit, 1);
    EXPECT_STR(kit_take(kit), "((((");
    kit_set(kit, &image_park.go);
    for (index = 0; index < 4; ++index) {
        kit_join(&dispatcher[index]);
    }
    kit_join(&remover);
    EXPECT_STR(kit_take(kit), "))))r");
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ex.wait.cycle_of_removals_is_given_up", "IMG-35 DV-11",
             cycle_of_removals_is_given_up),
    KIT_CASE("ex.wait.watchdog_reports_a_long_wait", "IMG-35 DV-11", watchdog_reports_a_long_wait),
    KIT_CASE("ex.wait.traffic_does_not_feed_the_watchdog", "IMG-35 DV-11",
             traffic_does_not_feed_the_watchdog),
    KIT_CASE("ex.wait.self_removal_hangs_on_request", "IMG-34 CM-UNR-05 DV-10",
             self_removal_hangs_on_request),
    KIT_CASE("ex.wait.idle_routine_goes_at_once", "IMG-30", idle_routine_goes_at_once),
    KIT_CASE("ex.wait.removal_waits_for_every_call", "IMG-30", removal_waits_for_every_call),
};

NTCB_TEST_MAIN("library", tests)
