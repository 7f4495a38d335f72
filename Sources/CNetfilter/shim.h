// The C side of the Kernel room: libmnl, libnftnl and the kernel's nf_tables, log and conntrack headers.
//
// linux/netfilter.h is not included on purpose: it defines IPv6 socket structures that Glibc's own
// module defines too. The few NF_* and NFPROTO_* numbers are named in Swift instead.
#ifndef FWPOLICY_CNETFILTER_SHIM_H
#define FWPOLICY_CNETFILTER_SHIM_H

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>

#endif
