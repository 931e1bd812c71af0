import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from PIL import Image

from unimumer_data.records.labelled import read_labelled
from unimumer_data.records.record import Record
from unimumer_data.stats.command import main
from unimumer_data.stats.measure import StatsConfig, load_tokenizer, measure, quantiles
from unimumer_data.stats.plots import bars, histogram
from unimumer_data.support.tables import printable
from unimumer_data.tasks import prompts


@pytest.fixture
def record_file(tmp_path):
    labels = ["x + y", r"\frac { a ^ { 2 } } { b }", "x ^ { 2", "x + y", "<script>"]
    Image.new("RGB", (60, 40), "white").save(tmp_path / "0.png")
    records = [Record.of(f"{n}.png", prompts.VANILLA, label).to_dict() for n, label in enumerate(labels)]
    path = tmp_path / "set.json"
    path.write_text(json.dumps(records))
    return path


def test_what_is_measured(record_file, tmp_path):
    stats = measure(read_labelled(str(record_file), root=tmp_path), StatsConfig(root=tmp_path), count=len)
    assert stats.lengths == [3, 11, 4, 3, 8]
    assert stats.depths[:2] == [0, 2] and stats.structures[:2] == [0, 2]  # as scores count them
    assert stats.model_tokens[0] == len("x + y")
    assert (stats.distinct, stats.symbols["x"], stats.symbol_labels["x"]) == (4, 3, 3)
    assert "{" not in stats.symbols
    assert (stats.widths, stats.heights, stats.missing_pictures) == ([60], [40], ["1", "2", "3", "4"])
    assert [item.id for item, _ in stats.oddities["unbalanced"]] == ["2"]


def test_card_files(record_file, tmp_path, capsys):
    assert main([str(record_file), f"output={tmp_path / 'card'}", f"root={tmp_path}"]) == 0
    shown = capsys.readouterr()
    assert "4 pictures missing or broken, the first of '1'\n" in shown.err
    markdown, page = ((tmp_path / "card" / f"data_card.{end}").read_text() for end in ("md", "html"))
    assert "| samples | 5 |" in markdown and "**unbalanced** (1)" in markdown
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert 'src="data:image/png;base64,' in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(svg)
    first = page
    assert main([str(record_file), f"output={tmp_path / 'card'}", f"root={tmp_path}"]) == 0
    assert (tmp_path / "card" / "data_card.html").read_text() == first


class _Seen(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


def test_what_others_wrote_stays_text(hostile, tmp_path):
    path = tmp_path / "<img src=x onerror=harm()>.json"
    predictions = [{"img_id": text, "gt": text, "pred": "x"} for text in hostile]
    path.write_text(json.dumps(predictions))
    assert main([str(path), f"output={tmp_path / 'card'}", "samples=99", "examples=99"]) == 0
    page = (tmp_path / "card/data_card.html").read_text()
    markdown = (tmp_path / "card/data_card.md").read_text()
    drawn = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    for text in (page, drawn):
        seen = _Seen()
        seen.feed(text)
        assert not seen.tags & {"script", "img", "a", "iframe", "s", "em", "b" if text is drawn else "script"}
        assert not [name for name, _ in seen.attributes if name.startswith("on")]
        assert all(value.startswith("#") for name, value in seen.attributes if name in ("src", "href"))
        shown = " ".join("".join(seen.texts).split())
        assert all(" ".join(printable(label).split())[:40] in shown for label in hostile)


def counts_of(svg):
    return [int(n) for n in re.findall(r": (\d+)</title></rect>", svg)]


@pytest.mark.parametrize("values", [[0], [5, 5, 5], list(range(1000)), [1] * 1000 + [10**6], [3, 90000]])
def test_histograms_lose_nothing(values):
    svg = histogram(values, title="a < b", unit="u")
    ElementTree.fromstring(svg)
    assert sum(counts_of(svg)) == len(values)
    assert len(counts_of(svg)) <= 50


def test_bars_name_every_row():
    svg = bars([(r"\alpha", 5), ("<", 1)], title="t", total=6)
    texts = [element.text for element in ElementTree.fromstring(svg).iter("text")]
    assert texts == [r"\alpha", "5 (83.3 %)", "<", "1 (16.7 %)"]


def test_quantiles():
    assert quantiles(range(101)) == {"min": 0, "median": 50, "95 %": 95, "99 %": 99, "max": 100}


def test_usage(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert main(["output=x"]) == 2
    assert main(["none.json"]) == 2
    (tmp_path / "empty.json").write_text("[]")
    assert main(["empty.json"]) == 1
    assert "no samples" in capsys.readouterr().err
    (tmp_path / "a.json").write_text('["x"]')
    assert main(["a.json", "tokenizer=nowhere"]) == 1
    assert "neither tokenizer.json nor vocab.json" in capsys.readouterr().err


def test_tokens_of_the_real_tokenizer(shared_data, tmp_path):
    pytest.importorskip("transformers")
    count = load_tokenizer(shared_data / "qwen2.5-vl-tokenizer")
    assert count("x") == 1
    assert count("") == 0
    assert 4 <= count(r"\frac { a } { b }") <= 12
