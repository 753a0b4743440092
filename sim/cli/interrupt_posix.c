/* SPDX-License-Identifier: MIT
 *
 * interrupt_posix.c - SIGINT and SIGTERM end a run between two events.
 *
 * A thread waits for the signals, so that no handler and no static variable is needed. While events
 * are played the first one sets a flag; a second one means that the run does not come to its next
 * event (a callback hangs): the process ends at once, as it does before anything is played.
 */
#include "cli/cli.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct cli_interrupt {
    pthread_t thread;
    sigset_t signals;
    sigset_t before;
    const struct cli_output *outputs; /* NULL: the thread was not started */
    atomic_bool deferred;
    atomic_bool seen;
};

static void *wait_for_signals(void *context)
{
    struct cli_interrupt *interrupt = context;
    int number;

    while (sigwait(&interrupt->signals, &number) == 0) {
        if (atomic_load(&interrupt->deferred) && !atomic_exchange(&interrupt->seen, true))
            continue;
        for (int i = 0; i < CLI_OUTPUTS; i++) {
            if (interrupt->outputs[i].temporary != NULL)
                unlink(interrupt->outputs[i].temporary);
        }
        _exit(CLI_CANNOT_RUN);
    }
    return NULL;
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
    sigemptyset(&interrupt->signals);
    sigaddset(&interrupt->signals, SIGINT);
    sigaddset(&interrupt->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupt->signals, &interrupt->before);
    return interrupt;
}

bool cli_interrupt_watch(struct cli_interrupt *interrupt,
                         const struct cli_output outputs[CLI_OUTPUTS])
{
    interrupt->outputs = outputs;
    if (pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt) != 0) {
        interrupt->outputs = NULL;
        cli_complain("no thread can be made to wait for an interrupt");
        return false;
    }
    return true;
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
    if (interrupt->outputs != NULL) {
        pthread_cancel(interrupt->thread);
        pthread_join(interrupt->thread, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    free(interrupt);
}
