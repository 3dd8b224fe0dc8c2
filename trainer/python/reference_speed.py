#!/usr/bin/env python3
"""Trains the report's convolutional auto-encoder in PyTorch on the features that Heptode's trainer trains it on, and compares
losses and the time of an epoch.

    trainer reference features --corpus CORPUS --limit 200 --out features.f32
    python3 trainer/python/reference_speed.py features.f32 --trainer target/release/trainer --corpus CORPUS --limit 200

With --trainer the same epochs are trained there, one after the other, on the same sounds and with the same number of threads;
without it, only PyTorch's figures are printed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BINS, FRAMES, KERNELS = 1025, 83, 20
PARAMETERS = 13_621


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=pathlib.Path, help="file of `trainer reference features`")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trainer", type=pathlib.Path, help="the trainer's program")
    parser.add_argument("--corpus", type=pathlib.Path, help="the corpus that the features are of")
    parser.add_argument("--limit", type=int, default=0, help="as given to `trainer reference features`")
    return parser.parse_args()


def load(torch, path):
    values = BINS * FRAMES
    size = path.stat().st_size
    if size == 0 or size % (4 * values):
        sys.exit(f"{path} holds no features: its size is no multiple of {4 * values} bytes")
    data = torch.from_file(str(path), shared=False, size=size // 4, dtype=torch.float32)
    return data.view(-1, 1, BINS, FRAMES)


def build(torch):
    """The network as the report prints it; output padding gives back the rows and columns that a stride of 2 loses."""
    nn = torch.nn
    sizes = [(BINS, FRAMES), (BINS - 3, FRAMES - 3)]
    for _ in range(4):
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    encoder = [nn.Conv2d(1, KERNELS, 4)] + [nn.Conv2d(KERNELS, KERNELS, 2, stride=2) for _ in range(4)]
    decoder = []
    for wanted, have in zip(sizes[-2:0:-1], sizes[:1:-1]):
        padding = tuple(w - 2 * h for w, h in zip(wanted, have))
        decoder.append(nn.ConvTranspose2d(KERNELS, KERNELS, 2, stride=2, output_padding=padding))
    decoder.append(nn.ConvTranspose2d(KERNELS, 1, 4))
    network = nn.Sequential(*encoder, *decoder)
    count = sum(parameter.numel() for parameter in network.parameters())
    if count != PARAMETERS:
        sys.exit(f"the network has {count} parameters instead of {PARAMETERS}")
    return network


def train_here(torch, features, options):
    """Loss and seconds of every epoch."""
    torch.manual_seed(options.seed)
    network = build(torch)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate)
    figures = []
    for _ in range(options.epochs):
        started, total, batches = time.perf_counter(), 0.0, len(features) // options.batch
        order = torch.randperm(len(features))
        for index in range(batches):
            batch = features[order[index * options.batch : (index + 1) * options.batch]]
            loss = (network(batch) - batch).square().sum() / len(batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
        figures.append((total / batches, time.perf_counter() - started))
    return figures


def train_there(options):
    """The same of the trainer, from the log of a run of its own."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="heptode-speed-"))
    try:
        command = [options.trainer, "--threads", options.threads, "reference", "train", "--model", "stft-vae"]
        command += ["--corpus", options.corpus, "--out", work / "run", "--seed", options.seed, "--minutes", 1000]
        command += ["--epochs", options.epochs, "--batch", options.batch, "--rate", options.rate]
        command += ["--limit", options.limit, "--outer-only"]
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if result.returncode:
            sys.exit(f"the trainer failed: {result.stderr.strip()}")
        history = json.loads((work / "run" / "outer.json").read_text())["epochs"]
        return [(epoch["train"], epoch["train_s"]) for epoch in history]
    finally:
        shutil.rmtree(work)


def main():
    options = parse()
    if bool(options.trainer) != bool(options.corpus):
        sys.exit("--trainer and --corpus belong together")
    # Waiting threads must sleep on a machine with other work; the trainer sets the same for itself.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import torch
    except (ImportError, OSError) as error:
        sys.exit(f"PyTorch cannot be loaded ({str(error).splitlines()[0]}); install it with `pip install torch==2.11.0`")
    if not options.features.is_file():
        sys.exit(f"there is no file {options.features}; write it with `trainer reference features`")
    torch.set_num_threads(options.threads)
    features = load(torch, options.features)
    print(f"{len(features)} sounds, batches of {options.batch}, {options.threads} threads, PyTorch {torch.__version__}")
    here = train_here(torch, features, options)
    there = train_there(options) if options.trainer else [(float("nan"), float("nan"))] * options.epochs
    print("epoch    loss PyTorch    loss trainer    seconds PyTorch    seconds trainer    ratio")
    for epoch, ((loss, seconds), (our_loss, our_seconds)) in enumerate(zip(here, there), 1):
        ratio = our_seconds / seconds
        print(f"{epoch:>5}  {loss:>14.2f}  {our_loss:>14.2f}  {seconds:>17.2f}  {our_seconds:>17.2f}  {ratio:>7.3f}")


if __name__ == "__main__":
    main()
