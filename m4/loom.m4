# SPDX-License-Identifier: MIT

# LOOM_PROBE_CFLAGS(VARIABLE, FLAGS)
# Append to VARIABLE each flag that the compiler takes without a warning. The flags are
# kept apart from CFLAGS, which belong to whoever builds.
AC_DEFUN([LOOM_PROBE_CFLAGS], [
	$1=
	loom_saved_CFLAGS=$CFLAGS
	for loom_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC takes $loom_flag])
		CFLAGS="$loom_saved_CFLAGS -Werror $loom_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes]); $1="$$1 $loom_flag"],
			[AC_MSG_RESULT([no])])
	done
	CFLAGS=$loom_saved_CFLAGS
])

# LOOM_PROBE_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([LOOM_PROBE_LDFLAGS], [
	$1=
	loom_saved_LDFLAGS=$LDFLAGS
	loom_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -fPIE"
	for loom_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether the linker takes $loom_flag])
		LDFLAGS="$loom_saved_LDFLAGS -Werror $loom_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes]); $1="$$1 $loom_flag"],
			[AC_MSG_RESULT([no])])
	done
	LDFLAGS=$loom_saved_LDFLAGS
	CFLAGS=$loom_saved_CFLAGS
])

# LOOM_PKG(PREFIX, MODULE, DEBIAN-PACKAGE)
# A library that we cannot do without: pkg-config where it has a module.
AC_DEFUN([LOOM_PKG], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[AC_MSG_ERROR([$2 was not found. On Debian: apt-get install $3])])
])
