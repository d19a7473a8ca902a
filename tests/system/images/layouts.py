#!/usr/bin/python3
"""Writes OCI layouts that no tool would write: layouts.py DIRECTORY KIND OUTSIDE [NUMBER]. See the image layout and layer specifications of OCI."""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

directory, kind, outside = sys.argv[1:4]
number = int(sys.argv[4]) if len(sys.argv) > 4 else 0
os.makedirs(f"{directory}/blobs/sha256")


def blob(content):
    digest = hashlib.sha256(content).hexdigest()
    with open(f"{directory}/blobs/sha256/{digest}", "wb") as file:
        file.write(content)
    return digest


def entry(name, type=tarfile.REGTYPE, content=b"", **more):
    made = tarfile.TarInfo(name)
    made.type, made.size, made.mode = type, len(content), 0o755
    for key, value in more.items():
        setattr(made, key, value)
    return made, io.BytesIO(content)


ENTRIES = {
    "plain": lambda: [entry("etc/", tarfile.DIRTYPE), entry("etc/hello", content=b"hello\n")],
    "absolute": lambda: [entry(f"{outside}/absolute", content=b"x")],
    "dotdot": lambda: [entry("../" * 30 + f"{outside[1:]}/dotdot", content=b"x")],
    "hard-link": lambda: [entry("h", tarfile.LNKTYPE, linkname=f"{'../' * 30}{outside[1:]}/target"), entry("h", content=b"x")],
    "through-link": lambda: [entry("out", tarfile.SYMTYPE, linkname=outside), entry("out/through", content=b"x")],
    "link-as-etc": lambda: [entry("etc", tarfile.SYMTYPE, linkname=outside), entry("dev", tarfile.SYMTYPE, linkname=outside), entry("tmp", tarfile.SYMTYPE, linkname=outside)],
    "device": lambda: [entry("disk", tarfile.BLKTYPE, devmajor=254, devminor=0, mode=0o666), entry("mem", tarfile.CHRTYPE, devmajor=1, devminor=1, mode=0o666), entry("pipe", tarfile.FIFOTYPE)],
    "set-id": lambda: [entry("bin/", tarfile.DIRTYPE), entry("bin/s", content=b"#!/bin/sh\n", mode=0o6755)],
    "whiteout": lambda: [entry(".wh...", content=b""), entry("../.wh.target", content=b"")],
    "bomb": lambda: [entry("zeros", content=bytes(number))],
    "files": lambda: [entry(f"d/{i}") for i in range(number)],
    "deep": lambda: [entry("/".join(["d"] * i) + "/", tarfile.DIRTYPE) for i in range(1, number)],
    "unreadable": lambda: [entry("shut/", tarfile.DIRTYPE, mode=0), entry("shut/in", content=b"x", mode=0)],
}


def layer():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for made, content in ENTRIES[kind]():
            tar.addfile(made, content)
    return packed.getvalue()


if kind in ENTRIES:
    plain = layer()
else:
    plain, kind = b"no tar at all" * 100, "garbage"
compressed = gzip.compress(plain, 9)
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]}}).encode()
manifest = json.dumps({
    "schemaVersion": 2,
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + blob(config), "size": len(config)},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + blob(compressed), "size": len(compressed)}],
}).encode()
index = {"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + blob(manifest), "size": len(manifest), "annotations": {"org.opencontainers.image.ref.name": "it"}}]}
with open(f"{directory}/index.json", "w") as file:
    json.dump(index, file)
with open(f"{directory}/oci-layout", "w") as file:
    file.write('{"imageLayoutVersion": "1.0.0"}')
