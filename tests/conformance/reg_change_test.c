/* SPDX-License-Identifier: MIT
 *
 * reg_change_test.c - NtNotifyChangeKey: what is heard of, and how the answer comes.
 */
#include "regwatch.h"

#include <ntcallback/ddk/ntexapi.h>

#define ALL_CHANGES                                                                       \
    (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET | \
     REG_NOTIFY_CHANGE_SECURITY)

static LARGE_INTEGER None = {.QuadPart = 0};

/* A request, and what becomes of it. */
struct REQUEST {
    HANDLE Event;
    IO_STATUS_BLOCK Answer;
};

static VOID MakeRequest(struct REQUEST *Request)
{
    EXPECT_SUCCESS(
        NtCreateEvent(&Request->Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
}

static NTSTATUS Ask(struct REQUEST *Request, HANDLE Key, ULONG Filter, BOOLEAN Tree)
{
    Request->Answer.Status = STATUS_PENDING;
    return NtNotifyChangeKey(Key, Request->Event, NULL, NULL, &Request->Answer, Filter, Tree, NULL,
                             0, TRUE);
}

static BOOLEAN Answered(struct REQUEST *Request)
{
    NTSTATUS Status = NtWaitForSingleObject(Request->Event, FALSE, &None);
    EXPECT_TRUE(Status == STATUS_SUCCESS || Status == STATUS_TIMEOUT);
    EXPECT_EQ(Status == STATUS_SUCCESS, Request->Answer.Status != STATUS_PENDING);
    return Status == STATUS_SUCCESS;
}

static VOID ExpectAnswer(struct REQUEST *Request, NTSTATUS Status)
{
    EXPECT_TRUE(Answered(Request));
    EXPECT_STATUS(Request->Answer.Status, Status);
}

/* ---- what is heard of ---- */

static VOID AddSubkey(HANDLE Key)
{
    Close(MakeKey(Key, STR(u"New")));
}

static VOID DeleteSubkey(HANDLE Key)
{
    HANDLE Child = MakeKey(Key, STR(u"Child"));
    EXPECT_SUCCESS(NtDeleteKey(Child));
    Close(Child);
}

static VOID RenameSubkey(HANDLE Key)
{
    HANDLE Child = MakeKey(Key, STR(u"Child"));
    EXPECT_SUCCESS(NtRenameKey(Child, STR(u"Other")));
    Close(Child);
}

static VOID AddValue(HANDLE Key)
{
    EXPECT_SUCCESS(SetDword(Key, STR(u"New"), 1));
}

static VOID ChangeValue(HANDLE Key)
{
    EXPECT_SUCCESS(SetDword(Key, STR(u"Value"), 2));
}

static VOID DeleteValue(HANDLE Key)
{
    EXPECT_SUCCESS(NtDeleteValueKey(Key, STR(u"Value")));
}

/* Everybody may do everything: there is a list of access rights, and it is NULL. */
static VOID ChangeSecurity(HANDLE Key)
{
    SECURITY_DESCRIPTOR_RELATIVE Descriptor = {.Revision = SECURITY_DESCRIPTOR_REVISION,
                                               .Control = SE_SELF_RELATIVE | SE_DACL_PRESENT};
    EXPECT_SUCCESS(ZwSetSecurityObject(Key, DACL_SECURITY_INFORMATION, &Descriptor));
}

static VOID TouchNothing(HANDLE Key)
{
    ULONG Value = 1, ResultLength;
    UCHAR Buffer[256];
    EXPECT_SUCCESS(SetDword(Key, STR(u"Value"), Value)); /* as it is already */
    EXPECT_SUCCESS(NtQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &ResultLength));
    EXPECT_SUCCESS(NtFlushKey(Key));
    Close(MakeKey(Key, STR(u"Child"))); /* is there */
}

static const struct {
    VOID (*Change)(HANDLE Key);
    ULONG Filter; /* each of these hears of it, and no other */
} Changes[] = {
    {AddSubkey, REG_NOTIFY_CHANGE_NAME},
    {DeleteSubkey, REG_NOTIFY_CHANGE_NAME},
    {RenameSubkey, REG_NOTIFY_CHANGE_NAME},
    {AddValue, REG_NOTIFY_CHANGE_LAST_SET},
    {ChangeValue, REG_NOTIFY_CHANGE_LAST_SET},
    {DeleteValue, REG_NOTIFY_CHANGE_LAST_SET},
    {ChangeSecurity, REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_SECURITY},
    {TouchNothing, 0},
};

/* A key of its own for every change: what changes has a value and a subkey. */
static HANDLE MakePlace(HANDLE Base, ULONG Index, ULONG Filter)
{
    WCHAR Name[] = u"Place00";
    Name[5] = (WCHAR)(u'A' + Index);
    Name[6] = (WCHAR)(u'A' + Filter);
    HANDLE Place = MakeKey(Base, STR(Name));
    EXPECT_SUCCESS(SetDword(Place, STR(u"Value"), 1));
    Close(MakeKey(Place, STR(u"Child")));
    return Place;
}

static void each_filter_hears_its_changes(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Changes); Index++) {
        for (ULONG Filter = 0; Filter <= ALL_CHANGES; Filter = Filter == 0 ? 1 : Filter * 2) {
            HANDLE Place = MakePlace(Base, Index, Filter);
            EXPECT_STATUS(Ask(&Request, Place, Filter, FALSE), STATUS_PENDING);
            Changes[Index].Change(Place);
            EXPECT_EQ(Answered(&Request), (Filter & Changes[Index].Filter) != 0);
            Close(Place); /* ends what is pending */
        }
    }
    Close(Request.Event);
    Close(Base);
}

static void below_the_key_only_with_watch_tree(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Shallow, Deep;
    (void)State;
    MakeRequest(&Shallow);
    MakeRequest(&Deep);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Changes); Index++) {
        HANDLE Place = MakePlace(Base, Index, 0), Other, Below = MakeKey(Place, STR(u"Below"));
        HANDLE Deeper = MakePlace(Below, 0, 0);
        OBJECT_ATTRIBUTES Same = Attributes(Place, STR(u""), 0);
        EXPECT_SUCCESS(NtOpenKey(&Other, KEY_NOTIFY, &Same));
        EXPECT_STATUS(Ask(&Shallow, Place, ALL_CHANGES, FALSE), STATUS_PENDING);
        EXPECT_STATUS(Ask(&Deep, Other, ALL_CHANGES, TRUE), STATUS_PENDING);
        Changes[Index].Change(Deeper);
        EXPECT_FALSE(Answered(&Shallow));
        EXPECT_EQ(Answered(&Deep), Changes[Index].Filter != 0);
        Close(Deeper);
        Close(Below);
        Close(Other);
        Close(Place);
    }
    Close(Shallow.Event);
    Close(Deep.Event);
    Close(Base);
}

/* ---- how the answer comes ---- */

static void a_change_while_nothing_was_pending_is_kept(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    AddValue(Base); /* before the first request: nobody watches */
    EXPECT_STATUS(Ask(&Request, Base, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    EXPECT_FALSE(Answered(&Request));
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 2));
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 3));
    EXPECT_STATUS(Ask(&Request, Base, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(Ask(&Request, Base, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    EXPECT_FALSE(Answered(&Request)); /* both were one answer, and the event was reset */
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 4));
    /* Nothing is pending, so the next change is kept: a synchronous call has its answer at once. */
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 5));
    EXPECT_STATUS(NtNotifyChangeKey(Base, NULL, NULL, NULL, &Request.Answer,
                                    REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, FALSE),
                  STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(Request.Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_EQ(Request.Answer.Information, 0);
    Close(Request.Event);
    Close(Base);
}

static void the_first_request_decides(void **State)
{
    HANDLE Base = MakeBase(), Other, Below = MakeKey(Base, STR(u"Below"));
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_STATUS(Ask(&Request, Base, REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_PENDING);
    AddSubkey(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(Ask(&Request, Base, REG_NOTIFY_CHANGE_LAST_SET, TRUE), STATUS_PENDING);
    AddValue(Base);
    AddSubkey(Below);
    EXPECT_FALSE(Answered(&Request));
    DeleteSubkey(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    /* Another handle decides for itself. */
    EXPECT_SUCCESS(Open(&Other, NULL, STR(BASE), KEY_NOTIFY));
    EXPECT_STATUS(Ask(&Request, Other, REG_NOTIFY_CHANGE_LAST_SET, TRUE), STATUS_PENDING);
    AddValue(Below);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    Close(Other);
    Close(Below);
    Close(Base);
    Close(Request.Event);
}

static void one_change_answers_all(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Requests[3];
    (void)State;
    for (ULONG Index = 0; Index < 3; Index++) {
        MakeRequest(&Requests[Index]);
        EXPECT_STATUS(Ask(&Requests[Index], Base, REG_NOTIFY_CHANGE_LAST_SET, FALSE),
                      STATUS_PENDING);
    }
    AddValue(Base);
    for (ULONG Index = 0; Index < 3; Index++) {
        ExpectAnswer(&Requests[Index], STATUS_NOTIFY_ENUM_DIR);
        Close(Requests[Index].Event);
    }
    Close(Base);
}

static void closing_the_handle_ends_the_request(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_STATUS(Ask(&Request, Base, ALL_CHANGES, TRUE), STATUS_PENDING);
    Close(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_CLEANUP);
    Close(Request.Event);
}

static void a_deleted_key_is_not_watched(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_SUCCESS(NtDeleteKey(Base));
    EXPECT_STATUS(Ask(&Request, Base, ALL_CHANGES, FALSE), STATUS_KEY_DELETED);
    EXPECT_FALSE(Answered(&Request));
    Close(Base);
    Close(Request.Event);
}

/* ---- arguments ---- */

static void bad_arguments_come_before_the_handle(void **State)
{
    HANDLE Bad = (HANDLE)(ULONG_PTR)0x7FF0;
    IO_STATUS_BLOCK Answer;
    OBJECT_ATTRIBUTES Subordinates[2];
    HANDLE Event;
    (void)State;
    EXPECT_SUCCESS(NtCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_STATUS(NtNotifyChangeKey(Bad, Event, NULL, NULL, &Answer, 0x10, FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtNotifyChangeKey(Bad, NULL, NULL, NULL, &Answer, 1, FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtNotifyChangeKey(Bad, Event, NULL, NULL, NULL, 1, FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtNotifyChangeMultipleKeys(Bad, 2, Subordinates, Event, NULL, NULL, &Answer, 1,
                                             FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtNotifyChangeKey(Bad, Event, NULL, NULL, &Answer, 1, FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtNotifyChangeKey(Bad, Event, NULL, NULL, &Answer, 0, FALSE, NULL, 0, TRUE),
                  STATUS_INVALID_HANDLE); /* no filter at all is accepted */
    Close(Event);
}

static VOID NTAPI NeverCalled(PVOID Context, PIO_STATUS_BLOCK Answer, ULONG Reserved)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Answer);
    UNREFERENCED_PARAMETER(Reserved);
    abort();
}

static void user_mode_needs_key_notify(void **State)
{
    HANDLE Base = MakeBase(), Other;
    IO_STATUS_BLOCK Answer;
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_SUCCESS(Open(&Other, NULL, STR(BASE), KEY_QUERY_VALUE));
    EXPECT_STATUS(Ask(&Request, Other, 1, FALSE), STATUS_ACCESS_DENIED);
    Close(Other);
    EXPECT_SUCCESS(Open(&Other, NULL, STR(BASE), KEY_NOTIFY));
    EXPECT_STATUS(
        NtNotifyChangeKey(Other, NULL, NeverCalled, NULL, &Answer, 1, FALSE, NULL, 0, TRUE),
        STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Ask(&Request, Other, 1, FALSE), STATUS_PENDING);
    AddSubkey(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    Close(Other);
    Close(Base);
    Close(Request.Event);
}

/* ---- two keys ---- */

static NTSTATUS AskTwo(struct REQUEST *Request, HANDLE Key, PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Subordinate = Attributes(NULL, Name, OBJ_CASE_INSENSITIVE);
    Request->Answer.Status = STATUS_PENDING;
    return NtNotifyChangeMultipleKeys(Key, 1, &Subordinate, Request->Event, NULL, NULL,
                                      &Request->Answer, REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0,
                                      TRUE);
}

static void either_of_two_keys_answers(void **State)
{
    HANDLE Base = MakeBase(), System;
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_SUCCESS(
        Create(&System, NULL, STR(u"\\Registry\\Machine\\System\\Conform"), KEY_ALL_ACCESS));
    EXPECT_STATUS(AskTwo(&Request, Base, STR(u"\\Registry\\Machine\\System\\Conform")),
                  STATUS_PENDING);
    AddValue(System);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(AskTwo(&Request, Base, STR(u"\\Registry\\Machine\\System\\Conform")),
                  STATUS_PENDING);
    EXPECT_FALSE(Answered(&Request));
    AddValue(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(AskTwo(&Request, Base, STR(u"\\Registry\\Machine\\System\\Conform")),
                  STATUS_PENDING);
    Close(Base);
    ExpectAnswer(&Request, STATUS_NOTIFY_CLEANUP);
    Close(System);
    Close(Request.Event);
}

static void two_keys_of_one_hive_are_refused(void **State)
{
    HANDLE Base = MakeBase();
    struct REQUEST Request;
    (void)State;
    MakeRequest(&Request);
    EXPECT_STATUS(AskTwo(&Request, Base, STR(BASE)), STATUS_INVALID_PARAMETER);
    EXPECT_FALSE(NT_SUCCESS(AskTwo(&Request, Base, STR(u"\\Registry\\Machine\\Software"))));
    EXPECT_STATUS(AskTwo(&Request, Base, STR(u"\\Registry\\Machine\\System\\None")),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_FALSE(Answered(&Request));
    Close(Base);
    Close(Request.Event);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.change.filters", "REG-NTF-01 REG-NTF-03", each_filter_hears_its_changes),
    CONFORM_CASE("reg.change.tree", "REG-NTF-04", below_the_key_only_with_watch_tree),
    CONFORM_CASE("reg.change.kept", "REG-NTF-01", a_change_while_nothing_was_pending_is_kept),
    CONFORM_CASE("reg.change.first_decides", "REG-NTF-04", the_first_request_decides),
    CONFORM_CASE("reg.change.all_answered", "REG-NTF-01", one_change_answers_all),
    CONFORM_CASE("reg.change.close", "REG-NTF-01", closing_the_handle_ends_the_request),
    CONFORM_CASE("reg.change.deleted", "REG-NTF-01", a_deleted_key_is_not_watched),
    CONFORM_CASE("reg.change.arguments", "REG-NTF-03", bad_arguments_come_before_the_handle),
    CONFORM_USER_CASE("reg.change.user", "REG-NTF-01 REG-NTF-03", user_mode_needs_key_notify),
    CONFORM_CASE("reg.change.two_keys", "REG-NTF-05", either_of_two_keys_answers),
    CONFORM_CASE("reg.change.one_hive", "REG-NTF-05", two_keys_of_one_hive_are_refused),
};

NTCB_TEST_MAIN("conformance", Tests)
