/* SPDX-License-Identifier: MIT
 *
 * whois.c - more of what drivers ask of processes and threads: protection, start key, session, exit
 * status; and of Windows: its version.
 */
#include "ps/psp_state.h"

#define PSP_BOOT 1u /* the machine has been started once */

/* The simulated machine has no protected processes. */
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process)
{
    (void)Process;
    ntcb_require_kernel(__func__);
    return FALSE;
}

BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process)
{
    (void)Process;
    ntcb_require_kernel(__func__);
    return FALSE;
}

/* Another for every process since the machine was started: ids come again, keys do not. */
ULONGLONG NTAPI PsGetProcessStartKey(PEPROCESS Process)
{
    ntcb_require_kernel(__func__);
    return (ULONGLONG)PSP_BOOT << 48 | ((struct ntsim_process *)Process)->Sequence;
}

ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    ULONG Session = 0;

    ntcb_require_kernel(__func__);
    SeQuerySessionIdToken(PspToken((struct ntsim_process *)Process), &Session);
    return Session;
}

/* STATUS_PENDING while it lives. */
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    const struct ntsim_thread *Of = (struct ntsim_thread *)Thread;

    ntcb_require_kernel(__func__);
    return Of->Exited ? Of->ExitStatus : STATUS_PENDING;
}

PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    return (PEPROCESS)((struct ntsim_thread *)Thread)->Process;
}

static const UNICODE_STRING PspServicePacks[] = {
    RTL_CONSTANT_STRING(u""),
    RTL_CONSTANT_STRING(u"Service Pack 1"),
    RTL_CONSTANT_STRING(u"Service Pack 2"),
    RTL_CONSTANT_STRING(u"Service Pack 3"),
};

/* TRUE: a checked build; it is never one. */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                           PUNICODE_STRING CSDVersion)
{
    RTL_OSVERSIONINFOEXW Version = {.dwOSVersionInfoSize = sizeof(Version)};

    ntcb_require_kernel(__func__);
    RtlGetVersion((PRTL_OSVERSIONINFOW)&Version);
    if (MajorVersion != NULL) {
        *MajorVersion = Version.dwMajorVersion;
    }
    if (MinorVersion != NULL) {
        *MinorVersion = Version.dwMinorVersion;
    }
    if (BuildNumber != NULL) {
        *BuildNumber = Version.dwBuildNumber;
    }
    if (CSDVersion != NULL) {
        *CSDVersion = PspServicePacks[Version.wServicePackMajor];
    }
    return FALSE;
}
