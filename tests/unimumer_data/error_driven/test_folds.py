from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from unimumer_data.error_driven.dealing import Member, deal, group
from unimumer_data.error_driven.folds import main
from unimumer_data.errors import ConfigError
from unimumer_data.latex import canonical
from unimumer_data.records import registry
from unimumer_data.records.record import Record
from unimumer_data.sources import get_source
from unimumer_data.sources.base import Drop
from unimumer_data.tasks.prompts import VANILLA

RECIPE = Path(__file__).resolve().parents[3] / "recipes" / "smoke.yaml"


def corpus(samples: int, labels: int, writers: int) -> list[Member]:
    return [Member(id=f"s{k}", label=f"x _ {{ {k * 7 % labels} }}", writer=f"w{k % writers}") for k in range(samples)]


def built_set(folder: Path, members: list[Member]) -> None:
    """As build leaves it."""
    records = [Record.of(f"./data/toy/images/{m.id}.png", VANILLA, m.label).to_dict() for m in members]
    (folder / "data/toy").mkdir(parents=True, exist_ok=True)
    (folder / "data/toy/toy.json").write_text(json.dumps(records), encoding="utf-8")
    registry.update(folder / "dataset_info.json", {"toy": registry.file_entry("data/toy/toy.json")})
    (folder / "writers.tsv").write_text("".join(f"{m.id}\t{m.writer}\n" for m in members), encoding="utf-8")


def ids(folder: Path, fold: int) -> list[str]:
    records = json.loads((folder / f"data/toy/folds/toy_fold{fold}.json").read_text(encoding="utf-8"))
    return [Path(record["images"][0]).stem for record in records]


def run(folder: Path, *words: str) -> int:
    return main(["data=toy", f"output={folder}", f"recipe={RECIPE}", *words])


@pytest.mark.parametrize("by", ["label", "writer", "both", "random"])
@pytest.mark.parametrize("folds", [2, 5])
def test_no_group_is_parted_and_folds_are_even(by, folds):
    members = [*corpus(2000, 400, 400), Member(id="new", label="z")]
    dealt = deal(group(members, by), folds, seed=3)
    assert dealt.unevenness < 0.05
    assert sum(dealt.sizes) == len(members)
    seen: dict[str, set[int]] = defaultdict(set)
    for member, fold in zip(members, dealt.of, strict=True):
        if by in ("label", "both"):
            seen[f"label {member.label}"].add(fold)
        if by in ("writer", "both"):
            seen[f"writer {member.writer}"].add(fold)
        seen[f"id {member.id}"].add(fold)
    assert all(len(found) == 1 for found in seen.values())


def test_seed_decides():
    groups = group(corpus(1000, 300, 10), "label")
    assert deal(groups, 5, seed=1) == deal(groups, 5, seed=1)
    assert deal(groups, 5, seed=1).of != deal(groups, 5, seed=2).of


def test_spellings_of_one_formula_stay_together():
    members = [Member(id="a", label=r"x \le y"), Member(id="b", label=r"x \leq y"), Member(id="c", label="x")]
    first, second, third = group(members, "label")
    assert first == second != third


def test_a_new_sample_moves_none_of_the_others(tmp_path):
    members = corpus(400, 150, 20)
    built_set(tmp_path, members)
    assert run(tmp_path, "folds=3") == 0
    before = [ids(tmp_path, fold) for fold in range(3)]
    built_set(tmp_path, [Member(id="new", label="a + b"), *members, Member(id="newer", label=members[0].label)])
    assert run(tmp_path, "folds=3") == 0
    after = [ids(tmp_path, fold) for fold in range(3)]
    assert [[id for id in fold if not id.startswith("new")] for fold in after] == before
    assert sum(map(len, after)) == 402


def test_same_seed_same_bytes(tmp_path, capsys):
    for name in ("one", "two"):
        built_set(tmp_path / name, corpus(60, 40, 5))
        assert run(tmp_path / name, "folds=2", "seed=7") == 0
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name / "data/toy/folds").iterdir()}
                for name in ("one", "two"))  # fmt: skip
    assert one == two


def test_data_sets_and_recipes(tmp_path, capsys):
    built_set(tmp_path, corpus(60, 40, 5))
    assert run(tmp_path, "folds=3") == 0
    entries = registry.read_registry(tmp_path / "dataset_info.json")
    recipe = yaml.safe_load((tmp_path / "data/toy/folds/train_without_fold1.yaml").read_text(encoding="utf-8"))
    assert recipe["dataset"] == "toy_fold0, toy_fold2"
    assert recipe["output_dir"] == "outputs/toy_without_fold1"
    base = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    assert {key: recipe[key] for key in base if key not in ("dataset", "output_dir")} == {
        key: base[key] for key in base if key not in ("dataset", "output_dir")
    }
    for fold in range(3):
        assert (tmp_path / entries[f"toy_fold{fold}"]["file_name"]).is_file()
    assert "60 samples in 40 groups by label" in capsys.readouterr().out


def test_fewer_folds_leave_no_stale_ones(tmp_path):
    built_set(tmp_path, corpus(60, 40, 5))
    assert run(tmp_path, "folds=4") == 0
    assert run(tmp_path, "folds=2") == 0
    assert {path.name for path in (tmp_path / "data/toy/folds").iterdir()} == {
        *("folds.json", "toy_fold0.json", "toy_fold1.json"),
        *("train_without_fold0.yaml", "train_without_fold1.yaml"),
    }


def test_writers_from_a_table(tmp_path):
    built_set(tmp_path, corpus(60, 40, 6))
    assert run(tmp_path, "folds=2", "by=writer", f"writers={tmp_path / 'writers.tsv'}") == 0
    writers = [{int(id[1:]) % 6 for id in ids(tmp_path, fold)} for fold in range(2)]
    assert not writers[0] & writers[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["by=both", "folds=2", "writers={}/writers.tsv"],
            "5 groups, the largest of 12 of 60 samples, do not allow 2",
        ),
        (["by=writer"], "give writers=<table>"),
        (["folds=1"], "folds must be at least 2"),
        (["folds=61"], "40 groups leave some of 61 folds empty; use fewer folds"),
        (["by=lable"], "by must be one of label, writer, both, random"),
        (["recipe=none.yaml"], "none.yaml: no such file"),
    ],
)
def test_what_cannot_be_done_is_said(words, message, tmp_path, capsys):
    built_set(tmp_path, corpus(60, 40, 5))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run(tmp_path, *(word.format(tmp_path) for word in words)) == 2
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_set_that_is_not_built(tmp_path, capsys):
    assert main(["data=toys", f"output={tmp_path}"]) == 2
    assert "toys: no such file" in capsys.readouterr().err


def test_no_writers_are_known():
    with pytest.raises(ConfigError, match="no writer is known"):
        group([Member(id="a", label="x")], "writer")


@pytest.fixture(scope="module")
def crohme() -> list[Member]:
    folder = Path(__file__).resolve().parents[4] / "shared/data/crohme-inkml/TrainINKML"
    if not folder.is_dir():
        pytest.skip("needs the real corpora in ../shared/data, which the project may not ship")
    samples = get_source("crohme-inkml").samples(folder)
    return [
        Member(id=one.id, label=canonical(one.label, corpus="crohme", repairs=[]), writer=one.writer)
        for one in samples
        if not isinstance(one, Drop)
    ]


@pytest.mark.parametrize(("by", "folds"), [("label", 2), ("label", 5), ("label", 10), ("writer", 5), ("both", 4)])
def test_crohme_ink(crohme, by, folds):
    dealt = deal(group(crohme, by), folds)
    assert dealt.unevenness < 0.05
    for key in ("label", "writer"):
        seen: dict[str, set[int]] = defaultdict(set)
        for member, fold in zip(crohme, dealt.of, strict=True):
            if by in (key, "both") and getattr(member, key):
                seen[getattr(member, key)].add(fold)
        assert all(len(found) == 1 for found in seen.values())


def test_crohme_formulas_and_writers_are_too_entangled_for_five_folds(crohme):
    dealt = deal(group(crohme, "both"), 5)
    assert dealt.largest > len(crohme) / 5
    assert dealt.unevenness > 0.05
