/* SPDX-License-Identifier: MIT
 *
 * checkbusy.c - the driver is unloaded while its callbacks run on other threads.
 *
 * Role   Once for each manager that the driver has registered with. Programs make events of every
 *        kind; the first call into that manager's routine is held, in the observer before the
 *        routine begins, until DriverUnload is about to be called. So the routine runs while
 *        DriverUnload takes it away, and must find its state there.
 * Locks  busy.monitor protects phase and rounds; nothing is called with it held.
 */
#include "cli/check.h"

#include <ntsim/image.h>
#include <ntsim/process.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAMS 2
/* A driver that hears nothing of so many rounds is not held. */
#define ROUNDS_BEFORE 3u
#define ROUNDS_AFTER 2u

enum phase { STARTING, WAITING, HELD, UNLOADING, OVER };

struct busy {
    struct check_run *run;
    enum ntcb_manager manager;
    const struct ntcb_host_ops *host;
    struct ntcb_monitor *monitor;
    enum phase phase;
    unsigned rounds[PROGRAMS];
};

struct program {
    struct busy *busy;
    size_t index;
    struct ntsim_process *process;
    pthread_t thread;
};

static void enter(const struct busy *busy)
{
    busy->host->monitor_enter(busy->host->context, busy->monitor);
}

static void leave(const struct busy *busy)
{
    busy->host->monitor_leave(busy->host->context, busy->monitor);
}

static void set_phase(struct busy *busy, enum phase phase)
{
    busy->phase = phase;
    busy->host->monitor_wake(busy->host->context, busy->monitor);
}

static void wait_change(const struct busy *busy)
{
    busy->host->monitor_wait(busy->host->context, busy->monitor, NTCB_FOREVER);
}

/* On a program's thread, just before the routine runs. */
static void hold(void *context, const struct ntcb_call *call)
{
    struct busy *busy = context;

    if (!call->entering || call->registration->manager != busy->manager)
        return;
    enter(busy);
    if (busy->phase == WAITING) {
        set_phase(busy, HELD);
        while (busy->phase == HELD)
            wait_change(busy);
    }
    leave(busy);
}

/* ---- what a program does -------------------------------------------------------------------- */

static void use_registry(void)
{
    UNICODE_STRING name, value;
    OBJECT_ATTRIBUTES attributes;
    ULONG data = 1;
    HANDLE key;

    RtlInitUnicodeString(&name, u"\\Registry\\Machine\\Software\\NtcallbackCheck");
    RtlInitUnicodeString(&value, u"Value");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL)))
        return;
    (void)NtSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data));
    (void)NtDeleteValueKey(key, &value);
    NtClose(key);
}

static void use_processes(const struct program *program)
{
    struct ntsim_process_options options = {.image_path = "C:\\Windows\\System32\\whoami.exe"};
    struct ntsim_image_options image = {.path = "\\Windows\\System32\\version.dll",
                                        .process = program->process};
    CLIENT_ID client = {(HANDLE)(uintptr_t)ntsim_process_id(program->process), NULL};
    OBJECT_ATTRIBUTES attributes;
    struct ntsim_process *child;
    struct ntsim_thread *thread;
    struct ntsim_image *mapped;
    HANDLE handle;

    if (ntsim_image_load(program->busy->run->sim, &image, &mapped) == NTCB_OK)
        ntsim_image_unload(mapped);
    thread = ntsim_thread_create(program->process, 0);
    if (thread != NULL)
        ntsim_thread_exit(thread);
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    if (NT_SUCCESS(NtOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client)))
        NtClose(handle);
    if (ntsim_process_create(program->busy->run->sim, &options, &child) == NTCB_OK)
        ntsim_process_exit(child, STATUS_SUCCESS);
}

static bool round_done(const struct program *program)
{
    struct busy *busy = program->busy;
    bool over;

    enter(busy);
    busy->rounds[program->index]++;
    busy->host->monitor_wake(busy->host->context, busy->monitor);
    over = busy->phase == OVER;
    leave(busy);
    return over;
}

static void *live(void *context)
{
    struct program *program = context;
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(program->process));

    do {
        use_registry();
        use_processes(program);
    } while (!round_done(program));
    ntsim_thread_leave(before);
    return NULL;
}

/* ---- the unload ----------------------------------------------------------------------------- */

static bool all_reached(const struct busy *busy, const unsigned rounds[PROGRAMS])
{
    bool reached = true;

    for (size_t i = 0; i < PROGRAMS; i++)
        reached = reached && busy->rounds[i] >= rounds[i];
    return reached;
}

static void unload_while_held(struct busy *busy, struct ntsim_driver *driver)
{
    unsigned before[PROGRAMS], after[PROGRAMS];

    enter(busy);
    for (size_t i = 0; i < PROGRAMS; i++)
        before[i] = ROUNDS_BEFORE;
    while (busy->phase == WAITING && !all_reached(busy, before))
        wait_change(busy);
    set_phase(busy, UNLOADING);
    leave(busy);
    check_unload(busy->run, driver);
    enter(busy);
    for (size_t i = 0; i < PROGRAMS; i++)
        after[i] = busy->rounds[i] + ROUNDS_AFTER;
    while (!all_reached(busy, after))
        wait_change(busy);
    set_phase(busy, OVER);
    leave(busy);
}

static bool start_programs(struct busy *busy, struct program programs[PROGRAMS])
{
    static const struct ntsim_process_options options = {.image_path = "C:\\Tools\\busy.exe"};

    for (size_t i = 0; i < PROGRAMS; i++) {
        programs[i] = (struct program){.busy = busy, .index = i};
        if (ntsim_process_create(busy->run->sim, &options, &programs[i].process) != NTCB_OK) {
            check_write(busy->run->out, "note",
                        json_string("the driver lets no process start: it was not unloaded "
                                    "while it was busy"));
            return false;
        }
    }
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (pthread_create(&programs[i].thread, NULL, live, &programs[i]) != 0) {
            cli_complain("no thread could be made");
            exit(CLI_CANNOT_RUN); /* those that run cannot be told to end: this process goes */
        }
    }
    enter(busy);
    set_phase(busy, WAITING); /* this thread made the calls so far: they must not be held */
    leave(busy);
    return true;
}

static void note_manager(void *context, const struct ntcb_registration *registration)
{
    *(unsigned *)context |= 1u << registration->manager;
}

/* One kernel in which a call of `manager` is held. The managers that the driver uses, as bits. */
static unsigned unload_busy(struct check_run *run, enum ntcb_manager manager)
{
    struct busy busy = {.run = run, .manager = manager, .host = ntcb_host_default()};
    struct program programs[PROGRAMS];
    struct ntsim_driver *driver;
    unsigned managers = 0;
    char step[96];

    busy.monitor = busy.host->monitor_create(busy.host->context);
    if (busy.monitor == NULL || !check_kernel_begin(run))
        return 0;
    snprintf(step, sizeof(step), "unloading it while its %s routine runs",
             ntcb_manager_info(manager)->name);
    check_step(run, "loading it");
    if (check_load(run, &driver)) {
        ntcb_registrations(ntsim_kernel(run->sim), note_manager, &managers);
        if ((managers & (1u << manager)) != 0 &&
            ntsim_driver_object(driver)->DriverUnload != NULL) {
            run->observer = hold;
            run->observer_context = &busy;
            if (start_programs(&busy, programs)) {
                check_step(run, step);
                unload_while_held(&busy, driver);
                for (size_t i = 0; i < PROGRAMS; i++)
                    pthread_join(programs[i].thread, NULL);
            }
        } else if (ntsim_driver_object(driver)->DriverUnload != NULL) {
            check_unload(run, driver);
        }
    }
    check_kernel_end(run);
    run->observer = NULL;
    busy.host->monitor_destroy(busy.host->context, busy.monitor);
    return managers;
}

void check_pass_busy(struct check_run *run)
{
    unsigned managers = ~0u;

    for (int manager = NTCB_MANAGER_IMAGE; manager <= NTCB_MANAGER_OBJECT && !run->cannot;
         manager++) {
        if ((managers & (1u << manager)) != 0)
            managers = unload_busy(run, (enum ntcb_manager)manager);
    }
}
