/* SPDX-License-Identifier: MIT
 *
 * image.c - mapping images, and letting the image routines hear of it.
 *
 * An image belongs to a process (a driver's to System) until it is unloaded or the process exits.
 * MMP_STATE.Lock protects every process's list of images.
 */
#include <ntcallback/exception.h>
#include <ntsim/image.h>

#include "io/iop.h"
#include "mm/image.h"
#include "mm/map.h"
#include "mm/mmp_state.h"
#include "mm/pe.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "verifier/report.h"

#include <string.h>

#define MMP_PAGE ((size_t)PAGE_SIZE)

static size_t MmpRoundToPages(size_t Bytes)
{
    return (Bytes + MMP_PAGE - 1) & ~(MMP_PAGE - 1);
}

VOID MmpFreeImage(struct ntsim_image *Image)
{
    if (Image->Base != NULL) {
        MmpUnmapPages(Image->Base, Image->Mapped);
    }
    if (Image->FileObject != NULL) {
        ObpDereference(Image->FileObject, NULL);
    }
    ntsim__release(Image->Path.Buffer);
    ntsim__release(Image);
}

int MmpMap(struct ntsim *Sim, struct ntsim_image *Image, size_t Bytes)
{
    Image->Size = Bytes;
    Image->Mapped = MmpRoundToPages(Bytes);
    Image->Base = MmpMapPages(Image->Mapped);
    if (Image->Base == NULL) {
        return ntsim__fail(Sim, NTCB_ENOMEM, "ntsim_image_load: no address space for %zu bytes",
                           Bytes);
    }
    return NTCB_OK;
}

static int MmpMapFile(struct ntsim *Sim, struct ntsim_image *Image,
                      const struct ntsim_image_options *Options)
{
    char Message[MMP_PE_ERROR_BYTES];
    struct MMP_PE Pe;
    uint8_t *File;
    size_t Bytes;
    int Error = MmpReadFile(Sim, Options->file, &File, &Bytes);

    if (Error != NTCB_OK) {
        return Error;
    }
    Error = MmpParsePe(File, Bytes, &Pe, Message);
    if (Error != NTCB_OK) {
        ntsim__fail(Sim, Error, "%s is not a PE file: %s", Options->file, Message);
    } else {
        Error = MmpMap(Sim, Image, Pe.SizeOfImage);
    }
    if (Error == NTCB_OK) {
        MmpMapPe(File, &Pe, Image->Base);
        Image->Machine = Pe.Machine;
        Image->SignatureLevel =
            Pe.Signed ? SE_SIGNING_LEVEL_AUTHENTICODE : SE_SIGNING_LEVEL_UNSIGNED;
        Image->SignatureType = Pe.Signed ? SeImageSignatureEmbedded : SeImageSignatureNone;
    }
    ntsim__release(File);
    return Error;
}

static int MmpMapSynthetic(struct ntsim *Sim, struct ntsim_image *Image,
                           const struct ntsim_image_options *Options)
{
    size_t Bytes = Options->image_size != 0 ? (size_t)Options->image_size : MMP_PE_SYNTHETIC_MIN;
    int Error;

    Image->Machine = Options->machine != 0 ? Options->machine : IMAGE_FILE_MACHINE_AMD64;
    if (Options->reported_base != 0) { /* nobody may read it: nothing is mapped */
        Image->Size = Bytes;
        return NTCB_OK;
    }
    Error = MmpMap(Sim, Image, Bytes < MMP_PE_SYNTHETIC_MIN ? MMP_PE_SYNTHETIC_MIN : Bytes);
    if (Error == NTCB_OK) {
        /* SizeOfImage has 32 bits; a larger view is only address space. */
        MmpMakePe(Image->Machine, Image->Size > UINT32_MAX ? UINT32_MAX : (uint32_t)Image->Size,
                  Options->process == NULL, Image->Base);
        Image->Size = Bytes;
    }
    return Error;
}

static const char *MmpBadOptions(const struct ntsim_image_options *Options)
{
    if (Options == NULL || Options->path == NULL || Options->path[0] == '\0') {
        return "path is required: the name the image routines are given";
    }
    if (Options->signature_level > 15 || Options->signature_type > 7) {
        return "signature_level is 0..15 and signature_type 0..7 (IMG-65, IMG-66)";
    }
    if (Options->image_size > SIZE_MAX / 2) {
        return "image_size is larger than the address space";
    }
    return NULL;
}

static int MmpMakeImage(struct ntsim *Sim, const struct ntsim_image_options *Options,
                        struct ntsim_image **Out)
{
    struct ntsim_image *Image = ntsim__allocate(sizeof(*Image));
    int Error;

    if (Image == NULL || !ntsim__utf16(Options->path, &Image->Path) ||
        !NT_SUCCESS(IopCreateFileObject(&Image->Path, &Image->FileObject))) {
        if (Image != NULL) {
            MmpFreeImage(Image);
        }
        return ntsim__fail(Sim, NTCB_ENOMEM, "ntsim_image_load: out of memory");
    }
    Image->Sim = Sim;
    Error = Options->file != NULL ? MmpMapFile(Sim, Image, Options)
                                  : MmpMapSynthetic(Sim, Image, Options);
    if (Error != NTCB_OK) {
        MmpFreeImage(Image);
        return Error;
    }
    Image->Reported =
        Options->reported_base != 0 ? (void *)(uintptr_t)Options->reported_base : Image->Base;
    *Out = Image;
    return NTCB_OK;
}

/* can the target not execute it? The simulated machine is x64. */
static BOOLEAN MmpConflicts(uint16_t Machine, struct ntsim_process *Process)
{
    if (Machine == IMAGE_FILE_MACHINE_I386) {
        return Process == NULL || !PspIsWow64(Process);
    }
    return Machine != IMAGE_FILE_MACHINE_AMD64;
}

/* What leaves a routine ends the notification: the routines behind it do not hear (IMG-26). */
static VOID MmpDeliver(const struct ntcb_image *Notice)
{
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) == 0) {
        ntcb_image_loaded(Notice);
        ntcb_seh_done(&Guard);
    } else {
        if (!MmpReportShown(ntcb_exception_record())) {
            ntcb_exception_report("DV-15", NULL, "an exception left an image routine");
        }
    }
}

/* The name as the routines get it: exactly its length and gone afterwards, so that a driver which
 * expects a terminator or keeps the pointer is found out (IMG-45). */
static VOID MmpNotifyNamed(struct ntcb_image *Notice, PCUNICODE_STRING Path, struct ntsim *Sim)
{
    PWSTR Buffer = ntsim__allocate_raw(Path->Length);
    UNICODE_STRING Name = {Path->Length, Path->Length, Buffer};

    if (Buffer != NULL) { /* else without a name, as on Windows: IMG-44 */
        memcpy(Buffer, Path->Buffer, Path->Length);
        Notice->FullImageName = &Name;
    }
    MmpDeliver(Notice);
    if (Buffer != NULL && ntsim__config(Sim)->poison) {
        memset(Buffer, 0xDD, Path->Length);
    }
    ntsim__release(Buffer);
}

VOID MmpNotify(struct ntsim_image *Image, const struct ntsim_image_options *Options)
{
    struct ntcb_image Notice = {
        .ProcessId =
            Options->process == NULL ? NULL : (HANDLE)(ULONG_PTR)ntsim_process_id(Options->process),
        .ImageBase = Image->Reported,
        .ImageSize = Image->Size,
        .FileObject = Image->FileObject,
        .SystemModeImage = Options->process == NULL,
        .PartialMap = (Options->flags & NTSIM_IMAGE_PARTIAL) != 0,
        .Conflicting = MmpConflicts(Image->Machine, Options->process) != FALSE,
        .SignatureLevel =
            (Options->signature_level != 0 ? Options->signature_level : Image->SignatureLevel) &
            0xFu,
        .SignatureType =
            (Options->signature_level != 0 ? Options->signature_type : Image->SignatureType) & 0x7u,
    };
    struct ntsim_process *Target =
        Options->process != NULL ? Options->process : ntsim_system_process(Image->Sim);
    PCUNICODE_STRING Path = (Options->flags & NTSIM_IMAGE_NO_NAME) != 0 ? NULL : &Image->Path;
    struct ntsim_process *Attached;
    struct ntsim_thread *Previous;

    if (!ntcb_image_wanted()) { /* IMG-25 */
        return;
    }
    /* IMG-41, IMG-42 */
    if (PspBorrowThread(Target, &Previous) != NULL) {
        Attached = NULL;
    } else {
        Previous = NULL;
        Attached = PspAttach(Target);
    }
    PspMapUserImage(Options->process != NULL);
    if (MmpShow(&Notice, Path)) {
        MmpDeliver(&Notice);
        MmpShowOver(&Notice);
    } else if (Path == NULL) {
        MmpDeliver(&Notice);
    } else {
        MmpNotifyNamed(&Notice, Path, Image->Sim);
    }
    PspMapUserImage(-(Options->process != NULL));
    if (Previous != NULL) {
        ntsim_thread_leave(Previous);
    } else {
        PspDetach(Attached);
    }
}

int ntsim_image_load(struct ntsim *sim, const struct ntsim_image_options *options,
                     struct ntsim_image **out)
{
    const char *wrong = MmpBadOptions(options);
    bool outside = ntsim_current() != sim;
    struct ntsim_thread *previous = NULL;
    struct ntsim_process *owner;
    struct ntsim_image *image = NULL;
    int error;

    if (wrong != NULL) {
        return ntsim__fail(sim, NTCB_EINVAL, "ntsim_image_load: %s", wrong);
    }
    if (outside) {
        previous = ntsim_enter(sim);
    }
    error = MmpMakeImage(sim, options, &image);
    if (error == NTCB_OK) {
        owner = options->process != NULL ? options->process : ntsim_system_process(sim);
        ntsim__lock(MmpState()->Lock);
        InsertTailList(PspImageList(owner), &image->Link);
        ntsim__unlock(MmpState()->Lock);
        /* IMG-51, IMG-52 */
        if ((options->flags & (NTSIM_IMAGE_NO_EXECUTE | NTSIM_IMAGE_DATA)) == 0) {
            MmpNotify(image, options);
        }
        if (out != NULL) {
            *out = image;
        }
    }
    if (outside) {
        ntsim_leave(previous);
    }
    return error;
}

void ntsim_image_unload(struct ntsim_image *image)
{
    struct ntsim_thread *previous;

    if (image == NULL) {
        return;
    }
    previous = ntsim_enter(image->Sim);
    ntsim__lock(MmpState()->Lock);
    RemoveEntryList(&image->Link);
    ntsim__unlock(MmpState()->Lock);
    MmpFreeImage(image);
    ntsim_leave(previous);
}

void *ntsim_image_base(const struct ntsim_image *image)
{
    return image->Reported;
}

size_t ntsim_image_size(const struct ntsim_image *image)
{
    return image->Size;
}

VOID MmpFreeProcessImages(struct ntsim_process *Process)
{
    PLIST_ENTRY List = PspImageList(Process);
    PLIST_ENTRY Entry;

    do {
        ntsim__lock(MmpState()->Lock);
        Entry = IsListEmpty(List) ? NULL : RemoveHeadList(List);
        ntsim__unlock(MmpState()->Lock);
        if (Entry != NULL) {
            MmpFreeImage(CONTAINING_RECORD(Entry, struct ntsim_image, Link));
        }
    } while (Entry != NULL);
}

/* What lies at Base must begin with the headers of an image, or NULL comes back. */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_DOS_HEADER Dos = Base;
    PIMAGE_NT_HEADERS Nt;

    if (Base == NULL || Base == (PVOID)(LONG_PTR)-1 || Dos->e_magic != IMAGE_DOS_SIGNATURE ||
        Dos->e_lfanew < 0 || Dos->e_lfanew >= 0x10000000) {
        return NULL;
    }
    Nt = (PIMAGE_NT_HEADERS)((PUCHAR)Base + Dos->e_lfanew);
    return Nt->Signature == IMAGE_NT_SIGNATURE ? Nt : NULL;
}
