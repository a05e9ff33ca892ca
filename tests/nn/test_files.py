"""Files: what is read is what was written, to the last bit; what is no model is said to be none."""

from __future__ import annotations

import json
import os
import stat
import sys
from math import inf, nan
from struct import pack
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, relu, softmax
from nn import (
    MLP,
    Attention,
    Each,
    Embedding,
    Layer,
    ModelFileError,
    Module,
    Neuron,
    Sequential,
    load,
    save,
)
from nn.blocks import BatchNorm, Dropout, LayerNorm, Residual, RMSNorm
from nn.files.models import classes

if TYPE_CHECKING:
    from pathlib import Path

SEQUENCE = [[1.0, 0.0], [0.0, 1.0]]

# An example of each class, and a row to try it on.
EXAMPLES: dict[str, tuple[Module, Any]] = {
    "Neuron": (Neuron(2, "tanh", fused=False, rng=0), [1.0, 2.0]),
    "Layer": (Layer(2, 3, "gelu", rng=0), [1.0, 2.0]),
    "Sequential": (Sequential(Layer(2, 2, relu, rng=0), softmax), [1.0, 2.0]),
    "MLP": (MLP(2, [3, 1], "silu", output="sigmoid", rng=0), [1.0, 2.0]),
    "BatchNorm": (BatchNorm(2, momentum=0.5, epsilon=1e-3), [1.0, 2.0]),
    "LayerNorm": (LayerNorm(2, epsilon=1e-3), [1.0, 2.0]),
    "RMSNorm": (RMSNorm(2, scale=False), [1.0, 2.0]),
    "Dropout": (Dropout(0.25, rng=0), [1.0, 2.0]),
    "Embedding": (Embedding(5, 3, rng=0), 4),
    "Each": (Each(Layer(2, 3, rng=0)), SEQUENCE),
    "Attention": (Attention(2, heads=2, causal=True, rng=0), SEQUENCE),
    "Residual": (Residual(Sequential(Layer(2, 2, rng=0), BatchNorm(2))), [1.0, 2.0]),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


def neuron(w: float = 0.1, b: float = -2.5) -> Neuron:
    made = Neuron(1, init="zeros")
    made.w[0].data, made.b.data = w, b
    return made


def bits(model: Module) -> dict[str, bytes]:
    return {name: pack("<d", number) for name, number in model.state_dict().items()}


def shifted(path: Path, change: Any) -> Path:
    """The file with something changed in what it says."""
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")
    return path


# There and back ---------------------------------------------------------------------------------


def test_there_is_an_example_of_every_class() -> None:
    found = classes().items()  # those of running docstrings too, which are not in their modules
    there = {name for name, x in found if getattr(sys.modules[x.__module__], name, None) is x}
    assert set(EXAMPLES) == there


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_module_comes_back_as_it_was(name: str, path: Path) -> None:
    model, row = EXAMPLES[name]
    save(model.eval(), path)
    again = load(path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert bits(again) == bits(model)
    assert repr(again.eval()(row)) == repr(model(row))


def test_what_a_batch_has_measured_comes_back(path: Path) -> None:
    norm = BatchNorm(2)
    norm.batch([[1.0, 2.0], [3.0, 5.0]])
    save(norm, path)
    again = load(path)
    assert isinstance(again, BatchNorm)
    assert again.running_mean == norm.running_mean != [0.0, 0.0]


@pytest.mark.parametrize(
    "number",
    [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3, 1e22, 2.0**-1074 * 3, inf, -inf, nan],
    ids=repr,
)
def test_numbers_come_back_bit_by_bit(number: float, path: Path) -> None:
    save(neuron(w=number), path)
    assert bits(load(path)) == bits(neuron(w=number))


def test_a_file_is_json_by_the_book(path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    save(neuron(w=nan, b=-inf), path)
    assert json.loads(path.read_text("utf-8"), parse_constant=refuse) == {
        "format": "pencilgrad model",
        "version": 1,
        "model": {
            "class": "Neuron",
            "settings": {"nin": 1, "activation": "linear", "fused": True, "nout": 1},
        },
        "state": {"w.0": "nan", "b": "-inf"},
    }


def test_the_same_model_gives_the_same_file(path: Path) -> None:
    save(EXAMPLES["MLP"][0], path)
    first = path.read_bytes()
    save(load(path), path)
    assert path.read_bytes() == first


def test_a_loaded_model_is_in_training_like_every_new_one(path: Path) -> None:
    save(neuron().eval(), path)
    assert load(path).training


def test_numbers_written_by_hand_may_be_whole(path: Path) -> None:
    save(neuron(), path)
    shifted(path, lambda content: content["state"].update({"w.0": 3}))
    assert load(path).state_dict()["w.0"] == 3.0


# Classes of one's own ---------------------------------------------------------------------------


class Own(Module):
    def __init__(self, made_from: Any, start: float = 0.0) -> None:
        self.made_from = made_from
        self.inner = Sequential(Layer(1, 2, rng=0), lambda row: row)
        self.start = Value(start)

    def __call__(self, row: Any) -> Any:
        return self.inner(row)


def test_a_model_of_ones_own_class_gives_its_numbers_to_another_one(path: Path) -> None:
    own, other = Own(print, start=2.0), Own(print)
    save(own, path)
    assert load(path, into=other) is other
    assert bits(other) == bits(own)


def test_without_that_other_one_the_file_of_ones_own_class_says_what_to_do(path: Path) -> None:
    save(Sequential(Layer(2, 1), Own(print)), path)
    expected = r"layers of Sequential, at 1, is of the class \S*\.Own, which is not one of nn: make"
    with pytest.raises(ModelFileError, match=expected):
        load(path)


def test_into_works_for_classes_of_nn_too(path: Path) -> None:
    save(neuron(w=7.0), path)
    assert load(path, into=neuron()).w[0].data == 7.0


@pytest.mark.parametrize(
    ("in_file", "into", "difference"),
    [
        (
            MLP(2, [3, 1], "relu", rng=0),
            MLP(2, [3, 1], "tanh", rng=1),
            "activation is 'relu' in the file, and 'tanh' in the one that is to take",
        ),
        (
            MLP(2, [3, 1], rng=0),
            Sequential(Layer(2, 3, rng=1), Layer(3, 1, rng=1)),
            "the model is of the class MLP in the file, and of the class Sequential in the one",
        ),
        (
            Sequential(Layer(2, 3, rng=0), BatchNorm(3)),
            Sequential(Layer(2, 3, rng=1), BatchNorm(3, momentum=0.5)),
            "layers.1.momentum is 0.1 in the file, and 0.5 in",
        ),
        (
            Sequential(Layer(2, 3, rng=0), softmax),
            Sequential(Layer(2, 3, rng=1)),
            "layers is a list of 2 in the file, and a list of 1 in",
        ),
        (
            Sequential(Layer(2, 3, rng=0), relu),
            Sequential(Layer(2, 3, rng=1), softmax),
            "layers.1 is 'relu' in the file, and 'softmax' in",
        ),
    ],
    ids=["an activation", "a class", "further in", "a length", "a function"],
)
def test_numbers_are_not_given_to_a_model_with_other_settings(
    in_file: Module, into: Module, difference: str, path: Path
) -> None:
    before = bits(into)
    save(in_file, path)
    with pytest.raises(ModelFileError) as caught:
        load(path, into=into)
    assert str(caught.value).startswith(f"{path}: {difference}")
    assert bits(into) == before


def test_a_function_and_its_name_are_the_same_setting(path: Path) -> None:
    by_function, by_name = Layer(2, 1, relu, rng=0), Layer(2, 1, "relu", rng=1)
    save(by_function, path)
    assert bits(load(path, into=by_name)) == bits(by_function)


def test_a_setting_that_a_file_does_not_name_may_be_any(path: Path) -> None:
    save(neuron(w=7.0), path)
    shifted(path, lambda content: content["model"]["settings"].pop("fused"))
    assert load(path, into=Neuron(1, fused=False)).w[0].data == 7.0


def test_of_ones_own_class_the_name_counts_and_not_where_it_is_defined(path: Path) -> None:
    save(Own(print), path)
    shifted(path, lambda content: content["model"].update({"class": "__main__.Own"}))
    load(path, into=Own(print))
    shifted(path, lambda content: content["model"].update({"class": "__main__.Other"}))
    with pytest.raises(
        ModelFileError, match=r"of the class Other in the file, and of the class Own"
    ):
        load(path, into=Own(print))


# What cannot be written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "where"),
    [
        (Layer(1, 1, lambda z: z * z), "activation of Layer is function <function"),
        (Sequential(Layer(1, 1), lambda row: row), "layers of Sequential, at 1, is function <func"),
        (Residual(Neuron(1, abs)), "activation of Neuron is builtin_function_or_method <built-in"),
    ],
    ids=["an activation", "a function in a chain", "a function further in"],
)
def test_functions_of_ones_own_are_refused_with_advice(
    model: Module, where: str, path: Path
) -> None:
    with pytest.raises(ModelFileError, match=where + r".*a class of your own.*load\(path, into=mo"):
        save(model, path)
    assert os.listdir(path.parent) == []


def test_a_model_that_was_changed_after_it_was_made_is_refused(path: Path) -> None:
    model = Layer(1, 2)
    model.neurons.pop()
    with pytest.raises(
        ModelFileError,
        match=r"has as its neurons\.1 None and not Neuron",
    ):
        save(model, path)


def test_a_model_that_shares_a_part_with_itself_is_refused(path: Path) -> None:
    layer = Layer(2, 2)
    with pytest.raises(ModelFileError, match=r"has as its layers\.1 None and not .*, or shares a"):
        save(Sequential(layer, layer), path)


def other_layer(model: MLP) -> None:
    model.layers = (Layer(2, 3, "tanh", rng=0), *model.layers[1:])


def other_activation(model: MLP) -> None:
    model.activation = "tanh"


def one_function_more(model: MLP) -> None:
    model.layers = (*model.layers, softmax)


def another_class(model: MLP) -> None:
    model.layers = (Sequential(model.layers[0]), model.layers[1])


def another_function(model: MLP) -> None:
    layer = model.layers[0]
    assert isinstance(layer, Layer)
    layer.neurons[2].activate = softmax  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            other_layer,
            r"has as its layers\.0 Layer\(.*'tanh'\) and not Layer\(.*'relu'",
        ),
        (
            other_activation,
            r"has as its layers\.0 Layer\(.*'relu'\) and not Layer\(.*'tanh'",
        ),
        (one_function_more, r"has as its layers a tuple of 3 and not a tuple of 2"),
        (another_class, r"has as its layers\.0 Sequential\(Layer.* and not Layer\(2, 3"),
        (
            another_function,
            r"has as its layers\.0\.neurons\.2\.activate <function softmax .* and not",
        ),
    ],
)
def test_a_model_whose_settings_do_not_say_what_it_does_is_refused(
    change: Any, difference: str, path: Path
) -> None:
    model = MLP(2, [3, 1], rng=0)
    change(model)
    with pytest.raises(ModelFileError, match=difference):
        save(model, path)
    assert os.listdir(path.parent) == []


def test_a_part_of_another_class_with_the_same_numbers_is_refused(path: Path) -> None:
    chain = MLP(2, [2], rng=0)
    part = Residual(Dropout(0.5))
    part.neurons = chain.layers[0].neurons  # type: ignore[union-attr, attr-defined]
    chain.layers = (part,)
    with pytest.raises(
        ModelFileError, match=r"has as its layers\.0 Residual\(.* and not Layer\(2, "
    ):
        save(chain, path)


def test_notes_on_a_model_do_not_keep_it_from_being_written(path: Path) -> None:
    model = neuron()
    model.remark = "the best of ten"  # type: ignore[attr-defined]
    save(model, path)
    assert bits(load(path)) == bits(model)


# Whole or not at all ----------------------------------------------------------------------------


def fail(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("happens", [fail, interrupt])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(
    step: str, happens: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(neuron(w=1.0), path)
    monkeypatch.setattr(os, step, happens)
    with pytest.raises((OSError, KeyboardInterrupt)):
        save(neuron(w=2.0), path)
    assert load(path).state_dict()["w.0"] == 1.0
    assert os.listdir(path.parent) == ["model.json"]


def test_the_old_file_is_whole_until_the_new_one_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    replace = os.replace

    def watched(new: Any, old: Any) -> None:
        seen.extend(load(file).state_dict()["w.0"] for file in (old, new))
        replace(new, old)

    save(neuron(w=1.0), path)
    monkeypatch.setattr(os, "replace", watched)
    save(neuron(w=2.0), path)
    assert seen == [1.0, 2.0]
    assert load(path).state_dict()["w.0"] == 2.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_permissions_stay_and_a_new_file_has_the_usual_ones(path: Path) -> None:
    usual = path.with_name("usual")
    usual.touch()
    save(neuron(), path)
    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o640)
    save(neuron(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few people make links")
def test_a_link_stays_a_link(path: Path) -> None:
    path.symlink_to("target.json")
    save(neuron(w=3.0), path)
    assert path.is_symlink()
    assert load(path.with_name("target.json")).state_dict()["w.0"] == 3.0


def test_where_there_is_no_folder_the_error_says_so(path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be written: there is no folder"):
        save(neuron(), path.parent / "missing" / "model.json")
    with pytest.raises(ModelFileError, match="cannot be written: it is a folder"):
        save(neuron(), path.parent)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among its files")
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
def test_what_is_no_file_is_not_replaced_by_one(linked: bool, path: Path) -> None:
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    path.symlink_to(pipe)
    with pytest.raises(ModelFileError, match="pipe cannot be written: it is a folder, a device"):
        save(neuron(), path if linked else pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


# What is no model -------------------------------------------------------------------------------


def refused(path: Path) -> str:
    """What the error says without the path; a model that is to take the numbers keeps its own."""
    own = neuron(w=3.0, b=4.0)
    for into in (own, None):
        with pytest.raises(ModelFileError) as caught:
            load(path) if into is None else load(path, into=into)
        assert str(caught.value).startswith(f"{path}: ")
    assert own.state_dict() == {"w.0": 3.0, "b": 4.0}
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_file_that_was_cut_off_anywhere_is_an_error(path: Path) -> None:
    save(EXAMPLES["Sequential"][0], path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        message = refused(path)
        if length > 40:
            assert message.startswith("this is no model, or one that was cut off or changed")


def test_a_file_that_is_missing_is_an_error(path: Path) -> None:
    assert refused(path) == "it cannot be read: No such file or directory"


def test_a_folder_is_an_error(path: Path) -> None:
    path.mkdir()
    assert refused(path).startswith("it cannot be read: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this is no model, or one that was cut off or changed"),
        (b"\x80\x04\x95\xff", "this is no model, or one that was cut off"),
        (
            b"weights: 1, 2, 3",
            "this is no model, or one that was cut off or changed",
        ),
        (b"[1, 2, 3]", 'this is no model: it has no "format": "pencilgrad model"'),
        (b'{"format": "another one"}', 'this is no model: it has no "format": "pencilgrad model"'),
        (
            b"[" * 100_000,
            "this is no model, or one that was cut off or changed",
        ),
        (
            b"9" * 10_000,
            "this is no model, or one that was cut off or changed",
        ),
        (
            b"NaN",
            "this is no model, or one that was cut off or changed",
        ),
    ],
    ids=["nothing", "bytes", "words", "a list", "another format", "depth", "digits", "NaN"],
)
def test_a_file_of_something_else_is_an_error(content: bytes, message: str, path: Path) -> None:
    path.write_bytes(content)
    assert refused(path).startswith(message)


def test_a_file_of_a_newer_version_is_an_error(path: Path) -> None:
    save(neuron(), path)
    message = refused(shifted(path, lambda content: content.update(version=2)))
    assert message.startswith("it has version 2 of the format, and this program knows version 1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("b"), "the state has no number for b, which Neuron(1) has"),
        (lambda s: s.update(c=1.0), "the state has a number for c, and Neuron(1) has none"),
        (
            lambda s: s.update(b="1.0"),
            "the state at b: expected a real number, got str '1.0'",
        ),
        (
            lambda s: s.update(b=None),
            "the state at b: expected a real number, got None",
        ),
        (
            lambda s: s.update(b=10**400),
            "the state at b: an int of 1329 bits is too large for a float, which ends at about "
            "1.8e308",
        ),
    ],
    ids=["one missing", "one too many", "text", "null", "a large one"],
)
def test_numbers_that_do_not_fit_are_an_error_that_names_the_first(
    change: Any, message: str, path: Path
) -> None:
    save(neuron(), path)
    assert refused(shifted(path, lambda content: change(content["state"]))).startswith(message)


@pytest.mark.parametrize("state", [None, 3, [1.0, 2.0]])
def test_a_file_without_named_numbers_is_an_error(state: Any, path: Path) -> None:
    save(neuron(), path)
    message = refused(shifted(path, lambda content: content.update(state=state)))
    assert message.startswith("its state must be names with numbers, and it is ")


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (None, "its model is None"),
        ([], "its model is a list of 0"),
        ("Neuron", "its model is str 'Neuron'"),
        ({}, "the model is nothing known here: a dict of 0"),
        ({"class": "Path", "settings": {}}, "the model is of the class Path, and nn has none"),
        ({"class": "os.system"}, "the model is of the class os.system, which is not one of nn"),
        ({"class": "Module", "settings": {}}, "the model is of the class Module, and nn has no"),
        ({"class": "Neuron", "settings": {}}, "the model cannot be made: "),
        ({"class": "Neuron", "settings": {"nin": -1}}, "the model cannot be made: Neuron: nin mus"),
        ({"class": "Neuron", "settings": {"nin": {}}}, "nin of Neuron is nothing known here"),
        ({"class": "Neuron", "settings": {"x": 1}}, "the model cannot be made: "),
        ({"class": "Residual", "settings": {"inner": {"function": "eval"}}}, "inner of Residual i"),
        ({"class": "Sequential", "settings": {"layers": 5}}, "the model cannot be made: "),
    ],
    ids=lambda x: json.dumps(x) if not isinstance(x, str) or x == "Neuron" else "",
)
def test_a_model_that_cannot_be_made_is_an_error(described: Any, message: str, path: Path) -> None:
    save(neuron(), path)
    with pytest.raises(ModelFileError) as caught:
        load(shifted(path, lambda content: content.update(model=described)))
    assert message in str(caught.value)
