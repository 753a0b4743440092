/* SPDX-License-Identifier: MIT
 *
 * process_kit.h - process and thread routines that leave a letter in the trace, and their events.
 */
#ifndef TESTS_PS_PROCESS_KIT_H
#define TESTS_PS_PROCESS_KIT_H

#include "../ex/kit.h"

/* Both plain process routines and thread routines have this type: (id, id, create). */
#define PLAIN_ROUTINE(name, letter)                                            \
    static inline VOID NTAPI name(HANDLE First, HANDLE Second, BOOLEAN Create) \
    {                                                                          \
        (void)First;                                                           \
        (void)Second;                                                          \
        (void)Create;                                                          \
        kit_log(here, letter);                                                 \
    }

#define EX_ROUTINE(name, letter)                                       \
    static inline VOID NTAPI name(PEPROCESS Process, HANDLE ProcessId, \
                                  PPS_CREATE_NOTIFY_INFO CreateInfo)   \
    {                                                                  \
        (void)Process;                                                 \
        (void)ProcessId;                                               \
        (void)CreateInfo;                                              \
        kit_log(here, letter);                                         \
    }

PLAIN_ROUTINE(plain_a, 'A')
PLAIN_ROUTINE(plain_b, 'B')
PLAIN_ROUTINE(plain_c, 'C')
EX_ROUTINE(ex_d, 'D')
EX_ROUTINE(ex_e, 'E')

#define ID(number) ((HANDLE)(ULONG_PTR)(number))

/* Let one process exit and return who heard of it, in order. */
static inline const char *process_heard(struct kit *kit, bool subsystem)
{
    ntcb_process_exited(&(struct ntcb_process){.ProcessId = ID(1000), .Subsystem = subsystem});
    return kit_take(kit);
}

/* Let one process be created; the status is the veto that stands at the end. */
static inline NTSTATUS process_create(bool subsystem)
{
    PS_CREATE_NOTIFY_INFO info = {.IsSubsystemProcess = subsystem};

    return ntcb_process_created(
        &(struct ntcb_process){.ProcessId = ID(1000), .Subsystem = subsystem}, &info);
}

/* A routine of each flavour as the table sees it. */
typedef NTSTATUS process_set(BOOLEAN remove);

static inline NTSTATUS set_plain(BOOLEAN remove)
{
    return PsSetCreateProcessNotifyRoutine(plain_a, remove);
}

static inline NTSTATUS set_ex(BOOLEAN remove)
{
    return PsSetCreateProcessNotifyRoutineEx(ex_d, remove);
}

static inline NTSTATUS set_ex2(BOOLEAN remove)
{
    return PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                              (PVOID)(ULONG_PTR)ex_e, remove);
}

static const struct {
    const char *name;
    process_set *set;
    enum ntcb_windows since;
    ULONG_PTR routine;
} flavours[] = {
    {"plain", set_plain, NTCB_WINDOWS_XP, (ULONG_PTR)plain_a},
    {"Ex", set_ex, NTCB_WINDOWS_VISTA, (ULONG_PTR)ex_d},
    {"Ex2", set_ex2, NTCB_WINDOWS_10_1703, (ULONG_PTR)ex_e},
};

/* An address for each number: routines that are registered and never called. */
static char routine_page[128];

static inline PCREATE_PROCESS_NOTIFY_ROUTINE nth_routine(unsigned number)
{
    return (PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)&routine_page[number];
}

static inline void fill_processes(unsigned count)
{
    for (unsigned number = 0; number < count; ++number) {
        EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(nth_routine(number), FALSE));
    }
}

static inline void empty_processes(unsigned count)
{
    for (unsigned number = 0; number < count; ++number) {
        EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(nth_routine(number), TRUE));
    }
}

/* ---- which driver an address lies in ---- */

static struct {
    bool in_driver;
    bool integrity;
    const void *bad; /* lies in no driver, whatever in_driver says */
} module;

static inline bool find_module(const void *address, struct ntcb_module *found)
{
    *found = (struct ntcb_module){"filter.sys", module.integrity};
    return module.in_driver && address != module.bad;
}

static const struct ntcb_module_services modules = {find_module};

#endif
