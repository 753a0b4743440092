/* SPDX-License-Identifier: MIT
 *
 * directory.c - object directories: the part of the namespace above the first object that parses
 * names itself.
 *
 * A directory holds a reference to each entry's object, but for temporary entries: those are found
 * only while somebody else holds one, and go with the object. Entries are few (a dozen at
 * start-up), so a list serves. Guarded by OBP_STATE.Lock.
 */
#include "ob/obp_state.h"

#include <string.h>

struct OBP_ENTRY {
    struct OBP_ENTRY *Next;
    PVOID Object;
    BOOLEAN Temporary;
    UNICODE_STRING Name;
    WCHAR Text[];
};

struct OBP_DIRECTORY {
    struct OBP_ENTRY *Entries;
    PVOID Parent;
};

static const struct OBP_TYPE ObpDirectoryType = {
    .Name = "Directory",
    .GenericMapping = {0x20003, 0x2000C, 0x20003, 0xF000F},
    .ValidAccess = 0xF000F,
};

static const struct OBP_TYPE ObpDeviceStubType = {
    .Name = "Device",
    .GenericMapping = {0x120089, 0x120116, 0x1200A0, 0x1F01FF},
    .ValidAccess = 0x1F01FF,
};

BOOLEAN ObpIsDirectory(PVOID Object)
{
    return ObpHeader(Object)->Type == &ObpDirectoryType;
}

/* With the lock held: the link that points to the entry, or NULL. */
static struct OBP_ENTRY **ObpFindEntry(PVOID Directory, PCUNICODE_STRING Name,
                                       BOOLEAN CaseInsensitive)
{
    struct OBP_ENTRY **Link = &((struct OBP_DIRECTORY *)Directory)->Entries;

    for (; *Link != NULL; Link = &(*Link)->Next) {
        if (RtlEqualUnicodeString(&(*Link)->Name, Name, CaseInsensitive)) {
            return Link;
        }
    }
    return NULL;
}

/* With the lock held: one more reference, unless the last one has gone. */
static BOOLEAN ObpTryReference(PVOID Object)
{
    LONG Count = atomic_load(&ObpHeader(Object)->PointerCount);

    while (Count > 0 &&
           !atomic_compare_exchange_weak(&ObpHeader(Object)->PointerCount, &Count, Count + 1)) {
    }
    return Count > 0;
}

PVOID ObpLookupEntry(PVOID Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY **Link;
    PVOID Object = NULL;

    ntsim__lock(State->Lock);
    Link = ObpFindEntry(Directory, Name, CaseInsensitive);
    if (Link != NULL && ObpTryReference((*Link)->Object)) {
        Object = (*Link)->Object;
    }
    ntsim__unlock(State->Lock);
    return Object;
}

/* Consumes the caller's reference to Object on success, if the entry is to have one. */
static NTSTATUS ObpAddEntry(PVOID Directory, PCUNICODE_STRING Name, PVOID Object, BOOLEAN Temporary)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY *Entry = ntsim__allocate(sizeof(*Entry) + Name->Length);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Entry->Text, Name->Buffer, Name->Length);
    Entry->Name = (UNICODE_STRING){Name->Length, Name->Length, Entry->Text};
    Entry->Object = Object;
    Entry->Temporary = Temporary;
    ntsim__lock(State->Lock);
    if (ObpFindEntry(Directory, Name, TRUE) != NULL) {
        Status = STATUS_OBJECT_NAME_COLLISION;
    } else {
        Entry->Next = ((struct OBP_DIRECTORY *)Directory)->Entries;
        ((struct OBP_DIRECTORY *)Directory)->Entries = Entry;
        ObpHeader(Object)->Directory = Directory;
    }
    ntsim__unlock(State->Lock);
    if (!NT_SUCCESS(Status)) {
        ntsim__release(Entry);
    }
    return Status;
}

PVOID ObpNthEntry(PVOID Directory, ULONG Index, WCHAR Name[OBP_ENTRY_UNITS], PUSHORT Bytes)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY *Entry;
    PVOID Object = NULL;
    ULONG Count = 0;

    ntsim__lock(State->Lock);
    for (Entry = ((struct OBP_DIRECTORY *)Directory)->Entries; Entry != NULL; Entry = Entry->Next) {
        Count++;
    }
    for (Entry = ((struct OBP_DIRECTORY *)Directory)->Entries;
         Entry != NULL && Object == NULL && Index < Count; Entry = Entry->Next) {
        if (--Count == Index && ObpTryReference(Entry->Object)) { /* the oldest is the first */
            Object = Entry->Object;
            *Bytes = Entry->Name.Length < OBP_ENTRY_UNITS * sizeof(WCHAR)
                         ? Entry->Name.Length
                         : (USHORT)((OBP_ENTRY_UNITS - 1) * sizeof(WCHAR));
            memcpy(Name, Entry->Text, *Bytes);
        }
    }
    ntsim__unlock(State->Lock);
    return Object;
}

POBJECT_TYPE ObpDirectoryObjectType(VOID)
{
    return (POBJECT_TYPE)(ULONG_PTR)&ObpDirectoryType;
}

static NTSTATUS ObpCreateDirectory(PVOID Parent, PVOID *Directory)
{
    NTSTATUS Status =
        ObpCreateObject((POBJECT_TYPE)&ObpDirectoryType, sizeof(struct OBP_DIRECTORY), Directory);

    if (NT_SUCCESS(Status)) {
        ((struct OBP_DIRECTORY *)*Directory)->Parent = Parent;
        ObpMakePermanent(*Directory);
    }
    return Status;
}

/* The directory Name of Parent, made if missing; not referenced: directories stay. */
static NTSTATUS ObpOpenDirectory(PVOID Parent, PCUNICODE_STRING Name, PVOID *Directory)
{
    NTSTATUS Status;

    *Directory = ObpLookupEntry(Parent, Name, TRUE);
    if (*Directory != NULL) {
        ObpDereference(*Directory, NULL);
        return ObpIsDirectory(*Directory) ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
    }
    Status = ObpCreateDirectory(Parent, Directory);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpAddEntry(Parent, Name, *Directory, FALSE);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(*Directory, NULL);
    }
    return Status;
}

/* Split the first component off Rest; both are without a leading backslash. */
static UNICODE_STRING ObpSplit(PUNICODE_STRING Rest)
{
    UNICODE_STRING First = *Rest;
    USHORT Units = 0;

    while (Units < Rest->Length / sizeof(WCHAR) && Rest->Buffer[Units] != u'\\') {
        Units++;
    }
    First.Length = (USHORT)(Units * sizeof(WCHAR));
    if (Units < Rest->Length / sizeof(WCHAR)) {
        Units++;
    }
    Rest->Buffer += Units;
    Rest->Length = (USHORT)(Rest->Length - Units * sizeof(WCHAR));
    return First;
}

/* The directory above Path's last component, and that component. */
static NTSTATUS ObpWalkDirectories(PCUNICODE_STRING Path, PVOID *Directory, PUNICODE_STRING Last)
{
    UNICODE_STRING Rest = *Path;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Rest.Length < 2 * sizeof(WCHAR) || Rest.Buffer[0] != u'\\') {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    Rest.Buffer++;
    Rest.Length = (USHORT)(Rest.Length - sizeof(WCHAR));
    *Directory = ObpState()->RootDirectory;
    *Last = ObpSplit(&Rest);
    while (Rest.Length != 0 && NT_SUCCESS(Status)) {
        Status = ObpOpenDirectory(*Directory, Last, Directory);
        *Last = ObpSplit(&Rest);
    }
    if (NT_SUCCESS(Status) && Last->Length == 0) {
        Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    return Status;
}

NTSTATUS ObpInsertName(PCUNICODE_STRING Path, PVOID Object)
{
    UNICODE_STRING Last;
    PVOID Directory;
    NTSTATUS Status = ObpWalkDirectories(Path, &Directory, &Last);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpReference(Object, NULL);
    Status = ObpAddEntry(Directory, &Last, Object, FALSE);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
    }
    return Status;
}

NTSTATUS ObpInsertTemporaryName(PCUNICODE_STRING Path, PVOID Object)
{
    UNICODE_STRING Last;
    PVOID Directory;
    NTSTATUS Status = ObpWalkDirectories(Path, &Directory, &Last);

    return NT_SUCCESS(Status) ? ObpAddEntry(Directory, &Last, Object, TRUE) : Status;
}

/* With the lock held: the link to Object's entry, or NULL. */
static struct OBP_ENTRY **ObpFindNameOf(PVOID Object)
{
    struct OBP_DIRECTORY *Directory = ObpHeader(Object)->Directory;
    struct OBP_ENTRY **Link = Directory == NULL ? NULL : &Directory->Entries;

    while (Link != NULL && *Link != NULL && (*Link)->Object != Object) {
        Link = &(*Link)->Next;
    }
    return Link == NULL || *Link == NULL ? NULL : Link;
}

VOID ObpForgetName(PVOID Object)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY **Link, *Entry = NULL;

    if (ObpHeader(Object)->Directory == NULL) {
        return;
    }
    ntsim__lock(State->Lock);
    Link = ObpFindNameOf(Object);
    if (Link != NULL) {
        Entry = *Link;
        *Link = Entry->Next;
    }
    ntsim__unlock(State->Lock);
    ntsim__release(Entry);
}

VOID ObpMakeTemporary(PVOID Object)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY **Link;
    BOOLEAN Held = FALSE;

    ntsim__lock(State->Lock);
    Link = ObpFindNameOf(Object);
    if (Link != NULL) {
        Held = !(*Link)->Temporary;
        (*Link)->Temporary = TRUE;
    }
    ntsim__unlock(State->Lock);
    if (Held) {
        ObpDereference(Object, NULL);
    }
}

NTSTATUS ObpMountName(PCWSTR Name, PVOID Object)
{
    UNICODE_STRING Path;
    NTSTATUS Status;

    RtlInitUnicodeString(&Path, Name);
    Status = ObpInsertName(&Path, Object);
    if (NT_SUCCESS(Status)) {
        ObpMakePermanent(Object);
    }
    return Status;
}

NTSTATUS ObpRemoveName(PCUNICODE_STRING Path)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY **Link, *Entry = NULL;
    UNICODE_STRING Last;
    PVOID Directory;
    NTSTATUS Status = ObpWalkDirectories(Path, &Directory, &Last);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(State->Lock);
    Link = ObpFindEntry(Directory, &Last, TRUE);
    if (Link != NULL) {
        Entry = *Link;
        *Link = Entry->Next;
        ObpHeader(Entry->Object)->Directory = NULL;
    }
    ntsim__unlock(State->Lock);
    if (Entry == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (!Entry->Temporary) {
        ObpDereference(Entry->Object, NULL);
    }
    ntsim__release(Entry);
    return STATUS_SUCCESS;
}

static struct OBP_ENTRY *ObpPopEntry(struct OBP_DIRECTORY *Directory)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_ENTRY *Entry;

    ntsim__lock(State->Lock);
    Entry = Directory->Entries;
    if (Entry != NULL) {
        Directory->Entries = Entry->Next;
        ObpHeader(Entry->Object)->Directory = NULL;
    }
    ntsim__unlock(State->Lock);
    return Entry;
}

/* Iterative: down into the first subdirectory, and up again when it is empty. */
VOID ObpEmptyDirectory(PVOID Root)
{
    PVOID Directory = Root;

    while (Directory != NULL) {
        struct OBP_ENTRY *First = ((struct OBP_DIRECTORY *)Directory)->Entries;

        if (First == NULL) {
            Directory = Directory == Root ? NULL : ((struct OBP_DIRECTORY *)Directory)->Parent;
        } else if (ObpIsDirectory(First->Object) &&
                   ((struct OBP_DIRECTORY *)First->Object)->Entries != NULL) {
            Directory = First->Object;
        } else {
            First = ObpPopEntry(Directory);
            if (!First->Temporary) {
                ObpDereference(First->Object, NULL);
            }
            ntsim__release(First);
        }
    }
}

NTSTATUS ObpCreateRoot(struct OBP_STATE *State)
{
    UNICODE_STRING Null = RTL_CONSTANT_STRING(u"\\Device\\Null");
    PVOID Device;
    NTSTATUS Status = ObpCreateDirectory(NULL, &State->RootDirectory);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* An object of another type for those who ask for a key: REG-OPN-05. */
    Status = ObpCreateObject((POBJECT_TYPE)&ObpDeviceStubType, 1, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpMakePermanent(Device);
    Status = ObpInsertName(&Null, Device);
    ObpDereference(Device, NULL);
    return Status;
}
