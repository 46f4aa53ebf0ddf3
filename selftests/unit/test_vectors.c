// SPDX-License-Identifier: GPL-2.0
/*
 * Every row of vectors.tsv: values that others computed or that documents and
 * routers show.
 */
#include "helper.h"

enum {
	ID, PREFIX, RULE6, RULE4, EA, OFFSET, EXPLICIT, IID, V4, PSID, PSID_LEN,
	CE_ADDR, PORTS, N_RANGES, N_PORTS, COLUMNS
};

static struct mape_psid explicit_psid(const char *text)
{
	struct mape_psid psid = { };
	unsigned int value, len;

	if (strcmp(text, "-")) {
		assert_int_equal(sscanf(text, "psid=%i/%u", (int *)&value, &len),
				 2);
		psid.psid = value;
		psid.len = len;
	}
	return psid;
}

static void check_ports(const struct mape_ce *ce, char **column)
{
	struct mape_port_ranges ranges;
	struct mape_portset set;

	mape_portset_init(&set, ce->psid_offset, ce->psid_len, ce->psid);
	mape_portset_ranges(&set, &ranges);
	assert_int_equal(set.count, atoi(column[N_PORTS]));
	assert_int_equal(ranges.count, atoi(column[N_RANGES]));
	/* The table gives the one range of an unshared address a name, and a
	 * single range twice, as the first and the last.
	 */
	if (!strcmp(column[PORTS], "all"))
		assert_string_equal(ranges_text(&set), "0-65535");
	else if (ranges.count == 1)
		assert_memory_equal(column[PORTS], ranges_text(&set),
				    strlen(ranges_text(&set)));
	else
		assert_string_equal(ranges_text(&set), column[PORTS]);
}

static void check_row(void **state)
{
	char row[512], *rest = row, *column[COLUMNS];
	struct mape_psid psid;
	struct mape_rule rule;
	enum mape_iid iid;
	struct mape_ce ce;
	int i;

	strcpy(row, *state);
	for (i = 0; i < COLUMNS; i++)
		column[i] = strsep(&rest, "\t\n");
	assert_non_null(column[N_PORTS]);
	rule = make_rule(column[RULE6], column[RULE4], atoi(column[EA]),
			 atoi(column[OFFSET]));
	psid = explicit_psid(column[EXPLICIT]);
	iid = strcmp(column[IID], "rfc") ? MAPE_IID_DRAFT03 : MAPE_IID_RFC7597;
	ce = derive(&rule, column[PREFIX], psid.psid, psid.len, iid);
	assert_addr4(ce.ipv4, column[V4]);
	assert_int_equal(ce.ipv4_len, 32);
	assert_int_equal(ce.psid, atoi(column[PSID]));
	assert_int_equal(ce.psid_len, atoi(column[PSID_LEN]));
	assert_addr6(&ce.addr, column[CE_ADDR]);
	check_ports(&ce, column);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[64];
	static char rows[64][512], names[64][40];
	FILE *file = fopen(argc > 1 ? argv[1] : "vectors.tsv", "r");
	size_t n = 0;

	if (!file || !fgets(rows[0], sizeof(rows[0]), file)) {
		puts("Bail out! no vectors.tsv");
		return 1;
	}
	while (n < 64 && fgets(rows[n], sizeof(rows[n]), file)) {
		snprintf(names[n], sizeof(names[n]), "test_vector_%.*s",
			 (int)strcspn(rows[n], "\t"), rows[n]);
		tests[n] = (struct CMUnitTest) {
			.name = names[n], .test_func = check_row,
			.initial_state = rows[n],
		};
		n++;
	}
	fclose(file);
	return _cmocka_run_group_tests("vectors", tests, n, NULL, NULL);
}
