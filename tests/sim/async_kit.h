/* SPDX-License-Identifier: MIT
 *
 * async_kit.h - requests of a program that are answered later: what it gave for that, and the
 * driver's side of it.
 */
#ifndef TESTS_SIM_ASYNC_KIT_H
#define TESTS_SIM_ASYNC_KIT_H

#include "device_toy.h"

#include <ntcallback/ddk/ntexapi.h>

#define UNTOUCHED ((NTSTATUS)0x7E57)

/* What one call was given to be answered by. */
struct asked {
    HANDLE event;
    IO_STATUS_BLOCK block;
    int apcs;
    char out[4];
};

static LARGE_INTEGER at_once = {.QuadPart = 0};

static inline VOID NTAPI on_apc(PVOID context, PIO_STATUS_BLOCK answered, ULONG reserved)
{
    struct asked *asked = context;

    EXPECT_PTR(answered, &asked->block);
    EXPECT_EQ(reserved, 0);
    asked->apcs++;
}

/* An event that is set, as the last call might have left it. */
static inline void prepare(struct asked *asked)
{
    memset(asked, 0, sizeof(*asked));
    asked->block.Status = UNTOUCHED;
    asked->block.Information = 77;
    EXPECT_SUCCESS(NtCreateEvent(&asked->event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE));
}

static inline bool is_set(HANDLE object)
{
    return NtWaitForSingleObject(object, FALSE, &at_once) == STATUS_SUCCESS;
}

static inline NTSTATUS open_with(ULONG options, HANDLE *opened)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;

    InitializeObjectAttributes(&attributes, &link_name, 0, NULL, NULL);
    return NtCreateFile(opened, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block,
                        NULL, 0, FILE_SHARE_VALID_FLAGS, FILE_OPEN, options, NULL, 0);
}

static inline NTSTATUS ask(HANDLE file, ULONG code, struct asked *asked)
{
    return NtDeviceIoControlFile(file, asked->event, on_apc, asked, &asked->block, code,
                                 (PVOID)(uintptr_t) "abc", 3, asked->out, sizeof(asked->out));
}

/* The driver's next pending request, which nobody can cancel any more. */
static inline PIRP take_kept(void)
{
    PIRP irp;

    pthread_mutex_lock(&toy.lock);
    while (toy.kept == NULL) {
        pthread_cond_wait(&toy.changed, &toy.lock);
    }
    irp = toy.kept;
    toy.kept = NULL;
    pthread_mutex_unlock(&toy.lock);
    EXPECT_TRUE(IoSetCancelRoutine(irp, NULL) != NULL);
    return irp;
}

/* It is answered with three bytes of text. */
static inline void answer_kept(NTSTATUS status)
{
    PIRP irp = take_kept();

    memcpy(irp->AssociatedIrp.SystemBuffer, "xyz", 3);
    complete(irp, status, 3);
}

/* ---- a case: the toy, and the calling thread as a program's ---- */

static struct ntsim_thread *outside;
static HANDLE async;

static inline void begin_async(void)
{
    begin();
    outside = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_SUCCESS(open_with(0, &async));
}

static inline void finish_async(void)
{
    EXPECT_SUCCESS(NtClose(async));
    ntsim_thread_leave(outside);
    finish();
}

#endif
