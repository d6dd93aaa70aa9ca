"""The published CNN of COSINE-100 in plain PyTorch, layer by layer as `core.cosine.model.build_cnn`: a peer for its speed."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from core.cosine.model import CNN_CONVOLUTIONS, NORM_MOMENTUM, CnnParameters


def network(n_samples: int, n_classes: int) -> nn.Module:
    """Input (n, 2, n_samples), output logits (n, n_classes)."""
    layers = list(_convolutions())
    with torch.no_grad():
        width = nn.Sequential(*layers)(torch.zeros(2, 2, n_samples)).shape[1]
    for _ in range(4):
        units = CnnParameters().dense_units
        layers += [nn.Linear(width, units), nn.BatchNorm1d(units, momentum=1.0 - NORM_MOMENTUM), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, n_classes))


def _convolutions() -> Iterator[nn.Module]:
    n_channels = 2
    for filters, kernel, stride, pool in CNN_CONVOLUTIONS:
        yield nn.Conv1d(n_channels, filters, kernel, stride)
        yield nn.BatchNorm1d(filters, momentum=1.0 - NORM_MOMENTUM)
        yield nn.ReLU()
        if pool:
            yield nn.MaxPool1d(pool[0], pool[1])
        n_channels = filters
    yield nn.Flatten()


def batch_ends(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, batch: int, learning_rate: float, beta_1: float
) -> list[float]:  # fmt: skip
    """Times [s] at which each batch of one epoch ended. x float32 (n, n_samples, 2), y one-hot (n, n_classes), w (n,)."""
    torch.manual_seed(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = network(x.shape[1], y.shape[1]).to(device)
    adam = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(beta_1, 0.999))
    inputs = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1)))
    labels, weights = torch.from_numpy(y.argmax(axis=1)), torch.from_numpy(w)
    order, ends = torch.randperm(len(x)), []
    for start in range(0, len(x), batch):
        chosen = order[start : start + batch]
        adam.zero_grad()
        loss = nn.functional.cross_entropy(
            model(inputs[chosen].to(device)), labels[chosen].to(device), reduction="none"
        )
        (loss * weights[chosen].to(device)).mean().backward()
        adam.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        ends.append(time.perf_counter())
    return ends
