/* SPDX-License-Identifier: MIT
 *
 * reg_change_kernel_test.c - change notification as a driver asks for it.
 */
#include "regkit.h"

#define NAME_OR_VALUE (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET)

struct WORK {
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    PETHREAD By;
};

static VOID NTAPI DoWork(PVOID Parameter)
{
    struct WORK *Work = Parameter;
    Work->By = PsGetCurrentThread();
    KeSetEvent(&Work->Done, 0, FALSE);
}

static void in_kernel_mode_a_work_item_is_queued(void **State)
{
    HANDLE Base = MakeBase();
    struct WORK Work = {.By = NULL};
    IO_STATUS_BLOCK Answer = {.Status = STATUS_PENDING};
    (void)State;
    KeInitializeEvent(&Work.Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Work.Item, DoWork, &Work);
    EXPECT_STATUS(ZwNotifyChangeKey(Base, NULL, (PIO_APC_ROUTINE)(ULONG_PTR)&Work.Item,
                                    (PVOID)(ULONG_PTR)DelayedWorkQueue, &Answer, NAME_OR_VALUE,
                                    FALSE, NULL, 0, TRUE),
                  STATUS_PENDING);
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_SUCCESS(KeWaitForSingleObject(&Work.Done, Executive, KernelMode, FALSE, NULL));
    EXPECT_STATUS(Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    EXPECT_TRUE(PsIsSystemThread(Work.By) && Work.By != PsGetCurrentThread());
    Close(Base);
}

static void an_event_of_the_kernel_is_set(void **State)
{
    HANDLE Base = MakeBase(), Event;
    IO_STATUS_BLOCK Answer = {.Status = STATUS_PENDING};
    PVOID Object;
    (void)State;
    EXPECT_SUCCESS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, TRUE));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                             KernelMode, &Object, NULL));
    EXPECT_STATUS(
        ZwNotifyChangeKey(Base, Event, NULL, NULL, &Answer, NAME_OR_VALUE, FALSE, NULL, 0, TRUE),
        STATUS_PENDING);
    EXPECT_EQ(KeReadStateEvent(Object), 0); /* reset first */
    EXPECT_SUCCESS(SetDword(Base, STR(u"a"), 1));
    EXPECT_SUCCESS(KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL));
    EXPECT_STATUS(Answer.Status, STATUS_NOTIFY_ENUM_DIR);
    ObDereferenceObject(Object);
    Close(Event);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.change.work_item", "REG-NTF-02", in_kernel_mode_a_work_item_is_queued),
    CONFORM_CASE("reg.change.kernel_event", "REG-NTF-01", an_event_of_the_kernel_is_set),
};

NTCB_TEST_MAIN("conformance", Tests)
