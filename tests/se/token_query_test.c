/* SPDX-License-Identifier: MIT
 *
 * token_query_test.c - what tokens say, and handles to them.
 */
#include "../sim/simkit.h"

#include <ntsim/security.h>

static char text[64];

static const char *sid_text(PSID sid)
{
    UNICODE_STRING string;

    EXPECT_SUCCESS(RtlConvertSidToUnicodeString(&string, sid, TRUE));
    ntcb_snprintf(text, sizeof(text), "%wZ", &string);
    RtlFreeUnicodeString(&string);
    return text;
}

static PACCESS_TOKEN token_of(enum ntsim_account account)
{
    struct ntsim_process *process = make_process("C:\\a.exe");

    EXPECT_EQ(ntsim_process_set_account(process, account), 0);
    return PsReferencePrimaryToken((PEPROCESS)process);
}

static void drivers_ask_the_token(void **state)
{
    static const struct {
        enum ntsim_account account;
        const char *user, *label;
        BOOLEAN admin;
        ULONG session, type, logon;
    } rows[] = {
        {NTSIM_SYSTEM, "S-1-5-18", "S-1-16-16384", TRUE, 0, TokenElevationTypeDefault, 0x3E7},
        {NTSIM_ADMINISTRATOR, "S-1-5-21-1004336348-1177238915-682003330-500", "S-1-16-12288", TRUE,
         1, TokenElevationTypeFull, 0x1F000 + NTSIM_ADMINISTRATOR},
        {NTSIM_STANDARD_USER, "S-1-5-21-1004336348-1177238915-682003330-1001", "S-1-16-8192", FALSE,
         1, TokenElevationTypeDefault, 0x1F000 + NTSIM_STANDARD_USER},
        {NTSIM_LOW_INTEGRITY, "S-1-5-21-1004336348-1177238915-682003330-1001", "S-1-16-4096", FALSE,
         1, TokenElevationTypeDefault, 0x1F000 + NTSIM_LOW_INTEGRITY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        PACCESS_TOKEN token = token_of(rows[i].account);
        PVOID answer;
        ULONG session = 9;
        LUID logon;

        EXPECT_SUCCESS(SeQueryInformationToken(token, TokenUser, &answer));
        EXPECT_STR(sid_text(((PTOKEN_USER)answer)->User.Sid), rows[i].user);
        ExFreePool(answer);
        EXPECT_SUCCESS(SeQueryInformationToken(token, TokenIntegrityLevel, &answer));
        EXPECT_STR(sid_text(((PTOKEN_MANDATORY_LABEL)answer)->Label.Sid), rows[i].label);
        ExFreePool(answer);
        EXPECT_SUCCESS(SeQueryInformationToken(token, TokenElevationType, &answer));
        EXPECT_EQ(*(PULONG)answer, rows[i].type);
        ExFreePool(answer);
        EXPECT_SUCCESS(SeQueryInformationToken(token, TokenElevation, &answer));
        EXPECT_EQ(((PTOKEN_ELEVATION)answer)->TokenIsElevated, rows[i].admin);
        ExFreePool(answer);
        answer = NULL;
        EXPECT_SUCCESS(SeQueryInformationToken(token, TokenSessionId, &answer));
        EXPECT_EQ((ULONG_PTR)answer, rows[i].session);
        EXPECT_SUCCESS(SeQuerySessionIdToken(token, &session));
        EXPECT_EQ(session, rows[i].session);
        EXPECT_SUCCESS(SeQueryAuthenticationIdToken(token, &logon));
        EXPECT_EQ(logon.LowPart, rows[i].logon);
        EXPECT_EQ(SeTokenIsAdmin(token), rows[i].admin);
        EXPECT_FALSE(SeTokenIsRestricted(token));
        EXPECT_EQ(SeTokenType(token), TokenPrimary);
        PsDereferencePrimaryToken(token);
    }
}

static void classes_there_are_not(void **state)
{
    PACCESS_TOKEN token = token_of(NTSIM_SYSTEM);
    PVOID answer = token;

    (void)state;
    EXPECT_STATUS(SeQueryInformationToken(token, TokenCapabilities, &answer),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_TRUE(answer == NULL);
    EXPECT_STATUS(SeQueryInformationToken(token, 0, &answer), STATUS_INVALID_INFO_CLASS);
    EXPECT_STATUS(SeQueryInformationToken(token, MaxTokenInfoClass, &answer),
                  STATUS_INVALID_INFO_CLASS);
    PsDereferencePrimaryToken(token);
}

static HANDLE open_token(ACCESS_MASK access)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    HANDLE handle, token;

    EXPECT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                         *PsProcessType, KernelMode, &handle));
    EXPECT_SUCCESS(ZwOpenProcessTokenEx(handle, access, OBJ_KERNEL_HANDLE, &token));
    EXPECT_SUCCESS(ZwClose(handle));
    return token;
}

static void programs_ask_the_handle(void **state)
{
    HANDLE token = open_token(TOKEN_QUERY | TOKEN_QUERY_SOURCE), again;
    _Alignas(8) UCHAR buffer[1024];
    PTOKEN_GROUPS groups = (PTOKEN_GROUPS)buffer;
    PTOKEN_PRIVILEGES privileges = (PTOKEN_PRIVILEGES)buffer;
    PTOKEN_STATISTICS statistics = (PTOKEN_STATISTICS)buffer;
    ULONG needed, count;
    PVOID object;

    (void)state;
    EXPECT_STATUS(ZwQueryInformationToken(token, TokenGroups, NULL, 0, &needed),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenGroups, buffer, needed, &needed));
    EXPECT_EQ(groups->GroupCount, 8);
    EXPECT_STR(sid_text(groups->Groups[6].Sid), "S-1-5-32-544");
    EXPECT_STR(sid_text(groups->Groups[7].Sid), "S-1-16-12288");
    EXPECT_STATUS(ZwQueryInformationToken(token, TokenGroups, buffer, needed - 1, &needed),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenPrivileges, buffer, 1024, &needed));
    count = privileges->PrivilegeCount;
    EXPECT_EQ(needed, 4 + 12 * count);
    EXPECT_EQ(privileges->Privileges[0].Luid.LowPart, SE_INCREASE_QUOTA_PRIVILEGE);
    EXPECT_EQ(privileges->Privileges[0].Attributes, 0);
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenStatistics, buffer, 1024, &needed));
    EXPECT_EQ(statistics->PrivilegeCount, count);
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenOwner, buffer, 1024, &needed));
    EXPECT_STR(sid_text(((PTOKEN_OWNER)buffer)->Owner), "S-1-5-32-544");
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenPrimaryGroup, buffer, 1024, &needed));
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenType, buffer, 1024, &needed));
    EXPECT_EQ(*(PULONG)buffer, TokenPrimary);
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenSource, buffer, 1024, &needed));
    EXPECT_STR(((PTOKEN_SOURCE)buffer)->SourceName, "User32 ");
    EXPECT_SUCCESS(ZwQueryInformationToken(token, TokenIsAppContainer, buffer, 1024, &needed));
    EXPECT_EQ(*(PULONG)buffer, 0);
    EXPECT_STATUS(ZwQueryInformationToken(NtCurrentProcess(), TokenType, buffer, 4, &needed),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &again));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(again, TOKEN_QUERY, *SeTokenObjectType, KernelMode,
                                             &object, NULL));
    EXPECT_TRUE(SeTokenIsAdmin(object));
    ObDereferenceObject(object);
    EXPECT_SUCCESS(ZwClose(again));
    EXPECT_SUCCESS(ZwClose(token));
}

static void a_handle_needs_the_rights(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *before;
    HANDLE token = NULL, self;
    ULONG session, needed;

    (void)state;
    before = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &token));
    EXPECT_STATUS(NtQueryInformationToken(token, TokenSessionId, &session, 4, &needed),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(token));
    EXPECT_SUCCESS(NtOpenProcessTokenEx(NtCurrentProcess(), TOKEN_READ, 0, &token));
    EXPECT_SUCCESS(NtQueryInformationToken(token, TokenSessionId, &session, 4, &needed));
    EXPECT_EQ(session, 1);
    EXPECT_STATUS(NtQueryInformationToken(token, TokenSource, &session, 4, &needed),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(token));
    EXPECT_SUCCESS(ObOpenObjectByPointer(process, 0, NULL, PROCESS_TERMINATE, *PsProcessType,
                                         KernelMode, &self));
    EXPECT_STATUS(NtOpenProcessToken(self, TOKEN_QUERY, &token), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(self));
    ntsim_thread_leave(before);
}

static void no_thread_impersonates(void **state)
{
    PETHREAD thread = (PETHREAD)KeGetCurrentThread();
    BOOLEAN copy = TRUE, only = TRUE;
    SECURITY_IMPERSONATION_LEVEL level;
    HANDLE handle, token;

    (void)state;
    EXPECT_TRUE(PsReferenceImpersonationToken(thread, &copy, &only, &level) == NULL);
    EXPECT_FALSE(copy);
    PsDereferenceImpersonationToken(NULL);
    EXPECT_FALSE(PsIsThreadImpersonating(thread));
    EXPECT_SUCCESS(ObOpenObjectByPointer(thread, OBJ_KERNEL_HANDLE, NULL, THREAD_ALL_ACCESS,
                                         *PsThreadType, KernelMode, &handle));
    EXPECT_STATUS(ZwOpenThreadTokenEx(handle, TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &token),
                  STATUS_NO_TOKEN);
    EXPECT_TRUE(token == NULL);
    EXPECT_SUCCESS(ZwClose(handle));
}

static const struct ntcb_test tests[] = {
    {"se.token.drivers_ask_it", "", drivers_ask_the_token, start, stop},
    {"se.token.classes_there_are_not", "", classes_there_are_not, start, stop},
    {"se.token.programs_ask_the_handle", "", programs_ask_the_handle, start, stop},
    {"se.token.handle_needs_the_rights", "", a_handle_needs_the_rights, start, stop},
    {"se.token.no_thread_impersonates", "", no_thread_impersonates, start, stop},
};

NTCB_TEST_MAIN("library", tests)
