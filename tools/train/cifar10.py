"""Trains the built-in model cifar10 from scratch and writes cifar10.onnx, cifar10.json (metrics) and cifar10.svg (curve).

    /usr/bin/python3 tools/train/cifar10.py --data cifar10-jpg.tar.gz

One run on the part `fit`, measured on `validation` after every epoch, and on the test pictures once, at the end. A run
that was cut off goes on with the same command.
"""

import argparse
import json
from pathlib import Path

import torch

import cifar10_data as data
import curve
from augment import crop_and_flip
from fit import accuracy, export, fit
from model import SHAPES, MobileNet

NAME = "cifar10"
SETTINGS = dict(
    epochs=64, batch=128, optimizer="sgd", rate=0.2, decay=2e-4, smoothing=0.0, warmupSteps=1000, averageSteps=1000, seed=1
)


def real(pixels):
    """What the network takes: exact in float32, and int8 pixel - 128 with scale 1/64 and zero point 0."""
    return (pixels.float() - 128) / 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="archive of train/CLASS/*.jpg and test/CLASS/*.jpg; else torchvision's download")
    parser.add_argument("--out", default=data.HERE / "out", help="folder to write to")
    parser.add_argument("--cache", default=data.HERE / ".cache", help="folder of the decoded pictures and the checkpoint")
    parser.add_argument("--threads", type=int, default=2)
    for key, value in SETTINGS.items():
        parser.add_argument(f"--{key}", type=type(value), default=value)
    options = parser.parse_args()
    settings = {key: getattr(options, key) for key in SETTINGS}
    torch.set_num_threads(options.threads)
    parts = data.load(options.data, options.cache)
    model = MobileNet(SHAPES[NAME])
    print(f"{NAME}: {model.macs} MACs, {model.weights} weights, {model.channels} channels; {settings}", flush=True)

    history = {"loss": [], "validation": []}

    def measure(average, loss):
        score = accuracy(average, *parts["validation"], real) / len(parts["validation"][1])
        history["loss"].append(round(loss, 4))
        history["validation"].append(score)
        return f"validation {100 * score:.2f} %"

    def augment(pixels, generator):
        return real(crop_and_flip(pixels, generator))

    checkpoint = Path(options.cache) / f"{NAME}.checkpoint"
    final = fit(lambda: MobileNet(SHAPES[NAME]), settings, *parts["fit"], augment, NAME, measure, checkpoint, history)
    right, total = accuracy(final, *parts["test"], real), len(parts["test"][1])
    print(f"test: {right}/{total} = {100 * right / total:.2f} %")

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    export(final, out / f"{NAME}.onnx")
    (out / f"{NAME}.svg").write_text(curve.svg(f"{NAME}: training", history["loss"], history["validation"]))
    source = Path(options.data).name if options.data else "torchvision.datasets.CIFAR10"
    metrics = {
        "model": NAME,
        "command": f"/usr/bin/python3 tools/train/cifar10.py{' --data ' + source if options.data else ''}",
        "data": source,
        "torch": torch.__version__,
        "settings": settings,
        "macs": model.macs,
        "weights": model.weights,
        "samples": {part: len(labels) for part, (_, labels) in parts.items()},
        "trainingSamples": len(parts["fit"][1]),
        "heldOutFloat": {"correct": right, "total": total, "accuracy": right / total},
        "curve": history,
    }
    (out / f"{NAME}.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
