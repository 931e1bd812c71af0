import pytest
from made_up_corpora import drops, labels, save_ink, save_text

from unimumer_data.errors import SourceError
from unimumer_data.sources.mathwriting import SOURCE


@pytest.fixture
def corpus(tmp_path):
    save_ink(tmp_path / "train" / "00aa11bb22cc33dd.inkml", label=r"\frac xy", normalizedLabel=r"\frac{x}{y}")
    save_ink(tmp_path / "train" / "11aa11bb22cc33dd.inkml", label="z")
    save_text(tmp_path / "train" / "22aa11bb22cc33dd.inkml", "<ink")
    save_ink(tmp_path / "symbols" / "0123456789abcdef.inkml", label=r"\alpha")
    return tmp_path


def test_normalised_label_first(corpus):
    items = list(SOURCE.samples(corpus, "train"))
    assert labels(items) == {"00aa11bb22cc33dd": r"\frac{x}{y}", "11aa11bb22cc33dd": "z"}
    assert drops(items) == {"22aa11bb22cc33dd": "ink"}
    assert SOURCE.count(corpus, "train") == 3


def test_reading_opens_no_ink(corpus):
    assert [item.label for item in SOURCE.read(corpus, "train")] == ["", "", ""]


def test_symbols_and_a_split_given_as_path(corpus):
    assert labels(SOURCE.samples(corpus, "symbols")) == {"0123456789abcdef": r"\alpha"}
    assert labels(SOURCE.samples(corpus / "symbols", "symbols")) == {"0123456789abcdef": r"\alpha"}


def test_wrong_folder(corpus):
    (corpus / "test").mkdir()
    with pytest.raises(SourceError, match=r"no \.inkml file"):
        list(SOURCE.read(corpus, "test"))
    with pytest.raises(SourceError, match="no folder of the split 'synthetic'"):
        list(SOURCE.read(corpus, "synthetic"))
