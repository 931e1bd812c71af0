"""Write records in the form of another trainer, pictures scaled as in supervised training.

    python scripts/export_rl.py dataset=crohme_train image_max_pixels=262144 output=data/verl/train.parquet
    python scripts/export_rl.py dataset=crohme_train image_max_pixels=262144 output=data/ms_swift/train.jsonl

A name that ends in .parquet is written for verl (and EasyR1), one that ends in .jsonl for ms-swift, whose pictures go
into a folder beside the file. Needs the packages of the extra ``rl``. Afterwards: recipes/rl/verl.sh, ms_swift.sh.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.records.record import IMAGE_TOKEN
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import REQUIRED, load_config, option
from unimumer_data.support.files import write_whole
from unimumer_data.training.recipe import MAX_PIXELS, MIN_PIXELS
from unimumer_eval.grpo import GrpoConfig, load_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfig:
    """What is written."""

    dataset: tuple[str, ...] = option(REQUIRED, "names of dataset_info.json or record files")
    output: Path = option(REQUIRED, "file to write: .parquet for verl and EasyR1, .jsonl for ms-swift")
    dataset_dir: Path = option(Path(), "folder of dataset_info.json")
    image_max_pixels: int = option(MAX_PIXELS, "pixels to which larger pictures are scaled")
    image_min_pixels: int = option(MIN_PIXELS, "pixels to which smaller pictures are scaled")

    def __post_init__(self) -> None:
        if self.output.suffix not in (".parquet", ".jsonl"):
            raise ConfigError(
                f"output={self.output}: the name must end in .parquet (verl, EasyR1) or .jsonl (ms-swift)"
            )
        if self.output.exists():
            raise ConfigError(f"{self.output} exists already; delete it, or name another output")


def write_parquet(rows: Iterable[dict[str, Any]], output: Path, source: str) -> int:
    """For verl 0.9 (utils/dataset/rl_dataset.py): pictures as PNG bytes, the label as ground truth."""
    from datasets import Dataset

    records = []
    for row in rows:
        data = BytesIO()
        row["image"].save(data, format="PNG")
        records.append(
            {
                "data_source": source,
                "prompt": [{"role": "user", "content": IMAGE_TOKEN + row["prompt"][0]["content"]}],
                "images": [{"bytes": data.getvalue()}],
                "ability": "hmer",
                "reward_model": {"style": "rule", "ground_truth": row["label"]},
                "extra_info": {"task": row["task"]},
            }
        )
    unfinished = output.with_name(f".{output.name}.unfinished")
    Dataset.from_list(records).to_parquet(unfinished)
    unfinished.replace(output)
    return len(records)


def write_jsonl(rows: Iterable[dict[str, Any]], output: Path) -> int:
    """For ms-swift 4.6: one row a line; every further column reaches the reward by its name."""
    folder = output.with_suffix("")
    folder.mkdir(exist_ok=True)
    lines = []
    for number, row in enumerate(rows):
        picture = folder / f"{number:06}.png"
        row["image"].save(picture)
        message = {"role": "user", "content": IMAGE_TOKEN + row["prompt"][0]["content"]}
        content = {"messages": [message], "images": [str(picture)], "label": row["label"], "task": row["task"]}
        lines.append(json.dumps(content, ensure_ascii=False) + "\n")
    write_whole(output, "".join(lines))
    return len(lines)


def export(config: ExportConfig) -> int:
    """Write the file; the number of rows."""
    rows = load_rows(
        GrpoConfig(
            model_name_or_path="",
            dataset=config.dataset,
            dataset_dir=config.dataset_dir,
            image_max_pixels=config.image_max_pixels,
            image_min_pixels=config.image_min_pixels,
        )
    )
    config.output.parent.mkdir(parents=True, exist_ok=True)
    if config.output.suffix == ".jsonl":
        return write_jsonl(rows, config.output)
    return write_parquet(rows, config.output, "+".join(config.dataset))


def main(argv: Sequence[str] | None = None) -> int:
    """The command; see `commandline.run_command` for what it returns."""
    words = read_words("python scripts/export_rl.py", __doc__, argv, keys=keys_of(ExportConfig))

    def run() -> None:
        config = load_config(ExportConfig, words)
        print(f"{config.output}: {export(config)} rows")

    return run_command(run)


if __name__ == "__main__":
    sys.exit(main())
