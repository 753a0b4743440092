/* SPDX-License-Identifier: MIT
 *
 * cmresult.c - how answers are laid out and how they fit the caller's buffer.
 *
 * Evidence  REG-QVK-03..07, REG-QK-03, -04, -07.
 */
#include "cm/cmservice.h"

#include <string.h>

NTSTATUS CmpAnswer(const struct CMP_CALL *Call, ULONG Fixed, ULONG Needed,
                   const struct CMP_PIECE *Pieces, ULONG Count)
{
    PUCHAR Buffer = Call->Buffer;
    *Call->ResultLength = Needed;
    if (Call->Length < Fixed) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    ULONG Written = 0;
    ULONG End = Call->Length < Needed ? Call->Length : Needed;
    for (ULONG Index = 0; Index < Count && Pieces[Index].Offset < End; Index++) {
        ULONG Offset = Pieces[Index].Offset;
        ULONG Bytes = Pieces[Index].Bytes;
        memset(Buffer + Written, 0, Offset - Written);
        Bytes = Bytes < End - Offset ? Bytes : End - Offset;
        if (Bytes != 0) {
            memcpy(Buffer + Offset, Pieces[Index].From, Bytes);
        }
        Written = Offset + Bytes;
    }
    memset(Buffer + Written, 0, End - Written); /* a filler that nothing follows */
    return Call->Length < Needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS CmpAnswerBasic(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    KEY_BASIC_INFORMATION Basic = {
        .LastWriteTime.QuadPart = Key->LastWriteTime,
        .NameLength = Key->Name->Length,
    };
    ULONG Fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    const struct CMP_PIECE Pieces[] = {{0, Fixed, &Basic},
                                       {Fixed, Key->Name->Length, Key->Name->Text}};
    return CmpAnswer(Call, Fixed, Fixed + Key->Name->Length, Pieces, RTL_NUMBER_OF(Pieces));
}

/* The class begins at the next multiple of 4 after the name. */
static NTSTATUS CmpAnswerNode(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    ULONG Fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    ULONG End = Fixed + Key->Name->Length;
    ULONG ClassLength = Key->Class != NULL ? Key->Class->Length : 0;
    ULONG ClassOffset = (End + 3) & ~(ULONG)3;
    KEY_NODE_INFORMATION Node = {
        .LastWriteTime.QuadPart = Key->LastWriteTime,
        .ClassOffset = ClassLength != 0 ? ClassOffset : MAXULONG, /* REG-QK-04 */
        .ClassLength = ClassLength,
        .NameLength = Key->Name->Length,
    };
    const struct CMP_PIECE Pieces[] = {
        {0, Fixed, &Node},
        {Fixed, Key->Name->Length, Key->Name->Text},
        {ClassOffset, ClassLength, ClassLength != 0 ? Key->Class->Text : NULL}};
    return CmpAnswer(Call, Fixed, ClassLength != 0 ? ClassOffset + ClassLength : End, Pieces,
                     ClassLength != 0 ? 3 : 2);
}

static NTSTATUS CmpAnswerFull(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    ULONG Fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    ULONG ClassLength = Key->Class != NULL ? Key->Class->Length : 0;
    KEY_FULL_INFORMATION Full = {
        .LastWriteTime.QuadPart = Key->LastWriteTime,
        .ClassOffset = ClassLength != 0 ? Fixed : MAXULONG,
        .ClassLength = ClassLength,
        .SubKeys = CmpChildCount(Key),
        .MaxNameLen = Key->MaxNameLength,
        .MaxClassLen = Key->MaxClassLength,
        .Values = CmpValueCount(Key),
        .MaxValueNameLen = Key->MaxValueNameLength,
        .MaxValueDataLen = Key->MaxValueDataLength,
    };
    const struct CMP_PIECE Pieces[] = {
        {0, Fixed, &Full}, {Fixed, ClassLength, ClassLength != 0 ? Key->Class->Text : NULL}};
    return CmpAnswer(Call, Fixed, Fixed + ClassLength, Pieces, RTL_NUMBER_OF(Pieces));
}

NTSTATUS CmpAnswerKey(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    static NTSTATUS (*const Answers[])(const struct CMP_CALL *, const struct CMP_KEY *) = {
        [KeyBasicInformation] = CmpAnswerBasic,
        [KeyNodeInformation] = CmpAnswerNode,
        [KeyFullInformation] = CmpAnswerFull,
    };
    return Answers[Call->Class](Call, Key);
}

static NTSTATUS CmpAnswerValueFull(const struct CMP_CALL *Call, const struct CMP_VALUE *Value,
                                   ULONG Alignment)
{
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    ULONG DataOffset = (Fixed + Value->Name->Length + Alignment - 1) & ~(Alignment - 1);
    KEY_VALUE_FULL_INFORMATION Full = {
        .Type = Value->Type,
        .DataOffset = DataOffset, /* REG-QVK-05 */
        .DataLength = Value->DataLength,
        .NameLength = Value->Name->Length,
    };
    const struct CMP_PIECE Pieces[] = {{0, Fixed, &Full},
                                       {Fixed, Value->Name->Length, Value->Name->Text},
                                       {DataOffset, Value->DataLength, Value->Data}};
    return CmpAnswer(Call, Fixed, DataOffset + Value->DataLength, Pieces, RTL_NUMBER_OF(Pieces));
}

static NTSTATUS CmpAnswerValueBasic(const struct CMP_CALL *Call, const struct CMP_VALUE *Value)
{
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    KEY_VALUE_BASIC_INFORMATION Basic = {.Type = Value->Type, .NameLength = Value->Name->Length};
    const struct CMP_PIECE Pieces[] = {{0, Fixed, &Basic},
                                       {Fixed, Value->Name->Length, Value->Name->Text}};
    return CmpAnswer(Call, Fixed, Fixed + Value->Name->Length, Pieces, RTL_NUMBER_OF(Pieces));
}

static NTSTATUS CmpAnswerValuePartial(const struct CMP_CALL *Call, const struct CMP_VALUE *Value)
{
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    KEY_VALUE_PARTIAL_INFORMATION Partial = {.Type = Value->Type, .DataLength = Value->DataLength};
    const struct CMP_PIECE Pieces[] = {{0, Fixed, &Partial},
                                       {Fixed, Value->DataLength, Value->Data}};
    return CmpAnswer(Call, Fixed, Fixed + Value->DataLength, Pieces, RTL_NUMBER_OF(Pieces));
}

static NTSTATUS CmpAnswerValuePartial64(const struct CMP_CALL *Call, const struct CMP_VALUE *Value)
{
    ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 Partial = {.Type = Value->Type,
                                                     .DataLength = Value->DataLength};
    const struct CMP_PIECE Pieces[] = {{0, Fixed, &Partial},
                                       {Fixed, Value->DataLength, Value->Data}};
    return CmpAnswer(Call, Fixed, Fixed + Value->DataLength, Pieces, RTL_NUMBER_OF(Pieces));
}

NTSTATUS CmpAnswerValue(const struct CMP_CALL *Call, const struct CMP_VALUE *Value)
{
    switch (Call->Class) {
    case KeyValueBasicInformation:
        return CmpAnswerValueBasic(Call, Value);
    case KeyValueFullInformation:
        return CmpAnswerValueFull(Call, Value, sizeof(ULONG));
    case KeyValueFullInformationAlign64:
        return CmpAnswerValueFull(Call, Value, sizeof(ULONG64));
    case KeyValuePartialInformationAlign64:
        return CmpAnswerValuePartial64(Call, Value);
    default:
        return CmpAnswerValuePartial(Call, Value);
    }
}
