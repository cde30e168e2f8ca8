"""Trains one of the built-in digit models from scratch and writes NAME.onnx, NAME.json (metrics) and NAME.svg (curve).

    /usr/bin/python3 tools/train/train.py digits

First a run on the part `fit`, measured on `validation` after every epoch: the curve, and the only figures that
settings may be chosen by. Then the same settings on both parts, measured on the held-out digits once, at the end.
"""

import argparse
import json
from pathlib import Path

import torch

import curve
import data
from augment import distort
from fit import accuracy, export, fit
from model import SHAPES, MobileNet

COMMON = dict(batch=64, optimizer="adamw", rate=0.01, smoothing=0.0, warmupSteps=200, averageSteps=500, seed=1)
SETTINGS = {
    "digits": dict(epochs=100, decay=0.01, strength=1.0, **COMMON),
    "digits-mini": dict(epochs=150, decay=0.001, strength=0.5, **COMMON),
}


def real(pixels):
    """What the networks take."""
    return pixels.float() / 255


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", choices=sorted(SETTINGS))
    parser.add_argument("--data", default=data.DIGITS, help="folder of the digits' JSON files")
    parser.add_argument("--out", default=data.HERE / "out", help="folder to write to")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--validate-only", action="store_true", help="only the run that settings are chosen by")
    for key, value in SETTINGS["digits"].items():
        parser.add_argument(f"--{key}", type=type(value), help="instead of the setting in SETTINGS")
    options = parser.parse_args()
    settings = {k: v if getattr(options, k) is None else getattr(options, k) for k, v in SETTINGS[options.model].items()}
    torch.set_num_threads(options.threads)
    parts = data.load(options.data)

    def network():
        return MobileNet(SHAPES[options.model])

    model = network()
    print(f"{options.model}: {model.macs} MACs, {model.weights} weights, {model.channels} channels; {settings}")

    losses, scores = [], []

    def augment(pixels, generator):
        return distort(real(pixels), settings["strength"], generator)

    def measure(average, loss):
        losses.append(loss)
        scores.append(accuracy(average, *parts["validation"], real) / len(parts["validation"][1]))
        return f"validation {100 * scores[-1]:.2f} %"

    fit(network, settings, *parts["fit"], augment, "validation run", measure)
    print(f"validation: {100 * scores[-1]:.2f} %, mean of the last ten epochs {100 * sum(scores[-10:]) / len(scores[-10:]):.2f} %")
    if options.validate_only:
        return

    both = [torch.cat([parts["fit"][i], parts["validation"][i]]) for i in (0, 1)]
    final = fit(network, settings, *both, augment, "final run")
    right, total = accuracy(final, *parts["heldOut"], real), len(parts["heldOut"][1])
    print(f"held out: {right}/{total} = {100 * right / total:.2f} %")

    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    export(final, out / f"{options.model}.onnx")
    (out / f"{options.model}.svg").write_text(curve.svg(f"{options.model}: validation run", losses, scores))
    metrics = {
        "model": options.model,
        "command": f"/usr/bin/python3 tools/train/train.py {options.model}",
        "data": data.SPLIT["package"],
        "torch": torch.__version__,
        "settings": settings,
        "macs": model.macs,
        "weights": model.weights,
        "samples": {part: len(labels) for part, (_, labels) in parts.items()},
        "trainingSamples": len(both[1]),
        "validationAccuracy": scores[-1],
        "heldOutFloat": {"correct": right, "total": total, "accuracy": right / total},
        "curve": {"loss": [round(v, 4) for v in losses], "validation": [round(v, 4) for v in scores]},
    }
    (out / f"{options.model}.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
