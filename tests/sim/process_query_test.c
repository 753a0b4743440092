/* SPDX-License-Identifier: MIT
 *
 * process_query_test.c - asking about processes, and ending one by its handle.
 */
#include "life_kit.h"

#define CHILD_LINE "app /one /two"

static struct ntsim_process *make_child(void)
{
    return life_create(&(struct ntsim_process_options){
        .command_line = CHILD_LINE, .parent = creator_process, .image_path = "C:\\Tools\\app.exe"});
}

static void narrow(char *to, const UNICODE_STRING *from)
{
    USHORT index;

    for (index = 0; index < from->Length / sizeof(WCHAR); ++index) {
        to[index] = (char)from->Buffer[index];
    }
    to[index] = '\0';
}

static HANDLE open_child(struct ntsim_process *child, ACCESS_MASK access)
{
    HANDLE handle = NULL;

    EXPECT_SUCCESS(ObOpenObjectByPointer(child, OBJ_KERNEL_HANDLE, NULL, access, *PsProcessType,
                                         KernelMode, &handle));
    return handle;
}

static const struct {
    PROCESSINFOCLASS class;
    const char *text;
} text_rows[] = {
    {ProcessImageFileName, "\\Device\\HarddiskVolume3\\Tools\\app.exe"},
    {ProcessImageFileNameWin32, "C:\\Tools\\app.exe"},
    {ProcessCommandLineInformation, CHILD_LINE},
};

static void names_and_the_command_line(void **state)
{
    HANDLE handle = open_child(make_child(), PROCESS_QUERY_LIMITED_INFORMATION);
    ULONG_PTR buffer[64];
    char text[128];

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(text_rows); ++row) {
        ULONG needed = 0, again = 0;

        EXPECT_STATUS(ZwQueryInformationProcess(handle, text_rows[row].class, NULL, 0, &needed),
                      STATUS_INFO_LENGTH_MISMATCH);
        EXPECT_EQ(needed,
                  sizeof(UNICODE_STRING) + (strlen(text_rows[row].text) + 1) * sizeof(WCHAR));
        EXPECT_STATUS(
            ZwQueryInformationProcess(handle, text_rows[row].class, buffer, needed - 1, &again),
            STATUS_INFO_LENGTH_MISMATCH);
        EXPECT_EQ(again, needed);
        EXPECT_SUCCESS(
            ZwQueryInformationProcess(handle, text_rows[row].class, buffer, sizeof(buffer), NULL));
        narrow(text, (const UNICODE_STRING *)(const void *)buffer);
        EXPECT_STR(text, text_rows[row].text);
    }
    EXPECT_SUCCESS(ZwClose(handle));
}

static void basic_information(void **state)
{
    struct ntsim_process *child = make_child();
    HANDLE handle = open_child(child, PROCESS_QUERY_LIMITED_INFORMATION);
    PROCESS_BASIC_INFORMATION basic;
    ULONG returned = 0;

    (void)state;
    EXPECT_STATUS(ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic,
                                            sizeof(basic) - 1, &returned),
                  STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_SUCCESS(ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof(basic),
                                             &returned));
    EXPECT_EQ(returned, sizeof(basic));
    EXPECT_EQ(basic.UniqueProcessId, CHILD_PID);
    EXPECT_EQ(basic.InheritedFromUniqueProcessId, CREATOR_PID);
    EXPECT_STATUS(basic.ExitStatus, STATUS_PENDING);
    ntsim_process_exit(child, STATUS_UNSUCCESSFUL); /* the handle keeps the object */
    EXPECT_SUCCESS(
        ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof(basic), NULL));
    EXPECT_STATUS(basic.ExitStatus, STATUS_UNSUCCESSFUL);
    EXPECT_STATUS(ZwQueryInformationProcess(handle, ProcessVmCounters, &basic, sizeof(basic), NULL),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_STATUS(
        ZwQueryInformationProcess(handle, (PROCESSINFOCLASS)999, &basic, sizeof(basic), NULL),
        STATUS_INVALID_INFO_CLASS);
    EXPECT_SUCCESS(ZwClose(handle));
}

static void a_user_needs_the_right_and_good_pointers(void **state)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    struct ntsim_process *child = make_child();
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)CHILD_PID, NULL};
    struct ntsim_thread *previous = ntsim_thread_enter(creator);
    PROCESS_BASIC_INFORMATION basic;
    HANDLE handle = NULL;

    (void)state;
    (void)child;
    EXPECT_SUCCESS(NtOpenProcess(&handle, PROCESS_TERMINATE, &attributes, &id));
    EXPECT_STATUS(
        NtQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof(basic), NULL),
        STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(handle));
    EXPECT_SUCCESS(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, &id));
    EXPECT_STATUS(NtQueryInformationProcess(handle, ProcessBasicInformation, (PVOID)(ULONG_PTR)16,
                                            sizeof(basic), NULL),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(NtClose(handle));
    EXPECT_STATUS(NtOpenProcess((PHANDLE)(ULONG_PTR)16, 1, &attributes, &id),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtOpenProcess(&handle, 1, &attributes, NULL), STATUS_INVALID_PARAMETER_MIX);
    id.UniqueProcess = (HANDLE)(ULONG_PTR)8888;
    EXPECT_STATUS(NtOpenProcess(&handle, 1, &attributes, &id), STATUS_INVALID_CID);
    ntsim_thread_leave(previous);
}

static void what_is_asked_of_the_object_itself(void **state)
{
    PEPROCESS child = (PEPROCESS)make_child();
    PUNICODE_STRING name;
    char text[64];

    (void)state;
    EXPECT_EQ(ID_OF(PsGetProcessInheritedFromUniqueProcessId(child)), CREATOR_PID);
    EXPECT_FALSE(PsIsSystemProcess(child));
    EXPECT_TRUE(PsIsSystemProcess(PsInitialSystemProcess));
    EXPECT_STATUS(PsGetProcessExitStatus(child), STATUS_PENDING);
    EXPECT_TRUE(PsGetProcessCreateTimeQuadPart(child) > 0);
    EXPECT_STR((const char *)PsGetProcessImageFileName(child), "app.exe");
    EXPECT_SUCCESS(SeLocateProcessImageName(child, &name));
    narrow(text, name);
    EXPECT_STR(text, "\\Device\\HarddiskVolume3\\Tools\\app.exe");
    ExFreePool(name);
}

static void a_handle_ends_a_process(void **state)
{
    HANDLE handle = open_child(make_child(), PROCESS_TERMINATE);

    (void)state;
    life_listen(false);
    EXPECT_SUCCESS(ZwTerminateProcess(handle, STATUS_UNSUCCESSFUL));
    EXPECT_STR(life_take(), "T-@n N-@n S-@n P-@n ");
    EXPECT_STATUS(ZwTerminateProcess(handle, STATUS_UNSUCCESSFUL), STATUS_PROCESS_IS_TERMINATING);
    EXPECT_STATUS(ZwTerminateProcess(NULL, STATUS_SUCCESS), STATUS_ACCESS_DENIED); /* System */
    EXPECT_SUCCESS(ZwClose(handle));
    life_deafen();
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ps.query.names_and_the_command_line", "", names_and_the_command_line),
    LIFE_CASE("ps.query.basic_information", "", basic_information),
    LIFE_CASE("ps.query.a_user_needs_the_right_and_good_pointers", "",
              a_user_needs_the_right_and_good_pointers),
    LIFE_CASE("ps.query.what_is_asked_of_the_object_itself", "",
              what_is_asked_of_the_object_itself),
    LIFE_CASE("ps.query.a_handle_ends_a_process", "", a_handle_ends_a_process),
};

NTCB_TEST_MAIN("library", tests)
