/* SPDX-License-Identifier: MIT */
/*
 * The test mint as a program: HTTP on 127.0.0.1, one thread. Its money is worth nothing
 * and it can be told to misbehave (mintctl.h).
 *
 *	mintd [--db FILE] [--port P] [--seed TEXT] [--ppk N] [--version 00|01]
 *	      [--expiry T] [--keys N] [--pay-after N|never] [--ln-fee N] [--ttl S]
 *	      [--name TEXT]
 *
 * Prints "mint http://127.0.0.1:PORT" when it serves. --port 0 (the default) takes a free
 * one. Without --db nothing is kept. SIGTERM and SIGINT end it.
 */
#include "config.h"

#include "tests/peers/mintctl.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BODY_MAX = 4 * 1024 * 1024,
	PORT_FIRST = 20000, /* below those that the kernel gives to connections */
	PORT_LAST = 32000,
};

static struct mintcore *mint;
static struct mintfault *faults;
static struct mintctl *control;
static volatile sig_atomic_t to_end;

static const char *db_path = ":memory:";
static uint64_t port;
static struct mintcore_options options;

/* ---- one request */

struct req {
	struct MHD_Connection *connection;
	struct buf body;
	struct mintfault_answer answer;
	bool is_handled;
	bool is_asleep;
	uint64_t due; /* clock_mono_ms() when it goes on */
	struct req *next;
};

static struct req *all;

static struct req *req_new(struct MHD_Connection *connection)
{
	struct req *r = mem_zalloc(sizeof(*r));

	r->connection = connection;
	buf_init(&r->body, BODY_MAX);
	buf_init(&r->answer.body, BODY_MAX);
	r->next = all;
	all = r;
	return r;
}

static void req_free(struct req *r)
{
	struct req **at = &all;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	buf_free(&r->body);
	buf_free(&r->answer.body);
	mem_free(r);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **own,
		      enum MHD_RequestTerminationCode why)
{
	(void)ctx;
	(void)connection;
	(void)why;
	if (*own)
		req_free(*own);
	*own = NULL;
}

/* ---- its answer */

static void sleep_now(struct req *r)
{
	r->is_asleep = true;
	MHD_suspend_connection(r->connection);
}

/* Half of the body, then a pause or the end. */
static ssize_t read_answer(void *ctx, uint64_t pos, char *out, size_t room)
{
	struct req *r = ctx;
	struct buf *b = &r->answer.body;
	size_t end = b->n;

	if (r->answer.how == MINTFAULT_CUT || clock_mono_ms() < r->due)
		end = b->n / 2;
	if (pos < end) {
		size_t n = end - (size_t)pos < room ? end - (size_t)pos : room;

		memcpy(out, b->p + pos, n);
		return (ssize_t)n;
	}
	if (r->answer.how == MINTFAULT_CUT)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	sleep_now(r);
	return 0;
}

static struct MHD_Response *make_response(struct req *r)
{
	static char nothing[1];
	struct buf *b = &r->answer.body;

	if (r->answer.how == MINTFAULT_SEND)
		return MHD_create_response_from_buffer(b->n, b->p ? b->p : nothing,
						       MHD_RESPMEM_MUST_COPY);
	r->due = clock_mono_ms() + r->answer.delay_ms;
	return MHD_create_response_from_callback(b->n, 65536, read_answer, r, NULL);
}

static enum MHD_Result send_answer(struct req *r)
{
	struct MHD_Response *response;
	enum MHD_Result rc;

	if (r->answer.how == MINTFAULT_DIE)
		(void)kill(getpid(), SIGKILL);
	if (r->answer.how == MINTFAULT_DROP)
		return MHD_NO;
	response = make_response(r);
	INVARIANT(response);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      r->answer.html ? "text/html" : "application/json");
	rc = MHD_queue_response(r->connection, r->answer.status, response);
	MHD_destroy_response(response);
	return rc;
}

/* What follows the "?" of a GET, as far as it matters here, stands for a body. */
static void take_query(struct req *r)
{
	const char *amount = MHD_lookup_connection_value(r->connection,
							 MHD_GET_ARGUMENT_KIND, "amount");
	uint64_t n;

	if (amount && r->body.n == 0 && str_to_u64(str_of(amount), INT64_MAX, &n))
		buf_addf(&r->body, "{\"amount\":%llu}", (unsigned long long)n);
}

static void handle(struct req *r, struct str method, struct str path)
{
	r->is_handled = true;
	if (buf_over(&r->body)) {
		r->answer.status = 413;
		return;
	}
	if (mintctl_is_for(path)) {
		take_query(r);
		r->answer.status = mintctl_handle(control, method, path,
						  buf_str(&r->body), &r->answer.body);
		return;
	}
	mintctl_count(control, method, path);
	mintfault_handle(faults, method, path, buf_str(&r->body), &r->answer);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *http_version, const char *data, size_t *n,
				  void **own)
{
	struct req *r = *own;

	(void)ctx;
	(void)http_version;
	if (!r) {
		*own = req_new(connection);
		return MHD_YES;
	}
	if (*n > 0) {
		buf_add(&r->body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	if (!r->is_handled) {
		handle(r, str_of(method), str_of(url));
		if (r->answer.how == MINTFAULT_SEND && r->answer.delay_ms > 0) {
			r->due = clock_mono_ms() + r->answer.delay_ms;
			sleep_now(r);
			return MHD_YES;
		}
	}
	return send_answer(r);
}

/* ---- the loop */

static void wake(uint64_t now)
{
	for (struct req *r = all; r; r = r->next) {
		if (!r->is_asleep || now < r->due)
			continue;
		r->is_asleep = false;
		MHD_resume_connection(r->connection);
	}
}

static int32_t pause_ms(uint64_t now)
{
	uint64_t ms = 1000;

	for (const struct req *r = all; r; r = r->next)
		if (r->is_asleep && r->due - now < ms)
			ms = r->due - now;
	return (int32_t)ms;
}

static void serve(struct MHD_Daemon *d)
{
	while (!to_end) {
		uint64_t now = clock_mono_ms();

		wake(now);
		if (MHD_run_wait(d, pause_ms(now)) != MHD_YES)
			break;
	}
	wake(UINT64_MAX);
	MHD_stop_daemon(d);
}

static struct MHD_Daemon *listen_at(uint16_t at)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(at),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, at, NULL, NULL,
				on_request, NULL, MHD_OPTION_SOCK_ADDR,
				(const struct sockaddr *)&sa, MHD_OPTION_NOTIFY_COMPLETED,
				completed, NULL, MHD_OPTION_END);
}

static struct MHD_Daemon *listen_somewhere(void)
{
	for (unsigned int attempt = 0; attempt < 200; attempt++) {
		struct MHD_Daemon *d;

		port = PORT_FIRST + rng_below(PORT_LAST - PORT_FIRST);
		d = listen_at((uint16_t)port);
		if (d)
			return d;
	}
	return NULL;
}

/* ---- command line */

static bool set_number(uint64_t *out, struct str value, uint64_t max)
{
	return str_to_u64(value, max, out);
}

static bool set_pay_after(struct str value)
{
	uint64_t n;

	if (str_eq_c(value, "never")) {
		options.pay_after = MINTCORE_NEVER;
		return true;
	}
	if (!str_to_u64(value, 1000000, &n))
		return false;
	options.pay_after = (int)n;
	return true;
}

static bool set_keyset_option(struct str name, struct str value, bool *known)
{
	struct mintcore_keyset *k = &options.keyset;
	uint64_t n = 0;

	*known = true;
	if (str_eq_c(name, "--ppk"))
		return set_number(&k->ppk, value, KEYSET_PPK_MAX);
	if (str_eq_c(name, "--expiry"))
		return set_number(&k->final_expiry, value, INT64_MAX);
	if (str_eq_c(name, "--version")) {
		k->version = str_eq_c(value, "01");
		return k->version == 1 || str_eq_c(value, "00");
	}
	if (str_eq_c(name, "--keys")) {
		bool good = set_number(&n, value, KEYSET_KEYS) && n > 0;

		k->nkeys = (unsigned int)n;
		return good;
	}
	*known = false;
	return false;
}

static bool set_option(const char *name_c, const char *value_c)
{
	struct str name = str_of(name_c);
	struct str value = str_of(value_c);
	bool known;

	if (set_keyset_option(name, value, &known) || known)
		return known && options.keyset.nkeys > 0;
	if (str_eq_c(name, "--db"))
		db_path = value_c;
	else if (str_eq_c(name, "--seed"))
		options.seed = value_c;
	else if (str_eq_c(name, "--name"))
		options.name = value_c;
	else if (str_eq_c(name, "--port"))
		return set_number(&port, value, UINT16_MAX);
	else if (str_eq_c(name, "--ln-fee"))
		return set_number(&options.ln_fee, value, UINT32_MAX);
	else if (str_eq_c(name, "--ttl"))
		return set_number(&options.ttl_s, value, UINT32_MAX);
	else
		return str_eq_c(name, "--pay-after") && set_pay_after(value);
	return true;
}

static bool read_options(int argc, char **argv)
{
	options = mintcore_defaults();
	for (int i = 1; i < argc; i += 2)
		if (i + 1 == argc || !set_option(argv[i], argv[i + 1])) {
			(void)fprintf(stderr, "mintd: not understood: %s\n", argv[i]);
			return false;
		}
	return true;
}

static void tell_where(void)
{
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", (unsigned int)port);
	mintctl_set_url(control, str_of(url));
	(void)printf("mint %s\n", url);
}

static void on_signal(int sig)
{
	(void)sig;
	to_end = 1;
}

static void set_signals(void)
{
	struct sigaction end = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	INVARIANT(sigaction(SIGTERM, &end, NULL) == 0);
	INVARIANT(sigaction(SIGINT, &end, NULL) == 0);
	INVARIANT(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

int main(int argc, char **argv)
{
	struct MHD_Daemon *d;
	struct lerr err = {0};

	if (!read_options(argc, argv))
		return 2;
	set_signals();
	if (mintcore_open(&mint, db_path, &options, &err)) {
		(void)fprintf(stderr, "mintd: %s\n", err.msg);
		return 1;
	}
	faults = mintfault_new(mint);
	control = mintctl_new(mint, faults);
	d = port ? listen_at((uint16_t)port) : listen_somewhere();
	if (d) {
		tell_where();
		(void)fflush(stdout);
		serve(d);
	} else {
		(void)fprintf(stderr, "mintd: cannot listen\n");
	}
	mintctl_free(control);
	mintfault_free(faults);
	mintcore_close(mint);
	return d ? 0 : 1;
}
