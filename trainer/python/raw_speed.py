#!/usr/bin/env python3
"""Times the recurrence of a pack of kind `raw` beside a plain step mode of the same network in PyTorch, at batch 1 on one thread.

    python3 trainer/python/raw_speed.py --heptode target/release/heptode             # the built-in pack

Both make sounds of the same weights, one sample after the other; the rounds alternate, and what counts is the time of the processor, so that
other programs on the machine change little: of Heptode's that of the whole program, its start included. That the networks are the same is shown by the
bits that PyTorch's needs for each sample of a sound that Heptode has made: as many as the entropy of its distributions, or a little fewer
where the unlikeliest samples are left out, and more without the levels or the sums that the network is told. Heptode draws the course of a sound's level from the pack's courses; so that PyTorch is told the
same one, both run a copy of the pack whose courses are all the same.
"""

import argparse
import hashlib
import io
import json
import math
import pathlib
import struct
import sys
import tempfile
import time

import packs

SHIPPED = pathlib.Path(__file__).parents[2] / "models" / "raw"
POOL = 4
LEVELS = 256
MU = 255.0
# As `engine/src/decode/raw/envelopes.rs` and `sums.rs` have them.
LOWEST_DB, STEP_DB, ENVELOPE_LEVELS = -90.0, 6.0, 16
MEMORIES_S, UNITS_S = (0.02, 0.1), (5e-4, 2.5e-4, 1e-4)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=pathlib.Path, nargs="?", default=SHIPPED, help="of kind raw; the built-in one if none is given")
    parser.add_argument("--heptode", type=pathlib.Path, required=True, help="the command line's program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=1000, help="samples of each round in PyTorch")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each round's sound in Heptode")
    return parser.parse_args()


def copy_with_one_course(pack, folder):
    """The pack in a folder, every course of levels the one of middle loudness."""
    manifest, (entries, body) = packs.manifest(pack), packs.split(packs.read(pack, packs.WEIGHTS))
    if "envelopes" in entries:
        start, end = entries["envelopes"]["data_offsets"]
        rows = entries["envelopes"]["shape"][0]
        size = (end - start) // rows
        courses = [body[place : place + size] for place in range(start, end, size)]
        middle = sorted(courses, key=lambda course: sum(struct.unpack(f"<{size // 4}f", course)))[rows // 2]
        body = body[:start] + rows * middle + body[end:]
    data = packs.joined(entries, body)
    manifest["files"][packs.WEIGHTS] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    folder.mkdir()
    (folder / packs.WEIGHTS).write_bytes(data)
    (folder / packs.MANIFEST).write_text(json.dumps(manifest))
    return folder


def read_pack(torch, pack):
    """The manifest, and the tensors by name."""
    entries, body = packs.split(packs.read(pack, packs.WEIGHTS))
    kinds, tensors = {"F32": torch.float32, "F16": torch.float16}, {}
    for name, entry in entries.items():
        start, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(body[start:end]), dtype=kinds[entry["dtype"]])
        tensors[name] = values.float().reshape(entry["shape"])
    return packs.manifest(pack), tensors


class Network:
    """The network, one sample after the other."""

    def __init__(self, torch, manifest, tensors):
        self.torch, self.all = torch, tensors
        self.widths, self.blocks = manifest["network"]["widths"], manifest["network"]["blocks"]
        self.classes = tensors["classes"].mean(0) if "classes" in tensors else torch.zeros(self.widths[0])
        self.frame = manifest["envelopes"]["frame_samples"] if "envelopes" in manifest else 0
        self.has_sums = "tilt.weight" in tensors
        self.course = tensors["envelopes"][0].tolist() if self.frame else []
        rate = manifest["sample_rate_hz"]
        decays = [math.exp(-1 / (memory * rate)) for memory in MEMORIES_S]
        self.decays = torch.tensor([*decays, 1.0], dtype=torch.float64)
        newest, middle, oldest = (1 / (unit * rate) for unit in UNITS_S)
        parts = [[newest, 0, 0], [-middle, middle, 0], [0, -oldest, oldest]]
        self.parts = torch.tensor(parts, dtype=torch.float64)
        self.samples = torch.tensor([sample_of(level) for level in range(LEVELS)], dtype=torch.float64)
        self.curve = (torch.arange(LEVELS) - LEVELS // 2) / (LEVELS // 2)
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
        self.sums, self.condition = zeros(3, dtype=self.torch.float64), self.classes
        self.steps = 0

    def take_level(self):
        """Takes the level of a frame in that begins now."""
        if not self.frame or self.steps % self.frame:
            return
        level = self.course[min(self.steps // self.frame, len(self.course) - 1)]
        place = min(max((level - LOWEST_DB) / STEP_DB, 0.0), ENVELOPE_LEVELS - 1.0)
        below = min(int(place), ENVELOPE_LEVELS - 2)
        table = self.all["envelope_table"]
        self.condition = self.classes + self.torch.lerp(table[below], table[below + 1], place - below)

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

    def step(self, heard):
        """Logits of the next level after one that is heard."""
        self.take_level()
        top = self.enter(0, self.steps, self.all["embedding"][heard] + self.condition)
        self.steps += 1
        if self.steps % POOL == 0:
            step = self.steps // POOL - 1
            middle = self.enter(1, step, self.linear("down0", self.before[0].flatten()))
            if (step + 1) % POOL == 0:
                bottom = self.layers(2, self.linear("down1", self.before[1].flatten()))
                self.from_below[1] = self.linear("up1", bottom).view(POOL, -1)
            self.from_below[0] = self.linear("up0", middle).view(POOL, -1)
        normed = self.norm("norm", top)
        logits = self.linear("head", normed)
        if not self.has_sums:
            return logits
        self.sums = self.sums * self.decays + self.samples[heard]
        return logits + self.torch.dot(self.linear("tilt", normed), (self.parts @ self.sums).float()) * self.curve


def level_of(sample):
    """The mu-law level of a sample, as `engine/src/pack/raw/quantisation.rs` has it."""
    curve = math.copysign(math.log1p(MU * min(abs(sample), 1.0)) / math.log1p(MU), sample)
    return min(max(round(curve * (LEVELS // 2)) + LEVELS // 2, 0), LEVELS - 1)


def sample_of(level):
    """The sample of a mu-law level."""
    curve = (level - LEVELS // 2) / (LEVELS // 2)
    return math.copysign(math.expm1(abs(curve) * math.log1p(MU)) / MU, curve)


def torch_round(torch, network, count):
    """Seconds of the processor in which PyTorch makes so many samples."""
    network.rest()
    level, started = LEVELS // 2, time.process_time()
    for _ in range(count):
        level = int(torch.multinomial(torch.softmax(network.step(level), 0), 1))
    return time.process_time() - started


def heptode_round(options, pack, weights, out):
    """Seconds of the processor, and the samples, of a sound that Heptode makes."""
    command = [options.heptode, "raw", "--pack", pack, "--out", out, "--seconds", options.seconds, "--seed", 1, "--json"]
    command += ["--weights", ",".join(map(str, weights))] if weights else []
    told, seconds = packs.timed(command)
    return seconds, told["samples"]


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


def bits(torch, network, samples):
    """Bits that the network needs for each sample, and the entropy of its distributions, on average."""
    network.rest()
    level, needed, entropy = LEVELS // 2, 0.0, 0.0
    for sample in samples:
        chances = torch.log_softmax(network.step(level), 0)
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
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        folder = pathlib.Path(folder)
        pack, out = copy_with_one_course(options.pack, folder / "pack"), folder / "out.wav"
        manifest, tensors = read_pack(torch, pack)
        if manifest["quantisation"] != "mu-law":
            sys.exit(f"{options.pack} has the quantisation {manifest['quantisation']}; only packs with mu-law levels are timed")
        weights = [1] * len(manifest["classes"])
        network = Network(torch, manifest, tensors)
        count = sum(values.numel() for values in tensors.values())
        print(f"{count} values, widths {network.widths}, blocks {network.blocks}, PyTorch {torch.__version__}, one thread each")
        print("round    samples/s PyTorch    samples/s Heptode    ratio")
        torch_round(torch, network, 64)
        for number in range(1, options.rounds + 1):
            theirs = options.samples / torch_round(torch, network, options.samples)
            seconds, made = heptode_round(options, pack, weights, out)
            print(f"{number:>5}  {theirs:>19.0f}  {made / seconds:>19.0f}  {made / seconds / theirs:>7.0f}", flush=True)
        samples = read_floats(out)[: options.samples]
        needed, entropy = bits(torch, network, samples)
        print(f"PyTorch's network needs {needed:.3f} bits for a sample of Heptode's; the entropy of its distributions is {entropy:.3f}")
        for name, without in ("levels", {"frame": 0}), ("sums", {"has_sums": False}):
            before = {key: getattr(network, key) for key in without}
            if all(before.values()):
                vars(network).update(without)
                print(f"without {name}: {bits(torch, network, samples)[0]:.3f} bits")
                vars(network).update(before)


if __name__ == "__main__":
    main()
