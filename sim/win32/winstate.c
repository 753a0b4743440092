/* SPDX-License-Identifier: MIT
 *
 * winstate.c - services and their files: the beginning and the end of both, and what a program
 * prints.
 */
#include "win32/win.h"

#include <stdio.h>

NTSTATUS WinInitialize(struct WIN_STATE *State)
{
    InitializeListHead(&State->Handles);
    InitializeListHead(&State->Images);
    InitializeListHead(&State->Services);
    InitializeListHead(&State->Searches);
    State->Lock = ntsim__lock_create(ntsim_current());
    return State->Lock == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Drivers that are still loaded are io's to unload. */
VOID WinTeardown(struct WIN_STATE *State)
{
    if (State->Lock == NULL) {
        return;
    }
    while (!IsListEmpty(&State->Images)) {
        ntsim__release(CONTAINING_RECORD(RemoveHeadList(&State->Images), struct WIN_IMAGE, Link));
    }
    while (!IsListEmpty(&State->Handles)) {
        ntsim__release(
            CONTAINING_RECORD(RemoveHeadList(&State->Handles), struct NTCB_SC_HANDLE, Link));
    }
    while (!IsListEmpty(&State->Services)) {
        ntsim__release(
            CONTAINING_RECORD(RemoveHeadList(&State->Services), struct WIN_SERVICE, Link));
    }
    WinForgetSearches(State);
    ntsim__lock_destroy(ntsim_current(), State->Lock);
    State->Lock = NULL;
}

int ntsim_service_image(struct ntsim *sim, const char *file,
                        const struct ntsim_driver_options *options)
{
    struct ntsim_thread *previous;
    struct WIN_IMAGE *image;

    if (file == NULL || file[0] == '\0' || strlen(file) >= WIN_NAME_BYTES || options == NULL ||
        (options->module == NULL) == (options->entry == NULL))
        return ntsim__fail(sim, NTCB_EINVAL,
                           "ntsim_service_image: give a file's name, and a module or an entry");
    image = ntsim__allocate_in(sim, sizeof(*image));
    if (image == NULL)
        return NTCB_ENOMEM;
    image->Options = *options;
    snprintf(image->File, sizeof(image->File), "%s", file);
    previous = ntsim_enter(sim);
    ntsim__lock(WinState()->Lock);
    InsertHeadList(&WinState()->Images, &image->Link); /* the latest counts */
    ntsim__unlock(WinState()->Lock);
    ntsim_leave(previous);
    return NTCB_OK;
}

/* ---- what programs print -------------------------------------------------------------------- */

#define WIN_PRINT_CHARACTERS 4096

NTCB_EXPORT int ntsim_program_fprintf(FILE *Stream, const char *Format, ...);
NTCB_EXPORT int ntsim_program_printf(const char *Format, ...);
NTCB_EXPORT int ntsim_program_fwprintf(FILE *Stream, const WCHAR *Format, ...);
NTCB_EXPORT int ntsim_program_wprintf(const WCHAR *Format, ...);

static int WinPrint(FILE *Stream, const char *Format, va_list Arguments)
{
    char Text[WIN_PRINT_CHARACTERS];
    int Length = ntcb_vsnprintf(Text, sizeof(Text), Format, Arguments);

    return Length < 0 || fwrite(Text, 1, (size_t)Length, Stream) != (size_t)Length ? -1 : Length;
}

static int WinPrintWide(FILE *Stream, const WCHAR *Format, va_list Arguments)
{
    WCHAR Text[WIN_PRINT_CHARACTERS];
    char Narrow[3 * WIN_PRINT_CHARACTERS + 1];
    int Length = ntcb_vsnwprintf(Text, RTL_NUMBER_OF(Text), Format, Arguments);

    if (Length < 0) {
        return -1;
    }
    ntsim__utf8(Text, (size_t)Length, Narrow, sizeof(Narrow));
    return fputs(Narrow, Stream) < 0 ? -1 : Length;
}

#define WIN_PRINT(print, stream)                     \
    do {                                             \
        va_list Arguments;                           \
        int Length;                                  \
        va_start(Arguments, Format);                 \
        Length = print((stream), Format, Arguments); \
        va_end(Arguments);                           \
        return Length;                               \
    } while (0)

int ntsim_program_fprintf(FILE *Stream, const char *Format, ...)
{
    WIN_PRINT(WinPrint, Stream);
}

int ntsim_program_printf(const char *Format, ...)
{
    WIN_PRINT(WinPrint, stdout);
}

int ntsim_program_fwprintf(FILE *Stream, const WCHAR *Format, ...)
{
    WIN_PRINT(WinPrintWide, Stream);
}

int ntsim_program_wprintf(const WCHAR *Format, ...)
{
    WIN_PRINT(WinPrintWide, stdout);
}
