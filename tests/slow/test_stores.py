"""An S3 server of our own: builds from it and to it, by one process, by Ray and in shards, give the same files."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop import ROOT, Workshop

SECONDS_TO_START = 60
FETCH = "import fsspec, sys; fsspec.filesystem('s3').get('bucket/' + sys.argv[1], sys.argv[2], recursive=True)"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="module")
def server(shop: Workshop, ray_python: Path) -> Iterator[str]:
    """The address of the server, with the bundled ink in ``bucket/corpus``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [ray_python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        _put(f"{address}/bucket", b"", until=time.monotonic() + SECONDS_TO_START)
        for ink in (ROOT / "unimumer_data/sample/train").glob("*.inkml"):
            _put(f"{address}/bucket/corpus/{ink.name}", ink.read_bytes())
        yield address
        process.terminate()


def _put(address: str, data: bytes, until: float = 0.0) -> None:
    while True:
        try:
            request = urllib.request.Request(address, data, {"Content-Type": "application/octet-stream"}, method="PUT")
            urllib.request.urlopen(request, timeout=30).close()
            return
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    for key, value in {"ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "secret", "ENDPOINT_URL": server}.items():
        monkeypatch.setenv(f"AWS_{key}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_one_process_ray_and_joined_shards(shop: Workshop, ray_python: Path) -> None:
    def unimumer(*words: str) -> str:
        try:
            return shop.run(ray_python, "-m", "unimumer_data", *words)
        except AssertionError as error:  # on a busy machine, Ray may not come up in the 30 s that it gives itself
            if "ray does not start on this machine" not in str(error):
                raise
        return shop.run(ray_python, "-m", "unimumer_data", *words)

    def fetched(output: str) -> dict[str, bytes]:
        shop.run(ray_python, "-c", FETCH, f"{output}/data/inks", shop.folder / output)
        return contents(shop.folder / output)

    build = ["build", "source=crohme-inkml", "path=s3://bucket/corpus", "name=inks"]
    assert "48 of 48 samples kept" in unimumer(*build, "output=s3://bucket/one", "workers=1")
    one = fetched("one")
    assert sum(name.endswith(".png") for name in one) == 48
    assert "unchanged" in unimumer(*build, "output=s3://bucket/one", "staging=another")
    unimumer(*build, "output=s3://bucket/ray", "scale=ray", "workers=2")
    assert fetched("ray") == one
    for shard in ("1/2", "2/2"):
        unimumer(*build, "output=s3://bucket/many", f"shard={shard}", "workers=1")
    unimumer("join", "name=inks", "output=s3://bucket/many")
    assert fetched("many") == one
    shutil.rmtree(shop.folder / ".unimumer")


def test_what_a_server_refuses(shop: Workshop, ray_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = ["-m", "unimumer_data", "build", "source=crohme-inkml", "name=refused", "workers=1"]
    with pytest.raises(AssertionError, match=r"s3://none/corpus: cannot be read .*bucket does not exist"):
        shop.run(ray_python, *build, "path=s3://none/corpus")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AssertionError, match=r"s3://bucket/corpus: cannot be read .*Unable to locate credentials"):
        shop.run(ray_python, *build, "path=s3://bucket/corpus")
