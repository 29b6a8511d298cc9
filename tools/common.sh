# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What tools/test, tools/demo, tools/fuzz and .ci/run share. Sourced, not run; $top is the tree's root.

# One user of a build folder at a time: a second one is told, not made to wait.
lock_build() {
	local dir=$1
	mkdir -p "$dir"
	exec 9>"$dir/.lock"
	if ! flock -n 9; then
		echo "$(basename "$0"): another run uses $dir; wait for it to end" >&2
		exit 1
	fi
}

# configure DIR [meson setup options...]: once, and again where the meson files say something else now. Warnings are errors.
configure() {
	local dir=$1
	shift
	if [ -f "$dir/build.ninja" ]; then
		ninja -C "$dir" build.ninja
	else
		meson setup --werror "$@" "$dir" "${top:?}"
	fi
}

# build_in DIR [meson setup options...]: configure once, then build.
build_in() {
	configure "$@"
	ninja -C "$1"
}

# Tests wait and measure by the second; minutes and seconds read better in a summary.
minutes() {
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# Setup options of what clang builds with the sanitizers.
# shellcheck disable=SC2034
sanitized=("-Db_sanitize=address,undefined" -Db_lundef=false "-Dc_args=-fsanitize-ignorelist=${top:?}/tools/undefined.ignore")
