/* SPDX-License-Identifier: MIT
 *
 * trace_managers_test.c - the calls of every manager as records, under names of their own.
 */
#include "../sim/handle_kit.h"

#include <ntcallback/dispatch.h>
#include <ntsim/trace.h>

static struct ntsim_trace *records;
static char seen[1024];
static unsigned with_image;

static void collect(void *context, const struct ntsim_trace_call *call)
{
    (void)context;
    strncat(seen, ntsim_notify_class_name(call->notify_class), sizeof(seen) - strlen(seen) - 1);
    strncat(seen, " ", sizeof(seen) - strlen(seen) - 1);
    with_image += call->image != NULL;
    if (call->decision != NTSIM_DECISION_NONE) {
        strncat(seen, "? ", sizeof(seen) - strlen(seen) - 1);
    }
}

static int start_traced(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    if (ntsim_trace_create(&records, NTSIM_TRACE_NAMES) != NTCB_OK ||
        ntsim_trace_add_sink(records, collect, NULL) != NTCB_OK) {
        return -1;
    }
    config.quiet = true;
    config.kernel.observer = ntsim_trace_observe;
    config.kernel.callback_context = records;
    sim = ntsim_start(&config);
    ntsim_driver_start(sim, "traced", LifeEntry);
    seen[0] = '\0';
    with_image = 0;
    return 0;
}

static int stop_traced(void **state)
{
    int error = stop(state);

    ntsim_trace_destroy(records);
    return error;
}

static VOID NTAPI Told(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    (void)Process;
    (void)ProcessId;
    (void)CreateInfo;
}

static VOID NTAPI Listen(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Context;
    (void)Argument1;
    (void)Argument2;
}

static void note_place(void *context, const struct ntcb_registration *registration)
{
    const struct ntsim_trace_callback *callback = ntsim_trace_callback(records, registration);

    (void)context;
    strncat(seen, ntcb_manager_info(callback->manager)->name, sizeof(seen) - strlen(seen) - 1);
    strncat(seen, "=", sizeof(seen) - strlen(seen) - 1);
    strncat(seen, callback->place, sizeof(seen) - strlen(seen) - 1);
    strncat(seen, " ", sizeof(seen) - strlen(seen) - 1);
}

static void each_manager_has_its_classes(void **state)
{
    OBJECT_ATTRIBUTES wanted;
    PCALLBACK_OBJECT object = NULL;
    PVOID registration, handle;
    HANDLE process;

    (void)state;
    InitializeObjectAttributes(&wanted, STRING(u"\\Callback\\Traced"), 0, NULL, NULL);
    EXPECT_SUCCESS(ExCreateCallback(&object, &wanted, TRUE, TRUE));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Told, FALSE));
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(LifeThread));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(LifeImage));
    memset(&watchers[0], 0, sizeof(watchers[0]));
    EXPECT_SUCCESS(life_register_handles(u"4000.5", HandlePre, HandlePost, &watchers[0], &handle));
    registration = ExRegisterCallback(object, Listen, NULL);
    ntcb_registrations(ntsim_kernel(sim), note_place, NULL);
    EXPECT_TRUE(strstr(seen, "image=0 process=0 thread=0 object=4000.5 executive= ") == seen);
    seen[0] = '\0';
    creator = NULL;
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.images = life_images,
                                                                   .process_handle = &process}),
                       STATUS_SUCCESS);
    ExNotifyCallback(object, object, NULL); /* what is told is no structure of ours */
    EXPECT_STR(seen,
               "CreateProcess CreateThread PreHandle PostHandle LoadImage LoadImage LoadImage "
               "ExitThread ExitProcess NotifyCallback ");
    EXPECT_EQ(with_image, 4); /* the process's own, and three */
    EXPECT_EQ(ntsim_trace_lost(records), 0);
    EXPECT_SUCCESS(ZwClose(process));
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutineEx(Told, TRUE));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(LifeThread));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(LifeImage));
    ObUnRegisterCallbacks(handle);
    ExUnregisterCallback(registration);
    ObDereferenceObject(object);
}

static void every_class_has_a_name(void **state)
{
    (void)state;
    for (int class = NTSIM_CLASS_FIRST; class < NTSIM_CLASS_COUNT; ++class) {
        EXPECT_TRUE(ntsim_notify_class_name(class) != NULL);
        EXPECT_TRUE(strcmp(ntsim_notify_class_name(class), "RegNt?") != 0);
    }
    EXPECT_STR(ntsim_notify_class_name(NTSIM_CLASS_FIRST - 1), "RegNt?");
    EXPECT_STR(ntsim_notify_class_name(NTSIM_CLASS_COUNT), "RegNt?");
}

static void raise_in_it(struct watcher *watcher, bool post)
{
    (void)watcher;
    if (!post) {
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    }
}

/* What it was told of is gone by then. */
static void a_call_that_raised_is_over_too(void **state)
{
    struct watcher *watcher = watch(0, u"4000");
    HANDLE process;

    (void)state;
    creator = NULL;
    handle_hook = raise_in_it;
    ntsim_process_exit(life_create(&(struct ntsim_process_options){.process_handle = &process}),
                       STATUS_SUCCESS);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
    EXPECT_STR(seen, "PreHandle PostHandle ");
    EXPECT_SUCCESS(ZwClose(process));
    unwatch(watcher);
}

static const struct ntcb_test tests[] = {
    {"cli.trace.each_manager_has_its_classes", "", each_manager_has_its_classes, start_traced,
     stop_traced},
    {"cli.trace.every_class_has_a_name", "", every_class_has_a_name, NULL, NULL},
    {"cli.trace.a_call_that_raised_is_over_too", "", a_call_that_raised_is_over_too, start_traced,
     stop_traced},
};

NTCB_TEST_MAIN("library", tests)
