/* SPDX-License-Identifier: MIT
 *
 * regfile_kit.h - .reg files of a case's own making, played, imported and looked at.
 *
 * In the texts ' stands for ". A line end is \n unless it is written as \r\n.
 */
#ifndef TESTS_FEED_REGFILE_KIT_H
#define TESTS_FEED_REGFILE_KIT_H

#include "host.h"
#include "feed_input.h"

#include <ntcallback/ddk/ntifs.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntsim/play.h>
#include <ntsim/registry.h>

#define NEW "Windows Registry Editor Version 5.00\n\n"
#define OLD "REGEDIT4\n\n"
#define MACHINE "\\REGISTRY\\MACHINE"
#define SOFTWARE MACHINE "\\SOFTWARE"

/* The text in a file; the path is the caller's to unlink. */
static inline void regfile_write(char path[256], const void *bytes, size_t size)
{
    int file = ntcb_test_temporary_file(path, 256);

    EXPECT_TRUE(file >= 0);
    EXPECT_EQ(write(file, bytes, (unsigned)size), size);
    close(file);
}

/* Imports the text; returns what the import returned. */
static inline int regfile_import(struct ntsim *sim, const char *text, bool skip_bad,
                                 uint64_t *passed_over, struct ntsim_feed_error *error)
{
    char *copy = strdup(text), path[256];
    int result;

    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '\'')
            *at = '"';
    }
    regfile_write(path, copy, strlen(copy));
    result = ntsim_registry_import(sim, path, skip_bad, passed_over, error);
    unlink(path);
    free(copy);
    return result;
}

/* ---- looking at a registry: bound to the simulator ------------------------------------------- */

static inline NTSTATUS regfile_open(HANDLE root, const char *path, ULONG attributes, HANDLE *key)
{
    WCHAR wide[512];
    UNICODE_STRING name = {0, sizeof(wide), wide};
    OBJECT_ATTRIBUTES object;

    for (; *path != '\0'; path++) {
        wide[name.Length / 2] = (WCHAR)(unsigned char)*path;
        name.Length = (USHORT)(name.Length + 2);
    }
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | attributes, root, NULL);
    return ZwOpenKey(key, KEY_ALL_ACCESS, &object);
}

struct regfile_value {
    NTSTATUS status;
    ULONG type, bytes;
    uint8_t data[256];
};

/* The value of the key; names are ASCII. */
static inline struct regfile_value regfile_query(const char *path, const char *name)
{
    struct regfile_value value = {STATUS_SUCCESS, 0, 0, {0}};
    union {
        KEY_VALUE_PARTIAL_INFORMATION information;
        uint8_t bytes[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(value.data)];
    } buffer;
    UNICODE_STRING string = {0, 0, NULL};
    WCHAR wide[64];
    HANDLE key;
    ULONG needed;

    string.Buffer = wide;
    for (; *name != '\0'; name++) {
        wide[string.Length / 2] = (WCHAR)(unsigned char)*name;
        string.Length = (USHORT)(string.Length + 2);
    }
    value.status = regfile_open(NULL, path, OBJ_CASE_INSENSITIVE, &key);
    if (value.status != STATUS_SUCCESS)
        return value;
    value.status =
        ZwQueryValueKey(key, &string, KeyValuePartialInformation, &buffer, sizeof(buffer), &needed);
    ZwClose(key);
    if (value.status != STATUS_SUCCESS)
        return value;
    value.type = buffer.information.Type;
    value.bytes = buffer.information.DataLength;
    memcpy(value.data, buffer.information.Data, value.bytes);
    return value;
}

#endif
