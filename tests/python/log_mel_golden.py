#!/usr/bin/env python3
"""The log-mel error by its definition, in NumPy alone: golden values for the tests of engine/src/measure/log_mel.rs.

    python3 tests/python/log_mel_golden.py

Both sounds mono, 44.1 kHz, 2 s, each divided by its peak; per transform size N magnitudes of a centred STFT (zeros outside), hop N/4,
periodic Hann, divided by N/4; 128 triangular bands, HTK mel scale, 20 Hz to 22 050 Hz, each of weight 1 in sum, a band without a bin
taking the nearest; 20 log10, floored at -80 dB; mean absolute difference over the frames in which either has a band above the floor.
"""

import numpy

RATE, LENGTH, BANDS, FLOOR = 44_100, 88_200, 128, -80.0


def sounds():
    """A decaying harmonic tone, and one of other harmonics with noise of a linear congruential generator."""
    time = numpy.arange(LENGTH) / RATE
    tone = lambda power: sum(numpy.sin(2 * numpy.pi * 220 * h * time) / h**power for h in range(1, 7)) * numpy.exp(-3 * time)
    state, noise = 1, numpy.empty(LENGTH)
    for n in range(LENGTH):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        noise[n] = state / 2**32 - 0.5
    other = tone(1.5) + 0.02 * noise * (time < 1)
    return tone(1.0), other


def bands(size):
    """Weights, [band, bin]."""
    mel = lambda hz: 2595 * numpy.log10(1 + hz / 700)
    edges = 700 * (10 ** (numpy.linspace(mel(20.0), mel(RATE / 2), BANDS + 2) / 2595) - 1)
    bins = numpy.arange(size // 2 + 1) * RATE / size
    weights = numpy.zeros((BANDS, len(bins)))
    for band, (low, middle, high) in enumerate(zip(edges, edges[1:], edges[2:])):
        weights[band] = numpy.maximum(0, numpy.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
        if weights[band].sum() == 0:
            weights[band, numpy.abs(bins - middle).argmin()] = 1
    return weights / weights.sum(axis=1, keepdims=True)


def levels(samples, size):
    """Band levels in dB, [frame, band]."""
    padded = numpy.pad(samples / numpy.abs(samples).max(), size // 2)
    window = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(size) / size)
    starts = range(0, len(padded) - size + 1, size // 4)
    magnitudes = numpy.abs(numpy.fft.rfft([padded[s : s + size] * window for s in starts])) / (size / 4)
    return numpy.maximum(20 * numpy.log10(numpy.maximum(magnitudes @ bands(size).T, 1e-9)), FLOOR)


def error(one, other, size):
    one, other = levels(one, size), levels(other, size)
    active = (numpy.maximum(one, other) > FLOOR).any(axis=1)
    return numpy.abs(one - other)[active].mean()


if __name__ == "__main__":
    one, other = sounds()
    print(", ".join(f"{error(one, other, size):.4f}" for size in (512, 2048, 8192)))
