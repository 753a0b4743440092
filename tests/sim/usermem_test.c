/* SPDX-License-Identifier: MIT
 *
 * usermem_test.c - user memory, and drivers that touch it (tests/drivers/userbuf.c).
 */
#include "simkit.h"

#include <ntsim/memory.h>

static struct ntsim_process *process;
static struct ntsim_driver *driver;
static HANDLE key;

/* The driver in one of its modes; the case is a thread of a user process with a key. */
static struct ntsim_thread *begin(const char *mode)
{
    const struct ntsim_driver_options options = {.name = mode,
                                                 .module = ntcb_test_driver("userbuf")};
    PUNICODE_STRING path = STRING(u"\\Registry\\Machine\\Software\\User");
    OBJECT_ATTRIBUTES attributes;
    struct ntsim_thread *previous;
    NTSTATUS status;

    EXPECT_EQ(ntsim_registry_key(sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\User", false), NTCB_OK);
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    process = make_process("C:\\user.exe");
    previous = ntsim_thread_enter(ntsim_process_thread(process));
    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_SUCCESS(NtOpenKey(&key, KEY_ALL_ACCESS, &attributes));
    return previous;
}

static void end(struct ntsim_thread *previous)
{
    EXPECT_SUCCESS(NtClose(key));
    ntsim_thread_leave(previous);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static NTSTATUS set(void *data, ULONG bytes)
{
    return NtSetValueKey(key, STRING(u"v"), 0, REG_BINARY, data, bytes);
}

static NTSTATUS query(void *buffer, ULONG bytes)
{
    ULONG result;

    return NtQueryValueKey(key, STRING(u"v"), KeyValuePartialInformation, buffer, bytes, &result);
}

/* On Windows 7 data is shown in place, so it can be gone when the callback looks. */
static void set_from_vanishing_memory(const char *mode, NTSTATUS expected)
{
    struct ntsim_thread *previous;
    void *data;

    start_windows(NTCB_WINDOWS_7);
    previous = begin(mode);
    data = ntsim_user_allocate(process, 8192, PAGE_READWRITE);
    EXPECT_SUCCESS(set(data, 8192));
    EXPECT_EQ(ntsim_user_protect(process, (char *)data + 4096, 4096, PAGE_NOACCESS), NTCB_OK);
    EXPECT_STATUS(set(data, 8192), expected);
    end(previous);
}

static void careless_driver_stops_the_machine(void **state)
{
    (void)state;
    set_from_vanishing_memory("careless", STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(take_report("CM-EXC-01")->bugcheck, REGISTRY_FILTER_DRIVER_EXCEPTION);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static void careful_driver_gets_a_status(void **state)
{
    (void)state;
    set_from_vanishing_memory("careful", STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK); /* nothing reported, nothing left */
}

/* From Windows 8 on the same data never reaches the driver. */
static void data_is_read_once_and_first(void **state)
{
    struct ntsim_thread *previous = begin("careless");
    void *data = ntsim_user_allocate(process, 8192, PAGE_READONLY);

    (void)state;
    EXPECT_SUCCESS(set(data, 8192));
    EXPECT_EQ(ntsim_user_free(process, data), NTCB_OK);
    EXPECT_STATUS(set(data, 8192), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
    end(previous);
}

static void answer_is_written_under_try(void **state)
{
    struct ntsim_thread *previous = begin("careful");
    UCHAR *answer = ntsim_user_allocate(process, 64, PAGE_READWRITE);

    (void)state;
    EXPECT_SUCCESS(set("x", 1));
    EXPECT_SUCCESS(query(answer, 64));
    EXPECT_EQ(answer[0], 0x77);
    end(previous);
}

/* CM-BUF-11 */
static void replay_with_own_copies_succeeds(void **state)
{
    struct ntsim_thread *previous = begin("replay");
    void *data = ntsim_user_copy(process, "abcd", 4);
    union {
        KEY_VALUE_PARTIAL_INFORMATION partial;
        UCHAR bytes[64];
    } answer;

    (void)state;
    EXPECT_SUCCESS(set(data, 4));
    EXPECT_SUCCESS(query(&answer, sizeof(answer)));
    EXPECT_EQ(answer.partial.DataLength, 4);
    EXPECT_MEM(answer.partial.Data, "abcd", 4);
    EXPECT_SUCCESS(NtDeleteValueKey(key, STRING(u"v")));
    EXPECT_STATUS(query(&answer, sizeof(answer)), STATUS_OBJECT_NAME_NOT_FOUND);
    end(previous);
}

static void replay_on_windows_7_succeeds(void **state)
{
    start_windows(NTCB_WINDOWS_7);
    replay_with_own_copies_succeeds(state);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static void user_memory_passed_on_is_reported(void **state)
{
    struct ntsim_thread *previous = begin("passes");
    UCHAR *answer = ntsim_user_allocate(process, 64, PAGE_READWRITE);

    (void)state;
    EXPECT_SUCCESS(set("x", 1));
    EXPECT_SUCCESS(query(answer, 64));
    take_report("CM-BUF-03");
    end(previous);
}

static void memory_is_the_processes_own(void **state)
{
    struct ntsim_process *one = make_process("C:\\one.exe");
    struct ntsim_process *two = make_process("C:\\two.exe");
    char *memory = ntsim_user_copy(one, "hello", 6);
    char *again;

    (void)state;
    EXPECT_STR(memory, "hello");
    EXPECT_EQ((uintptr_t)memory % PAGE_SIZE, 0);
    EXPECT_TRUE(ntsim_user_allocate(one, 0, PAGE_READWRITE) == NULL);
    EXPECT_TRUE(ntsim_user_allocate(one, 1, 0x1234) == NULL);
    EXPECT_EQ(ntsim_user_protect(two, memory, 1, PAGE_READONLY), NTCB_EINVAL);
    EXPECT_EQ(ntsim_user_protect(one, memory, PAGE_SIZE + 1, PAGE_READONLY), NTCB_EINVAL);
    EXPECT_EQ(ntsim_user_protect(one, memory + 1, 1, PAGE_READONLY), NTCB_OK);
    EXPECT_EQ(ntsim_user_free(one, memory + 1), NTCB_EINVAL);
    EXPECT_EQ(ntsim_user_free(one, memory), NTCB_OK);
    EXPECT_EQ(ntsim_user_free(one, memory), NTCB_EINVAL);
    EXPECT_EQ(ntsim_user_protect(one, memory, 1, PAGE_READONLY), NTCB_EINVAL);
    again = ntsim_user_allocate(one, 6, PAGE_READWRITE);
    EXPECT_TRUE(again != memory);
    EXPECT_FALSE(MmIsAddressValid(memory));
    EXPECT_TRUE(MmIsAddressValid(again));
    ntsim_process_exit(one, 0);
}

static LARGE_INTEGER cookie;
static WCHAR behind;

static NTSTATUS NTAPI look_behind(PVOID context, PVOID class, PVOID information)
{
    (void)context;
    if ((ULONG_PTR) class == RegNtPreSetValueKey) {
        const UNICODE_STRING *name = ((PREG_SET_VALUE_KEY_INFORMATION)information)->ValueName;

        behind = name->Buffer[name->Length / sizeof(WCHAR)];
    }
    return STATUS_SUCCESS;
}

static void captured_strings_end_in_a_zero(void **state)
{
    static const WCHAR text[] = u"value";
    UNICODE_STRING name = {4, 4, (PWCH)text};
    struct ntsim_thread *previous = begin("careful");

    (void)state;
    behind = 1;
    EXPECT_SUCCESS(CmRegisterCallbackEx(look_behind, STRING(u"1"), &cookie, NULL, &cookie, NULL));
    EXPECT_SUCCESS(NtSetValueKey(key, &name, 0, REG_NONE, NULL, 0));
    EXPECT_EQ(behind, 0);
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    end(previous);
}

static NTSTATUS wild_status[2];

/* What a driver does with a pointer that is nobody's: the service comes to its end all the same. */
static NTSTATUS NTAPI pass_wild_pointers(PVOID context, PVOID class, PVOID information)
{
    PVOID wild = (PVOID)(ULONG_PTR)0x7EAD0000;
    HANDLE own;

    (void)context;
    if ((ULONG_PTR) class == RegNtPreSetValueKey) {
        PVOID object = ((PREG_SET_VALUE_KEY_INFORMATION)information)->Object;

        EXPECT_SUCCESS(ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, NULL, KEY_ALL_ACCESS,
                                             *CmKeyObjectType, KernelMode, &own));
        wild_status[0] = ZwSetValueKey(own, STRING(u"w"), 0, REG_BINARY, wild, 8);
        wild_status[1] = ZwQueryValueKey(own, wild, KeyValueBasicInformation, NULL, 0, NULL);
        EXPECT_SUCCESS(ZwClose(own));
    }
    return STATUS_SUCCESS;
}

static void wild_pointer_of_a_driver_ends_no_service_halfway(void **state)
{
    struct ntsim_thread *previous = begin("careful");

    (void)state;
    EXPECT_SUCCESS(
        CmRegisterCallbackEx(pass_wild_pointers, STRING(u"1"), &cookie, NULL, &cookie, NULL));
    EXPECT_SUCCESS(set("x", 1));
    EXPECT_STATUS(wild_status[0], STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(wild_status[1], STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-15"));
    EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    EXPECT_SUCCESS(set("y", 1)); /* nothing is still locked */
    end(previous);
}

static const struct ntcb_test tests[] = {
    {"mm.user.careless_driver_stops_the_machine", "CM-EXC-01 CM-BUF-05",
     careless_driver_stops_the_machine, NULL, NULL},
    {"mm.user.careful_driver_gets_a_status", "CM-BUF-05", careful_driver_gets_a_status, NULL, NULL},
    {"mm.user.data_is_read_once_and_first", "CM-BUF-04", data_is_read_once_and_first, start, stop},
    {"mm.user.answer_is_written_under_try", "CM-BUF-03", answer_is_written_under_try, start, stop},
    {"mm.user.replay_with_own_copies_succeeds", "CM-BUF-11", replay_with_own_copies_succeeds, start,
     stop},
    {"mm.user.replay_on_windows_7_succeeds", "CM-BUF-11", replay_on_windows_7_succeeds, NULL, NULL},
    {"mm.user.passed_on_is_reported", "CM-BUF-03", user_memory_passed_on_is_reported, start, stop},
    {"mm.user.captured_strings_end_in_a_zero", "CM-BUF-12", captured_strings_end_in_a_zero, start,
     stop},
    {"mm.user.wild_pointer_of_a_driver", "DV-15", wild_pointer_of_a_driver_ends_no_service_halfway,
     start, stop},
    {"mm.user.memory_is_the_processes_own", "", memory_is_the_processes_own, start, stop},
};

NTCB_TEST_MAIN("library", tests)
