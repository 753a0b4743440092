/* SPDX-License-Identifier: MIT
 *
 * handle_kit.h - object callbacks that note what they were given and do what the case wants.
 */
#ifndef TESTS_SIM_HANDLE_KIT_H
#define TESTS_SIM_HANDLE_KIT_H

#include "life_kit.h"

#define WATCHERS 4

/* One registration: what it was shown last, and what it is to do. */
struct watcher {
    char letter;
    ACCESS_MASK clear, add;
    PVOID leave; /* in CallContext */
    OB_PREOP_CALLBACK_STATUS verdict;
    bool scribble; /* into what post is told */

    unsigned pres, posts;
    OB_PRE_OPERATION_INFORMATION pre;
    OB_PRE_OPERATION_PARAMETERS parameters;
    OB_POST_OPERATION_INFORMATION post;
    ACCESS_MASK granted; /* of a success */
    KIRQL irql[2];
    bool apcs[2], all_apcs[2];
    uint32_t process;
    PVOID handle;
};

static struct watcher watchers[WATCHERS];
static void (*handle_hook)(struct watcher *watcher, bool post);

static inline void handle_where(struct watcher *watcher, bool post)
{
    char word[3] = {post ? (char)(watcher->letter + 'A' - 'a') : watcher->letter, '\0', '\0'};

    watcher->irql[post] = KeGetCurrentIrql();
    watcher->apcs[post] = KeAreApcsDisabled();
    watcher->all_apcs[post] = KeAreAllApcsDisabled();
    strncat(trace, word, sizeof(trace) - strlen(trace) - 1);
    if (handle_hook != NULL) {
        handle_hook(watcher, post);
    }
}

static inline OB_PREOP_CALLBACK_STATUS NTAPI HandlePre(PVOID Context,
                                                       POB_PRE_OPERATION_INFORMATION Information)
{
    struct watcher *watcher = Context;
    ACCESS_MASK *access = &Information->Parameters->CreateHandleInformation.DesiredAccess;

    ++watcher->pres;
    watcher->pre = *Information;
    memset(&watcher->parameters, 0, sizeof(watcher->parameters));
    if (Information->Operation == OB_OPERATION_HANDLE_CREATE) {
        watcher->parameters.CreateHandleInformation =
            Information->Parameters->CreateHandleInformation;
    } else {
        watcher->parameters = *Information->Parameters;
    }
    watcher->process = ID_OF(PsGetCurrentProcessId());
    handle_where(watcher, false);
    *access = (*access & ~watcher->clear) | watcher->add;
    Information->CallContext = watcher->leave;
    return watcher->verdict;
}

static inline VOID NTAPI HandlePost(PVOID Context, POB_POST_OPERATION_INFORMATION Information)
{
    struct watcher *watcher = Context;

    ++watcher->posts;
    watcher->post = *Information;
    watcher->granted = NT_SUCCESS(Information->ReturnStatus)
                           ? Information->Parameters->CreateHandleInformation.GrantedAccess
                           : 0;
    handle_where(watcher, true);
    if (watcher->scribble) {
        Information->ReturnStatus = STATUS_UNSUCCESSFUL;
        Information->Parameters->CreateHandleInformation.GrantedAccess = 0;
    }
}

/* Watcher `index` (a, b, ...) at the altitude, fresh. */
static inline struct watcher *watch(unsigned index, PCWSTR altitude)
{
    struct watcher *watcher = &watchers[index];

    memset(watcher, 0, sizeof(*watcher));
    watcher->letter = (char)('a' + index);
    handle_hook = NULL;
    EXPECT_SUCCESS(
        life_register_handles(altitude, HandlePre, HandlePost, watcher, &watcher->handle));
    return watcher;
}

static inline void unwatch(struct watcher *watcher)
{
    ObUnRegisterCallbacks(watcher->handle);
}

/* ---- opening ---- */

static inline ACCESS_MASK granted_access(HANDLE handle)
{
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, &information));
    ObDereferenceObject(object);
    return information.GrantedAccess;
}

/* A handle to the process, or its thread, for a caller of that mode, closed at once: what was
 * granted. */
static inline ACCESS_MASK open_as(struct ntsim_process *process, bool thread, KPROCESSOR_MODE mode,
                                  ACCESS_MASK desired)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)ntsim_process_id(process),
                    thread ? (HANDLE)(ULONG_PTR)ntsim_thread_id(ntsim_process_thread(process))
                           : NULL};
    struct ntsim_thread *previous = mode == UserMode ? ntsim_thread_enter(creator) : NULL;
    HANDLE handle = NULL;
    ACCESS_MASK granted;

    if (thread) {
        EXPECT_SUCCESS(NtOpenThread(&handle, desired, &attributes, &id));
    } else {
        EXPECT_SUCCESS(NtOpenProcess(&handle, desired, &attributes, &id));
    }
    granted = granted_access(handle);
    EXPECT_SUCCESS(NtClose(handle));
    if (mode == UserMode) {
        ntsim_thread_leave(previous);
    }
    return granted;
}

static inline ACCESS_MASK open_process(struct ntsim_process *process, ACCESS_MASK desired)
{
    return open_as(process, false, UserMode, desired);
}

#endif
