/* SPDX-License-Identifier: MIT
 *
 * file_links_posix_test.c - symbolic links of the host below a volume lead nowhere.
 */
#include "host.h"
#include "simkit.h"

#include <ntsim/file.h>

#include <stdio.h>
#include <unistd.h>

static char directory[256];

static int start_volume(void **state)
{
    if (ntcb_test_temporary_directory(directory, sizeof(directory)) != 0 || start(state) != 0) {
        return -1;
    }
    return ntsim_volume(sim, directory);
}

static int stop_volume(void **state)
{
    int result = stop(state);

    return ntcb_test_remove_tree(directory) == 0 ? result : -1;
}

static void make_link(const char *target, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    EXPECT_EQ(symlink(target, path), 0);
}

static NTSTATUS open_file(const WCHAR *path)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE handle;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenFile(&handle, FILE_READ_DATA | SYNCHRONIZE, &attributes, &block, FILE_SHARE_READ,
                      FILE_SYNCHRONOUS_IO_NONALERT);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    make_link("/etc", "link");
    make_link("/etc/passwd", "file");
    EXPECT_STATUS(open_file(u"\\??\\C:\\link\\passwd"), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(open_file(u"\\??\\C:\\file"), STATUS_ACCESS_DENIED);
}

static const struct ntcb_test tests[] = {
    {"io.file.links_are_not_followed", "", links_are_not_followed, start_volume, stop_volume},
};

NTCB_TEST_MAIN("library", tests)
