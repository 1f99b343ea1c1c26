"""Copies grammars/ and styles/, which lie beside the package, into the wheel as rulegen/_data."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = {"grammars": "*.lark", "styles": "*.rules"}


class BuildWithData(build_py):
    """build_py, and the folders of CARRIED with it. An editable install reads them where they lie."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.rmtree(self._data_folder(), ignore_errors=True)
            for source, target in self._carried_files():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        carried = [] if self.editable_mode else [str(target) for _, target in self._carried_files()]
        return super().get_outputs(include_bytecode) + carried

    def _data_folder(self) -> Path:
        return Path(self.build_lib) / "rulegen" / "_data"

    def _carried_files(self) -> list[tuple[Path, Path]]:
        return [
            (source, self._data_folder() / folder / source.name)
            for folder, pattern in CARRIED.items()
            for source in sorted(Path(folder).glob(pattern))
        ]


setup(cmdclass={"build_py": BuildWithData})
