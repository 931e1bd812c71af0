"""What the front of LLaMA-Factory makes of a command line; training itself is in tests/slow/test_train_callback.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("llamafactory", reason="needs the training environment: make train-env")

from unimumer_data.errors import ConfigError
from unimumer_eval import train
from unimumer_eval.callback import ExpRateConfig, load_validation, share

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "smoke.yaml"
LABELS = ("x ^ { 2 }", "\\frac { a } { b }", "y")


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A record file of three small pictures."""
    items: list[dict[str, Any]] = []
    for number, label in enumerate(LABELS):
        Image.new("RGB", (60, 40), "white").save(tmp_path / f"{number}.png")
        turns = [{"from": "human", "value": "<image>Read it."}, {"from": "gpt", "value": label}]
        items.append({"images": [f"{number}.png"], "messages": turns})
    path = tmp_path / "three.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    return path


def test_our_keys_do_not_reach_llamafactory() -> None:
    recipe = {"dataset": "a, b", "exprate_every": 20, "exprate_dataset": "v,w", "exprate_keep_best": True}
    config, theirs = train.split_keys(recipe, "x.yaml")
    assert config == ExpRateConfig(dataset=("v", "w"), every=20, keep_best=True)
    assert theirs == {"dataset": "a, b"}


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({"dataset": "a, b", "eval_dataset": "v, w"}, ("v", "w")),
        ({"dataset": ["a", "b"]}, ("a",)),
        ({"dataset": "a,b"}, ("a",)),
    ],
)
def test_validation_set_if_none_is_named(recipe: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert train.split_keys(recipe, "x.yaml")[0].dataset == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"exprate_evry": 5}, "unknown key 'evry'.*'every'"),
        ({"exprate_every": "often"}, "every must be an integer or one of epoch, got 'often'"),
        ({"exprate_every": 0}, "exprate_every must be at least 1"),
        ({"exprate_keep_best": True, "metric_for_best_model": "loss"}, "both choose the best"),
    ],
)
def test_wrong_keys_of_ours(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        train.split_keys({"dataset": "a", **keys}, "x.yaml")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no validation set; name one"),
        (("hub_crohme_train",), "'hub_crohme_train' is on the hub.*exprate_dataset="),
        (("smaple",), "validation set: smaple: neither.*'sample'.*exprate_dataset="),
    ],
)
def test_validation_set_that_is_not_there(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_validation(ExpRateConfig(dataset=names), ROOT)


def test_validation_counts_what_cannot_be_asked(records: Path) -> None:
    (records.parent / "1.png").write_bytes(b"no picture")
    found = load_validation(ExpRateConfig(dataset=(str(records),)), Path())
    assert [item.gt for item in found.items] == [LABELS[0], LABELS[2]]
    assert len(found) == 3
    assert "1.png: is not a picture" in found.faults[0]


def test_validation_samples_are_the_same_in_every_run(records: Path) -> None:
    config = ExpRateConfig(dataset=(str(records),), samples=2)
    first, second = (load_validation(config, Path()) for _ in range(2))
    assert len(first) == 2
    assert first == second


@pytest.mark.parametrize(("count", "processes"), [(7, 1), (7, 2), (1, 4), (8, 4), (0, 3)])
def test_every_sample_is_taken_and_all_processes_take_equally_many(count: int, processes: int) -> None:
    shares = [share(count, processes, rank) for rank in range(processes)]
    assert {number for mine in shares for number in mine} == set(range(count))
    assert len({len(mine) for mine in shares}) == 1


def launched(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str] | None:
    for name in ("LOCAL_RANK", "FORCE_TORCHRUN", "NPROC_PER_NODE", "NNODES", "RDZV_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return train.launcher(["recipes/x.yaml", "output_dir=my output"], os.environ)


def test_torchrun_is_called_as_llamafactory_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"FORCE_TORCHRUN": "1", "NPROC_PER_NODE": "2", "NNODES": "3", "NODE_RANK": "1"}
    command = launched(monkeypatch, **words, MASTER_ADDR="node0", MASTER_PORT="29500")
    assert command is not None
    flags = dict(zip(command[3:-4:2], command[4:-4:2], strict=True))
    assert flags == {
        "--nproc-per-node": "2",
        "--nnodes": "3",
        "--node-rank": "1",
        "--master-addr": "node0",
        "--master-port": "29500",
    }
    assert command[-4:] == ["-m", "unimumer_eval.train", "recipes/x.yaml", "output_dir=my output"]


def test_elastic_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"FORCE_TORCHRUN": "1", "RDZV_ID": "job", "MIN_NNODES": "1", "MAX_NNODES": "4", "MAX_RESTARTS": "2"}
    command = " ".join(launched(monkeypatch, **words, MASTER_ADDR="node0", MASTER_PORT="29500") or ())
    for flag in ("--nnodes 1:4", "--rdzv-id job", "--rdzv-endpoint node0:29500", "--max-restarts 2"):
        assert flag in command


def test_no_torchrun_inside_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launched(monkeypatch, FORCE_TORCHRUN="1", LOCAL_RANK="0") is None


def test_one_device_trains_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llamafactory.extras.misc.get_device_count", lambda: 1)
    assert launched(monkeypatch) is None


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["recipes/none.yaml"], 2, "no such file"),
        ([str(RECIPE), "exprate_dataset=smaple"], 2, "neither a file nor a data set.*'sample'"),
        ([str(RECIPE), "exprate_dataset={records}"], 1, "broken JSON"),
    ],
)
def test_user_errors_have_no_traceback(
    words: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("[{", encoding="utf-8")
    filled = [word.format(records=broken) for word in words]
    assert train.main([*filled, f"dataset_dir={ROOT}"] if len(words) > 1 else filled) == code
    assert re.match(rf"\w+Error: .*{message}", capsys.readouterr().err)


def test_help_needs_no_llamafactory() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['torch'] = None; from unimumer_eval.train import main; main(['--help'])",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "recipe.yaml" in done.stdout and not done.stderr
