#!/usr/bin/env python3
"""Redoes the experiment of the footstep document by Heptode's transform and by librosa's, and writes a table and a picture.

    pip install numpy librosa soundfile matplotlib
    python3 trainer/python/footsteps_page.py --corpus data/footsteps --out models/footsteps

Each of a number of held-out footsteps goes through: the transform and back; its magnitudes alone and back; the pack's seven latents and
back. Random and superposed sounds of the pack follow. What librosa makes of the model is made from its magnitudes of what the model decodes.
Prints Markdown; the picture is `figures.png`.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import librosa
import matplotlib
import numpy as np
import soundfile

matplotlib.use("Agg")
import matplotlib.pyplot as plt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/python"))
from log_mel_golden import LENGTH, error  # noqa: E402

RATE_HZ, SAMPLES, HOP = 44_100, 73_728, 512
SHAPE = dict(sr=RATE_HZ, fmin=32.703195662574830, bins_per_octave=16, hop_length=HOP)
BANDS, ITERATIONS = 144, 32
# Levels are compared over 50 ms, down to 60 dB below the loudest.
WINDOW, DEPTH_DB = 2_205, 60.0


def read(path):
    samples = soundfile.read(path)[0][:SAMPLES].astype(float)
    return np.pad(samples, (0, SAMPLES - len(samples)))


def log_mel_db(one, other):
    padded = [np.pad(samples / max(1e-9, np.abs(samples).max()), (0, LENGTH - SAMPLES)) for samples in (one, other)]
    return float(np.mean([error(*padded, size) for size in (512, 2048, 8192)]))


def levels_db(samples):
    windows = samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)
    return 10 * np.log10((windows**2).mean(1) / max(1e-12, np.abs(samples).max() ** 2) + 1e-12)


def envelope_db(one, other):
    floor = levels_db(one).max() - DEPTH_DB
    return float(np.abs(np.maximum(levels_db(one), floor) - np.maximum(levels_db(other), floor)).mean())


def signal_db(one, other):
    return float(10 * np.log10((one**2).sum() / max(1e-30, ((one - other) ** 2).sum())))


class Heptode:
    def __init__(self, program, pack, folder):
        self.program, self.pack, self.folder = program, pack, pathlib.Path(folder)

    def run(self, *words):
        out = self.folder / "out.wav"
        subprocess.run([self.program, *map(str, words), "--out", str(out)], check=True, capture_output=True)
        return read(out)

    def play(self, *words):
        return self.run(*words, "--pack", self.pack)


def by_librosa(samples):
    transform = librosa.cqt(samples, n_bins=BANDS, **SHAPE)
    return librosa.icqt(transform, length=SAMPLES, **SHAPE)


def magnitudes_by_librosa(samples):
    magnitudes = np.abs(librosa.cqt(samples, n_bins=BANDS, **SHAPE))
    made = librosa.griffinlim_cqt(magnitudes, n_iter=ITERATIONS, random_state=1, length=SAMPLES, **SHAPE)
    return np.nan_to_num(made)


def ways(heptode, file, samples):
    decoded = heptode.play("reconstruct", file, "--via", "latent", "--key", 60, "--region", 0)
    yield "transform there and back", "librosa", by_librosa(samples)
    yield "transform there and back", "ours", heptode.run("cqt", file)[:SAMPLES]
    yield "magnitudes alone", "librosa", magnitudes_by_librosa(samples)
    yield "magnitudes alone", "ours, windows of at least 80 Hz", heptode.run("cqt", file, "--magnitude-only", "--iterations", ITERATIONS)
    yield "magnitudes alone", "ours, the pack's bands", heptode.play("reconstruct", file, "--via", "frames", "--key", 60, "--region", 0)
    yield "model", "librosa", magnitudes_by_librosa(decoded)
    yield "model", "ours", decoded


def picture(rows, path):
    figure, axes = plt.subplots(len(rows), 1, figsize=(7, 1.55 * len(rows)), sharex=True)
    for axis, (title, samples) in zip(axes, rows):
        levels = librosa.amplitude_to_db(np.abs(librosa.stft(samples, n_fft=1024, hop_length=128)), ref=np.max, top_db=80)
        axis.imshow(levels, origin="lower", aspect="auto", extent=(0, SAMPLES / RATE_HZ, 0, RATE_HZ / 2000), cmap="magma", vmin=-80)
        axis.set_title(title, fontsize=8, loc="left", pad=2)
        axis.tick_params(labelsize=6)
        axis.set_ylabel("kHz", fontsize=6)
    axes[-1].set_xlabel("seconds", fontsize=6)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heptode", default="target/release/heptode")
    parser.add_argument("--pack", default="footsteps")
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    items = json.loads((options.corpus / "corpus.json").read_text())["items"]
    items = [item for item in items if item["split"] == "held-out"]
    items = [items[n * len(items) // options.count] for n in range(options.count)]
    table, shown = {}, []
    with tempfile.TemporaryDirectory() as folder:
        heptode = Heptode(options.heptode, options.pack, folder)
        for number, item in enumerate(items):
            file = options.corpus / item["file"]
            samples = read(file)
            if number == 0:
                shown.append((f"{item['name']}, as generated", samples))
            for what, by, made in ways(heptode, file, samples):
                figures = (signal_db(samples, made), log_mel_db(samples, made), envelope_db(samples, made))
                table.setdefault((what, by), []).append(figures)
                if number == 0:
                    shown.append((f"{what}, {by}", made))
        names = [sound["name"] for sound in json.loads((options.out / "manifest.json").read_text())["sounds"]]
        pair = [names[0], next(name for name in names if name.startswith("Metal"))]
        shown.append((f"random, seed 4", heptode.play("render", "--random", 4)))
        shown.append((f"superposed: {pair[0]} and {pair[1]}", heptode.play("blend", *pair, "--weights", "1,1")))
    print(f"| {len(items)} held-out footsteps | by | signal to error, dB | log-mel error, dB | envelope error, dB |\n|---|---|---:|---:|---:|")
    for (what, by), figures in table.items():
        signal, log_mel, envelope = np.mean(figures, 0)
        print(f"| {what} | {by} | {signal:.1f} | {log_mel:.2f} | {envelope:.2f} |")
    picture(shown, options.out / "figures.png")


if __name__ == "__main__":
    main()
