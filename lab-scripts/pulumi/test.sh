#!/bin/sh
# Tests the plugins. Arguments are go test's: test.sh -run Cancel ./plugins/command
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=go-flags.sh
. "$here/go-flags.sh"
# shellcheck source=left-out/leave-out.sh
. "$here/left-out/leave-out.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
leave_out "$here" "$work"
[ $# -gt 0 ] || set -- ./plugins/...
cd "$here"
go test -modfile "$work/go.mod" -overlay "$work/overlay.json" "$@"
