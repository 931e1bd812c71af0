"""The command line for planning comparisons."""

from unimumer_eval.power import main


def test_table_for_planning(capsys):
    assert main(["n=986"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["10", "%", "2.82"] in lines
    assert main(["n=20", "disagree=10"]) == 0
    assert "none" in capsys.readouterr().out


def test_values_out_of_range(capsys):
    assert main(["n=0"]) == 2
    assert main(["n=10", "disagree=120"]) == 2
    assert "between 0 and 100" in capsys.readouterr().err
