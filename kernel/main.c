// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-E customer edge (RFC 7597): module entry and exit.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "device.h"
#include "genl.h"
#include "nat.h"
#include "portset.h"
#include "rule.h"
#include "tcp.h"

#ifdef DEBUG
static int __init selftest(void)
{
	if (!mape_rule_selftest() || !mape_portset_selftest() ||
	    !mape_timeout_selftest() || !mape_tcp_selftest())
		return -ENOTRECOVERABLE;
	return 0;
}
#else
static int __init selftest(void)
{
	return 0;
}
#endif

static int __init mape_init(void)
{
	int err;

	err = selftest();
	if (err)
		return err;
	err = mape_nat_init();
	if (err)
		return err;
	err = mape_device_init();
	if (err)
		goto err_nat;
	err = mape_receive_init();
	if (err)
		goto err_device;
	err = mape_genl_init();
	if (err)
		goto err_receive;
	err = rtnl_link_register(&mape_link_ops);
	if (err)
		goto err_genl;
	return 0;

err_genl:
	mape_genl_exit();
err_receive:
	mape_receive_exit();
err_device:
	mape_device_exit();
err_nat:
	mape_nat_exit();
	return err;
}

static void __exit mape_exit(void)
{
	rtnl_link_unregister(&mape_link_ops);
	mape_genl_exit();
	mape_receive_exit();
	mape_device_exit();
	mape_nat_exit();
}

module_init(mape_init);
module_exit(mape_exit);

MODULE_DESCRIPTION("MAP-E customer edge (RFC 7597)");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("mape");
