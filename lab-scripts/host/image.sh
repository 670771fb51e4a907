# An image of the user's in the host's engine, brought from the machine's (components/unit.ts).   IMAGE=nginx:1.29

apply() {
  docker image inspect "$IMAGE" > /dev/null 2>&1 || {
    echo "image $IMAGE is not in the host's engine" >&2
    exit 1
  }
}

check() {
  docker image inspect "$IMAGE" > /dev/null 2>&1 || drift "image $IMAGE" nothing
}

remove() {
  docker image rm "$IMAGE" > /dev/null 2>&1 || true
}
