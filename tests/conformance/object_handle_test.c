/* SPDX-License-Identifier: MIT
 *
 * object_handle_test.c - object callbacks before and after a handle to a process or thread.
 */
#include "../sim/handle_kit.h"

/* Duplicate, in the creator, a handle it has to its own process. */
static ACCESS_MASK duplicate(ACCESS_MASK from, ACCESS_MASK desired, ULONG options)
{
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    CLIENT_ID id = {(HANDLE)(ULONG_PTR)CREATOR_PID, NULL};
    struct ntsim_thread *previous = ntsim_thread_enter(creator);
    HANDLE first = NULL, second = NULL;
    ACCESS_MASK granted;

    EXPECT_SUCCESS(NtOpenProcess(&first, from, &attributes, &id));
    EXPECT_SUCCESS(NtDuplicateObject(NtCurrentProcess(), first, NtCurrentProcess(), &second,
                                     desired, 0, options));
    granted = granted_access(second);
    EXPECT_SUCCESS(NtClose(first));
    EXPECT_SUCCESS(NtClose(second));
    ntsim_thread_leave(previous);
    return granted;
}

static const struct {
    OB_OPERATION watched;
    bool created, duplicated;
} operation_rows[] = {
    {OB_OPERATION_HANDLE_CREATE, true, false},
    {OB_OPERATION_HANDLE_DUPLICATE, false, true},
    {OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, true, true},
};

static void watches_the_operations_it_named(void **state)
{
    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(operation_rows); ++row) {
        struct watcher *watcher = &watchers[0];
        OB_OPERATION_REGISTRATION operation = {PsProcessType, operation_rows[row].watched,
                                               HandlePre, HandlePost};
        OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1,
                                                 RTL_CONSTANT_STRING(u"1000"), watcher, &operation};

        memset(watcher, 0, sizeof(*watcher));
        EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &watcher->handle));
        open_process(creator_process, PROCESS_TERMINATE);
        EXPECT_EQ(watcher->pres, operation_rows[row].created);
        open_as(creator_process, true, UserMode, THREAD_TERMINATE); /* another type */
        EXPECT_EQ(watcher->pres, operation_rows[row].created);
        watcher->pres = watcher->posts = 0;
        duplicate(PROCESS_TERMINATE, 0, DUPLICATE_SAME_ACCESS);
        EXPECT_EQ(watcher->pres,
                  (unsigned)operation_rows[row].created + operation_rows[row].duplicated);
        EXPECT_EQ(watcher->posts, watcher->pres);
        unwatch(watcher);
    }
}

static void the_higher_altitude_is_asked_first(void **state)
{
    static const PCWSTR altitudes[WATCHERS] = {u"1000.45", u"20000", u"1000.5", u"300000"};
    struct watcher *all[WATCHERS];

    (void)state;
    for (unsigned index = 0; index < WATCHERS; ++index) {
        all[index] = watch(index, altitudes[index]);
    }
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_EQ(memcmp(life_take(), "dbca", 4), 0);
    for (unsigned index = 0; index < WATCHERS; ++index) {
        unwatch(all[index]);
    }
}

static void routines_run_in_a_critical_region(void **state)
{
    static const struct {
        uint32_t switches;
        KIRQL irql;
    } rows[] = {{0, PASSIVE_LEVEL}, {NTCB_SWITCH_CALLBACKS_AT_APC, APC_LEVEL}};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        life_restart(&(struct ntcb_config){.switches = rows[row].switches});
        struct watcher *watcher = watch(0, u"1000");
        open_process(creator_process, PROCESS_TERMINATE);
        for (int post = 0; post <= 1; ++post) {
            EXPECT_EQ(watcher->irql[post], rows[row].irql);
            EXPECT_TRUE(watcher->apcs[post]);
            EXPECT_EQ(watcher->all_apcs[post], rows[row].irql == APC_LEVEL);
        }
        EXPECT_FALSE(KeAreApcsDisabled());
        unwatch(watcher);
    }
}

static void the_operation_cannot_be_failed(void **state)
{
    struct watcher *watcher = watch(0, u"1000");

    (void)state;
    watcher->verdict = (OB_PREOP_CALLBACK_STATUS)1;
    EXPECT_EQ(open_process(creator_process, PROCESS_TERMINATE), PROCESS_TERMINATE);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-28"));
    unwatch(watcher);
}

static void what_pre_and_post_are_told(void **state)
{
    struct watcher *watcher = watch(0, u"1000");

    (void)state;
    watcher->leave = (PVOID)(ULONG_PTR)0xC0FFEE;
    open_process(creator_process, PROCESS_TERMINATE | PROCESS_VM_READ);
    EXPECT_EQ(watcher->pre.Operation, OB_OPERATION_HANDLE_CREATE);
    EXPECT_EQ(watcher->pre.Flags, 0);
    EXPECT_PTR(watcher->pre.Object, creator_process);
    EXPECT_PTR(watcher->pre.ObjectType, *PsProcessType);
    EXPECT_TRUE(watcher->pre.CallContext == NULL);
    EXPECT_EQ(watcher->parameters.CreateHandleInformation.DesiredAccess,
              PROCESS_TERMINATE | PROCESS_VM_READ);
    EXPECT_EQ(watcher->parameters.CreateHandleInformation.OriginalDesiredAccess,
              PROCESS_TERMINATE | PROCESS_VM_READ);
    EXPECT_EQ(watcher->post.Operation, OB_OPERATION_HANDLE_CREATE);
    EXPECT_PTR(watcher->post.Object, creator_process);
    EXPECT_PTR(watcher->post.ObjectType, *PsProcessType);
    EXPECT_PTR(watcher->post.CallContext, 0xC0FFEE);
    EXPECT_STATUS(watcher->post.ReturnStatus, STATUS_SUCCESS);
    EXPECT_EQ(watcher->granted, PROCESS_TERMINATE | PROCESS_VM_READ);
    open_as(creator_process, true, UserMode, THREAD_TERMINATE);
    EXPECT_PTR(watcher->pre.Object, creator);
    EXPECT_PTR(watcher->pre.ObjectType, *PsThreadType);
    unwatch(watcher);
}

static void rights_are_taken_and_never_added(void **state)
{
    struct watcher *upper = watch(0, u"2000");
    struct watcher *lower = watch(1, u"1000");

    (void)state;
    upper->clear = PROCESS_TERMINATE;
    EXPECT_EQ(open_process(creator_process, PROCESS_TERMINATE | PROCESS_VM_WRITE),
              PROCESS_VM_WRITE);
    EXPECT_EQ(lower->parameters.CreateHandleInformation.DesiredAccess, PROCESS_VM_WRITE);
    EXPECT_EQ(lower->parameters.CreateHandleInformation.OriginalDesiredAccess,
              PROCESS_TERMINATE | PROCESS_VM_WRITE);
    upper->clear = 0;
    lower->add = 0x1FFFFF;
    EXPECT_EQ(open_process(creator_process, PROCESS_QUERY_INFORMATION), PROCESS_QUERY_INFORMATION);
    EXPECT_EQ(lower->granted, PROCESS_QUERY_INFORMATION);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-28"));
    unwatch(upper);
    unwatch(lower);
}

static const struct {
    bool thread;
    ACCESS_MASK right;
    bool removable;
} right_rows[] = {
    {false, 0x0080, true},   {false, 0x0002, true},    {false, 0x0040, true}, {false, 0x0100, true},
    {false, 0x0200, true},   {false, 0x0800, true},    {false, 0x0001, true}, {false, 0x0008, true},
    {false, 0x0020, true},   {false, 0x0010, true}, /* VM_READ, not listed */
    {false, 0x1000, false},  {false, 0x100000, false}, {true, 0x0200, true},  {true, 0x0100, true},
    {true, 0x0010, true},    {true, 0x0020, true},     {true, 0x0400, true},  {true, 0x0080, true},
    {true, 0x0002, true},    {true, 0x0001, true},     {true, 0x0800, false}, {true, 0x1000, false},
    {true, 0x100000, false},
};

static void each_listed_right_can_be_taken(void **state)
{
    struct watcher *watcher = watch(0, u"1000");

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(right_rows); ++row) {
        ACCESS_MASK keep = right_rows[row].thread ? 0x0040 : 0x0400; /* a query right */

        watcher->clear = right_rows[row].right;
        EXPECT_EQ(open_as(creator_process, right_rows[row].thread, UserMode,
                          right_rows[row].right | keep),
                  right_rows[row].removable ? keep : right_rows[row].right | keep);
    }
    unwatch(watcher);
}

static void the_kernels_rights_stay(void **state)
{
    struct watcher *watcher = watch(0, u"1000");
    HANDLE handle;

    (void)state;
    watcher->clear = 0x1FFFFF;
    EXPECT_EQ(open_as(creator_process, false, KernelMode, PROCESS_TERMINATE), PROCESS_TERMINATE);
    EXPECT_EQ(watcher->pre.KernelHandle, 0);
    EXPECT_SUCCESS(ObOpenObjectByPointer(creator_process, OBJ_KERNEL_HANDLE, NULL,
                                         PROCESS_TERMINATE, *PsProcessType, KernelMode, &handle));
    EXPECT_EQ(watcher->pre.KernelHandle, 1);
    EXPECT_EQ(watcher->post.KernelHandle, 1);
    EXPECT_EQ(granted_access(handle), PROCESS_TERMINATE);
    EXPECT_SUCCESS(ZwClose(handle));
    unwatch(watcher);
}

static void a_duplicate_names_both_processes(void **state)
{
    struct watcher *watcher = watch(0, u"1000");
    struct ntsim_process *child = life_create(NULL);
    HANDLE process = NULL, copy = NULL, from = NULL, to = NULL;

    (void)state;
    /* From the creator into the child, by a system thread. */
    struct ntsim_thread *previous = ntsim_thread_enter(creator);
    EXPECT_SUCCESS(ObOpenObjectByPointer(creator_process, 0, NULL, PROCESS_TERMINATE,
                                         *PsProcessType, KernelMode, &process));
    ntsim_thread_leave(previous);
    EXPECT_SUCCESS(ObOpenObjectByPointer(creator_process, OBJ_KERNEL_HANDLE, NULL,
                                         PROCESS_DUP_HANDLE, *PsProcessType, KernelMode, &from));
    EXPECT_SUCCESS(ObOpenObjectByPointer(child, OBJ_KERNEL_HANDLE, NULL, PROCESS_DUP_HANDLE,
                                         *PsProcessType, KernelMode, &to));
    watcher->pres = 0;
    EXPECT_SUCCESS(ZwDuplicateObject(from, process, to, &copy, 0, 0, DUPLICATE_SAME_ACCESS));
    EXPECT_EQ(watcher->pres, 1);
    EXPECT_EQ(watcher->pre.Operation, OB_OPERATION_HANDLE_DUPLICATE);
    EXPECT_PTR(watcher->parameters.DuplicateHandleInformation.SourceProcess, creator_process);
    EXPECT_PTR(watcher->parameters.DuplicateHandleInformation.TargetProcess, child);
    EXPECT_EQ(watcher->parameters.DuplicateHandleInformation.DesiredAccess, PROCESS_TERMINATE);
    EXPECT_EQ(watcher->parameters.DuplicateHandleInformation.OriginalDesiredAccess,
              PROCESS_TERMINATE);
    EXPECT_EQ(watcher->post.Operation, OB_OPERATION_HANDLE_DUPLICATE);
    EXPECT_EQ(watcher->granted, PROCESS_TERMINATE);
    EXPECT_SUCCESS(ZwClose(from));
    EXPECT_SUCCESS(ZwClose(to));
    watcher->clear = PROCESS_TERMINATE; /* rights go from a duplicate as well */
    EXPECT_EQ(duplicate(PROCESS_VM_READ, PROCESS_TERMINATE | PROCESS_VM_READ, 0), PROCESS_VM_READ);
    unwatch(watcher);
}

static void post_hears_of_a_failure(void **state)
{
    struct watcher *watcher = watch(0, u"1000");
    HANDLE handle;
    uint64_t failing;
    unsigned failures = 0;

    (void)state;
    for (failing = 1; failing < 20; ++failing) {
        watcher->posts = 0;
        ntsim_fail_allocation(sim, failing);
        NTSTATUS status =
            ObOpenObjectByPointer(creator_process, OBJ_KERNEL_HANDLE, NULL, PROCESS_TERMINATE,
                                  *PsProcessType, KernelMode, &handle);
        ntsim_fail_allocation(sim, 0);
        if (NT_SUCCESS(status)) {
            EXPECT_SUCCESS(ZwClose(handle));
            continue;
        }
        ++failures;
        EXPECT_EQ(watcher->posts, 1);
        EXPECT_STATUS(watcher->post.ReturnStatus, status);
        EXPECT_TRUE(watcher->post.Parameters != NULL); /* and not to be touched */
    }
    print_message("%u of the allocations fail an open\n", failures);
    unwatch(watcher);
}

static void contexts_are_each_registrations_own(void **state)
{
    struct watcher *upper = watch(0, u"2000");
    struct watcher *lower = watch(1, u"1000");
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, NULL,
                                           HandlePost};
    OB_CALLBACK_REGISTRATION registration = {
        OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(u"1500"), &watchers[2], &operation};

    (void)state;
    memset(&watchers[2], 0, sizeof(watchers[2]));
    watchers[2].letter = 'c';
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &watchers[2].handle));
    upper->leave = (PVOID)(ULONG_PTR)1;
    lower->leave = (PVOID)(ULONG_PTR)2;
    open_process(creator_process, PROCESS_TERMINATE);
    EXPECT_PTR(upper->post.CallContext, 1);
    EXPECT_PTR(lower->post.CallContext, 2);
    EXPECT_EQ(watchers[2].posts, 1);
    EXPECT_TRUE(watchers[2].post.CallContext == NULL); /* it has no pre routine */
    EXPECT_TRUE(lower->pre.CallContext == NULL);
    unwatch(upper);
    unwatch(lower);
    unwatch(&watchers[2]);
}

static void post_changes_nothing(void **state)
{
    struct watcher *upper = watch(0, u"2000");
    struct watcher *lower = watch(1, u"1000");

    (void)state;
    lower->scribble = true; /* heard first on the way back */
    EXPECT_EQ(open_process(creator_process, PROCESS_TERMINATE), PROCESS_TERMINATE);
    EXPECT_STATUS(upper->post.ReturnStatus, STATUS_SUCCESS);
    EXPECT_EQ(upper->granted, PROCESS_TERMINATE);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-28"));
    unwatch(upper);
    unwatch(lower);
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ob.handle.watches_the_operations_it_named", "OB-20",
              watches_the_operations_it_named),
    LIFE_CASE("ob.handle.the_higher_altitude_is_asked_first", "OB-21",
              the_higher_altitude_is_asked_first),
    LIFE_CASE("ob.handle.routines_run_in_a_critical_region", "OB-22 OB-45",
              routines_run_in_a_critical_region),
    LIFE_CASE("ob.handle.the_operation_cannot_be_failed", "OB-23 DV-28",
              the_operation_cannot_be_failed),
    LIFE_CASE("ob.handle.what_pre_and_post_are_told", "OB-24 OB-40 OB-41",
              what_pre_and_post_are_told),
    LIFE_CASE("ob.handle.rights_are_taken_and_never_added", "OB-25 OB-26 DV-28",
              rights_are_taken_and_never_added),
    LIFE_CASE("ob.handle.each_listed_right_can_be_taken", "OB-27 OB-28",
              each_listed_right_can_be_taken),
    LIFE_CASE("ob.handle.the_kernels_rights_stay", "OB-24 OB-29", the_kernels_rights_stay),
    LIFE_CASE("ob.handle.a_duplicate_names_both_processes", "OB-31",
              a_duplicate_names_both_processes),
    LIFE_CASE("ob.handle.post_hears_of_a_failure", "OB-40", post_hears_of_a_failure),
    LIFE_CASE("ob.handle.contexts_are_each_registrations_own", "OB-41",
              contexts_are_each_registrations_own),
    LIFE_CASE("ob.handle.post_changes_nothing", "OB-42 DV-28", post_changes_nothing),
};

NTCB_TEST_MAIN("conformance", tests)
