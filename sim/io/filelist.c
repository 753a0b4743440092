/* SPDX-License-Identifier: MIT
 *
 * filelist.c - the entries of a directory as one handle sees them: matched and sorted once, when a
 * scan begins.
 */
#include "io/file.h"

#include <string.h>

struct IOP_GATHER {
    struct IOP_LISTING *Listing;
    const struct IOP_FILE *File;
};

static VOID IopForgetEntries(struct IOP_LISTING *Listing)
{
    for (ULONG Index = 0; Index < Listing->Count; Index++) {
        ntsim__release(Listing->Entries[Index]->Name.Buffer);
        ntsim__release(Listing->Entries[Index]);
    }
    ntsim__release(Listing->Entries);
    Listing->Entries = NULL;
    Listing->Count = Listing->Room = Listing->Next = 0;
}

VOID IopFreeListing(struct IOP_LISTING *Listing)
{
    if (Listing != NULL) {
        IopForgetEntries(Listing);
        ntsim__release(Listing->Pattern.Buffer);
        ntsim__release(Listing);
    }
}

static BOOLEAN IopMakeRoom(struct IOP_LISTING *Listing)
{
    if (Listing->Count < Listing->Room) {
        return TRUE;
    }
    ULONG Room = Listing->Room != 0 ? 2 * Listing->Room : 16;
    struct IOP_ENTRY **Entries = ntsim__allocate(Room * sizeof(struct IOP_ENTRY *));
    if (Entries == NULL) {
        return FALSE;
    }
    if (Listing->Count != 0) {
        memcpy(Entries, Listing->Entries, Listing->Count * sizeof(struct IOP_ENTRY *));
    }
    ntsim__release(Listing->Entries);
    Listing->Entries = Entries;
    Listing->Room = Room;
    return TRUE;
}

/* Names that differ in case alone are told apart by it. */
static LONG IopCompareNames(PCUNICODE_STRING Left, PCUNICODE_STRING Right)
{
    LONG Order = RtlCompareUnicodeString(Left, Right, TRUE);
    return Order != 0 ? Order : RtlCompareUnicodeString(Left, Right, FALSE);
}

static BOOLEAN IopIsDots(PCUNICODE_STRING Name)
{
    return Name->Buffer[0] == u'.' &&
           (Name->Length == sizeof(WCHAR) ||
            (Name->Length == 2 * sizeof(WCHAR) && Name->Buffer[1] == u'.'));
}

/* Where the entry belongs: behind "." and "..", which come in that order. */
static ULONG IopPlace(const struct IOP_LISTING *Listing, PCUNICODE_STRING Name)
{
    ULONG Low = 0, High = Listing->Count;
    if (IopIsDots(Name)) {
        return High;
    }
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        PCUNICODE_STRING Other = &Listing->Entries[Middle]->Name;
        if (IopIsDots(Other) || IopCompareNames(Other, Name) < 0) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return Low;
}

static BOOLEAN IopIsWanted(struct IOP_LISTING *Listing, PUNICODE_STRING Name)
{
    return Listing->Pattern.Length == 0 ||
           FsRtlIsNameInExpression(&Listing->Pattern, Name, TRUE, NULL);
}

/* An entry of the host. */
static NTSTATUS IopGather(PVOID Context, const struct IOP_HOST_ENTRY *Found)
{
    struct IOP_LISTING *Listing = ((struct IOP_GATHER *)Context)->Listing;
    struct IOP_ENTRY *Entry = ntsim__allocate(sizeof(*Entry));
    if (Entry == NULL || !ntsim__utf16(Found->Name, &Entry->Name)) {
        ntsim__release(Entry);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Entry->Directory = Found->Directory;
    Entry->Info = Found->Info;
    Entry->Node = Found->Node;
    const BOOLEAN Nameable = IopIsDots(&Entry->Name) || IopIsFileName(&Entry->Name);
    const BOOLEAN Wanted = Nameable && IopIsWanted(Listing, &Entry->Name);
    if (!Wanted || !IopMakeRoom(Listing)) {
        ntsim__release(Entry->Name.Buffer);
        ntsim__release(Entry);
        return Wanted ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    ULONG Place = IopPlace(Listing, &Entry->Name);
    memmove(Listing->Entries + Place + 1, Listing->Entries + Place,
            (Listing->Count - Place) * sizeof(struct IOP_ENTRY *));
    Listing->Entries[Place] = Entry;
    Listing->Count++;
    return STATUS_SUCCESS;
}

/* "." and "..", which the root of a volume has not. Both tell of the directory itself. */
static NTSTATUS IopGatherDots(struct IOP_GATHER *Gather)
{
    struct IOP_HOST_ENTRY Dots = {
        .Name = ".", .Directory = TRUE, .Node = Gather->File->Identity.Node};
    if (Gather->File->HostPath[0] == '\0') {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = IopHostInfo(Gather->File->Host, &Dots.Info);
    if (NT_SUCCESS(Status)) {
        Status = IopGather(Gather, &Dots);
    }
    Dots.Name = "..";
    return NT_SUCCESS(Status) ? IopGather(Gather, &Dots) : Status;
}

static NTSTATUS IopScan(const struct IOP_FILE *File, struct IOP_LISTING *Listing)
{
    struct IOP_GATHER Gather = {Listing, File};
    IopForgetEntries(Listing);
    NTSTATUS Status = IopGatherDots(&Gather);
    if (NT_SUCCESS(Status)) {
        Status = IopHostList(File->Volume->Root, File->HostPath, IopGather, &Gather);
    }
    if (!NT_SUCCESS(Status)) {
        IopForgetEntries(Listing);
    }
    return Status;
}

static struct IOP_LISTING *IopMakeListing(PCUNICODE_STRING Pattern)
{
    struct IOP_LISTING *Listing = ntsim__allocate(sizeof(*Listing));
    if (Listing == NULL || Pattern->Length == 0) {
        return Listing;
    }
    Listing->Pattern.Buffer = ntsim__allocate(Pattern->Length);
    if (Listing->Pattern.Buffer == NULL) {
        ntsim__release(Listing);
        return NULL;
    }
    Listing->Pattern.Length = Listing->Pattern.MaximumLength = Pattern->Length;
    for (USHORT Unit = 0; Unit < Pattern->Length / sizeof(WCHAR); Unit++) {
        Listing->Pattern.Buffer[Unit] = RtlUpcaseUnicodeChar(Pattern->Buffer[Unit]);
    }
    return Listing;
}

NTSTATUS IopListDirectory(struct IOP_FILE *File, PCUNICODE_STRING Pattern, BOOLEAN Restart,
                          BOOLEAN *First)
{
    struct IOP_LISTING *Listing = File->Listing;
    *First = Listing == NULL;
    if (*First) {
        Listing = IopMakeListing(Pattern);
    }
    if (Listing == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = *First || Restart ? IopScan(File, Listing) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        File->Listing = Listing;
    } else if (*First) {
        IopFreeListing(Listing);
    }
    return Status;
}
