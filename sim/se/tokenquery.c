/* SPDX-License-Identifier: MIT
 *
 * tokenquery.c - what a token says: asked by handle, and by drivers that hold it.
 *
 * An answer is filled in host memory as it would lie at `Given`, then copied. Sessions: services
 * are in 0, everybody else in 1.
 */
#include "mm/mmp.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "ps/zw.h"
#include "se/sepsd.h"

#include <string.h>

#define SEP_ANSWER_BYTES 1024 /* more than any */
#define SEP_LOGON_SYSTEM 0x3E7u
#define SEP_LOGON_OTHERS 0x1F000u /* and the account's number */

struct SEP_ANSWER {
    const struct SEP_TOKEN *Token;
    PUCHAR Given; /* where the answer will lie: for pointers into it */
    ULONG Bytes;
    _Alignas(8) UCHAR Memory[SEP_ANSWER_BYTES];
};

static PVOID SepAdd(struct SEP_ANSWER *Answer, ULONG Bytes)
{
    PVOID Part = Answer->Memory + Answer->Bytes;

    Answer->Bytes += (Bytes + 3u) & ~3u;
    return Part;
}

/* An identifier behind what is there, as a pointer for the caller. */
static PSID SepAddSid(struct SEP_ANSWER *Answer, enum SEP_KNOWN Known)
{
    PSID Sid = SepSid(Known);
    PUCHAR Copy = SepAdd(Answer, SepSidLength(Sid));

    memcpy(Copy, Sid, SepSidLength(Sid));
    return (PSID)((ULONG_PTR)Answer->Given + (ULONG_PTR)(Copy - Answer->Memory));
}

static BOOLEAN SepIsService(const struct SEP_TOKEN *Token)
{
    return Token->Account->User == SepLocalSystem;
}

static LUID SepLogon(const struct SEP_TOKEN *Token)
{
    ULONG Account = (ULONG)(Token->Account - SepAccounts);

    return (LUID){SepIsService(Token) ? SEP_LOGON_SYSTEM : SEP_LOGON_OTHERS + Account, 0};
}

static VOID SepFillUser(struct SEP_ANSWER *Answer)
{
    PTOKEN_USER User = SepAdd(Answer, sizeof(*User));

    User->User.Sid = SepAddSid(Answer, Answer->Token->Account->User);
    User->User.Attributes = 0;
}

static VOID SepFillGroups(struct SEP_ANSWER *Answer)
{
    const struct SEP_ACCOUNT *Account = Answer->Token->Account;
    ULONG Count = Account->GroupCount + 1; /* and the integrity level */
    PTOKEN_GROUPS Groups = SepAdd(
        Answer, (ULONG)(FIELD_OFFSET(TOKEN_GROUPS, Groups) + Count * sizeof(Groups->Groups[0])));

    Groups->GroupCount = Count;
    for (ULONG Index = 0; Index < Account->GroupCount; Index++) {
        Groups->Groups[Index].Sid = SepAddSid(Answer, Account->Groups[Index].Sid);
        Groups->Groups[Index].Attributes = Account->Groups[Index].Attributes;
    }
    Groups->Groups[Count - 1].Sid = SepAddSid(Answer, Account->Label);
    Groups->Groups[Count - 1].Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

static VOID SepFillPrivileges(struct SEP_ANSWER *Answer)
{
    ULONGLONG Present = atomic_load(&Answer->Token->Present);
    ULONGLONG Enabled = atomic_load(&Answer->Token->Enabled);
    PTOKEN_PRIVILEGES Privileges = SepAdd(Answer, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges));

    Privileges->PrivilegeCount = 0;
    for (ULONG Number = 0; Number < 64; Number++) {
        if ((Present >> Number & 1) != 0) {
            PLUID_AND_ATTRIBUTES One = SepAdd(Answer, sizeof(*One));

            One->Luid = (LUID){Number, 0};
            One->Attributes = (Enabled >> Number & 1) != 0 ? SE_PRIVILEGE_ENABLED : 0;
            if ((Answer->Token->Account->Enabled >> Number & 1) != 0) {
                One->Attributes |= SE_PRIVILEGE_ENABLED_BY_DEFAULT;
            }
            Privileges->PrivilegeCount++;
        }
    }
}

static VOID SepFillOwner(struct SEP_ANSWER *Answer)
{
    PTOKEN_OWNER Owner = SepAdd(Answer, sizeof(*Owner));

    Owner->Owner = SepAddSid(Answer, Answer->Token->Account->Owner);
}

static VOID SepFillPrimaryGroup(struct SEP_ANSWER *Answer)
{
    PTOKEN_PRIMARY_GROUP Group = SepAdd(Answer, sizeof(*Group));

    Group->PrimaryGroup = SepAddSid(Answer, Answer->Token->Account->PrimaryGroup);
}

static VOID SepFillSource(struct SEP_ANSWER *Answer)
{
    PTOKEN_SOURCE Source = SepAdd(Answer, sizeof(*Source));

    memcpy(Source->SourceName, SepIsService(Answer->Token) ? "*SYSTEM*" : "User32 ", 8);
    Source->SourceIdentifier = (LUID){0, 0};
}

static VOID SepFillStatistics(struct SEP_ANSWER *Answer)
{
    PTOKEN_STATISTICS Statistics = SepAdd(Answer, sizeof(*Statistics));

    memset(Statistics, 0, sizeof(*Statistics));
    Statistics->TokenId = (LUID){(ULONG)(ULONG_PTR)Answer->Token, 0};
    Statistics->AuthenticationId = SepLogon(Answer->Token);
    Statistics->ExpirationTime.QuadPart = MAXLONGLONG;
    Statistics->TokenType = TokenPrimary;
    Statistics->GroupCount = Answer->Token->Account->GroupCount + 1;
    Statistics->PrivilegeCount = (ULONG)__builtin_popcountll(atomic_load(&Answer->Token->Present));
}

static VOID SepFillLabel(struct SEP_ANSWER *Answer)
{
    PTOKEN_MANDATORY_LABEL Label = SepAdd(Answer, sizeof(*Label));

    Label->Label.Sid = SepAddSid(Answer, Answer->Token->Account->Label);
    Label->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

static VOID SepAddNumber(struct SEP_ANSWER *Answer, ULONG Number)
{
    *(PULONG)SepAdd(Answer, sizeof(Number)) = Number;
}

static VOID SepFillType(struct SEP_ANSWER *Answer)
{
    SepAddNumber(Answer, TokenPrimary);
}

static VOID SepFillSession(struct SEP_ANSWER *Answer)
{
    SepAddNumber(Answer, SepIsService(Answer->Token) ? 0 : 1);
}

static VOID SepFillElevation(struct SEP_ANSWER *Answer)
{
    SepAddNumber(Answer, SeTokenIsAdmin((PACCESS_TOKEN)(ULONG_PTR)Answer->Token));
}

/* The administrator's is one of a pair; nobody else has another. */
static VOID SepFillElevationType(struct SEP_ANSWER *Answer)
{
    SepAddNumber(Answer, Answer->Token->Account->User == SepAdministrator
                             ? TokenElevationTypeFull
                             : TokenElevationTypeDefault);
}

static VOID SepFillZero(struct SEP_ANSWER *Answer)
{
    SepAddNumber(Answer, 0);
}

static const struct SEP_CLASS {
    TOKEN_INFORMATION_CLASS Class;
    enum ntcb_windows Since;
    VOID (*Fill)(struct SEP_ANSWER *Answer);
} SepClasses[] = {
    {TokenUser, NTCB_WINDOWS_XP, SepFillUser},
    {TokenGroups, NTCB_WINDOWS_XP, SepFillGroups},
    {TokenPrivileges, NTCB_WINDOWS_XP, SepFillPrivileges},
    {TokenOwner, NTCB_WINDOWS_XP, SepFillOwner},
    {TokenPrimaryGroup, NTCB_WINDOWS_XP, SepFillPrimaryGroup},
    {TokenSource, NTCB_WINDOWS_XP, SepFillSource},
    {TokenType, NTCB_WINDOWS_XP, SepFillType},
    {TokenStatistics, NTCB_WINDOWS_XP, SepFillStatistics},
    {TokenSessionId, NTCB_WINDOWS_XP, SepFillSession},
    {TokenElevationType, NTCB_WINDOWS_VISTA, SepFillElevationType},
    {TokenElevation, NTCB_WINDOWS_VISTA, SepFillElevation},
    {TokenIntegrityLevel, NTCB_WINDOWS_VISTA, SepFillLabel},
    {TokenIsAppContainer, NTCB_WINDOWS_8, SepFillZero},
};

static NTSTATUS SepFindClass(TOKEN_INFORMATION_CLASS Class, const struct SEP_CLASS **Found)
{
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(SepClasses); Row++) {
        if (SepClasses[Row].Class == Class && ntsim__windows() >= SepClasses[Row].Since) {
            *Found = &SepClasses[Row];
            return STATUS_SUCCESS;
        }
    }
    return Class >= TokenUser && Class < MaxTokenInfoClass ? STATUS_NOT_IMPLEMENTED
                                                           : STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS SepAnswerCaller(KPROCESSOR_MODE Mode, struct SEP_ANSWER *Answer, ULONG Length,
                                PULONG ReturnLength)
{
    NTSTATUS Status = MmpProbe(Mode, Answer->Given, Length, TRUE);

    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, ReturnLength, sizeof(*ReturnLength), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, ReturnLength, &Answer->Bytes, sizeof(Answer->Bytes));
    }
    if (NT_SUCCESS(Status) && Length < Answer->Bytes) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    return NT_SUCCESS(Status) ? MmpCopy(Mode, Answer->Given, Answer->Memory, Answer->Bytes)
                              : Status;
}

NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle,
                                       TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID TokenInformation, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct SEP_ANSWER Answer = {.Given = TokenInformation};
    const struct SEP_CLASS *Class;
    PVOID Object;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = SepFindClass(TokenInformationClass, &Class);
    if (NT_SUCCESS(Status)) {
        Status = ObpReferenceByHandle(
            TokenHandle, TokenInformationClass == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY,
            *SeTokenObjectType, Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Answer.Token = Object;
    Class->Fill(&Answer);
    Status = SepAnswerCaller(Mode, &Answer, Length, ReturnLength);
    ObpDereference(Object, NULL);
    return Status;
}

NTSTATUS NTAPI ZwQueryInformationToken(HANDLE TokenHandle,
                                       TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID TokenInformation, ULONG Length, PULONG ReturnLength)
{
    PSP_ZW(NtQueryInformationToken(TokenHandle, TokenInformationClass, TokenInformation, Length,
                                   ReturnLength));
}

NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token,
                                       TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID *TokenInformation)
{
    struct SEP_ANSWER Answer = {.Token = Token};
    const struct SEP_CLASS *Class;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    *TokenInformation = NULL;
    Status = SepFindClass(TokenInformationClass, &Class);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Class->Fill(&Answer); /* for its size */
    if (TokenInformationClass == TokenSessionId) {
        *(PULONG)TokenInformation = *(PULONG)Answer.Memory;
        return STATUS_SUCCESS;
    }
    Answer.Given = MmpAllocatePool(Answer.Bytes, SEP_TAG, __builtin_return_address(0));
    if (Answer.Given == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Answer.Bytes = 0;
    Class->Fill(&Answer);
    memcpy(Answer.Given, Answer.Memory, Answer.Bytes);
    *TokenInformation = Answer.Given;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    const struct SEP_ACCOUNT *Account = ((struct SEP_TOKEN *)Token)->Account;

    for (ULONG Index = 0; Index < Account->GroupCount; Index++) {
        if (Account->Groups[Index].Sid == SepAdministrators) {
            return (Account->Groups[Index].Attributes & SE_GROUP_ENABLED) != 0;
        }
    }
    return FALSE;
}

/* No account has restricting identifiers. */
BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    (void)Token;
    return FALSE;
}

TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    (void)Token;
    return TokenPrimary;
}

NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    *AuthenticationId = SepLogon(Token);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    *SessionId = SepIsService(Token) ? 0 : 1;
    return STATUS_SUCCESS;
}
