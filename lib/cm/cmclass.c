/* SPDX-License-Identifier: MIT
 *
 * cmclass.c - the table of notify classes: pre and post, since when, and where the manager's own
 * members lie in each structure (CM-NC, CM-VER, CM-LAY).
 */
#include "cm/cmp.h"

#define CLASS(pre, post, since, post_since, flags, structure, object_context)      \
    {                                                                              \
        pre, post, NTCB_WINDOWS_##since, NTCB_WINDOWS_##post_since, flags,         \
            offsetof(structure, CallContext), offsetof(structure, object_context), \
            offsetof(structure, Reserved)                                          \
    }

/* Sorted by pre class. */
static const struct CMP_CLASS CmpClasses[] = {
    CLASS(RegNtPreDeleteKey, RegNtPostDeleteKey, XP, 2003, 0, REG_DELETE_KEY_INFORMATION,
          ObjectContext),
    CLASS(RegNtPreSetValueKey, RegNtPostSetValueKey, XP, 2003, 0, REG_SET_VALUE_KEY_INFORMATION,
          ObjectContext),
    CLASS(RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, XP, 2003, 0,
          REG_DELETE_VALUE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreSetInformationKey, RegNtPostSetInformationKey, XP, 2003, CMP_DISCOURAGED,
          REG_SET_INFORMATION_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreRenameKey, RegNtPostRenameKey, XP, 2003, CMP_DISCOURAGED,
          REG_RENAME_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreEnumerateKey, RegNtPostEnumerateKey, XP, 2003, 0, REG_ENUMERATE_KEY_INFORMATION,
          ObjectContext),
    CLASS(RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey, XP, 2003, 0,
          REG_ENUMERATE_VALUE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreQueryKey, RegNtPostQueryKey, XP, 2003, 0, REG_QUERY_KEY_INFORMATION,
          ObjectContext),
    CLASS(RegNtPreQueryValueKey, RegNtPostQueryValueKey, XP, 2003, 0,
          REG_QUERY_VALUE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreQueryMultipleValueKey, RegNtPostQueryMultipleValueKey, XP, 2003, 0,
          REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreKeyHandleClose, RegNtPostKeyHandleClose, XP, 2003, CMP_NO_VERDICT,
          REG_KEY_HANDLE_CLOSE_INFORMATION, ObjectContext),
    CLASS(RegNtPreCreateKeyEx, RegNtPostCreateKeyEx, XP, XP, CMP_CREATE_OPEN,
          REG_CREATE_KEY_INFORMATION, RootObjectContext),
    CLASS(RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, XP, XP, CMP_CREATE_OPEN, REG_OPEN_KEY_INFORMATION,
          RootObjectContext),
    CLASS(RegNtPreFlushKey, RegNtPostFlushKey, VISTA, VISTA, 0, REG_FLUSH_KEY_INFORMATION,
          ObjectContext),
    CLASS(RegNtPreLoadKey, RegNtPostLoadKey, VISTA, VISTA, CMP_NO_OBJECT | CMP_DISCOURAGED,
          REG_LOAD_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreUnLoadKey, RegNtPostUnLoadKey, VISTA, VISTA, CMP_DISCOURAGED,
          REG_UNLOAD_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreQueryKeySecurity, RegNtPostQueryKeySecurity, VISTA, VISTA, 0,
          REG_QUERY_KEY_SECURITY_INFORMATION, ObjectContext),
    CLASS(RegNtPreSetKeySecurity, RegNtPostSetKeySecurity, VISTA, VISTA, 0,
          REG_SET_KEY_SECURITY_INFORMATION, ObjectContext),
    CLASS(RegNtPreRestoreKey, RegNtPostRestoreKey, VISTA_SP2, VISTA_SP2, CMP_DISCOURAGED,
          REG_RESTORE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreSaveKey, RegNtPostSaveKey, VISTA_SP2, VISTA_SP2, CMP_DISCOURAGED,
          REG_SAVE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreReplaceKey, RegNtPostReplaceKey, VISTA_SP2, VISTA_SP2, CMP_DISCOURAGED,
          REG_REPLACE_KEY_INFORMATION, ObjectContext),
    CLASS(RegNtPreQueryKeyName, RegNtPostQueryKeyName, 10_1507, 10_1507, 0, REG_QUERY_KEY_NAME,
          ObjectContext),
    CLASS(RegNtPreSaveMergedKey, RegNtPostSaveMergedKey, 10_1507, 10_1507,
          CMP_NO_OBJECT | CMP_DISCOURAGED, REG_SAVE_MERGED_KEY_INFORMATION, ObjectContext),
};

const struct CMP_CLASS *CmpFindClass(REG_NOTIFY_CLASS PreClass)
{
    ULONG Index;

    for (Index = 0; Index < RTL_NUMBER_OF(CmpClasses); ++Index) {
        if (CmpClasses[Index].Pre == PreClass) {
            return &CmpClasses[Index];
        }
    }
    return NULL;
}
