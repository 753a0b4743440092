/* SPDX-License-Identifier: MIT
 *
 * order_test.c - which routine hears of a process's life when, and on which thread.
 */
#include "../sim/life_kit.h"

static void creation_begins_on_the_creators_thread(void **state)
{
    (void)state;
    life_listen(true);
    HANDLE process, thread;
    struct ntsim_process *child = life_create(&(struct ntsim_process_options){
        .images = life_images, .process_handle = &process, .thread_handle = &thread});
    EXPECT_TRUE(child != NULL);
    EXPECT_STR(life_take(), "P+@c T+@c S+@c Hp@c Ht@c "
                            "N+@n I(app.exe)@n I(ntdll.dll)@n I(kernel32.dll)@n ");
    ntsim_process_exit(child, STATUS_SUCCESS);
    EXPECT_STR(life_take(), "T-@n N-@n S-@n P-@n ");
    life_deafen();
}

static const char *const wow64_images[] = {"\\Device\\x\\app32.exe", "\\Device\\x\\ntdll.dll",
                                           "\\Device\\x\\SysWOW64\\ntdll.dll", NULL};

static void a_32_bit_process_has_two_ntdlls(void **state)
{
    (void)state;
    life_listen(false);
    life_create(&(struct ntsim_process_options){.images = wow64_images, .wow64 = true});
    EXPECT_STR(life_take(), "P+@c T+@c S+@c N+@n I(app32.exe)@n I(ntdll.dll)@n I(ntdll.dll)@n ");
    life_deafen();
}

static void windows_7_told_threads_first_some_say(void **state)
{
    (void)state;
    life_restart(
        &(struct ntcb_config){.windows = NTCB_WINDOWS_7, .switches = NTCB_SWITCH_THREADS_FIRST});
    life_listen(false);
    life_create(NULL);
    EXPECT_STR(life_take(), "T+@c P+@c ");
    life_deafen();
}

static void each_thread_says_goodbye_and_the_last_the_process(void **state)
{
    struct ntsim_process *child = life_create(NULL);
    struct ntsim_thread *second;

    (void)state;
    life_listen(false);
    second = life_second_thread(child, SECOND_TID);
    EXPECT_STR(life_take(), "T2+@c S+@c N+@m ");
    ntsim_thread_exit(ntsim_process_thread(child));
    EXPECT_STR(life_take(), "T-@n N-@n S-@n ");
    ntsim_thread_exit(second);
    EXPECT_STR(life_take(), "T2-@m N-@m S-@m P-@m ");
    EXPECT_TRUE(ntsim_process_find(sim, CHILD_PID) == NULL);
    child = life_create(NULL);
    EXPECT_TRUE(life_second_thread(child, SECOND_TID) != NULL);
    life_take();
    ntsim_process_exit(child, STATUS_SUCCESS); /* all at once: the same */
    EXPECT_STR(life_take(), "T-@n N-@n S-@n T2-@m N-@m S-@m P-@m ");
    life_deafen();
}

static void the_first_thread_brings_the_notice(void **state)
{
    HANDLE handle;
    struct ntsim_process *child;

    (void)state;
    life_listen(true);
    child =
        life_create(&(struct ntsim_process_options){.no_thread = true, .process_handle = &handle});
    EXPECT_STR(life_take(), "Hp@c "); /* the handle comes first on the old way */
    EXPECT_TRUE(ntsim_thread_create(child, CHILD_TID) != NULL); /* by this system thread */
    EXPECT_STR(life_take(), "P+@s T+@s S+@s N+@n ");
    EXPECT_TRUE(life_second_thread(child, SECOND_TID) != NULL);
    EXPECT_STR(life_take(), "T2+@c S+@c N+@m ");
    life_deafen();
}

static void without_a_thread_nobody_hears(void **state)
{
    (void)state;
    life_listen(false);
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.no_thread = true}), 0);
    EXPECT_STR(life_take(), "");
    life_deafen();
    life_restart(&(struct ntcb_config){.switches = NTCB_SWITCH_THREADLESS_NOTICE});
    life_listen(false);
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.no_thread = true}), 0);
    EXPECT_STR(life_take(), "P-@s ");
    life_deafen();
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ps.order.creation_begins_on_the_creators_thread",
              "ORD-01 ORD-04 ORD-07 PROC-21 PROC-22 THR-08 THR-09",
              creation_begins_on_the_creators_thread),
    LIFE_CASE("ps.order.a_32_bit_process_has_two_ntdlls", "ORD-01 IMG-50",
              a_32_bit_process_has_two_ntdlls),
    LIFE_CASE("ps.order.windows_7_told_threads_first_some_say", "ORD-02",
              windows_7_told_threads_first_some_say),
    LIFE_CASE("ps.order.each_thread_says_goodbye_and_the_last_the_process", "ORD-04 PROC-22 THR-09",
              each_thread_says_goodbye_and_the_last_the_process),
    LIFE_CASE("ps.order.the_first_thread_brings_the_notice", "ORD-05 ORD-07 PROC-23",
              the_first_thread_brings_the_notice),
    LIFE_CASE("ps.order.without_a_thread_nobody_hears", "ORD-06 PROC-23",
              without_a_thread_nobody_hears),
};

NTCB_TEST_MAIN("conformance", tests)
