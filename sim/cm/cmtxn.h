/* SPDX-License-Identifier: MIT
 *
 * cmtxn.h - what a transaction sees of the registry until it ends (REG-TXN-02).
 *
 * A key that a transaction changes gets a shadow: a second struct CMP_KEY, the view, which stands
 * for the key wherever that transaction looks. Its subkeys and its values are the key's own
 * indexes, borrowed, until the transaction changes them; then they are a copy. Keys that a
 * transaction makes are private: they hang in the view of their parent (or in a private parent) and
 * nowhere else.
 *
 * Locks       State->Lock protects all of it, as it does the tree.
 * Invariants
 *   X1  Outside any transaction nothing is changed by one: a key's own indexes hold no private key,
 *       and its fields are as they were, until CmpMergeTransaction changes all in one hold of the
 *       lock.
 *   X2  A key has at most one shadow per transaction, found from Key->Shadows; an ended transaction
 *       has none. A private key and a view have no shadows.
 *   X3  A private key's Maker is its transaction. All keys below it are private to the same one. It
 *       ceases to be private by the merge, or by being deleted (the discard deletes it).
 *   X4  Of one key's shadows: if one is deleted or has values of its own, no other has; if one is
 *       deleted, it is the only one. No two have private subkeys of one name, and none has a
 *       private subkey by the name of a subkey of the key itself, but for one it has deleted.
 *       Whoever would break this, within a transaction or not, gets STATUS_TRANSACTIONAL_CONFLICT
 *       before anything is changed: so a merge meets no conflict.
 *   X5  A subkey that comes to the key, or leaves it, comes to and leaves every view with an index
 *       of its own in the same hold of the lock; what is borrowed is borrowed anew.
 *   X6  A deleted shadow has an empty view: the transaction has deleted all that was below.
 */
#ifndef SIM_CM_CMTXN_H
#define SIM_CM_CMTXN_H

#include "cm/cmtree.h"

/* First member of the transaction object's body (tm/tmp.h), so that the object's address is
 * this. */
struct CMP_TRANSACTION {
    LIST_ENTRY Shadows; /* struct CMP_SHADOW.Link */
    BOOLEAN Active;
};

struct CMP_SHADOW {
    struct CMP_KEY
        View; /* flags: the key's and CMP_KEY_VIEW; CMP_KEY_DELETED: by this transaction */
    struct CMP_KEY *Key; /* referenced */
    struct CMP_TRANSACTION *Transaction;
    struct CMP_SHADOW *Next; /* Key->Shadows */
    LIST_ENTRY Link;
    /* FALSE: the view's indexes are the key's own. */
    BOOLEAN OwnsChildren;
    BOOLEAN OwnsValues; /* and the words of NtSetInformationKey */
};

/* ---- cmtxn.c; all locked ---- */
struct CMP_KEY *CmpFindView(const struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key);
/* Key as Transaction (NULL: none) sees it. */
static inline struct CMP_KEY *CmpViewOf(const struct CMP_TRANSACTION *Transaction,
                                        struct CMP_KEY *Key)
{
    return Transaction == NULL || Key->Shadows == NULL ? Key : CmpFindView(Transaction, Key);
}
/* The key that a view stands for; another key is itself. */
struct CMP_KEY *CmpBaseOf(struct CMP_KEY *Key);
/* Whose a key made below Parent is: a transaction's, or NULL. */
struct CMP_TRANSACTION *CmpMakerBelow(struct CMP_KEY *Parent);
/* Key as Transaction may change its subkeys or its values; not one that Transaction sees deleted.
 * SUCCESS, TRANSACTIONAL_CONFLICT, INSUFFICIENT_RESOURCES. */
NTSTATUS CmpOwnChildren(struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key,
                        struct CMP_KEY **View);
NTSTATUS CmpOwnValues(struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key,
                      struct CMP_KEY **View);
/* Delete Key, not private and without children in its view, as Transaction sees it. Returns as
 * above. */
NTSTATUS CmpDeleteInTransaction(struct CMP_STATE *State, struct CMP_TRANSACTION *Transaction,
                                struct CMP_KEY *Key);
/* May a subkey of that name come to Key, which has shadows, for Maker (NULL: outside any
 * transaction, then its room in every view is made)? Returns as above. */
NTSTATUS CmpAdmitChild(struct CMP_KEY *Key, PCUNICODE_STRING Name,
                       const struct CMP_TRANSACTION *Maker, ULONG StorageType);
/* Do shadows keep what is outside their transactions from changing Key's values? */
BOOLEAN CmpValuesTaken(const struct CMP_KEY *Key);
/* Key has changed outside its shadows' transactions: what they borrow is borrowed anew. */
VOID CmpBorrowAnew(struct CMP_KEY *Key);
/* To has the values of From, and the words that go with them, whoever owns them. */
VOID CmpLendValues(struct CMP_KEY *To, const struct CMP_KEY *From);
/* Has Key or a key below it a shadow? */
BOOLEAN CmpTreeHasShadows(const struct CMP_KEY *Key);
VOID CmpFreeShadow(struct CMP_STATE *State, struct CMP_SHADOW *Shadow);

/* ---- cmtxnlight.c ---- */
/* The transaction of a handle, of the kernel transaction manager or of the registry alone;
 * referenced. OBJECT_TYPE_MISMATCH, INVALID_HANDLE, ACCESS_DENIED. */
NTSTATUS CmpReferenceTransaction(HANDLE Handle, KPROCESSOR_MODE Mode,
                                 struct CMP_TRANSACTION **Transaction);

/* ---- cmtxnend.c; they lock ---- */
VOID CmpStartTransaction(struct CMP_TRANSACTION *Transaction);
/* End it. SUCCESS, TRANSACTION_NOT_ACTIVE; the merge: INSUFFICIENT_RESOURCES, and it is as active
 * as before. Neither raises a notification (CM-TXN-08). */
NTSTATUS CmpMergeTransaction(struct CMP_TRANSACTION *Transaction);
NTSTATUS CmpDiscardTransaction(struct CMP_TRANSACTION *Transaction);

#endif
