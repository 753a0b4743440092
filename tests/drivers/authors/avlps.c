/* SPDX-License-Identifier: MIT */
/* avlps.c : processes by id in an AVL table, with the images that each has loaded.
 *
 * ResTab_* : table, under a fast mutex      Nfy_* : notifications      Drv_* : the driver
 */
#include <ntifs.h>

#define RESTAB_TAG  'lvaP'

typedef struct ResEntry {
    HANDLE      hPid;
    HANDLE      hParent;
    ULONG       cImages;
    ULONGLONG   cbImages;
    LARGE_INTEGER tCreated;
} ResEntry;

static RTL_AVL_TABLE    s_table;
static FAST_MUTEX       s_mutex;
static ULONG            s_cAllocations;
static ULONG            s_cUnknown;     /* images of processes from before us */

/* ------------------------------------------------------------------ table callbacks */

static RTL_AVL_COMPARE_ROUTINE  ResTab_Compare;
static RTL_AVL_ALLOCATE_ROUTINE ResTab_Allocate;
static RTL_AVL_FREE_ROUTINE     ResTab_Free;

static RTL_GENERIC_COMPARE_RESULTS NTAPI
ResTab_Compare(RTL_AVL_TABLE *pTable, PVOID pFirst, PVOID pSecond)
{
    const ResEntry *a = (const ResEntry *)pFirst;
    const ResEntry *b = (const ResEntry *)pSecond;

    UNREFERENCED_PARAMETER(pTable);
    if ((ULONG_PTR)a->hPid < (ULONG_PTR)b->hPid) return GenericLessThan;
    if ((ULONG_PTR)a->hPid > (ULONG_PTR)b->hPid) return GenericGreaterThan;
    return GenericEqual;
}

static PVOID NTAPI
ResTab_Allocate(RTL_AVL_TABLE *pTable, CLONG cb)
{
    UNREFERENCED_PARAMETER(pTable);
    s_cAllocations++;
    return ExAllocatePoolWithTag(PagedPool, cb, RESTAB_TAG);
}

static VOID NTAPI
ResTab_Free(RTL_AVL_TABLE *pTable, PVOID p)
{
    UNREFERENCED_PARAMETER(pTable);
    s_cAllocations--;
    ExFreePoolWithTag(p, RESTAB_TAG);
}

/* ------------------------------------------------------------------ table */

static ResEntry *
ResTab_Lookup(HANDLE hPid)      /* mutex held */
{
    ResEntry key;

    key.hPid = hPid;
    return (ResEntry *)RtlLookupElementGenericTableAvl(&s_table, &key);
}

static VOID
ResTab_Print(VOID)              /* mutex held; by id, which is the order of the tree */
{
    ResEntry *pEntry;
    PVOID     pRestart = NULL;

    for (pEntry = (ResEntry *)RtlEnumerateGenericTableWithoutSplayingAvl(&s_table, &pRestart);
         pEntry != NULL;
         pEntry = (ResEntry *)RtlEnumerateGenericTableWithoutSplayingAvl(&s_table, &pRestart))
    {
        DbgPrint("avlps: %Iu child of %Iu: %lu images, %I64u bytes\n", (ULONG_PTR)pEntry->hPid,
                 (ULONG_PTR)pEntry->hParent, pEntry->cImages, pEntry->cbImages);
    }
}

static VOID
ResTab_Clear(VOID)              /* mutex held */
{
    PVOID pEntry;

    while ((pEntry = RtlGetElementGenericTableAvl(&s_table, 0)) != NULL)
        RtlDeleteElementGenericTableAvl(&s_table, pEntry);
}

/* ------------------------------------------------------------------ notifications */

static VOID NTAPI
Nfy_Process(HANDLE hParent, HANDLE hPid, BOOLEAN fCreate)
{
    ResEntry entry;
    BOOLEAN  fNew = FALSE;

    RtlZeroMemory(&entry, sizeof(entry));
    entry.hPid = hPid;
    entry.hParent = hParent;
    if (fCreate)
        KeQuerySystemTime(&entry.tCreated);

    ExAcquireFastMutex(&s_mutex);
    if (!fCreate)
        (VOID)RtlDeleteElementGenericTableAvl(&s_table, &entry);
    else if (RtlInsertElementGenericTableAvl(&s_table, &entry, sizeof(entry), &fNew) && !fNew)
        DbgPrint("avlps: %Iu is there already\n", (ULONG_PTR)hPid);
    ExReleaseFastMutex(&s_mutex);
}

static VOID NTAPI
Nfy_Image(PUNICODE_STRING pName, HANDLE hPid, PIMAGE_INFO pInfo)
{
    ResEntry *pEntry;

    UNREFERENCED_PARAMETER(pName);
    if (pInfo->SystemModeImage)
        return;
    ExAcquireFastMutex(&s_mutex);
    pEntry = ResTab_Lookup(hPid);
    if (pEntry != NULL) {
        pEntry->cImages++;
        pEntry->cbImages += pInfo->ImageSize;
    } else {
        s_cUnknown++;
    }
    ExReleaseFastMutex(&s_mutex);
}

/* ------------------------------------------------------------------ driver */

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Drv_Unload;

static VOID
Drv_Unload(PDRIVER_OBJECT pDriver)
{
    UNREFERENCED_PARAMETER(pDriver);
    (VOID)PsRemoveLoadImageNotifyRoutine(Nfy_Image);
    (VOID)PsSetCreateProcessNotifyRoutine(Nfy_Process, TRUE);

    ExAcquireFastMutex(&s_mutex);
    DbgPrint("avlps: %lu processes, %lu unknown\n", RtlNumberGenericTableElementsAvl(&s_table),
             s_cUnknown);
    ResTab_Print();
    ResTab_Clear();
    NT_ASSERT(RtlIsGenericTableEmptyAvl(&s_table) && s_cAllocations == 0);
    ExReleaseFastMutex(&s_mutex);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT pDriver, PUNICODE_STRING pRegistryPath)
{
    NTSTATUS status;

    UNREFERENCED_PARAMETER(pRegistryPath);
    ExInitializeFastMutex(&s_mutex);
    RtlInitializeGenericTableAvl(&s_table, ResTab_Compare, ResTab_Allocate, ResTab_Free, NULL);
    pDriver->DriverUnload = Drv_Unload;

    status = PsSetCreateProcessNotifyRoutine(Nfy_Process, FALSE);
    if (NT_SUCCESS(status)) {
        status = PsSetLoadImageNotifyRoutine(Nfy_Image);
        if (!NT_SUCCESS(status))
            (VOID)PsSetCreateProcessNotifyRoutine(Nfy_Process, TRUE);
    }
    return status;
}
