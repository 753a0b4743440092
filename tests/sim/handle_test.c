/* SPDX-License-Identifier: MIT
 *
 * handle_test.c - handles: whose they are, what they grant, and how they end.
 */
#include "simkit.h"

static HANDLE open_current_process(ULONG attributes, ACCESS_MASK access)
{
    HANDLE handle = NULL;

    EXPECT_SUCCESS(ObOpenObjectByPointer(PsGetCurrentProcess(), attributes, NULL, access,
                                         *PsProcessType, KernelMode, &handle));
    return handle;
}

static NTSTATUS reference(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type,
                          KPROCESSOR_MODE mode)
{
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(handle, access, type, mode, &object, NULL);

    if (NT_SUCCESS(status)) {
        ObDereferenceObject(object);
    } else {
        EXPECT_TRUE(object == NULL);
    }
    return status;
}

static void values_are_multiples_of_four(void **state)
{
    HANDLE handles[100];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        handles[i] = open_current_process(0, PROCESS_ALL_ACCESS);
        EXPECT_TRUE(handles[i] != NULL && (ULONG_PTR)handles[i] % 4 == 0);
        EXPECT_TRUE((LONG_PTR)handles[i] > 0);
    }
    for (size_t i = 0; i < 100; i++) {
        EXPECT_SUCCESS(ZwClose(handles[i]));
    }
}

static void kernel_handle_has_the_sign_bit_and_is_not_for_users(void **state)
{
    HANDLE handle = open_current_process(OBJ_KERNEL_HANDLE, PROCESS_ALL_ACCESS);
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));

    (void)state;
    EXPECT_TRUE((LONG_PTR)handle < 0);
    EXPECT_EQ((LONG_PTR)handle >> 31, -1);
    EXPECT_SUCCESS(reference(handle, 0, *PsProcessType, KernelMode));
    EXPECT_STATUS(reference(handle, 0, *PsProcessType, UserMode), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtClose(handle), STATUS_INVALID_HANDLE);
    ntsim_thread_leave(previous);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void handle_belongs_to_its_process(void **state)
{
    HANDLE handle = open_current_process(0, PROCESS_ALL_ACCESS);
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));

    (void)state;
    EXPECT_STATUS(reference(handle, 0, *PsProcessType, KernelMode), STATUS_INVALID_HANDLE);
    ntsim_thread_leave(previous);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void access_is_checked_for_users_only(void **state)
{
    HANDLE handle = open_current_process(0, PROCESS_TERMINATE);

    (void)state;
    EXPECT_STATUS(reference(handle, PROCESS_VM_READ, *PsProcessType, UserMode),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(reference(handle, PROCESS_TERMINATE, *PsProcessType, UserMode));
    EXPECT_SUCCESS(reference(handle, PROCESS_VM_READ, *PsProcessType, KernelMode));
    EXPECT_SUCCESS(ZwClose(handle));
}

static void wrong_type_and_unknown_values_are_refused(void **state)
{
    HANDLE handle = open_current_process(0, PROCESS_ALL_ACCESS);
    const ULONG_PTR bad[] = {
        0, 3, 0x7000, 0x40000000, (ULONG_PTR)0xFFFFFFFF80000004, (ULONG_PTR)0x123456789A,
    };

    (void)state;
    EXPECT_STATUS(reference(handle, 0, *PsThreadType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(reference(handle, 0, NULL, KernelMode));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_STATUS(reference(handle, 0, NULL, KernelMode), STATUS_INVALID_HANDLE);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT_STATUS(reference((HANDLE)bad[i], 0, NULL, KernelMode), STATUS_INVALID_HANDLE);
    }
}

static void pseudo_handles_are_the_caller(void **state)
{
    PVOID object;

    (void)state;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(NtCurrentProcess(), PROCESS_ALL_ACCESS, *PsProcessType,
                                             UserMode, &object, NULL));
    EXPECT_PTR(object, PsGetCurrentProcess());
    ObDereferenceObject(object);
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(NtCurrentThread(), 0, *PsThreadType, KernelMode, &object, NULL));
    EXPECT_PTR(object, PsGetCurrentThread());
    ObDereferenceObject(object);
    EXPECT_STATUS(reference(NtCurrentProcess(), 0, *PsThreadType, KernelMode),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtClose(NtCurrentProcess()), STATUS_INVALID_HANDLE);
}

static void second_close_is_reported_and_the_value_rests(void **state)
{
    HANDLE first = open_current_process(0, 0);
    HANDLE second = open_current_process(0, 0);
    HANDLE third, fourth;

    (void)state;
    EXPECT_STATUS(ZwClose(NULL), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_STATUS(ZwClose(first), STATUS_INVALID_HANDLE);
    take_report("DV-24");
    EXPECT_SUCCESS(ZwClose(second));
    third = open_current_process(0, 0); /* the one freed first comes back first */
    fourth = open_current_process(0, 0);
    EXPECT_PTR(third, first);
    EXPECT_PTR(fourth, second);
    EXPECT_SUCCESS(ZwClose(third));
    EXPECT_SUCCESS(ZwClose(fourth));
}

static void generic_access_is_mapped(void **state)
{
    HANDLE handle = open_current_process(0, GENERIC_ALL);
    OBJECT_HANDLE_INFORMATION information;
    PUBLIC_OBJECT_BASIC_INFORMATION basic;
    PVOID object;
    ULONG length;

    (void)state;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, &information));
    EXPECT_EQ(information.GrantedAccess, PROCESS_ALL_ACCESS);
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwQueryObject(handle, ObjectBasicInformation, &basic, sizeof(basic), &length));
    EXPECT_EQ(basic.GrantedAccess, PROCESS_ALL_ACCESS);
    EXPECT_EQ(basic.HandleCount, 1);
    EXPECT_STATUS(ZwQueryObject(handle, ObjectBasicInformation, &basic, sizeof(basic) - 1, &length),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_STATUS(ZwQueryObject(handle, (OBJECT_INFORMATION_CLASS)99, &basic, sizeof(basic), NULL),
                  STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(ZwQueryObject(NULL, ObjectBasicInformation, &basic, sizeof(basic), &length),
                  STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void type_name_is_queried(void **state)
{
    HANDLE handle = open_current_process(0, 0);
    union {
        PUBLIC_OBJECT_TYPE_INFORMATION type;
        UCHAR bytes[256];
    } buffer;
    ULONG needed = 0;

    (void)state;
    EXPECT_STATUS(ZwQueryObject(handle, ObjectTypeInformation, NULL, 0, &needed),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_SUCCESS(ZwQueryObject(handle, ObjectTypeInformation, &buffer, needed, &needed));
    EXPECT_EQ(buffer.type.TypeName.Length, 14);
    EXPECT_MEM(buffer.type.TypeName.Buffer, u"Process", 16);
    EXPECT_SUCCESS(ZwClose(handle));
}

/* User-mode pointers: a kernel address is refused, a NULL one too. */
static void user_pointers_are_probed(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));
    HANDLE handle = open_current_process(0, PROCESS_ALL_ACCESS);
    PUBLIC_OBJECT_BASIC_INFORMATION basic;

    (void)state;
    EXPECT_SUCCESS(NtQueryObject(handle, ObjectBasicInformation, &basic, sizeof(basic), NULL));
    EXPECT_STATUS(NtQueryObject(handle, ObjectBasicInformation, NULL, sizeof(basic), NULL),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(
        NtQueryObject(handle, ObjectBasicInformation, MmSystemRangeStart, sizeof(basic), NULL),
        STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(NtClose(handle));
    EXPECT_STATUS(NtClose(handle), STATUS_INVALID_HANDLE); /* a user's mistake is no driver's */
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ntsim_thread_leave(previous);
}

static void without_memory_there_is_no_handle(void **state)
{
    HANDLE handle = (HANDLE)(ULONG_PTR)1;
    NTSTATUS status = STATUS_SUCCESS;
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));

    (void)state;
    ntsim_fail_allocation(sim, 1);
    status = ObOpenObjectByPointer(PsGetCurrentProcess(), 0, NULL, 0, *PsProcessType, KernelMode,
                                   &handle);
    EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_TRUE(handle == NULL);
    ntsim_thread_leave(previous);
}

static const struct ntcb_test tests[] = {
    {"ob.handle.values_are_multiples_of_four", "", values_are_multiples_of_four, start, stop},
    {"ob.handle.kernel_handle_has_the_sign_bit", "REG-MODE-04",
     kernel_handle_has_the_sign_bit_and_is_not_for_users, start, stop},
    {"ob.handle.belongs_to_its_process", "REG-MODE-04", handle_belongs_to_its_process, start, stop},
    {"ob.handle.access_is_checked_for_users_only", "REG-MODE-03", access_is_checked_for_users_only,
     start, stop},
    {"ob.handle.wrong_type_and_unknown_are_refused", "REG-MODE-06",
     wrong_type_and_unknown_values_are_refused, start, stop},
    {"ob.handle.pseudo_handles_are_the_caller", "", pseudo_handles_are_the_caller, start, stop},
    {"ob.handle.second_close_is_reported", "DV-24", second_close_is_reported_and_the_value_rests,
     start, stop},
    {"ob.handle.generic_access_is_mapped", "", generic_access_is_mapped, start, stop},
    {"ob.handle.type_name_is_queried", "", type_name_is_queried, start, stop},
    {"ob.handle.user_pointers_are_probed", "REG-MODE-01", user_pointers_are_probed, start, stop},
    {"ob.handle.without_memory_there_is_none", "", without_memory_there_is_no_handle, start, stop},
};

NTCB_TEST_MAIN("library", tests)
