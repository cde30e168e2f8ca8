"""MobileNetV1 (arXiv 1704.04861) in the shapes that are shipped."""

from collections import OrderedDict

import torch
from torch import nn
import torch.nn.functional as F

# Input size and channels; stride and out channels of the stem, then of each depthwise + pointwise pair.
SHAPES = {
    "digits": (28, 1, (2, 14), [(1, 14), (2, 48), (1, 48), (1, 48), (2, 96)]),
    "digits-mini": (28, 1, (2, 4), [(2, 12), (2, 32), (1, 28)]),
    "cifar10": (
        32,
        3,
        (1, 16),
        [(1, 24), (2, 48), (1, 48), (2, 104), (1, 104), (1, 104), (1, 104), (2, 208), (1, 208), (1, 208)],
    ),
}


class Conv(nn.Sequential):
    """Convolution padded as TFLite's SAME (at the bottom and right first), batch normalisation, ReLU6."""

    def __init__(self, size, inputs, outputs, kernel, stride, groups=1):
        output = -(-size // stride)
        pad = max((output - 1) * stride + kernel - size, 0)
        layers = OrderedDict()
        if pad % 2:
            layers["pad"] = nn.ZeroPad2d((pad // 2, pad - pad // 2) * 2)
        within = 0 if pad % 2 else pad // 2
        layers["conv"] = nn.Conv2d(inputs, outputs, kernel, stride, padding=within, groups=groups, bias=False)
        layers["norm"] = nn.BatchNorm2d(outputs)
        layers["relu6"] = nn.ReLU6()
        super().__init__(layers)
        self.size, self.channels = output, outputs
        self.weights = outputs * (inputs // groups) * kernel * kernel
        self.macs = output * output * self.weights


class MobileNet(nn.Module):
    """Input float [N,C,H,W]; output logits [N,classes], or probabilities where `probabilities` is set.

    shape: as in SHAPES.
    """

    def __init__(self, shape, classes=10):
        super().__init__()
        size, inputs, (stride, channels), pairs = shape
        self.input = (inputs, size, size)
        layers = OrderedDict(stem=Conv(size, inputs, channels, 3, stride))
        size = layers["stem"].size
        for i, (stride, outputs) in enumerate(pairs, 1):
            layers[f"depthwise{i}"] = Conv(size, channels, channels, 3, stride, groups=channels)
            size = layers[f"depthwise{i}"].size
            layers[f"pointwise{i}"] = Conv(size, channels, outputs, 1, 1)
            channels = outputs
        self.layers = nn.Sequential(layers)
        self.classifier = nn.Linear(channels, classes)
        self.probabilities = False
        self.macs = sum(layer.macs for layer in self.layers) + channels * classes
        self.weights = sum(layer.weights for layer in self.layers) + channels * classes
        self.channels = sum(layer.channels for layer in self.layers) + classes

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.layers(x), 1)
        x = self.classifier(torch.flatten(x, 1))
        return torch.softmax(x, 1) if self.probabilities else x
