// What the packet laboratory needs of C and Glibc's own Swift module leaves out.
#ifndef FWPOLICY_CLAB_SHIM_H
#define FWPOLICY_CLAB_SHIM_H

#include <pty.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sched.h> would need _GNU_SOURCE, with which fd_set is another than in the modules of Swift.
typedef struct {
  unsigned long words[128];
} lab_processors;

/// Keeps the calling thread on the processor that it runs on; fills in where it might run before.
static inline int lab_stay_on_processor(lab_processors *before) {
  lab_processors here = {{0}};
  *before = here;
  if (syscall(SYS_sched_getaffinity, 0, sizeof *before, before) < 0) return -1;
  unsigned processor = 0;
  const unsigned bits = 8 * sizeof here.words[0];
  if (syscall(SYS_getcpu, &processor, (void *)0, (void *)0) < 0) return -1;
  if (processor >= 8 * sizeof here) return -1;
  here.words[processor / bits] |= 1ul << processor % bits;
  return syscall(SYS_sched_setaffinity, 0, sizeof here, &here) < 0 ? -1 : 0;
}

/// Lets the calling thread run where it might before.
static inline int lab_leave_processor(const lab_processors *before) {
  return syscall(SYS_sched_setaffinity, 0, sizeof *before, before) < 0 ? -1 : 0;
}

#endif
