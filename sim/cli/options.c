/* SPDX-License-Identifier: MIT
 *
 * options.c - the arguments of "ntcallback run", and the help texts.
 */
#include "cli/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum ntcb_windows windows;
} windows_rows[] = {
    {"xp", NTCB_WINDOWS_XP},
    {"2003", NTCB_WINDOWS_2003},
    {"vista", NTCB_WINDOWS_VISTA},
    {"vista-sp2", NTCB_WINDOWS_VISTA_SP2},
    {"7", NTCB_WINDOWS_7},
    {"8", NTCB_WINDOWS_8},
    {"8.1", NTCB_WINDOWS_81},
    {"10-1507", NTCB_WINDOWS_10_1507},
    {"10-1607", NTCB_WINDOWS_10_1607},
    {"10-1703", NTCB_WINDOWS_10_1703},
    {"10-1709", NTCB_WINDOWS_10_1709},
    {"10", NTCB_WINDOWS_10_1709},
    {"11", NTCB_WINDOWS_11},
};

enum {
    OPT_DRIVER = 256,
    OPT_REG,
    OPT_HIVE,
    OPT_WINDOWS,
    OPT_TRACE,
    OPT_REPORT,
    OPT_JUNIT,
    OPT_HOST
};

void cli_help(FILE *stream)
{
    fputs("ntcallback " NTCB_VERSION_STRING " - the Windows kernel's callback managers, simulated\n"
          "\n"
          "  ntcallback run [OPTION]... EVENTS...   load drivers and play events to them\n"
          "  ntcallback check [OPTION]... DRIVER    what a reviewer would say of a driver\n"
          "  ntcallback help run|check              the options of one\n"
          "  ntcallback --version\n",
          stream);
}

static const char *const help_run[] = {
    "ntcallback run [OPTION]... EVENTS...",
    "",
    "Loads drivers into a simulated kernel, plays the events of each EVENTS file (\"-\": standard",
    "input) one after the other, and tells what the callbacks saw and decided.",
    "",
    "  --driver FILE      a module made by ntcallback_add_driver; may be repeated",
    "  --hive FILE=KEY    a hive file (plain, .xz, .gz) to become that key, for example",
    "                     SYSTEM=\\REGISTRY\\MACHINE\\SYSTEM, before the --reg files; repeatable",
    "  --reg FILE         a registry editor file to put into the registry before the drivers are",
    "                     loaded; may be repeated",
    "  --windows VERSION  xp 2003 vista vista-sp2 7 8 8.1 10-1507 10-1607 10-1703 10-1709 10 11",
    "                     (default 11)",
    "  --host NAME        the computer to play from a recording of several (default: the first)",
    "  --no-prime         do not prepare the registry from the recording: raise notifications",
    "                     only, and compare nothing that was recorded",
    "  --skip-bad         count malformed lines and go on instead of stopping",
    "  --strict           warnings about a driver make the run fail too",
    "  --trace FILE       every call of a callback: Perfetto if FILE ends in .json, else NDJSON",
    "  --report FILE      everything that was counted, as JSON (docs/report.schema.json)",
    "  --junit FILE       each written expectation as a test case, for CI",
    "  --quiet            print only the verdict and what led to failure",
    "",
    "Exit status: 0 every written expectation was met and no driver did wrong; 1 not so;",
    "2 the run could not be made or finished.",
};

void cli_print_lines(FILE *stream, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "%s\n", lines[i]);
}

void cli_help_run(FILE *stream)
{
    cli_print_lines(stream, help_run, sizeof(help_run) / sizeof(help_run[0]));
}

bool cli_bad_option(int option, const char *command, char **argv)
{
    if (option == ':')
        cli_complain("%s needs a value; see \"ntcallback help %s\"", argv[optind - 1], command);
    else
        cli_complain("%s is no option of %s; see \"ntcallback help %s\"", argv[optind - 1], command,
                     command);
    return false;
}

bool cli_read_windows(const char *name, enum ntcb_windows *windows, const char **known_name)
{
    for (size_t i = 0; i < sizeof(windows_rows) / sizeof(windows_rows[0]); i++) {
        if (strcmp(windows_rows[i].name, name) == 0) {
            *windows = windows_rows[i].windows;
            *known_name = windows_rows[i].name;
            return true;
        }
    }
    cli_complain("--windows %s: no such version; use one of xp, vista, 7, 8, 8.1, 10, 11 "
                 "(\"ntcallback help run\" has the rest)",
                 name);
    return false;
}

/* FILE=KEY; the key begins at the first "=\", so that the file's name may hold an "=". */
static bool read_hive(struct cli_options *options, char *argument)
{
    char *key = strstr(argument, "=\\");

    if (key == NULL || key == argument) {
        cli_complain("--hive %s: name the file and the key it becomes, "
                     "FILE=\\REGISTRY\\MACHINE\\NAME",
                     argument);
        return false;
    }
    *key = '\0';
    options->hives[options->hive_count++] = (struct cli_hive){argument, key + 1};
    return true;
}

static bool read_option(struct cli_options *options, int option, char **argv)
{
    switch (option) {
    case OPT_DRIVER:
        options->drivers[options->driver_count++] = optarg;
        return true;
    case OPT_REG:
        options->regs[options->reg_count++] = optarg;
        return true;
    case OPT_HIVE:
        return read_hive(options, optarg);
    case OPT_WINDOWS:
        return cli_read_windows(optarg, &options->windows, &options->windows_name);
    case OPT_TRACE:
        options->trace = optarg;
        return true;
    case OPT_REPORT:
        options->report = optarg;
        return true;
    case OPT_JUNIT:
        options->junit = optarg;
        return true;
    case OPT_HOST:
        options->host = optarg;
        return true;
    default:
        return cli_bad_option(option, "run", argv);
    }
}

static bool check(const struct cli_options *options)
{
    size_t inputs = 0;

    if (options->event_count == 0) {
        cli_complain("name at least one EVENTS file, or - for standard input; "
                     "see \"ntcallback help run\"");
        return false;
    }
    for (size_t i = 0; i < options->event_count; i++)
        inputs += strcmp(options->events[i], "-") == 0;
    for (size_t i = 0; i < options->reg_count; i++)
        inputs += strcmp(options->regs[i], "-") == 0;
    if (inputs > 1) {
        cli_complain("standard input (-) can be named only once");
        return false;
    }
    return true;
}

int cli_options_read(struct cli_options *options, int argc, char **argv)
{
    int help = 0, quiet = 0, no_prime = 0, skip_bad = 0, strict = 0;
    const struct option rows[] = {
        {"driver", required_argument, NULL, OPT_DRIVER},
        {"hive", required_argument, NULL, OPT_HIVE},
        {"reg", required_argument, NULL, OPT_REG},
        {"windows", required_argument, NULL, OPT_WINDOWS},
        {"trace", required_argument, NULL, OPT_TRACE},
        {"report", required_argument, NULL, OPT_REPORT},
        {"junit", required_argument, NULL, OPT_JUNIT},
        {"host", required_argument, NULL, OPT_HOST},
        {"help", no_argument, &help, 1},
        {"quiet", no_argument, &quiet, 1},
        {"no-prime", no_argument, &no_prime, 1},
        {"skip-bad", no_argument, &skip_bad, 1},
        {"strict", no_argument, &strict, 1},
        {NULL, 0, NULL, 0},
    };
    int option;

    memset(options, 0, sizeof(*options));
    options->windows = NTCB_WINDOWS_11;
    options->windows_name = "11";
    options->drivers = calloc((size_t)argc, sizeof(*options->drivers));
    options->regs = calloc((size_t)argc, sizeof(*options->regs));
    options->hives = calloc((size_t)argc, sizeof(*options->hives));
    options->events = calloc((size_t)argc, sizeof(*options->events));
    if (options->drivers == NULL || options->regs == NULL || options->hives == NULL ||
        options->events == NULL) {
        cli_complain("out of memory");
        return CLI_CANNOT_RUN;
    }
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", rows, NULL)) != -1) {
        if (option != 0 && !read_option(options, option, argv))
            return CLI_CANNOT_RUN;
    }
    if (help != 0) {
        cli_help_run(stdout);
        return -1;
    }
    for (int i = optind; i < argc; i++)
        options->events[options->event_count++] = argv[i];
    options->quiet = quiet != 0;
    options->no_prime = no_prime != 0;
    options->skip_bad = skip_bad != 0;
    options->strict = strict != 0;
    return check(options) ? 0 : CLI_CANNOT_RUN;
}

void cli_options_free(struct cli_options *options)
{
    free(options->drivers);
    free(options->regs);
    free(options->hives);
    free(options->events);
}
