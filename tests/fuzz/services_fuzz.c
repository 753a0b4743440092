/* SPDX-License-Identifier: MIT
 *
 * services_fuzz.c - any bytes as a sequence of registry services, from user and from kernel mode,
 * made in the simulated registry and in the oracle at once: statuses, outputs, notifications, and
 * in the end the trees must agree.
 */
#include "refplay.h"

#include <ntsim/process.h>
#include <ntsim/sim.h>

#include <stdio.h>
#include <stdlib.h>

#define BASE u"\\Registry\\Machine\\Software\\Fuzz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a callback that lets everything pass has seen. Closing a handle is none of the services. */
struct heard {
    unsigned long pre;
    unsigned long post;
    unsigned long pre_close;
    unsigned long post_close;
};

static NTSTATUS NTAPI hear(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    struct heard *heard = CallbackContext;
    REG_NOTIFY_CLASS notify_class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;

    (void)Argument2;
    switch (notify_class) {
    case RegNtPreKeyHandleClose:
        heard->pre_close++;
        break;
    case RegNtPostKeyHandleClose:
        heard->post_close++;
        break;
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx:
    case RegNtPreFlushKey:
        heard->pre++;
        break;
    case RegNtPostCreateKeyEx:
    case RegNtPostOpenKeyEx:
    case RegNtPostFlushKey:
        heard->post++;
        break;
    default: /* of those used here, the ones from the first version */
        heard->pre += notify_class <= RegNtPreQueryMultipleValueKey;
        heard->post +=
            notify_class >= RegNtPostDeleteKey && notify_class <= RegNtPostQueryMultipleValueKey;
        break;
    }
    return STATUS_SUCCESS;
}

static void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* The trees agree, as far as the oracle still has the key that all began with. */
static void compare(struct ref_play *play, struct ref_key *software)
{
    for (ULONG index = 0; index < software->child_count; index++) {
        UNICODE_STRING path = RTL_CONSTANT_STRING(u"\\Registry\\Machine\\Software");
        OBJECT_ATTRIBUTES attributes;
        HANDLE root;
        HANDLE key;
        InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
        check(NT_SUCCESS(ZwOpenKey(&root, KEY_READ, &attributes)), "SOFTWARE is gone");
        InitializeObjectAttributes(&attributes, &software->children[index]->name, OBJ_OPENLINK,
                                   root, NULL);
        check(NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)), "a key is gone");
        check(ref_compare(play->tree, software->children[index], key), "the trees differ");
        ZwClose(key);
        ZwClose(root);
    }
}

static void play_all(struct ref_play *play, struct ref_key *software)
{
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(u"300000");
    struct heard heard = {0, 0, 0, 0};
    LARGE_INTEGER cookie;

    check(NT_SUCCESS(CmRegisterCallbackEx(hear, &altitude, &heard, &heard, &cookie, NULL)),
          "no callback");
    while (ref_step(play)) {
        check(heard.pre == play->pairs && heard.post == heard.pre, "another number of pairs");
    }
    check(!play->failed, "the oracle does not agree");
    ref_end(play);
    check(heard.pre_close == heard.post_close, "a close has only half a pair");
    check(NT_SUCCESS(CmUnRegisterCallback(cookie)), "the callback stays");
    compare(play, software);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntsim_process_options options = {.image_path = "C:\\fuzz.exe"};
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ref_play play = {.base = BASE, .bytes = data, .left = size};
    struct ntsim_process *process;
    struct ntsim_thread *previous;
    struct ntsim *sim;
    struct ref_key *software;

    config.quiet = true;
    if (size > 8192) {
        return 0;
    }
    check(ntsim_create(&sim, &config) == NTCB_OK, "no simulator");
    check(ntsim_process_create(sim, &options, &process) == NTCB_OK, "no process");
    previous = ntsim_thread_enter(ntsim_process_thread(process));
    play.tree = ref_create_tree();
    software = ref_put_key(play.tree, ref_put_key(play.tree, NULL, u"MACHINE"), u"SOFTWARE");
    play_all(&play, software);
    ref_destroy_tree(play.tree);
    ntsim_thread_leave(previous);
    check(ntsim_destroy(sim) == NTCB_OK, "the simulator found a fault");
    return 0;
}
