"""Times the constant-Q transform there and back beside the packages nsgt and librosa, in turn, in one run on one thread.

    cargo build --release -p engine --example bench_constant_q
    OMP_NUM_THREADS=1 python3 tests/python/constant_q_peers.py target/release/examples/bench_constant_q

nsgt 0.19 needs its folder on PYTHONPATH and NumPy; with NumPy 2 replace `np.clip(M, 1, np.inf, out=M)` in it by `M = np.maximum(M, 1)`.
Prints one line for each: median in milliseconds of forward and inverse, plans made beforehand, and the error against the signal.
"""

import subprocess
import sys
import time

import numpy as np

RATE_HZ, LENGTH, LOW_HZ, BINS, OCTAVES = 44_100, 220_500, 32.703_195_662_574_83, 24, 9
ROUNDS, REPEATS = 5, 5


def timed(there_and_back, signal):
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        back = there_and_back(signal)
        times.append((time.perf_counter() - start) * 1000)
    back = np.asarray(back)[: len(signal)]
    return times, np.linalg.norm(back - signal[: len(back)]) / np.linalg.norm(signal)


def peers():
    try:
        from nsgt import NSGT, OctScale

        # Its scale of octaves takes the highest frequency instead of a number of octaves.
        transform = NSGT(OctScale(LOW_HZ, RATE_HZ / 2 - 1, BINS), RATE_HZ, LENGTH, real=True, matrixform=False)
        yield "nsgt", lambda signal: transform.backward(transform.forward(signal))
    except ImportError as error:
        print(f"nsgt left out: {error}")
    try:
        import librosa

        shape = dict(sr=RATE_HZ, fmin=LOW_HZ, bins_per_octave=BINS, hop_length=512)
        yield "librosa", lambda signal: librosa.icqt(
            librosa.cqt(signal, n_bins=BINS * OCTAVES, **shape), length=LENGTH, **shape
        )
    except ImportError as error:
        print(f"librosa left out: {error}")


def main():
    signal = np.random.default_rng(1).uniform(-1, 1, LENGTH)
    rows = {}
    others = list(peers())
    for _ in range(ROUNDS):
        out = subprocess.run([sys.argv[1], str(REPEATS)], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            kind, milliseconds, error = line.split()
            rows.setdefault(f"ours {kind}", []).append((float(milliseconds), float(error)))
        for name, there_and_back in others:
            times, error = timed(there_and_back, signal)
            rows.setdefault(name, []).extend((one, error) for one in times)
    for name, values in rows.items():
        print(f"{name:10} {np.median([one for one, _ in values]):8.2f} ms   relative error {values[0][1]:.2e}")


if __name__ == "__main__":
    main()
