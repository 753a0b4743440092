/* SPDX-License-Identifier: MIT
 *
 * reg_order_test.c - which of two faults of one call its caller hears of, and what is notified
 * before. The order itself has no rule of its own; each row names those that meet.
 */
#include "../conformance/regwatch.h"

static HANDLE const NoHandle = (HANDLE)(ULONG_PTR)0x7FFC;
static PVOID const NoUser = (PVOID)(ULONG_PTR)0x10;

struct ORDER {
    HANDLE Key;     /* to BASE */
    HANDLE Deleted; /* to a key that is gone */
    HANDLE Link;    /* to a link key */
    UCHAR Buffer[64];
    ULONG Length;
};

/* ---- information class before handle before pointers before lengths -------------------------- */

static NTSTATUS BadClassQueryKey(struct ORDER *Order)
{
    return NtQueryKey(NoHandle, MaxKeyInfoClass, Order->Buffer, 64, &Order->Length);
}

static NTSTATUS BadClassEnumerateKey(struct ORDER *Order)
{
    return NtEnumerateKey(NoHandle, 0, KeyNameInformation, Order->Buffer, 64, &Order->Length);
}

static NTSTATUS BadClassQueryValue(struct ORDER *Order)
{
    return NtQueryValueKey(NoHandle, STR(u"x"), MaxKeyValueInfoClass, Order->Buffer, 64,
                           &Order->Length);
}

static NTSTATUS BadClassEnumerateValue(struct ORDER *Order)
{
    return NtEnumerateValueKey(NoHandle, 0, MaxKeyValueInfoClass, Order->Buffer, 64,
                               &Order->Length);
}

static NTSTATUS BadLengthSetInformation(struct ORDER *Order)
{
    return NtSetInformationKey(NoHandle, KeyWriteTimeInformation, Order->Buffer, 7);
}

static NTSTATUS NoHandleOddName(struct ORDER *Order)
{
    UNICODE_STRING Odd = {3, 4, (PWCH)u"ab"};
    return NtSetValueKey(NoHandle, &Odd, 0, REG_NONE, Order->Buffer, 1);
}

static NTSTATUS NoHandleNoName(struct ORDER *Order)
{
    return NtSetValueKey(NoHandle, NoUser, 0, REG_NONE, Order->Buffer, 1);
}

static NTSTATUS NoDataOddName(struct ORDER *Order)
{
    UNICODE_STRING Odd = {3, 4, (PWCH)u"ab"};
    return NtSetValueKey(Order->Key, &Odd, 0, REG_NONE, NoUser, 1);
}

static NTSTATUS NoHandleNoNewName(struct ORDER *Order)
{
    UNREFERENCED_PARAMETER(Order);
    return NtRenameKey(NoHandle, NULL);
}

static NTSTATUS NoHandleEmptyNewName(struct ORDER *Order)
{
    UNREFERENCED_PARAMETER(Order);
    return NtRenameKey(NoHandle, STR(u""));
}

/* ---- inside the operation -------------------------------------------------------------------- */

static NTSTATUS MissingInDeleted(struct ORDER *Order)
{
    return NtDeleteValueKey(Order->Deleted, STR(u"missing"));
}

static NTSTATUS WrongValueInDeletedLink(struct ORDER *Order)
{
    EXPECT_SUCCESS(NtDeleteKey(Order->Link));
    return SetDword(Order->Link, STR(u"x"), 1);
}

static NTSTATUS MissingIntoNothing(struct ORDER *Order)
{
    return NtQueryValueKey(Order->Key, STR(u"missing"), KeyValuePartialInformation, NULL, 0,
                           &Order->Length);
}

static NTSTATUS PastTheEndIntoNothing(struct ORDER *Order)
{
    return NtEnumerateValueKey(Order->Key, 9, KeyValuePartialInformation, NULL, 0, &Order->Length);
}

static NTSTATUS DeletedIntoNothing(struct ORDER *Order)
{
    return NtQueryKey(Order->Deleted, KeyBasicInformation, NULL, 0, &Order->Length);
}

static NTSTATUS PastTheEndOfDeleted(struct ORDER *Order)
{
    return NtEnumerateKey(Order->Deleted, 9, KeyBasicInformation, Order->Buffer, 64,
                          &Order->Length);
}

/* ---- create and open ------------------------------------------------------------------------- */

static NTSTATUS BadOptionsNoAttributes(struct ORDER *Order)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Order);
    return NtOpenKeyEx(&Key, KEY_READ, NULL, 1);
}

static NTSTATUS ShortAttributesBadName(struct ORDER *Order)
{
    HANDLE Key;
    UNICODE_STRING Bad = {2, 2, NoUser};
    OBJECT_ATTRIBUTES Object = Attributes(NULL, &Bad, 0);
    UNREFERENCED_PARAMETER(Order);
    Object.Length--;
    return NtOpenKey(&Key, KEY_READ, &Object);
}

static NTSTATUS MissingBelowDeleted(struct ORDER *Order)
{
    HANDLE Key;
    return Open(&Key, Order->Deleted, STR(u"missing"), KEY_READ);
}

static NTSTATUS LongNameBelowDeleted(struct ORDER *Order)
{
    HANDLE Key;
    WCHAR Text[300] = {0};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Text); Index++) {
        Text[Index] = u'n';
    }
    UNICODE_STRING Name = {sizeof(Text), sizeof(Text), Text};
    return Create(&Key, Order->Deleted, &Name, KEY_READ);
}

static NTSTATUS NoAccessToMissing(struct ORDER *Order)
{
    HANDLE Key;
    return Open(&Key, Order->Key, STR(u"missing"), 0);
}

static NTSTATUS StableBelowVolatileDenied(struct ORDER *Order)
{
    HANDLE Key;
    return Create(&Key, Order->Key, STR(u"volatile\\stable"), KEY_READ);
}

static NTSTATUS StableBelowLinkDenied(struct ORDER *Order)
{
    HANDLE Key;
    return CreateOptions(&Key, Order->Key, STR(u"volatile"), 0, REG_OPTION_CREATE_LINK, NULL);
}

static const struct {
    NTSTATUS (*Call)(struct ORDER *Order);
    NTSTATUS Status;
    ULONG Heard; /* notifications */
} Rows[] = {
    {BadClassQueryKey, STATUS_INVALID_PARAMETER, 0},       /* REG-QK-02 before REG-MODE-06 */
    {BadClassEnumerateKey, STATUS_INVALID_PARAMETER, 0},   /* REG-EK-01 */
    {BadClassQueryValue, STATUS_INVALID_PARAMETER, 0},     /* REG-QVK-01 */
    {BadClassEnumerateValue, STATUS_INVALID_PARAMETER, 0}, /* REG-EVK-01 */
    {BadLengthSetInformation, STATUS_INFO_LENGTH_MISMATCH, 0},
    {NoHandleOddName, STATUS_INVALID_HANDLE, 0}, /* REG-SET-01 before -02 */
    {NoHandleNoName, STATUS_INVALID_HANDLE, 0},
    {NoDataOddName, STATUS_ACCESS_VIOLATION, 0},
    {NoHandleNoNewName, STATUS_ACCESS_VIOLATION, 0}, /* REG-REN-01 */
    {NoHandleEmptyNewName, STATUS_INVALID_HANDLE, 0},
    {MissingInDeleted, STATUS_KEY_DELETED, 2},        /* REG-DEL-04 before REG-DLV-01 */
    {WrongValueInDeletedLink, STATUS_KEY_DELETED, 4}, /* before REG-SET-06 */
    {MissingIntoNothing, STATUS_OBJECT_NAME_NOT_FOUND, 2},
    {PastTheEndIntoNothing, STATUS_NO_MORE_ENTRIES, 2},
    {DeletedIntoNothing, STATUS_KEY_DELETED, 2},
    {PastTheEndOfDeleted, STATUS_KEY_DELETED, 2},
    {BadOptionsNoAttributes, STATUS_INVALID_PARAMETER_4, 0},
    {ShortAttributesBadName, STATUS_INVALID_PARAMETER, 0},
    {MissingBelowDeleted, STATUS_KEY_DELETED, 2}, /* REG-OPN-07 */
    {LongNameBelowDeleted, STATUS_KEY_DELETED, 2},
    {NoAccessToMissing, STATUS_OBJECT_NAME_NOT_FOUND, 2}, /* REG-OPN-06 before -03 */
    {StableBelowVolatileDenied, STATUS_CHILD_MUST_BE_VOLATILE, 2},
    {StableBelowLinkDenied, STATUS_OBJECT_NAME_COLLISION, 2}, /* REG-CRT-06 before -05 */
};

static VOID PlayRows(PVOID Context)
{
    struct WATCH *Watch = Context;
    struct ORDER Order = {.Length = 0};
    EXPECT_SUCCESS(Open(&Order.Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    Order.Deleted = MakeKey(Order.Key, STR(u"deleted"));
    EXPECT_SUCCESS(NtDeleteKey(Order.Deleted));
    EXPECT_SUCCESS(OpenFlags(&Order.Link, Order.Key, STR(u"link"), KEY_ALL_ACCESS, OBJ_OPENLINK));
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row++) {
        Watch->Count = 0;
        NTSTATUS Status = Rows[Row].Call(&Order);
        if (Status != Rows[Row].Status || Watch->Count != Rows[Row].Heard) {
            print_error("row %u, heard %u\n", Row, Watch->Count);
        }
        EXPECT_STATUS(Status, Rows[Row].Status);
        EXPECT_EQ(Watch->Count, Rows[Row].Heard);
        if (Watch->Count != 0) { /* a fault that was heard of is in the post notification */
            EXPECT_STATUS(Watch->Notes[Watch->Count - 1].Information.Post.Status, Status);
        }
    }
    Close(Order.Link);
    Close(Order.Deleted);
    Close(Order.Key);
}

static void first_fault_wins(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Volatile;
    HANDLE Base = MakeBase();
    MakeLink(Base, STR(u"link"), STR(BASE));
    EXPECT_SUCCESS(
        CreateOptions(&Volatile, Base, STR(u"volatile"), KEY_READ, REG_OPTION_VOLATILE, NULL));
    ConformDeny(BASE_UTF8 "\\volatile", KEY_CREATE_SUB_KEY);
    WatchBegin(&Watch);
    ConformAsUser(PlayRows, &Watch);
    WatchEnd(&Watch);
    Close(Volatile);
    Close(Base);
}

static NTSTATUS BlockAll(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Class);
    UNREFERENCED_PARAMETER(Information);
    return STATUS_WRONG_VOLUME;
}

/* A block hides every fault of the operation, and none of what comes before it. */
static VOID PlayBlocked(PVOID Context)
{
    struct ORDER Order = {.Link = NULL};
    struct WATCH Watch = {.Hook = BlockAll};
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Order.Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    Order.Deleted = MakeKey(Order.Key, STR(u"deleted"));
    EXPECT_SUCCESS(NtDeleteKey(Order.Deleted));
    WatchBegin(&Watch);
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row++) {
        if (Rows[Row].Call != WrongValueInDeletedLink) {
            EXPECT_STATUS(Rows[Row].Call(&Order),
                          Rows[Row].Heard != 0 ? STATUS_WRONG_VOLUME : Rows[Row].Status);
        }
    }
    WatchEnd(&Watch);
    Close(Order.Deleted);
    Close(Order.Key);
}

static void block_comes_before_the_operation(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformAsUser(PlayBlocked, NULL);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.order_of_checks.first_fault_wins",
                 "CM-PRE-12 CM-PRE-13 CM-CO-01 REG-QK-02 REG-EK-01 REG-QVK-01 REG-EVK-01 "
                 "REG-SET-01 REG-REN-01 REG-DEL-04 REG-SET-06 REG-OPN-07 REG-CRT-07",
                 first_fault_wins),
    CONFORM_CASE("cm.order_of_checks.block_comes_before_the_operation", "CM-PRE-04 CM-PRE-12",
                 block_comes_before_the_operation),
};
NTCB_TEST_MAIN("library", Tests)
