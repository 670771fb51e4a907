#!/bin/sh
# Builds what podlab needs of Pulumi from Go modules, for machines that cannot download it.
#
#   build.sh OUTDIR [PART...]    PART is one of: engine language-host docker command; all of them unless named
#
# On stdout: one line a part. On stderr: what go says, downloads too. A part that OUTDIR has is kept; one that is not
# finished is not there, so a build that was stopped can be started again and goes on from Go's build cache.
set -eu

engine_version=v3.259.0
language_host_version=v3.68.0
version_variable=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

# compile MODULE-DIRECTORY PACKAGE VERSION FILE [FLAG...]: builds a package and puts the file in place in one step.
compile() {
  directory=$1 package=$2 version=$3 file=$4
  shift 4
  (cd "$directory" && go build "$@" -ldflags "-s -w -X $version_variable=$version" -o "$work/built" "$package")
  mv "$work/built" "$out/.$file.$$"
  mv "$out/.$file.$$" "$out/$file"
}

# compile_left_out does the same with a package of this module and the packages left out.
compile_left_out() {
  [ -e "$work/overlay.json" ] || leave_out "$here" "$work"
  compile "$here" "$@" -modfile "$work/go.mod" -overlay "$work/overlay.json"
}

# part NAME FILE COMMAND...: runs the command unless FILE is there, and says how long it took.
part() {
  name=$1 made=$2
  shift 2
  if [ -x "$out/$made" ]; then
    echo "kept $made ($name)"
    return
  fi
  began=$(date +%s)
  "$@"
  echo "built $made ($name) in $(($(date +%s) - began)) s"
}

engine() {
  compile_left_out github.com/pulumi/pulumi/pkg/v3/cmd/pulumi "$engine_version" pulumi
}

language_host() {
  compile "$here/language-host" github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs \
    "$language_host_version" pulumi-language-nodejs-host
  install -m 755 "$here/language-host/pulumi-language-nodejs" "$out/.pulumi-language-nodejs.$$"
  mv "$out/.pulumi-language-nodejs.$$" "$out/pulumi-language-nodejs"
}

plugin() {
  compile_left_out "./plugins/$1" "$engine_version" "pulumi-resource-$1"
}

build() {
  case $1 in
    engine) part engine pulumi engine ;;
    language-host) part language-host pulumi-language-nodejs language_host ;;
    docker | command) part "$1" "pulumi-resource-$1" plugin "$1" ;;
  esac
}

[ $# -gt 0 ] || fail "usage: build.sh OUTDIR [engine|language-host|docker|command]..."
command -v go > /dev/null || fail "go is not on PATH; install Go 1.26 or newer"
out=$1
shift
[ $# -gt 0 ] || set -- engine docker command language-host
for wanted in "$@"; do
  case $wanted in
    engine | language-host | docker | command) ;;
    *) fail "there is no part $wanted; the parts are engine, language-host, docker and command" ;;
  esac
done
mkdir -p "$out"
out=$(CDPATH='' cd -- "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Go leaves its working files when it is stopped, so they lie where they are removed.
export GOTMPDIR="$work"

# shellcheck source=go-flags.sh
. "$here/go-flags.sh"
# shellcheck source=left-out/leave-out.sh
. "$here/left-out/leave-out.sh"
for wanted in "$@"; do
  build "$wanted"
done
