/* SPDX-License-Identifier: MIT
 *
 * descriptor_test.c - identifiers, access lists and descriptors as drivers build them.
 */
#include "../sim/simkit.h"

static SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};
static _Alignas(8) UCHAR administrators[24], everyone[12];

static void make_sids(void)
{
    SID_IDENTIFIER_AUTHORITY world = {{0, 0, 0, 0, 0, 1}};

    EXPECT_SUCCESS(RtlInitializeSid(administrators, &nt, 2));
    *RtlSubAuthoritySid(administrators, 0) = 32;
    *RtlSubAuthoritySid(administrators, 1) = 544;
    EXPECT_SUCCESS(RtlInitializeSid(everyone, &world, 1));
    *RtlSubAuthoritySid(everyone, 0) = 0;
}

static void identifiers(void **state)
{
    _Alignas(8) UCHAR copy[24];
    WCHAR buffer[16];
    UNICODE_STRING string = {0, sizeof(buffer), buffer};
    SID_IDENTIFIER_AUTHORITY large = {{0x12, 0x34, 0, 0, 0, 5}};

    (void)state;
    make_sids();
    EXPECT_EQ(RtlLengthSid(administrators), 16);
    EXPECT_EQ(RtlLengthRequiredSid(2), 16);
    EXPECT_EQ(*RtlSubAuthorityCountSid(administrators), 2);
    EXPECT_TRUE(RtlValidSid(administrators));
    EXPECT_SUCCESS(RtlCopySid(sizeof(copy), copy, administrators));
    EXPECT_TRUE(RtlEqualSid(copy, administrators));
    EXPECT_FALSE(RtlEqualSid(copy, everyone));
    EXPECT_STATUS(RtlCopySid(15, copy, administrators), STATUS_BUFFER_TOO_SMALL);
    EXPECT_STATUS(RtlInitializeSid(copy, &nt, 16), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlConvertSidToUnicodeString(&string, administrators, FALSE));
    EXPECT_EQ(string.Length, 24);
    EXPECT_MEM(buffer, u"S-1-5-32-544", 24);
    string.MaximumLength = 22;
    EXPECT_STATUS(RtlConvertSidToUnicodeString(&string, administrators, FALSE),
                  STATUS_BUFFER_OVERFLOW);
    copy[0] = 2;
    EXPECT_FALSE(RtlValidSid(copy));
    EXPECT_STATUS(RtlConvertSidToUnicodeString(&string, copy, TRUE), STATUS_INVALID_SID);
    EXPECT_SUCCESS(RtlInitializeSid(copy, &large, 0));
    EXPECT_SUCCESS(RtlConvertSidToUnicodeString(&string, copy, TRUE));
    EXPECT_MEM(string.Buffer, u"S-1-0x123400000005", 36);
    RtlFreeUnicodeString(&string);
}

static void access_lists(void **state)
{
    _Alignas(8) UCHAR buffer[52]; /* two entries: 8 + 24 + 20 */
    PACL acl = (PACL)buffer;
    PVOID ace;

    (void)state;
    make_sids();
    EXPECT_STATUS(RtlCreateAcl(acl, 4, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    EXPECT_STATUS(RtlCreateAcl(acl, sizeof(buffer), 1), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlCreateAcl(acl, 65536, ACL_REVISION), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlCreateAcl(acl, sizeof(buffer), ACL_REVISION));
    EXPECT_SUCCESS(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, administrators));
    EXPECT_SUCCESS(
        RtlAddAccessAllowedAceEx(acl, ACL_REVISION, CONTAINER_INHERIT_ACE, GENERIC_READ, everyone));
    EXPECT_STATUS(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, everyone),
                  STATUS_ALLOTTED_SPACE_EXCEEDED);
    EXPECT_STATUS(RtlAddAccessAllowedAceEx(acl, ACL_REVISION, 0x80, 1, everyone),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlAddAccessAllowedAce(acl, 5, 1, everyone), STATUS_REVISION_MISMATCH);
    EXPECT_EQ(acl->AceCount, 2);
    EXPECT_SUCCESS(RtlGetAce(acl, 1, &ace));
    EXPECT_EQ(((PACCESS_ALLOWED_ACE)ace)->Mask, GENERIC_READ);
    EXPECT_EQ(((PACCESS_ALLOWED_ACE)ace)->Header.AceFlags, CONTAINER_INHERIT_ACE);
    EXPECT_TRUE(RtlEqualSid(&((PACCESS_ALLOWED_ACE)ace)->SidStart, everyone));
    EXPECT_STATUS(RtlGetAce(acl, 2, &ace), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlDeleteAce(acl, 0));
    EXPECT_SUCCESS(RtlGetAce(acl, 0, &ace));
    EXPECT_EQ(((PACCESS_ALLOWED_ACE)ace)->Mask, GENERIC_READ);
    EXPECT_STATUS(RtlDeleteAce(acl, 1), STATUS_INVALID_PARAMETER);
}

static void descriptors(void **state)
{
    _Alignas(8) UCHAR list[64], relative[128];
    SECURITY_DESCRIPTOR descriptor;
    BOOLEAN present = 9, defaulted = 9;
    ULONG bytes = sizeof(relative);
    PACL acl = NULL;
    PSID sid = NULL;

    (void)state;
    make_sids();
    EXPECT_STATUS(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
    EXPECT_SUCCESS(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    EXPECT_EQ(RtlLengthSecurityDescriptor(&descriptor), sizeof(descriptor));
    EXPECT_SUCCESS(RtlCreateAcl((PACL)list, sizeof(list), ACL_REVISION));
    EXPECT_SUCCESS(RtlAddAccessAllowedAce((PACL)list, ACL_REVISION, GENERIC_ALL, everyone));
    EXPECT_SUCCESS(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)list, FALSE));
    EXPECT_SUCCESS(RtlSetOwnerSecurityDescriptor(&descriptor, administrators, TRUE));
    EXPECT_SUCCESS(RtlSetGroupSecurityDescriptor(&descriptor, everyone, FALSE));
    EXPECT_TRUE(RtlValidSecurityDescriptor(&descriptor));
    EXPECT_EQ(RtlLengthSecurityDescriptor(&descriptor), sizeof(descriptor) + 16 + 12 + 64);
    EXPECT_SUCCESS(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &bytes));
    EXPECT_EQ(bytes, 20 + 16 + 12 + 64);
    bytes--;
    EXPECT_STATUS(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &bytes),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(bytes, 112);
    EXPECT_EQ(RtlLengthSecurityDescriptor(relative), 112);
    EXPECT_TRUE(RtlValidSecurityDescriptor(relative));
    EXPECT_SUCCESS(RtlGetDaclSecurityDescriptor(relative, &present, &acl, &defaulted));
    EXPECT_TRUE(present && !defaulted);
    EXPECT_EQ(acl->AceCount, 1);
    EXPECT_SUCCESS(RtlGetOwnerSecurityDescriptor(relative, &sid, &defaulted));
    EXPECT_TRUE(RtlEqualSid(sid, administrators) && defaulted);
    EXPECT_SUCCESS(RtlGetGroupSecurityDescriptor(&descriptor, &sid, &defaulted));
    EXPECT_TRUE(sid == everyone);
    EXPECT_SUCCESS(RtlGetSaclSecurityDescriptor(relative, &present, &acl, &defaulted));
    EXPECT_FALSE(present);
    EXPECT_STATUS(RtlSetDaclSecurityDescriptor(relative, FALSE, NULL, FALSE),
                  STATUS_INVALID_SECURITY_DESCR);
    EXPECT_STATUS(RtlAbsoluteToSelfRelativeSD(relative, relative, &bytes),
                  STATUS_BAD_DESCRIPTOR_FORMAT);
    ((PACL)list)->AceCount = 5;
    EXPECT_FALSE(RtlValidSecurityDescriptor(&descriptor));
}

static const struct ntcb_test tests[] = {
    {"rtl.sid.built_and_shown", "", identifiers, start, stop},
    {"rtl.acl.built_and_read", "", access_lists, NULL, NULL},
    {"rtl.descriptor.built_and_read", "", descriptors, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
