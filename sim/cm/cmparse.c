/* SPDX-License-Identifier: MIT
 *
 * cmparse.c - the key type's Parse: one pre/post pair around one walk (CM-CO-01..03, -13).
 *
 *     pre -> allowed:  CmpWalk: a key object, STATUS_REPARSE, or an error
 *            bypassed: the object the callback supplies (CM-BYP-04..09)
 *            blocked:  the callback's status
 *     post -> the object and status as they then are, the callbacks' changes included
 *            (CM-POST-10, -11)
 *
 * A link ends its parse with STATUS_REPARSE; the object manager comes back with the target's name,
 * and that parse has a pair of its own.
 */
#include "cm/cmnotify.h"
#include "cm/cmservice.h"
#include "ps/psp.h"

/* A driver's fault in handling RegNtPre/PostCreateKeyEx or OpenKeyEx. */
static VOID CmpReportObject(const char *Rule, const char *What, const char *Fix)
{
    ntcb_report_deliver(&(struct ntcb_report){
        .severity = NTCB_VIOLATION,
        .rule = Rule,
        .what = What,
        .on_windows =
            "a handle to nothing, a leaked key object or a bug check in the object manager",
        .fix = Fix,
    });
}

/* An object that came from a callback: the status the call goes on with. */
static NTSTATUS CmpJudgeObject(PVOID Object)
{
    if (Object == NULL) {
        CmpReportObject(
            "CM-BYP-08",
            "a registry callback reported success for a create or open without a key object",
            "put a referenced key object into *ResultObject (and Object, in the post "
            "notification) before returning STATUS_CALLBACK_BYPASS");
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (!CmpIsKeyObject(Object)) {
        CmpReportObject(
            "CM-BYP-09",
            "a registry callback supplied an object that is no key for a create or open",
            "take the object from ObReferenceObjectByHandle with *CmKeyObjectType");
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return STATUS_SUCCESS;
}

static VOID CmpDescribeOpen(const struct OBP_PARSE *Parse, const struct CMP_OPEN *Open,
                            PUNICODE_STRING RemainingName, PVOID *ResultObject,
                            REG_CREATE_KEY_INFORMATION_V1 *Information)
{
    *RemainingName = Parse->RemainingName;
    *Information = (REG_CREATE_KEY_INFORMATION_V1){
        .CompleteName = Parse->CompleteName,
        .RootObject = Parse->RootObject,
        .ObjectType = *CmKeyObjectType,
        .Options = Open->Options,
        .Class = Open->Class,
        .SecurityDescriptor = Parse->SecurityDescriptor,
        .SecurityQualityOfService = Parse->SecurityQualityOfService,
        .DesiredAccess = Parse->DesiredAccess,
        .Disposition = Open->Disposition,
        .ResultObject = ResultObject,
        .RemainingName = RemainingName,
        .Transaction = Open->Transaction,
        .Wow64Flags = Open->Wow64Flags,
        .Attributes = Parse->Attributes,
        .CheckAccessMode = Parse->AccessMode,
    };
}

/* What the post notification left: Target's object is the walk's own, Object is what there is now.
 */
static NTSTATUS CmpConclude(struct OBP_PARSE *Parse, const struct CMP_TARGET *Target,
                            NTSTATUS Before, NTSTATUS After, PVOID Object, ACCESS_MASK Granted)
{
    if (Before == STATUS_REPARSE) {
        if (After == STATUS_REPARSE) {
            Parse->ReparseName = Target->ReparseName;
            return After;
        }
        ExFreePoolWithTag(Target->ReparseName.Buffer, CMP_TAG);
    }
    if (NT_SUCCESS(After)) {
        if (Object != Target->Object || Object == NULL) {
            NTSTATUS Status = CmpJudgeObject(Object);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            ObpNoteGiver(Object, __builtin_return_address(0)); /* its reference is the handle's */
        }
        Parse->Object = Object;
        /* CM-BYP-06: as it stands; bits that are no rights of a key grant nothing. */
        Parse->GrantedAccess = Granted & (KEY_ALL_ACCESS | SYNCHRONIZE | ACCESS_SYSTEM_SECURITY);
        return After;
    }
    if (NT_SUCCESS(Before) && Object != NULL && Object == Target->Object) {
        CmpReportObject(
            "CM-POST-10",
            "a registry callback failed a create or open that had succeeded, and left the "
            "key object in Object",
            "dereference Object and set it and *ResultObject to NULL before returning "
            "STATUS_CALLBACK_BYPASS from the post notification");
    }
    return After;
}

/* From Windows 8.1 on the object is not to be opened by pointer meanwhile (CM-CO-18). */
static NTSTATUS CmpNotifyOpened(struct ntcb_registry_pass *Pass, PVOID Object, NTSTATUS Status,
                                PVOID *Left)
{
    PVOID *PostObject = PspPostObject();
    PVOID Previous = *PostObject;
    *PostObject = Object;
    Status = CmpNotifyPost(Pass, Object, Status, Left);
    *PostObject = Previous;
    return Status;
}

NTSTATUS CmpParse(struct OBP_PARSE *Parse)
{
    struct CMP_OPEN Default = {.Create = FALSE};
    struct CMP_OPEN *Open = Parse->Context != NULL ? Parse->Context : &Default;
    struct CMP_TARGET Target = {.Object = NULL};
    struct ntcb_registry_pass Pass;
    REG_CREATE_KEY_INFORMATION_V1 Information;
    UNICODE_STRING RemainingName;
    PVOID ResultObject = NULL;
    PVOID Left = NULL;

    CmpDescribeOpen(Parse, Open, &RemainingName, &ResultObject, &Information);
    NTSTATUS Status =
        CmpNotifyPre(&Pass, Open->Create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &Information);
    if (Status == STATUS_SUCCESS) {
        Status = CmpReadClass(Open);
        Status = NT_SUCCESS(Status) ? CmpWalk(Parse, Open, &Target) : Status;
        Information.GrantedAccess = Target.Granted;
        ResultObject = Target.Object;
    } else if (CmpIsBypass(Status)) {
        Status = CmpJudgeObject(ResultObject);
    }
    NTSTATUS Final =
        CmpNotifyOpened(&Pass, Status == STATUS_SUCCESS ? ResultObject : NULL, Status, &Left);
    if (NT_SUCCESS(Final) && Status != STATUS_REPARSE && Left == NULL) {
        Left = ResultObject;
    }
    Final = CmpConclude(Parse, &Target, Status, Final, Left, Information.GrantedAccess);
    Open->ParseSucceeded = Final == STATUS_SUCCESS;
    CmpReleaseOpen(&Default);
    return Final;
}
