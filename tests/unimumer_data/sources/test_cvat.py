import pytest
from made_up_corpora import drops, labels, save_picture, save_text

from unimumer_data.errors import SourceError
from unimumer_data.images import load_image
from unimumer_data.sources.cvat import read

EXPORT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><job><id>7</id><labels><label><name>formula</name><attributes><attribute><name>latex</name>
    <mutable>False</mutable><input_type>text</input_type></attribute></attributes></label></labels></job></meta>
  <image id="0" name="whole.png" width="40" height="30">
    <tag label="formula" source="manual">
      <attribute name="latex">x &lt; \\frac12</attribute>
    </tag>
  </image>
  <image id="1" name="pages/two.png" width="80" height="60">
    <box label="formula" source="manual" occluded="0" xtl="1.50" ytl="2.00" xbr="30.20" ybr="20.00" z_order="0">
      <attribute name="remark">faint</attribute>
      <attribute name="latex">y</attribute>
    </box>
    <box label="formula" source="manual" occluded="0" xtl="40" ytl="2" xbr="90" ybr="70" z_order="0">
      <attribute name="latex">z ^ 2</attribute>
    </box>
    <box label="formula" xtl="40" ytl="2" xbr="79" ybr="50" rotation="12.5">
      <attribute name="latex">turned</attribute>
    </box>
    <polygon label="formula" points="1,2;3,4;5,6"><attribute name="latex">round</attribute></polygon>
    <box label="formula" xtl="90" ytl="2" xbr="95" ybr="50"><attribute name="latex">outside</attribute></box>
  </image>
  <image id="2" name="nothing.png" width="40" height="30"></image>
  <image id="3" name="gone.png" width="40" height="30"><tag><attribute name="latex">a</attribute></tag></image>
  <image id="4" name="small.png" width="400" height="300">
    <box xtl="4" ytl="2" xbr="9" ybr="9"><attribute name="latex">b</attribute></box>
  </image>
</annotations>
"""


def test_tags_are_whole_pictures_and_boxes_are_cut_out(tmp_path):
    for name, size in {"whole": (40, 30), "pages/two": (80, 60), "nothing": (40, 30), "small": (40, 30)}.items():
        save_picture(tmp_path / f"{name}.png", size=size)
    save_text(tmp_path / "annotations.xml", EXPORT)
    items = list(read(tmp_path, "train"))
    assert labels(items) == {
        "whole": r"x < \frac12", "pages__two__1": "y", "pages__two__2": "z ^ 2", "gone": "a",
    }  # fmt: skip
    by_id = {item.id: item for item in items}
    page = load_image(tmp_path / "pages/two.png")
    for number, box in {1: (1, 2, 31, 20), 2: (40, 2, 80, 60)}.items():
        assert load_image(by_id[f"pages__two__{number}"].pixels).tobytes() == page.crop(box).tobytes()
    assert "there is no picture of that name" in by_id["gone"].absent
    messages = {item.id: item.message for item in items if item.id in drops(items)}
    assert messages.pop("nothing") == "annotations.xml:25: nothing.png has no shape with a text"
    assert messages == {
        "pages__two__3": "annotations.xml:11, box 3: is turned by 12.5 degrees; draw an upright box",
        "pages__two__4": "annotations.xml:11, polygon 4: only boxes and tags can be read; draw a box",
        "pages__two__5": "annotations.xml:11, box 5: the box is empty, or outside of the picture; draw it again",
        "small": "annotations.xml:27, box 1: the picture is 40x30, the export says 400x300",
    }


def test_the_attribute_can_be_named(tmp_path):
    save_picture(tmp_path / "whole.png")
    save_text(tmp_path / "a.xml", EXPORT)
    save_picture(tmp_path / "pages/two.png", size=(80, 60))
    assert labels(read(tmp_path, "train", attribute="remark")) == {"pages__two": "faint"}


def test_a_shape_within_an_attribute_ends_it(tmp_path):
    save_picture(tmp_path / "a.png", size=(40, 30))
    inner = '<tag><attribute name="latex">x<tag> y <attribute name="latex">z</attribute></tag></attribute></tag>'
    save_text(tmp_path / "a.xml", f'<annotations><image id="0" name="a.png">{inner}</image></annotations>')
    assert "z" in labels(list(read(tmp_path, "train"))).values()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotations><image name='a.png'></annotations>", r"a\.xml:1: not well-formed \(mismatched tag\)"),
        ("<ink/>", "is no export of CVAT; choose the format 'CVAT for images 1.1'"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations/>", "has a document type"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path, text, message):
    save_text(tmp_path / "a.xml", text)
    with pytest.raises(SourceError, match=message):
        list(read(tmp_path, "train"))
    save_text(tmp_path / "b.xml", text)
    with pytest.raises(SourceError, match=r"one CVAT export \(XML\) is needed, found a\.xml, b\.xml; write path=FILE"):
        list(read(tmp_path, "train"))
