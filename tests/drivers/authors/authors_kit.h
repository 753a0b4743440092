/* SPDX-License-Identifier: MIT
 *
 * authors_kit.h - a driver of another author's is loaded, sees what happens, and goes: as clang
 * builds it and as gcc does.
 */
#ifndef TESTS_DRIVERS_AUTHORS_KIT_H
#define TESTS_DRIVERS_AUTHORS_KIT_H

#include "../../sim/simkit.h"

#include <ntsim/device.h>
#include <ntsim/file.h>
#include <ntsim/memory.h>

#include <unistd.h>

/* The module that gcc has built, or the case is skipped. */
static inline const char *authors_gcc(const char *name)
{
    char other[64];

    snprintf(other, sizeof(other), "%s_gcc", name);
    if (access(ntcb_test_driver(other), R_OK) != 0) {
        ntcb_test_skip_on_port("there is no gcc for drivers here");
    }
    return ntcb_test_driver(other);
}

static struct ntsim_driver *author_driver;

/* Loaded as the service `name`, which must start. */
static inline void author_load(const char *name, const char *module)
{
    const struct ntsim_driver_options options = {.name = name, .module = module};
    NTSTATUS status;
    int error = ntsim_driver_load(sim, &options, &author_driver, &status);

    if (error != NTCB_OK) {
        print_message("%s\n", ntsim_last_error(sim));
    }
    EXPECT_EQ(error, NTCB_OK);
    EXPECT_SUCCESS(status);
}

/* Nothing was left, and nothing was reported since the start. */
static inline void author_unload(void)
{
    if (author_driver != NULL) { /* a case may do it itself, to see what is said at the end */
        EXPECT_EQ(ntsim_driver_unload(author_driver), NTCB_OK);
        author_driver = NULL;
    }
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
}

#define EXPECT_PRINTED(text) EXPECT_TRUE(strstr(printed, text) != NULL)
#define EXPECT_NOT_PRINTED(text) EXPECT_TRUE(strstr(printed, text) == NULL)

/* Two functions that play `play`, with each build, and their rows. */
#define AUTHOR_CASE(driver, play)                        \
    static void play##_clang(void **state)               \
    {                                                    \
        (void)state;                                     \
        author_load(#driver, ntcb_test_driver(#driver)); \
        play();                                          \
        author_unload();                                 \
    }                                                    \
    static void play##_gcc(void **state)                 \
    {                                                    \
        (void)state;                                     \
        author_load(#driver, authors_gcc(#driver));      \
        play();                                          \
        author_unload();                                 \
    }
#define AUTHOR_ROWS(driver, play)                                        \
    {"authors." #driver "." #play, "", play##_clang, start, stop},       \
    {                                                                    \
        "authors." #driver "." #play ".gcc", "", play##_gcc, start, stop \
    }

/* ---- what programs do ---- */

/* Creates or opens it. The path is an UTF-16 literal. */
#define author_key(key, path, access) author_key_of((key), STRING(path), (access))
static inline NTSTATUS author_key_of(HANDLE *key, UNICODE_STRING *path, ACCESS_MASK access)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtCreateKey(key, access, &attributes, 0, NULL, 0, NULL);
}

static inline NTSTATUS author_set(HANDLE key, UNICODE_STRING *name, uint32_t number)
{
    return NtSetValueKey(key, name, 0, REG_DWORD, &number, sizeof(number));
}

#endif
