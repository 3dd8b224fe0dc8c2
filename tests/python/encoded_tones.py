#!/usr/bin/env python3
"""Makes the files of tests/inputs/encoded: a decaying tone at A3 (MIDI key 57) of 0.5 s, mono, 44.1 kHz, by encoders that share no
code with ours. Needs numpy, soundfile 0.14 (libsndfile: FLAC, MP3, Ogg Vorbis) and av 18 (FFmpeg: AAC).
usage: encoded_tones.py FOLDER"""
import pathlib
import sys

import av
import numpy as np
import soundfile as sf

RATE_HZ = 44_100

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
time_s = np.arange(RATE_HZ // 2) / RATE_HZ
tone = sum(np.sin(2 * np.pi * 220 * k * time_s) / k for k in range(1, 5))
tone *= np.exp(-1.5 * time_s) * np.minimum(1, time_s / 0.003)
tone *= 0.6 / abs(tone).max()

sf.write(folder / "tone.flac", tone, RATE_HZ, subtype="PCM_16")
sf.write(folder / "tone.mp3", tone, RATE_HZ, format="MP3")
sf.write(folder / "tone.ogg", tone, RATE_HZ, format="OGG", subtype="VORBIS")

with av.open(str(folder / "tone.m4a"), "w", format="ipod") as container:
    stream = container.add_stream("aac", rate=RATE_HZ, layout="mono")
    frame = av.AudioFrame.from_ndarray(tone.astype("f4")[None, :], format="fltp", layout="mono")
    frame.sample_rate = RATE_HZ
    fifo = av.AudioFifo()
    fifo.write(frame)
    while part := fifo.read(1024, partial=True):
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))
