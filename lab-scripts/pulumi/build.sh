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

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

# put FILE: moves what was built into place in one step.
put() {
  mv "$work/built" "$out/.$1.$$"
  mv "$out/.$1.$$" "$out/$1"
}

# compile DIRECTORY PACKAGE VERSION FILE
compile() {
  go build -C "$1" -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$3" -o "$work/built" "$2"
  put "$4"
}

build() {
  case $1 in
    engine) made=pulumi ;;
    language-host) made=pulumi-language-nodejs ;;
    docker | command) made=pulumi-resource-$1 ;;
    *) fail "there is no part $1; the parts are engine, language-host, docker and command" ;;
  esac
  if [ -x "$out/$made" ]; then
    echo "kept $made ($1)"
    return
  fi
  began=$(date +%s)
  case $1 in
    engine) compile "$here" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi "$engine_version" "$made" ;;
    language-host)
      compile "$here/language-host" github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs \
        "$language_host_version" "$made-host"
      install -m 755 "$here/language-host/$made" "$work/built"
      put "$made"
      ;;
    docker | command) compile "$here" "./cmd/$made" "$engine_version" "$made" ;;
  esac
  echo "built $made ($1) in $(($(date +%s) - began)) s"
}

[ $# -gt 0 ] || fail "usage: build.sh OUTDIR [engine|language-host|docker|command]..."
command -v go > /dev/null || fail "go is not on PATH; install Go 1.26 or newer"
mkdir -p "$1"
out=$(CDPATH='' cd -- "$1" && pwd)
shift
[ $# -gt 0 ] || set -- engine docker command language-host
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Go leaves its working files when it is stopped, so they lie where they are removed.
export GOTMPDIR="$work"

# shellcheck source=go-flags.sh
. "$here/go-flags.sh"
for wanted in "$@"; do
  build "$wanted"
done
