"""Trains a small neural network to read handwritten digits, with nothing but the Python standard library.

The images are 8 x 8 grey values. The validation images are mostly by other writers than the training images, so the
network has to learn digits rather than hands. What matters is the last `val_error`, in percent: lower is better.

With --save the trained network is written to a file, which eval.py scores. Training does not need the validation images:
where they are not there, it does without.
"""

import argparse
import json
import math
import random
import statistics
import sys
from operator import mul
from pathlib import Path

LEARNING_RATE = 0.05
LR_DECAY = 1.0  # the learning rate is multiplied by this after each epoch
MOMENTUM = 0.5
BATCH_SIZE = 32
HIDDEN = 24
ACTIVATION = "tanh"  # tanh, relu or sigmoid
INIT_SCALE = 1.0  # of the initial weights, relative to 1 / sqrt(inputs)
WEIGHT_DECAY = 1e-4
STANDARDIZE = False  # give every pixel mean 0 and standard deviation 1 over the training images
EPOCHS = 20
SEED = 0

DATA = Path(__file__).parent / "data"
CLASSES = 10
SIDE = 8
GREY_VALUES = "0123456789abcdefg"


def main():
    if ACTIVATION not in ACTIVATIONS:
        sys.exit(f"ACTIVATION must be one of {', '.join(ACTIVATIONS)}, not {ACTIVATION!r}")
    options = read_options()
    rng = random.Random(SEED)
    training = read_images(DATA / "training.txt")
    validation = read_images(DATA / "validation.txt") if (DATA / "validation.txt").exists() else []
    means, deviations = pixel_statistics(training) if STANDARDIZE else ([0.0] * SIDE**2, [1.0] * SIDE**2)
    training = standardized(training, means, deviations)
    validation = standardized(validation, means, deviations)
    layers = [new_layer(SIDE * SIDE, HIDDEN, rng), new_layer(HIDDEN, CLASSES, rng)]
    learning_rate = LEARNING_RATE
    for epoch in range(1, options.epochs + 1):
        train_loss = train_epoch(layers, training, learning_rate, rng)
        print(f"epoch {epoch} train_loss: {train_loss:.4f}", flush=True)
        if not math.isfinite(train_loss):
            sys.exit(f"the training loss is {train_loss} in epoch {epoch}: the run has diverged")
        if validation and (epoch % 4 == 0 or epoch == options.epochs):
            loss, error = evaluate(layers, validation)
            print(f"epoch {epoch} val_loss: {loss:.4f} val_error: {error:.2f}", flush=True)
        learning_rate *= LR_DECAY
    if validation:
        print(f"val_accuracy: {100 - error:.2f}")
    if options.save:
        weights = [layer["weights"] for layer in layers]
        network = {"activation": ACTIVATION, "means": means, "deviations": deviations, "weights": weights}
        options.save.write_text(json.dumps(network), encoding="ascii")


def read_options():
    parser = argparse.ArgumentParser(description="Trains a network to read digits. Its settings are constants in this file.")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes over the training images")
    parser.add_argument("--save", type=Path, metavar="FILE", help="where to write the trained network, for eval.py")
    return parser.parse_args()


def read_images(path):
    """Pairs of 64 grey values in [0, 1] and a digit; a line of the file is the digit and 64 values in base 17."""
    images = []
    for line in path.read_text(encoding="ascii").splitlines():
        label, pixels = line.split()
        images.append(([GREY_VALUES.index(pixel) / 16 for pixel in pixels], int(label)))
    return images


def pixel_statistics(images):
    """Mean and standard deviation of every pixel; 1 for the deviation of one that is the same in all images."""
    columns = list(zip(*(pixels for pixels, _ in images)))
    return [statistics.fmean(column) for column in columns], [statistics.pstdev(column) or 1.0 for column in columns]


def standardized(images, means, deviations):
    return [([(x - m) / d for x, m, d in zip(pixels, means, deviations)], label) for pixels, label in images]


def new_layer(inputs, outputs, rng):
    """A row of weights for each output, the last weight of a row is its bias; and the velocities for momentum."""
    scale = INIT_SCALE / math.sqrt(inputs)
    weights = [[rng.gauss(0, scale) for _ in range(inputs)] + [0.0] for _ in range(outputs)]
    return {"weights": weights, "velocity": [[0.0] * (inputs + 1) for _ in range(outputs)]}


def train_epoch(layers, training, learning_rate, rng):
    """One pass over the images in random order; returns the mean loss."""
    order = training[:]
    rng.shuffle(order)
    total = 0.0
    for start in range(0, len(order), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        gradients = [[[0.0] * len(row) for row in layer["weights"]] for layer in layers]
        for pixels, label in batch:
            total += add_gradients(layers, gradients, pixels, label)
        for layer, gradient in zip(layers, gradients):
            step(layer, gradient, learning_rate, len(batch))
    return total / len(order)


def forward(layers, pixels):
    """Inputs and hidden units, each with a constant 1 for the bias, and the ten scores."""
    activate = ACTIVATIONS[ACTIVATION][0]
    inputs = pixels + [1.0]
    hidden = [activate(sum(map(mul, row, inputs))) for row in layers[0]["weights"]] + [1.0]
    return inputs, hidden, [sum(map(mul, row, hidden)) for row in layers[1]["weights"]]


def add_gradients(layers, gradients, pixels, label):
    """Adds one image's gradients to those of its batch and returns its loss."""
    inputs, hidden, scores = forward(layers, pixels)
    probabilities, loss = softmax_loss(scores, label)
    errors = probabilities[:]
    errors[label] -= 1.0
    slope = ACTIVATIONS[ACTIVATION][1]
    columns = list(zip(*layers[1]["weights"]))
    hidden_errors = [sum(map(mul, column, errors)) * slope(value) for column, value in zip(columns, hidden[:-1])]
    add_outer_product(gradients[1], errors, hidden)
    add_outer_product(gradients[0], hidden_errors, inputs)
    return loss


def add_outer_product(gradient, errors, inputs):
    for j, error in enumerate(errors):
        if error != 0.0:
            gradient[j] = [g + error * x for g, x in zip(gradient[j], inputs)]


def step(layer, gradient, learning_rate, count):
    """Gradient descent with momentum; weight decay pulls at everything."""
    for weights, velocity, row in zip(layer["weights"], layer["velocity"], gradient):
        velocity[:] = [MOMENTUM * v + g / count + WEIGHT_DECAY * w for v, g, w in zip(velocity, row, weights)]
        weights[:] = [w - learning_rate * v for w, v in zip(weights, velocity)]


def softmax_loss(scores, label):
    """Class probabilities and the cross-entropy in nats, which is infinite where the true class has none."""
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    probabilities = [power / total for power in powers]
    return probabilities, math.inf if probabilities[label] == 0 else -math.log(probabilities[label])


def evaluate(layers, images):
    """Mean cross-entropy, and the share of images read wrongly in percent."""
    loss = 0.0
    wrong = 0
    for pixels, label in images:
        scores = forward(layers, pixels)[2]
        loss += softmax_loss(scores, label)[1]
        wrong += scores.index(max(scores)) != label
    return loss / len(images), 100 * wrong / len(images)


def sigmoid(x):
    return 0.5 * (1 + math.tanh(0.5 * x))


# Each activation with its derivative, the latter as a function of the activation's own value.
ACTIVATIONS = {
    "tanh": (math.tanh, lambda y: 1 - y * y),
    "relu": (lambda x: x if x > 0 else 0.0, lambda y: 1.0 if y > 0 else 0.0),
    "sigmoid": (sigmoid, lambda y: y * (1 - y)),
}

if __name__ == "__main__":
    main()
