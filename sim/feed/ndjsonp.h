/* SPDX-License-Identifier: MIT
 *
 * ndjsonp.h - the fields of our own lines, once: the parser, docs/events.md and
 * docs/events.schema.json are held together by a test over these tables.
 */
#ifndef SIM_FEED_NDJSONP_H
#define SIM_FEED_NDJSONP_H

#include "feed/feedp.h"

#include <jansson.h>

/* ---- groups of kinds ------------------------------------------------------------------------ */

#define ON(kind) (1u << NTSIM_EVENT_##kind)
#define ON_ANY ((1u << NTSIM_EVENT_KIND_COUNT) - 1)
#define ON_NONE 0u
#define ON_VALUE (ON(VALUE_SET) | ON(VALUE_DELETE) | ON(VALUE_QUERY))
#define ON_QUERY                                                                      \
    (ON(KEY_QUERY) | ON(KEY_ENUMERATE) | ON(VALUE_QUERY) | ON(VALUE_QUERY_MULTIPLE) | \
     ON(VALUE_ENUMERATE))
#define ON_REGISTRY                                                                         \
    (ON_QUERY | ON_VALUE | ON(KEY_CREATE) | ON(KEY_OPEN) | ON(KEY_CLOSE) | ON(KEY_DELETE) | \
     ON(KEY_RENAME) | ON(KEY_FLUSH) | ON(KEY_SET_INFORMATION) | ON(KEY_QUERY_SECURITY) |    \
     ON(KEY_SET_SECURITY) | ON(KEY_LOAD) | ON(KEY_UNLOAD))
#define ON_TARGET (ON(PROCESS_CREATE) | ON(THREAD_CREATE) | ON(THREAD_EXIT) | ON(HANDLE_OPEN))

/* ---- types ------------------------------------------------------------------------------------
 * X(type, what it must be). The name is the name in "$defs" of the schema, too. */

#define NTSIM__NDJSON_TYPES(X)                                                           \
    X(kind, "the name of an event, such as \"key.open\"")                                \
    X(text, "text without a NUL character")                                              \
    X(registry_name, "a registry name: \\REGISTRY\\..., HKLM\\..., HKU\\..., HKCU\\...") \
    X(boolean, "true or false")                                                          \
    X(flag, "true or false")                                                             \
    X(u8, "a number up to 255")                                                          \
    X(u32, "a number up to 4294967295, or hexadecimal text \"0x...\"")                   \
    X(u64, "a number, or hexadecimal text \"0x...\"")                                    \
    X(status, "a status: \"STATUS_ACCESS_DENIED\", a number, or \"0xC0000022\"")         \
    X(access, "access rights: \"KEY_READ|KEY_WRITE\", a number, or \"0x20019\"")         \
    X(class, "an information class: \"KeyBasicInformation\" or a number")                \
    X(value_type, "a value type: \"REG_SZ\" or a number")                                \
    X(disposition, "\"REG_CREATED_NEW_KEY\" or \"REG_OPENED_EXISTING_KEY\"")             \
    X(options, "\"REG_OPTION_VOLATILE|...\" or a number")                                \
    X(machine, "\"x64\", \"x86\", \"arm64\", \"native\" or a number")                    \
    X(data, "data that fits the value's type (docs/events.md, \"Data\")")                \
    X(expect, "an object")

/* ---- fields -----------------------------------------------------------------------------------
 * X(name, type, member of struct ntsim_event, bit of `has`, kinds that take it, kinds that need it)
 * in the order of parsing: account before key, type before data. */

#define NTSIM__NDJSON_FIELDS(X)                                                                    \
    X(event, kind, kind, 0, ON_ANY, ON_ANY)                                                        \
    X(process, text, process_key, 0, ON_ANY, ON_NONE)                                              \
    X(pid, u32, pid, NTSIM_HAS_PID, ON_ANY, ON_NONE)                                               \
    X(tid, u32, tid, NTSIM_HAS_TID, ON_ANY, ON_NONE)                                               \
    X(process_image, text, process_image, 0, ON_ANY, ON_NONE)                                      \
    X(account, text, account, 0, ON_ANY, ON_NONE)                                                  \
    X(target, text, target_key, 0, ON_TARGET, ON_NONE)                                             \
    X(target_pid, u32, target_pid, 0, ON_TARGET, ON_NONE)                                          \
    X(target_tid, u32, target_tid, 0, ON(THREAD_CREATE) | ON(THREAD_EXIT), ON(THREAD_CREATE))      \
    X(parent, text, parent_key, 0, ON(PROCESS_CREATE), ON_NONE)                                    \
    X(parent_pid, u32, parent_pid, 0, ON(PROCESS_CREATE), ON_NONE)                                 \
    X(command_line, text, command_line, 0, ON(PROCESS_CREATE), ON_NONE)                            \
    X(exit_status, status, exit_status, NTSIM_HAS_EXIT_STATUS, ON(PROCESS_EXIT) | ON(THREAD_EXIT), \
      ON_NONE)                                                                                     \
    X(path, text, path, 0, ON(PROCESS_CREATE) | ON(IMAGE_LOAD) | ON(KEY_LOAD), ON(KEY_LOAD))       \
    X(image_base, u64, image_base, 0, ON(IMAGE_LOAD), ON_NONE)                                     \
    X(image_size, u64, image_size, 0, ON(IMAGE_LOAD), ON_NONE)                                     \
    X(kernel_image, boolean, kernel_image, 0, ON(IMAGE_LOAD), ON_NONE)                             \
    X(no_name, boolean, no_name, 0, ON(IMAGE_LOAD), ON_NONE)                                       \
    X(is_signed, boolean, is_signed, 0, ON(IMAGE_LOAD), ON_NONE)                                   \
    X(signature_level, u8, signature_level, 0, ON(IMAGE_LOAD), ON_NONE)                            \
    X(machine, machine, machine, 0, ON(IMAGE_LOAD), ON_NONE)                                       \
    X(key, registry_name, key, 0, ON_REGISTRY, ON_REGISTRY)                                        \
    X(value, text, value, 0, ON_VALUE | ON(VALUE_QUERY_MULTIPLE), ON_VALUE)                        \
    X(new_name, text, value, 0, ON(KEY_RENAME), ON(KEY_RENAME))                                    \
    X(access, access, access, NTSIM_HAS_ACCESS, ON(KEY_CREATE) | ON(KEY_OPEN) | ON(HANDLE_OPEN),   \
      ON(HANDLE_OPEN))                                                                             \
    X(class, class, information_class, NTSIM_HAS_CLASS, ON_QUERY | ON(KEY_SET_INFORMATION),        \
      ON_NONE)                                                                                     \
    X(index, u32, index, NTSIM_HAS_INDEX, ON(KEY_ENUMERATE) | ON(VALUE_ENUMERATE),                 \
      ON(KEY_ENUMERATE) | ON(VALUE_ENUMERATE))                                                     \
    X(type, value_type, type, NTSIM_HAS_TYPE, ON(VALUE_SET), ON_NONE)                              \
    X(length, u32, length, NTSIM_HAS_LENGTH, ON_QUERY | ON(VALUE_SET) | ON(KEY_SET_INFORMATION),   \
      ON_NONE)                                                                                     \
    X(options, options, options, 0, ON(KEY_CREATE) | ON(KEY_OPEN) | ON(KEY_LOAD), ON_NONE)         \
    X(data, data, data, NTSIM_HAS_DATA, ON(VALUE_SET), ON_NONE)                                    \
    X(reparse, flag, has, NTSIM_HAS_REPARSE, ON_REGISTRY, ON_NONE)                                 \
    X(synthetic, flag, has, NTSIM_HAS_SYNTHETIC, ON_ANY, ON_NONE)                                  \
    X(expect, expect, expect, 0, ON_ANY, ON_NONE)

/* X(name, type, member of struct ntsim_expect, bit of `has`, kinds that take it, kinds that need
 * it) */
#define NTSIM__NDJSON_EXPECT_FIELDS(X)                                                           \
    X(written, boolean, written, 0, ON_ANY, ON_NONE)                                             \
    X(status, status, status, NTSIM_HAS_STATUS, ON_ANY, ON_NONE)                                 \
    X(blocked, boolean, blocked, NTSIM_HAS_BLOCKED, ON_ANY, ON_NONE)                             \
    X(access, access, access, NTSIM_HAS_ACCESS, ON(KEY_CREATE) | ON(KEY_OPEN) | ON(HANDLE_OPEN), \
      ON_NONE)                                                                                   \
    X(disposition, disposition, disposition, NTSIM_HAS_DISPOSITION, ON(KEY_CREATE), ON_NONE)     \
    X(index, u32, index, NTSIM_HAS_INDEX, ON_REGISTRY, ON_NONE)                                  \
    X(type, value_type, type, NTSIM_HAS_TYPE, ON_QUERY, ON_NONE)                                 \
    X(length, u32, length, NTSIM_HAS_LENGTH, ON_QUERY, ON_NONE)                                  \
    X(name, text, name, NTSIM_HAS_NAME, ON_QUERY, ON_NONE)                                       \
    X(data, data, data, NTSIM_HAS_DATA, ON_QUERY, ON_NONE)                                       \
    X(synthetic, flag, has, NTSIM_HAS_SYNTHETIC, ON_ANY, ON_NONE)

/* ---- one line being parsed --------------------------------------------------------------------
 */

struct ntsim__ndjson_line {
    const char *file;
    uint64_t number;
    const char *text;
    size_t length;
    struct ntsim__arena *arena;
    struct ntsim_event *event;
    struct ntsim_feed_error *error;
};

struct ntsim__ndjson_field {
    const char *name;
    const char *wanted; /* what the value must be, in words */
    int (*read)(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                const json_t *value, void *object);
    size_t offset; /* of the member in its structure */
    uint32_t has;
    uint32_t allowed;
    uint32_t required;
};

/* Reports a field: its column is found in the line. Returns NTCB_EFORMAT. */
int ntsim__ndjson_wrong(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const char *format, ...) NTCB_PRINTF(3, 4);
/* "must be <wanted>; it is <what it is>" */
int ntsim__ndjson_wrong_type(struct ntsim__ndjson_line *line,
                             const struct ntsim__ndjson_field *field, const json_t *value);

/* One line, parsed by its tables (ndjson_line.c). 0, NTCB_EFORMAT with *error, NTCB_ENOMEM. */
int ntsim__ndjson_parse(struct ntsim__ndjson_line *line);

/* The readers of the types (ndjson_types.c). Each stores at `object`, the member itself. */
#define NTSIM__NDJSON_DECLARE(type, wanted)                                                \
    int ntsim__ndjson_##type(struct ntsim__ndjson_line *line,                              \
                             const struct ntsim__ndjson_field *field, const json_t *value, \
                             void *object);
NTSIM__NDJSON_TYPES(NTSIM__NDJSON_DECLARE)

/* A number or "0x..." up to `max`. */
bool ntsim__ndjson_number(const json_t *value, uint64_t max, uint64_t *out);

/* Registry data (ndjson_data.c): `type` is the value's type, or UINT32_MAX when none was written;
 * the type that fits is then stored. */
int ntsim__ndjson_bytes(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const json_t *value, uint32_t *type, const uint8_t **data,
                        size_t *data_bytes);

#endif
