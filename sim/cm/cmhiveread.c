/* SPDX-License-Identifier: MIT
 *
 * cmhiveread.c - a hive file read: libhivex finds keys and values and checks the structure; what it
 * has no call for, or would turn into UTF-8, is read from the cells it points to.
 *
 * A handle of libhivex is the offset of the cell in the file, and the cell is known to be whole:
 * libhivex has checked that its block lies in the file and begins with the right letters. The
 * lengths inside are checked here.
 */
#include "cm/cmhive.h"
#include "cm/cmregf.h"
#include "cm/cmsecurity.h"

#include <ntcallback/dispatch.h>

#include <errno.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct CMP_READ {
    struct CMP_STATE *State;
    const UCHAR *File;
    SIZE_T Count;
    hive_h *Hive;
    SIZE_T Spent; /* bytes of the file that keys and values took: each is some key's alone */
};

/* A cell that is listed twice, in a circle or by two keys, would make a small file a large tree:
 * together they take no more than the file has. */
static NTSTATUS CmpSpend(struct CMP_READ *Read, SIZE_T Bytes)
{
    Read->Spent += Bytes;
    return Read->Spent <= Read->Count ? STATUS_SUCCESS : STATUS_REGISTRY_CORRUPT;
}

/* libhivex says why it gives up in errno; its own lack of memory is not the file's fault. */
static NTSTATUS CmpHivexStatus(VOID)
{
    return errno == ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : STATUS_REGISTRY_CORRUPT;
}

/* Size of the cell at Offset of the file, its own four bytes included; 0: it cannot be. */
static SIZE_T CmpCellBytes(const struct CMP_READ *Read, SIZE_T Offset)
{
    if (Offset < CMP_REGF_BASE || Offset > Read->Count - 4) {
        return 0;
    }
    LONG Size = (LONG)CmpGet32(Read->File + Offset);
    SIZE_T Bytes = (SIZE_T)(Size < 0 ? -(LONGLONG)Size : Size);
    return Bytes <= Read->Count - Offset ? Bytes : 0;
}

/* Text of Length bytes at At, Latin-1 or UTF-16, as a string in memory of the simulator's. */
static NTSTATUS CmpReadText(const UCHAR *At, USHORT Length, BOOLEAN Latin1, PUNICODE_STRING Text)
{
    SIZE_T Bytes = Latin1 ? Length * sizeof(WCHAR) : Length;
    if (Bytes > 0xFFFE || Bytes % sizeof(WCHAR) != 0) {
        return STATUS_REGISTRY_CORRUPT;
    }
    *Text = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, NULL};
    Text->Buffer = ntsim__allocate(Bytes + sizeof(WCHAR));
    if (Text->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (SIZE_T Unit = 0; Unit < Bytes / sizeof(WCHAR); Unit++) {
        Text->Buffer[Unit] = Latin1 ? At[Unit] : CmpGet16(At + Unit * sizeof(WCHAR));
    }
    return STATUS_SUCCESS;
}

/* The name of the key whose cell is at Cell. */
static NTSTATUS CmpReadKeyName(const struct CMP_READ *Read, SIZE_T Cell, PUNICODE_STRING Name)
{
    const UCHAR *At = Read->File + Cell;
    SIZE_T Bytes = CmpCellBytes(Read, Cell);
    USHORT Length = Bytes >= CmpNkName ? CmpGet16(At + CmpNkNameLength) : 0;
    if (Length == 0 || Length > Bytes - CmpNkName) {
        return STATUS_REGISTRY_CORRUPT;
    }
    NTSTATUS Status =
        CmpReadText(At + CmpNkName, Length, (CmpGet16(At + CmpNkFlags) & CMP_NK_LATIN1) != 0, Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Wrong = Name->Length > CMP_COMPONENT_MAX * sizeof(WCHAR);
    for (USHORT Unit = 0; Unit < Name->Length / sizeof(WCHAR); Unit++) {
        Wrong |= Name->Buffer[Unit] == u'\\';
    }
    if (Wrong) {
        ntsim__release(Name->Buffer);
    }
    return Wrong ? STATUS_REGISTRY_CORRUPT : STATUS_SUCCESS;
}

/* The class, if the key has one; else Class->Buffer is NULL. */
static NTSTATUS CmpReadClass(const struct CMP_READ *Read, SIZE_T Cell, PUNICODE_STRING Class)
{
    const UCHAR *At = Read->File + Cell;
    USHORT Length = CmpGet16(At + CmpNkClassLength);
    SIZE_T Offset = CmpGet32(At + CmpNkClass);
    *Class = (UNICODE_STRING){0, 0, NULL};
    if (Length == 0 || Offset == CMP_REGF_NONE) {
        return STATUS_SUCCESS;
    }
    SIZE_T Bytes = CmpCellBytes(Read, Offset + CMP_REGF_BASE);
    if (Bytes < 4 || Length > Bytes - 4) {
        return STATUS_REGISTRY_CORRUPT;
    }
    return CmpReadText(Read->File + Offset + CMP_REGF_BASE + 4, Length, FALSE, Class);
}

/* The key's descriptor; a key whose cell names none keeps what it inherits. */
static NTSTATUS CmpReadSecurity(const struct CMP_READ *Read, struct CMP_KEY *Key, SIZE_T Cell)
{
    SIZE_T Offset = CmpGet32(Read->File + Cell + CmpNkSecurity);
    if (Offset == CMP_REGF_NONE) {
        return STATUS_SUCCESS;
    }
    const UCHAR *At = Read->File + Offset + CMP_REGF_BASE;
    SIZE_T Bytes = CmpCellBytes(Read, Offset + CMP_REGF_BASE);
    if (Bytes < CmpSkDescriptor || memcmp(At + 4, "sk", 2) != 0 ||
        CmpGet32(At + CmpSkLength) > Bytes - CmpSkDescriptor) {
        return STATUS_REGISTRY_CORRUPT;
    }
    NTSTATUS Status =
        CmpGiveKeySecurity(Read->State, Key, At + CmpSkDescriptor, CmpGet32(At + CmpSkLength));
    return NT_SUCCESS(Status) || Status == STATUS_INSUFFICIENT_RESOURCES ? Status
                                                                         : STATUS_REGISTRY_CORRUPT;
}

static NTSTATUS CmpReadValue(struct CMP_READ *Read, struct CMP_KEY *Key, SIZE_T Cell)
{
    const UCHAR *At = Read->File + Cell;
    SIZE_T Bytes = CmpCellBytes(Read, Cell);
    if (Bytes < CmpVkName || CmpGet16(At + CmpVkNameLength) > Bytes - CmpVkName) {
        return STATUS_REGISTRY_CORRUPT;
    }
    UNICODE_STRING Name;
    NTSTATUS Status = CmpReadText(At + CmpVkName, CmpGet16(At + CmpVkNameLength),
                                  (CmpGet16(At + CmpVkFlags) & CMP_VK_LATIN1) != 0, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    hive_type Type;
    size_t Length = 0;
    char *Data = hivex_value_value(Read->Hive, Cell, &Type, &Length);
    if (Data == NULL) {
        Status = CmpHivexStatus();
    } else if (Length > CMP_DATA_MAX || Name.Length > CMP_VALUE_NAME_MAX ||
               !NT_SUCCESS(CmpSpend(Read, CmpVkName + (Length > 4 ? Length : 0)))) {
        Status = STATUS_REGISTRY_CORRUPT;
    } else {
        Status =
            CmpSetValue(Read->State, Key, &Name, CmpGet32(At + CmpVkType), Data, (ULONG)Length);
    }
    free(Data);
    ntsim__release(Name.Buffer);
    return Status;
}

static NTSTATUS CmpReadValues(struct CMP_READ *Read, struct CMP_KEY *Key, SIZE_T Cell)
{
    hive_value_h *Values = hivex_node_values(Read->Hive, Cell);
    NTSTATUS Status = Values != NULL ? STATUS_SUCCESS : CmpHivexStatus();
    for (SIZE_T Index = 0; NT_SUCCESS(Status) && Values[Index] != 0; Index++) {
        Status = CmpReadValue(Read, Key, Values[Index]);
    }
    free(Values);
    return Status;
}

static NTSTATUS CmpReadKey(struct CMP_READ *Read, struct CMP_KEY *Parent, SIZE_T Cell, ULONG Depth,
                           struct CMP_KEY **Out);

/* Recursion is as deep as keys nest, CMP_DEPTH_MAX. */
static NTSTATUS CmpReadSubkeys(struct CMP_READ *Read, struct CMP_KEY *Key, SIZE_T Cell, ULONG Depth)
{
    hive_node_h *Nodes = hivex_node_children(Read->Hive, Cell);
    NTSTATUS Status = Nodes != NULL ? STATUS_SUCCESS : CmpHivexStatus();
    for (SIZE_T Index = 0; NT_SUCCESS(Status) && Nodes[Index] != 0; Index++) {
        struct CMP_KEY *Child;
        Status = CmpReadKey(Read, Key, Nodes[Index], Depth + 1, &Child);
    }
    free(Nodes);
    return Status;
}

/* A key without its values and subkeys. */
static NTSTATUS CmpMakeReadKey(struct CMP_READ *Read, struct CMP_KEY *Parent, SIZE_T Cell,
                               struct CMP_KEY **Out)
{
    UNICODE_STRING Name, Class = {0, 0, NULL};
    NTSTATUS Status = CmpReadKeyName(Read, Cell, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Parent != NULL && CmpFindChild(Parent, &Name) != NULL) {
        Status = STATUS_REGISTRY_CORRUPT; /* T3 */
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpReadClass(Read, Cell, &Class);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpSpend(Read, CmpNkName + (SIZE_T)Class.Length);
    }
    if (NT_SUCCESS(Status)) {
        ULONG Flags =
            (CmpGet16(Read->File + Cell + CmpNkFlags) & CMP_NK_LINK) != 0 ? CMP_KEY_LINK : 0;
        Status = CmpCreateChild(Read->State, Parent, &Name, &Class, Flags, Out);
    }
    ntsim__release(Class.Buffer);
    ntsim__release(Name.Buffer);
    return Status;
}

/* On failure what was read stays below Parent, if there is one: whoever began takes it all. */
static NTSTATUS CmpReadKey(struct CMP_READ *Read, struct CMP_KEY *Parent, SIZE_T Cell, ULONG Depth,
                           struct CMP_KEY **Out)
{
    if (Depth > CMP_DEPTH_MAX) {
        return STATUS_REGISTRY_CORRUPT;
    }
    NTSTATUS Status = CmpMakeReadKey(Read, Parent, Cell, Out);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReadSecurity(Read, *Out, Cell);
    if (NT_SUCCESS(Status)) {
        Status = CmpReadValues(Read, *Out, Cell);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpReadSubkeys(Read, *Out, Cell, Depth);
    }
    (*Out)->LastWriteTime = CmpGet64(Read->File + Cell + CmpNkTime);
    return Status;
}

/* libhivex opens files: Bytes as one that has no name any more once it is open. */
static NTSTATUS CmpOpenHive(struct CMP_READ *Read)
{
    const char *Directory = getenv("TMPDIR");
    char Path[1024];
    int Length = snprintf(Path, sizeof(Path), "%s/ntcallback-hive-XXXXXX",
                          Directory != NULL && Directory[0] != '\0' ? Directory : "/tmp");
    int File = Length < 0 || (size_t)Length >= sizeof(Path) ? -1 : mkstemp(Path);
    if (File < 0) {
        return STATUS_REGISTRY_IO_FAILED;
    }
    SIZE_T Done = 0;
    ssize_t Now = 1;
    while (Done < Read->Count && Now > 0) {
        Now = write(File, Read->File + Done, Read->Count - Done);
        Done += Now > 0 ? (SIZE_T)Now : 0;
    }
    close(File);
    NTSTATUS Status = STATUS_REGISTRY_IO_FAILED;
    if (Done == Read->Count) {
        errno = 0;
        Read->Hive = hivex_open(Path, 0);
        Status = Read->Hive != NULL ? STATUS_SUCCESS : CmpHivexStatus();
    }
    unlink(Path);
    return Status;
}

NTSTATUS CmpReadHive(struct CMP_STATE *State, const void *Bytes, SIZE_T Count,
                     struct CMP_KEY **Root)
{
    struct CMP_READ Read = {.State = State, .File = Bytes, .Count = Count};
    struct CMP_KEY *Key = NULL;
    if (Count < CMP_REGF_BASE || memcmp(Bytes, "regf", 4) != 0) {
        return STATUS_NOT_REGISTRY_FILE;
    }
    NTSTATUS Status = CmpOpenHive(&Read);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    SIZE_T Cell = hivex_root(Read.Hive);
    Status = Cell != 0 ? CmpReadKey(&Read, NULL, Cell, 1, &Key) : CmpHivexStatus();
    hivex_close(Read.Hive);
    if (!NT_SUCCESS(Status) && Key != NULL) {
        CmpUnlinkTree(State, Key);
    } else if (NT_SUCCESS(Status)) {
        *Root = Key;
    }
    return Status;
}
