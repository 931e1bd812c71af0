"""Read pictures or ink, write LaTeX.

    unimumer recognize photo.jpg
    unimumer recognize FOLDER output=out.jsonl
    ls *.png | unimumer recognize -

Inputs are pictures, InkML files, folders (all pictures and ink in them, at any depth), patterns such as 'scans/*.png',
or - for a list of paths on standard input. Without output= the LaTeX goes to standard output, a line for each input,
and nothing else does; inputs that cannot be read are named on standard error and never stop the others.
Run the same command again after a kill: what was answered is not asked again.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, get_type_hints

from unimumer_data import __version__
from unimumer_data.errors import ConfigError, SourceError
from unimumer_data.sources.formats.tables import IMAGE_SUFFIXES
from unimumer_data.support.commandline import keys_of, parser, run_command
from unimumer_data.support.config import option, parse_value, read_yaml
from unimumer_data.support.progress import Progress
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.tables import show
from unimumer_eval.engines import engine_versions

from .files import ResultFile, check_format, copied
from .forms import CopyForm
from .inputs import INK_SUFFIX
from .recognizer import Query, Recognizer, RecognizerConfig, recognizer_config
from .result import Recognition

SUFFIXES = frozenset((*IMAGE_SUFFIXES, ".heic", ".heif", ".avif", INK_SUFFIX))


@dataclass(frozen=True, kw_only=True)
class RecognizeConfig(RecognizerConfig):
    """Keys of `unimumer recognize INPUT ... [key=value ...]`."""

    output: Path | None = option(
        None, "file to write: .jsonl (everything), .tsv, .csv, .tex or .md", section="where the LaTeX goes"
    )
    copy: CopyForm = option("records", "form of the LaTeX; records and strict are explained in docs/canonical-form.md")
    resume: bool = option(
        True, "go on where a killed run stopped; false asks everything again and writes the output again"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output is not None:
            check_format(self.output)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0, 1 where an input could not be read, 2 for wrong usage, 130 after Ctrl-C."""
    reader = parser("unimumer recognize", __doc__, keys=keys_of(RecognizeConfig))
    reader.add_argument("words", nargs="*", metavar="INPUT | key=value", help="pictures, ink, folders, patterns, keys")
    words = reader.parse_args(argv).words
    return run_command(lambda: _recognize(words))


def _recognize(words: Sequence[str]) -> int:
    hush_libraries()
    inputs, keys = split_words(words, RecognizeConfig)
    if not inputs:
        raise ConfigError("name what to read: unimumer recognize photo.jpg, or a folder with output=out.jsonl")
    config = recognizer_config(RecognizeConfig, keys, origin="command line")
    paths = list(dict.fromkeys(find_inputs(inputs, sys.stdin)))
    with Recognizer.of(config) as recognizer:
        if config.output is None:
            return _print(recognizer, paths, config)
        return _write(recognizer, paths, config)


def split_words(words: Sequence[str], config: type) -> tuple[list[str], dict[str, Any]]:
    """Inputs, and the keys with their values.

    A word with ``=`` in it is a key, unless a file of that name exists; a YAML file with keys may come first.
    """
    hints = get_type_hints(config)
    inputs: list[str] = []
    keys: dict[str, Any] = {}
    for number, word in enumerate(words):
        key, equals, text = word.partition("=")
        if number == 0 and word.endswith((".yaml", ".yml")):
            keys.update(read_yaml(Path(word)))
        elif not equals or os.path.exists(word):
            inputs.append(word)
        else:
            keys[key] = parse_value(text, hints.get(key, Any))
    return inputs, keys


def find_inputs(words: Iterable[str], listing: TextIO) -> Iterator[str]:
    """The files that the words name, in the order of the words, folders and patterns sorted.

    A path that does not exist is passed on: it becomes a result with a reason.

    Raises:
        SourceError: a folder or pattern that holds nothing to read.
    """
    for word in words:
        if word == "-":
            yield from (line.rstrip("\r\n") for line in listing if line.strip())
        elif os.path.isdir(word):
            yield from _in_folder(Path(word))
        elif not os.path.exists(word) and glob.has_magic(word):
            found = sorted(path for path in glob.glob(word, recursive=True) if os.path.isfile(path))
            if not found:
                raise SourceError(f"{word}: no file fits this pattern (from {Path.cwd()})")
            yield from found
        else:
            yield word


def _in_folder(folder: Path) -> list[str]:
    found = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise SourceError(f"{folder}: holds no picture and no ink; known are {', '.join(sorted(SUFFIXES))}")
    return [str(path) for path in found]


def _print(recognizer: Recognizer, paths: Sequence[str], config: RecognizeConfig) -> int:
    failed = 0
    with _only_ours() as out:
        for result in recognizer.stream(paths):
            failed += _complain(result)
            if result.failure is None:
                show(copied(result.to_dict(), config.copy), file=out, flush=True)
    return 1 if failed else 0


def _write(recognizer: Recognizer, paths: Sequence[str], config: RecognizeConfig) -> int:
    assert config.output is not None
    file = ResultFile(config.output, _settings(recognizer), copy=config.copy, resume=config.resume)
    keys = {path: _key(path) for path in paths}
    missing = [path for path in paths if not file.known(keys[path])]
    done = len(paths) - len(missing)
    failed = 0
    with _only_ours(), Progress(config.output.name, len(paths), done) as progress:
        try:
            results = recognizer.stream(Query(source=path, name=path) for path in missing) if missing else iter(())
            for result in results:
                file.add(keys[result.name], result)
                progress.step()
        finally:
            file.close()
    failed = file.finish(keys[path] for path in paths)
    reasons = f", {failed} with a reason instead" if failed else ""
    show(f"{config.output}: {len(paths) - failed} read{reasons}", file=sys.stderr)
    return 1 if failed else 0


def _settings(recognizer: Recognizer) -> dict[str, Any]:
    """What may change an answer; speed and places of files do not."""
    config = recognizer.config
    names = (
        *("engine", "model", "adapter", "system", "template_args", "dtype", "vote", "rounds"),
        *("temperature", "top_p", "n", "seed", "max_tokens", "image_max_pixels", "image_min_pixels"),
    )
    values = {name: getattr(config, name) for name in names}
    values["task"] = recognizer.task
    if config.calibration:
        values["calibration"] = str(config.calibration)
    return {**values, "versions": {"unimumer": __version__, **engine_versions(config)}}


def _key(path: str) -> str:
    """A file as it is now: one that has changed is asked again."""
    try:
        facts = Path(path).stat()
    except OSError:
        return f"{path}|missing"
    return f"{path}|{facts.st_size}|{facts.st_mtime_ns}"


def _complain(result: Recognition) -> int:
    if result.failure is None:
        return 0
    show(result.failure if result.name in result.failure else f"{result.name}: {result.failure}", file=sys.stderr)
    return 1


@contextmanager
def _only_ours() -> Iterator[TextIO]:
    """Standard output for us alone: what engines and their libraries print there goes to standard error."""
    ours = sys.stdout
    try:
        number = ours.fileno()
    except (OSError, ValueError):  # no real file, as in a test or a notebook
        yield ours
        return
    ours.flush()
    kept = os.dup(number)
    os.dup2(sys.stderr.fileno(), number)
    with os.fdopen(kept, "w", encoding="utf-8") as out:
        try:
            yield out
        finally:
            out.flush()
            os.dup2(kept, number)


if __name__ == "__main__":
    sys.exit(main())
