/* SPDX-License-Identifier: MIT
 *
 * regguard_test.c - what the author of regguard.c wants to know before it meets a real machine.
 *
 * Each case has a kernel of its own, in which the driver is loaded. The calls below are those that
 * a program's registry functions make.
 */
#include <ntsim/driver.h>
#include <ntsim/image.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

DRIVER_INITIALIZE
regguard_DriverEntry; /* DriverEntry of regguard.c, as regguard::linked names it */

#define MACHINE_RUN "\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"
#define USER_RUN \
    "\\REGISTRY\\USER\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
#define HARMLESS "\\REGISTRY\\MACHINE\\SOFTWARE\\Contoso"

/* ---- the bench ------------------------------------------------------------------------------ */

struct bench {
    struct ntsim *sim;
    struct ntsim_driver *guard;
    char said[4096]; /* what the driver printed */
};

static void remember(void *context, const char *text)
{
    struct bench *bench = context;

    strncat(bench->said, text, sizeof(bench->said) - strlen(bench->said) - 1);
}

static int set_up(void **state)
{
    static struct bench bench;
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    memset(&bench, 0, sizeof(bench));
    config.debug_output = remember;
    config.debug_context = &bench;
    bench.sim = ntsim_start(&config);
    assert_int_equal(ntsim_registry_key(bench.sim, MACHINE_RUN, false), NTCB_OK);
    assert_int_equal(ntsim_registry_key(bench.sim, USER_RUN, false), NTCB_OK);
    assert_int_equal(ntsim_registry_key(bench.sim, HARMLESS, false), NTCB_OK);
    bench.guard = ntsim_driver_start(bench.sim, "regguard", regguard_DriverEntry);
    *state = &bench;
    return 0;
}

/* Also proves, after every case, that the driver left nothing behind and broke no rule. */
static int tear_down(void **state)
{
    struct bench *bench = *state;

    if (bench->guard != NULL && ntsim_driver_stop(bench->guard) != NTCB_OK)
        return -1;
    return ntsim_stop(bench->sim);
}

/* ---- what programs do ----------------------------------------------------------------------- */

/* A name in 16-bit characters; names here are ASCII. */
struct name {
    WCHAR text[256];
    UNICODE_STRING string;
};

static UNICODE_STRING *name_of(struct name *name, const char *text)
{
    size_t length = strlen(text);

    assert_true(length < 256);
    for (size_t i = 0; i < length; i++)
        name->text[i] = (WCHAR)text[i];
    name->string.Buffer = name->text;
    name->string.Length = (USHORT)(length * sizeof(WCHAR));
    name->string.MaximumLength = name->string.Length;
    return &name->string;
}

static HANDLE open_key(const char *path)
{
    struct name name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attributes, name_of(&name, path), OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    return key;
}

static NTSTATUS create_key(HANDLE root, const char *path)
{
    struct name name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, name_of(&name, path), OBJ_CASE_INSENSITIVE, root, NULL);
    status = ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
    if (NT_SUCCESS(status))
        ZwClose(key);
    return status;
}

static NTSTATUS set_value(const char *path, const char *value)
{
    HANDLE key = open_key(path);
    struct name name;
    ULONG data = 1;
    NTSTATUS status = ZwSetValueKey(key, name_of(&name, value), 0, REG_DWORD, &data, sizeof(data));

    ZwClose(key);
    return status;
}

/* ---- cases ---------------------------------------------------------------------------------- */

static void refuses_values_in_run_keys(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(set_value(MACHINE_RUN, "evil"), STATUS_ACCESS_DENIED);
    assert_int_equal(set_value(USER_RUN, "evil"), STATUS_ACCESS_DENIED);
    assert_non_null(strstr(bench->said, "may not set a value at a Run key"));
}

static void refuses_a_program_as_well_as_the_kernel(void **state)
{
    struct bench *bench = *state;
    struct ntsim_process_options options = {"C:\\evil.exe", NULL, 4000, NULL, false};
    struct ntsim_process *process;
    struct ntsim_thread *before;

    assert_int_equal(ntsim_process_create(bench->sim, &options, &process), NTCB_OK);
    before = ntsim_thread_enter(ntsim_process_thread(process));
    assert_int_equal(set_value(USER_RUN, "evil"), STATUS_ACCESS_DENIED);
    ntsim_thread_leave(before);
    ntsim_process_exit(process, STATUS_SUCCESS);
    assert_non_null(strstr(bench->said, "process 4000 may not"));
}

static void refuses_deletion_of_values_and_keys(void **state)
{
    struct bench *bench = *state;
    struct name name;
    HANDLE key;

    assert_int_equal(ntsim_registry_value(bench->sim, MACHINE_RUN, "antivirus", REG_SZ, u"av", 6),
                     NTCB_OK);
    key = open_key(MACHINE_RUN);
    assert_int_equal(ZwDeleteValueKey(key, name_of(&name, "antivirus")), STATUS_ACCESS_DENIED);
    assert_int_equal(ZwDeleteKey(key), STATUS_ACCESS_DENIED);
    assert_int_equal(ZwRenameKey(key, name_of(&name, "Gone")), STATUS_ACCESS_DENIED);
    ZwClose(key);
    assert_true(ntsim_registry_exists(bench->sim, MACHINE_RUN));
}

static void refuses_keys_below_however_they_are_named(void **state)
{
    HANDLE windows, run;

    assert_int_equal(create_key(NULL, MACHINE_RUN "\\Hidden"), STATUS_ACCESS_DENIED);
    windows = open_key("\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows");
    assert_int_equal(create_key(windows, "CurrentVersion\\RUN\\Hidden"), STATUS_ACCESS_DENIED);
    ZwClose(windows);
    run = open_key(USER_RUN);
    assert_int_equal(create_key(run, "Hidden"), STATUS_ACCESS_DENIED);
    ZwClose(run);
    (void)state;
}

static void lets_everything_else_pass(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(set_value(HARMLESS, "answer"), STATUS_SUCCESS);
    assert_int_equal(create_key(NULL, HARMLESS "\\Run"), STATUS_SUCCESS);
    assert_int_equal(create_key(NULL, MACHINE_RUN), STATUS_SUCCESS); /* opens it */
    assert_int_equal(create_key(NULL, MACHINE_RUN "Services"), STATUS_SUCCESS);
    assert_string_equal(bench->said, "");
}

static void load_image(struct ntsim *sim, const char *path, UCHAR signature_level, uint32_t flags)
{
    struct ntsim_image_options options = {0};

    options.path = path;
    options.signature_level = signature_level;
    options.flags = flags;
    options.process = ntsim_system_process(sim);
    assert_int_equal(ntsim_image_load(sim, &options, NULL), NTCB_OK);
}

static void logs_images_that_are_not_signed(void **state)
{
    struct bench *bench = *state;

    load_image(bench->sim, "\\Windows\\System32\\ntdll.dll", SE_SIGNING_LEVEL_WINDOWS, 0);
    assert_string_equal(bench->said, "");
    load_image(bench->sim, "\\Users\\me\\odd.dll", SE_SIGNING_LEVEL_UNSIGNED, 0);
    assert_non_null(strstr(bench->said, "loads \\Users\\me\\odd.dll, which is not signed"));
    load_image(bench->sim, "\\nameless.dll", SE_SIGNING_LEVEL_UNSIGNED, NTSIM_IMAGE_NO_NAME);
    assert_non_null(strstr(bench->said, "loads (no name), which is not signed"));
}

static void unload_leaves_nothing(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(ntsim_driver_stop(bench->guard), NTCB_OK);
    bench->guard = NULL;
    assert_int_equal(ntsim_report_count(bench->sim), 0);
    assert_int_equal(set_value(MACHINE_RUN, "welcome"), STATUS_SUCCESS);
}

/* Let each allocation of a write fail in turn: it must end in success or in an error, and the
 * driver must neither leak nor fall over. tear_down looks for leaks. */
static void survives_want_of_memory(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key(MACHINE_RUN);
    uint64_t n;

    for (n = 1;; n++) {
        struct name name;
        ULONG data = 1;
        NTSTATUS status;

        ntsim_fail_allocation(bench->sim, n);
        status = ZwSetValueKey(key, name_of(&name, "evil"), 0, REG_DWORD, &data, sizeof(data));
        if (!ntsim_allocation_failed(bench->sim)) {
            assert_int_equal(status, STATUS_ACCESS_DENIED);
            break;
        }
        assert_true(status == STATUS_SUCCESS || status == STATUS_ACCESS_DENIED ||
                    status == STATUS_INSUFFICIENT_RESOURCES);
    }
    ntsim_fail_allocation(bench->sim, 0);
    assert_true(n > 1); /* the driver's own allocation was among them */
    ZwClose(key);
}

/* DriverEntry must give back what it has when it cannot have everything. */
static uint64_t allocation_that_fails;
static bool it_failed;

static NTSTATUS entry_in_want(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NTSTATUS status;

    ntsim_fail_allocation(ntsim_current(), allocation_that_fails);
    status = regguard_DriverEntry(driver, path);
    it_failed = ntsim_allocation_failed(ntsim_current());
    ntsim_fail_allocation(ntsim_current(), 0);
    return status;
}

static void loads_whole_or_not_at_all(void **state)
{
    struct ntsim_driver_options options = {"regguard", NULL, entry_in_want, NULL};
    struct ntsim *sim = ntsim_start(NULL);

    allocation_that_fails = 0;
    do {
        struct ntsim_driver *guard = NULL;
        NTSTATUS status;

        allocation_that_fails++;
        if (ntsim_driver_load(sim, &options, &guard, &status) == NTCB_OK)
            assert_int_equal(ntsim_driver_unload(guard), NTCB_OK);
        else
            assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(ntsim_report_count(sim), 0);
    } while (it_failed);
    assert_true(allocation_that_fails > 2); /* both registrations were among them */
    assert_int_equal(ntsim_stop(sim), NTCB_OK);
    (void)state;
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(refuses_values_in_run_keys),
        CASE(refuses_a_program_as_well_as_the_kernel),
        CASE(refuses_deletion_of_values_and_keys),
        CASE(refuses_keys_below_however_they_are_named),
        CASE(lets_everything_else_pass),
        CASE(logs_images_that_are_not_signed),
        CASE(unload_leaves_nothing),
        CASE(survives_want_of_memory),
        cmocka_unit_test(loads_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("regguard", cases, NULL, NULL);
}
