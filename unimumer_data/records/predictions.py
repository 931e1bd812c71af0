"""Prediction files: ours, the published ones, and those of other recognisers.

| file | from |
| --- | --- |
| `*.json`, an array of {gt, pred, image_path, img_id} | Uni-MuMER's evaluator, ours (which may add samples) |
| `*.json`, an object id -> {pred, gt, dist} | TAMER |
| `*.zip` of `<id>.txt`, in each `%<id>` and `$<latex>$` | BTTR, CoMER, PosFormer, TAMER |
| `*.jsonl`, lines of {prompt, predict, label} | LLaMA-Factory's predict_with_generate |
| `*.txt`, `*.tsv`, lines of id, tab, latex | WAP and its followers |
"""

from __future__ import annotations

import ast
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import PredictionError
from unimumer_data.support.files import as_file_name, fold, read_text, whole_text
from unimumer_data.support.limits import PREDICTION_BYTES, PREDICTION_CHARACTERS
from unimumer_data.tasks.answers import bare_answer, final_expression, is_boxed, label_expression, task_of

from .record import IMAGE_TOKEN

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".inkml", ".gif", ".tif", ".tiff", ".webp")
_GENERIC = ("generated_predictions", "predictions", "prediction", "result", "results", "pred")
_TEXT_KEYS = ("pred", "prediction", "predict")
_LABEL_KEYS = ("gt", "label", "ground_truth")
_ID_KEYS = ("img_id", "id", "image_id", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a model said about one picture.

    Args:
        id: of the sample; its place in the file, from 0, where the file has no ids.
        text: the expression it comes to; empty where there is none.
        label: LaTeX; None where the file has no labels.
        samples: all expressions that were sampled, if the file has more than one.
        failure: why there is no usable prediction, if there is none.
        image_path: as the file has it.
        confidence: probability in [0, 1] that it is right, as the engine says.
        by_place: whether the id is only the place in the file.
        unwrapped: whether something around the answer was removed (a code fence, dollars ...).
        plausible: the formula before a symbol of the ink was changed, see `unimumer faithful`.
    """

    id: str
    text: str
    label: str | None = None
    samples: tuple[str, ...] = ()
    failure: str | None = None
    image_path: str = ""
    confidence: float | None = None
    by_place: bool = False
    unwrapped: bool = False
    plausible: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was said: the samples, or the one text; nothing where the prediction failed."""
        return () if self.failure else self.samples or (self.text,)


def find_prediction_files(paths: Sequence[Path]) -> dict[str, Path]:
    """Set name -> file, of files and of folders of ``*_pred.json``.

    Two sets of one name take their folder's name before it.

    Raises:
        PredictionError: a path is not there, or a folder without prediction files.
    """
    files = [file for path in paths for file in _files_of(path)]
    names = Counter(fold(set_name(file)) for file in files)
    found: dict[str, Path] = {}
    first: dict[str, Path] = {}
    for file in files:
        name = set_name(file)
        title = as_file_name(f"{file.resolve().parent.name}_{name}") if names[fold(name)] > 1 else name
        known = first.setdefault(fold(title), file)
        if known != file:
            raise PredictionError(f"{known} and {file} are both called {title!r}; score them one by one")
        found[title] = file
    return found


def set_name(path: Path) -> str:
    """``crohme_2014`` of ``crohme_2014_pred.json``; of files that are all called the same, the folder's name.

    It becomes part of the names of result files: characters that these must not hold are replaced.
    """
    if path.stem in _GENERIC:
        return as_file_name(path.resolve().parent.name)
    return as_file_name(path.stem.removesuffix("_pred").removesuffix("_predictions"))


def read_prediction_file(path: Path) -> list[Prediction]:
    """Read a prediction file of any kind above.

    Raises:
        PredictionError: not a prediction file; names the item or line.
    """
    if path.suffix not in _READERS:
        raise PredictionError(f"{path}: not a kind of prediction file that is known ({', '.join(_READERS)})")
    try:
        if path.exists() and not path.is_file():
            raise PredictionError(f"{path}: is not a file")
        if path.stat().st_size > PREDICTION_BYTES:
            raise PredictionError(f"{path}: over {PREDICTION_BYTES >> 20} MiB; split it into several files")
        predictions = _READERS[path.suffix](path)
    except FileNotFoundError:
        raise PredictionError(f"{path}: no such file") from None
    except RecursionError:
        raise PredictionError(f"{path}: cannot be read: nested too deep") from None
    except PredictionError:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        # RuntimeError: an encrypted member; NotImplementedError: a compression that Python lacks
        raise PredictionError(f"{path}: cannot be read: {error}") from error
    if not predictions:
        raise PredictionError(f"{path}: holds no predictions")
    return predictions


def read_table(path: Path) -> list[Prediction]:
    """Read lines of id, tab, LaTeX.

    Raises:
        PredictionError: a line without a tab or id.
    """
    predictions = []
    for number, line in enumerate(read_text(path, "utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        id, tab, latex = line.rstrip("\r").partition("\t")
        if not tab or not id.strip():
            raise PredictionError(f"{path}, line {number}: expected id, tab, LaTeX; found {line[:60]!r}")
        predictions.append(_plain_prediction(id.strip(), latex.strip()))
    return predictions


def plain_id(name: str) -> str:
    """Without the suffix of a picture: TAMER writes ``test_1.jpg`` where others write ``test_1``."""
    stem, _, suffix = name.rpartition(".")
    return stem if stem and f".{suffix.lower()}" in _PICTURES else name


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise PredictionError(f"predictions={path}: no such file or folder")
    files = sorted(path.glob("*_pred.json"))
    if not files:
        raise PredictionError(f"predictions={path}: no *_pred.json in this folder; name the files themselves")
    return files


def _read_json(path: Path) -> list[Prediction]:
    content = json.loads(read_text(path, "utf-8-sig"))
    if isinstance(content, dict):
        return [_prediction(path, index, value, str(id)) for index, (id, value) in enumerate(content.items())]
    if not isinstance(content, list):
        raise PredictionError(f"{path}: must be an array of predictions, found a {type(content).__name__}")
    return [_prediction(path, index, value) for index, value in enumerate(content)]


def _read_jsonl(path: Path) -> list[Prediction]:
    lines = [line for line in read_text(path, "utf-8-sig").split("\n") if line.strip()]
    return [_prediction(path, index, json.loads(line)) for index, line in enumerate(lines)]


def _prediction(path: Path, index: int, value: Any, id: str | None = None) -> Prediction:
    """One prediction of JSON; a prediction that is not text is a failed one, a label that is not text an error."""
    row = {"pred": value} if isinstance(value, str) else value
    if not isinstance(row, dict) or not any(key in row for key in _TEXT_KEYS):
        raise PredictionError(f"{path}: item {index} has no 'pred'; is it a record file? Then data=, not predictions=")
    task = task_of(_question(row.get("prompt")))
    text, label = _first(row, _TEXT_KEYS), _first(row, _LABEL_KEYS)
    if not isinstance(label, str | None):
        raise PredictionError(f"{path}: item {index}: the label must be text, found {label!r:.80}")
    samples = row.get("samples") or []
    if not isinstance(samples, list) or not all(isinstance(sample, str) for sample in samples):
        raise PredictionError(f"{path}: item {index}: 'samples' must be an array of texts, found {samples!r:.80}")
    name = id if id is not None else _first(row, _ID_KEYS)
    name = None if name == "" else name
    failure = row.get("failure") or _fault(text)
    boxed = is_boxed(label)
    return Prediction(
        id=f"{index}" if name is None else plain_id(whole_text(str(name))),
        text="" if failure else final_expression(whole_text(text), task, boxed=boxed),
        label=None if label is None else label_expression(whole_text(label), task),
        samples=tuple(final_expression(whole_text(sample), task, boxed=boxed) for sample in samples),
        failure=failure and whole_text(str(failure)),
        image_path=whole_text(str(row.get("image_path") or "")),
        confidence=_confidence(path, index, row.get("confidence")),
        by_place=name is None,
        unwrapped=not failure and bare_answer(text, task, boxed=boxed) != text,
        plausible=whole_text(row["plausible"]) if isinstance(row.get("plausible"), str) else None,
    )


def _fault(text: Any) -> str | None:
    """Why a prediction is none."""
    if not isinstance(text, str):
        return f"not text: {text!r:.80}"
    return too_long(text)


def too_long(text: str) -> str | None:
    """The failure of an answer over `PREDICTION_CHARACTERS`; None for others."""
    return f"too long: {len(text)} characters" if len(text) > PREDICTION_CHARACTERS else None


def _confidence(path: Path, index: int, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise PredictionError(f"{path}: item {index}: 'confidence' must be a number from 0 to 1, found {value!r:.80}")
    return float(value)


def _question(prompt: Any) -> str:
    """The instruction within a prompt that LLaMA-Factory wrote out, chat turns and all."""
    text = prompt if isinstance(prompt, str) else ""
    human = text.rpartition("user\n")[2].partition("<|im_end|>")[0].partition("\nassistant\n")[0]
    return human.rpartition("<|vision_end|>")[2].replace(IMAGE_TOKEN, "").strip()


def _read_zip(path: Path) -> list[Prediction]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".txt")]
        if sum(member.file_size for member in members) > PREDICTION_BYTES:
            raise PredictionError(
                f"{path}: over {PREDICTION_BYTES >> 20} MiB when unpacked; that is no prediction file"
            )
        return [_dollar_prediction(path, member.filename, _member(archive, member)) for member in members]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Text of a member; no more of it than the archive's own list declares, whatever follows."""
    with archive.open(member) as file:
        return file.read(member.file_size).decode("utf-8")


def _dollar_prediction(path: Path, name: str, text: str) -> Prediction:
    """``%id``, line feed, ``$latex$``; TAMER puts a Python list of tokens between the dollars."""
    head, _, body = text.partition("\n")
    body = body.strip()
    if not head.startswith("%") or not head[1:].strip() or not (len(body) > 1 and body[0] == body[-1] == "$"):
        raise PredictionError(f"{path}, {name}: expected '%<id>' and '$<latex>$', found {text[:60]!r}")
    latex = body[1:-1]
    if re.fullmatch(r"\[('.*')?\]", latex) and not too_long(latex):
        latex = " ".join(_python_list(path, name, latex))
    return _plain_prediction(head[1:].strip(), latex)


def _plain_prediction(id: str, latex: str) -> Prediction:
    """Of a file that has nothing but an id and a text."""
    failure = too_long(latex)
    text = "" if failure else final_expression(latex, "vanilla")
    return Prediction(id=plain_id(id), text=text, failure=failure, unwrapped=not failure and text != latex.strip())


def _python_list(path: Path, name: str, text: str) -> list[str]:
    try:
        tokens = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise PredictionError(f"{path}, {name}: not a list of tokens ({error}): {text[:60]!r}") from error
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise PredictionError(f"{path}, {name}: not a list of tokens: {text[:60]!r}")
    return tokens


def _first(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if key in row), None)


_READERS: dict[str, Callable[[Path], list[Prediction]]] = {
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".zip": _read_zip,
    ".txt": read_table,
    ".tsv": read_table,
}
