// What the packet laboratory needs of C and Glibc's own Swift module leaves out.
#ifndef FWPOLICY_CLAB_SHIM_H
#define FWPOLICY_CLAB_SHIM_H

#include <sys/fsuid.h>

#endif
