/* SPDX-License-Identifier: MIT
 *
 * checkaltitude.c - is an altitude of the driver's allocated to somebody else?
 *
 * The table is Microsoft's page of allocated altitudes, as it is (Markdown), or CSV: a row's first
 * column names a driver, the second its altitude, the third who it belongs to. Rows whose second
 * column is no altitude are headings.
 */
#include "cli/check.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct row {
    char name[128], altitude[64], company[128];
};

/* 00320.50 as 320.5: what two ways of writing a number have in common. False: it is no number. */
static bool canonical(const char *text, char *out, size_t bytes)
{
    size_t whole, length = 0;

    text += strspn(text, "0");
    whole = strspn(text, "0123456789");
    length = whole;
    if (text[length] == '.') {
        length += 1 + strspn(text + length + 1, "0123456789");
        while (length > whole && (text[length - 1] == '0' || text[length - 1] == '.')) {
            bool point = text[length - 1] == '.';

            length--;
            if (point)
                break;
        }
    }
    return snprintf(out, bytes, "%.*s", (int)length, text) < (int)bytes;
}

static bool is_altitude(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    size_t rest = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") + 1 : 0;

    return whole != 0 && text[whole + rest] == '\0';
}

/* The next column, without blanks around it and quotes. */
static const char *column(const char *line, char separator, char *out, size_t bytes)
{
    bool quoted = false;
    size_t length = 0;

    for (; *line != '\0' && *line != '\n' && (quoted || *line != separator); line++) {
        if (*line == '"' && separator == ',')
            quoted = !quoted;
        else if ((length != 0 || !isspace((unsigned char)*line)) && length + 1 < bytes)
            out[length++] = *line;
    }
    while (length != 0 && isspace((unsigned char)out[length - 1]))
        length--;
    out[length] = '\0';
    return *line == separator ? line + 1 : line;
}

static bool read_row(FILE *file, struct row *row)
{
    char line[1024];

    while (fgets(line, sizeof(line), file) != NULL) {
        char separator = line[0] == '|' ? '|' : ',';
        const char *at = line[0] == '|' ? line + 1 : line;

        at = column(at, separator, row->name, sizeof(row->name));
        at = column(at, separator, row->altitude, sizeof(row->altitude));
        column(at, separator, row->company, sizeof(row->company));
        if (row->name[0] != '\0' && is_altitude(row->altitude))
            return true;
    }
    return false;
}

/* regguard.sys and ./regguard.so are the same driver. */
static bool same_driver(const char *module, const char *name)
{
    const char *base = strrchr(module, '/') != NULL ? strrchr(module, '/') + 1 : module;
    size_t length = strcspn(base, ".");

    return strcspn(name, ".") == length && strncasecmp(base, name, length) == 0;
}

static void compare(const struct check_options *options, json_t *result, const struct row *row)
{
    json_t *registration, *finding;
    char mine[64], theirs[64], text[512];
    size_t index;

    json_array_foreach(json_object_get(result, "registrations"), index, registration)
    {
        const char *altitude = json_string_value(json_object_get(registration, "altitude"));

        if (altitude == NULL || !is_altitude(altitude) ||
            !canonical(altitude, mine, sizeof(mine)) ||
            !canonical(row->altitude, theirs, sizeof(theirs)) || strcmp(mine, theirs) != 0 ||
            same_driver(options->driver, row->name))
            continue;
        snprintf(text, sizeof(text), "altitude %s of the %s callback is allocated to %s%s%s%s",
                 altitude, json_string_value(json_object_get(registration, "manager")), row->name,
                 row->company[0] != '\0' ? " (" : "", row->company,
                 row->company[0] != '\0' ? ")" : "");
        finding = check_finding("altitude", NTCB_WARNING, "", text,
                                "where both are installed, the one that comes second gets "
                                "STATUS_FLT_INSTANCE_ALTITUDE_COLLISION",
                                "ask Microsoft for an altitude of your own, or add a fraction to "
                                "yours, and read it from the registry");
        if (finding != NULL)
            check_add(result, "load", finding);
    }
}

static bool has_altitudes(const json_t *result)
{
    json_t *registration;
    size_t index;

    json_array_foreach(json_object_get(result, "registrations"), index, registration)
    {
        if (json_object_get(registration, "altitude") != NULL &&
            json_is_string(json_object_get(registration, "altitude")))
            return true;
    }
    return false;
}

/* $NTCALLBACK_DATA/altitudes/allocated_altitudes*: the last by name, as they bear dates. */
static FILE *open_default(void)
{
    static const char start[] = "allocated_altitudes";
    const char *data = getenv("NTCALLBACK_DATA");
    char path[4096], last[256] = "";
    struct dirent *entry;
    DIR *directory;

    if (data == NULL ||
        snprintf(path, sizeof(path), "%s/altitudes", data) >= (int)(sizeof(path) - sizeof(last)))
        return NULL;
    directory = opendir(path);
    if (directory == NULL)
        return NULL;
    while ((entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, start, strlen(start)) == 0 && strcmp(entry->d_name, last) > 0)
            snprintf(last, sizeof(last), "%s", entry->d_name);
    }
    closedir(directory);
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", last);
    return last[0] != '\0' ? fopen(path, "r") : NULL;
}

bool check_altitudes(const struct check_options *options, json_t *result)
{
    FILE *file = options->altitudes != NULL ? fopen(options->altitudes, "r") : open_default();
    struct row row;
    size_t rows = 0;

    if (options->altitudes != NULL && file == NULL) {
        cli_complain("--altitudes %s: cannot be read", options->altitudes);
        return false;
    }
    if (file == NULL) {
        if (has_altitudes(result))
            check_note(result, "altitudes were not compared with the allocated ones: give "
                               "--altitudes FILE (docs/command.md says where to get it)");
        return true;
    }
    while (read_row(file, &row)) {
        rows++;
        compare(options, result, &row);
    }
    fclose(file);
    if (rows == 0 && options->altitudes != NULL) {
        cli_complain("--altitudes %s: no row of it has an altitude in its second column",
                     options->altitudes);
        return false;
    }
    return true;
}
