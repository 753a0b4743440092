/* SPDX-License-Identifier: MIT
 *
 * reg_create_test.c - NtCreateKey: arguments, disposition, options, places where it is refused.
 */
#include "regkit.h"

static HANDLE const Poison = (HANDLE)(ULONG_PTR)0xDEADBEE0;
static PVOID const BadPointer = (PVOID)(ULONG_PTR)0x1000;

static void refuses_bad_arguments(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key = Poison;
    EXPECT_STATUS(NtCreateKey(&Key, KEY_READ, NULL, 0, NULL, 0, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtCreateKey(NULL, KEY_READ, &Object, 0, NULL, 0, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtCreateKey(&Key, KEY_READ, &Object, 0, NULL, 0, BadPointer),
                  STATUS_ACCESS_VIOLATION);
    Object.Length--;
    EXPECT_STATUS(NtCreateKey(&Key, KEY_READ, &Object, 0, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Probe(NULL, STR(BASE)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void tells_new_from_existing(void **State)
{
    (void)State;
    HANDLE Key;
    ULONG Disposition = 77;
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, 0, &Disposition));
    EXPECT_EQ(Disposition, REG_CREATED_NEW_KEY);
    EXPECT_SUCCESS(SetDword(Key, STR(u"kept"), 5));
    Close(Key);
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, 0, &Disposition));
    EXPECT_EQ(Disposition, REG_OPENED_EXISTING_KEY);
    EXPECT_EQ(FullInformation(Key).Values, 1);
    Close(Key);
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, 0, NULL));
    Close(Key);
}

static void makes_only_the_last_component(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key = Poison;
    EXPECT_STATUS(Create(&Key, Base, STR(u"one\\two"), KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(Key, NULL);
    EXPECT_STATUS(Probe(Base, STR(u"one")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Base).SubKeys, 0);
    Close(MakeKey(Base, STR(u"one")));
    Close(MakeKey(Base, STR(u"one\\two")));
    EXPECT_SUCCESS(Probe(Base, STR(u"ONE\\TWO")));
    Close(Base);
}

static void checks_access_of_existing_key(void **State)
{
    static const struct {
        ACCESS_MASK Asked;
        NTSTATUS Status;
        ACCESS_MASK Granted;
    } Cases[] = {
        {0, STATUS_ACCESS_DENIED, 0},
        {KEY_WOW64_32KEY, STATUS_ACCESS_DENIED, 0},
        {KEY_WOW64_64KEY, STATUS_ACCESS_DENIED, 0},
        {READ_CONTROL, STATUS_SUCCESS, READ_CONTROL},
        {READ_CONTROL | KEY_WOW64_32KEY, STATUS_SUCCESS, READ_CONTROL},
        {READ_CONTROL | KEY_WOW64_64KEY, STATUS_SUCCESS, READ_CONTROL},
        {READ_CONTROL | KEY_WOW64_RES, STATUS_INVALID_PARAMETER, 0},
    };
    (void)State;
    Close(MakeBase());
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index++) {
        HANDLE Key = Poison;
        EXPECT_STATUS(Create(&Key, NULL, STR(BASE), Cases[Index].Asked), Cases[Index].Status);
        if (NT_SUCCESS(Cases[Index].Status)) {
            EXPECT_EQ(GrantedAccess(Key), Cases[Index].Granted);
            Close(Key);
        }
    }
}

static void link_option_collides_with_existing_key(void **State)
{
    (void)State;
    HANDLE Key = Poison;
    Close(MakeBase());
    EXPECT_STATUS(
        CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL),
        STATUS_OBJECT_NAME_COLLISION);
    EXPECT_PTR(Key, NULL);
}

static void child_of_volatile_key_must_be_volatile(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Parent;
    HANDLE Child;
    EXPECT_SUCCESS(
        CreateOptions(&Parent, Base, STR(u"v"), KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL));
    EXPECT_STATUS(Create(&Child, Parent, STR(u"s"), KEY_READ), STATUS_CHILD_MUST_BE_VOLATILE);
    EXPECT_SUCCESS(CreateOptions(&Child, Parent, STR(u"v"), KEY_READ, REG_OPTION_VOLATILE, NULL));
    Close(Child);
    /* REG-VOL-01: the option does not count when the key is there. */
    EXPECT_SUCCESS(CreateOptions(&Child, Base, STR(u"v"), KEY_READ, REG_OPTION_NON_VOLATILE, NULL));
    Close(Child);
    Close(Parent);
    Close(Base);
}

static void illegal_options_are_invalid(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(CreateOptions(&Key, NULL, STR(BASE), KEY_READ, 0x80000000, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(CreateOptions(&Key, NULL, STR(BASE), KEY_READ, 0x40, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Probe(NULL, STR(BASE)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void no_child_under_a_link(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Link;
    HANDLE Child;
    MakeLink(Base, STR(u"link"), STR(u"\\Registry\\Machine\\Software"));
    EXPECT_SUCCESS(OpenFlags(&Link, Base, STR(u"link"), KEY_ALL_ACCESS, OBJ_OPENLINK));
    EXPECT_STATUS(Create(&Child, Link, STR(u"child"), KEY_READ), STATUS_ACCESS_DENIED);
    Close(Link);
    Close(Base);
}

static void creating_through_a_link_creates_at_the_target(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    Close(MakeKey(Base, STR(u"target")));
    MakeLink(Base, STR(u"link"), STR(BASE u"\\target"));
    EXPECT_SUCCESS(Create(&Key, Base, STR(u"link\\child"), KEY_READ));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\target\\child"));
    Close(Key);
    MakeLink(Base, STR(u"dangling"), STR(BASE u"\\made"));
    EXPECT_STATUS(Probe(Base, STR(u"dangling")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Create(&Key, Base, STR(u"dangling"), KEY_READ));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\made"));
    Close(Key);
    Close(Base);
}

static void nothing_directly_below_the_master_key(void **State)
{
    (void)State;
    HANDLE Key;
    ULONG Disposition = 0;
    EXPECT_STATUS(Create(&Key, NULL, STR(u"\\Registry\\Conform"), KEY_READ), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(
        CreateOptions(&Key, NULL, STR(u"\\Registry\\Conform"), KEY_READ, REG_OPTION_VOLATILE, NULL),
        STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(u"\\Registry"), KEY_READ, 0, &Disposition));
    EXPECT_EQ(Disposition, REG_OPENED_EXISTING_KEY);
    Close(Key);
}

static void class_is_stored_on_creation_only(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    UCHAR Buffer[128];
    PKEY_FULL_INFORMATION Full = (PVOID)Buffer;
    ULONG ResultLength;
    for (ULONG Round = 0; Round < 2; Round++) {
        EXPECT_SUCCESS(NtCreateKey(&Key, KEY_ALL_ACCESS, &Object, 99,
                                   Round == 0 ? STR(u"First") : STR(u"Second"), 0, NULL));
        EXPECT_SUCCESS(NtQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &ResultLength));
        EXPECT_EQ(Full->TitleIndex, 0);
        EXPECT_EQ(Full->ClassLength, 10);
        EXPECT_MEM(Buffer + Full->ClassOffset, u"First", 10);
        Close(Key);
    }
}

static void needs_create_sub_key_of_the_parent(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    ConformDeny(BASE_UTF8, KEY_CREATE_SUB_KEY);
    EXPECT_STATUS(Create(&Key, Base, STR(u"child"), KEY_READ), STATUS_ACCESS_DENIED);
    Close(Base);
}

static void standard_keys_are_there(void **State)
{
    static const PCWSTR Paths[] = {
        u"\\REGISTRY",
        u"\\REGISTRY\\MACHINE",
        u"\\REGISTRY\\MACHINE\\HARDWARE",
        u"\\REGISTRY\\MACHINE\\SAM",
        u"\\REGISTRY\\MACHINE\\SOFTWARE",
        u"\\REGISTRY\\MACHINE\\SYSTEM",
        u"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control",
        u"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Enum",
        u"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services",
        u"\\REGISTRY\\USER",
        u"\\REGISTRY\\USER\\.DEFAULT",
        u"\\REGISTRY\\USER\\S-1-5-18",
    };
    (void)State;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Paths); Index++) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Paths[Index]);
        EXPECT_SUCCESS(Probe(NULL, &Name));
    }
    EXPECT_STATUS(Probe(NULL, STR(u"\\REGISTRY\\MACHINE\\SECURITY")),
                  STATUS_ACCESS_DENIED); /* REG-SEC-03: SYSTEM's alone */
    EXPECT_STATUS(Probe(NULL, STR(u"\\REGISTRY\\A")), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Probe(NULL, STR(u"\\REGISTRY\\A\\anything")), STATUS_ACCESS_DENIED);
}

static void deep_keys_up_to_the_limit(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    ULONG Depth = 4; /* \REGISTRY, MACHINE, SOFTWARE, Conform */
    NTSTATUS Status = STATUS_SUCCESS;
    while (NT_SUCCESS(Status) && Depth < 600) {
        HANDLE Child;
        Status = Create(&Child, Key, STR(u"d"), KEY_ALL_ACCESS);
        Close(Key);
        Key = Child;
        Depth += NT_SUCCESS(Status) ? 1 : 0;
    }
    EXPECT_FALSE(NT_SUCCESS(Status));
    EXPECT_EQ(Depth, 512);
}

static void component_of_255_characters(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    WCHAR Text[258];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Text); Index++) {
        Text[Index] = u'n';
    }
    UNICODE_STRING Name = {255 * sizeof(WCHAR), 255 * sizeof(WCHAR), Text};
    EXPECT_SUCCESS(Create(&Key, Base, &Name, KEY_READ));
    Close(Key);
    EXPECT_SUCCESS(Probe(Base, &Name));
    Name.Length = 257 * sizeof(WCHAR);
    EXPECT_STATUS(Create(&Key, Base, &Name, KEY_READ), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FullInformation(Base).SubKeys, 1);
    Close(Base);
}

static void characters_of_a_name(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"with/slash and \x20AC \xD834\xDD1E .")));
    EXPECT_SUCCESS(Probe(Base, STR(u"WITH/SLASH AND \x20AC \xD834\xDD1E .")));
    EXPECT_SUCCESS(SetDword(Base, STR(u"a\\value\\name"), 1));
    UCHAR Buffer[64];
    ULONG ResultLength;
    EXPECT_SUCCESS(NtQueryValueKey(Base, STR(u"A\\VALUE\\NAME"), KeyValuePartialInformation, Buffer,
                                   sizeof(Buffer), &ResultLength));
    /* No normalisation: precomposed and decomposed are two keys. */
    Close(MakeKey(Base, STR(u"\x00E9")));
    EXPECT_STATUS(Probe(Base, STR(u"e\x0301")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Probe(Base, STR(u"\x00C9")));
    Close(Base);
}

static void surplus_backslashes_are_skipped(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    Close(MakeKey(Base, STR(u"key")));
    EXPECT_SUCCESS(Create(&Key, Base, STR(u"key\\\\sub\\"), KEY_READ));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\key\\sub"));
    Close(Key);
    EXPECT_SUCCESS(Probe(Base, STR(u"key\\\\\\sub\\\\")));
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\\\key\\sub\\")));
    Close(Base);
}

static void rooted_name_with_leading_backslash(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    EXPECT_FALSE(NT_SUCCESS(Open(&Key, Base, STR(u"\\Registry"), KEY_READ)));
    EXPECT_FALSE(NT_SUCCESS(Create(&Key, Base, STR(u"\\sub"), KEY_READ)));
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.create.bad_arguments_are_refused", "REG-CRT-01", refuses_bad_arguments),
    CONFORM_USER_CASE("reg.create.disposition_tells_new_from_existing", "REG-CRT-02",
                      tells_new_from_existing),
    CONFORM_USER_CASE("reg.create.only_the_last_component_is_made", "REG-CRT-03",
                      makes_only_the_last_component),
    CONFORM_USER_CASE("reg.create.access_of_existing_key", "REG-CRT-05 REG-OPN-12",
                      checks_access_of_existing_key),
    CONFORM_USER_CASE("reg.create.link_collides_with_existing_key", "REG-CRT-06",
                      link_option_collides_with_existing_key),
    CONFORM_USER_CASE("reg.create.child_of_volatile_must_be_volatile", "REG-CRT-07 REG-VOL-01",
                      child_of_volatile_key_must_be_volatile),
    CONFORM_USER_CASE("reg.create.illegal_options_are_invalid", "REG-CRT-07",
                      illegal_options_are_invalid),
    CONFORM_USER_CASE("reg.create.no_child_under_a_link", "REG-CRT-08", no_child_under_a_link),
    CONFORM_USER_CASE("reg.create.through_a_link_at_the_target", "REG-CRT-09 REG-LNK-04 REG-LNK-02",
                      creating_through_a_link_creates_at_the_target),
    CONFORM_USER_CASE("reg.create.nothing_below_the_master_key", "REG-CRT-10",
                      nothing_directly_below_the_master_key),
    CONFORM_USER_CASE("reg.create.class_is_stored_once", "REG-CRT-11 REG-CRT-02",
                      class_is_stored_on_creation_only),
    CONFORM_USER_CASE("reg.create.needs_create_sub_key", "REG-CRT-04",
                      needs_create_sub_key_of_the_parent),
    CONFORM_USER_CASE("reg.name.standard_keys_are_there", "REG-NS-01 REG-LNK-08 REG-LOD-04",
                      standard_keys_are_there),
    CONFORM_USER_CASE("reg.name.depth_is_limited", "REG-NS-04", deep_keys_up_to_the_limit),
    CONFORM_USER_CASE("reg.name.component_length_is_limited", "REG-NS-04 REG-NS-05",
                      component_of_255_characters),
    CONFORM_USER_CASE("reg.name.any_character_but_backslash", "REG-NS-06 REG-NS-02",
                      characters_of_a_name),
    CONFORM_USER_CASE("reg.name.surplus_backslashes_are_skipped", "REG-NS-07",
                      surplus_backslashes_are_skipped),
    CONFORM_USER_CASE("reg.name.leading_backslash_below_a_root", "REG-NS-08",
                      rooted_name_with_leading_backslash),
};
NTCB_TEST_MAIN("conformance", Tests)
