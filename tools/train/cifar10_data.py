"""CIFAR-10 (Krizhevsky 2009): 50,000 pictures to learn from and 10,000 to test with, 32x32x3, ten classes.

Decoded once into a .npy cache, class by class, within a class in the order of the files (or of the download).
"""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
SPLIT = json.loads((HERE / "cifar10-split.json").read_text())
LABELS = SPLIT["labels"]


def load(source, cache):
    """{part: (pixels uint8 [N,3,32,32], labels int64 [N])}, parts `fit`, `validation`, `test`.

    source: a .tar.gz of train/CLASS/NAME.jpg and test/CLASS/NAME.jpg, or None for torchvision's download.
    """
    kinds = {kind: decoded(kind, source, cache) for kind in ("train", "test")}
    pixels, labels = kinds["train"]
    place = torch.cat([torch.arange(int((labels == c).sum())) for c in range(len(LABELS))]) % SPLIT["modulo"]
    held = place == SPLIT["validation"]
    return {
        "fit": (pixels[~held], labels[~held]),
        "validation": (pixels[held], labels[held]),
        "test": kinds["test"],
    }


def decoded(kind, source, cache):
    """The pictures of `train` or `test`, from the cache where they are in it."""
    origin = Path(source).name.split(".")[0] if source else "download"
    file = Path(cache) / f"{origin}-{kind}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        classes = from_archive(kind, source) if source else from_download(kind, cache)
        beside = file.with_suffix(".new")
        with open(beside, "wb") as out:
            np.save(out, np.stack(classes))
        beside.replace(file)
    pixels = np.load(file)
    labels = torch.arange(len(pixels)).repeat_interleave(pixels.shape[1])
    return torch.from_numpy(pixels.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy()), labels


def from_archive(kind, source):
    """Per class uint8 [N,32,32,3]."""
    from PIL import Image

    found = {label: {} for label in LABELS}
    with tarfile.open(source) as archive:
        for member in archive:
            parts = member.name.split("/")
            if len(parts) == 3 and parts[0] == kind and parts[1] in found and member.isfile():
                image = Image.open(io.BytesIO(archive.extractfile(member).read()))
                found[parts[1]][parts[2]] = np.asarray(image.convert("RGB"))
    for label, images in found.items():
        if not images:
            raise SystemExit(f"{source}: no pictures {kind}/{label}/NAME.jpg in it")
    return [np.stack([images[name] for name in sorted(images)]) for images in found.values()]


def from_download(kind, folder):
    """The same, from the data set as torchvision fetches it."""
    try:
        from torchvision.datasets import CIFAR10
    except ImportError:
        raise SystemExit("torchvision is missing: install it, or give an archive of the pictures with --data")
    data = CIFAR10(folder, train=kind == "train", download=True)
    labels = np.array(data.targets)
    return [data.data[labels == c] for c in range(len(LABELS))]
