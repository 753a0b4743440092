/* SPDX-License-Identifier: MIT
 *
 * cmtable.c - the services with a handle: one row each, and what a row needs: the checks that want
 * no handle, and the structure of its notification.
 *
 * Evidence  CM-NC-00..09, -30, -36, -38; REG-ORDER; the access rights of each REG group.
 */
#include "cm/cmservice.h"

/* ---- checks (REG-ORDER 1) ---- */

static NTSTATUS CmpCheckValueClass(struct CMP_CALL *Call)
{
    return Call->Class <= KeyValuePartialInformationAlign64 ? STATUS_SUCCESS
                                                            : STATUS_INVALID_PARAMETER;
}

static NTSTATUS CmpCheckEnumerateKey(struct CMP_CALL *Call)
{
    return Call->Class <= KeyFullInformation ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS CmpCheckQueryKey(struct CMP_CALL *Call)
{
    if (Call->Class >= MaxKeyInfoClass) {
        return STATUS_INVALID_PARAMETER; /* REG-QK-02 */
    }
    if (Call->Class == KeyNameInformation || Call->Class == KeyHandleTagsInformation) {
        Call->Access = 0; /* REG-QK-01: any right will do */
    }
    return STATUS_SUCCESS;
}

/* REG-SIK-01. SetLayer is how containers stack hives, which this registry does not. */
static NTSTATUS CmpCheckSetInformationKey(struct CMP_CALL *Call)
{
    if (Call->Class > KeySetHandleTagsInformation) {
        return Call->Class == KeySetLayerInformation ? STATUS_NOT_IMPLEMENTED
                                                     : STATUS_INVALID_PARAMETER;
    }
    ULONG Wanted = Call->Class == KeyWriteTimeInformation ? (ULONG)sizeof(LARGE_INTEGER)
                                                          : (ULONG)sizeof(ULONG);
    if (Call->Length != Wanted) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (Call->Class == KeySetHandleTagsInformation) {
        Call->Access = 0; /* REG-SIK-02 */
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CmpCheckEntries(struct CMP_CALL *Call)
{
    return Call->Index > 0x10000 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS; /* REG-QMV-02 */
}

/* The rights that asking for and changing each part takes (REG-SEC-01, -02). */
static const struct {
    SECURITY_INFORMATION Part;
    ACCESS_MASK Query;
    ACCESS_MASK Set;
} CmpSecurityRights[] = {
    {OWNER_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {GROUP_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {DACL_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
    {SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY, ACCESS_SYSTEM_SECURITY},
    {LABEL_SECURITY_INFORMATION, READ_CONTROL, WRITE_OWNER},
    {PROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
    {UNPROTECTED_DACL_SECURITY_INFORMATION, 0, WRITE_DAC},
    {PROTECTED_SACL_SECURITY_INFORMATION, 0, ACCESS_SYSTEM_SECURITY},
    {UNPROTECTED_SACL_SECURITY_INFORMATION, 0, ACCESS_SYSTEM_SECURITY},
};

static NTSTATUS CmpCheckQuerySecurity(struct CMP_CALL *Call)
{
    Call->Access = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(CmpSecurityRights); Index++) {
        Call->Access |=
            (Call->Class & CmpSecurityRights[Index].Part) != 0 ? CmpSecurityRights[Index].Query : 0;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CmpCheckSetSecurity(struct CMP_CALL *Call)
{
    Call->Access = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(CmpSecurityRights); Index++) {
        Call->Access |=
            (Call->Class & CmpSecurityRights[Index].Part) != 0 ? CmpSecurityRights[Index].Set : 0;
    }
    return Call->Buffer != NULL ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

/* ---- structures (CM-LAY) ---- */

static VOID CmpDescribeObject(struct CMP_CALL *Call)
{
    Call->Information.DeleteKey = (REG_DELETE_KEY_INFORMATION){.Object = Call->Object};
}

static VOID CmpDescribeSetValueKey(struct CMP_CALL *Call)
{
    Call->Information.SetValueKey = (REG_SET_VALUE_KEY_INFORMATION){
        .Object = Call->Object,
        .ValueName = Call->NameArgument,
        .TitleIndex = Call->TitleIndex,
        .Type = Call->Type,
        .Data = Call->BufferUsed,
        .DataSize = Call->Length,
    };
}

static VOID CmpDescribeDeleteValueKey(struct CMP_CALL *Call)
{
    Call->Information.DeleteValueKey = (REG_DELETE_VALUE_KEY_INFORMATION){
        .Object = Call->Object,
        .ValueName = Call->NameArgument,
    };
}

static VOID CmpDescribeSetInformationKey(struct CMP_CALL *Call)
{
    Call->Information.SetInformationKey = (REG_SET_INFORMATION_KEY_INFORMATION){
        .Object = Call->Object,
        .KeySetInformationClass = (KEY_SET_INFORMATION_CLASS)Call->Class,
        .KeySetInformation = Call->BufferUsed,
        .KeySetInformationLength = Call->Length,
    };
}

static VOID CmpDescribeRenameKey(struct CMP_CALL *Call)
{
    Call->Information.RenameKey = (REG_RENAME_KEY_INFORMATION){
        .Object = Call->Object,
        .NewName = Call->NameArgument,
    };
}

static VOID CmpDescribeEnumerateKey(struct CMP_CALL *Call)
{
    Call->Information.EnumerateKey = (REG_ENUMERATE_KEY_INFORMATION){
        .Object = Call->Object,
        .Index = Call->Index,
        .KeyInformationClass = (KEY_INFORMATION_CLASS)Call->Class,
        .KeyInformation = Call->Buffer,
        .Length = Call->Length,
        .ResultLength = Call->ResultLength,
    };
}

static VOID CmpDescribeEnumerateValueKey(struct CMP_CALL *Call)
{
    Call->Information.EnumerateValueKey = (REG_ENUMERATE_VALUE_KEY_INFORMATION){
        .Object = Call->Object,
        .Index = Call->Index,
        .KeyValueInformationClass = (KEY_VALUE_INFORMATION_CLASS)Call->Class,
        .KeyValueInformation = Call->Buffer,
        .Length = Call->Length,
        .ResultLength = Call->ResultLength,
    };
}

static VOID CmpDescribeQueryKey(struct CMP_CALL *Call)
{
    Call->Information.QueryKey = (REG_QUERY_KEY_INFORMATION){
        .Object = Call->Object,
        .KeyInformationClass = (KEY_INFORMATION_CLASS)Call->Class,
        .KeyInformation = Call->Buffer,
        .Length = Call->Length,
        .ResultLength = Call->ResultLength,
    };
}

static VOID CmpDescribeQueryValueKey(struct CMP_CALL *Call)
{
    Call->Information.QueryValueKey = (REG_QUERY_VALUE_KEY_INFORMATION){
        .Object = Call->Object,
        .ValueName = Call->NameArgument,
        .KeyValueInformationClass = (KEY_VALUE_INFORMATION_CLASS)Call->Class,
        .KeyValueInformation = Call->Buffer,
        .Length = Call->Length,
        .ResultLength = Call->ResultLength,
    };
}

static VOID CmpDescribeQueryMultipleValueKey(struct CMP_CALL *Call)
{
    Call->Information.QueryMultipleValueKey = (REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION){
        .Object = Call->Object,
        .ValueEntries = Call->BufferUsed,
        .EntryCount = Call->Index,
        .ValueBuffer = Call->ValueBuffer,
        .BufferLength = Call->BufferLength,
        .RequiredBufferLength = Call->ResultLength,
    };
}

/* CM-BUF-09: two of these are pointers; Length is the room on the way in, the need on the way out.
 */
static VOID CmpDescribeQueryKeySecurity(struct CMP_CALL *Call)
{
    Call->Information.QueryKeySecurity = (REG_QUERY_KEY_SECURITY_INFORMATION){
        .Object = Call->Object,
        .SecurityInformation = &Call->Class,
        .SecurityDescriptor = Call->Buffer,
        .Length = &Call->Length,
    };
}

static VOID CmpDescribeSetKeySecurity(struct CMP_CALL *Call)
{
    Call->Information.SetKeySecurity = (REG_SET_KEY_SECURITY_INFORMATION){
        .Object = Call->Object,
        .SecurityInformation = &Call->Class,
        .SecurityDescriptor = Call->Descriptor.Bytes,
    };
}

/* ---- the table ---- */

#define CMP_SERVICE_ROW(name, class, access, plan, check, describe) \
    const struct CMP_SERVICE Cmp##name##Service = {                 \
        class, access, plan, check, describe, CmpDo##name, NULL,    \
    }

CMP_SERVICE_ROW(DeleteKey, RegNtPreDeleteKey, DELETE, CMP_PLAN_DELETED | CMP_PLAN_CHANGES, NULL,
                CmpDescribeObject);

CMP_SERVICE_ROW(SetValueKey, RegNtPreSetValueKey, KEY_SET_VALUE,
                CMP_PLAN_NAME | CMP_PLAN_NAME_TRIM | CMP_PLAN_NAME_LIMIT | CMP_PLAN_DATA |
                    CMP_PLAN_DATA_LATE | CMP_PLAN_SHARED | CMP_PLAN_KEY | CMP_PLAN_VALUES |
                    CMP_PLAN_CHANGES,
                NULL, CmpDescribeSetValueKey);

CMP_SERVICE_ROW(DeleteValueKey, RegNtPreDeleteValueKey, KEY_SET_VALUE,
                CMP_PLAN_NAME | CMP_PLAN_NAME_TRIM | CMP_PLAN_NAME_LATE | CMP_PLAN_SHARED |
                    CMP_PLAN_KEY | CMP_PLAN_VALUES | CMP_PLAN_CHANGES,
                NULL, CmpDescribeDeleteValueKey);

CMP_SERVICE_ROW(SetInformationKey, RegNtPreSetInformationKey, KEY_SET_VALUE,
                CMP_PLAN_DATA | CMP_PLAN_SHARED | CMP_PLAN_KEY | CMP_PLAN_VALUES | CMP_PLAN_CHANGES,
                CmpCheckSetInformationKey, CmpDescribeSetInformationKey);

CMP_SERVICE_ROW(RenameKey, RegNtPreRenameKey, KEY_WRITE,
                CMP_PLAN_NAME | CMP_PLAN_NAME_FIRST | CMP_PLAN_NAME_NEEDED | CMP_PLAN_NAME_LATE |
                    CMP_PLAN_CHANGES,
                NULL, CmpDescribeRenameKey);

CMP_SERVICE_ROW(EnumerateKey, RegNtPreEnumerateKey, KEY_ENUMERATE_SUB_KEYS,
                CMP_PLAN_OUTPUT | CMP_PLAN_SHARED, CmpCheckEnumerateKey, CmpDescribeEnumerateKey);

CMP_SERVICE_ROW(EnumerateValueKey, RegNtPreEnumerateValueKey, KEY_QUERY_VALUE,
                CMP_PLAN_OUTPUT | CMP_PLAN_SHARED | CMP_PLAN_KEY, CmpCheckValueClass,
                CmpDescribeEnumerateValueKey);

CMP_SERVICE_ROW(QueryKey, RegNtPreQueryKey, KEY_QUERY_VALUE,
                CMP_PLAN_OUTPUT | CMP_PLAN_ANY_ACCESS | CMP_PLAN_SHARED | CMP_PLAN_KEY,
                CmpCheckQueryKey, CmpDescribeQueryKey);

CMP_SERVICE_ROW(QueryValueKey, RegNtPreQueryValueKey, KEY_QUERY_VALUE,
                CMP_PLAN_NAME | CMP_PLAN_NAME_TRIM | CMP_PLAN_NAME_LATE | CMP_PLAN_OUTPUT |
                    CMP_PLAN_SHARED | CMP_PLAN_KEY,
                CmpCheckValueClass, CmpDescribeQueryValueKey);

CMP_SERVICE_ROW(QueryMultipleValueKey, RegNtPreQueryMultipleValueKey, KEY_QUERY_VALUE,
                CMP_PLAN_ENTRIES | CMP_PLAN_SHARED | CMP_PLAN_KEY, CmpCheckEntries,
                CmpDescribeQueryMultipleValueKey);

CMP_SERVICE_ROW(QueryKeySecurity, RegNtPreQueryKeySecurity, READ_CONTROL,
                CMP_PLAN_OUTPUT | CMP_PLAN_SHARED, CmpCheckQuerySecurity,
                CmpDescribeQueryKeySecurity);

CMP_SERVICE_ROW(SetKeySecurity, RegNtPreSetKeySecurity, 0, CMP_PLAN_DESCRIPTOR | CMP_PLAN_CHANGES,
                CmpCheckSetSecurity, CmpDescribeSetKeySecurity);
