import pytest
from PIL import Image, ImageDraw, ImageOps

from unimumer_data.health.fingerprints import LOOK_DISTANCE, Index, fingerprint, look_hash, pixel_hash
from unimumer_data.health.leaks import Guard
from unimumer_data.health.overlap import compare, overlaps
from unimumer_data.records.labelled import Labelled, LabelledSet, read_labelled


def drawing(seed: int, size: int = 1) -> Image.Image:
    """A scribble of its own for each seed."""
    image = Image.new("RGB", (200 * size, 80 * size), "white")
    points = [((20 + 40 * n) * size, (10 + (seed * (n + 3) * 37) % 60) * size) for n in range(5)]
    ImageDraw.Draw(image).line(points, fill="black", width=4 * size)
    return image


@pytest.fixture
def save(tmp_path):
    def save(name, image, label="x"):
        image.save(tmp_path / name)
        return Labelled(id=name.partition(".")[0], label=label, image=tmp_path / name)

    return save


def prints(*items):
    return [fingerprint(item) for item in items]


def leaks(training, test, *, by_label=False):
    guard = Guard([("t", test)], by_label=by_label)
    return [leak for one in training if (leak := guard.find(one))]


def distance(a, b):
    return (look_hash(a) ^ look_hash(b)).bit_count()


def test_the_look_survives_scale_margin_inversion_and_jpeg(save):
    image = drawing(1)
    variants = [
        drawing(1, 3),
        ImageOps.expand(image, 50, "white"),
        ImageOps.invert(image),
        Image.open(save("a.jpg", image).image),
    ]
    assert all(distance(image, variant) <= LOOK_DISTANCE for variant in variants)
    assert all(distance(image, drawing(seed)) > LOOK_DISTANCE for seed in (2, 3, 4))


def test_a_blank_picture_has_a_look():
    assert look_hash(Image.new("RGB", (10, 10), "white")) == 0


def test_pixels_are_equal_whatever_the_format(save):
    image = drawing(1)
    a, b = prints(save("a.png", image), save("b.bmp", image))
    assert a.pixels == b.pixels == pixel_hash(image)
    assert pixel_hash(Image.new("RGB", (2, 3))) != pixel_hash(Image.new("RGB", (3, 2)))


def test_look_alikes_are_found_at_every_distance():
    (base,) = prints(Labelled(id="a", label="x"))
    for bits in range(LOOK_DISTANCE + 3):
        other = type(base)(id="b", label="x", look=sum(1 << (n * 9) for n in range(bits)))
        assert bool(Index([other]).look_alikes(0)) == (bits <= LOOK_DISTANCE)


def test_labels_agree_across_spellings():
    found = list(overlaps([one("a", r"\frac12", "y"), one("b", r"\frac { 1 } { 2 }", r"\frac { 1 } { 2 }", "z")]))
    assert [(o.a, o.b, o.label_a, o.label_b, o.labels) for o in found] == [
        ("a", "a", 0, 0, 0),
        ("a", "b", 1, 2, 1),
        ("b", "b", 2, 2, 1),
    ]


def one(name, *labels):
    return LabelledSet(name, [Labelled(id=f"{name}_{n}", label=label) for n, label in enumerate(labels)])


@pytest.mark.parametrize(
    ("a", "b"), [(r"\sum \limits _ { i } x", r"\sum_i x"), (r"\left( x \right)", "( x )"), (r"a \le b", r"a \leq b")]
)
def test_conventions_of_corpora_do_not_hide_an_overlap(a, b):
    assert fingerprint(Labelled(id="a", label=a)).label == fingerprint(Labelled(id="b", label=b)).label


def test_pictures_and_both(save):
    a = Index(prints(save("a.png", drawing(1), "x"), save("b.png", drawing(2), "y"), save("c.png", drawing(3), "z")))
    b = Index(
        prints(save("d.png", drawing(1), "x"), save("e.png", drawing(2, 2), "q"), save("f.png", drawing(4), "z"))
    )
    found = compare("a", a, "b", b)
    assert (found.label_a, found.pixels, found.look, found.both) == (2, 1, 2, 1)
    itself = compare("a", a, "a", a)
    assert (itself.label_a, itself.pixels, itself.look, itself.both) == (0, 0, 0, 0)


def test_a_picture_that_cannot_be_opened_still_has_its_label(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    found = fingerprint(Labelled(id="a", label="x", image=tmp_path / "a.png"))
    assert (found.label, found.pixels, found.look) == ("x", None, None)


class TestGuard:
    def test_equal_labels_alone_are_no_leak(self, save):
        training, test = prints(save("a.png", drawing(1))), prints(save("b.png", drawing(2)))
        assert leaks(training, test) == []
        assert [leak.rule for leak in leaks(training, test, by_label=True)] == ["same label"]

    @pytest.mark.parametrize(
        ("name", "seed", "size", "label", "rule"),
        [
            ("other.png", 1, 1, "q", "same picture"),
            ("other.png", 1, 2, "x", "same label, picture looks alike"),
            ("t.bmp", 2, 1, "x", "same id and label"),
        ],
    )
    def test_a_test_sample_is_refused(self, save, name, seed, size, label, rule):
        test = prints(save("t.png", drawing(1)))
        training = prints(save("good.png", drawing(5)), save(name, drawing(seed, size), label))
        (leak,) = leaks(training, test)
        assert (leak.test_set, leak.training_id, leak.rule) == ("t", name.partition(".")[0], rule)

    def test_look_alike_with_another_label_is_no_leak(self, save):
        test = prints(save("t.png", drawing(1)))
        assert leaks(prints(save("a.png", drawing(1, 2), "y")), test) == []


def labelled(shared_data, *names):
    files = [
        next(shared_data.glob(f"*/{name}_captions.json"), shared_data / f"predictions/{name}_pred.json")
        for name in names
    ]
    return [read_labelled(str(file)) for file in files]


def test_known_overlaps_of_published_sets(shared_data):
    sets = labelled(shared_data, "N1", "N2", "N3", "crohme_train", "crohme_2014", "crohme_2019", "crohme2023_test",
                    "crohme2023_train", "crohme2023_val")  # fmt: skip
    found = {(o.a, o.b): o for o in overlaps(sets, pictures=False)}
    assert found["N1", "crohme_2014"].label_a == 518
    assert found["N1", "crohme_2019_pred"].label_a == 738
    assert found["N2", "crohme_2014"].label_a == 95
    assert found["N2", "crohme_2019_pred"].label_a == 93
    assert round(100 * found["N3", "crohme_train"].label_a / 1464) == 29
    assert found["crohme_train", "crohme2023_train"].label_b == 212
    assert found["crohme_2019_pred", "crohme2023_test"].label_b == 633


@pytest.mark.slow
def test_hme100k_repeats_itself(shared_data):
    (found,) = overlaps(labelled(shared_data, "hme100k_train"), pictures=False)
    assert (found.size_a, found.label_a, found.labels) == (74502, 27073, 6150)


@pytest.mark.slow
def test_two_renderings_of_crohme_2014_are_recognised(shared_data):
    wap = [line.split("\t") for line in (shared_data / "crohme-wap/2014_caption.txt").read_text().splitlines()]
    folder = shared_data / "crohme-wap/2014/off_image_test"
    ours = LabelledSet("wap", [Labelled(id=name, label=label, image=folder / f"{name}_0.bmp") for name, label in wap])
    folder = shared_data / "crohme-png/test/2014"
    theirs = LabelledSet(
        "png", [Labelled(id=f"p{name}", label=label, image=folder / f"{name}.png") for name, label in wap]
    )
    found = {(o.a, o.b): o for o in overlaps([ours, theirs])}["wap", "png"]
    assert found.pictures_a == found.pictures_b == 986
    assert found.both > 0.75 * 986
