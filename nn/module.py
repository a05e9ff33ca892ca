"""What every layer and every model is: something with parameters that turns a row into an output.

A row is the input of one example, a list of numbers. A batch is a list of rows. How the numbers
are computed is up to the layers; here is only what all of them share.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from autograd import Value
from autograd.core.record import read, write
from autograd.many import zero_grads
from autograd.numbers.reals import is_array, real
from nn.checks import rows_of, warn_of_results
from nn.printing import Table, call_of, settings_of, summarise


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

    What looks like a parameter and would not be trained is told: Values in a set, which has no
    order, and Values of the class, which all its modules would share, are refused; of a result such
    as 0.1 * Value(2.0) a warning says that training will not change it.
    """

    _training: bool = True
    shape: str = ""  # "2 -> 16"; a module that says its shape is one line of `summary`
    buffers: ClassVar[Sequence[str]] = ()  # attributes with lists of numbers measured, not learnt

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(vars(cls).get("training"), bool):  # it would stand before the property
            cls._training = vars(cls)["training"]
            del cls.training
        for name, x in vars(cls).items():
            if any(isinstance(part, (Value, Module)) for _, part in parts_of(x)):
                raise TypeError(
                    f"{cls.__name__}.{name} belongs to the class, and all its modules would share "
                    f"it untrained: write self.{name} = ... in __init__"
                )

    @property
    def training(self) -> bool:
        """Whether it is being trained, or used: see `train` and `eval`.

        >>> Module().training
        True
        """
        read(self, "_training")  # a compiled function is traced anew when it changes
        return self._training

    @training.setter
    def training(self, training: bool) -> None:
        if training != self._training:
            write(self, f"changing whether {type(self).__name__} is being trained")
        self._training = training

    def __call__(self, row: Any) -> Any:
        """What the module makes of one row."""
        raise NotImplementedError(f"{type(self).__name__} must say in __call__ what it does")

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
        values = [(name, part) for name, part in parts_of(self) if isinstance(part, Value)]
        warn_of_results(type(self).__name__, values)
        return ((name, value) for name, value in values if value.op is None)

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
        zero_grads(self.parameters())

    # Training and use ---------------------------------------------------------------------------

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """The module itself and every one in it, each with the way to it; each comes once.

        >>> from nn import MLP
        >>> [name for name, _ in MLP(2, [1]).named_modules()]
        ['', 'layers.0', 'layers.0.neurons.0']
        """
        return ((name, part) for name, part in parts_of(self) if isinstance(part, Module))

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
        own = self.state_dict()
        for name in {**own, **state}:
            if name not in state:
                raise ValueError(f"the state has no number for {name}, which {self!r} has")
            if name not in own:
                raise ValueError(f"the state has a number for {name}, and {self!r} has none")
        numbers = {name: real(state[name], f"the state at {name}") for name in own}
        for name, parameter in self.named_parameters():
            parameter.data = numbers[name]
        for name, buffer in self._named_buffers():
            buffer[:] = [numbers[f"{name}.{i}"] for i in range(len(buffer))]

    def _named_buffers(self) -> Iterator[tuple[str, list[float]]]:
        for name, module in self.named_modules():
            for buffer in module.buffers:
                yield join(name, buffer), getattr(module, buffer)

    # What it looks like -------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The arguments that make a module like this one, without those that drew its numbers.

        >>> from nn import Dropout
        >>> Dropout(0.5, rng=0).settings()
        {'p': 0.5}
        """
        return settings_of(self)

    def __repr__(self) -> str:
        return call_of(self)

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
        return summarise(self)


# How parts are found ------------------------------------------------------------------------------

ORDERED: tuple[type[Iterable[Any]], ...] = (list, tuple, deque, type({}.values()))
PLAIN = {bool, int, float, str, type(None)}  # types of most attributes, to be passed by quickly


def parts_of(whole: object) -> Iterable[tuple[str, Any]]:
    """The parts of a module in order, itself included, each once and with the way to it."""
    found: dict[int, tuple[str, Any]] = {}  # by identity: the way to each part, and itself
    gather("", whole, found)
    return found.values()


def gather(name: str, part: Any, found: dict[int, tuple[str, Any]]) -> None:
    """Add a part to those found, and then what is in it."""
    if id(part) in found:
        return
    found[id(part)] = name, part
    if isinstance(part, Value):
        return
    inside: Iterable[tuple[object, object]] = ()
    holder = vars(part) if isinstance(part, Module) else part
    if isinstance(holder, dict):
        inside = holder.items()
    elif isinstance(part, ORDERED):
        inside = enumerate(part)
    elif is_array(part) and getattr(part.dtype, "kind", "") == "O":  # it may hold Values
        gather(name, part.tolist(), found)
    elif isinstance(part, (set, frozenset)) and any(isinstance(x, (Value, Module)) for x in part):
        raise TypeError(f"{name} has parameters in a set, which has no order: write a list")
    for key, inner in inside:
        if type(inner) not in PLAIN:
            gather(join(name, key), inner, found)


def join(name: str, key: object) -> str:
    """The way to a part: "layers" and 0 make "layers.0"."""
    return f"{name}.{key}" if name else str(key)
