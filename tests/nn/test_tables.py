"""Tables: how results are printed."""

from __future__ import annotations

import pytest

from nn.printing import Table


def test_words_stand_to_the_left_and_numbers_to_the_right() -> None:
    table = Table(("name", "n"), [("a", 1), ("longer", 100)])
    assert repr(table) == "name      n\na         1\nlonger  100"


def test_floats_are_shown_to_six_digits_and_nothing_for_none() -> None:
    table = Table(("loss", "note"), [(1 / 3, None), (1e-12, "end")])
    assert repr(table) == "    loss  note\n0.333333\n   1e-12  end"


def test_a_table_may_have_no_rows() -> None:
    assert repr(Table(("a", "b"), [])) == "a  b"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells of 2"):
        Table(("a", "b"), [(1, 2), (3,)])
