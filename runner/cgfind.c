/* SPDX-License-Identifier: MIT */
/*
 * Parser of /proc/self/cgroup and /proc/self/mountinfo. The kernel wrote them, but
 * whoever made the container chose the names in them: everything is checked for length.
 * It only finds folders; whether they can be used is tried in cgroup.c.
 */
#include "config.h"

#include "runner/cgfind.h"

#include "lib/base/attr.h"

#include <string.h>

static const char *const v1_names[CGFIND_V1_COUNT] = {
	[CGFIND_MEMORY] = "memory",
	[CGFIND_PIDS] = "pids",
	[CGFIND_CPU] = "cpu",
	[CGFIND_CPUACCT] = "cpuacct",
};

/* One line of mountinfo, as far as we need it. */
struct mount {
	struct str root;  /* which part of the tree is mounted */
	struct str point; /* where */
	struct str type;
	struct str super; /* options: the controllers of a version 1 tree */
};

static bool has_word(struct str list, const char *word)
{
	struct str w;

	while (str_next(&list, ',', &w))
		if (str_eq_c(w, word))
			return true;
	return false;
}

static bool skip_words(struct str *rest, unsigned int n)
{
	struct str w;

	while (n--)
		if (!str_next(rest, ' ', &w))
			return false;
	return true;
}

/* 36 35 98:0 ROOT POINT options [tags ...] - TYPE source SUPER */
static bool read_mount(struct mount *out, struct str line)
{
	struct str w = {NULL, 0};

	if (!skip_words(&line, 3) || !str_next(&line, ' ', &out->root) ||
	    !str_next(&line, ' ', &out->point) || !str_starts(out->root, "/") ||
	    !str_starts(out->point, "/"))
		return false;
	while (str_next(&line, ' ', &w))
		if (str_eq_c(w, "-"))
			break;
	/* blanks in names are written as \040: such a mount is not for us */
	return str_eq_c(w, "-") && str_next(&line, ' ', &out->type) &&
	       skip_words(&line, 1) && str_next(&line, ' ', &out->super) &&
	       !memchr(out->point.p, '\\', out->point.n);
}

/* Our group's path in the tree with this controller (NULL: version 2). */
static bool own_path(struct str *out, struct str cgroup, const char *controller)
{
	struct str line;

	while (str_next(&cgroup, '\n', &line)) {
		struct str rest = line;
		struct str number;
		struct str controllers;

		if (!str_next(&rest, ':', &number) ||
		    !str_next(&rest, ':', &controllers) || rest.n == 0 ||
		    rest.p[0] != '/')
			continue;
		if (controller ? !has_word(controllers, controller)
			       : controllers.n != 0 || !str_eq_c(number, "0"))
			continue;
		*out = rest;
		return true;
	}
	return false;
}

/* Is path inside root, at a border between names? */
static bool is_inside(struct str path, struct str root)
{
	return path.n >= root.n && memcmp(path.p, root.p, root.n) == 0 &&
	       (path.n == root.n || path.p[root.n] == '/');
}

/* Folder of path in a tree of which mount shows the part below its root. */
static void join(char *out, size_t size, const struct mount *m, struct str path)
{
	struct str below = path;

	if (str_eq_c(m->root, "/"))
		below = path;
	else if (is_inside(path, m->root))
		below = (struct str){path.p + m->root.n, path.n - m->root.n};
	else
		below = (struct str){"", 0}; /* a view from elsewhere: use its top */
	if (str_eq_c(below, "/"))
		below.n = 0;
	if (m->point.n + below.n >= size || memchr(below.p, '\\', below.n))
		return;
	memcpy(out, m->point.p, m->point.n);
	memcpy(out + m->point.n, below.p, below.n);
	out[m->point.n + below.n] = '\0';
}

static void take_mount(struct cgfind *out, struct str cgroup, const struct mount *m)
{
	struct str path;

	if (str_eq_c(m->type, "cgroup2") && !out->v2[0] &&
	    own_path(&path, cgroup, NULL)) {
		join(out->v2, sizeof(out->v2), m, path);
		join(out->v2_root, sizeof(out->v2_root), m, m->root);
	}
	if (!str_eq_c(m->type, "cgroup"))
		return;
	for (size_t i = 0; i < CGFIND_V1_COUNT; i++)
		if (has_word(m->super, v1_names[i]) && !out->v1[i][0] &&
		    own_path(&path, cgroup, v1_names[i]))
			join(out->v1[i], sizeof(out->v1[i]), m, path);
}

void cgfind_parse(struct cgfind *out, struct str cgroup, struct str mountinfo)
{
	struct str line;

	memset(out, 0, sizeof(*out));
	while (str_next(&mountinfo, '\n', &line)) {
		struct mount m;

		if (read_mount(&m, line))
			take_mount(out, cgroup, &m);
	}
}

bool cgfind_above(char *out, size_t size, const char *path, const char *root)
{
	const char *last = strrchr(path, '/');
	size_t n = last ? (size_t)(last - path) : 0;

	if (n < strlen(root) || n >= size || n == 0)
		return false;
	memcpy(out, path, n);
	out[n] = '\0';
	return true;
}
