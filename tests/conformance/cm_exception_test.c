/* SPDX-License-Identifier: MIT
 *
 * cm_exception_test.c - exceptions that leave registry callbacks.
 */
#include "regkit.h"

#define LEVELS 3

/* Three callbacks, the highest first; the middle one raises. */
struct LEVEL {
    LARGE_INTEGER Cookie;
    ULONG Pre; /* how often it was called */
    ULONG Post;
    ULONG RaisePre; /* class in whose notification it raises; 0: none */
    ULONG RaisePost;
    NTSTATUS Raise;
    NTSTATUS Seen; /* status of the last post notification */
    BOOLEAN Fault; /* touch a bad address instead of raising Raise */
};

static struct LEVEL Levels[LEVELS];

static VOID Leave(const struct LEVEL *Level)
{
    KIRQL Irql;

    KeEnterCriticalRegion(); /* what is left open goes with it */
    KeRaiseIrql(APC_LEVEL, &Irql);
    if (Level->Fault) {
        *(volatile ULONG *)(ULONG_PTR)0x7EAD0000 = 1;
    }
    ExRaiseStatus(Level->Raise);
}

static NTSTATUS NTAPI OnRegistry(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    struct LEVEL *Level = Context;
    ULONG Class = (ULONG)(ULONG_PTR)Argument1;

    if (Class == RegNtPreSetValueKey) {
        Level->Pre++;
    }
    if (Class == RegNtPostSetValueKey) {
        Level->Post++;
        Level->Seen = ((PREG_POST_OPERATION_INFORMATION)Argument2)->Status;
    }
    if (Class == Level->RaisePre || Class == Level->RaisePost) {
        Leave(Level);
    }
    return STATUS_SUCCESS;
}

static VOID Begin(VOID)
{
    static const PCWSTR Altitudes[LEVELS] = {u"3000", u"2000", u"1000"};
    UNICODE_STRING Altitude;
    ULONG Index;

    memset(Levels, 0, sizeof(Levels));
    for (Index = 0; Index < LEVELS; Index++) {
        Levels[Index].RaisePre = Levels[Index].RaisePost = ~0u;
        RtlInitUnicodeString(&Altitude, Altitudes[Index]);
        EXPECT_SUCCESS(CmRegisterCallbackEx(OnRegistry, &Altitude, &Levels[Index], &Levels[Index],
                                            &Levels[Index].Cookie, NULL));
    }
}

static VOID End(VOID)
{
    ULONG Index;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_FALSE(KeAreApcsDisabled());
    for (Index = 0; Index < LEVELS; Index++) {
        EXPECT_SUCCESS(CmUnRegisterCallback(Levels[Index].Cookie));
    }
}

static const struct ntcb_report *LastReport(VOID)
{
    return ntsim_report(Conform.Sim, ntsim_report_count(Conform.Sim) - 1);
}

static const struct {
    NTSTATUS Raise;
    NTSTATUS CallerGets;
} Codes[] = {
    {STATUS_ACCESS_VIOLATION, STATUS_ACCESS_VIOLATION},
    {STATUS_INSUFFICIENT_RESOURCES, STATUS_INSUFFICIENT_RESOURCES},
    {STATUS_CALLBACK_BYPASS, STATUS_UNSUCCESSFUL},
    {STATUS_SUCCESS, STATUS_UNSUCCESSFUL},
};

static void pre_notification_stops_the_machine(void **state)
{
    HANDLE Key = MakeBase();
    ULONG Row;

    (void)state;
    for (Row = 0; Row < RTL_NUMBER_OF(Codes); Row++) {
        Begin();
        Levels[1].RaisePre = RegNtPreSetValueKey;
        Levels[1].Raise = Codes[Row].Raise;
        EXPECT_STATUS(SetDword(Key, STR(u"v"), 1), Codes[Row].CallerGets);
        ConformExpectReport("CM-EXC-01");
        EXPECT_EQ(LastReport()->bugcheck, REGISTRY_FILTER_DRIVER_EXCEPTION);
        EXPECT_EQ(LastReport()->parameter[0], (ULONG)Codes[Row].Raise);
        EXPECT_NE(LastReport()->parameter[1], 0);
        EXPECT_PTR(LastReport()->parameter[2], (ULONG_PTR)OnRegistry);
        EXPECT_EQ(Levels[0].Pre, 1);
        EXPECT_EQ(Levels[0].Post, 1);
        EXPECT_EQ(Levels[1].Post, 0);
        EXPECT_EQ(Levels[2].Pre, 0);
        End();
    }
    Close(Key);
}

static void fault_in_a_callback_is_one_too(void **state)
{
    HANDLE Key = MakeBase();

    (void)state;
    Begin();
    Levels[1].RaisePre = RegNtPreSetValueKey;
    Levels[1].Fault = TRUE;
    ConformBecome(KernelMode);
    EXPECT_STATUS(SetDword(Key, STR(u"v"), 1), STATUS_ACCESS_VIOLATION);
    ConformComeBack();
    ConformExpectReport("CM-EXC-01");
    EXPECT_EQ(LastReport()->parameter[0], (ULONG)STATUS_ACCESS_VIOLATION);
    End();
    Close(Key);
}

static void post_notification_changes_no_status(void **state)
{
    HANDLE Key = MakeBase();

    (void)state;
    Begin();
    Levels[1].RaisePost = RegNtPostSetValueKey;
    Levels[1].Raise = STATUS_ACCESS_DENIED;
    EXPECT_SUCCESS(SetDword(Key, STR(u"v"), 1));
    ConformExpectReport("CM-EXC-01");
    EXPECT_EQ(LastReport()->bugcheck, REGISTRY_FILTER_DRIVER_EXCEPTION);
    EXPECT_EQ(Levels[0].Post, 1);
    EXPECT_EQ(Levels[1].Post, 1);
    EXPECT_EQ(Levels[2].Post, 1);
    EXPECT_SUCCESS(Levels[0].Seen);
    End();
    Close(Key);
}

static void vista_swallows_it(void **state)
{
    HANDLE Key;

    (void)state;
    EXPECT_EQ(ConformStart(NTCB_WINDOWS_VISTA), 0);
    Key = MakeBase();
    Begin();
    Levels[1].RaisePre = RegNtPreSetValueKey;
    Levels[1].Raise = STATUS_ACCESS_DENIED;
    EXPECT_SUCCESS(SetDword(Key, STR(u"v"), 1));
    ConformExpectReport("CM-VER-06");
    EXPECT_EQ(LastReport()->severity, NTCB_WARNING);
    EXPECT_EQ(Levels[2].Pre, 1);
    EXPECT_EQ(Levels[1].Post, 1);
    Levels[1].RaisePre = ~0u;
    Levels[1].RaisePost = RegNtPostSetValueKey;
    EXPECT_SUCCESS(SetDword(Key, STR(u"v"), 1));
    ConformExpectReport("CM-VER-06");
    EXPECT_EQ(Levels[0].Post, 2);
    End();
    Close(Key);
    EXPECT_EQ(ConformTeardown(NULL), 0);
}

static const struct ntcb_test tests[] = {
    CONFORM_CASE("cm.exception.pre_notification_stops_the_machine", "CM-EXC-01 DV-15",
                 pre_notification_stops_the_machine),
    CONFORM_CASE("cm.exception.fault_in_a_callback_is_one_too", "CM-EXC-01 DV-15",
                 fault_in_a_callback_is_one_too),
    CONFORM_CASE("cm.exception.post_notification_changes_no_status", "CM-EXC-01",
                 post_notification_changes_no_status),
    {"cm.exception.vista_swallows_it", "CM-VER-06", vista_swallows_it, NULL, NULL},
};

NTCB_TEST_MAIN("conformance", tests)
