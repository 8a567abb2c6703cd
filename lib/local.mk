# SPDX-License-Identifier: MIT
# Which layer may include which: base <- proto <- store, ipc; base, ipc <- net.
# build-aux/check-source holds the table.

loom_lib_archives = lib/libbase.a lib/libproto.a lib/libipc.a lib/libstore.a lib/libnet.a

lib_libbase_a_SOURCES = \
	lib/base/attr.h \
	lib/base/b64.c lib/base/b64.h \
	lib/base/backoff.c lib/base/backoff.h \
	lib/base/buf.c lib/base/buf.h \
	lib/base/caps.h \
	lib/base/cli.c lib/base/cli.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/crash.c lib/base/crash.h \
	lib/base/conf.c lib/base/conf.h lib/base/conftab.c \
	lib/base/fdio.c lib/base/fdio.h \
	lib/base/hex.c lib/base/hex.h \
	lib/base/id32.c lib/base/id32.h \
	lib/base/lerr.c lib/base/lerr.h \
	lib/base/log.c lib/base/log.h \
	lib/base/mem.c lib/base/mem.h \
	lib/base/netaddr.c lib/base/netaddr.h \
	lib/base/panic.c lib/base/panic.h \
	lib/base/proc.c lib/base/proc.h \
	lib/base/rng.c lib/base/rng.h \
	lib/base/str.c lib/base/str.h \
	lib/base/unixsock.c lib/base/unixsock.h \
	lib/base/utf8.c lib/base/utf8.h

lib_libproto_a_SOURCES = \
	lib/proto/advert.c lib/proto/advert.h \
	lib/proto/amount.c lib/proto/amount.h \
	lib/proto/bdhke.c lib/proto/bdhke.h \
	lib/proto/bech32.c lib/proto/bech32.h \
	lib/proto/bip39.c lib/proto/bip39.h \
	lib/proto/bip39words.c lib/proto/bip39words.h \
	lib/proto/bolt11.c lib/proto/bolt11.h \
	lib/proto/cashuread.c lib/proto/cashuread.h \
	lib/proto/cashutok.c lib/proto/cashutok.h \
	lib/proto/cashutok3.c \
	lib/proto/cashutok4.c \
	lib/proto/cbor.c lib/proto/cbor.h \
	lib/proto/coins.c lib/proto/coins.h \
	lib/proto/ecpoint.c lib/proto/ecpoint.h \
	lib/proto/hash.c lib/proto/hash.h \
	lib/proto/jobfsm.c lib/proto/jobfsm.h \
	lib/proto/jobmsg.c lib/proto/jobmsg.h \
	lib/proto/jobspec.c lib/proto/jobspec.h \
	lib/proto/jsonread.c lib/proto/jsonread.h \
	lib/proto/jsonx.c lib/proto/jsonx.h \
	lib/proto/keyfile.c lib/proto/keyfile.h \
	lib/proto/keyset.c lib/proto/keyset.h \
	lib/proto/lnurl.c lib/proto/lnurl.h \
	lib/proto/mintmsg.c lib/proto/mintmsg.h \
	lib/proto/mintread.c lib/proto/mintread.h \
	lib/proto/nevent.c lib/proto/nevent.h \
	lib/proto/nfilter.c lib/proto/nfilter.h \
	lib/proto/nframe.c lib/proto/nframe.h \
	lib/proto/nip19.c lib/proto/nip19.h \
	lib/proto/nip44.c lib/proto/nip44.h \
	lib/proto/nreply.c lib/proto/nreply.h \
	lib/proto/nsign.c lib/proto/nsign.h \
	lib/proto/ntags.c lib/proto/ntags.h \
	lib/proto/nut13.c lib/proto/nut13.h \
	lib/proto/outcome.c lib/proto/outcome.h \
	lib/proto/outset.c lib/proto/outset.h \
	lib/proto/p2pk.c lib/proto/p2pk.h \
	lib/proto/payfsm.c lib/proto/payfsm.h \
	lib/proto/schnorr.c lib/proto/schnorr.h

lib_libipc_a_SOURCES = \
	lib/ipc/ipcadmin.c lib/ipc/ipcadmin.h \
	lib/ipc/ipcapi.c lib/ipc/ipcapi.h \
	lib/ipc/ipcbridge.c lib/ipc/ipcbridge.h \
	lib/ipc/ipccall.c lib/ipc/ipccall.h \
	lib/ipc/ipcconn.c lib/ipc/ipcconn.h \
	lib/ipc/ipckey.c lib/ipc/ipckey.h \
	lib/ipc/ipcmsg.c lib/ipc/ipcmsg.h \
	lib/ipc/ipcrun.c lib/ipc/ipcrun.h \
	lib/ipc/ipcsock.c lib/ipc/ipcsock.h

lib_libnet_a_SOURCES = \
	lib/net/httpc.c lib/net/httpc.h \
	lib/net/ipcuv.c lib/net/ipcuv.h \
	lib/net/lwsloop.c lib/net/lwsloop.h \
	lib/net/wsc.c lib/net/wsc.h \
	lib/net/wscconn.c lib/net/wscconn.h \
	lib/net/wscev.c lib/net/wscev.h \
	lib/net/wsqueue.c lib/net/wsqueue.h \
	lib/net/wsurl.c lib/net/wsurl.h

lib_libstore_a_SOURCES = \
	lib/store/db.c lib/store/db.h \
	lib/store/dbbill.c lib/store/dbbill.h \
	lib/store/dbblob.c lib/store/dbblob.h \
	lib/store/dbbook.c lib/store/dbbook.h \
	lib/store/dbids.c lib/store/dbids.h \
	lib/store/dbjob.c lib/store/dbjob.h \
	lib/store/dbmeta.c lib/store/dbmeta.h \
	lib/store/dbmint.c lib/store/dbmint.h \
	lib/store/dbout.c lib/store/dbout.h \
	lib/store/dbpay.c lib/store/dbpay.h \
	lib/store/dbproof.c lib/store/dbproof.h \
	lib/store/dbschema.c lib/store/dbschema.h \
	lib/store/dbtables.h
