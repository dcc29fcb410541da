"""Attention with gates equals PyTorch's with a mask, in value and in slopes."""

import pytest
import torch
from torch.nn import functional

from precompute.models.gated_attention import attend


def masked(query, key, value, bias):
    mask = bias[:, None, None, :]
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)


@pytest.fixture
def heads():
    """Query, key and value (2, 3, 7, 5) and gates (2, 7)."""
    generator = torch.Generator().manual_seed(0)
    parts = [torch.randn(2, 3, 7, 5, generator=generator) for _ in range(3)]
    return *parts, torch.rand(2, 7, generator=generator) * 0.9 + 0.1


def test_no_bias_is_plain_attention(heads):
    *parts, _ = heads
    expected = functional.scaled_dot_product_attention(*parts)
    assert torch.equal(attend(*parts, None), expected)
    gated = attend(*parts, torch.zeros(2, 7))
    assert gated.shape == expected.shape
    assert torch.allclose(gated, expected, atol=1e-6)


def test_values_and_slopes_equal_those_of_a_mask(heads):
    reader = torch.randn(2, 3, 7, 5, generator=torch.Generator().manual_seed(1))
    found = []
    for attention in (attend, masked):
        inputs = [part.clone().requires_grad_(True) for part in heads]
        mixed = attention(*inputs[:3], inputs[3].log())
        found.append((mixed.detach(), *torch.autograd.grad((mixed * reader).sum(), inputs)))
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_closed_gate_is_an_absent_token(heads):
    query, key, value, gates = heads
    gates = torch.ones_like(gates)
    gates[:, 3] = 0
    rest = [0, 1, 2, 4, 5, 6]
    without = attend(query[:, :, rest], key[:, :, rest], value[:, :, rest], None)
    mixed = attend(query, key, value, gates.log())[:, :, rest]
    assert torch.allclose(mixed, without, atol=1e-6)


def test_slopes_keep_no_number_for_a_pair_of_tokens():
    """What the plain formula would save for the slopes: a table of tokens by tokens a head."""
    saved = []
    query, key, value = (torch.randn(1, 2, 300, 8) for _ in range(3))
    bias = torch.zeros(1, 300, requires_grad=True)
    keep = lambda tensor: saved.append(tensor.shape) or tensor  # noqa: E731
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        attend(query, key, value, bias)
    assert saved and all(shape[-2:] != (300, 300) for shape in saved)
