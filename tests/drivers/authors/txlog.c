/*++
SPDX-License-Identifier: MIT

Module Name:

    txlog.c

Abstract:

    Logs values as they are set. What is set in a transaction is logged when the transaction
    commits, and never if it rolls back: the driver is a volatile resource manager of the kernel
    transaction manager and enlists in each transaction that it first meets in a notification.

Environment:

    Kernel mode only. Windows Vista or later.

--*/

#include <ntifs.h>

#define TXL_TAG 'gLxT'

typedef struct _TXL_ENTRY {

    LIST_ENTRY  ListEntry;
    UNICODE_STRING Name;            // the characters follow the entry

} TXL_ENTRY, *PTXL_ENTRY;

//
// What was done in one transaction. Lives from the first notification to the outcome.
//

typedef struct _TXL_TRANSACTION {

    LIST_ENTRY  ListEntry;
    PVOID       Transaction;        // compared only
    LIST_ENTRY  Entries;

} TXL_TRANSACTION, *PTXL_TRANSACTION;

typedef struct _TXL_GLOBALS {

    LARGE_INTEGER Cookie;
    HANDLE      TmHandle;
    HANDLE      RmHandle;
    PKRESOURCEMANAGER Rm;
    KGUARDED_MUTEX Lock;
    LIST_ENTRY  Transactions;

} TXL_GLOBALS, *PTXL_GLOBALS;

TXL_GLOBALS TxlGlobals;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD TxlUnload;
EX_CALLBACK_FUNCTION TxlCallback;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, TxlUnload)
#pragma alloc_text(PAGE, TxlCallback)
#endif

static
VOID
TxlEndTransaction (
    _Inout_ PTXL_TRANSACTION Context,
    _In_ BOOLEAN Log
    )
{
    while (!IsListEmpty( &Context->Entries )) {

        PTXL_ENTRY entry = CONTAINING_RECORD( RemoveHeadList( &Context->Entries ),
                                              TXL_ENTRY,
                                              ListEntry );
        if (Log) {

            DbgPrint( "txlog: committed %wZ\n", &entry->Name );
        }

        ExFreePoolWithTag( entry, TXL_TAG );
    }

    ExFreePoolWithTag( Context, TXL_TAG );
}

static
NTSTATUS
NTAPI
TxlOutcome (
    _In_ PKENLISTMENT EnlistmentObject,
    _In_ PVOID RMContext,
    _In_ PVOID TransactionContext,
    _In_ ULONG TransactionNotification,
    _Inout_ PLARGE_INTEGER TmVirtualClock,
    _In_ ULONG ArgumentLength,
    _In_ PVOID Argument
    )
{
    PTXL_GLOBALS globals = RMContext;
    PTXL_TRANSACTION context = TransactionContext;

    UNREFERENCED_PARAMETER( ArgumentLength );
    UNREFERENCED_PARAMETER( Argument );

    KeAcquireGuardedMutex( &globals->Lock );
    RemoveEntryList( &context->ListEntry );
    KeReleaseGuardedMutex( &globals->Lock );

    if (FlagOn( TransactionNotification, TRANSACTION_NOTIFY_COMMIT )) {

        TxlEndTransaction( context, TRUE );
        return TmCommitComplete( EnlistmentObject, TmVirtualClock );
    }

    DbgPrint( "txlog: rolled back\n" );
    TxlEndTransaction( context, FALSE );
    return TmRollbackComplete( EnlistmentObject, TmVirtualClock );
}

static
NTSTATUS
TxlEnlist (
    _In_ PVOID Transaction,
    _In_ PTXL_TRANSACTION Context
    )
{
    HANDLE transactionHandle = NULL;
    HANDLE enlistmentHandle = NULL;
    NTSTATUS status;

    status = ObOpenObjectByPointer( Transaction,
                                    OBJ_KERNEL_HANDLE,
                                    NULL,
                                    TRANSACTION_ENLIST,
                                    *TmTransactionObjectType,
                                    KernelMode,
                                    &transactionHandle );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = ZwCreateEnlistment( &enlistmentHandle,
                                 ENLISTMENT_ALL_ACCESS,
                                 TxlGlobals.RmHandle,
                                 transactionHandle,
                                 NULL,
                                 0,
                                 TRANSACTION_NOTIFY_COMMIT | TRANSACTION_NOTIFY_ROLLBACK,
                                 Context );

Exit:

    if (enlistmentHandle != NULL) {

        ZwClose( enlistmentHandle );
    }

    if (transactionHandle != NULL) {

        ZwClose( transactionHandle );
    }

    return status;
}

//
// The context of the transaction, or NULL. The lock is held.
//

static
PTXL_TRANSACTION
TxlFindTransaction (
    _In_ PVOID Transaction
    )
{
    PTXL_TRANSACTION context;
    PLIST_ENTRY link;

    for (link = TxlGlobals.Transactions.Flink;
         link != &TxlGlobals.Transactions;
         link = link->Flink) {

        context = CONTAINING_RECORD( link, TXL_TRANSACTION, ListEntry );
        if (context->Transaction == Transaction) {

            return context;
        }
    }

    return NULL;
}

//
// The first that is done in a transaction. One thread works in it at a time. Zw routines want
// special APCs, which a guarded mutex keeps off: enlist without it.
//

static
VOID
TxlMeetTransaction (
    _In_ PVOID Transaction,
    _In_ PTXL_ENTRY Entry
    )
{
    PTXL_TRANSACTION context;

    context = ExAllocatePoolWithTag( PagedPool, sizeof( *context ), TXL_TAG );
    if (context == NULL) {

        ExFreePoolWithTag( Entry, TXL_TAG );
        return;
    }

    context->Transaction = Transaction;
    InitializeListHead( &context->Entries );
    InsertTailList( &context->Entries, &Entry->ListEntry );

    KeAcquireGuardedMutex( &TxlGlobals.Lock );
    InsertTailList( &TxlGlobals.Transactions, &context->ListEntry );
    KeReleaseGuardedMutex( &TxlGlobals.Lock );

    if (!NT_SUCCESS( TxlEnlist( Transaction, context ) )) {

        KeAcquireGuardedMutex( &TxlGlobals.Lock );
        RemoveEntryList( &context->ListEntry );
        KeReleaseGuardedMutex( &TxlGlobals.Lock );
        TxlEndTransaction( context, FALSE );
    }
}

_Use_decl_annotations_
NTSTATUS
TxlCallback (
    PVOID CallbackContext,
    PVOID Argument1,
    PVOID Argument2
    )
{
    PREG_SET_VALUE_KEY_INFORMATION info = Argument2;
    PTXL_TRANSACTION context = NULL;
    PTXL_ENTRY entry;
    PVOID transaction;

    PAGED_CODE();
    UNREFERENCED_PARAMETER( CallbackContext );

    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 != RegNtPreSetValueKey) {

        return STATUS_SUCCESS;
    }

    transaction = CmGetBoundTransaction( &TxlGlobals.Cookie, info->Object );
    if (transaction == NULL) {

        DbgPrint( "txlog: set %wZ\n", info->ValueName );
        return STATUS_SUCCESS;
    }

    entry = ExAllocatePoolWithTag( PagedPool, sizeof( *entry ) + info->ValueName->Length, TXL_TAG );
    if (entry == NULL) {

        return STATUS_SUCCESS;
    }

    entry->Name.Buffer = (PWCH)(entry + 1);
    entry->Name.Length = 0;
    entry->Name.MaximumLength = info->ValueName->Length;
    RtlCopyUnicodeString( &entry->Name, info->ValueName );

    KeAcquireGuardedMutex( &TxlGlobals.Lock );
    context = TxlFindTransaction( transaction );
    if (context != NULL) {

        InsertTailList( &context->Entries, &entry->ListEntry );
        entry = NULL;
    }
    KeReleaseGuardedMutex( &TxlGlobals.Lock );

    if (entry == NULL) {

        return STATUS_SUCCESS;
    }

    TxlMeetTransaction( transaction, entry );
    return STATUS_SUCCESS;
}

static
VOID
TxlCloseManagers (
    VOID
    )
{
    if (TxlGlobals.Rm != NULL) {

        ObDereferenceObject( TxlGlobals.Rm );
    }

    if (TxlGlobals.RmHandle != NULL) {

        ZwClose( TxlGlobals.RmHandle );
    }

    if (TxlGlobals.TmHandle != NULL) {

        ZwClose( TxlGlobals.TmHandle );
    }
}

_Use_decl_annotations_
VOID
TxlUnload (
    PDRIVER_OBJECT DriverObject
    )
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER( DriverObject );

    CmUnRegisterCallback( TxlGlobals.Cookie );
    NT_ASSERT( IsListEmpty( &TxlGlobals.Transactions ) );
    TxlCloseManagers();
}

_Use_decl_annotations_
NTSTATUS
DriverEntry (
    PDRIVER_OBJECT DriverObject,
    PUNICODE_STRING RegistryPath
    )
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING( L"385200" );
    UUID rmGuid;
    NTSTATUS status;

    UNREFERENCED_PARAMETER( RegistryPath );

    KeInitializeGuardedMutex( &TxlGlobals.Lock );
    InitializeListHead( &TxlGlobals.Transactions );
    DriverObject->DriverUnload = TxlUnload;

    status = ZwCreateTransactionManager( &TxlGlobals.TmHandle, TRANSACTIONMANAGER_ALL_ACCESS, NULL,
                                         NULL, TRANSACTION_MANAGER_VOLATILE, 0 );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = ExUuidCreate( &rmGuid );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = ZwCreateResourceManager( &TxlGlobals.RmHandle, RESOURCEMANAGER_ALL_ACCESS,
                                      TxlGlobals.TmHandle, &rmGuid, NULL,
                                      RESOURCE_MANAGER_VOLATILE, NULL );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = ObReferenceObjectByHandle( TxlGlobals.RmHandle, 0, *TmResourceManagerObjectType,
                                        KernelMode, (PVOID *)&TxlGlobals.Rm, NULL );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = TmEnableCallbacks( TxlGlobals.Rm, TxlOutcome, &TxlGlobals );
    if (!NT_SUCCESS( status )) {

        goto Exit;
    }

    status = CmRegisterCallbackEx( TxlCallback, &altitude, DriverObject, NULL, &TxlGlobals.Cookie,
                                   NULL );

Exit:

    if (!NT_SUCCESS( status )) {

        TxlCloseManagers();
    }

    return status;
}
