/* SPDX-License-Identifier: MIT
 *
 * byname.c - objects by their names, and what is in a directory of the namespace.
 */
#include "mm/mmp.h"
#include "ob/obp_state.h"
#include "ps/zw.h"

#include <string.h>

NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes,
                                       PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                       POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                       PVOID ParseContext, PVOID *Object)
{
    OBJECT_ATTRIBUTES Given = {.Length = sizeof(Given),
                               .ObjectName = ObjectName,
                               .Attributes = Attributes | OBJ_KERNEL_HANDLE};
    HANDLE Handle;
    NTSTATUS Status;

    (void)PassedAccessState;
    (void)ParseContext;
    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    *Object = NULL;
    if (AccessMode != KernelMode) {
        Given.Attributes |= OBJ_FORCE_ACCESS_CHECK;
    }
    Status = ObpOpenObjectByName(&Given, ObjectType, KernelMode, DesiredAccess, NULL, &Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpReferenceByHandle(Handle, 0, ObjectType, KernelMode, Object, NULL);
    ObCloseHandle(Handle, KernelMode);
    if (NT_SUCCESS(Status)) {
        ObpNoteTaker(*Object, __builtin_return_address(0));
    }
    return Status;
}

static NTSTATUS ObpOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                       POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObpOpenForCaller(DirectoryHandle, DesiredAccess, ObjectAttributes,
                            ObpDirectoryObjectType());
}

NTSTATUS NTAPI ZwOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes)
{
    PSP_ZW(ObpOpenDirectoryObject(DirectoryHandle, DesiredAccess, ObjectAttributes));
}

/* Where in the caller's buffer the entries and, from the end, their strings are put. */
struct OBP_LISTING {
    POBJECT_DIRECTORY_INFORMATION Entries;
    ULONG Count;
    PUCHAR End;
};

static UNICODE_STRING ObpPutString(struct OBP_LISTING *Listing, const WCHAR *Text, USHORT Bytes)
{
    Listing->End -= Bytes + sizeof(WCHAR);
    memcpy(Listing->End, Text, Bytes);
    memset(Listing->End + Bytes, 0, sizeof(WCHAR));
    return (UNICODE_STRING){Bytes, (USHORT)(Bytes + sizeof(WCHAR)), (PWCH)(PVOID)Listing->End};
}

/* FALSE: there is no room for it. */
static BOOLEAN ObpPutEntry(struct OBP_LISTING *Listing, PVOID Object, const WCHAR *Name,
                           USHORT Bytes)
{
    const char *Type = ((struct OBP_TYPE *)ObpTypeOf(Object))->Name;
    USHORT TypeBytes = (USHORT)(strlen(Type) * sizeof(WCHAR));
    WCHAR TypeText[32] = {0};
    SIZE_T Head = (Listing->Count + 2) * sizeof(Listing->Entries[0]); /* with the zeroed one */

    if (Head + Bytes + TypeBytes + 2 * sizeof(WCHAR) >
        (SIZE_T)(Listing->End - (PUCHAR)Listing->Entries)) {
        return FALSE;
    }
    for (ULONG Index = 0; Type[Index] != '\0'; Index++) {
        TypeText[Index] = (WCHAR)(UCHAR)Type[Index];
    }
    Listing->Entries[Listing->Count].TypeName = ObpPutString(Listing, TypeText, TypeBytes);
    Listing->Entries[Listing->Count].Name = ObpPutString(Listing, Name, Bytes);
    Listing->Count++;
    memset(&Listing->Entries[Listing->Count], 0, sizeof(Listing->Entries[0]));
    return TRUE;
}

static NTSTATUS ObpList(PVOID Directory, struct OBP_LISTING *Listing, BOOLEAN Single, PULONG Next)
{
    WCHAR Name[OBP_ENTRY_UNITS];
    BOOLEAN Fits = TRUE;
    USHORT Bytes = 0;
    PVOID Object;

    while ((Object = ObpNthEntry(Directory, *Next, Name, &Bytes)) != NULL) {
        Fits = !(Single && Listing->Count != 0) && ObpPutEntry(Listing, Object, Name, Bytes);
        ObpDereference(Object, NULL);
        if (!Fits) {
            break;
        }
        ++*Next;
    }
    if (Listing->Count == 0) {
        return Fits ? STATUS_NO_MORE_ENTRIES : STATUS_BUFFER_TOO_SMALL;
    }
    return Fits || Single ? STATUS_SUCCESS : STATUS_MORE_ENTRIES;
}

/* Of drivers only: the buffers are the kernel's. */
static NTSTATUS ObpQueryDirectory(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length,
                                  BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context,
                                  PULONG ReturnLength)
{
    struct OBP_LISTING Listing = {.Entries = Buffer, .End = (PUCHAR)Buffer + (Length & ~1u)};
    PVOID Directory;
    NTSTATUS Status = ObpReferenceByHandle(DirectoryHandle, DIRECTORY_QUERY,
                                           ObpDirectoryObjectType(), KernelMode, &Directory, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (RestartScan) {
        *Context = 0;
    }
    Status = ObpList(Directory, &Listing, ReturnSingleEntry, Context);
    ObpDereference(Directory, NULL);
    if (ReturnLength != NULL) {
        *ReturnLength = NT_SUCCESS(Status) ? Length : 0;
    }
    return Status;
}

NTSTATUS NTAPI ZwQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length,
                                      BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                                      PULONG Context, PULONG ReturnLength)
{
    PSP_ZW(ObpQueryDirectory(DirectoryHandle, Buffer, Length, ReturnSingleEntry, RestartScan,
                             Context, ReturnLength));
}
