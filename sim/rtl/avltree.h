/* SPDX-License-Identifier: MIT
 *
 * avltree.h - the trees below AVL tables: linking, unlinking, walking.
 *
 * The root is the right child of Table->BalancedRoot, which is its own parent. Balance is the
 * height of what is right less the height of what is left: -1, 0 or 1.
 */
#ifndef SIM_RTL_AVLTREE_H
#define SIM_RTL_AVLTREE_H

#include "simp.h"

/* Node comes below Parent, on the side that Result says. */
VOID RtlpLinkBalanced(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node, PRTL_BALANCED_LINKS Parent,
                      TABLE_SEARCH_RESULT Result);
VOID RtlpUnlinkBalanced(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node);
/* In order; NULL: there is none. */
PRTL_BALANCED_LINKS RtlpFirstBalanced(const RTL_AVL_TABLE *Table);
PRTL_BALANCED_LINKS RtlpNextBalanced(PRTL_BALANCED_LINKS Node);
PRTL_BALANCED_LINKS RtlpLastBalanced(PRTL_BALANCED_LINKS Node);

#endif
