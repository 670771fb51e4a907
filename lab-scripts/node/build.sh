#!/bin/sh
# build.sh NAME BASE: makes the image of all nodes, as kind makes its own:
# 1. packages, the pod image's files, the engine's settings (Dockerfile.engine);
# 2. a container of that runs the real engine once, which takes in the pod image; what it wrote is kept in the image;
# 3. agent and entrypoint (Dockerfile). A change of these makes only this part anew, which takes seconds.
set -eu

name=$1 base=$2
cd "$(dirname "$0")"
label=dev.podlab.role=image

# Named by all that goes into it, and how.
digest=$({ echo "$base"; find build.sh Dockerfile.engine install.sh packages.txt pod-rootfs.sh pod engine -type f ! -name start.sh | LC_ALL=C sort | xargs sha256sum; } | sha256sum | cut -c 1-12)
engine=podlab/engine:$digest

make_engine() {
  docker build --quiet --force-rm --label "$label" --build-arg "BASE=$base" --file Dockerfile.engine --tag "$engine-unseeded" .
  # What a host gets (infra/components/containers.ts). overlayfs does not stack on overlayfs: the engine's data needs a volume. Not by
  # --volume: commit would make one of every container of the image.
  container=$(docker create --label "$label" --network none \
    --cap-add NET_ADMIN --cap-add SYS_ADMIN --cap-add SYS_PTRACE \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --tmpfs /run --mount type=volume,target=/var/lib/docker "$engine-unseeded" podlab-make-seed /usr/local/share/podlab/seed.tar)
  docker start --attach "$container"
  docker commit --change "LABEL $label" --change 'CMD []' "$container" "$engine"
}

# The container of step 2 is no image's.
clean_up() {
  [ -z "${container:-}" ] || docker rm --force --volumes "$container"
  docker rmi --no-prune "$engine-unseeded"
}

docker image inspect "$engine" > /dev/null 2>&1 || {
  trap 'clean_up > /dev/null 2>&1' EXIT
  make_engine
}
docker build --quiet --force-rm --label "$label" --build-arg "ENGINE=$engine" --tag "$name" .
