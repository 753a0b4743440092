/* SPDX-License-Identifier: MIT
 *
 * systhr - image loads are written down by a thread of the driver's own, which reads its policy
 *          from the service key first. The notify routine only copies and wakes it.
 */

#include <ntddk.h>
#include <ntstrsafe.h>

#define ST_TAG          'rhTS'
#define ST_NAME_CHARS   120
#define ST_MAX_BACKLOG  64

enum { EV_STOP, EV_WORK, EV_COUNT };

struct st_item {
        LIST_ENTRY      link;
        HANDLE          pid;
        BOOLEAN         kernel;
        WCHAR           name[ST_NAME_CHARS];
};

static struct {
        PKTHREAD        thread;
        KEVENT          stop;
        KSEMAPHORE      work;
        KSPIN_LOCK      lock;
        LIST_ENTRY      backlog;
        UNICODE_STRING  key;
        ULONG           kernel_only;
        ULONG           dropped;
} st;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD st_unload;
static KSTART_ROUTINE st_thread;

/* KernelOnly (REG_DWORD) of the service key; 0 when there is none. */
static ULONG st_read_policy(void)
{
        UNICODE_STRING value = RTL_CONSTANT_STRING(L"KernelOnly");
        UCHAR buf[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
        PKEY_VALUE_PARTIAL_INFORMATION info = (PKEY_VALUE_PARTIAL_INFORMATION)buf;
        OBJECT_ATTRIBUTES oa;
        ULONG len, policy = 0;
        HANDLE key;

        InitializeObjectAttributes(&oa, &st.key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                                   NULL);
        if (!NT_SUCCESS(ZwOpenKey(&key, KEY_QUERY_VALUE, &oa)))
                return 0;
        if (NT_SUCCESS(ZwQueryValueKey(key, &value, KeyValuePartialInformation, info, sizeof(buf),
                                       &len)) &&
            info->Type == REG_DWORD && info->DataLength == sizeof(ULONG))
                policy = *(ULONG UNALIGNED *)info->Data;
        ZwClose(key);
        return policy;
}

static struct st_item *st_pop(void)
{
        PLIST_ENTRY link = ExInterlockedRemoveHeadList(&st.backlog, &st.lock);

        return link ? CONTAINING_RECORD(link, struct st_item, link) : NULL;
}

static void st_tell(const struct st_item *item)
{
        if (st.kernel_only && !item->kernel)
                return;
        DbgPrint("systhr: %s %lu %ws\n", item->kernel ? "kernel" : "user", HandleToULong(item->pid),
                 item->name);
}

static VOID st_thread(PVOID context)
{
        PVOID events[EV_COUNT];
        struct st_item *item;
        NTSTATUS status;

        UNREFERENCED_PARAMETER(context);
        events[EV_STOP] = &st.stop;
        events[EV_WORK] = &st.work;
        st.kernel_only = st_read_policy();
        DbgPrint("systhr: policy %lu\n", st.kernel_only);

        for (;;) {
                status = KeWaitForMultipleObjects(EV_COUNT, events, WaitAny, Executive, KernelMode,
                                                  FALSE, NULL, NULL);
                if (status == STATUS_WAIT_0 + EV_STOP)
                        break;
                item = st_pop();
                if (item) {
                        st_tell(item);
                        ExFreePoolWithTag(item, ST_TAG);
                }
        }

        /* what is left when the driver goes is told, too */
        while ((item = st_pop()) != NULL) {
                st_tell(item);
                ExFreePoolWithTag(item, ST_TAG);
        }
        PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID st_image(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
        struct st_item *item;

        if (KeReadStateSemaphore(&st.work) >= ST_MAX_BACKLOG) {
                st.dropped++;
                return;
        }
        item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*item), ST_TAG);
        if (!item) {
                st.dropped++;
                return;
        }
        item->pid = pid;
        item->kernel = info->SystemModeImage ? TRUE : FALSE;
        if (!name ||
            !NT_SUCCESS(RtlStringCbCopyNW(item->name, sizeof(item->name), name->Buffer,
                                          name->Length)))
                (void)RtlStringCchCopyW(item->name, ST_NAME_CHARS, L"?");
        ExInterlockedInsertTailList(&st.backlog, &item->link, &st.lock);
        KeReleaseSemaphore(&st.work, IO_NO_INCREMENT, 1, FALSE);
}

static VOID st_unload(PDRIVER_OBJECT driver)
{
        UNREFERENCED_PARAMETER(driver);
        PsRemoveLoadImageNotifyRoutine(st_image);
        KeSetEvent(&st.stop, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(st.thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(st.thread);
        ExFreePoolWithTag(st.key.Buffer, ST_TAG);
        DbgPrint("systhr: %lu dropped\n", st.dropped);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
        HANDLE thread = NULL;
        NTSTATUS status;

        KeInitializeEvent(&st.stop, NotificationEvent, FALSE);
        KeInitializeSemaphore(&st.work, 0, MAXLONG);
        KeInitializeSpinLock(&st.lock);
        InitializeListHead(&st.backlog);

        st.key.MaximumLength = path->Length + sizeof(WCHAR);
        st.key.Buffer = ExAllocatePoolWithTag(PagedPool, st.key.MaximumLength, ST_TAG);
        if (!st.key.Buffer)
                return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyUnicodeString(&st.key, path);

        status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, st_thread,
                                      NULL);
        if (!NT_SUCCESS(status))
                goto fail_key;
        status = ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                           (PVOID *)&st.thread, NULL);
        ZwClose(thread);
        if (!NT_SUCCESS(status))
                goto fail_key;  /* cannot happen: the handle is our own */

        status = PsSetLoadImageNotifyRoutine(st_image);
        if (!NT_SUCCESS(status))
                goto fail_thread;
        driver->DriverUnload = st_unload;
        return STATUS_SUCCESS;

fail_thread:
        KeSetEvent(&st.stop, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(st.thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(st.thread);
fail_key:
        ExFreePoolWithTag(st.key.Buffer, ST_TAG);
        return status;
}
