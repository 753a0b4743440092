/* SPDX-License-Identifier: MIT
 *
 * reg_change_end_test.c - change notification among threads: who waits, who is called, what ends a
 * request; transactions; what callbacks hear of it.
 */
#include "../conformance/reg_txnkit.h"
#include "../conformance/regwatch.h"

#include <ntcallback/ddk/ntexapi.h>

#include <pthread.h>
#include <stdatomic.h>

#define NAME_OR_VALUE (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET)

static LARGE_INTEGER None = {.QuadPart = 0};

static HANDLE MakeEvent(void)
{
    HANDLE Event;
    EXPECT_SUCCESS(NtCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    return Event;
}

static BOOLEAN IsSet(HANDLE Event)
{
    return NtWaitForSingleObject(Event, FALSE, &None) == STATUS_SUCCESS;
}

static NTSTATUS Ask(HANDLE Key, HANDLE Event, PIO_STATUS_BLOCK Answer, BOOLEAN Tree)
{
    Answer->Status = STATUS_PENDING;
    return NtNotifyChangeKey(Key, Event, NULL, NULL, Answer, NAME_OR_VALUE, Tree, NULL, 0, TRUE);
}

/* ---- a thread that waits ---- */

struct WAITER {
    pthread_t Thread;
    struct ntsim_thread *As; /* NULL: a system thread */
    HANDLE Key;              /* of its own */
    HANDLE Other;            /* notified once the request is pending or about to be */
    PIO_APC_ROUTINE ApcRoutine;
    HANDLE Event;
    IO_STATUS_BLOCK Answer;
    _Atomic NTSTATUS Status;
    _Atomic ULONG Apcs;
    KEVENT Ready;
};

static void *WaitForChange(void *Context)
{
    struct WAITER *Waiter = Context;
    struct ntsim_thread *Previous =
        Waiter->As != NULL ? ntsim_thread_enter(Waiter->As) : ntsim_enter(Conform.Sim);
    KeSetEvent(&Waiter->Ready, 0, FALSE);
    atomic_store(&Waiter->Status, NtNotifyChangeKey(Waiter->Key, NULL, NULL, NULL, &Waiter->Answer,
                                                    NAME_OR_VALUE, FALSE, NULL, 0, FALSE));
    ntsim_thread_leave(Previous);
    return NULL;
}

static VOID Begin(struct WAITER *Waiter, void *(*Routine)(void *))
{
    KeInitializeEvent(&Waiter->Ready, NotificationEvent, FALSE);
    atomic_store(&Waiter->Status, STATUS_PENDING);
    EXPECT_EQ(pthread_create(&Waiter->Thread, NULL, Routine, Waiter), 0);
    EXPECT_SUCCESS(KeWaitForSingleObject(&Waiter->Ready, Executive, KernelMode, FALSE, NULL));
}

static NTSTATUS End(struct WAITER *Waiter)
{
    EXPECT_EQ(pthread_join(Waiter->Thread, NULL), 0);
    return atomic_load(&Waiter->Status);
}

/* A key of the kernel's table, so that every system thread can use it. */
static HANDLE OpenKernel(void)
{
    HANDLE Key;
    OBJECT_ATTRIBUTES Object =
        Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE);
    EXPECT_SUCCESS(ZwOpenKey(&Key, KEY_ALL_ACCESS, &Object));
    return Key;
}

/* The thread either waits already or is about to ask: its watch must be there before the change, so
 * a first request, long answered, has made it. */
static HANDLE OpenWatched(HANDLE Base)
{
    HANDLE Key = OpenKernel(), Event = MakeEvent();
    IO_STATUS_BLOCK Answer;
    EXPECT_STATUS(Ask(Key, Event, &Answer, FALSE), STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Base, STR(u"first"), 1));
    EXPECT_TRUE(IsSet(Event));
    Close(Event);
    return Key;
}

static void a_synchronous_request_waits_for_the_change(void **State)
{
    HANDLE Base = MakeBase();
    struct WAITER Waiter = {.Key = OpenWatched(Base)};
    (void)State;
    Begin(&Waiter, WaitForChange);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_STATUS(End(&Waiter), STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(Waiter.Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    Close(Waiter.Key);
    Close(Base);
}

static void closing_ends_a_wait_or_comes_before_it(void **State)
{
    HANDLE Base = MakeBase();
    (void)State;
    for (ULONG Round = 0; Round < 50; Round++) {
        struct WAITER Waiter = {.Key = OpenKernel()};
        Begin(&Waiter, WaitForChange);
        Close(Waiter.Key);
        NTSTATUS Status = End(&Waiter);
        EXPECT_TRUE(Status == STATUS_NOTIFY_CLEANUP || Status == STATUS_INVALID_HANDLE);
    }
    Close(Base);
}

static void deleting_the_key_ends_its_requests(void **State)
{
    HANDLE Base = MakeBase(), Child = MakeKey(Base, STR(u"Child")), Above = MakeEvent();
    HANDLE Event = MakeEvent();
    IO_STATUS_BLOCK Answer, AnswerAbove;
    (void)State;
    EXPECT_STATUS(Ask(Child, Event, &Answer, FALSE), STATUS_PENDING);
    EXPECT_STATUS(Ask(Base, Above, &AnswerAbove, FALSE), STATUS_PENDING);
    EXPECT_SUCCESS(NtDeleteKey(Child));
    EXPECT_TRUE(IsSet(Event));
    EXPECT_STATUS(Answer.Status, STATUS_KEY_DELETED);
    EXPECT_STATUS(AnswerAbove.Status, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(Ask(Child, Event, &Answer, FALSE), STATUS_KEY_DELETED);
    Close(Child);
    Close(Base);
    Close(Event);
    Close(Above);
}

static void changes_of_another_hive_are_not_heard(void **State)
{
    HANDLE Machine, Base = MakeBase(), Event = MakeEvent();
    IO_STATUS_BLOCK Answer;
    (void)State;
    EXPECT_SUCCESS(Open(&Machine, NULL, STR(u"\\Registry\\Machine"), KEY_ALL_ACCESS));
    EXPECT_STATUS(Ask(Machine, Event, &Answer, TRUE), STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_FALSE(IsSet(Event));
    EXPECT_SUCCESS(SetDword(Machine, STR(u"a"), 1));
    EXPECT_TRUE(IsSet(Event));
    Close(Machine);
    Close(Base);
    Close(Event);
}

/* ---- who is called ---- */

static VOID NTAPI CountApc(PVOID Context, PIO_STATUS_BLOCK Answer, ULONG Reserved)
{
    struct WAITER *Waiter = Context;
    UNREFERENCED_PARAMETER(Reserved);
    if (Answer == &Waiter->Answer && Answer->Status == STATUS_NOTIFY_ENUM_DIR &&
        ExGetPreviousMode() == UserMode) {
        atomic_fetch_add(&Waiter->Apcs, 1);
    }
}

static void an_apc_comes_with_an_alertable_wait(void **State)
{
    HANDLE Base = MakeBase(), Event = MakeEvent();
    struct WAITER Waiter = {.Apcs = 0};
    LARGE_INTEGER Moment = {.QuadPart = -1};
    (void)State;
    EXPECT_STATUS(NtNotifyChangeKey(Base, NULL, CountApc, &Waiter, &Waiter.Answer, NAME_OR_VALUE,
                                    FALSE, NULL, 0, TRUE),
                  STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_STATUS(NtWaitForSingleObject(Event, FALSE, &Moment), STATUS_TIMEOUT);
    EXPECT_EQ(atomic_load(&Waiter.Apcs), 0);
    EXPECT_STATUS(NtWaitForSingleObject(Event, TRUE, NULL), STATUS_USER_APC);
    EXPECT_EQ(atomic_load(&Waiter.Apcs), 1);
    EXPECT_STATUS(NtWaitForSingleObject(Event, TRUE, &Moment), STATUS_TIMEOUT);
    /* Or without a wait. */
    EXPECT_STATUS(NtNotifyChangeKey(Base, NULL, CountApc, &Waiter, &Waiter.Answer, NAME_OR_VALUE,
                                    FALSE, NULL, 0, TRUE),
                  STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 2));
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(atomic_load(&Waiter.Apcs), 2);
    Close(Event);
    Close(Base);
}

static void *WaitAlertably(void *Context)
{
    struct WAITER *Waiter = Context;
    struct ntsim_thread *Previous = ntsim_thread_enter(Waiter->As);
    NTSTATUS Status = NtNotifyChangeKey(Waiter->Key, NULL, CountApc, Waiter, &Waiter->Answer,
                                        NAME_OR_VALUE, FALSE, NULL, 0, TRUE);
    KeSetEvent(&Waiter->Ready, 0, FALSE);
    if (Status == STATUS_PENDING) {
        Status = NtWaitForSingleObject(Waiter->Event, TRUE, NULL);
    }
    atomic_store(&Waiter->Status, Status);
    ntsim_thread_leave(Previous);
    return NULL;
}

static void an_apc_ends_a_wait_of_its_thread(void **State)
{
    HANDLE Base = MakeBase();
    struct WAITER Waiter = {.As = ntsim_thread_create(Conform.Process, 0), .Event = MakeEvent()};
    (void)State;
    EXPECT_SUCCESS(Open(&Waiter.Key, NULL, STR(BASE), KEY_NOTIFY));
    Begin(&Waiter, WaitAlertably);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_STATUS(End(&Waiter), STATUS_USER_APC);
    EXPECT_EQ(atomic_load(&Waiter.Apcs), 1);
    Close(Waiter.Key);
    Close(Waiter.Event);
    Close(Base);
}

/* ---- what ends with a thread ---- */

struct ASKER {
    HANDLE Event;
    HANDLE Key;
    ULONG Filter;
    IO_STATUS_BLOCK Answer;
};

static void a_programs_request_ends_with_its_thread(void **State)
{
    HANDLE Base = MakeBase();
    struct ASKER Askers[2] = {{.Filter = NAME_OR_VALUE},
                              {.Filter = NAME_OR_VALUE | REG_NOTIFY_THREAD_AGNOSTIC}};
    struct ntsim_thread *Thread = ntsim_thread_create(Conform.Process, 0);
    struct ntsim_thread *Previous = ntsim_thread_enter(Thread);
    (void)State;
    for (ULONG Index = 0; Index < 2; Index++) {
        struct ASKER *Asker = &Askers[Index];
        Asker->Event = MakeEvent();
        Asker->Answer.Status = STATUS_PENDING;
        EXPECT_SUCCESS(Open(&Asker->Key, NULL, STR(BASE), KEY_NOTIFY));
        EXPECT_STATUS(NtNotifyChangeKey(Asker->Key, Asker->Event, NULL, NULL, &Asker->Answer,
                                        Asker->Filter, FALSE, NULL, 0, TRUE),
                      STATUS_PENDING);
    }
    ntsim_thread_leave(Previous);
    ntsim_thread_exit(Thread);
    EXPECT_TRUE(IsSet(Askers[0].Event));
    EXPECT_STATUS(Askers[0].Answer.Status, STATUS_NOTIFY_CLEANUP);
    EXPECT_FALSE(IsSet(Askers[1].Event));
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_STATUS(Askers[1].Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    for (ULONG Index = 0; Index < 2; Index++) {
        Close(Askers[Index].Key);
        Close(Askers[Index].Event);
    }
    Close(Base);
}

/* ---- transactions, callbacks, memory ---- */

static void a_transaction_is_heard_when_it_is_committed(void **State)
{
    HANDLE Base = MakeBase(), Event = MakeEvent(), Child = MakeKey(Base, STR(u"Child"));
    HANDLE ChildEvent = MakeEvent();
    IO_STATUS_BLOCK Answer, ChildAnswer;
    HANDLE Transaction = NewTransaction(), Inside = OpenBaseIn(Transaction), Gone;
    (void)State;
    EXPECT_STATUS(Ask(Base, Event, &Answer, FALSE), STATUS_PENDING);
    EXPECT_STATUS(Ask(Child, ChildEvent, &ChildAnswer, FALSE), STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Inside, STR(u"a"), 1));
    Close(MakeKey(Inside, STR(u"New")));
    EXPECT_SUCCESS(Open(&Gone, Inside, STR(u"Child"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtDeleteKey(Gone));
    Close(Gone);
    EXPECT_FALSE(IsSet(Event));
    EXPECT_FALSE(IsSet(ChildEvent));
    Commit(Transaction);
    EXPECT_TRUE(IsSet(Event));
    EXPECT_STATUS(Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_STATUS(ChildAnswer.Status, STATUS_KEY_DELETED);
    Close(Inside);
    Close(Child);
    Close(Base);
    Close(Event);
    Close(ChildEvent);
}

static void no_callback_hears_of_a_request(void **State)
{
    HANDLE Base = MakeBase(), Event = MakeEvent();
    IO_STATUS_BLOCK Answer;
    struct WATCH Watch = {.Hook = NULL};
    (void)State;
    WatchBegin(&Watch);
    EXPECT_STATUS(Ask(Base, Event, &Answer, TRUE), STATUS_PENDING);
    EXPECT_EQ(Watch.Count, 0);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_TRUE(IsSet(Event));
    WATCH_EXPECT(&Watch, RegNtPreSetValueKey, RegNtPostSetValueKey);
    WatchEnd(&Watch);
    Close(Base);
    Close(Event);
}

static void without_memory_nothing_is_pending(void **State)
{
    HANDLE Base = MakeBase(), Event = MakeEvent();
    IO_STATUS_BLOCK Answer;
    NTSTATUS Status;
    ULONG Allocation = 0;
    (void)State;
    do {
        ntsim_fail_allocation(Conform.Sim, ++Allocation);
        Status = Ask(Base, Event, &Answer, FALSE);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_TRUE(Status == STATUS_PENDING || Status == STATUS_INSUFFICIENT_RESOURCES);
    } while (Status != STATUS_PENDING);
    EXPECT_TRUE(Allocation > 2);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_TRUE(IsSet(Event));
    Close(Base);
    Close(Event);
}

static void a_process_takes_its_requests_along(void **State)
{
    struct ntsim_process_options Options = {.image_path = "C:\\short.exe"};
    struct ntsim_process *Process;
    HANDLE Base = MakeBase(), Event = MakeEvent(), Key, Theirs;
    static IO_STATUS_BLOCK Answer;
    (void)State;
    EXPECT_EQ(ntsim_process_create(Conform.Sim, &Options, &Process), 0);
    struct ntsim_thread *Previous = ntsim_thread_enter(ntsim_process_thread(Process));
    Theirs = MakeEvent();
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_NOTIFY));
    EXPECT_STATUS(Ask(Key, Theirs, &Answer, FALSE), STATUS_PENDING);
    ntsim_thread_leave(Previous);
    ntsim_process_exit(Process, STATUS_SUCCESS);
    EXPECT_STATUS(Answer.Status, STATUS_NOTIFY_CLEANUP);
    Close(Event);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.change.wait", "REG-NTF-01", a_synchronous_request_waits_for_the_change),
    CONFORM_CASE("cm.change.close_wait", "REG-NTF-01", closing_ends_a_wait_or_comes_before_it),
    CONFORM_CASE("cm.change.delete", "REG-NTF-01", deleting_the_key_ends_its_requests),
    CONFORM_CASE("cm.change.other_hive", "", changes_of_another_hive_are_not_heard),
    CONFORM_USER_CASE("cm.change.apc", "", an_apc_comes_with_an_alertable_wait),
    CONFORM_USER_CASE("cm.change.apc_ends_wait", "", an_apc_ends_a_wait_of_its_thread),
    CONFORM_USER_CASE("cm.change.thread_end", "", a_programs_request_ends_with_its_thread),
    CONFORM_CASE("cm.change.process_end", "", a_process_takes_its_requests_along),
    CONFORM_CASE("cm.change.transaction", "", a_transaction_is_heard_when_it_is_committed),
    CONFORM_CASE("cm.change.no_callback", "REG-NTF-06 CM-PRE-15", no_callback_hears_of_a_request),
    CONFORM_CASE("cm.change.memory", "", without_memory_nothing_is_pending),
};

NTCB_TEST_MAIN("library", Tests)
