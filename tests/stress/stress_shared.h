/* SPDX-License-Identifier: MIT
 *
 * stress_shared.h - what the threads of registry_services_stress_test.c have in common: a key, and
 * a hive that comes and goes; the beginning and the end of a case.
 */
#ifndef TESTS_STRESS_STRESS_SHARED_H
#define TESTS_STRESS_STRESS_SHARED_H

#include "host.h"
#include "stress_kit.h"

#include <ntsim/file.h>

#include <unistd.h>

#define STRESS_HIVE "\\REGISTRY\\MACHINE\\StressHive"
#define STRESS_HIVE_VALUES 40

/* ---- the key that all share -------------------------------------------------------------- */

static inline unsigned stress_random(struct player *player)
{
    player->common_seed = player->common_seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(player->common_seed >> 33);
}

static inline void stress_note(const char *service, NTSTATUS status, const NTSTATUS *allowed)
{
    for (; *allowed != STATUS_PENDING; allowed++) {
        if (*allowed == status) {
            return;
        }
    }
    fprintf(stderr, "%s on the common key: %08x\n", service, (unsigned)status);
    stress_count(&stress.wrong, true);
}

/* Any of those, up to STATUS_PENDING. */
#define STRESS_NOTE(service, status, ...) \
    stress_note(service, status, (const NTSTATUS[]){STATUS_SUCCESS, __VA_ARGS__, STATUS_PENDING})

static inline void stress_use(struct player *player, HANDLE key)
{
    WCHAR text[] = {(WCHAR)(u'a' + stress_random(player) % 4), 0};
    UNICODE_STRING name;
    UCHAR buffer[64];
    ULONG length;

    RtlInitUnicodeString(&name, text);
    switch (stress_random(player) % 7) {
    case 0:
        STRESS_NOTE("set", NtSetValueKey(key, &name, 0, REG_SZ, text, stress_random(player) % 4),
                    STATUS_KEY_DELETED);
        break;
    case 1:
        STRESS_NOTE("delete value", NtDeleteValueKey(key, &name), STATUS_KEY_DELETED,
                    STATUS_OBJECT_NAME_NOT_FOUND);
        break;
    case 2:
        STRESS_NOTE(
            "query value",
            NtQueryValueKey(key, &name, KeyValueFullInformation, buffer, sizeof(buffer), &length),
            STATUS_KEY_DELETED, STATUS_OBJECT_NAME_NOT_FOUND);
        break;
    case 3:
        STRESS_NOTE("enumerate",
                    NtEnumerateKey(key, stress_random(player) % 3, KeyBasicInformation, buffer,
                                   sizeof(buffer), &length),
                    STATUS_KEY_DELETED, STATUS_NO_MORE_ENTRIES);
        break;
    case 4:
        STRESS_NOTE("query", NtQueryKey(key, KeyFullInformation, buffer, sizeof(buffer), &length),
                    STATUS_KEY_DELETED);
        break;
    case 5:
        STRESS_NOTE("rename", NtRenameKey(key, &name), STATUS_KEY_DELETED, STATUS_CANNOT_DELETE);
        break;
    default:
        STRESS_NOTE("delete", NtDeleteKey(key), STATUS_CANNOT_DELETE);
        break;
    }
}

/* One key at or below a subkey of the common one, opened or made, used, and closed. */
static inline void stress_use_common(struct player *player)
{
    WCHAR text[] = STRESS_COMMON u"\\x\\x";
    size_t letters = sizeof(text) / sizeof(text[0]) - 1;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    NTSTATUS status;

    text[letters - 3] = (WCHAR)(u'a' + stress_random(player) % 4);
    text[letters - 1] = (WCHAR)(u'a' + stress_random(player) % 4);
    RtlInitUnicodeString(&name, text);
    if (stress_random(player) % 2 == 0) {
        name.Length = (USHORT)(name.Length - 2 * sizeof(WCHAR));
    }
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = stress_random(player) % 3 == 0
                 ? NtOpenKey(&key, KEY_ALL_ACCESS, &attributes)
                 : NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
    STRESS_NOTE("open", status, STATUS_OBJECT_NAME_NOT_FOUND);
    if (NT_SUCCESS(status)) {
        stress_use(player, key);
        STRESS_NOTE("close", NtClose(key), STATUS_SUCCESS);
    }
}

/* ---- a hive ------------------------------------------------------------------------------ */

static inline const char *stress_file(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", stress.directory, name);
    return path;
}

static inline void stress_make_hive(void)
{
    char name[16];
    char file[128];

    EXPECT_EQ(ntcb_test_temporary_directory(stress.directory, sizeof(stress.directory)), 0);
    EXPECT_EQ(ntsim_volume(stress.sim, stress.directory), 0);
    for (unsigned index = 0; index < STRESS_HIVE_VALUES; index++) {
        char path[64];

        snprintf(name, sizeof(name), "value %u", index);
        snprintf(path, sizeof(path), "%s\\Key %u", STRESS_HIVE, index / 4);
        EXPECT_EQ(ntsim_registry_value(stress.sim, path, name, REG_BINARY, name, index % 9), 0);
    }
    EXPECT_EQ(ntsim_registry_save_hive(stress.sim, STRESS_HIVE, stress_file("host.hiv", file)), 0);
    EXPECT_EQ(ntsim_registry_save_hive(stress.sim, STRESS_HIVE, stress_file("nt.hiv", file)), 0);
    EXPECT_EQ(ntsim_registry_remove(stress.sim, STRESS_HIVE), 0);
}

/* Loaded, seen to be whole, saved or not, and gone; a handle into it outlives it. */
static inline void stress_load_hive(unsigned round)
{
    UCHAR buffer[sizeof(KEY_FULL_INFORMATION)];
    KEY_FULL_INFORMATION full;
    char file[128];
    ULONG length;
    HANDLE key;

    stress_file("host.hiv", file);
    stress_count(&stress.wrong, ntsim_registry_load_hive(stress.sim, STRESS_HIVE, file) != NTCB_OK);
    key = stress_open(u"\\Registry\\Machine\\StressHive\\Key 7", KernelMode);
    stress_count(&stress.wrong, ZwQueryKey(key, KeyFullInformation, buffer, sizeof(buffer),
                                           &length) != STATUS_SUCCESS);
    memcpy(&full, buffer, sizeof(full));
    stress_count(&stress.wrong, full.Values != 4);
    if (round % 4 == 0) {
        stress_count(&stress.wrong,
                     ntsim_registry_save_hive(stress.sim, STRESS_HIVE, file) != NTCB_OK);
    }
    stress_count(&stress.wrong, ntsim_registry_remove(stress.sim, STRESS_HIVE) != NTCB_OK);
    stress_count(&stress.wrong, ZwFlushKey(key) != STATUS_KEY_DELETED);
    ZwClose(key);
    atomic_fetch_add(&stress.hives, 1);
}

/* The same through the services: refused while a key in it is open, unless it is forced. */
static inline void stress_load_key(unsigned round)
{
    UNICODE_STRING target = RTL_CONSTANT_STRING(u"\\Registry\\Machine\\StressLoaded");
    UNICODE_STRING source = RTL_CONSTANT_STRING(u"\\??\\C:\\nt.hiv");
    OBJECT_ATTRIBUTES key_attributes;
    OBJECT_ATTRIBUTES file_attributes;
    HANDLE key;
    bool forced = round % 2 != 0;

    InitializeObjectAttributes(&key_attributes, &target, OBJ_CASE_INSENSITIVE, NULL, NULL);
    InitializeObjectAttributes(&file_attributes, &source, OBJ_CASE_INSENSITIVE, NULL, NULL);
    stress_count(&stress.wrong, NtLoadKey(&key_attributes, &file_attributes) != STATUS_SUCCESS);
    key = stress_open(u"\\Registry\\Machine\\StressLoaded\\Key 3", KernelMode);
    stress_count(&stress.wrong, NtUnloadKey2(&key_attributes, forced ? REG_FORCE_UNLOAD : 0) !=
                                    (forced ? STATUS_SUCCESS : STATUS_CANNOT_DELETE));
    stress_count(&stress.wrong,
                 ZwFlushKey(key) != (forced ? STATUS_HIVE_UNLOADED : STATUS_SUCCESS));
    ZwClose(key);
    stress_count(&stress.wrong, !forced && NtUnloadKey(&key_attributes) != STATUS_SUCCESS);
    atomic_fetch_add(&stress.loads, 1);
}

/* ---- a case ------------------------------------------------------------------------------ */

static inline void stress_start(unsigned seconds)
{
    struct ntsim_process_options options = {.image_path = "C:\\stress.exe"};
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    const struct ntcb_host_ops *host = ntcb_host_default();
    const char *seed = getenv("NTCALLBACK_SEED");

    memset(&stress, 0, sizeof(stress));
    config.quiet = true;
    stress.seed = seed != NULL ? strtoull(seed, NULL, 0) : host->clock_ns(host->context) | 1;
    print_message("NTCALLBACK_SEED=%llu\n", (unsigned long long)stress.seed);
    EXPECT_EQ(ntsim_create(&stress.sim, &config), NTCB_OK);
    ntsim_enter(stress.sim);
    EXPECT_EQ(ntsim_process_create(stress.sim, &options, &stress.process), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key(stress.sim, STRESS_SOFTWARE "\\Common", false), NTCB_OK);
    stress_make_hive();
    stress.tree = ref_create_tree();
    stress.software =
        ref_put_key(stress.tree, ref_put_key(stress.tree, NULL, u"MACHINE"), u"SOFTWARE");
    stress.deadline = host->clock_ns(host->context) + seconds * 1000000000ull;
}

static inline void stress_finish(void)
{
    print_message("%lu services, %lu rounds, %lu registrations, %lu hives, %lu loads\n",
                  atomic_load(&stress.steps), atomic_load(&stress.rounds),
                  atomic_load(&stress.registrations), atomic_load(&stress.hives),
                  atomic_load(&stress.loads));
    EXPECT_EQ(atomic_load(&stress.late), 0);
    EXPECT_EQ(atomic_load(&stress.lost), 0);
    EXPECT_EQ(atomic_load(&stress.wrong), 0);
    EXPECT_TRUE(atomic_load(&stress.registrations) > 0);
    EXPECT_TRUE(atomic_load(&stress.hives) > 0);
    EXPECT_TRUE(atomic_load(&stress.loads) > 0);
}

/* Also after a case that failed half-way. */
static inline int stress_teardown(void **state)
{
    char path[128];
    int error;

    (void)state;
    ntsim_leave(NULL);
    ref_destroy_tree(stress.tree);
    error = ntsim_destroy(stress.sim);
    unlink(stress_file("host.hiv", path));
    unlink(stress_file("nt.hiv", path));
    return rmdir(stress.directory) == 0 ? error : -1;
}

#endif
