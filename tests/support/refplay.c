/* SPDX-License-Identifier: MIT
 *
 * refplay.c - a player's steps: open, create, close, and what changes a key.
 */
#include "refplay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The Nt service from user mode, the Zw service from kernel mode. */
#define CALL(mode, name, ...) ((mode) == KernelMode ? Zw##name(__VA_ARGS__) : Nt##name(__VA_ARGS__))

void ref_complain(struct ref_play *play, const char *service, const char *what)
{
    fprintf(stderr, "step %lu, %s: %s\n", play->steps, service, what);
    play->failed = true;
}

static void note(struct ref_play *play, const char *service, NTSTATUS status)
{
    struct ref_tally *tally = play->tally;
    while (tally->service != NULL && strcmp(tally->service, service) != 0) {
        tally++;
    }
    tally->service = service;
    tally->made++;
    tally->succeeded += status == STATUS_SUCCESS;
}

void ref_judge(struct ref_play *play, const char *service, KPROCESSOR_MODE mode, NTSTATUS status,
               struct ref_result expected)
{
    play->pairs += expected.pairs;
    play->digest = (play->digest ^ (uint32_t)status) * 0x100000001B3u;
    note(play, service, status);
    if (status != expected.status && status != expected.also) {
        char what[120];
        snprintf(what, sizeof(what), "from %s mode: %08x instead of %08x",
                 mode == KernelMode ? "kernel" : "user", (unsigned)status,
                 (unsigned)expected.status);
        ref_complain(play, service, what);
    }
}

static void close_slot(struct ref_play *play, struct ref_slot *slot)
{
    if (slot->mine == NULL) {
        return;
    }
    NTSTATUS status = NtClose(slot->handle);
    if (status != STATUS_SUCCESS) {
        ref_complain(play, "NtClose", "a handle that was open could not be closed");
    }
    ref_close(play->tree, slot->mine);
    *slot = (struct ref_slot){NULL, NULL};
}

void ref_end(struct ref_play *play)
{
    for (unsigned index = 0; index < REF_SLOTS; index++) {
        close_slot(play, &play->slots[index]);
    }
}

/* ---- open and create ---- */

static void choose_open(struct ref_play *play, struct ref_open *open)
{
    static const ACCESS_MASK accesses[] = {
        KEY_ALL_ACCESS,
        KEY_ALL_ACCESS,
        KEY_READ,
        KEY_WRITE,
        MAXIMUM_ALLOWED,
        KEY_QUERY_VALUE,
        DELETE,
        GENERIC_READ,
        KEY_ALL_ACCESS | KEY_WOW64_32KEY,
        GENERIC_ALL,
        GENERIC_WRITE | DELETE,
        0,
        READ_CONTROL,
        KEY_READ | KEY_WOW64_RES,
        KEY_WOW64_64KEY,
        KEY_SET_VALUE,
    };
    static const ULONG options[] = {0,
                                    0,
                                    REG_OPTION_VOLATILE,
                                    REG_OPTION_CREATE_LINK,
                                    REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK,
                                    REG_OPTION_OPEN_LINK,
                                    0x20,
                                    0};
    static const ULONG flags[] = {OBJ_CASE_INSENSITIVE, 0, OBJ_OPENLINK,
                                  OBJ_FORCE_ACCESS_CHECK | OBJ_CASE_INSENSITIVE};
    uint8_t choice = ref_choose(play);
    open->mode = (choice & 1) != 0 ? UserMode : KernelMode;
    open->attributes = flags[choice >> 1 & 3];
    open->access = accesses[choice >> 4];
    choice = ref_choose(play);
    open->options = open->create ? options[choice & 7] : (choice & 7) == 7 ? 0x40 : 0;
}

/* What the simulated registry is given for it, and what both made of it. */
static void perform_open(struct ref_play *play, struct ref_open *open, struct ref_text *name,
                         struct ref_text *class_name, struct ref_slot *into)
{
    OBJECT_ATTRIBUTES attributes;
    ULONG disposition = 0;
    ULONG expected_disposition = 0;
    HANDLE handle = (HANDLE)(ULONG_PTR)1;
    HANDLE root = open->bad_root ? (HANDLE)(ULONG_PTR)0x7FFF0 : NULL;
    struct ref_handle *mine;
    for (unsigned index = 0; index < REF_SLOTS; index++) {
        root = open->root != NULL && play->slots[index].mine == open->root
                   ? play->slots[index].handle
                   : root;
    }
    InitializeObjectAttributes(&attributes, name->pointer, open->attributes, root, NULL);
    open->name = name->string;
    open->class_name = class_name->string;
    NTSTATUS status = open->create ? CALL(open->mode, CreateKey, &handle, open->access, &attributes,
                                          0, class_name->pointer, open->options, &disposition)
                                   : CALL(open->mode, OpenKeyEx, &handle, open->access, &attributes,
                                          open->options);
    struct ref_result expected = ref_open(play->tree, open, &mine, &expected_disposition);
    ref_judge(play, open->create ? "NtCreateKey" : "NtOpenKeyEx", open->mode, status, expected);
    if (NT_SUCCESS(status) && open->create && disposition != expected_disposition) {
        ref_complain(play, "NtCreateKey", "another disposition");
    }
    if (!NT_SUCCESS(status) && handle != NULL && expected.pairs != 0) {
        ref_complain(play, "NtCreateKey", "failed, and left something in *KeyHandle");
    }
    if (NT_SUCCESS(status) && mine == NULL) {
        NtClose(handle);
    } else if (!NT_SUCCESS(status) && mine != NULL) {
        ref_close(play->tree, mine);
    } else if (mine != NULL) {
        close_slot(play, into);
        *into = (struct ref_slot){handle, mine};
    }
}

static void step_open(struct ref_play *play, bool create)
{
    struct ref_open open = {.create = create};
    struct ref_text class_name = {.pointer = NULL};
    struct ref_text name;
    struct ref_slot *into = ref_choose_slot(play);
    uint8_t choice = ref_choose(play);
    const struct ref_slot *root = &play->slots[choice % REF_SLOTS];
    bool absolute = (choice & 0x40) != 0 || (root->mine == NULL && (choice & 0x80) == 0);
    choose_open(play, &open);
    if (!absolute) {
        open.root = root->mine;
        open.bad_root = root->mine == NULL;
    }
    ref_choose_path(play, absolute, &name);
    if (create && (choice & 0x38) == 0x38) {
        ref_choose_name(play, &class_name);
        class_name.string.Length &= 0xFFFE;
    }
    perform_open(play, &open, &name, &class_name, into);
    ref_free_text(&name);
    ref_free_text(&class_name);
}

/* ---- changes ---- */

static bool is_kept(const struct ref_play *play, const struct ref_slot *slot)
{
    return slot->mine != NULL && slot->mine->key == play->kept;
}

static void step_delete_key(struct ref_play *play)
{
    const struct ref_slot *slot = ref_choose_slot(play);
    KPROCESSOR_MODE mode = ref_choose_mode(play);
    if (is_kept(play, slot)) {
        return;
    }
    NTSTATUS status = CALL(mode, DeleteKey, ref_slot_handle(slot));
    ref_judge(play, "NtDeleteKey", mode, status, ref_delete_key(play->tree, mode, slot->mine));
}

static void step_flush_key(struct ref_play *play)
{
    const struct ref_slot *slot = ref_choose_slot(play);
    KPROCESSOR_MODE mode = ref_choose_mode(play);
    NTSTATUS status = CALL(mode, FlushKey, ref_slot_handle(slot));
    ref_judge(play, "NtFlushKey", mode, status, ref_flush_key(play->tree, mode, slot->mine));
}

static void step_rename_key(struct ref_play *play)
{
    const struct ref_slot *slot = ref_choose_slot(play);
    KPROCESSOR_MODE mode = ref_choose_mode(play);
    struct ref_text name;
    ref_choose_name(play, &name);
    if (!is_kept(play, slot)) {
        NTSTATUS status = CALL(mode, RenameKey, ref_slot_handle(slot), name.pointer);
        ref_judge(play, "NtRenameKey", mode, status,
                  ref_rename_key(play->tree, mode, slot->mine, name.pointer));
    }
    ref_free_text(&name);
}

static void step_set_value(struct ref_play *play)
{
    static const ULONG types[] = {REG_NONE, REG_SZ,   REG_BINARY,   REG_DWORD,
                                  REG_LINK, REG_LINK, REG_MULTI_SZ, 0xFF00FF00};
    const struct ref_slot *slot = ref_choose_slot(play);
    uint8_t choice = ref_choose(play);
    KPROCESSOR_MODE mode = (choice & 1) != 0 ? UserMode : KernelMode;
    ULONG type = types[choice >> 1 & 7];
    WCHAR link[] = u"symboliclinkvalue";
    struct ref_text name;
    ULONG bytes;
    UCHAR *data = ref_choose_data(play, &bytes);
    ref_choose_name(play, &name);
    if ((choice & 0xC0) == 0xC0) { /* what makes a link go somewhere */
        ref_free_text(&name);
        name.string =
            ref_copy_text((UNICODE_STRING){sizeof(link) - sizeof(WCHAR), sizeof(link), link});
        name.pointer = &name.string;
        type = REG_LINK;
    }
    void *passed = mode != KernelMode && (choice & 0x30) == 0x30 ? NULL : data;
    NTSTATUS status =
        CALL(mode, SetValueKey, ref_slot_handle(slot), name.pointer, choice, type, passed, bytes);
    ref_judge(play, "NtSetValueKey", mode, status,
              ref_set_value(play->tree, mode, slot->mine, name.pointer, type, passed, bytes));
    ref_free_text(&name);
    free(data);
}

static void step_delete_value(struct ref_play *play)
{
    const struct ref_slot *slot = ref_choose_slot(play);
    KPROCESSOR_MODE mode = ref_choose_mode(play);
    struct ref_text name;
    ref_choose_name(play, &name);
    NTSTATUS status = CALL(mode, DeleteValueKey, ref_slot_handle(slot), name.pointer);
    ref_judge(play, "NtDeleteValueKey", mode, status,
              ref_delete_value(play->tree, mode, slot->mine, name.pointer));
    ref_free_text(&name);
}

static void step_set_information(struct ref_play *play)
{
    static const KEY_SET_INFORMATION_CLASS classes[] = {
        KeyWriteTimeInformation,         KeyWow64FlagsInformation,    KeyControlFlagsInformation,
        KeySetVirtualizationInformation, KeySetDebugInformation,      KeySetHandleTagsInformation,
        KeyWriteTimeInformation,         (KEY_SET_INFORMATION_CLASS)9};
    const struct ref_slot *slot = ref_choose_slot(play);
    uint8_t choice = ref_choose(play);
    KPROCESSOR_MODE mode = (choice & 1) != 0 ? UserMode : KernelMode;
    KEY_SET_INFORMATION_CLASS chosen = classes[choice >> 1 & 7];
    ULONG bytes = (choice & 0xF0) == 0xF0 ? 5 : chosen == KeyWriteTimeInformation ? 8 : 4;
    UCHAR *data = ref_allocate(bytes);
    ULONG word = ref_choose_word(play);
    memcpy(data, &word, 4);
    if (bytes == 8) {
        word = (choice & 0x80) != 0 ? MAXULONG : ref_choose_word(play);
        memset(data, (choice & 0x80) != 0 ? 0xFF : data[0], 7);
        data[7] = (UCHAR)((word >> 1) & 0x7F);
    }
    NTSTATUS status = CALL(mode, SetInformationKey, ref_slot_handle(slot), chosen, data, bytes);
    ref_judge(play, "NtSetInformationKey", mode, status,
              ref_set_information(play->tree, mode, slot->mine, (ULONG)chosen, data, bytes));
    free(data);
}

bool ref_step(struct ref_play *play)
{
    uint8_t choice;
    if (play->failed || (play->bytes != NULL && play->left == 0)) {
        return false;
    }
    play->steps++;
    choice = ref_choose(play);
    if ((choice & 0x0B) == 8 && (choice & 0x30) != 0) { /* less often than the others */
        ref_ask(play, choice >> 6);
        return !play->failed;
    }
    switch (choice & 0x0F) {
    case 0:
    case 1:
    case 2:
        step_open(play, true);
        break;
    case 3:
    case 4:
        step_open(play, false);
        break;
    case 5:
    case 6:
        step_set_value(play);
        break;
    case 7:
        step_delete_value(play);
        break;
    case 8:
        step_delete_key(play);
        break;
    case 9:
        step_rename_key(play);
        break;
    case 10:
        step_set_information(play);
        break;
    case 11:
        close_slot(play, ref_choose_slot(play));
        break;
    case 12:
        step_flush_key(play);
        break;
    default:
        ref_ask(play, choice >> 4);
        break;
    }
    return !play->failed;
}
