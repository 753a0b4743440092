/* SPDX-License-Identifier: MIT
 *
 * driver_test.c - what driver.c must do, and that it leaves nothing behind.
 */
#include <ntsim/cmocka.h>
#include <ntsim/driver.h>
#include <ntsim/registry.h>
#include <ntsim/win32.h>

extern DRIVER_INITIALIZE driver_DriverEntry; /* DriverEntry, as driver::linked names it */

struct bench {
    struct ntsim *sim;
    struct ntsim_driver *driver;
    struct ntsim_process *program;
};

static int set_up(void **state)
{
    static const struct ntsim_process_options program = {.image_path = "C:\\tool.exe"};
    static struct bench bench;

    bench.sim = ntsim_start(NULL);
    assert_int_equal(
        ntsim_registry_key(bench.sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\Contoso\\Policy", false), 0);
    bench.driver = ntsim_driver_start(bench.sim, "driver", driver_DriverEntry);
    assert_int_equal(ntsim_process_create(bench.sim, &program, &bench.program), 0);
    *state = &bench;
    return 0;
}

/* Fails the case when the driver left a callback, pool or a reference behind, or broke a rule. */
static int tear_down(void **state)
{
    struct bench *bench = *state;

    ntsim_process_exit(bench->program, STATUS_SUCCESS);
    if (bench->driver != NULL)
        ntsim_driver_stop(bench->driver);
    return ntsim_stop(bench->sim) == 0 ? 0 : -1;
}

/* What the program is told when it sets a value there. */
static LSTATUS program_sets_value(const struct bench *bench, const WCHAR *path)
{
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(bench->program));
    LSTATUS error;
    HKEY key;

    error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_SET_VALUE, &key);
    if (error == ERROR_SUCCESS) {
        error = RegSetValueExW(key, u"Level", 0, REG_SZ, (const BYTE *)u"high", 10);
        RegCloseKey(key);
    }
    ntsim_thread_leave(before);
    return error;
}

static void a_program_may_not_change_the_policy(void **state)
{
    assert_int_equal(program_sets_value(*state, u"Software\\CONTOSO\\Policy"), ERROR_ACCESS_DENIED);
}

static void a_program_may_change_other_keys(void **state)
{
    assert_int_equal(program_sets_value(*state, u"Software\\Contoso"), ERROR_SUCCESS);
}

static void a_driver_that_is_gone_guards_nothing(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(ntsim_driver_stop(bench->driver), 0);
    bench->driver = NULL;
    assert_int_equal(program_sets_value(bench, u"Software\\Contoso\\Policy"), ERROR_SUCCESS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    CASE(a_program_may_not_change_the_policy),
    CASE(a_program_may_change_other_keys),
    CASE(a_driver_that_is_gone_guards_nothing),
};

NTSIM_CMOCKA_MAIN(tests)
