/* SPDX-License-Identifier: MIT
 *
 * async_stress_test.c - requests of many threads, pending in a driver, completed, cancelled and
 * given up with their threads meanwhile. An oracle counts.
 *
 * Role   Each of a program's threads keeps some requests on their way, by events and by APCs, on a
 *        file of its own and on one that all share, cancels some of them, and sometimes ends with
 *        them. The driver's threads complete them in any order, some at DISPATCH_LEVEL. Each
 *        request must be answered once, with the bytes that belong to it or as cancelled.
 */
#include "../sim/simkit.h"

#include <ntcallback/ddk/ntexapi.h>

#include <pthread.h>
#include <stdatomic.h>

#define PROGRAMS 4
#define DRIVERS 2
#define WINDOW 4
#define ROUNDS 300
#define ASK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(u"\\Device\\Async");

static struct {
    struct ntsim_process *process;
    PDEVICE_OBJECT device;
    IO_CSQ queue;
    LIST_ENTRY irps;
    KSPIN_LOCK lock;
    KSEMAPHORE some; /* more than there are requests, when some were cancelled */
    _Atomic bool over;
    HANDLE shared;
    _Atomic long asked, dispatched, answered, wrong;
} stress;

static void wrong_if(bool wrong)
{
    atomic_fetch_add(&stress.wrong, wrong);
}

/* ---- the driver ---- */

static VOID NTAPI Insert(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    InsertTailList(&stress.irps, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI Remove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* Context: the file whose requests are wanted; NULL: any. */
static PIRP NTAPI Peek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY Entry = Irp == NULL ? stress.irps.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    (void)Csq;
    for (; Entry != &stress.irps; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == Context) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI Acquire(PIO_CSQ Csq, PKIRQL Irql)
{
    (void)Csq;
    KeAcquireSpinLock(&stress.lock, Irql);
}

static VOID NTAPI Release(PIO_CSQ Csq, KIRQL Irql)
{
    (void)Csq;
    KeReleaseSpinLock(&stress.lock, Irql);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI Cancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    atomic_fetch_add(&stress.dispatched, 1);
    IoCsqInsertIrp(&stress.queue, Irp, NULL); /* marks it pending */
    KeReleaseSemaphore(&stress.some, 0, 1, FALSE);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI CleanUp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIRP Left;

    (void)DeviceObject;
    while ((Left = IoCsqRemoveNextIrp(&stress.queue,
                                      IoGetCurrentIrpStackLocation(Irp)->FileObject)) != NULL) {
        Complete(Left, STATUS_CANCELLED, 0);
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI Serve(PVOID Context)
{
    unsigned Count = 0;

    (void)Context;
    while (!atomic_load(&stress.over)) {
        KIRQL Irql;
        PIRP Irp;

        (void)KeWaitForSingleObject(&stress.some, Executive, KernelMode, FALSE, NULL);
        Irp = IoCsqRemoveNextIrp(&stress.queue, NULL);
        if (Irp == NULL) {
            continue;
        }
        *(ULONG *)Irp->AssociatedIrp.SystemBuffer += 1;
        KeRaiseIrql(++Count % 3 == 0 ? DISPATCH_LEVEL : PASSIVE_LEVEL, &Irql);
        Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
        KeLowerIrql(Irql);
    }
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    IoDeleteDevice(stress.device);
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    InitializeListHead(&stress.irps);
    KeInitializeSpinLock(&stress.lock);
    KeInitializeSemaphore(&stress.some, 0, MAXLONG);
    IoCsqInitialize(&stress.queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CleanUp;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    return IoCreateDevice(DriverObject, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE,
                          &stress.device);
}

/* ---- programs ---- */

struct request {
    HANDLE event; /* NULL: an APC */
    IO_STATUS_BLOCK block;
    ULONG in, out;
    int answers; /* APCs */
};

static VOID NTAPI answered(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved)
{
    struct request *request = context;

    wrong_if(block != &request->block || reserved != 0);
    request->answers++;
}

static HANDLE open_device(void)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE handle = NULL;

    InitializeObjectAttributes(&attributes, &device_name, 0, NULL, NULL);
    EXPECT_SUCCESS(NtCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &block, NULL, 0,
                                FILE_SHARE_VALID_FLAGS, FILE_OPEN, 0, NULL, 0));
    return handle;
}

static void start_request(HANDLE file, struct request *request, ULONG number)
{
    request->in = number;
    request->out = 0;
    request->answers = 0;
    atomic_fetch_add(&stress.asked, 1);
    wrong_if(NtDeviceIoControlFile(file, request->event, request->event == NULL ? answered : NULL,
                                   request, &request->block, ASK, &request->in, sizeof(request->in),
                                   &request->out, sizeof(request->out)) != STATUS_PENDING);
}

static void finish_request(struct request *request)
{
    if (request->event != NULL) {
        wrong_if(NtWaitForSingleObject(request->event, FALSE, NULL) != STATUS_SUCCESS);
    } else {
        LARGE_INTEGER forever = {.QuadPart = -10000000LL * 3600};

        while (request->answers == 0) {
            wrong_if(NtDelayExecution(TRUE, &forever) != STATUS_USER_APC);
        }
        wrong_if(request->answers != 1);
    }
    atomic_fetch_add(&stress.answered, 1);
    wrong_if(request->block.Status == STATUS_SUCCESS
                 ? request->out != request->in + 1 || request->block.Information != sizeof(ULONG)
                 : request->block.Status != STATUS_CANCELLED || request->out != 0);
}

static void cancel_some(HANDLE file, struct request *request, ULONG random)
{
    IO_STATUS_BLOCK block;

    if (random % 5 == 0) {
        (void)NtCancelIoFileEx(file, &request->block, &block);
    } else if (random % 37 == 0) {
        (void)NtCancelIoFile(file, &block);
    }
}

/* One life of a program's thread. Abandon: it ends with requests on their way. */
static void live(ULONG seed, bool abandon, struct request *requests)
{
    HANDLE file = (seed & 1) != 0 ? stress.shared : open_device();
    ULONG random = seed;

    for (int i = 0; i < WINDOW; i++) {
        start_request(file, &requests[i], random + (ULONG)i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct request *request = &requests[round % WINDOW];

        random = random * 1664525u + 1013904223u;
        cancel_some(file, &requests[(random >> 20) % WINDOW], random >> 8);
        finish_request(request);
        start_request(file, request, random);
    }
    for (int i = 0; !abandon && i < WINDOW; i++) {
        finish_request(&requests[i]);
    }
    if (file != stress.shared) {
        EXPECT_SUCCESS(NtClose(file)); /* with requests on their way, if abandoned */
    }
}

static void *run_program(void *context)
{
    const ULONG seed = (ULONG)(uintptr_t)context;

    for (ULONG life = 0; life < 4; life++) {
        struct ntsim_thread *thread = ntsim_thread_create(stress.process, 0);
        struct ntsim_thread *before = ntsim_thread_enter(thread);
        struct request requests[WINDOW] = {{.event = NULL}};

        for (int i = 0; i < WINDOW; i += 2) {
            EXPECT_SUCCESS(NtCreateEvent(&requests[i].event, EVENT_ALL_ACCESS, NULL,
                                         i == 0 ? NotificationEvent : SynchronizationEvent, FALSE));
        }
        live(seed * 8 + life, life == 2, requests);
        ntsim_thread_leave(before);
        ntsim_thread_exit(thread); /* cancels, and waits: requests is on this stack */
        for (int i = 0; life == 2 && i < WINDOW; i++) {
            atomic_fetch_add(&stress.answered, 1);
            wrong_if(requests[i].block.Status != STATUS_CANCELLED &&
                     requests[i].block.Status != STATUS_SUCCESS);
        }
    }
    return NULL;
}

static void each_request_is_answered_once(void **state)
{
    struct ntsim_driver *driver = ntsim_driver_start(sim, "async", Entry);
    struct ntsim_thread *previous;
    pthread_t programs[PROGRAMS];
    HANDLE servers[DRIVERS];

    (void)state;
    stress.process = make_process("C:\\async.exe");
    previous = ntsim_thread_enter(ntsim_process_thread(stress.process));
    stress.shared = open_device();
    ntsim_thread_leave(previous);
    previous = ntsim_enter(sim);
    for (int i = 0; i < DRIVERS; i++) {
        EXPECT_SUCCESS(
            PsCreateSystemThread(&servers[i], THREAD_ALL_ACCESS, NULL, NULL, NULL, Serve, NULL));
    }
    for (int i = 0; i < PROGRAMS; i++) {
        EXPECT_EQ(pthread_create(&programs[i], NULL, run_program, (void *)(uintptr_t)i), 0);
    }
    for (int i = 0; i < PROGRAMS; i++) {
        EXPECT_EQ(pthread_join(programs[i], NULL), 0);
    }
    atomic_store(&stress.over, true);
    KeReleaseSemaphore(&stress.some, 0, DRIVERS, FALSE);
    for (int i = 0; i < DRIVERS; i++) {
        EXPECT_SUCCESS(ZwWaitForSingleObject(servers[i], FALSE, NULL));
        EXPECT_SUCCESS(ZwClose(servers[i]));
    }
    ntsim_leave(previous);
    ntsim_process_exit(stress.process, STATUS_SUCCESS);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
    EXPECT_EQ(stress.wrong, 0);
    EXPECT_EQ(stress.asked, stress.dispatched);
    EXPECT_EQ(stress.asked, stress.answered);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static int begin(void **state)
{
    memset(&stress, 0, sizeof(stress));
    return start(state);
}

static const struct ntcb_test tests[] = {
    {"stress.async.each_request_is_answered_once", "", each_request_is_answered_once, begin, stop},
};

NTCB_TEST_MAIN("library", tests)
