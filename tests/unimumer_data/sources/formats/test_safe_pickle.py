import contextlib
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.sources import Drop
from unimumer_data.sources.formats.safe_pickle import ForbiddenPickleError, load_pickle
from unimumer_data.sources.pickles import read


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy")


def write(path: Path, content: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


class Runs:
    """Pickles to a call."""

    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


class Stated:
    """Pickles to an array of another state."""

    def __init__(self, array, state):
        self.array, self.state = array, state

    def __reduce__(self):
        return *self.array.__reduce__()[:2], self.state


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("shape", ["plain", "channel", "fortran", "transposed", "unit", "bits", "wide"])
def test_arrays_come_back_as_pictures(tmp_path, numpy, protocol, shape):
    grey = numpy.arange(35, dtype="u1").reshape(5, 7) * 7
    array = {
        "plain": grey,
        "channel": grey[None],
        "fortran": numpy.asfortranarray(grey),
        "transposed": numpy.ascontiguousarray(grey.T).T,
        "unit": (grey / 255).astype("f4"),
        "bits": grey > 100,
        "wide": grey.astype("i8"),
    }[shape]
    expected = (grey > 100) * 255 if shape == "bits" else grey
    image = load_pickle(write(tmp_path / "a.pkl", {"x": array}, protocol))["x"].to_image("x")
    assert image.size == (7, 5)
    assert abs(numpy.asarray(image).astype(int) - expected).max() <= 1


def test_plain_data_comes_back(tmp_path, numpy):
    content = OrderedDict(text="α", list=[1, 2.5, None], bytes=b"\x00\xff", number=numpy.int64(3))
    assert load_pickle(write(tmp_path / "a.pkl", content)) == dict(content, number=3)


@pytest.mark.parametrize(
    "content",
    [
        Runs(Path, "x"),
        Runs(eval, "1"),
        Runs(getattr, "a", "upper"),
        Runs(__import__, "os"),
        {"deep": [Runs(print, "no")]},
    ],
)
def test_a_pickle_that_names_code_is_refused(tmp_path, content):
    with pytest.raises(ForbiddenPickleError, match=r"a\.pkl: it names .*not run"):
        load_pickle(write(tmp_path / "a.pkl", content))


def test_nothing_is_run(tmp_path):
    import os

    trace = tmp_path / "trace"
    with pytest.raises(SourceError):
        load_pickle(write(tmp_path / "a.pkl", Runs(os.mkdir, str(trace))))
    assert not trace.exists()


def test_a_state_cannot_be_forced_on_the_helpers(tmp_path):
    # BUILD on an allowed name: a pickle might try to change what the helper does
    (tmp_path / "a.pkl").write_bytes(b"cnumpy\nndarray\n(dS'call'\nI1\nsb.")
    with pytest.raises(SourceError, match="damaged pickle"):
        load_pickle(tmp_path / "a.pkl")


@pytest.mark.parametrize("cut", [1, 10, 60, -1])
def test_a_truncated_pickle_is_named(tmp_path, numpy, cut):
    whole = pickle.dumps({"x": numpy.zeros((5, 7), "u1")})
    (tmp_path / "a.pkl").write_bytes(whole[:cut])
    with pytest.raises(SourceError, match=r"a\.pkl: damaged pickle"):
        load_pickle(tmp_path / "a.pkl")


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        load_pickle(tmp_path / "none.pkl")


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (0, 4)])
def test_arrays_that_are_no_pictures(tmp_path, numpy, shape):
    array = load_pickle(write(tmp_path / "a.pkl", numpy.zeros(shape, "u1")))
    with pytest.raises(ImageError, match="sample_1"):
        array.to_image("sample_1")


@pytest.mark.parametrize(
    "content",
    [
        lambda numpy, array: Runs(numpy.float64(1).__reduce__()[0], numpy.dtype("f8"), b"abc"),
        lambda numpy, array: Runs(numpy.float64(1).__reduce__()[0], numpy.dtype("f8"), 8),
        lambda numpy, array: Stated(array, (1, (5, 7), numpy.dtype("u1"), False, 2**40)),
        lambda numpy, array: Stated(array, (1, (5, 7), numpy.dtype("u1"), False, [1] * 35)),
        lambda numpy, array: Stated(array, (1, 2)),
        lambda numpy, array: {10**6000: 1},
        lambda numpy, array: {((), ()): 1},
        lambda numpy, array: {"a": {1, 2}},
    ],
)
def test_content_that_no_array_has_is_a_damaged_pickle(tmp_path, numpy, content):
    with pytest.raises(SourceError, match="damaged pickle"):
        load_pickle(write(tmp_path / "a.pkl", content(numpy, numpy.zeros((5, 7), "u1"))))


@pytest.mark.parametrize("shape", [(5.0, 7), (-5, -7), ((5,), 7), (2**40, 2**40), "ab", None])
@pytest.mark.parametrize("data", [bytes(35), b""])
def test_shapes_that_no_picture_has(tmp_path, numpy, shape, data):
    array = Stated(numpy.zeros((5, 7), "u1"), (1, shape, numpy.dtype("u1"), False, data))
    with pytest.raises(ImageError, match=r"damaged|expected"):
        load_pickle(write(tmp_path / "a.pkl", array)).to_image("a")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_greys_that_are_no_numbers(tmp_path, numpy, value):
    array = load_pickle(write(tmp_path / "a.pkl", numpy.full((5, 7), float(value), "f4")))
    with pytest.raises(ImageError, match="not finite"):
        array.to_image("a")


@pytest.mark.parametrize("place", [b"s.", b"cnumpy\nndarray\n)R2\x86s."])
def test_lists_within_lists_a_million_million_times_end(tmp_path, place):
    # 100 bytes: a list of two lists of two lists ..., forty levels deep, as a value
    nested = b"\x80\x02}X\x01\x00\x00\x00a" + b"]" + b"2\x86" * 40
    (tmp_path / "images.pkl").write_bytes(nested + place)
    (tmp_path / "labels.pkl").write_bytes(nested + b"s.")
    (tmp_path / "caption.txt").write_text("a x\n")
    for labels in ("", str(tmp_path / "labels.pkl")):
        with contextlib.suppress(SourceError):
            assert {type(item) for item in read(tmp_path / "images.pkl", "train", labels=labels)} == {Drop}
