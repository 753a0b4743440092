/* SPDX-License-Identifier: MIT
 *
 * reg_buffer_change_test.c - callers whose memory is bad, or goes bad while callbacks run.
 */
#include "regbuffers.h"

#include <pthread.h>

/* ---- the caller changes his mind ---- */

enum ACT { FLIP, FREE, PROTECT };

struct MEDDLER {
    enum ACT Act;
    ULONG Class;
};

static void *Meddle(void *Context)
{
    const struct MEDDLER *Meddler = Context;

    if (Meddler->Act == FLIP) {
        Buffers->Data = 0x55667788;
    } else if (Meddler->Act == FREE) {
        (void)ntsim_user_free(Conform.Process, Buffers);
    } else {
        (void)ntsim_user_protect(Conform.Process, Buffers, sizeof(*Buffers), PAGE_READONLY);
    }
    return NULL;
}

/* Another thread acts while the callback runs. */
static NTSTATUS LetMeddle(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    const struct MEDDLER *Meddler = Watch->Context;
    pthread_t Thread;

    UNREFERENCED_PARAMETER(Information);
    if (Class == Meddler->Class) {
        pthread_create(&Thread, NULL, Meddle, Watch->Context);
        pthread_join(Thread, NULL);
    }
    return STATUS_SUCCESS;
}

/* Status of the call, then what the value is. */
static NTSTATUS CallAgainst(enum ntcb_windows Windows, enum ACT Act, NTSTATUS (*Call)(HANDLE Key),
                            ULONG Class, ULONG *Value)
{
    struct MEDDLER Meddler = {.Act = Act, .Class = Class};
    static struct WATCH Watch;
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[64];
    } Answer;
    ULONG Result;
    NTSTATUS Status;
    HANDLE Key;

    EXPECT_EQ(ConformStart(Windows), 0);
    ConformBecome(UserMode);
    Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"v"), 1));
    FillBuffers(UserMode, Key);
    memset(&Watch, 0, sizeof(Watch));
    Watch.Context = &Meddler;
    Watch.Hook = LetMeddle;
    WatchBegin(&Watch);
    Status = Call(Key);
    /* The post notification hears what the caller gets. */
    EXPECT_STATUS(Watch.Notes[Watch.Count - 1].Information.Post.Status, Status);
    WatchEnd(&Watch);
    EXPECT_SUCCESS(NtQueryValueKey(Key, STR(u"v"), KeyValuePartialInformation, &Answer,
                                   sizeof(Answer), &Result));
    memcpy(Value, Answer.Partial.Data, sizeof(*Value));
    Close(Key);
    EXPECT_EQ(ConformTeardown(NULL), 0);
    return Status;
}

static void later_changes_are_invisible_from_windows_8_on(void **state)
{
    ULONG Value;

    (void)state;
    EXPECT_SUCCESS(CallAgainst(NTCB_WINDOWS_8, FLIP, Set, RegNtPreSetValueKey, &Value));
    EXPECT_EQ(Value, 0x11223344);
    EXPECT_SUCCESS(CallAgainst(NTCB_WINDOWS_8, FREE, Set, RegNtPreSetValueKey, &Value));
    EXPECT_EQ(Value, 0x11223344);
    EXPECT_SUCCESS(CallAgainst(NTCB_WINDOWS_7, FLIP, Set, RegNtPreSetValueKey, &Value));
    EXPECT_EQ(Value, 0x55667788);
    EXPECT_STATUS(CallAgainst(NTCB_WINDOWS_7, FREE, Set, RegNtPreSetValueKey, &Value),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(Value, 1);
}

static void output_taken_away_is_an_access_violation(void **state)
{
    static const struct {
        NTSTATUS (*Call)(HANDLE Key);
        ULONG Class;
    } Calls[] = {
        {QueryValue, RegNtPreQueryValueKey},
        {QueryKey, RegNtPreQueryKey},
        {EnumerateValue, RegNtPreEnumerateValueKey},
        {CreateSub, RegNtPreCreateKeyEx},
    };
    ULONG Row, Value;

    (void)state;
    for (Row = 0; Row < RTL_NUMBER_OF(Calls); Row++) {
        EXPECT_STATUS(
            CallAgainst(NTCB_WINDOWS_DEFAULT, PROTECT, Calls[Row].Call, Calls[Row].Class, &Value),
            STATUS_ACCESS_VIOLATION);
        EXPECT_STATUS(
            CallAgainst(NTCB_WINDOWS_DEFAULT, FREE, Calls[Row].Call, Calls[Row].Class, &Value),
            STATUS_ACCESS_VIOLATION);
    }
}

/* ---- bad from the start ---- */

static const struct {
    NTSTATUS (*Call)(HANDLE Key);
    BOOLEAN ReadOnlyIsBad;
} AllCalls[] = {
    {Set, FALSE},           {DeleteValue, FALSE}, {QueryValue, TRUE}, {QueryMultiple, TRUE},
    {EnumerateValue, TRUE}, {QueryKey, TRUE},     {CreateSub, TRUE},  {SetFlags, FALSE},
};

static VOID ExpectBad(HANDLE Key, uint32_t Protection)
{
    static struct WATCH Watch;
    ULONG Row;

    for (Row = 0; Row < RTL_NUMBER_OF(AllCalls); Row++) {
        if (Protection == PAGE_READONLY && !AllCalls[Row].ReadOnlyIsBad) {
            continue;
        }
        memset(&Watch, 0, sizeof(Watch));
        WatchBegin(&Watch);
        EXPECT_STATUS(AllCalls[Row].Call(Key), STATUS_ACCESS_VIOLATION);
        EXPECT_EQ(Watch.Count, 0);
        WatchEnd(&Watch);
    }
}

static void bad_pointers_fail_before_anybody_hears(void **state)
{
    HANDLE Key = MakeBase();

    (void)state;
    FillBuffers(UserMode, Key);
    EXPECT_EQ(ntsim_user_protect(Conform.Process, Buffers, sizeof(*Buffers), PAGE_READONLY), 0);
    ExpectBad(Key, PAGE_READONLY);
    EXPECT_EQ(ntsim_user_protect(Conform.Process, Buffers, sizeof(*Buffers), PAGE_NOACCESS), 0);
    ExpectBad(Key, PAGE_NOACCESS);
    EXPECT_EQ(ntsim_user_free(Conform.Process, Buffers), 0);
    ExpectBad(Key, PAGE_NOACCESS);
    Close(Key);
}

static void strict_process_has_only_its_own_memory(void **state)
{
    struct ntsim_process_options Options = {.image_path = "C:\\other.exe"};
    struct ntsim_process *Other;
    HANDLE Key = MakeBase();
    ULONG Local = 7;

    (void)state;
    FillBuffers(UserMode, Key);
    ntsim_strict_user_memory(Conform.Sim, true);
    EXPECT_SUCCESS(Set(Key));
    EXPECT_STATUS(NtSetValueKey(Key, &Buffers->Name, 0, REG_DWORD, &Local, sizeof(Local)),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(ProbeStatus(&Local), STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(ProbeStatus(Buffers));
    ntsim_strict_user_memory(Conform.Sim, false);
    EXPECT_SUCCESS(NtSetValueKey(Key, &Buffers->Name, 0, REG_DWORD, &Local, sizeof(Local)));
    EXPECT_EQ(ntsim_process_create(Conform.Sim, &Options, &Other), 0);
    EXPECT_STATUS(ProbeStatus(ntsim_user_allocate(Other, 10, PAGE_READWRITE)),
                  STATUS_ACCESS_VIOLATION);
    Close(Key);
}

static const struct ntcb_test tests[] = {
    {"reg.buffer.later_changes_are_invisible", "CM-BUF-04 CM-BUF-05",
     later_changes_are_invisible_from_windows_8_on, NULL, NULL},
    {"reg.buffer.output_taken_away", "CM-BUF-03", output_taken_away_is_an_access_violation, NULL,
     NULL},
    CONFORM_USER_CASE("reg.buffer.bad_pointers_fail_before_anybody_hears", "CM-BUF-02",
                      bad_pointers_fail_before_anybody_hears),
    CONFORM_USER_CASE("reg.buffer.strict_process_has_only_its_own_memory", "CM-BUF-02",
                      strict_process_has_only_its_own_memory),
};

NTCB_TEST_MAIN("conformance", tests)
