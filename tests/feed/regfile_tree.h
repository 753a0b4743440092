/* SPDX-License-Identifier: MIT
 *
 * regfile_tree.h - the trees of two registries compared, through the services.
 */
#ifndef TESTS_FEED_REGFILE_TREE_H
#define TESTS_FEED_REGFILE_TREE_H

#include "regfile_kit.h"

#include <ntsim/process.h>

#define REGFILE_ROOM 0x3000

/* The index-th answer about subkeys or values of the key. */
static inline NTSTATUS regfile_enumerate(HANDLE key, bool values, ULONG index, void *buffer,
                                         ULONG *bytes)
{
    memset(buffer, 0, REGFILE_ROOM);
    return values ? ZwEnumerateValueKey(key, index, KeyValueFullInformation, buffer, REGFILE_ROOM,
                                        bytes)
                  : ZwEnumerateKey(key, index, KeyBasicInformation, buffer, REGFILE_ROOM, bytes);
}

static inline NTSTATUS regfile_open_child(HANDLE parent, const KEY_BASIC_INFORMATION *child,
                                          HANDLE *key)
{
    USHORT bytes = (USHORT)child->NameLength;
    UNICODE_STRING name = {bytes, bytes, (PWCH)(ULONG_PTR)child->Name};
    OBJECT_ATTRIBUTES object;

    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_OPENLINK, parent, NULL);
    return ZwOpenKey(key, KEY_ALL_ACCESS, &object);
}

/* The trees of the two simulators at the same path; returns the number of keys and values. */
static inline unsigned regfile_compare(struct ntsim *sims[2], HANDLE keys[2], char *buffers[2])
{
    unsigned seen = 0;
    NTSTATUS status[2] = {0};
    ULONG bytes[2] = {0};

    for (int values = 1; values >= 0; values--) {
        for (ULONG index = 0; status[0] == STATUS_SUCCESS; index++) {
            HANDLE children[2];
            NTSTATUS opened[2] = {STATUS_SUCCESS, STATUS_SUCCESS};

            for (int i = 0; i < 2; i++) {
                struct ntsim_thread *previous = ntsim_enter(sims[i]);

                status[i] = regfile_enumerate(keys[i], values != 0, index, buffers[i], &bytes[i]);
                if (values == 0) /* the time of the last write */
                    memset(buffers[i], 0, 8);
                if (values == 0 && status[i] == STATUS_SUCCESS)
                    opened[i] = regfile_open_child(keys[i], (void *)buffers[i], &children[i]);
                ntsim_leave(previous);
            }
            EXPECT_STATUS(status[1], status[0]);
            if (status[0] != STATUS_SUCCESS)
                continue;
            EXPECT_EQ(bytes[1], bytes[0]);
            EXPECT_MEM(buffers[1], buffers[0], bytes[0]);
            EXPECT_STATUS(opened[1], opened[0]);
            seen++;
            if (values == 0 && opened[0] == STATUS_SUCCESS)
                seen += regfile_compare(sims, children, buffers);
        }
        EXPECT_STATUS(status[0], STATUS_NO_MORE_ENTRIES);
        status[0] = STATUS_SUCCESS;
    }
    for (int i = 0; i < 2; i++) {
        struct ntsim_thread *previous = ntsim_enter(sims[i]);

        ZwClose(keys[i]);
        ntsim_leave(previous);
    }
    return seen;
}

#endif
