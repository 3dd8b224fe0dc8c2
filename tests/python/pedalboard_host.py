"""Loads the VST3 in pedalboard, plays notes, and measures level, pitch and the effect of a knob.

usage: pedalboard_host.py BUNDLE.vst3 Z1,Z2,Z3,Z4,Z5,Z6,Z7 COUNT
       (knobs as the host's 0 to 1; number of the instrument's parameters)
"""

import sys
import time

import numpy as np
import pedalboard

RATE_HZ = 48_000
TOLERANCE_CENTS = 10.0
# Loading takes about half a second. A host that takes the MIDI controllers for parameters of the instrument needs 45 s and more.
LONGEST_LOAD_S = 10.0


def note(plugin, key, seconds=1.0):
    """One second of a held key, mono. The state of earlier notes is reset."""
    events = [(bytes([0x90, key, 100]), 0.0), (bytes([0x80, key, 0]), seconds)]
    audio = plugin(events, duration=seconds, sample_rate=RATE_HZ, num_channels=2, buffer_size=512, reset=True)
    assert np.isfinite(audio).all(), f"key {key}: samples that are not finite"
    assert np.array_equal(audio[0], audio[1]), f"key {key}: channels differ"
    return audio[0].astype(np.float64)


def level_db(samples):
    return 10.0 * np.log10(np.mean(samples**2) + 1e-20)


def offset_cents(samples, key):
    """Distance from the key's pitch by the best lag of the autocorrelation, within a semitone and a half."""
    samples = samples[RATE_HZ // 10:]
    period = RATE_HZ / (440.0 * 2.0 ** ((key - 69) / 12.0))
    spectrum = np.fft.rfft(samples, 2 * len(samples))
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)
    lags = np.arange(int(period * 0.917), int(period * 1.09) + 2)
    values = likeness[lags]
    best = int(np.clip(np.argmax(values), 1, len(lags) - 2))
    before, at, after = values[best - 1:best + 2]
    lag = lags[best] + 0.5 * (before - after) / (before - 2.0 * at + after)
    return 1200.0 * np.log2(period / lag)


def bands_db(samples):
    """Average levels in third-octave bands from 50 Hz."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1.0 / RATE_HZ)
    edges = 50.0 * 2.0 ** (np.arange(25) / 3.0)
    levels = [10.0 * np.log10(power[(hertz >= a) & (hertz < b)].sum() + 1e-20) for a, b in zip(edges, edges[1:])]
    return np.maximum(levels, max(levels) - 80.0)


def main():
    bundle, knobs = sys.argv[1], [float(value) for value in sys.argv[2].split(",")]
    started = time.monotonic()
    plugin = pedalboard.load_plugin(bundle)
    count = len(plugin.parameters)
    load_s = time.monotonic() - started
    print(f"pedalboard: loads in {load_s:.2f} s with {count} parameters")
    assert load_s < LONGEST_LOAD_S, f"loading takes {load_s:.1f} s"
    assert count == int(sys.argv[3]), f"{count} parameters in place of {sys.argv[3]}"
    assert plugin.is_instrument, "the plug-in does not say that it is an instrument"
    assert plugin.name == "Heptode", plugin.name
    for axis, value in enumerate(knobs, start=1):
        plugin.parameters[f"latent_{axis}"].raw_value = value
    # Without what a new instance does to its first sound: in the middle, and in one zone for each key.
    for name in ("width", "zone_crossfade"):
        plugin.parameters[name].raw_value = 0.0
    note(plugin, 60)
    for key in (60, 69):
        sound = note(plugin, key)
        level, cents = level_db(sound), offset_cents(sound, key)
        print(f"pedalboard: key {key}: {level:.1f} dB, {cents:+.2f} cents")
        assert -40.0 < level < 0.0, f"key {key}: {level:.1f} dB"
        assert abs(cents) < TOLERANCE_CENTS, f"key {key}: {cents:+.1f} cents off"
    before, again = note(plugin, 60), note(plugin, 60)
    plugin.parameters["latent_1"].raw_value = 0.85 if knobs[0] < 0.5 else 0.15
    note(plugin, 60)
    after = note(plugin, 60)
    same = np.mean(np.abs(bands_db(before) - bands_db(again)))
    changed = np.mean(np.abs(bands_db(before) - bands_db(after)))
    print(f"pedalboard: the same note twice differs by {same:.2f} dB, after turning knob 1 by {changed:.2f} dB")
    assert same < 0.5, f"the same note twice differs by {same:.2f} dB"
    assert changed > 1.0, f"knob 1 changes the sound by {changed:.2f} dB only"


main()
