/* SPDX-License-Identifier: MIT
 *
 * class.c - the name and the nature of every REG_NOTIFY_CLASS (CM-NC-00 .. CM-NC-50).
 */
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

const char *ntsim_notify_class_name(int notify_class)
{
    if (notify_class == NTSIM_CLASS_IMAGE)
        return "LoadImage";
    if (notify_class < 0 || notify_class >= NTSIM_CLASS_COUNT)
        return "RegNt?";
    return class_rows[notify_class].name;
}

enum ntsim_phase ntsim_notify_class_phase(int notify_class)
{
    if (notify_class < 0 || notify_class >= NTSIM_CLASS_COUNT)
        return NTSIM_PHASE_NOTIFY;
    return class_rows[notify_class].phase;
}

enum ntsim_trace_format ntsim_trace_format_of(const char *path)
{
    size_t length = strlen(path);

    if (length >= 5 && strcmp(path + length - 5, ".json") == 0)
        return NTSIM_TRACE_PERFETTO;
    return NTSIM_TRACE_NDJSON;
}
