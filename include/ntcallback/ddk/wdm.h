/* SPDX-License-Identifier: MIT */
/*
 * wdm.h - the Windows Driver Model interface, as far as the library and the simulator implement
 * it.
 *
 * Role    An umbrella over one part per kernel component. Types and constants are broad, because
 *         they cost nothing; a function is declared only if it is implemented, so that an
 *         unsupported call is an error at compile or link time and never a surprise at run time.
 */
#ifndef NTCB_WDM_H
#define NTCB_WDM_H

#include "ntdef.h"
#include "ntstatus.h"
#include "bugcodes.h"
#include "wdm_base.h"
#include "wdm_rtl.h"
#include "wdm_interlocked.h"
#include "wdm_ke.h"
#include "wdm_dbg.h"
#include "wdm_mm.h"
#include "wdm_ex.h"
#include "wdm_lookaside.h"
#include "wdm_misc.h"
#include "wdm_wait.h"
#include "wdm_rundown.h"
#include "wdm_resource.h"
#include "wdm_se.h"
#include "wdm_io.h"
#include "wdm_irp.h"
#include "wdm_iostack.h"
#include "wdm_ob.h"
#include "wdm_lock.h"
#include "wdm_timer.h"
#include "wdm_cm.h"
#include "wdm_cmcallback.h"
#include "wdm_zw.h"
#include "wdm_iofn.h"
#include "wdm_iolib.h"
#include "wdm_zwio.h"
#include "wdm_tm.h"
#include "wdm_etw.h"
#include "wdm_intrin.h"
#include "ntcb_crt.h"

#endif
