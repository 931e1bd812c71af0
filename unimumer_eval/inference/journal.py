"""The answers of a run on disk, as they come: a run that is killed loses none and asks none twice."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from unimumer_data.errors import PredictionError
from unimumer_data.support.files import read_bytes, read_text, write_whole
from unimumer_eval.engines.base import Answer, Output, Step, compact

Settings = Mapping[str, Any]
_DIGITS = 5  # of a log-probability


class Journal:
    """Answers of one set, by stage and sample, with the settings they were given under.

    While the run goes on they are in ``<name>_answers.jsonl.partial``, one line each; `finish` makes it
    ``<name>_answers.jsonl``. The settings are in ``<name>_run.json`` from the start.

    Args:
        folder: of the results.
        name: of the set.
        settings: all that may change an answer.
        resume: False forgets what was answered before.
        retry_failures: forget the failed answers.
        overwrite: a finished run with other settings may be replaced.

    Raises:
        PredictionError: a run with other settings is in the way.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: Settings,
        *,
        resume: bool = True,
        retry_failures: bool = False,
        overwrite: bool = False,
    ) -> None:
        self.final = folder / f"{name}_answers.jsonl"
        self.partial = folder / f"{name}_answers.jsonl.partial"
        self.manifest = folder / f"{name}_run.json"
        self.settings = json.loads(json.dumps(settings, ensure_ascii=False))
        self._answers: dict[str, dict[int, Answer]] = {}
        self._pictures: dict[str, dict[int, str]] = {}
        self._file: TextIO | None = None
        folder.mkdir(parents=True, exist_ok=True)
        changed = self._changed_settings()
        if changed and self.final.exists() and not overwrite:
            raise PredictionError(
                f"{self.final} is of a finished run with other settings ({changed}). Choose another output=, or "
                "replace it with overwrite=true"
            )
        if changed and self.partial.exists() and resume and not overwrite:
            raise PredictionError(
                f"{self.partial} is of an unfinished run with other settings ({changed}). Finish it with those, "
                "choose another output=, or throw its answers away with resume=false"
            )
        if changed or not resume:
            self._forget()
        self._load(retry_failures)
        self.resumed = sum(map(len, self._answers.values()))
        self.write_manifest({})

    def answers(self, stage: str) -> dict[int, Answer]:
        """What is known of a stage: sample index -> answer."""
        return self._answers.setdefault(stage, {})

    def forget_others(self, stage: str, pictures: Mapping[int, str]) -> None:
        """Drop the answers about pictures that have changed since: sample index -> digest of its picture now."""
        known = self._pictures.get(stage, {})
        for index, digest in pictures.items():
            if known.get(index, digest) != digest:
                self.answers(stage).pop(index, None)

    def add(self, stage: str, answer: Answer, picture: str = "") -> None:
        """Note an answer; it is safe from a kill of this process when the call returns.

        Args:
            stage: of the method.
            answer: replaces an earlier one of the same sample.
            picture: digest of the picture that was asked about; empty where there is none.
        """
        if self._file is None:
            self._file = self.partial.open("a", encoding="utf-8")
        self._file.write(_to_line(stage, answer, picture))
        self._file.flush()
        self._keep(stage, answer, picture)

    def _keep(self, stage: str, answer: Answer, picture: str) -> None:
        self.answers(stage)[answer.index] = answer
        if picture:
            self._pictures.setdefault(stage, {})[answer.index] = picture

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write all answers whole and in order, and the summary of the run beside the settings."""
        self.close()
        lines = [
            _to_line(stage, known[index], self._pictures.get(stage, {}).get(index, ""))
            for stage, known in self._answers.items()
            for index in sorted(known)
        ]
        write_whole(self.final, "".join(lines))
        self.partial.unlink(missing_ok=True)
        self.write_manifest(summary)

    def write_manifest(self, summary: Mapping[str, Any]) -> None:
        """Write ``<name>_run.json``."""
        content = {"settings": self.settings, **summary}
        write_whole(self.manifest, json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    def close(self) -> None:
        """Close the file; `add` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _changed_settings(self) -> str:
        """``key: old -> new`` of what differs from the run that is on disk; empty if nothing does."""
        try:
            known = json.loads(read_text(self.manifest))["settings"]
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise PredictionError(f"{self.manifest}: cannot be read ({error}); remove it") from error
        keys = [key for key in {**known, **self.settings} if known.get(key) != self.settings.get(key)]
        return ", ".join(f"{key}: {_show(key, known)} -> {_show(key, self.settings)}" for key in keys)

    def _forget(self) -> None:
        self.partial.unlink(missing_ok=True)
        self.final.unlink(missing_ok=True)

    def _load(self, retry_failures: bool) -> None:
        if self.final.exists() and not self.partial.exists():
            self.final.replace(self.partial)  # a finished run may get more answers: retries, a larger limit
        if not self.partial.exists():
            return
        data = read_bytes(self.partial)
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):  # killed in the middle of a line
            os.truncate(self.partial, len(whole))
        for number, line in enumerate(whole.decode("utf-8").split("\n")[:-1], 1):
            try:
                stage, answer, picture = _from_line(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise PredictionError(f"{self.partial}, line {number}: damaged ({error}); use resume=false") from error
            self._keep(stage, answer, picture)
        if retry_failures:
            for known in self._answers.values():
                for index in [index for index, answer in known.items() if answer.failure]:
                    del known[index]


def _show(key: str, settings: Settings) -> str:
    """A setting as a reader compares it; of a digest its beginning."""
    value = settings.get(key)
    return f"{value[:8]}..." if key.endswith("_sha256") and isinstance(value, str) else repr(value)


def _to_line(stage: str, answer: Answer, picture: str) -> str:
    row = {"stage": stage, **asdict(answer), **({"picture": picture} if picture else {})}
    for output in row["outputs"]:
        if not output["steps"]:  # most runs do not ask for them
            del output["steps"]
        output["logprobs"] = [round(value, _DIGITS) for value in output["logprobs"]]
    return json.dumps(row, ensure_ascii=False) + "\n"


def _from_line(line: str) -> tuple[str, Answer, str]:
    row = json.loads(line)
    stage, picture = row.pop("stage"), row.pop("picture", "")
    outputs = tuple(_output(**output) for output in row.pop("outputs"))
    return stage, Answer(outputs=outputs, **row), picture


def _output(steps: Sequence[Sequence[Any]] = (), logprobs: Sequence[float] = (), **values: Any) -> Output:
    """An output as it was; JSON made arrays of its steps."""
    return Output(
        steps=tuple(Step(text, logprob, tuple(map(tuple, likely))) for text, logprob, likely in steps),
        logprobs=compact(logprobs),
        **values,
    )
