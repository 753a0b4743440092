/* SPDX-License-Identifier: MIT
 *
 * view.c - views of sections in processes.
 *
 * Views of memory are the section's own pages, at one address in all processes, and so shared.
 * Views of a file are copies: they are not written to it, and do not follow it. Views of an image
 * are images of their process, laid out and not relocated.
 *
 * Locks       MMP_STATE.Lock protects the list of views.
 * Invariants  W1  A view holds a reference to its section until it is unmapped or its process goes.
 */
#include "mm/section.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "ps/zw.h"

#include <ntsim/memory.h>

#define MMP_GRANULARITY 0x10000u

struct MMP_VIEW {
    struct MMP_VIEW *Next;
    struct ntsim_process *Process;
    struct MMP_SECTION *Section; /* referenced */
    PVOID Base;
    SIZE_T Bytes;
    ULONG Protection;
};

/* A copy of a part of the file in user memory of the process. */
static NTSTATUS MmpCopyFile(const struct MMP_SECTION *Section, struct ntsim_process *Process,
                            SIZE_T Offset, SIZE_T Bytes, ULONG Protection,
                            struct MMP_REGION *Region)
{
    BOOLEAN Writable = Protection == PAGE_WRITECOPY || Protection == PAGE_EXECUTE_WRITECOPY;

    Region->Base = ntsim_user_copy(Process, (PUCHAR)Section->File + Offset, Bytes);
    if (Region->Base == NULL) {
        return STATUS_NO_MEMORY;
    }
    Region->Bytes = ROUND_TO_PAGES(Bytes);
    if (!Writable) {
        ntsim_user_protect(Process, Region->Base, Bytes, Protection);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MmpMakeView(const struct MMP_SECTION *Section, struct ntsim_process *Process,
                            LONGLONG Offset, ULONG Protection, struct MMP_REGION *Region)
{
    SIZE_T Left;

    if ((Section->Attributes & SEC_IMAGE) != 0) {
        NTSTATUS Status =
            MmpMapView(Process, &Section->Path, Section->File, Section->Bytes, Region);

        return NT_SUCCESS(Status) ? STATUS_IMAGE_NOT_AT_BASE : Status;
    }
    if (Offset < 0 || (ULONGLONG)Offset >= Section->Bytes) {
        return STATUS_INVALID_VIEW_SIZE;
    }
    if (Offset % MMP_GRANULARITY != 0) {
        return STATUS_MAPPED_ALIGNMENT;
    }
    Left = Section->Bytes - (SIZE_T)Offset;
    if (Region->Bytes > ROUND_TO_PAGES(Left)) {
        return STATUS_INVALID_VIEW_SIZE;
    }
    if (Section->File != NULL) {
        return MmpCopyFile(Section, Process, (SIZE_T)Offset,
                           Region->Bytes != 0 && Region->Bytes < Left ? Region->Bytes : Left,
                           Protection, Region);
    }
    Region->Base = (PUCHAR)Section->Pages + Offset;
    Region->Bytes = Region->Bytes != 0 ? ROUND_TO_PAGES(Region->Bytes) : Left;
    return STATUS_SUCCESS;
}

/* Takes over the caller's references to Section on success. */
static NTSTATUS MmpAddView(struct MMP_SECTION *Section, struct ntsim_process *Process,
                           LONGLONG Offset, ULONG Protection, struct MMP_REGION *Region)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_VIEW *View = ntsim__allocate(sizeof(*View));
    NTSTATUS Status;

    if (View == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!PspHoldMemory(Process)) {
        ntsim__release(View);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    Status = MmpMakeView(Section, Process, Offset, Protection, Region);
    if (NT_SUCCESS(Status)) {
        *View = (struct MMP_VIEW){.Process = Process,
                                  .Section = Section,
                                  .Base = Region->Base,
                                  .Bytes = Region->Bytes,
                                  .Protection = Protection};
        ntsim__lock(State->Lock);
        View->Next = State->Views;
        State->Views = View;
        ntsim__unlock(State->Lock);
    } else {
        ntsim__release(View);
    }
    PspReleaseMemory(Process);
    return Status;
}

/* IMG-50, IMG-51. The attributes are those of the view's section. */
static VOID MmpTellOfView(ULONG Attributes, struct ntsim_process *Process, PVOID Base)
{
    if ((Attributes & SEC_IMAGE) != 0 &&
        (Attributes & SEC_IMAGE_NO_EXECUTE) != SEC_IMAGE_NO_EXECUTE &&
        Process != ntsim_system_process(ntsim_current())) {
        MmpNotifyView(Process, Base);
    }
}

/* Does the section, and the handle, allow such a view? */
static NTSTATUS MmpReferenceSection(HANDLE Handle, ULONG Protection, PVOID *Section)
{
    BOOLEAN Writes = Protection == PAGE_READWRITE || Protection == PAGE_EXECUTE_READWRITE;
    NTSTATUS Status =
        ObpReferenceByHandle(Handle, Writes ? SECTION_MAP_WRITE : SECTION_MAP_READ,
                             MmpSectionObjectType(), ExGetPreviousMode(), Section, NULL);

    if (NT_SUCCESS(Status) && Writes &&
        (((struct MMP_SECTION *)*Section)->Protection &
         (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) == 0) {
        ObpDereference(*Section, NULL);
        return STATUS_SECTION_PROTECTION;
    }
    return Status;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
                                  SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Offset = {.QuadPart = 0};
    struct ntsim_process *Process;
    struct MMP_REGION Region;
    PVOID Section;
    NTSTATUS Status;

    (void)ZeroBits;
    (void)CommitSize;
    (void)AllocationType;
    ntcb_require_kernel(__func__);
    MmpCheckImageLock(__func__);
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap) {
        return STATUS_INVALID_PARAMETER_8;
    }
    Status = MmpCaptureRegion(BaseAddress, ViewSize, &Region);
    if (NT_SUCCESS(Status) && SectionOffset != NULL) {
        Status = MmpProbe(Mode, SectionOffset, sizeof(Offset), TRUE);
        Status =
            NT_SUCCESS(Status) ? MmpCopy(Mode, &Offset, SectionOffset, sizeof(Offset)) : Status;
    }
    if (NT_SUCCESS(Status) && Region.Base != NULL) {
        Status = STATUS_CONFLICTING_ADDRESSES; /* addresses of the caller's choice */
    }
    Status = NT_SUCCESS(Status) ? MmpReferenceProcess(ProcessHandle, &Process) : Status;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MmpReferenceSection(SectionHandle, Win32Protect, &Section);
    if (NT_SUCCESS(Status)) {
        ULONG Attributes = ((struct MMP_SECTION *)Section)->Attributes;

        Status = MmpAddView(Section, Process, Offset.QuadPart, Win32Protect, &Region);
        if (!NT_SUCCESS(Status)) {
            ObpDereference(Section, NULL);
        } else {
            NTSTATUS Returned;

            MmpTellOfView(Attributes, Process, Region.Base);
            Returned = MmpReturnRegion(&Region, BaseAddress, ViewSize);
            Status = NT_SUCCESS(Returned) ? Status : Returned;
        }
    }
    ObpDereference(Process, NULL);
    return Status;
}

NTSTATUS NTAPI ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
                                  SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    PSP_ZW(NtMapViewOfSection(SectionHandle, ProcessHandle, BaseAddress, ZeroBits, CommitSize,
                              SectionOffset, ViewSize, InheritDisposition, AllocationType,
                              Win32Protect));
}

/* ---- and not any more ---- */

/* One of the process's views out of the list: the one at Base, or any (NULL). */
static struct MMP_VIEW *MmpTakeView(const struct ntsim_process *Process, const VOID *Base)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_VIEW **At, *View = NULL;

    ntsim__lock(State->Lock);
    for (At = &State->Views; *At != NULL && View == NULL;) {
        if ((*At)->Process == Process && (Base == NULL || (*At)->Base == Base)) {
            View = *At;
            *At = View->Next;
        } else {
            At = &(*At)->Next;
        }
    }
    ntsim__unlock(State->Lock);
    return View;
}

static VOID MmpFreeView(struct MMP_VIEW *View)
{
    ObpDereference(View->Section, NULL);
    ntsim__release(View);
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    struct ntsim_process *Process;
    struct MMP_VIEW *View;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    MmpCheckImageLock(__func__);
    Status = MmpReferenceProcess(ProcessHandle, &Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    View = BaseAddress != NULL ? MmpTakeView(Process, BaseAddress) : NULL;
    if (View == NULL) {
        Status = STATUS_NOT_MAPPED_VIEW;
    } else {
        if ((View->Section->Attributes & SEC_IMAGE) != 0) {
            (void)MmpUnmapView(Process, BaseAddress);
        } else if (View->Section->File != NULL) {
            ntsim_user_free(Process, BaseAddress);
        }
        MmpFreeView(View);
    }
    ObpDereference(Process, NULL);
    return Status;
}

NTSTATUS NTAPI ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    PSP_ZW(NtUnmapViewOfSection(ProcessHandle, BaseAddress));
}

VOID MmpForgetViews(struct ntsim_process *Process)
{
    struct MMP_VIEW *View;

    while ((View = MmpTakeView(Process, NULL)) != NULL) {
        MmpFreeView(View);
    }
}

/* Images are told of by the list of images. */
BOOLEAN MmpEachView(const struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context)
{
    for (const struct MMP_VIEW *View = MmpState()->Views; View != NULL; View = View->Next) {
        const struct MMP_AREA Area = {.Base = View->Base,
                                      .Bytes = ROUND_TO_PAGES(View->Bytes),
                                      .Type = MEM_MAPPED,
                                      .Protect = View->Protection,
                                      .Current = View->Protection,
                                      .Path = View->Section->File != NULL ? &View->Section->Path
                                                                          : NULL};

        if (View->Process == Process && (View->Section->Attributes & SEC_IMAGE) == 0 &&
            Each(Context, &Area)) {
            return TRUE;
        }
    }
    return FALSE;
}
