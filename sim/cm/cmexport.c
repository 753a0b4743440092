/* SPDX-License-Identifier: MIT
 *
 * cmexport.c - a tree of the registry as the text that the registry editor writes (.reg).
 *
 * Form    "Windows Registry Editor Version 5.00", UTF-16LE with a mark, CR LF. A line of bytes is
 *         broken as regedit breaks it: once 77 columns are reached, and 2 blanks begin the next.
 * What cannot be told by quoted text (no terminator, a NUL inside, a line end, half a surrogate
 *         pair) is written as hex(1). A link is shown by its SymbolicLinkValue, type REG_LINK, and
 *         is not followed.
 * Locks   The text is made under the registry's lock, in memory; what takes another lock, the sink
 *         or the message of a failure, comes after it.
 */
#include "cm/cmhost.h"

#include <ntsim/registry.h>

#include <stdio.h>
#include <string.h>

#define LINE_FULL 77u   /* columns: behind this many a line of bytes ends */
#define LINE_INDENT 2u  /* blanks before bytes that go on */
#define FIRST_ROOM 4096 /* WCHARs */

struct export
{
    struct ntsim *sim;
    struct CMP_STATE *state;
    WCHAR *text;
    size_t units, room;
    size_t line; /* where the current line starts */
    int error;
    char why[256];
};

/* ---- text ------------------------------------------------------------------------------------ */

static void fail(struct export *export, int error, const char *why)
{
    export->error = error;
    snprintf(export->why, sizeof(export->why), "%s", why);
}

static bool make_room(struct export *export, size_t units)
{
    size_t room = export->room == 0 ? FIRST_ROOM : export->room;
    WCHAR *text = NULL;

    if (export->error != 0 || export->room - export->units >= units)
        return export->error == 0;
    while (room - export->units < units && room < SIZE_MAX / 8)
        room *= 2;
    if (room - export->units >= units)
        text = ntsim__allocate_raw(room * sizeof(WCHAR));
    if (text == NULL) {
        fail(export, NTCB_ENOMEM, "no memory for the exported text");
        return false;
    }
    if (export->units != 0)
        memcpy(text, export->text, export->units * sizeof(WCHAR));
    ntsim__release(export->text);
    export->text = text;
    export->room = room;
    return true;
}

static void put_units(struct export *export, const WCHAR *text, size_t units)
{
    if (units == 0 || !make_room(export, units))
        return;
    memcpy(export->text + export->units, text, units * sizeof(WCHAR));
    export->units += units;
}

static void put(struct export *export, const char *ascii)
{
    for (; *ascii != '\0'; ascii++) {
        WCHAR unit = (WCHAR)(unsigned char)*ascii;

        put_units(export, &unit, 1);
    }
}

static void end_line(struct export *export)
{
    put(export, "\r\n");
    export->line = export->units;
}

static void put_quoted(struct export *export, const WCHAR *text, size_t units)
{
    put(export, "\"");
    for (size_t i = 0; i < units; i++) {
        if (text[i] == u'\\' || text[i] == u'"')
            put(export, "\\");
        put_units(export, &text[i], 1);
    }
    put(export, "\"");
}

/* Does it read back? No NUL, no half of a surrogate pair, no line end. */
static bool is_plain(const WCHAR *text, size_t units, bool lines)
{
    for (size_t i = 0; i < units; i++) {
        WCHAR unit = text[i];

        if (unit == 0 || (!lines && (unit == u'\r' || unit == u'\n')))
            return false;
        if (unit < 0xD800 || unit >= 0xE000)
            continue;
        if (unit >= 0xDC00 || i + 1 == units || text[i + 1] < 0xDC00 || text[i + 1] >= 0xE000)
            return false;
        i++;
    }
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Text as a well-formed REG_SZ has it. */
static bool is_text(const struct CMP_VALUE *value)
{
    const WCHAR *text = value->Data;
    size_t units = value->DataLength / sizeof(WCHAR);

    return value->Type == REG_SZ && value->DataLength % sizeof(WCHAR) == 0 && units != 0 &&
           text[units - 1] == 0 && is_plain(text, units - 1, false);
}

static void put_bytes(struct export *export, const struct CMP_VALUE *value)
{
    static const char Digits[] = "0123456789abcdef";
    const uint8_t *bytes = value->Data;

    for (ULONG i = 0; i < value->DataLength; i++) {
        char text[4] = {Digits[bytes[i] >> 4], Digits[bytes[i] & 15], ',', '\0'};

        if (i + 1 == value->DataLength)
            text[2] = '\0';
        put(export, text);
        if (i + 1 == value->DataLength || export->units - export->line < LINE_FULL)
            continue;
        put(export, "\\");
        end_line(export);
        for (unsigned blank = 0; blank < LINE_INDENT; blank++)
            put(export, " ");
    }
}

static void put_data(struct export *export, const struct CMP_VALUE *value)
{
    const uint8_t *bytes = value->Data;
    char text[24];

    if (is_text(value)) {
        put_quoted(export, value->Data, value->DataLength / sizeof(WCHAR) - 1);
        return;
    }
    if (value->Type == REG_DWORD && value->DataLength == 4) {
        snprintf(text, sizeof(text), "dword:%02x%02x%02x%02x", bytes[3], bytes[2], bytes[1],
                 bytes[0]);
        put(export, text);
        return;
    }
    if (value->Type == REG_BINARY)
        snprintf(text, sizeof(text), "hex:");
    else
        snprintf(text, sizeof(text), "hex(%x):", (unsigned)value->Type);
    put(export, text);
    put_bytes(export, value);
}

/* A name that the form has no way to write. */
static void refuse(struct export *export, const char *what, const WCHAR *text, size_t units)
{
    char name[80];

    ntsim__utf8(text, units, name, sizeof(name));
    export->error = NTCB_EINVAL;
    snprintf(
        export->why, sizeof(export->why),
        "a .reg file cannot show the name of the %s \"%s\": it holds a NUL, a line end or half "
        "a surrogate pair",
        what, name);
}

static void put_value(struct export *export, const struct CMP_VALUE *value)
{
    size_t units = value->Name->Length / sizeof(WCHAR);

    if (!is_plain(value->Name->Text, units, true)) {
        refuse(export, "value", value->Name->Text, units);
        return;
    }
    if (units == 0)
        put(export, "@");
    else
        put_quoted(export, value->Name->Text, units);
    put(export, "=");
    put_data(export, value);
    end_line(export);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The regedit name of \REGISTRY\MACHINE and \REGISTRY\USER; NULL: it has none. */
static const char *root_name(const struct export *export, const struct CMP_KEY *key)
{
    UNICODE_STRING name = CmpNameString(key->Name);

    if (key->Parent != export->state->Root)
        return NULL;
    if (CmpStringEquals(&name, u"MACHINE"))
        return "HKEY_LOCAL_MACHINE";
    return CmpStringEquals(&name, u"USER") ? "HKEY_USERS" : NULL;
}

/* Its path; above stands what was put before it. */
static void put_path(struct export *export, const struct CMP_KEY *key)
{
    const struct CMP_KEY *top = key;
    const char *root = NULL;
    size_t above = 0, units = CmpPathLength(key) / sizeof(WCHAR);

    for (; top != NULL && root == NULL; top = top->Parent) {
        root = root_name(export, top);
        if (root != NULL)
            above = CmpPathLength(top) / sizeof(WCHAR);
    }
    if (root != NULL)
        put(export, root);
    /* Written whole, then without what the root's name stands for. */
    if (!make_room(export, units))
        return;
    CmpCopyPath(key, export->text + export->units, (ULONG)(units * sizeof(WCHAR)));
    memmove(export->text + export->units, export->text + export->units + above,
            (units - above) * sizeof(WCHAR));
    export->units += units - above;
}

/* The key, its values, and what is below it, as deep as the tree goes. */
static void put_key(struct export *export, const struct CMP_KEY *key)
{
    size_t units = key->Name->Length / sizeof(WCHAR);
    const struct CMP_VALUE *value;
    const struct CMP_KEY *child;

    if (!is_plain(key->Name->Text, units, false)) {
        refuse(export, "key", key->Name->Text, units);
        return;
    }
    end_line(export);
    put(export, "[");
    put_path(export, key);
    put(export, "]");
    end_line(export);
    for (ULONG i = 0; export->error == 0 && (value = CmpValueAt(key, i)) != NULL; i++)
        put_value(export, value);
    for (ULONG i = 0; export->error == 0 && (child = CmpChildAt(key, i)) != NULL; i++)
        put_key(export, child);
}

static void put_tree(struct export *export, const char *path)
{
    static const WCHAR Mark = 0xFEFF;
    struct CMP_KEY *key;
    int error;

    CmpLock(export->state);
    error = ntsim__registry_find(export->state, path, &key);
    if (error == 0) {
        put_units(export, &Mark, 1);
        put(export, "Windows Registry Editor Version 5.00");
        end_line(export);
        put_key(export, key);
        end_line(export);
    } else {
        fail(export, error, "there is no such key to export");
    }
    CmpUnlock(export->state);
}

/* UTF-16LE, whatever the host's order. */
static void to_little_endian(WCHAR *text, size_t units)
{
    uint8_t *bytes = (uint8_t *)text;

    for (size_t i = 0; i < units; i++) {
        WCHAR unit = text[i];

        bytes[2 * i] = (uint8_t)unit;
        bytes[2 * i + 1] = (uint8_t)(unit >> 8);
    }
}

int ntsim_registry_export(struct ntsim *sim, const char *path, ntsim_registry_sink *sink,
                          void *context)
{
    struct export export = {0};
    struct ntcb_kernel *previous;

    if (sim == NULL || path == NULL || sink == NULL)
        return NTCB_EINVAL;
    previous = ntcb_kernel_enter(ntsim_kernel(sim));
    export.state = CmpState();
    put_tree(&export, path);
    ntcb_kernel_enter(previous);
    if (export.error == 0) {
        to_little_endian(export.text, export.units);
        if (sink(context, export.text, export.units * sizeof(WCHAR)) != 0)
            fail(&export, NTCB_EIO, "the exported text could not be written");
    }
    ntsim__release_in(sim, export.text);
    return export.error == 0 ? 0 : ntsim__fail(sim, export.error, "%s", export.why);
}
