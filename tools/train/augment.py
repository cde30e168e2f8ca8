"""Random distortions of digits: rotation, scale, shear, shift, and elastic (Simard, Steinkraus, Platt 2003)."""

import math

import torch
import torch.nn.functional as F


def distort(images, strength, generator):
    """images float [N,1,H,W] in 0..1 -> the same shape; strength 1 is +-12 degrees, +-15 % and +-2.5 pixels."""

    def uniform(*shape):
        return (torch.rand(*shape, generator=generator) * 2 - 1) * strength

    n, _, height, width = images.shape
    angle = uniform(n) * math.radians(12)
    scale_x, scale_y = 1 + uniform(n) * 0.15, 1 + uniform(n) * 0.15
    shear = uniform(n) * 0.2
    cos, sin = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [
            torch.stack([cos * scale_x, -sin * scale_y + shear, uniform(n) * 5 / width], 1),
            torch.stack([sin * scale_x, cos * scale_y, uniform(n) * 5 / height], 1),
        ],
        1,
    )
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    # A coarse random field, interpolated: smooth displacements of up to about 1.5 pixels.
    field = torch.randn(n, 2, 5, 5, generator=generator) * (0.055 * strength)
    field = F.interpolate(field, size=(height, width), mode="bicubic", align_corners=True)
    return F.grid_sample(images, grid + field.permute(0, 2, 3, 1), align_corners=False)


def crop_and_flip(pixels, generator, margin=4):
    """pixels uint8 [N,C,H,W] -> the same shape: each shifted by up to `margin`, black beyond, half of them mirrored."""
    n, channels, height, width = pixels.shape
    padded = F.pad(pixels, (margin,) * 4)
    top, left = torch.randint(2 * margin + 1, (2, n, 1), generator=generator)
    flip = torch.rand(n, 1, generator=generator) < 0.5
    columns = torch.arange(width)
    columns = left + torch.where(flip, columns.flip(0), columns)
    rows = top + torch.arange(height)
    # Indices broadcast to [N,H,W]; the channels, sliced between them, come last.
    return padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
