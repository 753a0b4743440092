/* SPDX-License-Identifier: MIT
 *
 * link.c - symbolic links of the namespace.
 *
 * \?? is the one directory of DOS names: sessions with names of their own are not modelled.
 */
#include "io/link.h"
#include "io/device.h"
#include "io/iop_state.h"
#include "mm/mmp.h"
#include "ps/zw.h"

#include <string.h>

struct IOP_LINK {
    UNICODE_STRING Target;
    UNICODE_STRING Path;
    PDRIVER_OBJECT Driver; /* whose device it was made for; only compared */
    LIST_ENTRY Link;       /* IOP_STATE.Links: those of drivers, as long as they have their name */
};

static NTSTATUS IopParseLink(struct OBP_PARSE *Parse);

static VOID IopDeleteLink(PVOID Object)
{
    ntsim__release(((struct IOP_LINK *)Object)->Target.Buffer);
    ntsim__release(((struct IOP_LINK *)Object)->Path.Buffer);
}

static const struct OBP_TYPE IopLinkType = {
    .Name = "SymbolicLink",
    .GenericMapping = {0x20001, 0x20000, 0x20001, 0xF0001},
    .ValidAccess = 0xF0001,
    .Parse = IopParseLink,
    .Delete = IopDeleteLink,
    .ParsesOtherTypes = TRUE,
};
#define IOP_LINK_TYPE ((POBJECT_TYPE)(ULONG_PTR)&IopLinkType)

static NTSTATUS IopParseLink(struct OBP_PARSE *Parse)
{
    const struct IOP_LINK *Link = Parse->RootObject;
    if (Parse->Wanted == IOP_LINK_TYPE && Parse->RemainingName.Length == 0) {
        ObpReference(Parse->RootObject, NULL);
        Parse->Object = Parse->RootObject;
        Parse->GrantedAccess = ObpMapAccess(IOP_LINK_TYPE, Parse->DesiredAccess);
        return STATUS_SUCCESS;
    }
    SIZE_T Rest = Parse->RemainingName.Length;
    SIZE_T Bytes = Link->Target.Length + (Rest != 0 ? sizeof(WCHAR) + Rest : 0);
    if (Bytes > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    PWSTR Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, IOP_TAG);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Buffer, Link->Target.Buffer, Link->Target.Length);
    if (Rest != 0) {
        Buffer[Link->Target.Length / sizeof(WCHAR)] = u'\\';
        memcpy(Buffer + Link->Target.Length / sizeof(WCHAR) + 1, Parse->RemainingName.Buffer, Rest);
    }
    Parse->ReparseName = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, Buffer};
    return STATUS_REPARSE;
}

static NTSTATUS IopKeepString(PCUNICODE_STRING From, PUNICODE_STRING To)
{
    To->Buffer = ntsim__allocate(From->Length + sizeof(WCHAR));
    if (To->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(To->Buffer, From->Buffer, From->Length);
    To->Length = From->Length;
    To->MaximumLength = (USHORT)(From->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS IopCreateLink(PCUNICODE_STRING Path, PCUNICODE_STRING Target, PDRIVER_OBJECT Driver)
{
    PVOID Object;
    NTSTATUS Status = ObpCreateObject(IOP_LINK_TYPE, sizeof(struct IOP_LINK), &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_LINK *Link = Object;
    Status = IopKeepString(Target, &Link->Target);
    if (NT_SUCCESS(Status)) {
        Status = IopKeepString(Path, &Link->Path);
    }
    if (NT_SUCCESS(Status)) {
        Link->Driver = Driver;
        if (Driver == NULL) {
            ObpMakePermanent(Link);
        }
        Status = ObpInsertName(Path, Link);
    }
    if (NT_SUCCESS(Status) && Driver != NULL) {
        struct IOP_STATE *State = IopState();
        ntsim__lock(State->Lock);
        InsertTailList(&State->Links, &Link->Link);
        ntsim__unlock(State->Lock);
    }
    ObpDereference(Link, NULL);
    return Status;
}

NTSTATUS IopNameLinks(VOID)
{
    static const UNICODE_STRING Dos = RTL_CONSTANT_STRING(u"\\??");
    static const UNICODE_STRING Names[] = {
        RTL_CONSTANT_STRING(u"\\??\\Global"),
        RTL_CONSTANT_STRING(u"\\??\\GLOBALROOT"),
        RTL_CONSTANT_STRING(u"\\DosDevices"),
        RTL_CONSTANT_STRING(u"\\GLOBAL??"),
    };
    static const UNICODE_STRING Root = RTL_CONSTANT_STRING(u"");
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Names); Index++) {
        Status = IopCreateLink(&Names[Index], Index == 1 ? &Root : &Dos, NULL);
    }
    return Status;
}

NTSTATUS IopDosPath(PCUNICODE_STRING Given, WCHAR Room[IOP_DOS_ROOM], PUNICODE_STRING Path)
{
    static const UNICODE_STRING Dos = RTL_CONSTANT_STRING(u"\\??\\");
    static const UNICODE_STRING Others[] = {
        RTL_CONSTANT_STRING(u"\\DosDevices\\Global\\"),
        RTL_CONSTANT_STRING(u"\\DosDevices\\"),
        RTL_CONSTANT_STRING(u"\\GLOBAL??\\"),
        RTL_CONSTANT_STRING(u"\\??\\Global\\"),
    };
    *Path = *Given;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Others); Index++) {
        if (!RtlPrefixUnicodeString(&Others[Index], Given, TRUE)) {
            continue;
        }
        USHORT Rest = (USHORT)(Given->Length - Others[Index].Length);
        if ((SIZE_T)Dos.Length + Rest > IOP_DOS_ROOM * sizeof(WCHAR)) {
            return STATUS_NAME_TOO_LONG;
        }
        memcpy(Room, Dos.Buffer, Dos.Length);
        memcpy((PUCHAR)Room + Dos.Length, (PUCHAR)Given->Buffer + Others[Index].Length, Rest);
        Path->Buffer = Room;
        Path->Length = Path->MaximumLength = (USHORT)(Dos.Length + Rest);
        break;
    }
    return STATUS_SUCCESS;
}

/* The driver that has a device of that name; NULL: none has. */
static PDRIVER_OBJECT IopDriverOf(PCUNICODE_STRING Name)
{
    struct IOP_STATE *State = IopState();
    PDRIVER_OBJECT Found = NULL;
    ntsim__lock(State->Lock);
    for (PLIST_ENTRY Entry = State->Drivers.Flink; Entry != &State->Drivers; Entry = Entry->Flink) {
        PDRIVER_OBJECT Driver = CONTAINING_RECORD(Entry, struct ntsim_driver, Link)->Object;
        for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device != NULL;
             Device = Device->NextDevice) {
            const struct IOP_DEVICE *Own = CONTAINING_RECORD(Device, struct IOP_DEVICE, Public);
            Found = RtlEqualUnicodeString(&Own->Name, Name, TRUE) ? Driver : Found;
        }
    }
    ntsim__unlock(State->Lock);
    return Found;
}

/* IoCreateSymbolicLink - one more name for a device, as a rule \DosDevices\X.
 *
 * Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_SYNTAX_BAD (not an
 *         absolute name), STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES
 * IRQL    PASSIVE_LEVEL
 * Note    DeviceName need not exist (yet): an open finds out. */
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    UNICODE_STRING Path;
    WCHAR Room[IOP_DOS_ROOM];
    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    NTSTATUS Status = IopDosPath(SymbolicLinkName, Room, &Path);
    return NT_SUCCESS(Status) ? IopCreateLink(&Path, DeviceName, IopDriverOf(DeviceName)) : Status;
}

/* The object at Path if it is a link, referenced; NULL. */
static struct IOP_LINK *IopOpenLink(PCUNICODE_STRING Path)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    PVOID Object = NULL;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)(ULONG_PTR)Path,
                               OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ObpOpenObjectByName(&Attributes, IOP_LINK_TYPE, KernelMode, 1, NULL, &Handle))) {
        (void)ObReferenceObjectByHandle(Handle, 0, IOP_LINK_TYPE, KernelMode, &Object, NULL);
        ObCloseHandle(Handle, KernelMode);
    }
    return Object;
}

static VOID IopForgetLink(struct IOP_LINK *Link)
{
    struct IOP_STATE *State = IopState();
    ntsim__lock(State->Lock);
    if (Link->Link.Flink != NULL) {
        RemoveEntryList(&Link->Link);
        Link->Link.Flink = NULL;
    }
    ntsim__unlock(State->Lock);
}

/* IoDeleteSymbolicLink - take the name away. SUCCESS, OBJECT_NAME_NOT_FOUND,
 * OBJECT_PATH_NOT_FOUND, OBJECT_TYPE_MISMATCH (no link), NAME_TOO_LONG. PASSIVE_LEVEL. */
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    UNICODE_STRING Path;
    WCHAR Room[IOP_DOS_ROOM];
    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    NTSTATUS Status = IopDosPath(SymbolicLinkName, Room, &Path);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_LINK *Link = IopOpenLink(&Path);
    if (Link == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    IopForgetLink(Link);
    Status = ObpRemoveName(&Path);
    ObpDereference(Link, NULL);
    return Status;
}

BOOLEAN IopRemoveLinkOf(PDRIVER_OBJECT Driver, PUNICODE_STRING Name)
{
    struct IOP_STATE *State = IopState();
    struct IOP_LINK *Found = NULL;
    ntsim__lock(State->Lock);
    for (PLIST_ENTRY Entry = State->Links.Flink; Entry != &State->Links && Found == NULL;
         Entry = Entry->Flink) {
        struct IOP_LINK *Link = CONTAINING_RECORD(Entry, struct IOP_LINK, Link);
        if (Link->Driver == Driver) {
            Found = Link;
            ObpReference(Found, NULL);
        }
    }
    ntsim__unlock(State->Lock);
    if (Found == NULL) {
        return FALSE;
    }
    *Name = Found->Path;
    Found->Path.Buffer = NULL;
    IopForgetLink(Found);
    (void)ObpRemoveName(Name); /* NOT_FOUND: somebody was faster */
    ObpDereference(Found, NULL);
    return TRUE;
}

/* ZwOpenSymbolicLinkObject - as every open by name: the link itself, not what it stands for. */
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Handle;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = MmpProbe(Mode, LinkHandle, sizeof(*LinkHandle), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = ObpOpenObjectByName(ObjectAttributes, IOP_LINK_TYPE, Mode, DesiredAccess, NULL,
                                     &Handle);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, LinkHandle, &Handle, sizeof(Handle));
    }
    return Status;
}

/* ZwQuerySymbolicLinkObject - the target, terminated if there is room for that. SUCCESS,
 * BUFFER_TOO_SMALL (*ReturnedLength: bytes with terminator), INVALID_HANDLE,
 * OBJECT_TYPE_MISMATCH, ACCESS_DENIED, ACCESS_VIOLATION. */
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget,
                                         PULONG ReturnedLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UNICODE_STRING Answer;
    PVOID Object;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = MmpCopy(Mode, &Answer, LinkTarget, sizeof(Answer));
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(LinkHandle, 1, IOP_LINK_TYPE, Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const UNICODE_STRING *Target = &((struct IOP_LINK *)Object)->Target;
    ULONG Needed = Target->Length + (ULONG)sizeof(WCHAR);
    ULONG Room = ReturnedLength != NULL ? Needed : Target->Length;
    if (Answer.MaximumLength < Room) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        Answer.Length = Target->Length;
        Status = MmpCopy(Mode, Answer.Buffer, Target->Buffer,
                         Answer.MaximumLength >= Needed ? Needed : Target->Length);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, LinkTarget, &Answer, sizeof(Answer));
    }
    if (ReturnedLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS Copied = MmpCopy(Mode, ReturnedLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(Copied) ? Status : Copied;
    }
    ObpDereference(Object, NULL);
    return Status;
}

NTSTATUS NTAPI ZwOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes)
{
    PSP_ZW(NtOpenSymbolicLinkObject(LinkHandle, DesiredAccess, ObjectAttributes));
}

NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget,
                                         PULONG ReturnedLength)
{
    PSP_ZW(NtQuerySymbolicLinkObject(LinkHandle, LinkTarget, ReturnedLength));
}
