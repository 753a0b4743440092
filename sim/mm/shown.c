/* SPDX-License-Identifier: MIT
 *
 * shown.c - what an image routine is shown, in pages that tell who reads outside or later (DV-27).
 *
 *     around the information        IMAGE_INFO_EX was read although bit 10 is clear (IMG-63, -70)
 *     behind the name               it has no terminator (IMG-45)
 *     any of them afterwards        a pointer was kept (IMG-45); NTCB_SWITCH_LINT only
 *
 * Locks  MMP_STATE.Lock protects the pages' table.
 */
#include "mm/shown.h"
#include "ke/fault.h"
#include "mm/map.h"
#include "mm/mmp_state.h"

#include <ntcallback/exception.h>

#include <string.h>

static bool MmpIsLinted(VOID)
{
    return (ntcb_kernel_config(ntcb_kernel_current())->switches & NTCB_SWITCH_LINT) != 0;
}

/* Enter the pages into the table. Returns those that had to leave it. */
static struct MMP_SHOWN MmpEnterShown(struct MMP_SHOWN New)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_SHOWN Old = {NULL, 0, FALSE};
    ULONG Tries;

    ntsim__lock(State->Lock);
    for (Tries = 0; Tries < MMP_SHOWN_MAX; Tries++) {
        struct MMP_SHOWN *Place = &State->Shown[State->NextShown];

        State->NextShown = (State->NextShown + 1) % MMP_SHOWN_MAX;
        if (Place->Base == NULL || Place->Over) {
            Old = *Place;
            *Place = New;
            ntsim__unlock(State->Lock);
            return Old;
        }
    }
    ntsim__unlock(State->Lock);
    return New; /* so many are shown at once: this one is shown elsewhere */
}

BOOLEAN MmpShow(struct ntcb_image *Notice, PCUNICODE_STRING Path)
{
    SIZE_T Page = MmpPageBytes();
    SIZE_T NameBytes = Path != NULL ? (Path->Length + Page) / Page * Page : 0;
    struct MMP_SHOWN New = {NULL, 4 * Page + NameBytes, FALSE}, Old;
    PUNICODE_STRING Name;

    if (ntsim__windows() >= NTCB_WINDOWS_VISTA && !MmpIsLinted()) {
        return FALSE;
    }
    New.Base = MmpMapPages(New.Bytes);
    if (New.Base == NULL) {
        return FALSE;
    }
    Old = MmpEnterShown(New);
    if (Old.Base != NULL) {
        MmpUnmapPages(Old.Base, Old.Bytes);
    }
    if (Old.Base == New.Base) {
        return FALSE;
    }
    ntsim__faults_arm();
    MmpProtectPages(New.Base, Page, MMP_NO_ACCESS);
    MmpProtectPages(New.Base + 2 * Page, Page, MMP_NO_ACCESS);
    MmpProtectPages(New.Base + New.Bytes - Page, Page, MMP_NO_ACCESS);
    Notice->InfoMemory =
        New.Base + 2 * Page -
        (ntsim__windows() < NTCB_WINDOWS_VISTA ? sizeof(IMAGE_INFO) : sizeof(IMAGE_INFO_EX));
    if (Path != NULL) {
        Name = (PUNICODE_STRING)(PVOID)(New.Base + Page);
        Name->Length = Name->MaximumLength = Path->Length;
        Name->Buffer = (PWCH)(PVOID)(New.Base + New.Bytes - Page - Path->Length);
        memcpy(Name->Buffer, Path->Buffer, Path->Length);
        Notice->FullImageName = Name;
    }
    return TRUE;
}

VOID MmpShowOver(const struct ntcb_image *Notice)
{
    struct MMP_STATE *State = MmpState();
    SIZE_T Page = MmpPageBytes();
    PUCHAR Base = (PUCHAR)((ULONG_PTR)Notice->InfoMemory / Page * Page) - Page;
    SIZE_T Bytes = 0;
    ULONG Index;
    bool Keep = MmpIsLinted();

    ntsim__lock(State->Lock);
    for (Index = 0; Index < MMP_SHOWN_MAX; Index++) {
        if (State->Shown[Index].Base == Base) {
            Bytes = State->Shown[Index].Bytes;
            State->Shown[Index].Over = TRUE;
            State->Shown[Index].Base = Keep ? Base : NULL;
        }
    }
    ntsim__unlock(State->Lock);
    if (Keep) {
        MmpReservePages(Base, Bytes);
    } else {
        MmpUnmapPages(Base, Bytes);
    }
}

BOOLEAN MmpReportShown(const EXCEPTION_RECORD *Record)
{
    static const char *const What[] = {
        "read around an IMAGE_INFO that is in no IMAGE_INFO_EX",
        "read behind the end of the image's name",
        "used a pointer that an image routine was given once",
    };
    static const char *const Fix[] = {
        "test ExtendedInfoPresent before CONTAINING_RECORD(ImageInfo, IMAGE_INFO_EX, ImageInfo)",
        "go by Length: the name has no terminator",
        "copy what is needed later; reference the file object",
    };
    struct MMP_STATE *State = MmpState();
    uintptr_t At = Record->ExceptionInformation[1];
    int Kind = -1;
    ULONG Index;

    if (Record->ExceptionCode != STATUS_ACCESS_VIOLATION || Record->NumberParameters < 2) {
        return FALSE;
    }
    ntsim__lock(State->Lock);
    for (Index = 0; Index < MMP_SHOWN_MAX; Index++) {
        const struct MMP_SHOWN *Shown = &State->Shown[Index];
        uintptr_t Offset = At - (uintptr_t)Shown->Base;

        if (Shown->Base != NULL && Offset < Shown->Bytes) {
            Kind = Shown->Over ? 2 : Offset < 3 * MmpPageBytes() ? 0 : 1;
        }
    }
    ntsim__unlock(State->Lock);
    if (Kind < 0) {
        return FALSE;
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "DV-27",
            .parameter = {At},
            .address = (const char *)Record->ExceptionAddress + 1, /* it has not returned */
            .on_windows = "it reads whatever lies there",
            .fix = Fix[Kind],
        },
        "a driver %s", What[Kind]);
    return TRUE;
}

VOID MmpFreeShown(VOID)
{
    struct MMP_STATE *State = MmpState();
    ULONG Index;

    for (Index = 0; Index < MMP_SHOWN_MAX; Index++) {
        if (State->Shown[Index].Base != NULL) {
            MmpUnmapPages(State->Shown[Index].Base, State->Shown[Index].Bytes);
        }
    }
}
