/* SPDX-License-Identifier: MIT
 *
 * section.c - section objects: memory, or a file as it was when the section was made.
 */
#include "mm/map.h"
#include "mm/section.h"
#include "io/iop.h"
#include "ob/obp.h"
#include "ps/zw.h"

#include <string.h>

#define MMP_FILE_NAME_BYTES 2048u

static VOID MmpDeleteSection(PVOID Object)
{
    struct MMP_SECTION *Section = Object;

    if (Section->Pages != NULL) {
        MmpUnmapPages(Section->Pages, Section->Bytes);
    }
    ntsim__release(Section->File);
    ntsim__release(Section->Path.Buffer);
}

static const struct OBP_TYPE MmpSectionType = {
    .Name = "Section",
    .GenericMapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                       STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                       STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
    .ValidAccess = SECTION_ALL_ACCESS,
    .Delete = MmpDeleteSection,
    .Close = ObpForgetName,
};

POBJECT_TYPE MmpSectionObjectType(VOID)
{
    return (POBJECT_TYPE)(ULONG_PTR)&MmpSectionType;
}

/* ---- made ---- */

static NTSTATUS MmpTakeName(struct MMP_SECTION *Section, PVOID FileObject)
{
    POBJECT_NAME_INFORMATION Answer = MmpAllocateOwn(MMP_FILE_NAME_BYTES, 0);
    ULONG Needed;
    NTSTATUS Status = Answer == NULL
                          ? STATUS_INSUFFICIENT_RESOURCES
                          : ObpAnswerName(FileObject, Answer, MMP_FILE_NAME_BYTES, &Needed);

    if (NT_SUCCESS(Status)) {
        Section->Path.Buffer = ntsim__allocate(Answer->Name.Length + sizeof(WCHAR));
        Section->Path.MaximumLength = (USHORT)(Answer->Name.Length + sizeof(WCHAR));
        Status = Section->Path.Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status)) {
        RtlCopyUnicodeString(&Section->Path, &Answer->Name);
    }
    if (Answer != NULL) {
        MmpFreePool(Answer, 0, NULL);
    }
    return Status;
}

static NTSTATUS MmpReadSection(struct MMP_SECTION *Section, HANDLE FileHandle, LONGLONG Maximum)
{
    ACCESS_MASK Access = (Section->Attributes & SEC_IMAGE) != 0 ? FILE_EXECUTE : FILE_READ_DATA;
    PVOID FileObject;
    NTSTATUS Status = ObpReferenceByHandle(FileHandle, Access, *IoFileObjectType,
                                           ExGetPreviousMode(), &FileObject, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopReadWhole(FileObject, &Section->File, &Section->Bytes);
    if (!NT_SUCCESS(Status)) {
        Section->File = NULL;
    } else if (Section->Bytes == 0) {
        Status = STATUS_MAPPED_FILE_SIZE_ZERO;
    } else if (Maximum > (LONGLONG)Section->Bytes) {
        Status = STATUS_SECTION_TOO_BIG; /* a file that may not be written is not extended */
    } else {
        Status = MmpTakeName(Section, FileObject);
    }
    ObpDereference(FileObject, NULL);
    if (NT_SUCCESS(Status) && Maximum > 0) {
        Section->Bytes = (SIZE_T)Maximum;
    }
    return Status;
}

static NTSTATUS MmpFillSection(struct MMP_SECTION *Section, HANDLE FileHandle, LONGLONG Maximum)
{
    if (FileHandle != NULL) {
        return MmpReadSection(Section, FileHandle, Maximum);
    }
    if (Maximum <= 0 || (ULONGLONG)Maximum > SIZE_MAX / 2) {
        return STATUS_INVALID_PARAMETER_4;
    }
    Section->Bytes = ROUND_TO_PAGES((SIZE_T)Maximum);
    Section->Pages = MmpMapPages(Section->Bytes);
    return Section->Pages != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS MmpCheckSection(ULONG Protection, ULONG Attributes, HANDLE FileHandle)
{
    const ULONG Known = SEC_IMAGE | SEC_IMAGE_NO_EXECUTE | SEC_COMMIT | SEC_RESERVE;

    if (!MmpIsUserProtection(Protection) && Protection != PAGE_WRITECOPY &&
        Protection != PAGE_EXECUTE_WRITECOPY) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    if ((Attributes & ~Known) != 0 || (Attributes & Known) == 0) {
        return STATUS_INVALID_PARAMETER_6;
    }
    if (FileHandle == NULL) {
        return (Attributes & SEC_IMAGE) != 0 ? STATUS_INVALID_FILE_FOR_SECTION : STATUS_SUCCESS;
    }
    /* Views do not write to files: nobody is to believe that they did. */
    return (Attributes & SEC_IMAGE) == 0 &&
                   (Protection == PAGE_READWRITE || Protection == PAGE_EXECUTE_READWRITE)
               ? STATUS_NOT_IMPLEMENTED
               : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes,
                               HANDLE FileHandle)
{
    struct OBP_CREATION Creation = {
        .Handle = SectionHandle, .Given = ObjectAttributes, .DesiredAccess = DesiredAccess};
    LARGE_INTEGER Maximum = {.QuadPart = 0};
    PVOID Object = NULL;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = MmpCheckSection(SectionPageProtection, AllocationAttributes, FileHandle);
    if (NT_SUCCESS(Status) && MaximumSize != NULL) {
        Status = MmpProbe(ExGetPreviousMode(), MaximumSize, sizeof(Maximum), FALSE);
        Status = NT_SUCCESS(Status)
                     ? MmpCopy(ExGetPreviousMode(), &Maximum, MaximumSize, sizeof(Maximum))
                     : Status;
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpBeginCreation(&Creation);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateObject(MmpSectionObjectType(), sizeof(struct MMP_SECTION), &Object);
    }
    if (NT_SUCCESS(Status)) {
        struct MMP_SECTION *Section = Object;

        Section->Protection = SectionPageProtection;
        Section->Attributes = AllocationAttributes;
        Status = MmpFillSection(Section, FileHandle, Maximum.QuadPart);
        if (!NT_SUCCESS(Status)) {
            ObpDereference(Object, NULL);
        }
    }
    return ObpEndCreation(&Creation, Status, Object);
}

NTSTATUS NTAPI ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes,
                               HANDLE FileHandle)
{
    PSP_ZW(NtCreateSection(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize,
                           SectionPageProtection, AllocationAttributes, FileHandle));
}
