import json

import jax
import numpy as np
import pytest

from noflat import doctor


@pytest.mark.parametrize("x64", [False, True])
def test_no_row_is_wrong_here(x64):
    with jax.enable_x64(x64):
        assert doctor.miscompile_self_test() == 0


def miscompiled(monkeypatch, *, rows, value):
    """Makes `jax.jit` return functions whose last `rows` results are `value`."""

    def jit(function):
        def broken(points):
            results = np.array(function(points))
            results[-rows:] = value(results[-rows:])
            return results

        return broken

    monkeypatch.setattr(jax, "jit", jit)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(np.zeros_like, id="zero"),
        pytest.param(lambda right: right * np.nan, id="not a number"),
        pytest.param(lambda right: right + 1e-3 * np.ones_like(right), id="slightly off"),
    ],
)
def test_wrong_rows_are_counted_in_both_precisions(monkeypatch, value):
    miscompiled(monkeypatch, rows=7, value=value)
    with jax.enable_x64(False):
        assert doctor.miscompile_self_test() == 7
    with jax.enable_x64(True):
        assert doctor.miscompile_self_test() == 14


def test_environment_fits_a_record():
    found = doctor.environment()
    assert json.loads(json.dumps(found)) == found
    assert found["jax"] == jax.__version__
    assert found["numpy"] == np.__version__
    assert found["x64"] is True
    assert found["devices"] == [device.device_kind for device in jax.devices()]


def test_a_package_that_is_missing_is_said_to_be(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package-as-this",))
    assert doctor.environment()["no-such-package-as-this"] == "not installed"


def test_doctor_prints_the_environment(capsys):
    doctor.main()
    printed = capsys.readouterr().out
    assert "python-flint" in printed
    assert jax.__version__ in printed


def test_doctor_fails_with_one_line(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "miscompile_self_test", lambda: 7)
    with pytest.raises(SystemExit, match=r"^jaxlib \S+ computes 7 rows wrongly .*$"):
        doctor.main()
    assert "miscompiled rows" in capsys.readouterr().out
