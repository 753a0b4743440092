/* SPDX-License-Identifier: MIT
 *
 * stack_posix.c - the calling thread's stack, on POSIX systems.
 */
#include "io/stack.h"
#include "simp.h"

#include <pthread.h>

#if defined(__APPLE__)
void ntsim__stack_limits(void **low, void **high)
{
    *high = pthread_get_stackaddr_np(pthread_self());
    *low = (char *)*high - pthread_get_stacksize_np(pthread_self());
}
#else
void ntsim__stack_limits(void **low, void **high)
{
    pthread_attr_t attributes;
    size_t bytes;
    int error = pthread_getattr_np(pthread_self(), &attributes);

    if (error != 0) {
        ntsim__fatal("IoGetStackLimits: the host does not say where the thread's stack is (%d)",
                     error);
    }
    pthread_attr_getstack(&attributes, low, &bytes);
    pthread_attr_destroy(&attributes);
    *high = (char *)*low + bytes;
}
#endif
