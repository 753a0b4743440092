/* SPDX-License-Identifier: MIT
 *
 * sysinfo.c - the system's processes, threads and modules in one answer, for drivers.
 *
 * The answer is laid out twice: without memory, for its size, and with it. What has grown in
 * between does not fit any more, which the caller is told as on Windows.
 */
#include "mm/mmp.h"
#include "ps/psp_state.h"
#include "ps/zw.h"

#include <string.h>

struct PSP_LAYOUT {
    PUCHAR Buffer;
    ULONG Room;
    ULONG Used; /* what it takes; more than Room: it does not fit */
    ULONG Align;
};

/* The next Bytes, aligned; NULL: there is no room. */
static PVOID PspLayOut(struct PSP_LAYOUT *Layout, SIZE_T Bytes)
{
    ULONG At = Layout->Used;

    Layout->Used += ((ULONG)Bytes + Layout->Align - 1) & ~(Layout->Align - 1);
    return Layout->Used <= Layout->Room ? memset(Layout->Buffer + At, 0, Bytes) : NULL;
}

static KPRIORITY PspPriorityOf(const struct ntsim_thread *Thread)
{
    KPRIORITY Priority = atomic_load(&Thread->Priority);

    return Priority != 0 ? Priority : 8;
}

/* The name without its folders; System's is "System". */
static UNICODE_STRING PspLastComponent(PCUNICODE_STRING Path)
{
    USHORT At = Path->Length / (USHORT)sizeof(WCHAR);

    while (At != 0 && Path->Buffer[At - 1] != u'\\') {
        At--;
    }
    return (UNICODE_STRING){(USHORT)(Path->Length - At * sizeof(WCHAR)),
                            (USHORT)(Path->Length - At * sizeof(WCHAR)), Path->Buffer + At};
}

static VOID PspPutThreads(struct PSP_LAYOUT *Layout, struct ntsim_process *Process, PULONG Count)
{
    for (PLIST_ENTRY Entry = Process->Threads.Flink; Entry != &Process->Threads;
         Entry = Entry->Flink) {
        struct ntsim_thread *Thread = CONTAINING_RECORD(Entry, struct ntsim_thread, Link);
        PSYSTEM_THREAD_INFORMATION One = PspLayOut(Layout, sizeof(*One));

        ++*Count;
        if (One != NULL) {
            One->ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)Process->Id;
            One->ClientId.UniqueThread = (HANDLE)(ULONG_PTR)Thread->Id;
            One->Priority = PspPriorityOf(Thread);
            One->BasePriority = 8;
        }
    }
}

static PSYSTEM_PROCESS_INFORMATION PspPutProcess(struct PSP_LAYOUT *Layout,
                                                 struct ntsim_process *Process)
{
    UNICODE_STRING Name = PspLastComponent(&Process->ImagePath);
    PSYSTEM_PROCESS_INFORMATION One = PspLayOut(Layout, sizeof(*One));
    ULONG Threads = 0;
    PWCHAR Text;

    PspPutThreads(Layout, Process, &Threads);
    Text = PspLayOut(Layout, Name.Length + sizeof(WCHAR));
    if (Text == NULL) {
        return NULL;
    }
    if (Name.Length != 0) {
        memcpy(Text, Name.Buffer, Name.Length);
    }
    One->NumberOfThreads = One->NumberOfThreadsHighWatermark = Threads;
    One->CreateTime = Process->CreateTime;
    One->ImageName = (UNICODE_STRING){Name.Length, (USHORT)(Name.Length + sizeof(WCHAR)), Text};
    One->BasePriority = 8;
    One->UniqueProcessId = (HANDLE)(ULONG_PTR)Process->Id;
    One->InheritedFromUniqueProcessId = (HANDLE)(ULONG_PTR)Process->ParentId;
    One->UniqueProcessKey = (ULONG_PTR)Process->Sequence;
    return One;
}

static VOID PspPutProcesses(struct PSP_LAYOUT *Layout)
{
    struct PSP_STATE *State = PspState();
    PSYSTEM_PROCESS_INFORMATION Before = NULL, One;
    struct ntsim_process *Process, *Next;
    ULONG Sessions;

    ntsim__lock(State->Lock);
    HASH_ITER (hh, State->Processes, Process, Next) {
        One = PspPutProcess(Layout, Process);
        if (One != NULL) {
            SeQuerySessionIdToken(PspToken(Process), &Sessions);
            One->SessionId = Sessions;
        }
        if (One != NULL && Before != NULL) {
            Before->NextEntryOffset = (ULONG)((PUCHAR)One - (PUCHAR)Before);
        }
        Before = One;
    }
    ntsim__unlock(State->Lock);
}

/* The images of the System process, which are those of drivers. */
static VOID PspPutModules(struct PSP_LAYOUT *Layout)
{
    PULONG Number = PspLayOut(Layout, FIELD_OFFSET(RTL_PROCESS_MODULES, Modules));
    struct MMP_DRIVER_IMAGE Image;
    ULONG Count = 0;

    for (; MmpNthDriverImage(Count, &Image); Count++) {
        PRTL_PROCESS_MODULE_INFORMATION One = PspLayOut(Layout, sizeof(*One));

        if (One != NULL) {
            One->ImageBase = Image.Base;
            One->ImageSize = Image.Bytes;
            One->LoadOrderIndex = One->InitOrderIndex = (USHORT)Count;
            One->LoadCount = 1;
            memcpy(One->FullPathName, Image.Path, sizeof(One->FullPathName));
            for (USHORT At = 0; Image.Path[At] != '\0'; At++) {
                if (Image.Path[At] == '\\') {
                    One->OffsetToFileName = (USHORT)(At + 1);
                }
            }
        }
    }
    if (Number != NULL) {
        *Number = Count;
    }
}

/* Enabled, and not present: two bytes. Nobody debugs the simulated kernel. */
static VOID PspPutDebugger(struct PSP_LAYOUT *Layout)
{
    PBOOLEAN Two = Layout->Room >= 2 ? (PBOOLEAN)Layout->Buffer : NULL;

    Layout->Used = 2;
    if (Two != NULL) {
        Two[0] = FALSE;
        Two[1] = TRUE;
    }
}

/* Its length, then CODEINTEGRITY_OPTION_ENABLED. */
static VOID PspPutIntegrity(struct PSP_LAYOUT *Layout)
{
    PULONG Two = PspLayOut(Layout, 2 * sizeof(ULONG));

    if (Two != NULL) {
        Two[0] = 2 * sizeof(ULONG);
        Two[1] = 1;
    }
}

static const struct {
    SYSTEM_INFORMATION_CLASS Class;
    VOID (*Put)(struct PSP_LAYOUT *Layout);
} PspSystemClasses[] = {
    {SystemProcessInformation, PspPutProcesses},
    {SystemModuleInformation, PspPutModules},
    {SystemKernelDebuggerInformation, PspPutDebugger},
    {SystemCodeIntegrityInformation, PspPutIntegrity},
};

static NTSTATUS PspQuerySystem(SYSTEM_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length,
                               PULONG ReturnLength)
{
    struct PSP_LAYOUT Layout = {
        .Buffer = Buffer,
        .Room = Length,
        .Align = Class == SystemModuleInformation ? sizeof(PVOID) : sizeof(LONGLONG),
    };

    for (ULONG Row = 0; Row < RTL_NUMBER_OF(PspSystemClasses); Row++) {
        if (PspSystemClasses[Row].Class == Class) {
            PspSystemClasses[Row].Put(&Layout);
            if (ReturnLength != NULL) {
                *ReturnLength = Layout.Used;
            }
            return Layout.Used > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS NTAPI ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                        PVOID SystemInformation, ULONG SystemInformationLength,
                                        PULONG ReturnLength)
{
    PSP_ZW(PspQuerySystem(SystemInformationClass, SystemInformation, SystemInformationLength,
                          ReturnLength));
}

/* ---- threads ---- */

static NTSTATUS PspFillThread(struct ntsim_thread *Thread, THREADINFOCLASS Class, PVOID Buffer,
                              ULONG Length, PULONG Bytes)
{
    PTHREAD_BASIC_INFORMATION Basic = Buffer;

    *Bytes = Class == ThreadBasicInformation ? sizeof(*Basic)
             : Class == ThreadIsTerminated   ? sizeof(ULONG)
                                             : sizeof(PVOID);
    if (Length != *Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (Class == ThreadIsTerminated) {
        *(PULONG)Buffer = Thread->Exited;
    } else if (Class == ThreadQuerySetWin32StartAddress) {
        *(const VOID **)Buffer = Thread->Start;
    } else {
        *Basic = (THREAD_BASIC_INFORMATION){
            .ExitStatus = PsGetThreadExitStatus((PETHREAD)Thread),
            .ClientId = {(HANDLE)(ULONG_PTR)Thread->Process->Id, (HANDLE)(ULONG_PTR)Thread->Id},
            .AffinityMask = 1,
            .Priority = PspPriorityOf(Thread),
            .BasePriority = 8,
        };
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer,
                               ULONG Length, PULONG ReturnLength)
{
    ULONG Bytes;
    PVOID Object;
    NTSTATUS Status;

    if (Class != ThreadBasicInformation && Class != ThreadIsTerminated &&
        Class != ThreadQuerySetWin32StartAddress) {
        return (ULONG)Class < MaxThreadInfoClass ? STATUS_NOT_IMPLEMENTED
                                                 : STATUS_INVALID_INFO_CLASS;
    }
    Status = ObpReferenceByHandle(ThreadHandle, 0, *PsThreadType, KernelMode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspFillThread(Object, Class, Buffer, Length, &Bytes);
    ObpDereference(Object, NULL);
    if (ReturnLength != NULL) {
        *ReturnLength = Bytes;
    }
    return Status;
}

NTSTATUS NTAPI ZwQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                        PVOID ThreadInformation, ULONG ThreadInformationLength,
                                        PULONG ReturnLength)
{
    PSP_ZW(PspQueryThread(ThreadHandle, ThreadInformationClass, ThreadInformation,
                          ThreadInformationLength, ReturnLength));
}
