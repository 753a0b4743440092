/* SPDX-License-Identifier: MIT
 *
 * imageview.c - images that a section's view is, and the list of drivers' images.
 */
#include "io/iop.h"
#include "mm/image.h"
#include "mm/pe.h"
#include "ob/obp.h"
#include "ps/psp.h"

#include <string.h>

NTSTATUS MmpMapView(struct ntsim_process *Process, PCUNICODE_STRING Path, const UCHAR *File,
                    SIZE_T Bytes, struct MMP_REGION *Region)
{
    struct ntsim *Sim = PspSimulatorOf(Process);
    struct ntsim_image *Image = ntsim__allocate(sizeof(*Image));
    char Message[MMP_PE_ERROR_BYTES];
    struct MMP_PE Pe;

    if (Image == NULL || (Image->Path.Buffer = ntsim__allocate(Path->Length + 2u)) == NULL ||
        !NT_SUCCESS(IopCreateFileObject(Path, &Image->FileObject))) {
        if (Image != NULL) {
            MmpFreeImage(Image);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Image->Sim = Sim;
    Image->Path.MaximumLength = (USHORT)(Path->Length + 2);
    RtlCopyUnicodeString(&Image->Path, Path);
    if (MmpParsePe(File, Bytes, &Pe, Message) != NTCB_OK ||
        MmpMap(Sim, Image, Pe.SizeOfImage) != NTCB_OK) {
        MmpFreeImage(Image);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    MmpMapPe(File, &Pe, Image->Base);
    Image->Machine = Pe.Machine;
    Image->Reported = Image->Base;
    *Region = (struct MMP_REGION){Image->Base, Image->Mapped};
    ntsim__lock(MmpState()->Lock);
    InsertTailList(PspImageList(Process), &Image->Link);
    ntsim__unlock(MmpState()->Lock);
    return STATUS_SUCCESS;
}

/* With the lock held: the image of the process that begins at Base, or NULL. */
static struct ntsim_image *MmpFindView(struct ntsim_process *Process, const VOID *Base)
{
    PLIST_ENTRY List = PspImageList(Process);

    for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        struct ntsim_image *Image = CONTAINING_RECORD(Entry, struct ntsim_image, Link);

        if (Image->Base == Base) {
            return Image;
        }
    }
    return NULL;
}

/* Of a copy: the process may exit meanwhile. */
VOID MmpNotifyView(struct ntsim_process *Process, PVOID Base)
{
    const struct ntsim_image_options Options = {.process = Process};
    struct ntsim_image *Image, Copy;

    ntsim__lock(MmpState()->Lock);
    Image = MmpFindView(Process, Base);
    if (Image != NULL) {
        Copy = *Image;
        Copy.Path.Buffer = ntsim__allocate_raw(Image->Path.MaximumLength);
        if (Copy.Path.Buffer == NULL) {
            Copy.Path = (UNICODE_STRING){0, 0, NULL};
        } else {
            RtlCopyUnicodeString(&Copy.Path, &Image->Path);
        }
        ObpReference(Copy.FileObject, NULL);
    }
    ntsim__unlock(MmpState()->Lock);
    if (Image != NULL) {
        MmpNotify(&Copy, &Options);
        ObpDereference(Copy.FileObject, NULL);
        ntsim__release(Copy.Path.Buffer);
    }
}

BOOLEAN MmpUnmapView(struct ntsim_process *Process, PVOID Base)
{
    struct ntsim_image *Found;

    ntsim__lock(MmpState()->Lock);
    Found = MmpFindView(Process, Base);
    if (Found != NULL) {
        RemoveEntryList(&Found->Link);
    }
    ntsim__unlock(MmpState()->Lock);
    if (Found != NULL) {
        MmpFreeImage(Found);
    }
    return Found != NULL;
}

BOOLEAN MmpNthDriverImage(ULONG Index, struct MMP_DRIVER_IMAGE *Found)
{
    PLIST_ENTRY List = PspImageList(ntsim_system_process(ntsim_current()));
    BOOLEAN There = FALSE;

    memset(Found, 0, sizeof(*Found));
    ntsim__lock(MmpState()->Lock);
    for (PLIST_ENTRY Entry = List->Flink; Entry != List && !There; Entry = Entry->Flink, Index--) {
        struct ntsim_image *Image = CONTAINING_RECORD(Entry, struct ntsim_image, Link);

        There = Index == 0;
        if (There) {
            Found->Base = Image->Reported;
            Found->Bytes = (ULONG)Image->Size;
            ntsim__utf8(Image->Path.Buffer, Image->Path.Length / sizeof(WCHAR), Found->Path,
                        sizeof(Found->Path));
        }
    }
    ntsim__unlock(MmpState()->Lock);
    return There;
}

BOOLEAN MmpEachImage(struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context)
{
    PLIST_ENTRY List = PspImageList(Process);

    for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        const struct ntsim_image *Image = CONTAINING_RECORD(Entry, struct ntsim_image, Link);
        const struct MMP_AREA Area = {.Base = Image->Reported,
                                      .Bytes = ROUND_TO_PAGES(Image->Size),
                                      .Type = MEM_IMAGE,
                                      .Protect = PAGE_EXECUTE_WRITECOPY,
                                      .Current = PAGE_EXECUTE_READ,
                                      .Path = &Image->Path};

        if (Each(Context, &Area)) {
            return TRUE;
        }
    }
    return FALSE;
}
