"""Trains one candidate of `depthwise search` from scratch: OUT/NAME.onnx, OUT/NAME.json with its accuracy.

    /usr/bin/python3 tools/train/candidate.py --layers layers.json --data pictures.tar.gz --out OUT --name NAME

It learns from train/CLASS of the pictures but for one in twenty, which validate. Cut off, it goes on with the same command.
"""

import argparse
import json
from pathlib import Path

import torch

import pictures
from augment import crop_and_flip
from fit import accuracy, export, fit
from model import MobileNet

SETTINGS = dict(batch=64, optimizer="sgd", rate=0.1, decay=2e-4, smoothing=0.0, warmupSteps=200, averageSteps=500, seed=1)


def real(pixels):
    """What the network takes: int8 pixel - 128 with scale 1/64 and zero point 0."""
    return (pixels.float() - 128) / 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", required=True, help="JSON: size, channels, classes, stem and pairs as [stride, channels]")
    parser.add_argument("--data", required=True, help="folder or .tar archive of train/CLASS/NAME.jpg")
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--name", required=True)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    layers = json.loads(Path(options.layers).read_text())
    settings = {"epochs": options.epochs, **SETTINGS}
    labels, parts = pictures.load(options.data, layers["size"], layers["channels"])
    if len(labels) != layers["classes"]:
        raise SystemExit(f"{options.data}: {len(labels)} classes, the network has {layers['classes']}")
    shape = layers["size"], layers["channels"], layers["stem"], layers["pairs"]
    out = Path(options.out)
    history = {"validation": []}

    def measure(average, loss):
        history["validation"].append(accuracy(average, *parts["validation"], real) / len(parts["validation"][1]))
        return f"validation {100 * history['validation'][-1]:.2f} %"

    def augment(pixels, generator):
        return real(crop_and_flip(pixels, generator, margin=layers["size"] // 8))

    checkpoint = out / f"{options.name}.checkpoint"
    final = fit(
        lambda: MobileNet(shape, layers["classes"]), settings, *parts["fit"], augment, options.name, measure, checkpoint, history
    )
    export(final, out / f"{options.name}.onnx")
    right, total = accuracy(final, *parts["validation"], real), len(parts["validation"][1])
    metrics = {"labels": labels, "settings": settings, "torch": torch.__version__, "correct": right, "total": total}
    (out / f"{options.name}.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
