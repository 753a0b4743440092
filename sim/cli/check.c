/* SPDX-License-Identifier: MIT
 *
 * check.c - "ntcallback check": its arguments, and its way through the passes.
 */
#include "cli/check.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define INTEGRITY_BIT 0x0080u /* IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY */

static const char *const help_text[] = {
    "ntcallback check [OPTION]... DRIVER",
    "",
    "Loads a module made by ntcallback_add_driver and does what its users will do some day: loads",
    "and unloads it twice, plays a stream of events to it, unloads it while its callbacks run,",
    "lets each allocation of its DriverEntry fail, loads it without the integrity bit; and tells",
    "what it left behind, where it fell over and which rules it broke.",
    "",
    "  --events FILE      play this instead of the stream that comes with the command; repeatable",
    "  --reg FILE         a registry editor file with the driver's settings; may be repeated",
    "  --windows VERSION  as for run (default 11)",
    "  --sys FILE         the .sys file of the Windows build: its integrity bit counts",
    "  --altitudes FILE   the allocated altitudes, as Markdown or CSV (default:",
    "                     $NTCALLBACK_DATA/altitudes/allocated_altitudes*)",
    "  --timeout SECONDS  a pass that takes longer hangs (default 30 to 120, by pass)",
    "  --strict           warnings make the check fail too",
    "  --pass NAME        only this pass, and in this process, for a debugger: load, events, busy,",
    "                     memory, integrity",
    "  --verbose          show what the driver prints",
    "  --quiet            print only the findings and the verdict",
    "  --json             print the result as JSON (docs/check.schema.json)",
    "",
    "Exit status: 0 nothing was found, but for warnings; 1 something was; 2 the check could not",
    "be made.",
};

void cli_help_check(FILE *stream)
{
    cli_print_lines(stream, help_text, sizeof(help_text) / sizeof(help_text[0]));
}

enum { OPT_EVENTS = 256, OPT_REG, OPT_WINDOWS, OPT_SYS, OPT_ALTITUDES, OPT_PASS, OPT_TIMEOUT };

static bool read_option(struct check_options *options, int option, char **argv)
{
    char *end;

    switch (option) {
    case OPT_EVENTS:
        options->events[options->event_count++] = optarg;
        return true;
    case OPT_REG:
        options->regs[options->reg_count++] = optarg;
        return true;
    case OPT_WINDOWS:
        return cli_read_windows(optarg, &options->windows, &options->windows_name);
    case OPT_SYS:
        options->sys = optarg;
        return true;
    case OPT_ALTITUDES:
        options->altitudes = optarg;
        return true;
    case OPT_PASS:
        options->pass = optarg;
        return true;
    case OPT_TIMEOUT:
        options->seconds = (unsigned)strtoul(optarg, &end, 10);
        if (options->seconds != 0 && options->seconds <= 86400 && *end == '\0')
            return true;
        cli_complain("--timeout %s: a number of seconds is wanted, 1 to 86400", optarg);
        return false;
    default:
        return cli_bad_option(option, "check", argv);
    }
}

static uint32_t little(const unsigned char *at, size_t bytes)
{
    uint32_t number = 0;

    for (size_t i = bytes; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

/* Is the bit set in the optional header? It is at the same place in both kinds of PE files. */
static bool read_integrity_bit(struct check_options *options)
{
    unsigned char dos[64], header[96];
    FILE *file = fopen(options->sys, "rb");
    bool good = file != NULL && fread(dos, sizeof(dos), 1, file) == 1 &&
                memcmp(dos, "MZ", 2) == 0 &&
                fseek(file, (long)little(dos + 60, 4), SEEK_SET) == 0 &&
                fread(header, sizeof(header), 1, file) == 1 && memcmp(header, "PE\0", 4) == 0;

    if (file != NULL)
        fclose(file);
    if (!good) {
        cli_complain("--sys %s: %s", options->sys,
                     file == NULL ? "cannot be read" : "this is no PE file");
        return false;
    }
    options->no_integrity_bit = (little(header + 24 + 70, 2) & INTEGRITY_BIT) == 0;
    return true;
}

static bool validate(struct check_options *options, int rest, char **argv)
{
    bool known = options->pass == NULL;

    if (rest != 1) {
        cli_complain(rest == 0 ? "name the driver's module; see \"ntcallback help check\""
                               : "one driver at a time: what is left behind must have one owner");
        return false;
    }
    options->driver = argv[optind];
    for (size_t i = 0; i < check_pass_count && !known; i++)
        known = strcmp(options->pass, check_passes[i].name) == 0;
    if (!known) {
        cli_complain("--pass %s: there is load, events, busy, memory and integrity", options->pass);
        return false;
    }
    return options->sys == NULL || read_integrity_bit(options);
}

/* 0, CLI_CANNOT_RUN, or -1: help was given. */
static int read_options(struct check_options *options, int argc, char **argv)
{
    int help = 0, json = 0, quiet = 0, strict = 0, verbose = 0, option;
    const struct option rows[] = {
        {"events", required_argument, NULL, OPT_EVENTS},
        {"reg", required_argument, NULL, OPT_REG},
        {"windows", required_argument, NULL, OPT_WINDOWS},
        {"sys", required_argument, NULL, OPT_SYS},
        {"altitudes", required_argument, NULL, OPT_ALTITUDES},
        {"pass", required_argument, NULL, OPT_PASS},
        {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {"help", no_argument, &help, 1},
        {"json", no_argument, &json, 1},
        {"quiet", no_argument, &quiet, 1},
        {"strict", no_argument, &strict, 1},
        {"verbose", no_argument, &verbose, 1},
        {NULL, 0, NULL, 0},
    };

    memset(options, 0, sizeof(*options));
    options->windows = NTCB_WINDOWS_11;
    options->windows_name = "11";
    options->events = calloc((size_t)argc, sizeof(*options->events));
    options->regs = calloc((size_t)argc, sizeof(*options->regs));
    if (options->events == NULL || options->regs == NULL) {
        cli_complain("out of memory");
        return CLI_CANNOT_RUN;
    }
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", rows, NULL)) != -1) {
        if (option != 0 && !read_option(options, option, argv))
            return CLI_CANNOT_RUN;
    }
    if (help != 0) {
        cli_help_check(stdout);
        return -1;
    }
    options->json = json != 0;
    options->quiet = quiet != 0;
    options->strict = strict != 0;
    options->verbose = verbose != 0;
    return validate(options, argc - optind, argv) ? 0 : CLI_CANNOT_RUN;
}

/* False after a message. */
static bool run_pass(const struct check_options *options, const struct check_pass *pass,
                     json_t *result)
{
    struct check_run run = {.options = options, .pass = pass->name, .out = cli_temporary()};
    int ended = 0;

    if (run.out == NULL) {
        cli_complain("no temporary file could be made");
        return false;
    }
    if (options->pass != NULL)
        pass->run(&run);
    else
        ended = check_isolated(pass, &run);
    if (ended >= 0 && !run.cannot)
        check_gather(result, pass, run.out, ended);
    fclose(run.out);
    return ended >= 0 && !run.cannot;
}

/* A driver that does not start, or falls over as soon as it does, has no further passes. */
static bool starts(const json_t *result)
{
    json_t *finding, *pass;
    const char *outcome;
    size_t index;

    json_array_foreach(json_object_get(result, "passes"), index, pass)
    {
        outcome = json_string_value(json_object_get(pass, "outcome"));
        if (index == 0 && (strcmp(outcome, "hung") == 0 || strcmp(outcome, "faulted") == 0))
            return false;
    }
    json_array_foreach(json_object_get(result, "findings"), index, finding)
    {
        if (strcmp(json_string_value(json_object_get(finding, "kind")), "load") == 0)
            return false;
    }
    return true;
}

/* This is the process of one pass, made by another one. */
static int check_handed_down(struct check_run *run)
{
    for (size_t i = 0; i < check_pass_count; i++) {
        if (strcmp(run->pass, check_passes[i].name) == 0)
            check_passes[i].run(run);
    }
    fclose(run->out);
    return run->cannot ? CHECK_CHILD_CANNOT : 0;
}

static int check(const struct check_options *options)
{
    struct check_run handed_down = {.options = options};
    enum cli_exit verdict;
    json_t *result;
    bool good;

    if (check_is_handed_down(&handed_down))
        return check_handed_down(&handed_down);
    result = check_result(options);
    good = result != NULL;
    for (size_t i = 0; i < check_pass_count && good && starts(result); i++) {
        if (options->pass == NULL || strcmp(options->pass, check_passes[i].name) == 0)
            good = run_pass(options, &check_passes[i], result);
    }
    good = good && check_altitudes(options, result);
    verdict = good ? check_verdict(options, result) : CLI_CANNOT_RUN;
    if (good)
        check_tell(options, result);
    json_decref(result);
    return (int)verdict;
}

int cli_check(int argc, char **argv)
{
    struct check_options options;
    int result = read_options(&options, argc, argv);

    if (result == 0)
        result = check(&options);
    free(options.events);
    free(options.regs);
    return result < 0 ? 0 : result;
}
