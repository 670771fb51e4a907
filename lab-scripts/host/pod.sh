# A pod: a pause container that owns the network namespace, and app containers that join it.
#   POD=web NETWORK=cbr0 ADDRESS=192.168.20.2     on a network of the engine; `none` and no address: cni.sh wires it
#   PLUG=192.168.20.2,1500,192.168.20.1           address, MTU and gateway that its eth0 then has
#   PAUSE=web.pause PAUSE_DIGEST=0123456789ab IMAGE=podlab/pod
#   ADDRESS6=fd00:20::2    where the lab has IPv6
#   APPS='web.app web.sidecar' DIGESTS='…'        their containers' names, and digests of what they are made from
#   ARGS_1="'podlab/pod' 'serve' '8080'" ARGS_2=…   what follows in `docker run`, quoted word by word, in the order of APPS
# A container says by its label dev.podlab.spec what it was made from. Each is told and repaired on its own: its pause
# container and its siblings are not touched.

ADDRESS6=${ADDRESS6:-}
PLUG=${PLUG:-}

# Reads the pod's containers into TABLE, a line each: POD NAME STATE PID DIGEST NETNS PLUG, as containers.py has them. Those
# with names of the pod's that somebody else made are in it too: they are in the way.
look() {
  if [ -n "${CONTAINERS:-}" ]; then
    TABLE=$(awk -v pod="$POD" '$1 == pod || index($2, pod ".") == 1' "$CONTAINERS")
    return
  fi
  TABLE=
  ids=$(docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Label "dev.podlab.pod"}}' |
    awk -v pod="$POD" '$3 == pod || index($2, pod ".") == 1 { print $1 }')
  [ -n "$ids" ] || return 0
  TABLE=$(
    # shellcheck disable=SC2086 # a list of words
    docker inspect --format '{{with index .Config.Labels "dev.podlab.pod"}}{{.}}{{else}}-{{end}} {{slice .Name 1}} {{.State.Status}} {{.State.Pid}} {{with index .Config.Labels "dev.podlab.spec"}}{{.}}{{else}}-{{end}}' $ids |
      while read -r pod name state pid digest; do
        plug=
        [ "$name" != "$PAUSE" ] || [ "$pid" = 0 ] || plug=$(plug_of "$pid" || true)
        echo "$pod $name $state $pid $digest $(stat -L -c %i "/proc/$pid/ns/net" 2> /dev/null || echo 0) $plug"
      done
  )
}

# plug_of PID: how its network namespace is plugged in.
plug_of() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  nsenter --net="/proc/$1/ns/net" sh -c '
    printf "%s,%s,%s\n" "$(ip -o -4 address show dev eth0 up 2> /dev/null | awk "{ sub(\"/.*\", \"\", \$4); print \$4; exit }")" \
      "$(ip -o link show dev eth0 2> /dev/null | sed "s/.* mtu \([0-9]*\).*/\1/")" \
      "$(ip -4 route show default | awk "{ print \$3; exit }")"'
}

# field NAME COLUMN: of a container in TABLE; nothing when there is none.
field() {
  printf '%s\n' "$TABLE" | awk -v name="$1" -v column="$2" '$2 == name { print $column }'
}

# Containers that belong to the pod but are in its spec no more.
strays() {
  printf '%s\n' "$TABLE" | awk -v pod="$POD" -v wanted=" $PAUSE $APPS " '$1 == pod && !index(wanted, " " $2 " ") { print $2 }'
}

# run NAME DIGEST ARGUMENTS…: a new container of the pod. Its processes run as PID 1 without a handler for SIGTERM;
# a polite stop would take Docker's ten seconds.
run() {
  name=$1 spec=$2
  shift 2
  [ -z "$(field "$name" 3)" ] || docker rm --force "$name" > /dev/null
  # The annotation: one shim for all containers of the host (new_host.py makes them so, too).
  docker run --detach --name "$name" --restart always --stop-signal KILL --annotation "io.containerd.runc.v2.group=pods" \
    --label "dev.podlab.pod=$POD" --label "dev.podlab.spec=$spec" "$@" > /dev/null
}

# joins_pause NAME: whether its processes are in the pause container's network namespace. Those of one that outlived its
# pause container are still in the dead one's; of one that does not run there are none.
joins_pause() {
  joined=$(field "$1" 6)
  [ "${joined:-0}" != 0 ] && [ "$joined" = "$(field "$PAUSE" 6)" ]
}

# apply_app NAME DIGEST ARGS
apply_app() {
  if [ "$(field "$1" 5)" = "$2" ]; then
    [ "$(field "$1" 3)" != paused ] || docker unpause "$1" > /dev/null
    joins_pause "$1" && return
    # Refused where the pause container that it joined is gone for good.
    docker restart --time 0 "$1" > /dev/null 2>&1 && return
  fi
  eval "set -- \"\$1\" \"\$2\" $3"
  name=$1 spec=$2
  shift 2
  run "$name" "$spec" --network "container:$PAUSE" "$@"
}

apply() {
  look
  for stray in $(strays); do docker rm --force "$stray" > /dev/null; done
  if [ "$(field "$PAUSE" 5)" != "$PAUSE_DIGEST" ]; then
    # icmp_ratemask: as on the nodes (components/node.ts, address6.sh), so that every closed UDP port says so.
    run "$PAUSE" "$PAUSE_DIGEST" --hostname "$POD" --network "$NETWORK" ${ADDRESS:+--ip "$ADDRESS"} \
      ${ADDRESS6:+--ip6 "$ADDRESS6" --sysctl net.ipv6.icmp.ratemask=255} \
      --sysctl net.ipv4.icmp_ratemask=0 "$IMAGE" sleep infinity
    # Apps that are there already are compared with the new pause container.
    [ -z "$TABLE" ] || look
  elif [ "$(field "$PAUSE" 3)" != running ]; then
    if [ "$(field "$PAUSE" 3)" = paused ]; then docker unpause "$PAUSE"; else docker start "$PAUSE"; fi > /dev/null
    look
  elif [ "$(field "$PAUSE" 7)" != "${PLUG:-$(field "$PAUSE" 7)}" ]; then
    # Plugged in again beside its old place it would get eth1; started again it gets eth0, and its apps join it there.
    docker network disconnect --force "$NETWORK" "$PAUSE" 2> /dev/null || true
    docker network connect --ip "$ADDRESS" ${ADDRESS6:+--ip6 "$ADDRESS6"} "$NETWORK" "$PAUSE"
    docker restart --time 0 "$PAUSE" > /dev/null
    look
  fi
  set -f
  number=0
  # shellcheck disable=SC2086 # a list of words
  set -- $DIGESTS
  for app in $APPS; do
    number=$((number + 1))
    eval "args=\$ARGS_$number"
    # shellcheck disable=SC2154 # eval sets it
    apply_app "$app" "$1" "$args"
    shift
  done
}

# differences [FILE]: of what is read there, all that is not as wanted, container by container; in one process, for a host has
# many pods.
differences() {
  awk -v pod="$POD" -v pause="$PAUSE" -v pause_digest="$PAUSE_DIGEST" -v plug="$PLUG" \
    -v apps="$APPS" -v digests="$DIGESTS" '
    $1 == pod || index($2, pod ".") == 1 { owner[$2] = $1; state[$2] = $3; digest[$2] = $5; netns[$2] = $6; plugged[$2] = $7 }
    function differs(wanted, found) { said = said (said == "" ? "" : "; ") "wanted " wanted ", found " found }
    function container(name, made_from) {
      if (!(name in state)) differs("container " name, "nothing")
      else if (digest[name] != made_from) differs("container " name " as in the plan", "one made from something else")
      else if (state[name] != "running") differs("container " name " running", "it " state[name])
      else return 1
      return 0
    }
    END {
      if (container(pause, pause_digest) && plug != "" && plugged[pause] != plug)
        differs(pause " plugged in as " plug " (address, MTU, gateway)", plugged[pause])
      split(digests, made_from, " ")
      count = split(apps, app, " ")
      for (n = 1; n <= count; n++) {
        named[app[n]]
        # Without a pause container that runs, that is all there is to say.
        if (container(app[n], made_from[n]) && state[pause] == "running" && netns[app[n]] != netns[pause])
          differs("container " app[n] " in the network namespace of " pause, "it in another")
      }
      for (name in owner)
        if (owner[name] == pod && name != pause && !(name in named)) differs("no container " name " in the pod", "it")
      print said
    }' "$@"
}

check() {
  if [ -n "${CONTAINERS:-}" ]; then
    found=$(differences "$CONTAINERS")
  else
    look
    found=$(printf '%s\n' "$TABLE" | differences)
  fi
  [ -z "$found" ] || { echo "$found"; exit 3; }
}

remove() {
  APPS='' PAUSE='-'
  look
  for stray in $(strays); do docker rm --force "$stray" > /dev/null; done
}
