// SPDX-License-Identifier: MIT
//
// objguard.cpp : protects processes by image name from being opened for writing or termination.
//
// C++17 without exceptions and RTTI. Every resource is a member of a class whose destructor gives
// it back; the driver itself is one object, made in DriverEntry by placement new.

extern "C" {
#include <ntifs.h>
}

extern "C" DRIVER_INITIALIZE DriverEntry;

namespace {

constexpr ULONG PoolTag = 'drGO';

} // namespace

void* operator new(size_t bytes, POOL_TYPE pool) noexcept
{
    return ExAllocatePoolWithTag(pool, bytes, PoolTag);
}

void operator delete(void* block) noexcept
{
    if (block != nullptr) {
        ExFreePoolWithTag(block, PoolTag);
    }
}

void operator delete(void* block, size_t) noexcept
{
    operator delete(block);
}

namespace {

class FastMutex {
public:
    FastMutex() noexcept { ExInitializeFastMutex(&m_mutex); }
    FastMutex(const FastMutex&) = delete;
    FastMutex& operator=(const FastMutex&) = delete;

    class Guard {
    public:
        explicit Guard(FastMutex& mutex) noexcept : m_held(mutex.m_mutex)
        {
            ExAcquireFastMutex(&m_held);
        }
        ~Guard() { ExReleaseFastMutex(&m_held); }

    private:
        FAST_MUTEX& m_held;
    };

private:
    FAST_MUTEX m_mutex;
};

/// A set of process ids in a singly linked list.
class ProcessSet {
public:
    ~ProcessSet()
    {
        while (m_first != nullptr) {
            Node* next = m_first->next;
            delete m_first;
            m_first = next;
        }
    }

    bool Add(HANDLE pid) noexcept
    {
        auto* node = new (PagedPool) Node{ nullptr, pid };
        if (node == nullptr) {
            return false;
        }
        FastMutex::Guard guard(m_lock);
        node->next = m_first;
        m_first = node;
        return true;
    }

    bool Remove(HANDLE pid) noexcept
    {
        Node* found = nullptr;
        {
            FastMutex::Guard guard(m_lock);
            for (Node** at = &m_first; *at != nullptr; at = &(*at)->next) {
                if ((*at)->pid == pid) {
                    found = *at;
                    *at = found->next;
                    break;
                }
            }
        }
        delete found;
        return found != nullptr;
    }

    bool Contains(HANDLE pid) noexcept
    {
        FastMutex::Guard guard(m_lock);
        for (const Node* node = m_first; node != nullptr; node = node->next) {
            if (node->pid == pid) {
                return true;
            }
        }
        return false;
    }

private:
    struct Node {
        Node* next;
        HANDLE pid;
    };

    FastMutex m_lock;
    Node* m_first = nullptr;
};

class Driver {
public:
    static NTSTATUS Create(PDRIVER_OBJECT driverObject) noexcept
    {
        s_instance = new (NonPagedPool) Driver;
        if (s_instance == nullptr) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS status = s_instance->Start();
        if (!NT_SUCCESS(status)) {
            delete s_instance;
            return status;
        }
        driverObject->DriverUnload = [](PDRIVER_OBJECT) { delete s_instance; };
        return STATUS_SUCCESS;
    }

    ~Driver()
    {
        if (m_handles != nullptr) {
            ObUnRegisterCallbacks(m_handles);
        }
        if (m_watching) {
            PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
        }
        DbgPrint("objguard: stripped %ld, duplicates %ld\n", m_stripped, m_duplicates);
    }

private:
    static constexpr ACCESS_MASK Forbidden = PROCESS_TERMINATE | PROCESS_VM_WRITE |
                                             PROCESS_VM_OPERATION | PROCESS_CREATE_THREAD;

    NTSTATUS Start() noexcept
    {
        OB_OPERATION_REGISTRATION operations[1] = {};
        operations[0].ObjectType = PsProcessType;
        operations[0].Operations = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;
        operations[0].PreOperation = OnPreHandle;

        OB_CALLBACK_REGISTRATION registration = {};
        registration.Version = ObGetFilterVersion();
        registration.OperationRegistrationCount = ARRAYSIZE(operations);
        registration.RegistrationContext = this;
        registration.OperationRegistration = operations;
        RtlInitUnicodeString(&registration.Altitude, L"321000.5");

        NTSTATUS status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
        m_watching = NT_SUCCESS(status);
        return m_watching ? ObRegisterCallbacks(&registration, &m_handles) : status;
    }

    static void OnProcess(PEPROCESS, HANDLE pid, PPS_CREATE_NOTIFY_INFO info)
    {
        UNICODE_STRING suffix = RTL_CONSTANT_STRING(L"\\vault.exe");

        if (info == nullptr) {
            s_instance->m_protected.Remove(pid);
        } else if (info->ImageFileName != nullptr &&
                   RtlSuffixUnicodeString(&suffix, info->ImageFileName, TRUE) &&
                   !s_instance->m_protected.Add(pid)) {
            info->CreationStatus = STATUS_INSUFFICIENT_RESOURCES; // none, or a safe one
        }
    }

    static OB_PREOP_CALLBACK_STATUS OnPreHandle(PVOID context, POB_PRE_OPERATION_INFORMATION info)
    {
        auto* self = static_cast<Driver*>(context);
        auto* target = static_cast<PEPROCESS>(info->Object);

        if (info->KernelHandle || target == PsGetCurrentProcess() ||
            !self->m_protected.Contains(PsGetProcessId(target))) {
            return OB_PREOP_SUCCESS;
        }
        ACCESS_MASK& desired = info->Operation == OB_OPERATION_HANDLE_CREATE
                                   ? info->Parameters->CreateHandleInformation.DesiredAccess
                                   : info->Parameters->DuplicateHandleInformation.DesiredAccess;
        if ((desired & Forbidden) != 0) {
            InterlockedIncrement(info->Operation == OB_OPERATION_HANDLE_CREATE
                                     ? &self->m_stripped
                                     : &self->m_duplicates);
            desired &= ~Forbidden;
        }
        return OB_PREOP_SUCCESS;
    }

    static Driver* s_instance;

    ProcessSet m_protected;
    PVOID m_handles = nullptr;
    bool m_watching = false;
    LONG m_stripped = 0;
    LONG m_duplicates = 0;
};

Driver* Driver::s_instance = nullptr;

} // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING)
{
    return Driver::Create(driverObject);
}
