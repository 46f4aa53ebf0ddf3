// SPDX-License-Identifier: GPL-2.0
/*
 * mape up: set a MAP-E line up on this host, or bring it up to date.
 *
 * Everything is looked up and checked first; only then does the plan run.
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "error.h"
#include "options.h"
#include "policy.h"
#include "shared.h"
#include "steps.h"
#include "text.h"

const char up_usage[] =
	"Usage: mape up --wan IF [ ADDR|PREFIX ] [ --dev DEV ] [ --add-ipv4-addr ]\n"
	"               [ --no-default-route ] [ --dry-run ] [ LINE ]\n"
	"\n"
	"Set up the device DEV (v6plus), the CE address on the WAN interface IF and the\n"
	"IPv4 default route. The prefix is that of IF if none is given.\n"
	"--add-ipv4-addr has the IPv4 address on DEV, too; packets from elsewhere to it\n"
	"still go to DEV, by two rules (ip rule), if the address is shared.\n"
	"\n"
	"LINE := [ --rule V6PREFIX,V4PREFIX,EALEN[,OFFSET] ]... [ --fmr RULE ]...\n"
	"        [ --br ADDR ]... [ --iid { rfc7597 | draft03 } ] [ --psid PSID/LEN ]\n"
	"        [ --rules FILE ]\n";

/* More addresses than this on one interface are not looked at. */
#define PREFIXES_MAX	64

struct up_request {
	struct line_request line;
	const char *wan;
	const char *dev;
	const char *operand;
	bool add_ipv4_addr;
	bool no_default_route;
	bool dry_run;
};

/* The host as it is before anything changes. */
struct host {
	struct link wan;
	struct link link;
	const struct link *old;	/* &link, or NULL: there is none yet */
	struct address_list addresses;
	struct policy policy;
};

static int look_at_host(const struct up_request *request, struct host *host)
{
	int status;

	if (link_get(request->wan, &host->wan))
		return link_fail(request->wan);
	if (!strcmp(request->wan, request->dev))
		return fail(STATUS_USAGE, "--dev and --wan are both %s",
			    request->wan);
	if (!link_get(request->dev, &host->link)) {
		status = link_check_mape(&host->link);
		if (status)
			return status;
		host->old = &host->link;
	} else if (errno != ENODEV) {
		return link_fail(request->dev);
	}
	if (address_list_get(&host->addresses))
		return fail(STATUS_KERNEL, "cannot list addresses: %s",
			    strerror(errno));
	if (policy_get(&host->policy))
		return fail(STATUS_KERNEL, "cannot list rules and routes: %s",
			    strerror(errno));
	return STATUS_OK;
}

static int find_line(const struct up_request *request, const struct host *host,
		     struct line *line)
{
	struct mape_prefix prefixes[PREFIXES_MAX];
	struct line_origin origin;
	unsigned int n = 1;
	int status;

	if (!request->operand)
		n = address_prefixes(&host->addresses, host->wan.ifindex,
				     prefixes, PREFIXES_MAX);
	else if (!text_to_prefix(request->operand, &prefixes[0]))
		return fail(STATUS_USAGE,
			    "\"%s\" is not an IPv6 address or prefix",
			    request->operand);
	if (!n)
		return fail(STATUS_USAGE,
			    "%s has no global IPv6 address: is IPv6 up on the line?",
			    request->wan);
	status = line_find(&request->line, prefixes, n, line, &origin);
	line_origin_free(&origin);
	line->config.link = host->wan.ifindex;
	return status;
}

/* What would leave a device that cannot carry anything. */
static int refuse_half(const struct up_request *request,
		       const struct line *line)
{
	if (!line->config.n_brs)
		return fail(STATUS_USAGE,
			    "no border relay is known for this rule: give it with --br");
	if (request->add_ipv4_addr && line->ce.ipv4_len < 32)
		return fail(STATUS_USAGE,
			    "--add-ipv4-addr: the line has the IPv4 prefix %s, give its addresses to the LAN",
			    text_ipv4_prefix(line->ce.ipv4, line->ce.ipv4_len).s);
	return STATUS_OK;
}

/* An address of this line alone, or a prefix, needs no rules. */
static bool is_shared(const struct line *line)
{
	return line->ce.ipv4_len == 32 && line->ce.psid_len;
}

/* What is there for the address as it was, and not for what it becomes. */
static void remove_old_rules(struct plan *plan, const struct line *line,
			     struct host *host)
{
	__be32 ipv4 = host->old->line.ce.ipv4;

	if (ipv4 == line->ce.ipv4 && is_shared(line))
		return;
	shared_remove_rules(plan, host->old->name, ipv4, &host->policy);
	shared_remove_route(plan, host->old, &host->policy);
}

static int add_ipv4_steps(struct plan *plan, const struct up_request *request,
			  const struct line *line, struct host *host)
{
	const struct link *old = host->old;
	bool was_there = old && address_find_ipv4(&host->addresses,
						  old->ifindex,
						  old->line.ce.ipv4);
	bool had_rules = old && shared_has_rules(old->name, old->line.ce.ipv4,
						 &host->policy);
	bool moves = was_there && old->line.ce.ipv4 != line->ce.ipv4;
	bool has = line->ce.ipv4_len == 32 && (request->add_ipv4_addr || moves);
	int status = STATUS_OK;

	if (had_rules)
		remove_old_rules(plan, line, host);
	/* New before old: without any address the device loses its routes. */
	if (has)
		steps_ipv4(plan, request->dev, line->ce.ipv4, old,
			   &host->addresses);
	if (has && is_shared(line) && (request->add_ipv4_addr || had_rules))
		status = shared_add(plan, request->dev, line->ce.ipv4, old,
				    &host->policy);
	if (moves)
		steps_remove_ipv4(plan, old, &host->addresses);
	return status;
}

static int up_line(const struct up_request *request, struct host *host,
		   const struct line *line)
{
	struct plan plan = { };
	int status;

	steps_link(&plan, request->dev, &line->config, host->old);
	steps_add_ce(&plan, &line->ce.addr, host->wan.ifindex,
		     &host->addresses);
	status = add_ipv4_steps(&plan, request, line, host);
	if (host->old)
		steps_remove_ce(&plan, host->old, &host->addresses,
				&line->ce.addr, host->wan.ifindex);
	/* The last step, so the route it replaces need not be remembered. */
	if (!request->no_default_route)
		plan_add(&plan, plan_command("ip route replace default dev %s",
					     request->dev), NULL);
	if (!status)
		status = plan_run(&plan, request->dry_run);
	plan_free(&plan);
	return status;
}

static int up(const struct up_request *request)
{
	struct host host = { };
	struct line line;
	int status;

	status = look_at_host(request, &host);
	if (!status)
		status = find_line(request, &host, &line);
	if (!status)
		status = refuse_half(request, &line);
	if (!status)
		status = up_line(request, &host, &line);
	address_list_free(&host.addresses);
	policy_free(&host.policy);
	return status;
}

static int up_option(int option, struct up_request *request)
{
	switch (option) {
	case OPT_WAN:
		return option_device(optarg, &request->wan);
	case OPT_DEV:
		return option_device(optarg, &request->dev);
	case OPT_ADD_IPV4_ADDR:
		request->add_ipv4_addr = true;
		return STATUS_OK;
	case OPT_NO_DEFAULT_ROUTE:
		request->no_default_route = true;
		return STATUS_OK;
	case OPT_DRY_RUN:
		request->dry_run = true;
		return STATUS_OK;
	}
	return option_of_line(option, &request->line);
}

int up_main(int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_OF_A_LINE,
		{ "wan", required_argument, NULL, OPT_WAN },
		{ "dev", required_argument, NULL, OPT_DEV },
		{ "add-ipv4-addr", no_argument, NULL, OPT_ADD_IPV4_ADDR },
		{ "no-default-route", no_argument, NULL, OPT_NO_DEFAULT_ROUTE },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ }
	};
	struct up_request request = { .dev = DEFAULT_DEVICE };
	int option, status;

	while ((option = option_next(argc, argv, table)) != OPT_END) {
		status = up_option(option, &request);
		if (status)
			return status;
	}
	status = options_done(argc, argv, 1, &request.operand);
	if (status)
		return status;
	if (!request.wan)
		return fail(STATUS_USAGE, "up: which interface? Give --wan IF");
	return up(&request);
}
