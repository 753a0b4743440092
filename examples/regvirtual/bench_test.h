/* SPDX-License-Identifier: MIT
 *
 * bench_test.h - where regvirtual is tested: a kernel with a registry, those who use it, and
 * the driver.
 *
 *     \REGISTRY\MACHINE\SOFTWARE\Contoso     values Mode = 1, Real = 5
 *                                \Alpha
 *                                \Middle     the hidden key, if there is one
 *                                \Middle\Deep
 *                                \Zulu       value Size = 9
 *
 * `chosen` is the process whose writes are redirected, `other` is another one; both act in user
 * mode, as programs do. The test itself is a system thread, and acts in kernel mode.
 */
#ifndef BENCH_TEST_H
#define BENCH_TEST_H

#include <ntcallback/ddk/ntregapi.h> /* the Nt services, which programs call */
#include <ntsim/driver.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntsim/trace.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SOFTWARE "\\REGISTRY\\MACHINE\\SOFTWARE"
#define CONTOSO SOFTWARE "\\Contoso"
#define HIDDEN CONTOSO "\\Middle"
#define SHADOW_OF_SOFTWARE SOFTWARE "\\RegVirtual\\4000"
#define SHADOW SHADOW_OF_SOFTWARE "\\Contoso"
#define PARAMETERS "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\regvirtual\\Parameters"

DRIVER_INITIALIZE
regvirtual_DriverEntry; /* DriverEntry of regvirtual.c, as regvirtual::linked names it */

/* What the driver's answers came to. */
struct counts {
    int blocked, bypassed, overrode;
    int cleanups; /* contexts that it was told to free */
};

struct bench {
    struct ntsim *sim;
    struct ntsim_driver *driver;
    struct ntsim_process *chosen;
    struct ntsim_process *other;
    LARGE_INTEGER counter;
    atomic_long open_keys; /* key objects that were opened and not closed, the driver's included */
    char said[4096];       /* what the driver printed */
    struct ntsim_trace *trace;
    struct counts counts;
};

/* Set-ups: the driver redirects, hides, does both, does nothing, or is not loaded. */
int set_up_redirector(void **state);
int set_up_hider(void **state);
int set_up_both(void **state);
int set_up_idle(void **state);
int set_up_without_driver(void **state);
/* Also proves, after every case, that the driver left nothing behind, no open handle either, and
 * broke no rule. */
int tear_down(void **state);

/* The settings that the driver reads when it is loaded. */
void choose_process(struct bench *bench);
void choose_hidden_key(struct bench *bench);
void load(struct bench *bench);
void unload(struct bench *bench);

/* Be a program; be oneself again. */
struct ntsim_thread *become(struct ntsim_process *process);
#define leave(previous) ntsim_thread_leave(previous)

/* What programs do. Root NULL: path is a full name. */
NTSTATUS try_open(HANDLE root, const char *path, ACCESS_MASK access, HANDLE *key);
NTSTATUS try_create(HANDLE root, const char *path, HANDLE *key, ULONG *disposition);
NTSTATUS open_status(HANDLE root, const char *path, ACCESS_MASK access); /* and close it */
NTSTATUS create_status(HANDLE root, const char *path);
HANDLE open_key(HANDLE root, const char *path, ACCESS_MASK access);
HANDLE create_key(HANDLE root, const char *path);
NTSTATUS set_value(HANDLE key, const char *name, ULONG number);
NTSTATUS delete_value(HANDLE key, const char *name);
NTSTATUS rename_key(HANDLE key, const char *name);
/* The number of a value; NO_VALUE if it is not there. */
#define NO_VALUE 0xFFFFFFFFu
ULONG value_of(HANDLE key, const char *name);
/* The same by the full name of the key, opened to read it. */
ULONG value_at(const char *path, const char *name);
/* All names, as "Alpha Middle Zulu", from index 0 on until there are no more. */
const char *subkeys_of(HANDLE key);
const char *values_of(HANDLE key);
KEY_FULL_INFORMATION full_information(HANDLE key);
KEY_CACHED_INFORMATION cached_information(HANDLE key);

#endif
