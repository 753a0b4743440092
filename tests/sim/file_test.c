/* SPDX-License-Identifier: MIT
 *
 * file_test.c - files of the volume: found, made, shared, read, written, deleted, never outside.
 */
#include "host.h"
#include "simkit.h"
#include "../support/volumekit.h"

#include <ntsim/memory.h>

#include <sys/stat.h>
#include <unistd.h>

static const char *host(const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void make_host_file(const char *name, const char *text)
{
    FILE *file = fopen(host(name), "wb");

    EXPECT_TRUE(file != NULL);
    fputs(text, file);
    EXPECT_EQ(fclose(file), 0);
}

static IO_STATUS_BLOCK block;

static NTSTATUS open_file(PUNICODE_STRING name, ACCESS_MASK access, ULONG share, ULONG disposition,
                          ULONG options, HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(handle, access | SYNCHRONIZE, &attributes, &block, NULL,
                        FILE_ATTRIBUTE_NORMAL, share, disposition,
                        options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

#define FILE_NAME STRING(u"\\??\\C:\\dir\\File.txt")

static void disposition_decides(void **state)
{
    static const struct {
        ULONG disposition;
        NTSTATUS missing, present;
        ULONG_PTR made, found;
        bool emptied;
    } rows[] = {
        {FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_SUPERSEDED, true},
        {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, 0, FILE_OPENED, false},
        {FILE_CREATE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, FILE_CREATED, 0, false},
        {FILE_OPEN_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_OPENED, false},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, 0, FILE_OVERWRITTEN, true},
        {FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_OVERWRITTEN, true},
    };
    HANDLE handle;

    (void)state;
    EXPECT_EQ(ntcb_test_make_directory(host("dir")), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stat stat_after;

        unlink(host("dir/File.txt"));
        EXPECT_STATUS(open_file(FILE_NAME, FILE_WRITE_DATA, 0, rows[i].disposition, 0, &handle),
                      rows[i].missing);
        if (NT_SUCCESS(rows[i].missing)) {
            EXPECT_EQ(block.Information, rows[i].made);
            EXPECT_SUCCESS(ZwClose(handle));
        }
        make_host_file("dir/File.txt", "text");
        EXPECT_STATUS(open_file(FILE_NAME, FILE_WRITE_DATA, 0, rows[i].disposition, 0, &handle),
                      rows[i].present);
        if (NT_SUCCESS(rows[i].present)) {
            EXPECT_EQ(block.Information, rows[i].found);
            EXPECT_SUCCESS(ZwClose(handle));
        }
        EXPECT_EQ(stat(host("dir/File.txt"), &stat_after), 0);
        EXPECT_EQ(stat_after.st_size, rows[i].emptied ? 0 : 4);
    }
}

static void every_name_of_the_volume_leads_there(void **state)
{
    HANDLE handle;

    (void)state;
    EXPECT_EQ(ntcb_test_make_directory(host("Windows")), 0);
    make_host_file("Windows/note.TXT", "here");
    UNICODE_STRING *const names[] = {
        STRING(u"\\??\\C:\\Windows\\note.TXT"),
        STRING(u"\\??\\c:\\windows\\NOTE.txt"),
        STRING(u"\\DosDevices\\C:\\Windows\\note.txt"),
        STRING(u"\\SystemRoot\\Note.txt"),
        STRING(u"\\Device\\HarddiskVolume3\\WINDOWS\\note.txt"),
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[8] = "";

        EXPECT_SUCCESS(open_file(names[i], FILE_READ_DATA, 0, FILE_OPEN, 0, &handle));
        EXPECT_SUCCESS(
            ZwReadFile(handle, NULL, NULL, NULL, &block, text, sizeof(text), NULL, NULL));
        EXPECT_EQ(block.Information, 4);
        EXPECT_STR(text, "here");
        EXPECT_STATUS(ZwReadFile(handle, NULL, NULL, NULL, &block, text, 8, NULL, NULL),
                      STATUS_END_OF_FILE);
        EXPECT_SUCCESS(ZwClose(handle));
    }
}

static void nothing_leads_outside(void **state)
{
    HANDLE handle;

    (void)state;
    make_host_file("plain", "");
    const struct {
        UNICODE_STRING *name;
        NTSTATUS status;
    } rows[] = {
        {STRING(u"\\??\\C:\\..\\x"), STATUS_OBJECT_NAME_INVALID},
        {STRING(u"\\??\\C:\\.\\plain"), STATUS_OBJECT_NAME_INVALID},
        {STRING(u"\\??\\C:\\a/b"), STATUS_OBJECT_NAME_INVALID},
        {STRING(u"\\??\\C:\\a:b"), STATUS_OBJECT_NAME_INVALID},
        {STRING(u"\\??\\C:\\\\plain"), STATUS_SUCCESS},
        {STRING(u"\\??\\C:\\plain\\x"), STATUS_OBJECT_PATH_NOT_FOUND},
        {STRING(u"\\??\\C:\\none\\x"), STATUS_OBJECT_PATH_NOT_FOUND},
        {STRING(u"\\??\\D:\\plain"), STATUS_OBJECT_PATH_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_STATUS(open_file(rows[i].name, FILE_READ_DATA, 0, FILE_OPEN, 0, &handle),
                      rows[i].status);
        if (NT_SUCCESS(rows[i].status)) {
            ZwClose(handle);
        }
    }
    UNICODE_STRING *plain = STRING(u"\\??\\C:\\plain");
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, plain, 0, NULL, NULL);
    EXPECT_STATUS(ZwOpenKey(&handle, KEY_READ, &attributes), STATUS_OBJECT_TYPE_MISMATCH);
}

static void sharing_goes_both_ways(void **state)
{
    static const struct {
        ACCESS_MASK first, second;
        ULONG first_share, second_share;
        NTSTATUS status;
    } rows[] = {
        {FILE_READ_DATA, FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_READ, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_READ_DATA, 0, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, FILE_READ_DATA, FILE_SHARE_READ, 0, STATUS_SHARING_VIOLATION},
        {FILE_WRITE_DATA, FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_READ,
         STATUS_SHARING_VIOLATION},
        {FILE_WRITE_DATA, FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_WRITE, STATUS_SUCCESS},
        {FILE_READ_DATA, DELETE, FILE_SHARE_READ, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
        {FILE_READ_DATA, DELETE, FILE_SHARE_DELETE, FILE_SHARE_READ, STATUS_SUCCESS},
        {FILE_READ_DATA, FILE_READ_ATTRIBUTES, 0, 0, STATUS_SUCCESS},
    };
    UNICODE_STRING *name = STRING(u"\\??\\C:\\shared");
    HANDLE first, second;

    (void)state;
    make_host_file("shared", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EXPECT_SUCCESS(open_file(name, rows[i].first, rows[i].first_share, FILE_OPEN, 0, &first));
        EXPECT_STATUS(open_file(name, rows[i].second, rows[i].second_share, FILE_OPEN, 0, &second),
                      rows[i].status);
        if (NT_SUCCESS(rows[i].status)) {
            EXPECT_SUCCESS(ZwClose(second));
        }
        EXPECT_SUCCESS(ZwClose(first));
    }
}

static void bytes_come_back(void **state)
{
    UNICODE_STRING *name = STRING(u"\\??\\C:\\bytes");
    FILE_STANDARD_INFORMATION standard;
    FILE_POSITION_INFORMATION position;
    FILE_END_OF_FILE_INFORMATION end = {{.QuadPart = 6}};
    LARGE_INTEGER at = {.QuadPart = 3}, to_end = {.LowPart = FILE_WRITE_TO_END_OF_FILE};
    char text[16] = "";
    HANDLE handle;

    (void)state;
    to_end.HighPart = -1;
    EXPECT_SUCCESS(open_file(name, FILE_READ_DATA | FILE_WRITE_DATA, 0, FILE_CREATE, 0, &handle));
    EXPECT_SUCCESS(ZwWriteFile(handle, NULL, NULL, NULL, &block, "abc", 3, NULL, NULL));
    EXPECT_EQ(block.Information, 3);
    EXPECT_SUCCESS(ZwWriteFile(handle, NULL, NULL, NULL, &block, "de", 2, NULL, NULL));
    EXPECT_SUCCESS(ZwWriteFile(handle, NULL, NULL, NULL, &block, "fgh", 3, &to_end, NULL));
    EXPECT_SUCCESS(ZwReadFile(handle, NULL, NULL, NULL, &block, text, 3, &at, NULL));
    EXPECT_STR(text, "def");
    EXPECT_SUCCESS(ZwQueryInformationFile(handle, &block, &position, sizeof(position),
                                          FilePositionInformation));
    EXPECT_EQ(position.CurrentByteOffset.QuadPart, 6);
    EXPECT_SUCCESS(
        ZwSetInformationFile(handle, &block, &end, sizeof(end), FileEndOfFileInformation));
    EXPECT_SUCCESS(ZwQueryInformationFile(handle, &block, &standard, sizeof(standard),
                                          FileStandardInformation));
    EXPECT_EQ(standard.EndOfFile.QuadPart, 6);
    EXPECT_EQ(block.Information, sizeof(standard));
    EXPECT_TRUE(!standard.Directory && !standard.DeletePending);
    EXPECT_SUCCESS(ZwFlushBuffersFile(handle, &block));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_SUCCESS(open_file(name, FILE_APPEND_DATA, 0, FILE_OPEN, 0, &handle));
    ntsim_previous_mode(UserMode);
    EXPECT_STATUS(NtWriteFile(handle, NULL, NULL, NULL, &block, text, 1, &at, NULL),
                  STATUS_INVALID_HANDLE); /* a kernel handle */
    ntsim_previous_mode(KernelMode);
    EXPECT_SUCCESS(ZwWriteFile(handle, NULL, NULL, NULL, &block, "!", 1, &at, NULL));
    EXPECT_SUCCESS(ZwClose(handle));
    FILE *file = fopen(host("bytes"), "rb");

    memset(text, 0, sizeof(text));
    EXPECT_EQ(fread(text, 1, sizeof(text), file), 7);
    EXPECT_STR(text, "abcdef!");
    fclose(file);
}

static void name_is_told_from_the_volume_on(void **state)
{
    UCHAR answer[64];
    FILE_NAME_INFORMATION *name = (FILE_NAME_INFORMATION *)answer;
    HANDLE handle;
    PVOID object;

    (void)state;
    EXPECT_SUCCESS(open_file(STRING(u"\\??\\C:\\new"), FILE_READ_DATA, 0, FILE_CREATE, 0, &handle));
    EXPECT_SUCCESS(
        ZwQueryInformationFile(handle, &block, answer, sizeof(answer), FileNameInformation));
    EXPECT_EQ(name->FileNameLength, 8);
    EXPECT_TRUE(memcmp(name->FileName, u"\\new", 8) == 0);
    EXPECT_STATUS(ZwQueryInformationFile(handle, &block, answer, 8, FileNameInformation),
                  STATUS_BUFFER_OVERFLOW);
    EXPECT_STATUS(ZwQueryInformationFile(handle, &block, answer, 3, FileNameInformation),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_STATUS(ZwQueryInformationFile(handle, &block, answer, 8, (FILE_INFORMATION_CLASS)0),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(ZwQueryInformationFile(handle, &block, answer, 8, FileEaInformation),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, FILE_READ_DATA, *IoFileObjectType, KernelMode,
                                             &object, NULL));
    EXPECT_TRUE(RtlEqualUnicodeString(&((PFILE_OBJECT)object)->FileName, STRING(u"\\new"), FALSE));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void deleted_when_the_last_one_closes(void **state)
{
    UNICODE_STRING *name = STRING(u"\\??\\C:\\gone");
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    HANDLE first, second, third;

    (void)state;
    EXPECT_SUCCESS(open_file(name, DELETE, FILE_SHARE_VALID_FLAGS, FILE_CREATE, 0, &first));
    EXPECT_SUCCESS(open_file(name, FILE_READ_DATA, FILE_SHARE_VALID_FLAGS, FILE_OPEN, 0, &second));
    EXPECT_SUCCESS(ZwSetInformationFile(first, &block, &disposition, sizeof(disposition),
                                        FileDispositionInformation));
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, FILE_SHARE_VALID_FLAGS, FILE_OPEN, 0, &third),
                  STATUS_DELETE_PENDING);
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_EQ(access(host("gone"), F_OK), 0);
    EXPECT_SUCCESS(ZwClose(second));
    EXPECT_TRUE(access(host("gone"), F_OK) != 0);
    EXPECT_SUCCESS(open_file(name, DELETE, 0, FILE_CREATE, FILE_DELETE_ON_CLOSE, &first));
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_TRUE(access(host("gone"), F_OK) != 0);
}

static void directories_are_no_files(void **state)
{
    UNICODE_STRING *name = STRING(u"\\??\\C:\\Folder");
    UNICODE_STRING *within = STRING(u"\\??\\C:\\Folder\\in");
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    OBJECT_ATTRIBUTES attributes;
    HANDLE folder, file;
    char byte;

    (void)state;
    EXPECT_SUCCESS(open_file(name, FILE_LIST_DIRECTORY | DELETE, FILE_SHARE_VALID_FLAGS,
                             FILE_CREATE, FILE_DIRECTORY_FILE, &folder));
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, FILE_SHARE_VALID_FLAGS, FILE_OPEN,
                            FILE_NON_DIRECTORY_FILE, &file),
                  STATUS_FILE_IS_A_DIRECTORY);
    EXPECT_STATUS(ZwReadFile(folder, NULL, NULL, NULL, &block, &byte, 1, NULL, NULL),
                  STATUS_INVALID_DEVICE_REQUEST);
    make_host_file("Folder/in", "x");
    EXPECT_STATUS(ZwSetInformationFile(folder, &block, &disposition, sizeof(disposition),
                                       FileDispositionInformation),
                  STATUS_DIRECTORY_NOT_EMPTY);
    EXPECT_STATUS(open_file(within, FILE_READ_DATA, 0, FILE_OPEN, FILE_DIRECTORY_FILE, &file),
                  STATUS_NOT_A_DIRECTORY);
    InitializeObjectAttributes(&attributes, within, 0, NULL, NULL);
    EXPECT_SUCCESS(ZwDeleteFile(&attributes));
    EXPECT_SUCCESS(ZwSetInformationFile(folder, &block, &disposition, sizeof(disposition),
                                        FileDispositionInformation));
    EXPECT_SUCCESS(ZwClose(folder));
    EXPECT_TRUE(access(host("Folder"), F_OK) != 0);
}

static void bad_requests_are_refused(void **state)
{
    UNICODE_STRING *name = STRING(u"\\??\\C:\\x");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER at = {.QuadPart = 0};
    HANDLE handle, event = (HANDLE)0x7770;
    char byte = 0;

    (void)state;
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, 8, FILE_CREATE, 0, &handle),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, 0, 6, 0, &handle), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, 0, FILE_CREATE,
                            FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, &handle),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, 0, FILE_OVERWRITE, FILE_DIRECTORY_FILE, &handle),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(open_file(name, FILE_READ_DATA, 0, FILE_CREATE, FILE_DELETE_ON_CLOSE, &handle),
                  STATUS_INVALID_PARAMETER);
    InitializeObjectAttributes(&attributes, name, 0, NULL, NULL);
    EXPECT_SUCCESS(ZwCreateFile(&handle, FILE_WRITE_DATA, &attributes, &block, NULL, 0, 0,
                                FILE_CREATE, 0, NULL, 0));
    EXPECT_STATUS(ZwWriteFile(handle, NULL, NULL, NULL, &block, &byte, 1, NULL, NULL),
                  STATUS_INVALID_PARAMETER); /* no position: the handle is not synchronous */
    EXPECT_STATUS(ZwWriteFile(handle, event, NULL, NULL, &block, &byte, 1, &at, NULL),
                  STATUS_INVALID_HANDLE);
    ntsim_previous_mode(UserMode);
    EXPECT_STATUS(NtReadFile(handle, NULL, NULL, NULL, &block, &byte, 1, &at, NULL),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtWriteFile(handle, NULL, NULL, NULL, NULL, &byte, 1, &at, NULL),
                  STATUS_ACCESS_VIOLATION);
    ntsim_previous_mode(KernelMode);
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_EQ(ntsim_volume(sim, directory), NTCB_EBUSY);
    EXPECT_EQ(ntsim_volume(sim, "/no/such/directory"), NTCB_ENOENT);
}

#define CASE(name)                                             \
    {                                                          \
        "sim.file." #name, "", name, start_volume, stop_volume \
    }

static const struct ntcb_test tests[] = {
    CASE(disposition_decides),
    CASE(every_name_of_the_volume_leads_there),
    CASE(nothing_leads_outside),
    CASE(sharing_goes_both_ways),
    CASE(bytes_come_back),
    CASE(name_is_told_from_the_volume_on),
    CASE(deleted_when_the_last_one_closes),
    CASE(directories_are_no_files),
    CASE(bad_requests_are_refused),
};

NTCB_TEST_MAIN("library", tests)
