#!/usr/bin/env python3
"""Times the recurrence of a pack of kind `raw` beside a plain step mode of the same network in PyTorch, at batch 1 on one thread.

    python3 trainer/python/raw_speed.py raw.heptode --heptode target/release/heptode

Both make sounds of the same weights, one sample after the other; the rounds alternate. That the networks are the same is shown by the
bits that PyTorch's needs for each sample of a sound that Heptode has made: as many as the entropy of its distributions, or a little fewer
where the unlikeliest samples are left out.
"""

import argparse
import io
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

POOL = 4
LEVELS = 256
MU = 255.0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=pathlib.Path, help="a pack of kind raw, with mu-law levels")
    parser.add_argument("--heptode", type=pathlib.Path, required=True, help="the command line's program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000, help="samples of each round in PyTorch")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each round's sound in Heptode")
    return parser.parse_args()


def read_pack(torch, path):
    """The manifest, and the tensors by name: a header of JSON behind its length, then the values."""
    with zipfile.ZipFile(path) as archive:
        manifest, data = json.loads(archive.read("manifest.json")), archive.read("weights.safetensors")
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(body[start:end]), dtype=torch.float32)
            tensors[name] = values.reshape(entry["shape"])
    return manifest, tensors


class Network:
    """The network, one sample after the other."""

    def __init__(self, torch, manifest, tensors):
        self.torch, self.all = torch, tensors
        self.widths, self.blocks = manifest["network"]["widths"], manifest["network"]["blocks"]
        complexes = [name for name in tensors if name.endswith((".factors", ".outputs"))]
        self.complex = {name: torch.complex(*tensors[name]) for name in complexes}
        self.rest()

    def rest(self):
        zeros = self.torch.zeros
        self.states = {
            name: zeros(values.shape, dtype=self.torch.complex64)
            for name, values in self.complex.items()
            if name.endswith(".factors")
        }
        self.before = [zeros(POOL, width) for width in self.widths[:2]]
        self.from_below = [zeros(POOL, width) for width in self.widths[:2]]
        self.steps = 0

    def linear(self, name, x):
        return self.torch.nn.functional.linear(x, self.all[name + ".weight"], self.all[name + ".bias"])

    def norm(self, name, x):
        return self.torch.nn.functional.layer_norm(x, x.shape, self.all[name + ".gain"], self.all[name + ".bias"])

    def layers(self, level, x):
        functional, start = self.torch.nn.functional, x
        for block in range(self.blocks[level]):
            place = f"level{level}.block{block}."
            u = self.norm(place + "norm", x)
            state = self.complex[place + "factors"] * self.states[place + "factors"] + u[:, None]
            self.states[place + "factors"] = state
            y = (self.complex[place + "outputs"] * state).real.sum(-1) + self.all[place + "skip"] * u
            y = functional.silu(y)
            x = x + functional.glu(self.linear(place + "gate", y), 0)
            y = functional.silu(self.linear(place + "widen", self.norm(place + "feed_norm", x)))
            x = x + self.linear(place + "narrow", y)
        return x + start

    def enter(self, level, step, x):
        self.before[level][step % POOL] = x
        return self.layers(level, x + self.from_below[level][step % POOL])

    def step(self, heard, condition):
        """Logits of the next level after one that is heard."""
        top = self.enter(0, self.steps, self.all["embedding"][heard] + condition)
        self.steps += 1
        if self.steps % POOL == 0:
            step = self.steps // POOL - 1
            middle = self.enter(1, step, self.linear("down0", self.before[0].flatten()))
            if (step + 1) % POOL == 0:
                bottom = self.layers(2, self.linear("down1", self.before[1].flatten()))
                self.from_below[1] = self.linear("up1", bottom).view(POOL, -1)
            self.from_below[0] = self.linear("up0", middle).view(POOL, -1)
        return self.linear("head", self.norm("norm", top))


def level_of(sample):
    """The mu-law level of a sample, as `engine/src/pack/raw/quantisation.rs` has it."""
    curve = math.copysign(math.log1p(MU * min(abs(sample), 1.0)) / math.log1p(MU), sample)
    return min(max(round(curve * (LEVELS // 2)) + LEVELS // 2, 0), LEVELS - 1)


def torch_round(torch, network, condition, count):
    """Seconds in which PyTorch makes so many samples."""
    network.rest()
    level, started = LEVELS // 2, time.perf_counter()
    for _ in range(count):
        level = int(torch.multinomial(torch.softmax(network.step(level, condition), 0), 1))
    return time.perf_counter() - started


def heptode_round(options, weights, out, seconds):
    """Seconds and samples of a sound that Heptode makes."""
    command = [options.heptode, "raw", "--pack", options.pack, "--out", out, "--seconds", seconds, "--seed", 1, "--json"]
    command += ["--weights", ",".join(map(str, weights))] if weights else []
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"heptode failed: {result.stderr.strip()}")
    told = json.loads(result.stdout)
    return told["milliseconds"] / 1000, told["samples"]


def read_floats(path):
    """The samples of a WAV file of 32-bit floats."""
    stream = io.BytesIO(path.read_bytes())
    stream.seek(12)
    while header := stream.read(8):
        name, size = struct.unpack("<4sI", header)
        chunk = stream.read(size + size % 2)
        if name == b"data":
            return struct.unpack(f"<{size // 4}f", chunk[:size])
    sys.exit(f"{path} holds no samples")


def bits(torch, network, condition, samples):
    """Bits that the network needs for each sample, and the entropy of its distributions, on average."""
    network.rest()
    level, needed, entropy = LEVELS // 2, 0.0, 0.0
    for sample in samples:
        chances = torch.log_softmax(network.step(level, condition), 0)
        level = level_of(sample)
        needed -= float(chances[level]) / math.log(2)
        entropy -= float((chances.exp() * chances).sum()) / math.log(2)
    return needed / len(samples), entropy / len(samples)


def main():
    options = parse()
    try:
        import torch
    except (ImportError, OSError) as error:
        sys.exit(f"PyTorch cannot be loaded ({str(error).splitlines()[0]}); install it with `pip install torch==2.11.0`")
    torch.set_num_threads(1)
    manifest, tensors = read_pack(torch, options.pack)
    if manifest["quantisation"] != "mu-law":
        sys.exit(f"{options.pack} has the quantisation {manifest['quantisation']}; only packs with mu-law levels are timed")
    weights = [1] * len(manifest["classes"])
    network = Network(torch, manifest, tensors)
    condition = tensors["classes"].mean(0) if weights else torch.zeros(network.widths[0])
    count = sum(values.numel() for values in tensors.values())
    print(f"{count} values, widths {network.widths}, blocks {network.blocks}, PyTorch {torch.__version__}, one thread each")
    print("round    samples/s PyTorch    samples/s Heptode    ratio")
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        out = pathlib.Path(folder) / "out.wav"
        torch_round(torch, network, condition, 64)
        for number in range(1, options.rounds + 1):
            theirs = options.samples / torch_round(torch, network, condition, options.samples)
            seconds, made = heptode_round(options, weights, out, options.seconds)
            print(f"{number:>5}  {theirs:>19.0f}  {made / seconds:>19.0f}  {made / seconds / theirs:>7.0f}")
        needed, entropy = bits(torch, network, condition, read_floats(out)[: options.samples])
    print(f"PyTorch's network needs {needed:.3f} bits for a sample of Heptode's; the entropy of its distributions is {entropy:.3f}")


if __name__ == "__main__":
    main()
