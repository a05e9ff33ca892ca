"""Programs as people write them for micrograd, with one line changed: where Value comes from."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from graphviz import Digraph

from autograd import Value
from autograd.pictures.render import rendered

H = 1e-6  # of central differences: their error is about H**2 and 1e-16 / H


def slope(f: Any, x: float) -> float:
    return (f(x + H) - f(x - H)) / (2.0 * H)


# A long chain of mixed expressions ---------------------------------------------------------------


def tangled(a: Any, b: Any, relu: Any) -> Any:
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def float_tangled(a: float, b: float) -> float:
    return tangled(a, b, lambda x: max(x, 0.0))


@pytest.mark.parametrize(("a", "b"), [(-4.0, 2.0), (1.5, -0.5), (0.25, 3.0)])
def test_a_tangled_expression_has_the_numbers_of_plain_floats(a: float, b: float) -> None:
    assert tangled(Value(a), Value(b), Value.relu).data == float_tangled(a, b)


@pytest.mark.parametrize(("a", "b"), [(-4.0, 2.0), (1.5, -0.5), (0.25, 3.0)])
def test_a_tangled_expression_has_the_slopes_of_finite_differences(a: float, b: float) -> None:
    x, y = Value(a), Value(b)
    tangled(x, y, Value.relu).backward()
    assert x.grad == pytest.approx(slope(lambda a: float_tangled(a, b), a), rel=1e-7)
    assert y.grad == pytest.approx(slope(lambda b: float_tangled(a, b), b), rel=1e-7)


def test_the_readme_expression_has_its_exact_gradients() -> None:
    # At a = -4, b = 2: c = -1 and d = 6, so e = -7 and g = 49 / 2 + 10 / 49.
    a, b = Value(-4.0), Value(2.0)
    g = tangled(a, b, Value.relu)
    g.backward()
    assert g.data == pytest.approx(24.5 + 10 / 49)
    dg_de = -7.0 + 20.0 / 343.0  # of e**2 / 2 + 10 / e**2
    assert a.grad == pytest.approx(dg_de * de_by_hand(-4.0, 2.0)[0])
    assert b.grad == pytest.approx(dg_de * de_by_hand(-4.0, 2.0)[1])


def de_by_hand(a: float, b: float) -> tuple[float, float]:
    """The slopes of e = c - d where relu(b + a) is off and relu(b - a) on."""
    # c = 4 (a + b) + 3 - a;  d = 4 (3 (a b + b**3)) + (b - a)
    return 3.0 - (12.0 * b - 1.0), 4.0 - (12.0 * (a + 3.0 * b**2) + 1.0)


def test_an_expression_of_one_variable_has_its_closed_form() -> None:
    # z = 2x + 2 + x = -10, q = relu(z) + z x = 40, h = relu(z z) = 100, y = h + q + q x
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    # y = z**2 + z x (1 + x) where z = 3x + 2 < 0
    assert y.data == 100.0 + 40.0 * (1.0 - 4.0)
    assert x.grad == 2.0 * -10.0 * 3.0 + 3.0 * (-4.0 * -3.0) + -10.0 * (1.0 + 2.0 * -4.0)


def test_a_tanh_neuron_has_its_closed_form() -> None:
    x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    b = Value(6.8813735870195432)  # chosen so that tanh(n) = 1/sqrt(2), and 1 - tanh(n)**2 = 1/2
    n = x1 * w1 + x2 * w2 + b
    o = n.tanh()
    o.backward()
    assert o.data == pytest.approx(0.5**0.5)
    assert [v.grad for v in (x1, w1, x2, w2)] == pytest.approx([-1.5, 1.0, 0.5, 0.0])


def test_tanh_spelled_out_in_exponentials_has_the_same_gradients() -> None:
    x, y = Value(0.9), Value(0.9)
    e = (2 * x).exp()
    ((e - 1) / (e + 1)).backward()
    y.tanh().backward()
    assert x.grad == pytest.approx(y.grad)


# A network and its training loop -----------------------------------------------------------------


class Module:
    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        return []


class Neuron(Module):
    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Any) -> Value:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Layer(Module):
    def __init__(self, nin: int, nout: int, **named: bool) -> None:
        self.neurons = [Neuron(nin, **named) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for n in self.neurons for p in n.parameters()]


class MLP(Module):
    def __init__(self, nin: int, nouts: list[int]) -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))
        ]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def squared_loss(model: MLP) -> Value:
    return sum((model(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))


def margin_loss(model: MLP) -> Value:
    """A hinge loss with a penalty on the weights, as on the two moons."""
    losses = [(1 + -y * model(list(map(Value, x)))).relu() for x, y in zip(XS, YS, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


@pytest.fixture
def model() -> MLP:
    random.seed(1337)
    return MLP(3, [4, 4, 1])


@pytest.mark.parametrize("loss", [squared_loss, margin_loss])
def test_the_gradients_of_a_network_are_those_of_finite_differences(model: MLP, loss: Any) -> None:
    loss(model).backward()
    for p in model.parameters():
        there = p.data

        def at(number: float, p: Value = p) -> float:
            p.data = number
            return loss(model).data

        expected = slope(at, there)
        p.data = there
        assert p.grad == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("loss", [squared_loss, margin_loss])
def test_gradient_descent_brings_the_loss_down(model: MLP, loss: Any) -> None:
    first = loss(model).data
    for k in range(40):
        total = loss(model)
        model.zero_grad()
        total.backward()
        rate = 0.05 - 0.04 * k / 40
        for p in model.parameters():
            p.data += -rate * p.grad
    assert loss(model).data < 0.2 * first


def test_a_margin_loss_over_a_batch_of_numpy_rows_counts_what_is_right(model: MLP) -> None:
    rows, labels = np.array(XS), np.array([1, -1, -1, 1])
    picked = np.random.RandomState(0).permutation(rows.shape[0])[:3]
    scores = list(map(model, [list(map(Value, row)) for row in rows[picked]]))
    losses = [(1 + -y * score).relu() for y, score in zip(labels[picked], scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    right = [(y > 0) == (score.data > 0) for y, score in zip(labels[picked], scores, strict=True)]
    assert type(data_loss) is Value
    assert data_loss.data == pytest.approx(
        np.maximum(0.0, 1.0 - labels[picked] * [score.data for score in scores]).mean()
    )
    assert 0.0 <= sum(right) / len(right) <= 1.0
    data_loss.backward()
    assert any(p.grad != 0.0 for p in model.parameters())


def test_a_trained_network_tells_the_classes_apart(model: MLP) -> None:
    for _ in range(100):
        total = squared_loss(model)
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.02 * p.grad
    assert [(model(x).data > 0) == (y > 0) for x, y in zip(XS, YS, strict=True)] == [True] * 4


# The notebook code that draws the graph ----------------------------------------------------------


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    nodes, edges = set(), set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def drawn(root: Value) -> list[str]:
    nodes, edges = trace(root)
    lines = []
    for n in nodes:
        lines.append(f"{id(n)} [label={{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}]")
        if n._op:
            lines.append(f"{id(n)}{n._op} [label={n._op}]")
            lines.append(f"{id(n)}{n._op} -> {id(n)}")
    for n1, n2 in edges:
        lines.append(f"{id(n1)} -> {id(n2)}{n2._op}")
    return lines


def draw_dot(root: Value) -> Digraph:
    dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges = trace(root)
    for n in nodes:
        uid = str(id(n))
        label = "{ %s | data %.4f | grad %.4f }" % (n.label, n.data, n.grad)  # noqa: UP031
        dot.node(name=uid, label=label, shape="record")
        if n._op:
            dot.node(name=uid + n._op, label=n._op)
            dot.edge(uid + n._op, uid)
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def test_the_notebook_code_with_the_graphviz_package_draws_our_values() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    root = (a * b + 10.0).tanh()
    root.backward()
    svg = rendered(draw_dot(root).source, "svg")
    assert svg.count('class="node"') == 5 + 3  # a number each, and an operation for three of them
    assert svg.count('class="edge"') == 3 + 4
    assert "data &#45;3.0000" in svg


def test_tracing_finds_every_node_and_edge_once() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    product = a * b
    total = product + a
    nodes, edges = trace(total)
    assert nodes == {a, b, product, total}
    assert edges == {(a, product), (b, product), (product, total), (a, total)}


def test_tracing_keeps_two_equal_numbers_apart() -> None:
    nodes, _ = trace(Value(2.0) * Value(2.0))
    assert len(nodes) == 3


def test_an_operand_used_twice_is_one_edge() -> None:
    a = Value(3.0)
    assert (a * a)._prev == {a}


def test_the_drawing_code_finds_labels_numbers_and_operators() -> None:
    a = Value(2.0, label="a")
    root = (a * 3.0 + 1.0).relu()
    root.backward()
    text = "\n".join(drawn(root))
    assert "{ a | data 2.0000 | grad 3.0000 }" in text
    assert {n._op for n in trace(root)[0]} == {"", "*", "+", "relu"}


def test_a_leaf_has_no_operation_and_no_children() -> None:
    assert (Value(1.0)._op, Value(1.0)._prev) == ("", set())
