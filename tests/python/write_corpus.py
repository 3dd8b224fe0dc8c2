#!/usr/bin/env python3
"""Writes the small audio files that `fuzz_files.rs` changes, one of each container and codec. Those that libsndfile does not write come from
FFmpeg. Needs soundfile and imageio-ffmpeg. usage: write_corpus.py FOLDER"""
import os
import struct
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import soundfile as sf

folder = sys.argv[1]
RATE = 22050
t = np.arange(1800) / RATE
sound = 0.6 * np.sin(2 * np.pi * 440 * t) * np.exp(-9 * t)
stereo = np.stack([sound, 0.5 * sound], 1)


def path(name):
    return os.path.join(folder, name)


def chunk(tag, body, order="<"):
    return tag + struct.pack(order + "I", len(body)) + body + b"\0" * (len(body) % 2)


def insert(name, extra, order="<"):
    """Chunks behind all others."""
    whole = open(path(name), "rb").read() + extra
    with open(path(name), "wb") as file:
        file.write(whole[:4] + struct.pack(order + "I", len(whole) - 8) + whole[8:])


for name, kind, subtype, data in [
    ("pcm.wav", "WAV", "PCM_16", sound), ("extensible.wav", "WAVEX", "PCM_24", stereo), ("long.rf64", "RF64", "FLOAT", sound),
    ("wave64.w64", "W64", "PCM_16", sound), ("pcm.aiff", "AIFF", "PCM_16", sound), ("float.aifc", "AIFF", "FLOAT", stereo),
    ("pcm.au", "AU", "PCM_16", sound), ("pcm.caf", "CAF", "PCM_24", sound), ("alac.caf", "CAF", "ALAC_16", stereo),
    ("whole.flac", "FLAC", "PCM_16", stereo), ("vorbis.ogg", "OGG", "VORBIS", sound), ("lame.mp3", "MP3", "MPEG_LAYER_III", stereo),
]:
    sf.write(path(name), data, RATE, format=kind, subtype=subtype)
insert("pcm.wav", chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Encoder\0")) + chunk(b"smpl", struct.pack("<9I", 0, 0, 45351, 69, 0, 0, 0, 0, 0)))
insert("pcm.aiff", chunk(b"INST", struct.pack(">bbbbbbh12x", 69, 0, 0, 127, 1, 127, 0), ">"), ">")
with open(path("whole.flac"), "ab") as file:
    file.write(b"TAG" + b" " * 125)
for name, options in [
    ("aac.m4a", ["-c:a", "aac"]), ("alac.m4a", ["-c:a", "alac"]), ("adts.aac", ["-c:a", "aac"]), ("flac.oga", ["-c:a", "flac"]),
    ("mp3.wav", ["-c:a", "libmp3lame"]),
]:
    encoder = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", path("extensible.wav"), *options, path(name)]
    subprocess.run(encoder, check=True, stdin=subprocess.DEVNULL)
