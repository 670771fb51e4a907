#!/bin/sh
# traces.sh: prints what labs could leave on a machine, a thing a line. Compared before and after a lab, nothing differs.
set -u

marked() { sed "s/^/$1 /"; }

docker ps --all --no-trunc --format '{{.ID}} {{.Names}}' | marked container
docker network ls --no-trunc --format '{{.ID}} {{.Name}}' | marked network
docker volume ls --quiet | marked volume
ip -o link | cut -d : -f 2 | marked interface
# docker0 gets its link-local addresses when it first has a port, such as a container that builds an image, and is `linkdown` without.
ip route show table all | sed 's/ linkdown//' | grep -v -E '(fe80|ff00)::.* dev docker0' | marked route
{ iptables-save && ip6tables-save; } 2> /dev/null | grep '^-A' | marked 'firewall rule'
nft --stateless list ruleset 2> /dev/null | marked nftables
# Those of network namespaces among them: nsfs. The machine's own is Docker's, made for the first container with --network host and kept.
cut -d ' ' -f 2,3 /proc/mounts | grep -v '^/run/docker/netns/default ' | marked mount
# Without the kernel's own and those that ask.
ps -e -o args= | grep -v -e '^\[' -e '^ps ' -e 'traces\.sh' -e '^sed ' -e '^grep ' | marked process
