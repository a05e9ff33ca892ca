"""What a function reaches by name is found, remembered, and looked at: one test for each kind.

Each program is a module of its own, train.py, with a function f. What follows changes it.
"""

from __future__ import annotations

import gc
import sys
from array import array
from threading import Thread
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest

from autograd import Value
from autograd.compiler.trace import TraceError
from autograd.compiler.watching.kinds import KINDS
from autograd.compiler.watching.ran import Ran
from autograd.compiler.watching.reach import reach
from autograd.compiler.watching.watch import Watch, reader
from nn import Neuron
from tests.compiler.programs import answer

if TYPE_CHECKING:
    from collections.abc import Callable

Names = dict[str, Any]


def program(text: str, **names: Any) -> Names:
    """The names of a module with this text."""
    names |= {"__name__": "train"}
    exec(compile(text, "train.py", "exec", dont_inherit=True), names)
    return names


def watched(f: Callable[..., Any], *args: Any) -> Watch:
    """What f reaches at these arguments, as it is now."""
    ran = Ran()
    with ran:
        f(*args)
    ran.check()
    watch = Watch(reach(f, ran))
    assert watch.holds()
    assert not watch.changes()
    return watch


def said(watch: Watch) -> list[str]:
    """What has changed, in words, which the look has seen too."""
    changes = [str(change) for change in watch.changes()]
    assert watch.holds() is not bool(changes)
    return changes


# What is seen: a program, what changes it, and what is said of that -------------------------------

SEEN = {
    "a global": (
        "rate = 0.1\ndef f(x): return x * rate",
        "rate = 0.2",
        "rate was 0.1 and is 0.2 (a global of train.py)",
    ),
    "a global that is gone": (
        "rate = 0.1\ndef f(x): return x * rate",
        "del rate",
        "rate was 0.1 and is missing (a global of train.py)",
    ),
    "a global that hides a builtin": (
        "def f(x): return max(x, 2.0)",
        "max = min",
        "max was missing and is the function min (a global of train.py)",
    ),
    "a builtin": (
        "import builtins\nb = lambda x: x\nbuiltins.doubled = b\ndef f(x): return doubled(x)",
        "builtins.doubled = lambda x: 2.0 * x",
        "doubled was the function <lambda> and is another function <lambda> (a builtin)",
    ),
    "a global that was not there": (
        "def f(x):\n    try: return x * rate\n    except NameError: return x",
        "rate = 2.0",
        "rate was missing and is 2.0 (a global of train.py)",
    ),
    "the sign of zero": (
        "zero = 0.0\ndef f(x): return x * zero",
        "zero = -0.0",
        "zero was 0.0 and is -0.0 (a global of train.py)",
    ),
    "the type of a number": (
        "n = 1\ndef f(x): return x / n",
        "n = True",
        "n was 1 and is True (a global of train.py)",
    ),
    "a closure's cell": (
        "def make():\n    rate = 0.1\n    def put(z):\n        nonlocal rate\n        rate = z\n"
        "    return (lambda x: x * rate), put\nf, put = make()",
        "put(0.2)",
        "rate was 0.1 and is 0.2 (a variable around make.<lambda>)",
    ),
    "a cell around a function inside": (
        "def make(rate):\n    def f(x):\n        def g(): return rate\n        return x * g()\n"
        "    return f\nf = make(0.1)",
        "f.__closure__[0].cell_contents = 0.2",
        "rate was 0.1 and is 0.2 (a variable around make.f)",
    ),
    "a default": (
        "def f(x, rate=0.1): return x * rate",
        "f.__defaults__ = (0.2,)",
        "f.__defaults__ was a tuple and is another tuple (defaults)",
    ),
    "a default of a keyword": (
        "def g(x, *, rate=0.1): return x * rate\ndef f(x): return g(x)",
        "g.__kwdefaults__['rate'] = 0.2",
        "g.__kwdefaults__['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "the code of a function": (
        "def g(x): return x\ndef f(x): return g(x)",
        "g.__code__ = (lambda x: 2.0 * x).__code__",
        "g.__code__ was the code at train.py:1, in g and is the code at <string>:1, in <lambda> "
        "(the code of a function)",
    ),
    "a helper defined anew": (
        "def g(x): return x\ndef f(x): return g(x)",
        "def g(x): return 2.0 * x",
        "g was the function g and is another function g (a global of train.py)",
    ),
    "an attribute": (
        "class Config: pass\ncfg = Config(); cfg.rate = 0.1\ndef f(x): return x * cfg.rate",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "an attribute of attributes": (
        "from types import SimpleNamespace as S\ncfg = S(opt=S(rate=0.1))\n"
        "def f(x):\n    here = cfg\n    return x * here.opt.rate",
        "cfg.opt.rate = 0.2",
        "cfg.opt.rate was 0.1 and is 0.2 (an attribute of a SimpleNamespace)",
    ),
    "a slot": (
        "class Config: __slots__ = ('rate',)\ncfg = Config(); cfg.rate = 0.1\n"
        "def f(x): return x * cfg.rate",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass Config: rate: float\n"
        "cfg = Config(0.1)\ndef f(x): return x * cfg.rate",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "a default factory": (
        "from dataclasses import dataclass, field\nrate = 0.1\n@dataclass\nclass Config:\n"
        "    rate: float = field(default_factory=lambda: rate)\ndef f(x): return x * Config().rate",
        "rate = 0.2",
        "rate was 0.1 and is 0.2 (a global of train.py)",
    ),
    "a class attribute": (
        "class Config: rate = 0.1\ndef f(x): return x * Config.rate",
        "Config.rate = 0.2",
        "Config.rate was 0.1 and is 0.2 (an attribute of the class Config)",
    ),
    "a class attribute of a base": (
        "class Base: rate = 0.1\nclass Config(Base): pass\ndef f(x): return x * Config().rate",
        "Base.rate = 0.2",
        "Config.rate was 0.1 and is 0.2 (an attribute of the class Config)",
    ),
    "an attribute that hides one of the class": (
        "class Config: rate = 0.1\ncfg = Config()\ndef f(x): return x * cfg.rate",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "an attribute asked for with a default": (
        "class Config: pass\ncfg = Config()\ndef f(x): return x * getattr(cfg, 'rate', 1.0)",
        "cfg.rate = 0.2",
        "cfg.rate was missing and is 0.2 (an attribute of a Config)",
    ),
    "an attribute under a computed name": (
        "class Config: pass\ncfg = Config(); cfg.rate_1 = 0.1\n"
        "def f(x): return x * getattr(cfg, f'rate_{1}')",
        "cfg.rate_1 = 0.2",
        "cfg.rate_1 was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "a property": (
        "class Config:\n    kept = 0.1\n    @property\n    def rate(self): return self.kept\n"
        "cfg = Config()\ndef f(x): return x * cfg.rate",
        "cfg.kept = 0.2",
        "cfg.kept was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "a property defined anew": (
        "class Config: rate = property(lambda self: 0.1)\ncfg = Config()\n"
        "def f(x): return x * cfg.rate",
        "Config.rate = property(lambda self: 0.2)",
        "Config.rate was a property and is another property (an attribute of the class Config)",
    ),
    "a descriptor's state": (
        "class Held:\n    def __get__(self, x, kind=None): return self.kept\n"
        "class Config: rate = Held()\nvars(Config)['rate'].kept = 0.1\ncfg = Config()\n"
        "def f(x): return x * cfg.rate",
        "vars(Config)['rate'].kept = 0.2",
        "Config.rate.kept was 0.1 and is 0.2 (an attribute of a Held)",
    ),
    "a made-up attribute": (
        "class Config:\n    def __init__(self): self.kept = {'rate': 0.1}\n"
        "    def __getattr__(self, name): return self.kept[name]\ncfg = Config()\n"
        "def f(x): return x * cfg.rate",
        "cfg.kept['rate'] = 0.2",
        "cfg.kept['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "a method replaced on its class": (
        "class Line:\n    def at(self, x): return x\nline = Line()\ndef f(x): return line.at(x)",
        "Line.at = lambda self, x: 2.0 * x",
        "Line.at was the function Line.at and is the function <lambda> "
        "(an attribute of the class Line)",
    ),
    "a method replaced on its object": (
        "class Line:\n    def at(self, x): return x\nline = Line()\ndef f(x): return line.at(x)",
        "line.at = lambda x: 2.0 * x",
        "line.at was the function Line.at and is missing (a method of a Line)",
    ),
    "a class method replaced on its object": (
        "class Line:\n    @classmethod\n    def at(cls, x): return x\nline = Line()\n"
        "def f(x): return line.at(x)",
        "line.at = lambda x: 2.0 * x",
        "line.at was missing and is the function <lambda> (an attribute of a Line)",
    ),
    "a descriptor that an attribute comes to hide": (
        "class Held:\n    def __get__(self, x, kind=None): return 0.1\n"
        "class Config: rate = Held()\ncfg = Config()\ndef f(x): return x * cfg.rate",
        "cfg.rate = 0.2",
        "cfg.rate was missing and is 0.2 (an attribute of a Config)",
    ),
    "a cached method that an attribute comes to hide": (
        "from functools import cache\nclass Config:\n    @cache\n    def rate(self): return 0.1\n"
        "cfg = Config(); cfg.rate()\ndef f(x): return x * cfg.rate()",
        "cfg.rate = lambda: 0.2",
        "cfg.rate was missing and is the function <lambda> (an attribute of a Config)",
    ),
    "a special method that is no function": (
        "from functools import cache\nclass Line: __call__ = cache(lambda self: 0.1)\n"
        "line = Line(); line()\ndef f(x): return x * line()",
        "Line.__call__ = lambda self: 0.2",
        "Line.__call__ was the function Line.<lambda> and is the function <lambda> "
        "(an attribute of the class Line)",
    ),
    "a method of a base": (
        "class Base:\n    def at(self, x): return x\n"
        "class Line(Base):\n    def at(self, x): return super().at(x)\n"
        "line = Line()\ndef f(x): return line.at(x)",
        "Base.at = lambda self, x: 2.0 * x",
        "Base.at was the function Base.at and is the function <lambda> "
        "(an attribute of the class Base)",
    ),
    "a method that comes to hide a base's": (
        "class Base:\n    def at(self, x): return x\nclass Line(Base): pass\n"
        "line = Line()\ndef f(x): return line.at(x)",
        "Line.at = lambda self, x: 2.0 * x",
        "Line.at was the function Base.at and is the function <lambda> "
        "(an attribute of the class Line)",
    ),
    "the bases of a class": (
        "class Base:\n    def at(self, x): return x\nclass Line(Base):\n"
        "    def at(self, x): return super().at(x)\nline = Line()\ndef f(x): return line.at(x)",
        "class Twice:\n    def at(self, x): return 2.0 * x\nLine.__bases__ = (Twice,)",
        "Line.__mro__ was a tuple and is another tuple (the bases of a class)",
    ),
    "the class of an object": (
        "class Line:\n    def __call__(self, x): return x\nline = Line()\ndef f(x): return line(x)",
        "class Twice:\n    def __call__(self, x): return 2.0 * x\nline.__class__ = Twice",
        "type(line) was the class Line and is the class Twice (the class of an object)",
    ),
    "a special method that comes to be": (
        "class Line: pass\nline = Line()\ndef f(x): return x if line else -x",
        "Line.__bool__ = lambda self: False",
        "Line.__bool__ is new (a class)",
    ),
    "a list's element": (
        "rates = [0.1, 0.3]\ndef f(x): return x * rates[0]",
        "rates[0] = 0.2",
        "rates[0] was 0.1 and is 0.2 (a list)",
    ),
    "a list that has grown": (
        "rates = [0.1]\ndef f(x): return sum(rate * x for rate in rates)",
        "rates.append(0.2)",
        "rates had 1 elements and has 2 (a list)",
    ),
    "a list in a tuple": (
        "rates = ([0.1], 1)\ndef f(x): return x * rates[0][0]",
        "rates[0][0] = 0.2",
        "rates[0][0] was 0.1 and is 0.2 (a list)",
    ),
    "a deque": (
        "from collections import deque\nrates = deque([0.1, 0.3])\ndef f(x): return x * rates[0]",
        "rates.rotate()",
        "rates[0] was 0.1 and is 0.3 (a deque)",
    ),
    "a set": (
        "signs = {1.0}\ndef f(x): return x if 2.0 in signs else -x",
        "signs.add(2.0)",
        "signs had 1 elements and has 2 (a set)",
    ),
    "a dict's entry": (
        "cfg = {'rate': 0.1}\ndef f(x): return x * cfg['rate']",
        "cfg['rate'] = 0.2",
        "cfg['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "the order of a dict": (
        "cfg = {'a': 1.0, 'b': 2.0}\ndef f(x): return x ** [*cfg.values()][0]",
        "cfg['a'] = cfg.pop('a')",
        "cfg has other keys, or in another order (a dict)",
    ),
    "an array": (
        "from array import array\nrates = array('d', [0.1])\ndef f(x): return x * rates[0]",
        "rates[0] = 0.2",
        "rates holds other numbers (an array)",
    ),
    "a partial": (
        "from functools import partial\ng = partial(lambda x, rate: x * rate, rate=0.1)\n"
        "def f(x): return g(x)",
        "g.keywords['rate'] = 0.2",
        "g.keywords['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "an attribute of a partial": (
        "from functools import partial\ng = partial(lambda x: x * g.rate)\ng.rate = 0.1\n"
        "def f(x): return g(x)",
        "g.rate = 0.2",
        "g.rate was 0.1 and is 0.2 (an attribute of a partial)",
    ),
    "an attribute of a cached function": (
        "from functools import cache\n@cache\ndef g(): pass\ng.rate = 0.1\n"
        "def f(x): return x * g.rate",
        "g.rate = 0.2",
        "g.rate was 0.1 and is 0.2 (an attribute of a _lru_cache_wrapper)",
    ),
    "a property made of an attrgetter": (
        "from operator import attrgetter\nclass Config: rate = property(attrgetter('kept.a'))\n"
        "cfg, kept = Config(), Config(); cfg.kept, kept.a = kept, 0.1\n"
        "def f(x): return x * cfg.rate",
        "kept.a = 0.2",
        "cfg.kept.a was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "what a decorator wraps": (
        "from functools import wraps\nrate = 0.1\ndef twice(g):\n    @wraps(g)\n"
        "    def h(x): return 2.0 * g(x)\n    return h\n"
        "@twice\ndef f(x): return x * rate",
        "rate = 0.2",
        "rate was 0.1 and is 0.2 (a global of train.py)",
    ),
    "a bound method": (
        "class Line:\n    def at(self, x): return x * self.rate\n"
        "line = Line(); line.rate = 0.1\ng = line.at\ndef f(x): return g(x)",
        "line.rate = 0.2",
        "g.__self__.rate was 0.1 and is 0.2 (an attribute of a Line)",
    ),
    "a bound method of a container": (
        "cfg = {'rate': 0.1}\nlook = cfg.get\ndef f(x): return x * look('rate')",
        "cfg['rate'] = 0.2",
        "look['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "an attrgetter": (
        "from operator import attrgetter\nfrom types import SimpleNamespace as S\n"
        "look = attrgetter('opt.rate')\ncfg = S(opt=S(rate=0.1))\ndef f(x): return x * look(cfg)",
        "cfg.opt.rate = 0.2",
        "cfg.opt.rate was 0.1 and is 0.2 (an attribute of a SimpleNamespace)",
    ),
    "a generator's": (
        "rate = 0.1\ndef g():\n    yield rate\ndef f(x): return x * next(g())",
        "rate = 0.2",
        "rate was 0.1 and is 0.2 (a global of train.py)",
    ),
    "a weak reference's": (
        "from weakref import ref\nclass Config: rate = 0.1\ncfg = Config()\nlook = ref(cfg)\n"
        "def f(x): return x * look().rate",
        "cfg.rate = 0.2",
        "look.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "an enumeration's member": (
        "from enum import Enum\nclass Rate(Enum): LOW = 0.1\ndef f(x): return x * Rate.LOW.value",
        "Rate.LOW._value_ = 0.2",
        "Rate.LOW._value_ was 0.1 and is 0.2 (an attribute of a Rate)",
    ),
    "an attribute that the standard library reads": (
        "from dataclasses import asdict, dataclass\n@dataclass\nclass Config: rate: float\n"
        "cfg = Config(0.1)\ndef f(x): return x * asdict(cfg)['rate']",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "an attribute of the original of a copy": (
        "from copy import copy\nclass Config: pass\ncfg = Config(); cfg.rate = 0.1\n"
        "def f(x): return x * copy(cfg).rate",
        "cfg.rate = 0.2",
        "cfg.rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "a private attribute": (
        "class Config:\n    def __init__(self): self.__rate = 0.1\n"
        "    def get(self): return self.__rate\ncfg = Config()\ndef f(x): return x * cfg.get()",
        "cfg._Config__rate = 0.2",
        "cfg._Config__rate was 0.1 and is 0.2 (an attribute of a Config)",
    ),
    "an attribute that a pattern names": (
        "class Config: __match_args__ = ('a',)\ncfg = Config(); cfg.a, cfg.b = 0.1, 0.2\n"
        "def f(x):\n    match cfg:\n        case Config(rate): return x * rate",
        "Config.__match_args__ = ('b',)",
        "Config.__match_args__ was a tuple and is another tuple (an attribute of the class Config)",
    ),
    "a default of a named tuple": (
        "from typing import NamedTuple\nclass Config(NamedTuple): rate: float = 0.1\n"
        "def f(x): return x * Config().rate",
        "Config.__new__.__defaults__ = (0.2,)",
        "Config.__new__.__defaults__ was a tuple and is another tuple (defaults)",
    ),
    "a closure that is looked into": (
        "def make(rate): return lambda: rate\ng = make(0.1)\n"
        "def f(x): return x * g.__closure__[0].cell_contents",
        "g.__closure__[0].cell_contents = 0.2",
        "g.__closure__[0] was 0.1 and is 0.2 (a variable of a closure)",
    ),
    "a factory of a defaultdict": (
        "from collections import defaultdict\nrate = 0.1\nrates = defaultdict(lambda: rate)\n"
        "def f(x): return x * rates.copy()['a']",
        "rate = 0.2",
        "rate was 0.1 and is 0.2 (a global of train.py)",
    ),
    "a mapping of one's own": (
        "from collections.abc import Mapping\nclass Config(Mapping):\n    held = {'rate': 0.1}\n"
        "    def __getitem__(self, key): return self.held[key]\n"
        "    def __len__(self): return 1\n    def __iter__(self): return iter(self.held)\n"
        "cfg = Config()\ndef f(x): return x * cfg.get('rate')",
        "cfg.held['rate'] = 0.2",
        "cfg.held['rate'] was 0.1 and is 0.2 (a dict)",
    ),
    "an attribute of a function": (
        "def g(x): return x * g.rate\ng.rate = 0.1\ndef f(x): return g(x)",
        "g.rate = 0.2",
        "g.rate was 0.1 and is 0.2 (an attribute of a function)",
    ),
    "an attribute of a module": (
        "import math\nmath.rate = 0.1\ndef f(x): return x * math.rate",
        "math.rate = 0.2",
        "math.rate was 0.1 and is 0.2 (an attribute of the module math)",
    ),
    "the environment": (
        "import os\nos.environ['RATE'] = '0.1'\ndef f(x): return x * float(os.environ['RATE'])",
        "os.environ['RATE'] = '0.2'",
        "os.environ[b'RATE'] was b'0.1' and is b'0.2' (the environment)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_a_change_is_seen_and_said(name: str) -> None:
    text, change, words = SEEN[name]
    names = program(text)
    before, watch = answer(names["f"]), watched(names["f"], 3.0)
    exec(change, names)
    assert words in said(watch)
    assert answer(names["f"]) != before or name == "the type of a number"


def test_every_kind_is_seen_in_some_test() -> None:
    kinds = set()
    for text, _, _ in SEEN.values():
        kinds |= {place.kind for place in watched(program(text)["f"], 3.0).places}
    parts = {"entry", "element", "entry of a list", "keys", "size"}  # of a container
    below = {"module", "objects", "shape"}  # these have tests below
    assert kinds | parts | below == KINDS.keys()


def test_a_module_imported_in_a_function_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    names = program("def f(x):\n    from cfg import rate\n    return x * rate")
    config = ModuleType("cfg")
    monkeypatch.setitem(sys.modules, "cfg", config)
    config.rate = 0.1  # type: ignore[attr-defined]
    watch = watched(names["f"], 3.0)
    config.rate = 0.2  # type: ignore[attr-defined]
    assert said(watch) == ["cfg.rate was 0.1 and is 0.2 (an attribute of the module cfg)"]
    config.rate = 0.1  # type: ignore[attr-defined]
    assert not said(watch)
    monkeypatch.setitem(sys.modules, "cfg", ModuleType("cfg"))
    assert said(watch) == ["cfg was a module and is another module (a module)"]


def test_numpy_arrays_are_compared_by_content() -> None:
    np = pytest.importorskip("numpy")
    for kind in (float, object):
        xs = np.array([0.1, 2.0], kind)
        watch = watched(program("def f(x): return x * xs[0]", xs=xs)["f"], 3.0)
        xs[0] = float("0.1")
        assert not said(watch)
        xs *= 2.0
        assert len(said(watch)) == 1


def test_what_is_assigned_again_is_no_change() -> None:
    names = program(
        "rate, nan, pair = 0.1, float('nan'), (1.0, 'a')\ndef f(x): return x * rate * nan + pair[0]"
    )
    watch = watched(names["f"], 3.0)
    exec("rate, nan, pair = float('0.1'), float('nan'), (float('1'), 'ab'[:1])", names)
    assert not said(watch)


# Models -------------------------------------------------------------------------------------------

MODEL = """
from nn import MLP, Module
from autograd import Value
model = MLP(2, [2, 1], rng=0)
def f(x): return model([x, 2.0])
"""

MODEL_CHANGES = {
    "a parameter replaced in its list": "model.layers[0].neurons[1].w[0] = Value(1.0)",
    "a parameter replaced in an attribute": "model.layers[0].neurons[1].b = Value(1.0)",
    "a neuron more": "model.layers[0].neurons.append(model.layers[0].neurons[0])",
    "other layers": "model.layers = model.layers[:1]",
    "another activation": "model.layers[0].neurons[0].activate = abs",
    "a method of one neuron": "model.layers[0].neurons[0].out = lambda x: x[0]",
    "a method of all neurons": "type(model.layers[0].neurons[0]).out = lambda self, x: x[0]",
}


@pytest.mark.parametrize("change", MODEL_CHANGES.values(), ids=MODEL_CHANGES)
def test_a_model_that_is_built_otherwise_is_seen(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Neuron, "out", Neuron.out)  # to be put back
    names = program(MODEL)
    watch = watched(names["f"], 3.0)
    exec(change, names)
    assert said(watch)


def test_the_numbers_of_a_model_are_inputs_and_no_change() -> None:
    names = program(MODEL)
    watch = watched(names["f"], 3.0)
    for parameter in names["model"].parameters():
        parameter.data += 1.0
        parameter.grad = 1.0
    assert not said(watch)


def test_a_model_that_goes_from_training_to_use_is_seen() -> None:
    names = program(
        "from nn import Dropout\ndrop = Dropout(0.5).eval()\ndef f(x): return drop([x])[0]"
    )
    watch = watched(names["f"], 3.0)
    names["drop"].train()
    assert said(watch) == ["drop._training was False and is True (an attribute of a Dropout)"]


def test_running_numbers_of_a_norm_are_seen() -> None:
    names = program(
        "from nn import BatchNorm\nnorm = BatchNorm(1).eval()\ndef f(x): return norm([x])[0]"
    )
    watch = watched(names["f"], 3.0)
    norm = names["norm"]
    norm.train().batch([[1.0], [2.0]])
    norm.eval()
    assert "norm.running_mean[0] was 0.0 and is 0.15000000000000002 (a list)" in said(watch)


def test_a_users_own_module_is_seen_as_any_object() -> None:
    names = program(
        "from nn import Module\nfrom autograd import Value\nclass Line(Module):\n"
        "    def __init__(self): self.w, self.scale = Value(2.0), 0.1\n"
        "    def __call__(self, x): return self.w * x * self.scale\n"
        "line = Line()\ndef f(x): return line(x)"
    )
    watch = watched(names["f"], 3.0)
    names["line"].scale = 0.2
    assert said(watch) == ["line.scale was 0.1 and is 0.2 (an attribute of a Line)"]


def test_functions_within_transforms_and_compiled_ones_are_followed() -> None:
    for form in ("grad(g)", "jit(g)", "value_and_grad(g)", "partial(jit(grad(g)))"):
        names = program(
            "from autograd import grad, jit, value_and_grad\nfrom functools import partial\n"
            f"rate = 0.1\ndef g(x): return x * x * rate\nh = {form}\ndef f(x): return h(x)"
        )
        names["f"](3.0)
        names["h"] = names["h"]
        ran = Ran()
        with ran:
            names["g"](3.0)
            names["f"](Value(3.0))
        watch = Watch(reach(names["f"], ran))
        names["rate"] = 0.2
        assert said(watch) == ["rate was 0.1 and is 0.2 (a global of train.py)"], form


def test_rules_of_a_users_operation_count_as_having_run() -> None:
    names = program(
        "from autograd import op\nrate = 0.1\ndef slope(): return rate\n"
        "@op(lambda x, out: slope())\ndef g(x): return x\ndef f(x): return g(x)"
    )
    watch = watched(names["f"], 3.0)
    names["rate"] = 0.2
    assert said(watch) == ["rate was 0.1 and is 0.2 (a global of train.py)"]


# What is not seen as a change ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "other = 3.0",
        "cfg.unused = 3.0",
        "Config.unused = 3.0",
        "cfg.rate = float('0.1')",
        "g = g",
        "unused_function.rate = 1.0",
        "Config.also_unused = lambda self: 3.0",
        "xs[0] = xs[0]",
        "xs[:] = [1.0, float('2.0')]",
    ],
)
def test_what_the_function_does_not_read_may_change(change: str) -> None:
    names = program(
        "class Config: pass\ncfg = Config(); cfg.rate = 0.1; xs = [1.0, 2.0]\n"
        "def unused_function(): pass\ndef g(x): return x * xs[0]\n"
        "def f(x): return g(x) * cfg.rate"
    )
    watch = watched(names["f"], 3.0)
    exec(change, names)
    assert not said(watch)


def test_a_function_without_state_has_nothing_to_look_at() -> None:
    watch = watched(program("def f(x): return x * x + 1.0")["f"], 3.0)
    assert not watch
    assert watch.places == ()


# What is refused ----------------------------------------------------------------------------------

REFUSED = {
    "a clock": (
        "import time\ndef f(x): return x * time.time()",
        "reads a clock, time.time, at train.py:2",
    ),
    "a date": (
        "from datetime import datetime\ndef f(x): return x * datetime.now().year",
        "reads a clock, datetime.datetime.now",
    ),
    "a file": (
        "def f(x):\n    with open('/dev/null') as g: return x * len(g.read())",
        "reads files or input, .*open, at train.py:2",
    ),
    "a path's text": (
        "from pathlib import Path\np = Path('/dev/null')\ndef f(x): return x * len(p.read_text())",
        "reads files or input, pathlib.*Path.read_text",
    ),
    "shared random numbers": (
        "import random\ndef f(x): return x * random.gauss(0.0, 1.0)",
        "draws random numbers, random.Random.gauss",
    ),
    "random numbers of its own": (
        "from random import Random\nrng = Random(0)\ndef f(x): return x * rng.random()",
        "rng is a random.Random, which jit cannot look into, at train.py:3",
    ),
    "globals()": ("rate = 0.1\ndef f(x): return x * globals()['rate']", "text, builtins.globals"),
    "eval": ("rate = 0.1\ndef f(x): return x * eval('rate')", "by their text, builtins.eval"),
    "exec": ("def f(x):\n    exec('')\n    return x", "by their text, builtins.exec"),
    "locals()": ("def f(x): return locals()['x']", "by their text, builtins.locals"),
    "frames": ("import sys\ndef f(x): return sys._getframe().f_locals['x']", "sys._getframe"),
    "an import by text": (
        "from importlib import import_module as load\ndef f(x): return x * load('math').pi",
        "importlib.import_module",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "def f(x):\n    with Pool(1) as pool: return [*pool.map(abs, [x])][0]",
        "works in other threads",
    ),
    "an iterator": (
        "xs = iter([1.0] * 9)\ndef f(x): return x * next(xs)",
        "xs is a builtins.list_iterator, which jit cannot look into, at train.py:2, in f",
    ),
    "a generator": (
        "xs = (y for y in [1.0] * 9)\ndef f(x): return x * next(xs)",
        "xs is a builtins.gen",
    ),
    "a queue": (
        "from queue import Queue\nxs = Queue(); xs.put(1.0)\ndef f(x): return x * xs.qsize()",
        "xs is a queue.Queue",
    ),
    "an object of a class that extends one of the library": (
        "from queue import Queue\nclass Mine(Queue): pass\nxs = Mine()\n"
        "def f(x): return x * xs.qsize()",
        "xs is a train.Mine",
    ),
    "a context variable": (
        "from contextvars import ContextVar\nrate = ContextVar('rate', default=0.1)\n"
        "def f(x): return x * rate.get()",
        "rate is a _contextvars.ContextVar",
    ),
    "a memory": (
        "rate = memoryview(bytearray(3))\ndef f(x): return x * rate[0]",
        "rate is a builtins.memoryview",
    ),
    "an endless count": (
        "from itertools import count\nn = count()\ndef f(x): return x * next(n)",
        "n is a itertools.count",
    ),
    "state of a thread": (
        "from threading import local\nhere = local(); here.rate = 0.1\n"
        "def f(x): return x * here.rate",
        "here is a _thread._local",
    ),
    "weak containers": (
        "from weakref import WeakValueDictionary as Weak\nclass C: pass\nc = C()\n"
        "held = Weak(c=c)\ndef f(x): return x * len(held)",
        "held is a weakref.WeakValueDictionary",
    ),
    "what is typed in": (
        "import sys\ndef f(x):\n    sys.stdin\n    return x",
        "sys.stdin is read, at train.py:3",
    ),
    "the classes there are": (
        "class C: pass\ndef f(x): return x * len(C.__subclasses__())",
        "looks names up by their text, builtins.type.__subclasses__",
    ),
    "a __getattribute__": (
        "class C:\n    def __getattribute__(self, name): return 2.0\nc = C()\n"
        "def f(x): return x * c.rate",
        "C has a __getattribute__ of its own",
    ),
    "what is never the same": (
        "class Kind(type): rate = property(dir)\nclass C(metaclass=Kind): rate = [2.0]\n"
        "def f(x): return x * len(C.rate)",
        "C.rate is another object each time it is read, at train.py:3",
    ),
    "what no name leads to": (
        "import atexit\nclass Kind(type):\n    def __call__(cls, x): return 2.0 * x\n"
        "class C(metaclass=Kind): pass\ndef f(x): return C(x)",
        "Kind.__call__ ran, and no name leads to it that could be followed, at train.py:3",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_watched_is_refused_by_name(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(TraceError, match=message):
        watched(program(text)["f"], 3.0)


def test_large_arrays_and_those_with_objects_in_fields_are_refused() -> None:
    np = pytest.importorskip("numpy")
    large = "xs is an array of more than 1048576 bytes, at train"
    for xs, message in (
        (np.zeros(200_000), large),
        (array("d", bytes(8 * 200_000)), large),
        (np.zeros(2, [("a", object)]), "xs is an array with objects in its fields"),
    ):
        with pytest.raises(TraceError, match=message):
            watched(program("def f(x): return x * len(xs)", xs=xs)["f"], 3.0)


HARMLESS = """
import logging, re, threading, time, numpy as np
from collections import Counter, ChainMap, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import UUID
log, lock, path, tenth = logging.getLogger("x"), threading.Lock(), Path("."), Decimal("0.1")
third, pattern, day = Fraction(1, 3), re.compile("a"), date(2020, 1, 1)
when, step, zone = datetime(2020, 1, 1), timedelta(1), timezone.utc
class Color(Enum): RED = 1.0
class Point(NamedTuple): x: float = 0.5
Pair = namedtuple("Pair", "a b")
T = TypeVar("T")
def f(x):
    log.debug("at %s", x)
    with lock:
        print(end=f"{path.name}{pattern.pattern}{T}")
        time.sleep(0.0)
        x = x * float(tenth) * float(third) + day.year + when.month + step.days
        x = x * Color.RED.value + Point().x + Pair(1.0, 2.0).a
        return x + Counter("aa")["a"] + np.float64(0)
"""


def test_what_is_harmless_is_not_refused() -> None:
    watch = watched(program(HARMLESS)["f"], 3.0)
    assert watch


# Constants ----------------------------------------------------------------------------------------

# The classes of things that jit takes for constants: their changes are not seen.
CONSTANTS = {
    "what lru_cache remembers": (
        "from functools import lru_cache\nrates = {1: 0.1}\n@lru_cache\ndef g(n): return rates[n]\n"
        "g(1)\ndef f(x): return x * g(1)",
        "rates[1] = 0.2; g.cache_clear()",
    ),
    "attributes of metaclasses": (
        "class Kind(type): rate = 0.1\nclass C(metaclass=Kind): pass\ndef f(x): return x * C.rate",
        "Kind.rate = 0.2",
    ),
    "state inside the standard library": (
        "import decimal\ndef f(x): return x * float(decimal.Decimal(1) / 3)",
        "decimal.getcontext().prec = 2",
    ),
    "state inside NumPy": (
        "import numpy as np\nxs = np.array([0.123])\ndef f(x): return x * len(str(xs))",
        "np.set_printoptions(precision=1)",
    ),
    "the code of a function that reaches nothing by name": (
        "def f(x): return x * x",
        "f.__code__ = (lambda x: 2.0 * x).__code__",
    ),
    "what is registered with an abstract class": (
        "from abc import ABC\nclass A(ABC): pass\nclass B: pass\nb = B()\n"
        "def f(x): return x if isinstance(b, A) else -x",
        "A.register(B)",
    ),
    "methods of a container in C": (
        "class Rates(list): pass\nxs = Rates([1.0])\ndef f(x): return x * xs.index(1.0)",
        "xs.index = lambda y: 2.0",
    ),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_some_things_are_constants(name: str) -> None:
    pytest.importorskip("numpy")
    text, change = CONSTANTS[name]
    names = program(text)
    before, watch = names["f"](3.0), watched(names["f"], 3.0)
    try:
        exec(change, names)
        assert names["f"](3.0) != before
        assert not said(watch)
    finally:
        exec("import decimal, numpy\ndecimal.getcontext().prec = 28", names)
        exec("numpy.set_printoptions(precision=8)", names)


# Whose code it is -------------------------------------------------------------------------------


def test_an_installed_library_is_a_users_but_for_numpy() -> None:
    text = "rate = 0.1\ndef g(x): return x * rate"
    for folder, seen in (("site-packages/lab", True), ("site-packages/numpy", False)):
        library = {"__name__": "lab", "__file__": f"/usr/lib/python3/{folder}/a.py"}
        exec(compile(text, library["__file__"], "exec", dont_inherit=True), library)
        watch = watched(program("def f(x): return g(x)", g=library["g"])["f"], 3.0)
        library["rate"] = 0.2  # type: ignore[assignment]
        assert bool(said(watch)) is seen


def test_functions_of_one_factory_are_told_apart() -> None:
    names = program(
        "def make(rate): return lambda x: x * rate\na, b = make(0.1), make(0.2)\n"
        "def f(x): return a(b(x))"
    )
    watch = watched(names["f"], 3.0)
    names["b"].__closure__[0].cell_contents = 0.3
    assert said(watch) == ["rate was 0.2 and is 0.3 (a variable around make.<lambda>)"]


def test_one_code_with_two_sets_of_globals_is_told_apart() -> None:
    names = program("def g(x): return x * rate")
    one, two = ({"rate": rate} for rate in (0.1, 0.2))
    for scope, name in ((one, "a"), (two, "b")):
        names[name] = FunctionType(names["g"].__code__, scope)
    exec(compile("def f(x): return a(b(x))", "train.py", "exec"), names)
    watch = watched(names["f"], 3.0)
    two["rate"] = 0.3
    assert said(watch) == ["rate was 0.2 and is 0.3 (a global of train.py)"]


def test_what_an_attrgetter_names_is_looked_up_on_all_that_was_met_before() -> None:
    names = program(
        "from operator import attrgetter\nclass C: pass\nc = C(); c.rate = 0.1\n"
        "def f(x):\n    here = c\n    return x * deep[0][0][0](here)\n"
        "deep = [[[attrgetter('rate')]]]"
    )
    watch = watched(names["f"], 3.0)
    names["c"].rate = 0.2
    assert said(watch) == ["c.rate was 0.1 and is 0.2 (an attribute of a C)"]


def test_what_a_function_changes_itself_is_seen_between_two_runs() -> None:
    for text in (
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return x * n",
        "seen = []\ndef f(x):\n    seen.append(x)\n    return x * len(seen)",
        "def f(x, n=[0]):\n    n[0] += 1\n    return x * n[0]",
    ):
        names = program(text)
        watch = watched(names["f"], 3.0)
        names["f"](3.0)
        assert said(watch)


# Numbers that may become inputs -------------------------------------------------------------------


def test_a_number_that_changed_can_be_read_and_set() -> None:
    names = program(
        "class C: pass\nc = C(); c.rate = 0.1; xs = [0.2]; d = {'a': 0.3}; g = 0.4; n = 1\n"
        "def f(x): return x * c.rate * xs[0] * d['a'] * g * n"
    )
    watch = watched(names["f"], 3.0)
    numbers = {place.label: place for place in watch.numbers()}
    assert numbers.keys() == {"c.rate", "xs[0]", "d['a']", "g"}
    exec("c.rate = 1.1; xs[0] = 1.2; d['a'] = 1.3; g = 1.4; n = 2", names)
    changed = [change.number for change in watch.changes()]
    assert sorted(place.now() for place in changed if place) == [1.1, 1.2, 1.3, 1.4]
    assert changed.count(None) == 1  # n is an int, which may be a length or an index
    for place in numbers.values():
        place.put(2.0)
    assert names["f"](1.0) == 32.0


def test_a_number_that_becomes_an_input_is_read_and_no_longer_watched() -> None:
    names = program(
        "class C: pass\nc = C(); c.rate, xs, d, g = 0.1, [0.2, 5.0], {'a': 0.3, 'b': 6.0}, 0.4\n"
        "def f(x): return x * c.rate * xs[0] * d['a'] * g"
    )
    watch = watched(names["f"], 3.0)
    exec("c.rate = 1.1; xs[0] = 1.2; d['a'] = 1.3; g = 1.4", names)
    inputs = [change.number for change in watch.changes() if change.number]
    rest, rates = watch.without(inputs), reader(inputs)
    assert len(inputs) == 4
    assert not said(rest)
    exec("c.rate = 2.1; xs[0] = 2.2; d['a'] = 2.3; g = 2.4", names)
    assert not said(rest)
    assert sorted(rates()) == [2.1, 2.2, 2.3, 2.4]
    for change in ("xs[1] = 0.0", "d['b'] = 0.0"):
        exec(change, names)
        assert not rest.holds()
    assert len(said(rest)) == 2
    del names["g"]
    with pytest.raises(KeyError):
        rates()


def test_a_special_method_in_place_of_another_name_is_seen() -> None:
    names = program("class C:\n    def old(self): pass\nc = C()\ndef f(x): return x if c else -x")
    watch = watched(names["f"], 3.0)
    exec("del C.old\nC.__bool__ = lambda self: False", names)
    assert said(watch) == ["C.__bool__ is new (a class)"]


# What runs ----------------------------------------------------------------------------------------


def test_what_runs_in_another_thread_is_not_taken_down() -> None:
    names = program("def g(): pass\ndef f(run): run()")
    thread = Thread(target=names["g"])
    with Ran() as ran:
        thread.start()
        thread.join()
        names["f"](lambda: None)
    assert names["f"].__code__ in ran.codes.values()
    assert names["g"].__code__ not in ran.codes.values()


def test_a_generator_that_is_closed_meanwhile_has_not_run() -> None:
    names = program("def g():\n    yield 1.0\ndef f():\n    held.clear()\n    return [*g()]")
    other = program("def g():\n    yield 1.0")["g"]
    names["held"] = [other()]
    next(names["held"][0])
    with Ran() as ran:
        names["f"]()
    assert names["g"].__code__ in ran.codes.values()
    assert not any(code is other.__code__ for code in ran.codes.values())


def test_two_threads_and_one_inside_another_take_down_what_is_theirs() -> None:
    names = program("def g(): return 1.0\ndef f(): return g()")
    found: list[bool] = []

    def look() -> None:
        for _ in range(20):
            with Ran() as outer, Ran() as inner:
                names["f"]()
            for ran in (outer, inner):
                found.append({names["f"].__code__, names["g"].__code__} <= {*ran.codes.values()})

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 120


def test_a_profiler_and_what_runs_can_go_together_or_it_is_said() -> None:
    def profile(*args: object) -> None:
        pass

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        if sys.version_info >= (3, 12):
            with Ran():
                pass
        else:
            with pytest.raises(TraceError, match="under a profiler"), Ran():
                pass
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(before)


# Lifetimes ----------------------------------------------------------------------------------------


def test_a_watch_does_not_keep_the_object_whose_method_it_watches() -> None:
    names = program(
        "class Line:\n    def __init__(self): self.rate, self.xs = 0.1, [1.0]\n"
        "    def at(self, x): return self.more(x) * self.rate + self.xs[0]\n"
        "    def more(self, x): return x\nline = Line()"
    )
    watch = watched(names["line"].at, 3.0)
    names["line"].rate = 0.2
    assert said(watch) == ["self.rate was 0.1 and is 0.2 (an attribute of a Line)"]
    gone = ref(names.pop("line"))
    gc.collect()
    assert gone() is None
    assert not watch.holds()


def test_a_container_whose_method_it_watches_is_not_kept_either() -> None:
    names = program(
        "class Config(dict):\n    def at(self, x): return x * self['rate'] * self['scale']\n"
        "cfg = Config(rate=0.1, scale=1.0)"
    )
    watch = watched(names["cfg"].at, 3.0)
    names["cfg"]["rate"] = 0.2
    assert said(watch) == ["self['rate'] was 0.1 and is 0.2 (a Config)"]
    inputs = [change.number for change in watch.changes() if change.number]
    rest, rates = watch.without(inputs), reader(inputs)
    assert rates() == [0.2]
    assert not said(rest)
    names["cfg"]["scale"] = 2.0
    assert said(rest) == ["self['scale'] was 1.0 and is 2.0 (a Config)"]
    gone = ref(names.pop("cfg"))
    gc.collect()
    assert gone() is None
    assert not rest.holds()
    with pytest.raises(ReferenceError):
        rates()


def test_a_watch_keeps_what_it_compares_and_lets_go_of_it_at_once() -> None:
    names = program("class C: rate = 0.1\nc = C()\ndef f(x): return x * c.rate")
    watch: Watch | None = watched(names["f"], 3.0)
    gone = ref(names.pop("c"))
    assert gone() is not None
    gc.disable()
    try:
        del watch
        assert gone() is None
    finally:
        gc.enable()


def test_state_of_an_argument_is_watched_when_it_is_given() -> None:
    names = program("class C: rate = 0.1\nc = C()\ndef f(x, c): return x * c.rate")
    with Ran() as ran:
        names["f"](3.0, names["c"])
    assert not Watch(reach(names["f"], ran))
    watch = Watch(reach(names["f"], ran, [names["c"]]))
    names["c"].rate = 0.2
    assert said(watch) == ["an argument.rate was 0.1 and is 0.2 (an attribute of a C)"]
