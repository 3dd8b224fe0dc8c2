#!/usr/bin/env python3
"""The log-mel error once more, by other code: sounds of a corpus through the program, compared with NumPy alone.

    python3 tests/python/recompute_log_mel.py --heptode target/release/heptode --pack models/factory --corpus CORPUS --report report.json --count 30

Renders held-out sounds with `heptode reconstruct --via frames|latent|residual`, computes the error as log_mel_golden.py defines it, and
prints it beside what `trainer eval` said of the same sounds in its report. Needs NumPy.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy

from log_mel_golden import LENGTH, error

WAYS = {"frames": "true frames → audio", "latent": "seven latents → audio", "residual": "latents + residual → audio"}


def read(path):
    """Samples of a mono WAV file of 16 or 32 bits, integer or float, at most two seconds, the rest silence."""
    data = pathlib.Path(path).read_bytes()
    at = data.index(b"fmt ") + 8
    kind, bits = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 14 : at + 16], "little")
    kind = int.from_bytes(data[at + 24 : at + 26], "little") if kind == 0xFFFE else kind
    size_at = data.index(b"data") + 4
    body = data[size_at + 4 : size_at + 4 + int.from_bytes(data[size_at : size_at + 4], "little")]
    form = {(3, 32): "<f4", (1, 16): "<i2", (1, 32): "<i4"}[(kind, bits)]
    samples = numpy.frombuffer(body, form).astype(float)[:LENGTH]
    return numpy.pad(samples, (0, LENGTH - len(samples)))


def remake(options, item, via, out):
    command = [options.heptode, "reconstruct", str(options.corpus / item["file"]), "--via", via, "--key", str(item["key"])]
    subprocess.run(command + ["--region", "0", "--pack", options.pack, "--out", str(out)], check=True, capture_output=True)
    return read(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heptode", default="target/release/heptode")
    parser.add_argument("--pack", default="models/factory")
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--split", default="held-out")
    parser.add_argument("--count", type=int, default=30)
    options = parser.parse_args()
    told = {(row["file"], row["way"]): row["log_mel_db"] for row in json.loads(options.report.read_text())["results"]}
    items = json.loads((options.corpus / "corpus.json").read_text())["items"]
    items = [item for item in items if item["split"] == options.split and (item["file"], WAYS["frames"]) in told]
    items = [items[n * len(items) // min(options.count, len(items))] for n in range(min(options.count, len(items)))]
    with tempfile.TemporaryDirectory() as folder:
        for via, way in WAYS.items():
            pairs = []
            for item in items:
                truth, made = read(options.corpus / item["file"]), remake(options, item, via, pathlib.Path(folder) / "made.wav")
                pairs.append((numpy.mean([error(truth, made, size) for size in (512, 2048, 8192)]), told[item["file"], way]))
            here, there = numpy.array(pairs).T
            apart = numpy.abs(here - there)
            print(f"{way}: {here.mean():.3f} dB here, {there.mean():.3f} dB in the report, {len(pairs)} sounds, apart {apart.mean():.3f}, at most {apart.max():.3f}")


if __name__ == "__main__":
    main()
