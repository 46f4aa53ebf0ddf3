// SPDX-License-Identifier: GPL-2.0
/*
 * Steps for an IPv4 address that is on the device and is shared.
 *
 * It stands for many customers, so that a packet from the LAN to it is for the
 * device to look at, as one to any other host is. The rule for the table of
 * local addresses, the first of all, would keep it from the device. Two rules
 * in front of that one leave the address local for what comes out of the
 * device, and for bind(), which does not ask rules, but for nobody else.
 *
 * Rules of one preference stand in the order they were added in, and nothing is
 * in front of preference 0. So the rule for local addresses, if it stands there,
 * has to be added once more after the two. Until it is, another one takes its
 * place: without any, this host would be deaf.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "error.h"
#include "shared.h"
#include "text.h"

#define PREF_FIRST	0
#define PREF_MEANWHILE	1

/* Packets out of the device: the address is one of this host. */
static struct policy_rule *find_own(const struct policy *policy,
				    const char *dev, __be32 ipv4)
{
	struct policy_rule own = {
		.pref = PREF_FIRST, .table = RT_TABLE_LOCAL,
		.to = ipv4, .to_len = 32,
	};

	strncpy(own.iif, dev, sizeof(own.iif) - 1);
	return policy_find_rule(policy, &own);
}

static char *own_rule(const char *verb, const char *dev, __be32 ipv4)
{
	return plan_command("ip rule %s pref %u iif %s to %s lookup local",
			    verb, PREF_FIRST, dev, text_ipv4(ipv4).s);
}

/* All others: it is somewhere behind the device. */
static struct policy_rule *find_others(const struct policy *policy,
				       __be32 ipv4)
{
	struct policy_rule others = {
		.pref = PREF_FIRST, .table = RT_TABLE_MAIN,
		.to = ipv4, .to_len = 32,
	};

	return policy_find_rule(policy, &others);
}

static char *others_rule(const char *verb, __be32 ipv4)
{
	return plan_command("ip rule %s pref %u to %s lookup main", verb,
			    PREF_FIRST, text_ipv4(ipv4).s);
}

static struct policy_rule *find_local(const struct policy *policy, u32 pref)
{
	struct policy_rule local = { .pref = pref, .table = RT_TABLE_LOCAL };

	return policy_find_rule(policy, &local);
}

/*
 * To delete, the kernel takes the first rule that has what is named, whatever
 * else it has: a rule like find_own()'s, of another device, would match too, but
 * for the protocol.
 */
static char *local_rule(const char *verb, u32 pref, u8 protocol)
{
	char number[] = "255";

	snprintf(number, sizeof(number), "%u", protocol);
	return plan_command("ip rule %s pref %u lookup local protocol %s",
			    verb, pref,
			    protocol == RTPROT_KERNEL ? "kernel" : number);
}

/**
 * shared_has_rules - is there a rule for the address?
 * @dev: name of the device
 * @ipv4: the address
 * @policy: all rules
 */
bool shared_has_rules(const char *dev, __be32 ipv4,
		      const struct policy *policy)
{
	return find_own(policy, dev, ipv4) || find_others(policy, ipv4);
}

static bool are_in_place(const struct policy *policy, const char *dev,
			 __be32 ipv4)
{
	const struct policy_rule *own = find_own(policy, dev, ipv4);
	const struct policy_rule *others = find_others(policy, ipv4);
	const struct policy_rule *local = find_local(policy, PREF_FIRST);

	return own && others && own < others && (!local || others < local);
}

static bool is_for_shared(const struct policy_rule *rule)
{
	return !rule->is_special && rule->to_len == 32 &&
	       rule->table == (rule->iif[0] ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
}

/*
 * Not if another rule would be deleted instead; nor past a rule that may be
 * there for packets which are not for this host.
 */
static bool may_move(const struct policy *policy,
		     const struct policy_rule *local)
{
	const struct policy_rule *r;

	for (r = policy->rules; r < policy->rules + policy->n_rules; r++) {
		if (r->is_gone || r->pref != PREF_FIRST)
			continue;
		if (r < local && r->table == RT_TABLE_LOCAL &&
		    (!local->protocol || r->protocol == local->protocol))
			return false;
		if (r > local && !is_for_shared(r))
			return false;
	}
	return true;
}

static void step(struct plan *plan, bool only_back, char *run, char *undo)
{
	if (only_back) {
		free(run);
		run = NULL;
	}
	plan_add(plan, run, undo);
}

/*
 * Have the rule for local addresses stand behind all others of its preference.
 * Backwards it is the same: an undo of this is for the undo of what was done
 * before. With @only_back, there is only that.
 */
static void move_local(struct plan *plan, const struct policy *policy,
		       const struct policy_rule *local, bool only_back)
{
	bool is_covered = find_local(policy, PREF_MEANWHILE);
	u8 was = local->protocol, becomes = only_back ? was : RTPROT_KERNEL;

	if (!is_covered)
		step(plan, only_back,
		     local_rule("add", PREF_MEANWHILE, RTPROT_KERNEL),
		     local_rule("del", PREF_MEANWHILE, RTPROT_KERNEL));
	step(plan, only_back, local_rule("del", PREF_FIRST, was),
	     local_rule("add", PREF_FIRST, was));
	step(plan, only_back, local_rule("add", PREF_FIRST, becomes),
	     local_rule("del", PREF_FIRST, becomes));
	if (!is_covered)
		step(plan, only_back,
		     local_rule("del", PREF_MEANWHILE, RTPROT_KERNEL),
		     local_rule("add", PREF_MEANWHILE, RTPROT_KERNEL));
}

/**
 * shared_remove_rules - take away the rules for an address
 * @plan: to add to
 * @dev: name of the device
 * @ipv4: the address
 * @policy: all rules; those that go are marked
 */
void shared_remove_rules(struct plan *plan, const char *dev, __be32 ipv4,
			 struct policy *policy)
{
	struct policy_rule *others = find_others(policy, ipv4);
	struct policy_rule *own = find_own(policy, dev, ipv4);
	struct policy_rule *local = find_local(policy, PREF_FIRST);

	/* They come back by being added, which is behind the one for local. */
	if (local && ((others && others < local) || (own && own < local)) &&
	    may_move(policy, local))
		move_local(plan, policy, local, true);
	/* In this order, so that they come back in the right one. */
	if (others) {
		others->is_gone = true;
		plan_add(plan, others_rule("del", ipv4),
			 others_rule("add", ipv4));
	}
	if (own) {
		own->is_gone = true;
		plan_add(plan, own_rule("del", dev, ipv4),
			 own_rule("add", dev, ipv4));
	}
}

static char *route(const char *verb, __be32 ipv4, const char *dev)
{
	return plan_command("ip route %s %s dev %s", verb, text_ipv4(ipv4).s,
			    dev);
}

/**
 * shared_remove_route - take away the route to the address of a line
 * @plan: to add to
 * @old: the device as it was
 * @policy: all routes
 */
void shared_remove_route(struct plan *plan, const struct link *old,
			 const struct policy *policy)
{
	__be32 ipv4 = old->line.ce.ipv4;

	if (policy_has_route(policy, old->ifindex, ipv4))
		plan_add(plan, route("del", ipv4, old->name),
			 route("replace", ipv4, old->name));
}

/**
 * shared_add - have packets to the address reach the device
 * @plan: to add to
 * @dev: name of the device
 * @ipv4: the address
 * @old: the device as it was, NULL if there was none
 * @policy: all rules and routes; rules that go are marked
 *
 * Return: exit status.
 */
int shared_add(struct plan *plan, const char *dev, __be32 ipv4,
	       const struct link *old, struct policy *policy)
{
	const struct policy_rule *local;

	if (!old || !policy_has_route(policy, old->ifindex, ipv4))
		plan_add(plan, route("replace", ipv4, dev),
			 route("del", ipv4, dev));
	if (are_in_place(policy, dev, ipv4))
		return STATUS_OK;
	/* A rule in the wrong place has to go first. */
	shared_remove_rules(plan, dev, ipv4, policy);
	plan_add(plan, own_rule("add", dev, ipv4), own_rule("del", dev, ipv4));
	plan_add(plan, others_rule("add", ipv4), others_rule("del", ipv4));
	local = find_local(policy, PREF_FIRST);
	if (!local)
		return STATUS_OK;
	if (!may_move(policy, local))
		return fail(STATUS_USAGE,
			    "other rules of preference 0 are in the way of those for %s: give the one that looks up local another preference",
			    text_ipv4(ipv4).s);
	move_local(plan, policy, local, false);
	return STATUS_OK;
}
