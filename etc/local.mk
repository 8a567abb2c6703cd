# SPDX-License-Identifier: MIT
# loom.conf.example is written by loomctl config --example (tests/ctl/docs.t compares).
# Units are filled in while building: they name installed programs by full path.
dist_pkgdata_DATA = etc/loom.conf.example

loom_filled_units = \
	etc/loom-bridge.service \
	etc/loom-engine.service \
	etc/loom-fcgi.service \
	etc/loom-keyd.service \
	etc/loom-prepare.service \
	etc/loom-runner.service
loom_unit_parts = etc/hardening.inc etc/start.inc

systemdsystemunit_DATA = $(loom_filled_units) etc/loom-gateway.target
EXTRA_DIST += $(loom_filled_units:=.in) $(loom_unit_parts) etc/loom-gateway.target \
	etc/loom-gateway.sysusers etc/loom-gateway.tmpfiles
CLEANFILES += $(loom_filled_units)

$(loom_filled_units): %: %.in $(loom_unit_parts) Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && $(SED) \
		-e '/^@start@$$/{r $(srcdir)/etc/start.inc' -e 'd}' \
		-e '/^@hardening@$$/{r $(srcdir)/etc/hardening.inc' -e 'd}' \
		-e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
		$(srcdir)/$@.in >$@.new && mv $@.new $@

# These two folders have a file of ours each, by the name of the package.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/etc/loom-gateway.sysusers \
		'$(DESTDIR)$(sysusersdir)/loom-gateway.conf'
	$(INSTALL_DATA) $(srcdir)/etc/loom-gateway.tmpfiles \
		'$(DESTDIR)$(tmpfilesdir)/loom-gateway.conf'

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/loom-gateway.conf' \
		'$(DESTDIR)$(tmpfilesdir)/loom-gateway.conf'
