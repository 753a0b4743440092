/* SPDX-License-Identifier: MIT
 *
 * reg_txnkit.h - what the cases about transactions share: a transaction, keys in it, and a resource
 * manager that writes down what it is told.
 */
#ifndef REG_TXNKIT_H
#define REG_TXNKIT_H

#include "regwatch.h"

static inline HANDLE NewTransaction(void)
{
    HANDLE Transaction;
    EXPECT_SUCCESS(NtCreateTransaction(&Transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0,
                                       0, NULL, NULL));
    return Transaction;
}

static inline VOID Commit(HANDLE Transaction)
{
    EXPECT_SUCCESS(NtCommitTransaction(Transaction, TRUE));
    Close(Transaction);
}

static inline VOID Rollback(HANDLE Transaction)
{
    EXPECT_SUCCESS(NtRollbackTransaction(Transaction, TRUE));
    Close(Transaction);
}

static inline NTSTATUS CreateIn(HANDLE Transaction, PHANDLE Key, HANDLE Root, PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Object = Attributes(Root, Name, OBJ_CASE_INSENSITIVE);
    return NtCreateKeyTransacted(Key, KEY_ALL_ACCESS, &Object, 0, NULL, 0, Transaction, NULL);
}

static inline NTSTATUS OpenIn(HANDLE Transaction, PHANDLE Key, HANDLE Root, PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Object = Attributes(Root, Name, OBJ_CASE_INSENSITIVE);
    return NtOpenKeyTransacted(Key, KEY_ALL_ACCESS, &Object, Transaction);
}

static inline HANDLE MakeKeyIn(HANDLE Transaction, HANDLE Root, PUNICODE_STRING Name)
{
    HANDLE Key;
    EXPECT_SUCCESS(CreateIn(Transaction, &Key, Root, Name));
    return Key;
}

/* The key that cases work in, bound to Transaction. */
static inline HANDLE OpenBaseIn(HANDLE Transaction)
{
    HANDLE Key;
    EXPECT_SUCCESS(OpenIn(Transaction, &Key, NULL, STR(BASE)));
    return Key;
}

static inline NTSTATUS ProbeValue(HANDLE Key, PUNICODE_STRING Name, PULONG Value)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[64];
    } Buffer;
    ULONG ResultLength;
    NTSTATUS Status = NtQueryValueKey(Key, Name, KeyValuePartialInformation, &Buffer,
                                      sizeof(Buffer), &ResultLength);
    if (NT_SUCCESS(Status)) {
        memcpy(Value, Buffer.Partial.Data, sizeof(*Value));
    }
    return Status;
}

static inline VOID ExpectDword(HANDLE Key, PUNICODE_STRING Name, ULONG Expected)
{
    ULONG Value = 0;
    EXPECT_SUCCESS(ProbeValue(Key, Name, &Value));
    EXPECT_EQ(Value, Expected);
}

static inline PVOID ObjectOf(HANDLE Handle)
{
    PVOID Object;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL));
    ObDereferenceObject(Object);
    return Object;
}

/* ---- a resource manager ---- */

struct MANAGER {
    HANDLE Tm;
    HANDLE Rm;
    BOOLEAN Silent; /* does not answer */
    ULONG Count;
    ULONG Told[8];
    PVOID Context[8]; /* TransactionContext */
    PKENLISTMENT Enlistment;
    NTSTATUS Answer; /* what the Tm...Complete routine said */
};

static inline NTSTATUS NTAPI ManagerCallback(PKENLISTMENT Enlistment, PVOID RMContext,
                                             PVOID TransactionContext, ULONG Notification,
                                             PLARGE_INTEGER TmVirtualClock, ULONG ArgumentLength,
                                             PVOID Argument)
{
    struct MANAGER *Manager = RMContext;
    UNREFERENCED_PARAMETER(ArgumentLength);
    UNREFERENCED_PARAMETER(Argument);
    if (Manager->Count < RTL_NUMBER_OF(Manager->Told)) {
        Manager->Told[Manager->Count] = Notification;
        Manager->Context[Manager->Count] = TransactionContext;
    }
    Manager->Count++;
    Manager->Enlistment = Enlistment;
    if (!Manager->Silent) {
        Manager->Answer = Notification == TRANSACTION_NOTIFY_COMMIT
                              ? TmCommitComplete(Enlistment, TmVirtualClock)
                              : TmRollbackComplete(Enlistment, TmVirtualClock);
    }
    return STATUS_SUCCESS;
}

static inline VOID ManagerBegin(struct MANAGER *Manager)
{
    UUID Uuid;
    *Manager = (struct MANAGER){.Answer = STATUS_UNSUCCESSFUL};
    EXPECT_SUCCESS(ZwCreateTransactionManager(&Manager->Tm, TRANSACTIONMANAGER_ALL_ACCESS, NULL,
                                              NULL, TRANSACTION_MANAGER_VOLATILE, 0));
    EXPECT_SUCCESS(ExUuidCreate(&Uuid));
    EXPECT_SUCCESS(ZwCreateResourceManager(&Manager->Rm, RESOURCEMANAGER_ALL_ACCESS, Manager->Tm,
                                           &Uuid, NULL, RESOURCE_MANAGER_VOLATILE, NULL));
    EXPECT_SUCCESS(TmEnableCallbacks(ObjectOf(Manager->Rm), ManagerCallback, Manager));
}

static inline VOID ManagerEnd(const struct MANAGER *Manager)
{
    EXPECT_SUCCESS(ZwClose(Manager->Rm));
    EXPECT_SUCCESS(ZwClose(Manager->Tm));
}

static inline NTSTATUS Enlist(const struct MANAGER *Manager, HANDLE Transaction, ULONG Mask,
                              PVOID Context)
{
    HANDLE Enlistment;
    NTSTATUS Status = ZwCreateEnlistment(&Enlistment, ENLISTMENT_ALL_ACCESS, Manager->Rm,
                                         Transaction, NULL, 0, Mask, Context);
    if (NT_SUCCESS(Status)) {
        EXPECT_SUCCESS(ZwClose(Enlistment));
    }
    return Status;
}

#endif
