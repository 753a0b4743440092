/* SPDX-License-Identifier: MIT
 *
 * peb.c - a process's environment block, as far as drivers read it: user memory of the process with
 * its image's path and its command line. The list of loaded modules is not kept there: Ldr is NULL.
 *
 * It is made when somebody first asks for it, and goes with the process's memory.
 */
#include "mm/mmp.h"
#include "ps/psp_state.h"

#include <ntsim/memory.h>

#include <string.h>

/* What Microsoft documents of the two structures. */
struct PSP_PARAMETERS {
    UCHAR Reserved1[16];
    PVOID Reserved2[10];
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
};
struct PSP_PEB {
    UCHAR Reserved1[2];
    UCHAR BeingDebugged;
    UCHAR Reserved2[1];
    PVOID Reserved3[2];
    PVOID Ldr;
    struct PSP_PARAMETERS *ProcessParameters;
};
/* All of it: the block of a 32-bit process behind the native one, then the parameters. */
struct PSP_BLOCKS {
    struct PSP_PEB Native;
    _Alignas(16) UCHAR Wow64[1024];
    struct PSP_PARAMETERS Parameters;
    WCHAR Text[];
};

static UNICODE_STRING PspPutText(PWCHAR *To, PCUNICODE_STRING Text)
{
    UNICODE_STRING Put = {Text->Length, (USHORT)(Text->Length + sizeof(WCHAR)), *To};

    if (Text->Length != 0) {
        memcpy(*To, Text->Buffer, Text->Length);
    }
    *To += Text->Length / sizeof(WCHAR) + 1;
    return Put;
}

static struct PSP_BLOCKS *PspMakeBlocks(struct ntsim_process *Process)
{
    struct PSP_BLOCKS *Blocks =
        ntsim_user_allocate(Process,
                            sizeof(*Blocks) + Process->ImagePath.Length +
                                Process->CommandLine.Length + 2 * sizeof(WCHAR),
                            PAGE_READWRITE);
    PVOID Nobodys = NULL;
    PWCHAR Text;

    if (Blocks == NULL) {
        return NULL;
    }
    Text = Blocks->Text;
    Blocks->Native.ProcessParameters = &Blocks->Parameters;
    Blocks->Parameters.ImagePathName = PspPutText(&Text, &Process->ImagePath);
    Blocks->Parameters.CommandLine = PspPutText(&Text, &Process->CommandLine);
    if (!atomic_compare_exchange_strong(&Process->Peb, &Nobodys, Blocks)) {
        ntsim_user_free(Process, Blocks);
        return Nobodys;
    }
    return Blocks;
}

PPEB NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    struct ntsim_process *Of = (struct ntsim_process *)Process;
    PVOID Blocks;

    ntcb_require_kernel(__func__);
    if (Of->Exited || PsIsSystemProcess(Process)) {
        return NULL;
    }
    Blocks = atomic_load(&Of->Peb);
    if (Blocks == NULL && PspHoldMemory(Of)) {
        Blocks = PspMakeBlocks(Of);
        PspReleaseMemory(Of);
    }
    return Blocks;
}

PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    struct PSP_BLOCKS *Blocks = NULL;

    ntcb_require_kernel(__func__);
    if (((struct ntsim_process *)Process)->Wow64) {
        Blocks = (struct PSP_BLOCKS *)PsGetProcessPeb(Process);
    }
    return Blocks != NULL ? Blocks->Wow64 : NULL;
}
