/* SPDX-License-Identifier: MIT
 *
 * win32_kit.h - a simulator, a program that the test is, and a registry filter that writes down
 * what the program's calls lead to.
 */
#ifndef TESTS_WIN32_KIT_H
#define TESTS_WIN32_KIT_H

#include "test.h"

#include <ntsim/file.h>
#include <ntsim/registry.h>
#include <ntsim/win32.h>

#include <stdio.h>

struct kit {
    struct ntsim *sim;
    struct ntsim_process *program;
    struct ntsim_thread *before;
    LARGE_INTEGER cookie; /* 0: nobody listens */
};

static struct {
    char text[1024];
    bool refuse;
} ear;

static inline struct kit *kit_of(void **state)
{
    return *state;
}

static inline void write_down(const char *what, const UNICODE_STRING *name)
{
    size_t at = strlen(ear.text);

    at += (size_t)snprintf(ear.text + at, sizeof(ear.text) - at, "%s ", what);
    for (USHORT i = 0; i < name->Length / sizeof(WCHAR) && at + 3 < sizeof(ear.text); i++)
        ear.text[at++] = (char)name->Buffer[i];
    snprintf(ear.text + at, sizeof(ear.text) - at, "; ");
}

static inline NTSTATUS hear(PVOID context, PVOID notify_class, PVOID information)
{
    (void)context;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)notify_class) {
    case RegNtPreCreateKeyEx:
        write_down("create", ((PREG_CREATE_KEY_INFORMATION_V1)information)->CompleteName);
        return ear.refuse ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    case RegNtPreOpenKeyEx:
        write_down("open", ((PREG_OPEN_KEY_INFORMATION_V1)information)->CompleteName);
        return STATUS_SUCCESS;
    case RegNtPreQueryValueKey:
        write_down("query", ((PREG_QUERY_VALUE_KEY_INFORMATION)information)->ValueName);
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}

/* From here on. */
static inline void listen(struct kit *kit)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"360000.1");

    memset(&ear, 0, sizeof(ear));
    EXPECT_SUCCESS(CmRegisterCallbackEx(hear, &altitude, (PVOID)&ear, NULL, &kit->cookie, NULL));
}

static inline const char *heard(void)
{
    return ear.text;
}

static inline void refuse_creates(bool refuse)
{
    ear.refuse = refuse;
}

static inline int set_up(void **state)
{
    static const struct ntsim_process_options program = {.image_path = "C:\\Tools\\program.exe"};
    static struct kit kit;

    kit = (struct kit){.sim = ntsim_start(NULL)};
    EXPECT_EQ(ntsim_process_create(kit.sim, &program, &kit.program), NTCB_OK);
    kit.before = ntsim_thread_enter(ntsim_process_thread(kit.program));
    *state = &kit;
    return 0;
}

static inline int tear_down(void **state)
{
    struct kit *kit = *state;

    if (kit->cookie.QuadPart != 0)
        CmUnRegisterCallback(kit->cookie);
    ntsim_thread_leave(kit->before);
    return ntsim_stop(kit->sim) == NTCB_OK ? 0 : -1;
}

#endif
