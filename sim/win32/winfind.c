/* SPDX-License-Identifier: MIT
 *
 * winfind.c - searching a directory, as kernel32 does: one entry a call.
 */
#include "win32/win.h"

#define WIN_DOS_STAR u'<'
#define WIN_DOS_QM u'>'
#define WIN_DOS_DOT u'"'

struct WIN_SEARCH {
    LIST_ENTRY Link; /* WIN_STATE.Searches */
    HANDLE Directory;
};

VOID WinForgetSearches(struct WIN_STATE *State)
{
    while (!IsListEmpty(&State->Searches)) {
        ntsim__release(
            CONTAINING_RECORD(RemoveHeadList(&State->Searches), struct WIN_SEARCH, Link));
    }
}

/* The wildcards of DOS as those of FsRtlIsNameInExpression; "*.*" is everything. In place. */
static VOID WinTranslate(PUNICODE_STRING Pattern)
{
    USHORT Units = Pattern->Length / (USHORT)sizeof(WCHAR);
    PWCH Text = Pattern->Buffer;

    if (Units > 1 && Text[Units - 1] == u'.') { /* "*.": what has no dot */
        Pattern->Length = (USHORT)(--Units * sizeof(WCHAR));
        Text[Units - 1] = Text[Units - 1] == u'*' ? WIN_DOS_STAR : Text[Units - 1];
    }
    if (Units == 3 && Text[0] == u'*' && Text[1] == u'.' && Text[2] == u'*') {
        Pattern->Length = sizeof(WCHAR);
        return;
    }
    for (USHORT At = 0; At < Units; At++) {
        const BOOLEAN Wild = Text[At] == u'?' || Text[At] == u'*';

        if (At > 0 && Wild && Text[At - 1] == u'.') {
            Text[At - 1] = WIN_DOS_DOT;
        } else if (At > 0 && Text[At] == u'.' && Text[At - 1] == u'*') {
            Text[At - 1] = WIN_DOS_STAR;
        }
        if (Text[At] == u'?') {
            Text[At] = WIN_DOS_QM;
        }
    }
}

static FILETIME WinTime(LARGE_INTEGER Time)
{
    return (FILETIME){(DWORD)Time.LowPart, (DWORD)Time.HighPart};
}

/* The next entry of the directory. */
static NTSTATUS WinNext(HANDLE Directory, PUNICODE_STRING Pattern, LPWIN32_FIND_DATAW Data)
{
    union {
        FILE_BOTH_DIR_INFORMATION Entry;
        UCHAR Room[sizeof(FILE_BOTH_DIR_INFORMATION) + MAX_PATH * sizeof(WCHAR)];
    } Answer;
    IO_STATUS_BLOCK Block;
    NTSTATUS Status =
        NtQueryDirectoryFile(Directory, NULL, NULL, NULL, &Block, &Answer, sizeof(Answer),
                             FileBothDirectoryInformation, TRUE, Pattern, FALSE);

    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    const FILE_BOTH_DIR_INFORMATION *Entry = &Answer.Entry;
    *Data = (WIN32_FIND_DATAW){
        .dwFileAttributes = Entry->FileAttributes,
        .ftCreationTime = WinTime(Entry->CreationTime),
        .ftLastAccessTime = WinTime(Entry->LastAccessTime),
        .ftLastWriteTime = WinTime(Entry->LastWriteTime),
        .nFileSizeHigh = (DWORD)Entry->EndOfFile.HighPart,
        .nFileSizeLow = Entry->EndOfFile.LowPart,
    };
    ULONG Bytes = Entry->FileNameLength;
    Bytes = Bytes < (MAX_PATH - 1) * sizeof(WCHAR) ? Bytes : (MAX_PATH - 1) * sizeof(WCHAR);
    memcpy(Data->cFileName, Entry->FileName, Bytes);
    return STATUS_SUCCESS;
}

/* The directory in front of Path's last backslash, opened; *Pattern: what is behind. */
static NTSTATUS WinOpenSearch(PUNICODE_STRING Path, PUNICODE_STRING Pattern, PHANDLE Directory)
{
    USHORT Units = Path->Length / (USHORT)sizeof(WCHAR);
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Block;

    while (Units > 0 && Path->Buffer[Units - 1] != u'\\') {
        Units--;
    }
    *Pattern =
        (UNICODE_STRING){(USHORT)(Path->Length - Units * sizeof(WCHAR)),
                         (USHORT)(Path->Length - Units * sizeof(WCHAR)), Path->Buffer + Units};
    if (Pattern->Length == 0) {
        return STATUS_NO_SUCH_FILE;
    }
    WinTranslate(Pattern);
    Path->Length = (USHORT)(Units * sizeof(WCHAR));
    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status =
        NtOpenFile(Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Block,
                   FILE_SHARE_VALID_FLAGS, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);

    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : Status;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData)
{
    KPROCESSOR_MODE Mode = WinEnter("FindFirstFileW");
    struct WIN_SEARCH *Search = ntsim__allocate(sizeof(*Search));
    UNICODE_STRING Path = {0, 0, NULL}, Pattern;
    NTSTATUS Status = Search != NULL ? WinFileName(lpFileName, &Path) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(Status)) {
        Status = WinOpenSearch(&Path, &Pattern, &Search->Directory);
    }
    if (NT_SUCCESS(Status)) {
        Status = WinNext(Search->Directory, &Pattern, lpFindFileData);
        if (!NT_SUCCESS(Status)) {
            NtClose(Search->Directory);
        }
    }
    ntsim__release(Path.Buffer);
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        ntsim__release(Search);
        WinFail(Status);
        return INVALID_HANDLE_VALUE;
    }
    ntsim__lock(WinState()->Lock);
    InsertTailList(&WinState()->Searches, &Search->Link);
    ntsim__unlock(WinState()->Lock);
    return (HANDLE)Search;
}

/* Its directory; NULL: no search. Taken off the list if Take. */
static HANDLE WinSearchOf(HANDLE Find, BOOLEAN Take)
{
    struct WIN_STATE *State = WinState();
    struct WIN_SEARCH *Found = NULL;
    HANDLE Directory = NULL;

    ntsim__lock(State->Lock);
    for (PLIST_ENTRY Entry = State->Searches.Flink; Entry != &State->Searches;
         Entry = Entry->Flink) {
        if (CONTAINING_RECORD(Entry, struct WIN_SEARCH, Link) == (struct WIN_SEARCH *)Find) {
            Found = (struct WIN_SEARCH *)Find;
            Directory = Found->Directory;
            break;
        }
    }
    if (Found != NULL && Take) {
        RemoveEntryList(&Found->Link);
    }
    ntsim__unlock(State->Lock);
    if (Take) {
        ntsim__release(Found);
    }
    return Directory;
}

BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData)
{
    KPROCESSOR_MODE Mode = WinEnter("FindNextFileW");
    HANDLE Directory = WinSearchOf(hFindFile, FALSE);
    NTSTATUS Status =
        Directory != NULL ? WinNext(Directory, NULL, lpFindFileData) : STATUS_INVALID_HANDLE;

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

BOOL WINAPI FindClose(HANDLE hFindFile)
{
    KPROCESSOR_MODE Mode = WinEnter("FindClose");
    HANDLE Directory = WinSearchOf(hFindFile, TRUE);
    NTSTATUS Status = Directory != NULL ? NtClose(Directory) : STATUS_INVALID_HANDLE;

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}
