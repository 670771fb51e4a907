# shellcheck shell=sh
# How all Go code here is compiled. Sourced by build.sh and test.sh, so that a test finds in Go's build cache what a
# build has compiled, and the other way round.
#
#   CGO_ENABLED=0        needs no C compiler
#   -trimpath            the same results, and so the same cache, in every directory
#   -tags=no_compose     the Terraform provider without docker compose
#   -dwarf=false         no debugging tables, which the linker would drop anyway: an eighth less work
export CGO_ENABLED=0
export GOWORK=off
export GOFLAGS="-buildvcs=false -mod=readonly -trimpath -tags=no_compose -gcflags=all=-dwarf=false"
