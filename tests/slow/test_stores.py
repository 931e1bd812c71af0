"""Servers of our own for S3 and Google Cloud Storage: builds from them and to them, by one process, by Ray and in
shards, give the same files."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

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
}
FILL = """
import fsspec, sys
store = fsspec.filesystem(sys.argv[1])
store.mkdir("bucket")
store.put(sys.argv[2] + "/", "bucket/corpus/", recursive=True)
"""
FETCH = """
import fsspec, sys
fsspec.filesystem(sys.argv[1]).get(f"bucket/{sys.argv[2]}/data/inks", sys.argv[3], recursive=True)
"""


@pytest.fixture(scope="module", params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shop(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp(kind))


@pytest.fixture(scope="module")
def server(kind: str, shop: Workshop, ray_python: Path) -> Iterator[dict[str, str]]:
    """How its clients find the server, with the bundled ink in ``bucket/corpus``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    variables = {
        "s3": {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"},
        # gcsfs would ask Google itself what kind of bucket it is, and log each time that it cannot
        "gs": {"STORAGE_EMULATOR_HOST": address, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"},
    }[kind]
    variables["AWS_DEFAULT_REGION"] = "us-east-1"
    words = [ray_python, *SERVERS[kind], str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(port)
        shop.run(ray_python, "-c", FILL, kind, ROOT / "unimumer_data/sample/train", **variables)
        yield variables
        process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens at port {port}")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, server: dict[str, str]) -> None:
    for key, value in server.items():
        monkeypatch.setenv(key, value)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_one_process_ray_and_joined_shards(kind: str, shop: Workshop, ray_python: Path) -> None:
    def unimumer(*words: str) -> str:
        try:
            return shop.run(ray_python, "-m", "unimumer_data", *words)
        except AssertionError as error:  # on a busy machine, Ray may not come up in the 30 s that it gives itself
            if "ray does not start on this machine" not in str(error):
                raise
        return shop.run(ray_python, "-m", "unimumer_data", *words)

    def fetched(output: str) -> dict[str, bytes]:
        shop.run(ray_python, "-c", FETCH, kind, output, shop.folder / output)
        return contents(shop.folder / output)

    bucket = f"{kind}://bucket"
    build = ["build", "source=crohme-inkml", f"path={bucket}/corpus", "name=inks"]
    assert "48 of 48 samples kept" in unimumer(*build, f"output={bucket}/one", "workers=1")
    one = fetched("one")
    assert sum(name.endswith(".png") for name in one) == 48
    assert "unchanged" in unimumer(*build, f"output={bucket}/one", "staging=another")
    unimumer(*build, f"output={bucket}/ray", "scale=ray", "workers=2")
    assert fetched("ray") == one
    for shard in ("1/2", "2/2"):
        unimumer(*build, f"output={bucket}/many", f"shard={shard}", "workers=1")
    unimumer("join", "name=inks", f"output={bucket}/many")
    assert fetched("many") == one
    shutil.rmtree(shop.folder / ".unimumer")


def test_what_a_server_refuses(kind: str, shop: Workshop, ray_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = ["-m", "unimumer_data", "build", "source=crohme-inkml", "name=refused", "workers=1"]
    with pytest.raises(AssertionError, match=rf"{kind}://none/corpus: cannot be read \(no such bucket or file: "):
        shop.run(ray_python, *build, f"path={kind}://none/corpus")
    if kind == "gs":
        return  # this server lets everybody in
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AssertionError, match=r"s3://bucket/corpus: cannot be read .*Unable to locate credentials"):
        shop.run(ray_python, *build, "path=s3://bucket/corpus")
