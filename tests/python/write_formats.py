#!/usr/bin/env python3
"""Writes a sound in every form of WAV, AIFF, AU, CAF, Wave64 and FLAC that libsndfile knows and that needs no codec but G.711, and beside
each file what libsndfile reads from it, as mono 32-bit floats. usage: write_formats.py FOLDER"""
import os
import sys

import numpy as np
import soundfile as sf

folder = sys.argv[1]
PLAIN = ["PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
LOSSLESS = ["PCM_S8", "PCM_16", "PCM_24", "ALAC_16", "ALAC_20", "ALAC_24", "ALAC_32"]
rng = np.random.default_rng(7)
tone = 0.6 * np.cos(0.05 * np.arange(4097))
count = 0
for container in ["WAV", "WAVEX", "RF64", "AIFF", "AU", "CAF", "W64", "FLAC"]:
    for subtype in PLAIN + LOSSLESS[3:]:
        for endian in ["FILE", "LITTLE", "BIG"]:
            if not sf.check_format(container, subtype, endian):
                continue
            for channels, rate in [(1, 44100), (2, 96000), (3, 8000)]:
                # An odd number of frames; the first ones are no silence.
                noise = rng.uniform(-0.99, 0.99, (4097, channels))
                # The encoder of ALAC damages packets that it cannot compress, as FFmpeg reads them too: noise, and a packet of one frame.
                sound = (tone[:, None] + 0.001 * noise)[:4096] if subtype.startswith("ALAC") else noise
                path = os.path.join(folder, f"{container}-{subtype}-{endian}-{channels}")
                sf.write(path, sound, rate, subtype=subtype, endian=endian, format=container)
                read, found = sf.read(path, dtype="float64", always_2d=True)
                assert found == rate
                # Channels are single-precision numbers before they are mixed.
                mono = read.astype("<f4").astype("<f8").mean(axis=1).astype("<f4")
                mono.tofile(path + ".mono")
                count += 1
print(count)
