"""From a function to its derivatives: grad, jacobian, hessian, and products with vectors.

Each calls the function on Values, and walks over what was recorded. Arguments and results are plain
numbers, or structures of them (lists, tuples, dicts, dataclasses, NumPy arrays). Where the result
depends on Values from outside - a Value was passed in, or the function uses a model's parameters -
the derivatives are Values too, and can be differentiated again: that is how transforms nest.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from autograd.calculus.chain import (
    between,
    forward,
    forward_numbers,
    linearized,
    number,
    reverse,
    reverse_numbers,
)
from autograd.calculus.trees import Structure, flatten, replaced, taken, values
from autograd.core import ops
from autograd.core.record import births, current
from autograd.core.value import Value
from autograd.modes import deriving, switched
from autograd.numbers.reals import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.calculus.chain import Linear, Number, Seed

    Function = Callable[..., Any]


def grad(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives the gradient of f, a function of one numeric result.

    >>> from autograd import sin
    >>> grad(lambda x: x * sin(x))(0.0)
    0.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]})
    {'a': 3.0, 'b': [2.0]}

    The gradient has the structure of the argument; with a tuple for `argnums` it is a tuple, one
    part for each of these arguments. Where f uses Values from outside, such as a model's
    parameters, the gradient is made of Values, which can be differentiated again; within `no_grad`
    it is always plain numbers. With `has_aux`, f returns (result, extra), and the function
    here (gradient, extra).
    """
    refuse_misuse("grad", f, argnums)
    return titled(gradient_function("grad", f, argnums, has_aux), "grad", f)


def gradient_function(
    name: str, f: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Function:
    """What `grad` gives; errors bear the name of what the user called."""

    def gradient(*args: Any, **named: Any) -> Any:
        run = Recording(name, f, args, named, argnums, has_aux)
        return run.with_aux(run.gradient())

    return gradient


def value_and_grad(
    f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False
) -> Function:
    """The function that gives the pair (value of f, gradient of f), computed together.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)

    With `has_aux`, f returns (result, extra), and the function here ((result, extra), gradient).
    """
    refuse_misuse("value_and_grad", f, argnums)

    def value_and_gradient(*args: Any, **named: Any) -> Any:
        run = Recording("value_and_grad", f, args, named, argnums, has_aux)
        gradient = run.gradient()
        return run.with_aux(run.value()), gradient

    return titled(value_and_gradient, "value_and_grad", f)


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives the derivative of every result of f with respect to every argument.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]

    The result has the structure of f's result, with the structure of the argument in place of each
    number. For arrays that is one array of the shape of the result followed by that of the
    argument. It walks backwards from each result or forwards from each number in the argument,
    whichever visits fewer nodes.
    """
    refuse_misuse("jacobian", f, argnums)

    def jacobian_of(*args: Any, **named: Any) -> Any:
        run = Recording("jacobian", f, args, named, argnums, has_aux)
        return run.with_aux(run.jacobian())

    return titled(jacobian_of, "jacobian", f)


def hessian(f: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Function:
    """The function that gives all second derivatives of f, a function of one numeric result.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]

    With a tuple for `argnums` it is a tuple of tuples: a row of blocks for each of the arguments.
    """
    refuse_misuse("hessian", f, argnums)
    gradient = gradient_function("hessian", f, argnums, has_aux)

    def hessian_of(*args: Any, **named: Any) -> Any:
        run = Recording("hessian", gradient, args, named, argnums, has_aux)
        return run.with_aux(run.jacobian())

    return titled(hessian_of, "hessian", f)


def jvp(
    f: Function, primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> tuple[Any, ...]:
    """The pair (f(*primals), its derivative in the direction of the tangents).

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)

    With `has_aux`, f returns (result, extra), and here extra is a third part.
    """
    refuse_misuse("jvp", f, 0)
    for what, given in ("primals", primals), ("tangents", tangents):
        if not isinstance(given, (list, tuple)):
            raise TypeError(
                f"jvp: {what} must be a tuple or list, one entry for each argument of the "
                f"function; got {describe(given)}"
            )
    run = Recording("jvp", f, primals, {}, tuple(range(len(primals))), has_aux)
    derivative = run.derivative(tangents, "jvp: tangents", "the primals")
    return (run.value(), derivative, run.aux) if has_aux else (run.value(), derivative)


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The pair (f(*primals), the function that pulls a cotangent of the result back to them).

    >>> result, pull_back = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> result, pull_back(1.0)
    (6.0, (3.0, 2.0))

    With `has_aux`, f returns (result, extra), and here extra is a third part.
    """
    refuse_misuse("vjp", f, 0)
    run = Recording("vjp", f, primals, {}, tuple(range(len(primals))), has_aux)

    def pull_back(cotangent: Any) -> Any:
        """The derivative of the result, weighted by the cotangent, by each of the primals."""
        return run.weighted(cotangent, "vjp: the cotangent", "the result")

    return (run.value(), pull_back, run.aux) if has_aux else (run.value(), pull_back)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of the Hessian of f at x with v, without the Hessian.

    >>> hvp(lambda p: p[0] ** 2 * p[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    refuse_misuse("hvp", f, 0)
    return Recording("hvp", gradient_function("hvp", f), (x,), {}, 0, False).derivative(
        v, "hvp: v", "x"
    )


class Recording:
    """One call of a function on Values of our own, and the derivatives of what it recorded."""

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
        self.has_aux = has_aux
        began = next(births)
        # Within no_grad the derivatives are still computed; only they are plain numbers.
        with nullcontext() if current().recording else switched(recording=True):
            given, self.variables, self.arguments = with_variables(name, args, argnums)
            returned = f(*given, **named)
        self.returned, aux = paired(name, returned) if has_aux else (returned, None)
        self.outs, self.result = flatten(self.returned, f"{name}: the result of the function")
        self.order = between(self.variables, self.outs)
        passed = any(x.op is not None for x in self.variables)
        extras = values(aux, f"{name}: the extra of the function")
        used = between(self.variables, [*self.outs, *extras]) if extras else self.order
        # A leaf that is older than this call came from outside, by argument or by closure.
        captured = any(node._birth < began for node in used if node.op is None)
        self.connected = deriving() and (passed or captured)
        self.aux = replaced(aux, self.shown, f"{name}: the extra of the function")
        self.linear: Linear | None = None  # made when it is needed

    def shown(self, x: Number) -> Number:
        """A number for the outside: a Value where others may differentiate it, else a float."""
        if not self.connected:
            return number(x)  # type: ignore[no-any-return]
        return x if isinstance(x, Value) else Value(x)

    def value(self) -> Any:
        """What the function returned."""
        return self.result.rebuild(map(self.shown, self.outs))

    def with_aux(self, result: Any) -> Any:
        """The result, paired with what else the function returned if that was asked for."""
        return (result, self.aux) if self.has_aux else result

    def gradient(self) -> Any:
        """The derivatives of the one result, in the structure of the arguments."""
        if self.result.together is not None or self.result.shape:
            raise TypeError(
                f"{self.name}: the function must return one number, it returned "
                f"{describe(self.returned)}; there is jacobian for several results, and "
                f"has_aux=True for one result and something else"
            )
        return self.arguments.rebuild(self.pull([1.0]))

    def weighted(self, cotangent: Any, where: str, model: str) -> Any:
        """The derivatives of the results, weighted by a cotangent, which looks like them."""
        seeds = self.result.numbers_of(cotangent, where, model)
        return self.arguments.rebuild(self.pull(seeds))

    def derivative(self, tangent: Any, where: str, model: str) -> Any:
        """The derivatives of the results along a tangent, which looks like the arguments."""
        seeds = self.arguments.numbers_of(tangent, where, model)
        return self.result.rebuild(self.push(seeds))

    def jacobian(self) -> Any:
        """The derivatives of the results, in their structure, each in that of the arguments."""
        matrix = self._rows() or transposed(
            [self.push(column) for column in identity(len(self.variables))], len(self.outs)
        )
        rows = iter(matrix)

        def block(out: Structure) -> Any:
            band = [iter(next(rows)) for _ in range(out.size)]

            def inner(x: Structure) -> Any:
                numbers = (next(row) for row in band for _ in range(x.size))
                if out.shape is None and x.shape is None:
                    return next(numbers)
                return taken(numbers, (out.shape or ()) + (x.shape or ()))

            return self.arguments.filled(inner)

        return self.result.filled(block)

    def _rows(self) -> list[Sequence[Number]]:
        """The Jacobian by walks backwards, each over what its result alone was computed from.

        Nothing if walks forwards, each over all nodes, would visit fewer nodes: where the results
        share much of the computation, and are more than the variables.
        """
        m, n = len(self.outs), len(self.variables)
        if self.connected:
            return [self.pull(row) for row in identity(m)] if m <= n else []
        orders, visited = [], 0
        for out in self.outs:
            orders.append(between(self.variables, [out]))
            visited += len(orders[-1])
            if visited > n * len(self.order):
                return []
        return [
            reverse_numbers(order, [out], [1.0], self.variables)
            for order, out in zip(orders, self.outs, strict=True)
        ]

    def pull(self, seeds: Sequence[Seed]) -> Sequence[Number]:
        """Seeds at the results, pulled back to the variables."""
        if self._recorded(seeds):
            return self._values(reverse(self._linear(), self.outs, seeds, self.variables))
        return reverse_numbers(self.order, self.outs, list(map(number, seeds)), self.variables)

    def push(self, seeds: Sequence[Seed]) -> Sequence[Number]:
        """Seeds at the variables, pushed forward to the results."""
        if self._recorded(seeds):
            return self._values(forward(self._linear(), self.variables, seeds, self.outs))
        return forward_numbers(self.order, self.variables, list(map(number, seeds)), self.outs)

    def _recorded(self, seeds: Sequence[Seed]) -> bool:
        """Whether derivatives are to be Values: somebody outside may want to differentiate them."""
        from_outside = self.connected or any(isinstance(seed, Value) for seed in seeds)
        return from_outside and deriving()

    def _linear(self) -> Linear:
        if self.linear is None:
            # The variables of an unconnected call are known to nobody outside: by a seed alone is
            # the result to be differentiated, and for that the numbers of the record will do.
            self.linear = linearized(self.order, self.variables, anew=self.connected)
        return self.linear

    @staticmethod
    def _values(numbers: list[Number]) -> list[Number]:
        """Derivatives that others may differentiate are Values, the constant ones too."""
        return [x if isinstance(x, Value) else Value(x) for x in numbers]


def with_variables(
    name: str, args: Sequence[Any], argnums: int | tuple[int, ...]
) -> tuple[list[Any], list[Value], Structure]:
    """The arguments with variables put in; the variables; the structure in which those stand."""
    given = list(args)
    variables: list[Value] = []
    structures = []
    for i in places(name, argnums, len(given)):
        numbers, structure = flatten(given[i], f"{name}: argument {i}")
        mine = [variable(x) for x in numbers]
        given[i] = structure.rebuild(mine)
        variables += mine
        structures.append(structure)
    if isinstance(argnums, int):
        return given, variables, structures[0]
    return given, variables, Structure(tuple, structures, range(len(structures)), "[{}]")


def variable(x: Number) -> Value:
    """A Value that stands for a number of the arguments.

    One that was passed in is not it: the function may use that by another way too, and only the way
    through the argument counts. So +x, a node of its own, stands for it.
    """
    return ops.pos(x) if isinstance(x, Value) else Value(x)


def refuse_misuse(name: str, f: object, argnums: object) -> None:
    """Refuse at once what can be seen before the function is called."""
    if not callable(f):
        raise TypeError(
            f"{name}: expected a function, got {describe(f)}; for the derivatives of a Value that "
            f"is computed already there are out.backward() and gradients(out, wrt)"
        )
    for i in argnums if isinstance(argnums, tuple) else (argnums,):
        if not isinstance(i, int):
            raise TypeError(
                f"{name}: argnums must be the position of an argument, or a tuple of positions; "
                f"got {describe(i)}"
            )


def places(name: str, argnums: int | tuple[int, ...], count: int) -> list[int]:
    """The positions in `argnums`, counted from the front."""
    positions = (argnums,) if isinstance(argnums, int) else argnums
    for i in positions:
        if not -count <= i < count:
            shown = i if i.bit_length() < 64 else describe(i)
            raise TypeError(
                f"{name}: argument {shown} is to be differentiated, but the function was called "
                f"with {count} positional arguments; positions count from 0, and an argument "
                f"passed by name has none"
            )
    distinct = [i % count for i in positions]
    if len(set(distinct)) < len(distinct):
        raise ValueError(f"{name}: argnums names an argument twice: {argnums}")
    return distinct


def paired(name: str, returned: Any) -> tuple[Any, Any]:
    """The result and the extra that a function with `has_aux` returned."""
    if not (isinstance(returned, tuple) and len(returned) == 2):
        raise TypeError(
            f"{name}: with has_aux=True the function must return a pair (result, extra); it "
            f"returned {describe(returned)}"
        )
    return returned


def identity(n: int) -> list[list[Seed]]:
    """Rows with a one each. Elsewhere nothing is sent: 0.0 would be nan on its way over inf."""
    return [[1.0 if i == j else None for j in range(n)] for i in range(n)]


def transposed(columns: Sequence[Sequence[Number]], rows: int) -> list[Sequence[Number]]:
    """The rows, so many, of the matrix with these columns."""
    return [[column[i] for column in columns] for i in range(rows)]


def titled(function: Function, transform: str, f: Function) -> Function:
    """The function, with a name and a docstring that say what it is the derivative of."""
    name = getattr(f, "__name__", type(f).__name__)
    function.__name__ = function.__qualname__ = f"{transform}({name})"
    function.derivative_of = f  # type: ignore[attr-defined]
    function.__doc__ = f"{transform} of {name}: see autograd.{transform}."
    function.__wrapped__ = f  # type: ignore[attr-defined]  # for inspect.signature
    return function
