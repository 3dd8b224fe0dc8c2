"""A peer of `cargo xtask bench`: what 32 sounding voices of FluidSynth cost. One thread.

usage: fluidsynth_side.py SOUND_FONT

Prints one line about the peer. Each line on standard input asks for a second of 32 notes; the answer is one line of JSON, a list
with one entry. Reverb and chorus are off, interpolation is 4-point. Calls the shared library of Debian's libfluidsynth3; a call
from Python takes a thousandth of the time of a block.
"""

import ctypes
import json
import sys
import time

SAMPLE_RATE_HZ = 48_000
BLOCK_SAMPLES = 256
# The same keys, velocity and program as in tests/bench/peers.rs.
KEYS = range(44, 76)
VELOCITY = 102
PROGRAM = 56
INTERPOLATION = 4
ALL_CHANNELS = -1
LENGTH_S = 1.0


def library():
    fluid = ctypes.CDLL("libfluidsynth.so.3")
    for constructor in ("new_fluid_settings", "new_fluid_synth"):
        getattr(fluid, constructor).restype = ctypes.c_void_p
    fluid.fluid_version_str.restype = ctypes.c_char_p
    return fluid


def synth_with(fluid, sound_font):
    settings = ctypes.c_void_p(fluid.new_fluid_settings())
    fluid.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(SAMPLE_RATE_HZ))
    for name, value in ((b"synth.polyphony", len(KEYS)), (b"synth.reverb.active", 0), (b"synth.chorus.active", 0)):
        fluid.fluid_settings_setint(settings, name, value)
    synth = ctypes.c_void_p(fluid.new_fluid_synth(settings))
    if fluid.fluid_synth_sfload(synth, sound_font.encode(), 1) < 0:
        raise SystemExit(f"FluidSynth cannot read {sound_font}")
    fluid.fluid_synth_set_interp_method(synth, ALL_CHANNELS, INTERPOLATION)
    fluid.fluid_synth_program_change(synth, 0, PROGRAM)
    return synth


def percent_of_a_core(fluid, synth):
    for key in KEYS:
        fluid.fluid_synth_noteon(synth, 0, key, VELOCITY)
    left, right = (ctypes.c_float * BLOCK_SAMPLES)(), (ctypes.c_float * BLOCK_SAMPLES)()
    blocks = int(LENGTH_S * SAMPLE_RATE_HZ) // BLOCK_SAMPLES
    started = time.perf_counter()
    for _ in range(blocks):
        fluid.fluid_synth_write_float(synth, BLOCK_SAMPLES, left, 0, 1, right, 0, 1)
    time_s = time.perf_counter() - started
    voices = fluid.fluid_synth_get_active_voice_count(synth)
    if voices != len(KEYS):
        raise SystemExit(f"{voices} voices sound instead of {len(KEYS)}")
    fluid.fluid_synth_all_sounds_off(synth, ALL_CHANNELS)
    return 100.0 * time_s * SAMPLE_RATE_HZ / (blocks * BLOCK_SAMPLES)


def main():
    fluid = library()
    synth = synth_with(fluid, sys.argv[1])
    name = f"FluidSynth {fluid.fluid_version_str().decode()}"
    print(json.dumps({"name": name, "interpolation": "4-point"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps([{"percent": percent_of_a_core(fluid, synth)}]), flush=True)


main()
