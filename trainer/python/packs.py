"""Packs of Heptode for the scripts beside it: reads a folder, or one file, which is an archive, and times what a command makes of it."""

import json
import math
import pathlib
import resource
import struct
import subprocess
import sys
import zipfile

MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"


def read(pack, name):
    """The bytes of a file of a pack."""
    pack = pathlib.Path(pack)
    if pack.is_dir():
        return (pack / name).read_bytes()
    with zipfile.ZipFile(pack) as archive:
        return archive.read(name)


def manifest(pack):
    return json.loads(read(pack, MANIFEST))


def split(data):
    """What a file in the format safetensors says of its tensors, by name, and their values one after the other."""
    (length,) = struct.unpack("<Q", data[:8])
    entries = json.loads(data[8 : 8 + length])
    entries.pop("__metadata__", None)
    return entries, data[8 + length :]


def joined(entries, body):
    """The file of such tensors."""
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + body


def count(entries):
    """Number of values, whatever the bytes of one."""
    return sum(math.prod(entry["shape"]) for entry in entries.values())


def timed(command):
    """What a command tells as JSON, and the seconds of the processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        sys.exit(f"heptode failed: {result.stderr.strip()}")
    return json.loads(result.stdout), after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
