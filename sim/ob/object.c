/* SPDX-License-Identifier: MIT
 *
 * object.c - object headers: creation, reference counts, death.
 *
 * Invariants
 *   O1  PointerCount counts every reference, those of handles included; HandleCount only handles.
 *   O2  The count reaches 0 once. From then on the object is dying: the type's Delete runs, nobody
 *       may reference it any more (CM-CLS-03), and the memory goes to the ring of the dead.
 */
#include "ob/obp_state.h"
#include "ps/psp.h"
#include "ke/poison.h"
#include "verifier/report.h"

#include <ntcallback/dispatch.h>

#include <string.h>

NTSTATUS ObpCreateObject(POBJECT_TYPE Type, SIZE_T Bytes, PVOID *Object)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_HEADER *Header = ntsim__allocate(sizeof(*Header) + Bytes);
    struct OBP_SLOT *Slot;

    if (Header == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Header->Type = (const struct OBP_TYPE *)Type;
    Header->Bytes = Bytes;
    Header->Signature = OBP_SIGNATURE_LIVE;
    atomic_store_explicit(&Header->PointerCount, 1, memory_order_relaxed);
    Header->Slot = Header->Type->Spread ? 1 + ntsim__slot(State->Host) : 0; /* B3 */
    Slot = &State->Slots[Header->Slot];
    ntsim__lock(Slot->Lock);
    InsertTailList(&Slot->Objects, &Header->Link);
    ntsim__unlock(Slot->Lock);
    *Object = ObpBody(Header);
    return STATUS_SUCCESS;
}

POBJECT_TYPE ObpTypeOf(PVOID Object)
{
    return (POBJECT_TYPE)ObpHeader(Object)->Type;
}

LONG ObpReferenceCount(PVOID Object)
{
    return atomic_load(&ObpHeader(Object)->PointerCount);
}

LONG ObpHandleCount(PVOID Object)
{
    return atomic_load(&ObpHeader(Object)->HandleCount);
}

BOOLEAN ObpIsDying(PVOID Object)
{
    return (atomic_load(&ObpHeader(Object)->Flags) & OBP_FLAG_DYING) != 0;
}

VOID ObpMakePermanent(PVOID Object)
{
    atomic_fetch_or(&ObpHeader(Object)->Flags, OBP_FLAG_PERMANENT);
}

VOID ObpReportMisuse(PVOID Object, const char *What, const void *Caller)
{
    struct OBP_HEADER *Header = ObpHeader(Object);
    BOOLEAN Known = Header->Signature == OBP_SIGNATURE_LIVE;

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-23",
            .bugcheck = REFERENCE_BY_POINTER,
            .parameter = {(uintptr_t)(Known ? Header->Type : NULL), (uintptr_t)Object,
                          (uint64_t)(Known ? ObpReferenceCount(Object) : 0), 0},
            .address = Caller,
            .on_windows = "bug check REFERENCE_BY_POINTER, or memory corruption much later",
            .fix = "pair every reference with one dereference, and keep no pointer to an object "
                   "beyond the reference or the callback that lends it",
        },
        "%s object %p %s", Known ? Header->Type->Name : "a deleted", Object, What);
}

/* The memory of a dead object, kept unless the ring is full; then the oldest is freed. */
static VOID ObpBury(struct OBP_SLOT *Slot, struct OBP_HEADER *Header)
{
    struct OBP_HEADER *Oldest;

    Header->Signature = OBP_SIGNATURE_DEAD;
    memset(ObpBody(Header), 0xDD, Header->Bytes);
    NTSIM_POISON(ObpBody(Header), Header->Bytes);
    ntsim__lock(Slot->Lock);
    RemoveEntryList(&Header->Link);
    ObpForgetTakings(Header); /* T1: who looks for leaks comes by the slot's list */
    Oldest = Slot->Dead[Slot->NextDead];
    Slot->Dead[Slot->NextDead] = Header;
    Slot->NextDead = (Slot->NextDead + 1) % OBP_DEAD_MAX;
    ntsim__unlock(Slot->Lock);
    if (Oldest != NULL) {
        NTSIM_UNPOISON(ObpBody(Oldest), Oldest->Bytes);
        ntsim__release(Oldest);
    }
}

static VOID ObpKill(struct OBP_HEADER *Header)
{
    atomic_fetch_or(&Header->Flags, OBP_FLAG_DYING);
    ObpForgetName(ObpBody(Header));
    if (Header->Type->Delete != NULL) {
        Header->Type->Delete(ObpBody(Header));
    }
    ObpBury(&ObpState()->Slots[Header->Slot], Header);
}

/* True when the object may be referenced or dereferenced; otherwise reports why not. */
static BOOLEAN ObpCheckUse(PVOID Object, const char *Verb, const void *Caller)
{
    struct OBP_HEADER *Header = ObpHeader(Object);

    if (Header->Signature != OBP_SIGNATURE_LIVE) {
        ObpReportMisuse(Object, Verb, Caller);
        return FALSE;
    }
    if (ObpIsDying(Object)) {
        ObpReportMisuse(Object, "is being deleted and has no references left, but was used",
                        Caller);
        return FALSE;
    }
    return TRUE;
}

LONG_PTR ObpReference(PVOID Object, const void *Caller)
{
    if (!ObpCheckUse(Object, "was referenced after its last reference had gone", Caller)) {
        return 1;
    }
    if (Caller != NULL) {
        ObpNoteTaker(Object, Caller);
    }
    return atomic_fetch_add(&ObpHeader(Object)->PointerCount, 1) + 1;
}

BOOLEAN ObpDereferenceUnlessLast(PVOID Object)
{
    LONG Count = atomic_load(&ObpHeader(Object)->PointerCount);

    while (Count > 1) {
        if (atomic_compare_exchange_weak(&ObpHeader(Object)->PointerCount, &Count, Count - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

LONG_PTR ObpDereference(PVOID Object, const void *Caller)
{
    LONG Count;

    if (!ObpCheckUse(Object, "was dereferenced once too often", Caller)) {
        return 0;
    }
    if (Caller != NULL) {
        ObpNoteGiver(Object, Caller);
    }
    Count = atomic_fetch_sub(&ObpHeader(Object)->PointerCount, 1) - 1;
    if (Count == 0) {
        ObpKill(ObpHeader(Object));
    }
    return Count;
}

LONG_PTR NTAPI ObfReferenceObject(PVOID Object)
{
    ntcb_require_kernel(__func__);
    return ObpReference(Object, __builtin_return_address(0));
}

LONG_PTR NTAPI ObfDereferenceObject(PVOID Object)
{
    ntcb_require_kernel(__func__);
    return ObpDereference(Object, __builtin_return_address(0));
}

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess,
                                          POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode)
{
    (void)DesiredAccess; /* access belongs to handles; the parameter is for the object's type */
    ntcb_require_kernel(__func__);
    if (ObpTypeOf(Object) != ObjectType && (AccessMode != KernelMode || ObjectType != NULL)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObpReference(Object, __builtin_return_address(0));
    return STATUS_SUCCESS;
}

POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    return ObpTypeOf(Object);
}

NTSTATUS ObpInitialize(struct OBP_STATE *State)
{
    State->Host = ntsim__host(ntsim_current());
    State->Lock = ntsim__lock_create(ntsim_current());
    if (State->Lock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(State->Slots); Index++) {
        struct OBP_SLOT *Slot = &State->Slots[Index];

        InitializeListHead(&Slot->Objects);
        Slot->Lock = ntsim__lock_create(ntsim_current());
        if (Slot->Lock == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    ntcb_set_object_services(ntsim_kernel(ntsim_current()), &ObpServices);
    NTSTATUS Status = ObpCreateRoot(State);
    return NT_SUCCESS(Status) ? ObpCreateSystemCallbacks() : Status;
}

VOID ObpDescribe(struct OBP_HEADER *Header, char *Text, SIZE_T Bytes)
{
    WCHAR Name[256];
    ULONG Needed = 0;

    Text[0] = '\0';
    if (Header->Type->Describe != NULL) {
        Header->Type->Describe(ObpBody(Header), Text, Bytes);
    } else if (Header->Type->QueryName != NULL &&
               NT_SUCCESS(Header->Type->QueryName(ObpBody(Header), Name, sizeof(Name), &Needed))) {
        Needed = Needed < sizeof(Name) ? Needed : sizeof(Name);
        ntsim__utf8(Name, Needed / sizeof(WCHAR), Text, Bytes);
    }
}

static VOID ObpReportLeak(struct OBP_HEADER *Header)
{
    const void *Taker = atomic_load_explicit(&Header->Taker, memory_order_relaxed);
    char Text[512], Symbol[NTSIM__SYMBOL_BYTES] = "";

    ObpDescribe(Header, Text, sizeof(Text));
    if (Taker != NULL) {
        ntsim__symbol(Taker, Symbol, sizeof(Symbol));
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "DV-23",
            .parameter = {(uintptr_t)Header->Type, (uintptr_t)ObpBody(Header),
                          (uint64_t)ObpReferenceCount(ObpBody(Header)), 0},
            .address = Taker,
            .on_windows = "the object lives until the next boot",
            .fix = "give back every object that a lookup, a reference by handle or a reference by "
                   "pointer returned, with ObDereferenceObject",
        },
        "%s object %p (%s) was left with %d reference(s)%s%s", Header->Type->Name, ObpBody(Header),
        Text, ObpReferenceCount(ObpBody(Header)), Taker != NULL ? ", the latest taken at " : "",
        Symbol);
}

VOID ObpEndNamespace(struct OBP_STATE *State)
{
    ObpCloseTable(&State->KernelHandles);
    if (State->RootDirectory != NULL) {
        ObpEmptyDirectory(State->RootDirectory);
    }
}

/* An object nobody of the simulator's own holds, or NULL. The newest first: a thread holds its
 * process, and only the thread was leaked. */
static struct OBP_HEADER *ObpNewestLeakIn(struct OBP_SLOT *Slot)
{
    struct OBP_HEADER *Found = NULL;
    PLIST_ENTRY Entry;

    ntsim__lock(Slot->Lock);
    for (Entry = Slot->Objects.Blink; Entry != &Slot->Objects && Found == NULL;
         Entry = Entry->Blink) {
        struct OBP_HEADER *Header = CONTAINING_RECORD(Entry, struct OBP_HEADER, Link);

        if ((atomic_load(&Header->Flags) & (OBP_FLAG_PERMANENT | OBP_FLAG_DYING)) == 0) {
            Found = Header;
        }
    }
    ntsim__unlock(Slot->Lock);
    return Found;
}

static struct OBP_HEADER *ObpNewestLeak(struct OBP_STATE *State)
{
    struct OBP_HEADER *Found = NULL;

    for (ULONG Index = RTL_NUMBER_OF(State->Slots); Found == NULL && Index-- != 0;) {
        Found = ObpNewestLeakIn(&State->Slots[Index]);
    }
    return Found;
}

VOID ObpReportLeaks(struct OBP_STATE *State)
{
    struct OBP_HEADER *Header;

    while ((Header = ObpNewestLeak(State)) != NULL) {
        ObpReportLeak(Header);
        atomic_store(&Header->PointerCount, 0);
        ObpKill(Header);
    }
}

static VOID ObpEndSlot(struct OBP_SLOT *Slot)
{
    if (Slot->Lock == NULL) { /* it was not started */
        return;
    }
    ULONG Index;

    while (Slot->Objects.Flink != NULL && !IsListEmpty(&Slot->Objects)) {
        struct OBP_HEADER *Header =
            CONTAINING_RECORD(RemoveHeadList(&Slot->Objects), struct OBP_HEADER, Link);

        ObpForgetTakings(Header);
        ntsim__release(Header);
    }
    for (Index = 0; Index < OBP_DEAD_MAX; Index++) {
        if (Slot->Dead[Index] != NULL) {
            NTSIM_UNPOISON(ObpBody(Slot->Dead[Index]), Slot->Dead[Index]->Bytes);
            ntsim__release(Slot->Dead[Index]);
        }
    }
    ntsim__lock_destroy(ntsim_current(), Slot->Lock);
}

VOID ObpTeardown(struct OBP_STATE *State)
{
    if (State->Lock == NULL) {
        return;
    }
    ObpFreeTable(&State->KernelHandles);
    if (State->RootDirectory != NULL) {
        ObpDereference(State->RootDirectory, NULL);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(State->Slots); Index++) {
        ObpEndSlot(&State->Slots[Index]);
    }
    ntsim__lock_destroy(ntsim_current(), State->Lock);
}
