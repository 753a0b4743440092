/* SPDX-License-Identifier: MIT
 *
 * life_kit.h - a simulator in which everything about processes, threads, images and handles is
 * heard, and written down as a trace.
 *
 * The trace is one word a notification, and the thread it was heard on: "P+@c" is a process routine
 * told of a creation on thread c. Words: P process, T plain thread, N NonSystem thread, S
 * Subsystems thread, each with + or -; I(name) image; Hp, Ht a handle to a process or thread.
 * Threads: c the creator, n and m the first and second thread of the process that is watched, s any
 * of System.
 */
#ifndef TESTS_SIM_LIFE_KIT_H
#define TESTS_SIM_LIFE_KIT_H

#include "simkit.h"

#define CREATOR_PID 3000
#define CREATOR_TID 3004
#define CHILD_PID 4000
#define CHILD_TID 4004
#define SECOND_TID 4008
#define PARENT_PID 5000

#define ID_OF(handle) ((uint32_t)(ULONG_PTR)(handle))

static char trace[4096];
static char taken[4096];
static struct ntsim_process *creator_process;
static struct ntsim_thread *creator;
static struct ntsim_driver *life_driver;
static void (*life_hook)(const char *word); /* runs inside every routine */

static inline char thread_letter(void)
{
    switch (ID_OF(PsGetCurrentThreadId())) {
    case CREATOR_TID:
        return 'c';
    case CHILD_TID:
        return 'n';
    case SECOND_TID:
        return 'm';
    default:
        return ID_OF(PsGetCurrentProcessId()) == 4 ? 's' : '?';
    }
}

static inline void life_log(const char *word)
{
    size_t length = strlen(trace);

    snprintf(trace + length, sizeof(trace) - length, "%s@%c ", word, thread_letter());
    if (life_hook != NULL) {
        life_hook(word);
    }
}

/* What was heard since the last time. */
static inline const char *life_take(void)
{
    memcpy(taken, trace, sizeof(taken));
    trace[0] = '\0';
    return taken;
}

static inline VOID NTAPI LifeProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)ParentId;
    (void)ProcessId;
    life_log(Create ? "P+" : "P-");
}

static inline VOID NTAPI LifeThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    (void)ProcessId;
    if (ID_OF(ThreadId) == SECOND_TID) {
        life_log(Create ? "T2+" : "T2-");
    } else {
        life_log(Create ? "T+" : "T-");
    }
}

static inline VOID NTAPI LifeNonSystem(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    (void)ProcessId;
    (void)ThreadId;
    life_log(Create ? "N+" : "N-");
}

static inline VOID NTAPI LifeSubsystems(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    (void)ProcessId;
    (void)ThreadId;
    life_log(Create ? "S+" : "S-");
}

static inline VOID NTAPI LifeImage(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info)
{
    char word[64] = "I(";
    size_t length = 2;
    USHORT index, last = 0;

    (void)ProcessId;
    (void)Info;
    for (index = 0; index < Name->Length / sizeof(WCHAR); ++index) {
        last = Name->Buffer[index] == u'\\' ? (USHORT)(index + 1) : last;
    }
    for (index = last; index < Name->Length / sizeof(WCHAR) && length < 60; ++index) {
        word[length++] = (char)Name->Buffer[index];
    }
    word[length] = ')';
    life_log(word);
}

static inline OB_PREOP_CALLBACK_STATUS NTAPI LifeHandle(PVOID Context,
                                                        POB_PRE_OPERATION_INFORMATION Information)
{
    (void)Context;
    life_log(Information->ObjectType == *PsProcessType ? "Hp" : "Ht");
    return OB_PREOP_SUCCESS;
}

static PVOID life_handles;

static inline NTSTATUS life_register_handles(PCWSTR altitude, POB_PRE_OPERATION_CALLBACK pre,
                                             POB_POST_OPERATION_CALLBACK post, PVOID context,
                                             PVOID *handle)
{
    OB_OPERATION_REGISTRATION operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, pre, post},
        {PsThreadType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, pre, post},
    };
    OB_CALLBACK_REGISTRATION registration = {
        OB_FLT_REGISTRATION_VERSION, RTL_NUMBER_OF(operations), {0}, context, operations};

    RtlInitUnicodeString(&registration.Altitude, altitude);
    return ObRegisterCallbacks(&registration, handle);
}

static inline VOID NTAPI LifeUnload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static inline NTSTATUS NTAPI LifeEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = LifeUnload;
    return STATUS_SUCCESS;
}

/* A driver is loaded, so that routines of this program lie in one; nothing is heard yet. */
static inline int life_start_with(const struct ntcb_config *kernel)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    const struct ntsim_process_options options = {
        .image_path = "C:\\creator.exe", .pid = CREATOR_PID, .tid = CREATOR_TID};

    if (kernel != NULL) {
        config.kernel.windows = kernel->windows;
        config.kernel.switches = kernel->switches;
        config.kernel.host = kernel->host;
    }
    config.quiet = true;
    sim = ntsim_start(&config);
    trace[0] = '\0';
    life_hook = NULL;
    life_driver = ntsim_driver_start(sim, "life", LifeEntry);
    if (ntsim_process_create(sim, &options, &creator_process) != NTCB_OK) {
        return -1;
    }
    creator = ntsim_process_thread(creator_process);
    return 0;
}

static inline int life_start(void **state)
{
    (void)state;
    return life_start_with(NULL);
}

/* For a case that begins with a kernel of its own choice. */
static inline void life_restart(const struct ntcb_config *kernel)
{
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    EXPECT_EQ(life_start_with(kernel), 0);
}

/* Register whatever this Windows has. */
static inline void life_listen(bool handles)
{
    enum ntcb_windows windows = ntcb_kernel_config(ntsim_kernel(sim))->windows;

    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(LifeProcess, FALSE));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(LifeThread));
    if (windows >= NTCB_WINDOWS_10_1507) {
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem,
                                                        (PVOID)(ULONG_PTR)LifeNonSystem));
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifySubsystems,
                                                        (PVOID)(ULONG_PTR)LifeSubsystems));
    }
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(LifeImage));
    life_handles = NULL;
    if (handles) {
        EXPECT_SUCCESS(life_register_handles(u"300000", LifeHandle, NULL, NULL, &life_handles));
    }
}

static inline void life_deafen(void)
{
    enum ntcb_windows windows = ntcb_kernel_config(ntsim_kernel(sim))->windows;

    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(LifeProcess, TRUE));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(LifeThread));
    if (windows >= NTCB_WINDOWS_10_1507) {
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(LifeNonSystem));
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(LifeSubsystems));
    }
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(LifeImage));
    if (life_handles != NULL) {
        ObUnRegisterCallbacks(life_handles);
    }
}

static const char *const life_images[] = {"\\Device\\HarddiskVolume3\\app.exe",
                                          "\\Device\\HarddiskVolume3\\ntdll.dll",
                                          "\\Device\\HarddiskVolume3\\kernel32.dll", NULL};

/* The process that is watched, made by the creator's thread; *options may say more. */
static inline struct ntsim_process *life_create(const struct ntsim_process_options *more)
{
    struct ntsim_process_options options = more == NULL ? (struct ntsim_process_options){0} : *more;
    struct ntsim_process *process = NULL;
    int error;

    options.pid = CHILD_PID;
    options.tid = options.no_thread ? 0 : CHILD_TID;
    options.creator = creator;
    if (options.image_path == NULL && !options.subsystem) {
        options.image_path = "C:\\app.exe";
    }
    error = ntsim_process_create(sim, &options, &process);
    EXPECT_TRUE(error == NTCB_OK || error == NTCB_ESTATUS);
    return process;
}

/* The second thread, made by the creator's. */
static inline struct ntsim_thread *life_second_thread(struct ntsim_process *process, uint32_t tid)
{
    struct ntsim_thread *previous = ntsim_thread_enter(creator);
    struct ntsim_thread *thread = ntsim_thread_create(process, tid);

    ntsim_thread_leave(previous);
    return thread;
}

#define LIFE_CASE(name, rules, function)        \
    {                                           \
        name, rules, function, life_start, stop \
    }

#endif
