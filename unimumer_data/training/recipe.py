"""The one parser of training recipes: YAML with the words of the command line in it, as LLaMA-Factory reads them.

OmegaConf reads them, as in LLaMA-Factory (0.9.5, hparams/parser.py, ``read_args``), so that what is checked is what
is trained: ``1e-5`` is a number to OmegaConf and text to PyYAML. OmegaConf comes with the extra ``recipes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unimumer_data.errors import ConfigError
from unimumer_data.support.files import read_text, regular
from unimumer_data.support.plain_json import parse_json

# LLaMA-Factory's own defaults (0.9.5, hparams/model_args.py).
MAX_PIXELS = 768 * 768
MIN_PIXELS = 32 * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe with the words of the command line in it, as ``llamafactory-cli train`` would see it.

    Args:
        path: of the YAML file.
        values: key -> value, the command line's where both have one.
        typed: keys that stood on the command line.
    """

    path: Path
    values: Mapping[str, Any]
    typed: frozenset[str] = frozenset()

    def names(self, key: str) -> list[str]:
        """Data sets named by ``dataset`` or ``eval_dataset``, in the order of writing, repetitions included."""
        return split_names(self.values.get(key))

    def place(self, key: str) -> str:
        """Where a key was written, for messages."""
        return f"{key}=... on the command line" if key in self.typed else f"the line {key}: ... in {self.path}"

    @property
    def data_folder(self) -> Path:
        return Path(str(self.values.get("dataset_dir", "data")))

    @property
    def max_pixels(self) -> int:
        """Pixels to which LLaMA-Factory scales a larger picture down."""
        return self.number("image_max_pixels", MAX_PIXELS)

    @property
    def min_pixels(self) -> int:
        """Pixels to which LLaMA-Factory scales a smaller picture up."""
        return self.number("image_min_pixels", MIN_PIXELS)

    def number(self, key: str, default: int) -> int:
        """An integer of the recipe; the default where it is missing or no integer (which is a finding of its own)."""
        value = self.values.get(key, default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def count(self, key: str, default: int) -> int:
        """An integer above 0 of the recipe; the default for whatever else."""
        value = self.number(key, default)
        return value if value > 0 else default

    @property
    def trained_share(self) -> float:
        """Share of the parameters that are trained; adapters of the usual ranks hold about a hundredth."""
        return 1.0 if self.values.get("finetuning_type", "lora") == "full" else 0.01

    @property
    def deepspeed(self) -> Mapping[str, Any]:
        """The DeepSpeed configuration, empty without one or where it cannot be read."""
        named = self.values.get("deepspeed")
        if isinstance(named, Mapping):
            return named
        try:
            content = parse_json(read_text(Path(str(named)))) if named else {}
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def zero_stage(self) -> int:
        stage = (self.deepspeed.get("zero_optimization") or {}).get("stage", 0)
        return stage if isinstance(stage, int) else 0


def split_names(value: Any) -> list[str]:
    """Names of data sets as LLaMA-Factory reads them: a list, or words between commas, an empty word too.

    >>> split_names("crohme_train, crohme_train_tree")
    ['crohme_train', 'crohme_train_tree']
    """
    if isinstance(value, list | tuple):
        return [str(word) for word in value]
    return [word.strip() for word in str(value).split(",")] if value else []


def read_recipe(path: Path, words: Sequence[str] = ()) -> Recipe:
    """Read a recipe with ``key=value`` words, which beat the file.

    Raises:
        ConfigError: no such file, not the ``key: value`` lines of a YAML file, a word without ``=``, or no OmegaConf.
    """
    try:
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
    except ImportError:
        raise ConfigError("recipes are read with OmegaConf: pip install 'unimumer[recipes]'") from None
    from yaml import YAMLError

    for word in words:
        if not word.partition("=")[1] or word.startswith("="):
            raise ConfigError(f"{word!r} on the command line: write key=value")
    try:
        with open(path, encoding="utf-8", opener=regular) as file:
            recipe = OmegaConf.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {how_to_name_a_recipe()}") from None
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error
    if not OmegaConf.is_dict(recipe):
        raise ConfigError(f"{path}: must hold 'key: value' lines, found a list")
    try:
        changes = OmegaConf.from_cli(list(words))
        content = OmegaConf.to_container(OmegaConf.merge(recipe, changes))
    except (YAMLError, OmegaConfBaseException) as error:
        origin = f"{path} with the words of the command line" if words else str(path)
        raise ConfigError(f"{origin}: cannot be read as YAML: {error}") from error
    assert isinstance(content, dict)
    values = {str(key): value for key, value in content.items()}
    return Recipe(path=path, values=values, typed=frozenset(str(key) for key in changes))


def how_to_name_a_recipe() -> str:
    """A cure that fits the working folder: an installed package brings no recipes."""
    if Path("recipes").is_dir():
        return "name a recipe, for instance recipes/unimumer.yaml"
    return "name a YAML file with LLaMA-Factory's keys; the recipes of this project are in its checkout, in recipes/"
