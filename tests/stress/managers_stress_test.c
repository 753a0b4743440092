/* SPDX-License-Identifier: MIT
 *
 * managers_stress_test.c - processes, threads, images, handles, keys and callback objects on eight
 * threads, while four others register and remove with every manager. An oracle counts.
 *
 * Role   Every notification is heard on the host thread that caused it, so each thread counts for
 *        itself what the routines that are always there hear, and compares with what it did:
 *        nothing is lost, nothing is heard twice. A registrar's own turn reaches each of its
 *        routines as often; no routine is entered after its removal has returned.
 *        A case that ends in .soak goes on for a minute, the other for some rounds.
 */
#include "../sim/simkit.h"

#include <pthread.h>
#include <stdatomic.h>

#define WORKERS 8
#define REGISTRARS 4
#define QUICK_ROUNDS 600
#define SOAK_SECONDS 60

enum kind { CREATED, GONE, THREAD_CREATED, THREAD_GONE, IMAGE, PRE, POST, KEY, NOTIFIED, KINDS };

/* What one turn of a thread comes to. */
static const unsigned turn_makes[KINDS] = {
    [CREATED] = 1, [GONE] = 1, [THREAD_CREATED] = 2, [THREAD_GONE] = 2, [IMAGE] = 2, [PRE] = 2,
    [POST] = 2,    [KEY] = 2,  [NOTIFIED] = 1,
};

static struct {
    _Atomic bool alive[REGISTRARS];
    _Atomic unsigned late, wrong, failed;
    _Atomic unsigned registrars_left;
    _Atomic unsigned long turns;
    unsigned rounds; /* of a registrar; 0: until the clock says so */
    uint64_t deadline_ns;
    HANDLE key;
    PCALLBACK_OBJECT object;
} stress;

/* Heard on this thread: by the registrars' routines, and last by those that are always there. */
static _Thread_local unsigned heard[REGISTRARS + 1][KINDS];

static void hear(unsigned who, enum kind kind)
{
    if (who < REGISTRARS) {
        atomic_fetch_add(&stress.late, !atomic_load(&stress.alive[who]));
    }
    ++heard[who][kind];
}

/* ---- the routines ---- */

#define ROUTINES(who)                                                                    \
    static VOID NTAPI Process##who(HANDLE Parent, HANDLE Id, BOOLEAN Create)             \
    {                                                                                    \
        (void)Parent;                                                                    \
        (void)Id;                                                                        \
        hear(who, Create ? CREATED : GONE);                                              \
    }                                                                                    \
    static VOID NTAPI Thread##who(HANDLE Process, HANDLE Id, BOOLEAN Create)             \
    {                                                                                    \
        (void)Process;                                                                   \
        (void)Id;                                                                        \
        hear(who, Create ? THREAD_CREATED : THREAD_GONE);                                \
    }                                                                                    \
    static VOID NTAPI Image##who(PUNICODE_STRING Name, HANDLE Process, PIMAGE_INFO Info) \
    {                                                                                    \
        (void)Name;                                                                      \
        (void)Process;                                                                   \
        (void)Info;                                                                      \
        hear(who, IMAGE);                                                                \
    }

ROUTINES(0)
ROUTINES(1)
ROUTINES(2)
ROUTINES(3)
ROUTINES(4)

#define ROW(who)                              \
    {                                         \
        Process##who, Thread##who, Image##who \
    }

static const struct {
    PCREATE_PROCESS_NOTIFY_ROUTINE process;
    PCREATE_THREAD_NOTIFY_ROUTINE thread;
    PLOAD_IMAGE_NOTIFY_ROUTINE image;
} routines[REGISTRARS + 1] = {ROW(0), ROW(1), ROW(2), ROW(3), ROW(4)};

static OB_PREOP_CALLBACK_STATUS NTAPI Before(PVOID Who, POB_PRE_OPERATION_INFORMATION Information)
{
    (void)Information;
    hear((unsigned)(ULONG_PTR)Who, PRE);
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI After(PVOID Who, POB_POST_OPERATION_INFORMATION Information)
{
    (void)Information;
    hear((unsigned)(ULONG_PTR)Who, POST);
}

static NTSTATUS NTAPI Registry(PVOID Who, PVOID Class, PVOID Information)
{
    (void)Information;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Class == RegNtPreQueryKey ||
        (REG_NOTIFY_CLASS)(ULONG_PTR)Class == RegNtPostQueryKey) {
        hear((unsigned)(ULONG_PTR)Who, KEY);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI Notified(PVOID Who, PVOID Argument1, PVOID Argument2)
{
    (void)Argument1;
    (void)Argument2;
    hear((unsigned)(ULONG_PTR)Who, NOTIFIED);
}

/* ---- registering ---- */

struct registered {
    LARGE_INTEGER cookie;
    PVOID handle;
    PVOID registration;
};

static void count_failure(bool failed)
{
    atomic_fetch_add(&stress.failed, failed);
}

static void register_all(unsigned who, struct registered *it)
{
    static const PCWSTR altitudes[] = {u"1000", u"2000", u"3000", u"4000", u"2500"};
    OB_OPERATION_REGISTRATION operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE, Before, After},
        {PsThreadType, OB_OPERATION_HANDLE_CREATE, Before, After},
    };
    OB_CALLBACK_REGISTRATION objects = {
        OB_FLT_REGISTRATION_VERSION, 2, {0}, (PVOID)(ULONG_PTR)who, operations};

    RtlInitUnicodeString(&objects.Altitude, altitudes[who]);
    if (who < REGISTRARS) {
        atomic_store(&stress.alive[who], true);
    }
    count_failure(!NT_SUCCESS(PsSetCreateProcessNotifyRoutine(routines[who].process, FALSE)));
    count_failure(!NT_SUCCESS(PsSetCreateThreadNotifyRoutine(routines[who].thread)));
    count_failure(!NT_SUCCESS(PsSetLoadImageNotifyRoutine(routines[who].image)));
    count_failure(!NT_SUCCESS(ObRegisterCallbacks(&objects, &it->handle)));
    count_failure(!NT_SUCCESS(CmRegisterCallback(Registry, (PVOID)(ULONG_PTR)who, &it->cookie)));
    it->registration = ExRegisterCallback(stress.object, Notified, (PVOID)(ULONG_PTR)who);
    count_failure(it->registration == NULL);
}

static void remove_all(unsigned who, const struct registered *it)
{
    count_failure(!NT_SUCCESS(PsSetCreateProcessNotifyRoutine(routines[who].process, TRUE)));
    count_failure(!NT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(routines[who].thread)));
    count_failure(!NT_SUCCESS(PsRemoveLoadImageNotifyRoutine(routines[who].image)));
    ObUnRegisterCallbacks(it->handle);
    count_failure(!NT_SUCCESS(CmUnRegisterCallback(it->cookie)));
    ExUnregisterCallback(it->registration);
    if (who < REGISTRARS) {
        atomic_store(&stress.alive[who], false);
    }
}

/* ---- turns ---- */

static void open_and_close(PVOID object, POBJECT_TYPE type)
{
    HANDLE handle;

    if (NT_SUCCESS(
            ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, NULL, 1, type, KernelMode, &handle))) {
        ZwClose(handle);
    } else {
        count_failure(true);
    }
}

/* Everything that turn_makes speaks of, once. */
static void take_turn(void)
{
    static const char *const images[] = {"C:\\app.exe", NULL};
    const struct ntsim_process_options options = {.image_path = "C:\\app.exe", .images = images};
    struct ntsim_image_options image = {.path = "C:\\app.dll"};
    KEY_BASIC_INFORMATION basic;
    struct ntsim_process *process;
    struct ntsim_thread *thread;
    ULONG length;

    if (ntsim_process_create(sim, &options, &process) != NTCB_OK) {
        count_failure(true);
        return;
    }
    thread = ntsim_thread_create(process, 0);
    image.process = process;
    count_failure(thread == NULL || ntsim_image_load(sim, &image, NULL) != NTCB_OK);
    open_and_close(process, *PsProcessType);
    open_and_close(thread, *PsThreadType);
    (void)ZwQueryKey(stress.key, KeyBasicInformation, &basic, sizeof(basic), &length);
    ExNotifyCallback(stress.object, NULL, NULL);
    ntsim_process_exit(process, STATUS_SUCCESS);
    atomic_fetch_add(&stress.turns, 1);
}

/* One turn, after which `who` must have heard each kind as often as it makes it. */
static void take_counted_turn(unsigned who)
{
    unsigned before[KINDS];

    memcpy(before, heard[who], sizeof(before));
    take_turn();
    for (int kind = 0; kind < KINDS; ++kind) {
        atomic_fetch_add(&stress.wrong, heard[who][kind] - before[kind] != turn_makes[kind]);
    }
}

static bool is_over(unsigned round)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.rounds != 0 ? round >= stress.rounds
                              : host->clock_ns(host->context) >= stress.deadline_ns;
}

static void *work(void *unused)
{
    struct ntsim_thread *previous = ntsim_enter(sim);

    (void)unused;
    while (atomic_load(&stress.registrars_left) != 0) {
        take_counted_turn(REGISTRARS);
    }
    ntsim_leave(previous);
    return NULL;
}

static void *register_in_turn(void *number)
{
    struct ntsim_thread *previous = ntsim_enter(sim);
    unsigned who = *(unsigned *)number;
    struct registered registered;

    for (unsigned round = 0; !is_over(round); ++round) {
        register_all(who, &registered);
        take_counted_turn(who);
        remove_all(who, &registered);
    }
    atomic_fetch_sub(&stress.registrars_left, 1);
    ntsim_leave(previous);
    return NULL;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

static void prepare(unsigned rounds)
{
    const struct ntcb_host_ops *host = ntcb_host_default();
    OBJECT_ATTRIBUTES attributes;

    memset(&stress, 0, sizeof(stress));
    memset(heard, 0, sizeof(heard));
    stress.rounds = rounds;
    stress.deadline_ns = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    atomic_store(&stress.registrars_left, REGISTRARS);
    ntsim_driver_start(sim, "stress", Entry); /* for the routines of this program to lie in one */
    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE\\SOFTWARE"),
                               OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenKey(&stress.key, KEY_READ, &attributes));
    InitializeObjectAttributes(&attributes, STRING(u"\\Callback\\Stress"), 0, NULL, NULL);
    EXPECT_SUCCESS(ExCreateCallback(&stress.object, &attributes, TRUE, TRUE));
}

static void run(unsigned rounds)
{
    pthread_t threads[WORKERS + REGISTRARS];
    unsigned numbers[REGISTRARS];
    struct registered always;
    unsigned index;

    prepare(rounds);
    register_all(REGISTRARS, &always);
    for (index = 0; index < REGISTRARS; ++index) {
        numbers[index] = index;
        EXPECT_EQ(pthread_create(&threads[index], NULL, register_in_turn, &numbers[index]), 0);
    }
    for (; index < WORKERS + REGISTRARS; ++index) {
        EXPECT_EQ(pthread_create(&threads[index], NULL, work, NULL), 0);
    }
    for (index = 0; index < WORKERS + REGISTRARS; ++index) {
        EXPECT_EQ(pthread_join(threads[index], NULL), 0);
    }
    remove_all(REGISTRARS, &always);
    ObDereferenceObject(stress.object);
    EXPECT_SUCCESS(ZwClose(stress.key));
    print_message("%lu turns\n", atomic_load(&stress.turns));
    EXPECT_EQ(atomic_load(&stress.late), 0);
    EXPECT_EQ(atomic_load(&stress.wrong), 0);
    EXPECT_EQ(atomic_load(&stress.failed), 0);
}

static void for_some_rounds(void **state)
{
    (void)state;
    run(QUICK_ROUNDS);
}

static void for_a_minute(void **state)
{
    (void)state;
    run(0);
}

static const struct ntcb_test tests[] = {
    {"stress.managers.nobody_is_late_lost_or_told_twice",
     "IMG-30 PROC-08 THR-04 OB-13 EX-12 CM-UNR-03", for_some_rounds, start, stop},
    {"stress.managers.nobody_is_late_lost_or_told_twice.soak",
     "IMG-30 PROC-08 THR-04 OB-13 EX-12 CM-UNR-03", for_a_minute, start, stop},
};

NTCB_TEST_MAIN("library", tests)
