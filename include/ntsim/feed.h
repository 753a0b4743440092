/* SPDX-License-Identifier: MIT
 *
 * feed.h - open a recording and read its events.
 *
 * The format is found out from the content: Process Monitor CSV, Sysmon JSON in its flavours,
 * registry editor files (docs/reg-files.md), or our own lines (docs/events.md); compressed input
 * (.xz, .gz) is recognised by its first bytes.
 */
#ifndef NTSIM_FEED_H
#define NTSIM_FEED_H

#include <ntsim/event.h>

NTCB_BEGIN_DECLS

struct ntsim_feed;

struct ntsim_feed_error {
    struct ntsim_place place;
    char reason[256]; /* what is wrong */
    char advice[256]; /* what to do about it */
};

struct ntsim_feed_counts {
    uint64_t records;     /* rows or lines read */
    uint64_t events;      /* handed out, synthesised ones included */
    uint64_t synthesised; /* events no record stands for (missing creations, exits) */
    uint64_t ignored;     /* well-formed records of no concern here (files, network, ...) */
    uint64_t bad;         /* malformed records that skip_bad passed over */
    uint64_t bytes_read;  /* position in the decompressed input */
    uint64_t bytes_total;
};

/* ntsim_feed_open - read the whole of `path` ("-": standard input) and find out its format.
 * skip_bad: malformed records are counted and passed over instead of ending the feed.
 * host: for records of several computers, the one to play; NULL: the first seen.
 * Returns 0 and *out, or NTCB_ENOENT, NTCB_EIO, NTCB_EFORMAT (unknown or damaged; *error says
 * where and what to do), NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_feed_open(struct ntsim_feed **out, const char *path, const char *host,
                                bool skip_bad, struct ntsim_feed_error *error);

/* ntsim_feed_open_bytes - the same for a recording in memory, plain or compressed; `name` is what
 * places in it are called. The bytes may go away after the call. */
NTCB_EXPORT int ntsim_feed_open_bytes(struct ntsim_feed **out, const char *name, const void *raw,
                                      size_t size, const char *host, bool skip_bad,
                                      struct ntsim_feed_error *error);

/* ntsim_feed_next - 1 and *event, 0 at the end, NTCB_EFORMAT with *error at a malformed record (the
 * feed then stays at its end), NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_feed_next(struct ntsim_feed *feed, struct ntsim_event *event,
                                struct ntsim_feed_error *error);
/* Back to the first event; the same events come again. */
NTCB_EXPORT void ntsim_feed_rewind(struct ntsim_feed *feed);
NTCB_EXPORT void ntsim_feed_counts(const struct ntsim_feed *feed, struct ntsim_feed_counts *out);
/* "procmon", "sysmon/flat", "sysmon/winlogbeat6", "sysmon/ecs", "sysmon/evtx", "sysmon/wazuh",
 * "regedit", "ntcallback" */
NTCB_EXPORT const char *ntsim_feed_format(const struct ntsim_feed *feed);
NTCB_EXPORT void ntsim_feed_close(struct ntsim_feed *feed);

NTCB_END_DECLS

#endif
