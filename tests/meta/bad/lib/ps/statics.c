/* SPDX-License-Identifier: MIT
 *
 * Mutable statics that check_statics.py must find, among constants that it must not. */
static int Counter = 1;
static int Zeroed;
static const int Constant = 2;
static _Thread_local int PerThread;

int *PspStatic(int which);

int *PspStatic(int which)
{
    static const int *const Table[] = {&Constant};

    if (which == 0)
        return &Counter;
    PerThread += *Table[0];
    return which == 1 ? &Zeroed : &PerThread;
}
