/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/owngate.h"

#include "lib/base/caps.h"
#include "lib/proto/jobspec.h"

bool owngate_is_inbox(const struct nevent *ev)
{
	return ev->kind == NKIND_JOB || ev->kind == NKIND_CANCEL;
}

static bool is_addressed_to(const struct nevent *ev, const struct id32 *worker)
{
	struct id32hex hex = id32_hex(worker);

	return nevent_has_tag(ev, "p", str_of(hex.c));
}

/* A cancellation need not name the worker when it names a job that came here. */
static bool names_our_job(struct relaystore *s, const struct nevent *ev)
{
	struct id32 job;
	uint32_t kind;

	return nevent_tag_id32(ev, "e", &job) && relaystore_kind(s, &kind, &job) &&
	       kind == NKIND_JOB;
}

/* NIP-42, NIP-98 and BUD-11: whoever holds such an event may act as its author. */
static bool is_credential(uint32_t kind)
{
	return kind == NKIND_AUTH || kind == NKIND_HTTP_AUTH || kind == NKIND_BLOSSOM;
}

/* Rules that hold for everybody's events. */
static const char *refuse_form(const struct nevent *ev, size_t json_bytes, uint64_t now_s)
{
	if (json_bytes > CAP_OWN_EVENT)
		return "invalid: the event is too large for this relay";
	if (ev->ntags > CAP_OWN_TAGS)
		return "invalid: too many tags";
	if (ev->created_at > now_s + CAP_AHEAD_S)
		return "invalid: created_at is too far in the future";
	if (nevent_is_ephemeral(ev->kind) &&
	    ev->created_at + CAP_OWN_EPHEMERAL_AGE_S < now_s)
		return "invalid: too old for an ephemeral event";
	if (is_credential(ev->kind))
		return "blocked: events that prove an identity are not published";
	if (nevent_count_tags(ev, "-") > 0)
		return "blocked: protected events (NIP-70) are not taken here";
	return NULL;
}

const char *owngate_refusal(struct relaystore *s, const struct id32 *worker,
			    const struct nevent *ev, size_t json_bytes, uint64_t now_s)
{
	const char *no = refuse_form(ev, json_bytes, now_s);

	if (no || id32_eq(&ev->pubkey, worker))
		return no;
	if (ev->kind ==
	    NKIND_JOB) /* OK true is a promise: the engine judges as this does */
		return jobspec_is_for(ev, worker)
			       ? NULL
			       : "blocked: this job is for another worker";
	if (ev->kind == NKIND_CANCEL)
		return is_addressed_to(ev, worker) || names_our_job(s, ev)
			       ? NULL
			       : "blocked: this cancellation names no job of this worker";
	if (ev->kind == NKIND_DELETION)
		return relaystore_knows_author(s, &ev->pubkey)
			       ? NULL
			       : "blocked: there is nothing of this author here";
	return "blocked: this relay takes only jobs for its worker";
}
