"""A lecture on backpropagation, cell by cell: micrograd as one writes it on the blackboard.

Its listeners name every number, pass gradients on one node at a time, and write the whole backward
pass themselves before they call it. Only the class is another one here: ours.
"""

from __future__ import annotations

import math
import random
from types import SimpleNamespace
from typing import Any

import pytest

import autograd
from autograd import Value

# What such programs ask of a Value ----------------------------------------------------------------

NAMES = [
    *["data", "grad", "label", "backward", "_backward", "_prev", "_op", "__repr__"],
    *["__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__neg__"],
    *["__radd__", "__rsub__", "__rmul__", "__rtruediv__"],
    *["tanh", "exp", "log", "relu"],
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [Value(0.5), Value(0.5) * 2.0], ids=["a leaf", "a result"])
def test_a_value_has_what_programs_for_micrograd_use(value: Value, name: str) -> None:
    assert hasattr(value, name)


# An expression with a name for everything ---------------------------------------------------------


def expression() -> SimpleNamespace:
    """L = (a b + c) f, with all that lies between."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c, f = Value(10.0, label="c"), Value(-2.0, label="f")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    L = d * f  # noqa: N806 - as on the blackboard
    L.label = "L"
    return SimpleNamespace(a=a, b=b, c=c, d=d, e=e, f=f, L=L)


def test_a_label_is_given_when_a_number_is_written_down_or_afterwards() -> None:
    at = expression()
    assert [v.label for v in (at.a, at.e, at.L)] == ["a", "e", "L"]
    assert at.L.data == -8.0


def test_operands_and_operator_of_a_result_can_be_asked_for() -> None:
    at = expression()
    assert (at.L._prev, at.L._op) == ({at.d, at.f}, "*")
    assert (at.d._prev, at.d._op) == ({at.e, at.c}, "+")
    assert (at.a._prev, at.a._op) == (set(), "")


def test_every_gradient_of_the_expression_is_the_one_derived_on_paper() -> None:
    at = expression()
    at.L.backward()
    assert at.L.grad == 1.0
    assert (at.d.grad, at.f.grad) == (-2.0, 4.0)  # each is the other factor
    assert (at.e.grad, at.c.grad) == (-2.0, -2.0)  # a sum passes its gradient on
    assert (at.a.grad, at.b.grad) == (6.0, -4.0)


@pytest.mark.parametrize("name", ["a", "b", "c", "f"])
def test_nudging_a_number_moves_the_result_by_its_gradient(name: str) -> None:
    at, h = expression(), 1e-6
    at.L.backward()
    leaf = getattr(at, name)
    leaf.data += h
    nudged = (at.a * at.b + at.c) * at.f
    assert (nudged.data - at.L.data) / h == pytest.approx(leaf.grad, rel=1e-5)


def test_a_small_step_along_the_gradient_raises_the_result() -> None:
    at = expression()
    at.L.backward()
    for leaf in (at.a, at.b, at.c, at.f):
        leaf.data += 0.01 * leaf.grad
    after = (at.a * at.b + at.c) * at.f
    size = sum(leaf.grad**2 for leaf in (at.a, at.b, at.c, at.f))
    assert after.data > at.L.data
    assert after.data - at.L.data == pytest.approx(0.01 * size, rel=0.05)


# A neuron, one node at a time ---------------------------------------------------------------------


def neuron() -> SimpleNamespace:
    """o = tanh(x1 w1 + x2 w2 + b), with a bias for which do/dn is one half."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.0 + math.atanh(math.sqrt(0.5)), label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    x2w2.label = "x2*w2"
    both = x1w1 + x2w2
    both.label = "x1*w1 + x2*w2"
    n = both + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return SimpleNamespace(
        x1=x1, x2=x2, w1=w1, w2=w2, b=b, x1w1=x1w1, x2w2=x2w2, both=both, n=n, o=o
    )


LEAVES = ["x1", "w1", "x2", "w2", "b"]


def test_calling_backward_node_by_node_gives_the_gradients_of_backward() -> None:
    at, whole = neuron(), neuron()
    whole.o.backward()
    at.o.grad = 1.0
    at.o._backward()
    assert at.n.grad == pytest.approx(0.5)
    at.n._backward()
    assert at.both.grad == at.b.grad == at.n.grad
    at.b._backward()
    at.both._backward()
    at.x2w2._backward()
    at.x1w1._backward()
    for name in vars(at):
        assert getattr(at, name).grad == getattr(whole, name).grad, name


def test_a_step_back_reaches_the_operands_and_nothing_beyond() -> None:
    at = neuron()
    at.o.grad = 1.0
    at.o._backward()
    reached = [name for name, v in vars(at).items() if v.grad != 0.0]
    assert reached == ["n", "o"]


def test_a_step_back_from_a_leaf_does_nothing() -> None:
    at = neuron()
    at.b.grad = 0.5
    assert at.b._backward() is None
    assert [getattr(at, name).grad for name in LEAVES] == [0.0, 0.0, 0.0, 0.0, 0.5]


def test_a_step_back_from_a_node_without_a_gradient_changes_nothing() -> None:
    at = neuron()
    at.n._backward()
    assert (at.both.grad, at.b.grad) == (0.0, 0.0)


def test_a_step_back_adds_to_what_is_there() -> None:
    x, y = Value(2.0), Value(5.0)
    out = x * y
    out.grad = 1.0
    x.grad = 100.0
    out._backward()
    out._backward()
    assert (x.grad, y.grad) == (110.0, 4.0)


def test_a_step_back_scales_with_the_gradient_of_its_node() -> None:
    x = Value(3.0)
    out = x**2
    out.grad = -0.5
    out._backward()
    assert x.grad == -3.0


def test_an_operand_used_twice_gets_both_shares_in_one_step() -> None:
    a = Value(3.0, label="a")
    b = a + a
    b.label = "b"
    b.grad = 1.0
    b._backward()
    assert a.grad == 2.0


def test_a_step_back_passes_by_a_constant() -> None:
    x = Value(4.0)
    for out, slope in [(x + 1, 1.0), (1 - x, -1.0), (2.5 * x, 2.5), (x / 2, 0.5), (2 / x, -0.125)]:
        x.grad, out.grad = 0.0, 1.0
        out._backward()
        assert x.grad == slope


def test_a_step_back_through_an_edge_that_is_off_changes_nothing() -> None:
    x = Value(-1.0)
    out = x.relu()
    out.grad = math.inf  # times 0 it would be nan
    out._backward()
    assert x.grad == 0.0


def test_a_step_back_reaches_every_operand_of_an_operation_of_many() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    out = autograd.prod(xs)
    out.grad = 1.0
    out._backward()
    assert [x.grad for x in xs] == [6.0, 3.0, 2.0]


def test_gradients_can_be_filled_in_by_hand() -> None:
    at, whole = neuron(), neuron()
    whole.o.backward()
    at.o.grad = 1.0
    at.n.grad = 1 - at.o.data**2
    at.both.grad = at.b.grad = at.n.grad
    at.x1w1.grad = at.x2w2.grad = at.both.grad
    at.x1.grad = at.w1.data * at.x1w1.grad
    at.w1.grad = at.x1.data * at.x1w1.grad
    at.x2.grad = at.w2.data * at.x2w2.grad
    at.w2.grad = at.x2.data * at.x2w2.grad
    for name in LEAVES:
        assert getattr(at, name).grad == pytest.approx(getattr(whole, name).grad)


# The whole backward pass, as one writes it --------------------------------------------------------


def in_order(root: Value) -> list[Value]:
    topo: list[Value] = []
    visited = set()

    def build_topo(v: Value) -> None:
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(root)
    return topo


def backward_by_hand(root: Value) -> None:
    root.grad = 1.0
    for node in reversed(in_order(root)):
        node._backward()


def test_the_order_has_every_node_once_and_operands_first() -> None:
    at = neuron()
    topo = in_order(at.o)
    assert len(topo) == len(vars(at))
    assert topo[-1] is at.o
    place = {id(v): i for i, v in enumerate(topo)}
    assert all(place[id(child)] < place[id(v)] for v in topo for child in v._prev)


def reused(a: Value, b: Value) -> Value:
    """f = d e where both factors use both numbers: gradients meet at a and at b."""
    d = a * b
    e = a + b
    return d * e


def in_exponentials(a: Value, b: Value) -> Value:
    e = (2 * (a * b + 0.5)).exp()
    return (e - 1) / (e + 1)


def of_everything(a: Value, b: Value) -> Value:
    c = (a - b) ** 3 + 1 / (b * b) - a / b
    d = (c.tanh() + (a * a).log() + 2 - b).relu()
    return d * d + (-c) * 0.25 + b


FUNCTIONS = [reused, in_exponentials, of_everything]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize(("a", "b"), [(-2.0, 3.0), (0.5, 0.25), (1.5, -0.75)])
def test_backward_written_by_hand_gives_the_gradients_of_backward(
    f: Any, a: float, b: float
) -> None:
    ours, by_hand = (Value(a), Value(b)), (Value(a), Value(b))
    f(*ours).backward()
    backward_by_hand(f(*by_hand))
    for x, y in zip(ours, by_hand, strict=True):
        assert y.grad == pytest.approx(x.grad, rel=1e-12)


def test_a_number_used_twice_collects_both_gradients() -> None:
    a, b = Value(-2.0), Value(3.0)
    reused(a, b).backward()
    # f = a**2 b + a b**2
    assert (a.grad, b.grad) == (2 * -2.0 * 3.0 + 3.0**2, (-2.0) ** 2 + 2 * -2.0 * 3.0)
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


# Neurons, layers, a network -----------------------------------------------------------------------


class Neuron:
    def __init__(self, nin: int) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x: Any) -> Value:
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

    def parameters(self) -> list[Value]:
        return self.w + [self.b]  # noqa: RUF005 - lists are added in those programs


class Layer:
    def __init__(self, nin: int, nout: int) -> None:
        self.neurons = [Neuron(nin) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        outs = [n(x) for n in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP:
    def __init__(self, nin: int, nouts: list[int]) -> None:
        sizes = [nin] + nouts  # noqa: RUF005
        self.layers = [Layer(i, o) for i, o in zip(sizes, nouts)]  # noqa: B905

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]


ROWS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
WANTED = [1.0, -1.0, -1.0, 1.0]


def test_a_network_of_the_lecture_learns_its_four_rows() -> None:
    random.seed(7)
    net = MLP(3, [4, 4, 1])
    assert len(net.parameters()) == 41
    losses = []
    for _ in range(60):
        predicted = [net(x) for x in ROWS]
        loss = sum((out - y) ** 2 for y, out in zip(WANTED, predicted, strict=True))
        for p in net.parameters():
            p.grad = 0.0
        loss.backward()
        for p in net.parameters():
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]
    assert [round(net(x).data) for x in ROWS] == WANTED


def test_a_gradient_that_is_not_set_to_zero_is_added_to() -> None:
    random.seed(7)
    net = MLP(3, [4, 1])
    loss = (net(ROWS[0]) - 1.0) ** 2
    loss.backward()
    once = [p.grad for p in net.parameters()]
    loss.backward()
    assert [p.grad for p in net.parameters()] == [2.0 * grad for grad in once]


def test_a_step_back_of_ones_own_is_refused_and_not_ignored() -> None:
    out = Value(2.0) * 3.0
    with pytest.raises(AttributeError):
        out._backward = lambda: None  # type: ignore[misc]
