"""Tables on disk come in with nothing changed and nothing guessed silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neuronaut.core.errors import DataError, UnknownName
from neuronaut.samples import read_table

FRAME = pd.DataFrame({"age": [22.0, np.nan, 4.0], "sibsp": [1, 0, 2], "sex": ["m", "f", "f"], "y": [0, 1, 1]})


def test_csv_gives_numeric_columns_without_the_label_and_keeps_every_column_as_metadata(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    inputs, metadata = read_table(tmp_path / "p.csv", labels="y")
    assert isinstance(inputs, pd.DataFrame)
    assert list(inputs) == ["age", "sibsp"]
    assert list(metadata) == ["age", "sibsp", "sex", "y"]
    assert metadata["age"].isna().tolist() == [False, True, False]


def test_features_are_taken_in_the_order_they_are_named(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    inputs, _ = read_table(tmp_path / "p.csv", features=["sibsp", "age"])
    assert list(inputs) == ["sibsp", "age"]


def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    FRAME.to_parquet(tmp_path / "p.parquet")
    of_csv, of_parquet = read_table(tmp_path / "p.csv"), read_table(tmp_path / "p.parquet")
    for one, other in zip(of_csv, of_parquet, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_dtype=False)


def test_the_row_labels_of_a_pandas_table_are_no_column_of_a_parquet_file(tmp_path: Path) -> None:
    FRAME.iloc[[2, 0, 1]].to_parquet(tmp_path / "labelled.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "labelled.parquet").names
    inputs, metadata = read_table(tmp_path / "labelled.parquet")
    assert list(metadata) == list(FRAME) and "__index_level_0__" not in list(inputs)


def test_npz_takes_the_deep_array_as_inputs_and_flat_ones_as_metadata(tmp_path: Path) -> None:
    X = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.savez(tmp_path / "d.npz", X=X, y=np.array([1, 0, 1]), name=np.array(["a", "b", "c"]))
    inputs, metadata = read_table(tmp_path / "d.npz", labels="y")
    assert np.array_equal(inputs, X)
    assert metadata["name"].tolist() == ["a", "b", "c"]
    assert metadata["y"].tolist() == [1, 0, 1]


def test_npz_of_two_deep_arrays_asks_which_are_the_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", left=np.zeros((2, 3)), right=np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"which array of 'd\.npz' are the inputs.*'left', 'right'"):
        read_table(tmp_path / "d.npz")
    assert read_table(tmp_path / "d.npz", features="right")[0].shape == (2, 3)


def test_npz_inputs_of_python_objects_are_refused_by_name_with_the_cure(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", X=np.array([{"a": 1}], dtype=object))
    for features in (None, "X"):
        with pytest.raises(DataError, match=r"array 'X' of 'd\.npz' holds Python objects.*X\.astype\(str\)"):
            read_table(tmp_path / "d.npz", features=features)


@pytest.mark.parametrize("features", [None, "X"])
def test_npz_texts_as_python_objects_are_left_out_unless_they_are_asked_for(
    tmp_path: Path, features: str | None
) -> None:
    names = np.array(["a", "b", "c"], dtype=object)
    np.savez(tmp_path / "d.npz", X=np.eye(3), y=np.arange(3), names=names)
    with pytest.warns(UserWarning, match=r"array 'names' of 'd\.npz' .*names\.astype\(str\).* It is left out"):
        inputs, metadata = read_table(tmp_path / "d.npz", features=features, labels="y")
    assert inputs.shape == (3, 3)
    assert list(metadata) == ["y"]
    with pytest.raises(DataError, match=r"array 'names' .*names\.astype\(str\)"):
        read_table(tmp_path / "d.npz", labels="names")


def test_one_array_that_is_named_npz_is_said(tmp_path: Path) -> None:
    with (tmp_path / "d.npz").open("wb") as file:
        np.save(file, np.eye(3))
    with pytest.raises(DataError, match="is one array, not an npz of named ones"):
        read_table(tmp_path / "d.npz")


def test_npz_whose_arrays_differ_in_length_names_both_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", X=np.zeros((3, 2)), y=np.zeros(4))
    with pytest.raises(DataError, match="'X' has 3 samples, but 'y' has 4"):
        read_table(tmp_path / "d.npz")


def test_a_column_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(DataError, match="two columns named 'a'"):
        read_table(tmp_path / "p.csv")
    pq.write_table(pa.table([[1], [2]], names=["b", "b"]), tmp_path / "p.parquet")
    with pytest.raises(DataError, match="two columns named 'b'"):
        read_table(tmp_path / "p.parquet")


def test_an_unknown_feature_names_the_closest_column(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(UnknownName, match="no column 'sibsb'; closest: 'sibsp'"):
        read_table(tmp_path / "p.csv", features=["sibsb"])
    with pytest.raises(UnknownName, match="no column 'Y'; closest: 'y'"):
        read_table(tmp_path / "p.csv", labels="Y")


def test_text_cannot_be_a_feature(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError, match=r"feature 'sex' .* a model takes numbers"):
        read_table(tmp_path / "p.csv", features=["age", "sex"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.txt", b"a\n1\n", "cannot tell what 'p.txt' is"),
        ("p.csv", b"", "'p.csv' is an empty file. Give one with a header"),
        ("p.csv", b"a,b\n1,\xff\xfe\n", "cannot read 'p.csv' as CSV in UTF-8"),
        ("p.parquet", b"PAR1 nothing of the kind", "cannot read 'p.parquet' as Parquet"),
        ("p.npz", b"PK nothing of the kind", "cannot read 'p.npz' as npz"),
        ("p.csv", b"name\nAda\n", "has no numeric column"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_table(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file .*nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_hostile_column_names_pass_through(tmp_path: Path) -> None:
    names = ["</script>", "__proto__", "..", "🧠", "x" * 300]
    pd.DataFrame([[1, 2, 3, 4, 5]], columns=names).to_csv(tmp_path / "p.csv", index=False)
    inputs, metadata = read_table(tmp_path / "p.csv")
    assert list(inputs) == names == list(metadata)


def test_labels_may_be_several_columns_and_are_no_features_then(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "p.csv", index=False)
    for labels in ("y,sibsp", ["y", "sibsp"]):
        inputs, metadata = read_table(tmp_path / "p.csv", labels=labels)
        assert (list(inputs), list(metadata)) == (["age"], ["age", "sibsp", "sex", "y"])
    with pytest.raises(UnknownName, match="no column 'z'"):
        read_table(tmp_path / "p.csv", labels="y,z")


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    for name in ("p.csv", "p.parquet"):
        (FRAME[:0].to_csv if name == "p.csv" else FRAME[:0].to_parquet)(tmp_path / name, index=False)
        with pytest.raises(DataError, match=f"'{name}' has a header but no rows"):
            read_table(tmp_path / name)
