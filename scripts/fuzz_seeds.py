"""What `fuzz.py` begins with where there are no files: small inputs that use much of their format."""

from __future__ import annotations

import io
import json
import pickle

from PIL import Image

FORMULAS = (
    r"\frac { - b \pm \sqrt { b ^ { 2 } - 4 a c } } { 2 a }",
    r"\sum \limits _ { i = 1 } ^ { n } \begin {cases} 1 & x < 0 \\ 2 & x \geq 0 \end {cases}",
    r"\left( \begin{array}{*{2}{c}|@{=}l} a & b \\[1em] c & d \end{array} \right)^{-1}",
    r"\lim_{x \to 0} f'(x) = {a \over b} + \mathrm{sin} \, x_1^2 \text{ if $x_1$ } \not = \R",
    r"\norm*[2]{x} {n \brace k}^2 \matrix{a & b \cr c} \root 3 \of x \substack{a \\ b} \braket{a}",
    r"\underbrace{a}_{b} \xrightarrow[c]{d} \sqrt[3]{x} \operatorname*{arg\,max}_x \mathbf{x}",
    r"\bm \alpha \tag*{(1)} \kern 3pt \hspace{1em} \ldots . . . \foo[1]{2} {\bf a} \limits \nolimits \\",
)
MATHML = (
    "<math xmlns='http://www.w3.org/1998/Math/MathML'><mrow><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mfrac><mi>a"
    "</mi><mi>b</mi></mfrac><msqrt><mi>y</mi></msqrt><munderover><mo>sum</mo><mi>i</mi><mi>n</mi></munderover></mrow></math>"
)
GRAPH = """# a
O, a, x, 1.0, O1
O, b, 2, 1.0, O2
O, c, -, 1.0, O3
O, d, \\sqrt, 1.0, O4
R, a, b, Sup, 1.0
R, a, c, Right, 1.0
R, c, d, Above, 1.0
"""
PREDICTIONS = json.dumps(
    [
        {"gt": "x", "pred": r"\frac{1}{2}", "image_path": "a/b.png", "img_id": "b"},
        {"gt": "", "pred": None, "image_path": "a/c.png", "img_id": "c", "samples": ["x", "y"], "confidence": 0.5},
    ]
)
RECORD = {
    "messages": [{"from": "human", "value": "<image>Read it."}, {"from": "gpt", "value": "x ^ { 2 }"}],
    "images": ["data/a.png"],
}
CVAT = """<annotations><version>1.1</version>
<image id="0" name="a.png" width="40" height="30"><tag label="f"><attribute name="latex">x &lt; 2</attribute></tag>
<box label="f" xtl="1.5" ytl="2" xbr="30" ybr="20" rotation="0"><attribute name="latex">y</attribute></box>
<polygon points="1,2;3,4"><attribute name="note">z</attribute></polygon></image></annotations>
"""
CONVERSATIONS = (
    {"image": "a.png", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "$x$"}]},
    {"query": "<image>", "response": "x", "images": [{"path": "a.png"}], "history": []},
    {
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}, {"type": "text"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "x"}], "loss_weight": 1.0},
        ]
    },
)
REPLY = json.dumps(
    {
        "choices": [
            {
                "message": {"content": "x ^ 2"},
                "finish_reason": "stop",
                "logprobs": {
                    "content": [{"token": "x", "logprob": -0.1, "top_logprobs": [{"token": "x", "logprob": -1}]}]
                },
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3},
    }
)
SETTINGS = """source: table
path: a
name: b
limit: 5
tasks: [vanilla, tree]
seed: 1
workers: 2
model: m
engine: vllm
shard: 1/2
"""


def pictures() -> tuple[bytes, ...]:
    """Small ones of every kind."""
    found = []
    for mode, kind in (("RGB", "PNG"), ("LA", "PNG"), ("P", "GIF"), ("L", "BMP"), ("RGB", "JPEG"), ("1", "TIFF")):
        file = io.BytesIO()
        Image.new(mode, (40, 20), 0).save(file, kind)
        found.append(file.getvalue())
    return tuple(found)


def pickles() -> tuple[bytes, ...]:
    """Plain data in every protocol, and an array as numpy 1 wrote it."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nI2\ntcnumpy\ndtype\n(S'u1'\nI0\nI1"
        b"\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x00\\xff\\x00\\xff'\ntb."
    )
    data = {"a": [1, 2.5, "x ^ 2", b"\x00", None, True], "b": {"c": ("d",)}}
    return (*(pickle.dumps(data, protocol) for protocol in range(6)), array)
