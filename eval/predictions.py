"""Prediction files: ours, the published ones, and those of other recognisers.

| file | from |
| --- | --- |
| `*.json`, an array of {gt, pred, image_path, img_id} | Uni-MuMER's evaluator, ours |
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
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from unimumer_data.answers import final_expression, task_of
from unimumer_data.errors import MissingPredictionError, PredictionError, RecordError
from unimumer_data.records import IMAGE_TOKEN

from .data import load_sets
from .journal import write_whole
from .scores import Pair, against_labels

Labels = Mapping[str, str] | Sequence[str]

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".inkml", ".gif", ".tif", ".tiff", ".webp")
_GENERIC = ("generated_predictions", "predictions", "prediction", "result", "results", "pred")
_TEXT_KEYS = ("pred", "prediction", "predict")
_LABEL_KEYS = ("gt", "label", "ground_truth")
_ID_KEYS = ("img_id", "id", "image_id", "name")


def write_published(path: Path, pairs: Iterable[Pair]) -> None:
    """Write ``<set>_pred.json`` as the published evaluator does; a failed sample has its reason beside it."""
    rows = [
        {
            "gt": pair.gt,
            "pred": pair.pred,
            "image_path": pair.image_path,
            "img_id": pair.id,
            **({"failure": pair.extra.get("detail", pair.failure)} if pair.failure else {}),
        }
        for pair in pairs
    ]
    write_whole(path, json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def failed_pair(id: str, gt: str, detail: str, image_path: str = "") -> Pair:
    """A sample without a usable prediction. Failures are counted by what stands before the detail's first colon."""
    reason = detail.partition(":")[0]
    return Pair(id=id, gt=gt, pred="", failure=reason, image_path=image_path, extra={"detail": detail})


def find_prediction_files(paths: Sequence[Path]) -> dict[str, Path]:
    """Set name -> file, of files and of folders of ``*_pred.json``.

    Two sets of one name take their folder's name before it.

    Raises:
        PredictionError: a path is not there, or a folder without prediction files.
    """
    files = [file for path in paths for file in _files_of(path)]
    names = Counter(map(set_name, files))
    found: dict[str, Path] = {}
    for file in files:
        name = set_name(file)
        title = f"{file.resolve().parent.name}_{name}" if names[name] > 1 else name
        if title in found and found[title] != file:
            raise PredictionError(f"{found[title]} and {file} are both called {title!r}; score them one by one")
        found[title] = file
    return found


def set_name(path: Path) -> str:
    """``crohme_2014`` of ``crohme_2014_pred.json``; of files that are all called the same, the folder's name."""
    if path.stem in _GENERIC:
        return path.resolve().parent.name
    return path.stem.removesuffix("_pred").removesuffix("_predictions")


def read_predictions(
    path: Path, *, labels: Labels | None = None, missing: Literal["error", "wrong"] = "error"
) -> list[Pair]:
    """Read a prediction file of any kind above.

    Args:
        path: the file.
        labels: id -> label, or labels in the order of the predictions; they replace the file's own. Needed for files
            that have none.
        missing: what to do about labels without a prediction.

    Raises:
        PredictionError: not a prediction file; labels are needed, or do not fit.
        MissingPredictionError: labels without a prediction, and ``missing`` is ``error``.
    """
    if path.suffix not in _READERS:
        raise PredictionError(f"{path}: not a kind of prediction file that is known ({', '.join(_READERS)})")
    try:
        pairs = _READERS[path.suffix](path)
    except FileNotFoundError:
        raise PredictionError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, zipfile.BadZipFile) as error:
        raise PredictionError(f"{path}: cannot be read: {error}") from error
    if not pairs:
        raise PredictionError(f"{path}: holds no predictions")
    if labels is None:
        if path.suffix in (".zip", ".txt", ".tsv"):
            raise PredictionError(f"{path}: has no labels in it; name them with labels=<record file or table>")
        return pairs
    if isinstance(labels, Mapping):
        return against_labels(set_name(path), pairs, labels, missing=missing)
    if len(labels) != len(pairs):
        raise MissingPredictionError(
            f"{path}: {len(pairs)} predictions, but {len(labels)} labels, which have no ids to match them by"
        )
    return [replace(pair, gt=label) for pair, label in zip(pairs, labels, strict=True)]


def read_labels(path: Path) -> Labels:
    """Labels of a set: of a record file, an array of labels, an object id -> label, or a table of id, tab, label.

    Raises:
        PredictionError: none of these.
    """
    try:
        if path.suffix in (".txt", ".tsv"):
            return {pair.id: pair.pred for pair in _read_table(path)}
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(content, dict):
            return {_id(str(id)): str(label) for id, label in content.items()}
        if isinstance(content, list) and all(isinstance(label, str) for label in content):
            return content
        if isinstance(content, list) and content and isinstance(content[0], dict) and "gt" in content[0]:
            return {pair.id: pair.gt for pair in _read_json(path)}
        (records,) = load_sets([str(path)], dataset_dir=Path())
        return {item.id: item.gt for item in records.items}
    except FileNotFoundError:
        raise PredictionError(f"labels={path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecordError) as error:
        raise PredictionError(f"labels={path}: cannot be read as labels: {error}") from error


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise PredictionError(f"predictions={path}: no such file or folder")
    files = sorted(path.glob("*_pred.json"))
    if not files:
        raise PredictionError(f"predictions={path}: no *_pred.json in this folder; name the files themselves")
    return files


def _read_json(path: Path) -> list[Pair]:
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(content, dict):
        return [_pair(path, index, value, str(id)) for index, (id, value) in enumerate(content.items())]
    if not isinstance(content, list):
        raise PredictionError(f"{path}: must be an array of predictions, found a {type(content).__name__}")
    return [_pair(path, index, value) for index, value in enumerate(content)]


def _read_jsonl(path: Path) -> list[Pair]:
    lines = [line for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
    return [_pair(path, index, json.loads(line)) for index, line in enumerate(lines)]


def _pair(path: Path, index: int, value: Any, id: str | None = None) -> Pair:
    """One prediction of JSON; a prediction that is not text is a failed one, a label that is not text an error."""
    row = {"pred": value} if isinstance(value, str) else value
    if not isinstance(row, dict) or not any(key in row for key in _TEXT_KEYS):
        raise PredictionError(f"{path}: item {index} has no 'pred'; is it a record file? Then data=, not predictions=")
    task = task_of(_question(row.get("prompt")))
    pred, gt = _first(row, _TEXT_KEYS), _first(row, _LABEL_KEYS)
    if not isinstance(gt, str | None):
        raise PredictionError(f"{path}: item {index}: the label must be text, found {gt!r}")
    name = id if id is not None else _first(row, _ID_KEYS)
    name = f"{index}" if name is None else _id(str(name))
    image_path = str(row.get("image_path") or "")
    label = final_expression(gt or "", task)
    if row.get("failure") or not isinstance(pred, str):
        return failed_pair(name, label, str(row.get("failure") or f"not text: {pred!r}"), image_path)
    confidence = row.get("confidence")
    return Pair(id=name, gt=label, pred=final_expression(pred, task), image_path=image_path, confidence=confidence)


def _question(prompt: Any) -> str:
    """The instruction within a prompt that LLaMA-Factory wrote out, chat turns and all."""
    text = prompt if isinstance(prompt, str) else ""
    human = text.rpartition("user\n")[2].partition("<|im_end|>")[0].partition("\nassistant\n")[0]
    return human.rpartition("<|vision_end|>")[2].replace(IMAGE_TOKEN, "").strip()


def _read_zip(path: Path) -> list[Pair]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".txt")]
        return [_dollar_pair(path, name, archive.read(name).decode("utf-8")) for name in names]


def _dollar_pair(path: Path, name: str, text: str) -> Pair:
    """``%id``, line feed, ``$latex$``; TAMER puts a Python list of tokens between the dollars."""
    head, _, body = text.partition("\n")
    body = body.strip()
    if not head.startswith("%") or not (len(body) > 1 and body[0] == body[-1] == "$"):
        raise PredictionError(f"{path}, {name}: expected '%<id>' and '$<latex>$', found {text[:60]!r}")
    latex = body[1:-1]
    if re.fullmatch(r"\[('.*')?\]", latex):
        latex = " ".join(ast.literal_eval(latex))
    return Pair(id=_id(head[1:].strip()), gt="", pred=latex)


def _read_table(path: Path) -> list[Pair]:
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        id, tab, latex = line.rstrip("\r").partition("\t")
        if not tab:
            raise PredictionError(f"{path}, line {number}: expected id, tab, LaTeX; found {line[:60]!r}")
        pairs.append(Pair(id=_id(id.strip()), gt="", pred=latex.strip()))
    return pairs


def _id(name: str) -> str:
    """Without the suffix of a picture: TAMER writes ``test_1.jpg`` where others write ``test_1``."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in _PICTURES else name


def _first(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if key in row), None)


_READERS: dict[str, Callable[[Path], list[Pair]]] = {
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".zip": _read_zip,
    ".txt": _read_table,
    ".tsv": _read_table,
}
