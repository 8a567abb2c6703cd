/* SPDX-License-Identifier: MIT */
/* Frames of both sides: what was read and is written again reads the same. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/nframe.h"
#include "tests/fuzz/fuzz.h"

static void add_event(struct buf *out, const struct nframe *f)
{
	nevent_write(out, f->event);
}

/* Write what was read; false when we never write such a frame. */
static bool write_again(struct buf *out, const struct nframe *f)
{
	auto_buf struct buf event = BUF_INIT(CAP_EVENT_BYTES);

	if (f->event)
		add_event(&event, f);
	switch (f->type) {
	case NFRAME_C_EVENT:
		nframe_write_event(out, buf_str(&event));
		return true;
	case NFRAME_C_REQ:
		nframe_write_req(out, f->sub, f->filters, f->nfilters);
		return true;
	case NFRAME_C_CLOSE:
		nframe_write_close(out, f->sub);
		return true;
	case NFRAME_C_AUTH:
		nframe_write_auth(out, buf_str(&event));
		return true;
	case NFRAME_R_EVENT:
		nframe_write_sub_event(out, f->sub, buf_str(&event));
		return true;
	case NFRAME_R_OK:
		nframe_write_ok(out, &f->id, f->accepted, f->text);
		return true;
	case NFRAME_R_EOSE:
		nframe_write_eose(out, f->sub);
		return true;
	case NFRAME_R_CLOSED:
		nframe_write_closed(out, f->sub, f->text);
		return true;
	case NFRAME_R_NOTICE:
		nframe_write_notice(out, f->text);
		return true;
	case NFRAME_R_AUTH:
		nframe_write_challenge(out, f->text);
		return true;
	case NFRAME_C_COUNT:
	case NFRAME_C_NEG:
	case NFRAME_UNKNOWN:
		return false;
	}
	return false;
}

static void check_good(const struct nframe *f, enum nframe_side side)
{
	auto_buf struct buf first = BUF_INIT(2 * CAP_FRAME_BYTES);
	auto_buf struct buf second = BUF_INIT(2 * CAP_FRAME_BYTES);
	struct nframe back;
	struct nframe_fault fault;
	enum lerr_code rc;

	(void)nframe_reason_word(nframe_reason(f->text));
	if (!write_again(&first, f))
		return;
	rc = nframe_parse(&back, &fault, side, buf_str(&first), 2 * CAP_FRAME_BYTES,
			  NULL);
	INVARIANT(rc == LERR_OK && back.type == f->type);
	INVARIANT(write_again(&second, &back));
	INVARIANT(str_eq(buf_str(&first), buf_str(&second)));
	nframe_wipe(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum nframe_side side =
		fuzz_mode(&data, &size) & 1 ? NFRAME_FROM_CLIENT : NFRAME_FROM_RELAY;
	struct nframe f;
	struct nframe_fault fault;
	enum lerr_code rc = nframe_parse(&f, &fault, side, fuzz_text(data, size),
					 CAP_FRAME_BYTES, NULL);

	if (rc == LERR_OK)
		check_good(&f, side);
	INVARIANT(!fault.has_sub || (f.sub.n > 0 && f.sub.n <= CAP_SUBID_BYTES));
	INVARIANT(f.text.n <= CAP_CHALLENGE_BYTES);
	nframe_wipe(&f);
	return 0;
}
