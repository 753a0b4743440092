/* SPDX-License-Identifier: MIT
 *
 * names.c - which key, value or image a notification is about.
 *
 * Asking by ObQueryNameString would raise notifications of its own (CM-NC-47), so the name is taken
 * from the key itself.
 */
#include "trace/tracep.h"
#include "cm/cmservice.h"
#include "ob/obp_state.h"

#include <stdlib.h>
#include <string.h>

enum shape {
    SHAPE_OBJECT = 0, /* Object first, perhaps a name */
    SHAPE_CREATE,     /* CompleteName, RootObject */
    SHAPE_XP_CREATE,  /* CompleteName alone */
    SHAPE_POST        /* REG_POST_OPERATION_INFORMATION */
};

struct shape_row {
    enum shape shape;
    unsigned char pre_class; /* SHAPE_POST: the class of PreInformation */
    unsigned short value;    /* offset of a PUNICODE_STRING; 0: none */
    unsigned short child;    /* offset of a PUNICODE_STRING below Object; 0: none */
};

#define POST_OF(pre)            \
    {                           \
        SHAPE_POST, (pre), 0, 0 \
    }
#define VALUE_AT(type, member)                     \
    {                                              \
        SHAPE_OBJECT, 0, offsetof(type, member), 0 \
    }
#define CHILD_AT(type, member)                     \
    {                                              \
        SHAPE_OBJECT, 0, 0, offsetof(type, member) \
    }

/* Classes that are not named here begin with Object and hold no name (CM-LAY-01). */
static const struct shape_row shape_rows[NTSIM_CLASS_COUNT] = {
    [1] = VALUE_AT(REG_SET_VALUE_KEY_INFORMATION, ValueName),
    [2] = VALUE_AT(REG_DELETE_VALUE_KEY_INFORMATION, ValueName),
    [4] = VALUE_AT(REG_RENAME_KEY_INFORMATION, NewName),
    [8] = VALUE_AT(REG_QUERY_VALUE_KEY_INFORMATION, ValueName),
    [10] = {SHAPE_XP_CREATE, 0, 0, 0},
    [11] = {SHAPE_XP_CREATE, 0, 0, 0},
    [12] = {SHAPE_XP_CREATE, 0, 0, 0},
    [13] = {SHAPE_XP_CREATE, 0, 0, 0},
    [15] = POST_OF(0),
    [16] = POST_OF(1),
    [17] = POST_OF(2),
    [18] = POST_OF(3),
    [19] = POST_OF(4),
    [20] = POST_OF(5),
    [21] = POST_OF(6),
    [22] = POST_OF(7),
    [23] = POST_OF(8),
    [24] = POST_OF(9),
    [25] = POST_OF(14),
    [26] = {SHAPE_CREATE, 0, 0, 0},
    [27] = POST_OF(26),
    [28] = {SHAPE_CREATE, 0, 0, 0},
    [29] = POST_OF(28),
    [31] = POST_OF(30),
    [32] = CHILD_AT(REG_LOAD_KEY_INFORMATION, KeyName),
    [33] = POST_OF(32),
    [35] = POST_OF(34),
    [37] = POST_OF(36),
    [39] = POST_OF(38),
    [42] = POST_OF(41),
    [44] = POST_OF(43),
    [46] = POST_OF(45),
    [48] = POST_OF(47),
    [50] = POST_OF(49),
};

/* UTF-8 of a counted string, malloc'ed. NUL, which names may hold, becomes U+2400. */
static char *utf8_text(const WCHAR *text, size_t units)
{
    size_t bytes = units * 3 + 1, used = 0;
    char *out = malloc(bytes);

    if (out == NULL)
        return NULL;
    out[0] = '\0';
    for (size_t begin = 0, end; begin < units; begin = end + 1) {
        for (end = begin; end < units && text[end] != 0; end++) {
        }
        used += ntsim__utf8(text + begin, end - begin, out + used, bytes - used);
        if (end < units)
            used += (size_t)snprintf(out + used, bytes - used, "\xE2\x90\x80");
    }
    return out;
}

static char *utf8_of(const UNICODE_STRING *name)
{
    if (name == NULL)
        return NULL;
    return utf8_text(name->Buffer, name->Buffer == NULL ? 0 : name->Length / sizeof(WCHAR));
}

/* NULL for a key that was deleted: it has no path any more. */
static char *object_name(PVOID object)
{
    const struct CMP_KEY *key;
    WCHAR *path = NULL;
    ULONG bytes = 0;
    char *name;

    if (object == NULL || ntsim_current() == NULL || !CmpIsKeyObject(object))
        return NULL;
    key = ((const struct CMP_OBJECT *)object)->Key;
    CmpLockShared(CmpState());
    if (key != NULL && (key->Flags & CMP_KEY_DELETED) == 0) {
        bytes = CmpPathLength(key);
        path = malloc(bytes);
    }
    if (path != NULL)
        CmpCopyPath(key, path, bytes);
    CmpUnlockShared(CmpState());
    name = path == NULL ? NULL : utf8_text(path, bytes / sizeof(WCHAR));
    free(path);
    return name;
}

/* The root's path and a name below it; an absolute name stands alone (CM-CO-06). */
static char *child_name(PVOID root, const UNICODE_STRING *name)
{
    char *below = utf8_of(name);
    char *above, *whole = NULL;
    size_t length;

    if (below == NULL || below[0] == '\\')
        return below;
    above = object_name(root);
    if (above == NULL)
        return below;
    length = strlen(above) + 1 + strlen(below) + 1;
    whole = malloc(length);
    if (whole != NULL) {
        strcpy(whole, above);
        if (below[0] != '\0') {
            strcat(whole, "\\");
            strcat(whole, below);
        }
    }
    free(above);
    free(below);
    return whole;
}

static const UNICODE_STRING *string_at(const void *information, size_t offset)
{
    const UNICODE_STRING *name;

    memcpy(&name, (const char *)information + offset, sizeof(name));
    return name;
}

static void key_names(struct ntsim__names *names, int notify_class, const void *information)
{
    const struct shape_row *row = &shape_rows[notify_class];
    PVOID object;

    if (row->shape == SHAPE_POST) {
        information = ((const REG_POST_OPERATION_INFORMATION *)information)->PreInformation;
        if (information == NULL)
            return;
        row = &shape_rows[row->pre_class];
    }
    if (row->shape == SHAPE_CREATE) {
        const REG_CREATE_KEY_INFORMATION *create = information;

        names->key = child_name(create->RootObject, create->CompleteName);
        return;
    }
    if (row->shape == SHAPE_XP_CREATE) {
        names->key = utf8_of(((const REG_PRE_CREATE_KEY_INFORMATION *)information)->CompleteName);
        return;
    }
    memcpy(&object, information, sizeof(object));
    names->key = row->child != 0 ? child_name(object, string_at(information, row->child))
                                 : object_name(object);
    if (row->value != 0)
        names->value = utf8_of(string_at(information, row->value));
}

void ntsim__names_get(struct ntsim__names *names, const struct ntcb_call *call)
{
    *names = (struct ntsim__names){NULL, NULL, NULL};
    if (call->registration->manager == NTCB_MANAGER_IMAGE) {
        const IMAGE_INFO *info = call->information;

        if (info != NULL && info->ExtendedInfoPresent) {
            const IMAGE_INFO_EX *extended = CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo);

            if (extended->FileObject != NULL)
                names->image = utf8_of(&extended->FileObject->FileName);
        }
        return;
    }
    if (call->registration->manager == NTCB_MANAGER_PROCESS && call->information != NULL) {
        names->image = utf8_of(((const PS_CREATE_NOTIFY_INFO *)call->information)->ImageFileName);
        return;
    }
    if (call->registration->manager == NTCB_MANAGER_REGISTRY && call->information != NULL &&
        call->notify_class >= 0 && call->notify_class < NTSIM_CLASS_COUNT)
        key_names(names, call->notify_class, call->information);
}

void ntsim__names_free(struct ntsim__names *names)
{
    free(names->key);
    free(names->value);
    free(names->image);
}

char *ntsim__driver_name(const void *owner)
{
    const DRIVER_OBJECT *driver = NULL;
    struct OBP_SLOT *slot;

    if (ntsim_current() == NULL)
        return strdup("");
    slot = &ObpState()->Slots[0]; /* where drivers are (B3) */
    ntsim__lock(slot->Lock);
    for (LIST_ENTRY *link = slot->Objects.Flink; link != &slot->Objects; link = link->Flink) {
        struct OBP_HEADER *header = CONTAINING_RECORD(link, struct OBP_HEADER, Link);

        if (ObpBody(header) == owner && strcmp(header->Type->Name, "Driver") == 0)
            driver = owner;
    }
    ntsim__unlock(slot->Lock);
    if (driver == NULL || driver->DriverName.Buffer == NULL)
        return strdup("");
    return utf8_text(driver->DriverName.Buffer, driver->DriverName.Length / sizeof(WCHAR));
}
