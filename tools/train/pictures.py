"""Pictures of any classes, for candidates of `depthwise search`: a folder or a .tar archive of train/CLASS/NAME.jpg."""

import io
import tarfile
from pathlib import Path

import numpy as np
import torch

# As for CIFAR-10: every twentieth picture of a class, in the order of the names, validates.
MODULO, VALIDATION = 20, 10
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp")


def load(source, size, channels):
    """labels, {part: (pixels uint8 [N,C,size,size], labels int64 [N])}, parts `fit` and `validation`."""
    classes = {}
    for name, read in sorted(files(Path(source))):
        *folders, label, _ = name.split("/")
        if folders[-1:] == ["train"] and name.lower().endswith(ENDINGS):
            classes.setdefault(label, []).append(decode(read(), size, channels))
    few = [label for label, pixels in classes.items() if len(pixels) <= VALIDATION]
    if len(classes) < 2 or few:
        found = f"of class {few[0]} too few to validate with" if few else f"of {len(classes)} classes"
        raise SystemExit(f"{source}: pictures {found}; expected train/CLASS/NAME.jpg, two classes or more")
    labels = sorted(classes)
    pixels = torch.from_numpy(np.stack([pixel for label in labels for pixel in classes[label]]))
    answers = torch.cat([torch.full((len(classes[label]),), i) for i, label in enumerate(labels)])
    place = torch.cat([torch.arange(len(classes[label])) for label in labels]) % MODULO
    held = place == VALIDATION
    return labels, {"fit": (pixels[~held], answers[~held]), "validation": (pixels[held], answers[held])}


def files(source):
    """(name with /, function that reads it) of each file."""
    if source.is_dir():
        return [(path.relative_to(source).as_posix(), path.read_bytes) for path in source.rglob("*") if path.is_file()]
    archive = tarfile.open(source)
    members = [member for member in archive if member.isfile()]
    return [(member.name, lambda member=member: archive.extractfile(member).read()) for member in members]


def decode(data, size, channels):
    """uint8 [C,size,size]: the square in the middle, scaled."""
    from PIL import Image, ImageOps

    image = Image.open(io.BytesIO(data)).convert("RGB" if channels == 3 else "L")
    pixels = np.asarray(ImageOps.fit(image, (size, size)))
    return pixels.reshape(size, size, channels).transpose(2, 0, 1)
