"""``python hub.py PORT``: a stand-in for the Hugging Face Hub, for data sets: as much of its HTTP interface as the
package ``huggingface_hub`` needs to list, read and commit files. They are in memory and have one revision.

No server of the Hub can be had. What it answers follows what that package sends and takes (versions 1.33 and 2.4).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from typing import Any

from flask import Flask, Response, jsonify, request, send_file

REVISION = "0" * 40
API = "/api/datasets/<owner>/<name>"

app = Flask(__name__)
repositories: dict[str, dict[str, bytes]] = {}
commits: dict[str, list[int]] = {}  # of a repository, the number of changes of each


def missing(what: str) -> Response:
    return Response(status=404, headers={"X-Error-Code": what})


def file_of(path: str, data: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}


def folder_of(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": REVISION}


@app.post("/api/repos/create")
def create() -> Any:
    repository = f"{request.json['organization']}/{request.json['name']}"
    repositories[repository], commits[repository] = {".gitattributes": b"*.zip filter=lfs\n"}, []
    return jsonify(url=f"{request.host_url}datasets/{repository}")


@app.get(API)
@app.get(f"{API}/revision/<revision>")
def about(owner: str, name: str, revision: str = "") -> Any:
    repository = f"{owner}/{name}"
    if repository not in repositories:
        return missing("RepoNotFound")
    siblings = [{"rfilename": path} for path in repositories[repository]]
    return jsonify(_id="1", id=repository, sha=REVISION, private=False, tags=[], siblings=siblings)


@app.get(f"{API}/tree/<revision>")
@app.get(f"{API}/tree/<revision>/<path:folder>")
def tree(owner: str, name: str, revision: str, folder: str = "") -> Any:
    prefix, recursive = f"{folder}/" if folder else "", request.args.get("recursive") == "true"
    found: dict[str, dict[str, Any]] = {}
    for path, data in sorted(repositories[f"{owner}/{name}"].items()):
        if path.startswith(prefix):
            parts = path.removeprefix(prefix).split("/")
            for depth in range(1, len(parts) if recursive else min(2, len(parts))):
                parent = prefix + "/".join(parts[:depth])
                found[parent] = folder_of(parent)
            if recursive or len(parts) == 1:
                found[path] = file_of(path, data)
    return jsonify([*found.values()]) if found or not folder else missing("EntryNotFound")


@app.post(f"{API}/paths-info/<revision>")
def paths(owner: str, name: str, revision: str) -> Any:
    files, found = repositories[f"{owner}/{name}"], []
    for path in request.json["paths"] if request.is_json else request.form.getlist("paths"):
        if path in files:
            found.append(file_of(path, files[path]))
        elif any(one.startswith(f"{path}/") for one in files):
            found.append(folder_of(path))
    return jsonify(found)


@app.get("/datasets/<owner>/<name>/resolve/<revision>/<path:path>")
def read(owner: str, name: str, revision: str, path: str) -> Any:
    data = repositories[f"{owner}/{name}"].get(path)
    if data is None:
        return missing("EntryNotFound")
    answer = send_file(io.BytesIO(data), mimetype="application/octet-stream", etag=hashlib.sha1(data).hexdigest())
    answer.headers["X-Repo-Commit"] = REVISION
    return answer


@app.post("/api/validate-yaml")
def validate() -> Any:
    return jsonify(errors=[], warnings=[])


@app.post(f"{API}/preupload/<revision>")
def upload_modes(owner: str, name: str, revision: str) -> Any:
    modes = [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in request.json["files"]]
    return jsonify(files=modes)


@app.post(f"{API}/commit/<revision>")
def commit(owner: str, name: str, revision: str) -> Any:
    files = repositories[f"{owner}/{name}"]
    changes = [json.loads(line) for line in request.get_data().splitlines()][1:]  # the first is the message
    for change in changes:
        path = change["value"]["path"]
        if change["key"] == "file":
            files[path] = base64.b64decode(change["value"]["content"])
        elif change["key"] == "deletedFile" and path in files:
            del files[path]
        else:
            return missing("EntryNotFound")
    commits[f"{owner}/{name}"].append(len(changes))
    return jsonify(commitOid=REVISION, commitUrl=f"{request.host_url}datasets/{owner}/{name}/commit/{REVISION}")


@app.get(f"{API}/commits")
def sizes(owner: str, name: str) -> Any:
    return jsonify(commits[f"{owner}/{name}"])


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
