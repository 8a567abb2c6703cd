# SPDX-License-Identifier: MIT
# Templates, filled in by "render" at the place they are installed to, or in the tree.
loomnginxdir = $(pkgdatadir)/nginx
dist_loomnginx_DATA = \
	nginx/demo.conf.in \
	nginx/loom-gateway.conf.in \
	nginx/service.conf.in \
	nginx/tls.conf.example
dist_loomnginx_SCRIPTS = nginx/render
loomnginxsnippetsdir = $(loomnginxdir)/snippets
dist_loomnginxsnippets_DATA = \
	nginx/snippets/cache.conf \
	nginx/snippets/fastcgi.conf \
	nginx/snippets/headers-api.conf \
	nginx/snippets/headers-blob.conf \
	nginx/snippets/headers-page.conf \
	nginx/snippets/http.conf.in \
	nginx/snippets/problem.conf \
	nginx/snippets/server.conf.in
