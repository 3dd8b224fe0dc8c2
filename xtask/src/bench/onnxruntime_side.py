"""The other side of `cargo xtask bench`: the same graphs in ONNX Runtime, one thread.

usage: onnxruntime_side.py GRAPH_FOLDER MEL_BANDS VOCODER_FRAMES VOCODER_RUNS

Each line on standard input asks for five runs; the answer is one line of JSON with each graph's milliseconds.
"""

import json
import sys
import time

import numpy as np
import onnxruntime

RUNS = 5


def session(folder, name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(f"{folder}/{name}.onnx", options, providers=["CPUExecutionProvider"])


def timed(graph, inputs, times):
    started = time.perf_counter()
    for _ in range(times):
        graph.run(None, inputs)
    return 1e3 * (time.perf_counter() - started)


def main():
    folder, bands, frames, vocoder_runs = sys.argv[1], *map(int, sys.argv[2:5])
    random = np.random.default_rng(1)
    key = np.zeros((1, 1), np.float32)
    latent = random.standard_normal((1, 7)).astype(np.float32)
    mel = random.uniform(-1.0, 1.0, (1, bands, frames)).astype(np.float32)
    decoder, vocoder = session(folder, "decoder"), session(folder, "vocoder")
    print(json.dumps({"onnxruntime": onnxruntime.__version__}), flush=True)
    for _ in sys.stdin:
        rounds = []
        for _ in range(RUNS):
            rounds.append({
                "decoder": timed(decoder, {"latent": latent, "key": key}, 1),
                "vocoder": timed(vocoder, {"frames": mel, "key": key}, vocoder_runs),
            })
        print(json.dumps(rounds), flush=True)


main()
