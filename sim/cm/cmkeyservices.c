/* SPDX-License-Identifier: MIT
 *
 * cmkeyservices.c - what the callback manager asks about key objects: is it one, which key, what
 * name.
 *
 * State       CmpState()->Objects: every key object that exists, by address, so that any value a
 *             driver passes can be judged without being touched; CmpState()->Names: names handed
 *             out and not yet given back.
 * Locks       The objects' own locks; State->Lock protects the names.
 * Evidence    CM-OID-01..08, CM-TXN-03, -04.
 */
#include "cm/cmservice.h"

#include <string.h>

/* A name handed out: the string that the driver sees, in one block with its text. */
struct CMP_LENT_NAME {
    LIST_ENTRY Link; /* State->Names; not of a kept name */
    UNICODE_STRING Name;
    WCHAR Text[];
};

/* The key objects that threads of one slot have made. The anchor, which is no key object, keeps the
 * hash from being freed and made anew with every object that comes and goes. */
struct CMP_OBJECTS {
    struct ntsim__lock *Lock;
    struct CMP_OBJECT *Hash;
    struct CMP_OBJECT Anchor;
};

static VOID CmpEndObjects(struct CMP_STATE *State)
{
    for (ULONG Slot = 0; State->Objects != NULL && Slot < NTSIM__SLOTS; Slot++) {
        HASH_CLEAR(hh, State->Objects[Slot].Hash);
        ntsim__lock_destroy(ntsim_current(), State->Objects[Slot].Lock);
    }
    ntsim__release(State->Objects);
    State->Objects = NULL;
}

static NTSTATUS CmpStartObjects(struct CMP_STATE *State)
{
    State->Objects = ntsim__allocate(NTSIM__SLOTS * sizeof(State->Objects[0]));
    BOOLEAN Made = State->Objects != NULL;
    for (ULONG Slot = 0; Made && Slot < NTSIM__SLOTS; Slot++) {
        struct CMP_OBJECTS *Objects = &State->Objects[Slot];
        struct CMP_OBJECT *Anchor = &Objects->Anchor;
        Objects->Lock = ntsim__lock_create(ntsim_current());
        Anchor->Self = Anchor;
        HASH_ADD_PTR(Objects->Hash, Self, Anchor);
        Made = Objects->Lock != NULL && Anchor->hh.tbl != NULL;
    }
    return Made ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

BOOLEAN CmpAddObject(struct CMP_OBJECT *Object)
{
    struct CMP_STATE *State = CmpState();
    Object->Self = Object;
    Object->Slot = ntsim__slot(State->Host);
    struct CMP_OBJECTS *Objects = &State->Objects[Object->Slot];
    ntsim__lock(Objects->Lock);
    HASH_ADD_PTR(Objects->Hash, Self, Object);
    BOOLEAN Added = Object->hh.tbl != NULL;
    ntsim__unlock(Objects->Lock);
    return Added;
}

VOID CmpRemoveObject(struct CMP_OBJECT *Object)
{
    struct CMP_STATE *State = CmpState();
    if (State->Objects != NULL && Object->hh.tbl != NULL) {
        struct CMP_OBJECTS *Objects = &State->Objects[Object->Slot];
        ntsim__lock(Objects->Lock);
        HASH_DEL(Objects->Hash, Object);
        ntsim__unlock(Objects->Lock);
    }
    ntsim__release(Object->KeptName);
}

VOID CmpEachObject(const struct CMP_STATE *State,
                   VOID (*Visit)(const struct CMP_OBJECT *Object, PVOID Context), PVOID Context)
{
    for (ULONG Slot = 0; Slot < NTSIM__SLOTS; Slot++) {
        const struct CMP_OBJECTS *Objects = &State->Objects[Slot];
        ntsim__lock(Objects->Lock);
        for (const struct CMP_OBJECT *Object = Objects->Hash; Object != NULL;
             Object = Object->hh.next) {
            if (Object->Key != NULL) {
                Visit(Object, Context);
            }
        }
        ntsim__unlock(Objects->Lock);
    }
}

static bool CmpIsKey(PVOID Object)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_OBJECT *Found = NULL;
    ULONG Here = ntsim__slot(State->Host);
    for (ULONG Step = 0; Found == NULL && Step < NTSIM__SLOTS; Step++) {
        struct CMP_OBJECTS *Objects = &State->Objects[(Here + Step) % NTSIM__SLOTS];
        ntsim__lock(Objects->Lock);
        HASH_FIND_PTR(Objects->Hash, &Object, Found);
        ntsim__unlock(Objects->Lock);
    }
    return Found != NULL && Found->Key != NULL;
}

BOOLEAN CmpIsKeyObject(PVOID Object)
{
    return CmpIsKey(Object);
}

static ULONG_PTR CmpKeyId(PVOID Object)
{
    return ((struct CMP_OBJECT *)Object)->Key->Id;
}

/* Locked. */
static struct CMP_LENT_NAME *CmpMakeName(const struct CMP_OBJECT *Object)
{
    ULONG Bytes = CmpPathLength(Object->Key);
    if (Bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return NULL;
    }
    struct CMP_LENT_NAME *Lent = ntsim__allocate(sizeof(*Lent) + Bytes + sizeof(WCHAR));
    if (Lent != NULL) {
        CmpCopyPath(Object->Key, Lent->Text, Bytes);
        Lent->Name =
            (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), (PWCH)Lent->Text};
    }
    return Lent;
}

static NTSTATUS CmpKeyName(PVOID Object, PCUNICODE_STRING *Name)
{
    struct CMP_STATE *State = CmpState();
    CmpLock(State);
    struct CMP_LENT_NAME *Lent = CmpMakeName(Object);
    if (Lent != NULL) {
        InsertTailList(&State->Names, &Lent->Link);
        *Name = &Lent->Name;
    }
    CmpUnlock(State);
    return Lent != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS CmpKeptName(PVOID Body, PCUNICODE_STRING *Name)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_OBJECT *Object = Body;
    CmpLock(State);
    if (Object->KeptName == NULL) {
        Object->KeptName = CmpMakeName(Object);
    }
    if (Object->KeptName != NULL) {
        *Name = &Object->KeptName->Name;
    }
    CmpUnlock(State);
    return Object->KeptName != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID CmpReportName(const char *What, PCUNICODE_STRING Name)
{
    char Text[256];
    ntsim__utf8(Name->Buffer, Name->Length / sizeof(WCHAR), Text, sizeof(Text));
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "CM-OID-06",
            .on_windows = "pool leaks, or is freed twice",
            .fix = "pass every name from CmCallbackGetKeyObjectIDEx to "
                   "CmCallbackReleaseKeyObjectIDEx, once",
        },
        What, Text);
}

static void CmpReleaseName(PCUNICODE_STRING Name)
{
    static const WCHAR Unknown[] = u"?";
    struct CMP_STATE *State = CmpState();
    struct CMP_LENT_NAME *Found = NULL;
    CmpLock(State);
    for (PLIST_ENTRY Entry = State->Names.Flink; Entry != &State->Names && Found == NULL;
         Entry = Entry->Flink) {
        struct CMP_LENT_NAME *Lent = CONTAINING_RECORD(Entry, struct CMP_LENT_NAME, Link);
        if (&Lent->Name == Name) {
            RemoveEntryList(Entry);
            Found = Lent;
        }
    }
    CmpUnlock(State);
    if (Found == NULL) {
        UNICODE_STRING Nothing = {sizeof(WCHAR), sizeof(WCHAR), (PWCH)(ULONG_PTR)Unknown};
        CmpReportName(
            "CmCallbackReleaseKeyObjectIDEx was given what is no such name, or no more (%s)",
            &Nothing);
        return;
    }
    ntsim__release(Found);
}

static PVOID CmpTransactionOf(PVOID Object)
{
    return ((struct CMP_OBJECT *)Object)->Transaction; /* its first member: cmtxn.h */
}

const struct ntcb_key_services CmpKeyServices = {
    .is_key = CmpIsKey,
    .key_id = CmpKeyId,
    .key_name = CmpKeyName,
    .release_name = CmpReleaseName,
    .kept_name = CmpKeptName,
    .transaction = CmpTransactionOf,
};

NTSTATUS CmpStartIdentity(struct CMP_STATE *State)
{
    InitializeListHead(&State->Names);
    ntcb_registry_set_services(ntcb_kernel_current(), &CmpKeyServices);
    return CmpStartObjects(State);
}

VOID CmpEndIdentity(struct CMP_STATE *State)
{
    while (State->Names.Flink != NULL && !IsListEmpty(&State->Names)) {
        struct CMP_LENT_NAME *Lent =
            CONTAINING_RECORD(RemoveHeadList(&State->Names), struct CMP_LENT_NAME, Link);
        CmpReportName("the name %s from CmCallbackGetKeyObjectIDEx was never released",
                      &Lent->Name);
        ntsim__release(Lent);
    }
    CmpEndObjects(State);
}
