"""A Ray cluster that loses a node, worker processes and joined shards all make the set that one process makes."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

COPIES = 16  # of the 60 bundled inks: 8 chunks


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A folder with many inks, some of them broken, and a test set that holds one of them."""
    shop = Workshop(tmp_path_factory.mktemp("cluster"))
    inks = sorted((ROOT / "unimumer_data/sample").glob("*/*.inkml"))
    for folder in ("inks", "tests"):
        (shop.folder / folder).mkdir()
    for ink in inks:
        for copy in range(COPIES):
            shutil.copyfile(ink, shop.folder / "inks" / f"{ink.stem}_{copy}.inkml")
    for ink in inks[::7]:
        (shop.folder / "inks" / f"{ink.stem}_0.inkml").write_bytes(ink.read_bytes()[:300])
    shutil.copyfile(inks[3], shop.folder / "tests" / "seen.inkml")
    return shop


Build = Callable[..., dict[str, bytes]]


@pytest.fixture(scope="module")
def words() -> list[str]:
    return ["source=crohme-inkml", "path=inks", "name=inks", "guard=drop"]


@pytest.fixture(scope="module")
def build(shop: Workshop, ray_python: Path, words: list[str]) -> Build:
    """Build the set below another folder; file -> its content."""

    def run(output: str, *more: str) -> dict[str, bytes]:
        tests = ["source=crohme-inkml", "path=tests", "name=tests", "split=test", f"output={output}"]
        shop.run(ray_python, "-m", "unimumer_data", "build", *tests)
        for one in more or ("",):
            shop.run(ray_python, "-m", "unimumer_data", "build", *words, f"output={output}", *one.split())
        return contents(shop.folder / output)

    return run


@pytest.fixture(scope="module")
def alone(build: Build) -> dict[str, bytes]:
    return build("one", "workers=1")


def ended(said: str) -> bool:
    """Whether the processes that Ray had are gone."""
    processes = re.search(r"processes: ([\d ]+)", said)
    assert processes, said
    return not any(Path(f"/proc/{pid}").exists() for pid in processes[1].split())


def contents(output: Path) -> dict[str, bytes]:
    folder = output / "data/inks"
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_two_nodes_of_which_one_is_killed(
    shop: Workshop, ray_python: Path, words: list[str], build: Build, alone: dict[str, bytes]
) -> None:
    assert b'"in_test_set"' in alone["dropped.jsonl"] and len(alone) > 900
    build("cluster", "--dry-run limit=1 workers=1")  # the test set
    script, images = ROOT / "tests/slow/two_nodes.py", "cluster/data/inks/.build/images"
    said = shop.run(ray_python, script, images, "200", *words, "output=cluster")
    killed = re.search(r"pictures at the kill: (\d+)", said)
    assert killed and 200 <= int(killed[1]) < 900, said
    assert ended(said)
    assert contents(shop.folder / "cluster") == alone


def test_two_workers(build: Build, alone: dict[str, bytes]) -> None:
    assert build("two", "workers=2") == alone


def test_eight_joined_shards(shop: Workshop, ray_python: Path, build: Build, alone: dict[str, bytes]) -> None:
    build("eight", *(f"shard={index}/8 workers=1" for index in range(1, 9)))
    shop.run(ray_python, "-m", "unimumer_data", "join", "name=inks", "output=eight")
    assert contents(shop.folder / "eight") == alone


FAULTS = """
import os
import ray
from unimumer_data.errors import UniMumerError
from unimumer_data.support import cluster

cluster.RETRIES = 1

def work(chunk):
    if chunk == 3:
        raise UniMumerError("three is too many")
    if chunk == 7:
        os._exit(1)
    return 10 * chunk

def tried(chunks):
    done = []
    try:
        done += [result for _, result in cluster.cluster_map(work, chunks, 1, None)]
    except UniMumerError as error:
        print(done, error)
    else:
        print(done)

tried([1, 2])
tried([1, 3, 2])
tried([7])
print("processes:", *(process.pid for _, process in ray._private.worker._global_node.live_processes()))
"""


def test_what_goes_wrong_in_a_worker(shop: Workshop, ray_python: Path) -> None:
    said = shop.run(ray_python, "-c", FAULTS)
    assert "[10, 20]\n[] three is too many\n" in said
    assert "\n[] ray lost the worker of a task 2 times" in said
    assert ended(said)


@pytest.fixture(scope="module")
def address(shop: Workshop, ray_python: Path) -> Iterator[str]:
    """Of a Ray that ``ray start`` has started on a machine with a token."""
    token = shop.folder / "home/.ray/auth_token"
    token.parent.mkdir(parents=True)
    token.write_text(64 * "a", encoding="utf-8")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    ray = [ray_python.parent / "ray", "start", "--head", "--block", f"--port={port}", "--num-cpus=1"]
    more = ["--include-dashboard=false", "--disable-usage-stats"]
    with subprocess.Popen(
        [*ray, *more], env=os.environ | {"HOME": str(shop.folder / "home")}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        started = any("Ray runtime started" in line for line in process.stdout)
        try:
            assert started
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_cluster_that_wants_a_token(shop: Workshop, ray_python: Path, words: list[str], address: str) -> None:
    build = [ray_python, "-m", "unimumer_data", "build", *words, "limit=3", "scale=ray", f"address={address}"]
    said = shop.run(*build, "output=token", HOME=str(shop.folder / "home"))
    assert "built, 3 of 3 samples kept" in said
    with pytest.raises(AssertionError, match=r"ConfigError: address=.* wants the token .* ~/\.ray/auth_token"):
        shop.run(*build, "output=none", HOME=str(shop.folder))


def test_a_cluster_that_is_not_there(shop: Workshop, ray_python: Path, words: list[str]) -> None:
    with pytest.raises(AssertionError, match=r"ConfigError: address=127\.0\.0\.1:9: no Ray cluster answers"):
        shop.run(ray_python, "-m", "unimumer_data", "build", *words, "output=none", "scale=ray", "address=127.0.0.1:9")
