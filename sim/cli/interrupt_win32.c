/* SPDX-License-Identifier: MIT
 *
 * interrupt_win32.c - Ctrl+C and Ctrl+Break end a run between two events.
 *
 * Windows calls a handler on a thread of its own, without an argument: what it needs is the one
 * static variable. While events are played the first one sets a flag; a second one means that the
 * run does not come to its next event (a callback hangs): the process ends at once, as it does
 * before anything is played.
 */
#include "cli/cli.h"

#include <io.h>
#include <process.h>
#include <stdlib.h>

__declspec(dllimport) int __stdcall SetConsoleCtrlHandler(int(__stdcall *handler)(unsigned kind),
                                                          int add);

struct cli_interrupt {
    const struct cli_output *outputs;
    atomic_bool deferred;
    atomic_bool seen;
};

static struct cli_interrupt *_Atomic watched;

static int __stdcall on_control(unsigned kind)
{
    struct cli_interrupt *interrupt = atomic_load(&watched);

    (void)kind;
    if (interrupt == NULL)
        return 0;
    if (atomic_load(&interrupt->deferred) && !atomic_exchange(&interrupt->seen, true))
        return 1;
    for (int i = 0; i < CLI_OUTPUTS; i++) {
        if (interrupt->outputs[i].temporary != NULL)
            _unlink(interrupt->outputs[i].temporary);
    }
    _exit(CLI_CANNOT_RUN);
}

struct cli_interrupt *cli_interrupt_create(void)
{
    struct cli_interrupt *interrupt = calloc(1, sizeof(*interrupt));

    if (interrupt == NULL) {
        cli_complain("out of memory");
        return NULL;
    }
    atomic_init(&interrupt->deferred, false);
    atomic_init(&interrupt->seen, false);
    return interrupt;
}

bool cli_interrupt_watch(struct cli_interrupt *interrupt,
                         const struct cli_output outputs[CLI_OUTPUTS])
{
    interrupt->outputs = outputs;
    atomic_store(&watched, interrupt);
    return SetConsoleCtrlHandler(on_control, 1) != 0;
}

void cli_interrupt_defer(struct cli_interrupt *interrupt)
{
    atomic_store(&interrupt->deferred, true);
}

bool cli_interrupt_seen(const struct cli_interrupt *interrupt)
{
    return atomic_load_explicit(&interrupt->seen, memory_order_relaxed);
}

void cli_interrupt_stop(struct cli_interrupt *interrupt)
{
    if (interrupt == NULL)
        return;
    atomic_store(&watched, NULL);
    SetConsoleCtrlHandler(on_control, 0);
    free(interrupt);
}
