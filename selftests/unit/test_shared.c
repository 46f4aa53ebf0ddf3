// SPDX-License-Identifier: GPL-2.0
/*
 * The rules for a shared address, against rules that behave as the kernel's:
 * where a new one is put, which one is deleted, what is refused. From each
 * start, every step fails once: what was done then has to be undone exactly.
 */
#include "helper.h"

#include <linux/rtnetlink.h>

#include "shared.h"

#define A	"14.8.52.86"
#define OLD_A	"14.8.52.80"
#define OWN	"0 iif v6plus to " A " lookup local\n"
#define OTHERS	"0 to " A " lookup main\n"
#define LOCAL	"0 lookup local protocol kernel\n"
#define MAIN	"32766 lookup main protocol kernel\n"
#define OLD	"0 iif v6plus to " OLD_A " lookup local\n" \
		"0 to " OLD_A " lookup main\n"
#define SECOND	"0 iif m1 to 14.9.26.101 lookup local\n" \
		"0 to 14.9.26.101 lookup main\n"

struct rules {
	struct policy_rule items[16];
	unsigned int n;
};

static void take_word(struct policy_rule *rule, const char *word,
		      const char *value)
{
	if (!strcmp(word, "iif")) {
		strcpy(rule->iif, value);
	} else if (!strcmp(word, "to")) {
		rule->to = addr4(value);
		rule->to_len = 32;
	} else if (!strcmp(word, "lookup")) {
		rule->table = !strcmp(value, "local") ? RT_TABLE_LOCAL :
			      !strcmp(value, "main") ? RT_TABLE_MAIN : 100;
	} else if (!strcmp(word, "protocol")) {
		rule->protocol = !strcmp(value, "kernel") ? RTPROT_KERNEL :
				 atoi(value);
	} else {
		assert_string_equal(word, "fwmark");
		rule->is_special = true;
	}
}

/* What follows `ip rule add pref`. */
static struct policy_rule read_rule(const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	struct policy_rule rule;

	memset(&rule, 0, sizeof(rule));
	rule.pref = atoi(strsep(&rest, " "));
	while ((word = strsep(&rest, " ")))
		take_word(&rule, word, strsep(&rest, " "));
	free(copy);
	return rule;
}

static void add_rule(struct rules *rules, const struct policy_rule *new)
{
	unsigned int i, at = 0;

	assert_true(rules->n < 16);
	for (i = 0; i < rules->n; i++) {
		if (!memcmp(&rules->items[i], new, sizeof(*new)))
			fail_msg("the rule exists");
		if (rules->items[i].pref <= new->pref)
			at = i + 1;
	}
	memmove(&rules->items[at + 1], &rules->items[at],
		(rules->n++ - at) * sizeof(*new));
	rules->items[at] = *new;
}

/* The first that has what is named; a protocol of 0 is as good as none. */
static void del_rule(struct rules *rules, const struct policy_rule *named)
{
	struct policy_rule *r = rules->items, *end = r + rules->n;

	for (; r < end; r++) {
		if (r->pref == named->pref && r->table == named->table &&
		    (!named->iif[0] || !strcmp(r->iif, named->iif)) &&
		    (!named->to_len || r->to == named->to) &&
		    (!named->protocol || r->protocol == named->protocol))
			break;
	}
	if (r == end)
		fail_msg("no such rule");
	memmove(r, r + 1, (end - r - 1) * sizeof(*r));
	rules->n--;
}

/* At no moment this host is without its own addresses. */
static void assert_local(const struct rules *rules)
{
	unsigned int i;

	for (i = 0; i < rules->n; i++) {
		if (rules->items[i].table == RT_TABLE_LOCAL &&
		    !rules->items[i].to_len)
			return;
	}
	fail_msg("no rule for local addresses");
}

static void execute(struct rules *rules, const char *command)
{
	struct policy_rule rule;

	if (!command || strncmp(command, "ip rule ", 8))
		return;
	rule = read_rule(command + strlen("ip rule add pref "));
	if (!strncmp(command + 8, "add", 3))
		add_rule(rules, &rule);
	else
		del_rule(rules, &rule);
	assert_local(rules);
}

static struct rules read_rules(const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	struct rules rules = { };
	struct policy_rule rule;

	while ((line = strsep(&rest, "\n")) && *line) {
		rule = read_rule(line);
		add_rule(&rules, &rule);
	}
	free(copy);
	return rules;
}

static void assert_rules(const struct rules *is, const char *text)
{
	struct rules want = read_rules(text);

	assert_int_equal(is->n, want.n);
	assert_memory_equal(is->items, want.items,
			    is->n * sizeof(is->items[0]));
}

static bool changes_rules(const struct plan *plan, unsigned int n)
{
	while (n--) {
		if (plan->run[n] && !strncmp(plan->run[n], "ip rule ", 8))
			return true;
	}
	return false;
}

/* Fail at each step that can, and in the end at none. */
static void assert_plan(const struct plan *plan, const char *before,
			const char *undone, const char *after)
{
	unsigned int fails, i;
	struct rules rules;

	for (fails = 0; fails <= plan->n; fails++) {
		if (fails < plan->n && !plan->run[fails])
			continue;
		rules = read_rules(before);
		for (i = 0; i < fails; i++)
			execute(&rules, plan->run[i]);
		if (fails == plan->n)
			assert_rules(&rules, after);
		while (i--)
			execute(&rules, plan->undo[i]);
		if (undone && changes_rules(plan, fails))
			assert_rules(&rules, undone);
	}
}

static struct plan plan_of(const char *before, const char *old, int status)
{
	struct rules rules = read_rules(before);
	struct policy policy = { .rules = rules.items, .n_rules = rules.n };
	struct plan plan = { };

	if (old)
		shared_remove_rules(&plan, "v6plus", addr4(old), &policy);
	assert_int_equal(shared_add(&plan, "v6plus", addr4(A), NULL, &policy),
			 status);
	return plan;
}

/* From rules @before to rules @after; if a step fails, back to @undone. */
static void adds(const char *before, const char *undone, const char *after)
{
	struct plan plan = plan_of(before, NULL, 0);

	assert_plan(&plan, before, undone, after);
	plan_free(&plan);
	/* The route alone: a device that is new has none. */
	plan = plan_of(after, NULL, 0);
	assert_int_equal(plan.n, 1);
	assert_string_equal(plan.run[0], "ip route replace " A " dev v6plus");
	assert_string_equal(plan.undo[0], "ip route del " A " dev v6plus");
	plan_free(&plan);
}

static void test_rules_are_added(void **state)
{
	static const char * const before[] = {
		LOCAL MAIN, OWN LOCAL MAIN, OTHERS LOCAL MAIN,
		LOCAL OWN MAIN, LOCAL OTHERS MAIN, LOCAL OWN OTHERS MAIN,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		adds(before[i], before[i], OWN OTHERS LOCAL MAIN);
	/* What was wrong does not come back. */
	adds(OWN LOCAL OTHERS MAIN, OWN OTHERS LOCAL MAIN,
	     OWN OTHERS LOCAL MAIN);
	adds(OTHERS OWN LOCAL MAIN, OWN OTHERS LOCAL MAIN,
	     OWN OTHERS LOCAL MAIN);
	adds(OTHERS LOCAL OWN MAIN, OWN OTHERS LOCAL MAIN,
	     OWN OTHERS LOCAL MAIN);
}

/* As with VRFs. */
static void test_local_at_another_preference(void **state)
{
	const char *local = "32765 lookup local\n" MAIN;

	(void)state;
	adds(local, local, OWN OTHERS "32765 lookup local\n" MAIN);
	/* Somebody has put it where ours is for a moment. */
	adds("1 lookup local\n" MAIN, "1 lookup local\n" MAIN,
	     OWN OTHERS "1 lookup local\n" MAIN);
	adds(LOCAL "1 lookup local\n" MAIN, LOCAL "1 lookup local\n" MAIN,
	     OWN OTHERS LOCAL "1 lookup local\n" MAIN);
}

/* By hand nobody says `protocol kernel`. */
static void test_local_that_was_moved_by_hand(void **state)
{
	const char *local = "0 lookup local\n" MAIN;

	(void)state;
	adds(local, local, OWN OTHERS LOCAL MAIN);
	adds(OWN "0 lookup local\n" MAIN, NULL, OWN OTHERS LOCAL MAIN);
	adds("0 lookup local protocol 3\n" MAIN,
	     "0 lookup local protocol 3\n" MAIN, OWN OTHERS LOCAL MAIN);
}

/* A second device has rules of the same kind in front. */
static void test_second_device(void **state)
{
	(void)state;
	adds(SECOND LOCAL MAIN, SECOND LOCAL MAIN,
	     SECOND OWN OTHERS LOCAL MAIN);
	/* Whose own are without effect: it may as well have them. */
	adds(LOCAL SECOND MAIN, NULL, SECOND OWN OTHERS LOCAL MAIN);
}

static void test_only_these_rules_are_ours(void **state)
{
	const char *like = "0 iif v6plus to " A " lookup local fwmark 1\n"
			   "0 iif v7plus to " A " lookup local\n"
			   "0 iif v6plus to " A " lookup main\n"
			   "0 to " A " lookup 100\n"
			   "0 to " OLD_A " lookup main\n";
	struct rules rules = read_rules(like);
	struct policy policy = { .rules = rules.items, .n_rules = rules.n };

	(void)state;
	assert_false(shared_has_rules("v6plus", addr4(A), &policy));
	rules = read_rules("1 to " A " lookup main\n");
	policy.n_rules = rules.n;
	assert_false(shared_has_rules("v6plus", addr4(A), &policy));
	rules = read_rules(OWN);
	policy.n_rules = rules.n;
	assert_true(shared_has_rules("v6plus", addr4(A), &policy));
	rules = read_rules(OTHERS);
	policy.n_rules = rules.n;
	assert_true(shared_has_rules("v6plus", addr4(A), &policy));
}

static void refuses(const char *before, const char *old)
{
	struct plan plan = plan_of(before, old, 1);

	plan_free(&plan);
}

static void test_rules_in_the_way(void **state)
{
	(void)state;
	/* The kernel would delete the first of these for the second. */
	refuses(SECOND "0 lookup local\n" MAIN, NULL);
	refuses("0 lookup local fwmark 1 protocol kernel\n" LOCAL MAIN, NULL);
	/* This one does not want to be in front of local addresses. */
	refuses(LOCAL "0 lookup 100\n" MAIN, NULL);
	refuses(OLD LOCAL "0 lookup 100\n" MAIN, OLD_A);
}

static void moves(const char *before, const char *undone, const char *after)
{
	struct plan plan = plan_of(before, OLD_A, 0);

	assert_plan(&plan, before, undone, after);
	plan_free(&plan);
}

static void test_address_moves(void **state)
{
	(void)state;
	moves(OLD LOCAL MAIN, OLD LOCAL MAIN, OWN OTHERS LOCAL MAIN);
	moves(LOCAL OLD MAIN, LOCAL OLD MAIN, OWN OTHERS LOCAL MAIN);
	moves(SECOND OLD LOCAL MAIN, SECOND OLD LOCAL MAIN,
	      SECOND OWN OTHERS LOCAL MAIN);
	/* They can only come back behind. */
	moves(OLD "0 lookup local\n" MAIN, NULL, OWN OTHERS LOCAL MAIN);
	moves(OLD "5 lookup local\n" MAIN, OLD "5 lookup local\n" MAIN,
	      OWN OTHERS "5 lookup local\n" MAIN);
	moves("0 to " OLD_A " lookup main\n" LOCAL MAIN,
	      "0 to " OLD_A " lookup main\n" LOCAL MAIN,
	      OWN OTHERS LOCAL MAIN);
}

static void removes(const char *before, const char *undone, const char *after)
{
	struct rules rules = read_rules(before);
	struct policy policy = { .rules = rules.items, .n_rules = rules.n };
	struct plan plan = { };

	shared_remove_rules(&plan, "v6plus", addr4(A), &policy);
	assert_false(shared_has_rules("v6plus", addr4(A), &policy));
	assert_plan(&plan, before, undone, after);
	plan_free(&plan);
}

static void test_rules_are_removed(void **state)
{
	(void)state;
	removes(LOCAL MAIN, LOCAL MAIN, LOCAL MAIN);
	removes(OWN OTHERS LOCAL MAIN, OWN OTHERS LOCAL MAIN, LOCAL MAIN);
	removes(OWN LOCAL MAIN, OWN LOCAL MAIN, LOCAL MAIN);
	removes(LOCAL OTHERS MAIN, LOCAL OTHERS MAIN, LOCAL MAIN);
	removes(OWN OTHERS "9 lookup local\n", OWN OTHERS "9 lookup local\n",
		"9 lookup local\n");
	removes(SECOND OWN OTHERS LOCAL MAIN, SECOND OWN OTHERS LOCAL MAIN,
		SECOND LOCAL MAIN);
	/* They can only come back behind. */
	removes(OWN OTHERS LOCAL "0 lookup 100\n" MAIN, NULL,
		LOCAL "0 lookup 100\n" MAIN);
	removes(OWN OTHERS "0 lookup local\n" MAIN, NULL,
		"0 lookup local\n" MAIN);
}

static void test_route(void **state)
{
	struct policy_route route = { .ifindex = 77, .to = addr4(A) };
	struct rules rules = read_rules(OWN OTHERS LOCAL MAIN);
	struct policy policy = {
		.rules = rules.items, .n_rules = rules.n,
		.routes = &route, .n_routes = 1,
	};
	struct link old = { .name = "v6plus", .ifindex = 77 };
	struct plan plan = { };

	(void)state;
	old.line.ce.ipv4 = addr4(A);
	assert_int_equal(shared_add(&plan, "v6plus", addr4(A), &old, &policy),
			 0);
	assert_int_equal(plan.n, 0);
	shared_remove_route(&plan, &old, &policy);
	assert_int_equal(plan.n, 1);
	assert_string_equal(plan.run[0], "ip route del " A " dev v6plus");
	assert_string_equal(plan.undo[0], "ip route replace " A " dev v6plus");
	old.ifindex = 78;
	shared_remove_route(&plan, &old, &policy);
	assert_int_equal(plan.n, 1);
	shared_add(&plan, "v6plus", addr4(A), &old, &policy);
	assert_int_equal(plan.n, 2);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_are_added),
		cmocka_unit_test(test_local_at_another_preference),
		cmocka_unit_test(test_local_that_was_moved_by_hand),
		cmocka_unit_test(test_second_device),
		cmocka_unit_test(test_only_these_rules_are_ours),
		cmocka_unit_test(test_rules_in_the_way),
		cmocka_unit_test(test_address_moves),
		cmocka_unit_test(test_rules_are_removed),
		cmocka_unit_test(test_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
