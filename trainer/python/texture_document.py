#!/usr/bin/env python3
"""Makes a texture by the document's method in plain PyTorch, and compares it with those of `heptode texture`: the time of each and how
far its statistics are from the recording's.

    python3 trainer/python/texture_document.py rain.wav --seconds 4 --out torch.wav --heptode target/release/heptode

The method: real and imaginary planes of the spectrogram go through eight layers of random filters side by side; at each frequency the products
of all pairs of filters, summed over time, are compared by norms, and Adam moves the planes of white noise until the loss stays the same.
The document does not name window, hop and rate of Adam. The statistics are those of McDermott and Simoncelli (2011), written here on their own.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SIDES = [3, 5, 7, 11, 15, 19, 23, 27]
# The search ends when the loss has changed by less over so many steps.
LEAST_CHANGE, PATIENCE = 0.0005, 100


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="WAV file for PyTorch's result")
    parser.add_argument("--seconds", type=float, default=4.0, help="of the result, and of the recording that is looked at")
    parser.add_argument("--filters", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=10.0, help="the search is stopped after so long")
    parser.add_argument("--fft", type=int, default=400, help="with --hop as TorchAudio's spectrogram has it, which the document uses")
    parser.add_argument("--hop", type=int, default=200)
    parser.add_argument("--rate", type=float, default=0.3, help="of Adam, for planes whose mean square is 1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heptode", type=pathlib.Path, help="the program, to make textures by pieces and by its own `document`")
    parser.add_argument("--document-steps", type=int, default=0, help="steps of `heptode texture --method document`; 0 leaves it out")
    return parser.parse_args()


def whole_size(size):
    """The next size that is a product of 2, 3 and 5."""
    rest = size
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return size if rest == 1 else whole_size(size + 1)


def search(torch, sound, options):
    """The texture of mono `sound`, the losses of all steps, and the seconds that it took."""
    torch.manual_seed(options.seed)
    window = torch.hann_window(options.fft)
    sizes = {"n_fft": options.fft, "hop_length": options.hop, "window": window}

    def planes(samples):
        spectrum = torch.view_as_real(torch.stft(samples, return_complex=True, **sizes)).permute(2, 0, 1)
        scale = spectrum.square().mean().sqrt()
        return spectrum / scale, scale

    def correlations(values, layer):
        """Convolution by FFT: the same as `conv2d` with zeros around, in less time."""
        side, kernel = layer
        real, imaginary = torch.fft.rfft2(values, s=padded)
        spectrum = real * kernel[:, 0] + imaginary * kernel[:, 1]
        found = torch.fft.irfft2(spectrum, s=padded)[:, side // 2 :, side // 2 :]
        found = torch.relu(found[:, : values.shape[1], : values.shape[2]]).permute(1, 0, 2)
        return found @ found.transpose(1, 2)

    started = time.perf_counter()
    wanted, scale = planes(sound)
    padded = [whole_size(size + SIDES[-1]) for size in wanted.shape[1:]]
    layers = []
    for side in SIDES:
        filters = torch.nn.Conv2d(2, options.filters, side, bias=False).weight.detach()
        layers.append((side, torch.fft.rfft2(filters, s=padded)))
    targets = [correlations(wanted, layer) for layer in layers]
    values = planes(torch.rand(len(sound)) - 0.5)[0].clone().requires_grad_(True)
    optimiser = torch.optim.Adam([values], lr=options.rate)
    losses = []
    while not losses or time.perf_counter() - started < 60 * options.minutes:
        optimiser.zero_grad()
        total = 0.0
        # One layer after the other, so that one layer's values are in memory at a time.
        for layer, target in zip(layers, targets):
            loss = (target - correlations(values, layer)).norm() / target.norm()
            loss.backward()
            total += loss.item()
        losses.append(total)
        optimiser.step()
        if len(losses) % 50 == 1:
            print(f"step {len(losses)}: loss {total:.4f}, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        if len(losses) > PATIENCE and abs(losses[-1 - PATIENCE] - total) < LEAST_CHANGE:
            break
    spectrum = torch.view_as_complex((values.detach() * scale).permute(1, 2, 0).contiguous())
    made = torch.istft(spectrum, length=len(sound), **sizes)
    return made.numpy(), losses, time.perf_counter() - started


def statistics(np, samples, rate_hz):
    """Moments, correlations and modulations of 30 cochlear envelopes at 400 Hz."""
    def erb(hz):
        return 9.265 * np.log(1 + hz / (24.7 * 9.265))

    length = len(samples)
    edges = np.linspace(erb(52), erb(min(9700, 0.47 * rate_hz)), 32)
    spectrum, numbers = np.fft.fft(samples), erb(np.abs(np.fft.fftfreq(length, 1 / rate_hz)))
    count = int(length * 400 / rate_hz)
    envelopes = []
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        gain = np.cos(np.clip((numbers - middle) / (high - low), -0.5, 0.5) * np.pi)
        gain[length // 2 + 1 :] = 0
        envelope = np.abs(np.fft.ifft(2 * spectrum * gain)) ** 0.3
        envelopes.append(np.maximum(np.fft.irfft(np.fft.rfft(envelope)[: count // 2 + 1], count) * count / length, 0))
    envelopes = np.array(envelopes)
    mean, deviation = envelopes.mean(1), envelopes.std(1) + 1e-12
    normal = (envelopes - mean[:, None]) / deviation[:, None]
    between = normal @ normal.T / count
    power, hz = np.abs(np.fft.rfft(normal)) ** 2, np.fft.rfftfreq(count, 1 / 400)
    centres = 0.5 * 400 ** (np.arange(20) / 19)
    shapes = [np.clip(1 - np.abs(np.log2(np.maximum(hz, 1e-9) / centre)) / 0.75, 0, 1) for centre in centres]
    modulation = [np.sqrt((power * shape**2).sum(1) * 2) / count for shape in shapes]
    steps = np.concatenate([np.diagonal(between, step) for step in (1, 2, 3, 5, 8, 11, 16, 21)])
    return [mean, (deviation / mean) ** 2, (normal**3).mean(1), (normal**4).mean(1), steps, np.ravel(modulation)]


def distance(np, one, other):
    norm = np.linalg.norm
    return float(np.mean([2 * norm(a - b) / (norm(a) + norm(b)) for a, b in zip(one, other)]))


def by_heptode(options, soundfile, folder, source, words):
    """Samples of `heptode texture`, its seconds, and what it tells of the search."""
    out = folder / "made.wav"
    command = [options.heptode, "texture", source, "--seconds", options.seconds, "--seed", options.seed, "--json", "--out", out, *words]
    started = time.perf_counter()
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"heptode failed: {result.stderr.strip()}")
    return soundfile.read(out)[0], time.perf_counter() - started, json.loads(result.stdout)["method"]


def main():
    options = parse()
    # Waiting threads must sleep on a machine with other work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import numpy as np
        import soundfile
        import torch
    except (ImportError, OSError) as error:
        sys.exit(f"a package is missing ({str(error).splitlines()[0]}); install with `pip install torch==2.11.0 numpy soundfile`")
    if not options.recording.is_file():
        sys.exit(f"there is no file {options.recording}")
    torch.set_num_threads(options.threads)
    sound, rate_hz = soundfile.read(options.recording, always_2d=True, frames=round(options.seconds * soundfile.info(options.recording).samplerate))
    sound = sound[:, 0]
    print(f"{options.recording.name}: {len(sound) / rate_hz:.2f} s, {options.threads} threads, PyTorch {torch.__version__}")
    made, losses, seconds = search(torch, torch.tensor(sound, dtype=torch.float32), options)
    soundfile.write(options.out, made, rate_hz, subtype="FLOAT")
    results = [("PyTorch", made, seconds, f"{len(losses)} steps, loss {losses[0]:.3f} to {losses[-1]:.3f}, {options.out}")]
    if options.heptode:
        with tempfile.TemporaryDirectory(prefix="heptode-texture-") as folder:
            source = pathlib.Path(folder) / "source.wav"
            soundfile.write(source, sound, rate_hz, subtype="FLOAT")
            runs = [("pieces", [])]
            if options.document_steps:
                runs.append(("document", ["--method", "document", "--filters", options.filters, "--steps", options.document_steps]))
            for name, words in runs:
                samples, took, told = by_heptode(options, soundfile, pathlib.Path(folder), source, words)
                loss = f"{told['steps']} steps, loss {told['first_loss']:.3f} to {told['last_loss']:.3f}" if "steps" in told else ""
                results.append((f"heptode {name}", samples, took, loss))
    middle, whole = len(sound) // 2, statistics(np, sound, rate_hz)
    halves = distance(np, statistics(np, sound[:middle], rate_hz), statistics(np, sound[middle : 2 * middle], rate_hz))
    print("method              seconds    distance    against halves    search")
    for name, samples, took, search_text in results:
        far = distance(np, whole, statistics(np, samples, rate_hz))
        print(f"{name:<18}  {took:>7.2f}  {far:>10.3f}  {far / halves:>16.2f}    {search_text}", flush=True)


if __name__ == "__main__":
    main()
