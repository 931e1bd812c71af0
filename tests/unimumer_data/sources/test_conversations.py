import json

import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import ConfigError, SourceError
from unimumer_data.sources.conversations import read
from unimumer_data.tasks import prompts

LLAVA = {
    "id": "0007",
    "image": "set/a.jpg",
    "conversations": [
        {"from": "human", "value": "<image>\nWrite the formula."},
        {"from": "gpt", "value": "$$\\frac { 1 } { 2 }$$"},
    ],
}
FORMS = {
    "llava": LLAVA,
    "swift": {"messages": [{"role": "user", "content": "<image>OCR"}, {"role": "assistant", "content": "x"}],
              "images": ["set/a.jpg"]},
    "swift_of_old": {"query": "<image>OCR", "response": "```latex\nx\n```", "history": [],
                     "images": ["/old/set/a.jpg"]},
    "swift_with_objects": {"messages": [{"role": "user", "content": "<image>OCR"},
                                        {"role": "assistant", "content": "x"}],
                           "images": [{"bytes": None, "path": "set/a.jpg"}]},
    "llamafactory": {"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "<image>read"},
                                       {"from": "gpt", "value": "x"}], "images": ["set/a.jpg"]},
    "alpaca": {"instruction": "<image>read", "input": "", "output": "x", "images": ["set/a.jpg"]},
    "openai": {"messages": [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file://set/a.jpg"}},
                                     {"type": "text", "text": "read"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "x"}]}]},
    "qwen": {"messages": [
        {"role": "user", "content": [{"type": "image", "image": "set/a.jpg"}, {"type": "text", "text": "read"}]},
        {"role": "assistant", "content": "\\boxed{x}"}]},
    "lf_v1": {"messages": [
        {"role": "user", "content": [{"type": "image_url", "value": "set/a.jpg"}, {"type": "text", "value": "read"}]},
        {"role": "assistant", "content": [{"type": "text", "value": "x"}], "loss_weight": 1.0}]},
    "ours": {"messages": [{"from": "human", "value": f"<image>{prompts.TREE}"}, {"from": "gpt", "value": "x\nx"}],
             "images": ["set/a.jpg"]},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path, form):
    save_picture(tmp_path / "set/a.jpg")
    file = save_text(tmp_path / "records.json", json.dumps([FORMS[form]]))
    (sample,) = read(file, "train")
    assert sample.label == (r"\frac { 1 } { 2 }" if form == "llava" else "x")
    assert sample.image == tmp_path / "set/a.jpg" and sample.id == "set__a"
    save_text(file, json.dumps(FORMS[form]) + "\n")
    assert labels(read(tmp_path, "train")) == {"set__a": sample.label}


def test_broken_records_are_named(tmp_path):
    save_picture(tmp_path / "set/a.jpg")
    several = [*LLAVA["conversations"], {"from": "human", "value": "again"}, {"from": "gpt", "value": "y"}]
    lines = [
        json.dumps(LLAVA),
        '{"image": "set/a.jpg", "conv',
        json.dumps({**LLAVA, "image": ["set/a.jpg", "set/b.jpg"]}),
        json.dumps({**LLAVA, "image": None}),
        json.dumps({**LLAVA, "conversations": several}),
        json.dumps({**LLAVA, "conversations": []}),
        json.dumps({**LLAVA, "image": "gone.jpg"}),
        json.dumps({**LLAVA, "conversations": [{"from": "human", "value": prompts.ERROR_FIND.format(candidate="x")},
                                               {"from": "gpt", "value": "x"}]}),
    ]  # fmt: skip
    file = save_text(tmp_path / "r.jsonl", "\n".join(lines))
    items = list(read(file, "train"))
    assert list(labels(items)) == ["set__a", "gone"]
    assert [item.message for item in items if item.id in drops(items)] == [
        "r.jsonl: line 2: is no JSON object; correct it",
        "r.jsonl: line 3: has 2 pictures; one is needed",
        "r.jsonl: line 4: has no pictures; one is needed",
        "r.jsonl: line 5: has 2 answers; write options={turn: 1} if the first is the LaTeX",
        "r.jsonl: line 6: has no answer; a question and an answer are needed",
        "r.jsonl: line 8: error detection records hold no label; take the vanilla set of the same pictures",
    ]
    second = [item for item in read(file, "train", turn="2") if item.id == "set__a"]
    assert [item.label for item in second] == ["y"]
    with pytest.raises(ConfigError, match=r"turn must be 1, 2 \.\.\., got 'x'"):
        list(read(file, "train", turn="x"))


def test_several_files(tmp_path):
    for name in ("a.json", "b.jsonl"):
        save_text(tmp_path / name, "[]")
    with pytest.raises(SourceError, match=r"one file of conversations .* is needed, found a\.json, b\.jsonl"):
        list(read(tmp_path, "train"))
