/* SPDX-License-Identifier: MIT */

//
// lookas - what registry calls came to, by process. Every pre notification takes a record from a
// look-aside list and hands it to its post notification as the call context. The totals are behind
// an ERESOURCE: many read or count in a row that exists, one makes a new row.
//

#include <ntddk.h>

#define LA_TAG 'aKoL'

typedef struct _LA_CALL
{
    HANDLE  ProcessId;
    BOOLEAN Write;

} LA_CALL, *PLA_CALL;

typedef struct _LA_ROW
{
    SINGLE_LIST_ENTRY Link;
    HANDLE  ProcessId;
    LONG    Reads;
    LONG    Writes;
    LONG    Failures;

} LA_ROW, *PLA_ROW;

static NPAGED_LOOKASIDE_LIST    LaCalls;
static PAGED_LOOKASIDE_LIST     LaRows;
static ERESOURCE                LaLock;
static SINGLE_LIST_ENTRY        LaHead;
static LARGE_INTEGER            LaCookie;
static LONG                     LaInFlight;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD LaUnload;
EX_CALLBACK_FUNCTION LaCallback;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, LaUnload)
#pragma alloc_text(PAGE, LaCallback)
#endif

static PLA_ROW LaFind(HANDLE ProcessId)
{
    PSINGLE_LIST_ENTRY Link;

    for (Link = LaHead.Next; Link != NULL; Link = Link->Next)
    {
        PLA_ROW Row = CONTAINING_RECORD(Link, LA_ROW, Link);

        if (Row->ProcessId == ProcessId)
        {
            return Row;
        }
    }
    return NULL;
}

static VOID LaCount(const LA_CALL *Call, NTSTATUS Status)
{
    PLA_ROW Row;

    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&LaLock, TRUE);
    Row = LaFind(Call->ProcessId);
    if (Row == NULL)
    {
        ExReleaseResourceLite(&LaLock);
        ExAcquireResourceExclusiveLite(&LaLock, TRUE);
        Row = LaFind(Call->ProcessId);      // somebody may have been faster
        if (Row == NULL)
        {
            Row = (PLA_ROW)ExAllocateFromPagedLookasideList(&LaRows);
            if (Row != NULL)
            {
                RtlZeroMemory(Row, sizeof(*Row));
                Row->ProcessId = Call->ProcessId;
                PushEntryList(&LaHead, &Row->Link);
            }
        }
        ExConvertExclusiveToSharedLite(&LaLock);
    }
    if (Row != NULL)
    {
        InterlockedIncrement(Call->Write ? &Row->Writes : &Row->Reads);
        if (!NT_SUCCESS(Status))
        {
            InterlockedIncrement(&Row->Failures);
        }
    }
    ExReleaseResourceLite(&LaLock);
    KeLeaveCriticalRegion();
}

static PVOID LaBegin(BOOLEAN Write)
{
    PLA_CALL Call = (PLA_CALL)ExAllocateFromNPagedLookasideList(&LaCalls);

    if (Call != NULL)
    {
        Call->ProcessId = PsGetCurrentProcessId();
        Call->Write = Write;
        InterlockedIncrement(&LaInFlight);
    }
    return Call;
}

static VOID LaEnd(PREG_POST_OPERATION_INFORMATION Post)
{
    PLA_CALL Call = (PLA_CALL)Post->CallContext;

    if (Call == NULL)
    {
        return;                             // no memory then, or it began before the driver did
    }
    LaCount(Call, Post->Status);
    ExFreeToNPagedLookasideList(&LaCalls, Call);
    InterlockedDecrement(&LaInFlight);
}

NTSTATUS LaCallback(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(CallbackContext);
    PAGED_CODE();

    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1)
    {
    case RegNtPreSetValueKey:
        ((PREG_SET_VALUE_KEY_INFORMATION)Argument2)->CallContext = LaBegin(TRUE);
        break;
    case RegNtPreDeleteValueKey:
        ((PREG_DELETE_VALUE_KEY_INFORMATION)Argument2)->CallContext = LaBegin(TRUE);
        break;
    case RegNtPreQueryValueKey:
        ((PREG_QUERY_VALUE_KEY_INFORMATION)Argument2)->CallContext = LaBegin(FALSE);
        break;
    case RegNtPostSetValueKey:
    case RegNtPostDeleteValueKey:
    case RegNtPostQueryValueKey:
        LaEnd((PREG_POST_OPERATION_INFORMATION)Argument2);
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

static VOID LaFreeAll(VOID)
{
    PSINGLE_LIST_ENTRY Link;

    while ((Link = PopEntryList(&LaHead)) != NULL)
    {
        PLA_ROW Row = CONTAINING_RECORD(Link, LA_ROW, Link);

        DbgPrint("lookas: %Iu: %ld read, %ld written, %ld failed\n", (ULONG_PTR)Row->ProcessId,
                 Row->Reads, Row->Writes, Row->Failures);
        ExFreeToPagedLookasideList(&LaRows, Row);
    }
    ExDeleteResourceLite(&LaLock);
    ExDeletePagedLookasideList(&LaRows);
    ExDeleteNPagedLookasideList(&LaCalls);
}

VOID LaUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();

    CmUnRegisterCallback(LaCookie);
    DbgPrint("lookas: %ld in flight\n", LaInFlight);
    LaFreeAll();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"360111");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = ExInitializeResourceLite(&LaLock);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    ExInitializeNPagedLookasideList(&LaCalls, NULL, NULL, 0, sizeof(LA_CALL), LA_TAG, 0);
    ExInitializePagedLookasideList(&LaRows, NULL, NULL, 0, sizeof(LA_ROW), LA_TAG, 0);

    Status = CmRegisterCallbackEx(LaCallback, &Altitude, DriverObject, NULL, &LaCookie, NULL);
    if (!NT_SUCCESS(Status))
    {
        LaFreeAll();
        return Status;
    }
    DriverObject->DriverUnload = LaUnload;
    return STATUS_SUCCESS;
}
