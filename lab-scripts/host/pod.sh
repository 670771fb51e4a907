# A pod: a pause container that owns the network namespace, and app containers that join it.
#   POD=web NETWORK=cbr0 ADDRESS=192.168.20.2     on a network of the engine; `none` and no address: cni.sh wires it
#   PAUSE=web-pause IMAGE=podlab/pod
#   ADDRESS6=fd00:20::2    where the lab has IPv6
#   APPS='web-app web-sidecar'   their containers' names
#   ARGS_1="'podlab/pod' 'serve' '8080'" ARGS_2=…   what follows in `docker run`, quoted word by word, in the order of APPS
# A container made from something else than its spec is known by its label dev.podlab.spec, a digest.

digest() {
  printf '%s' "$*" | md5sum | cut -c 1-12
}

ADDRESS6=${ADDRESS6:-}
PAUSE_DIGEST=$(digest "$NETWORK $ADDRESS ${ADDRESS6:+$ADDRESS6 }$IMAGE")

# Reads the pod's containers into TABLE: a line each, `POD NAME RUNNING PID DIGEST`. observe.sh has read them for all pods
# of the host at once (containers.py) and says where.
look() {
  TABLE=
  if [ -n "${CONTAINERS:-}" ]; then
    TABLE=$(grep "^$POD " "$CONTAINERS") || true
    return
  fi
  ids=$(docker ps --all --quiet --no-trunc --filter "label=dev.podlab.pod=$POD")
  [ -z "$ids" ] || TABLE=$(
    # shellcheck disable=SC2086 # a list of words
    docker inspect --format "$POD {{slice .Name 1}} {{.State.Running}} {{.State.Pid}} {{index .Config.Labels \"dev.podlab.spec\"}}" $ids
  )
}

# state_of NAME: `RUNNING DIGEST` from TABLE; nothing when there is no such container.
state_of() {
  printf '%s\n' "$TABLE" | awk -v name="$1" '$2 == name { print $3, $5 }'
}

# netns_of NAME: its network namespace as the kernel names it.
netns_of() {
  readlink "/proc/$(printf '%s\n' "$TABLE" | awk -v name="$1" '$2 == name { print $4 }')/ns/net" 2>/dev/null || true
}

# Containers that belong to the pod but are in its spec no more.
strays() {
  printf '%s\n' "$TABLE" | awk -v wanted=" $PAUSE $APPS " 'NF && !index(wanted, " " $2 " ") { print $2 }'
}

# run NAME DIGEST ARGUMENTS…: a new container of the pod. Its processes run as PID 1 without a handler for SIGTERM;
# a polite stop would take Docker's ten seconds.
run() {
  name=$1 spec=$2
  shift 2
  [ -z "$(state_of "$name")" ] || docker rm --force "$name" > /dev/null
  docker run --detach --name "$name" --restart always --stop-signal KILL \
    --label "dev.podlab.pod=$POD" --label "dev.podlab.spec=$spec" "$@" > /dev/null
}

# each_app COMMAND: COMMAND NAME ARGS for every app container.
each_app() {
  number=0
  for app in $APPS; do
    number=$((number + 1))
    eval "args=\$ARGS_$number"
    # shellcheck disable=SC2154 # eval sets it
    "$1" "$app" "$args"
  done
}

apply_app() {
  spec=$(digest "$2")
  case $(state_of "$1") in
    "true $spec")
      # An app that outlived its pause container still sits in the dead one's namespace.
      [ "$(netns_of "$1")" = "$(netns_of "$PAUSE")" ] || docker restart --time 0 "$1" > /dev/null
      ;;
    "false $spec") docker start "$1" > /dev/null ;;
    *)
      eval "set -- \"\$1\" $2"
      name=$1
      shift
      run "$name" "$spec" --network "container:$PAUSE" "$@"
      ;;
  esac
}

apply() {
  look
  for stray in $(strays); do docker rm --force "$stray" > /dev/null; done
  case $(state_of "$PAUSE") in
    "true $PAUSE_DIGEST") ;;
    "false $PAUSE_DIGEST") docker start "$PAUSE" > /dev/null; look ;;
    *)
      # icmp_ratemask: as on the nodes (components/node.ts, address6.sh), so that every closed UDP port says so.
      run "$PAUSE" "$PAUSE_DIGEST" --hostname "$POD" --network "$NETWORK" ${ADDRESS:+--ip "$ADDRESS"} \
        ${ADDRESS6:+--ip6 "$ADDRESS6" --sysctl net.ipv6.icmp.ratemask=255} \
        --sysctl net.ipv4.icmp_ratemask=0 "$IMAGE" sleep infinity
      # Apps that are there already are compared with the new pause container.
      [ -z "$TABLE" ] || look
      ;;
  esac
  each_app apply_app
}

check_app() {
  same "container $1" "true $(digest "$2")" "$(state_of "$1")"
  same "$1 in the network namespace of $PAUSE," "$(netns_of "$PAUSE")" "$(netns_of "$1")"
}

check() {
  look
  same "container $PAUSE" "true $PAUSE_DIGEST" "$(state_of "$PAUSE")"
  each_app check_app
  found=$(strays | xargs)
  [ -z "$found" ] || drift 'no other container in the pod' "$found"
}

remove() {
  APPS='' PAUSE='-'
  look
  for stray in $(strays); do docker rm --force "$stray" > /dev/null; done
}
