/* SPDX-License-Identifier: MIT */
/* Rows of halt polling. */
#include "replay_vectors.h"

#include "halt_poll.h"

enum {
	HP_VERSION,
	HP_OP,
	HP_SEQ,
	HP_MAX_POLL_NS,
	HP_GROW,
	HP_SHRINK,
	HP_GROW_START_NS,
	HP_BLOCK_NS,
	HP_VALID_WAKEUP,
	HP_POLL_BEFORE_NS,
	HP_POLL_AFTER_NS,
};

/* A vCPU's halts in turn: its time is carried from row to row. */
static uint32_t halt_of_sequence(struct vectors_row *row, const struct halt_poll_config *cfg)
{
	uint32_t *poll;
	char key[96];
	bool fresh;

	snprintf(key, sizeof(key), "%.40s %.40s", row_word(row, HP_VERSION), row_word(row, HP_SEQ));
	poll = row_state(row, key, &fresh);
	if (fresh)
		*poll = row_u32(row, HP_POLL_BEFORE_NS);
	row_expect(row, HP_POLL_BEFORE_NS, *poll);
	halt_poll_begin(&row->kernel, cfg, poll);
	halt_poll_end(&row->kernel, cfg, row_u64(row, HP_BLOCK_NS), row_bool(row, HP_VALID_WAKEUP),
		      poll);
	return *poll;
}

static void check_halt_poll(struct vectors_row *row)
{
	static const char *const ops[] = { "grow", "shrink", "seq", NULL };
	const struct halt_poll_config cfg = {
		.params = {
			.max_ns = row_u32(row, HP_MAX_POLL_NS),
			.grow = row_u32(row, HP_GROW),
			.grow_start_ns = row_u32(row, HP_GROW_START_NS),
			.shrink = row_u32(row, HP_SHRINK),
		},
		.vm_max_ns = row_u32(row, HP_MAX_POLL_NS),
	};
	uint32_t before = row_u32(row, HP_POLL_BEFORE_NS), got = 0;

	switch (row_choice(row, HP_OP, ops)) {
	case 0: got = row->kernel.halt_grow->grown(before, &cfg.params); break;
	case 1: got = row->kernel.halt_shrink->shrunk(before, &cfg.params); break;
	case 2: got = halt_of_sequence(row, &cfg); break;
	}
	row_expect(row, HP_POLL_AFTER_NS, got);
}

/* clang-format off */
const struct vectors_checker vectors_halt_checkers[] = {
	{ .name = "halt_poll", .check = check_halt_poll, .state_size = sizeof(uint32_t),
	  .columns = { "version", "op", "seq", "max_poll_ns", "grow", "shrink", "grow_start_ns",
		       "block_ns", "valid_wakeup", "poll_before_ns", "poll_after_ns" } },
	{ .name = NULL },
};
/* clang-format on */
