/* SPDX-License-Identifier: MIT
 *
 * etw.c - event providers of drivers, and the one trace session that a harness can be.
 *
 * Locks       ETWP_STATE.Monitor protects all of it; no driver's or harness's routine runs inside.
 * Invariants  E1  Nothing is called for what is gone: a provider that has been unregistered, unless
 *                 its own enable callback did it; a session that ntsim_etw_listen has ended.
 *             E2  One thread at a time tells a provider. It goes on until the provider knows.
 */
#include "etw/etwp.h"
#include "ke/host.h"

#include <ntcallback/exception.h>
#include <ntcallback/ddk/ntifs.h>

#include <string.h>

#define ETWP_EVENT_BYTES 65536u
#define ETWP_ALL_LEVELS 255u

struct ETWP_PROVIDER {
    struct ETWP_PROVIDER *Next;
    REGHANDLE Handle;
    GUID Id;
    PETWENABLECALLBACK Enable;
    PVOID Context;
    const VOID *Owner; /* the code that registered it */
    BOOLEAN Enabled;   /* as it was last told */
    BOOLEAN Telling;   /* Teller is telling it, and frees it if it is Gone then */
    BOOLEAN Gone;
    uint64_t Teller; /* a thread of the host's */
};

NTSTATUS EtwpInitialize(struct ETWP_STATE *State)
{
    State->Host = ntcb_kernel_config(ntsim_kernel(ntsim_current()))->host;
    State->Monitor = State->Host->monitor_create(State->Host->context);
    return State->Monitor != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID EtwpEnter(struct ETWP_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Monitor);
}

static VOID EtwpLeave(struct ETWP_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

static VOID EtwpWait(struct ETWP_STATE *State)
{
    State->Host->monitor_wait(State->Host->context, State->Monitor, NTCB_FOREVER);
}

static VOID EtwpWake(struct ETWP_STATE *State)
{
    State->Host->monitor_wake(State->Host->context, State->Monitor);
}

/* With the monitor entered: the link to the provider, or NULL. */
static struct ETWP_PROVIDER **EtwpFind(struct ETWP_STATE *State, REGHANDLE Handle)
{
    struct ETWP_PROVIDER **Link = &State->Providers;

    while (*Link != NULL && (*Link)->Handle != Handle) {
        Link = &(*Link)->Next;
    }
    return *Link != NULL ? Link : NULL;
}

static VOID EtwpCallEnable(const struct ETWP_PROVIDER *Provider, BOOLEAN Enabled)
{
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) == 0) {
        Provider->Enable(
            &Provider->Id,
            Enabled ? EVENT_CONTROL_CODE_ENABLE_PROVIDER : EVENT_CONTROL_CODE_DISABLE_PROVIDER,
            Enabled ? ETWP_ALL_LEVELS : 0, Enabled ? ~0ull : 0, 0, NULL, Provider->Context);
        ntcb_seh_done(&Guard);
    } else {
        const VOID *Routine;

        memcpy(&Routine, &Provider->Enable, sizeof(Routine));
        ntcb_exception_report("DV-15", Routine, "an exception left an enable callback");
    }
}

/* With the monitor entered, which is left meanwhile; nobody is telling the provider (E2). */
static VOID EtwpTell(struct ETWP_STATE *State, struct ETWP_PROVIDER *Provider)
{
    Provider->Telling = TRUE;
    Provider->Teller = State->Host->thread_id(State->Host->context);
    while (!Provider->Gone && Provider->Enabled != (State->Listener != NULL)) {
        BOOLEAN Enabled = State->Listener != NULL;

        Provider->Enabled = Enabled;
        if (Provider->Enable != NULL) {
            EtwpLeave(State);
            EtwpCallEnable(Provider, Enabled);
            EtwpEnter(State);
        }
    }
    Provider->Telling = FALSE;
    if (Provider->Gone) {
        ntsim__release(Provider);
    }
    EtwpWake(State);
}

/* With the monitor entered: all are told, by whomever. */
static VOID EtwpTellAll(struct ETWP_STATE *State)
{
    struct ETWP_PROVIDER *Provider = State->Providers;

    while (Provider != NULL) {
        if (Provider->Telling) {
            EtwpWait(State);
        } else if (Provider->Enabled != (State->Listener != NULL)) {
            EtwpTell(State, Provider);
        } else {
            Provider = Provider->Next;
            continue;
        }
        Provider = State->Providers;
    }
}

NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback,
                           PVOID CallbackContext, PREGHANDLE RegHandle)
{
    struct ETWP_STATE *State = EtwpState();
    struct ETWP_PROVIDER *Provider;

    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    *RegHandle = 0;
    Provider = ntsim__allocate(sizeof(*Provider));
    if (Provider == NULL) {
        return STATUS_NO_MEMORY;
    }
    Provider->Id = *ProviderId;
    Provider->Enable = EnableCallback;
    Provider->Context = CallbackContext;
    Provider->Owner = __builtin_return_address(0);
    EtwpEnter(State);
    Provider->Handle = ++State->Newest;
    Provider->Next = State->Providers;
    State->Providers = Provider;
    *RegHandle = Provider->Handle;
    EtwpTell(State, Provider);
    EtwpLeave(State);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle)
{
    struct ETWP_STATE *State = EtwpState();
    uint64_t Thread = State->Host->thread_id(State->Host->context);
    struct ETWP_PROVIDER **Link, *Gone = NULL;

    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    EtwpEnter(State);
    while ((Link = EtwpFind(State, RegHandle)) != NULL && (*Link)->Telling &&
           (*Link)->Teller != Thread) {
        EtwpWait(State);
    }
    if (Link != NULL) {
        Gone = *Link;
        *Link = Gone->Next;
        Gone->Gone = TRUE;
        if (!Gone->Telling) {
            ntsim__release(Gone);
        }
    }
    EtwpLeave(State);
    return Link != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    struct ETWP_STATE *State = EtwpState();
    BOOLEAN Enabled;

    (void)Level;
    (void)Keyword;
    EtwpEnter(State);
    Enabled = State->Listener != NULL && EtwpFind(State, RegHandle) != NULL;
    EtwpLeave(State);
    return Enabled;
}

BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    return EtwProviderEnabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

/* All descriptors' bytes behind one another; ntsim__release. */
static NTSTATUS EtwpGather(ULONG Count, PEVENT_DATA_DESCRIPTOR Data, PUCHAR *Bytes, size_t *Length)
{
    SIZE_T Total = 0;

    for (ULONG Index = 0; Index < Count; Index++) {
        Total += Data[Index].Size;
        if (Total > ETWP_EVENT_BYTES) {
            return STATUS_INTEGER_OVERFLOW;
        }
    }
    *Bytes = ntsim__allocate(Total + 1);
    if (*Bytes == NULL) {
        return STATUS_NO_MEMORY;
    }
    *Length = 0;
    for (ULONG Index = 0; Index < Count; Index++) {
        memcpy(*Bytes + *Length, (const VOID *)(ULONG_PTR)Data[Index].Ptr, Data[Index].Size);
        *Length += Data[Index].Size;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter,
                          ULONG Flags, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                          ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    struct ETWP_STATE *State = EtwpState();
    struct ntsim_etw_event Event = {
        .descriptor = EventDescriptor, .activity = ActivityId, .related = RelatedActivityId};
    struct ETWP_PROVIDER **Link;
    ntsim_etw_fn *Listener;
    void *Context;
    GUID Id = {0};
    PUCHAR Bytes;
    NTSTATUS Status;
    ULONG Turn;

    (void)Filter;
    (void)Flags;
    EtwpEnter(State);
    Link = EtwpFind(State, RegHandle);
    Listener = Link != NULL ? State->Listener : NULL;
    Context = State->Context;
    Turn = State->Turn;
    if (Link != NULL) {
        Id = (*Link)->Id;
    }
    State->Writing[Turn] += Listener != NULL;
    EtwpLeave(State);
    if (Link == NULL || Listener == NULL) {
        return Link == NULL ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
    }
    Status = EtwpGather(UserDataCount, UserData, &Bytes, &Event.bytes);
    if (NT_SUCCESS(Status)) {
        Event.provider = &Id;
        Event.data = Bytes;
        Event.pid = (uint32_t)(ULONG_PTR)PsGetCurrentProcessId();
        Event.tid = (uint32_t)(ULONG_PTR)PsGetCurrentThreadId();
        Listener(Context, &Event);
        ntsim__release(Bytes);
    }
    EtwpEnter(State);
    if (--State->Writing[Turn] == 0) {
        EtwpWake(State);
    }
    EtwpLeave(State);
    return Status;
}

NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                        ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwWriteEx(RegHandle, EventDescriptor, 0, 0, ActivityId, NULL, UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor,
                                LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                                PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwWriteEx(RegHandle, EventDescriptor, 0, 0, ActivityId, RelatedActivityId,
                      UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword,
                              LPCGUID ActivityId, PCWSTR String)
{
    const EVENT_DESCRIPTOR Descriptor = {.Level = Level, .Keyword = Keyword};
    EVENT_DATA_DESCRIPTOR Data;

    EventDataDescCreate(&Data, String, (ULONG)((ntcb_wcslen(String) + 1) * sizeof(WCHAR)));
    return EtwWriteEx(RegHandle, &Descriptor, 0, 0, ActivityId, NULL, 1, &Data);
}

NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass,
                                 PVOID EventInformation, ULONG InformationLength)
{
    struct ETWP_STATE *State = EtwpState();
    BOOLEAN Known;

    (void)EventInformation;
    (void)InformationLength;
    EtwpEnter(State);
    Known = EtwpFind(State, RegHandle) != NULL;
    EtwpLeave(State);
    if (!Known) {
        return STATUS_INVALID_HANDLE;
    }
    return (ULONG)InformationClass < MaxEventInfo ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* ---- for harnesses, and at the end ---- */

int ntsim_etw_listen(struct ntsim *sim, ntsim_etw_fn *listener, void *context)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(sim));
    struct ETWP_STATE *state = EtwpState();
    ULONG turn;

    EtwpEnter(state);
    while (state->Switching) {
        EtwpWait(state);
    }
    state->Switching = TRUE;
    turn = state->Turn;
    state->Listener = listener;
    state->Context = context;
    state->Turn = 1 - turn; /* which nobody has written in since the last switch but one */
    EtwpTellAll(state);
    while (state->Writing[turn] != 0) {
        EtwpWait(state);
    }
    state->Switching = FALSE;
    EtwpWake(state);
    EtwpLeave(state);
    ntcb_kernel_enter(previous);
    return NTCB_OK;
}

size_t ntsim_etw_providers(struct ntsim *sim)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(sim));
    struct ETWP_STATE *state = EtwpState();
    struct ETWP_PROVIDER *provider;
    size_t count = 0;

    EtwpEnter(state);
    for (provider = state->Providers; provider != NULL; provider = provider->Next) {
        count++;
    }
    EtwpLeave(state);
    ntcb_kernel_enter(previous);
    return count;
}

static VOID EtwpReportLeft(const struct ETWP_PROVIDER *Provider)
{
    char Symbol[NTSIM__SYMBOL_BYTES];

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "ETW-LEFT",
            .routine = ntsim__symbol(Provider->Owner, Symbol, sizeof(Symbol)),
            .on_windows =
                "the enable callback is called when the driver is gone: the machine stops",
            .fix = "call EtwUnregister before DriverUnload returns",
        },
        "the event provider {%08X-...} is still registered", Provider->Id.Data1);
}

VOID EtwpTeardown(struct ETWP_STATE *State)
{
    struct ETWP_PROVIDER *Provider;

    while ((Provider = State->Providers) != NULL) {
        State->Providers = Provider->Next;
        EtwpReportLeft(Provider);
        ntsim__release(Provider);
    }
    if (State->Monitor != NULL) {
        State->Host->monitor_destroy(State->Host->context, State->Monitor);
    }
}
