/* SPDX-License-Identifier: MIT
 *
 * refplayask.c - a player's questions: query and enumerate, with buffers of every size around what
 * the answer needs. Not one byte beyond what the rules say may be written (REG-QVK-04).
 */
#include "refplay.h"

#include <stdlib.h>
#include <string.h>

#define CALL(mode, name, ...) ((mode) == KernelMode ? Zw##name(__VA_ARGS__) : Nt##name(__VA_ARGS__))

#define UNTOUCHED 0xA5
#define NO_LENGTH 0xA5A5A5A5u
#define VALUES_MAX 4

/* One question. */
struct question {
    struct ref_play *play;
    const struct ref_slot *slot;
    KPROCESSOR_MODE mode;
    ULONG index;
    ULONG information_class;
    struct ref_text name;
};

struct service {
    const char *name;
    NTSTATUS (*ask)(const struct question *question, PVOID buffer, ULONG length, PULONG needed);
    struct ref_result (*expect)(const struct question *question, struct ref_buffer *buffer);
    ULONG classes; /* choose among so many; those at the end do not exist */
    ULONG skipped; /* a class that no rule speaks of */
    bool named;
};

static NTSTATUS ask_query_key(const struct question *q, PVOID buffer, ULONG length, PULONG needed)
{
    return CALL(q->mode, QueryKey, ref_slot_handle(q->slot),
                (KEY_INFORMATION_CLASS)q->information_class, buffer, length, needed);
}

static struct ref_result expect_query_key(const struct question *q, struct ref_buffer *buffer)
{
    return ref_query_key(q->play->tree, q->mode, q->slot->mine, q->information_class, buffer);
}

static NTSTATUS ask_enumerate_key(const struct question *q, PVOID buffer, ULONG length,
                                  PULONG needed)
{
    return CALL(q->mode, EnumerateKey, ref_slot_handle(q->slot), q->index,
                (KEY_INFORMATION_CLASS)q->information_class, buffer, length, needed);
}

static struct ref_result expect_enumerate_key(const struct question *q, struct ref_buffer *buffer)
{
    return ref_enumerate_key(q->play->tree, q->mode, q->slot->mine, q->index, q->information_class,
                             buffer);
}

static NTSTATUS ask_query_value(const struct question *q, PVOID buffer, ULONG length, PULONG needed)
{
    return CALL(q->mode, QueryValueKey, ref_slot_handle(q->slot), q->name.pointer,
                (KEY_VALUE_INFORMATION_CLASS)q->information_class, buffer, length, needed);
}

static struct ref_result expect_query_value(const struct question *q, struct ref_buffer *buffer)
{
    return ref_query_value(q->play->tree, q->mode, q->slot->mine, q->name.pointer,
                           q->information_class, buffer);
}

static NTSTATUS ask_enumerate_value(const struct question *q, PVOID buffer, ULONG length,
                                    PULONG needed)
{
    return CALL(q->mode, EnumerateValueKey, ref_slot_handle(q->slot), q->index,
                (KEY_VALUE_INFORMATION_CLASS)q->information_class, buffer, length, needed);
}

static struct ref_result expect_enumerate_value(const struct question *q, struct ref_buffer *buffer)
{
    return ref_enumerate_value(q->play->tree, q->mode, q->slot->mine, q->index,
                               q->information_class, buffer);
}

static const struct service services[] = {
    {"NtQueryKey", ask_query_key, expect_query_key, 11, KeyLayerInformation, false},
    {"NtEnumerateKey", ask_enumerate_key, expect_enumerate_key, 4, MAXULONG, false},
    {"NtQueryValueKey", ask_query_value, expect_query_value, 6, MAXULONG, true},
    {"NtEnumerateValueKey", ask_enumerate_value, expect_enumerate_value, 6, MAXULONG, false},
};

/* Any size, or one around the size that is needed. */
static ULONG choose_length(const struct service *service, const struct question *question)
{
    uint8_t choice = ref_choose(question->play);
    struct ref_buffer probe = {NULL, 0, 0};
    if (choice < 0x50) {
        return choice;
    }
    service->expect(question, &probe);
    ULONG length = probe.needed + (choice & 0x0F);
    return (choice & 0x40) != 0 ? length : length < 8 ? 0 : length - 8;
}

static void compare_output(const struct service *service, const struct question *question,
                           struct ref_result expected, const struct ref_buffer *wanted, UCHAR *seen,
                           ULONG needed)
{
    LONGLONG time;
    if (needed != wanted->needed) {
        ref_complain(question->play, service->name, "another ResultLength");
        return;
    }
    if (expected.timed != NULL && expected.status != STATUS_BUFFER_TOO_SMALL) {
        memcpy(&time, seen, sizeof(time));
        memset(seen, 0, sizeof(time));
        if (!ref_check_time(question->play->tree, expected.timed, time)) {
            ref_complain(question->play, service->name, "another LastWriteTime");
        }
    }
    if (wanted->length != 0 && memcmp(seen, wanted->bytes, wanted->length) != 0) {
        ref_complain(question->play, service->name, "other bytes in the buffer");
    }
}

static void step_ask(struct ref_play *play, const struct service *service)
{
    struct question question = {.play = play};
    uint8_t choice;
    question.slot = ref_choose_slot(play);
    choice = ref_choose(play);
    question.mode = (choice & 1) != 0 ? UserMode : KernelMode;
    question.information_class = (choice >> 1) % service->classes;
    if (question.information_class == service->skipped) {
        question.information_class = 0;
    }
    if (service->named) {
        ref_choose_name(play, &question.name);
    } else {
        question.index = ref_choose(play) % 5;
    }
    ULONG length = choose_length(service, &question);
    struct ref_buffer wanted = {ref_allocate(length), length, NO_LENGTH};
    UCHAR *seen = ref_allocate(length);
    ULONG needed = NO_LENGTH;
    memset(wanted.bytes, UNTOUCHED, length);
    memset(seen, UNTOUCHED, length);
    NTSTATUS status = service->ask(&question, seen, length, &needed);
    struct ref_result expected = service->expect(&question, &wanted);
    ref_judge(play, service->name, question.mode, status, expected);
    compare_output(service, &question, expected, &wanted, seen, needed);
    ref_free_text(&question.name);
    free(wanted.bytes);
    free(seen);
}

static bool same_entries(const KEY_VALUE_ENTRY *left, const KEY_VALUE_ENTRY *right, ULONG count)
{
    for (ULONG index = 0; index < count; index++) {
        if (left[index].Type != right[index].Type ||
            left[index].DataLength != right[index].DataLength ||
            left[index].DataOffset != right[index].DataOffset) {
            return false;
        }
    }
    return true;
}

/* Between the values are fillers that no rule speaks of. */
static bool same_data(const KEY_VALUE_ENTRY *entries, ULONG count, const UCHAR *left,
                      const UCHAR *right)
{
    for (ULONG index = 0; index < count; index++) {
        if (memcmp(left + entries[index].DataOffset, right + entries[index].DataOffset,
                   entries[index].DataLength) != 0) {
            return false;
        }
    }
    return true;
}

static void step_ask_several(struct ref_play *play)
{
    static const char service[] = "NtQueryMultipleValueKey";
    struct ref_text names[VALUES_MAX];
    KEY_VALUE_ENTRY entries[VALUES_MAX] = {{.ValueName = NULL}};
    KEY_VALUE_ENTRY expected_entries[VALUES_MAX];
    const struct ref_slot *slot = ref_choose_slot(play);
    uint8_t choice = ref_choose(play);
    KPROCESSOR_MODE mode = (choice & 1) != 0 ? UserMode : KernelMode;
    ULONG count = (choice >> 1) % (VALUES_MAX + 1);
    ULONG length = (choice & 0x80) != 0 ? 0x40000 : (ULONG)(choice >> 4) * 8;
    ULONG needed = NO_LENGTH;
    struct ref_buffer wanted = {ref_allocate(length), length, NO_LENGTH};
    UCHAR *seen = ref_allocate(length);
    for (ULONG index = 0; index < count; index++) {
        ref_choose_name(play, &names[index]);
        names[index].string.Length &= 0xFFFE;
        entries[index].ValueName = &names[index].string;
    }
    memcpy(expected_entries, entries, sizeof(entries));
    NTSTATUS status = CALL(mode, QueryMultipleValueKey, ref_slot_handle(slot), entries, count, seen,
                           &length, &needed);
    struct ref_result expected =
        ref_query_values(play->tree, mode, slot->mine, expected_entries, count, &wanted);
    ref_judge(play, service, mode, status, expected);
    if (!play->failed && status == STATUS_SUCCESS &&
        (length != wanted.length || needed != wanted.needed ||
         !same_entries(entries, expected_entries, count) ||
         !same_data(entries, count, seen, wanted.bytes))) {
        ref_complain(play, service, "another answer");
    } else if (status == STATUS_BUFFER_OVERFLOW && needed != wanted.needed) {
        ref_complain(play, service, "another required length");
    }
    for (ULONG index = 0; index < count; index++) {
        ref_free_text(&names[index]);
    }
    free(wanted.bytes);
    free(seen);
}

void ref_ask(struct ref_play *play, uint8_t choice)
{
    if (choice == 0x0F) {
        step_ask_several(play);
    } else {
        step_ask(play, &services[choice & 3]);
    }
}
