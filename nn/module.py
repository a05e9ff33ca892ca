"""What every layer and every model is: something with parameters that turns a row into an output.

A row is the input of one example, a list of numbers. A batch is a list of rows. How the numbers
are computed is up to the layers; here is only what all of them share.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from contextlib import contextmanager
from inspect import Parameter, signature
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

from autograd import Value
from autograd.core.record import read, write
from autograd.numbers.reals import describe, is_array, real
from nn.checks import listed
from nn.tables import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Self, TypeAlias, TypeGuard

    Number = Value | float
    Part: TypeAlias = "Value | Module | set[Any] | frozenset[Any]"
    Row = Collection[Number]  # a list, a tuple or a NumPy array


ORDERED: tuple[type[Iterable[Any]], ...] = (list, tuple, deque, type({}.values()))
UNORDERED = (set, frozenset)


class Module:
    """A part of a network: its parameters are the leaf Values in its attributes.

    They are found in lists, tuples, dicts, NumPy arrays of Values and other Modules too. A subclass
    says in `__call__` what it makes of one row. Arguments of `__init__` are kept under their own
    names: so that a module can be printed and saved.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Value(2.0)
    ...         self.offset = Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'offset'])

    What looks like a parameter and cannot be one is told when the parameters are asked for: Values
    in a set, which has no order, are refused; of a result like 0.1 * Value(2.0), which the next
    step would leave as it is, a warning says so, unless it comes from a parameter of the module:
    then it may be a note of what was computed, like `self.last = out`. Notes are better kept as
    plain numbers, `out.data`: within `no_grad` a result is a leaf. Values of the class, which all
    its modules would share, are refused where the class is made.
    """

    _training: bool = True
    shape: str = ""  # "2 -> 16"; a module that says its shape is one line of `summary`
    buffers: ClassVar[Sequence[str]] = ()  # attributes with lists of numbers measured, not learnt

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.__dict__.get("training"), bool):  # it would stand before the property
            cls._training = cls.__dict__["training"]
            del cls.training
        for name, x in vars(cls).items():
            for way, _ in parts(name, x, set()) if may_hold(x) else ():
                raise TypeError(
                    f"{cls.__name__}.{way} belongs to the class, where no parameters are looked "
                    f"for, and all modules of the class would share it: write self.{name} = ... "
                    f"in __init__"
                )

    @property
    def training(self) -> bool:
        """Whether it is being trained, or used: see `train` and `eval`.

        >>> Module().training
        True
        """
        read(self, "_training")
        return self._training

    @training.setter
    def training(self, training: bool) -> None:
        if training != self._training:
            write(self, f"changing whether {type(self).__name__} is being trained")
        self._training = training

    def __call__(self, row: Any) -> Any:
        """What the module makes of one row."""
        raise NotImplementedError(
            f"{type(self).__name__} must say in __call__ what it does to a row"
        )

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """What it makes of a batch: of each row by itself, unless a layer says otherwise.

        A layer whose rows see each other (BatchNorm) has its own `batch`; one that is a chain of
        layers (Sequential) sends the whole batch through each of them in turn.

        >>> from nn import Neuron
        >>> Neuron(2, init="zeros").batch([[1.0, 2.0], [3.0, 4.0]])
        [Value(data=0.0, grad=0.0), Value(data=0.0, grad=0.0)]
        """
        return [self(row) for row in rows_of(rows, self)]

    # Parameters ---------------------------------------------------------------------------------

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each number to be learnt with the way to it, "layers.0.neurons.3.b"; each comes once."""
        found: list[tuple[str, Value]] = []
        results: list[tuple[str, Value]] = []
        for name, part in parts("", self, set()):
            if isinstance(part, Value):
                (found if part.op is None else results).append((name, part))
            elif not isinstance(part, Module):
                raise unordered(self, name, part)
        if results:
            own = {id(parameter) for _, parameter in found}
            for name, result in results:
                if not comes_from(result, own):
                    warn(lost(self, name, result), stacklevel=2)
        return iter(found)

    def parameters(self) -> list[Value]:
        """The numbers to be learnt.

        >>> from nn import Neuron
        >>> Neuron(2, init="zeros").parameters()
        [Value(data=0.0, grad=0.0), Value(data=0.0, grad=0.0), Value(data=0.0, grad=0.0)]
        """
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of before: `backward` adds to what is there.

        >>> from nn import Neuron
        >>> neuron = Neuron(2, rng=0)
        >>> neuron([1.0, 2.0]).backward()
        >>> neuron.zero_grad()
        >>> [p.grad for p in neuron.parameters()]
        [0.0, 0.0, 0.0]
        """
        for parameter in self.parameters():
            parameter.grad = 0.0

    # Training and use ---------------------------------------------------------------------------

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """The module itself and every one in it, each with the way to it; each comes once.

        >>> from nn import MLP
        >>> [name for name, _ in MLP(2, [1]).named_modules()]
        ['', 'layers.0', 'layers.0.neurons.0']
        """
        for name, part in parts("", self, set()):
            if isinstance(part, Module):
                yield name, part

    def train(self, training: bool = True) -> Self:
        """Be trained: Dropout drops, BatchNorm measures the batch. Gives the module itself.

        >>> from nn import Dropout
        >>> Dropout(0.5).train().training
        True
        """
        for _, module in self.named_modules():
            module.training = training
        return self

    def eval(self) -> Self:
        """Be used: the opposite of `train`.

        >>> from nn import Dropout
        >>> Dropout(0.5).eval()([1.0, 2.0])
        [1.0, 2.0]
        """
        return self.train(False)

    # What is learnt, as plain numbers -----------------------------------------------------------

    def state_dict(self) -> dict[str, float]:
        """All numbers that make this model what it is by now, under their dotted names.

        >>> from nn import Neuron
        >>> Neuron(2, init="zeros").state_dict()
        {'w.0': 0.0, 'w.1': 0.0, 'b': 0.0}
        """
        state = {name: parameter.data for name, parameter in self.named_parameters()}
        for name, numbers in self._named_buffers():
            state |= {f"{name}.{i}": number for i, number in enumerate(numbers)}
        return state

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Take the numbers of a `state_dict`; where it does not fit, an error and no change.

        >>> from nn import Neuron
        >>> neuron = Neuron(2)
        >>> neuron.load_state_dict({"w.0": 1.0, "w.1": -2.0, "b": 0.5})
        >>> neuron([3.0, 1.0]).data
        1.5
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"expected what state_dict() gave, a dict, got {describe(state)}")
        for name in (own := self.state_dict()):
            if name not in state:
                raise ValueError(f"the state has no number for {name}, which {self!r} has")
        for name in state:
            if name not in own:
                raise ValueError(
                    f"the state has a number for {name}, and {self!r} has no such part"
                )
        numbers = {name: real(state[name], f"the state at {name}") for name in own}
        for name, parameter in self.named_parameters():
            parameter.data = numbers[name]
        for name, buffer in self._named_buffers():
            buffer[:] = [numbers[f"{name}.{i}"] for i in range(len(buffer))]

    def _named_buffers(self) -> Iterator[tuple[str, list[float]]]:
        for name, module in self.named_modules():
            for buffer in module.buffers:
                yield joined(name, buffer), getattr(module, buffer)

    # What it looks like -------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The arguments that make a module like this one, without those that drew its numbers.

        >>> from nn import Dropout
        >>> Dropout(0.5, rng=0).settings()
        {'p': 0.5}
        """
        names = [name for name in signature(type(self)).parameters if name not in ("init", "rng")]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def __repr__(self) -> str:
        said, usual = self.settings(), signature(type(self)).parameters
        shown: list[str] = []
        for name, setting in said.items():
            if usual[name].kind is Parameter.VAR_POSITIONAL:
                shown += map(repr, setting)
            elif usual[name].default is Parameter.empty:
                shown.append(repr(setting))
            elif repr(usual[name].default) != repr(setting):  # arrays have no one answer to !=
                shown.append(f"{name}={setting!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def summary(self) -> Table:
        """A table of the layers with their shapes and how many parameters each has.

        >>> from nn import MLP
        >>> MLP(2, [16, 16, 1]).summary()
        layer     kind   shape     parameters
        layers.0  Layer  2 -> 16           48
        layers.1  Layer  16 -> 16         272
        layers.2  Layer  16 -> 1           17
        total                             337
        """
        lines: dict[str, Module] = {}
        for name, module in self.named_modules():
            if not any(lines[way].shape for way in lines if within(name, way)):
                lines[name] = module
        own = Counter(
            next(way for way in reversed(lines) if within(name, way))  # the innermost
            for name, _ in self.named_parameters()
        )
        rows = [
            (way, type(module).__name__, module.shape, own[way])
            for way, module in lines.items()
            if own[way] or len([*module.named_modules()]) == 1  # with nothing in it to show
        ]
        total = ("total", "", "", len(self.parameters()))
        return Table(("layer", "kind", "shape", "parameters"), [*rows, total])


CONTAINERS = (Value, Module, dict, *ORDERED, *UNORDERED)


@contextmanager
def mode(modules: Iterable[Module], *, training: bool) -> Iterator[None]:
    """A block in which all parts of a model are in training, or all in use; then as before."""
    before = [(module, module.training) for module in modules]
    try:
        for module, _ in before:
            module.training = training
        yield
    finally:
        for module, was in before:
            module.training = was


def rows_of(batch: Any, module: Module) -> Sequence[Any]:
    """The rows of a batch, if it is a list of rows."""
    if (rows := listed(batch)) is None:
        raise TypeError(f"{module!r} takes a batch, a list of rows, got {describe(batch)}")
    return rows


def parts(name: str, part: object, seen: set[int]) -> Iterator[tuple[str, Part]]:
    """All modules and Values from this part on, in order, and sets of such; each once."""
    if id(part) in seen:
        return
    seen.add(id(part))
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(part, Value):
        yield name, part
    elif isinstance(part, Module):
        yield name, part
        inside = vars(part).items()
    elif isinstance(part, dict):
        inside = part.items()
    elif isinstance(part, ORDERED):
        inside = enumerate(part)
    elif isinstance(part, UNORDERED):
        if any(isinstance(x, (Value, Module)) for x in part):
            yield name, part
    elif is_object_array(part) and part.shape == ():
        yield from parts(name, part.item(), seen)
    elif is_object_array(part):
        places = product(*map(range, part.shape))
        inside = zip((".".join(map(str, place)) for place in places), part.flat, strict=True)
    for key, inner in inside:
        if may_hold(inner):
            yield from parts(joined(name, key), inner, seen)


def may_hold(x: object) -> bool:
    """Whether there may be modules or Values in it: all else is to be passed by quickly."""
    kind = type(x)
    if kind is Value or kind is list:
        return True
    if kind is str or kind is int or kind is float or kind is bool or x is None:
        return False
    return isinstance(x, CONTAINERS) or is_object_array(x)


def is_object_array(x: object) -> TypeGuard[Any]:
    """Whether it is a NumPy array whose elements may be anything, Values too."""
    return is_array(x) and getattr(getattr(x, "dtype", None), "kind", "") == "O"


def unordered(module: Module, name: str, things: Part) -> TypeError:
    """The error for parameters in a set."""
    return TypeError(
        f"{type(module).__name__}.{name} is a {type(things).__name__} with parameters in it, and "
        f"it has no order in which they could be named and saved: write a list, or a dict"
    )


def comes_from(result: Value, own: set[int]) -> bool:
    """Whether one of these Values is among those it was computed from."""
    ahead, seen = [result], set[int]()
    while ahead:
        node = ahead.pop()
        if id(node) in own:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            ahead += node.parents
    return False


def lost(module: Module, name: str, result: Value) -> str:
    """The warning of a result that stands where a parameter may be meant."""
    return (
        f"{type(module).__name__}.{name} holds the result of {calculation(result)}, not a leaf, "
        f"and training will not change it: write Value(...) for the number, or add .detach(). If "
        f"it is a note of what was computed, and no parameter, keep the plain number, .data"
    )


def calculation(result: Value) -> str:
    """How a result came about: "0.1 * 2.0", or the name of the operation.

    >>> calculation(0.1 * Value(2.0)), calculation(Value(4.0).sqrt())
    ('0.1 * 2.0', 'sqrt(4.0)')
    """
    assert result.op is not None
    numbers = [repr(x.data if isinstance(x, Value) else x) for x in result.operands]
    if result.op.symbol in ("+", "-", "*", "/", "**"):
        return f" {result.op.symbol} ".join(numbers)
    return f"{result.op.name}({', '.join(numbers)})" if len(numbers) <= 2 else result.op.name


def joined(name: str, key: object) -> str:
    """The way to a part: "layers" and 0 make "layers.0"."""
    return f"{name}.{key}" if name else str(key)


def within(name: str, way: str) -> bool:
    """Whether a part is at the end of this way, or beyond it.

    >>> within("layers.1.w", "layers.1"), within("layers.10", "layers.1")
    (True, False)
    """
    return not way or f"{name}.".startswith(f"{way}.")
