/* SPDX-License-Identifier: MIT
 *
 * process_notify_test.c - what process and thread routines are given, where they run, and the veto.
 */
#include "../sim/life_kit.h"

/* ---- environment ---- */

static struct {
    unsigned calls;
    bool wrong;
    KIRQL irql;
    bool apcs, still, all;
    uint32_t process, thread;
} where[2]; /* exit, creation */

static void note_where(BOOLEAN create)
{
    ++where[create].calls;
    where[create].irql = KeGetCurrentIrql();
    where[create].apcs = KeAreApcsDisabled();
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    where[create].still = KeAreApcsDisabled();
    where[create].all = KeAreAllApcsDisabled();
    where[create].process = ID_OF(PsGetCurrentProcessId());
    where[create].thread = ID_OF(PsGetCurrentThreadId());
}

static VOID NTAPI NotePlain(HANDLE First, HANDLE Second, BOOLEAN Create)
{
    (void)First;
    (void)Second;
    note_where(Create);
}

static void process_routines_run_in_a_critical_region(void **state)
{
    (void)state;
    memset(where, 0, sizeof(where));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(NotePlain, FALSE));
    ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
    for (int create = 0; create <= 1; ++create) {
        EXPECT_EQ(where[create].calls, 1);
        EXPECT_EQ(where[create].irql, PASSIVE_LEVEL);
        EXPECT_TRUE(where[create].apcs);
        EXPECT_TRUE(where[create].still);
        EXPECT_FALSE(where[create].all);
        EXPECT_EQ(where[create].process, create ? CREATOR_PID : CHILD_PID);
        EXPECT_EQ(where[create].thread, create ? CREATOR_TID : CHILD_TID);
    }
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(NotePlain, TRUE));
}

static void thread_routines_run_at_passive_or_apc_level(void **state)
{
    static const struct {
        uint32_t switches;
        KIRQL irql;
    } rows[] = {{0, PASSIVE_LEVEL}, {NTCB_SWITCH_CALLBACKS_AT_APC, APC_LEVEL}};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        life_restart(&(struct ntcb_config){.switches = rows[row].switches});
        memset(where, 0, sizeof(where));
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(NotePlain));
        ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
        for (int create = 0; create <= 1; ++create) {
            EXPECT_EQ(where[create].calls, 1);
            EXPECT_EQ(where[create].irql, rows[row].irql);
            EXPECT_EQ(where[create].thread, create ? CREATOR_TID : CHILD_TID);
        }
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(NotePlain));
    }
}

static void nonsystem_thread_routines_run_on_the_new_thread(void **state)
{
    (void)state;
    for (int type = PsCreateThreadNotifyNonSystem; type <= PsCreateThreadNotifySubsystems; ++type) {
        memset(where, 0, sizeof(where));
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutineEx((PSCREATETHREADNOTIFYTYPE)type,
                                                        (PVOID)(ULONG_PTR)NotePlain));
        ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
        EXPECT_EQ(where[1].thread, type == PsCreateThreadNotifyNonSystem ? CHILD_TID : CREATOR_TID);
        EXPECT_EQ(where[0].thread, CHILD_TID);
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(NotePlain));
    }
}

/* A thread that a system thread makes in System. */
static void system_threads_are_for_plain_routines(void **state)
{
    struct ntsim_thread *thread;

    (void)state;
    life_listen(false);
    thread = ntsim_thread_create(ntsim_system_process(sim), 0);
    EXPECT_STR(life_take(), "T+@s S+@s ");
    ntsim_thread_exit(thread);
    EXPECT_STR(life_take(), "T-@s S-@s ");
    life_deafen();
}

/* ---- arguments ---- */

static struct {
    uint32_t parent, id;
    unsigned created, exited;
} plain;

static VOID NTAPI TakePlain(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    plain.parent = ID_OF(ParentId);
    plain.id = ID_OF(ProcessId);
    plain.created += Create == TRUE;
    plain.exited += Create == FALSE;
}

static struct {
    unsigned created, exited;
    PEPROCESS process;
    uint32_t id, object_id;
    PS_CREATE_NOTIFY_INFO info;
    bool file, names_process;
    char image[64], line[64];
    NTSTATUS store; /* into CreationStatus, if an error */
} ex;

static void narrow(char *to, PCUNICODE_STRING from)
{
    USHORT index;

    for (index = 0; from != NULL && index < from->Length / sizeof(WCHAR) && index < 60; ++index) {
        to[index] = (char)from->Buffer[index];
    }
    to[index] = '\0';
}

static VOID NTAPI TakeEx(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    ex.process = Process;
    ex.id = ID_OF(ProcessId);
    ex.object_id = ID_OF(PsGetProcessId(Process));
    if (CreateInfo == NULL) {
        ++ex.exited;
        return;
    }
    ++ex.created;
    ex.info = *CreateInfo;
    narrow(ex.image, CreateInfo->ImageFileName);
    narrow(ex.line, CreateInfo->CommandLine);
    ex.file = CreateInfo->FileObject != NULL && CreateInfo->FileObject->FileName.Length != 0;
    if (!NT_SUCCESS(ex.store)) {
        CreateInfo->CreationStatus = ex.store;
    }
}

static void parent_is_whom_it_inherits_from(void **state)
{
    const struct ntsim_process_options options = {.image_path = "C:\\p.exe", .pid = PARENT_PID};
    struct ntsim_process *parent;

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &options, &parent), NTCB_OK);
    memset(&plain, 0, sizeof(plain));
    memset(&ex, 0, sizeof(ex));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(TakePlain, FALSE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, FALSE));
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.parent = parent}), 0);
    EXPECT_EQ(plain.parent, PARENT_PID);
    EXPECT_EQ(plain.id, CHILD_PID);
    EXPECT_EQ(plain.created, 1);
    EXPECT_EQ(plain.exited, 1);
    EXPECT_EQ(ID_OF(ex.info.ParentProcessId), PARENT_PID);
    EXPECT_EQ(ID_OF(ex.info.CreatingThreadId.UniqueProcess), CREATOR_PID);
    EXPECT_EQ(ID_OF(ex.info.CreatingThreadId.UniqueThread), CREATOR_TID);
    EXPECT_EQ(ex.id, CHILD_PID);
    EXPECT_EQ(ex.object_id, CHILD_PID);
    EXPECT_EQ(ex.created, 1);
    EXPECT_EQ(ex.exited, 1);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(TakePlain, TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, TRUE));
}

static const struct {
    const char *what;
    struct ntsim_process_options options;
    ULONG flags;
    bool file;
    const char *image, *line;
} info_rows[] = {
    {"everything",
     {.image_path = "C:\\a.exe", .command_line = "a /x"},
     1,
     true,
     "C:\\a.exe",
     "a /x"},
    {"no command line", {.image_path = "C:\\a.exe"}, 1, true, "C:\\a.exe", ""},
    {"an inexact name",
     {.image_path = "C:\\a.exe", .name_unavailable = true},
     0,
     true,
     "C:\\a.exe",
     ""},
    {"a subsystem process", {.subsystem = true}, 2, false, "", ""},
    {"a subsystem process of a file",
     {.subsystem = true, .image_path = "C:\\bin\\init"},
     3,
     true,
     "C:\\bin\\init",
     ""},
};

static void create_info_shows_what_there_is(void **state)
{
    (void)state;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                      (PVOID)(ULONG_PTR)TakeEx, FALSE));
    for (size_t row = 0; row < RTL_NUMBER_OF(info_rows); ++row) {
        print_message("%s\n", info_rows[row].what);
        memset(&ex, 0, sizeof(ex));
        ntsim_process_exit(life_create(&info_rows[row].options), STATUS_SUCCESS);
        EXPECT_EQ(ex.created, 1);
        EXPECT_EQ(ex.info.Size, sizeof(PS_CREATE_NOTIFY_INFO));
        EXPECT_EQ(ex.info.Flags, info_rows[row].flags);
        EXPECT_STATUS(ex.info.CreationStatus, STATUS_SUCCESS);
        EXPECT_EQ(ex.file, info_rows[row].file);
        EXPECT_EQ(ex.info.ImageFileName != NULL, info_rows[row].image[0] != '\0');
        EXPECT_EQ(ex.info.CommandLine != NULL, info_rows[row].line[0] != '\0');
        EXPECT_STR(ex.image, info_rows[row].image);
        EXPECT_STR(ex.line, info_rows[row].line);
    }
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                      (PVOID)(ULONG_PTR)TakeEx, TRUE));
}

static void subsystem_processes_are_for_ex2_alone(void **state)
{
    (void)state;
    memset(&plain, 0, sizeof(plain));
    memset(&ex, 0, sizeof(ex));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(TakePlain, FALSE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, FALSE));
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.subsystem = true}), 0);
    EXPECT_EQ(plain.created + plain.exited + ex.created + ex.exited, 0);
    ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
    EXPECT_EQ(plain.created + plain.exited + ex.created + ex.exited, 4);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(TakePlain, TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, TRUE));
}

static void a_stored_error_becomes_the_creations_status(void **state)
{
    NTSTATUS status = STATUS_SUCCESS;

    (void)state;
    memset(&ex, 0, sizeof(ex));
    ex.store = STATUS_VIRUS_INFECTED;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, FALSE));
    EXPECT_TRUE(life_create(&(struct ntsim_process_options){.status = &status}) == NULL);
    EXPECT_STATUS(status, STATUS_VIRUS_INFECTED);
    EXPECT_TRUE(ntsim_process_find(sim, CHILD_PID) == NULL);
    ex.store = STATUS_SUCCESS;
    EXPECT_TRUE(life_create(&(struct ntsim_process_options){.status = &status}) != NULL);
    EXPECT_STATUS(status, STATUS_SUCCESS);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(TakeEx, TRUE));
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ps.process_notify.process_routines_run_in_a_critical_region",
              "PROC-20 PROC-21 PROC-22", process_routines_run_in_a_critical_region),
    LIFE_CASE("ps.process_notify.thread_routines_run_at_passive_or_apc_level",
              "THR-07 THR-08 THR-09", thread_routines_run_at_passive_or_apc_level),
    LIFE_CASE("ps.process_notify.nonsystem_thread_routines_run_on_the_new_thread", "THR-08",
              nonsystem_thread_routines_run_on_the_new_thread),
    LIFE_CASE("ps.process_notify.system_threads_are_for_plain_routines", "THR-10",
              system_threads_are_for_plain_routines),
    LIFE_CASE("ps.process_notify.parent_is_whom_it_inherits_from", "PROC-30 PROC-32 PROC-35",
              parent_is_whom_it_inherits_from),
    LIFE_CASE("ps.process_notify.create_info_shows_what_there_is", "PROC-34 PROC-36 PROC-37",
              create_info_shows_what_there_is),
    LIFE_CASE("ps.process_notify.subsystem_processes_are_for_ex2_alone", "PROC-38",
              subsystem_processes_are_for_ex2_alone),
    LIFE_CASE("ps.process_notify.a_stored_error_becomes_the_creations_status", "PROC-40",
              a_stored_error_becomes_the_creations_status),
};

NTCB_TEST_MAIN("conformance", tests)
