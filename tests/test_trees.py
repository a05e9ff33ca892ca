"""Structures of numbers are taken apart and put together without losing their form."""

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given, strategies as st

from autograd import Value
from autograd.calculus.trees import flatten, replaced, values


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Line:
    count: ClassVar[int] = 7
    slope: Any
    offset: Any = field(init=False, default=1.0)


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    b: Any


numbers = st.floats(allow_nan=False)
trees = st.recursive(
    numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Point, inner, inner)
        | st.builds(Frozen, inner, inner)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(trees)
def test_rebuilding_from_the_numbers_gives_the_structure_again(tree):
    flat, structure = flatten(tree)
    again = structure.rebuild(flat)
    assert again == tree
    assert type(again) is type(tree)


@given(trees)
def test_each_number_has_a_path_that_reaches_it(tree):
    flat, structure = flatten(tree)
    assert structure.size == len(structure.paths()) == len(flat)
    for x, path in zip(flat, structure.paths("tree"), strict=True):
        assert eval(path, {"tree": tree}) == x


@given(trees)
def test_the_numbers_of_a_tree_of_the_same_form_are_its_own(tree):
    flat, structure = flatten(tree)
    assert structure.numbers_of(tree, "this", "that") == flat


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (3, 0), (1, 2, 1)])
def test_an_array_comes_back_in_its_shape(shape):
    array = np.arange(np.prod(shape), dtype=float).reshape(shape)
    flat, structure = flatten(array)
    again = structure.rebuild(flat)
    assert again.shape == shape
    assert again.dtype == np.float64
    assert np.array_equal(again, array)


def test_an_array_is_taken_apart_row_by_row_whatever_its_memory_looks_like():
    assert flatten(np.array([[1.0, 2.0], [3.0, 4.0]], order="F"))[0] == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float32, object])
def test_elements_of_any_real_array_become_plain_floats(dtype):
    flat, _ = flatten(np.array([0, 1], dtype=dtype))
    assert [type(x) for x in flat] == [float, float]


@pytest.mark.parametrize("one", [1, True, Fraction(1), np.float32(1), np.int64(1), 1.0])
def test_every_kind_of_real_number_becomes_a_plain_float(one):
    assert [(type(x), x) for x in flatten([one])[0]] == [(float, 1.0)]


def test_a_masked_array_is_refused_with_what_to_pass_instead():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(TypeError, match=r"x\['a'\]: masked arrays are not .*compressed\(\)"):
        flatten({"a": masked}, "x")


def test_an_array_that_gets_values_is_an_array_of_objects():
    _, structure = flatten(np.zeros((2, 1)))
    again = structure.rebuild([Value(1.0), Value(2.0)])
    assert again.dtype == object
    assert again[1, 0].data == 2.0


def test_a_dataclass_is_its_fields():
    flat, structure = flatten(Line(2.0))
    assert flat == [2.0, 1.0]
    again = structure.rebuild([3.0, 4.0])
    assert (again.slope, again.offset, again.count) == (3.0, 4.0, 7)


def test_a_rebuilt_dataclass_does_not_run_its_post_init_again():
    @dataclass
    class Width:
        w: float

        def __post_init__(self):
            assert self.w > 0.0

    assert flatten(Width(1.0))[1].rebuild([-1.0]).w == -1.0


def test_a_rebuilt_dataclass_forgets_what_was_cached_from_other_numbers():
    @dataclass
    class Pair:
        a: float
        b: float

        @cached_property
        def total(self):
            return self.a + self.b

    pair = Pair(1.0, 2.0)
    assert pair.total == 3.0
    assert flatten(pair)[1].rebuild([10.0, 20.0]).total == 30.0


def test_a_dict_keeps_the_order_of_its_keys():
    assert list(flatten({"b": 1.0, "a": 2.0})[1].rebuild([1.0, 2.0])) == ["b", "a"]


def test_a_dict_keeps_its_kind_and_its_default():
    _, structure = flatten(defaultdict(list, a=1.0))
    assert structure.rebuild([2.0])["other"] == []
    assert type(flatten(OrderedDict(a=1.0))[1].rebuild([2.0])) is OrderedDict


def test_a_counter_gets_the_new_numbers_and_does_not_count_them():
    assert flatten(Counter(a=1))[1].rebuild([2.5]) == {"a": 2.5}


def test_changing_the_dict_afterwards_does_not_change_its_structure():
    given = {"a": 1.0}
    _, structure = flatten(given)
    given["b"] = 2.0
    assert structure.rebuild([3.0]) == {"a": 3.0}


def test_a_named_tuple_with_a_constructor_of_its_own_comes_back():
    class Polar(Point):
        def __new__(cls, radius):
            return super().__new__(cls, radius, 0.0)

    again = flatten(Polar(2.0))[1].rebuild([3.0, 4.0])
    assert type(again) is Polar
    assert again == (3.0, 4.0)


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"w": [1.0, "x"]}, "given['w'][1]: expected a number"),
        (Point(1.0, None), "given.y: expected a number"),
        (Frozen(a={0: 1j}, b=2.0), "given.a[0]: expected a number"),
        ([np.array([[1.0, 2.0], [3.0, "x"]], dtype=object)], "given[0][1][1]: expected a real"),
        (np.array(["a"]), "given[0]: expected a real number, got str 'a'"),
        ([10**400], "given[0]: an int of 1329 bits is too large"),
        ([{1.0}], "given[0]: expected a number"),
    ],
)
def test_what_is_no_number_is_refused_with_the_path_to_it(tree, path):
    with pytest.raises((TypeError, ValueError)) as caught:
        flatten(tree, "given")
    assert str(caught.value).startswith(path)


def test_lists_tuples_and_arrays_stand_for_each_other():
    _, structure = flatten([[1.0, 2.0], (3.0,)])
    assert structure.numbers_of((np.array([4.0, 5.0]), [6.0]), "this", "that") == [4.0, 5.0, 6.0]


def test_keys_are_matched_by_name_and_not_by_order():
    _, structure = flatten({"a": 1.0, "b": 2.0})
    assert structure.numbers_of({"b": 20.0, "a": 10.0}, "this", "that") == [10.0, 20.0]


@pytest.mark.parametrize(
    ("tree", "difference"),
    [
        ({"a": [1.0]}, "2 numbers; it has 1, and none at ['a'][1]"),
        ({"a": [1.0, 2.0], "b": 3.0}, "2 numbers; it has 3, one of them at ['b']"),
        ({"c": [1.0, 2.0]}, "none at ['a'][0]"),
        (1.0, "2 numbers; it has 1, and none at ['a'][0]"),
    ],
)
def test_another_structure_is_refused_with_the_first_difference(tree, difference):
    _, structure = flatten({"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match="this must have the structure of that") as caught:
        structure.numbers_of(tree, "this", "that")
    assert difference in str(caught.value)


def test_a_container_in_place_of_a_number_is_refused():
    with pytest.raises(ValueError, match="none at the top: it is a container"):
        flatten(1.0)[1].numbers_of([1.0], "this", "that")


@pytest.mark.parametrize(
    "act",
    [flatten, values, lambda tree: replaced(tree, abs)],
    ids=["flatten", "values", "replaced"],
)
def test_a_structure_that_contains_itself_is_refused(act):
    circle = {"a": [1.0]}
    circle["a"].append(circle)
    with pytest.raises(ValueError, match="the structure: it is nested too deeply, or contains its"):
        act(circle)


def test_replacing_changes_values_wherever_they_stand():
    two = Value(2.0)
    tree = {
        "a": [two, "text"],
        "p": Point(two, None),
        "n": np.array([two, two]),
        "d": Frozen(two, 1),
    }
    assert values(tree) == [two] * 5
    new = replaced(tree, lambda v: v.data)
    assert new["a"] == [2.0, "text"]
    assert new["p"] == Point(2.0, None)
    assert new["d"] == Frozen(2.0, 1)
    assert new["n"].dtype == np.float64


def test_replacing_in_an_array_of_many_kinds_keeps_the_others():
    new = replaced(np.array(["name", Value(2.0)], dtype=object), lambda v: v.data)
    assert new.tolist() == ["name", 2.0]


@pytest.mark.parametrize("tree", [["text", 1], {"a": {1, 2}}, np.array([1, 2]), object(), (None,)])
def test_what_holds_no_value_is_left_as_the_object_that_it_is(tree):
    assert replaced(tree, abs) is tree
