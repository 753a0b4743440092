/* SPDX-License-Identifier: MIT
 *
 * reg_walk_rows_key.h - the rows of the walk about keys as a whole: their information, names and
 * security, and how they are made and opened.
 */
#ifndef REG_WALK_ROWS_KEY_H
#define REG_WALK_ROWS_KEY_H

#include "reg_walk_rows.h"

/* ---- information ----------------------------------------------------------------------------- */

static NTSTATUS RaiseSetInformation(struct WALK *Walk)
{
    Walk->Time.QuadPart = 1;
    return NtSetInformationKey(Walk->Key, KeyWriteTimeInformation, &Walk->Time, sizeof(Walk->Time));
}

static BOOLEAN CheckSetInformation(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_SET_INFORMATION_KEY_INFORMATION *Set = &Information->SetInformationKey;
    return IsKey(Walk, Information) && Set->KeySetInformationClass == KeyWriteTimeInformation &&
           Set->KeySetInformationLength == sizeof(Walk->Time) &&
           WalkInput(Walk, Set->KeySetInformation, &Walk->Time, sizeof(Walk->Time));
}

static BOOLEAN InformationSet(struct WALK *Walk)
{
    return FullInformation(Walk->Key).LastWriteTime.QuadPart == 1;
}

static NTSTATUS RaiseEnumerateKey(struct WALK *Walk)
{
    return NtEnumerateKey(Walk->Key, 0, KeyBasicInformation, Walk->Buffer, Walk->Length,
                          &Walk->ResultLength);
}

static BOOLEAN CheckEnumerateKey(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_ENUMERATE_KEY_INFORMATION *Query = &Information->EnumerateKey;
    return IsKey(Walk, Information) && Query->Index == 0 &&
           Query->KeyInformationClass == KeyBasicInformation &&
           Query->KeyInformation == Walk->Buffer && Query->Length == Walk->Length &&
           Query->ResultLength == &Walk->ResultLength;
}

static NTSTATUS RaiseQueryKey(struct WALK *Walk)
{
    return NtQueryKey(Walk->Key, KeyBasicInformation, Walk->Buffer, Walk->Length,
                      &Walk->ResultLength);
}

static BOOLEAN CheckQueryKey(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_QUERY_KEY_INFORMATION *Query = &Information->QueryKey;
    return IsKey(Walk, Information) && Query->KeyInformationClass == KeyBasicInformation &&
           Query->KeyInformation == Walk->Buffer && Query->Length == Walk->Length &&
           Query->ResultLength == &Walk->ResultLength;
}

static VOID FillBasic(struct WALK *Walk, union INFORMATION *Information)
{
    BOOLEAN Query = Walk->Row->Pre == RegNtPreQueryKey;
    PKEY_BASIC_INFORMATION Basic =
        Query ? Information->QueryKey.KeyInformation : Information->EnumerateKey.KeyInformation;
    *Basic = (KEY_BASIC_INFORMATION){.NameLength = 2, .Name = {u'X'}};
    *(Query ? Information->QueryKey.ResultLength : Information->EnumerateKey.ResultLength) = 18;
}

static BOOLEAN BasicFilled(struct WALK *Walk)
{
    return Walk->KeyBasic.NameLength == 2 && Walk->KeyBasic.Name[0] == u'X' &&
           Walk->ResultLength == 18;
}

static BOOLEAN KeyEnumerated(struct WALK *Walk)
{
    return Walk->KeyBasic.NameLength == 10 && Walk->KeyBasic.Name[0] == u'c';
}

static BOOLEAN KeyQueried(struct WALK *Walk)
{
    return Walk->KeyBasic.NameLength == 8 && Walk->KeyBasic.Name[0] == u'w';
}

/* ---- names and security ---------------------------------------------------------------------- */

static NTSTATUS RaiseRename(struct WALK *Walk)
{
    WalkName(Walk, STR(u"renamed"));
    return NtRenameKey(Walk->Key, &Walk->Name);
}

static BOOLEAN CheckRename(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) && WalkInputName(Walk, Information->RenameKey.NewName);
}

static BOOLEAN Renamed(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    return NT_SUCCESS(Probe(NULL, STR(BASE u"\\renamed")));
}

#define OBJECT_NAME_CLASS ((OBJECT_INFORMATION_CLASS)1) /* ObjectNameInformation */

static NTSTATUS RaiseQueryName(struct WALK *Walk)
{
    return NtQueryObject(Walk->Key, OBJECT_NAME_CLASS, Walk->Buffer, Walk->Length,
                         &Walk->ResultLength);
}

static BOOLEAN CheckQueryName(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) &&
           (PVOID)Information->QueryKeyName.ObjectNameInfo == Walk->Buffer &&
           Information->QueryKeyName.Length == Walk->Length &&
           Information->QueryKeyName.ReturnLength != NULL;
}

static VOID FillQueryName(struct WALK *Walk, union INFORMATION *Information)
{
    POBJECT_NAME_INFORMATION Name = Information->QueryKeyName.ObjectNameInfo;
    UNREFERENCED_PARAMETER(Walk);
    memcpy(Name + 1, u"X", 4);
    Name->Name = (UNICODE_STRING){2, 4, (PWCH)(Name + 1)};
    *Information->QueryKeyName.ReturnLength = sizeof(*Name) + 4;
}

static BOOLEAN QueryNameFilled(struct WALK *Walk)
{
    POBJECT_NAME_INFORMATION Name = (PVOID)Walk->Buffer;
    return Name->Name.Length == 2 && Name->Name.Buffer[0] == u'X';
}

static BOOLEAN NameQueried(struct WALK *Walk)
{
    POBJECT_NAME_INFORMATION Name = (PVOID)Walk->Buffer;
    return Name->Name.Length == STR(WALK_KEY)->Length;
}

static NTSTATUS RaiseQuerySecurity(struct WALK *Walk)
{
    return NtQuerySecurityObject(Walk->Key, OWNER_SECURITY_INFORMATION, Walk->Buffer, Walk->Length,
                                 &Walk->ResultLength);
}

static BOOLEAN CheckQuerySecurity(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) &&
           *Information->QueryKeySecurity.SecurityInformation == OWNER_SECURITY_INFORMATION &&
           Information->QueryKeySecurity.SecurityDescriptor == Walk->Buffer &&
           *Information->QueryKeySecurity.Length == Walk->Length;
}

static VOID FillQuerySecurity(struct WALK *Walk, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Walk);
    memset(Information->QueryKeySecurity.SecurityDescriptor, 9, 1);
    *Information->QueryKeySecurity.Length = 1;
}

static BOOLEAN QuerySecurityFilled(struct WALK *Walk)
{
    return Walk->Buffer[0] == 9 && Walk->ResultLength == 1;
}

static BOOLEAN SecurityQueried(struct WALK *Walk)
{
    return Walk->Buffer[0] == SECURITY_DESCRIPTOR_REVISION &&
           (!NT_SUCCESS(Walk->Status) || Walk->ResultLength > 20);
}

/* ---- create and open ------------------------------------------------------------------------- */

static NTSTATUS RaiseCreate(struct WALK *Walk)
{
    WalkName(Walk, STR(u"new"));
    OBJECT_ATTRIBUTES Object = Attributes(Walk->Key, &Walk->Name, OBJ_CASE_INSENSITIVE);
    return NtCreateKey(&Walk->Made, KEY_READ | KEY_WOW64_64KEY, &Object, 0, STR(u"class"),
                       REG_OPTION_VOLATILE, &Walk->Disposition);
}

static NTSTATUS RaiseOpen(struct WALK *Walk)
{
    WalkName(Walk, STR(u"child"));
    OBJECT_ATTRIBUTES Object = Attributes(Walk->Key, &Walk->Name, OBJ_CASE_INSENSITIVE);
    return NtOpenKey(&Walk->Made, KEY_READ | KEY_WOW64_64KEY, &Object);
}

static BOOLEAN IsName(const struct WALK *Walk, PCUNICODE_STRING Name)
{
    return RtlEqualUnicodeString(Name, &Walk->Name, FALSE);
}

/* The members that came with Windows 7. */
static BOOLEAN CheckV1(struct WALK *Walk, const REG_CREATE_KEY_INFORMATION_V1 *Create)
{
    return Walk->Windows < NTCB_WINDOWS_7 ||
           (IsName(Walk, Create->RemainingName) && Create->Wow64Flags == KEY_WOW64_64KEY &&
            Create->Attributes == OBJ_CASE_INSENSITIVE && Create->CheckAccessMode == Walk->Mode);
}

static BOOLEAN CheckOpen(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_CREATE_KEY_INFORMATION_V1 *Create = &Information->CreateKey;
    return IsName(Walk, Create->CompleteName) && Create->RootObject == Walk->Object &&
           Create->ObjectType == *CmKeyObjectType && Create->DesiredAccess == KEY_READ &&
           Create->GrantedAccess == 0 && *Create->ResultObject == NULL &&
           Create->Transaction == NULL && CheckV1(Walk, Create);
}

static BOOLEAN CheckCreate(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_CREATE_KEY_INFORMATION_V1 *Create = &Information->CreateKey;
    return CheckOpen(Walk, Information) && Create->Options == REG_OPTION_VOLATILE &&
           Create->SecurityDescriptor == NULL && Create->Disposition == &Walk->Disposition &&
           RtlEqualUnicodeString(Create->Class, STR(u"class"), FALSE);
}

static BOOLEAN CheckXp(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsName(Walk, Information->XpCreateKey.CompleteName);
}

static VOID FillOpen(struct WALK *Walk, union INFORMATION *Information)
{
    ObReferenceObject(Walk->Substitute);
    *Information->CreateKey.ResultObject = Walk->Substitute;
    Information->CreateKey.GrantedAccess = KEY_QUERY_VALUE;
    if (Information->CreateKey.Disposition != NULL) {
        *Information->CreateKey.Disposition = REG_OPENED_EXISTING_KEY;
    }
}

static BOOLEAN MadeIs(struct WALK *Walk, PUNICODE_STRING Name)
{
    ULONG Length;
    return Walk->Made != NULL &&
           NT_SUCCESS(NtQueryKey(Walk->Made, KeyBasicInformation, Walk->Buffer,
                                 sizeof(Walk->Buffer), &Length)) &&
           Walk->KeyBasic.NameLength == Name->Length &&
           memcmp(Walk->KeyBasic.Name, Name->Buffer, Name->Length) == 0;
}

static BOOLEAN OpenFilled(struct WALK *Walk)
{
    return MadeIs(Walk, STR(u"other")) && GrantedAccess(Walk->Made) == KEY_QUERY_VALUE &&
           (Walk->Row->Pre != RegNtPreCreateKeyEx || Walk->Disposition == REG_OPENED_EXISTING_KEY);
}

static BOOLEAN Created(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    return NT_SUCCESS(Probe(NULL, STR(WALK_KEY u"\\new")));
}

/* An override takes the handle away, so the post notification has to do. */
static BOOLEAN Opened(struct WALK *Walk)
{
    return Walk->Made != NULL ? MadeIs(Walk, STR(u"child")) : Walk->Count == 2;
}

#endif
