/* SPDX-License-Identifier: MIT
 *
 * taken.c - what a driver took and had not given back when it was unloaded (DV-23).
 *
 * While a driver's module is loaded, each object counts the references that were taken and given
 * back from each place of drivers' and of the program's code. What a driver took and did not give
 * back itself may have been given back by another's code: it leaks no more than all places together
 * still hold. Handles know the place that made them.
 *
 * Invariants
 *   T1  The list of an object only grows, until the object leaves its slot's list. Its counts are
 *       atomic. Two threads may make two entries of one place: they are added up.
 *   T2  When a module goes, none of its code runs, and the places in it are forgotten (Place is
 *       NULL) before another module can lie there. Their counts stay.
 */
#include "ob/obp_state.h"
#include "io/iop.h"
#include "ps/psp.h"
#include "verifier/report.h"

#include <ntcallback/dispatch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBP_LINES_MAX 100u /* of the list; the rest is counted */
#define OBP_PLACES_MAX 4u  /* named of each object */
#define OBP_LINE_BYTES 1024u

struct OBP_TAKING {
    struct OBP_TAKING *Next;
    _Atomic(const void *) Place;
    _Atomic LONG Taken;
    _Atomic LONG Given;
};

/* References to one object that a module has not given back. */
struct OBP_LEFT {
    PVOID Object; /* referenced */
    LONG Count;
    struct {
        const void *Place;
        LONG Taken;
    } Places[OBP_PLACES_MAX];
    ULONG PlaceCount;
};

/* A list in the making. */
struct OBP_LIST {
    BOOLEAN (*Mine)(PVOID Context, const VOID *Address);
    PVOID Context;
    const char *Driver; /* NULL: nothing is reported */
    char *Text;         /* NULL: no memory, or not reported */
    SIZE_T Length;
    SIZE_T Bytes;
    ULONG Lines;
    ULONG References;
    ULONG Handles;
    const void *First; /* place of the first entry */
};

/* T1. Memory of the host's own table: an injected fault must not lose a leak. */
static struct OBP_TAKING *ObpPlaceOf(struct OBP_HEADER *Header, const void *Place)
{
    const struct ntcb_host_ops *Host = ObpState()->Host;
    struct OBP_TAKING *First = atomic_load_explicit(&Header->Takings, memory_order_acquire);
    struct OBP_TAKING *Entry;

    for (Entry = First; Entry != NULL; Entry = Entry->Next) {
        if (atomic_load_explicit(&Entry->Place, memory_order_relaxed) == Place) {
            return Entry;
        }
    }
    Entry = Host->allocate(Host->context, sizeof(*Entry));
    if (Entry == NULL) {
        return NULL;
    }
    *Entry = (struct OBP_TAKING){.Next = First};
    atomic_store_explicit(&Entry->Place, Place, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&Header->Takings, &Entry->Next, Entry)) {
    }
    return Entry;
}

VOID ObpNoteTaker(PVOID Object, const void *Caller)
{
    struct OBP_TAKING *Entry;

    atomic_store_explicit(&ObpHeader(Object)->Taker, Caller, memory_order_relaxed);
    if (IopHasDrivers() && (Entry = ObpPlaceOf(ObpHeader(Object), Caller)) != NULL) {
        atomic_fetch_add_explicit(&Entry->Taken, 1, memory_order_relaxed);
    }
}

VOID ObpNoteGiver(PVOID Object, const void *Caller)
{
    struct OBP_TAKING *Entry;

    if (IopHasDrivers() && (Entry = ObpPlaceOf(ObpHeader(Object), Caller)) != NULL) {
        atomic_fetch_add_explicit(&Entry->Given, 1, memory_order_relaxed);
    }
}

VOID ObpForgetTakings(struct OBP_HEADER *Header)
{
    const struct ntcb_host_ops *Host = ObpState()->Host;
    struct OBP_TAKING *Entry = atomic_exchange(&Header->Takings, NULL);

    while (Entry != NULL) {
        struct OBP_TAKING *Next = Entry->Next;

        Host->release(Host->context, Entry);
        Entry = Next;
    }
}

/* ---- at unload ------------------------------------------------------------------------------- */

/* A reference, unless the last one has gone. */
static BOOLEAN ObpTryReference(struct OBP_HEADER *Header)
{
    LONG Count = atomic_load(&Header->PointerCount);

    while (Count > 0) {
        if (atomic_compare_exchange_weak(&Header->PointerCount, &Count, Count + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* With the slot's lock held: what the module has left of the object, whose places are forgotten
 * (T2). */
static BOOLEAN ObpTakeLeft(struct OBP_HEADER *Header, const struct OBP_LIST *List,
                           struct OBP_LEFT *Left)
{
    struct OBP_TAKING *Entry = atomic_load(&Header->Takings);
    struct OBP_TAKING *Last = NULL;
    LONG Mine = 0, All = 0;

    *Left = (struct OBP_LEFT){.Object = NULL};
    for (; Entry != NULL; Entry = Entry->Next) {
        const void *Place = atomic_load(&Entry->Place);
        LONG Taken = atomic_load(&Entry->Taken), Net = Taken - atomic_load(&Entry->Given);

        All += Net;
        if (Place == NULL || !List->Mine(List->Context, Place)) {
            continue;
        }
        Mine += Net;
        Last = Entry;
        atomic_store(&Entry->Place, NULL);
        if (Taken > 0 && Left->PlaceCount < OBP_PLACES_MAX) {
            Left->Places[Left->PlaceCount].Place = Place;
            Left->Places[Left->PlaceCount++].Taken = Taken;
        }
    }
    Left->Count = Mine < All ? Mine : All;
    if (Left->Count <= 0 || !ObpTryReference(Header)) {
        return FALSE;
    }
    atomic_fetch_add(&Last->Given, Left->Count);
    Left->Object = ObpBody(Header);
    return TRUE;
}

static BOOLEAN ObpFindLeft(struct OBP_SLOT *Slot, const struct OBP_LIST *List,
                           struct OBP_LEFT *Left)
{
    BOOLEAN Found = FALSE;
    PLIST_ENTRY Entry;

    ntsim__lock(Slot->Lock);
    for (Entry = Slot->Objects.Flink; Entry != &Slot->Objects && !Found; Entry = Entry->Flink) {
        Found = ObpTakeLeft(CONTAINING_RECORD(Entry, struct OBP_HEADER, Link), List, Left);
    }
    ntsim__unlock(Slot->Lock);
    return Found;
}

/* Room for one more line of the list, or FALSE: it is not reported, or only counted. */
static BOOLEAN ObpGrowList(struct OBP_LIST *List)
{
    const struct ntcb_host_ops *Host = ObpState()->Host;
    SIZE_T Bytes = List->Bytes == 0 ? 2 * OBP_LINE_BYTES : 2 * List->Bytes;
    char *Text;

    if (List->Driver == NULL || List->Lines++ >= OBP_LINES_MAX) {
        return FALSE;
    }
    if (List->Bytes - List->Length > OBP_LINE_BYTES) {
        return TRUE;
    }
    Text = Host->allocate(Host->context, Bytes);
    if (Text == NULL) {
        return FALSE;
    }
    if (List->Text != NULL) {
        memcpy(Text, List->Text, List->Length);
    }
    Host->release(Host->context, List->Text);
    List->Text = Text;
    List->Bytes = Bytes;
    return TRUE;
}

/* What fits of it; a line is at most OBP_LINE_BYTES long. */
static VOID ObpAddText(struct OBP_LIST *List, const char *Text)
{
    SIZE_T Room = List->Bytes - List->Length;
    int Length = snprintf(List->Text + List->Length, Room, "%s", Text);

    List->Length += Length > 0 && (SIZE_T)Length < Room ? (SIZE_T)Length : Room - 1;
}

static VOID ObpAddObject(struct OBP_LIST *List, PVOID Object)
{
    char Name[256], Text[384];

    ObpDescribe(ObpHeader(Object), Name, sizeof(Name));
    snprintf(Text, sizeof(Text), "%s (%s): ", ObpHeader(Object)->Type->Name,
             Name[0] != '\0' ? Name : "without a name");
    ObpAddText(List, Text);
}

static VOID ObpListLeft(struct OBP_LIST *List, const struct OBP_LEFT *Left)
{
    char Symbol[NTSIM__SYMBOL_BYTES], Text[NTSIM__SYMBOL_BYTES + 64];

    if (!ObpGrowList(List)) {
        return;
    }
    ObpAddObject(List, Left->Object);
    snprintf(Text, sizeof(Text), "%d reference(s), taken by ", (int)Left->Count);
    ObpAddText(List, Text);
    for (ULONG Index = Left->PlaceCount; Index-- != 0;) { /* the oldest first */
        snprintf(Text, sizeof(Text), "%s%s", Index + 1 == Left->PlaceCount ? "" : ", ",
                 ntsim__symbol(Left->Places[Index].Place, Symbol, sizeof(Symbol)));
        ObpAddText(List, Text);
        if (Left->Places[Index].Taken != Left->Count) {
            snprintf(Text, sizeof(Text), " (%d taken there)", (int)Left->Places[Index].Taken);
            ObpAddText(List, Text);
        }
    }
    ObpAddText(List, "\n");
}

/* Of one object after the other: listed, and given back. */
static VOID ObpGiveBack(struct OBP_LIST *List)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_LEFT Left;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(State->Slots); Index++) {
        while (ObpFindLeft(&State->Slots[Index], List, &Left)) {
            List->References += (ULONG)Left.Count;
            List->First =
                List->First != NULL ? List->First : Left.Places[Left.PlaceCount - 1].Place;
            ObpListLeft(List, &Left);
            for (LONG Count = 0; Count <= Left.Count; Count++) { /* ours too */
                ObpDereference(Left.Object, NULL);
            }
        }
    }
}

/* ---- handles --------------------------------------------------------------------------------- */

static VOID ObpCloseLeft(struct OBP_LIST *List, struct OBP_HANDLE_TABLE *Table, ULONG_PTR Bits)
{
    char Symbol[NTSIM__SYMBOL_BYTES], Text[NTSIM__SYMBOL_BYTES + 64];
    const void *Taker;
    PVOID Object;
    ULONG End;

    ntsim__lock(ObpState()->Lock);
    End = Table->FirstUnused;
    ntsim__unlock(ObpState()->Lock);
    for (ULONG Index = 1; Index < End; Index++) {
        Taker = ObpHandleTaker(Table, Index);
        if (Taker == NULL || !List->Mine(List->Context, Taker) ||
            (Object = ObpRemoveHandle(Table, Index)) == NULL) {
            continue;
        }
        List->Handles++;
        List->First = List->First != NULL ? List->First : Taker;
        if (ObpGrowList(List)) {
            ObpAddObject(List, Object);
            snprintf(Text, sizeof(Text), "handle %p, made by %s\n",
                     (void *)((ULONG_PTR)Index * 4 | Bits),
                     ntsim__symbol(Taker, Symbol, sizeof(Symbol)));
            ObpAddText(List, Text);
        }
        ObpDropHandleReference(Object);
    }
}

static VOID ObpReportList(const struct OBP_LIST *List)
{
    char More[64] = "";

    if (List->Lines > OBP_LINES_MAX) {
        snprintf(More, sizeof(More), "; the first %u are listed", OBP_LINES_MAX);
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "DV-23",
            .parameter = {List->References, List->Handles, 0, 0},
            .address = List->First,
            .on_windows = "the objects live until the next boot, and so does what they hold",
            .fix = "give back each reference with ObDereferenceObject and close each handle with "
                   "ZwClose, before DriverUnload returns and on the failing paths of DriverEntry",
            .details = List->Text,
        },
        "driver %s is gone, but did not give back %u reference(s) and %u handle(s)%s", List->Driver,
        (unsigned)List->References, (unsigned)List->Handles, More);
}

ULONG ObpReportTaken(BOOLEAN (*Mine)(PVOID Context, const VOID *Address), PVOID Context,
                     const char *Driver)
{
    struct OBP_LIST List = {.Mine = Mine, .Context = Context, .Driver = Driver};
    const struct ntcb_host_ops *Host = ObpState()->Host;

    ObpCloseLeft(&List, &ObpState()->KernelHandles, OBP_KERNEL_HANDLE_BIT);
    ObpCloseLeft(&List, PspHandleTable((struct ntsim_process *)NtcbInitialSystemProcess()), 0);
    ObpGiveBack(&List);
    if (Driver != NULL && List.References + List.Handles != 0) {
        ObpReportList(&List);
    }
    Host->release(Host->context, List.Text);
    return List.References + List.Handles;
}
