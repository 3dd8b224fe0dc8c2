"""Unpacks from three PyPI wheels the part of libtorch that a program needs to train on a CPU.

usage: unpack_libtorch.py FOLDER WHEEL...
"""

import fnmatch
import os
import shutil
import sys
import zipfile

# (pattern inside a wheel, prefix to strip): headers keep their tree, libraries land flat in lib/.
HEADERS = "torch/include/"
LIBRARIES = [
    "torch/lib/libtorch_cpu.so",
    "torch/lib/libc10.so",
    "*/libgomp*.so*",
    "*/libcudart.so.13",
    "*/libcupti.so.13",
]


def target(name):
    """The path below the folder for a wheel's entry, or None if it is not wanted."""
    if name.startswith(HEADERS):
        return os.path.join("include", name[len(HEADERS):])
    if any(fnmatch.fnmatch(name, pattern) for pattern in LIBRARIES):
        return os.path.join("lib", os.path.basename(name))
    return None


def main():
    folder, wheels = sys.argv[1], sys.argv[2:]
    for wheel in wheels:
        print("unpacking", os.path.basename(wheel), flush=True)
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                path = None if entry.is_dir() else target(entry.filename)
                if path is None:
                    continue
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(entry) as source, open(path, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)


main()
