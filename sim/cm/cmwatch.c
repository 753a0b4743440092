/* SPDX-License-Identifier: MIT
 *
 * cmwatch.c - watches and posts: which changes concern whom, and delivering the answers.
 *
 * A change is seen by watches of the key itself and by those with WatchTree above it, up to the
 * root of its hive. That a subkey comes, goes or is renamed is a change of its parent.
 */
#include "cm/cmwatch.h"
#include "mm/mmp.h"

/* ---- ending posts; locked ---- */

VOID CmpCompletePost(struct CMP_POST *Post, NTSTATUS Status)
{
    struct CMP_STATE *State = CmpState();
    for (ULONG Index = 0; Index < Post->Count; Index++) {
        RemoveEntryList(&Post->Parts[Index].Entry);
    }
    RemoveEntryList(&Post->Link);
    Post->Pending = FALSE;
    Post->Status = Status;
    InsertTailList(&State->Completed, &Post->Link);
}

static VOID CmpCompleteAll(struct CMP_WATCH *Watch, NTSTATUS Status)
{
    while (!IsListEmpty(&Watch->Posts)) {
        CmpCompletePost(CONTAINING_RECORD(Watch->Posts.Flink, struct CMP_POST_PART, Entry)->Post,
                        Status);
    }
}

static VOID CmpForgetKey(struct CMP_WATCH *Watch)
{
    struct CMP_WATCH **Place = &Watch->Key->Watches;
    while (*Place != Watch) {
        Place = &(*Place)->Next;
    }
    *Place = Watch->Next;
    Watch->Key = NULL;
    CmpState()->WatchCount--;
}

/* ---- changes; locked ---- */

static VOID CmpFire(struct CMP_WATCH *Watch)
{
    if (IsListEmpty(&Watch->Posts)) {
        Watch->Changed = TRUE;
    }
    CmpCompleteAll(Watch, STATUS_NOTIFY_ENUM_DIR);
}

VOID CmpReportChange(struct CMP_KEY *Key, ULONG Filter)
{
    BOOLEAN Self = TRUE;
    if (CmpState()->WatchCount == 0 || Key->Maker != NULL || (Key->Flags & CMP_KEY_VIEW) != 0) {
        return; /* what a transaction does is told when it is committed */
    }
    if (Filter == REG_NOTIFY_CHANGE_NAME) {
        Key = Key->Parent;
    }
    for (; Key != NULL; Key = Key->Parent) {
        for (struct CMP_WATCH *Watch = Key->Watches; Watch != NULL; Watch = Watch->Next) {
            if ((Watch->Filter & Filter) != 0 && (Self || Watch->Tree)) {
                CmpFire(Watch);
            }
        }
        if ((Key->Flags & CMP_KEY_HIVE_ROOT) != 0) {
            return;
        }
        Self = FALSE;
    }
}

VOID CmpDropWatches(struct CMP_KEY *Key)
{
    while (Key->Watches != NULL) {
        struct CMP_WATCH *Watch = Key->Watches;
        CmpCompleteAll(Watch, STATUS_KEY_DELETED);
        CmpForgetKey(Watch);
    }
}

/* ---- watches and posts ---- */

struct CMP_WATCH *CmpWatchOf(struct CMP_OBJECT *Object, ULONG Filter, BOOLEAN Tree)
{
    struct CMP_WATCH *Watch = Object->Watch;
    if (Watch != NULL) {
        return Watch; /* REG-NTF-04 */
    }
    Watch = ntsim__allocate(sizeof(*Watch));
    if (Watch != NULL) {
        Watch->Key = Object->Key;
        Watch->Filter = Filter;
        Watch->Tree = Tree;
        InitializeListHead(&Watch->Posts);
        Watch->Next = Object->Key->Watches;
        Object->Key->Watches = Watch;
        Object->Watch = Watch;
        CmpState()->WatchCount++;
    }
    return Watch;
}

VOID CmpAddPost(struct CMP_POST *Post, struct CMP_WATCH *const *Watches, ULONG Count)
{
    BOOLEAN Changed = FALSE;
    Post->Count = Count;
    Post->Pending = TRUE;
    InsertTailList(&CmpState()->Posts, &Post->Link);
    for (ULONG Index = 0; Index < Count; Index++) {
        Post->Parts[Index].Post = Post;
        InsertTailList(&Watches[Index]->Posts, &Post->Parts[Index].Entry);
        Changed = Changed || Watches[Index]->Changed;
        Watches[Index]->Changed = FALSE;
    }
    if (Changed) {
        CmpCompletePost(Post, STATUS_NOTIFY_ENUM_DIR);
    }
}

VOID CmpEndWatch(struct CMP_OBJECT *Object)
{
    struct CMP_STATE *State = CmpState();
    if (Object->Watch == NULL) {
        return; /* N4 */
    }
    CmpLock(State);
    struct CMP_WATCH *Watch = Object->Watch;
    Object->Watch = NULL;
    if (Watch != NULL) {
        CmpCompleteAll(Watch, STATUS_NOTIFY_CLEANUP);
        if (Watch->Key != NULL) {
            CmpForgetKey(Watch);
        }
    }
    CmpUnlock(State);
    ntsim__release(Watch);
}

VOID CmpEndThreadPosts(struct ntsim_thread *Thread)
{
    struct CMP_STATE *State = CmpState();
    if (State->Lock == NULL) {
        return; /* not yet begun, or over */
    }
    CmpLock(State);
    for (PLIST_ENTRY Entry = State->Posts.Flink; Entry != &State->Posts;) {
        struct CMP_POST *Post = CONTAINING_RECORD(Entry, struct CMP_POST, Link);
        Entry = Entry->Flink;
        if (Post->Thread == Thread && Post->EndsWithThread) {
            CmpCompletePost(Post, STATUS_NOTIFY_CLEANUP);
        }
    }
    CmpUnlock(State);
}

/* ---- answers; not locked ---- */

VOID CmpFreePost(struct CMP_POST *Post)
{
    if (Post->Event != NULL) {
        ObpDereference(Post->Event, NULL);
    }
    if (Post->Subordinate != NULL) {
        ObpDereference(Post->Subordinate, NULL);
    }
    if (Post->Thread != NULL) {
        ObpDereference(Post->Thread, NULL);
    }
    ntsim__release(Post->Apc);
    ntsim__release(Post);
}

static VOID CmpDeliver(struct CMP_POST *Post)
{
    IO_STATUS_BLOCK Answer = {.Status = Post->Status};
    /* A program that has taken its block away is told by the event all the same. */
    (void)MmpCopy(Post->Mode, Post->IoStatusBlock, &Answer, sizeof(Answer));
    if (Post->Event != NULL) {
        KeSetEvent(Post->Event, 0, FALSE);
    }
    if (Post->Apc != NULL) {
        KipQueueApc((PKTHREAD)(PVOID)Post->Thread, Post->Apc);
        Post->Apc = NULL;
    }
    if (Post->Work != NULL) {
        ExQueueWorkItem(Post->Work, Post->Queue);
    }
    if (Post->Waited) {
        KeSetEvent(&Post->Done, 0, FALSE); /* N3 */
    } else {
        CmpFreePost(Post);
    }
}

BOOLEAN CmpTakeCompleted(struct CMP_STATE *State, PLIST_ENTRY Completed)
{
    if (State->Completed.Flink == NULL || IsListEmpty(&State->Completed)) {
        return FALSE;
    }
    *Completed = State->Completed;
    Completed->Flink->Blink = Completed;
    Completed->Blink->Flink = Completed;
    InitializeListHead(&State->Completed);
    return TRUE;
}

VOID CmpDeliverAll(PLIST_ENTRY Completed)
{
    while (!IsListEmpty(Completed)) {
        CmpDeliver(CONTAINING_RECORD(RemoveHeadList(Completed), struct CMP_POST, Link));
    }
}
