/* SPDX-License-Identifier: MIT
 *
 * poison.h - which sanitizer this is built with, and telling AddressSanitizer which memory nobody
 * may touch.
 */
#ifndef SIM_KE_POISON_H
#define SIM_KE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define NTSIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NTSIM_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define NTSIM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NTSIM_TSAN 1
#endif
#endif
#if !defined(NTSIM_TSAN)
#define NTSIM_TSAN 0
#endif

#if defined(NTSIM_ASAN)
#include <sanitizer/asan_interface.h>
#define NTSIM_POISON(memory, bytes) __asan_poison_memory_region((memory), (bytes))
#define NTSIM_UNPOISON(memory, bytes) __asan_unpoison_memory_region((memory), (bytes))
#else
#define NTSIM_ASAN 0
#define NTSIM_POISON(memory, bytes) ((void)(memory), (void)(bytes))
#define NTSIM_UNPOISON(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#endif
