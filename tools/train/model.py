"""MobileNetV1 (arXiv 1704.04861) in the two shapes that are shipped."""

import torch
from torch import nn
import torch.nn.functional as F

# Stem channels, then (stride, out channels) of each depthwise + pointwise pair.
SHAPES = {
    "digits": (14, [(1, 14), (2, 48), (1, 48), (1, 48), (2, 96)]),
    "digits-mini": (4, [(2, 12), (2, 32), (1, 28)]),
}


class Conv(nn.Sequential):
    """Convolution padded as TFLite's SAME (at the bottom and right first), batch normalisation, ReLU6."""

    def __init__(self, size, inputs, outputs, kernel, stride, groups=1):
        output = -(-size // stride)
        pad = max((output - 1) * stride + kernel - size, 0)
        layers = [nn.ZeroPad2d((pad // 2, pad - pad // 2) * 2)] if pad else []
        layers.append(nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False))
        super().__init__(*layers, nn.BatchNorm2d(outputs), nn.ReLU6())
        self.size = output
        self.macs = output * output * outputs * (inputs // groups) * kernel * kernel
        self.params = outputs * (inputs // groups) * kernel * kernel


class MobileNet(nn.Module):
    """Input float [N,1,28,28] = pixel / 255; output logits [N,10]."""

    def __init__(self, name, classes=10, size=28):
        super().__init__()
        channels, pairs = SHAPES[name]
        layers = [Conv(size, 1, channels, 3, 2)]
        for stride, outputs in pairs:
            layers.append(Conv(layers[-1].size, channels, channels, 3, stride, groups=channels))
            layers.append(Conv(layers[-1].size, channels, outputs, 1, 1))
            channels = outputs
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, classes)
        self.macs = sum(layer.macs for layer in layers) + channels * classes
        self.weights = sum(layer.params for layer in layers) + channels * classes
        self.channels = sum(layer[-2].num_features for layer in layers) + classes

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(torch.flatten(x, 1))


class WithSoftmax(nn.Module):
    """What is exported: probabilities."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return torch.softmax(self.model(x), 1)
