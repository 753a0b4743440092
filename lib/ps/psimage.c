/* SPDX-License-Identifier: MIT
 *
 * psimage.c - the load-image notify table.
 *
 * Role        Calls the routines of the image table, in slot order, on the thread that maps an
 *             image. Registering and walking are psnotify.c's and psp.h's.
 * Invariants  The flag test comes before any allocation and before the search (IMG-07).
 */
#include "ps/psp.h"

/* IMAGE_INFO.Properties (IMG-60..67). */
#define PSP_SYSTEM_MODE (1u << 8)
#define PSP_EXTENDED (1u << 10)
#define PSP_MISMATCH (1u << 11)
#define PSP_LEVEL_SHIFT 12
#define PSP_TYPE_SHIFT 16
#define PSP_PARTIAL (1u << 19)

VOID PspInitializeImage(struct PSP_STATE *Ps, const struct ntcb_config *Config)
{
    Ps->ImageBits = PSP_SYSTEM_MODE;
    Ps->ImageAlways = IMAGE_ADDRESSING_MODE_32BIT;
    if (Config->windows >= NTCB_WINDOWS_VISTA) {
        Ps->ImageAlways |= PSP_EXTENDED;
    }
    if (Config->windows >= NTCB_WINDOWS_8 && (Config->switches & NTCB_SWITCH_MISMATCH_BIT) != 0) {
        Ps->ImageBits |= PSP_MISMATCH; /* */
    }
    if (Config->windows >= NTCB_WINDOWS_81) {
        Ps->ImageBits |= 0xFu << PSP_LEVEL_SHIFT | 0x7u << PSP_TYPE_SHIFT;
    }
    if (Config->windows >= NTCB_WINDOWS_10_1507) {
        Ps->ImageBits |= PSP_PARTIAL;
    }
}

/* Stands in the slots of a NULL registration (Q-01, DV-30). */
static VOID NTAPI PspNullRoutine(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                 PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    PspReportNull("image");
}

/*
 * PspSetLoadImageRoutine - the one registration behind both entry points (IMG-02).
 */
static NTSTATUS PspSetLoadImageRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags,
                                       const char *Function)
{
    KiRequireThread(Function);
    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-01", 0x0002001C);
    if ((Flags & ~(ULONG_PTR)PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE) != 0) {
        return KiRefuse(STATUS_INVALID_PARAMETER_2, "IMG-06", "%s: flags 0x%llX are not known",
                        Function, (unsigned long long)Flags);
    }
    return PspRegister(&(struct PSP_REGISTRATION){
        .Table = PspImage,
        .Routine = (EXP_ROUTINE)NotifyRoutine,
        .Null = (EXP_ROUTINE)PspNullRoutine,
        .Flags = Flags,
        .Function = Function,
    });
}

/*
 * PsSetLoadImageNotifyRoutine - register a routine to be told of every image that is mapped.
 *
 * IRQL     PASSIVE_LEVEL (IMG-14; above: reported as DV-01, and done)
 * Context  any, also inside a callback (IMG-24)
 * Returns  STATUS_SUCCESS                   registered, once more if it already was (IMG-09)
 *          STATUS_INSUFFICIENT_RESOURCES    the table is full (IMG-04) or memory is (IMG-05)
 *          STATUS_INVALID_PARAMETER_1       NULL, when the kernel refuses that (IMG-13, Q-01)
 * A failure changes nothing.
 */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return PspSetLoadImageRoutine(NotifyRoutine, 0, __func__);
}

/*
 * PsSetLoadImageNotifyRoutineEx - the same with flags; Windows 10 1709 and later (IMG-01).
 *
 * Flags    0, or PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE to hear also of images whose machine type
 *          the process cannot execute (IMG-53)
 * Returns  as above, and
 *          STATUS_INVALID_PARAMETER_2       any other flag, even on a full table (IMG-06, IMG-07)
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported, IMG-01)
 */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine,
                                             ULONG_PTR Flags)
{
    if (!KiRequireWindows(__func__, NTCB_WINDOWS_10_1709, "IMG-01")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    return PspSetLoadImageRoutine(NotifyRoutine, Flags, __func__);
}

/*
 * PsRemoveLoadImageNotifyRoutine - take away one registration of the routine, the one in the lowest
 * slot, whatever its flags (IMG-10, IMG-12).
 *
 * IRQL     <= APC_LEVEL, by the header's stricter limit PASSIVE_LEVEL (IMG-15, C-01); above: DV-07
 * Context  any but inside the registration itself (IMG-34)
 * Waits    until a call of that registration in flight on another thread has returned (IMG-30); the
 *          slot is free from the start (IMG-32)
 * Returns  STATUS_SUCCESS                   gone, and not running
 *          STATUS_PROCEDURE_NOT_FOUND       not registered (IMG-11)
 *          STATUS_POSSIBLE_DEADLOCK         Windows would hang here: the caller is inside that
 *                                           registration (DV-10: it stays), or two removals wait
 *                                           for each other (DV-11: it is gone, but may be running)
 */
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    bool Strict = (Thread->Ke->Config.switches & NTCB_SWITCH_STRICT_IRQL) != 0;

    ntcb_check_irql(__func__, Strict ? PASSIVE_LEVEL : APC_LEVEL, "DV-07", 0);
    return PspRemove(PspImage, (EXP_ROUTINE)NotifyRoutine, 0, 0, __func__);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

bool ntcb_image_wanted(void)
{
    return PspWanted(KiRequireThread(__func__)->Ps, PspImage);
}

static inline VOID PspBuildImageInfo(const struct PSP_STATE *Ps, const struct ntcb_image *Image,
                                     IMAGE_INFO *Info)
{
    Info->Properties = (Image->Properties & Ps->ImageBits) | Ps->ImageAlways;
    Info->ImageBase = Image->ImageBase;
    Info->ImageSelector = 0;
    Info->ImageSize = Image->ImageSize;
    Info->ImageSectionNumber = 0;
}

struct PSP_IMAGE_EVENT {
    const struct ntcb_image *Image;
    IMAGE_INFO *Info;
};

static inline bool PspWantsImage(const struct EXP_BLOCK *Block, const void *Event)
{
    return !((const struct PSP_IMAGE_EVENT *)Event)->Image->Conflicting ||
           (Block->Flags & PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE) != 0; /* IMG-53 */
}

static inline VOID PspCallImage(const struct EXP_BLOCK *Block, PVOID Event)
{
    const struct PSP_IMAGE_EVENT *Image = Event;

    ((PLOAD_IMAGE_NOTIFY_ROUTINE)Block->Routine)(Image->Image->FullImageName,
                                                 Image->Image->ProcessId, Image->Info);
}

static inline VOID PspCallImageRoutines(struct KE_THREAD *Thread, struct PSP_STATE *Ps,
                                        const struct ntcb_image *Image, IMAGE_INFO *Info)
{
    const struct PSP_VISIT Visit = {PspWantsImage, PspCallImage, -1, Info};
    struct PSP_IMAGE_EVENT Event = {Image, Info};
    struct EXP_SLOTS *Slots = &Ps->Table[PspImage];
    struct EXP_PASS Pass;

    ExpBeginPass(&Pass, Thread, &Slots->Waiters);
    ExpCatchUp(&Pass, Slots);
    if (EXP_UNLIKELY(Image->Conflicting || Pass.Observed || !Pass.Asymmetric)) {
        PspWalk(&Pass, Slots, &Visit, &Event, Pass.Asymmetric, true);
    } else {
        PspWalk(&Pass, Slots, &Visit, &Event, true, false);
    }
    ExpEndPass(&Pass);
}

/* Before Vista there is no IMAGE_INFO_EX: the bare structure gets memory of its own size, so that a
 * sanitizer sees a driver that reads around it (IMG-63). */
__attribute__((cold)) static VOID PspNotifyBare(struct KE_THREAD *Thread,
                                                const struct ntcb_image *Image, IMAGE_INFO *Info)
{
    IMAGE_INFO *Bare =
        Image->InfoMemory != NULL ? Image->InfoMemory : KiAllocate(Thread->Ke, sizeof(*Bare));

    if (Bare != NULL) {
        *Bare = *Info;
    }
    PspCallImageRoutines(Thread, Thread->Ps, Image, Bare == NULL ? Info : Bare);
    if (Image->InfoMemory == NULL) {
        KiFree(Thread->Ke, Bare);
    }
}

void ntcb_image_loaded(const struct ntcb_image *image)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    struct PSP_STATE *Ps = Thread->Ps;
    ULONGLONG Outside = Thread->Environment.Word;
    IMAGE_INFO_EX Info;

    if (!PspWanted(Ps, PspImage)) {
        return; /* IMG-25 */
    }
    Thread->Environment.Word = Outside + Ps->Regions;
    Info.Size = sizeof(Info);
    Info.FileObject = image->FileObject;
    PspBuildImageInfo(Ps, image, &Info.ImageInfo);
    if (EXP_UNLIKELY((Ps->ImageAlways & PSP_EXTENDED) == 0)) {
        PspNotifyBare(Thread, image, &Info.ImageInfo);
    } else if (EXP_UNLIKELY(image->InfoMemory != NULL)) {
        IMAGE_INFO_EX *Shown = image->InfoMemory;

        *Shown = Info;
        PspCallImageRoutines(Thread, Ps, image, &Shown->ImageInfo);
    } else {
        PspCallImageRoutines(Thread, Ps, image, &Info.ImageInfo);
    }
    Thread->Environment.Word = Outside;
}
