/* SPDX-License-Identifier: MIT
 *
 * sysmon_line.c - the flavours of Sysmon JSON: where each keeps what.
 *
 * Values come from the structured fields only; the message text is never read (it has been seen to
 * contradict them). The flavour's own process id fields are Sysmon's, not the event's.
 */
#include "feed/sysmonp.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Paths of object keys, joined by dots. "" as data: the top level. */
static const struct flavour {
    const char *name;
    const char *test; /* an object, or for the flat one any value */
    const char *id, *data, *channel, *host, *record_number;
} flavours[] = {
    [SYSMON_NONE] = {"sysmon", NULL, NULL, NULL, NULL, NULL, NULL},
    [SYSMON_FLAT] = {"sysmon/flat", "EventID", "EventID", "", "Channel", "Hostname",
                     "RecordNumber"},
    [SYSMON_WINLOGBEAT6] = {"sysmon/winlogbeat6", "event_data", "event_id", "event_data",
                            "log_name", "computer_name", "record_number"},
    [SYSMON_ECS] = {"sysmon/ecs", "winlog", "winlog.event_id", "winlog.event_data",
                    "winlog.channel", "winlog.computer_name", "winlog.record_id"},
    [SYSMON_EVTX] = {"sysmon/evtx", "Event", "Event.System.EventID", "Event.EventData",
                     "Event.System.Channel", "Event.System.Computer", "Event.System.EventRecordID"},
    [SYSMON_WAZUH] = {"sysmon/wazuh", "data.win", "data.win.system.eventID", "data.win.eventdata",
                      "data.win.system.channel", "data.win.system.computer",
                      "data.win.system.eventRecordID"},
};

const char *ntsim__sysmon_flavour_name(enum sysmon_flavour flavour)
{
    return flavours[flavour].name;
}

static const json_t *at_path(const json_t *object, const char *path)
{
    while (object != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        char name[32];

        snprintf(name, sizeof(name), "%.*s", (int)length, path);
        object = json_object_get(object, name);
        path += length + (path[length] == '.' ? 1 : 0);
    }
    return object;
}

enum sysmon_flavour ntsim__sysmon_flavour_of(const json_t *root)
{
    /* The nested ones first: a wrapper may carry an EventID of its own. */
    static const enum sysmon_flavour order[] = {SYSMON_ECS, SYSMON_WINLOGBEAT6, SYSMON_EVTX,
                                                SYSMON_WAZUH};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (json_is_object(at_path(root, flavours[order[i]].test)))
            return order[i];
    }
    return at_path(root, flavours[SYSMON_FLAT].test) != NULL ? SYSMON_FLAT : SYSMON_NONE;
}

static bool decimal(const char *text, uint64_t *out)
{
    char *end;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

    if (!isdigit((unsigned char)text[0]))
        return false;
    *out = strtoull(text, &end, base);
    return *end == '\0';
}

/* Numbers are decoded as reals, since some writers exceed 64 bits in fields of no concern here. */
static bool number(const json_t *value, uint64_t *out)
{
    if (json_is_object(value)) /* evtx_dump: {"#attributes": ..., "#text": 1} */
        value = json_object_get(value, "#text");
    if (json_is_string(value))
        return decimal(json_string_value(value), out);
    if (!json_is_real(value) || json_real_value(value) < 0 || json_real_value(value) > 0x1p53 ||
        (double)(uint64_t)json_real_value(value) != json_real_value(value))
        return false;
    *out = (uint64_t)json_real_value(value);
    return true;
}

void ntsim__sysmon_line_read(struct sysmon_line *line)
{
    const struct flavour *flavour;
    uint64_t id = 0;

    line->flavour = ntsim__sysmon_flavour_of(line->root);
    if (line->flavour == SYSMON_NONE)
        return;
    flavour = &flavours[line->flavour];
    line->data = at_path(line->root, flavour->data);
    line->channel = json_string_value(at_path(line->root, flavour->channel));
    line->host = json_string_value(at_path(line->root, flavour->host));
    if (number(at_path(line->root, flavour->id), &id) && id <= UINT32_MAX)
        line->id = (uint32_t)id;
    if (!number(at_path(line->root, flavour->record_number), &line->record_number))
        line->record_number = 0;
}

bool ntsim__sysmon_line_mentions(const char *text, size_t length)
{
    static const char mark[] = "Microsoft-Windows-Sysmon";

    const char *end = text + length;
    const char *at = length != 0 ? memchr(text, mark[0], length) : NULL;

    while (at != NULL && (size_t)(end - at) >= sizeof(mark) - 1) { /* not every host has memmem */
        if (memcmp(at, mark, sizeof(mark) - 1) == 0)
            return true;
        at = memchr(at + 1, mark[0], (size_t)(end - at - 1));
    }
    return false;
}

bool ntsim__sysmon_line_shape(const char *text, size_t length)
{
    size_t depth = 0;
    bool in_string = false;

    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (length < 2 || text[0] != '{')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (in_string) {
            if (c < 0x20)
                return false;
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0 || (--depth == 0 && i + 1 < length))
                return false;
        }
    }
    return depth == 0 && !in_string;
}

/* ---- fields --------------------------------------------------------------------------------- */

static const json_t *get(const struct sysmon_line *line, const char *name)
{
    char lower[64];

    if (line->flavour != SYSMON_WAZUH)
        return json_object_get(line->data, name);
    snprintf(lower, sizeof(lower), "%s", name);
    lower[0] = (char)tolower((unsigned char)lower[0]);
    return json_object_get(line->data, lower);
}

const json_t *ntsim__sysmon_field(const struct sysmon_line *line, const char *name)
{
    const json_t *value = get(line, name);
    size_t length = strlen(name);
    char capital[64];

    /* Events 8 and 10 differ in how they spell it. */
    if (value == NULL && length > 4 && length < sizeof(capital) &&
        strcmp(name + length - 4, "Guid") == 0) {
        memcpy(capital, name, length + 1);
        memcpy(capital + length - 4, "GUID", 4);
        value = get(line, capital);
    }
    if (json_is_null(value) ||
        (json_is_string(value) &&
         (json_string_length(value) == 0 || strcmp(json_string_value(value), "-") == 0)))
        return NULL;
    return value;
}

bool ntsim__sysmon_number(const struct sysmon_line *line, const char *name, uint64_t *out)
{
    return number(ntsim__sysmon_field(line, name), out);
}

static const struct entity {
    const char *text;
    char meaning;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}};

static void undo_entities(char *text)
{
    char *out = text;

    while (*text != '\0') {
        size_t i = 0;

        while (i < sizeof(entities) / sizeof(entities[0]) &&
               strncmp(text, entities[i].text, strlen(entities[i].text)) != 0)
            i++;
        if (i < sizeof(entities) / sizeof(entities[0])) {
            *out++ = entities[i].meaning;
            text += strlen(entities[i].text);
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
}

int ntsim__sysmon_text(const struct sysmon_line *line, const char *name, struct ntsim__arena *arena,
                       const char **out)
{
    const json_t *value = ntsim__sysmon_field(line, name);
    char *copy;

    *out = NULL;
    if (value == NULL)
        return 0;
    if (json_is_real(value)) {
        uint64_t digits;

        copy = number(value, &digits) ? ntsim__arena_format(arena, "%" PRIu64, digits)
                                      : ntsim__arena_format(arena, "%g", json_real_value(value));
        *out = copy;
        return copy != NULL ? 1 : NTCB_ENOMEM;
    }
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return NTCB_EFORMAT;
    copy = ntsim__arena_text(arena, json_string_value(value), json_string_length(value));
    if (copy == NULL)
        return NTCB_ENOMEM;
    if (line->flavour == SYSMON_FLAT && strchr(copy, '&') != NULL)
        undo_entities(copy);
    *out = copy;
    return 1;
}
