/* SPDX-License-Identifier: MIT
 *
 * deferq_test.c - what the work item of deferq.c wrote of the handles that were opened.
 */
#include "authors_kit.h"

#define PARAMETERS u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\deferq\\Parameters"

static void open_by(struct ntsim_process *program, struct ntsim_process *target, ACCESS_MASK wanted)
{
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(program));
    CLIENT_ID id = {.UniqueProcess = (HANDLE)(ULONG_PTR)ntsim_process_id(target)};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    HANDLE handle = NULL;

    EXPECT_SUCCESS(NtOpenProcess(&handle, wanted, &attributes, &id));
    EXPECT_SUCCESS(NtClose(handle));
    ntsim_thread_leave(before);
}

/* The value's data; the key is volatile and stays when the driver has gone. */
static ULONG read_value(UNICODE_STRING *name, void *data, ULONG bytes)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION information;
        UCHAR bytes[128];
    } buffer;
    ULONG length;
    HANDLE key;

    EXPECT_SUCCESS(author_key(&key, PARAMETERS, KEY_ALL_ACCESS));
    EXPECT_SUCCESS(
        NtQueryValueKey(key, name, KeyValuePartialInformation, &buffer, sizeof(buffer), &length));
    EXPECT_SUCCESS(NtClose(key));
    EXPECT_TRUE(buffer.information.DataLength <= bytes);
    memcpy(data, buffer.information.Data, buffer.information.DataLength);
    return buffer.information.DataLength;
}

/* Unloading waits for the work, so all of it is there afterwards. */
static void work_item_writes_what_was_opened(void)
{
    struct ntsim_process *program = make_process("C:\\program.exe");
    struct ntsim_process *first = make_process("C:\\first.exe");
    struct ntsim_process *second = make_process("C:\\second.exe");
    WCHAR last[32];
    ULONG opened = 0;

    for (int i = 0; i < 20; i++) {
        open_by(program, first, PROCESS_TERMINATE);
    }
    open_by(program, first, PROCESS_QUERY_INFORMATION);
    open_by(program, program, PROCESS_TERMINATE);
    open_by(program, second, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION);
    author_unload();
    EXPECT_EQ(read_value(STRING(u"Opened"), &opened, sizeof(opened)), 4);
    EXPECT_EQ(opened, 21);
    EXPECT_EQ(read_value(STRING(u"Last"), last, sizeof(last)), sizeof(u"second.exe"));
    EXPECT_MEM(last, u"second.exe", sizeof(u"second.exe"));
    for (int i = 0; i < 3; i++) {
        ntsim_process_exit(i == 0 ? program : i == 1 ? first : second, STATUS_SUCCESS);
    }
}

/* Nothing was queued, and nothing is waited for. */
static void idle_driver_goes_at_once(void)
{
    author_unload();
}

AUTHOR_CASE(deferq, work_item_writes_what_was_opened)
AUTHOR_CASE(deferq, idle_driver_goes_at_once)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(deferq, work_item_writes_what_was_opened),
    AUTHOR_ROWS(deferq, idle_driver_goes_at_once),
};

NTCB_TEST_MAIN("library", tests)
