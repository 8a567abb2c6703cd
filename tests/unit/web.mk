# SPDX-License-Identifier: MIT
# Tests of loom-fcgi's parts.

if HAVE_CMOCKA
loom_unit_web = \
	tests/unit/t_html \
	tests/unit/t_httpreq \
	tests/unit/t_httpres \
	tests/unit/t_resources \
	tests/unit/t_route
check_PROGRAMS += $(loom_unit_web)
TESTS += $(loom_unit_web)

unit_web_libs = tests/libunit.a fcgi/libweb.a lib/libipc.a lib/libproto.a \
	lib/libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread

tests_unit_t_html_LDADD = $(unit_web_libs)
tests_unit_t_httpreq_LDADD = $(unit_web_libs)
tests_unit_t_httpres_LDADD = $(unit_web_libs)
tests_unit_t_resources_LDADD = $(unit_web_libs)
tests_unit_t_route_LDADD = $(unit_web_libs)
endif
