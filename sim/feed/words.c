/* SPDX-License-Identifier: MIT
 *
 * words.c - the names that may stand for a number in our own lines.
 *
 * The status list holds what registry, process and object calls return; any other status is written
 * as a number.
 */
#include "feed/feedp.h"

#include <ntcallback/ddk/ntstatus.h>

#include <string.h>

#define STATUS_WORD(name)                        \
    {                                            \
        "STATUS_" #name, (uint32_t)STATUS_##name \
    }

const struct ntsim__word ntsim__status_words[] = {
    STATUS_WORD(SUCCESS),
    STATUS_WORD(PENDING),
    STATUS_WORD(REPARSE),
    STATUS_WORD(CALLBACK_BYPASS),
    STATUS_WORD(OBJECT_NAME_EXISTS),
    STATUS_WORD(BUFFER_OVERFLOW),
    STATUS_WORD(NO_MORE_ENTRIES),
    STATUS_WORD(UNSUCCESSFUL),
    STATUS_WORD(NOT_IMPLEMENTED),
    STATUS_WORD(INVALID_INFO_CLASS),
    STATUS_WORD(INFO_LENGTH_MISMATCH),
    STATUS_WORD(ACCESS_VIOLATION),
    STATUS_WORD(INVALID_HANDLE),
    STATUS_WORD(INVALID_CID),
    STATUS_WORD(INVALID_PARAMETER),
    STATUS_WORD(INVALID_DEVICE_REQUEST),
    STATUS_WORD(NO_MEMORY),
    STATUS_WORD(ACCESS_DENIED),
    STATUS_WORD(BUFFER_TOO_SMALL),
    STATUS_WORD(OBJECT_TYPE_MISMATCH),
    STATUS_WORD(OBJECT_NAME_INVALID),
    STATUS_WORD(OBJECT_NAME_NOT_FOUND),
    STATUS_WORD(OBJECT_NAME_COLLISION),
    STATUS_WORD(OBJECT_PATH_INVALID),
    STATUS_WORD(OBJECT_PATH_NOT_FOUND),
    STATUS_WORD(OBJECT_PATH_SYNTAX_BAD),
    STATUS_WORD(SHARING_VIOLATION),
    STATUS_WORD(PROCEDURE_NOT_FOUND),
    STATUS_WORD(PRIVILEGE_NOT_HELD),
    STATUS_WORD(INVALID_IMAGE_FORMAT),
    STATUS_WORD(INSUFFICIENT_RESOURCES),
    STATUS_WORD(INSTANCE_NOT_AVAILABLE),
    STATUS_WORD(NOT_SUPPORTED),
    STATUS_WORD(INVALID_PARAMETER_1),
    STATUS_WORD(INVALID_PARAMETER_2),
    STATUS_WORD(INVALID_PARAMETER_3),
    STATUS_WORD(INVALID_PARAMETER_4),
    STATUS_WORD(INVALID_PARAMETER_5),
    STATUS_WORD(INVALID_PARAMETER_6),
    STATUS_WORD(PROCESS_IS_TERMINATING),
    STATUS_WORD(CANNOT_DELETE),
    STATUS_WORD(KEY_DELETED),
    STATUS_WORD(KEY_HAS_CHILDREN),
    STATUS_WORD(CHILD_MUST_BE_VOLATILE),
    STATUS_WORD(REGISTRY_CORRUPT),
    STATUS_WORD(REGISTRY_IO_FAILED),
    STATUS_WORD(NOT_REGISTRY_FILE),
    STATUS_WORD(NOT_FOUND),
    STATUS_WORD(CANCELLED),
    STATUS_WORD(REQUEST_ABORTED),
    STATUS_WORD(TOO_LATE),
    STATUS_WORD(FLT_INSTANCE_ALTITUDE_COLLISION),
    STATUS_WORD(INVALID_IMAGE_HASH),
    STATUS_WORD(ACCESS_DISABLED_BY_POLICY_DEFAULT),
    {NULL, 0},
};

const struct ntsim__word ntsim__access_words[] = {
    {"KEY_QUERY_VALUE", 0x0001},
    {"KEY_SET_VALUE", 0x0002},
    {"KEY_CREATE_SUB_KEY", 0x0004},
    {"KEY_ENUMERATE_SUB_KEYS", 0x0008},
    {"KEY_NOTIFY", 0x0010},
    {"KEY_CREATE_LINK", 0x0020},
    {"KEY_WOW64_64KEY", 0x0100},
    {"KEY_WOW64_32KEY", 0x0200},
    {"KEY_READ", 0x20019},
    {"KEY_WRITE", 0x20006},
    {"KEY_EXECUTE", 0x20019},
    {"KEY_ALL_ACCESS", 0xF003F},
    {"PROCESS_TERMINATE", 0x0001},
    {"PROCESS_CREATE_THREAD", 0x0002},
    {"PROCESS_VM_OPERATION", 0x0008},
    {"PROCESS_VM_READ", 0x0010},
    {"PROCESS_VM_WRITE", 0x0020},
    {"PROCESS_DUP_HANDLE", 0x0040},
    {"PROCESS_CREATE_PROCESS", 0x0080},
    {"PROCESS_SET_QUOTA", 0x0100},
    {"PROCESS_SET_INFORMATION", 0x0200},
    {"PROCESS_QUERY_INFORMATION", 0x0400},
    {"PROCESS_SUSPEND_RESUME", 0x0800},
    {"PROCESS_QUERY_LIMITED_INFORMATION", 0x1000},
    {"PROCESS_ALL_ACCESS", 0x1FFFFF},
    {"DELETE", 0x00010000},
    {"READ_CONTROL", 0x00020000},
    {"WRITE_DAC", 0x00040000},
    {"WRITE_OWNER", 0x00080000},
    {"SYNCHRONIZE", 0x00100000},
    {"ACCESS_SYSTEM_SECURITY", 0x01000000},
    {"MAXIMUM_ALLOWED", 0x02000000},
    {"GENERIC_ALL", 0x10000000},
    {"GENERIC_EXECUTE", 0x20000000},
    {"GENERIC_WRITE", 0x40000000},
    {"GENERIC_READ", 0x80000000},
    {NULL, 0},
};

const struct ntsim__word ntsim__value_type_words[] = {
    {"REG_NONE", 0},
    {"REG_SZ", 1},
    {"REG_EXPAND_SZ", 2},
    {"REG_BINARY", 3},
    {"REG_DWORD", 4},
    {"REG_DWORD_BIG_ENDIAN", 5},
    {"REG_LINK", 6},
    {"REG_MULTI_SZ", 7},
    {"REG_RESOURCE_LIST", 8},
    {"REG_FULL_RESOURCE_DESCRIPTOR", 9},
    {"REG_RESOURCE_REQUIREMENTS_LIST", 10},
    {"REG_QWORD", 11},
    {NULL, 0},
};

const struct ntsim__word ntsim__disposition_words[] = {
    {"REG_CREATED_NEW_KEY", 1},
    {"REG_OPENED_EXISTING_KEY", 2},
    {NULL, 0},
};

const struct ntsim__word ntsim__option_words[] = {
    {"REG_OPTION_NON_VOLATILE", 0},
    {"REG_OPTION_VOLATILE", 1},
    {"REG_OPTION_CREATE_LINK", 2},
    {"REG_OPTION_BACKUP_RESTORE", 4},
    {"REG_OPTION_OPEN_LINK", 8},
    {"REG_OPTION_DONT_VIRTUALIZE", 16},
    {NULL, 0},
};

const struct ntsim__word ntsim__machine_words[] = {
    {"native", 0}, {"x86", 0x014C}, {"x64", 0x8664}, {"arm64", 0xAA64}, {NULL, 0},
};

const struct ntsim__word ntsim__key_class_words[] = {
    {"KeyBasicInformation", 0},
    {"KeyNodeInformation", 1},
    {"KeyFullInformation", 2},
    {"KeyNameInformation", 3},
    {"KeyCachedInformation", 4},
    {"KeyFlagsInformation", 5},
    {"KeyVirtualizationInformation", 6},
    {"KeyHandleTagsInformation", 7},
    {"KeyTrustInformation", 8},
    {"KeyLayerInformation", 9},
    {NULL, 0},
};

const struct ntsim__word ntsim__value_class_words[] = {
    {"KeyValueBasicInformation", 0},
    {"KeyValueFullInformation", 1},
    {"KeyValuePartialInformation", 2},
    {"KeyValueFullInformationAlign64", 3},
    {"KeyValuePartialInformationAlign64", 4},
    {"KeyValueLayerInformation", 5},
    {NULL, 0},
};

const struct ntsim__word ntsim__set_class_words[] = {
    {"KeyWriteTimeInformation", 0},    {"KeyWow64FlagsInformation", 1},
    {"KeyControlFlagsInformation", 2}, {"KeySetVirtualizationInformation", 3},
    {"KeySetDebugInformation", 4},     {"KeySetHandleTagsInformation", 5},
    {"KeySetLayerInformation", 6},     {NULL, 0},
};

const struct ntsim__word *ntsim__word_find(const struct ntsim__word *words, const char *text,
                                           size_t length)
{
    for (; words->text != NULL; words++) {
        if (strlen(words->text) == length && memcmp(words->text, text, length) == 0)
            return words;
    }
    return NULL;
}

#define FAR_AWAY 3u
#define WORD_MAX 63u

unsigned ntsim__word_distance(const char *a, size_t a_length, const char *b)
{
    size_t b_length = strlen(b);
    unsigned row[WORD_MAX + 1];

    if (a_length > WORD_MAX || b_length > WORD_MAX || a_length > b_length + 2 ||
        b_length > a_length + 2)
        return FAR_AWAY;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[b_length] < FAR_AWAY ? row[b_length] : FAR_AWAY;
}

const char *ntsim__word_near(const struct ntsim__word *words, const char *text, size_t length)
{
    const char *nearest = NULL;
    unsigned least = FAR_AWAY;

    for (; words->text != NULL; words++) {
        unsigned distance = ntsim__word_distance(text, length, words->text);

        if (distance < least) {
            least = distance;
            nearest = words->text;
        }
    }
    return nearest;
}
