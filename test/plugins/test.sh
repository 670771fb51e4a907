#!/bin/sh
# Tests Pulumi's plugins of lab-scripts/pulumi, with the versions of all else that they are built with. Arguments are go test's:
#   test.sh -run Cancel ./command
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
pulumi=$here/../../lab-scripts/pulumi
# shellcheck source=../../lab-scripts/pulumi/go-flags.sh
. "$pulumi/go-flags.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOWORK="$work/go.work"
go work init "$here" "$pulumi"
[ $# -gt 0 ] || set -- ./...
cd "$here"
go test "$@"
