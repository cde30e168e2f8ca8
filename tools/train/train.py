"""Trains one of the built-in digit models from scratch and writes NAME.onnx, NAME.json (metrics) and NAME.svg (curve).

    /usr/bin/python3 tools/train/train.py digits

First a run on the part `fit`, measured on `validation` after every epoch: the curve, and the only figures that
settings may be chosen by. Then the same settings on both parts, measured on the held-out digits once, at the end.
"""

import argparse
import copy
import json
import math
import sys
import time
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F

import curve
import data
from augment import distort
from model import MobileNet

SETTINGS = {
    "digits": dict(epochs=100, rate=0.01, decay=0.01, strength=1.0, smoothing=0.0, seed=1),
    "digits-mini": dict(epochs=150, rate=0.01, decay=0.001, strength=0.5, smoothing=0.0, seed=1),
}
BATCH = 64
WARMUP_STEPS = 200
EMA_STEPS = 500


def accuracy(model, images, labels):
    """Number of digits that `model` names rightly. images: uint8 pixels."""
    model.eval()
    with torch.no_grad():
        right = [
            (model(part.float() / 255).argmax(1) == names).sum().item()
            for part, names in zip(images.split(500), labels.split(500))
        ]
    return sum(right)


def fit(name, settings, images, labels, title, after_epoch=None):
    """Trains a new network; returns the moving average of its weights, which is what is kept."""
    torch.manual_seed(settings["seed"])
    generator = torch.Generator().manual_seed(settings["seed"])
    model = MobileNet(name).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    # Weight decay acts on the weights only, not on biases and batch normalisation.
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": settings["decay"]},
        {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=settings["rate"])
    batches = len(images) // BATCH
    steps = settings["epochs"] * batches
    step = 0
    started = time.time()
    for epoch in range(settings["epochs"]):
        model.train()
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for batch in order[: batches * BATCH].split(BATCH):
            rate = 0.5 * (1 + math.cos(math.pi * step / steps)) * min(1, (step + 1) / WARMUP_STEPS)
            for group in optimizer.param_groups:
                group["lr"] = settings["rate"] * rate
            x = distort(images[batch].float() / 255, settings["strength"], generator)
            x = x.contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(x), labels[batch], label_smoothing=settings["smoothing"])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            keep = min(1 - 1 / EMA_STEPS, step / (step + 10))
            with torch.no_grad():
                for mean, value in zip(average.state_dict().values(), model.state_dict().values()):
                    if mean.dtype.is_floating_point:
                        mean.mul_(keep).add_(value, alpha=1 - keep)
            total += loss.item()
        note = after_epoch(average, total / batches) if after_epoch else ""
        left = (time.time() - started) / (epoch + 1) * (settings["epochs"] - epoch - 1)
        print(f"{title} epoch {epoch + 1}/{settings['epochs']} loss {total / batches:.4f} {note} ({left:.0f} s left)")
        sys.stdout.flush()
    average.eval()
    return average


def export(model, file):
    """ONNX, batch normalisation left for the importer to fold; opset 10 states paddings as attributes."""
    model = model.to(memory_format=torch.contiguous_format).eval()
    model.probabilities = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            torch.zeros(1, 1, 28, 28),
            str(file),
            opset_version=10,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=["pixels"],
            output_names=["scores"],
        )


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
    model = MobileNet(options.model)
    print(f"{options.model}: {model.macs} MACs, {model.weights} weights, {model.channels} channels; {settings}")

    losses, scores = [], []

    def measure(average, loss):
        losses.append(loss)
        scores.append(accuracy(average, *parts["validation"]) / len(parts["validation"][1]))
        return f"validation {100 * scores[-1]:.2f} %"

    fit(options.model, settings, *parts["fit"], "validation run", measure)
    print(f"validation: {100 * scores[-1]:.2f} %, mean of the last ten epochs {100 * sum(scores[-10:]) / len(scores[-10:]):.2f} %")
    if options.validate_only:
        return

    both = [torch.cat([parts["fit"][i], parts["validation"][i]]) for i in (0, 1)]
    final = fit(options.model, settings, *both, "final run")
    right, total = accuracy(final, *parts["heldOut"]), len(parts["heldOut"][1])
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
        "digits": {part: len(labels) for part, (_, labels) in parts.items()},
        "validationAccuracy": scores[-1],
        "heldOutFloat": {"correct": right, "total": total, "accuracy": right / total},
        "curve": {"loss": [round(v, 4) for v in losses], "validation": [round(v, 4) for v in scores]},
    }
    (out / f"{options.model}.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
