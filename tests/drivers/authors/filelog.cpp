// SPDX-License-Identifier: MIT
#include <ntifs.h>
#include <ntstrsafe.h>

/*
    FileLog: one line of text a process, appended to \SystemRoot\filelog.txt.

    Process notifications come at PASSIVE_LEVEL with kernel APCs as they are, so the file is written
    where they arrive; a fast mutex would switch APCs off, which ZwWriteFile cannot do without, and
    so the lines are kept apart by an event.
*/

extern "C" DRIVER_INITIALIZE DriverEntry;

namespace FileLog {
    class Handle
    {
    public:
        Handle() : m_h(NULL) {}
        ~Handle() { Close(); }
        HANDLE *operator&() { return &m_h; }
        operator HANDLE() const { return m_h; }
        void Close()
        {
            if (m_h != NULL)
                ZwClose(m_h);
            m_h = NULL;
        }

    private:
        Handle(const Handle &);
        void operator=(const Handle &);
        HANDLE m_h;
    };

    class Turn
    {
    public:
        explicit Turn(KEVENT &e) : m_e(e)
        {
            KeEnterCriticalRegion();
            KeWaitForSingleObject(&m_e, Executive, KernelMode, FALSE, NULL);
        }
        ~Turn()
        {
            KeSetEvent(&m_e, IO_NO_INCREMENT, FALSE);
            KeLeaveCriticalRegion();
        }

    private:
        KEVENT &m_e;
    };

    template <size_t N> class Line
    {
    public:
        Line() : m_length(0) {}

        NTSTATUS Format(_In_ const char *format, ...)
        {
            va_list args;
            va_start(args, format);
            NTSTATUS status = RtlStringCbVPrintfA(m_text, N, format, args);
            va_end(args);
            m_length = strlen(m_text);
            return status;
        }
        PVOID Data() { return m_text; }
        ULONG Length() const { return (ULONG)m_length; }

    private:
        char m_text[N];
        size_t m_length;
    };

    class Log
    {
    public:
        NTSTATUS Open()
        {
            UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\SystemRoot\\filelog.txt");
            OBJECT_ATTRIBUTES oa;
            IO_STATUS_BLOCK iosb;

            KeInitializeEvent(&m_turn, SynchronizationEvent, TRUE);
            InitializeObjectAttributes(&oa, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                                       NULL);
            return ZwCreateFile(&m_file, FILE_APPEND_DATA | SYNCHRONIZE, &oa, &iosb, NULL,
                                FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_OPEN_IF,
                                FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
        }

        template <size_t N> void Write(Line<N> &line)
        {
            LARGE_INTEGER end;
            IO_STATUS_BLOCK iosb;

            end.HighPart = -1;
            end.LowPart = FILE_WRITE_TO_END_OF_FILE;
            Turn turn(m_turn);
            if (!NT_SUCCESS(ZwWriteFile(m_file, NULL, NULL, NULL, &iosb, line.Data(), line.Length(),
                                        &end, NULL)))
                InterlockedIncrement(&m_failures);
        }

        void Close() { m_file.Close(); }
        LONG Failures() const { return m_failures; }

    private:
        Handle m_file;
        KEVENT m_turn;
        LONG m_failures;
    };

    // No constructor may have to run for a global: nobody would call it in a driver.
    static ULONG_PTR g_logStorage[(sizeof(Log) + sizeof(ULONG_PTR) - 1) / sizeof(ULONG_PTR)];
    static Log &TheLog() { return *reinterpret_cast<Log *>(g_logStorage); }

    static VOID NTAPI OnProcess(HANDLE, HANDLE processId, BOOLEAN create)
    {
        Line<160> line;
        PEPROCESS process;
        PUNICODE_STRING image = NULL;

        if (!create)
        {
            (VOID)line.Format("- %lu\r\n", HandleToULong(processId));
            TheLog().Write(line);
            return;
        }
        if (!NT_SUCCESS(PsLookupProcessByProcessId(processId, &process)))
            return;
        if (NT_SUCCESS(SeLocateProcessImageName(process, &image)))
        {
            (VOID)line.Format("+ %lu %wZ\r\n", HandleToULong(processId), image);
            TheLog().Write(line);
            ExFreePool(image);
        }
        ObDereferenceObject(process);
    }

    static VOID Unload(PDRIVER_OBJECT)
    {
        PsSetCreateProcessNotifyRoutine(OnProcess, TRUE);
        TheLog().Close();
        DbgPrint("filelog: %ld failures\n", TheLog().Failures());
    }
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);

    NTSTATUS status = FileLog::TheLog().Open();
    if (!NT_SUCCESS(status))
        return status;
    status = PsSetCreateProcessNotifyRoutine(FileLog::OnProcess, FALSE);
    if (!NT_SUCCESS(status))
    {
        FileLog::TheLog().Close();
        return status;
    }
    DriverObject->DriverUnload = FileLog::Unload;
    return STATUS_SUCCESS;
}
