/* SPDX-License-Identifier: MIT
 *
 * answer.c - answers to queries, put where the caller wants them.
 *
 * The caller's buffers may be user memory, which can vanish or change at any moment. So they are
 * touched under an exception handler only, nothing in them is relied on, and they are never handed
 * to a Zw routine: every answer is first made in pool.
 */
#include "regvirtual.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, RvAsk)
#pragma alloc_text(PAGE, RvAnswer)
#endif

_Use_decl_annotations_ NTSTATUS RvAsk(const RV_QUESTION *Question, PVOID Buffer, ULONG Length,
                                      PULONG Needed)
{
    PAGED_CODE();
    *Needed = 0;
    switch (Question->Kind) {
    case RvSubkey:
        return ZwEnumerateKey(Question->Key, Question->Index,
                              (KEY_INFORMATION_CLASS)Question->Class, Buffer, Length, Needed);
    case RvValue:
        return ZwEnumerateValueKey(Question->Key, Question->Index,
                                   (KEY_VALUE_INFORMATION_CLASS)Question->Class, Buffer, Length,
                                   Needed);
    default:
        return ZwQueryValueKey(Question->Key, Question->Name,
                               (KEY_VALUE_INFORMATION_CLASS)Question->Class, Buffer, Length,
                               Needed);
    }
}

static BOOLEAN RvIsShort(_In_ NTSTATUS Status)
{
    return Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL;
}

_Use_decl_annotations_ NTSTATUS RvAnswer(const RV_QUESTION *Question, PVOID To, ULONG Length,
                                         PULONG ResultLength)
{
    PVOID Buffer = NULL;
    ULONG Bytes = 0, Needed;
    NTSTATUS Status;

    PAGED_CODE();
    /* Not the caller's Length, which may be anything, but what the answer takes. It may grow
     * between two calls. */
    while (Status = RvAsk(Question, Buffer, Bytes, &Needed),
           RvIsShort(Status) && Bytes < min(Needed, Length)) {
        if (Buffer != NULL)
            ExFreePoolWithTag(Buffer, RV_TAG);
        Bytes = min(Needed, Length);
        Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, RV_TAG);
        if (Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status) || RvIsShort(Status)) {
        __try {
            if (Status != STATUS_BUFFER_TOO_SMALL)
                RtlCopyMemory(To, Buffer, min(Needed, Bytes));
            *ResultLength = Needed;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (Buffer != NULL)
        ExFreePoolWithTag(Buffer, RV_TAG);
    return Status;
}
