"""A program that sorts points of the plane into three classes, as one writes it for micrograd.

It writes everything itself: random numbers, network, softmax, negative log-likelihood, and an AdamW
that keeps its moments on the parameters, as attributes of its own. Only the class of its numbers is
another one: ours.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

import nn
from autograd import Value

Split = list[tuple[list[float], int]]


class RNG:
    """Random numbers that are the same everywhere, with the interface of `random.Random`."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def random(self) -> float:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2.0**24

    def uniform(self, a: float = 0.0, b: float = 1.0) -> float:
        return a + (b - a) * self.random()


def vis_color(nodes: Any, color: str) -> None:
    for n in nodes:
        setattr(n, "_vis_color", color)  # noqa: B010 - as those programs do


# The network --------------------------------------------------------------------------------------


class Module:
    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        return []


class Neuron(Module):
    def __init__(self, rng: RNG, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(rng.uniform(-1, 1) * nin**-0.5) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Any) -> Value:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh() if self.nonlin else act

    def parameters(self) -> list[Value]:
        return self.w + [self.b]  # noqa: RUF005 - lists are added in those programs


class Layer(Module):
    def __init__(self, rng: RNG, nin: int, nout: int, **named: bool) -> None:
        self.neurons = [Neuron(rng, nin, **named) for _ in range(nout)]

    def __call__(self, x: Any) -> list[Value]:
        return [n(x) for n in self.neurons]

    def parameters(self) -> list[Value]:
        return [p for n in self.neurons for p in n.parameters()]


class MLP(Module):
    def __init__(self, rng: RNG, nin: int, nouts: list[int]) -> None:
        sizes = [nin] + nouts  # noqa: RUF005
        last = len(nouts) - 1
        self.layers = [
            Layer(rng, sizes[i], sizes[i + 1], nonlin=i != last) for i in range(len(nouts))
        ]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]


# The loss -----------------------------------------------------------------------------------------


def cross_entropy(logits: list[Value], target: int) -> Value:
    largest = max(val.data for val in logits)
    ex = [(val - largest).exp() for val in logits]
    denom = sum(ex)
    probs = [e / denom for e in ex]
    return -(probs[target].log())


def mean_loss(model: MLP, split: Split) -> Value:
    total = Value(0.0)
    for x, y in split:
        total = total + cross_entropy(model(x), y)
    return total * (1.0 / len(split))


class AdamW:
    """Adam with decoupled weight decay; the state of each parameter is on the parameter."""

    def __init__(
        self,
        parameters: list[Value],
        lr: float = 1e-1,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters = parameters
        self.lr, self.eps, self.weight_decay = lr, eps, weight_decay
        self.beta1, self.beta2 = betas
        self.t = 0
        for p in self.parameters:
            p.m = 0
            p.v = 0

    def step(self) -> None:
        self.t += 1
        for p in self.parameters:
            if p.grad is None:
                continue
            p.m = self.beta1 * p.m + (1 - self.beta1) * p.grad
            p.v = self.beta2 * p.v + (1 - self.beta2) * p.grad**2
            m_hat = p.m / (1 - self.beta1**self.t)
            v_hat = p.v / (1 - self.beta2**self.t)
            p.data -= self.lr * (m_hat / (v_hat**0.5 + self.eps) + self.weight_decay * p.data)

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = 0


# The points ---------------------------------------------------------------------------------------


def points(rng: RNG, n: int) -> tuple[Split, Split]:
    """n points around three corners of a triangle, one class a corner: most to train on."""
    corners = [(0.0, 1.0), (-0.9, -0.5), (0.9, -0.5)]
    found: Split = []
    for i in range(n):
        x, y = corners[i % 3]
        found.append(([x + rng.uniform(-0.7, 0.7), y + rng.uniform(-0.7, 0.7)], i % 3))
    return found[: int(0.75 * n)], found[int(0.75 * n) :]


def share_right(model: MLP, split: Split) -> float:
    right = [
        max(range(3), key=lambda k: logits[k].data) == y for logits, y in answers(model, split)
    ]
    return sum(right) / len(right)


def answers(model: MLP, split: Split) -> list[tuple[list[Value], int]]:
    return [(model(x), y) for x, y in split]


# Facts --------------------------------------------------------------------------------------------


def test_a_program_may_keep_what_it_likes_on_a_value() -> None:
    p = Value(1.5)
    p.m = 0
    p.v = 0.25
    p.m = 0.9 * p.m + 0.1 * 2.0
    assert (p.m, p.v) == (pytest.approx(0.2), 0.25)
    assert (p.data, p.grad, p.label) == (1.5, 0.0, "")


def test_results_may_carry_attributes_and_inherit_none() -> None:
    x = Value(1.0)
    vis_color([x], "lightblue")
    y = x * 2
    assert not hasattr(y, "_vis_color")
    vis_color([y], "white")
    assert [v._vis_color if hasattr(v, "_vis_color") else "none" for v in (x, y, y + x)] == [
        "lightblue",
        "white",
        "none",
    ]


def test_an_attribute_that_nobody_set_is_an_error_as_always() -> None:
    with pytest.raises(AttributeError, match="momentum"):
        _ = Value(1.0).momentum


def test_attributes_have_no_part_in_gradients() -> None:
    x, y = Value(3.0), Value(3.0)
    x.m = 17.0
    vis_color([x], "lightgreen")
    for v in (x, y):
        (v * v + v.tanh()).backward()
    assert x.grad == y.grad
    assert x.m == 17.0


def test_cross_entropy_by_hand_is_the_negative_logarithm_of_the_share_of_its_class() -> None:
    logits = [Value(1.0), Value(-0.5), Value(2.0)]
    loss = cross_entropy(logits, 1)
    loss.backward()
    shares = [math.exp(z.data) / sum(math.exp(w.data) for w in logits) for z in logits]
    assert loss.data == pytest.approx(-math.log(shares[1]))
    expected = [p - (k == 1) for k, p in enumerate(shares)]  # softmax minus one-hot
    assert [z.grad for z in logits] == pytest.approx(expected)


def test_the_gradients_of_the_loss_are_those_of_finite_differences() -> None:
    rng, h = RNG(3), 1e-6
    split, _ = points(rng, 8)
    model = MLP(rng, 2, [3, 3])
    mean_loss(model, split).backward()
    for p in model.parameters():
        there, ends = p.data, []
        for p.data in (there - h, there + h):
            ends.append(mean_loss(model, split).data)
        p.data = there
        assert p.grad == pytest.approx((ends[1] - ends[0]) / (2 * h), rel=1e-5, abs=1e-8)


def test_an_optimiser_with_its_state_on_the_values_steps_like_ours() -> None:
    rng = RNG(5)
    split, _ = points(rng, 12)
    theirs, ours = MLP(RNG(1), 2, [3, 3]), MLP(RNG(1), 2, [3, 3])
    by_hand = AdamW(theirs.parameters(), lr=0.05, weight_decay=0.01)
    library = nn.AdamW(ours.parameters(), lr=0.05, betas=(0.9, 0.95), weight_decay=0.01)
    for model, optimizer in [(theirs, by_hand), (ours, library)]:
        for _ in range(10):
            loss = mean_loss(model, split)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    numbers = [[p.data for p in model.parameters()] for model in (theirs, ours)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-9)


def test_training_tells_the_three_classes_apart() -> None:
    rng = RNG(42)
    train, held_out = points(rng, 60)
    model = MLP(rng, 2, [8, 3])
    optimizer = AdamW(model.parameters(), lr=1e-1, weight_decay=1e-4)
    first = mean_loss(model, train).data
    for _ in range(40):
        loss = mean_loss(model, train)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert mean_loss(model, train).data < 0.25 * first
    assert share_right(model, train) > 0.9
    assert share_right(model, held_out) > 0.8


# The code that draws the graph --------------------------------------------------------------------


def trace(root: Value, nodes: Any, edges: Any) -> tuple[Any, Any]:
    """All nodes and edges below the root, kept in lists, or in the keys of dicts."""
    add = list.append if isinstance(nodes, list) else lambda found, x: found.setdefault(x)

    def build(v: Value) -> None:
        if v not in nodes:
            add(nodes, v)
            for child in v._prev:
                if (child, v) not in edges:
                    add(edges, (child, v))
                build(child)

    build(root)
    return nodes, edges


def test_a_drawing_that_keeps_its_nodes_in_a_list_finds_them_all_if_no_two_are_equal() -> None:
    x = (Value(0.25), Value(-1.5))
    vis_color(x, "lightblue")
    root = (x[0] * 3.0 + x[1]).tanh()
    nodes, edges = trace(root, [], [])
    assert (len(nodes), len(edges)) == (5, 4)
    assert [n._vis_color for n in nodes if hasattr(n, "_vis_color")] == ["lightblue"] * 2
    assert {n2._op for _, n2 in edges} == {"*", "+", "tanh"}


def test_a_list_is_searched_by_number_so_equal_values_become_one_there() -> None:
    a, b = Value(2.0), Value(2.0)
    assert b in [a]
    assert 2 in [a]
    assert len(trace(a * b, [], [])[0]) == 2


def test_a_dict_is_searched_by_identity_so_equal_values_stay_two() -> None:
    a, b = Value(2.0), Value(2.0)
    nodes, edges = trace(a * b, {}, {})
    assert (len(nodes), len(edges)) == (3, 2)
