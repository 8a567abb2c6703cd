/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/relayconn.h"

#include "bridge/plain.h"

#include <string.h>

enum {
	FIRST_MS = 1000,
	LONGEST_MS = 5 * 60 * 1000,
	STABLE_MS = 60 * 1000,
	REFUSED_MS = 60 * 1000,       /* by HTTP status, or banned by us: at least */
	HOPELESS_MS = LONGEST_MS / 2, /* wrong name or certificate: at least */
	ASKED_MOST_MS = 3600 * 1000,  /* Retry-After is believed up to here */
};

static void set_why(struct relayconn *c, struct str why)
{
	plain_copy(c->why, sizeof(c->why), why);
}

void relayconn_init(struct relayconn *c, uint64_t dial_at_ms, uint64_t now_s)
{
	*c = (struct relayconn){
		.state = RELAYCONN_IDLE, .dial_at_ms = dial_at_ms, .changed_s = now_s};
	backoff_init(&c->backoff, FIRST_MS, LONGEST_MS);
}

void relayconn_dialed(struct relayconn *c, uint64_t now_s)
{
	c->state = RELAYCONN_CONNECTING;
	c->changed_s = now_s;
}

void relayconn_opened(struct relayconn *c, uint64_t now_ms, uint64_t now_s)
{
	c->state = RELAYCONN_OPEN;
	c->open_since_ms = now_ms;
	c->changed_s = now_s;
	c->useful = false;
	c->banned = false;
	c->unusable = false;
	c->violations = 0;
	c->why[0] = '\0';
}

/* What must pass before the next try, whatever the dice say. */
static uint64_t least_wait_ms(const struct relayconn *c, const struct wsc_end *end)
{
	uint64_t asked_ms = (uint64_t)end->retry_after_s * 1000;

	if (c->banned)
		return REFUSED_MS;
	switch (end->fault) {
	case WSC_HTTP:
		if (asked_ms > ASKED_MOST_MS)
			return ASKED_MOST_MS;
		return asked_ms > REFUSED_MS ? asked_ms : REFUSED_MS;
	case WSC_NO_NAME:
	case WSC_CERT:
		return HOPELESS_MS;
	case WSC_LOST:
	case WSC_ENDED:
	case WSC_NO_ROUTE:
	case WSC_SILENT:
	case WSC_TOO_MUCH:
		break;
	}
	return 0;
}

void relayconn_closed(struct relayconn *c, const struct wsc_end *end, uint64_t now_ms,
		      uint64_t now_s)
{
	bool was_stable = c->state == RELAYCONN_OPEN && c->useful &&
			  now_ms - c->open_since_ms >= STABLE_MS;
	uint64_t least_ms = least_wait_ms(c, end);

	if (was_stable && !c->banned)
		backoff_reset(&c->backoff);
	if (least_ms)
		backoff_raise(&c->backoff, least_ms);
	c->state = RELAYCONN_WAITING;
	c->dial_at_ms = now_ms + least_ms + backoff_next(&c->backoff);
	c->changed_s = now_s;
	c->unusable = false;
	if (!c->banned)
		set_why(c, (struct str){end->why, strnlen(end->why, sizeof(end->why))});
}

bool relayconn_violated(struct relayconn *c)
{
	if (++c->violations < CAP_RELAY_VIOLATIONS || c->banned)
		return false;
	c->banned = true;
	set_why(c, STR_LIT("it sent too much that it must not send"));
	return true;
}

void relayconn_set_unusable(struct relayconn *c, struct str why, uint64_t now_s)
{
	bool unusable = why.p != NULL;

	if (unusable == c->unusable)
		return;
	c->unusable = unusable;
	c->changed_s = now_s;
	set_why(c, unusable ? why : STR_LIT(""));
}

const char *relayconn_word(const struct relayconn *c)
{
	switch (c->state) {
	case RELAYCONN_IDLE:
	case RELAYCONN_WAITING:
		return "waiting";
	case RELAYCONN_CONNECTING:
		return "connecting";
	case RELAYCONN_OPEN:
		return c->unusable ? "unusable" : "up";
	}
	return "waiting";
}
