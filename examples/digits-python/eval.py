"""Scores a network that train.py has saved: `python3 eval.py NETWORK IMAGES` prints its `val_error` in percent.

It shares nothing with train.py but the file of the network, so that an edit of the training cannot change what counts.
"""

import json
import math
import sys
from operator import mul

GREY_VALUES = "0123456789abcdefg"
ACTIVATIONS = {
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 0.5 * (1 + math.tanh(0.5 * x)),
}


def main(network_file, image_file):
    with open(network_file, encoding="ascii") as file:
        network = json.load(file)
    wrong = images = 0
    with open(image_file, encoding="ascii") as file:
        for line in file:
            label, pixels = line.split()
            scores = scores_of(network, [GREY_VALUES.index(pixel) / 16 for pixel in pixels])
            wrong += scores.index(max(scores)) != int(label)
            images += 1
    print(f"val_error: {100 * wrong / images:.2f}")


def scores_of(network, pixels):
    hidden_weights, output_weights = network["weights"]
    activate = ACTIVATIONS[network["activation"]]
    inputs = [(x - m) / d for x, m, d in zip(pixels, network["means"], network["deviations"])] + [1.0]
    hidden = [activate(sum(map(mul, row, inputs))) for row in hidden_weights] + [1.0]
    return [sum(map(mul, row, hidden)) for row in output_weights]


if __name__ == "__main__":
    main(*sys.argv[1:])
