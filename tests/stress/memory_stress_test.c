/* SPDX-License-Identifier: MIT
 *
 * memory_stress_test.c - environment blocks, views of sections and user memory of processes that
 * come and go meanwhile.
 *
 * Role   One thread makes a process after the other, looks at its block and lets it exit; the
 * others
 *        find it by its id, ask for the block, map sections into it and allocate memory in it. The
 *        oracle: whoever gets a block gets the same one; what does not succeed fails because the
 *        process is going; what a view of memory was used to count is there in the next one; and
 *        nothing is left in the end, of the processes or of what they had.
 *        A case that ends in .soak goes on for a minute, the other for some rounds.
 */
#include "../sim/simkit.h"
#include "../support/volumekit.h"

#include <ntcallback/host.h>

#include <stdatomic.h>

#define QUICK_ROUNDS 1500
#define SOAK_SECONDS 60
#define COMMAND u"\"C:\\stress.exe\" /now"

enum kind { MEMORY, TEXT_FILE, IMAGE, KINDS };

static struct {
    HANDLE sections[KINDS];
    _Atomic uint32_t pid; /* of the process that is there; 0: none */
    _Atomic bool done;
    KEVENT viewed, asked; /* somebody has, of late */
    _Atomic unsigned wrong;
    _Atomic unsigned long counted, views, blocks, gone;
    unsigned rounds; /* processes; 0: until the clock says so */
    uint64_t deadline;
} stress;

static void wrong_if(bool wrong, const char *what, NTSTATUS status)
{
    if (wrong) {
        fprintf(stderr, "%s: %08x\n", what, (unsigned)status);
        atomic_fetch_add(&stress.wrong, 1);
    }
}

/* ---- what is done to a process, by whomever -------------------------------------------------- */

/* It may be gone already, or go at any time. */
static void wrong_unless_gone(const char *what, NTSTATUS status, NTSTATUS expected)
{
    wrong_if(status != expected && status != STATUS_PROCESS_IS_TERMINATING, what, status);
    atomic_fetch_add(&stress.gone, status == STATUS_PROCESS_IS_TERMINATING);
}

static void view_section(HANDLE process, enum kind kind)
{
    static const ULONG protections[] = {PAGE_READWRITE, PAGE_READONLY, PAGE_READONLY};
    PVOID base = NULL;
    SIZE_T bytes = 0;
    NTSTATUS status = ZwMapViewOfSection(stress.sections[kind], process, &base, 0, 0, NULL, &bytes,
                                         ViewUnmap, 0, protections[kind]);

    wrong_unless_gone("map", status, kind == IMAGE ? STATUS_IMAGE_NOT_AT_BASE : STATUS_SUCCESS);
    if (!NT_SUCCESS(status)) {
        return;
    }
    atomic_fetch_add(&stress.views, 1);
    KeSetEvent(&stress.viewed, 0, FALSE);
    if (kind == MEMORY) { /* the section's own pages, which stay */
        atomic_fetch_add((_Atomic unsigned long *)base, 1);
        atomic_fetch_add(&stress.counted, 1);
    }
    status = ZwUnmapViewOfSection(process, base);
    wrong_if(!NT_SUCCESS(status) && status != STATUS_NOT_MAPPED_VIEW, "unmap", status);
}

static void allocate(HANDLE process)
{
    PVOID base = NULL;
    SIZE_T bytes = 100;
    NTSTATUS status =
        ZwAllocateVirtualMemory(process, &base, 0, &bytes, MEM_COMMIT, PAGE_READWRITE);

    wrong_unless_gone("allocate", status, STATUS_SUCCESS);
    if (NT_SUCCESS(status)) {
        bytes = 0;
        status = ZwFreeVirtualMemory(process, &base, &bytes, MEM_RELEASE);
        wrong_if(!NT_SUCCESS(status) && status != STATUS_MEMORY_NOT_ALLOCATED, "free", status);
    }
}

static void ask_for_block(PEPROCESS process)
{
    PPEB one = PsGetProcessPeb(process), other = PsGetProcessPeb(process);

    wrong_if(one != other && one != NULL && other != NULL, "two blocks", STATUS_SUCCESS);
    if (one != NULL) {
        atomic_fetch_add(&stress.blocks, 1);
        KeSetEvent(&stress.asked, 0, FALSE);
    }
}

/* ---- threads --------------------------------------------------------------------------------- */

static VOID NTAPI Use(PVOID Context)
{
    unsigned random = (unsigned)(ULONG_PTR)Context;

    while (!atomic_load(&stress.done)) {
        HANDLE pid = ULongToHandle(atomic_load(&stress.pid)), handle;
        PEPROCESS process;

        if (!NT_SUCCESS(PsLookupProcessByProcessId(pid, &process))) {
            continue;
        }
        random = random * 1664525u + 1013904223u;
        if ((random >> 16) % 4 == 0) {
            ask_for_block(process);
        } else if (NT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL,
                                                    PROCESS_ALL_ACCESS, *PsProcessType, KernelMode,
                                                    &handle))) {
            if ((random >> 18) % 4 == KINDS) {
                allocate(handle);
            } else {
                view_section(handle, (random >> 18) % 4);
            }
            ZwClose(handle);
        }
        ObDereferenceObject(process);
    }
}

/* While nobody else may let it exit. */
static void look_at_block(struct ntsim_process *process)
{
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_process_thread(process));
    PVOID *block = (PVOID *)PsGetProcessPeb((PEPROCESS)process); /* Reserved, 2 pointers, Ldr */
    PUCHAR parameters = block[4];
    UNICODE_STRING *command = (PVOID)(parameters + 16 + 10 * sizeof(PVOID) + sizeof(*command));

    wrong_if(!RtlEqualUnicodeString(command, STRING(COMMAND), FALSE), "command line",
             STATUS_SUCCESS);
    ntsim_thread_leave(before);
}

static bool over(unsigned round)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.rounds != 0 ? round >= stress.rounds
                              : host->clock_ns(host->context) >= stress.deadline;
}

static VOID NTAPI ComeAndGo(PVOID Context)
{
    const struct ntsim_process_options options = {.image_path = "C:\\stress.exe",
                                                  .command_line = "\"C:\\stress.exe\" /now"};

    (void)Context;
    for (unsigned round = 0; !over(round); round++) {
        struct ntsim_process *process;

        wrong_if(ntsim_process_create(sim, &options, &process) != NTCB_OK, "create", 0);
        KeClearEvent(&stress.viewed);
        KeClearEvent(&stress.asked);
        atomic_store(&stress.pid, ntsim_process_id(process));
        if (round % 16 == 0) { /* the others are not too late each time */
            KeWaitForSingleObject(&stress.viewed, Executive, KernelMode, FALSE, NULL);
            KeWaitForSingleObject(&stress.asked, Executive, KernelMode, FALSE, NULL);
        }
        if (round % 4 != 0) {
            look_at_block(process);
        }
        ntsim_process_exit(process, STATUS_SUCCESS);
    }
    atomic_store(&stress.done, true);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static HANDLE make_file(const WCHAR *path, size_t path_bytes, const void *data, ULONG bytes)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes),
                                    .ObjectName = sim_string(path, path_bytes),
                                    .Attributes = OBJ_KERNEL_HANDLE};
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;

    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_ALL, &attributes, &block, NULL, 0, 0,
                                FILE_OVERWRITE_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0));
    EXPECT_SUCCESS(
        ZwWriteFile(file, NULL, NULL, NULL, &block, (PVOID)(uintptr_t)data, bytes, NULL, NULL));
    return file;
}

static void make_section(enum kind kind, HANDLE file)
{
    LARGE_INTEGER size = {.QuadPart = PAGE_SIZE};

    EXPECT_SUCCESS(ZwCreateSection(&stress.sections[kind], SECTION_ALL_ACCESS, NULL,
                                   file == NULL ? &size : NULL,
                                   file == NULL ? PAGE_READWRITE : PAGE_READONLY,
                                   kind == IMAGE ? SEC_IMAGE : SEC_COMMIT, file));
    if (file != NULL) {
        EXPECT_SUCCESS(ZwClose(file));
    }
}

static void make_sections(void)
{
    static const WCHAR text[] = u"\\??\\C:\\text", dll[] = u"\\??\\C:\\image.dll";
    const struct ntsim_image_options options = {.path = "C:\\Windows\\x.dll"};
    struct ntsim_image *image;

    EXPECT_EQ(ntsim_image_load(sim, &options, &image), NTCB_OK);
    make_section(MEMORY, NULL);
    make_section(TEXT_FILE, make_file(text, sizeof(text), "text", 4));
    make_section(IMAGE, make_file(dll, sizeof(dll), ntsim_image_base(image),
                                  (ULONG)ntsim_image_size(image)));
    ntsim_image_unload(image);
}

static void expect_count(void)
{
    PVOID base = NULL;
    SIZE_T bytes = 0;

    EXPECT_SUCCESS(ZwMapViewOfSection(stress.sections[MEMORY], NtCurrentProcess(), &base, 0, 0,
                                      NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE));
    EXPECT_EQ(*(unsigned long *)base, atomic_load(&stress.counted));
    EXPECT_SUCCESS(ZwUnmapViewOfSection(NtCurrentProcess(), base));
}

static void strain(unsigned rounds)
{
    static const PKSTART_ROUTINE roles[] = {ComeAndGo, Use, Use, Use};
    const struct ntcb_host_ops *host = ntcb_host_default();
    HANDLE threads[RTL_NUMBER_OF(roles)];

    memset(&stress, 0, sizeof(stress));
    stress.rounds = rounds;
    stress.deadline = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    KeInitializeEvent(&stress.viewed, NotificationEvent, FALSE);
    KeInitializeEvent(&stress.asked, NotificationEvent, FALSE);
    make_sections();
    for (size_t i = 0; i < RTL_NUMBER_OF(roles); i++) {
        EXPECT_SUCCESS(PsCreateSystemThread(&threads[i], THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                            roles[i], (PVOID)(ULONG_PTR)i));
    }
    for (size_t i = 0; i < RTL_NUMBER_OF(roles); i++) {
        EXPECT_SUCCESS(ZwWaitForSingleObject(threads[i], FALSE, NULL));
        EXPECT_SUCCESS(ZwClose(threads[i]));
    }
    expect_count();
    for (size_t i = 0; i < KINDS; i++) {
        EXPECT_SUCCESS(ZwClose(stress.sections[i]));
    }
    print_message("%lu views, %lu blocks, %lu times too late\n", atomic_load(&stress.views),
                  atomic_load(&stress.blocks), atomic_load(&stress.gone));
    EXPECT_EQ(atomic_load(&stress.wrong), 0);
    EXPECT_TRUE(atomic_load(&stress.views) > 0 && atomic_load(&stress.blocks) > 0);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void what_is_asked_for_late_is_refused(void **state)
{
    (void)state;
    strain(QUICK_ROUNDS);
}

static void what_is_asked_for_late_is_refused_for_long(void **state)
{
    (void)state;
    strain(0);
}

static const struct ntcb_test tests[] = {
    {"stress.memory.what_is_asked_for_late_is_refused", "", what_is_asked_for_late_is_refused,
     start_volume, stop_volume},
    {"stress.memory.what_is_asked_for_late_is_refused.soak", "",
     what_is_asked_for_late_is_refused_for_long, start_volume, stop_volume},
};

NTCB_TEST_MAIN("library", tests)
