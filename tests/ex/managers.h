/* SPDX-License-Identifier: MIT
 *
 * managers.h - the six managers seen as one: add a routine, take it away, make it hear something.
 *
 * Every routine calls managers_heard(), which does what the case wants.
 */
#ifndef TESTS_EX_MANAGERS_H
#define TESTS_EX_MANAGERS_H

#include "kit.h"

struct manager {
    const char *name;
    enum ntcb_manager manager;
    bool (*add)(void);    /* false: refused */
    void (*remove)(void); /* what add added */
    void (*raise)(void);
};

static void (*managers_hook)(void);

static inline void managers_heard(void)
{
    kit_log(here, 'x');
    if (managers_hook != NULL) {
        managers_hook();
    }
}

/* ---- the routines ---- */

static inline VOID NTAPI managers_image(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                        PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    managers_heard();
}

static inline VOID NTAPI managers_plain(HANDLE ParentId, HANDLE Id, BOOLEAN Create)
{
    (void)ParentId;
    (void)Id;
    (void)Create;
    managers_heard();
}

static inline NTSTATUS NTAPI managers_registry(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Context;
    (void)Argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreDeleteKey) {
        managers_heard();
    }
    return STATUS_SUCCESS;
}

static inline OB_PREOP_CALLBACK_STATUS NTAPI
managers_object(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    (void)Context;
    (void)Information;
    managers_heard();
    return OB_PREOP_SUCCESS;
}

static inline VOID NTAPI managers_callback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Context;
    (void)Argument1;
    (void)Argument2;
    managers_heard();
}

/* ---- what a simulator would provide ---- */

static ULONG_PTR managers_types[1]; /* its address is an object type */
static POBJECT_TYPE managers_process_type = (POBJECT_TYPE)&managers_types[0];
static long managers_references; /* on the callback object */

static inline bool managers_has_callbacks(POBJECT_TYPE type, ACCESS_MASK *retained)
{
    *retained = 0x101000;
    return type == managers_process_type;
}

static inline void managers_reference(PVOID object)
{
    (void)object;
    ++managers_references;
}

static inline void managers_dereference(PVOID object)
{
    (void)object;
    --managers_references;
}

static const struct ntcb_object_services managers_objects = {
    managers_has_callbacks, managers_reference, managers_dereference};

static PCALLBACK_OBJECT managers_callback_object;

static inline struct kit *managers_begin(void **state, const struct ntcb_config *config)
{
    struct kit *kit = kit_begin(state, config);

    managers_hook = NULL;
    managers_references = 0;
    ntcb_set_object_services(kit->kernel, &managers_objects);
    managers_callback_object = calloc(1, ntcb_callback_object_size());
    EXPECT_TRUE(managers_callback_object != NULL);
    ntcb_callback_object_init(managers_callback_object, NTCB_CALLBACK_MULTIPLE);
    return kit;
}

static inline int managers_teardown(void **state)
{
    struct kit *kit = *state;

    if (kit->kernel != NULL && managers_callback_object != NULL) {
        ntcb_callback_object_end(managers_callback_object);
    }
    free(managers_callback_object);
    managers_callback_object = NULL;
    return kit_teardown(state);
}

#define MANAGERS_CASE(name, rules, function)                                     \
    {name, rules, function, kit_setup, managers_teardown},                       \
    {                                                                            \
        name ".exchange", rules, function, kit_setup_exchange, managers_teardown \
    }

/* ---- the table ---- */

static inline bool managers_add_image(void)
{
    return NT_SUCCESS(PsSetLoadImageNotifyRoutine(managers_image));
}

static inline void managers_remove_image(void)
{
    (void)PsRemoveLoadImageNotifyRoutine(managers_image);
}

static inline void managers_raise_image(void)
{
    ntcb_image_loaded(&(struct ntcb_image){.ImageSize = 0x1000});
}

static inline bool managers_add_process(void)
{
    return NT_SUCCESS(PsSetCreateProcessNotifyRoutine(managers_plain, FALSE));
}

static inline void managers_remove_process(void)
{
    (void)PsSetCreateProcessNotifyRoutine(managers_plain, TRUE);
}

static inline void managers_raise_process(void)
{
    ntcb_process_exited(&(struct ntcb_process){.ProcessId = (HANDLE)(ULONG_PTR)1000});
}

static inline bool managers_add_thread(void)
{
    return NT_SUCCESS(PsSetCreateThreadNotifyRoutine(managers_plain));
}

static inline void managers_remove_thread(void)
{
    (void)PsRemoveCreateThreadNotifyRoutine(managers_plain);
}

static inline void managers_raise_thread(void)
{
    ntcb_thread_exited(&(struct ntcb_thread){.ThreadId = (HANDLE)(ULONG_PTR)1004});
}

static LARGE_INTEGER managers_cookie;

static inline bool managers_add_registry(void)
{
    return NT_SUCCESS(CmRegisterCallback(managers_registry, NULL, &managers_cookie));
}

static inline void managers_remove_registry(void)
{
    (void)CmUnRegisterCallback(managers_cookie);
}

static inline void managers_raise_registry(void)
{
    REG_DELETE_KEY_INFORMATION information = {.Object = here};
    struct ntcb_registry_pass pass;

    ntcb_registry_pre(&pass, RegNtPreDeleteKey, &information);
    ntcb_registry_post(&pass, here, STATUS_SUCCESS, NULL);
}

static PVOID managers_handle;

static inline NTSTATUS managers_register_objects(const WCHAR *altitude, PVOID *handle)
{
    OB_OPERATION_REGISTRATION operation = {&managers_process_type, OB_OPERATION_HANDLE_CREATE,
                                           managers_object, NULL};
    OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, {0}, NULL, &operation};

    RtlInitUnicodeString(&registration.Altitude, altitude);
    return ObRegisterCallbacks(&registration, handle);
}

static inline bool managers_add_object(void)
{
    return NT_SUCCESS(managers_register_objects(u"380000", &managers_handle));
}

static inline void managers_remove_object(void)
{
    ObUnRegisterCallbacks(managers_handle);
}

static inline void managers_raise_object(void)
{
    struct ntcb_handle_pass pass;

    ntcb_handle_pre(&pass, &(struct ntcb_handle){.Operation = OB_OPERATION_HANDLE_CREATE,
                                                 .Object = here,
                                                 .ObjectType = managers_process_type,
                                                 .DesiredAccess = 1});
    ntcb_handle_post(&pass, STATUS_SUCCESS, 1);
}

static PVOID managers_registration;

static inline bool managers_add_callback(void)
{
    managers_registration = ExRegisterCallback(managers_callback_object, managers_callback, NULL);
    return managers_registration != NULL;
}

static inline void managers_remove_callback(void)
{
    ExUnregisterCallback(managers_registration);
}

static inline void managers_raise_callback(void)
{
    ExNotifyCallback(managers_callback_object, NULL, NULL);
}

#define MANAGERS_ROW(name, number)                                                        \
    {                                                                                     \
#name, number, managers_add_##name, managers_remove_##name, managers_raise_##name \
    }

static const struct manager managers[] = {
    MANAGERS_ROW(image, NTCB_MANAGER_IMAGE),   MANAGERS_ROW(process, NTCB_MANAGER_PROCESS),
    MANAGERS_ROW(thread, NTCB_MANAGER_THREAD), MANAGERS_ROW(registry, NTCB_MANAGER_REGISTRY),
    MANAGERS_ROW(object, NTCB_MANAGER_OBJECT), MANAGERS_ROW(callback, NTCB_MANAGER_CALLBACK),
};

#endif
