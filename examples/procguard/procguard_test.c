/* SPDX-License-Identifier: MIT
 *
 * procguard_test.c - what the author of procguard wants to know before it meets a real machine.
 *
 * Each case has a kernel of its own, in which vault.exe is protected and evil.exe is denied.
 */
#include <ntsim/device.h>
#include <ntsim/driver.h>
#include <ntsim/image.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>

#include "procguard_ioctl.h"

DRIVER_INITIALIZE
procguard_DriverEntry; /* DriverEntry of procguard.c, as procguard::linked names it */

#define PARAMETERS "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\procguard\\Parameters"

/* ---- the bench ------------------------------------------------------------------------------ */

struct bench {
    struct ntsim *sim;
    struct ntsim_driver *guard;
    struct ntsim_process *shell, *vault;
    HANDLE device; /* the shell's */
    char said[4096];
    /* Holding the driver where it prints. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold, held;
};

static void remember(void *context, const char *text)
{
    struct bench *bench = context;

    pthread_mutex_lock(&bench->lock);
    strncat(bench->said, text, sizeof(bench->said) - strlen(bench->said) - 1);
    while (bench->hold) {
        bench->held = true;
        pthread_cond_broadcast(&bench->changed);
        pthread_cond_wait(&bench->changed, &bench->lock);
    }
    pthread_mutex_unlock(&bench->lock);
}

static void policy(struct bench *bench, const char *name, const WCHAR *names, size_t bytes)
{
    assert_int_equal(ntsim_registry_value(bench->sim, PARAMETERS, name, REG_MULTI_SZ, names, bytes),
                     NTCB_OK);
}

static struct ntsim_process *start_process(struct bench *bench,
                                           const struct ntsim_process_options *options)
{
    struct ntsim_process *process = NULL;

    assert_int_equal(ntsim_process_create(bench->sim, options, &process), NTCB_OK);
    return process;
}

static int set_up(void **state)
{
    static struct bench bench;
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    memset(&bench, 0, sizeof(bench));
    pthread_mutex_init(&bench.lock, NULL);
    pthread_cond_init(&bench.changed, NULL);
    config.debug_output = remember;
    config.debug_context = &bench;
    bench.sim = ntsim_start(&config);
    policy(&bench, "Protect", u"vault.exe\0", sizeof(u"vault.exe\0"));
    policy(&bench, "Deny", u"evil.exe\0worse.exe\0", sizeof(u"evil.exe\0worse.exe\0"));
    bench.guard = ntsim_driver_start(bench.sim, "procguard", procguard_DriverEntry);
    bench.shell = start_process(
        &bench, &(struct ntsim_process_options){.image_path = "C:\\Windows\\explorer.exe"});
    bench.vault = start_process(
        &bench, &(struct ntsim_process_options){.image_path = "C:\\Program Files\\Vault.exe",
                                                .parent = bench.shell});
    assert_int_equal(
        ntsim_device_open(bench.shell, "\\\\.\\ProcGuard", GENERIC_READ, &bench.device),
        STATUS_SUCCESS);
    *state = &bench;
    return 0;
}

/* Also proves, after every case, that the driver left nothing behind and broke no rule. */
static int tear_down(void **state)
{
    struct bench *bench = *state;

    if (bench->guard != NULL) {
        ntsim_device_close(bench->shell, bench->device);
        if (ntsim_driver_stop(bench->guard) != NTCB_OK)
            return -1;
    }
    return ntsim_stop(bench->sim);
}

static NTSTATUS ask_of_id(struct bench *bench, ULONG pid, PROCGUARD_PROCESS *answer)
{
    return ntsim_device_ioctl(bench->shell, bench->device, IOCTL_PROCGUARD_QUERY, &pid, sizeof(pid),
                              answer, sizeof(*answer), NULL);
}

static NTSTATUS ask(struct bench *bench, struct ntsim_process *process, PROCGUARD_PROCESS *answer)
{
    return ask_of_id(bench, ntsim_process_id(process), answer);
}

static ACCESS_MASK granted(HANDLE handle)
{
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, &information),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    return information.GrantedAccess;
}

static HANDLE open_process(struct ntsim_process *process, ACCESS_MASK access)
{
    CLIENT_ID client = {(HANDLE)(uintptr_t)ntsim_process_id(process), NULL};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;

    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    assert_int_equal(NtOpenProcess(&handle, access, &attributes, &client), STATUS_SUCCESS);
    return handle;
}

/* ---- cases ---------------------------------------------------------------------------------- */

static void protected_process_is_not_terminated(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(bench->shell));
    HANDLE handle = open_process(bench->vault, PROCESS_ALL_ACCESS);

    assert_int_equal(granted(handle) & PROCESS_TERMINATE, 0);
    assert_int_not_equal(granted(handle) & PROCESS_QUERY_INFORMATION, 0);
    assert_int_equal(NtTerminateProcess(handle, 1), STATUS_ACCESS_DENIED);
    NtClose(handle);
    ntsim_thread_leave(previous);
    assert_non_null(strstr(bench->said, "does not get"));
    assert_ptr_equal(ntsim_process_find(bench->sim, ntsim_process_id(bench->vault)), bench->vault);
}

static void others_are_not_protected(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(bench->vault));
    HANDLE handle = open_process(bench->shell, PROCESS_ALL_ACCESS);

    assert_int_not_equal(granted(handle) & PROCESS_TERMINATE, 0);
    NtClose(handle);
    handle = open_process(bench->vault, PROCESS_ALL_ACCESS); /* itself */
    assert_int_not_equal(granted(handle) & PROCESS_TERMINATE, 0);
    NtClose(handle);
    ntsim_thread_leave(previous);
    assert_string_equal(bench->said, "");
}

/* Also when the protected process itself gives the handle away. */
static void duplicates_lose_the_rights_too(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(bench->vault));
    HANDLE own = open_process(bench->vault, PROCESS_ALL_ACCESS);
    HANDLE shell = open_process(bench->shell, PROCESS_DUP_HANDLE), given = NULL;

    assert_int_equal(
        NtDuplicateObject(NtCurrentProcess(), own, shell, &given, PROCESS_ALL_ACCESS, 0, 0),
        STATUS_SUCCESS);
    NtClose(shell);
    NtClose(own);
    ntsim_thread_leave(previous);
    previous = ntsim_thread_enter(ntsim_process_thread(bench->shell));
    assert_int_equal(granted(given) & PROCESS_TERMINATE, 0);
    assert_int_not_equal(granted(given) & PROCESS_QUERY_INFORMATION, 0);
    NtClose(given);
    ntsim_thread_leave(previous);
}

static void kernel_handles_are_left_alone(void **state)
{
    struct bench *bench = *state;
    CLIENT_ID client = {(HANDLE)(uintptr_t)ntsim_process_id(bench->vault), NULL};
    struct ntsim_thread *previous = ntsim_enter(bench->sim);
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenProcess(&handle, PROCESS_TERMINATE, &attributes, &client),
                     STATUS_SUCCESS);
    assert_int_equal(granted(handle), PROCESS_TERMINATE);
    ZwClose(handle);
    ntsim_leave(previous);
}

static void denied_image_does_not_start(void **state)
{
    struct bench *bench = *state;
    NTSTATUS status = STATUS_SUCCESS;
    struct ntsim_process_options options = {
        .image_path = "C:\\Users\\me\\EVIL.exe", .parent = bench->shell, .status = &status};
    struct ntsim_process *process;

    assert_int_equal(ntsim_process_create(bench->sim, &options, &process), NTCB_ESTATUS);
    assert_int_equal(status, STATUS_ACCESS_DENIED);
    assert_non_null(strstr(bench->said, "may not start"));
    options.image_path = "C:\\Users\\me\\good.exe";
    assert_int_equal(ntsim_process_create(bench->sim, &options, &process), NTCB_OK);
}

static void spoofed_parent_is_noticed(void **state)
{
    struct bench *bench = *state;
    PROCGUARD_PROCESS answer;
    struct ntsim_process *child = start_process(
        bench, &(struct ntsim_process_options){.image_path = "C:\\child.exe",
                                               .parent = bench->shell,
                                               .creator = ntsim_process_thread(bench->vault)});

    assert_int_equal(ask(bench, child, &answer), STATUS_SUCCESS);
    assert_int_equal(answer.ParentId, ntsim_process_id(bench->shell));
    assert_int_equal(answer.CreatorId, ntsim_process_id(bench->vault));
    assert_int_equal(answer.CreatorThreadId, ntsim_thread_id(ntsim_process_thread(bench->vault)));
    assert_int_equal(answer.Flags, PROCGUARD_SPOOFED);
    assert_int_equal(ask(bench, bench->vault, &answer), STATUS_SUCCESS);
    assert_int_equal(answer.Flags & PROCGUARD_PROTECTED, PROCGUARD_PROTECTED);
}

static void threads_and_images_are_counted(void **state)
{
    struct bench *bench = *state;
    struct ntsim_thread *second = ntsim_thread_create(bench->vault, 0);
    struct ntsim_image_options image = {.path = "C:\\Windows\\System32\\ntdll.dll",
                                        .process = bench->vault};
    PROCGUARD_PROCESS answer;

    assert_int_equal(ntsim_image_load(bench->sim, &image, NULL), NTCB_OK);
    assert_int_equal(ask(bench, bench->vault, &answer), STATUS_SUCCESS);
    assert_int_equal(answer.Threads, 2);
    assert_int_equal(answer.Images, 1);
    ntsim_thread_exit(second);
    assert_int_equal(ask(bench, bench->vault, &answer), STATUS_SUCCESS);
    assert_int_equal(answer.Threads, 1);
}

/* Threads first, then the process: when it is told of, none is left. */
static void exit_comes_after_the_threads(void **state)
{
    struct bench *bench = *state;
    PROCGUARD_PROCESS answer;
    struct ntsim_process *child = start_process(
        bench, &(struct ntsim_process_options){.image_path = "C:\\a.exe", .parent = bench->vault});

    ULONG vault = ntsim_process_id(bench->vault);

    assert_non_null(ntsim_thread_create(bench->vault, 0));
    ntsim_process_exit(bench->vault, STATUS_SUCCESS);
    assert_non_null(strstr(bench->said, "is gone, 0 images, 0 threads left"));
    assert_int_equal(ask_of_id(bench, vault, &answer), STATUS_NOT_FOUND);
    assert_int_equal(ask(bench, child, &answer), STATUS_SUCCESS); /* outlives its parent */
}

static void *touch_the_vault(void *context)
{
    struct bench *bench = context;
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(bench->shell));

    NtClose(open_process(bench->vault, PROCESS_TERMINATE));
    ntsim_thread_leave(previous);
    return NULL;
}

static void *stop_the_driver(void *context)
{
    struct bench *bench = context;

    return (void *)(intptr_t)ntsim_driver_stop(bench->guard);
}

/* A call is within the object callback while the driver is unloaded: unload waits for it. */
static void unload_waits_for_a_busy_callback(void **state)
{
    struct bench *bench = *state;
    pthread_t busy, stopper;
    void *result;

    ntsim_device_close(bench->shell, bench->device);
    bench->hold = true;
    pthread_create(&busy, NULL, touch_the_vault, bench);
    pthread_mutex_lock(&bench->lock);
    while (!bench->held)
        pthread_cond_wait(&bench->changed, &bench->lock);
    pthread_mutex_unlock(&bench->lock);
    pthread_create(&stopper, NULL, stop_the_driver, bench);
    pthread_mutex_lock(&bench->lock);
    bench->hold = false;
    pthread_cond_broadcast(&bench->changed);
    pthread_mutex_unlock(&bench->lock);
    pthread_join(busy, NULL);
    pthread_join(stopper, &result);
    assert_int_equal((intptr_t)result, NTCB_OK);
    bench->guard = NULL;
}

static void bad_policy_is_no_policy(void **state)
{
    struct bench *bench = *state;
    struct ntsim_driver_options options = {.name = "procguard", .entry = procguard_DriverEntry};
    const uint32_t number = 1;
    NTSTATUS status;

    ntsim_device_close(bench->shell, bench->device);
    assert_int_equal(ntsim_driver_stop(bench->guard), NTCB_OK);
    assert_int_equal(ntsim_registry_value(bench->sim, PARAMETERS, "Deny", REG_DWORD, &number, 4),
                     NTCB_OK);
    assert_int_equal(ntsim_driver_load(bench->sim, &options, &bench->guard, &status), NTCB_ESTATUS);
    assert_int_equal(status, STATUS_OBJECT_TYPE_MISMATCH);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(protected_process_is_not_terminated), CASE(others_are_not_protected),
        CASE(duplicates_lose_the_rights_too),      CASE(kernel_handles_are_left_alone),
        CASE(denied_image_does_not_start),         CASE(spoofed_parent_is_noticed),
        CASE(threads_and_images_are_counted),      CASE(exit_comes_after_the_threads),
        CASE(unload_waits_for_a_busy_callback),    CASE(bad_policy_is_no_policy),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
