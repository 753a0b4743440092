/* SPDX-License-Identifier: MIT
 *
 * procmon_rows.h - rows of Process Monitor's CSV in a case's hand; ' stands for a quote.
 */
#ifndef TESTS_FEED_PROCMON_ROWS_H
#define TESTS_FEED_PROCMON_ROWS_H

#include "feed_input.h"

#include <ntcallback/ddk/ntstatus.h>

#define SEVEN "'Time of Day','Process Name','PID','Operation','Path','Result','Detail'\r\n"
#define NINE "'PID','TID','Operation','Path','Result','Detail','User'\r\n"

/* Rows under the header NINE, by a user whose hive is HKCU. */
#define ROW_OF(pid, tid, operation, path, result, detail) \
    "'" pid "','" tid "','" operation "','" path "','" result "','" detail "','PC\\me'\r\n"
#define ROW(tid, operation, path, result, detail) ROW_OF("8", tid, operation, path, result, detail)

static inline void open_rows(struct feed_input *input, const char *header, const char *rows)
{
    char text[8192];

    snprintf(text, sizeof(text), "%s%s", header, rows);
    feed_input_text(input, text, NULL, false);
    EXPECT_EQ(input->result, 0);
}

static inline void expect_end(struct feed_input *input)
{
    struct ntsim_event event;

    EXPECT_EQ(feed_input_next(input, &event), 0);
    feed_input_close(input);
}

#endif
