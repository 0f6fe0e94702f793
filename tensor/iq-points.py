#!/usr/bin/env python3
"""Writes iq_points.h: the points of the IQ formats' grids, a few bits for each element.

usage: iq-points.py > iq_points.h

Needs gguf from PyPI, whose decoded grids are read; each element is replaced by its index among
the values that its format has, the first element in the lowest bits.
"""

import gguf.quants as quants

# macro, class, values
GRIDS = [
    ("IQ2_XXS", "IQ2_XXS", (8, 25, 43)),
    ("IQ2_XS", "IQ2_XS", (8, 25, 43)),
    ("IQ2_S", "IQ2_S", (8, 25, 43)),
    ("IQ3_XXS", "IQ3_XXS", (4, 12, 20, 28, 36, 44, 52, 62)),
    ("IQ3_S", "IQ3_S", (1, 3, 5, 7, 9, 11, 13, 15)),
    ("IQ1", "IQ1_S", (-1, 0, 1)),
]
PER_LINE = 8


def points(name, values):
    kind = getattr(quants, name)
    kind.init_grid()
    bits = 3 if len(values) > 4 else 2
    grid = kind.grid.reshape(kind.grid_shape)
    return [sum(values.index(int(v)) << bits * i for i, v in enumerate(point)) for point in grid]


def main():
    print("/* The points of the IQ formats' grids: see iq-points.py, which wrote this. */\n")
    print("#ifndef LL_TENSOR_IQ_POINTS_H\n#define LL_TENSOR_IQ_POINTS_H\n")
    for macro, name, values in GRIDS:
        calls = [f"X({point:#x})" for point in points(name, values)]
        lines = [" ".join(calls[i:i + PER_LINE]) for i in range(0, len(calls), PER_LINE)]
        print(f"#define LL_{macro}_POINTS(X) \\\n\t" + " \\\n\t".join(lines) + "\n")
    print("#endif")


main()
