/* SPDX-License-Identifier: MIT
 *
 * cm_kit.h - registry callbacks driven by a record, and operations that need no registry.
 *
 * A callback leaves its name in the trace: in upper case for a pre notification, in lower case for
 * a post, as '!' for anything else. Its record says what it answers and keeps what it saw.
 */
#ifndef TESTS_CM_CM_KIT_H
#define TESTS_CM_CM_KIT_H

#include "../ex/kit.h"

struct cm_callback {
    char name;
    const WCHAR *altitude; /* NULL: registered by CmRegisterCallback */
    LARGE_INTEGER cookie;

    /* What it answers. */
    NTSTATUS pre_status;
    NTSTATUS post_status;
    NTSTATUS cleanup_status;
    NTSTATUS return_status; /* written when post_status is STATUS_CALLBACK_BYPASS */
    PVOID call_context;     /* left by pre when not NULL */
    void (*hook)(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information);

    /* What it saw. */
    _Atomic unsigned pre;
    _Atomic unsigned post;
    _Atomic unsigned cleanups;
    REG_NOTIFY_CLASS notify_class;
    PVOID information;
    REG_POST_OPERATION_INFORMATION last_post; /* as it was on entry */
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION cleaned;
};

/* Callbacks that this thread is inside of. */
static _Thread_local unsigned cm_depth;

/* CmSetCallbackObjectContext from anywhere: outside a callback it is reported (CM-CTX-15). */
static inline NTSTATUS cm_set_context(PVOID object, struct cm_callback *callback, PVOID context,
                                      PVOID *old)
{
    NTSTATUS status = CmSetCallbackObjectContext(object, &callback->cookie, context, old);

    if (cm_depth == 0 && NT_SUCCESS(status)) {
        EXPECT_TRUE(kit_expect_report(here, "CM-CTX-15") != NULL);
    }
    return status;
}

/* Is that class a notification before the operation? */
static inline bool cm_is_pre(REG_NOTIFY_CLASS notify_class)
{
    return notify_class <= RegNtPreQueryMultipleValueKey || notify_class == RegNtPreCreateKey ||
           notify_class == RegNtPreOpenKey || notify_class == RegNtPreKeyHandleClose ||
           (notify_class >= RegNtPreCreateKeyEx &&
            notify_class < RegNtCallbackObjectContextCleanup && notify_class % 2 == 0) ||
           (notify_class > RegNtCallbackObjectContextCleanup &&
            notify_class < MaxRegNtNotifyClass && notify_class % 2 == 1);
}

static inline bool cm_has_post_structure(REG_NOTIFY_CLASS notify_class)
{
    return notify_class != RegNtPostCreateKey && notify_class != RegNtPostOpenKey;
}

/* A cleanup is neither before nor after an operation: '!', then the hook. */
static inline NTSTATUS cm_cleanup(struct cm_callback *callback,
                                  PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information)
{
    kit_log(here, '!');
    atomic_fetch_add(&callback->cleanups, 1);
    callback->cleaned = *information;
    if (callback->hook != NULL) {
        callback->hook(callback, RegNtCallbackObjectContextCleanup, information);
    }
    return callback->cleanup_status;
}

static inline NTSTATUS cm_answer(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    struct cm_callback *callback = CallbackContext;
    REG_NOTIFY_CLASS notify_class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;
    PREG_POST_OPERATION_INFORMATION post = Argument2;

    callback->notify_class = notify_class;
    callback->information = Argument2;
    if (notify_class == RegNtCallbackObjectContextCleanup) {
        return cm_cleanup(callback, Argument2);
    }
    if (cm_is_pre(notify_class)) {
        kit_log(here, callback->name);
        atomic_fetch_add(&callback->pre, 1);
        if (callback->call_context != NULL && notify_class == RegNtPreSetValueKey) {
            ((PREG_SET_VALUE_KEY_INFORMATION)Argument2)->CallContext = callback->call_context;
        }
        if (callback->hook != NULL) {
            callback->hook(callback, notify_class, Argument2);
        }
        return callback->pre_status;
    }
    kit_log(here, (char)(callback->name | 0x20));
    atomic_fetch_add(&callback->post, 1);
    if (cm_has_post_structure(notify_class)) {
        callback->last_post = *post;
        if (callback->post_status == STATUS_CALLBACK_BYPASS) {
            post->ReturnStatus = callback->return_status;
        }
    }
    if (callback->hook != NULL) {
        callback->hook(callback, notify_class, Argument2);
    }
    return callback->post_status;
}

static inline NTSTATUS NTAPI cm_routine(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    NTSTATUS status;

    ++cm_depth;
    status = cm_answer(CallbackContext, Argument1, Argument2);
    --cm_depth;
    return status;
}

static inline UNICODE_STRING cm_text(const WCHAR *text)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, text);
    return string;
}

/* Any DRIVER_OBJECT will do: the manager keeps the address for its reports. */
static inline PVOID cm_driver(void)
{
    return &here;
}

static inline NTSTATUS cm_try(struct cm_callback *callback)
{
    UNICODE_STRING altitude;

    if (callback->altitude == NULL) {
        return CmRegisterCallback(cm_routine, callback, &callback->cookie);
    }
    altitude = cm_text(callback->altitude);
    return CmRegisterCallbackEx(cm_routine, &altitude, cm_driver(), callback, &callback->cookie,
                                NULL);
}

static inline void cm_add(struct cm_callback *callback)
{
    EXPECT_SUCCESS(cm_try(callback));
}

static inline void cm_drop(struct cm_callback *callback)
{
    EXPECT_SUCCESS(CmUnRegisterCallback(callback->cookie));
}

static inline void cm_add_all(struct cm_callback *callbacks, size_t count)
{
    size_t index;

    for (index = 0; index < count; ++index) {
        cm_add(&callbacks[index]);
    }
}

static inline void cm_drop_all(struct cm_callback *callbacks, size_t count)
{
    size_t index;

    for (index = 0; index < count; ++index) {
        cm_drop(&callbacks[index]);
    }
}

/* One registry operation, as a simulator performs it. */
struct cm_operation {
    REG_NOTIFY_CLASS notify_class;
    PVOID information;
    PVOID object;        /* of the post notification */
    NTSTATUS status;     /* what the operation itself gives */
    bool performed;      /* out: the callbacks let it happen */
    PVOID object_out;    /* out */
    NTSTATUS pre_result; /* out */
};

static inline NTSTATUS cm_perform(struct cm_operation *operation)
{
    struct ntcb_registry_pass pass;
    NTSTATUS status;

    operation->pre_result =
        ntcb_registry_pre(&pass, operation->notify_class, operation->information);
    operation->performed = NT_SUCCESS(operation->pre_result);
    status = operation->performed                              ? operation->status
             : operation->pre_result == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS
                                                               : operation->pre_result;
    return ntcb_registry_post(&pass, operation->object, status, &operation->object_out);
}

static char cm_key; /* stands for a key object */

/* NtSetValueKey that succeeds; returns what its caller gets. */
static inline NTSTATUS cm_set_value(void)
{
    REG_SET_VALUE_KEY_INFORMATION information = {.Object = &cm_key};
    struct cm_operation operation = {
        .notify_class = RegNtPreSetValueKey, .information = &information, .object = &cm_key};

    return cm_perform(&operation);
}

/* The same; who heard of it, in order. */
static inline const char *cm_heard(struct kit *kit)
{
    cm_set_value();
    return kit_take(kit);
}

#endif
