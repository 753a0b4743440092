/* SPDX-License-Identifier: MIT
 *
 * process_life_test.c - what our choices make of a process's life: suspension, vetoes, what is gone
 * afterwards, exceptions, two kernels.
 */
#include "life_kit.h"

static void a_suspended_process_loads_nothing(void **state)
{
    struct ntsim_process *child;

    (void)state;
    life_listen(false);
    child = life_create(&(struct ntsim_process_options){.suspended = true});
    EXPECT_STR(life_take(), "P+@c T+@c S+@c ");
    ntsim_process_resume(child, life_images);
    EXPECT_STR(life_take(), "N+@n I(app.exe)@n I(ntdll.dll)@n I(kernel32.dll)@n ");
    ntsim_process_resume(child, life_images); /* it runs already */
    EXPECT_STR(life_take(), "");
    ntsim_process_exit(child, STATUS_SUCCESS);
    EXPECT_STR(life_take(), "T-@n N-@n S-@n P-@n ");
    child = life_create(&(struct ntsim_process_options){.suspended = true});
    ntsim_process_exit(child, STATUS_SUCCESS); /* killed before it ran */
    EXPECT_STR(life_take(), "P+@c T+@c S+@c T-@n S-@n P-@n ");
    life_deafen();
}

static NTSTATUS NTAPI ImageEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = LifeUnload;
    life_log("entry");
    return STATUS_SUCCESS;
}

static void later_threads_and_drivers_are_told_once(void **state)
{
    struct ntsim_process *child = life_create(NULL);

    (void)state;
    life_listen(false);
    EXPECT_TRUE(life_second_thread(child, SECOND_TID) != NULL);
    EXPECT_STR(life_take(), "T2+@c S+@c N+@m ");
    EXPECT_EQ(ntsim_driver_stop(ntsim_driver_start(sim, "later", ImageEntry)), NTCB_OK);
    EXPECT_STR(life_take(), "I(later.sys)@s entry@s ");
    life_deafen();
}

static void the_end_of_older_processes_is_told(void **state)
{
    struct ntsim_process *child = life_create(NULL);

    (void)state;
    life_listen(false);
    ntsim_process_exit(child, STATUS_SUCCESS);
    EXPECT_STR(life_take(), "T-@n N-@n S-@n P-@n ");
    life_deafen();
}

/* ---- the veto ---- */

static VOID NTAPI Vetoing(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    (void)Process;
    (void)ProcessId;
    life_log(CreateInfo != NULL ? "veto" : "gone");
    if (CreateInfo != NULL) {
        CreateInfo->CreationStatus = STATUS_ACCESS_DENIED;
    }
}

static void a_vetoed_process_never_runs(void **state)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct ntsim_process_options options = {.status = &status, .images = life_images};

    (void)state;
    life_listen(true);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Vetoing, FALSE));
    EXPECT_TRUE(life_create(&options) == NULL);
    EXPECT_STATUS(status, STATUS_ACCESS_DENIED);
    /* No thread, no image, no handle; and each hears of the end, once. */
    EXPECT_STR(life_take(), "P+@c veto@c P-@c gone@c ");
    EXPECT_TRUE(ntsim_process_find(sim, CHILD_PID) == NULL);
    EXPECT_TRUE(ntsim_thread_find(sim, CHILD_TID) == NULL);
    /* The old way: the veto meets the first thread. */
    struct ntsim_process *child = life_create(&(struct ntsim_process_options){.no_thread = true});
    EXPECT_TRUE(child != NULL);
    EXPECT_TRUE(life_second_thread(child, SECOND_TID) == NULL);
    EXPECT_STR(life_take(), "P+@c veto@c P-@c gone@c ");
    EXPECT_TRUE(ntsim_process_find(sim, CHILD_PID) == NULL);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Vetoing, TRUE));
    life_deafen();
}

static void a_veto_after_the_thread_was_told_ends_it(void **state)
{
    (void)state;
    life_restart(
        &(struct ntcb_config){.windows = NTCB_WINDOWS_7, .switches = NTCB_SWITCH_THREADS_FIRST});
    life_listen(false);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Vetoing, FALSE));
    EXPECT_TRUE(life_create(NULL) == NULL);
    EXPECT_STR(life_take(), "T+@c P+@c veto@c P-@c gone@c T-@n ");
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Vetoing, TRUE));
    life_deafen();
}

/* ---- what is shown is gone afterwards ---- */

static struct {
    const void *name, *line, *info;
    unsigned poisoned;
} kept;

static VOID NTAPI Keeping(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    (void)Process;
    (void)ProcessId;
    if (CreateInfo != NULL) {
        kept.info = CreateInfo;
        kept.name = CreateInfo->ImageFileName->Buffer;
        kept.line = CreateInfo->CommandLine->Buffer;
    }
}

/* Memory goes back to the host: was it overwritten? */
static void watch_release(void *context, void *memory)
{
    const unsigned char *bytes = memory;

    (void)context;
    if (memory != NULL && (memory == kept.name || memory == kept.line || memory == kept.info)) {
        kept.poisoned += bytes[0] == 0xDD && bytes[7] == 0xDD;
    }
    ntcb_host_default()->release(NULL, memory);
}

static void strings_and_structure_die_with_the_call(void **state)
{
    struct ntcb_host_ops host = *ntcb_host_default();
    struct ntsim_process *child;

    (void)state;
    host.release = watch_release;
    life_restart(&(struct ntcb_config){.host = &host});
    memset(&kept, 0, sizeof(kept));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Keeping, FALSE));
    child = life_create(&(struct ntsim_process_options){.command_line = "app /x /y"});
    EXPECT_EQ(kept.poisoned, 3);
    memset(&kept, 0, sizeof(kept));
    ntsim_process_exit(child, STATUS_SUCCESS);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Keeping, TRUE));
    life_restart(NULL); /* before host goes out of scope */
}

static PEPROCESS held;

static VOID NTAPI Holding(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    (void)ProcessId;
    if (CreateInfo != NULL) {
        ObReferenceObject(Process);
        held = Process;
    }
}

static void a_reference_keeps_the_process_object(void **state)
{
    (void)state;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Holding, FALSE));
    ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
    EXPECT_EQ(ID_OF(PsGetProcessId(held)), CHILD_PID);
    ObDereferenceObject(held);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ntsim_process_exit(life_create(NULL), STATUS_SUCCESS);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Holding, TRUE));
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK); /* nobody let go of the second */
    EXPECT_EQ(life_start_with(NULL), 0);
}

/* ---- exceptions ---- */

static VOID NTAPI Raising(HANDLE First, HANDLE Second, BOOLEAN Create)
{
    (void)First;
    (void)Second;
    (void)Create;
    life_log("x");
    KeEnterCriticalRegion();
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

static void an_exception_ends_the_walk_and_is_reported(void **state)
{
    struct ntsim_process *child;

    (void)state;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(Raising, FALSE));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(Raising));
    life_listen(false);
    child = life_create(NULL);
    EXPECT_STR(life_take(), "x@c x@c N+@n "); /* the others do not hear */
    for (int times = 0; times < 2; ++times) {
        EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
    }
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_TRUE(child != NULL);                                     /* nobody vetoed it */
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(Raising, TRUE)); /* it is not inside any more */
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(Raising));
    ntsim_process_exit(child, STATUS_SUCCESS);
    EXPECT_STR(life_take(), "T-@n N-@n S-@n P-@n ");
    life_deafen();
}

/* ---- two kernels ---- */

static VOID NTAPI OtherProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)ParentId;
    (void)ProcessId;
    (void)Create;
    life_log("other");
}

static void two_kernels_know_nothing_of_each_other(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    const struct ntsim_process_options options = {.image_path = "C:\\o.exe", .pid = CHILD_PID};
    struct ntsim_process *process;
    struct ntsim_thread *previous;
    struct ntsim *other;
    unsigned count;

    (void)state;
    config.kernel.windows = NTCB_WINDOWS_XP;
    config.quiet = true;
    EXPECT_EQ(ntsim_create(&other, &config), NTCB_OK);
    life_listen(false);
    previous = ntsim_enter(other);
    for (count = 0; NT_SUCCESS(PsSetLoadImageNotifyRoutine(LifeImage)); ++count) {
    }
    EXPECT_EQ(count, 8); /* its table is that of its Windows, and empty of ours */
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(OtherProcess, FALSE));
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutine(LifeProcess, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_EQ(ntsim_process_create(other, &options, &process), NTCB_OK);
    EXPECT_STR(life_take(), "other@s ");
    ntsim_leave(previous);
    EXPECT_TRUE(life_create(NULL) != NULL); /* the same id, in the other world */
    EXPECT_STR(life_take(), "P+@c T+@c S+@c N+@n ");
    EXPECT_TRUE(ntsim_process_find(other, CHILD_PID) != ntsim_process_find(sim, CHILD_PID));
    previous = ntsim_enter(other);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(OtherProcess, TRUE));
    while (count-- != 0) {
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(LifeImage));
    }
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_destroy(other), NTCB_OK);
    life_deafen();
}

static void no_memory_leaves_no_process(void **state)
{
    struct ntsim_process_options options = {.image_path = "C:\\a.exe", .command_line = "a"};
    struct ntsim_process *process;
    uint64_t failing;

    (void)state;
    life_listen(true);
    for (failing = 1;; ++failing) {
        ntsim_fail_allocation(sim, failing);
        int error = ntsim_process_create(sim, &options, &process);
        if (!ntsim_allocation_failed(sim)) {
            EXPECT_EQ(error, NTCB_OK);
            break;
        }
        EXPECT_TRUE(error == NTCB_ENOMEM || error == NTCB_OK);
        EXPECT_EQ(process != NULL, error == NTCB_OK);
        if (process != NULL) {
            ntsim_process_exit(process, STATUS_SUCCESS);
        }
    }
    ntsim_fail_allocation(sim, 0);
    EXPECT_TRUE(failing > 5);
    life_deafen();
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ps.life.a_suspended_process_loads_nothing", "ORD-03",
              a_suspended_process_loads_nothing),
    LIFE_CASE("ps.life.later_threads_and_drivers_are_told_once", "ORD-08 IMG-56",
              later_threads_and_drivers_are_told_once),
    LIFE_CASE("ps.life.the_end_of_older_processes_is_told", "PROC-25",
              the_end_of_older_processes_is_told),
    LIFE_CASE("ps.life.a_vetoed_process_never_runs", "PROC-44", a_vetoed_process_never_runs),
    LIFE_CASE("ps.life.a_veto_after_the_thread_was_told_ends_it", "ORD-02",
              a_veto_after_the_thread_was_told_ends_it),
    LIFE_CASE("ps.life.strings_and_structure_die_with_the_call", "PROC-39",
              strings_and_structure_die_with_the_call),
    LIFE_CASE("ps.life.a_reference_keeps_the_process_object", "PROC-33",
              a_reference_keeps_the_process_object),
    LIFE_CASE("ps.life.an_exception_ends_the_walk_and_is_reported", "DV-15",
              an_exception_ends_the_walk_and_is_reported),
    LIFE_CASE("ps.life.two_kernels_know_nothing_of_each_other", "",
              two_kernels_know_nothing_of_each_other),
    LIFE_CASE("ps.life.no_memory_leaves_no_process", "", no_memory_leaves_no_process),
};

NTCB_TEST_MAIN("library", tests)
