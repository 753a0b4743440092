/* SPDX-License-Identifier: MIT
 *
 * hive_tools.h - what the tools of others read in a hive that was saved.
 */
#ifndef TESTS_CM_HIVE_TOOLS_H
#define TESTS_CM_HIVE_TOOLS_H

#include "hive_kit.h"

#include <ntsim/feed.h>

#include <sys/wait.h>

/* What a tool prints about the hive; free() it. */
static inline char *hive_tool_output(const char *command, const char *file, int *exit_code)
{
    size_t length = 0, room = 1 << 20;
    char *text = malloc(room), *line = malloc(strlen(command) + 2 * strlen(file) + 8);
    FILE *pipe;
    size_t got;

    sprintf(line, command, file);
    pipe = popen(line, "r");
    EXPECT_TRUE(pipe != NULL);
    while ((got = fread(text + length, 1, room - length - 1, pipe)) > 0) {
        length += got;
        if (room - length < 4096) {
            room *= 2;
            text = realloc(text, room);
        }
    }
    text[length] = '\0';
    *exit_code = WEXITSTATUS(pclose(pipe));
    free(line);
    if (*exit_code == 127) {
        free(text);
        ntcb_test_skip("the tool is not installed: libwin-hivex-perl, reglookup, libregf-utils");
    }
    return text;
}

/* hivexregedit's text of the hive, put into the registry, is the tree that was saved. */
static inline void hive_check_hivexregedit(const char *file, const struct hive_tree *tree)
{
    char *reg = strdup(hive_scratch("tool.reg"));
    struct ntsim_feed_error error = {0};
    struct hive_tree again;
    int exit_code;
    /* Perl would write the lines without wide characters as Latin-1. */
    char *text = hive_tool_output("PERL_UNICODE=O hivexregedit --export "
                                  "--prefix 'HKEY_LOCAL_MACHINE\\Text' '%s' '\\' 2>/dev/null",
                                  file, &exit_code);
    FILE *out = fopen(reg, "wb");

    EXPECT_EQ(exit_code, 0);
    EXPECT_TRUE(out != NULL);
    fputs(text, out);
    EXPECT_EQ(fclose(out), 0);
    if (ntsim_registry_import(sim, reg, false, NULL, &error) != NTCB_OK) {
        fail_msg("line %llu: %s", (unsigned long long)error.place.line, error.reason);
    }
    again = hive_tree_at(u"\\REGISTRY\\MACHINE\\Text");
    EXPECT_EQ(again.keys, tree->keys);
    EXPECT_EQ(again.values, tree->values);
    EXPECT_EQ(again.plain, tree->plain);
    ntsim_registry_remove(sim, "\\REGISTRY\\MACHINE\\Text");
    unlink(reg);
    free(text);
    free(reg);
}

/* One line for each key and value. */
static inline void hive_check_reglookup(const char *file, const struct hive_tree *tree)
{
    uint64_t keys = 0, lines = 0;
    int exit_code;
    char *text = hive_tool_output("reglookup -H '%s' 2>/dev/null", file, &exit_code);

    EXPECT_EQ(exit_code, 0);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *comma = strchr(line, ',');

        keys += comma != NULL && strncmp(comma, ",KEY,", 5) == 0;
        ++lines;
    }
    EXPECT_EQ(keys, tree->keys);
    EXPECT_EQ(lines, tree->keys + tree->values);
    free(text);
}

/* Lines that begin with mark, spaces apart. */
static inline uint64_t hive_count(const char *text, const char *mark)
{
    uint64_t count = 0;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, " \n");
        count += strncmp(line, mark, strlen(mark)) == 0;
    }
    return count;
}

static inline void hive_check_regfinfo(const char *file, const struct hive_tree *tree)
{
    int exit_code;
    char *text = hive_tool_output("regfinfo '%s' 2>&1", file, &exit_code);

    EXPECT_EQ(exit_code, 0);
    EXPECT_TRUE(strstr(text, "Version:\t1.5\n") != NULL);
    EXPECT_TRUE(strstr(text, "is corrupted") == NULL);
    EXPECT_EQ(hive_count(text, "(key:) "), tree->keys);
    EXPECT_EQ(hive_count(text, "(value: "), tree->values);
    free(text);
}

#endif
