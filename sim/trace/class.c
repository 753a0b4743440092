/* SPDX-License-Identifier: MIT
 *
 * class.c - the name and the nature of every notification: the registry's by REG_NOTIFY_CLASS
 * (CM-NC-00 .. CM-NC-50), and those of the other managers.
 */
#include "trace/tracep.h"

#include <ntsim/trace.h>

#include <string.h>

struct class_row {
    const char *name;
    enum ntsim_phase phase;
};

#define PRE(name)                        \
    {                                    \
        "RegNtPre" name, NTSIM_PHASE_PRE \
    }
#define POST(name)                         \
    {                                      \
        "RegNtPost" name, NTSIM_PHASE_POST \
    }

static const struct class_row class_rows[NTSIM_CLASS_COUNT] = {
    [0] = PRE("DeleteKey"),
    [1] = PRE("SetValueKey"),
    [2] = PRE("DeleteValueKey"),
    [3] = PRE("SetInformationKey"),
    [4] = PRE("RenameKey"),
    [5] = PRE("EnumerateKey"),
    [6] = PRE("EnumerateValueKey"),
    [7] = PRE("QueryKey"),
    [8] = PRE("QueryValueKey"),
    [9] = PRE("QueryMultipleValueKey"),
    [10] = PRE("CreateKey"),
    [11] = POST("CreateKey"),
    [12] = PRE("OpenKey"),
    [13] = POST("OpenKey"),
    [14] = {"RegNtPreKeyHandleClose", NTSIM_PHASE_CLOSING},
    [15] = POST("DeleteKey"),
    [16] = POST("SetValueKey"),
    [17] = POST("DeleteValueKey"),
    [18] = POST("SetInformationKey"),
    [19] = POST("RenameKey"),
    [20] = POST("EnumerateKey"),
    [21] = POST("EnumerateValueKey"),
    [22] = POST("QueryKey"),
    [23] = POST("QueryValueKey"),
    [24] = POST("QueryMultipleValueKey"),
    [25] = {"RegNtPostKeyHandleClose", NTSIM_PHASE_CLOSING},
    [26] = PRE("CreateKeyEx"),
    [27] = POST("CreateKeyEx"),
    [28] = PRE("OpenKeyEx"),
    [29] = POST("OpenKeyEx"),
    [30] = PRE("FlushKey"),
    [31] = POST("FlushKey"),
    [32] = PRE("LoadKey"),
    [33] = POST("LoadKey"),
    [34] = PRE("UnLoadKey"),
    [35] = POST("UnLoadKey"),
    [36] = PRE("QueryKeySecurity"),
    [37] = POST("QueryKeySecurity"),
    [38] = PRE("SetKeySecurity"),
    [39] = POST("SetKeySecurity"),
    [40] = {"RegNtCallbackObjectContextCleanup", NTSIM_PHASE_CLOSING},
    [41] = PRE("RestoreKey"),
    [42] = POST("RestoreKey"),
    [43] = PRE("SaveKey"),
    [44] = POST("SaveKey"),
    [45] = PRE("ReplaceKey"),
    [46] = POST("ReplaceKey"),
    [47] = PRE("QueryKeyName"),
    [48] = POST("QueryKeyName"),
    [49] = PRE("SaveMergedKey"),
    [50] = POST("SaveMergedKey"),
};

static const struct class_row other_rows[-NTSIM_CLASS_FIRST] = {
    [NTSIM_CLASS_PROCESS_CREATE - NTSIM_CLASS_FIRST] = {"CreateProcess", NTSIM_PHASE_NOTIFY},
    [NTSIM_CLASS_PROCESS_EXIT - NTSIM_CLASS_FIRST] = {"ExitProcess", NTSIM_PHASE_NOTIFY},
    [NTSIM_CLASS_THREAD_CREATE - NTSIM_CLASS_FIRST] = {"CreateThread", NTSIM_PHASE_NOTIFY},
    [NTSIM_CLASS_THREAD_EXIT - NTSIM_CLASS_FIRST] = {"ExitThread", NTSIM_PHASE_NOTIFY},
    [NTSIM_CLASS_HANDLE_PRE - NTSIM_CLASS_FIRST] = {"PreHandle", NTSIM_PHASE_PRE},
    [NTSIM_CLASS_HANDLE_POST - NTSIM_CLASS_FIRST] = {"PostHandle", NTSIM_PHASE_POST},
    [NTSIM_CLASS_CALLBACK - NTSIM_CLASS_FIRST] = {"NotifyCallback", NTSIM_PHASE_NOTIFY},
    [NTSIM_CLASS_IMAGE - NTSIM_CLASS_FIRST] = {"LoadImage", NTSIM_PHASE_NOTIFY},
};

static const struct class_row *row_of(int notify_class)
{
    if (notify_class < NTSIM_CLASS_FIRST || notify_class >= NTSIM_CLASS_COUNT)
        return NULL;
    return notify_class < 0 ? &other_rows[notify_class - NTSIM_CLASS_FIRST]
                            : &class_rows[notify_class];
}

const char *ntsim_notify_class_name(int notify_class)
{
    const struct class_row *row = row_of(notify_class);

    return row != NULL ? row->name : "RegNt?";
}

bool ntsim_trace_has_slot(enum ntcb_manager manager)
{
    return manager == NTCB_MANAGER_IMAGE || manager == NTCB_MANAGER_PROCESS ||
           manager == NTCB_MANAGER_THREAD;
}

int ntsim__trace_class(const struct ntcb_call *call)
{
    switch (call->registration->manager) {
    case NTCB_MANAGER_REGISTRY:
        return call->notify_class;
    case NTCB_MANAGER_PROCESS:
        return call->notify_class ? NTSIM_CLASS_PROCESS_CREATE : NTSIM_CLASS_PROCESS_EXIT;
    case NTCB_MANAGER_THREAD:
        return call->notify_class ? NTSIM_CLASS_THREAD_CREATE : NTSIM_CLASS_THREAD_EXIT;
    case NTCB_MANAGER_OBJECT:
        return call->notify_class ? NTSIM_CLASS_HANDLE_POST : NTSIM_CLASS_HANDLE_PRE;
    case NTCB_MANAGER_CALLBACK:
        return NTSIM_CLASS_CALLBACK;
    case NTCB_MANAGER_IMAGE:
        break;
    }
    return NTSIM_CLASS_IMAGE;
}

enum ntsim_phase ntsim_notify_class_phase(int notify_class)
{
    const struct class_row *row = row_of(notify_class);

    return row != NULL ? row->phase : NTSIM_PHASE_NOTIFY;
}

enum ntsim_trace_format ntsim_trace_format_of(const char *path)
{
    size_t length = strlen(path);

    if (length >= 5 && strcmp(path + length - 5, ".json") == 0)
        return NTSIM_TRACE_PERFETTO;
    return NTSIM_TRACE_NDJSON;
}
