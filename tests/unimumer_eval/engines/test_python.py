"""Somebody's own function as an engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from unimumer_data.errors import ConfigError, EngineError
from unimumer_eval.config import AskConfig, Sampling
from unimumer_eval.engines import Answer, Request, open_engine

MODULE = '''
class Wide:
    """Loads once, then tells the width."""
    made = 0
    def __init__(self):
        Wide.made += 1
    def __call__(self, picture):
        return str(picture.width)

def batch(pictures):
    return [str(len(pictures))] * len(pictures)

def few(images):
    return ["x"]

def ink(strokes):
    return " ".join(str(len(stroke)) for stroke in strokes)

def moody(picture):
    if picture.width > 40:
        raise RuntimeError("too wide for me")
    return "x"

def number(picture):
    return 7

value = 3
'''
TRACES = "<trace id='0'>1 1, 2 2, 3 1</trace><trace id='1'>5 5, 6 6</trace>"
INK = f"<ink xmlns='http://www.w3.org/2003/InkML'>{TRACES}</ink>"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_recognisers.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    for index, width in enumerate((30, 40, 50)):
        Image.new("RGB", (width, 20), "white").save(tmp_path / f"{index}.png")
    (tmp_path / "a.inkml").write_text(INK)
    return tmp_path


def ask(name: str, images: list[Path]) -> list[Answer]:
    engine = open_engine(AskConfig(engine=f"python:my_recognisers:{name}"))
    requests = [Request(index=index, image=image, prompt="q") for index, image in enumerate(images)]
    return sorted(engine.predict(requests, Sampling()), key=lambda answer: answer.index)


def texts(answers: list[Answer]) -> list[str]:
    return [answer.outputs[0].text if answer.outputs else answer.failure or "" for answer in answers]


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))


def test_a_class_is_made_once_and_gets_each_picture(folder: Path) -> None:
    assert texts(ask("Wide", pictures(folder))) == ["30", "40", "50"]
    import my_recognisers

    assert my_recognisers.Wide.made == 1


def test_several_pictures_come_together(folder: Path) -> None:
    assert texts(ask("batch", pictures(folder))) == ["3", "3", "3"]


def test_strokes_of_ink(folder: Path) -> None:
    assert texts(ask("ink", [folder / "a.inkml"])) == ["3 2"]
    assert "name a folder of InkML files" in texts(ask("ink", pictures(folder)))[0]


def test_ink_is_drawn_for_a_function_of_pictures(folder: Path) -> None:
    assert int(texts(ask("Wide", [folder / "a.inkml"]))[0]) > 10


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moody", ["x", "x", "refused: RuntimeError: too wide for me"]),
        ("number", ["refused: TypeError: LaTeX is needed as text, got a int"] * 3),
        ("few", ["x"] * 3),
    ],
)
def test_what_goes_wrong_is_the_failure_of_its_sample(name: str, words: list[str], folder: Path) -> None:
    assert texts(ask(name, pictures(folder))) == words


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_module:f", "cannot be imported"),
        ("my_recognisers:nothing", "nothing"),
        ("my_recognisers:value", "not a function"),
    ],
)
def test_what_is_not_there_is_named(name: str, message: str, folder: Path) -> None:
    with pytest.raises(EngineError, match=message):
        open_engine(AskConfig(engine=f"python:{name}"))


@pytest.mark.parametrize("engine", ["python", "python:", "python:module", "python:a:", "vllm:x", "pyton:a:b"])
def test_a_word_that_is_no_engine(engine: str) -> None:
    with pytest.raises(ConfigError, match="python:MODULE:FUNCTION"):
        AskConfig(engine=engine, model="m/n")
