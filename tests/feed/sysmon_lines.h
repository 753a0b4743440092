/* SPDX-License-Identifier: MIT
 *
 * sysmon_lines.h - Sysmon records in few words, and the story a feed tells of them. In the lines '
 * stands for ".
 */
#ifndef TESTS_FEED_SYSMON_LINES_H
#define TESTS_FEED_SYSMON_LINES_H

#include "feed_input.h"

#define GUID_A "{AAAAAAAA-0001-0000-0100-000000000400}"
#define GUID_B "{AAAAAAAA-0002-0000-0200-000000000400}"
#define GUID_C "{AAAAAAAA-0003-0000-0300-000000000400}"
#define KEY_A "H|aaaaaaaa-0001-0000-0100-000000000400"
#define KEY_B "H|aaaaaaaa-0002-0000-0200-000000000400"
#define GUID_B2 "{AAAAAAAA-0002-0000-0900-000000000500}" /* the next boot */

#define FLAT_ON(host, id) \
    "{'EventID':" #id ",'Channel':'Microsoft-Windows-Sysmon/Operational','Hostname':'" host "',"
#define FLAT(id) FLAT_ON("H", id)
#define BY(guid, pid, image) \
    "'ProcessGuid':'" guid "','ProcessId':'" pid "','Image':'C:\\\\" image "'"
#define CREATE(guid, pid, image, parent, parent_pid)                  \
    FLAT(1)                                                           \
    BY(guid, pid, image)                                              \
    ",'CommandLine':'-','User':'D\\\\u','ParentProcessGuid':'" parent \
    "','ParentProcessId':'" parent_pid "','ParentImage':'C:\\\\p.exe'}\n"
#define EXIT(guid, pid, image) FLAT(5) BY(guid, pid, image) "}\n"
#define LOAD(guid, pid, image, file) \
    FLAT(7) BY(guid, pid, image) ",'ImageLoaded':'C:\\\\" file "','Signed':'true'}\n"
#define REGISTRY(id, guid, pid, rest) FLAT(id) BY(guid, pid, "a.exe") "," rest "}\n"
#define HANDLE(guid, pid, target, target_pid)                                          \
    FLAT(10)                                                                           \
    "'SourceProcessGUID':'" guid "','SourceProcessId':'" pid                           \
    "','SourceThreadId':'33','SourceImage':'C:\\\\a.exe','TargetProcessGUID':'" target \
    "','TargetProcessId':'" target_pid "','TargetImage':'C:\\\\b.exe','GrantedAccess':'0x1400'}\n"

/* The events, one word each: "+b" creation of pid b, "t" thread, "-b" exit, "i" image, others by
 * their names. */
static inline void story(struct feed_input *input, char *out, size_t size)
{
    struct ntsim_event event;
    size_t used = 0;
    int result;

    out[0] = '\0';
    EXPECT_EQ(input->result, 0);
    while ((result = feed_input_next(input, &event)) == 1) {
        const char *leaf = event.path != NULL ? strrchr(event.path, '\\') : NULL;
        char word[128];

        leaf = leaf != NULL ? leaf + 1 : "";
        switch (event.kind) {
        case NTSIM_EVENT_PROCESS_CREATE:
            snprintf(word, sizeof(word), "+%u", event.target_pid);
            break;
        case NTSIM_EVENT_PROCESS_EXIT:
            snprintf(word, sizeof(word), "-%u", event.pid);
            break;
        case NTSIM_EVENT_IMAGE_LOAD:
            snprintf(word, sizeof(word), "%s", leaf);
            break;
        case NTSIM_EVENT_THREAD_CREATE:
        case NTSIM_EVENT_THREAD_EXIT:
            snprintf(word, sizeof(word), "%c", event.kind == NTSIM_EVENT_THREAD_CREATE ? 't' : 'x');
            break;
        default:
            snprintf(word, sizeof(word), "%s", ntsim_event_name(event.kind));
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", word);
        EXPECT_TRUE(used < size);
    }
    EXPECT_EQ(result, 0);
}

static inline void expect_story(const char *text, const char *wanted, uint64_t synthesised,
                                uint64_t ignored)
{
    struct feed_input input;
    struct ntsim_feed_counts counts;
    char seen[1024];

    feed_input_text(&input, text, NULL, false);
    for (int round = 0; round < 2; round++) {
        story(&input, seen, sizeof(seen));
        EXPECT_STR(seen, wanted);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.synthesised, synthesised);
        EXPECT_EQ(counts.ignored, ignored);
        EXPECT_EQ(counts.bytes_read, counts.bytes_total);
        ntsim_feed_rewind(input.feed);
    }
    feed_input_close(&input);
}

#endif
