/* SPDX-License-Identifier: MIT
 *
 * winprocess.c - processes, time, and running a program's main.
 */
#include "win32/win.h"

#include <ntcallback/ddk/ntexapi.h>

#include <setjmp.h>
#include <stdlib.h>

/* A program while its main runs, on the stack of ntsim_program_run. */
struct WIN_PROGRAM {
    jmp_buf Exit;
    int ExitCode;
};

DWORD WINAPI GetCurrentProcessId(VOID)
{
    ntsim__require("GetCurrentProcessId");
    return ntsim_process_id(PspCurrentThread()->Process);
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
    ntsim__require("GetCurrentThreadId");
    return ntsim_thread_id(PspCurrentThread());
}

HANDLE WINAPI GetCurrentProcess(VOID)
{
    return NtCurrentProcess();
}

HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
    KPROCESSOR_MODE Mode = WinEnter("OpenProcess");
    CLIENT_ID Client = {(HANDLE)(ULONG_PTR)dwProcessId, NULL};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle = NULL;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, bInheritHandle ? OBJ_INHERIT : 0, NULL, NULL);
    Status = NtOpenProcess(&Handle, dwDesiredAccess, &Attributes, &Client);
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        WinFail(Status);
        return NULL;
    }
    return Handle;
}

BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode)
{
    KPROCESSOR_MODE Mode = WinEnter("TerminateProcess");
    NTSTATUS Status = NtTerminateProcess(hProcess, (NTSTATUS)uExitCode);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

VOID WINAPI ExitProcess(UINT uExitCode)
{
    struct WIN_PROGRAM *Program;

    ntsim__require("ExitProcess");
    Program = PspCurrentThread()->Program;
    if (Program == NULL) {
        ntsim__fatal("ExitProcess: no program runs on this thread; ntsim_program_run starts one");
    }
    Program->ExitCode = (int)uExitCode;
    longjmp(Program->Exit, 1);
}

/* ---- running a program ---------------------------------------------------------------------- */

static int WinCount(const struct ntsim_program *Program)
{
    int Count = 1;

    while (Program->arguments != NULL && Program->arguments[Count - 1] != NULL) {
        Count++;
    }
    return Count;
}

static const char *WinArgument(const struct ntsim_program *Program, int Index)
{
    return Index == 0 ? Program->image_path : Program->arguments[Index - 1];
}

static VOID WinFreeArguments(char **Narrow, WCHAR **Wide, int Count)
{
    for (int Index = 0; Index < Count; Index++) {
        ntsim__release(Narrow != NULL ? Narrow[Index] : NULL);
        ntsim__release(Wide != NULL ? Wide[Index] : NULL);
    }
    ntsim__release(Narrow);
    ntsim__release(Wide);
}

/* Copies: a program may write to its arguments. */
static BOOLEAN WinCopyArguments(const struct ntsim_program *Program, int Count, char ***Narrow,
                                WCHAR ***Wide)
{
    *Narrow = ntsim__allocate(((size_t)Count + 1) * sizeof(char *));
    *Wide = ntsim__allocate(((size_t)Count + 1) * sizeof(WCHAR *));
    if (*Narrow == NULL || *Wide == NULL) {
        return FALSE;
    }
    for (int Index = 0; Index < Count; Index++) {
        const char *Text = WinArgument(Program, Index);
        UNICODE_STRING String;

        (*Narrow)[Index] = ntsim__allocate(strlen(Text) + 1);
        if ((*Narrow)[Index] == NULL || !ntsim__utf16(Text, &String)) {
            return FALSE;
        }
        memcpy((*Narrow)[Index], Text, strlen(Text) + 1);
        (*Wide)[Index] = String.Buffer;
    }
    return TRUE;
}

static int WinRunMain(const struct ntsim_program *Program, struct WIN_PROGRAM *Running, int Count,
                      char **Narrow, WCHAR **Wide)
{
    PspCurrentThread()->Program = Running;
    if (setjmp(Running->Exit) == 0) {
        Running->ExitCode =
            Program->wmain != NULL ? Program->wmain(Count, Wide) : Program->main(Count, Narrow);
    }
    PspCurrentThread()->Program = NULL;
    return Running->ExitCode;
}

int ntsim_program_run(struct ntsim *sim, const struct ntsim_program *program, int *exit_code)
{
    struct ntsim_process_options options = {.image_path = program->image_path};
    struct ntsim_process *process;
    struct ntsim_thread *before;
    struct WIN_PROGRAM running;
    WCHAR **wide = NULL;
    char **narrow = NULL;
    int count, error;

    if (program->image_path == NULL || (program->main == NULL) == (program->wmain == NULL))
        return ntsim__fail(sim, NTCB_EINVAL,
                           "ntsim_program_run: give an image path, and main or wmain");
    error = ntsim_process_create(sim, &options, &process);
    if (error != NTCB_OK)
        return error;
    before = ntsim_thread_enter(ntsim_process_thread(process));
    count = WinCount(program);
    if (WinCopyArguments(program, count, &narrow, &wide))
        *exit_code = WinRunMain(program, &running, count, narrow, wide);
    else
        error = NTCB_ENOMEM;
    WinFreeArguments(narrow, wide, count);
    ntsim_thread_leave(before);
    ntsim_process_exit(process, error == NTCB_OK ? *exit_code : STATUS_NO_MEMORY);
    return error;
}
