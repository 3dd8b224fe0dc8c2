#!/usr/bin/env python3
"""Times `heptode foley` beside the sampling loop of the DCASE 2023 foley systems in PyTorch, at batch 1 on one thread.

    python3 trainer/python/foley_speed.py --heptode target/release/heptode          # the built-in pack

PyTorch draws the 20 x 86 codes of a clip of four seconds by a PixelSNAIL of as many weights as the pack's prior has, and runs it over all rows
so far for each code, as those systems do. Its time is that of the codes alone, without decoder and vocoder; Heptode's is of whole clips. The
weights are random: they do not change the time. The rounds alternate, and what counts is the time of the processor, so that other programs on the
machine change little: of Heptode's that of the whole program, its start included.
"""

import argparse
import pathlib
import sys
import tempfile
import time

import packs

SHIPPED = pathlib.Path(__file__).parents[2] / "models" / "foley"
ROWS, COLUMNS, CODES = 20, 86, 512
CLASSES, KERNEL, BLOCKS, GATED, HEADS = 7, 5, 4, 4, 2


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=pathlib.Path, nargs="?", help="a pack of kind foley; the built-in one if none is given")
    parser.add_argument("--heptode", type=pathlib.Path, required=True, help="the command line's program")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="run PyTorch for each nth code only, and count it n times")
    parser.add_argument("--clips", type=int, default=8, help="clips of each round in Heptode")
    return parser.parse_args()


def prior_values(pack):
    """Number of values of the pack's prior: all of its weights but the tables of codes."""
    entries, _ = packs.split(packs.read(pack, packs.WEIGHTS))
    entries.pop("codes")
    return packs.count(entries)


def network(torch, channels):
    """A PixelSNAIL: gated causal convolutions with causal attention behind each block, conditioned on a map of the class."""
    nn, functional = torch.nn, torch.nn.functional

    class Gated(nn.Module):
        def __init__(self, outside, inside, kernel, beside=0):
            super().__init__()
            self.pads = (kernel // 2, kernel // 2, kernel - 1, 0)
            self.first = nn.Conv2d(outside, inside, kernel)
            self.second = nn.Conv2d(inside, 2 * outside, kernel)
            self.beside = nn.Conv2d(beside, inside, 1) if beside else None
            self.class_map = nn.Conv2d(1, 2 * outside, 1, bias=False) if kernel > 1 else None
            if kernel > 1:
                # Results depend on no later position of their row; the masked weights stay 0, since nothing is trained here.
                with torch.no_grad():
                    for layer in (self.first, self.second):
                        layer.weight[:, :, -1, kernel // 2 :] = 0

        def forward(self, x, beside=None, class_map=None):
            inside = self.first(functional.pad(functional.elu(x), self.pads))
            if beside is not None:
                inside = inside + self.beside(functional.elu(beside))
            made = self.second(functional.pad(functional.elu(inside), self.pads))
            if class_map is not None:
                made = made + self.class_map(class_map)
            return functional.glu(made, 1) + x

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            asked, heard = channels + 2, 2 * channels + 2
            self.gated = nn.ModuleList([Gated(channels, channels, KERNEL) for _ in range(GATED)])
            self.key, self.query = Gated(heard, channels, 1), Gated(asked, channels, 1)
            self.lines = nn.ModuleList([nn.Linear(count, channels // 2) for count in (asked, heard, heard)])
            self.out = Gated(channels, channels, 1, channels // 2)

        def forward(self, x, places, class_map):
            made = x
            for gated in self.gated:
                made = gated(made, class_map=class_map)
            heard, asked = self.key(torch.cat([x, made, places], 1)), self.query(torch.cat([made, places], 1))
            inputs = [part.flatten(2).transpose(1, 2) for part in (asked, heard, heard)]
            parts = [line(part).unflatten(2, (HEADS, -1)).transpose(1, 2) for line, part in zip(self.lines, inputs)]
            found = functional.scaled_dot_product_attention(*parts, is_causal=True).transpose(1, 2).flatten(2)
            return self.out(made, beside=found.transpose(1, 2).unflatten(2, x.shape[2:]))

    class PixelSnail(nn.Module):
        def __init__(self):
            super().__init__()
            self.above = nn.Conv2d(CODES, channels, (KERNEL // 2, KERNEL))
            self.left = nn.Conv2d(CODES, channels, ((KERNEL + 1) // 2, KERNEL // 2))
            self.blocks = nn.ModuleList([Block() for _ in range(BLOCKS)])
            self.head = nn.Conv2d(channels, CODES, 1)
            down, right = torch.linspace(-0.5, 0.5, ROWS), torch.linspace(-0.5, 0.5, COLUMNS)
            self.places = torch.stack(torch.meshgrid(down, right, indexing="ij"))[None]
            self.class_maps = nn.Parameter(torch.randn(CLASSES, 1, ROWS, COLUMNS))

        def forward(self, codes, label):
            rows, side = codes.shape[1], KERNEL // 2
            told = functional.one_hot(codes, CODES).permute(0, 3, 1, 2).float()
            above = functional.pad(self.above(functional.pad(told, (side, side, side - 1, 0))), (0, 0, 1, 0))[:, :, :rows]
            left = self.left(functional.pad(told, (side - 1, 0, (KERNEL + 1) // 2 - 1, 0)))
            x = above + functional.pad(left, (1, 0))[..., :COLUMNS]
            class_map, places = self.class_maps[label : label + 1, :, :rows], self.places[:, :, :rows]
            for block in self.blocks:
                x = block(x, places, class_map)
            return self.head(functional.elu(x))

    return PixelSnail()


def values(model):
    return sum(parameter.numel() for parameter in model.parameters())


def of_size(torch, wanted):
    """The network whose number of values is nearest to that."""
    channels = 8
    while values(network(torch, channels)) < wanted:
        channels += 4
    counted = [(abs(values(network(torch, near)) - wanted), near) for near in (channels - 4, channels)]
    return network(torch, min(counted)[1])


def torch_round(torch, model, every):
    """Seconds of the processor in which PyTorch draws the codes of a clip."""
    codes = torch.zeros(1, ROWS, COLUMNS, dtype=torch.long)
    spent = 0.0
    for row in range(ROWS):
        for column in range(COLUMNS):
            if (row * COLUMNS + column) % every:
                codes[:, row, column] = 1
                continue
            started = time.process_time()
            scores = model(codes[:, : row + 1], 5)[:, :, row, column]
            codes[:, row, column] = torch.multinomial(torch.softmax(scores, 1), 1)[:, 0]
            spent += (time.process_time() - started) * every
    return spent


def heptode_round(options, out):
    """Seconds of the processor in which Heptode makes a clip, and the clip's length."""
    command = [options.heptode, "foley", "--out", out, "--class", "rain", "--json", "--count", options.clips, "--seed", 1]
    command += ["--pack", options.pack] if options.pack else []
    told, seconds = packs.timed(command)
    made, counted = told["pack"]["id"], packs.manifest(options.pack or SHIPPED)["id"]
    if made != counted:
        sys.exit(f"heptode made clips of the pack {made}, and the weights of {counted} were counted")
    return seconds / options.clips, told["seconds"]


def main():
    options = parse()
    try:
        import torch
    except (ImportError, OSError) as error:
        sys.exit(f"PyTorch cannot be loaded ({str(error).splitlines()[0]}); install it with `pip install torch==2.11.0`")
    torch.set_num_threads(1)
    wanted = prior_values(options.pack or SHIPPED)
    model = of_size(torch, wanted).eval()
    print(f"the pack's prior has {wanted} values, PyTorch's {values(model)}; PyTorch {torch.__version__}, one thread each")
    print("round    s for the codes PyTorch    s for a clip Heptode    ratio")
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for number in range(1, options.rounds + 1):
            theirs = torch_round(torch, model, options.every)
            ours, length = heptode_round(options, pathlib.Path(folder) / f"{number}")
            print(f"{number:>5}  {theirs:>25.1f}  {ours:>22.4f}  {theirs / ours:>7.0f}", flush=True)
    print(f"clips of {length:.2f} s")


if __name__ == "__main__":
    main()
