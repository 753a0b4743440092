/* SPDX-License-Identifier: MIT
 *
 * hive_fuzz.c - any bytes as a hive file: it is taken whole or not at all; what was taken can be
 * walked through the services, and is the same tree after it was saved and loaded again.
 *
 * An input whose first byte is even is the cells alone, and gets the rest of the file around it.
 */
#include "cm/cmhivehost.h"
#include "simp.h"

#include <ntcallback/host.h>
#include <ntsim/image.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "\\REGISTRY\\MACHINE\\Fuzz"
#define BASE_BLOCK 4096
#define CHECKSUM 508
#define BIN_HEADER 32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that the services tell of a tree, in order. */
struct dump {
    unsigned char *bytes;
    size_t count;
    size_t room;
};

static void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void append(struct dump *dump, const void *bytes, size_t count)
{
    if (dump->room - dump->count < count) {
        dump->room = 2 * (dump->room + count);
        dump->bytes = realloc(dump->bytes, dump->room);
        check(dump->bytes != NULL, "no memory");
    }
    memcpy(dump->bytes + dump->count, bytes, count);
    dump->count += count;
}

enum question { QUESTION_KEY, QUESTION_CHILD, QUESTION_VALUE, QUESTION_SECURITY };

static NTSTATUS ask(enum question question, HANDLE key, ULONG index, PVOID buffer, ULONG length,
                    PULONG needed)
{
    switch (question) {
    case QUESTION_KEY:
        return ZwQueryKey(key, KeyNodeInformation, buffer, length, needed);
    case QUESTION_CHILD:
        return ZwEnumerateKey(key, index, KeyNodeInformation, buffer, length, needed);
    case QUESTION_VALUE:
        return ZwEnumerateValueKey(key, index, KeyValueFullInformation, buffer, length, needed);
    default:
        return ZwQuerySecurityObject(key,
                                     OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                         DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION,
                                     buffer, length, needed);
    }
}

/* free() it; NULL: there is no such index. */
static void *answer(enum question question, HANDLE key, ULONG index, ULONG *length)
{
    void *buffer;
    NTSTATUS status = ask(question, key, index, NULL, 0, length);

    if (status == STATUS_NO_MORE_ENTRIES) {
        return NULL;
    }
    check(status == STATUS_BUFFER_TOO_SMALL, "a question that has no answer");
    buffer = malloc(*length);
    check(buffer != NULL, "no memory");
    check(ask(question, key, index, buffer, *length, length) == STATUS_SUCCESS,
          "an answer that does not fit");
    return buffer;
}

static bool tell(struct dump *dump, enum question question, HANDLE key, ULONG index)
{
    ULONG length;
    void *buffer = answer(question, key, index, &length);

    if (buffer != NULL) {
        append(dump, &length, sizeof(length));
        append(dump, buffer, length);
        free(buffer);
    }
    return buffer != NULL;
}

static void tell_tree(struct dump *dump, HANDLE key)
{
    KEY_NODE_INFORMATION *node;
    ULONG length;

    check(tell(dump, QUESTION_SECURITY, key, 0), "a key without a descriptor");
    for (ULONG index = 0; tell(dump, QUESTION_VALUE, key, index); index++) {
    }
    for (ULONG index = 0; (node = answer(QUESTION_CHILD, key, index, &length)) != NULL; index++) {
        UNICODE_STRING name = {(USHORT)node->NameLength, (USHORT)node->NameLength, node->Name};
        OBJECT_ATTRIBUTES attributes;
        HANDLE child;

        InitializeObjectAttributes(&attributes, &name, OBJ_OPENLINK, key, NULL);
        check(ZwOpenKey(&child, KEY_READ, &attributes) == STATUS_SUCCESS,
              "a subkey cannot be opened");
        append(dump, node, length);
        free(node);
        tell_tree(dump, child);
        ZwClose(child);
    }
    append(dump, "end", 3);
}

static struct dump tell_all(void)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(u"\\REGISTRY\\MACHINE\\Fuzz");
    OBJECT_ATTRIBUTES attributes;
    struct dump dump = {NULL, 0, 0};
    HANDLE key;

    InitializeObjectAttributes(&attributes, &path, OBJ_OPENLINK, NULL, NULL);
    check(ZwOpenKey(&key, KEY_READ, &attributes) == STATUS_SUCCESS, "the hive has no root");
    check(tell(&dump, QUESTION_KEY, key, 0), "the root is no key");
    tell_tree(&dump, key);
    ZwClose(key);
    return dump;
}

static struct dump save(struct ntsim *sim)
{
    struct dump saved = {NULL, 0, 0};
    void *bytes;

    check(ntsim__hive_save(sim, KEY, &bytes, &saved.count) == NTCB_OK, "it cannot be saved");
    saved.bytes = malloc(saved.count);
    check(saved.bytes != NULL, "no memory");
    memcpy(saved.bytes, bytes, saved.count);
    ntsim__release_in(sim, bytes);
    return saved;
}

/* A loaded hive, saved and loaded, is what it was; saved again, it is the same file. */
static void come_back(struct ntsim *sim)
{
    struct dump first = tell_all();
    struct dump file = save(sim);
    struct dump second;
    struct dump again;

    check(ntsim__hive_load(sim, KEY, "saved", file.bytes, file.count) == NTCB_OK,
          "what was saved cannot be loaded");
    second = tell_all();
    again = save(sim);
    check(first.count == second.count && memcmp(first.bytes, second.bytes, first.count) == 0,
          "another tree came back");
    check(file.count == again.count && memcmp(file.bytes, again.bytes, file.count) == 0,
          "another file was written");
    free(first.bytes);
    free(file.bytes);
    free(second.bytes);
    free(again.bytes);
}

static void put(uint8_t *at, uint32_t word)
{
    memcpy(at, &word, sizeof(word));
}

/* The file that has these cells, root first, and nothing wrong outside them: base block, one bin,
 * and behind the cells a free one. */
static struct dump wrap(const uint8_t *cells, size_t size)
{
    size_t used = (BIN_HEADER + size + 7) / 8 * 8;
    size_t bin = (used + 8 + BASE_BLOCK - 1) / BASE_BLOCK * BASE_BLOCK;
    struct dump file = {calloc(1, BASE_BLOCK + bin), BASE_BLOCK + bin, BASE_BLOCK + bin};
    uint32_t sum = 0;
    uint32_t word;

    check(file.bytes != NULL, "no memory");
    memcpy(file.bytes, "regf", 4);
    put(file.bytes + 4, 1);
    put(file.bytes + 8, 1);
    put(file.bytes + 20, 1);
    put(file.bytes + 24, 5);
    put(file.bytes + 32, 1);
    put(file.bytes + 36, BIN_HEADER);
    put(file.bytes + 40, (uint32_t)bin);
    put(file.bytes + 44, 1);
    for (size_t at = 0; at < CHECKSUM; at += sizeof(word)) {
        memcpy(&word, file.bytes + at, sizeof(word));
        sum ^= word;
    }
    put(file.bytes + CHECKSUM, sum);
    memcpy(file.bytes + BASE_BLOCK, "hbin", 4);
    put(file.bytes + BASE_BLOCK + 8, (uint32_t)bin);
    memcpy(file.bytes + BASE_BLOCK + BIN_HEADER, cells, size);
    put(file.bytes + BASE_BLOCK + used, (uint32_t)(bin - used));
    return file;
}

/* libhivex reads files: let them lie in memory. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (access("/dev/shm", W_OK) == 0) {
        setenv("TMPDIR", "/dev/shm", 0);
    }
    return 0;
}

/* Files say when they were written: always now. */
static int64_t stopped_clock(void *context)
{
    (void)context;
    return 133000000000000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntcb_host_ops host = *ntcb_host_default();
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim_thread *previous;
    struct ntsim *sim;
    struct dump file = {NULL, 0, 0};
    size_t before;

    if (size < 2) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        file = wrap(data + 1, size - 1);
    } else {
        append(&file, data + 1, size - 1);
    }
    host.system_time = stopped_clock;
    config.kernel.host = &host;
    config.quiet = true;
    check(ntsim_create(&sim, &config) == NTCB_OK, "no simulator");
    previous = ntsim_enter(sim);
    before = ntsim_registry_key_count(sim);
    if (ntsim__hive_load(sim, KEY, "fuzz", file.bytes, file.count) == NTCB_OK) {
        come_back(sim);
    } else {
        check(ntsim_registry_key_count(sim) == before, "keys of a hive that was refused");
        check(ntsim_last_error(sim)[0] != '\0', "refused, and nobody says why");
    }
    ntsim_leave(previous);
    check(ntsim_destroy(sim) == NTCB_OK, "the simulator found a fault");
    free(file.bytes);
    return 0;
}
