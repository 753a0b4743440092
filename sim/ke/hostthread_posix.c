/* SPDX-License-Identifier: MIT
 *
 * hostthread_posix.c - threads of the host, on POSIX systems, for system threads and work items.
 */
#include "ke/kip.h"

#include <pthread.h>
#include <signal.h>

struct ntsim__host_thread {
    pthread_t thread;
    void (*routine)(void *);
    void *argument;
};

static void *run(void *context)
{
    struct ntsim__host_thread *self = context;

    self->routine(self->argument);
    return NULL;
}

struct ntsim__host_thread *ntsim__host_thread_start(struct ntsim *sim, void (*routine)(void *),
                                                    void *argument)
{
    struct ntsim__host_thread *self = ntsim__allocate_in(sim, sizeof(*self));
    sigset_t all, previous;
    int error;

    if (self == NULL) {
        return NULL;
    }
    self->routine = routine;
    self->argument = argument;
    /* What is sent to the process is for the harness's own threads; faults cannot be blocked. */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    error = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    if (error != 0) {
        ntsim__release_in(sim, self);
        return NULL;
    }
    return self;
}

void ntsim__host_thread_join(struct ntsim *sim, struct ntsim__host_thread *thread)
{
    pthread_join(thread->thread, NULL);
    ntsim__release_in(sim, thread);
}
