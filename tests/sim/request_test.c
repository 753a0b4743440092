/* SPDX-License-Identifier: MIT
 *
 * request_test.c - requests and memory lists made by hand, and routines that nobody else calls.
 */
#include "device_toy.h"

static const void *done_context;

static NTSTATUS NTAPI on_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    done_context = context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS NTAPI answer(PDEVICE_OBJECT to, PIRP irp)
{
    (void)to;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 42;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS make_device(PDRIVER_OBJECT object)
{
    object->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = answer;
    return IoCreateDevice(object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &toy.device);
}

static void a_request_goes_down_and_comes_back(void **state)
{
    DRIVER_DISPATCH *const routine = answer;
    DRIVER_OBJECT object = {0};
    UNICODE_STRING none = {0, 0, NULL};
    PIRP irp;

    (void)state;
    object.DriverName = none;
    EXPECT_SUCCESS(make_device(&object));
    EXPECT_TRUE(object.MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] == routine);
    irp = IoAllocateIrp(1, FALSE);
    EXPECT_TRUE(irp != NULL);
    EXPECT_EQ(irp->StackCount, 1);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    IoSetCompletionRoutine(irp, on_done, &toy, TRUE, TRUE, TRUE);
    EXPECT_SUCCESS(IoCallDriver(toy.device, irp));
    EXPECT_TRUE(done_context == &toy);
    EXPECT_EQ(irp->IoStatus.Information, 42);
    EXPECT_TRUE(IoGetRequestorProcess(irp) == NULL);
    EXPECT_EQ(IoGetRequestorProcessId(irp), 0);
    irp->Tail.Overlay.Thread = (PETHREAD)KeGetCurrentThread();
    EXPECT_TRUE(IoGetRequestorProcess(irp) == PsInitialSystemProcess);
    EXPECT_EQ(IoGetRequestorProcessId(irp), 4);
    EXPECT_FALSE(IoIs32bitProcess(irp));
    EXPECT_FALSE(IoCancelIrp(irp)); /* nobody set a routine */
    EXPECT_TRUE(irp->Cancel);
    IoFreeIrp(irp);
    IoDeleteDevice(toy.device);
}

static void cancel_lock_raises(void **state)
{
    KIRQL irql = HIGH_LEVEL;

    (void)state;
    IoAcquireCancelSpinLock(&irql);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(irql);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void memory_list_is_locked_and_mapped(void **state)
{
    PUCHAR block = ExAllocatePool(NonPagedPool, 5000);
    PMDL mdl = IoAllocateMdl(block, 5000, FALSE, FALSE, NULL);

    (void)state;
    EXPECT_TRUE(MmGetMdlVirtualAddress(mdl) == block);
    EXPECT_EQ(MmGetMdlByteCount(mdl), 5000);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_TRUE(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == block);
    IoFreeMdl(mdl);
    mdl = IoAllocateMdl(block, 5000, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    EXPECT_TRUE(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE,
                                             NormalPagePriority) == block);
    MmUnmapLockedPages(block, mdl);
    EXPECT_EQ(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ExFreePool(block);
}

static VOID NTAPI on_dpc(PKDPC dpc, PVOID context, PVOID one, PVOID two)
{
    (void)dpc;
    (void)one;
    (void)two;
    *(int *)context += 1;
}

static void deferred_calls_can_be_placed(void **state)
{
    int calls = 0;
    KDPC dpc;

    (void)state;
    KeInitializeDpc(&dpc, on_dpc, &calls);
    KeSetImportanceDpc(&dpc, HighImportance);
    KeSetTargetProcessorDpc(&dpc, 0);
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, NULL, NULL));
    KeFlushQueuedDpcs();
    EXPECT_EQ(calls, 1);
}

static void locks_without_and_with_trying(void **state)
{
    KGUARDED_MUTEX guarded;
    FAST_MUTEX fast;
    KSPIN_LOCK spin;
    KIRQL irql;

    (void)state;
    KeInitializeGuardedMutex(&guarded);
    EXPECT_TRUE(KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&guarded);
    KeReleaseGuardedMutexUnsafe(&guarded);
    KeLeaveGuardedRegion();
    ExInitializeFastMutex(&fast);
    KeRaiseIrql(APC_LEVEL, &irql);
    ExAcquireFastMutexUnsafe(&fast);
    ExReleaseFastMutexUnsafe(&fast);
    KeLowerIrql(irql);
    KeInitializeSpinLock(&spin);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_TRUE(KeTryToAcquireSpinLockAtDpcLevel(&spin));
    KeReleaseSpinLockFromDpcLevel(&spin);
    KeLowerIrql(irql);
}

static void strings_without_structures_compare(void **state)
{
    (void)state;
    EXPECT_EQ(RtlCompareUnicodeStrings(u"abc", 3, u"ABC", 3, TRUE), 0);
    EXPECT_TRUE(RtlCompareUnicodeStrings(u"abc", 3, u"ABC", 3, FALSE) > 0);
    EXPECT_TRUE(RtlCompareUnicodeStrings(u"ab", 2, u"abc", 3, TRUE) < 0);
}

static const struct ntcb_test tests[] = {
    {"io.request.goes_down_and_comes_back", "", a_request_goes_down_and_comes_back, start, stop},
    {"io.request.cancel_lock_raises", "", cancel_lock_raises, start, stop},
    {"mm.mdl.is_locked_and_mapped", "", memory_list_is_locked_and_mapped, start, stop},
    {"ke.dpc.can_be_placed", "", deferred_calls_can_be_placed, start, stop},
    {"ke.lock.without_and_with_trying", "", locks_without_and_with_trying, start, stop},
    {"rtl.string.without_structures_compare", "", strings_without_structures_compare, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
