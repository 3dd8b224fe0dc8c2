#!/usr/bin/env python3
"""Makes an encoder file for `trainer foley-reference train --variant combined --encoder FILE` of a pretrained network of speech.

The network is the speaker encoder of Resemblyzer (Apache-2.0, https://github.com/resemble-ai/Resemblyzer): three LSTM layers of 256 over 40 mel
bands at 16 kHz. The file takes clips `[1, 96000]` at 24 kHz and gives `[1, 1023, 300]`: the outputs of the three layers and 255 values of the
projection, at the 300 frames of the combined embeddings. It is TorchScript, and shows what a file for another encoder has to do.

usage: pip install torch && pip install --no-deps resemblyzer; python foley_encoder.py OUT.pt
"""

import importlib.util
import math
import pathlib
import sys

import torch
from torch import nn

WIDTH = 256
BANDS = 40
RATE_HZ = 16_000
WINDOW = 400
HOP = 160
FRAMES = 300
ROWS = 1023
# Clips below this level are raised to it, as the network was trained.
LEVEL_DBFS = -30.0


def low_pass() -> torch.Tensor:
    """Windowed sinc at 48 kHz for twice up and three times down, 7.2 kHz, `[1, 1, 193]`."""
    place = torch.arange(-96, 97, dtype=torch.float64)
    sinc = torch.sinc(place * 2 * 7200 / 48_000) * torch.kaiser_window(193, periodic=False, beta=8.0, dtype=torch.float64)
    return (2 * sinc / sinc.sum()).float().view(1, 1, -1)


def mel_bank() -> torch.Tensor:
    """Triangles on Slaney's mel scale with equal areas, `[bands, bins]`."""

    def hz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)

    highest_mel = 15 + 27 * math.log(RATE_HZ / 2 / 1000) / math.log(6.4)
    edges = torch.tensor([hz(highest_mel * place / (BANDS + 1)) for place in range(BANDS + 2)])
    bins = torch.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp_min(0) * (2 / (edges[2:] - edges[:-2]))[:, None]


class Encoder(nn.Module):
    """Samples at 24 kHz, `[1, samples]`, to rows, `[1, 1023, 300]`."""

    def __init__(self, weights: dict):
        super().__init__()
        self.register_buffer("low_pass", low_pass())
        self.register_buffer("mel_bank", mel_bank())
        self.register_buffer("window", torch.hann_window(WINDOW))
        self.first, self.second, self.third = (
            nn.LSTM(BANDS if layer == 0 else WIDTH, WIDTH, batch_first=True) for layer in range(3)
        )
        for layer, lstm in enumerate((self.first, self.second, self.third)):
            names = [name for name, _ in lstm.named_parameters()]
            lstm.load_state_dict({name: weights[f"lstm.{name[:-1]}{layer}"] for name in names})
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.projection.load_state_dict({name: weights[f"linear.{name}"] for name in ("weight", "bias")})

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        stuffed = torch.stack([samples, torch.zeros_like(samples)], 2).view(1, 1, -1)
        at_rate = nn.functional.conv1d(stuffed, self.low_pass, stride=3, padding=96).view(1, -1)
        level = at_rate.square().mean().sqrt().clamp_min(1e-6)
        raised = at_rate * (10 ** (LEVEL_DBFS / 20) / level).clamp_min(1.0)
        spectrum = torch.stft(raised, WINDOW, HOP, window=self.window, return_complex=True)
        bands = torch.matmul(self.mel_bank, spectrum.abs().square()).transpose(1, 2)
        first, _ = self.first(bands)
        second, _ = self.second(first)
        third, _ = self.third(second)
        rows = torch.cat([first, second, third, torch.relu(self.projection(third))], 2).transpose(1, 2)
        return nn.functional.interpolate(rows[:, :ROWS], size=FRAMES, mode="linear")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    package = importlib.util.find_spec("resemblyzer")
    if package is None:
        sys.exit("the package resemblyzer is missing; run: pip install --no-deps resemblyzer")
    path = pathlib.Path(package.submodule_search_locations[0], "pretrained.pt")
    encoder = Encoder(torch.load(path, map_location="cpu", weights_only=True)["model_state"]).eval()
    noise = torch.randn(1, 96_000, generator=torch.Generator().manual_seed(1)) * 0.1
    with torch.no_grad():
        made = encoder(noise)
        traced = torch.jit.trace(encoder, noise)
    assert made.shape == (1, ROWS, FRAMES) and bool(made.isfinite().all()), made.shape
    traced.save(sys.argv[1])
    print(f"{sys.argv[1]}: [1, 96000] samples to {list(made.shape)}, values {made.min():.2f} to {made.max():.2f}")


main()
