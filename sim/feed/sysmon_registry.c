/* SPDX-License-Identifier: MIT
 *
 * sysmon_registry.c - Sysmon events 12, 13 and 14.
 *
 * Sysmon writes them after the call has succeeded, so success is what each expects. What it does
 * not keep: whether a key was created or only opened, the bytes of binary data, and which of the
 * string types a text has (we take REG_SZ).
 */
#include "feed/sysmonp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TYPE_SZ = 1, TYPE_BINARY = 3, TYPE_DWORD = 4, TYPE_QWORD = 11 };

static const struct operation {
    const char *word; /* EventType */
    enum ntsim_event_kind kind;
    bool on_value;
} operations[] = {
    {"CreateKey", NTSIM_EVENT_KEY_CREATE, false},
    {"DeleteKey", NTSIM_EVENT_KEY_DELETE, false},
    {"DeleteValue", NTSIM_EVENT_VALUE_DELETE, true},
    {"SetValue", NTSIM_EVENT_VALUE_SET, true},
    {"RenameKey", NTSIM_EVENT_KEY_RENAME, false},
    {"RenameValue", NTSIM_EVENT_VALUE_DELETE, true},
};
enum { CREATE_KEY, DELETE_KEY, DELETE_VALUE, SET_VALUE, RENAME_KEY, RENAME_VALUE };

/* NXLog puts its own word ("INFO") where Sysmon's was; then the event id has to do. */
static const struct operation *operation_of(const struct sysmon_line *line, bool *lost)
{
    const json_t *type = ntsim__sysmon_field(line, "EventType");
    const char *word = json_string_value(type);

    *lost = false;
    for (size_t i = 0; word != NULL && i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(word, operations[i].word) == 0)
            return &operations[i];
    }
    *lost = line->id != 13;
    return &operations[line->id == 12 ? CREATE_KEY : line->id == 13 ? SET_VALUE : RENAME_KEY];
}

static int bad_name(struct sysmon *sysmon, const struct sysmon_line *line, const char *name,
                    struct ntsim_feed_error *error)
{
    ntsim__feed_fail(error, NTCB_EFORMAT, sysmon->source->file, line->number, 0,
                     "\"%.120s\" is no registry name that we know", name);
    ntsim__feed_advise(error, "It must start with HKLM, HKU, HKCR or \\REGISTRY; skip malformed "
                              "records to go on without it.");
    return NTCB_EFORMAT;
}

static int take_name(struct sysmon *sysmon, const struct sysmon_line *line, const char *field,
                     bool on_value, char **out, struct ntsim_feed_error *error)
{
    const char *text;
    int result = ntsim__sysmon_text(line, field, &sysmon->arena, &text);

    if (result == 0 || result == NTCB_EFORMAT)
        return ntsim__sysmon_missing(sysmon, line, field, error);
    if (result < 0)
        return result;
    result = ntsim__registry_name(
        &sysmon->arena, text, NULL,
        NTSIM__NAME_RESOLVE_CONTROL_SET | (on_value ? NTSIM__NAME_KEEP_TAIL : 0), out);
    return result == NTCB_EINVAL ? bad_name(sysmon, line, text, error) : result;
}

/* ---- Details -------------------------------------------------------------------------------- */

static bool hex8(const char **text, uint32_t *out)
{
    char *end;

    if (strncmp(*text, "0x", 2) != 0 || strspn(*text + 2, "0123456789abcdefABCDEF") != 8)
        return false;
    *out = (uint32_t)strtoul(*text, &end, 16);
    *text = end;
    return true;
}

/* "DWORD (0x........)" and "QWORD (0xhigh-0xlow)". */
static bool is_number(const char *text, uint32_t *type, uint64_t *number)
{
    bool quad = strncmp(text, "QWORD (", 7) == 0;
    uint32_t first, second = 0;

    if (!quad && strncmp(text, "DWORD (", 7) != 0)
        return false;
    text += 7;
    if (!hex8(&text, &first))
        return false;
    if (quad && (*text++ != '-' || !hex8(&text, &second)))
        return false;
    *type = quad ? TYPE_QWORD : TYPE_DWORD;
    *number = quad ? (uint64_t)first << 32 | second : first;
    return strcmp(text, ")") == 0;
}

static int take_details(struct sysmon *sysmon, const struct sysmon_line *line,
                        struct ntsim_event *event)
{
    const json_t *details = ntsim__sysmon_field(line, "Details");
    const char *text = json_string_value(details);
    uint64_t number;
    uint8_t *data;

    if (text == NULL) {
        event->has |= NTSIM_HAS_SYNTHETIC;
        return 0;
    }
    event->has |= NTSIM_HAS_TYPE | NTSIM_HAS_DATA;
    if (strcmp(text, "Binary Data") == 0) {
        event->type = TYPE_BINARY;
        event->has |= NTSIM_HAS_SYNTHETIC;
        event->has &= ~NTSIM_HAS_DATA;
        return 0;
    }
    if (strcmp(text, "(Empty)") == 0) {
        event->type = TYPE_SZ;
        event->has |= NTSIM_HAS_SYNTHETIC;
        return 0;
    }
    if (is_number(text, &event->type, &number)) {
        event->data_bytes = event->type == TYPE_QWORD ? 8 : 4;
        data = ntsim__arena_alloc(&sysmon->arena, event->data_bytes);
        if (data == NULL)
            return NTCB_ENOMEM;
        for (size_t i = 0; i < event->data_bytes; i++)
            data[i] = (uint8_t)(number >> (8 * i));
        event->data = data;
        return 0;
    }
    event->type = TYPE_SZ;
    event->data =
        ntsim__utf16_data(&sysmon->arena, text, json_string_length(details), &event->data_bytes);
    return event->data != NULL ? 0 : NTCB_ENOMEM;
}

/* ---- the events ----------------------------------------------------------------------------- */

static int take_new_name(struct sysmon *sysmon, const struct sysmon_line *line, bool on_value,
                         const char **out, struct ntsim_feed_error *error)
{
    char *name, *leaf;
    int result = take_name(sysmon, line, "NewName", on_value, &name, error);

    if (result != 0)
        return result;
    if (on_value)
        return ntsim__registry_split(name, &leaf) ? (*out = leaf, 0)
                                                  : bad_name(sysmon, line, name, error);
    *out = strrchr(name, '\\') + 1; /* every expanded name has a backslash */
    return 0;
}

int ntsim__sysmon_registry_read(struct sysmon *sysmon, const struct sysmon_line *line,
                                struct sysmon_record *record, struct ntsim_feed_error *error)
{
    struct ntsim_event *event = &record->event;
    bool lost;
    const struct operation *operation = operation_of(line, &lost);
    char *name = NULL, *value = NULL;
    int result = take_name(sysmon, line, "TargetObject", operation->on_value, &name, error);

    event->kind = operation->kind;
    event->expect.has = NTSIM_HAS_STATUS;
    if (lost)
        event->has |= NTSIM_HAS_SYNTHETIC;
    if (result == 0 && operation->on_value && !ntsim__registry_split(name, &value))
        result = bad_name(sysmon, line, name, error);
    event->key = name;
    event->value = value;
    if (result == 0 && operation == &operations[SET_VALUE])
        result = take_details(sysmon, line, event);
    if (result == 0 && operation == &operations[RENAME_KEY])
        result = take_new_name(sysmon, line, false, &event->value, error);
    if (result == 0 && operation == &operations[RENAME_VALUE])
        result = take_new_name(sysmon, line, true, &record->second_value, error);
    return result;
}
