"""What may change an answer: it is stored beside the answers, and no answer is used under other settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from unimumer_data import __version__
from unimumer_data.support.files import regular
from unimumer_eval.config import AskConfig
from unimumer_eval.engines import Request, engine_versions
from unimumer_eval.engines.python import module_of

_MODEL_FILES = (".safetensors", ".bin", ".json", ".jinja", ".txt", ".model")
_OF_TRAINING = {"trainer_state.json", "training_args.bin"} | {
    f"{stage}_results.json" for stage in ("all", "train", "eval", "predict")
}
"""What a trainer leaves beside the model: with times, so that training again would make another model of the same."""


def settings_of_model(config: AskConfig) -> dict[str, Any]:
    """Who answers: the model with the digest of its files, or the endpoint, or the function."""
    return {
        "model": config.model,
        "model_sha256": hash_of_folder(Path(config.model)) if config.model else None,
        "adapter": str(config.adapter) if config.adapter else None,
        "adapter_sha256": hash_of_folder(config.adapter) if config.adapter else None,
        "engine": config.engine,
        "endpoint": without_credentials(config.endpoint) if config.engine == "openai" else None,
        "function_sha256": _hash_of_module(config.engine) if config.engine_name == "python" else None,
        "versions": {"unimumer": __version__, **engine_versions(config)},
        "dtype": config.dtype,
        **({"engine_args": config.engine_args} if config.engine_args else {}),
    }


def hash_of_folder(folder: Path) -> str | None:
    """SHA-256 over weights, configuration, tokenizer and processor files of a folder; None for a model by name."""
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in _MODEL_FILES and path.name not in _OF_TRAINING and path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def picture_digests(requests: Iterable[Request]) -> dict[int, str]:
    """Sample index -> digest of the picture file, 16 hexadecimal digits; empty for a file that cannot be read."""
    known: dict[Any, str] = {}
    digests = {}
    for request in requests:
        if request.image not in known:
            known[request.image] = _digest(request.image) if isinstance(request.image, Path) else ""
        digests[request.index] = known[request.image]
    return digests


def without_credentials(url: str | None) -> str | None:
    """An address without the user and password that may stand in it."""
    if not url or "@" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _digest(path: Path) -> str:
    try:
        with open(path, "rb", opener=regular) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except (OSError, ValueError):  # ValueError: no path can hold a NUL
        return ""


def _hash_of_module(engine: str) -> str | None:
    """Of the file that the function is in; None where that is not known."""
    try:
        spec = find_spec(module_of(engine)[0])
    except (ImportError, ValueError):
        return None
    return _digest(Path(spec.origin)) if spec and spec.origin and Path(spec.origin).is_file() else None
