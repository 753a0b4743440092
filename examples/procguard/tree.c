/* SPDX-License-Identifier: MIT
 *
 * tree.c - processes, by parent and by creator, with their threads and images.
 *
 * A process is in the tree from its creation to its exit. Its parent may be gone before: ids are
 * kept, not pointers, and one that is used again is another process.
 */
#include "procguard.h"

typedef struct _PG_NODE {
    LIST_ENTRY Link;
    PROCGUARD_PROCESS Process;
} PG_NODE, *PPG_NODE;

static FAST_MUTEX PgLock; /* protects the list and what hangs on it */
static LIST_ENTRY PgNodes;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PgFreeTree)
#pragma alloc_text(PAGE, PgProcess)
#pragma alloc_text(PAGE, PgThread)
#pragma alloc_text(PAGE, PgImage)
#endif

VOID PgInitializeTree(VOID)
{
    ExInitializeFastMutex(&PgLock);
    InitializeListHead(&PgNodes);
}

_Use_decl_annotations_ VOID PgFreeTree(VOID)
{
    PAGED_CODE();
    while (!IsListEmpty(&PgNodes)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&PgNodes), PG_NODE, Link), PG_TAG);
    }
}

/* With the lock held. */
static PPG_NODE PgFind(_In_ HANDLE ProcessId)
{
    PLIST_ENTRY Entry;

    for (Entry = PgNodes.Flink; Entry != &PgNodes; Entry = Entry->Flink) {
        PPG_NODE Node = CONTAINING_RECORD(Entry, PG_NODE, Link);

        if (Node->Process.ProcessId == HandleToULong(ProcessId))
            return Node;
    }
    return NULL;
}

_Use_decl_annotations_ BOOLEAN PgLookup(HANDLE ProcessId, PPROCGUARD_PROCESS Process)
{
    PPG_NODE Node;

    ExAcquireFastMutex(&PgLock);
    Node = PgFind(ProcessId);
    if (Node != NULL)
        *Process = Node->Process;
    ExReleaseFastMutex(&PgLock);
    return Node != NULL;
}

/* A name is not always to be had (FileOpenNameAvailable, subsystem processes): such a process is
 * neither protected nor denied. */
static VOID PgCreated(_In_ HANDLE ProcessId, _Inout_ PPS_CREATE_NOTIFY_INFO Info)
{
    PPG_NODE Node;

    if (Info->ImageFileName != NULL && PgIsDenied(Info->ImageFileName)) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
                   "procguard: process %Iu may not start %wZ\n",
                   (ULONG_PTR)Info->CreatingThreadId.UniqueProcess, Info->ImageFileName);
        Info->CreationStatus = STATUS_ACCESS_DENIED;
        return;
    }
    Node = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Node), PG_TAG);
    if (Node == NULL) {
        Info->CreationStatus = STATUS_INSUFFICIENT_RESOURCES; /* rather none than an unknown one */
        return;
    }
    Node->Process.ProcessId = HandleToULong(ProcessId);
    Node->Process.ParentId = HandleToULong(Info->ParentProcessId);
    Node->Process.CreatorId = HandleToULong(Info->CreatingThreadId.UniqueProcess);
    Node->Process.CreatorThreadId = HandleToULong(Info->CreatingThreadId.UniqueThread);
    if (Info->ImageFileName != NULL && PgIsProtected(Info->ImageFileName))
        Node->Process.Flags |= PROCGUARD_PROTECTED;
    if (Node->Process.ParentId != Node->Process.CreatorId)
        Node->Process.Flags |= PROCGUARD_SPOOFED;
    ExAcquireFastMutex(&PgLock);
    InsertTailList(&PgNodes, &Node->Link);
    ExReleaseFastMutex(&PgLock);
}

_Use_decl_annotations_ VOID NTAPI PgProcess(PEPROCESS Process, HANDLE ProcessId,
                                            PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    PPG_NODE Node;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(Process);
    if (CreateInfo != NULL) {
        PgCreated(ProcessId, CreateInfo);
        return;
    }
    ExAcquireFastMutex(&PgLock);
    Node = PgFind(ProcessId); /* none, if it was there before the driver */
    if (Node != NULL)
        RemoveEntryList(&Node->Link);
    ExReleaseFastMutex(&PgLock);
    if (Node != NULL) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL,
                   "procguard: process %u is gone, %u images, %u threads left\n",
                   Node->Process.ProcessId, Node->Process.Images, Node->Process.Threads);
        ExFreePoolWithTag(Node, PG_TAG);
    }
}

_Use_decl_annotations_ VOID NTAPI PgThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    PPG_NODE Node;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(ThreadId);
    ExAcquireFastMutex(&PgLock);
    Node = PgFind(ProcessId);
    if (Node != NULL && Create)
        Node->Process.Threads++;
    else if (Node != NULL && Node->Process.Threads != 0)
        Node->Process.Threads--;
    ExReleaseFastMutex(&PgLock);
}

_Use_decl_annotations_ VOID NTAPI PgImage(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                          PIMAGE_INFO ImageInfo)
{
    PPG_NODE Node;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ImageInfo);
    ExAcquireFastMutex(&PgLock);
    Node = PgFind(ProcessId);
    if (Node != NULL)
        Node->Process.Images++;
    ExReleaseFastMutex(&PgLock);
}
