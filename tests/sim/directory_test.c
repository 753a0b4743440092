/* SPDX-License-Identifier: MIT
 *
 * directory_test.c - what is in a directory of the volume, in every layout, in parts, by patterns.
 * Which status comes for what is inference where the documentation of ZwQueryDirectoryFile is
 * silent.
 */
#include "simkit.h"
#include "../support/volumekit.h"

#include <ntcallback/ddk/ntexapi.h>
#include <ntcallback/ddk/ntifs_dir.h>

static HANDLE folder;
static IO_STATUS_BLOCK block;
static union {
    UCHAR bytes[1024];
    FILE_NAMES_INFORMATION names;
    FILE_DIRECTORY_INFORMATION directory;
    FILE_ID_BOTH_DIR_INFORMATION both;
    ULONGLONG aligned;
} answer;

static NTSTATUS open_named(PUNICODE_STRING name, ULONG disposition, ULONG options, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(handle, FILE_LIST_DIRECTORY | FILE_WRITE_DATA | SYNCHRONIZE, &attributes,
                        &block, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_VALID_FLAGS, disposition,
                        options, NULL, 0);
}

static void make(PUNICODE_STRING name, ULONG options)
{
    HANDLE handle;

    EXPECT_SUCCESS(open_named(name, FILE_CREATE, options | FILE_SYNCHRONOUS_IO_NONALERT, &handle));
    if ((options & FILE_DIRECTORY_FILE) == 0) {
        EXPECT_SUCCESS(ZwWriteFile(handle, NULL, NULL, NULL, &block, (PVOID)(uintptr_t) "12345", 5,
                                   NULL, NULL));
    }
    EXPECT_SUCCESS(ZwClose(handle));
}

static void reopen(PUNICODE_STRING name)
{
    if (folder != NULL) {
        EXPECT_SUCCESS(ZwClose(folder));
    }
    EXPECT_SUCCESS(
        open_named(name, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, &folder));
}

#define FOLDER STRING(u"\\??\\C:\\Folder")

/* C:\Folder with b.txt, A.txt, Sub and "long name.data", made in another order than they sort. */
static int start_folder(void **state)
{
    struct ntsim_thread *previous;

    if (start_volume(state) != 0) {
        return -1;
    }
    folder = NULL;
    previous = ntsim_enter(sim);
    make(FOLDER, FILE_DIRECTORY_FILE);
    make(STRING(u"\\??\\C:\\Folder\\b.txt"), 0);
    make(STRING(u"\\??\\C:\\Folder\\Sub"), FILE_DIRECTORY_FILE);
    make(STRING(u"\\??\\C:\\Folder\\A.txt"), 0);
    make(STRING(u"\\??\\C:\\Folder\\long name.data"), 0);
    reopen(FOLDER);
    ntsim_leave(previous);
    return 0;
}

static int stop_folder(void **state)
{
    struct ntsim_thread *previous = ntsim_enter(sim);

    EXPECT_SUCCESS(ZwClose(folder));
    ntsim_leave(previous);
    return stop_volume(state);
}

static NTSTATUS query(FILE_INFORMATION_CLASS class, ULONG length, BOOLEAN single,
                      PUNICODE_STRING pattern, BOOLEAN restart)
{
    memset(&answer, 0x5A, sizeof(answer));
    block.Information = 0;
    return ZwQueryDirectoryFile(folder, NULL, NULL, NULL, &block, &answer, length, class, single,
                                pattern, restart);
}

static NTSTATUS names(ULONG length, BOOLEAN single, PUNICODE_STRING pattern, BOOLEAN restart)
{
    return query(FileNamesInformation, length, single, pattern, restart);
}

/* The names that were answered, each followed by a bar. */
static const char *told(void)
{
    static char text[256];
    size_t at = 0;

    for (const UCHAR *place = answer.bytes;;) {
        const FILE_NAMES_INFORMATION *entry = (const void *)place;

        for (ULONG i = 0; i < entry->FileNameLength / sizeof(WCHAR); i++) {
            text[at++] = (char)entry->FileName[i];
        }
        text[at++] = '|';
        if (entry->NextEntryOffset == 0) {
            EXPECT_EQ(block.Information, place + FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName) +
                                             entry->FileNameLength - answer.bytes);
            break;
        }
        EXPECT_EQ(entry->NextEntryOffset % 8, 0);
        place += entry->NextEntryOffset;
    }
    text[at] = '\0';
    return text;
}

static void all_come_sorted(void **state)
{
    (void)state;
    EXPECT_SUCCESS(names(sizeof(answer), FALSE, NULL, FALSE));
    EXPECT_STR(told(), ".|..|A.txt|b.txt|long name.data|Sub|");
    EXPECT_STATUS(names(sizeof(answer), FALSE, NULL, FALSE), STATUS_NO_MORE_FILES);
    EXPECT_EQ(block.Information, 0);
    EXPECT_STATUS(block.Status, STATUS_NO_MORE_FILES);
    reopen(STRING(u"\\??\\C:\\"));
    EXPECT_SUCCESS(names(sizeof(answer), FALSE, NULL, FALSE));
    EXPECT_STR(told(), "Folder|"); /* a root has no dots */
}

static void entries_come_one_by_one_and_from_the_start(void **state)
{
    (void)state;
    EXPECT_SUCCESS(names(sizeof(answer), TRUE, NULL, FALSE));
    EXPECT_STR(told(), ".|");
    EXPECT_SUCCESS(names(sizeof(answer), TRUE, NULL, FALSE));
    EXPECT_STR(told(), "..|");
    EXPECT_SUCCESS(names(sizeof(answer), TRUE, NULL, FALSE));
    EXPECT_STR(told(), "A.txt|");
    make(STRING(u"\\??\\C:\\Folder\\c.txt"), 0); /* not seen by a scan that has begun */
    EXPECT_SUCCESS(names(sizeof(answer), FALSE, NULL, FALSE));
    EXPECT_STR(told(), "b.txt|long name.data|Sub|");
    EXPECT_SUCCESS(names(sizeof(answer), FALSE, NULL, TRUE));
    EXPECT_STR(told(), ".|..|A.txt|b.txt|c.txt|long name.data|Sub|");
}

static void pattern_of_the_first_call_counts(void **state)
{
    static const struct {
        const WCHAR *pattern;
        const char *told;
    } rows[] = {
        {u"*", ".|..|A.txt|b.txt|long name.data|Sub|"},
        {u"*.txt", "A.txt|b.txt|"},
        {u"a.TXT", "A.txt|"},
        {u"s?b", "Sub|"},
        {u"<.data", "long name.data|"},
        {u"", ".|..|A.txt|b.txt|long name.data|Sub|"},
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        UNICODE_STRING pattern;

        RtlInitUnicodeString(&pattern, rows[i].pattern);
        reopen(FOLDER);
        EXPECT_SUCCESS(names(sizeof(answer), FALSE, &pattern, FALSE));
        EXPECT_STR(told(), rows[i].told);
        EXPECT_SUCCESS(names(sizeof(answer), FALSE, STRING(u"nothing"), TRUE));
        EXPECT_STR(told(), rows[i].told);
    }
    reopen(FOLDER);
    EXPECT_STATUS(names(sizeof(answer), FALSE, STRING(u"*.none"), FALSE), STATUS_NO_SUCH_FILE);
    EXPECT_STATUS(names(sizeof(answer), FALSE, NULL, FALSE), STATUS_NO_MORE_FILES);
}

static void what_does_not_fit_comes_later(void **state)
{
    (void)state;
    EXPECT_SUCCESS(names(64, FALSE, STRING(u"*.txt"), FALSE)); /* 24 and 22 bytes */
    EXPECT_STR(told(), "A.txt|b.txt|");
    reopen(FOLDER);
    EXPECT_SUCCESS(names(45, FALSE, STRING(u"*.txt"), FALSE));
    EXPECT_STR(told(), "A.txt|");
    EXPECT_SUCCESS(names(45, FALSE, NULL, FALSE));
    EXPECT_STR(told(), "b.txt|");
    reopen(FOLDER);
    EXPECT_STATUS(names(21, FALSE, STRING(u"l*"), FALSE), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(answer.names.FileNameLength, 28);
    EXPECT_TRUE(memcmp(answer.names.FileName, u"long", 8) == 0);
    EXPECT_EQ(block.Information, 20);
    EXPECT_STATUS(block.Status, STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(answer.bytes[20], 0x5A);
    EXPECT_STATUS(names(21, FALSE, NULL, FALSE), STATUS_NO_MORE_FILES);
}

static void layouts_tell_the_same(void **state)
{
    static const struct {
        FILE_INFORMATION_CLASS class;
        ULONG bytes, name;
    } rows[] = {
        {FileDirectoryInformation, sizeof(FILE_DIRECTORY_INFORMATION),
         FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName)},
        {FileFullDirectoryInformation, sizeof(FILE_FULL_DIR_INFORMATION),
         FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName)},
        {FileBothDirectoryInformation, sizeof(FILE_BOTH_DIR_INFORMATION),
         FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName)},
        {FileIdBothDirectoryInformation, sizeof(FILE_ID_BOTH_DIR_INFORMATION),
         FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName)},
        {FileIdFullDirectoryInformation, sizeof(FILE_ID_FULL_DIR_INFORMATION),
         FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName)},
    };
    FILE_BASIC_INFORMATION basic;
    HANDLE file;

    (void)state;
    EXPECT_SUCCESS(open_named(STRING(u"\\??\\C:\\Folder\\A.txt"), FILE_OPEN,
                              FILE_SYNCHRONOUS_IO_NONALERT, &file));
    EXPECT_SUCCESS(
        ZwQueryInformationFile(file, &block, &basic, sizeof(basic), FileBasicInformation));
    EXPECT_SUCCESS(ZwClose(file));
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        reopen(FOLDER);
        EXPECT_SUCCESS(query(rows[i].class, sizeof(answer), FALSE, STRING(u"A*"), FALSE));
        EXPECT_EQ(block.Information, rows[i].name + 10);
        EXPECT_EQ(answer.directory.FileNameLength, 10);
        EXPECT_TRUE(memcmp(answer.bytes + rows[i].name, u"A.txt", 10) == 0);
        EXPECT_EQ(answer.directory.EndOfFile.QuadPart, 5);
        EXPECT_EQ(answer.directory.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
        EXPECT_EQ(answer.directory.LastWriteTime.QuadPart, basic.LastWriteTime.QuadPart);
        EXPECT_STATUS(query(rows[i].class, rows[i].bytes - 1, FALSE, NULL, TRUE),
                      STATUS_INFO_LENGTH_MISMATCH);
    }
    reopen(FOLDER);
    EXPECT_SUCCESS(
        query(FileIdBothDirectoryInformation, sizeof(answer), TRUE, STRING(u"Sub"), FALSE));
    EXPECT_EQ(answer.both.FileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    EXPECT_EQ(answer.both.ShortNameLength, 0);
    EXPECT_TRUE(answer.both.FileId.QuadPart != 0);
}

static VOID NTAPI on_apc(PVOID context, PIO_STATUS_BLOCK of, ULONG reserved)
{
    EXPECT_PTR(of, &block);
    EXPECT_EQ(reserved, 0);
    ++*(int *)context;
}

static void event_and_apc_tell(void **state)
{
    int apcs = 0;
    LARGE_INTEGER none = {.QuadPart = 0};
    HANDLE event;

    (void)state;
    EXPECT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE));
    EXPECT_SUCCESS(ZwQueryDirectoryFile(folder, event, on_apc, &apcs, &block, &answer,
                                        sizeof(answer), FileNamesInformation, FALSE, NULL, FALSE));
    EXPECT_EQ(apcs, 1); /* before the service returned */
    EXPECT_SUCCESS(ZwWaitForSingleObject(event, FALSE, &none));
    EXPECT_STATUS(ZwQueryDirectoryFile(folder, event, NULL, NULL, &block, &answer, sizeof(answer),
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_NO_MORE_FILES);
    EXPECT_SUCCESS(ZwWaitForSingleObject(event, FALSE, &none)); /* it is no error */
    EXPECT_SUCCESS(ZwClose(event));
}

static void bad_requests_are_refused(void **state)
{
    UNICODE_STRING odd = {3, 3, (PWCH)(uintptr_t)u"ab"};
    HANDLE file, event;

    (void)state;
    EXPECT_STATUS(query((FILE_INFORMATION_CLASS)0, 64, FALSE, NULL, FALSE),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(query(FileMaximumInformation, 64, FALSE, NULL, FALSE), STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(query(FileReparsePointInformation, 64, FALSE, NULL, FALSE),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(names(64, FALSE, &odd, FALSE), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(open_named(STRING(u"\\??\\C:\\Folder\\A.txt"), FILE_OPEN, 0, &file));
    EXPECT_STATUS(ZwQueryDirectoryFile(file, NULL, NULL, NULL, &block, &answer, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(ZwQueryDirectoryFile(folder, file, NULL, NULL, &block, &answer, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(file));
    EXPECT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE));
    EXPECT_STATUS(ZwQueryDirectoryFile(event, NULL, NULL, NULL, &block, &answer, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(event));
    EXPECT_STATUS(ZwQueryDirectoryFile(NULL, NULL, NULL, NULL, &block, &answer, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_INVALID_HANDLE);
    ntsim_previous_mode(UserMode);
    EXPECT_STATUS(NtQueryDirectoryFile(folder, NULL, NULL, NULL, NULL, &answer, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtQueryDirectoryFile(folder, NULL, NULL, NULL, &block, (PVOID)16, 64,
                                       FileNamesInformation, FALSE, NULL, FALSE),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtQueryDirectoryFile(folder, NULL, NULL, NULL, &block, &answer, 64,
                                       FileNamesInformation, FALSE, (PUNICODE_STRING)16, FALSE),
                  STATUS_ACCESS_VIOLATION);
    ntsim_previous_mode(KernelMode);
}

#define CASE(name)                                                  \
    {                                                               \
        "sim.directory." #name, "", name, start_folder, stop_folder \
    }

static const struct ntcb_test tests[] = {
    CASE(all_come_sorted),
    CASE(entries_come_one_by_one_and_from_the_start),
    CASE(pattern_of_the_first_call_counts),
    CASE(what_does_not_fit_comes_later),
    CASE(layouts_tell_the_same),
    CASE(event_and_apc_tell),
    CASE(bad_requests_are_refused),
};

NTCB_TEST_MAIN("library", tests)
