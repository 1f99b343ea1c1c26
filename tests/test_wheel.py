"""The wheel holds all that composing needs: installed alone, far from the checkout, it composes."""

import os
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from rulegen import resources

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "LICENSE",
    "README.md",
    "rulegen",
    "grammars",
    "styles",
)


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command to its end and gives its output; a failure shows all that it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONUTF8"] = "1"
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel, built from a copy of the sources: what an older build left here has no part in it."""
    source = tmp_path / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, source / name)
    pip_wheel = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip_wheel, "--wheel-dir", tmp_path / "dist", source, cwd=tmp_path)
    (built,) = (tmp_path / "dist").glob("rulegen-*.whl")
    return built


def installed(wheel: Path, folder: Path) -> Path:
    """Installs the wheel in a new environment and gives its folder of programs.

    The third parties are borrowed from the environment that runs the tests, so that nothing is downloaded:
    a .pth names its folder, which then comes after the new environment's own, and whose own .pth files (an
    editable rulegen is one) are not read. The rulegen found is the wheel's.
    """
    venv.create(folder, system_site_packages=False, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / Path(sys.executable).name
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    ask_for_packages = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", ask_for_packages, cwd=folder).strip())
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return programs


def test_the_wheel_holds_every_grammar_style_pack_and_model(wheel: Path) -> None:
    carried = {f"rulegen/_data/grammars/{path.name}" for path in (ROOT / "grammars").glob("*.lark")}
    carried |= {f"rulegen/_data/styles/{path.name}" for path in (ROOT / "styles").glob("*.rules")}
    carried |= {f"rulegen/library/{path.name}" for path in (ROOT / "rulegen/library").glob("*.rules")}
    carried |= {f"rulegen/models/shipped/{name}.model" for name in resources.model_names()}
    carried |= {
        f"rulegen/models/splits/{path.name}" for path in (ROOT / "rulegen/models/splits").glob("*.txt")
    }
    carried |= {"rulegen/theory/instruments.txt"}
    carried |= {f"rulegen/sound/font/{path.name}" for path in (ROOT / "rulegen/sound/font").iterdir()}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rulegen").rglob("*.py")}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == carried | modules | {"rulegen/py.typed", "rulegen/grading/page.html"}


@pytest.mark.parametrize("name", ["no_such_style", "../styles/chorale", ""])
def test_a_name_that_is_none_of_the_resources_is_refused(name: str) -> None:
    for find in (resources.grammar_text, resources.style_path, resources.library_path, resources.model_path):
        with pytest.raises(FileNotFoundError, match="among the"):
            find(name)


def test_the_installed_wheel_composes_a_ready_style_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    programs = installed(wheel, tmp_path / "environment")
    empty = tmp_path / "empty"
    empty.mkdir()
    python = programs / Path(sys.executable).name
    ask_for_home = "import rulegen; print(rulegen.__file__)"
    assert Path(run(python, "-c", ask_for_home, cwd=empty).strip()).is_relative_to(tmp_path / "environment")
    ask_for_names = (
        "from rulegen import resources as r; print(r.style_names(), r.library_names(), r.model_names())"
    )
    names = run(python, "-c", ask_for_names, cwd=empty).strip()
    assert names == f"{resources.style_names()} {resources.library_names()} {resources.model_names()}"
    run(programs / "rulegen", "compose", "folk_tune", "--seed", "1", "-o", "tune.musicxml", cwd=empty)
    assert "<score-partwise" in (empty / "tune.musicxml").read_text(encoding="utf-8")
