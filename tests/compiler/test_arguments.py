"""What belongs to a program besides its numbers: forms, identities, fixed things, methods."""

from __future__ import annotations

import copy
import datetime
import gc
import math
import pickle
import weakref
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from autograd import TraceError, Value, jit

HERE = r"test_arguments\.py:\d+"


def data(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


# The same object twice ----------------------------------------------------------------------------


def test_a_value_that_is_passed_twice_is_one() -> None:
    f = jit(lambda x, y: x * y if x is y else x + y)
    v = Value(3.0)
    assert [data(f(v, v)), data(f(Value(3.0), Value(3.0))), data(f(v, v))] == [9.0, 6.0, 9.0]


def test_its_two_derivatives_add_up() -> None:
    v = Value(3.0)
    jit(lambda x, y: x * x * y)(v, v).backward()
    assert v.grad == 27.0


@pytest.mark.parametrize("order", [(0, 1, 0), (1, 0, 1)])
def test_a_captured_value_that_is_passed_too_is_one(order: tuple[int, ...]) -> None:
    w = Value(3.0)
    f = jit(lambda x: x * w if x is w else x + w)
    for i in order:
        assert data(f([w, Value(3.0)][i])) == [9.0, 6.0][i]


def test_sets_and_dicts_of_values_go_by_identity() -> None:
    f = jit(lambda xs: sum([x * 1.0 for x in {*xs}]))
    v = Value(3.0)
    assert [data(f([v, v])), data(f([v, Value(3.0)]))] == [3.0, 6.0]


def test_a_list_that_is_passed_twice_is_one() -> None:
    f = jit(lambda a, b: a[0] * b[0] * (1.0 if a is b else 10.0))
    xs = [3.0]
    assert [f(xs, xs), f([3.0], [3.0]), f([3.0], [3.0]), f(xs, xs)] == [9.0, 90.0, 90.0, 9.0]


def test_so_it_is_in_rows() -> None:
    f = jit(lambda a, b: a[0] * b[0] * (1.0 if a is b else 10.0))
    rows = [[1.0], [2.0]]
    assert f.map(rows, rows) == [1.0, 4.0]
    assert f.map(rows, [[1.0], [2.0]]) == [10.0, 40.0]
    assert f.sum(rows, [rows[0], [2.0]]) == 41.0


# Fixed things -------------------------------------------------------------------------------------


class Text(str):
    rate: float


class Half:
    """Two of one a are equal, whatever their b is."""

    def __init__(self, a: int, b: float) -> None:
        self.a, self.b = a, b

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Half) and self.a == other.a

    def __hash__(self) -> int:
        return hash(self.a)


def text(rate: float) -> Text:
    out = Text("a")
    out.rate = rate
    return out


def at(hour: int, east: int) -> datetime.datetime:
    zone = datetime.timezone(datetime.timedelta(hours=east))
    return datetime.datetime(2020, 1, 1, hour, tzinfo=zone)


@pytest.mark.parametrize(
    ("f", "one", "other"),
    [
        (lambda x, r: x * float(r.stop), range(0), range(5, 5)),
        (lambda x, t: x * float(t.hour), at(1, 0), at(2, 1)),
        (lambda x, s: x * s.rate, text(2.0), text(3.0)),
        (lambda x, c: x * c.b, Half(1, 2.0), Half(1, 3.0)),
        (lambda x, t: x * (2.0 if t[0] is True else 3.0), (True, "a"), (None, "a")),
        (lambda x, s: x * float(len(s)), "a", b"ab"),
        (lambda x, z: x * math.copysign(1.0, z.imag), complex(1, 0.0), complex(1, -0.0)),
        (lambda x, d: x * (2.0 if next(iter(d)) is True else 3.0), {True: None}, {1: None}),
        (lambda x, d: x * math.copysign(1.0, next(iter(d))), {0.0: None}, {-0.0: None}),
        (lambda x, d: x * (2.0 if type(d) is dict else 3.0), {"a": None}, OrderedDict(a=None)),
    ],
)
def test_what_is_equal_but_not_the_same_has_a_program_of_its_own(
    f: Any, one: Any, other: Any
) -> None:
    compiled = jit(f)
    for fixed in (one, other, one):
        assert compiled(1.0, fixed) == f(1.0, fixed)


def test_keys_of_dicts_are_told_apart_by_type_and_bits() -> None:
    f = jit(lambda d: sum([v * (2.0 if k is True else 3.0) for k, v in d.items()]))
    assert [f({True: 1.0}), f({1: 1.0}), f({1.0: 1.0}), f({True: 1.0})] == [2.0, 3.0, 3.0, 2.0]


def test_equal_text_shares_a_program() -> None:
    f = jit(lambda x, s: x * float(len(s)))
    for _ in range(3):
        f(1.0, "".join(["a", "b"]))
    assert len(f.report().paths) == 1


def test_at_most_two_hundred_forms_are_kept() -> None:
    f = jit(lambda x, s: x * float(len(s)))
    for i in range(300):
        assert f(1.0, str(i)) == len(str(i))
    assert f.report().forms == 200


class Settings:
    rate = 2.0


def test_an_object_that_was_an_argument_is_not_kept_alive() -> None:
    f = jit(lambda x, s: x * s.rate)
    settings = Settings()
    assert f(1.0, settings) == 2.0
    gone = weakref.ref(settings)
    del settings
    gc.collect()
    assert gone() is None
    assert f.report().forms == 0


# static=... ---------------------------------------------------------------------------------------


def test_static_arguments_may_be_lengths_and_indices() -> None:
    f = jit(lambda xs, i, n=2: xs[i] * float(sum(range(n))), static=("i", "n"))
    assert [f([1.0, 2.0], 0), f([1.0, 2.0], 1), f([1.0, 2.0], 1, n=4)] == [1.0, 2.0, 12.0]
    assert f([1.0, 2.0], i=0, n=3) == 3.0


def test_static_numbers_are_told_apart_by_type_and_bits() -> None:
    f = jit(lambda x, k: x * (2.0 if k is True else 1.0 / math.copysign(1.0, k)), static="k")
    assert [f(1.0, k) for k in (True, 1, 0.0, -0.0)] == [2.0, 1.0, 1.0, -1.0]


def test_static_works_for_methods_and_as_a_decorator() -> None:
    class Powers:
        @jit(static="n")
        def power(self, x: Any, n: int) -> Any:
            out = x
            for _ in range(n - 1):
                out = out * x
            return out

    assert [Powers().power(2.0, 3), Powers().power(2.0, n=4)] == [8.0, 16.0]


def test_a_static_argument_that_the_function_does_not_take_is_named() -> None:
    with pytest.raises(ValueError, match=r"'m', and f takes \(x, n\)"):
        jit(lambda x, n: x, static="m")


def test_static_must_be_names() -> None:
    with pytest.raises(TypeError, match="static must be the name of an argument, or names; got 5"):
        jit(lambda x, n: x, static=5)  # type: ignore[call-overload]


def test_static_arguments_in_rows() -> None:
    f = jit(lambda x, n: x * float(len([0] * n)), static="n")
    assert f.map([1.0, 2.0, 3.0], [1, 2, 2]) == [1.0, 4.0, 6.0]


# Containers ---------------------------------------------------------------------------------------


@dataclass
class Point:
    x: float
    k: float = field(init=False, default=2.0)

    def __post_init__(self) -> None:
        self.twice = 2.0 * self.x


class Pair(NamedTuple):
    x: float
    y: float


def test_all_that_stands_on_a_dataclass_is_read() -> None:
    f = jit(lambda p: p.x + p.k + p.twice)
    one, other = Point(1.0), Point(5.0)
    other.k, other.twice = 7.0, 9.0
    assert [f(one), f(other)] == [5.0, 21.0]
    other.more = 1.0  # type: ignore[attr-defined]
    assert f(other) == 21.0


@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (lambda p: p.x * p.y, Pair(2.0, 3.0)),
        (lambda d: d["a"] * d["b"], OrderedDict(a=2.0, b=3.0)),
        (lambda d: d["a"] * d["b"], defaultdict(float, a=2.0, b=3.0)),
        (lambda p: p[0][0] * p[1]["x"], ([2.0], {"x": 3.0})),
    ],
)
def test_these_are_taken_apart(f: Any, argument: Any) -> None:
    assert jit(f)(argument) == 6.0


class Rows(list[float]):
    pass


class Table(dict[str, float]):
    pass


@pytest.mark.parametrize("argument", [Rows([1.0]), Table(a=1.0)])
def test_a_kind_of_list_with_more_to_it_is_refused(argument: Any) -> None:
    with pytest.raises(TypeError, match=r"argument 0 is a (Rows|Table), .* Pass (list|dict)\(x\)"):
        jit(lambda x: 1.0)(argument)


def test_an_array_of_a_class_of_its_own_is_refused() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=r"plain NumPy array, got a MaskedArray.*numpy\.asarray"):
        jit(lambda m: m.sum())(np.ma.array([1.0]))


# Arguments that are changed -----------------------------------------------------------------------


def assigns(xs: Any) -> Any:
    xs[0] = xs[0] * 2.0
    return xs[0]


def pops(xs: Any) -> Any:
    return xs.pop() * 2.0


def adds_a_key(xs: Any) -> Any:
    xs[0]["y"] = 1.0
    return xs[0]["x"]


def moves(xs: Any) -> Any:
    xs[0].x = 5.0
    return xs[0].x


@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (assigns, [1.0]),
        (pops, [1.0, 2.0]),
        (adds_a_key, [{"x": 1.0}]),
        (moves, [Point(1.0)]),
        (lambda xs: xs.sort() or xs[0], [2.0, 1.0]),
        (lambda xs: xs.reverse() or xs[0], [1.0, 2.0]),
    ],
)
def test_an_argument_that_is_changed_is_refused_with_the_line(f: Any, argument: Any) -> None:
    before = copy.deepcopy(argument)
    with pytest.raises(TraceError, match=rf"argument 0.* is changed at .*{HERE}.*change a copy"):
        jit(f)(argument)
    assert argument == before


def test_an_array_that_is_changed_in_place_is_refused() -> None:
    np = pytest.importorskip("numpy")

    def f(a: Any) -> Any:
        a *= 2.0
        return a.sum()

    with pytest.raises(TraceError, match=rf"argument 0 is changed at .*{HERE}"):
        jit(f)(np.array([1.0, 2.0]))


def test_a_copy_may_be_changed() -> None:
    def f(xs: Any) -> Any:
        xs = [*xs]
        xs[0] = xs[0] * 2.0
        return xs[0]

    assert jit(f)([1.0]) == 2.0


# Methods ------------------------------------------------------------------------------------------


def times(k: float) -> Any:
    def f(self: Any, x: Any) -> Any:
        return x * k

    return jit(f)


class Of:
    double, triple = times(2.0), times(3.0)
    four, five = jit(lambda self, x: x * 4.0), jit(lambda self, x: x * 5.0)

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate

    @jit
    def rated(self, x: Any) -> Any:
        """x times the rate."""
        return x * self.rate


class More(Of):
    @jit
    def rated(self, x: Any) -> Any:
        return super().rated(x) + 1.0


def test_methods_of_one_name_have_programs_of_their_own() -> None:
    it = Of()
    assert [it.double(1.0), it.triple(1.0), it.four(1.0), it.five(1.0)] == [2.0, 3.0, 4.0, 5.0]


def test_a_method_may_call_that_of_the_class_above() -> None:
    assert [More(3.0).rated(2.0), Of(3.0).rated(2.0)] == [7.0, 6.0]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_an_object_runs_no_program_of_the_original(copied: Any) -> None:
    one = Of(2.0)
    assert one.rated(1.0) == 2.0
    other = copied(one)
    other.rate = 3.0
    assert [other.rated(1.0), one.rated(1.0)] == [3.0, 2.0]


def test_nothing_is_written_on_the_object() -> None:
    it = Of(2.0)
    it.rated(1.0)
    assert vars(it) == {"rate": 2.0}


def test_equal_objects_are_not_the_same() -> None:
    class Equal:
        __slots__ = ("k",)

        def __init__(self, k: float) -> None:
            self.k = k

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

        @jit
        def rated(self, x: Any) -> Any:
            return x * self.k

    one, other = Equal(2.0), Equal(3.0)
    assert [one.rated(1.0), other.rated(1.0), one.rated(1.0)] == [2.0, 3.0, 2.0]


def test_the_programs_of_an_object_go_with_it() -> None:
    it = Of(2.0)
    it.rated(1.0)
    gone = weakref.ref(it)
    del it
    gc.collect()
    assert gone() is None


def test_a_method_is_called_like_the_function() -> None:
    method = Of(2.0).rated
    assert (method.__name__, method.__wrapped__(3.0)) == ("rated", 6.0)
    it = Of(2.0)
    assert it.rated == it.rated != Of(2.0).rated
    assert len({it.rated, it.rated}) == 1


@jit
def at_the_top(x: Any) -> Any:
    return 2.0 * x


def test_a_function_of_a_module_is_pickled_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(at_the_top)) is at_the_top
    assert copy.deepcopy(at_the_top) is at_the_top


# Results ------------------------------------------------------------------------------------------


def test_a_comparison_may_be_a_result() -> None:
    f = jit(lambda x: (x > 0.0, [x, None], "text"))
    assert f(1.0) == (True, [1.0, None], "text")
    assert f(-1.0) == (False, [-1.0, None], "text")


def test_in_rows_a_result_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"map: .*got True"):
        jit(lambda x: {"positive": x > 0.0}).map([1.0, -1.0])
