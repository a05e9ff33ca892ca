"""The compiled core beside the one in Python: the same bits, and nothing left behind."""

from __future__ import annotations

import gc
import math
import os
import pickle
import subprocess
import sys
import threading
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, dot, exp, no_grad, op, prod, vjp
from autograd.core import compiled, graph, ops
from autograd.core.record import Observer, edges_of
from autograd.many import (
    add_to_grads,
    first_lost,
    gather,
    gather_grads,
    grads_of,
    node_on,
    row_of,
    same_lists,
    same_methods,
    same_objects,
    same_types,
    scatter,
    scatter_grads,
)
from autograd.modes import switched
from tests.core import bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.core.operation import Op

DEEP = 1_000_000


def run(core: str, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What a program does under a core."""
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        env=os.environ | {"AUTOGRAD_CORE": core},
        capture_output=True,
        text=True,
        check=False,
    )


built = run("c", "import autograd").returncode == 0
where_built = pytest.mark.skipif(not built, reason="there is no compiled core here")
in_c = pytest.mark.skipif(not compiled, reason="_core looks at nodes in C: AUTOGRAD_CORE=c")


# Which core runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("core", ["python", pytest.param("c", marks=where_built)])
def test_the_environment_chooses_the_core(core: str) -> None:
    done = run(core, "import autograd, autograd.core; print(autograd.core.compiled)")
    assert (done.stdout.strip(), done.stderr) == (str(core == "c"), "")


def test_an_unknown_core_is_refused() -> None:
    done = run("fortran", "import autograd")
    assert "AUTOGRAD_CORE must be one of auto, c, python; it is 'fortran'" in done.stderr


MISSING = "import sys; sys.modules['autograd.core._core'] = None; "


def test_a_compiled_core_that_is_asked_for_must_be_there() -> None:
    done = run("c", MISSING + "import autograd")
    assert "AUTOGRAD_CORE is 'c', and there is no compiled core to run" in done.stderr


def test_without_a_compiled_core_python_runs() -> None:
    done = run("auto", MISSING + "import autograd.core; print(autograd.core.compiled)")
    assert (done.stdout.strip(), done.stderr) == ("False", "")


@where_built
def test_a_core_of_other_sources_is_not_used() -> None:
    program = "import autograd.core._core as c; print(c.SOURCES)"
    built_from = int(run("auto", program).stdout)
    if built_from == 0:
        pytest.skip("the compiled core was built by hand")
    stale = "import zlib; zlib.crc32 = lambda data, total=0: 42; import autograd.core as c; "
    done = run("auto", stale + "print(c.compiled)")
    assert done.stdout.strip() == "False"
    assert "the compiled core was built from other sources; install it again" in done.stderr


@where_built
def test_a_core_that_computes_otherwise_is_found_out_and_not_used() -> None:
    # The files of autograd.core are loaded with the package; so the wrong exp comes before them.
    program = (
        "import importlib.util, sys\n"
        "spec = importlib.util.find_spec('autograd')\n"
        "path = spec.submodule_search_locations[0] + '/numbers/libm.py'\n"
        "libm = importlib.util.spec_from_file_location('autograd.numbers.libm', path)\n"
        "module = importlib.util.module_from_spec(libm)\n"
        "libm.loader.exec_module(module)\n"
        "module.exp = lambda x: 2.0\n"
        "sys.modules['autograd.numbers.libm'] = module\n"
        "import autograd, autograd.core\n"
        "print(autograd.core.compiled, autograd.exp(autograd.Value(1.0)).data)\n"
    )
    done = run("auto", program)
    assert done.stdout.strip() == "False 2.0"
    assert "RuntimeWarning: the core in Python runs, for the compiled core has" in done.stderr
    assert "SelfCheckError" in run("c", program).stderr


@where_built
def test_a_second_interpreter_runs_python() -> None:
    done = run(
        "auto",
        "import autograd.core\n"
        "try: import _interpreters as kin\n"
        "except ImportError: import _xxsubinterpreters as kin\n"
        "program = 'import warnings; warnings.simplefilter(\"ignore\"); '\n"
        "program += 'import autograd.core; assert not autograd.core.compiled'\n"
        "failed = kin.run_string(kin.create(), program)\n"
        "print(autograd.core.compiled, failed)",
    )
    assert done.stdout.strip() == "True None", done.stderr


# The same bits -----------------------------------------------------------------------------------


@where_built
def test_random_graphs_have_the_same_bits() -> None:
    assert bits.departures(500, seed=1) == []


SAVE = """
import pickle, sys
from autograd import Value, clip, exp
x = Value(0.75, label="x")
y = exp(x * 3.0) - clip(x, 0.0, 1.0) / 7.0
y.backward()
y.rate = 5
sys.stdout.buffer.write(pickle.dumps([y, x]).hex().encode())
"""
LOAD = """
import pickle
from autograd.core.graph import topological
y, x = pickle.loads(bytes.fromhex("{}"))
y.backward()
print([(n.data, n.grad, n.label, n.partials) for n in topological(y)], y.rate, x in y.parents)
"""


@where_built
@pytest.mark.parametrize(("one", "other"), [("c", "python"), ("python", "c")])
def test_a_pickle_of_one_core_loads_in_the_other(one: str, other: str) -> None:
    saved = run(one, SAVE).stdout
    assert run(other, LOAD.format(saved)).stdout == run(one, LOAD.format(saved)).stdout != ""


@where_built
def test_every_use_gives_the_same_or_raises_the_same() -> None:
    python, c = (
        subprocess.run(
            [sys.executable, "-m", "tests.core.uses"],
            env=os.environ | {"AUTOGRAD_CORE": core},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for core in ("python", "c")
    )
    assert len(python) > 1000
    assert c == python


# Operations in C and in Python -------------------------------------------------------------------


def test_an_operation_whose_rule_is_exchanged_uses_the_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ops.expm1, "rules", (lambda x, out: 7.0,))
    assert ops.expm1(Value(1.0)).partials == (7.0,)
    monkeypatch.undo()
    assert ops.expm1(Value(0.0)).partials == (1.0,)


def test_an_operation_of_the_users_is_not_taken_for_one_of_the_same_name() -> None:
    @op(lambda x, out: 7.0)
    def tanh(x: float) -> float:
        return 5.0 * x

    assert (tanh(Value(1.0)).data, tanh(Value(1.0)).partials) == (5.0, (7.0,))


# What an attack has found ------------------------------------------------------------------------


def test_a_value_that_is_made_anew_has_no_gradient() -> None:
    x = Value(1.0)
    x.grad = 5.0
    x.__init__(2.0)  # type: ignore[misc]
    assert (x.data, x.grad) == (2.0, 0.0)


class MakesLeaf:
    """Garbage that only the collector finds; when it goes, a node forgets its operands."""

    def __init__(self, node: Value) -> None:
        self.node, self.cycle = node, self

    def __del__(self) -> None:
        self.node.__init__(3.0)  # type: ignore[misc]


LOOKS: dict[str, Callable[[Value], Any]] = {
    "topological": graph.topological,
    "edges_of": edges_of,
    "_y": lambda node: node._y,
    "_dy": lambda node: node._dy,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_record_may_change_while_somebody_reads_it(look: Callable[[Value], Any]) -> None:
    thresholds = gc.get_threshold()
    try:
        for count in range(1, 60):
            gc.set_threshold(100_000)
            node = dot([Value(1.0)] * 100, [Value(2.0)] * 100)
            MakesLeaf(node)
            gc.set_threshold(count)  # the collector comes with one of the next objects made
            look(node)
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()


@pytest.mark.parametrize("core", ["python", pytest.param("c", marks=where_built)])
def test_ctrl_c_leaves_gradients_whole_and_the_lock_free(core: str) -> None:
    done = run(core, "from tests.core import interruptions as i; print(i.main(300))")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("core", ["python", pytest.param("c", marks=where_built)])
def test_threads_build_differentiate_and_free_at_once(core: str) -> None:
    done = run(core, "from tests.core import threads; print(threads.main(1))")
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


AT_EXIT = """
import sys
from autograd import Value
class Last:
    def __init__(self, x): self.x = x
    def __del__(self): (self.x * 2.0 + 1.0).backward(); print(self.x.grad)
out = x = Value(1.0)
for _ in range(200_000):
    out = out + x
out.own = Last(Value(3.0))
sys.kept = out  # beyond the module
other = Value(1.0)
other.own = Last(other)  # a cycle through an attribute
"""


@where_built
def test_nodes_may_outlive_everything_at_exit() -> None:
    done = run("c", AT_EXIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) <= {"2.0"}


FORK = """
import os
from autograd import Value
x = Value(3.0)
out = x * x
child = os.fork()
out.backward()
if child:
    _, status = os.waitpid(child, 0)
    print(status, x.grad)
else:
    del out
    os._exit(x.grad != 6.0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("core", ["python", pytest.param("c", marks=where_built)])
def test_a_forked_process_goes_on(core: str) -> None:
    done = run(core, FORK)
    assert (done.stdout.strip(), done.stderr) == ("0 6.0", "")


@where_built
def test_a_core_that_is_loaded_again_stays_as_it_is() -> None:
    program = (
        "import importlib, sys, autograd\n"
        "core = sys.modules['autograd.core._core']\n"
        "try: importlib.reload(core)\n"
        "except ImportError as error: print(error)\n"
        "x = autograd.Value(3.0); (x * x).backward(); print(x.grad)"
    )
    assert run("c", program).stdout.splitlines()[-1] == "6.0"


# Many at once ------------------------------------------------------------------------------------


def test_gather_and_scatter_go_between_values_and_a_buffer() -> None:
    xs = [Value(float(i)) for i in range(5)]
    row = array("d", bytes(40))
    gather(xs, row)
    assert row.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    row[1] = -1.0
    scatter(xs, row)
    add_to_grads(xs, row, 2.0)
    add_to_grads(xs, row)
    assert (xs[1].data, xs[1].grad, xs[4].grad) == (-1.0, -3.0, 12.0)


def test_gradients_are_gathered_and_scattered_likewise() -> None:
    xs = [Value(float(i)) for i in range(3)]
    scatter_grads(xs, array("d", [1.0, 2.0, 3.0]))
    assert [(x.data, x.grad) for x in xs] == [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]
    assert (row_of(xs), grads_of(xs)) == (array("d", [0.0, 1.0, 2.0]), array("d", [1.0, 2.0, 3.0]))
    row = [0.0] * 3
    gather_grads(xs, row)
    assert row == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("f", [gather, gather_grads, scatter, scatter_grads, add_to_grads])
def test_what_is_no_list_of_values_is_left_to_python_and_nothing_happens_twice(f: Any) -> None:
    xs: Any = [Value(1.0), None]
    with pytest.raises(AttributeError):
        f(xs, array("d", [2.0, 2.0]))
    assert (xs[0].data, xs[0].grad) in {(1.0, 0.0), (2.0, 0.0), (1.0, 2.0)}


@pytest.mark.parametrize("f", [scatter, scatter_grads])
def test_numbers_that_are_no_floats_become_floats_and_others_are_refused(f: Any) -> None:
    x = Value(0.5)
    f([x], [3])
    assert type(x.data) is type(x.grad) is float
    with pytest.raises(TypeError, match="expected a real number, got str '3'"):
        f([x], ["3"])


@pytest.mark.parametrize("f", [gather, gather_grads, scatter, scatter_grads])
def test_those_who_watch_are_told(f: Any) -> None:
    class Told(Observer):
        read = write = lambda self, owner, what: told.append(owner)

    told: list[object] = []
    x = Value(1.0)
    with switched(observers=(Told(),)):
        f([x], array("d", [2.0]))
    assert [x is owner for owner in told] == [True]


@pytest.mark.parametrize("row", [array("d", [1.0, 2.0]), [1.0, 2.0, 3.0, 4.0], array("d")])
@pytest.mark.parametrize("f", [gather, gather_grads, scatter, scatter_grads, add_to_grads])
def test_a_row_of_another_length_is_refused(f: Any, row: Any) -> None:
    with pytest.raises(ValueError, match="as many numbers as Values are needed"):
        f([Value(1.0)] * 3, row)


def test_rows_of_other_numbers_than_doubles_do_as_well() -> None:
    x = Value(1.0)
    scatter([x], array("f", [0.5]))
    add_to_grads([x], array("i", [3]))
    assert (x.data, x.grad) == (0.5, 3.0)


ROWS = {"list": list, "d": partial(array, "d"), "f": partial(array, "f")}


@pytest.mark.parametrize("kind", ROWS.values(), ids=ROWS)
def test_the_first_number_that_is_lost_is_found_in_any_row(kind: Any) -> None:
    assert first_lost(kind([1.0, math.inf, math.nan])) == 1
    assert first_lost(kind([1.0, 2.0, math.nan])) == 2
    assert first_lost(kind([-math.inf, math.inf])) == 0
    assert first_lost(kind([1.0, 2.0])) is first_lost(kind([])) is None
    assert first_lost(array("d", [1.7e308, 1.7e308])) is None


def test_same_objects_looks_at_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    assert same_objects([x, y], (x, y))
    assert not same_objects([x, y], [x, x])
    assert not same_objects([x], [x, y])


def test_same_lists_looks_at_sizes_and_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    lists = ([x], [], [y, x])
    assert same_lists(lists, (1, 0, 2), (x, y, x))
    assert not same_lists(lists, (1, 0, 2), (x, x, x))
    assert not same_lists(lists, (0, 1, 2), (x, y, x))
    lists[2].append(x)
    assert not same_lists(lists, (1, 0, 2), (x, y, x))
    lists[0].clear()
    assert not same_lists(lists, (1, 0, 2), (x, y, x))


def test_same_types_and_same_methods_look_at_what_an_object_does() -> None:
    class Line:
        def at(self, x: float) -> float:
            return x

    class Open(Line):
        def __getattr__(self, name: str) -> float:
            return 1.0

    line, other = Line(), Open()
    function = Line.at
    assert same_types((line, other), (Line, Open))
    assert not same_types((line, other), (Line, Line))
    assert same_methods((line, other), ("at", "at"), (function, function))
    other.at = lambda x: 2.0 * x  # type: ignore[method-assign]
    assert not same_methods((line, other), ("at", "at"), (function, function))
    with pytest.raises(AttributeError):
        same_methods((line,), ("gone",), (function,))


# Memory ------------------------------------------------------------------------------------------


def alive() -> int:
    from autograd.core import _core

    gc.collect()  # errors of tests before may have held some
    return int(_core.alive())


def in_small_stack(action: Callable[[], None]) -> None:
    """Run something in a thread that would not survive recursion."""
    before = threading.stack_size(1 << (20 if sys.version_info >= (3, 13) else 18))
    try:
        thread = threading.Thread(target=action)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)


def deep_sum() -> Value:
    x = out = Value(1.0)
    for _ in range(DEEP):
        out = out + x
    return out


def deep_square() -> Value:
    out = Value(1.0)
    for _ in range(DEEP):
        out = out * out
    return out


def deep_dots() -> Value:
    out = Value(1.0)
    for _ in range(DEEP // 10):
        out = dot([out, out], [out, 2.0], out)
    return out


def wide() -> Value:
    xs = [Value(float(i)) for i in range(DEEP // 10)]
    return ops.sum([ops.sum(xs), *[x * x for x in xs], *xs])


def deep_in_attributes() -> Value:
    out = Value(1.0)
    for _ in range(DEEP // 10):
        before, out = out, Value(1.0)
        out.before = before  # type: ignore[attr-defined]
    return out


def deep_in_marks() -> Value:
    out = Value(1.0)
    for _ in range(DEEP // 10):
        before, out = out, Value(1.0)
        out._mark = before  # as the adjoint of a derivative that is differentiated again
    return out


def deep_in_labels() -> Value:
    out = Value(1.0)
    for _ in range(DEEP // 10):
        before, out = out, Value(1.0)
        out._label = before  # type: ignore[assignment]  # nothing does that; yet it is no crash
    return out


@in_c
@pytest.mark.parametrize(
    "make",
    [deep_sum, deep_square, deep_dots, wide, deep_in_attributes, deep_in_marks, deep_in_labels],
    ids=lambda make: make.__name__,
)
def test_a_graph_is_freed_without_recursion(make: Callable[[], Value]) -> None:
    gc.collect()  # what other tests left
    before = alive()
    held = [make()]

    def used_and_freed() -> None:
        graph.topological(held[0])
        held.pop().backward()

    in_small_stack(used_and_freed)
    assert alive() == before


def everything() -> None:
    """One use of every way in, errors included."""
    x, y = Value(0.5, label="x"), Value(2, "y")
    for entry in ops.TABLE.values():
        operands = [0.5 if rule is None else x for rule in entry.rules]
        result: Any = entry([x, y, 1.0]) if type(entry).__name__ == "Variadic" else entry(*operands)  # type: ignore[operator]
        result.backward()
    for wrong in (
        lambda: x + "1",
        lambda: exp("1"),
        lambda: dot([x, y], [x, "1"]),
        lambda: dot([x], [x, y]),
        lambda: prod([x, None]),
        lambda: Value("1"),
        lambda: Value(1.0, 5),
        lambda: ops.clip(x, low=0.0),
        lambda: ops.round(x, y),
        lambda: setattr(x, "data", "1"),
        lambda: setattr(x, "grad", None),
        lambda: x.backward("1"),
        lambda: x < "1",
    ):
        with pytest.raises((TypeError, ValueError)):
            wrong()
    out = (2 * x + y / 3 - x**2 + 1 // y) % 5
    out.backward(2.0)
    x.grad = 0
    out.own = [x, y]  # type: ignore[attr-defined]
    assert [out.operands, out.partials, out.parents, bool(out), x == y, x < 1, hash(x)]
    pickle.loads(pickle.dumps(out))
    with no_grad():
        (x * y).detach()
    vjp(lambda a, b: a * b + a, 1.0, 2.0)[1](1.0)
    row = array("d", bytes(16))
    gather([x, y], row)
    scatter([x, y], row)


@in_c
def test_reference_counts_and_nodes_are_as_before() -> None:
    things: list[Any] = [*ops.TABLE.values(), Value, None, True, False, NotImplemented, 0.5, "x"]
    everything()
    before, counts = alive(), [*map(sys.getrefcount, things)]
    for _ in range(100):
        everything()
    assert alive() == before
    grown = [b - a for a, b in zip(counts, map(sys.getrefcount, things), strict=True)]
    assert max(grown) < 50, dict(zip(map(repr, things), grown, strict=True))
    assert min(grown) > -50, dict(zip(map(repr, things), grown, strict=True))


@in_c
def test_a_node_is_of_96_bytes_and_unknown_to_the_collector() -> None:
    assert sys.getsizeof(Value(1.0)) == 96
    assert not gc.is_tracked(Value(1.0) + 1.0)


@in_c
def test_the_operations_of_the_table_are_all_in_c() -> None:
    from autograd.core import _core

    left = [
        name for name, entry in ops.TABLE.items() if not _core.encode(entry, name, rules(entry))
    ]
    assert left == []


def rules(entry: Op) -> int:
    """Which operands of an operation have a rule, as bits."""
    return sum(1 << i for i, rule in enumerate(entry.rules) if rule is not None)


@in_c
@pytest.mark.parametrize("records", [(3, None), ("1", None), (Value(1.0), "1"), (None, 1.0)])
def test_a_record_that_would_not_be_safe_to_walk_is_refused(records: tuple[Any, Any]) -> None:
    from autograd.core.record import node

    with pytest.raises(TypeError, match="a record is made of Values, floats and None"):
        node(Value, ops.exp, 1.0, *records)
    with pytest.raises(TypeError, match="a record is made of Values, floats and None"):
        node(Value, ops.sum, 1.0, None, None, (records[0],), (records[1],))


@pytest.mark.parametrize("absent", [[], [2], [1, 3]])
def test_a_record_on_many_values_is_made_of_a_row(absent: list[int]) -> None:
    xs = (Value(1.0), Value(2.0), Value(3.0))
    out = node_on(xs, ops.sum, array("d", [6.0, 0.5, 1.5, 2.5]), absent)
    expected = [None if i in absent else i - 0.5 for i in (1, 2, 3)]
    assert (out.data, out.operands, [*out.partials]) == (6.0, xs, expected)
    out.backward()
    assert [x.grad for x in xs] == [p or 0.0 for p in expected]


@pytest.mark.parametrize("row", [array("d", [1.0]), array("f", [1.0, 2.0]), [1.0, 2.0]])
def test_a_row_that_is_no_buffer_of_doubles_goes_by_python(row: Any) -> None:
    if len(row) == 1:
        with pytest.raises(ValueError, match="as many numbers as Values are needed"):
            node_on((Value(1.0),), ops.sum, row)
    else:
        assert node_on((Value(1.0),), ops.sum, row).partials == (2.0,)
