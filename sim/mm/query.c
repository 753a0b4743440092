/* SPDX-License-Identifier: MIT
 *
 * query.c - what is at an address of a process, and changing what may be done with it.
 *
 * Known is what the simulated process has: user memory, views of sections, images. The host's own
 * memory, which counts as user memory too, is found by asking for an address in it, and told page
 * by page.
 */
#include "mm/map.h"
#include "mm/mmp_state.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "ps/zw.h"

#include <string.h>

#define MMP_PAGE(address) ((uintptr_t)(address) & ~(uintptr_t)(PAGE_SIZE - 1))

/* The area that has a page, and where the next one begins. */
struct MMP_SEARCH {
    PVOID Address;
    uintptr_t Page;
    BOOLEAN Found;
    MEMORY_BASIC_INFORMATION Basic; /* if Found */
    uintptr_t Next;
    BOOLEAN Mapped;      /* a section's, or an image */
    UNICODE_STRING Path; /* of ntsim__allocate; no buffer: there is none */
    BOOLEAN NoMemory;
};

static ULONG MmpPageProtection(const struct MMP_AREA *Area, SIZE_T Index)
{
    return Area->Pages != NULL ? Area->Pages[Index] : Area->Current;
}

/* From the page on, as far as the protection is the same. */
static VOID MmpDescribeArea(const struct MMP_AREA *Area, uintptr_t Page,
                            PMEMORY_BASIC_INFORMATION Basic)
{
    const uintptr_t Base = MMP_PAGE(Area->Base);
    const SIZE_T First = (Page - Base) / PAGE_SIZE, Count = Area->Bytes / PAGE_SIZE;
    SIZE_T Last = First + 1;
    while (Last < Count && (Area->Pages == NULL || Area->Pages[Last] == Area->Pages[First])) {
        Last++;
    }
    *Basic = (MEMORY_BASIC_INFORMATION){.BaseAddress = (PVOID)Page,
                                        .RegionSize = (Last - First) * PAGE_SIZE};
    if (Area->Type == 0) { /* freed: nobody else gets the addresses, but nothing is there */
        Basic->State = MEM_FREE;
        Basic->Protect = PAGE_NOACCESS;
        return;
    }
    Basic->AllocationBase = (PVOID)Base;
    Basic->AllocationProtect = Area->Protect;
    Basic->State = MEM_COMMIT;
    Basic->Protect = MmpPageProtection(Area, First);
    Basic->Type = Area->Type;
}

static BOOLEAN MmpMeetArea(PVOID Context, const struct MMP_AREA *Area)
{
    struct MMP_SEARCH *Search = Context;
    const uintptr_t Base = MMP_PAGE(Area->Base);
    if (Base > Search->Page) {
        Search->Next = Base < Search->Next ? Base : Search->Next;
        return FALSE;
    }
    if (Search->Page - Base >= Area->Bytes) {
        return FALSE;
    }
    MmpDescribeArea(Area, Search->Page, &Search->Basic);
    Search->Found = TRUE;
    Search->Mapped = Area->Type == MEM_MAPPED || Area->Type == MEM_IMAGE;
    if (Area->Path != NULL && Area->Path->Length != 0) {
        Search->Path.Buffer = ntsim__allocate(Area->Path->Length);
        Search->NoMemory = Search->Path.Buffer == NULL;
    }
    if (Search->Path.Buffer != NULL) {
        memcpy(Search->Path.Buffer, Area->Path->Buffer, Area->Path->Length);
        Search->Path.Length = Area->Path->Length;
    }
    return TRUE;
}

static VOID MmpSearch(struct ntsim_process *Process, PVOID Address, struct MMP_SEARCH *Search)
{
    struct MMP_STATE *State = MmpState();
    *Search = (struct MMP_SEARCH){
        .Address = Address, .Page = MMP_PAGE(Address), .Next = (uintptr_t)MmHighestUserAddress + 1};
    ntsim__lock(State->Lock);
    if (!MmpEachImage(Process, MmpMeetArea, Search) && !MmpEachView(Process, MmpMeetArea, Search)) {
        (void)MmpEachUser(Process, MmpMeetArea, Search);
    }
    ntsim__unlock(State->Lock);
}

/* Nothing of the process's: the host's, if it can be read, else nothing up to the next area. */
static VOID MmpDescribeOther(const struct MMP_SEARCH *Search, PMEMORY_BASIC_INFORMATION Basic)
{
    *Basic = (MEMORY_BASIC_INFORMATION){.BaseAddress = (PVOID)Search->Page,
                                        .RegionSize = Search->Next - Search->Page,
                                        .State = MEM_FREE,
                                        .Protect = PAGE_NOACCESS};
    if (!atomic_load_explicit(&MmpState()->StrictUsers, memory_order_relaxed) &&
        !MmpIsUserMemory(Search->Address) && MmpReadable(Search->Address)) {
        Basic->AllocationBase = Basic->BaseAddress;
        Basic->AllocationProtect = Basic->Protect = PAGE_READWRITE;
        Basic->RegionSize = PAGE_SIZE;
        Basic->State = MEM_COMMIT;
        Basic->Type = MEM_PRIVATE;
    }
}

/* ---- classes ---- */

struct MMP_ASK {
    KPROCESSOR_MODE Mode;
    PVOID Memory;
    SIZE_T Length;
    PSIZE_T ReturnLength; /* NULL: it is not asked for */
};

static NTSTATUS MmpReturn(const struct MMP_ASK *Ask, const VOID *Answer, SIZE_T Bytes)
{
    NTSTATUS Status = MmpCopy(Ask->Mode, Ask->Memory, Answer, Bytes);
    return NT_SUCCESS(Status) && Ask->ReturnLength != NULL
               ? MmpCopy(Ask->Mode, Ask->ReturnLength, &Bytes, sizeof(Bytes))
               : Status;
}

static NTSTATUS MmpAnswerBasic(const struct MMP_ASK *Ask, struct MMP_SEARCH *Search)
{
    if (!Search->Found) {
        MmpDescribeOther(Search, &Search->Basic);
    }
    return MmpReturn(Ask, &Search->Basic, sizeof(Search->Basic));
}

/* "C:\X" is \Device\HarddiskVolume3\X; other names are as they are. */
static NTSTATUS MmpAnswerName(const struct MMP_ASK *Ask, struct MMP_SEARCH *Search)
{
    static const WCHAR Volume[] = u"\\Device\\HarddiskVolume3";
    const SIZE_T VolumeBytes = sizeof(Volume) - sizeof(WCHAR);
    const BOOLEAN Drive = Search->Path.Length >= 2 * sizeof(WCHAR) &&
                          (Search->Path.Buffer[0] | 0x20) == u'c' && Search->Path.Buffer[1] == u':';
    const SIZE_T Skip = Drive ? 2 * sizeof(WCHAR) : 0, Prefix = Drive ? VolumeBytes : 0;
    const SIZE_T Text = Prefix + Search->Path.Length - Skip;
    const SIZE_T Bytes = sizeof(UNICODE_STRING) + Text + sizeof(WCHAR);
    if (!Search->Mapped) {
        return STATUS_INVALID_ADDRESS;
    }
    if (Search->Path.Buffer == NULL || Text > 0xFFFC) {
        return Search->NoMemory ? STATUS_INSUFFICIENT_RESOURCES : STATUS_FILE_INVALID;
    }
    if (Bytes > Ask->Length) {
        NTSTATUS Status = Ask->ReturnLength != NULL
                              ? MmpCopy(Ask->Mode, Ask->ReturnLength, &Bytes, sizeof(Bytes))
                              : STATUS_SUCCESS;
        return NT_SUCCESS(Status) ? STATUS_BUFFER_OVERFLOW : Status;
    }
    PUNICODE_STRING Answer = ntsim__allocate(Bytes);
    if (Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Answer + 1, Volume, Prefix);
    memcpy((PUCHAR)(Answer + 1) + Prefix, (PUCHAR)Search->Path.Buffer + Skip, Text - Prefix);
    *Answer = (UNICODE_STRING){(USHORT)Text, (USHORT)(Text + sizeof(WCHAR)),
                               (PWCH)(PVOID)((PUNICODE_STRING)Ask->Memory + 1)};
    NTSTATUS Status = MmpReturn(Ask, Answer, Bytes);
    ntsim__release(Answer);
    return Status;
}

static const struct MMP_CLASS {
    MEMORY_INFORMATION_CLASS Class;
    SIZE_T Least;
    NTSTATUS (*Answer)(const struct MMP_ASK *Ask, struct MMP_SEARCH *Search);
} MmpClasses[] = {
    {MemoryBasicInformation, sizeof(MEMORY_BASIC_INFORMATION), MmpAnswerBasic},
    {MemoryMappedFilenameInformation, sizeof(UNICODE_STRING), MmpAnswerName},
};

static NTSTATUS MmpFindClass(MEMORY_INFORMATION_CLASS Class, const struct MMP_CLASS **Found)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(MmpClasses); Index++) {
        if (MmpClasses[Index].Class == Class) {
            *Found = &MmpClasses[Index];
            return STATUS_SUCCESS;
        }
    }
    return (ULONG)Class < MaxMemoryInfoClass ? STATUS_NOT_IMPLEMENTED : STATUS_INVALID_INFO_CLASS;
}

/* ---- services ---- */

static NTSTATUS MmpReferenceFor(HANDLE Handle, ACCESS_MASK Access, PVOID *Process)
{
    return ObpReferenceByHandle(Handle, Access, *PsProcessType, ExGetPreviousMode(), Process, NULL);
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
                                    MEMORY_INFORMATION_CLASS MemoryInformationClass,
                                    PVOID MemoryInformation, SIZE_T MemoryInformationLength,
                                    PSIZE_T ReturnLength)
{
    const struct MMP_ASK Ask = {ExGetPreviousMode(), MemoryInformation, MemoryInformationLength,
                                ReturnLength};
    const struct MMP_CLASS *Class;
    struct MMP_SEARCH Search;
    PVOID Process;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = MmpFindClass(MemoryInformationClass, &Class);
    if (NT_SUCCESS(Status) && Ask.Length < Class->Least) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Ask.Mode, Ask.Memory, Ask.Length, TRUE);
    }
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = MmpProbe(Ask.Mode, ReturnLength, sizeof(*ReturnLength), TRUE);
    }
    if (NT_SUCCESS(Status) && BaseAddress > MmHighestUserAddress) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpReferenceFor(ProcessHandle, PROCESS_QUERY_INFORMATION, &Process);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    MmpSearch(Process, BaseAddress, &Search);
    Status = Class->Answer(&Ask, &Search);
    ntsim__release(Search.Path.Buffer);
    ObpDereference(Process, NULL);
    return Status;
}

NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
                                    MEMORY_INFORMATION_CLASS MemoryInformationClass,
                                    PVOID MemoryInformation, SIZE_T MemoryInformationLength,
                                    PSIZE_T ReturnLength)
{
    PSP_ZW(NtQueryVirtualMemory(ProcessHandle, BaseAddress, MemoryInformationClass,
                                MemoryInformation, MemoryInformationLength, ReturnLength));
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
                                      PSIZE_T NumberOfBytesToProtect, ULONG NewAccessProtection,
                                      PULONG OldAccessProtection)
{
    const KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct MMP_REGION Region;
    struct ntsim_process *Process;
    ULONG Old = 0;
    ntcb_require_kernel(__func__);
    MmpCheckImageLock(__func__);
    if (!MmpIsUserProtection(NewAccessProtection)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    NTSTATUS Status = MmpCaptureRegion(BaseAddress, NumberOfBytesToProtect, &Region);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, OldAccessProtection, sizeof(Old), TRUE);
    }
    if (NT_SUCCESS(Status) && Region.Bytes == 0) {
        Status = STATUS_INVALID_PARAMETER_3;
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpReferenceProcess(ProcessHandle, &Process);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MmpProtectUser(Process, Region.Base, Region.Bytes, NewAccessProtection, &Old)
                 ? STATUS_SUCCESS
                 : STATUS_NOT_COMMITTED;
    ObpDereference(Process, NULL);
    if (NT_SUCCESS(Status)) {
        const uintptr_t First = MMP_PAGE(Region.Base);
        const uintptr_t End = (uintptr_t)Region.Base + Region.Bytes;
        Region = (struct MMP_REGION){(PVOID)First, ROUND_TO_PAGES(End - First)};
        Status = MmpReturnRegion(&Region, BaseAddress, NumberOfBytesToProtect);
    }
    return NT_SUCCESS(Status) ? MmpCopy(Mode, OldAccessProtection, &Old, sizeof(Old)) : Status;
}

NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
                                      PSIZE_T NumberOfBytesToProtect, ULONG NewAccessProtection,
                                      PULONG OldAccessProtection)
{
    PSP_ZW(NtProtectVirtualMemory(ProcessHandle, BaseAddress, NumberOfBytesToProtect,
                                  NewAccessProtection, OldAccessProtection));
}
