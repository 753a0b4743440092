/* SPDX-License-Identifier: MIT
 *
 * checkpass.c - the passes of "ntcallback check": what is done with the driver.
 */
#include "cli/check.h"
#include <check_stream.h>

#include <ntsim/registry.h>

#include <inttypes.h>
#include <string.h>

/* More allocations than a DriverEntry makes: where the memory pass gives up. */
#define ALLOCATIONS_MAX 2000

void check_step(struct check_run *run, const char *step)
{
    check_write(run->out, "step", json_string(step));
}

static void on_report(void *context, const struct ntcb_report *report)
{
    struct check_run *run = context;

    check_write(run->out, "finding", check_finding_of_report(report));
}

static void on_debug_output(void *context, const char *text)
{
    const struct check_run *run = context;
    size_t length = strlen(text);

    if (run->options->verbose && length != 0)
        fprintf(stderr, "DbgPrint: %s%s", text, text[length - 1] == '\n' ? "" : "\n");
}

static void on_call(void *context, const struct ntcb_call *call)
{
    struct check_run *run = context;

    if (call->entering)
        atomic_fetch_add(&run->calls, 1);
    if (run->observer != NULL)
        run->observer(run->observer_context, call);
}

static bool import(struct check_run *run)
{
    for (size_t i = 0; i < run->options->reg_count; i++) {
        const char *file = run->options->regs[i];
        struct ntsim_feed_error error = {{file, 0, 0}, "", ""};
        int result = ntsim_registry_import(run->sim, file, false, NULL, &error);

        if (result != NTCB_OK) {
            if (error.reason[0] == '\0')
                snprintf(error.reason, sizeof(error.reason), "%s", ntcb_error_text(result));
            cli_feed_error(&error);
            return false;
        }
    }
    return true;
}

bool check_kernel_begin(struct check_run *run)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    int result;

    config.kernel.windows = run->options->windows;
    config.kernel.switches = NTCB_SWITCH_LINT;
    config.kernel.observer = on_call;
    config.kernel.callback_context = run;
    config.debug_output = on_debug_output;
    config.debug_context = run;
    config.report = on_report;
    config.report_context = run;
    result = ntsim_create(&run->sim, &config);
    if (result != NTCB_OK) {
        cli_complain("the kernel could not be made: %s", ntcb_error_text(result));
        run->cannot = true;
        return false;
    }
    ntsim_enter(run->sim);
    if (import(run))
        return true;
    run->cannot = true;
    check_kernel_end(run);
    return false;
}

void check_kernel_end(struct check_run *run)
{
    ntsim_leave(NULL);
    check_step(run, "ending the kernel");
    if (ntsim_destroy(run->sim) == NTCB_EBUSY)
        cli_complain("%s: a thread of the driver's is still in the kernel", run->pass);
}

static void refused(struct check_run *run, NTSTATUS status)
{
    const struct ntcb_reason *reason = ntcb_last_reason();
    char text[512], name[32];

    snprintf(text, sizeof(text), "DriverEntry returned %s (0x%08X)%s%s",
             ntsim_status_text(status, name, sizeof(name)), (unsigned)status,
             reason->status == status ? ": " : "", reason->status == status ? reason->what : "");
    check_write(run->out, "finding",
                check_finding("load", NTCB_VIOLATION, reason->status == status ? reason->rule : "",
                              text, "the driver does not start",
                              "give it what it needs: --reg FILE for settings in the registry, "
                              "--windows VERSION for another Windows"));
}

bool check_load(struct check_run *run, struct ntsim_driver **driver)
{
    const struct ntsim_driver_options options = {
        .module = run->options->driver,
        .no_integrity_check = run->no_integrity_check || run->options->no_integrity_bit,
    };
    NTSTATUS status = STATUS_SUCCESS;
    char text[32];
    int result = ntsim_driver_load(run->sim, &options, driver, &status);

    if (result == NTCB_OK)
        return true;
    *driver = NULL;
    if (result != NTCB_ESTATUS || status == STATUS_OBJECT_NAME_NOT_FOUND ||
        status == STATUS_INVALID_IMAGE_FORMAT || status == STATUS_DRIVER_ENTRYPOINT_NOT_FOUND) {
        cli_complain("%s: cannot be loaded: %s", run->options->driver,
                     result != NTCB_ESTATUS ? ntcb_error_text(result)
                                            : ntsim_status_text(status, text, sizeof(text)));
        fprintf(stderr, "  %s\n", ntsim_last_error(run->sim));
        run->cannot = true;
    } else {
        refused(run, status);
    }
    return false;
}

void check_unload(struct check_run *run, struct ntsim_driver *driver)
{
    check_step(run, "unloading it");
    if (ntsim_driver_unload(driver) == NTCB_EINVAL)
        check_write(run->out, "note",
                    json_string("the driver has no unload routine: it stays until the machine "
                                "stops, and what it leaves behind was not looked for"));
}

/* ---- load: in and out, twice ---------------------------------------------------------------- */

static void write_registration(void *context, const struct ntcb_registration *registration)
{
    struct check_run *run = context;
    const struct ntcb_host_ops *host = ntcb_host_default();
    char symbol[256];

    host->symbol(host->context, registration->routine, symbol, sizeof(symbol));
    check_write(run->out, "registration",
                json_pack("{s:s, s:s, s:s?}", "manager",
                          ntcb_manager_info(registration->manager)->name, "routine", symbol,
                          "altitude", registration->altitude));
}

static void pass_load(struct check_run *run)
{
    static const char *const steps[] = {"loading it", "loading it again"};
    struct ntsim_driver *driver;

    if (!check_kernel_begin(run))
        return;
    for (size_t i = 0; i < 2; i++) {
        check_step(run, steps[i]);
        if (!check_load(run, &driver))
            break;
        if (i == 0)
            ntcb_registrations(ntsim_kernel(run->sim), write_registration, run);
        if (ntsim_driver_object(driver)->DriverUnload == NULL) {
            check_unload(run, driver);
            break;
        }
        check_unload(run, driver);
    }
    check_kernel_end(run);
}

/* ---- events: a stream is played ------------------------------------------------------------- */

static int open_stream(const struct check_options *options, size_t index, struct ntsim_feed **feed,
                       struct ntsim_feed_error *error)
{
    if (options->event_count == 0)
        return ntsim_feed_open_bytes(feed, "the canned stream", check_stream,
                                     sizeof(check_stream) - 1, NULL, false, error);
    return ntsim_feed_open(feed, options->events[index], NULL, false, error);
}

static int play_feed(struct check_run *run, struct ntsim_player *player, struct ntsim_feed *feed,
                     struct ntsim_feed_error *error, uint64_t *events)
{
    struct ntsim_event event;
    char step[160];
    int result = ntsim_player_prime(player, feed, error);

    while (result == NTCB_OK) {
        struct ntsim_outcome outcome = {0};

        result = ntsim_feed_next(feed, &event, error);
        if (result != 1)
            return result;
        snprintf(step, sizeof(step), "playing %s, line %" PRIu64, ntsim_event_name(event.kind),
                 event.place.line);
        check_step(run, step);
        result = ntsim_player_play(player, &event, &outcome);
        *events += outcome.played;
    }
    return result;
}

static void play_stream(struct check_run *run, struct ntsim_player *player, size_t index,
                        uint64_t *events)
{
    struct ntsim_feed_error error = {{"", 0, 0}, "", ""};
    struct ntsim_feed *feed = NULL;
    int result;

    if (run->options->event_count != 0)
        error.place.file = run->options->events[index];
    result = open_stream(run->options, index, &feed, &error);
    if (result == NTCB_OK)
        result = play_feed(run, player, feed, &error, events);
    if (result != NTCB_OK) {
        if (error.reason[0] == '\0')
            snprintf(error.reason, sizeof(error.reason), "%s", ntcb_error_text(result));
        cli_feed_error(&error);
        run->cannot = true;
    }
    if (feed != NULL)
        ntsim_feed_close(feed);
}

static void pass_events(struct check_run *run)
{
    size_t streams = run->options->event_count == 0 ? 1 : run->options->event_count;
    struct ntsim_player *player = NULL;
    struct ntsim_driver *driver;
    uint64_t events = 0;

    if (!check_kernel_begin(run))
        return;
    check_step(run, "loading it");
    if (check_load(run, &driver)) {
        if (ntsim_player_create(&player, run->sim) == NTCB_OK) {
            for (size_t i = 0; i < streams && !run->cannot; i++)
                play_stream(run, player, i, &events);
            check_step(run, "ending what the stream left open");
            ntsim_player_finish(player, NULL);
            ntsim_player_destroy(player);
        } else {
            cli_complain("out of memory");
            run->cannot = true;
        }
        check_write(run->out, "events", json_integer((json_int_t)events));
        check_write(run->out, "calls", json_integer((json_int_t)atomic_load(&run->calls)));
        check_unload(run, driver);
    }
    check_kernel_end(run);
}

/* ---- refused: as if linked without /INTEGRITYCHECK ------------------------------------------ */

static void count_registration(void *context, const struct ntcb_registration *registration)
{
    (void)registration;
    *(size_t *)context += 1;
}

/* How many registrations it makes; *loads: whether DriverEntry succeeds. */
static size_t registrations_made(struct check_run *run, bool *loads)
{
    struct ntsim_driver_options options = {.module = run->options->driver,
                                           .no_integrity_check = run->no_integrity_check};
    struct ntsim_driver *driver;
    NTSTATUS status;
    size_t count = 0;

    *loads = false;
    if (!check_kernel_begin(run))
        return 0;
    check_step(run, run->no_integrity_check ? "loading it without the integrity bit"
                                            : "loading it with the integrity bit");
    *loads = ntsim_driver_load(run->sim, &options, &driver, &status) == NTCB_OK;
    if (*loads) {
        ntcb_registrations(ntsim_kernel(run->sim), count_registration, &count);
        if (ntsim_driver_object(driver)->DriverUnload != NULL)
            check_unload(run, driver);
    }
    check_kernel_end(run);
    return count;
}

static void pass_integrity(struct check_run *run)
{
    bool with_loads, without_loads;
    size_t with, without;

    with = registrations_made(run, &with_loads);
    run->no_integrity_check = true;
    without = registrations_made(run, &without_loads);
    if (!with_loads || (without_loads && with == without))
        return;
    if (run->options->no_integrity_bit)
        check_write(run->out, "finding",
                    check_finding("integrity", NTCB_VIOLATION, "PROC-05 OB-08",
                                  "the .sys file lacks the integrity bit, and the driver makes "
                                  "registrations that need it",
                                  "PsSetCreateProcessNotifyRoutineEx and ObRegisterCallbacks "
                                  "return STATUS_ACCESS_DENIED",
                                  "link it with /INTEGRITYCHECK"));
    else if (run->options->sys == NULL)
        check_write(run->out, "note",
                    json_string("the driver makes registrations that are refused unless it is "
                                "linked with /INTEGRITYCHECK; --sys FILE.sys looks for the bit"));
}

/* ---- memory: each allocation of DriverEntry fails in turn ----------------------------------- */

static void pass_memory(struct check_run *run)
{
    struct ntsim_driver_options options = {.module = run->options->driver,
                                           .no_integrity_check = run->options->no_integrity_bit};
    bool failed = true;
    uint64_t n;

    for (n = 1; failed && n <= ALLOCATIONS_MAX; n++) {
        struct ntsim_driver *driver = NULL;
        char step[96];
        NTSTATUS status;

        if (!check_kernel_begin(run))
            return;
        snprintf(step, sizeof(step), "loading it while allocation %" PRIu64 " fails", n);
        check_step(run, step);
        options.fail_allocation = n;
        (void)ntsim_driver_load(run->sim, &options, &driver, &status);
        failed = ntsim_allocation_failed(run->sim);
        if (driver != NULL && ntsim_driver_object(driver)->DriverUnload != NULL)
            check_unload(run, driver);
        check_kernel_end(run);
    }
    check_write(run->out, "failures", json_integer((json_int_t)(n - 2)));
}

const struct check_pass check_passes[] = {
    {"load", pass_load, 30},      {"events", pass_events, 120},      {"busy", check_pass_busy, 60},
    {"memory", pass_memory, 120}, {"integrity", pass_integrity, 30},
};
const size_t check_pass_count = sizeof(check_passes) / sizeof(check_passes[0]);
