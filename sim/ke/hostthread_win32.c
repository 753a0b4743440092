/* SPDX-License-Identifier: MIT
 *
 * hostthread_win32.c - threads of the host, on Windows, for system threads and work items.
 */
#include "ke/kip.h"

#include <pthread.h>

struct ntsim__host_thread {
    pthread_t thread; /* of winpthreads: thread-local variables of the harness are freed with it */
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

    if (self == NULL) {
        return NULL;
    }
    self->routine = routine;
    self->argument = argument;
    if (pthread_create(&self->thread, NULL, run, self) != 0) {
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
