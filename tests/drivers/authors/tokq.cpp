// SPDX-License-Identifier: MIT
#include <ntifs.h>

// TokQ - who writes below \Registry\Machine\Software\Policed? Programs of low integrity may not;
//        what the others are (user, elevation, session) is printed.
//
// In the manner of user-mode C++: small owning types, no naked delete.

namespace tokq {

constexpr ULONG tag = 'qkoT';

template <typename T> struct remove_reference { using type = T; };
template <typename T> struct remove_reference<T &> { using type = T; };
template <typename T> struct remove_reference<T &&> { using type = T; };

template <typename T> typename remove_reference<T>::type &&move(T &&value) noexcept
{
    return static_cast<typename remove_reference<T>::type &&>(value);
}

/* What a query allocated. */
template <typename T> class pool_ptr {
    T *m_p = nullptr;

public:
    pool_ptr() noexcept = default;
    explicit pool_ptr(PVOID p) noexcept : m_p(static_cast<T *>(p)) {}
    pool_ptr(pool_ptr &&other) noexcept : m_p(other.m_p) { other.m_p = nullptr; }
    pool_ptr(const pool_ptr &) = delete;
    pool_ptr &operator=(const pool_ptr &) = delete;
    ~pool_ptr()
    {
        if (m_p)
            ExFreePool(m_p);
    }
    explicit operator bool() const noexcept { return m_p != nullptr; }
    T *operator->() const noexcept { return m_p; }
};

class token {
    PACCESS_TOKEN m_token;

public:
    explicit token(PEPROCESS process) noexcept : m_token(PsReferencePrimaryToken(process)) {}
    token(const token &) = delete;
    token &operator=(const token &) = delete;
    ~token() { PsDereferencePrimaryToken(m_token); }

    template <typename T> pool_ptr<T> query(TOKEN_INFORMATION_CLASS what) const noexcept
    {
        PVOID answer = nullptr;
        return NT_SUCCESS(SeQueryInformationToken(m_token, what, &answer)) ? pool_ptr<T>(answer)
                                                                           : pool_ptr<T>();
    }

    /* SECURITY_MANDATORY_..._RID; none counts as medium. */
    ULONG integrity() const noexcept
    {
        auto label = query<TOKEN_MANDATORY_LABEL>(TokenIntegrityLevel);
        if (!label || *RtlSubAuthorityCountSid(label->Label.Sid) == 0)
            return SECURITY_MANDATORY_MEDIUM_RID;
        return *RtlSubAuthoritySid(label->Label.Sid, 0);
    }

    bool admin() const noexcept { return SeTokenIsAdmin(m_token) != FALSE; }
};

class handle {
    HANDLE m_h = nullptr;

public:
    handle() noexcept = default;
    handle(const handle &) = delete;
    handle &operator=(const handle &) = delete;
    ~handle()
    {
        if (m_h)
            ZwClose(m_h);
    }
    HANDLE *put() noexcept { return &m_h; }
    HANDLE get() const noexcept { return m_h; }
};

/* The same question by handle, in two steps, as documentation has it. */
ULONG session_of_caller() noexcept
{
    handle h;
    ULONG session = 0, length = 0;

    if (!NT_SUCCESS(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE,
                                         h.put())))
        return MAXULONG;
    if (ZwQueryInformationToken(h.get(), TokenSessionId, nullptr, 0, &length) !=
            STATUS_BUFFER_TOO_SMALL ||
        length != sizeof(session))
        return MAXULONG;
    return NT_SUCCESS(ZwQueryInformationToken(h.get(), TokenSessionId, &session, length, &length))
               ? session
               : MAXULONG;
}

void print_writer(const token &who) noexcept
{
    UNICODE_STRING text = {};
    auto user = who.query<TOKEN_USER>(TokenUser);

    if (!user || !NT_SUCCESS(RtlConvertSidToUnicodeString(&text, user->User.Sid, TRUE)))
        return;
    auto elevation = who.query<TOKEN_ELEVATION>(TokenElevation);
    DbgPrint("tokq: %wZ%s%s session %lu\n", &text, who.admin() ? " admin" : "",
             elevation && elevation->TokenIsElevated ? " elevated" : "", session_of_caller());
    RtlFreeUnicodeString(&text);
}

bool is_policed(PVOID object) noexcept
{
    static const UNICODE_STRING prefix =
        RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Policed");
    ULONG length = 0;

    if (ObQueryNameString(object, nullptr, 0, &length) != STATUS_INFO_LENGTH_MISMATCH)
        return false;
    pool_ptr<OBJECT_NAME_INFORMATION> name(ExAllocatePoolWithTag(PagedPool, length, tag));
    return name &&
           NT_SUCCESS(ObQueryNameString(object, name.operator->(), length, &length)) &&
           RtlPrefixUnicodeString(&prefix, &name->Name, TRUE);
}

LARGE_INTEGER cookie;

NTSTATUS on_registry(PVOID, PVOID argument1, PVOID argument2)
{
    const auto what = static_cast<REG_NOTIFY_CLASS>(reinterpret_cast<ULONG_PTR>(argument1));

    if (what != RegNtPreSetValueKey ||
        !is_policed(static_cast<PREG_SET_VALUE_KEY_INFORMATION>(argument2)->Object))
        return STATUS_SUCCESS;

    token who(PsGetCurrentProcess());
    if (who.integrity() < SECURITY_MANDATORY_MEDIUM_RID) {
        DbgPrint("tokq: refused, integrity 0x%lx\n", who.integrity());
        return STATUS_ACCESS_DENIED;
    }
    print_writer(who);
    return STATUS_SUCCESS;
}

} // namespace tokq

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"366666");

    driver->DriverUnload = [](PDRIVER_OBJECT) { (void)CmUnRegisterCallback(tokq::cookie); };
    return CmRegisterCallbackEx(tokq::on_registry, &altitude, driver, nullptr, &tokq::cookie,
                                nullptr);
}
