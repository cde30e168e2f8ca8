"""The training loop that all built-in models share, and its export to ONNX."""

import copy
import math
import os
import sys
import time
import warnings

import torch
import torch.nn.functional as F

OPTIMIZERS = {
    "adamw": lambda groups, rate: torch.optim.AdamW(groups, lr=rate),
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True, foreach=True),
}


def accuracy(model, images, labels, real):
    """Number of pictures that `model` names rightly. images: uint8 pixels; real: pixels to what the model takes."""
    model.eval()
    with torch.no_grad():
        right = [
            (model(real(part)).argmax(1) == names).sum().item()
            for part, names in zip(images.split(500), labels.split(500))
        ]
    return sum(right)


def fit(network, settings, images, labels, augment, title, after_epoch=None, checkpoint=None, history=None):
    """Trains `network()`, a new one; returns the moving average of its weights, which is what is kept.

    `augment(pixels, generator)` gives the float inputs of a batch. `after_epoch(average, loss)` returns a note for the
    log. With `checkpoint`, a path, everything is saved there after each epoch, the dict `history` of the caller too, and
    a run that was cut off goes on behind its last whole epoch.
    """
    torch.manual_seed(settings["seed"])
    generator = torch.Generator().manual_seed(settings["seed"])
    model = network().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    # Weight decay acts on the weights only, not on biases and batch normalisation.
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": settings["decay"]},
        {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = OPTIMIZERS[settings["optimizer"]](groups, settings["rate"])
    size = settings["batch"]
    batches = len(images) // size
    steps = settings["epochs"] * batches
    first = 0
    if checkpoint and checkpoint.exists():
        saved = torch.load(checkpoint)
        if saved["settings"] != settings:
            raise SystemExit(f"{checkpoint} is of a run with {saved['settings']}, not {settings}: remove it to begin anew")
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        generator.set_state(saved["generator"])
        first = saved["epochs"]
        history.update(saved["history"])
    started = time.time()
    for epoch in range(first, settings["epochs"]):
        model.train()
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for i, batch in enumerate(order[: batches * size].split(size)):
            step = epoch * batches + i
            rate = 0.5 * (1 + math.cos(math.pi * step / steps)) * min(1, (step + 1) / settings["warmupSteps"])
            for group in optimizer.param_groups:
                group["lr"] = settings["rate"] * rate
            x = augment(images[batch], generator).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(x), labels[batch], label_smoothing=settings["smoothing"])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            keep = min(1 - 1 / settings["averageSteps"], (step + 1) / (step + 11))
            with torch.no_grad():
                for mean, value in zip(average.state_dict().values(), model.state_dict().values()):
                    if mean.dtype.is_floating_point:
                        mean.mul_(keep).add_(value, alpha=1 - keep)
            total += loss.item()
        note = after_epoch(average, total / batches) if after_epoch else ""
        if checkpoint:
            save(checkpoint, settings, model, average, optimizer, generator, epoch + 1, history)
        left = (time.time() - started) / (epoch + 1 - first) * (settings["epochs"] - epoch - 1)
        print(f"{title} epoch {epoch + 1}/{settings['epochs']} loss {total / batches:.4f} {note} ({left:.0f} s left)")
        sys.stdout.flush()
    average.eval()
    return average


def save(checkpoint, settings, model, average, optimizer, generator, epochs, history):
    """Written beside and renamed, so that a cut leaves the checkpoint of the epoch before."""
    beside = checkpoint.with_suffix(".new")
    torch.save(
        {
            "settings": settings,
            "epochs": epochs,
            "history": history,
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "generator": generator.get_state(),
        },
        beside,
    )
    os.replace(beside, checkpoint)


def export(model, file):
    """ONNX, batch normalisation left for the importer to fold; opset 10 states paddings as attributes."""
    model = model.to(memory_format=torch.contiguous_format).eval()
    model.probabilities = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            torch.zeros(1, *model.input),
            str(file),
            opset_version=10,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=["pixels"],
            output_names=["scores"],
        )
