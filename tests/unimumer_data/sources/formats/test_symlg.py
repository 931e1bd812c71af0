import pytest

from unimumer_data.errors import SourceError
from unimumer_data.sources.formats.symlg import read_symlg, symlg_to_latex


def graph(objects: dict[str, str], *edges: tuple[str, str, str]) -> str:
    lines = ["# IUD, made_up", f"# Objects({len(objects)}):"]
    lines += [f"O, {key}, {label}, 1.0, O" for key, label in objects.items()]
    lines += ["", "# Relations from SRT:", *(f"R, {a}, {b}, {relation}, 1.0" for a, b, relation in edges)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("objects", "edges", "latex"),
    [
        ("F z x", "F z Sub, F x Right", "F _ { z } x"),
        ("x 2 i", "x 2 Sup, x i Sub", "x _ { i } ^ { 2 }"),
        ("- a b +", "- a Above, - b Below, - + Right", r"\frac { a } { b } +"),
        ("- a", "- a Right", "- a"),
        (r"\sqrt 3 x", r"\sqrt x Inside, \sqrt 3 Above", r"\sqrt [ 3 ] { x }"),
        (r"\sum i n x", r"\sum i Below, \sum n Above, \sum x Right", r"\sum \limits _ { i } ^ { n } x"),
        (r"\sum i n", r"\sum i Sub, \sum n Sup", r"\sum _ { i } ^ { n }"),
        ("a COMMA b", "a COMMA Right, COMMA b Right", "a , b"),
        (r"a \lt b", r"a \lt Right, \lt b Right", "a < b"),
        ("- x", "- x Below", r"\overline { x }"),
    ],
)
def test_relations_to_latex(objects, edges, latex):
    names = {label: label for label in objects.split()}
    assert symlg_to_latex(graph(names, *(tuple(edge.split()) for edge in edges.split(", ")))) == latex


def test_objects_under_other_names_than_in_the_relations():
    text = graph({"AUTO_1": "x", "AUTO_2": "x", "AUTO_3": "2"}, ("x_1", "x_2", "Right"), ("x_2", "2_1", "Sup"))
    assert symlg_to_latex(text) == "x x ^ { 2 }"


def test_a_long_line_of_writing_does_not_hit_the_recursion_limit():
    names = {f"o{n}": "x" for n in range(5000)}
    edges = [(f"o{n}", f"o{n + 1}", "Right") for n in range(4999)]
    assert symlg_to_latex(graph(names, *edges)) == " ".join(["x"] * 5000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no objects"),
        (graph({"a": "a", "b": "b"}), "not a tree"),
        (graph({"a": "a", "b": "b", "c": "c"}, ("b", "c", "Right"), ("c", "b", "Right")), "ring"),
        (graph({"a": "a", "b": "b"}, ("a", "b", "Beside")), "line 7: unknown relation 'Beside'"),
        (graph({"a": "a"}, ("a", "z", "Right")), "'z', which is not there"),
        (graph({"a": "a", "b": "b", "c": "c"}, ("a", "b", "Sup"), ("a", "c", "Sup")), "two children sup"),
        (graph({"a": "a", "b": "b"}, ("a", "b", "Inside")), "no LaTeX for that"),
        ("<html>", "neither an object"),
        ("O, a, x, 1.0\nO, b, , 1.0", "line 2: an object without a symbol"),
    ],
)
def test_graphs_that_are_no_formula(text, message):
    with pytest.raises(SourceError, match=message):
        symlg_to_latex(text, name="made_up")


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match=r"none\.lg: cannot be read"):
        read_symlg(tmp_path / "none.lg")
