/* SPDX-License-Identifier: MIT
 *
 * reg_walk.h - one notify class after the other: how a row of the walk is played.
 *
 * A row says how its class is raised, what its structure must hold, what a bypassing driver fills
 * in, and how to see that the operation happened. Each row is played on every Windows that has the
 * class, by a kernel-mode and by a user-mode caller, and in four ways: let through, blocked,
 * bypassed, overridden in its post notification.
 */
#ifndef REG_WALK_H
#define REG_WALK_H

#include "hivekit.h"

#define WALK_BLOCKED STATUS_WRONG_VOLUME /* what no service returns */
#define WALK_KEY BASE u"\\walk"
#define WALK_KEY_UTF8 BASE_UTF8 "\\walk"

enum WALK_WAY { WalkPrepare, WalkThrough, WalkBlock, WalkBypass, WalkOverride };

struct WALK {
    struct WATCH Watch;
    const struct WALK_ROW *Row;
    enum ntcb_windows Windows;
    KPROCESSOR_MODE Mode;
    enum WALK_WAY Going; /* the way of the row */
    enum WALK_WAY Way;   /* the callback's */
    HANDLE Key;          /* the caller's */
    PVOID Object;        /* what it stands for */
    HANDLE Closed;       /* what Key was */
    HANDLE Made;         /* by create and open; NULL: none */
    PVOID Substitute;    /* a key object that a bypass may hand out */
    NTSTATUS Status;     /* of the call */
    ULONG Count;         /* notes when it returned, cleanups left out */
    ULONG Cleanups;      /* of object contexts */
    BOOLEAN Right;       /* Check said so */
    PVOID Shown;         /* Object of the pre structure */
    HANDLE Other;        /* a file or a second key */
    /* Arguments. */
    UNICODE_STRING Name;
    WCHAR NameText[48];
    ULONG Data;
    ULONG Length;
    ULONG ResultLength;
    ULONG Disposition;
    LARGE_INTEGER Time;
    KEY_VALUE_ENTRY Entry;
    union {
        UCHAR Buffer[512];
        KEY_BASIC_INFORMATION KeyBasic;
        KEY_VALUE_FULL_INFORMATION ValueFull;
        KEY_VALUE_PARTIAL_INFORMATION ValuePartial;
        ULONG Word;
    };
};

struct WALK_ROW {
    ULONG Pre, Post;
    enum ntcb_windows First, Last;
    ULONG CallContext, ObjectContext, Slot; /* offsets */
    ULONG Flags;
    NTSTATUS (*Raise)(struct WALK *Walk);
    /* Runs in the pre notification: is every member as it should be? */
    BOOLEAN (*Check)(struct WALK *Walk, const union INFORMATION *Information);
    /* What a bypassing driver does; NULL: nothing need be done. */
    VOID (*Fill)(struct WALK *Walk, union INFORMATION *Information);
    /* As the caller: did it get what Fill wrote? */
    BOOLEAN (*Filled)(struct WALK *Walk);
    /* As the caller, with no callback left: did the operation happen? NULL: cannot be seen. */
    BOOLEAN (*Happened)(struct WALK *Walk);
};

#define WALK_KERNEL_ONLY 0x01u /* no user-mode form */
#define WALK_NO_VERDICT 0x02u  /* what callbacks return does not count */
#define WALK_NO_OBJECT 0x04u   /* Object is NULL in the post notification */
#define WALK_OPEN 0x08u        /* a create or open */
#define WALK_UNSEEN 0x10u      /* the object in the structure is not that of Key */
#define WALK_ASIDE 0x20u       /* the row's own classes count; its calls raise others too */

#define WALK_SLOTS(type, object_context, slot) \
    FIELD_OFFSET(type, CallContext), FIELD_OFFSET(type, object_context), FIELD_OFFSET(type, slot)
#define WALK_PLAIN(type) WALK_SLOTS(type, ObjectContext, Reserved)

/* ---- for rows -------------------------------------------------------------------------------- */

static inline VOID WalkName(struct WALK *Walk, PUNICODE_STRING Name)
{
    memset(Walk->NameText, 0, sizeof(Walk->NameText));
    memcpy(Walk->NameText, Name->Buffer, Name->Length);
    Walk->Name = (UNICODE_STRING){Name->Length, sizeof(Walk->NameText), Walk->NameText};
}

/* An input as callbacks are to see it: the kernel's own pointer, a copy of what a user passed (from
 * Windows 8 on always; before, either), and the same bytes. */
static inline BOOLEAN WalkInput(const struct WALK *Walk, const void *Seen, const void *Given,
                                SIZE_T Bytes)
{
    BOOLEAN Place = Walk->Mode == KernelMode          ? Seen == Given
                    : Walk->Windows >= NTCB_WINDOWS_8 ? Seen != Given
                                                      : TRUE;
    return Place && memcmp(Seen, Given, Bytes) == 0;
}

static inline BOOLEAN WalkInputName(const struct WALK *Walk, PCUNICODE_STRING Seen)
{
    return Seen->Length == Walk->Name.Length &&
           WalkInput(Walk, Seen->Buffer, Walk->Name.Buffer, Seen->Length);
}

/* ---- the callback ---------------------------------------------------------------------------- */

static inline PVOID WalkMember(const union INFORMATION *Information, ULONG Offset)
{
    PVOID Value;
    memcpy(&Value, (const UCHAR *)Information + Offset, sizeof(Value));
    return Value;
}

/* The members that the manager fills. */
static inline BOOLEAN WalkOwnMembers(struct WALK *Walk, const union INFORMATION *Information)
{
    const struct WALK_ROW *Row = Walk->Row;
    ULONG_PTR Slot = (ULONG_PTR)WalkMember(Information, Row->Slot);
    if (Walk->Windows < NTCB_WINDOWS_VISTA) {
        return TRUE; /* XP's structures end before them */
    }
    BOOLEAN Version = (Row->Flags & WALK_OPEN) != 0 ? Slot == (Walk->Windows >= NTCB_WINDOWS_7)
                      : Row->Pre == RegNtPreLoadKey
                          ? (Slot != 0) == (Walk->Windows >= NTCB_WINDOWS_10_1507)
                          : Slot == 0;
    PVOID Context = (Row->Flags & WALK_UNSEEN) != 0 ? NULL : Walk;
    return Version && WalkMember(Information, Row->CallContext) == NULL &&
           WalkMember(Information, Row->ObjectContext) == Context;
}

static inline NTSTATUS WalkInPre(struct WALK *Walk, union INFORMATION *Information)
{
    const struct WALK_ROW *Row = Walk->Row;
    PVOID Mark = Walk;
    Walk->Shown = Information->Object;
    Walk->Right = WalkOwnMembers(Walk, Information) && Row->Check(Walk, Information);
    if (Walk->Windows >= NTCB_WINDOWS_VISTA) {
        memcpy((PUCHAR)Information + Row->CallContext, &Mark, sizeof(Mark));
    }
    if (Walk->Way == WalkBypass && Row->Fill != NULL) {
        Row->Fill(Walk, Information);
    }
    return Walk->Way == WalkBlock    ? WALK_BLOCKED
           : Walk->Way == WalkBypass ? STATUS_CALLBACK_BYPASS
                                     : STATUS_SUCCESS;
}

/* A success that becomes a failure: of a create or open, the object goes (CM-POST-10). */
static inline NTSTATUS WalkInPost(struct WALK *Walk, union INFORMATION *Information)
{
    if (Walk->Way != WalkOverride) {
        return STATUS_SUCCESS;
    }
    if ((Walk->Row->Flags & WALK_OPEN) != 0 && Walk->Windows >= NTCB_WINDOWS_VISTA) {
        PREG_CREATE_KEY_INFORMATION Pre = Information->Post.PreInformation;
        ObDereferenceObject(Information->Post.Object);
        Information->Post.Object = *Pre->ResultObject = NULL;
    }
    Information->Post.ReturnStatus = WALK_BLOCKED;
    return STATUS_CALLBACK_BYPASS;
}

static inline NTSTATUS WalkHook(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct WALK *Walk = Watch->Context;
    if (Walk->Way == WalkPrepare && Class == RegNtPreQueryKey) {
        CmSetCallbackObjectContext(Information->Object, &Watch->Cookie, Walk, NULL);
    }
    if (Class == RegNtCallbackObjectContextCleanup) {
        Walk->Cleanups += Information->Cleanup.ObjectContext == Walk &&
                          Information->Cleanup.Object == Walk->Object;
        Watch->Count--; /* neither before nor after an operation */
        return STATUS_ACCESS_DENIED;
    }
    if (Walk->Way != WalkPrepare && (Walk->Row->Flags & WALK_ASIDE) != 0 &&
        Class != Walk->Row->Pre && Class != Walk->Row->Post) {
        Watch->Count--;
        return STATUS_SUCCESS;
    }
    return Walk->Way == WalkPrepare   ? STATUS_SUCCESS
           : Class == Walk->Row->Pre  ? WalkInPre(Walk, Information)
           : Class == Walk->Row->Post ? WalkInPost(Walk, Information)
                                      : STATUS_SUCCESS;
}

/* ---- the play -------------------------------------------------------------------------------- */

static inline VOID WalkRegister(struct WALK *Walk)
{
    Walk->Watch = (struct WATCH){.Hook = WalkHook, .Context = Walk};
    Walk->Way = WalkPrepare;
    if (Walk->Windows < NTCB_WINDOWS_VISTA) {
        EXPECT_SUCCESS(CmRegisterCallback(WatchCallback, &Walk->Watch, &Walk->Watch.Cookie));
        return;
    }
    WatchBegin(&Walk->Watch);
    FullInformation(Walk->Key); /* gives the object its context */
    Walk->Watch.Count = 0;
}

static inline VOID WalkOpenKey(struct WALK *Walk)
{
    EXPECT_SUCCESS(Open(&Walk->Key, NULL, STR(WALK_KEY), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Walk->Key, 0, *CmKeyObjectType, KernelMode, &Walk->Object, NULL));
    ObDereferenceObject(Walk->Object); /* the handle keeps it */
}

static inline VOID WalkMakeTree(const struct WALK_ROW *Row)
{
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"walk"));
    EXPECT_SUCCESS(SetDword(Key, STR(u"old"), 0x11223344));
    Close(MakeKey(Base, STR(u"other")));
    if (Row->Pre != RegNtPreDeleteKey) {
        Close(MakeKey(Key, STR(u"child")));
    }
    Close(Key);
    Close(Base);
}

static inline VOID WalkExpectStatus(const struct WALK *Walk, enum WALK_WAY Way)
{
    BOOLEAN Decides = (Walk->Row->Flags & WALK_NO_VERDICT) == 0;
    BOOLEAN Override = Way == WalkOverride && Walk->Windows >= NTCB_WINDOWS_VISTA;
    EXPECT_STATUS(Walk->Status,
                  Decides && (Way == WalkBlock || Override) ? WALK_BLOCKED : STATUS_SUCCESS);
}

static inline VOID WalkExpectPost(const struct WALK *Walk)
{
    const REG_POST_OPERATION_INFORMATION *Post = &Walk->Watch.Notes[1].Information.Post;
    if (Walk->Row->Post == RegNtPostCreateKey || Walk->Row->Post == RegNtPostOpenKey) {
        EXPECT_SUCCESS(Walk->Watch.Notes[1].Information.XpPostCreateKey.Status);
        EXPECT_TRUE(Walk->Watch.Notes[1].Information.XpPostCreateKey.Object != NULL);
        return;
    }
    EXPECT_SUCCESS(Post->Status);
    EXPECT_SUCCESS(Post->ReturnStatus);
    EXPECT_PTR(Post->Reserved, NULL);
    EXPECT_TRUE(Post->PreInformation != NULL);
    if ((Walk->Row->Flags & WALK_OPEN) != 0) {
        EXPECT_TRUE(Post->Object != NULL && Post->Object != Walk->Object);
    } else {
        EXPECT_PTR(Post->Object, (Walk->Row->Flags & WALK_NO_OBJECT) != 0 ? NULL
                                 : (Walk->Row->Flags & WALK_UNSEEN) != 0  ? Walk->Shown
                                                                          : Walk->Object);
    }
    if (Walk->Windows >= NTCB_WINDOWS_VISTA) {
        EXPECT_PTR(Post->CallContext, Walk);
    }
}

static inline VOID WalkExpectNotes(const struct WALK *Walk, enum WALK_WAY Way)
{
    BOOLEAN Decides = (Walk->Row->Flags & WALK_NO_VERDICT) == 0;
    BOOLEAN HasPost = Walk->Windows > NTCB_WINDOWS_XP || Walk->Row->Last == NTCB_WINDOWS_XP;
    BOOLEAN Stopped = Decides && (Way == WalkBlock || Way == WalkBypass);
    EXPECT_EQ(Walk->Count, HasPost && !Stopped ? 2 : 1);
    EXPECT_EQ(Walk->Watch.Notes[0].Class, Walk->Row->Pre);
    EXPECT_EQ(Walk->Watch.Notes[0].PreviousMode, Walk->Mode);
    EXPECT_TRUE(Walk->Right);
    if (Walk->Count == 2) {
        EXPECT_EQ(Walk->Watch.Notes[1].Class, Walk->Row->Post);
        WalkExpectPost(Walk);
    }
}

static inline VOID WalkExpectEffect(struct WALK *Walk, enum WALK_WAY Way)
{
    BOOLEAN Decides = (Walk->Row->Flags & WALK_NO_VERDICT) == 0;
    if (Way == WalkBypass && Walk->Row->Filled != NULL) {
        EXPECT_TRUE(Walk->Row->Filled(Walk));
    }
    if (Walk->Row->Happened != NULL) {
        EXPECT_EQ(Walk->Row->Happened(Walk) != FALSE,
                  !Decides || Way == WalkThrough || Way == WalkOverride);
    }
}

/* One call, from tree to tree, as the caller of Walk->Mode. */
static inline VOID WalkOnce(struct WALK *Walk, enum WALK_WAY Way)
{
    WalkOpenKey(Walk);
    WalkRegister(Walk);
    Walk->Made = NULL;
    Walk->Closed = NULL;
    Walk->Cleanups = 0;
    Walk->Length = sizeof(Walk->Buffer);
    memset(Walk->Buffer, 0xEE, sizeof(Walk->Buffer));
    Walk->Right = FALSE;
    Walk->Way = Way;
    Walk->Status = Walk->Row->Raise(Walk);
    Walk->Count = Walk->Watch.Count;
    Walk->Way = WalkPrepare;
    WalkExpectStatus(Walk, Way);
    WalkExpectNotes(Walk, Way);
    WatchEnd(&Walk->Watch);
    EXPECT_EQ(Walk->Cleanups, Walk->Windows >= NTCB_WINDOWS_VISTA);
    WalkExpectEffect(Walk, Way);
    if (Walk->Made != NULL) {
        Close(Walk->Made);
    }
    if (Walk->Key != NULL) {
        Close(Walk->Key);
    }
}

#endif
