// SPDX-License-Identifier: MIT
//
// dynimp: one binary for every Windows. Nothing is imported but MmGetSystemRoutineAddress; what
// this machine has is looked up by name, and the newest way of doing each thing is used.
//
#include <wdm.h>
#include <ntddk.h>

typedef NTSTATUS (NTAPI *PFN_SetProcessNotify)(PCREATE_PROCESS_NOTIFY_ROUTINE, BOOLEAN);
typedef NTSTATUS (NTAPI *PFN_SetProcessNotifyEx)(PCREATE_PROCESS_NOTIFY_ROUTINE_EX, BOOLEAN);
typedef NTSTATUS (NTAPI *PFN_CmRegisterCallback)(PEX_CALLBACK_FUNCTION, PVOID, PLARGE_INTEGER);
typedef NTSTATUS (NTAPI *PFN_CmRegisterCallbackEx)(PEX_CALLBACK_FUNCTION, PCUNICODE_STRING, PVOID,
                                                   PVOID, PLARGE_INTEGER, PVOID);
typedef NTSTATUS (NTAPI *PFN_CmUnRegisterCallback)(LARGE_INTEGER);
typedef ULONG    (*PFN_DbgPrint)(PCSTR, ...);
typedef PVOID    (NTAPI *PFN_ExAllocatePoolWithTag)(POOL_TYPE, SIZE_T, ULONG);
typedef PVOID    (NTAPI *PFN_ExAllocatePool2)(POOL_FLAGS, SIZE_T, ULONG);
typedef VOID     (NTAPI *PFN_ExFreePoolWithTag)(PVOID, ULONG);

static struct
{
    PFN_DbgPrint              pDbgPrint;
    PFN_ExFreePoolWithTag     pExFreePoolWithTag;
    PFN_ExAllocatePoolWithTag pExAllocatePoolWithTag;
    PFN_ExAllocatePool2       pExAllocatePool2;             // 10 2004
    PFN_SetProcessNotify      pSetProcessNotify;
    PFN_SetProcessNotifyEx    pSetProcessNotifyEx;          // Vista SP1
    PFN_CmRegisterCallback    pCmRegisterCallback;
    PFN_CmRegisterCallbackEx  pCmRegisterCallbackEx;        // Vista
    PFN_CmUnRegisterCallback  pCmUnRegisterCallback;
    PVOID                     pNeverExisted;
} g;

#define NAME(s) { sizeof(s) - sizeof(WCHAR), sizeof(s), (PWCH)s }

static const struct
{
    UNICODE_STRING Name;
    PVOID         *Where;
    BOOLEAN        Required;
} g_Imports[] =
{
    { NAME(L"DbgPrint"),                          (PVOID *)&g.pDbgPrint,              TRUE  },
    { NAME(L"ExFreePoolWithTag"),                 (PVOID *)&g.pExFreePoolWithTag,     TRUE  },
    { NAME(L"ExAllocatePoolWithTag"),             (PVOID *)&g.pExAllocatePoolWithTag, TRUE  },
    { NAME(L"ExAllocatePool2"),                   (PVOID *)&g.pExAllocatePool2,       FALSE },
    { NAME(L"PsSetCreateProcessNotifyRoutine"),   (PVOID *)&g.pSetProcessNotify,      TRUE  },
    { NAME(L"PsSetCreateProcessNotifyRoutineEx"), (PVOID *)&g.pSetProcessNotifyEx,    FALSE },
    { NAME(L"CmRegisterCallback"),                (PVOID *)&g.pCmRegisterCallback,    TRUE  },
    { NAME(L"CmRegisterCallbackEx"),              (PVOID *)&g.pCmRegisterCallbackEx,  FALSE },
    { NAME(L"CmUnRegisterCallback"),              (PVOID *)&g.pCmUnRegisterCallback,  TRUE  },
    { NAME(L"KeMakeCoffee"),                      &g.pNeverExisted,                   FALSE },
};

static LARGE_INTEGER g_Cookie;
static LONG          g_SetValues;
static PLONG         g_Processes;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DynUnload;

static BOOLEAN DynImport(VOID)
{
    ULONG i;

    for (i = 0; i < ARRAYSIZE(g_Imports); i++)
    {
        *g_Imports[i].Where = MmGetSystemRoutineAddress((PUNICODE_STRING)&g_Imports[i].Name);
        if (*g_Imports[i].Where == NULL && g_Imports[i].Required)
            return FALSE;
    }
    return TRUE;
}

static VOID NTAPI OnProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    *g_Processes += Create ? 1 : 0;
}

static VOID NTAPI OnProcessEx(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    *g_Processes += Info != NULL ? 1 : 0;
}

static NTSTATUS NTAPI OnRegistry(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument2);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreSetValueKey)
        g_SetValues++;
    return STATUS_SUCCESS;
}

static VOID DynUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    g.pCmUnRegisterCallback(g_Cookie);
    if (g.pSetProcessNotifyEx != NULL)
        g.pSetProcessNotifyEx(OnProcessEx, TRUE);
    else
        g.pSetProcessNotify(OnProcess, TRUE);
    g.pDbgPrint("dynimp: %ld processes, %ld values\n", *g_Processes, g_SetValues);
    g.pExFreePoolWithTag(g_Processes, 'pmyD');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UNICODE_STRING Altitude = NAME(L"327533.5");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!DynImport())
        return STATUS_PROCEDURE_NOT_FOUND;

    g_Processes = g.pExAllocatePool2 != NULL
                      ? g.pExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(LONG), 'pmyD')
                      : g.pExAllocatePoolWithTag(NonPagedPool, sizeof(LONG), 'pmyD');
    if (g_Processes == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *g_Processes = 0;

    Status = g.pSetProcessNotifyEx != NULL ? g.pSetProcessNotifyEx(OnProcessEx, FALSE)
                                           : g.pSetProcessNotify(OnProcess, FALSE);
    if (NT_SUCCESS(Status))
    {
        Status = g.pCmRegisterCallbackEx != NULL
                     ? g.pCmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &g_Cookie,
                                               NULL)
                     : g.pCmRegisterCallback(OnRegistry, NULL, &g_Cookie);
        if (!NT_SUCCESS(Status))
        {
            if (g.pSetProcessNotifyEx != NULL)
                g.pSetProcessNotifyEx(OnProcessEx, TRUE);
            else
                g.pSetProcessNotify(OnProcess, TRUE);
        }
    }
    if (!NT_SUCCESS(Status))
    {
        g.pExFreePoolWithTag(g_Processes, 'pmyD');
        return Status;
    }

    g.pDbgPrint("dynimp:%s%s%s%s\n",
                g.pSetProcessNotifyEx   != NULL ? " processes-ex" : "",
                g.pCmRegisterCallbackEx != NULL ? " registry-ex" : "",
                g.pExAllocatePool2      != NULL ? " pool2" : "",
                g.pNeverExisted         != NULL ? " coffee" : "");
    DriverObject->DriverUnload = DynUnload;
    return STATUS_SUCCESS;
}
