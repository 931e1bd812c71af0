"""The engines on one set with trouble in it: they agree, survive a kill, and every sample is accounted for."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from workshop import ROOT, Workshop

RUN = ROOT / "eval" / "run.py"
MODEL = "model=outputs/tiny"
COMMON = (MODEL, "data=troubled", "max_tokens=24", "image_max_pixels=40000")
GOOD = 20
FAULTS = {"missing": "no such file", "empty": "not a picture", "truncated": "damaged or truncated"}


@pytest.fixture(scope="module")
def troubled(workshop: Workshop) -> list[dict[str, Any]]:
    """Twenty records of the bundled sample, a tiny picture, an empty label, and three that cannot be read."""
    records = workshop.read("data/sample/sample.json")[:GOOD]
    first = records[0]
    picture = (workshop.folder / first["images"][0]).read_bytes()
    contents = {"truncated": picture[: len(picture) // 2], "empty": b""}
    for name, content in contents.items():
        (workshop.folder / "data" / f"{name}.png").write_bytes(content)
    Image.new("L", (1, 1), 255).save(workshop.folder / "data" / "dot.png")
    for name in ("dot", "missing", "empty", "truncated"):
        records.insert(7, {**first, "images": [f"./data/{name}.png"]})
    human, model = records[-1]["messages"]
    records[-1] = {**records[-1], "messages": [human, {**model, "value": ""}]}
    workshop.register("troubled", records)
    return records


@pytest.fixture(scope="module")
def by_transformers(workshop: Workshop, troubled: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = workshop.python(RUN, *COMMON, "engine=transformers", "batch_size=4", "output=results/transformers")
    assert "3 of 24 failed and count as wrong: image 3" in words
    return workshop.read("results/transformers/troubled_pred.json")


def test_every_sample_is_accounted_for(workshop: Workshop, by_transformers: list[dict[str, Any]]) -> None:
    failures = {row["img_id"]: row["failure"] for row in by_transformers if "failure" in row}
    assert set(failures) == set(FAULTS)
    for name, words in FAULTS.items():
        assert words in failures[name]
    assert [row["gt"] for row in by_transformers].count("") == 1
    assert workshop.read("results/transformers/scores.json")["sets"][0]["n"] == GOOD + 4
    assert workshop.read("results/transformers/troubled_run.json")["failed"] == {"image": 3}


def test_an_adapter_answers_as_the_merged_model(
    workshop: Workshop, by_transformers: list[dict[str, Any]], predict_with_vllm: Callable[..., str]
) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText, AutoProcessor

    base, adapter, merged = (str(workshop.folder / "outputs" / name) for name in ("tiny", "adapter", "merged"))
    model = AutoModelForImageTextToText.from_pretrained(base, dtype="float32")
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "qkv"], init_lora_weights=False)
    tuned = get_peft_model(model, lora)
    tuned.save_pretrained(adapter)
    tuned.merge_and_unload().save_pretrained(merged)
    AutoProcessor.from_pretrained(base).save_pretrained(merged)

    common = ("engine=transformers", *COMMON[1:], "limit=6")
    workshop.python(RUN, *common, MODEL, "adapter=outputs/adapter", "output=results/adapter")
    workshop.python(RUN, *common, "model=outputs/merged", "output=results/merged")
    found = workshop.read("results/adapter/troubled_pred.json")
    assert found == workshop.read("results/merged/troubled_pred.json")
    assert found != by_transformers[:6]
    words = (MODEL, "adapter=outputs/adapter", "engine=vllm", *common[1:])
    predict_with_vllm(*words, "output=results/adapter_vllm")
    assert workshop.read("results/adapter_vllm/troubled_pred.json") == found


def test_a_killed_run_goes_on_and_both_engines_agree(
    workshop: Workshop, by_transformers: list[dict[str, Any]], vllm_python: Path, predict_with_vllm: Callable[..., str]
) -> None:
    partial = workshop.folder / "results/vllm/troubled_answers.jsonl.partial"
    command = [str(vllm_python), str(RUN), *COMMON, "batch_size=2", "output=results/vllm"]
    with (workshop.folder / "killed.log").open("w") as log:
        run = subprocess.Popen(command, cwd=workshop.folder, stdout=log, stderr=log, env=_environment())
        _wait_until(lambda: partial.exists() and partial.read_bytes().count(b"\n") >= 6, run, log.name)
        run.send_signal(signal.SIGKILL)
        run.wait()
    answered = partial.read_bytes().count(b"\n")
    assert 6 <= answered < GOOD

    predict_with_vllm(*COMMON, "batch_size=2", "output=results/vllm")
    assert workshop.read("results/vllm/troubled_run.json")["answered_before"] == answered
    assert workshop.read("results/vllm/troubled_pred.json") == by_transformers


def test_copies_side_by_side_answer_the_same(
    workshop: Workshop, by_transformers: list[dict[str, Any]], predict_with_vllm: Callable[..., str]
) -> None:
    predict_with_vllm(*COMMON, "data_parallel=2", "output=results/copies")
    assert workshop.read("results/copies/troubled_pred.json") == by_transformers


def test_ray_data_answers_the_same(
    workshop: Workshop, by_transformers: list[dict[str, Any]], predict_with_vllm: Callable[..., str]
) -> None:
    words = predict_with_vllm(*COMMON, "engine=vllm", "scale=ray", "output=results/ray")
    assert "3 of 24 failed and count as wrong: image 3" in words
    found = workshop.read("results/ray/troubled_pred.json")
    assert [row["pred"] for row in found] == [row["pred"] for row in by_transformers]


def test_the_documented_server_answers_the_same(
    workshop: Workshop, by_transformers: list[dict[str, Any]], server: str
) -> None:
    workshop.python(RUN, *COMMON, "engine=openai", f"base_url={server}", "output=results/server")
    assert workshop.read("results/server/troubled_pred.json") == by_transformers
    run = workshop.read("results/server/troubled_run.json")
    offline = workshop.read("results/transformers/troubled_run.json")
    assert (run["prompt_tokens"], run["answer_tokens"]) == (offline["prompt_tokens"], offline["answer_tokens"])

    # the pixel bound of smoke.yaml, at which a server that bounds in its own way rounds many pictures otherwise
    words = (MODEL, "data=sample", "image_max_pixels=16384", "max_tokens=16")
    workshop.python(RUN, *words, "engine=openai", f"base_url={server}", "output=results/served")
    workshop.python(RUN, *words, "engine=transformers", "batch_size=4", "output=results/in_process")
    answers = workshop.read("results/served/sample_pred.json")
    assert len(answers) == 48 and answers == workshop.read("results/in_process/sample_pred.json")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("task=tree",), "troubled_tree"),
        (("task=can",), "troubled_can"),
        (("vote=3", "temperature=1.0"), "troubled_vote3"),
        (("task=refine", "rounds=2"), "troubled_refine"),
    ],
    ids=["tree", "can", "vote", "refine"],
)
def test_every_method_is_reported_against_plain_recognition(
    words: tuple[str, ...], name: str, workshop: Workshop, by_transformers: list[dict[str, Any]]
) -> None:
    output = f"results/{name}"
    table = workshop.python(RUN, *COMMON, "engine=transformers", *words, "limit=8", f"output={output}")
    assert workshop.read(f"{output}/troubled_pred.json") == by_transformers[:8]
    assert len(workshop.read(f"{output}/{name}_pred.json")) == 8
    assert "Price in tokens" in table


@pytest.fixture
def server(workshop: Workshop, vllm_python: Path) -> Iterator[str]:
    """vLLM's own server with the tiny model, started as recipes/serve.yaml says; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    documented = documented_server()
    documented[documented.index("--model") + 1] = "outputs/tiny"
    command = [str(vllm_python), *documented, "--host", "127.0.0.1", "--port", str(port), "--max-num-seqs", "8"]
    with (workshop.folder / "server.log").open("w") as log:
        run = subprocess.Popen(command, cwd=workshop.folder, stdout=log, stderr=log, env=_environment())
        try:
            _wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, run, log.name)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            run.terminate()
            run.wait()


def documented_server() -> list[str]:
    """The words after ``python`` of the command in recipes/serve.yaml, with those for a machine without GPU."""
    lines = (ROOT / "recipes" / "serve.yaml").read_text(encoding="utf-8").replace("\\\n#", "").splitlines()
    command = next(line for line in lines if "vllm.entrypoints" in line)
    without_gpu = next(line for line in lines if "--enforce-eager" in line)
    return [*shlex.split(command.lstrip("# "))[1:], *shlex.split(without_gpu.lstrip("# "))]


def _environment() -> dict[str, str]:
    settings = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    return {**os.environ, **settings, "VLLM_CPU_KVCACHE_SPACE": "1"}


def _wait_until(ready: Callable[[], bool], run: subprocess.Popen[bytes], log: str) -> None:
    end = time.monotonic() + 300
    while not ready():
        assert run.poll() is None, Path(log).read_text()[-4000:]
        assert time.monotonic() < end, f"not ready in five minutes: {Path(log).read_text()[-4000:]}"
        time.sleep(0.05)
