"""From a function to its derivatives: grad, jacobian, hessian, and products with vectors.

Each calls the function on Values, and walks over what was recorded. Arguments and results are plain
numbers, or structures of them (lists, tuples, dicts, dataclasses, NumPy arrays). Where the result
depends on Values from outside - a Value was passed in, or the function uses a model's parameters -
the derivatives are Values too, and can be differentiated by those: that is how transforms nest.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from autograd import modes, ops
from autograd.chain import forward, forward_numbers, number, reverse, reverse_numbers
from autograd.graph import topological
from autograd.reals import describe
from autograd.record import births
from autograd.trees import Structure, array, flatten, replaced
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Number = Value | float
    Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives the gradient of f, a function of one numeric result.

    >>> from autograd import grad, sin
    >>> grad(lambda x: x * sin(x))(0.0)
    0.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]})
    {'a': 3.0, 'b': [2.0]}

    The gradient has the structure of the argument; with a tuple for `argnums` it is a tuple, one
    part for each of these arguments. With `has_aux`, f returns (result, extra), and the function
    here (gradient, extra).
    """

    def gradient(*args: Any, **named: Any) -> Any:
        run = Run("grad", f, args, named, argnums, has_aux)
        return run.with_aux(run.gradient())

    return _named(gradient, "grad", f)


def value_and_grad(
    f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False
) -> Function:
    """The function that gives the pair (value of f, gradient of f), computed together.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)

    With `has_aux`, f returns (result, extra), and the function here ((result, extra), gradient).
    """

    def value_and_gradient(*args: Any, **named: Any) -> Any:
        run = Run("value_and_grad", f, args, named, argnums, has_aux)
        gradient = run.gradient()
        return run.with_aux(run.shown(run.outs[0])), gradient

    return _named(value_and_gradient, "value_and_grad", f)


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives the derivative of every result of f by every number in its argument.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]

    The result has the structure of f's result, with the structure of the argument in place of each
    number. For arrays that is one array of the shape of the result followed by that of the
    argument. Walks backwards once for each result or forwards once for each argument, whichever
    are fewer.
    """

    def jacobian_of(*args: Any, **named: Any) -> Any:
        run = Run("jacobian", f, args, named, argnums, has_aux)
        return run.with_aux(run.nested(run.jacobian()))

    return _named(jacobian_of, "jacobian", f)


def hessian(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives all second derivatives of f, a function of one numeric result.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return _named(jacobian(grad(f, argnums, has_aux=has_aux), argnums, has_aux=has_aux), "hessian", f)


def jvp(
    f: Function, primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> tuple[Any, ...]:
    """The pair (f(*primals), its derivative in the direction of the tangents).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)
    """
    primals, tangents = _sequence("jvp", "primals", primals), _sequence("jvp", "tangents", tangents)
    run = Run("jvp", f, primals, {}, tuple(range(len(primals))), has_aux)
    seeds = _flattened_like("jvp", "the tangents", tangents, run.structures)
    tangent = run.out_structure.rebuild(run.push(seeds))
    result = run.out_structure.rebuild([run.shown(out) for out in run.outs])
    return (result, tangent, run.aux) if has_aux else (result, tangent)


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The pair (f(*primals), the function that pulls a cotangent of the result back to them).

    >>> result, pull_back = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> result, pull_back(1.0)
    (6.0, (3.0, 2.0))
    """
    run = Run("vjp", f, primals, {}, tuple(range(len(primals))), has_aux)

    def pull_back(cotangent: Any) -> Any:
        seeds = _flattened_like("vjp", "the cotangent", (cotangent,), [run.out_structure])
        return run.arguments(run.pull(seeds))

    result = run.out_structure.rebuild([run.shown(out) for out in run.outs])
    return (result, pull_back, run.aux) if has_aux else (result, pull_back)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of the Hessian of f at x with v, without the Hessian.

    >>> hvp(lambda p: p[0] ** 2 * p[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    _, product = jvp(grad(f), (x,), (v,))
    return product


class Run:
    """One call of a function on Values of our own, and the walks over what it recorded."""

    def __init__(
        self,
        name: str,
        f: Function,
        args: Sequence[Any],
        named: dict[str, Any],
        argnums: int | tuple[int, ...],
        has_aux: bool,
    ) -> None:
        self.name = name
        self.single = isinstance(argnums, int)
        began = next(births)
        mode = modes.current()
        # Within no_grad the derivatives are still computed; only they are plain numbers.
        with nullcontext() if mode.recording else modes.switched(mode._replace(recording=True)):
            self.structures: list[Structure] = []
            self.variables: list[Value] = []
            args = list(args)
            for i in _positions(name, argnums, len(args)):
                numbers, structure = flatten(args[i], f"{name}: argument {i}")
                variables = [_variable(x) for x in numbers]
                args[i] = structure.rebuild(variables)
                self.structures.append(structure)
                self.variables += variables
            result = f(*args, **named)
        aux = None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise TypeError(
                    f"{name}: with has_aux=True the function must return a pair (result, extra); "
                    f"it returned {describe(result)}"
                )
            result, aux = result
        self.outs, self.out_structure = flatten(result, f"{name}: the result of the function")
        self.order = topological(*[out for out in self.outs if isinstance(out, Value)])
        # A leaf that is older than this call came from outside, by argument or by closure.
        outside = any(node.op is None and node._birth < began for node in self.order)
        self.recorded = mode.recording and (outside or any(x.op is not None for x in self.variables))
        self.has_aux = has_aux
        self.aux = replaced(aux, self.shown) if has_aux else None

    def shown(self, x: Number) -> Number:
        """A result for the outside: a Value where others may differentiate it, else a number."""
        return x if self.recorded else number(x)

    def gradient(self) -> Any:
        """The gradient of the one result, in the structure of the arguments."""
        if self.out_structure.children or self.out_structure.size != 1:
            raise TypeError(
                f"{self.name}: the function must return one number, it returned "
                f"{self.out_structure.size} in a structure; for those there is jacobian"
            )
        return self.arguments(self.pull([1.0]))

    def pull(self, cotangents: Sequence[Number]) -> list[Number]:
        """The derivatives of the results, weighted by the cotangents, by each variable."""
        seeds = [
            (out, seed)
            for out, seed in zip(self.outs, cotangents, strict=True)
            if isinstance(out, Value)
        ]
        walk = reverse if self.recorded else reverse_numbers
        return self._values(walk(self.order, seeds, self.variables))

    def push(self, tangents: Sequence[Number]) -> list[Number]:
        """The derivative of each result in the direction of the tangents."""
        walk = forward if self.recorded else forward_numbers
        seeds = list(zip(self.variables, tangents, strict=True))
        return self._values(walk(self.order, seeds, self.outs))

    def _values(self, numbers: list[Number]) -> list[Number]:
        """Derivatives that others may differentiate are Values, the constant ones too."""
        if not self.recorded:
            return numbers
        return [x if isinstance(x, Value) else Value(x) for x in numbers]

    def jacobian(self) -> list[list[Number]]:
        """A row for each result, a column for each variable."""
        m, n = len(self.outs), len(self.variables)
        if m <= n:
            return [self.pull(row) for row in _identity(m)]
        columns = [self.push(column) for column in _identity(n)]
        return [list(row) for row in zip(*columns, strict=True)] if n else [[] for _ in range(m)]

    def nested(self, rows: list[list[Number]]) -> Any:
        """The matrix as the structure of the result, with that of the arguments inside it."""
        blocks = []
        top = 0
        for out in self.out_structure.blocks():
            band = rows[top : top + out.size]
            top += out.size
            parts = []
            left = 0
            for structure in self.structures:
                inner = []
                for variable in structure.blocks():
                    numbers = [x for row in band for x in row[left : left + variable.size]]
                    left += variable.size
                    shape = (out.shape or ()) + (variable.shape or ())
                    plain = out.shape is None and variable.shape is None
                    inner.append(numbers[0] if plain else array(numbers, shape))
                parts.append(structure.fill(inner))
            blocks.append(parts[0] if self.single else tuple(parts))
        return self.out_structure.fill(blocks)

    def arguments(self, numbers: Sequence[Number]) -> Any:
        """Numbers, one for each variable, in the structure of the arguments."""
        parts = []
        start = 0
        for structure in self.structures:
            parts.append(structure.rebuild(numbers[start : start + structure.size]))
            start += structure.size
        return parts[0] if self.single else tuple(parts)

    def with_aux(self, result: Any) -> Any:
        """The result, paired with what else the function returned if that was asked for."""
        return (result, self.aux) if self.has_aux else result


def _variable(x: Any) -> Value:
    """A Value to differentiate by.

    One that was passed in is not it: the function may use that by another way too, and only the way
    through the argument counts. So +x, a node of its own, stands for it.
    """
    return ops.pos(x) if isinstance(x, Value) else Value(x)


def _positions(name: str, argnums: int | tuple[int, ...], count: int) -> list[int]:
    positions = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in positions:
        if not isinstance(i, int) or not -count <= i < count:
            raise TypeError(
                f"{name}: cannot differentiate by argument {i!r}: the function was called with "
                f"{count} positional arguments, counted from 0"
            )
    if len({i % count for i in positions}) < len(positions):
        raise ValueError(f"{name}: argnums names an argument twice: {argnums!r}")
    return [i % count for i in positions]


def _identity(n: int) -> list[list[Number]]:
    return [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]


def _sequence(name: str, what: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, (list, tuple)):
        raise TypeError(
            f"{name}: {what} must be a tuple or list, one entry for each argument; got "
            f"{describe(given)}"
        )
    return tuple(given)


def _flattened_like(
    name: str, what: str, trees: Sequence[Any], structures: Sequence[Structure]
) -> list[Number]:
    """The numbers of structures that must look like those given."""
    flat = [flatten(tree, f"{name}: {what}") for tree in trees]
    paths = [structure.paths() for _, structure in flat]
    expected = [structure.paths() for structure in structures]
    if paths != expected:
        raise ValueError(
            f"{name}: {what} must have one number for each in {[len(p) for p in expected]}, in the "
            f"same places; got {[len(p) for p in paths]}. {_first_difference(paths, expected)}"
        )
    return [x for numbers, _ in flat for x in numbers]


def _first_difference(paths: list[list[str]], expected: list[list[str]]) -> str:
    missing = [p for found, wanted in zip(paths, expected, strict=False) for p in wanted if p not in found]
    return f"Nothing stands at {missing[0]}" if missing and missing[0] else ""


def _named(function: Function, transform: str, f: Function) -> Function:
    name = getattr(f, "__name__", type(f).__name__)
    function.__name__ = function.__qualname__ = f"{transform}({name})"
    function.__doc__ = f"{transform} of {name}: see autograd.{transform}."
    return function
