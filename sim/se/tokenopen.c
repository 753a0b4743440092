/* SPDX-License-Identifier: MIT
 *
 * tokenopen.c - handles to tokens, and the impersonation that there is not.
 */
#include "mm/mmp.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "ps/zw.h"
#include "se/sep.h"

NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                    ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct SEP_TOKEN *Token;
    HANDLE Handle;
    PVOID Process;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    if (Mode != KernelMode) {
        HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    Status = MmpProbe(Mode, TokenHandle, sizeof(*TokenHandle), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = ObpReferenceByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION, *PsProcessType,
                                      Mode, &Process, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Token = PspToken(Process);
    ObpReference(Token, NULL);
    ObpDereference(Process, NULL);
    Status = ObpInsertHandle(Token, ObpMapAccess(*SeTokenObjectType, DesiredAccess),
                             HandleAttributes, &Handle);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Token, NULL);
        return Status;
    }
    Status = MmpCopy(Mode, TokenHandle, &Handle, sizeof(Handle));
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(Handle, Mode);
    }
    return Status;
}

NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                  PHANDLE TokenHandle)
{
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

NTSTATUS NTAPI ZwOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                    ULONG HandleAttributes, PHANDLE TokenHandle)
{
    PSP_ZW(NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, HandleAttributes, TokenHandle));
}

NTSTATUS NTAPI ZwOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                  PHANDLE TokenHandle)
{
    PSP_ZW(NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle));
}

static NTSTATUS SepOpenThreadToken(HANDLE ThreadHandle)
{
    PVOID Thread;
    NTSTATUS Status = ObpReferenceByHandle(ThreadHandle, THREAD_QUERY_INFORMATION, *PsThreadType,
                                           ExGetPreviousMode(), &Thread, NULL);

    if (NT_SUCCESS(Status)) {
        ObpDereference(Thread, NULL);
        Status = STATUS_NO_TOKEN;
    }
    return Status;
}

NTSTATUS NTAPI ZwOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                                   BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle)
{
    (void)DesiredAccess;
    (void)OpenAsSelf;
    (void)HandleAttributes;
    *TokenHandle = NULL;
    PSP_ZW(SepOpenThreadToken(ThreadHandle));
}

PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen,
                                                  PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    (void)Thread;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    *CopyOnOpen = FALSE;
    *EffectiveOnly = FALSE;
    *ImpersonationLevel = SecurityAnonymous;
    return NULL;
}

VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    ntcb_require_kernel(__func__);
    if (ImpersonationToken != NULL) {
        ObpDereference(ImpersonationToken, __builtin_return_address(0));
    }
}

BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread)
{
    (void)Thread;
    ntcb_require_kernel(__func__);
    return FALSE;
}
