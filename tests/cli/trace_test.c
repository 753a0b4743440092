/* SPDX-License-Identifier: MIT
 *
 * trace_test.c - records of calls: which notification they belong to, what they decided, what they
 * say.
 */
#include "test.h"

#include <ntcallback/ddk/ntifs.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntsim/trace.h>

#include <stdio.h>

#define KEY "\\REGISTRY\\MACHINE\\SOFTWARE\\Contoso"

/* ---- bench: a kernel, callbacks that do as they are told, and what the trace said --------------
 */

struct line {
    int notify_class;
    bool first;
    enum ntsim_decision decision;
    char place[16];
    unsigned depth;
    uint64_t duration_ns, nested_ns;
    char key[128], value[32];
};

struct callback {
    LARGE_INTEGER cookie;
    REG_NOTIFY_CLASS on; /* answers this class with `answer`, or does `nested` in it */
    NTSTATUS answer;
    bool nested;
};

struct bench {
    struct ntsim *sim;
    struct ntsim_trace *trace;
    struct callback callbacks[2];
    struct line lines[64];
    size_t count;
};

static UNICODE_STRING key_name = {sizeof(u"" KEY) - 2, sizeof(u"" KEY) - 2, (PWSTR)(u"" KEY)};
static UNICODE_STRING value_name = {10, 10, (PWSTR)u"Value"};

static void collect(void *context, const struct ntsim_trace_call *call)
{
    struct bench *bench = context;
    struct line *line = &bench->lines[bench->count++ % 64];

    memset(line, 0, sizeof(*line));
    line->notify_class = call->notify_class;
    line->first = call->first;
    line->decision = call->decision;
    line->depth = call->depth;
    line->duration_ns = call->duration_ns;
    line->nested_ns = call->nested_ns;
    snprintf(line->place, sizeof(line->place), "%s", call->callback->place);
    snprintf(line->key, sizeof(line->key), "%s", call->key != NULL ? call->key : "(none)");
    snprintf(line->value, sizeof(line->value), "%s", call->value != NULL ? call->value : "(none)");
}

static HANDLE open_key(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes));
    return key;
}

static NTSTATUS set_value(HANDLE key)
{
    ULONG data = 7;

    return ZwSetValueKey(key, &value_name, 0, REG_DWORD, &data, sizeof(data));
}

static NTSTATUS answer(PVOID context, PVOID argument1, PVOID argument2)
{
    struct callback *callback = context;

    (void)argument2;
    if ((REG_NOTIFY_CLASS)(uintptr_t)argument1 != callback->on)
        return STATUS_SUCCESS;
    if (callback->nested)
        ZwClose(open_key());
    return callback->answer;
}

static int set_up(void **state)
{
    static struct bench bench;
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    static const WCHAR *const altitudes[] = {u"380000", u"370000"};

    memset(&bench, 0, sizeof(bench));
    if (ntsim_trace_create(&bench.trace, NTSIM_TRACE_NAMES) != NTCB_OK)
        return -1;
    ntsim_trace_add_sink(bench.trace, collect, &bench);
    config.kernel.observer = ntsim_trace_observe;
    config.kernel.callback_context = bench.trace;
    bench.sim = ntsim_start(&config);
    ntsim_registry_key(bench.sim, KEY, false);
    for (size_t i = 0; i < 2; i++) {
        UNICODE_STRING altitude = {12, 12, (PWSTR)altitudes[i]};

        bench.callbacks[i].on = MaxRegNtNotifyClass;
        if (CmRegisterCallbackEx(answer, &altitude, &bench, &bench.callbacks[i],
                                 &bench.callbacks[i].cookie, NULL) != STATUS_SUCCESS)
            return -1;
    }
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    int result;

    for (size_t i = 0; i < 2; i++)
        CmUnRegisterCallback(bench->callbacks[i].cookie);
    result = ntsim_stop(bench->sim);
    ntsim_trace_destroy(bench->trace);
    return result;
}

static size_t count(const struct bench *bench, int notify_class, bool first_only)
{
    size_t found = 0;

    for (size_t i = 0; i < bench->count; i++)
        found +=
            bench->lines[i].notify_class == notify_class && (bench->lines[i].first || !first_only);
    return found;
}

static const struct line *find(const struct bench *bench, int notify_class)
{
    for (size_t i = 0; i < bench->count; i++) {
        if (bench->lines[i].notify_class == notify_class)
            return &bench->lines[i];
    }
    return NULL;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void tells_notifications_apart(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key();

    EXPECT_SUCCESS(set_value(key));
    EXPECT_SUCCESS(set_value(key));
    EXPECT_SUCCESS(set_value(key));
    ZwClose(key);
    EXPECT_EQ(count(bench, RegNtPreSetValueKey, false), 6);
    EXPECT_EQ(count(bench, RegNtPreSetValueKey, true), 3);
    EXPECT_EQ(count(bench, RegNtPostSetValueKey, true), 3);
    EXPECT_EQ(count(bench, RegNtPreKeyHandleClose, true), 1);
    EXPECT_EQ(ntsim_trace_lost(bench->trace), 0);
}

static void tells_notifications_apart_when_one_blocks(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key();

    bench->callbacks[0].on = RegNtPreSetValueKey;
    bench->callbacks[0].answer = STATUS_ACCESS_DENIED;
    EXPECT_STATUS(set_value(key), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(set_value(key), STATUS_ACCESS_DENIED);
    ZwClose(key);
    EXPECT_EQ(count(bench, RegNtPreSetValueKey, false), 2);
    EXPECT_EQ(count(bench, RegNtPreSetValueKey, true), 2);
    EXPECT_EQ(find(bench, RegNtPreSetValueKey)->decision, NTSIM_DECISION_BLOCKED);
    EXPECT_STR(find(bench, RegNtPreSetValueKey)->place, "380000");
}

static void knows_decisions(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key();

    bench->callbacks[0].on = RegNtPostSetValueKey;
    bench->callbacks[0].answer = STATUS_CALLBACK_BYPASS;
    bench->callbacks[1].on = RegNtPreSetValueKey;
    bench->callbacks[1].answer = STATUS_CALLBACK_BYPASS;
    EXPECT_SUCCESS(set_value(key));
    bench->callbacks[0].on = RegNtPreKeyHandleClose;
    ZwClose(key);
    EXPECT_EQ(find(bench, RegNtPostSetValueKey)->decision, NTSIM_DECISION_OVERRODE);
    EXPECT_EQ(find(bench, RegNtPreKeyHandleClose)->decision, NTSIM_DECISION_NONE);
    for (size_t i = 0; i < bench->count; i++) {
        if (bench->lines[i].notify_class == RegNtPreSetValueKey)
            EXPECT_EQ(bench->lines[i].decision,
                      bench->lines[i].first ? NTSIM_DECISION_NONE : NTSIM_DECISION_BYPASSED);
    }
}

static void nested_calls_come_first_and_deeper(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key();
    const struct line *outer = NULL;
    uint64_t inner_ns = 0;

    bench->count = 0;
    bench->callbacks[0].on = RegNtPreSetValueKey;
    bench->callbacks[0].nested = true;
    EXPECT_SUCCESS(set_value(key));
    for (size_t i = 0; i < bench->count && outer == NULL; i++) {
        if (bench->lines[i].depth == 1) {
            EXPECT_STR(bench->lines[i].place, "370000");
            EXPECT_TRUE(bench->lines[i].first);
            inner_ns += bench->lines[i].duration_ns;
        } else {
            outer = &bench->lines[i];
        }
    }
    ZwClose(key);
    EXPECT_EQ(outer->notify_class, RegNtPreSetValueKey);
    EXPECT_EQ(outer->nested_ns, inner_ns);
    EXPECT_TRUE(inner_ns > 0 && outer->duration_ns >= inner_ns);
}

static void names_keys_and_values(void **state)
{
    struct bench *bench = *state;
    HANDLE key = open_key();

    EXPECT_SUCCESS(set_value(key));
    ZwClose(key);
    EXPECT_STR(find(bench, RegNtPreOpenKeyEx)->key, KEY);
    EXPECT_STR(find(bench, RegNtPostOpenKeyEx)->key, KEY);
    EXPECT_STR(find(bench, RegNtPreSetValueKey)->key, KEY);
    EXPECT_STR(find(bench, RegNtPreSetValueKey)->value, "Value");
    EXPECT_STR(find(bench, RegNtPostSetValueKey)->value, "Value");
    EXPECT_STR(find(bench, RegNtPreKeyHandleClose)->key, KEY);
    EXPECT_STR(find(bench, RegNtPreKeyHandleClose)->value, "(none)");
}

#define CLASSES(X)                  \
    X(PreDeleteKey)                 \
    X(PreSetValueKey)               \
    X(PreDeleteValueKey)            \
    X(PreSetInformationKey)         \
    X(PreRenameKey)                 \
    X(PreEnumerateKey)              \
    X(PreEnumerateValueKey)         \
    X(PreQueryKey)                  \
    X(PreQueryValueKey)             \
    X(PreQueryMultipleValueKey)     \
    X(PreCreateKey)                 \
    X(PostCreateKey)                \
    X(PreOpenKey)                   \
    X(PostOpenKey)                  \
    X(PreKeyHandleClose)            \
    X(PostDeleteKey)                \
    X(PostSetValueKey)              \
    X(PostDeleteValueKey)           \
    X(PostSetInformationKey)        \
    X(PostRenameKey)                \
    X(PostEnumerateKey)             \
    X(PostEnumerateValueKey)        \
    X(PostQueryKey)                 \
    X(PostQueryValueKey)            \
    X(PostQueryMultipleValueKey)    \
    X(PostKeyHandleClose)           \
    X(PreCreateKeyEx)               \
    X(PostCreateKeyEx)              \
    X(PreOpenKeyEx)                 \
    X(PostOpenKeyEx)                \
    X(PreFlushKey)                  \
    X(PostFlushKey)                 \
    X(PreLoadKey)                   \
    X(PostLoadKey)                  \
    X(PreUnLoadKey)                 \
    X(PostUnLoadKey)                \
    X(PreQueryKeySecurity)          \
    X(PostQueryKeySecurity)         \
    X(PreSetKeySecurity)            \
    X(PostSetKeySecurity)           \
    X(CallbackObjectContextCleanup) \
    X(PreRestoreKey)                \
    X(PostRestoreKey)               \
    X(PreSaveKey)                   \
    X(PostSaveKey)                  \
    X(PreReplaceKey)                \
    X(PostReplaceKey)               \
    X(PreQueryKeyName)              \
    X(PostQueryKeyName)             \
    X(PreSaveMergedKey)             \
    X(PostSaveMergedKey)

#define CHECK_CLASS(name)                                            \
    EXPECT_STR(ntsim_notify_class_name(RegNt##name), "RegNt" #name); \
    checked++;

static void every_class_has_its_name(void **state)
{
    int checked = 0;

    (void)state;
    CLASSES(CHECK_CLASS)
    EXPECT_EQ(checked, NTSIM_CLASS_COUNT);
    EXPECT_STR(ntsim_notify_class_name(NTSIM_CLASS_IMAGE), "LoadImage");
    EXPECT_STR(ntsim_notify_class_name(NTSIM_CLASS_COUNT), "RegNt?");
}

static void file_name_chooses_the_format(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_trace_format_of("a.json"), NTSIM_TRACE_PERFETTO);
    EXPECT_EQ(ntsim_trace_format_of("a.perfetto.json"), NTSIM_TRACE_PERFETTO);
    EXPECT_EQ(ntsim_trace_format_of("a.ndjson"), NTSIM_TRACE_NDJSON);
    EXPECT_EQ(ntsim_trace_format_of("json"), NTSIM_TRACE_NDJSON);
}

static void status_is_named_or_hexadecimal(void **state)
{
    char buffer[32];

    (void)state;
    EXPECT_STR(ntsim_status_text(STATUS_ACCESS_DENIED, buffer, sizeof(buffer)),
               "STATUS_ACCESS_DENIED");
    EXPECT_STR(ntsim_status_text((int32_t)0xCAFE0001, buffer, sizeof(buffer)), "0xCAFE0001");
}

static const struct ntcb_test tests[] = {
    {"trace.pass.tells_notifications_apart", "", tells_notifications_apart, set_up, tear_down},
    {"trace.pass.ends_at_a_block", "CM-PRE-04", tells_notifications_apart_when_one_blocks, set_up,
     tear_down},
    {"trace.decision.is_known", "CM-BYP-02 CM-POST-05 CM-BYP-10", knows_decisions, set_up,
     tear_down},
    {"trace.nested.comes_first_and_deeper", "CM-RE-01", nested_calls_come_first_and_deeper, set_up,
     tear_down},
    {"trace.names.keys_and_values", "CM-CO-06", names_keys_and_values, set_up, tear_down},
    {"trace.class.every_class_has_its_name", "", every_class_has_its_name, NULL, NULL},
    {"trace.format.file_name_chooses", "", file_name_chooses_the_format, NULL, NULL},
    {"trace.status.is_named_or_hexadecimal", "", status_is_named_or_hexadecimal, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
