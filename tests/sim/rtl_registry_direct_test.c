/* SPDX-License-Identifier: MIT
 *
 * rtl_registry_direct_test.c - RtlQueryRegistryValues into the caller's memory.
 */
#include "rtl_registry_kit.h"

static NTSTATUS Direct(PCWSTR Name, ULONG Flags, ULONG DefaultType, PVOID Buffer)
{
    struct ANSWERS Answers;
    return QUERY(&Answers, u"root=R\0",
                 {.Flags = RTL_QUERY_REGISTRY_DIRECT | Flags,
                  .Name = (PWSTR)(ULONG_PTR)Name,
                  .EntryContext = Buffer,
                  .DefaultType = DefaultType});
}

static void direct_text(void **State)
{
    (void)State;
    WCHAR Room[8];
    UNICODE_STRING Given = {0, sizeof(Room), Room};
    UNICODE_STRING Small = {0, 8, Room};
    UNICODE_STRING Made = {0, 0, NULL};
    Close(MakeValues());
    EXPECT_SUCCESS(Direct(u"text", 0, REG_NONE, &Given));
    WatchExpectName(&Given, STR(u"text"));
    EXPECT_EQ(Room[4], 0);
    EXPECT_STATUS(Direct(u"text", 0, REG_NONE, &Small), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(Small.Length, 0);
    EXPECT_SUCCESS(Direct(u"path", 0, REG_NONE, &Made));
    WatchExpectName(&Made, STR(u"R\\x%none%%"));
    RtlFreeUnicodeString(&Made);
    EXPECT_STATUS(Direct(u"multi", 0, REG_NONE, &Made), STATUS_INVALID_PARAMETER);
    EXPECT_PTR(Made.Buffer, NULL);
    EXPECT_SUCCESS(Direct(u"multi", RTL_QUERY_REGISTRY_NOEXPAND, REG_NONE, &Made));
    EXPECT_EQ(Made.Length, sizeof(Multi) - sizeof(WCHAR));
    EXPECT_MEM(Made.Buffer, Multi, sizeof(Multi));
    RtlFreeUnicodeString(&Made);
}

static void direct_bytes(void **State)
{
    (void)State;
    ULONG Dword = 0;
    union {
        LONG Room;
        ULONG Words[4];
        UCHAR Bytes[16];
    } Buffer = {.Room = -8};
    Close(MakeValues());
    EXPECT_SUCCESS(Direct(u"dword", 0, REG_NONE, &Dword));
    EXPECT_EQ(Dword, 0x11223344);
    EXPECT_SUCCESS(Direct(u"bytes", 0, REG_NONE, &Buffer));
    EXPECT_MEM(Buffer.Bytes, "12345678", 8);
    Buffer.Room = -7;
    EXPECT_STATUS(Direct(u"bytes", 0, REG_NONE, &Buffer), STATUS_BUFFER_TOO_SMALL);
    Buffer.Room = 16;
    EXPECT_SUCCESS(Direct(u"bytes", 0, REG_NONE, &Buffer));
    EXPECT_EQ(Buffer.Words[0], 8);
    EXPECT_EQ(Buffer.Words[1], REG_BINARY);
    EXPECT_MEM(Buffer.Bytes + 8, "12345678", 8);
    Buffer.Room = 15;
    EXPECT_STATUS(Direct(u"bytes", 0, REG_NONE, &Buffer), STATUS_BUFFER_TOO_SMALL);
}

static void direct_with_a_type(void **State)
{
    (void)State;
    ULONG Dword = 0;
    Close(MakeValues());
    EXPECT_SUCCESS(Direct(u"dword", RTL_QUERY_REGISTRY_TYPECHECK,
                          REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT, &Dword));
    EXPECT_EQ(Dword, 0x11223344);
    Dword = 1;
    EXPECT_STATUS(Direct(u"bytes", RTL_QUERY_REGISTRY_TYPECHECK,
                         REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT, &Dword),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(Dword, 1);
}

/* Each of its allocations fails once: it says so, and leaves nothing. */
static void query_without_memory(void **State)
{
    (void)State;
    UNICODE_STRING Made = {0, 0, NULL};
    ULONG Failures = 0;
    Close(MakeValues());
    for (uint64_t Nth = 1;; Nth++) {
        ntsim_fail_allocation(Conform.Sim, Nth);
        NTSTATUS Status = Direct(u"path", 0, REG_NONE, &Made);
        BOOLEAN Failed = ntsim_allocation_failed(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, 0);
        if (!Failed) {
            EXPECT_SUCCESS(Status);
            break;
        }
        Failures++;
        EXPECT_TRUE(Status == STATUS_INSUFFICIENT_RESOURCES || Status == STATUS_NO_MEMORY);
        EXPECT_PTR(Made.Buffer, NULL);
    }
    EXPECT_TRUE(Failures >= 5);
    RtlFreeUnicodeString(&Made);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("rtl.registry.direct_text", "", direct_text),
    CONFORM_CASE("rtl.registry.direct_bytes", "", direct_bytes),
    CONFORM_CASE("rtl.registry.direct_with_a_type", "", direct_with_a_type),
    CONFORM_CASE("rtl.registry.query_without_memory", "", query_without_memory),
};
NTCB_TEST_MAIN("library", Tests)
