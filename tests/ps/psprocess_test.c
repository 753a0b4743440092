/* SPDX-License-Identifier: MIT
 *
 * psprocess_test.c - process and thread tables: order, changes during a pass, vetoes, exceptions.
 */
#include "process_kit.h"

/* ---- the veto ---- */

static struct {
    NTSTATUS write[3]; /* what each routine stores, if it stores */
    bool stores[3];
    NTSTATUS seen[3];
    const void *shown[3];
} veto;

static VOID vetoing(unsigned index, PPS_CREATE_NOTIFY_INFO info)
{
    kit_log(here, (char)('1' + index));
    if (info == NULL) {
        return;
    }
    veto.shown[index] = info;
    veto.seen[index] = info->CreationStatus;
    if (veto.stores[index]) {
        info->CreationStatus = veto.write[index];
    }
}

#define VETOING(index)                                                     \
    static VOID NTAPI vetoing_##index(PEPROCESS Process, HANDLE ProcessId, \
                                      PPS_CREATE_NOTIFY_INFO CreateInfo)   \
    {                                                                      \
        (void)Process;                                                     \
        (void)ProcessId;                                                   \
        vetoing(index, CreateInfo);                                        \
    }

VETOING(0)
VETOING(1)
VETOING(2)

static const PCREATE_PROCESS_NOTIFY_ROUTINE_EX vetoers[] = {vetoing_0, vetoing_1, vetoing_2};

static void set_vetoers(BOOLEAN remove)
{
    for (size_t index = 0; index < RTL_NUMBER_OF(vetoers); ++index) {
        EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(vetoers[index], remove));
    }
}

static const struct {
    NTSTATUS stored;
    bool blocks;
} status_rows[] = {
    {STATUS_SUCCESS, false},          {(NTSTATUS)0x00000103, false}, {(NTSTATUS)0x40000000, false},
    {(NTSTATUS)0x7FFFFFFF, false},    {(NTSTATUS)0x80000005, true},  {(NTSTATUS)0xC0000022, true},
    {STATUS_INVALID_PARAMETER, true}, {(NTSTATUS)-1, true},
};

static void every_error_status_blocks(void **state)
{
    kit_begin(state, NULL);
    set_vetoers(FALSE);
    for (size_t row = 0; row < RTL_NUMBER_OF(status_rows); ++row) {
        memset(&veto, 0, sizeof(veto));
        veto.stores[1] = true;
        veto.write[1] = status_rows[row].stored;
        EXPECT_STATUS(process_create(false),
                      status_rows[row].blocks ? status_rows[row].stored : STATUS_SUCCESS);
    }
    set_vetoers(TRUE);
}

static void all_see_one_structure_and_the_last_word_stands(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    set_vetoers(FALSE);
    memset(&veto, 0, sizeof(veto));
    veto.stores[0] = veto.stores[2] = true;
    veto.write[0] = STATUS_ACCESS_DENIED;
    veto.write[2] = STATUS_UNSUCCESSFUL;
    EXPECT_STATUS(process_create(false), STATUS_UNSUCCESSFUL);
    EXPECT_STR(kit_take(kit), "123"); /* all are called after a veto */
    EXPECT_STATUS(veto.seen[0], STATUS_SUCCESS);
    EXPECT_STATUS(veto.seen[1], STATUS_ACCESS_DENIED);
    EXPECT_STATUS(veto.seen[2], STATUS_ACCESS_DENIED);
    EXPECT_PTR(veto.shown[1], veto.shown[0]);
    EXPECT_PTR(veto.shown[2], veto.shown[0]);
    veto.write[2] = STATUS_SUCCESS; /* a later one can take the veto back */
    EXPECT_STATUS(process_create(false), STATUS_SUCCESS);
    set_vetoers(TRUE);
}

static void plain_routines_cannot_veto(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(set_plain(FALSE));
    EXPECT_SUCCESS(process_create(false));
    EXPECT_STR(kit_take(kit), "A");
    EXPECT_SUCCESS(set_plain(TRUE));
}

/* ---- the table ---- */

static void flavours_are_told_apart_on_removal(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    PCREATE_PROCESS_NOTIFY_ROUTINE plain = (PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)ex_d;

    EXPECT_SUCCESS(set_ex(FALSE));
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutine(plain, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                     (PVOID)(ULONG_PTR)ex_d, TRUE),
                  STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STR(process_heard(kit, false), "D");
    EXPECT_SUCCESS(set_ex(TRUE));
}

static void removal_asks_no_module(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(FALSE));
    }
    ntcb_set_module_services(kit->kernel, &modules);
    module.in_driver = module.integrity = false;
    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(TRUE));
    }
}

static void duplicates_by_switch(void **state)
{
    struct kit *kit =
        kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_PROCESS_DUPLICATES});

    EXPECT_SUCCESS(set_plain(FALSE));
    EXPECT_SUCCESS(set_plain(FALSE));
    EXPECT_STR(process_heard(kit, false), "AA");
    EXPECT_SUCCESS(set_plain(TRUE));
    EXPECT_STR(process_heard(kit, false), "A");
    EXPECT_SUCCESS(set_plain(TRUE));
}

static void slots_are_walked_across_flavours(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(set_ex2(FALSE));
    EXPECT_SUCCESS(set_plain(FALSE));
    EXPECT_SUCCESS(set_ex(FALSE));
    EXPECT_STR(process_heard(kit, false), "EAD");
    EXPECT_SUCCESS(set_plain(TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(plain_b, FALSE)); /* the lowest free slot */
    EXPECT_STR(process_heard(kit, false), "EBD");
    EXPECT_STR(process_heard(kit, true), "E"); /* of a subsystem process only Ex2 hears */
    EXPECT_SUCCESS(set_ex2(TRUE));
    EXPECT_SUCCESS(set_ex(TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(plain_b, TRUE));
}

static unsigned depth;

static VOID NTAPI changing(HANDLE First, HANDLE Second, BOOLEAN Create)
{
    (void)First;
    (void)Second;
    (void)Create;
    kit_log(here, 'x');
    if (depth++ == 0) {
        PsSetCreateProcessNotifyRoutine(plain_b, TRUE);  /* slot 1, before it is reached */
        PsSetCreateProcessNotifyRoutine(plain_c, FALSE); /* takes slot 1 */
        ntcb_process_exited(&(struct ntcb_process){.ProcessId = ID(2000)}); /* nested */
    }
}

static void table_is_walked_live(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    depth = 0;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(changing, FALSE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(plain_b, FALSE));
    EXPECT_STR(process_heard(kit, false), "xxCC");
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(changing, TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(plain_c, TRUE));
}

static VOID NTAPI changing_threads(HANDLE First, HANDLE Second, BOOLEAN Create)
{
    (void)First;
    (void)Second;
    (void)Create;
    kit_log(here, 'x');
    if (depth++ == 0) {
        PsRemoveCreateThreadNotifyRoutine(plain_b);
        PsSetCreateThreadNotifyRoutine(plain_c);
        ntcb_thread_exited(&(struct ntcb_thread){.ThreadId = ID(2004)});
    }
}

static void threads_too_and_a_routine_may_be_there_twice(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    depth = 0;
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(changing_threads));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_b));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
    ntcb_thread_exited(&(struct ntcb_thread){.ThreadId = ID(1004)});
    EXPECT_STR(kit_take(kit), "xxCAACAA");
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_a)); /* one of the two */
    ntcb_thread_exited(&(struct ntcb_thread){.ThreadId = ID(1004)});
    EXPECT_STR(kit_take(kit), "xCA");
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_a));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_c));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(changing_threads));
    EXPECT_STATUS(PsRemoveCreateThreadNotifyRoutine(plain_a), STATUS_PROCEDURE_NOT_FOUND);
}

/* Who hears of what, by type of registration. */
static const struct {
    const char *what;
    bool system, subsystem, started;
    const char *created, *begun, *exited; /* p plain, n NonSystem, s Subsystems */
} thread_rows[] = {
    {"of a program", false, false, true, "AC", "B", "ABC"},
    {"of a program, never run", false, false, false, "AC", "B", "AC"},
    {"of the system", true, false, true, "AC", "", "AC"},
    {"of a subsystem process", false, true, true, "C", "", "C"},
};

static void each_type_hears_of_its_threads(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
    EXPECT_SUCCESS(
        PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)(ULONG_PTR)plain_b));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifySubsystems,
                                                    (PVOID)(ULONG_PTR)plain_c));
    for (size_t row = 0; row < RTL_NUMBER_OF(thread_rows); ++row) {
        const struct ntcb_thread thread = {.System = thread_rows[row].system,
                                           .Subsystem = thread_rows[row].subsystem,
                                           .Started = thread_rows[row].started};

        print_message("%s\n", thread_rows[row].what);
        ntcb_thread_created(&thread);
        EXPECT_STR(kit_take(kit), thread_rows[row].created);
        ntcb_thread_started(&thread);
        EXPECT_STR(kit_take(kit), thread_rows[row].begun);
        ntcb_thread_exited(&thread);
        EXPECT_STR(kit_take(kit), thread_rows[row].exited);
    }
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_a));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_c));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.process.every_error_status_blocks", "PROC-41", every_error_status_blocks),
    KIT_CASE("ps.process.all_see_one_structure_and_the_last_word_stands", "PROC-42",
             all_see_one_structure_and_the_last_word_stands),
    KIT_CASE("ps.process.plain_routines_cannot_veto", "PROC-43", plain_routines_cannot_veto),
    KIT_CASE("ps.process.flavours_are_told_apart_on_removal", "PROC-10",
             flavours_are_told_apart_on_removal),
    KIT_CASE("ps.process.removal_asks_no_module", "PROC-11", removal_asks_no_module),
    KIT_CASE("ps.process.duplicates_by_switch", "PROC-04", duplicates_by_switch),
    KIT_CASE("ps.process.slots_are_walked_across_flavours", "PROC-24 PROC-38",
             slots_are_walked_across_flavours),
    KIT_CASE("ps.process.table_is_walked_live", "PROC-24 IMG-22 IMG-23 IMG-24",
             table_is_walked_live),
    KIT_CASE("ps.thread.threads_too_and_a_routine_may_be_there_twice", "THR-05 THR-12",
             threads_too_and_a_routine_may_be_there_twice),
    KIT_CASE("ps.thread.each_type_hears_of_its_threads", "THR-10", each_type_hears_of_its_threads),
};

NTCB_TEST_MAIN("library", tests)
