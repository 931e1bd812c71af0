"""The tiny model is one of its family in all but size: tokens, chat format, rules for pictures, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from unimumer_data.errors import ConfigError
from unimumer_data.tasks import prompts
from unimumer_data.training.tiny import TinyConfig, main, make_tiny
from unimumer_data.training.tiny_families import FAMILIES

transformers = pytest.importorskip("transformers", reason="needs the training environment: make train-env")
pytest.importorskip("torch", reason="needs the training environment: make train-env")

TYPES = {"qwen2.5-vl": "qwen2_5_vl", "qwen3-vl": "qwen3_vl", "qwen3.5": "qwen3_5", "glm-ocr": "glm_ocr"}
OPENED = {
    "qwen3-vl": (
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Read.<|im_end|>\n<|im_start|>assistant\n"
    ),
    "qwen3.5": (
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Read.<|im_end|>\n<|im_start|>assistant\n"
        "<think>\n\n</think>\n\n"
    ),
    "glm-ocr": "[gMASK]<sop><|user|>\n<|begin_of_image|><|image|><|end_of_image|>Read.<|assistant|>\n",
}
SIDES = {"qwen2.5-vl": (28, 4), "qwen3-vl": (32, 64), "qwen3.5": (32, 64), "glm-ocr": (28, 8)}
PICTURE = {"type": "image"}
CONVERSATIONS = {
    "picture and question": [{"role": "user", "content": [PICTURE, {"type": "text", "text": prompts.VANILLA}]}],
    "plain text": [{"role": "user", "content": "x ^ { 2 }"}],
    "system and answer": [
        {"role": "system", "content": "Read."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, PICTURE]},
        {"role": "assistant", "content": "\\frac { a } { b }"},
        {"role": "user", "content": "\n again \n"},
    ],
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    make_tiny(TinyConfig(output=folder))
    return folder


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Each family with a model of it."""
    folder = tmp_path_factory.mktemp("families") / request.param
    make_tiny(TinyConfig(output=folder, family=request.param))
    return request.param, folder


def test_each_family_answers_for_a_picture(family: tuple[str, Path]) -> None:
    name, folder = family
    assert json.loads((folder / "config.json").read_text())["model_type"] == TYPES[name]
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    turns = [{"role": "user", "content": [PICTURE, {"type": "text", "text": "Read."}]}]
    text = processor.apply_chat_template(turns, add_generation_prompt=True, enable_thinking=False)
    assert text == OPENED.get(name, text)
    picture = Image.radial_gradient("L").resize((160, 96)).convert("RGB")
    inputs = processor(text=[text], images=[picture], return_tensors="pt")
    produced = model.generate(**inputs, max_new_tokens=4, do_sample=False)
    assert produced.shape[1] > inputs["input_ids"].shape[1]


def test_pictures_are_cut_by_the_rules_of_the_family(family: tuple[str, Path]) -> None:
    name, folder = family
    side, fewest = SIDES[name]
    image_processor = transformers.AutoProcessor.from_pretrained(folder).image_processor
    assert image_processor.patch_size * image_processor.merge_size == side
    _, rows, columns = image_processor([Image.new("RGB", (40, 30))], return_tensors="np")["image_grid_thw"][0]
    assert rows * columns // image_processor.merge_size**2 >= fewest


def test_special_tokens_are_one_piece(family: tuple[str, Path]) -> None:
    name, folder = family
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for token in (*FAMILIES[name].specials, *FAMILIES[name].added):
        assert tokenizer.encode(token, add_special_tokens=False) == [tokenizer.convert_tokens_to_ids(token)]
    config = json.loads((folder / "config.json").read_text())
    for key, token in FAMILIES[name].ids.items():
        assert config[key] == tokenizer.convert_tokens_to_ids(token)
    text = "\\frac { a ^ { 2 } + 1 } { b }\n"
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_is_small_and_loads_as_what_it_claims_to_be(tiny: Path) -> None:
    model = transformers.AutoModelForImageTextToText.from_pretrained(tiny)
    assert type(model).__name__ == "Qwen2_5_VLForConditionalGeneration"
    assert sum(file.stat().st_size for file in tiny.iterdir()) < 5_000_000
    assert sum(model.config.text_config.rope_parameters["mrope_section"]) == 16  # half the head size


def test_ids_of_config_and_tokenizer_agree(tiny: Path) -> None:
    tokenizer = transformers.AutoProcessor.from_pretrained(tiny).tokenizer
    config = json.loads((tiny / "config.json").read_text())
    for key, token in {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }.items():
        assert config[key] == tokenizer.convert_tokens_to_ids(token)
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token == "<|endoftext|>"
    assert config["text_config"]["vocab_size"] == len(tokenizer)
    assert [len(tokenizer.encode(token)) for token in FAMILIES["qwen2.5-vl"].specials] == [1] * 14


@pytest.mark.parametrize("text", ["\\frac { a ^ { 2 } + 1 } { b }", "+\t\n\n  x", "手写公式 ∑ é", "\x00"])
def test_any_text_comes_back(tiny: Path, text: str) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_tokenizer_learns_from_records(tiny: Path, tmp_path: Path) -> None:
    label = "\\alpha \\beta \\gamma"
    records = [{"images": ["x.png"], "messages": [{"from": "gpt", "value": label}]}] * 3
    (tmp_path / "set.json").write_text(json.dumps(records))
    make_tiny(TinyConfig(output=tmp_path / "tiny", records=(tmp_path / "set.json",)))
    taught, untaught = (transformers.AutoTokenizer.from_pretrained(path) for path in (tmp_path / "tiny", tiny))
    assert len(taught.encode(label)) < len(untaught.encode(label))


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_chat_format_is_the_published_one(tiny: Path, shared_data: Path, name: str) -> None:
    published = json.loads((shared_data / "qwen2.5-vl-tokenizer" / "chat_template.json").read_text())["chat_template"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny)
    for opened in (False, True):
        ours, theirs = (
            tokenizer.apply_chat_template(
                CONVERSATIONS[name], chat_template=template, tokenize=False, add_generation_prompt=opened
            )
            for template in (FAMILIES["qwen2.5-vl"].chat_template, published)
        )
        assert ours == theirs


def test_chat_format_of_a_question(tiny: Path) -> None:
    processor = transformers.AutoProcessor.from_pretrained(tiny)
    text = processor.apply_chat_template(CONVERSATIONS["picture and question"], add_generation_prompt=True)
    assert text == (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        f"<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>{prompts.VANILLA}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_same_seed_same_bytes(tiny: Path, tmp_path: Path) -> None:
    make_tiny(TinyConfig(output=tmp_path / "again"))
    make_tiny(TinyConfig(output=tmp_path / "other", seed=1))
    for file in tiny.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    assert (tiny / "model.safetensors").read_bytes() != (tmp_path / "other" / "model.safetensors").read_bytes()


def test_leaves_other_files_of_the_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    make_tiny(TinyConfig(output=tmp_path))
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"heads": 3}, "head size must be a multiple of 8"),
        ({"vision_hidden_size": 12}, "head size must be a multiple of 8"),
        ({"key_value_heads": 3}, "multiple of key_value_heads"),
        ({"vocab_size": 100}, "at least 256"),
        ({"family": "qwen3vl"}, "unknown family 'qwen3vl' .did you mean 'qwen3-vl'"),
    ],
)
def test_sizes_that_cannot_be(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TinyConfig(**values)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["hidden=3"], 2, "unknown key 'hidden'"),
        (["records=no/such.json"], 2, "no/such.json: no such file"),
        (["records={broken}"], 1, "record 0: no ShareGPT record"),
        (["output={broken}/x"], 1, "broken.json"),
    ],
)
def test_mistakes_end_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, message: str
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('[{"images": []}]')
    words = [word.format(broken=broken) for word in words]
    assert main([f"output={tmp_path / 'tiny'}", *words]) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
