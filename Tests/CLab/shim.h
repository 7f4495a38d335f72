// What the packet laboratory needs of C and Glibc's own Swift module leaves out.
#ifndef FWPOLICY_CLAB_SHIM_H
#define FWPOLICY_CLAB_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <pty.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>

/// Keeps the calling thread on the processor that it runs on; fills in where it might run before.
static inline int lab_stay_on_processor(cpu_set_t *before) {
  if (sched_getaffinity(0, sizeof *before, before) != 0) return -1;
  int processor = sched_getcpu();
  if (processor < 0) return -1;
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(processor, &here);
  return sched_setaffinity(0, sizeof here, &here);
}

/// Lets the calling thread run where it might before.
static inline int lab_leave_processor(const cpu_set_t *before) {
  return sched_setaffinity(0, sizeof *before, before);
}

#endif
