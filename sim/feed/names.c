/* SPDX-License-Identifier: MIT
 *
 * names.c - registry names as tools show them, to names as the kernel has them (\REGISTRY\...).
 */
#include "feed/feedp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- accounts ------------------------------------------------------------------------------- */

static const struct known_account {
    const char *name;
    const char *sid;
} known_accounts[] = {
    {"SYSTEM", "S-1-5-18"},
    {"LOCAL SYSTEM", "S-1-5-18"},
    {"LOCAL SERVICE", "S-1-5-19"},
    {"NETWORK SERVICE", "S-1-5-20"},
};

static uint32_t hash(const char *text, uint32_t seed)
{
    uint32_t value = 2166136261u ^ seed; /* FNV-1a */

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        value = (value ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return value;
}

void ntsim__account_sid(const char *account, char sid[NTSIM__SID_BYTES])
{
    const char *text = account != NULL ? account : "";
    const char *leaf = strrchr(text, '\\');

    leaf = leaf != NULL ? leaf + 1 : text;
    for (size_t i = 0; i < sizeof(known_accounts) / sizeof(known_accounts[0]); i++) {
        if (strcasecmp(leaf, known_accounts[i].name) == 0) {
            snprintf(sid, NTSIM__SID_BYTES, "%s", known_accounts[i].sid);
            return;
        }
    }
    snprintf(sid, NTSIM__SID_BYTES, "S-1-5-21-%lu-%lu-%lu-1001", (unsigned long)hash(text, 0),
             (unsigned long)hash(text, 0x9E3779B9u), (unsigned long)hash(text, 0x7F4A7C15u));
}

/* ---- roots ---------------------------------------------------------------------------------- */

enum root { ROOT_MACHINE, ROOT_USERS, ROOT_USER, ROOT_CLASSES, ROOT_CONFIG, ROOT_KERNEL };

static const struct root_name {
    const char *name;
    enum root root;
} root_names[] = {
    {"HKLM", ROOT_MACHINE},      {"HKEY_LOCAL_MACHINE", ROOT_MACHINE},
    {"HKU", ROOT_USERS},         {"HKEY_USERS", ROOT_USERS},
    {"HKCU", ROOT_USER},         {"HKEY_CURRENT_USER", ROOT_USER},
    {"HKCR", ROOT_CLASSES},      {"HKEY_CLASSES_ROOT", ROOT_CLASSES},
    {"HKCC", ROOT_CONFIG},       {"HKEY_CURRENT_CONFIG", ROOT_CONFIG},
    {"\\REGISTRY", ROOT_KERNEL},
};

/* Does `name` start with the whole components `prefix`? Then *rest is "" or starts with '\'. */
static bool strip(const char *name, const char *prefix, const char **rest)
{
    size_t length = strlen(prefix);

    if (strncasecmp(name, prefix, length) != 0 || (name[length] != '\0' && name[length] != '\\'))
        return false;
    *rest = name + length;
    return true;
}

static char *expand(struct ntsim__arena *arena, enum root root, const char *name, const char *rest,
                    const char *sid, unsigned flags)
{
    const char *tail;

    switch (root) {
    case ROOT_MACHINE:
        if ((flags & NTSIM__NAME_RESOLVE_CONTROL_SET) &&
            strip(rest, "\\System\\CurrentControlSet", &tail))
            return ntsim__arena_format(arena, "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001%s", tail);
        return ntsim__arena_format(arena, "\\REGISTRY\\MACHINE%s", rest);
    case ROOT_USERS:
        return ntsim__arena_format(arena, "\\REGISTRY\\USER%s", rest);
    case ROOT_USER:
        if (strip(rest, "\\Software\\Classes", &tail))
            return ntsim__arena_format(arena, "\\REGISTRY\\USER\\%s_Classes%s", sid, tail);
        return ntsim__arena_format(arena, "\\REGISTRY\\USER\\%s%s", sid, rest);
    case ROOT_CLASSES:
        return ntsim__arena_format(arena, "\\REGISTRY\\MACHINE\\SOFTWARE\\Classes%s", rest);
    case ROOT_CONFIG:
        return ntsim__arena_format(
            arena, "\\REGISTRY\\MACHINE\\SYSTEM\\%s\\Hardware Profiles\\Current%s",
            flags & NTSIM__NAME_RESOLVE_CONTROL_SET ? "ControlSet001" : "CurrentControlSet", rest);
    case ROOT_KERNEL:
        break;
    }
    return ntsim__arena_text(arena, name, strlen(name));
}

int ntsim__registry_name(struct ntsim__arena *arena, const char *name, const char *sid,
                         unsigned flags, char **out)
{
    char unnamed[NTSIM__SID_BYTES];
    const char *rest = NULL;
    size_t i = 0, length;

    while (i < sizeof(root_names) / sizeof(root_names[0]) &&
           !strip(name, root_names[i].name, &rest))
        i++;
    if (rest == NULL)
        return NTCB_EINVAL;
    if (sid == NULL) {
        ntsim__account_sid(NULL, unnamed);
        sid = unnamed;
    }
    *out = expand(arena, root_names[i].root, name, rest, sid, flags);
    if (*out == NULL)
        return NTCB_ENOMEM;
    length = strlen(*out);
    while (!(flags & NTSIM__NAME_KEEP_TAIL) && length > 1 && (*out)[length - 1] == '\\')
        (*out)[--length] = '\0';
    return 0;
}

/* ---- key and value -------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The backslash before the value name, or NULL. */
static char *split_at(char *name)
{
    char *at = name[0] == '\\' ? name + 1 : name;

    for (; (at = strchr(at, '\\')) != NULL; at++) {
        if (at[1] == '\\' || (is_letter(at[1]) && at[2] == ':' && at[3] == '\\'))
            return at;
    }
    at = strrchr(name, '\\');
    return at != name ? at : NULL;
}

bool ntsim__registry_split(char *name, char **value)
{
    char *at = split_at(name);

    if (at == NULL)
        return false;
    *at = '\0';
    *value = strcasecmp(at + 1, "(Default)") == 0 ? at + 1 + strlen(at + 1) : at + 1;
    return true;
}
