import pickle
from collections import OrderedDict
from pathlib import Path

import pytest

from unimumer_data.errors import ImageError, SourceError
from unimumer_data.sources.formats.safe_pickle import ForbiddenPickleError, load_pickle


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
