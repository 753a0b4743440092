/* SPDX-License-Identifier: MIT
 *
 * reg_security_test.c - NtSetSecurityObject on keys: rights, malformed descriptors, notifications.
 */
#include "regwatch.h"

NTSYSAPI NTSTATUS NTAPI NtSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
                                              ULONG, PULONG);

static SECURITY_DESCRIPTOR const Everybody = {.Revision = 1, .Control = SE_DACL_PRESENT};

static NTSTATUS Set(HANDLE Key, SECURITY_INFORMATION Information, const SECURITY_DESCRIPTOR *From)
{
    SECURITY_DESCRIPTOR Copy = *From;
    return NtSetSecurityObject(Key, Information, &Copy);
}

/* A handle to Base with these rights alone. */
static HANDLE With(HANDLE Base, ACCESS_MASK Access)
{
    HANDLE Key;
    OBJECT_ATTRIBUTES Object = Attributes(Base, STR(u""), 0);
    EXPECT_SUCCESS(NtOpenKey(&Key, Access, &Object));
    return Key;
}

static void each_part_needs_its_right(void **State)
{
    static const struct {
        SECURITY_INFORMATION Information;
        ACCESS_MASK Needed;
    } Rows[] = {
        {DACL_SECURITY_INFORMATION, WRITE_DAC},
        {GROUP_SECURITY_INFORMATION, WRITE_OWNER},
        {OWNER_SECURITY_INFORMATION, WRITE_OWNER},
    };
    static const ULONG Administrators[] = {0x00000201, 0x05000000, 32, 544};
    (void)State;
    SECURITY_DESCRIPTOR Descriptor = Everybody;
    Descriptor.Owner = (PSID)(ULONG_PTR)Administrators;
    Descriptor.Group = (PSID)(ULONG_PTR)Administrators;
    HANDLE Base = MakeBase();
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index++) {
        HANDLE Key = With(Base, KEY_ALL_ACCESS & ~Rows[Index].Needed);
        EXPECT_STATUS(Set(Key, Rows[Index].Information, &Descriptor), STATUS_ACCESS_DENIED);
        Close(Key);
        Key = With(Base, Rows[Index].Needed);
        EXPECT_SUCCESS(Set(Key, Rows[Index].Information, &Descriptor));
        EXPECT_STATUS(Set(Key, SACL_SECURITY_INFORMATION, &Descriptor), STATUS_ACCESS_DENIED);
        Close(Key);
    }
    Close(Base);
}

static void malformed_descriptors_are_refused(void **State)
{
    (void)State;
    ULONG BadSid[] = {0x00000202, 0x05000000, 32, 544};
    ACL BadAcl = {.AclRevision = ACL_REVISION, .AclSize = 4};
    HANDLE Base = MakeBase();
    SECURITY_DESCRIPTOR Descriptor = Everybody;
    EXPECT_STATUS(NtSetSecurityObject(Base, DACL_SECURITY_INFORMATION, NULL),
                  STATUS_ACCESS_VIOLATION);
    Descriptor.Revision = 2;
    EXPECT_STATUS(Set(Base, DACL_SECURITY_INFORMATION, &Descriptor), STATUS_UNKNOWN_REVISION);
    Descriptor = Everybody;
    Descriptor.Owner = BadSid;
    EXPECT_STATUS(Set(Base, OWNER_SECURITY_INFORMATION, &Descriptor), STATUS_INVALID_SID);
    Descriptor = Everybody;
    Descriptor.Dacl = &BadAcl;
    EXPECT_STATUS(Set(Base, DACL_SECURITY_INFORMATION, &Descriptor), STATUS_INVALID_ACL);
    EXPECT_SUCCESS(NtDeleteKey(Base));
    EXPECT_STATUS(Set(Base, DACL_SECURITY_INFORMATION, &Everybody), STATUS_KEY_DELETED);
    Close(Base);
}

struct SEEN {
    ULONG Pre, Post;
    SECURITY_INFORMATION Information;
    BOOLEAN Described;
    NTSTATUS Answer;
};

static NTSTATUS Look(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct SEEN *Seen = Watch->Context;
    if (Class == RegNtPreSetKeySecurity) {
        Seen->Pre++;
        Seen->Information = *Information->SetKeySecurity.SecurityInformation;
        Seen->Described =
            ((const SECURITY_DESCRIPTOR *)Information->SetKeySecurity.SecurityDescriptor)
                ->Revision == 1;
        return Seen->Answer;
    }
    Seen->Post += Class == RegNtPostSetKeySecurity;
    return STATUS_SUCCESS;
}

static void callbacks_hear_and_block(void **State)
{
    (void)State;
    struct SEEN Seen = {.Answer = STATUS_SUCCESS};
    struct WATCH Watch = {.Hook = Look, .Context = &Seen};
    HANDLE Base = MakeBase();
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Set(Base, DACL_SECURITY_INFORMATION, &Everybody));
    EXPECT_EQ(Seen.Pre, 1);
    EXPECT_EQ(Seen.Post, 1);
    EXPECT_EQ(Seen.Information, DACL_SECURITY_INFORMATION);
    EXPECT_TRUE(Seen.Described);
    Seen.Answer = STATUS_ACCESS_DENIED;
    EXPECT_STATUS(Set(Base, DACL_SECURITY_INFORMATION, &Everybody), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Seen.Pre, 2);
    WatchEnd(&Watch);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.security.each_part_needs_its_right", "REG-SEC-02",
                      each_part_needs_its_right),
    CONFORM_USER_CASE("reg.security.malformed_descriptors_are_refused", "REG-SEC-02",
                      malformed_descriptors_are_refused),
    CONFORM_USER_CASE("reg.security.callbacks_hear_and_block", "CM-NC-38 CM-NC-39 CM-BUF-09",
                      callbacks_hear_and_block),
};

NTCB_TEST_MAIN("conformance", Tests)
