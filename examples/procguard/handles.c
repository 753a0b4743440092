/* SPDX-License-Identifier: MIT
 *
 * handles.c - a protected process, and its threads, cannot be ended or changed through handles that
 * other processes open or are given.
 *
 * Taken from such a handle are the rights below, whether it is opened or duplicated. Left alone are
 * handles of the kernel's, which drivers open, and the process's own.
 */
#include "procguard.h"

/* Of the group "FSFilter Activity Monitor". A product gets its own from Microsoft. */
#define PG_ALTITUDE L"363030.4711"

#define PG_PROCESS_RIGHTS                                                                  \
    (PROCESS_TERMINATE | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_WRITE | \
     PROCESS_DUP_HANDLE | PROCESS_SUSPEND_RESUME)
#define PG_THREAD_RIGHTS (THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT)

static PVOID PgRegistration;

/* Who gets the handle. */
static HANDLE PgReceiver(_In_ POB_PRE_OPERATION_INFORMATION Information)
{
    return Information->Operation == OB_OPERATION_HANDLE_CREATE
               ? PsGetCurrentProcessId()
               : PsGetProcessId(Information->Parameters->DuplicateHandleInformation.TargetProcess);
}

/* Whose object it is. */
static HANDLE PgOwner(_In_ POB_PRE_OPERATION_INFORMATION Information)
{
    return Information->ObjectType == *PsProcessType ? PsGetProcessId(Information->Object)
                                                     : PsGetThreadProcessId(Information->Object);
}

static OB_PREOP_CALLBACK_STATUS NTAPI
PgPreOperation(_In_ PVOID RegistrationContext, _Inout_ POB_PRE_OPERATION_INFORMATION Information)
{
    ACCESS_MASK Rights =
        Information->ObjectType == *PsProcessType ? PG_PROCESS_RIGHTS : PG_THREAD_RIGHTS;
    HANDLE Owner = PgOwner(Information);
    PROCGUARD_PROCESS Process;
    PACCESS_MASK Desired;

    UNREFERENCED_PARAMETER(RegistrationContext);
    if (Information->KernelHandle || Owner == PgReceiver(Information) ||
        !PgLookup(Owner, &Process) || (Process.Flags & PROCGUARD_PROTECTED) == 0)
        return OB_PREOP_SUCCESS;
    Desired = Information->Operation == OB_OPERATION_HANDLE_CREATE
                  ? &Information->Parameters->CreateHandleInformation.DesiredAccess
                  : &Information->Parameters->DuplicateHandleInformation.DesiredAccess;
    if ((*Desired & Rights) != 0) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL,
                   "procguard: process %Iu does not get 0x%08X to process %u\n",
                   (ULONG_PTR)PgReceiver(Information), *Desired & Rights, Process.ProcessId);
        *Desired &= ~Rights;
    }
    return OB_PREOP_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS PgGuardHandles(VOID)
{
    OB_OPERATION_REGISTRATION Operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, PgPreOperation,
         NULL},
        {PsThreadType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, PgPreOperation,
         NULL},
    };
    OB_CALLBACK_REGISTRATION Registration = {
        .Version = OB_FLT_REGISTRATION_VERSION,
        .OperationRegistrationCount = RTL_NUMBER_OF(Operations),
        .Altitude = RTL_CONSTANT_STRING(PG_ALTITUDE),
        .OperationRegistration = Operations,
    };

    return ObRegisterCallbacks(&Registration, &PgRegistration);
}

_Use_decl_annotations_ VOID PgReleaseHandles(VOID)
{
    ObUnRegisterCallbacks(PgRegistration);
    PgRegistration = NULL;
}
