r"""VLMEvalKit with the test sets of `prepare.py`, and with the model ``unimumer``: this project's engines.

    UNIMUMER_HARNESS=data/harness UNIMUMER_MODEL='{"model": "outputs/unimumer", "engine": "transformers"}' \
        python eval/harness/vlmevalkit.py --data unimumer_crohme_2014 --model unimumer --work-dir results/vlmevalkit

All words are those of VLMEvalKit; its own models answer the same sets. ``UNIMUMER_MODEL`` are the keys of
``unimumer recognize`` as JSON.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas
import vlmeval.dataset
from vlmeval.config import supported_VLM
from vlmeval.dataset.image_base import ImageBaseDataset
from vlmeval.run import main
from vlmeval.smp import load
from vlmeval.smp.file import INFER_FAIL_MSG
from vlmeval.vlm.base import BaseModel

from unimumer_eval import Recognizer
from unimumer_eval.harness import UNIMUMER, figures
from unimumer_eval.recognize.recognizer import Query

FOLDER = Path(os.environ.get("UNIMUMER_HARNESS", "data/harness"))


class HandwrittenFormulas(ImageBaseDataset):
    """A set of `prepare.py`; labels are read from its JSON lines, which keep them as they are."""

    TYPE = "VQA"
    DEFAULT_JUDGE = "none"

    @classmethod
    def supported_datasets(cls) -> list[str]:
        return sorted(path.stem for path in FOLDER.glob(f"{UNIMUMER}*.tsv"))

    def load_data(self, dataset: str) -> Any:
        return pandas.read_csv(FOLDER / f"{dataset}.tsv", sep="\t")

    @classmethod
    def evaluate(cls, eval_file: str, **judge: Any) -> dict[str, float]:
        path = Path(eval_file)
        name = next(name for name in cls.supported_datasets() if path.stem.endswith(name)).removeprefix(UNIMUMER)
        rows = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
        said = pandas.DataFrame(load(eval_file))
        good = {n: str(text) for n, text in zip(said["index"], said["prediction"], strict=True) if _is_answer(text)}
        scores = figures(name, rows, [good.get(number) for number in range(len(rows))])
        path.with_name(f"{path.stem}_acc.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
        return {"overall": scores["exprate_strict"], **scores}


def _is_answer(text: Any) -> bool:
    return not pandas.isna(text) and INFER_FAIL_MSG not in str(text)


class UniMumer(BaseModel):
    """Asks a `Recognizer`; a picture that cannot be read has an empty answer."""

    def __init__(self, **keys: Any) -> None:
        super().__init__()
        self._recognize = Recognizer(**{**json.loads(os.environ.get("UNIMUMER_MODEL", "{}")), **keys})

    def generate_inner(self, message: list[dict[str, str]], dataset: str | None = None) -> str:
        parts = {part["type"]: part["value"] for part in message}
        return str(self._recognize(Query(source=Path(parts["image"]), prompt=parts["text"])).answer)


vlmeval.dataset.DATASET_CLASSES.insert(0, HandwrittenFormulas)
vlmeval.dataset.SUPPORTED_DATASETS.extend(HandwrittenFormulas.supported_datasets())
supported_VLM["unimumer"] = UniMumer

if __name__ == "__main__":
    os.environ.setdefault("PRED_FORMAT", "json")  # a table would take the answer "= 7" for a formula, and 012 for 12
    main()
