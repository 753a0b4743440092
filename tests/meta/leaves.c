/* SPDX-License-Identifier: MIT
 *
 * leaves.c - ways out of a guarded body that scripts/check_finally.py refuses, or must not mind.
 */
static int Bad(int How)
{
    for (;;) {
        __try {
            if (How == 1) {
                return 1; /* refused */
            }
            if (How == 2) {
                goto Out; /* refused */
            }
            if (How == 3) {
                break; /* refused */
            }
            if (How == 4) {
                continue; /* refused */
            }
            __try {
                if (How == 5) {
                    return 5; /* refused */
                }
            } __except (1) {
                How = 6;
            }
        } __finally {
            How = 0;
        }
    }
Out:
    return How;
}

static int Good(int How)
{
    __try {
        return 1;
    } __except (1) {
        return 2;
    }
    try {
        while (How) {
            if (How == 3)
                break;
            switch (How) {
            case 4:
                break;
            default:
                How--;
                continue;
            }
            goto Inside;
        }
    Inside:
        do {
            break;
        } while (How == 7);
        for (;;)
            if (How)
                break;
        if (How)
            leave; /* return; */
#if 0
        return 8;
#endif
    } finally {
        return 9;
    }
    "__try { return; } __finally";
}
