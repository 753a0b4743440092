/* SPDX-License-Identifier: MIT
 *
 * security_test.c - the descriptors of keys: who gets what, what new keys inherit, what a change
 * leaves alone.
 */
#include "../support/test.h"

#include <ntsim/registry.h>
#include <ntsim/security.h>
#include <ntcallback/ddk/ntifs.h>
#include <ntcallback/ddk/ntregapi.h>

NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
                                              ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);

#define SOFTWARE "\\REGISTRY\\MACHINE\\SOFTWARE\\"
#define ALL_PARTS                                                                          \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | \
     LABEL_SECURITY_INFORMATION)

struct world {
    struct ntsim *sim;
    struct ntsim_process *process;
    struct ntsim_thread *before;
};

static struct world start(void)
{
    struct world world = {.sim = ntsim_start(NULL)};
    const struct ntsim_process_options options = {.image_path = "C:\\a.exe"};

    EXPECT_EQ(ntsim_process_create(world.sim, &options, &world.process), 0);
    EXPECT_EQ(ntsim_registry_key(world.sim, SOFTWARE "K", false), 0);
    world.before = ntsim_thread_enter(ntsim_process_thread(world.process));
    return world;
}

static void stop(struct world *world)
{
    ntsim_thread_leave(world->before);
    EXPECT_EQ(ntsim_stop(world->sim), 0);
}

static NTSTATUS open_key(PCWSTR path, ACCESS_MASK access, ULONG attributes, HANDLE *key)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, attributes, NULL, NULL);
    return NtOpenKey(key, access, &object);
}

static NTSTATUS create_key(PCWSTR path, ACCESS_MASK access, PVOID descriptor, HANDLE *key)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, 0, NULL, descriptor);
    return NtCreateKey(key, access, &object, 0, NULL, 0, NULL);
}

/* What opening K with these rights grants; 0: refused. */
static ACCESS_MASK granted(ACCESS_MASK access)
{
    PUBLIC_OBJECT_BASIC_INFORMATION basic = {0};
    HANDLE key;
    NTSTATUS status = open_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\K", access, 0, &key);

    if (!NT_SUCCESS(status)) {
        EXPECT_STATUS(status, STATUS_ACCESS_DENIED);
        return 0;
    }
    EXPECT_SUCCESS(NtQueryObject(key, ObjectBasicInformation, &basic, sizeof(basic), NULL));
    EXPECT_SUCCESS(NtClose(key));
    return basic.GrantedAccess;
}

/* Rows: as which account, below which descriptor, what is asked and what is got. */
static const struct {
    enum ntsim_account account;
    const char *sddl;
    ACCESS_MASK asked, got;
} rows[] = {
    {NTSIM_ADMINISTRATOR, NULL, MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
    {NTSIM_STANDARD_USER, NULL, MAXIMUM_ALLOWED, KEY_READ},
    {NTSIM_STANDARD_USER, NULL, KEY_WRITE, 0},
    {NTSIM_STANDARD_USER, NULL, GENERIC_READ, KEY_READ},
    /* no list at all, and a list of nobody */
    {NTSIM_STANDARD_USER, "O:BAG:SY", MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
    {NTSIM_ADMINISTRATOR, "O:SYG:SYD:", MAXIMUM_ALLOWED, 0},
    /* the owner may read and change the descriptor, unless the list says what owners may */
    {NTSIM_ADMINISTRATOR, "O:BAG:SYD:", MAXIMUM_ALLOWED, READ_CONTROL | WRITE_DAC},
    {NTSIM_ADMINISTRATOR, "O:BAG:SYD:(A;;KR;;;OW)", MAXIMUM_ALLOWED, KEY_READ},
    /* entries count in the order stored */
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(D;;KR;;;WD)(A;;KA;;;BU)", KEY_QUERY_VALUE, 0},
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(A;;KA;;;BU)(D;;KR;;;WD)", MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(D;;0x2;;;BU)(A;;KA;;;WD)", MAXIMUM_ALLOWED,
     KEY_ALL_ACCESS & ~KEY_SET_VALUE},
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(A;CIIO;KA;;;BU)(A;;0x1;;;WD)", MAXIMUM_ALLOWED, 0x1},
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(A;;GR;;;BU)", KEY_READ, KEY_READ},
    /* integrity */
    {NTSIM_LOW_INTEGRITY, "O:BAG:SYD:(A;;KA;;;WD)", MAXIMUM_ALLOWED, KEY_READ},
    {NTSIM_LOW_INTEGRITY, "O:BAG:SYD:(A;;KA;;;WD)", KEY_SET_VALUE, 0},
    {NTSIM_LOW_INTEGRITY, "O:BAG:SYD:(A;;KA;;;WD)S:(ML;;NW;;;LW)", MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
    {NTSIM_STANDARD_USER, "O:BAG:SYD:(A;;KA;;;WD)S:(ML;;NW;;;HI)", MAXIMUM_ALLOWED, KEY_READ},
    {NTSIM_ADMINISTRATOR, "O:BAG:SYD:(A;;KA;;;WD)S:(ML;;NW;;;HI)", MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
};

static void check_rows(void **state)
{
    struct world world = start();

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        EXPECT_EQ(ntsim_process_set_account(world.process, rows[i].account), 0);
        if (rows[i].sddl != NULL) {
            EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "K", rows[i].sddl), 0);
        }
        EXPECT_EQ(granted(rows[i].asked), rows[i].got);
    }
    stop(&world);
}

static void check_privileges(void **state)
{
    struct world world = start();
    HANDLE key;

    (void)state;
    EXPECT_STATUS(open_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\K", ACCESS_SYSTEM_SECURITY, 0, &key),
                  STATUS_PRIVILEGE_NOT_HELD);
    EXPECT_EQ(
        ntsim_process_set_privilege(world.process, SE_SECURITY_PRIVILEGE, NTSIM_PRIVILEGE_ENABLED),
        0);
    EXPECT_EQ(granted(ACCESS_SYSTEM_SECURITY), ACCESS_SYSTEM_SECURITY);
    EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "K", "O:SYG:SYD:"), 0);
    EXPECT_EQ(granted(WRITE_OWNER), 0);
    EXPECT_EQ(ntsim_process_set_privilege(world.process, SE_TAKE_OWNERSHIP_PRIVILEGE,
                                          NTSIM_PRIVILEGE_ENABLED),
              0);
    EXPECT_EQ(granted(WRITE_OWNER), WRITE_OWNER);
    stop(&world);
}

/* The key's descriptor is the one that the text describes. */
static void expect_security(struct world *world, PCWSTR path, const char *sddl)
{
    UCHAR seen[512], wanted[512];
    ULONG length = 0, other = 0;
    HANDLE key;

    EXPECT_EQ(ntsim_registry_key(world->sim, SOFTWARE "Wanted", false), 0);
    EXPECT_EQ(ntsim_registry_set_security(world->sim, SOFTWARE "Wanted", sddl), 0);
    KPROCESSOR_MODE mode = ntsim_previous_mode(KernelMode);
    EXPECT_SUCCESS(open_key(path, READ_CONTROL, 0, &key));
    EXPECT_SUCCESS(NtQuerySecurityObject(key, ALL_PARTS, seen, sizeof(seen), &length));
    EXPECT_SUCCESS(NtClose(key));
    EXPECT_SUCCESS(open_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Wanted", READ_CONTROL, 0, &key));
    EXPECT_SUCCESS(NtQuerySecurityObject(key, ALL_PARTS, wanted, sizeof(wanted), &other));
    EXPECT_SUCCESS(NtClose(key));
    ntsim_previous_mode(mode);
    EXPECT_EQ(length, other);
    EXPECT_MEM(seen, wanted, length);
}

static const struct {
    const char *parent, *child;
} inherited[] = {
    {"O:SYG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;;KR;;;WD)",
     "O:BAG:S-1-5-21-1004336348-1177238915-682003330-513D:AI(A;CIID;KA;;;SY)(A;CIID;KA;;;BA)"},
    {"O:SYG:SYD:(A;CINP;KA;;;BA)(A;OI;KR;;;WD)(A;OINP;KR;;;SY)",
     "O:BAG:S-1-5-21-1004336348-1177238915-682003330-513D:AI(A;ID;KA;;;BA)(A;OIIOID;KR;;;WD)"},
    {"O:SYG:SYD:(A;CI;KA;;;CO)(A;CIIO;GR;;;WD)",
     "O:BAG:S-1-5-21-1004336348-1177238915-682003330-513D:AI(A;ID;KA;;;BA)(A;CIIOID;KA;;;CO)"
     "(A;ID;KR;;;WD)(A;CIIOID;GR;;;WD)"},
};

static void check_inheritance(void **state)
{
    struct world world = start();
    HANDLE key;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(inherited); i++) {
        EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "K", "O:SYG:SYD:(A;;KA;;;BA)"),
                  0);
        EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "K", inherited[i].parent), 0);
        KPROCESSOR_MODE mode = ntsim_previous_mode(KernelMode);
        EXPECT_SUCCESS(create_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\K\\C", KEY_READ, NULL, &key));
        ntsim_previous_mode(mode);
        expect_security(&world, u"\\REGISTRY\\MACHINE\\SOFTWARE\\K\\C", inherited[i].child);
        EXPECT_SUCCESS(NtClose(key));
        EXPECT_EQ(ntsim_registry_remove(world.sim, SOFTWARE "K\\C"), 0);
    }
    stop(&world);
}

/* Without memory a set leaves the old descriptor, and a create no key. */
static void check_memory(void **state)
{
    struct world world = start();
    SECURITY_DESCRIPTOR everybody = {.Revision = 1, .Control = SE_DACL_PRESENT};
    NTSTATUS status;
    HANDLE key;
    uint64_t n;

    (void)state;
    EXPECT_SUCCESS(open_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\K", WRITE_DAC, 0, &key));
    KPROCESSOR_MODE mode = ntsim_previous_mode(KernelMode);
    for (n = 1;; n++) {
        ntsim_fail_allocation(world.sim, n);
        status = NtSetSecurityObject(key, DACL_SECURITY_INFORMATION, &everybody);
        ntsim_fail_allocation(world.sim, 0);
        if (NT_SUCCESS(status)) {
            break;
        }
        EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
        ntsim_previous_mode(mode);
        EXPECT_EQ(ntsim_process_set_account(world.process, NTSIM_STANDARD_USER), 0);
        EXPECT_EQ(granted(MAXIMUM_ALLOWED), KEY_READ);
        ntsim_previous_mode(KernelMode);
    }
    EXPECT_TRUE(n > 2);
    EXPECT_SUCCESS(NtClose(key));
    for (n = 1;; n++) {
        ntsim_fail_allocation(world.sim, n);
        status = create_key(u"\\REGISTRY\\MACHINE\\SOFTWARE\\K\\C", KEY_READ, &everybody, &key);
        ntsim_fail_allocation(world.sim, 0);
        if (NT_SUCCESS(status)) {
            break;
        }
        EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
        EXPECT_FALSE(ntsim_registry_exists(world.sim, SOFTWARE "K\\C"));
    }
    EXPECT_TRUE(n > 2);
    EXPECT_SUCCESS(NtClose(key));
    ntsim_previous_mode(mode);
    stop(&world);
}

static void check_sddl(void **state)
{
    static const char *const bad[] = {"X:BA", "O:ZZ",     "D:(A;CI;KA;;;SY", "D:(A;CI;QQ;;;SY)",
                                      "O",    "O:S-1-5-x"};
    struct world world = start();

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
        EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "K", bad[i]), NTCB_EINVAL);
    }
    EXPECT_EQ(granted(MAXIMUM_ALLOWED), KEY_ALL_ACCESS);
    EXPECT_EQ(ntsim_registry_set_security(world.sim, SOFTWARE "None", "O:BA"), NTCB_ENOENT);
    stop(&world);
}

static const struct ntcb_test tests[] = {
    {"cm.security.account_and_list_decide", "REG-OPN-11 REG-OPN-03", check_rows, NULL, NULL},
    {"cm.security.privileges_go_beyond_the_list", "", check_privileges, NULL, NULL},
    {"cm.security.new_keys_inherit", "REG-CRT-12", check_inheritance, NULL, NULL},
    {"cm.security.no_memory_changes_nothing", "", check_memory, NULL, NULL},
    {"cm.security.malformed_text_is_refused", "", check_sddl, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
