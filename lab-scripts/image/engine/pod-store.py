"""pod-store.py ROOTFS STORE NAME: writes into STORE what an engine has in its data root once it has image NAME of the files in
ROOTFS, so that no host needs to import it: that takes half a second of processor time each, and an inode for each file.

The layer's directory is a link to ROOTFS, so all hosts share one copy of the files. The layout is that of Docker's overlay2 store
(moby: image/fs.go, layer/filestore.go, daemon/graphdriver/overlay2), the names are digests as the OCI image specification has them.
"""
import base64
import datetime
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
LINK = "PODIMAGE" * 3 + "PO"  # of 26 letters, as the driver draws them: it keeps the options of a mount short


def main(rootfs, store, name):
    shutil.rmtree(store, ignore_errors=True)  # of an image that this one is built on
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(rootfs, arcname=".")
        # A link's size is its target's length (lstat(2)).
        size = sum(len(member.linkname) if member.issym() else member.size for member in archive.getmembers())
    diff = digest(layer.getvalue())
    config = image_config("sha256:" + diff)
    image = digest(config)

    put(store, f"image/overlay2/imagedb/content/sha256/{image}", config)
    put(store, "image/overlay2/repositories.json", as_json({"Repositories": {name: {name + ":latest": "sha256:" + image}}}))
    # The chain's name is the layer's own where it is the only one.
    kept = f"image/overlay2/layerdb/sha256/{diff}"
    put(store, f"{kept}/diff", b"sha256:" + diff.encode())
    put(store, f"{kept}/size", str(size).encode())
    put(store, f"{kept}/cache-id", diff.encode())
    # What `docker save` puts the layer's archive together from; elsewhere and linked, for a host seldom needs these megabytes.
    whole = f"{store}.tar-split.json.gz"
    with gzip.GzipFile(whole, "w", mtime=0) as recipe:
        recipe.write(as_json({"type": 2, "payload": base64.b64encode(layer.getvalue()).decode(), "position": 0}))
    os.symlink(whole, f"{store}/{kept}/tar-split.json.gz")

    put(store, f"overlay2/{diff}/link", LINK.encode())
    os.symlink(rootfs, f"{store}/overlay2/{diff}/diff")
    os.makedirs(f"{store}/overlay2/l")
    os.symlink(f"../{diff}/diff", f"{store}/overlay2/l/{LINK}")


def image_config(diff_id):
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return as_json({
        "architecture": ARCHITECTURES.get(os.uname().machine, os.uname().machine),
        "os": "linux",
        "created": made,
        "config": {"Env": ["PATH=/bin"]},
        "history": [{"created": made, "comment": "the node image's pod files"}],
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    })


def put(store, path, content):
    whole = os.path.join(store, path)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    with open(whole, "wb") as file:
        file.write(content)


def as_json(value):
    return json.dumps(value).encode()


def digest(content):
    return hashlib.sha256(content).hexdigest()


main(*sys.argv[1:])
