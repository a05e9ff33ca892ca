"""Writes blocks.json: what PyTorch's own layers compute, to hold those of `nn` against.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 numpy
    /tmp/torch/bin/python tests/data/torch_blocks/make.py

All numbers are float64, written with all their digits. In every case the loss is the sum of
outputs times fixed random weights, so that each output has a gradient of its own. The tests read
the file alone and need no PyTorch.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
draw = torch.Generator().manual_seed(20)


def random(*shape):
    return torch.randn(*shape, generator=draw)


def batch_norm():
    """Three batches of training, with the running numbers after each, then a batch in use."""
    layer = nn.BatchNorm1d(3, eps=1e-3, momentum=0.3)
    layer.weight.data, layer.bias.data = random(3), random(3)
    case = {
        "epsilon": layer.eps,
        "momentum": layer.momentum,
        "gain": layer.weight.tolist(),
        "bias": layer.bias.tolist(),
        "training": [],
    }
    for _ in range(3):
        rows = (5.0 + 2.0 * random(5, 3)).requires_grad_()
        case["training"].append(
            {
                **both_ways(layer, rows, random(5, 3)),
                "running_mean": layer.running_mean.tolist(),
                "running_variance": layer.running_var.tolist(),
            }
        )
    layer.eval()
    case["use"] = both_ways(layer, random(4, 3).requires_grad_(), random(4, 3))
    return case


def layer_norm():
    layer = nn.LayerNorm(5, eps=1e-3)
    layer.weight.data, layer.bias.data = random(5), random(5)
    case = {"epsilon": layer.eps, "gain": layer.weight.tolist(), "bias": layer.bias.tolist()}
    return case | both_ways(layer, (3.0 * random(4, 5)).requires_grad_(), random(4, 5))


def rms_norm():
    layer = nn.RMSNorm(5, eps=1e-3)
    layer.weight.data = random(5)
    case = {"epsilon": layer.eps, "gain": layer.weight.tolist()}
    return case | both_ways(layer, (3.0 * random(4, 5)).requires_grad_(), random(4, 5))


def both_ways(layer, rows, weights):
    """The outputs, and the gradients by the rows and by the parameters."""
    layer.zero_grad()
    outs = layer(rows)
    (outs * weights).sum().backward()
    case = {
        "rows": rows.tolist(),
        "weights": weights.tolist(),
        "outs": outs.tolist(),
        "rows_grad": rows.grad.tolist(),
        "gain_grad": layer.weight.grad.tolist(),
    }
    if getattr(layer, "bias", None) is not None:
        case["bias_grad"] = layer.bias.grad.tolist()
    return case


def attention(heads, causal):
    """Self-attention over 4 positions of width 6."""
    width, length = 6, 4
    layer = nn.MultiheadAttention(width, heads, bias=False, batch_first=True)
    layer.in_proj_weight.data = 0.5 * random(3 * width, width)
    layer.out_proj.weight.data = 0.5 * random(width, width)
    sequence = random(length, width).requires_grad_()
    weights = random(length, width)
    future = torch.ones(length, length, dtype=torch.bool).triu(1) if causal else None
    outs, _ = layer(sequence, sequence, sequence, attn_mask=future, need_weights=False)
    (outs * weights).sum().backward()
    names = ("query", "key", "value")
    into = zip(names, layer.in_proj_weight.chunk(3), strict=True)
    into_grad = zip(names, layer.in_proj_weight.grad.chunk(3), strict=True)
    return {
        "heads": heads,
        "causal": causal,
        "sequence": sequence.tolist(),
        "weights": weights.tolist(),
        "matrices": {
            **{name: matrix.tolist() for name, matrix in into},
            "output": layer.out_proj.weight.tolist(),
        },
        "outs": outs.tolist(),
        "sequence_grad": sequence.grad.tolist(),
        "matrices_grad": {
            **{name: matrix.tolist() for name, matrix in into_grad},
            "output": layer.out_proj.weight.grad.tolist(),
        },
    }


def scaled_dot_product():
    """One query, five keys of width 3, five values of width 2."""
    query, keys, values = random(1, 3), random(5, 3), random(5, 2)
    out = nn.functional.scaled_dot_product_attention(query, keys, values)
    return {
        "query": query[0].tolist(),
        "keys": keys.tolist(),
        "values": values.tolist(),
        "out": out[0].tolist(),
    }


blocks = {
    "torch": torch.__version__.split("+")[0],
    "batch_norm": batch_norm(),
    "layer_norm": layer_norm(),
    "rms_norm": rms_norm(),
    "attention": [attention(heads, causal) for heads in (1, 3) for causal in (False, True)],
    "scaled_dot_product": scaled_dot_product(),
}
text = json.dumps(blocks, indent=1)
text = re.sub(r"\[[^\[\]{}]*\]", lambda row: " ".join(row[0].split()), text)  # a row a line
Path(__file__).with_name("blocks.json").write_text(text + "\n", encoding="utf-8")
