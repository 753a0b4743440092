/* SPDX-License-Identifier: MIT
 *
 * player_hive.c - hives loaded and unloaded, and keys' security set, as the recorded thread did.
 *
 * The file of a hive is looked for on the simulator's volume (<ntsim/file.h>): no recording holds
 * it. Nor does one hold a descriptor: the key is given the discretionary list that it has.
 */
#include "feed/playerp.h"

#include <ntsim/security.h>

#define DESCRIPTOR_BYTES 0x10000u /* more than any descriptor has */

/* Declared by no WDK header. */
NTSYSAPI NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                            PSECURITY_DESCRIPTOR SecurityDescriptor);

/* "C:\\x" as the kernel is asked for it, anything else as it is. */
static struct player_text file_name(struct ntsim_player *player, const char *path)
{
    bool drive = path[0] != '\0' && path[1] == ':';
    const char *name = ntsim__arena_format(&player->scratch, "%s%s", drive ? "\\??\\" : "", path);

    return player_utf16(&player->scratch, name ? name : "");
}

/* The process had enabled the privilege, unless it was told that it had not. */
static void enable_restore(struct ntsim_player *player)
{
    const struct ntsim_expect *expect = &player->event->expect;

    if (!(expect->has & NTSIM_HAS_STATUS) || expect->status != STATUS_PRIVILEGE_NOT_HELD)
        ntsim_process_set_privilege(player->actor->process, SE_RESTORE_PRIVILEGE,
                                    NTSIM_PRIVILEGE_ENABLED);
}

void player_load(struct ntsim_player *player, struct player_result *result)
{
    const struct ntsim_event *event = player->event;
    UNICODE_STRING key_name = player_string(player->path.asked);
    UNICODE_STRING name = player_string(file_name(player, event->path ? event->path : ""));
    OBJECT_ATTRIBUTES key, file;

    enable_restore(player);
    InitializeObjectAttributes(&key, &key_name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    InitializeObjectAttributes(&file, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    result->status =
        event->options ? NtLoadKey2(&key, &file, event->options) : NtLoadKey(&key, &file);
}

void player_unload(struct ntsim_player *player, struct player_result *result)
{
    UNICODE_STRING name = player_string(player->path.asked);
    OBJECT_ATTRIBUTES key;

    enable_restore(player);
    InitializeObjectAttributes(&key, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    result->status = NtUnloadKey(&key);
}

void player_set_security(struct ntsim_player *player, struct player_result *result, HANDLE handle)
{
    void *descriptor = player_room(player, DESCRIPTOR_BYTES);

    if (!descriptor || ntsim__registry_descriptor(handle, descriptor, DESCRIPTOR_BYTES) == 0)
        result->status = STATUS_INSUFFICIENT_RESOURCES;
    else
        result->status = NtSetSecurityObject(handle, DACL_SECURITY_INFORMATION, descriptor);
}
