/* SPDX-License-Identifier: MIT
 *
 * cmwatch.h - who wants to be told of changes of keys, and telling them (REG-NTF).
 *
 * A key object that was asked to watch its key has a watch, with what the first request wanted
 * (REG-NTF-04). Each request that has not been answered is a post. A change completes the posts of
 * every watch it concerns; where none is waiting, the watch remembers it for the next.
 *
 * Locks       State->Lock protects watches and posts.
 * Invariants
 *   N1  A watch is in its key's list until its object's last handle is closed, or the key is
 *       deleted; then Key is NULL.
 *   N2  A pending post is in State->Posts and in the list of each of its watches. It leaves all of
 *       them at once, for State->Completed; whoever lets go of the lock next delivers it, with
 *       nothing locked.
 *   N3  Who delivers a post frees it; one that its caller waits for, the caller, once Done is set.
 *   N4  Who closes the last handle counts it down and then looks for a watch; who asks makes the
 *       watch and then looks at the count: one of the two ends the post.
 */
#ifndef SIM_CM_CMWATCH_H
#define SIM_CM_CMWATCH_H

#include "cm/cmservice.h"
#include "ke/kip.h"

struct CMP_WATCH {
    struct CMP_WATCH *Next; /* Key->Watches */
    struct CMP_KEY *Key;    /* NULL: deleted */
    ULONG Filter;           /* REG_NOTIFY_CHANGE_* */
    BOOLEAN Tree;           /* all below the key, too */
    BOOLEAN Changed;        /* while no post was there */
    LIST_ENTRY Posts;       /* CMP_POST_PART.Entry */
};

struct CMP_POST;
struct CMP_POST_PART {
    LIST_ENTRY Entry;
    struct CMP_POST *Post;
};

#define CMP_POST_PARTS 2u /* the key, and the subordinate key */

struct CMP_POST {
    LIST_ENTRY Link; /* State->Posts, State->Completed */
    struct CMP_POST_PART Parts[CMP_POST_PARTS];
    ULONG Count;     /* of Parts in use */
    BOOLEAN Pending; /* N2 */
    BOOLEAN Waited;  /* by its caller */
    NTSTATUS Status;
    KPROCESSOR_MODE Mode;
    PIO_STATUS_BLOCK IoStatusBlock;
    PKEVENT Event;                  /* referenced; NULL: none */
    struct CMP_OBJECT *Subordinate; /* referenced; NULL: none */
    struct ntsim_thread *Thread;    /* referenced; whose APC it is, and who may end before */
    BOOLEAN EndsWithThread;
    struct KIP_APC *Apc;   /* NULL: none */
    PWORK_QUEUE_ITEM Work; /* NULL: none */
    WORK_QUEUE_TYPE Queue;
    KEVENT Done;
};

/* ---- cmwatch.c ---- */
/* Object's watch, made if it has none; NULL: no memory. Locked. */
struct CMP_WATCH *CmpWatchOf(struct CMP_OBJECT *Object, ULONG Filter, BOOLEAN Tree);
/* Post waits for its watches, or is completed if one of them has changed already. Locked. */
VOID CmpAddPost(struct CMP_POST *Post, struct CMP_WATCH *const *Watches, ULONG Count);
/* Locked. */
VOID CmpCompletePost(struct CMP_POST *Post, NTSTATUS Status);
/* Object is closed: its posts are over. Locks. */
VOID CmpEndWatch(struct CMP_OBJECT *Object);
VOID CmpFreePost(struct CMP_POST *Post);

#endif
