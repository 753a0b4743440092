/* SPDX-License-Identifier: MIT
 *
 * misuse_source.h - the six managers as a driver in the simulator sees them: add a routine, take it
 * away, make an event that it hears.
 *
 * Every routine calls the hook, once.
 */
#ifndef TESTS_SIM_MISUSE_SOURCE_H
#define TESTS_SIM_MISUSE_SOURCE_H

#include "misuse_kit.h"

struct source {
    const char *name;
    enum ntcb_manager manager;
    const void *routine;
    void (*add)(void);
    void (*remove)(void); /* what add added */
    void (*raise)(void);
};

static const struct source *source __attribute__((unused)); /* that is in use */
static void (*source_hook)(void);
static PVOID source_context;

static inline void source_heard(void)
{
    void (*hook)(void) = source_hook;

    source_hook = NULL;
    if (hook != NULL) {
        hook();
    }
}

static inline VOID NTAPI source_image(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                      PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    source_heard();
}

static inline VOID NTAPI source_process(HANDLE ParentId, HANDLE Id, BOOLEAN Create)
{
    (void)ParentId;
    (void)Id;
    (void)Create;
    source_heard();
}

static inline VOID NTAPI source_thread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    (void)ProcessId;
    (void)ThreadId;
    (void)Create;
    source_heard();
}

static inline NTSTATUS NTAPI source_registry(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Context;
    (void)Argument1;
    (void)Argument2;
    source_heard();
    return STATUS_SUCCESS;
}

static inline OB_PREOP_CALLBACK_STATUS NTAPI
source_object(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    (void)Context;
    (void)Information;
    source_heard();
    return OB_PREOP_SUCCESS;
}

static inline VOID NTAPI source_callback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Context;
    (void)Argument1;
    (void)Argument2;
    source_heard();
}

/* ---- adding and removing ---- */

static inline void add_image(void)
{
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(source_image));
}

static inline void remove_image(void)
{
    (void)PsRemoveLoadImageNotifyRoutine(source_image);
}

static inline void add_process(void)
{
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(source_process, FALSE));
}

static inline void remove_process(void)
{
    (void)PsSetCreateProcessNotifyRoutine(source_process, TRUE);
}

static inline void add_thread(void)
{
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(source_thread));
}

static inline void remove_thread(void)
{
    (void)PsRemoveCreateThreadNotifyRoutine(source_thread);
}

static LARGE_INTEGER source_cookie;

static inline void add_registry(void)
{
    EXPECT_SUCCESS(CmRegisterCallback(source_registry, source_context, &source_cookie));
}

static inline void remove_registry(void)
{
    (void)CmUnRegisterCallback(source_cookie);
}

static PVOID source_handle;

static inline void add_object(void)
{
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, source_object,
                                           NULL};
    OB_CALLBACK_REGISTRATION registration = {
        OB_FLT_REGISTRATION_VERSION, 1, {0}, source_context, &operation};

    RtlInitUnicodeString(&registration.Altitude, u"380000");
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &source_handle));
}

static inline void remove_object(void)
{
    ObUnRegisterCallbacks(source_handle);
}

static PCALLBACK_OBJECT source_callback_object;
static PVOID source_registration;

static inline PCALLBACK_OBJECT make_callback_object(PCWSTR name)
{
    PCALLBACK_OBJECT object = NULL;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;

    RtlInitUnicodeString(&path, name);
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, TRUE));
    return object;
}

static inline void add_callback(void)
{
    source_callback_object = make_callback_object(u"\\Callback\\Misuse");
    source_registration =
        ExRegisterCallback(source_callback_object, source_callback, source_context);
    EXPECT_TRUE(source_registration != NULL);
    ObDereferenceObject(source_callback_object); /* the registration holds it */
}

static inline void remove_callback(void)
{
    ExUnregisterCallback(source_registration);
}

/* ---- events ---- */

static inline void raise_image(void)
{
    const struct ntsim_image_options options = {.path = "\\SystemRoot\\other.sys"};
    struct ntsim_image *image;

    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    ntsim_image_unload(image);
}

static inline void raise_process(void)
{
    ntsim_process_exit(make_process("C:\\other.exe"), STATUS_SUCCESS);
}

static inline void raise_registry(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;

    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY\\MACHINE"), OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) { /* else an exception was the answer */
        EXPECT_SUCCESS(ZwClose(key));
    }
}

static inline void raise_object(void)
{
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)4, NULL};
    OBJECT_ATTRIBUTES attributes;
    HANDLE process;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenProcess(&process, 0x1000, &attributes, &id));
    EXPECT_SUCCESS(ZwClose(process));
}

static inline void raise_callback(void)
{
    ExNotifyCallback(source_callback_object, NULL, NULL);
}

#define SOURCE_ROW(name, number, event)                                                   \
    {                                                                                     \
#name, number, (const void *)(uintptr_t)source_##name, add_##name, remove_##name, \
            raise_##event                                                                 \
    }

static const struct source sources[] = {
    SOURCE_ROW(image, NTCB_MANAGER_IMAGE, image),
    SOURCE_ROW(process, NTCB_MANAGER_PROCESS, process),
    SOURCE_ROW(thread, NTCB_MANAGER_THREAD, process),
    SOURCE_ROW(registry, NTCB_MANAGER_REGISTRY, registry),
    SOURCE_ROW(object, NTCB_MANAGER_OBJECT, object),
    SOURCE_ROW(callback, NTCB_MANAGER_CALLBACK, callback),
};

#endif
