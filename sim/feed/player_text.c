/* SPDX-License-Identifier: MIT
 *
 * player_text.c - registry paths as the registry compares them.
 *
 * A path has one identity whichever way a record spells it: upcased (REG-NS-02), and with the links
 * that are known resolved, since a tool shows the path as asked for in one record and as resolved
 * in the next.
 */
#include "feed/playerp.h"

#include <string.h>

#define MAX_HOPS 8

struct player_text player_utf16(struct ntsim__arena *arena, const char *utf8)
{
    size_t bytes = 0;
    uint8_t *data = ntsim__utf16_data(arena, utf8, strlen(utf8), &bytes);

    return (struct player_text){(WCHAR *)(void *)data, bytes / sizeof(WCHAR) - (data != NULL)};
}

struct player_text player_upcase(struct ntsim__arena *arena, struct player_text text)
{
    WCHAR *out = ntsim__arena_alloc(arena, (text.units + 1) * sizeof(WCHAR));

    for (size_t i = 0; out && i < text.units; i++) {
        WCHAR unit = text.text[i];

        if (unit >= 0x80)
            out[i] = RtlUpcaseUnicodeChar(unit);
        else
            out[i] = (WCHAR)(unit >= 'a' && unit <= 'z' ? unit - 32 : unit);
    }
    return (struct player_text){out, out ? text.units : 0};
}

bool player_text_equal(struct player_text left, struct player_text right)
{
    return left.units == right.units &&
           (left.units == 0 || memcmp(left.text, right.text, left.units * sizeof(WCHAR)) == 0);
}

UNICODE_STRING player_string(struct player_text text)
{
    USHORT bytes = (USHORT)(text.units * sizeof(WCHAR));

    return (UNICODE_STRING){bytes, bytes, text.text};
}

static bool is_below(struct player_text path, struct player_text root)
{
    return path.units >= root.units &&
           memcmp(path.text, root.text, root.units * sizeof(WCHAR)) == 0 &&
           (path.units == root.units || path.text[root.units] == u'\\');
}

/* One hop; false: there was none, or no memory (text is then NULL). */
static bool follow(struct ntsim_player *player, struct player_text *path)
{
    struct player_link *link;
    struct player_text out;
    size_t rest;

    LL_FOREACH (player->links, link) {
        if (!is_below(*path, link->from))
            continue;
        rest = path->units - link->from.units;
        out.units = link->to.units + rest;
        out.text = ntsim__arena_alloc(&player->scratch, (out.units + 1) * sizeof(WCHAR));
        if (out.text) {
            memcpy(out.text, link->to.text, link->to.units * sizeof(WCHAR));
            memcpy(out.text + link->to.units, path->text + link->from.units, rest * sizeof(WCHAR));
        }
        *path = out;
        return out.text != NULL;
    }
    return false;
}

bool player_path(struct ntsim_player *player, const char *utf8, struct player_path *out)
{
    unsigned hops = 0;

    out->asked = player_utf16(&player->scratch, utf8);
    if (!out->asked.text)
        return false;
    out->identity = player_upcase(&player->scratch, out->asked);
    while (out->identity.units > 1 && out->identity.text[out->identity.units - 1] == u'\\')
        out->identity.units--;
    while (out->identity.text && hops++ < MAX_HOPS && follow(player, &out->identity))
        ;
    return out->identity.text != NULL;
}

bool player_add_link(struct ntsim_player *player, const char *from, const char *to)
{
    struct player_link *link = ntsim__arena_alloc(&player->kept, sizeof(*link)), *known;

    if (!link)
        return false;
    link->from = player_upcase(&player->kept, player_utf16(&player->kept, from));
    link->to = player_upcase(&player->kept, player_utf16(&player->kept, to));
    if (!link->from.text || !link->to.text)
        return false;
    LL_FOREACH (player->links, known) {
        if (player_text_equal(known->from, link->from))
            return true;
    }
    LL_PREPEND(player->links, link);
    return true;
}
