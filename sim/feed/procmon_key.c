/* SPDX-License-Identifier: MIT
 *
 * procmon_key.c - rows about the registry into events.
 *
 * What a row shows of the call goes into the event, what it shows of the outcome into `expect`:
 *
 *   key.query Name            expect.name    the key's own path
 *   key.query Basic, Node     expect.name    its last component
 *   key.query Full, Cached    expect.data    subkeys and values, two 32-bit numbers
 *   key.query HandleTags      expect.data    the tags, one 32-bit number
 *   opens through a link      expect.name    what the path resolved to (procmon.c)
 */
#include "procmonp.h"

#include <string.h>

#define NO_MORE_ENTRIES ((int32_t)0x8000001A)
#define BUFFER_OVERFLOW ((int32_t)0x80000005)

struct operation {
    const char *name;
    enum ntsim_event_kind kind;
    bool of_value; /* Path ends in the name of a value */
    int (*detail)(struct procmon *procmon, const struct procmon_row *row, struct ntsim_event *event,
                  struct ntsim_feed_error *error);
};

static int bad_detail(struct procmon *procmon, const struct procmon_row *row,
                      struct ntsim_feed_error *error)
{
    return procmon_bad(procmon, row, PROCMON_DETAIL, error,
                       "the Detail of this %s cannot be read: \"%.80s\"",
                       row->field[PROCMON_OPERATION], row->field[PROCMON_DETAIL]);
}

/* "Desired Access: A, B[, Granted Access: C][, Disposition: D]" */
static int open_detail(struct procmon *procmon, const struct procmon_row *row,
                       struct ntsim_event *event, struct ntsim_feed_error *error)
{
    static const char Desired[] = "Desired Access: ", Granted[] = ", Granted Access: ",
                      Disposition[] = ", Disposition: ";
    const char *at = row->field[PROCMON_DETAIL], *granted, *disposition, *end;
    struct procmon_span word;

    if (*at == '\0')
        return 1;
    if (strncmp(at, Desired, sizeof(Desired) - 1) != 0)
        return bad_detail(procmon, row, error);
    end = at + strlen(at);
    disposition = strstr(at, Disposition);
    if (disposition) {
        end = disposition;
        disposition += sizeof(Disposition) - 1;
        event->expect.disposition = strcmp(disposition, "REG_CREATED_NEW_KEY") == 0 ? 1 : 2;
        event->expect.has |= NTSIM_HAS_DISPOSITION;
    }
    granted = strstr(at, Granted);
    if (granted && granted < end) {
        word = (struct procmon_span){granted + sizeof(Granted) - 1, 0};
        word.length = (size_t)(end - word.at);
        if (!procmon_access(word, &event->expect.access, &word))
            return procmon_bad(procmon, row, PROCMON_DETAIL, error, "no access is called \"%.*s\"",
                               (int)(word.length < 40 ? word.length : 40), word.at);
        event->expect.has |= NTSIM_HAS_ACCESS;
        end = granted;
    }
    word = (struct procmon_span){at + sizeof(Desired) - 1, 0};
    word.length = (size_t)(end - word.at);
    if (!procmon_access(word, &event->access, &word))
        return procmon_bad(procmon, row, PROCMON_DETAIL, error, "no access is called \"%.*s\"",
                           (int)(word.length < 40 ? word.length : 40), word.at);
    event->has |= NTSIM_HAS_ACCESS;
    return 1;
}

static bool is_number(const char *text, uint64_t limit, uint64_t *value)
{
    return procmon_number((struct procmon_span){text, strlen(text)}, value) && *value <= limit;
}

/* "Index: i, Length: n" where there was no room or no entry; then *rest is NULL. Otherwise
 * "Index: i, Name: " and *rest is what follows. */
static int index_detail(struct procmon *procmon, const struct procmon_row *row,
                        struct ntsim_event *event, const char **rest,
                        struct ntsim_feed_error *error)
{
    static const char Name[] = ", Name: ", Length[] = ", Length: ";
    const char *detail = row->field[PROCMON_DETAIL];
    const char *comma = strstr(detail, ", ");
    uint64_t number;

    if (!comma || !procmon_field_number(detail, "Index", &number) || number > UINT32_MAX)
        return bad_detail(procmon, row, error);
    event->index = (uint32_t)number;
    event->has |= NTSIM_HAS_INDEX;
    *rest = NULL;
    if (strncmp(comma, Name, sizeof(Name) - 1) == 0) {
        *rest = comma + sizeof(Name) - 1;
        return 1;
    }
    if (strncmp(comma, Length, sizeof(Length) - 1) != 0 ||
        !is_number(comma + sizeof(Length) - 1, UINT32_MAX, &number))
        return bad_detail(procmon, row, error);
    event->length = (uint32_t)number;
    event->has |= NTSIM_HAS_LENGTH;
    return 1;
}

static int enumerate_key_detail(struct procmon *procmon, const struct procmon_row *row,
                                struct ntsim_event *event, struct ntsim_feed_error *error)
{
    int result = index_detail(procmon, row, event, &event->expect.name, error);

    if (result == 1 && event->expect.name)
        event->expect.has |= NTSIM_HAS_NAME;
    return result;
}

static void expect_value(struct ntsim_event *event, const struct procmon_value *value)
{
    event->expect.type = value->type;
    event->expect.length = value->length;
    event->expect.data = value->data;
    event->expect.data_bytes = value->bytes;
    event->expect.has |= NTSIM_HAS_TYPE | NTSIM_HAS_LENGTH | NTSIM_HAS_DATA;
    if (value->bytes < value->length)
        event->expect.has |= NTSIM_HAS_SYNTHETIC;
}

/* "Name: s, Type: T, Length: n[, Data: d]", where s may hold anything: the first place at which the
 * rest reads as a type and a length. */
static int enumerate_value_detail(struct procmon *procmon, const struct procmon_row *row,
                                  struct ntsim_event *event, struct ntsim_feed_error *error)
{
    static const char Type[] = ", Type: ";
    struct procmon_value value;
    const char *name = NULL, *at;
    int result = index_detail(procmon, row, event, &name, error);

    if (result != 1 || !name)
        return result;
    for (at = name; (at = strstr(at, Type)); at++) {
        result = procmon_value(at + sizeof(Type) - 1, &procmon->arena, &value);
        if (result < 0)
            return result;
        if (result == 0)
            continue;
        event->expect.name = ntsim__arena_text(&procmon->arena, name, (size_t)(at - name));
        event->expect.has |= NTSIM_HAS_NAME;
        expect_value(event, &value);
        return event->expect.name ? 1 : NTCB_ENOMEM;
    }
    return bad_detail(procmon, row, error);
}

/* "Type: T, Length: n[, Data: d]", or "Length: n", the size of the caller's buffer. */
static int query_value_detail(struct procmon *procmon, const struct procmon_row *row,
                              struct ntsim_event *event, struct ntsim_feed_error *error)
{
    static const char Type[] = "Type: ", Length[] = "Length: ";
    const char *detail = row->field[PROCMON_DETAIL];
    struct procmon_value value;
    uint64_t number;
    int result;

    if (strncmp(detail, Type, sizeof(Type) - 1) == 0) {
        result = procmon_value(detail + sizeof(Type) - 1, &procmon->arena, &value);
        if (result == 1)
            expect_value(event, &value);
        return result == 0 ? bad_detail(procmon, row, error) : result;
    }
    if (*detail == '\0')
        return 1;
    if (strncmp(detail, Length, sizeof(Length) - 1) != 0 ||
        !is_number(detail + sizeof(Length) - 1, UINT32_MAX, &number))
        return bad_detail(procmon, row, error);
    event->length = (uint32_t)number;
    event->has |= NTSIM_HAS_LENGTH;
    return 1;
}

static int set_value_detail(struct procmon *procmon, const struct procmon_row *row,
                            struct ntsim_event *event, struct ntsim_feed_error *error)
{
    static const char Type[] = "Type: ";
    const char *detail = row->field[PROCMON_DETAIL];
    struct procmon_value value;
    int result = 0;

    if (strncmp(detail, Type, sizeof(Type) - 1) == 0)
        result = procmon_value(detail + sizeof(Type) - 1, &procmon->arena, &value);
    if (result != 1)
        return result == 0 ? bad_detail(procmon, row, error) : result;
    event->type = value.type;
    event->length = value.length;
    event->data = value.data;
    event->data_bytes = value.bytes;
    event->has |= NTSIM_HAS_TYPE | NTSIM_HAS_LENGTH | NTSIM_HAS_DATA;
    if (value.bytes < value.length)
        event->has |= NTSIM_HAS_SYNTHETIC;
    return 1;
}

/* Numbers of Detail as the bytes of 32-bit numbers. */
static int expect_numbers(struct procmon *procmon, const struct procmon_row *row,
                          struct ntsim_event *event, const char *const *names, size_t count)
{
    uint8_t *bytes = ntsim__arena_alloc(&procmon->arena, 4 * count);
    uint64_t number;

    if (!bytes)
        return NTCB_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!procmon_field_number(row->field[PROCMON_DETAIL], names[i], &number))
            return 1;
        for (size_t j = 0; j < 4; j++)
            bytes[4 * i + j] = (uint8_t)(number >> 8 * j);
    }
    event->expect.data = bytes;
    event->expect.data_bytes = 4 * count;
    event->expect.has |= NTSIM_HAS_DATA;
    return 1;
}

/* "Query: <class>[, k: v...]" */
static int query_key_detail(struct procmon *procmon, const struct procmon_row *row,
                            struct ntsim_event *event, struct ntsim_feed_error *error)
{
    static const char *const Counts[] = {"SubKeys", "Values"}, *const Tags[] = {"HandleTags"};
    const char *detail = row->field[PROCMON_DETAIL];
    struct procmon_span word;

    if (!procmon_field(detail, "Query", false, &word))
        return *detail ? bad_detail(procmon, row, error) : 1;
    if (!procmon_query_class(word, &event->information_class))
        return procmon_bad(procmon, row, PROCMON_DETAIL, error, "no query is called \"%.*s\"",
                           (int)(word.length < 40 ? word.length : 40), word.at);
    event->has |= NTSIM_HAS_CLASS;
    switch (event->information_class) {
    case 0:
    case 1:
        if (procmon_field(detail, "Name", true, &word)) {
            event->expect.name = word.at;
            event->expect.has |= NTSIM_HAS_NAME;
        }
        return 1;
    case 2:
    case 4:
        return expect_numbers(procmon, row, event, Counts, 2);
    case 3:
        event->expect.name = event->key;
        event->expect.has |= event->expect.status == 0 ? NTSIM_HAS_NAME : 0;
        return 1;
    case 7:
        return expect_numbers(procmon, row, event, Tags, 1);
    default:
        return 1;
    }
}

/* "KeySetInformationClass: <class>, Length: n" */
static int set_information_detail(struct procmon *procmon, const struct procmon_row *row,
                                  struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon_span word;

    if (!procmon_field(row->field[PROCMON_DETAIL], "KeySetInformationClass", false, &word))
        return bad_detail(procmon, row, error);
    if (!procmon_set_class(word, &event->information_class))
        return procmon_bad(procmon, row, PROCMON_DETAIL, error, "nothing to set is called \"%.*s\"",
                           (int)(word.length < 40 ? word.length : 40), word.at);
    event->has |= NTSIM_HAS_CLASS;
    return 1;
}

static int load_detail(struct procmon *procmon, const struct procmon_row *row,
                       struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon_span text;

    if (!procmon_field(row->field[PROCMON_DETAIL], "Hive Path", true, &text))
        return bad_detail(procmon, row, error);
    event->path = text.at;
    return 1;
}

static int rename_detail(struct procmon *procmon, const struct procmon_row *row,
                         struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon_span text;

    if (!procmon_field(row->field[PROCMON_DETAIL], "New Name", true, &text))
        return bad_detail(procmon, row, error);
    event->value = text.at;
    return 1;
}

static const struct operation Operations[] = {
    {"RegQueryKey", NTSIM_EVENT_KEY_QUERY, false, query_key_detail},
    {"RegOpenKey", NTSIM_EVENT_KEY_OPEN, false, open_detail},
    {"RegQueryValue", NTSIM_EVENT_VALUE_QUERY, true, query_value_detail},
    {"RegCloseKey", NTSIM_EVENT_KEY_CLOSE, false, NULL},
    {"RegEnumKey", NTSIM_EVENT_KEY_ENUMERATE, false, enumerate_key_detail},
    {"RegEnumValue", NTSIM_EVENT_VALUE_ENUMERATE, false, enumerate_value_detail},
    {"RegSetInfoKey", NTSIM_EVENT_KEY_SET_INFORMATION, false, set_information_detail},
    {"RegSetValue", NTSIM_EVENT_VALUE_SET, true, set_value_detail},
    {"RegCreateKey", NTSIM_EVENT_KEY_CREATE, false, open_detail},
    {"RegDeleteKey", NTSIM_EVENT_KEY_DELETE, false, NULL},
    {"RegDeleteValue", NTSIM_EVENT_VALUE_DELETE, true, NULL},
    {"RegQueryKeySecurity", NTSIM_EVENT_KEY_QUERY_SECURITY, false, NULL},
    {"RegSetKeySecurity", NTSIM_EVENT_KEY_SET_SECURITY, false, NULL},
    {"RegQueryMultipleValueKey", NTSIM_EVENT_VALUE_QUERY_MULTIPLE, false, NULL},
    {"RegFlushKey", NTSIM_EVENT_KEY_FLUSH, false, NULL},
    {"RegLoadKey", NTSIM_EVENT_KEY_LOAD, false, load_detail},
    {"RegUnloadKey", NTSIM_EVENT_KEY_UNLOAD, false, NULL},
    {"RegRenameKey", NTSIM_EVENT_KEY_RENAME, false, rename_detail},
};

/* Fill in key and value from Path. */
static int read_path(struct procmon *procmon, const struct procmon_row *row,
                     const struct operation *operation, struct ntsim_event *event,
                     struct ntsim_feed_error *error)
{
    bool asked = event->expect.status == PROCMON_REPARSE;
    const char *path = row->field[PROCMON_PATH];
    char *key = NULL, *value = NULL;
    int result;

    if (operation->of_value) {
        if (!procmon_split(procmon, row->field[PROCMON_PID], path, &key, &value))
            return NTCB_ENOMEM;
        event->value = value;
        path = key;
    }
    result = procmon_expand(procmon, path, asked, &key);
    if (result == NTCB_EINVAL)
        return procmon_bad(procmon, row, PROCMON_PATH, error,
                           "\"%.80s\" begins with no registry root", path);
    if (result != 0)
        return NTCB_ENOMEM;
    event->key = key;
    if (!operation->of_value && !asked && event->expect.status != (int32_t)0xC0000034 &&
        !procmon_know(procmon, row->field[PROCMON_PID], path))
        return NTCB_ENOMEM;
    return 1;
}

int procmon_key_event(struct procmon *procmon, const struct procmon_row *row,
                      struct ntsim_event *event, struct ntsim_feed_error *error)
{
    const struct operation *operation = Operations;
    const struct operation *end = Operations + sizeof(Operations) / sizeof(Operations[0]);
    int result;

    while (operation < end && strcmp(operation->name, row->field[PROCMON_OPERATION]) != 0)
        operation++;
    if (operation == end)
        return 0;
    event->kind = operation->kind;
    if (!procmon_status(row->field[PROCMON_RESULT], &event->expect.status))
        return procmon_bad(procmon, row, PROCMON_RESULT, error, "no result is called \"%.40s\"",
                           row->field[PROCMON_RESULT]);
    event->expect.has |= NTSIM_HAS_STATUS;
    result = read_path(procmon, row, operation, event, error);
    if (result == 1 && operation->detail)
        result = operation->detail(procmon, row, event, error);
    return result;
}
