/* SPDX-License-Identifier: MIT
 *
 * bench_test.c - the kernel, the registry and the programs that the tests of regvirtual use.
 */
#include "bench_test.h"

#include <stdio.h>
#include <string.h>

/* ---- set-up --------------------------------------------------------------------------------- */

static void remember(void *context, const char *text)
{
    struct bench *bench = context;

    strncat(bench->said, text, sizeof(bench->said) - strlen(bench->said) - 1);
}

/* One record at a time. */
static void count_answer(void *context, const struct ntsim_trace_call *call)
{
    struct bench *bench = context;

    if (strstr(call->callback->driver, "regvirtual") == NULL)
        return;
    bench->counts.blocked += call->decision == NTSIM_DECISION_BLOCKED;
    bench->counts.bypassed += call->decision == NTSIM_DECISION_BYPASSED;
    bench->counts.overrode += call->decision == NTSIM_DECISION_OVERRODE;
    bench->counts.cleanups += call->notify_class == RegNtCallbackObjectContextCleanup;
}

/* Below all other filters, and so it hears of every key that is opened, whoever opens it. */
static NTSTATUS count_keys(PVOID context, PVOID notify_class, PVOID information)
{
    struct bench *bench = context;

    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)notify_class) {
    case RegNtPostCreateKeyEx:
    case RegNtPostOpenKeyEx:
        if (((PREG_POST_OPERATION_INFORMATION)information)->Status == STATUS_SUCCESS)
            atomic_fetch_add(&bench->open_keys, 1);
        break;
    case RegNtPreKeyHandleClose:
        atomic_fetch_sub(&bench->open_keys, 1);
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

static void make_number(struct bench *bench, const char *path, const char *name, uint32_t number)
{
    assert_int_equal(
        ntsim_registry_value(bench->sim, path, name, REG_DWORD, &number, sizeof(number)), NTCB_OK);
}

static struct ntsim_process *make_process(struct bench *bench, const char *image, uint32_t pid)
{
    struct ntsim_process_options options = {image, NULL, pid, NULL, false};
    struct ntsim_process *process;

    assert_int_equal(ntsim_process_create(bench->sim, &options, &process), NTCB_OK);
    return process;
}

int set_up_without_driver(void **state)
{
    static struct bench bench;
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    UNICODE_STRING altitude;

    memset(&bench, 0, sizeof(bench));
    config.debug_output = remember;
    config.debug_context = &bench;
    assert_int_equal(ntsim_trace_create(&bench.trace, 0), NTCB_OK);
    assert_int_equal(ntsim_trace_add_sink(bench.trace, count_answer, &bench), NTCB_OK);
    config.kernel.observer = ntsim_trace_observe;
    config.kernel.callback_context = bench.trace;
    bench.sim = ntsim_start(&config);
    make_number(&bench, CONTOSO, "Mode", 1);
    make_number(&bench, CONTOSO, "Real", 5);
    make_number(&bench, CONTOSO "\\Zulu", "Size", 9);
    assert_int_equal(ntsim_registry_key(bench.sim, CONTOSO "\\Alpha", false), NTCB_OK);
    assert_int_equal(ntsim_registry_key(bench.sim, HIDDEN "\\Deep", false), NTCB_OK);
    bench.chosen = make_process(&bench, "C:\\chosen.exe", 4000);
    bench.other = make_process(&bench, "C:\\other.exe", 5000);
    RtlInitUnicodeString(&altitude, u"1");
    assert_int_equal(
        CmRegisterCallbackEx(count_keys, &altitude, &bench, &bench, &bench.counter, NULL),
        STATUS_SUCCESS);
    *state = &bench;
    return 0;
}

void choose_process(struct bench *bench)
{
    make_number(bench, PARAMETERS, "ProcessId", 4000);
}

void choose_hidden_key(struct bench *bench)
{
    static const WCHAR path[] = u"\\Registry\\Machine\\Software\\CONTOSO\\middle";

    assert_int_equal(
        ntsim_registry_value(bench->sim, PARAMETERS, "HiddenKey", REG_SZ, path, sizeof(path)),
        NTCB_OK);
}

void load(struct bench *bench)
{
    bench->driver = ntsim_driver_start(bench->sim, "regvirtual", regvirtual_DriverEntry);
}

void unload(struct bench *bench)
{
    assert_int_equal(ntsim_driver_stop(bench->driver), NTCB_OK);
    bench->driver = NULL;
}

int set_up_idle(void **state)
{
    set_up_without_driver(state);
    load(*state);
    return 0;
}

int set_up_redirector(void **state)
{
    set_up_without_driver(state);
    choose_process(*state);
    load(*state);
    return 0;
}

int set_up_hider(void **state)
{
    set_up_without_driver(state);
    choose_hidden_key(*state);
    load(*state);
    return 0;
}

int set_up_both(void **state)
{
    set_up_without_driver(state);
    choose_process(*state);
    choose_hidden_key(*state);
    load(*state);
    return 0;
}

int tear_down(void **state)
{
    struct bench *bench = *state;
    int stopped;

    if (bench->driver != NULL && ntsim_driver_stop(bench->driver) != NTCB_OK)
        return -1;
    assert_int_equal(CmUnRegisterCallback(bench->counter), STATUS_SUCCESS);
    assert_int_equal(bench->open_keys, 0);
    stopped = ntsim_stop(bench->sim);
    ntsim_trace_destroy(bench->trace);
    return stopped;
}

struct ntsim_thread *become(struct ntsim_process *process)
{
    return ntsim_thread_enter(ntsim_process_thread(process));
}

/* ---- what programs do ----------------------------------------------------------------------- */

/* A name in 16-bit characters; names here are ASCII. */
struct name {
    WCHAR text[256];
    UNICODE_STRING string;
};

static UNICODE_STRING *name_of(struct name *name, const char *text)
{
    size_t length = strlen(text);

    assert_true(length < 256);
    for (size_t i = 0; i < length; i++)
        name->text[i] = (WCHAR)text[i];
    name->string.Buffer = name->text;
    name->string.Length = (USHORT)(length * sizeof(WCHAR));
    name->string.MaximumLength = name->string.Length;
    return &name->string;
}

NTSTATUS try_open(HANDLE root, const char *path, ACCESS_MASK access, HANDLE *key)
{
    struct name name;
    OBJECT_ATTRIBUTES attributes;

    *key = NULL;
    InitializeObjectAttributes(&attributes, name_of(&name, path), OBJ_CASE_INSENSITIVE, root, NULL);
    return NtOpenKey(key, access, &attributes);
}

NTSTATUS try_create(HANDLE root, const char *path, HANDLE *key, ULONG *disposition)
{
    struct name name;
    OBJECT_ATTRIBUTES attributes;

    *key = NULL;
    InitializeObjectAttributes(&attributes, name_of(&name, path), OBJ_CASE_INSENSITIVE, root, NULL);
    return NtCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, disposition);
}

static NTSTATUS and_close(NTSTATUS status, HANDLE key)
{
    if (NT_SUCCESS(status))
        NtClose(key);
    return status;
}

NTSTATUS open_status(HANDLE root, const char *path, ACCESS_MASK access)
{
    HANDLE key;
    NTSTATUS status = try_open(root, path, access, &key);

    return and_close(status, key);
}

NTSTATUS create_status(HANDLE root, const char *path)
{
    HANDLE key;
    NTSTATUS status = try_create(root, path, &key, NULL);

    return and_close(status, key);
}

HANDLE open_key(HANDLE root, const char *path, ACCESS_MASK access)
{
    HANDLE key;

    assert_int_equal(try_open(root, path, access, &key), STATUS_SUCCESS);
    return key;
}

HANDLE create_key(HANDLE root, const char *path)
{
    HANDLE key;

    assert_int_equal(try_create(root, path, &key, NULL), STATUS_SUCCESS);
    return key;
}

NTSTATUS set_value(HANDLE key, const char *name, ULONG number)
{
    struct name text;

    return NtSetValueKey(key, name_of(&text, name), 0, REG_DWORD, &number, sizeof(number));
}

NTSTATUS delete_value(HANDLE key, const char *name)
{
    struct name text;

    return NtDeleteValueKey(key, name_of(&text, name));
}

NTSTATUS rename_key(HANDLE key, const char *name)
{
    struct name text;

    return NtRenameKey(key, name_of(&text, name));
}

ULONG value_of(HANDLE key, const char *name)
{
    struct name text;
    union {
        KEY_VALUE_PARTIAL_INFORMATION information;
        UCHAR room[64];
    } value;
    ULONG number, length;
    NTSTATUS status = NtQueryValueKey(key, name_of(&text, name), KeyValuePartialInformation, &value,
                                      sizeof(value), &length);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return NO_VALUE;
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(length, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(number));
    memcpy(&number, value.information.Data, sizeof(number));
    return number;
}

ULONG value_at(const char *path, const char *name)
{
    HANDLE key = open_key(NULL, path, KEY_READ);
    ULONG number = value_of(key, name);

    NtClose(key);
    return number;
}

static void add_name(char *list, const WCHAR *name, ULONG bytes)
{
    size_t at = strlen(list);

    assert_true(at + bytes / sizeof(WCHAR) + 2 < 256);
    if (at != 0)
        list[at++] = ' ';
    for (ULONG i = 0; i < bytes / sizeof(WCHAR); i++)
        list[at++] = (char)name[i];
    list[at] = '\0';
}

const char *subkeys_of(HANDLE key)
{
    static char list[256];
    union {
        KEY_BASIC_INFORMATION information;
        UCHAR room[256];
    } entry;
    NTSTATUS status;
    ULONG length;

    list[0] = '\0';
    for (ULONG index = 0; NT_SUCCESS(status = NtEnumerateKey(key, index, KeyBasicInformation,
                                                             &entry, sizeof(entry), &length));
         index++)
        add_name(list, entry.information.Name, entry.information.NameLength);
    assert_int_equal(status, STATUS_NO_MORE_ENTRIES);
    return list;
}

const char *values_of(HANDLE key)
{
    static char list[256];
    union {
        KEY_VALUE_BASIC_INFORMATION information;
        UCHAR room[256];
    } entry;
    NTSTATUS status;
    ULONG length;

    list[0] = '\0';
    for (ULONG index = 0;
         NT_SUCCESS(status = NtEnumerateValueKey(key, index, KeyValueBasicInformation, &entry,
                                                 sizeof(entry), &length));
         index++)
        add_name(list, entry.information.Name, entry.information.NameLength);
    assert_int_equal(status, STATUS_NO_MORE_ENTRIES);
    return list;
}

KEY_FULL_INFORMATION full_information(HANDLE key)
{
    KEY_FULL_INFORMATION full;
    ULONG length;

    assert_int_equal(NtQueryKey(key, KeyFullInformation, &full, sizeof(full), &length),
                     STATUS_SUCCESS);
    return full;
}

KEY_CACHED_INFORMATION cached_information(HANDLE key)
{
    KEY_CACHED_INFORMATION cached;
    ULONG length;

    assert_int_equal(NtQueryKey(key, KeyCachedInformation, &cached, sizeof(cached), &length),
                     STATUS_SUCCESS);
    return cached;
}
