"""Servers of our own for S3, Google Cloud Storage and the Hugging Face Hub: builds from them and to them, by one
process, by Ray and in shards, give the same files."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from workshop import ROOT, Workshop

SECONDS_TO_START = 60
# As it comes, the second serves one connection at a time, and waits five seconds for each that is idle.
MANY_AT_ONCE = """
import http.server
http.server.HTTPServer = http.server.ThreadingHTTPServer
from gcp_storage_emulator.__main__ import main
main()
"""
SERVERS = {
    "s3": ("-m", "moto.server", "-H", "127.0.0.1", "-p"),
    "gs": ("-c", MANY_AT_ONCE, "start", "--host=127.0.0.1", "--in-memory", "--port"),
    "hf": (str(ROOT / "tests/slow/hub.py"),),
}
BUCKETS = {"s3": "s3://bucket", "gs": "gs://bucket", "hf": "hf://datasets/me/bucket"}
FILL = """
import fsspec, sys
bucket, corpus, captions = sys.argv[1:]
store, path = fsspec.core.url_to_fs(bucket)
if bucket.startswith("hf:"):
    from huggingface_hub import HfApi
    HfApi().create_repo("me/bucket", repo_type="dataset")
    HfApi().upload_folder(repo_id="me/bucket", repo_type="dataset", folder_path=corpus, path_in_repo="corpus")
else:
    store.mkdir(path)
    store.put(corpus + "/", path + "/corpus/", recursive=True)
store.pipe(path + "/captions.json", captions.encode())
"""
FETCH = """
import fsspec, sys
store, path = fsspec.core.url_to_fs(sys.argv[1])
store.get(path, sys.argv[2], recursive=True)
"""
CAPTIONS = ["x ^ { 2 }", "\\frac { 1 } { 2 }"]


@pytest.fixture(scope="module", params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def bucket(kind: str) -> str:
    return BUCKETS[kind]


@pytest.fixture(scope="module")
def shop(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp(kind))


@pytest.fixture(scope="module")
def server(kind: str, bucket: str, shop: Workshop, ray_python: Path) -> Iterator[dict[str, str]]:
    """How its clients find the server, with the bundled ink in ``corpus`` and labels in ``captions.json``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    variables = {
        "s3": {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"},
        # gcsfs would ask Google itself what kind of bucket it is, and log each time that it cannot
        "gs": {"STORAGE_EMULATOR_HOST": address, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"},
        "hf": {"HF_ENDPOINT": address, "HF_HUB_OFFLINE": "0"},
    }[kind]
    variables["AWS_DEFAULT_REGION"] = "us-east-1"
    words = [ray_python, *SERVERS[kind], str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(port)
        corpus = ROOT / "unimumer_data/sample/train"
        shop.run(ray_python, "-c", FILL, bucket, corpus, json.dumps(CAPTIONS), **variables)
        yield variables
        process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens at port {port}")


Run = Callable[..., str]
Fetch = Callable[[str], dict[str, bytes]]


@pytest.fixture(scope="module")
def unimumer(shop: Workshop, server: dict[str, str], ray_python: Path) -> Run:
    """Run a command of the project."""

    def run(*words: str, **variables: str) -> str:
        return shop.run(ray_python, "-m", "unimumer_data", *words, **{**server, **variables})

    return run


@pytest.fixture(scope="module")
def fetched(bucket: str, shop: Workshop, server: dict[str, str], ray_python: Path) -> Fetch:
    """The files of a folder of the store."""

    def fetch(name: str) -> dict[str, bytes]:
        folder = shop.folder / "fetched"
        shutil.rmtree(folder, ignore_errors=True)
        shop.run(ray_python, "-c", FETCH, f"{bucket}/{name}", folder, **server)
        return contents(folder)

    return fetch


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_one_process_ray_and_joined_shards(bucket: str, unimumer: Run, fetched: Fetch) -> None:
    build = ["build", "source=crohme-inkml", f"path={bucket}/corpus", "name=inks"]
    assert "48 of 48 samples kept" in unimumer(*build, f"output={bucket}/one", "workers=1")
    one = fetched("one/data/inks")
    assert sum(name.endswith(".png") for name in one) == 48
    assert "unchanged" in unimumer(*build, f"output={bucket}/one", "staging=another")
    on_ray = [*build, f"output={bucket}/ray", "scale=ray", "workers=2"]
    try:
        unimumer(*on_ray)
    except AssertionError as error:  # on a busy machine, Ray may not come up in the 30 s that it gives itself
        if "ray does not start on this machine" not in str(error):
            raise
        unimumer(*on_ray)
    assert fetched("ray/data/inks") == one
    for shard in ("1/2", "2/2"):
        unimumer(*build, f"output={bucket}/many", f"shard={shard}", "workers=1")
    unimumer("join", f"{bucket}/many/data/inks_*of2")
    assert fetched("many/data/inks") == one


def test_what_is_gone_from_a_set_goes_from_the_store(bucket: str, unimumer: Run, fetched: Fetch) -> None:
    build = ["build", "source=crohme-inkml", f"path={bucket}/corpus", "name=inks", f"output={bucket}/fewer"]
    unimumer(*build, "limit=7")
    unimumer(*build, "limit=5")
    assert sum(name.endswith(".png") for name in fetched("fewer/data/inks")) == 5
    assert "5 of 5 samples kept" in unimumer(*build, "limit=5", "staging=another")


def test_a_corpus_of_one_file(bucket: str, shop: Workshop, unimumer: Run) -> None:
    words = ["source=captions", f"path={bucket}/captions.json", "name=captions", "images=none", "output=here"]
    assert "2 of 2 samples kept" in unimumer("build", *words)
    text = (shop.folder / "here/data/captions/captions.json").read_text(encoding="utf-8")
    assert [record["messages"][1]["value"] for record in json.loads(text)] == CAPTIONS


def test_an_export(bucket: str, shop: Workshop, unimumer: Run, fetched: Fetch) -> None:
    unimumer("build", "source=crohme-inkml", f"path={bucket}/corpus", "name=inks", "output=few", "limit=3")
    export = ["export", "set=inks", "root=few", "format=messages"]
    unimumer(*export, "output=folder")
    unimumer(*export, f"output={bucket}/exported")
    assert fetched("exported") == contents(shop.folder / "folder")
    with pytest.raises(AssertionError, match=f"{bucket}/exported: exists; choose another output"):
        unimumer(*export, f"output={bucket}/exported")


def test_what_a_server_refuses(kind: str, bucket: str, unimumer: Run) -> None:
    build, none = ["build", "source=crohme-inkml", "name=refused", "workers=1"], bucket.replace("bucket", "none")
    with pytest.raises(AssertionError, match=rf"{none}/corpus: cannot be read \(no such bucket or file: "):
        unimumer(*build, f"path={none}/corpus")
    if kind == "s3":  # the others let everybody in
        nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
        with pytest.raises(AssertionError, match=r"s3://bucket/corpus: cannot be read .*Unable to locate credentials"):
            unimumer(*build, "path=s3://bucket/corpus", **nobody)


CREATE = """
import sys
from huggingface_hub import HfApi
for name in sys.argv[1:]:
    HfApi().create_repo(name, repo_type="dataset")
"""
LOAD = """
from datasets import load_dataset
rows = load_dataset("me/card")["train"]
print(len(rows), rows[0]["image"].size, rows[0]["answer"])
"""


@pytest.mark.parametrize("kind", ["hf"], scope="module")
def test_a_whole_repository_of_the_hub(
    shop: Workshop, unimumer: Run, server: dict[str, str], ray_python: Path, bucket: str
) -> None:
    """The Hub has put a file into it, and counts commits; buckets are something else."""
    shop.run(ray_python, "-c", CREATE, "me/root", "me/card", **server)
    unimumer("build", "source=crohme-inkml", f"path={bucket}/corpus", "name=inks", "output=all")
    export = ["export", "set=inks", "root=all", "format=messages"]
    unimumer(*export, "output=hf://datasets/me/root")
    with urlopen(f"{server['HF_ENDPOINT']}/api/datasets/me/root/commits") as answer:
        assert json.load(answer) == [49]
    with pytest.raises(AssertionError, match="ConfigError: output=hf://buckets/me/root: a bucket; name a folder"):
        unimumer(*export, "output=hf://buckets/me/root")
    here = [sys.executable, "-m", "unimumer_data"]  # has another release of huggingface_hub
    captions = ["source=captions", f"path={bucket}/captions.json", "name=captions", "images=none", "output=all"]
    assert "2 of 2 samples kept" in shop.run(*here, "build", *captions, **server)
    shop.run(*here, "export", "set=inks", "root=all", "format=parquet", "output=hf://datasets/me/card", **server)
    said = shop.run(sys.executable, "-c", LOAD, HF_HOME=str(shop.folder / "home"), **server)
    assert said.splitlines()[-1] == "48 (77, 70) x ^ { 2 }"
