// SPDX-License-Identifier: GPL-2.0
/*
 * mape down: take back what `mape up` did.
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "error.h"
#include "options.h"
#include "policy.h"
#include "shared.h"
#include "steps.h"

const char down_usage[] =
	"Usage: mape down [ --dev DEV ] [ --dry-run ]\n"
	"\n"
	"Remove the device (v6plus), with its routes and addresses, the rules for its\n"
	"IPv4 address, and the CE address from the WAN.\n";

static int look_at_host(struct address_list *addresses, struct policy *policy)
{
	if (address_list_get(addresses))
		return fail(STATUS_KERNEL, "cannot list addresses: %s",
			    strerror(errno));
	if (policy_get(policy))
		return fail(STATUS_KERNEL, "cannot list rules and routes: %s",
			    strerror(errno));
	return STATUS_OK;
}

static int down(const char *dev, bool dry_run)
{
	struct address_list addresses = { };
	struct policy policy = { };
	struct plan plan = { };
	struct link link;
	int status;

	status = link_get_mape(dev, &link);
	if (status)
		return status;
	status = look_at_host(&addresses, &policy);
	if (!status) {
		shared_remove_rules(&plan, dev, link.line.ce.ipv4, &policy);
		steps_remove_ce(&plan, &link, &addresses, NULL, 0);
		plan_add(&plan, plan_command("ip link del %s", dev), NULL);
		status = plan_run(&plan, dry_run);
	}
	plan_free(&plan);
	policy_free(&policy);
	address_list_free(&addresses);
	return status;
}

int down_main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "dev", required_argument, NULL, OPT_DEV },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ }
	};
	const char *dev = DEFAULT_DEVICE;
	bool dry_run = false;
	int option, status;

	while ((option = option_next(argc, argv, table)) != OPT_END) {
		if (option == OPT_ERROR)
			return STATUS_USAGE;
		if (option == OPT_DRY_RUN) {
			dry_run = true;
			continue;
		}
		status = option_device(optarg, &dev);
		if (status)
			return status;
	}
	status = options_done(argc, argv, 0, NULL);
	return status ? status : down(dev, dry_run);
}
