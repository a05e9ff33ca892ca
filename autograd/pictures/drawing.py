"""From a Value, or a function and its arguments, to a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from autograd.calculus.chain import reverse_numbers
from autograd.calculus.trees import container, flatten, is_ndarray, values
from autograd.core.graph import topological
from autograd.core.value import Value
from autograd.modes import switched
from autograd.numbers.reals import describe, is_real, whole
from autograd.pictures.model import pictured
from autograd.pictures.names import Model, named
from autograd.pictures.picture import SVG, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from inspect import Signature


@runtime_checkable
class Compiled(Protocol):
    """A function that knows arguments of its own, as a compiled one does."""

    def last_arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Those that the program of its last call was traced with: in order, and by name."""


def draw(
    what: Value | Sequence[Any] | Mapping[Any, Any] | Callable[..., Any],
    /,
    *args: Any,
    names: object = None,
    partials: bool = False,
    colour: bool = False,
    budget: int = 100,
    expand: str | Iterable[str] = (),
    fused: bool = True,
) -> Picture:
    """A picture of how a Value was computed: every operation, with its data and its gradient.

    >>> from autograd import tanh
    >>> w, x = Value(0.5), Value(3.0, label="x")
    >>> out = tanh(w * x)
    >>> out.backward()
    >>> draw(out, names=locals(), partials=True)
                  data     grad  partial
    out = tanh  0.9051        1
    └─ *           1.5   0.1807   0.1807
       ├─ w        0.5   0.5421        3
       └─ x          3  0.09035      0.5

    A notebook shows it as a drawing; `.save("name.svg")` writes one (or .png, .html, .dot, .txt).
    Of a function, `draw(f, 2.0, 3.0)` shows what it does to these numbers, gradients included; and
    of a compiled one `draw(f)` the program of its last call, with the numbers that it was traced
    with. With several results (a list of Values, a function that returns one) there are no
    gradients to compute, and those that are there are shown.

    `names` is a mapping such as `locals()`, or a module with its `named_parameters`, or a list of
    these; a label that a Value has itself comes first. `partials` writes the local derivative on
    every arrow; `colour` shades the gradients, orange above 0 and blue below.

    A graph of more boxes than `budget`, or more than three times as many arrows, is summed up: each
    layer or neuron of a model in one box, or else what was computed alike. `expand="layers.0"`
    opens such a part (or a list of them), and `expand="jit(f)"` what a compiled function gave.
    `fused=False` writes the products and the sum of each `dot` out.
    """
    budget = whole("draw: budget", budget)
    for option, choice in {"partials": partials, "colour": colour, "fused": fused}.items():
        if not isinstance(choice, bool):
            raise TypeError(f"draw: {option} must be True or False, got {describe(choice)}")
    scenery: dict[str, Any] = {"budget": budget, "expand": expand, "fused": fused}
    if isinstance(what, Value) or not callable(what):
        if args:
            raise TypeError(
                f"draw: a Value is drawn as it is, draw(value); got {len(args)} more arguments, "
                f"which only a function takes"
            )
        scene = pictured(given(what), named(names), **scenery)
    else:
        model = getattr(what, "__wrapped__", what)  # of a compiled function: what was compiled
        names = model if names is None and isinstance(model, Model) else names
        named_args: dict[str, Any] = {}
        if not args and isinstance(what, Compiled):
            args, named_args = what.last_arguments()
        refuse_misfit(what, args, named_args)
        results = recorded(what, args, named_args)
        grads = gradients_of(results[0]) if len(results) == 1 else None
        scene = pictured(results, named(names), grads=grads, inside=True, **scenery)
    return Picture(scene, partials=partials, colour=colour)


def given(what: object) -> list[Value]:
    """The Values to draw."""
    found = values(what)
    if not found:
        raise TypeError(
            f"draw: expected a Value, or a function and its arguments; got {describe(what)}"
        )
    return found


# A function --------------------------------------------------------------------------------------


def refuse_misfit(
    f: Callable[..., Any], args: Sequence[Any], named_args: Mapping[str, Any]
) -> None:
    """An error in words if f cannot be called with these arguments."""
    form = signature_of(f)
    if form is None:
        return
    try:
        form.bind(*args, **named_args)
    except TypeError as error:
        name = getattr(f, "__name__", type(f).__name__)
        needed = [x.name for x in form.parameters.values() if x.default is x.empty]
        raise TypeError(
            f"draw: a function is drawn with its arguments behind it, here "
            f"draw({', '.join([name, *needed])}): {error}"
        ) from None


def recorded(
    f: Callable[..., Any], args: Sequence[Any], named_args: Mapping[str, Any]
) -> list[Value]:
    """The results of f, recorded within `no_grad` too."""
    labelled = as_values_or_fixed if isinstance(f, Compiled) else as_values
    with switched(recording=True):
        out = f(
            *[labelled(name, x) for name, x in zip(parameters(f, len(args)), args, strict=True)],
            **{name: labelled(name, x) for name, x in named_args.items()},
        )
    results = values(out)
    if not results:
        name = getattr(f, "__name__", type(f).__name__)
        raise TypeError(
            f"draw: {name} gave {describe(out)}, which remembers no computation; a function "
            f"to be drawn returns a Value"
        )
    return results


def gradients_of(result: Value) -> dict[int, float]:
    """The gradient of each node of the graph, by identity.

    Nobody's `.grad` is touched: who looks at a model, perhaps while a thread trains it, must not
    change it.
    """
    nodes = topological(result)
    found = reverse_numbers(nodes, [result], [1.0], nodes)
    return {id(node): grad for node, grad in zip(nodes, found, strict=True)}


def as_values(name: str, arg: Any) -> Any:
    """The argument with a Value in place of each number, labelled as the function calls it."""
    numbers, structure = flatten(arg, f"draw: {name}")
    labelled = [
        x if isinstance(x, Value) else Value(x, label)
        for x, label in zip(numbers, structure.paths(name), strict=True)
    ]
    return structure.rebuild(labelled)


def as_values_or_fixed(name: str, arg: Any) -> Any:
    """The same, but text, None, a bool or an object stays: it is a part of a compiled program."""
    numeric = isinstance(arg, Value) or is_real(arg) or is_ndarray(arg) or container(arg)
    return arg if isinstance(arg, bool) or not numeric else as_values(name, arg)


def parameters(f: Callable[..., Any], count: int) -> list[str]:
    """What f calls its first arguments, as far as can be found out."""
    form = signature_of(f)
    known = [] if form is None else list(form.parameters.values())
    names = [p.name for p in known if p.kind <= p.POSITIONAL_OR_KEYWORD][:count]
    rest = next((p.name for p in known if p.kind == p.VAR_POSITIONAL), "argument")
    return names + [f"{rest}[{i}]" for i in range(count - len(names))]


def signature_of(f: Callable[..., Any]) -> Signature | None:
    """What f takes; None of a function of C that does not say."""
    from inspect import signature

    try:
        return signature(f)
    except ValueError:
        return None


# In a notebook -----------------------------------------------------------------------------------


def shown(
    value: Value, include: Container[str] | None = None, exclude: Container[str] | None = None
) -> dict[str, str]:
    """A Value for a notebook: the picture of how it was computed, and its number in text."""
    bundle = draw(value)._repr_mimebundle_(include, exclude)
    if SVG in bundle or value.op is None:
        bundle["text/plain"] = repr(value)
    return bundle
