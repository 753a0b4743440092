/* SPDX-License-Identifier: MIT
 *
 * reg_buffer_test.c - which buffers callbacks are shown: the table of the documentation.
 */
#include "regbuffers.h"

/* ---- the table of the documentation, member by member ---- */

enum KIND {
    INPUT,      /* captured for user mode */
    INPUT_LATE, /* captured from Windows 8 on (CM-BUF-05) */
    OUTPUT,     /* never captured (CM-BUF-03) */
};

#define OF(Member, Field) offsetof(struct BUFFERS, Member), offsetof(union INFORMATION, Field)

static const struct {
    const char *What;
    NTSTATUS (*Call)(HANDLE Key);
    ULONG Class;
    enum KIND Kind;
    SIZE_T Given;     /* the caller's buffer, in BUFFERS */
    SIZE_T Shown;     /* the pointer that callbacks see, in INFORMATION */
    BOOLEAN IsString; /* it points to a UNICODE_STRING, whose Buffer is meant */
} Members[] = {
    {"set value: name", Set, RegNtPreSetValueKey, INPUT, OF(NameText, SetValueKey.ValueName), TRUE},
    {"set value: data", Set, RegNtPreSetValueKey, INPUT_LATE, OF(Data, SetValueKey.Data), FALSE},
    {"query value: name", QueryValue, RegNtPreQueryValueKey, INPUT_LATE,
     OF(NameText, QueryValueKey.ValueName), TRUE},
    {"query value: answer", QueryValue, RegNtPreQueryValueKey, OUTPUT,
     OF(Answer, QueryValueKey.KeyValueInformation), FALSE},
    {"query value: length", QueryValue, RegNtPreQueryValueKey, OUTPUT,
     OF(Result, QueryValueKey.ResultLength), FALSE},
    {"query values: entries", QueryMultiple, RegNtPreQueryMultipleValueKey, INPUT,
     OF(Entry, QueryMultipleValueKey.ValueEntries), FALSE},
    {"query values: answer", QueryMultiple, RegNtPreQueryMultipleValueKey, OUTPUT,
     OF(Answer, QueryMultipleValueKey.ValueBuffer), FALSE},
    {"query values: room", QueryMultiple, RegNtPreQueryMultipleValueKey, OUTPUT,
     OF(Room, QueryMultipleValueKey.BufferLength), FALSE},
    {"enumerate value: answer", EnumerateValue, RegNtPreEnumerateValueKey, OUTPUT,
     OF(Answer, EnumerateValueKey.KeyValueInformation), FALSE},
    {"query key: answer", QueryKey, RegNtPreQueryKey, OUTPUT, OF(Answer, QueryKey.KeyInformation),
     FALSE},
    {"query key: length", QueryKey, RegNtPreQueryKey, OUTPUT, OF(Result, QueryKey.ResultLength),
     FALSE},
    {"create: class", CreateSub, RegNtPreCreateKeyEx, INPUT_LATE, OF(ClassText, CreateKey.Class),
     TRUE},
    {"create: disposition", CreateSub, RegNtPreCreateKeyEx, OUTPUT,
     OF(Disposition, CreateKey.Disposition), FALSE},
    {"rename: name", Rename, RegNtPreRenameKey, INPUT_LATE, OF(PathText, RenameKey.NewName), TRUE},
    {"set information: data", SetFlags, RegNtPreSetInformationKey, INPUT,
     OF(Disposition, SetInformationKey.KeySetInformation), FALSE},
    {"delete value: name", DeleteValue, RegNtPreDeleteValueKey, INPUT_LATE,
     OF(NameText, DeleteValueKey.ValueName), TRUE},
};

struct SEEN {
    ULONG Row;
    PVOID Pointer;
    NTSTATUS Probed;
    WCHAR Behind; /* the character behind a captured string */
};

static NTSTATUS Look(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct SEEN *Seen = Watch->Context;

    if (Class == Members[Seen->Row].Class) {
        PVOID Pointer = *(PVOID *)(PVOID)((PUCHAR)Information + Members[Seen->Row].Shown);

        if (Members[Seen->Row].IsString) {
            PUNICODE_STRING String = Pointer;

            Pointer = String->Buffer;
            Seen->Behind = String->Buffer[String->Length / sizeof(WCHAR)];
        }
        Seen->Pointer = Pointer;
        Seen->Probed = ProbeStatus(Pointer);
    }
    return STATUS_SUCCESS;
}

static VOID CheckMember(ULONG Row, KPROCESSOR_MODE Mode, BOOLEAN EarlyWindows, HANDLE Key)
{
    struct SEEN Seen = {.Row = Row, .Behind = 1};
    static struct WATCH Watch;
    BOOLEAN Captured = Mode == UserMode && Members[Row].Kind != OUTPUT &&
                       !(Members[Row].Kind == INPUT_LATE && EarlyWindows);
    PVOID Given;
    NTSTATUS Status;

    EXPECT_SUCCESS(SetDword(Key, STR(u"v"), 1));
    FillBuffers(Mode, Key);
    Given = (PUCHAR)Buffers + Members[Row].Given;
    memset(&Watch, 0, sizeof(Watch));
    Watch.Context = &Seen;
    Watch.Hook = Look;
    WatchBegin(&Watch);
    Status = Members[Row].Call(Key);
    WatchEnd(&Watch);
    if (!NT_SUCCESS(Status) || Seen.Pointer == NULL || (Seen.Pointer != Given) != Captured) {
        EXPECT_STR(Members[Row].What, Mode == UserMode ? "right of user mode" : "of kernel mode");
    }
    EXPECT_SUCCESS(Status);
    if (Captured) {
        EXPECT_STATUS(Seen.Probed, STATUS_ACCESS_VIOLATION);
        EXPECT_TRUE(!Members[Row].IsString || Members[Row].Class == RegNtPreCreateKeyEx ||
                    Seen.Behind == 0);
    } else if (Mode == UserMode) {
        EXPECT_SUCCESS(Seen.Probed);
    }
}

static VOID CheckTable(enum ntcb_windows Windows)
{
    ULONG Row;
    HANDLE Key;

    for (Row = 0; Row < RTL_NUMBER_OF(Members); Row++) {
        EXPECT_EQ(ConformStart(Windows), 0);
        Key = MakeBase();
        CheckMember(Row, KernelMode, Windows < NTCB_WINDOWS_8, Key);
        Close(Key);
        ConformBecome(UserMode);
        Key = MakeBase();
        CheckMember(Row, UserMode, Windows < NTCB_WINDOWS_8, Key);
        Close(Key);
        EXPECT_EQ(ConformTeardown(NULL), 0);
    }
}

static void windows_8_captures_all_inputs(void **state)
{
    (void)state;
    CheckTable(NTCB_WINDOWS_11);
    CheckTable(NTCB_WINDOWS_8);
}

static void windows_7_leaves_some_in_place(void **state)
{
    (void)state;
    CheckTable(NTCB_WINDOWS_7);
}

/* ---- what is not looked at ---- */

static void only_length_of_a_name_counts(void **state)
{
    HANDLE Key = MakeBase();

    (void)state;
    FillBuffers(UserMode, Key);
    Buffers->Name.MaximumLength = 0;
    EXPECT_SUCCESS(Set(Key));
    EXPECT_SUCCESS(QueryValue(Key));
    EXPECT_SUCCESS(DeleteValue(Key));
    Close(Key);
}

static void buffers_may_be_null(void **state)
{
    HANDLE Key = MakeBase(), Sub;

    (void)state;
    EXPECT_SUCCESS(NtSetValueKey(Key, &(UNICODE_STRING){0, 0, NULL}, 0, REG_BINARY, NULL, 0));
    EXPECT_SUCCESS(NtDeleteValueKey(Key, &(UNICODE_STRING){0, 0, NULL}));
    EXPECT_SUCCESS(Create(&Sub, Key, STR(u"s"), KEY_ALL_ACCESS)); /* no class, no disposition */
    Close(Sub);
    Close(Key);
}

static NTSTATUS LookAtSecurity(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (Class == RegNtPreQueryKeySecurity) {
        PULONG Values = Watch->Context;

        Values[0] = *Information->QueryKeySecurity.SecurityInformation;
        Values[1] = *Information->QueryKeySecurity.Length;
    }
    return STATUS_SUCCESS;
}

static void security_members_are_pointers(void **state)
{
    HANDLE Key = MakeBase();
    ULONG Values[2] = {0, 0}, Needed;
    static struct WATCH Watch;
    UCHAR Descriptor[256];

    (void)state;
    memset(&Watch, 0, sizeof(Watch));
    Watch.Context = Values;
    Watch.Hook = LookAtSecurity;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(ZwQuerySecurityObject(Key, DACL_SECURITY_INFORMATION, Descriptor,
                                         sizeof(Descriptor), &Needed));
    WatchEnd(&Watch);
    EXPECT_EQ(Values[0], DACL_SECURITY_INFORMATION);
    EXPECT_EQ(Values[1], sizeof(Descriptor));
    Close(Key);
}

static const struct ntcb_test tests[] = {
    {"reg.buffer.windows_8_captures_all_inputs",
     "CM-BUF-01 CM-BUF-03 CM-BUF-04 CM-BUF-07 CM-BUF-12 CM-VER-09", windows_8_captures_all_inputs,
     NULL, NULL},
    {"reg.buffer.windows_7_leaves_some_in_place", "CM-BUF-01 CM-BUF-03 CM-BUF-05 CM-VER-08",
     windows_7_leaves_some_in_place, NULL, NULL},
    CONFORM_USER_CASE("reg.buffer.only_length_of_a_name_counts", "CM-BUF-06",
                      only_length_of_a_name_counts),
    CONFORM_USER_CASE("reg.buffer.may_be_null", "CM-BUF-08", buffers_may_be_null),
    CONFORM_CASE("reg.buffer.security_members_are_pointers", "CM-BUF-09",
                 security_members_are_pointers),
};

NTCB_TEST_MAIN("conformance", tests)
