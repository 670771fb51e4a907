#!/bin/sh
# Has the machine's ip6tables let the frames of a lab pass its own segments. What the Command of letPass.ts runs, and a removal.
#   LAB=dual-stack OWNER=… STACK=… IMAGE=podlab/node:4f1c BRIDGES="br-77d1c4f0a1b2 br-…" (none: takes the rules away)
# Where bridges call it (bridge-nf-call-ip6tables), its policy decides about them, which Docker itself sets to DROP once it has
# a network with IPv6 (moby#48365), as do firewalls of distributions. A network without IPv6 gets no rules of Docker's own; one
# with IPv6 would make the machine a router of IPv6, and give it an address on the segment.
set -eu
# shellcheck disable=SC2016,SC2086
exec timeout --foreground -s KILL 60 docker run --rm --network host --userns host --cap-drop ALL --cap-add NET_ADMIN \
  --label "dev.podlab.lab=$LAB" --label "dev.podlab.owner=$OWNER" --label "dev.podlab.stack=$STACK" \
  --entrypoint sh "$IMAGE" -euc '
    comment=podlab:$1
    shift
    # As Docker has its own rules for IPv4: the kernel keeps them in two ways (xtables-nft(8)).
    tool=ip6tables-nft
    grep -qs filter /proc/net/ip_tables_names && tool=ip6tables-legacy
    $tool -w 10 -S FORWARD | sed -n "s/^-A \(.* --comment \"*$comment\"* .*\)/\1/p" | while read -r rule; do
      eval "$tool -w 10 -D $rule"
    done
    for bridge; do
      $tool -w 10 -I FORWARD -i "$bridge" -o "$bridge" -m comment --comment "$comment" -j ACCEPT
    done
    # nft shows a table that ip6tables has made for a rule. One that does nothing any more goes with the rules.
    [ "$#$tool" = 0ip6tables-nft ] || exit 0
    left=$($tool-save -t filter | sed "/^# [GC]/d; s/ \[.*//" | tr "\n" " ")
    [ "$left" != "*filter :INPUT ACCEPT :FORWARD ACCEPT :OUTPUT ACCEPT COMMIT " ] || printf "*filter\nCOMMIT\n" | $tool-restore -w 10
  ' sh "$LAB" $BRIDGES
