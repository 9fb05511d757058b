import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load

from app.queries.columns import Activations, Integers, Positions, pack, quantise

COORDINATES = hnp.arrays(
    np.float32, st.integers(1, 50), elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
)


@settings(max_examples=50, deadline=None)
@given(COORDINATES)
def test_positions_come_back_within_half_a_step_when_quantised(values):
    column = Positions("x", values, "UMAP 1")
    low, high = column.bounds
    restored = low + column.compact().astype(np.float64) / 65535 * (high - low)
    assert np.abs(restored - values).max() <= (high - low) / 65535 / 2 * (1 + 1e-6)


@settings(max_examples=50, deadline=None)
@given(COORDINATES)
def test_positions_keep_their_order_when_quantised(values):
    steps = quantise(values, float(values.min()), float(values.max()))
    assert (np.diff(steps[np.argsort(values, kind="stable")].astype(int)) >= 0).all()


def test_ends_of_the_axis_are_first_and_last_step_when_quantised():
    assert quantise(np.array([-2, 3, 0.5], np.float32), -2, 3).tolist() == [0, 65535, 32768]


def test_all_positions_are_the_first_step_when_they_are_equal():
    column = Positions("x", np.full(4, 7.5, np.float32), "x")
    assert column.compact().tolist() == [0, 0, 0, 0]
    assert column.describe() == {"title": "x", "min": 7.5, "max": 7.5}


def test_numbers_that_are_not_finite_go_to_the_edges_when_quantised():
    column = Positions("x", np.array([np.nan, 1, np.inf, 3, -np.inf], np.float32), "x")
    assert column.bounds == (1.0, 3.0)
    assert column.compact().tolist() == [0, 0, 65535, 65535, 0]
    assert column.plain() == [None, 1.0, None, 3.0, None]


def test_bounds_are_zero_when_no_position_is_finite():
    column = Positions("x", np.array([np.nan, np.inf], np.float32), "x")
    assert column.bounds == (0.0, 0.0)
    assert column.compact().tolist() == [0, 0]


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float16, st.integers(0, 50), elements=st.floats(0, 1, width=16)))
def test_activations_come_back_within_half_a_step_when_compact(values):
    restored = Activations("tag:rock", values).compact() / 255
    assert np.abs(restored - values.astype(np.float64)).max(initial=0) <= 0.5 / 255 + 1e-7


def test_activations_stay_in_range_when_the_source_does_not():
    column = Activations("tag:rock", np.array([-0.1, 1.2, np.nan], np.float32))
    assert column.compact().tolist() == [0, 255, 0]
    assert column.plain() == [-0.1, 1.2, None]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
            st.integers(0, 40),
            st.sampled_from(["<u4", "<u2", "<u1"]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda item: item[0],
    ).filter(lambda items: all(name != "__metadata__" for name, _, _ in items))
)
def test_columns_start_at_multiples_of_their_item_size_when_packed(items):
    columns = [Integers(name, np.arange(length), dtype) for name, length, dtype in items]
    packed = pack(columns, {"points": 3, "title": "čas"})
    header_length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + header_length])
    assert header_length % 8 == 0
    assert json.loads(header.pop("__metadata__")["info"]) == {"points": 3, "title": "čas"}
    for name, length, dtype in items:
        start, stop = header[name]["data_offsets"]
        assert (8 + header_length + start) % np.dtype(dtype).itemsize == 0
        assert stop - start == length * np.dtype(dtype).itemsize
        assert header[name]["shape"] == [length]
        assert header[name]["dtype"] == {"<u4": "U32", "<u2": "U16", "<u1": "U8"}[dtype]


def test_any_reader_of_the_format_finds_the_columns_when_packed():
    loaded = load(pack([Integers("ids", np.array([3, 5])), Activations("tag:a", np.ones(2))], {}))
    assert loaded["ids"].tolist() == [3, 5]
    assert loaded["ids"].dtype == np.uint32
    assert loaded["tag:a"].tolist() == [255, 255]


def test_packing_fails_when_the_description_holds_what_json_does_not_know():
    with pytest.raises(ValueError, match="JSON"):
        pack([Integers("ids", np.array([1]))], {"min": float("nan")})
