/* SPDX-License-Identifier: MIT
 *
 * feed_input.h - feeds from bytes that a case holds in its hand.
 */
#ifndef TESTS_FEED_INPUT_H
#define TESTS_FEED_INPUT_H

#include "host.h"
#include "test.h"

#include <ntcallback/kernel.h>
#include <ntsim/feed.h>

#include <stdio.h>
#include <unistd.h>

struct feed_input {
    char path[256]; /* the file is gone by then; the name is in messages */
    struct ntsim_feed *feed;
    struct ntsim_feed_error error;
    int result;
};

/* Opens a feed over the bytes. A feed reads its input whole: the file goes before this returns. */
static inline void feed_input_open(struct feed_input *input, const void *bytes, size_t size,
                                   const char *host, bool skip_bad)
{
    int file;

    memset(input, 0, sizeof(*input));
    file = ntcb_test_temporary_file(input->path, sizeof(input->path));
    EXPECT_TRUE(file >= 0);
    EXPECT_EQ(write(file, bytes, (unsigned)size), size);
    close(file);
    input->result = ntsim_feed_open(&input->feed, input->path, host, skip_bad, &input->error);
    unlink(input->path);
}

/* The same from text in which ' stands for ". */
static inline void feed_input_text(struct feed_input *input, const char *text, const char *host,
                                   bool skip_bad)
{
    char *copy = strdup(text);

    EXPECT_TRUE(copy != NULL);
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == '\'')
            *at = '"';
    }
    feed_input_open(input, copy, strlen(copy), host, skip_bad);
    free(copy);
}

static inline int feed_input_next(struct feed_input *input, struct ntsim_event *event)
{
    return ntsim_feed_next(input->feed, event, &input->error);
}

/* The next event is there and is of this kind. */
static inline void feed_input_expect(struct feed_input *input, struct ntsim_event *event,
                                     enum ntsim_event_kind kind)
{
    EXPECT_EQ(input->result, 0);
    EXPECT_EQ(feed_input_next(input, event), 1);
    EXPECT_STR(ntsim_event_name(event->kind), ntsim_event_name(kind));
}

static inline void feed_input_close(struct feed_input *input)
{
    ntsim_feed_close(input->feed);
    input->feed = NULL;
}

#endif
