// SPDX-License-Identifier: GPL-2.0
/*
 * Steps that `mape up` and `mape down` are made of: what is there already is
 * left alone, and what was there before comes back if a later step fails.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "steps.h"
#include "text.h"

static char *wan_of(unsigned int ifindex, char name[IFNAMSIZ])
{
	return if_indextoname(ifindex, name) ? name : strcpy(name, "none");
}

/*
 * The words behind `type mape`. What is not named keeps its value, so that
 * which @old has and @config has not is named to clear it.
 */
static char *config_words(const struct line_config *config,
			  const struct line_config *old)
{
	static const struct in6_addr none;
	char *words = NULL, wan[IFNAMSIZ];
	unsigned int i;
	size_t size;
	FILE *file;

	file = open_memstream(&words, &size);
	if (!file)
		exit(fail(STATUS_USAGE, "out of memory"));
	fprintf(file, "dev %s prefix %s", wan_of(config->link, wan),
		text_ipv6_prefix(&config->prefix.addr, config->prefix.len).s);
	for (i = 0; i < config->n_rules; i++)
		fprintf(file, " %s %s",
			config->rules[i].flags & MAPE_RULE_F_FMR ? "fmr" : "rule",
			text_rule(&config->rules[i]).s);
	for (i = 0; i < config->n_brs; i++)
		fprintf(file, " br %s", text_ipv6(&config->brs[i]).s);
	if (memcmp(&config->local, old ? &old->local : &none, sizeof(none)))
		fprintf(file, " local %s", text_ipv6(&config->local).s);
	if (config->psid.len || (old && old->psid.len))
		fprintf(file, " psid %u/%u", config->psid.psid,
			config->psid.len);
	fprintf(file, " iid %s", text_iid(config->iid));
	fclose(file);
	return words;
}

/**
 * steps_link - create the device, or change it to @config
 * @plan: to add to
 * @dev: its name
 * @config: what to configure
 * @old: the device as it is, NULL if there is none
 */
void steps_link(struct plan *plan, const char *dev,
		const struct line_config *config, const struct link *old)
{
	const struct line_config *before = old ? &old->line.config : NULL;
	char *words, *back;

	if (!old) {
		words = config_words(config, NULL);
		plan_add(plan, plan_command("ip link add %s type mape %s", dev,
					    words),
			 plan_command("ip link del %s", dev));
		free(words);
	} else if (memcmp(config, before, sizeof(*config))) {
		words = config_words(config, before);
		back = config_words(before, config);
		plan_add(plan, plan_command("ip link set %s type mape %s", dev,
					    words),
			 plan_command("ip link set %s type mape %s", dev,
				      back));
		free(back);
		free(words);
	}
	if (!old || !(old->flags & IFF_UP))
		plan_add(plan, plan_command("ip link set %s up", dev),
			 plan_command("ip link set %s down", dev));
}

/* Deprecated from the start: it never becomes a source address. */
static char *add_ce(const struct in6_addr *ce, unsigned int wan)
{
	char name[IFNAMSIZ];

	return plan_command("ip -6 address replace %s/128 dev %s preferred_lft 0 noprefixroute",
			    text_ipv6(ce).s, wan_of(wan, name));
}

static char *del_ce(const struct in6_addr *ce, unsigned int wan)
{
	char name[IFNAMSIZ];

	return plan_command("ip -6 address del %s/128 dev %s", text_ipv6(ce).s,
			    wan_of(wan, name));
}

/**
 * steps_add_ce - put the CE address on the WAN
 * @plan: to add to
 * @ce: the address
 * @wan: ifindex of the WAN
 * @addresses: all that are there
 */
void steps_add_ce(struct plan *plan, const struct in6_addr *ce,
		  unsigned int wan, const struct address_list *addresses)
{
	if (!address_find_ipv6(addresses, wan, ce))
		plan_add(plan, add_ce(ce, wan), del_ce(ce, wan));
}

/**
 * steps_remove_ce - take away the CE address a device has used
 * @plan: to add to
 * @link: the device
 * @addresses: all that are there; the WAN may have changed since
 * @keep: not this address
 * @keep_wan: on this interface
 */
void steps_remove_ce(struct plan *plan, const struct link *link,
		     const struct address_list *addresses,
		     const struct in6_addr *keep, unsigned int keep_wan)
{
	const struct in6_addr *ce = &link->line.ce.addr;
	const struct address *a;

	a = address_find_ipv6(addresses, link->line.config.link, ce);
	if (!a)
		a = address_find_ipv6(addresses, 0, ce);
	/* With another length or a lifetime it is the administrator's. */
	if (!a || a->len != 128 || !address_is_deprecated(a))
		return;
	if (keep && a->ifindex == keep_wan && !memcmp(ce, keep, sizeof(*ce)))
		return;
	plan_add(plan, del_ce(ce, a->ifindex), add_ce(ce, a->ifindex));
}

static bool has_ipv4(const struct link *link, __be32 ipv4,
		     const struct address_list *addresses)
{
	return link && address_find_ipv4(addresses, link->ifindex, ipv4);
}

/**
 * steps_ipv4 - have the IPv4 address on the device
 * @plan: to add to
 * @dev: name of the device
 * @ipv4: the address
 * @old: the device as it was, NULL if there was none
 * @addresses: all that were there
 */
void steps_ipv4(struct plan *plan, const char *dev, __be32 ipv4,
		const struct link *old, const struct address_list *addresses)
{
	if (has_ipv4(old, ipv4, addresses))
		return;
	plan_add(plan, plan_command("ip address replace %s/32 dev %s",
				    text_ipv4(ipv4).s, dev),
		 plan_command("ip address del %s/32 dev %s",
			      text_ipv4(ipv4).s, dev));
}

/**
 * steps_remove_ipv4 - take away the IPv4 address of the line as it was
 * @plan: to add to
 * @old: the device as it was
 * @addresses: all that were there
 */
void steps_remove_ipv4(struct plan *plan, const struct link *old,
		       const struct address_list *addresses)
{
	__be32 ipv4 = old->line.ce.ipv4;

	if (!has_ipv4(old, ipv4, addresses))
		return;
	plan_add(plan, plan_command("ip address del %s/32 dev %s",
				    text_ipv4(ipv4).s, old->name),
		 plan_command("ip address replace %s/32 dev %s",
			      text_ipv4(ipv4).s, old->name));
}
