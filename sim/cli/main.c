/* SPDX-License-Identifier: MIT
 *
 * main.c - the ntcallback command: which subcommand, and its exit code.
 */
#include "cli/check.h"

#include <stdarg.h>
#include <string.h>

void cli_complain(const char *format, ...)
{
    va_list arguments;

    fputs("ntcallback: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static int command_run(int argc, char **argv)
{
    struct cli_options options;
    int result = cli_options_read(&options, argc, argv);

    if (result == 0)
        result = (int)cli_run(&options);
    cli_options_free(&options);
    return result < 0 ? 0 : result;
}

static int command_help(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*help)(FILE *stream);
    } topics[] = {{"run", cli_help_run}, {"check", cli_help_check}};

    if (argc < 2) {
        cli_help(stdout);
        return 0;
    }
    for (size_t i = 0; argc == 2 && i < sizeof(topics) / sizeof(topics[0]); i++) {
        if (strcmp(argv[1], topics[i].name) == 0) {
            topics[i].help(stdout);
            return 0;
        }
    }
    cli_complain("there is no help on \"%s\"; try \"ntcallback help run\"", argv[argc - 1]);
    return CLI_CANNOT_RUN;
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("ntcallback " NTCB_VERSION_STRING);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", command_run},     {"check", cli_check}, {"help", command_help},
    {"--help", command_help}, {"-h", command_help}, {"--version", command_version},
    {"-V", command_version},
};

int main(int argc, char **argv)
{
    int result;

    if (argc < 2) {
        cli_help(stderr);
        return CLI_CANNOT_RUN;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        result = commands[i].run(argc - 1, argv + 1);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            cli_complain("standard output could not be written");
            return CLI_CANNOT_RUN;
        }
        return result;
    }
    cli_complain("\"%s\" is no command; \"ntcallback help\" lists them", argv[1]);
    return CLI_CANNOT_RUN;
}
