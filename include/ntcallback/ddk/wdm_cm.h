/* SPDX-License-Identifier: MIT */
/*
 * wdm_cm.h - the registry's own types: value types, options, rights, information classes.
 */
#ifndef NTCB_WDM_CM_H
#define NTCB_WDM_CM_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

/* Value types, options, hive flags, notify filters. */
#define REG_APP_HIVE 0x00000010
#define REG_APP_HIVE_OPEN_READ_ONLY 0x00002000
#define REG_BINARY 3
#define REG_BOOT_HIVE 0x00000400
#define REG_CREATED_NEW_KEY 1
#define REG_DWORD 4
#define REG_DWORD_BIG_ENDIAN 5
#define REG_DWORD_LITTLE_ENDIAN 4
#define REG_EXPAND_SZ 2
#define REG_FLUSH_HIVE_FILE_GROWTH 0x00001000
#define REG_FORCE_RESTORE 8
#define REG_FORCE_UNLOAD 1
#define REG_FULL_RESOURCE_DESCRIPTOR 9
#define REG_HIVE_EXACT_FILE_GROWTH 0x00000080
#define REG_HIVE_NO_RM 0x00000100
#define REG_HIVE_SINGLE_LOG 0x00000200
#define REG_IMMUTABLE 0x00004000
#define REG_LATEST_FORMAT 2
#define REG_LEGAL_CHANGE_FILTER 0x1000000F
#define REG_LEGAL_OPTION 0x0000001F
#define REG_LINK 6
#define REG_LOAD_HIVE_OPEN_HANDLE 0x00000800
#define REG_MULTI_SZ 7
#define REG_NONE 0
#define REG_NO_COMPRESSION 4
#define REG_NO_IMPERSONATION_FALLBACK 0x00008000
#define REG_NO_LAZY_FLUSH 4
#define REG_OPENED_EXISTING_KEY 2
#define REG_OPEN_LEGAL_OPTION 0x0000001C
#define REG_OPEN_READ_ONLY 0x00002000
#define REG_PROCESS_PRIVATE 0x00000020
#define REG_QWORD 0x0000000B
#define REG_QWORD_LITTLE_ENDIAN 0x0000000B
#define REG_REFRESH_HIVE 2
#define REG_RESOURCE_LIST 8
#define REG_RESOURCE_REQUIREMENTS_LIST 0x0000000A
#define REG_STANDARD_FORMAT 1
#define REG_START_JOURNAL 0x00000040
#define REG_SZ 1
#define REG_UNLOAD_LEGAL_FLAGS 1
#define REG_WHOLE_HIVE_VOLATILE 1
#define REG_OPTION_BACKUP_RESTORE 4
#define REG_OPTION_CREATE_LINK 2
#define REG_OPTION_DONT_VIRTUALIZE 0x00000010
#define REG_OPTION_NON_VOLATILE 0
#define REG_OPTION_OPEN_LINK 8
#define REG_OPTION_RESERVED 0
#define REG_OPTION_VOLATILE 1
#define REG_NOTIFY_CHANGE_ATTRIBUTES 2
#define REG_NOTIFY_CHANGE_LAST_SET 4
#define REG_NOTIFY_CHANGE_NAME 1
#define REG_NOTIFY_CHANGE_SECURITY 8
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000

/* Access rights. */
#define KEY_ALL_ACCESS 0x000F003F
#define KEY_CREATE_LINK 0x00000020
#define KEY_CREATE_SUB_KEY 4
#define KEY_ENUMERATE_SUB_KEYS 8
#define KEY_EXECUTE 0x00020019
#define KEY_NOTIFY 0x00000010
#define KEY_QUERY_VALUE 1
#define KEY_READ 0x00020019
#define KEY_SET_VALUE 2
#define KEY_WOW64_32KEY 0x00000200
#define KEY_WOW64_64KEY 0x00000100
#define KEY_WOW64_RES 0x00000300
#define KEY_WRITE 0x00020006

typedef enum _KEY_INFORMATION_CLASS {
    KeyBasicInformation = 0,
    KeyNodeInformation = 1,
    KeyFullInformation = 2,
    KeyNameInformation = 3,
    KeyCachedInformation = 4,
    KeyFlagsInformation = 5,
    KeyVirtualizationInformation = 6,
    KeyHandleTagsInformation = 7,
    KeyTrustInformation = 8,
    KeyLayerInformation = 9,
    MaxKeyInfoClass = 10
} KEY_INFORMATION_CLASS;
typedef enum _KEY_VALUE_INFORMATION_CLASS {
    KeyValueBasicInformation = 0,
    KeyValueFullInformation = 1,
    KeyValuePartialInformation = 2,
    KeyValueFullInformationAlign64 = 3,
    KeyValuePartialInformationAlign64 = 4,
    KeyValueLayerInformation = 5,
    MaxKeyValueInfoClass = 6
} KEY_VALUE_INFORMATION_CLASS;
typedef enum _KEY_SET_INFORMATION_CLASS {
    KeyWriteTimeInformation = 0,
    KeyWow64FlagsInformation = 1,
    KeyControlFlagsInformation = 2,
    KeySetVirtualizationInformation = 3,
    KeySetDebugInformation = 4,
    KeySetHandleTagsInformation = 5,
    KeySetLayerInformation = 6,
    MaxKeySetInfoClass = 7
} KEY_SET_INFORMATION_CLASS;

/* KEY_INFORMATION_CLASS. Names are counted in bytes and not terminated; trailing arrays are as long
 * as told. */
typedef struct _KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;
typedef struct _KEY_NODE_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG ClassOffset;
    ULONG ClassLength;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_NODE_INFORMATION, *PKEY_NODE_INFORMATION;
typedef struct _KEY_FULL_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG ClassOffset;
    ULONG ClassLength;
    ULONG SubKeys;
    ULONG MaxNameLen;
    ULONG MaxClassLen;
    ULONG Values;
    ULONG MaxValueNameLen;
    ULONG MaxValueDataLen;
    WCHAR Class[1];
} KEY_FULL_INFORMATION, *PKEY_FULL_INFORMATION;
typedef struct _KEY_NAME_INFORMATION {
    ULONG NameLength;
    WCHAR Name[1];
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;
typedef struct _KEY_CACHED_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG SubKeys;
    ULONG MaxNameLen;
    ULONG Values;
    ULONG MaxValueNameLen;
    ULONG MaxValueDataLen;
    ULONG NameLength;
} KEY_CACHED_INFORMATION, *PKEY_CACHED_INFORMATION;
typedef struct _KEY_FLAGS_INFORMATION {
    ULONG Wow64Flags;
    ULONG KeyFlags;
    ULONG ControlFlags;
} KEY_FLAGS_INFORMATION, *PKEY_FLAGS_INFORMATION;
typedef struct _KEY_VIRTUALIZATION_INFORMATION {
    ULONG VirtualizationCandidate : 1;
    ULONG VirtualizationEnabled : 1;
    ULONG VirtualTarget : 1;
    ULONG VirtualStore : 1;
    ULONG VirtualSource : 1;
    ULONG Reserved : 27;
} KEY_VIRTUALIZATION_INFORMATION, *PKEY_VIRTUALIZATION_INFORMATION;
typedef struct _KEY_HANDLE_TAGS_INFORMATION {
    ULONG HandleTags;
} KEY_HANDLE_TAGS_INFORMATION, *PKEY_HANDLE_TAGS_INFORMATION;
typedef struct _KEY_TRUST_INFORMATION {
    ULONG TrustedKey : 1;
    ULONG Reserved : 31;
} KEY_TRUST_INFORMATION, *PKEY_TRUST_INFORMATION;
typedef struct _KEY_LAYER_INFORMATION {
    ULONG IsTombstone : 1;
    ULONG IsSupersedeLocal : 1;
    ULONG IsSupersedeTree : 1;
    ULONG ClassIsInherited : 1;
    ULONG Reserved : 28;
} KEY_LAYER_INFORMATION, *PKEY_LAYER_INFORMATION;

/* KEY_SET_INFORMATION_CLASS. */
typedef struct _KEY_WRITE_TIME_INFORMATION {
    LARGE_INTEGER LastWriteTime;
} KEY_WRITE_TIME_INFORMATION, *PKEY_WRITE_TIME_INFORMATION;
typedef struct _KEY_WOW64_FLAGS_INFORMATION {
    ULONG UserFlags;
} KEY_WOW64_FLAGS_INFORMATION, *PKEY_WOW64_FLAGS_INFORMATION;
typedef struct _KEY_CONTROL_FLAGS_INFORMATION {
    ULONG ControlFlags;
} KEY_CONTROL_FLAGS_INFORMATION, *PKEY_CONTROL_FLAGS_INFORMATION;
typedef struct _KEY_SET_VIRTUALIZATION_INFORMATION {
    ULONG VirtualTarget : 1;
    ULONG VirtualStore : 1;
    ULONG VirtualSource : 1;
    ULONG Reserved : 29;
} KEY_SET_VIRTUALIZATION_INFORMATION, *PKEY_SET_VIRTUALIZATION_INFORMATION;
typedef struct _KEY_SET_DEBUG_INFORMATION {
    ULONG Flags;
} KEY_SET_DEBUG_INFORMATION, *PKEY_SET_DEBUG_INFORMATION;
typedef struct _KEY_SET_LAYER_INFORMATION {
    ULONG IsTombstone : 1;
    ULONG IsSupersedeLocal : 1;
    ULONG IsSupersedeTree : 1;
    ULONG ClassIsInherited : 1;
    ULONG Reserved : 28;
} KEY_SET_LAYER_INFORMATION, *PKEY_SET_LAYER_INFORMATION;

/* KEY_VALUE_INFORMATION_CLASS. */
typedef struct _KEY_VALUE_BASIC_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;
typedef struct _KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataOffset;
    ULONG DataLength;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;
typedef KEY_VALUE_FULL_INFORMATION KEY_VALUE_FULL_INFORMATION_ALIGN64,
    *PKEY_VALUE_FULL_INFORMATION_ALIGN64;
typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;
typedef struct _KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 {
    ULONG Type;
    ULONG DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, *PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64;
typedef struct _KEY_VALUE_LAYER_INFORMATION {
    ULONG IsTombstone : 1;
    ULONG Reserved : 31;
} KEY_VALUE_LAYER_INFORMATION, *PKEY_VALUE_LAYER_INFORMATION;
typedef struct _KEY_VALUE_ENTRY {
    PUNICODE_STRING ValueName;
    ULONG DataLength;
    ULONG DataOffset;
    ULONG Type;
} KEY_VALUE_ENTRY, *PKEY_VALUE_ENTRY;

/* Open sub-keys, change notification. */
typedef struct _KEY_PID_ARRAY {
    HANDLE ProcessId;
    UNICODE_STRING KeyName;
} KEY_PID_ARRAY, *PKEY_PID_ARRAY;
typedef struct _KEY_OPEN_SUBKEYS_INFORMATION {
    ULONG Count;
    KEY_PID_ARRAY KeyArray[1];
} KEY_OPEN_SUBKEYS_INFORMATION, *PKEY_OPEN_SUBKEYS_INFORMATION;
typedef enum _REG_ACTION { KeyAdded, KeyRemoved, KeyModified } REG_ACTION;
typedef struct _REG_NOTIFY_INFORMATION {
    ULONG NextEntryOffset;
    REG_ACTION Action;
    ULONG KeyLength;
    WCHAR Key[1];
} REG_NOTIFY_INFORMATION, *PREG_NOTIFY_INFORMATION;

NTCB_DDK_END_DECLS

#endif
