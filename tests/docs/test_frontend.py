"""The TypeScript of docs/frontend.md, compiled: with Relay's compiler, and with the types that it makes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.schema import PRINTED

ROOT = Path(__file__).parents[2]
# What `npm ci` in tests/web puts there.
NODE_MODULES = ROOT / "tests" / "web" / "node_modules"
BLOCK = re.compile(r"^```(?:ts|tsx|json) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TSCONFIG = """{
  "compilerOptions": {
    "strict": true, "noEmit": true, "jsx": "react-jsx", "module": "esnext", "moduleResolution": "bundler",
    "target": "es2022", "lib": ["es2022", "dom", "dom.iterable"], "skipLibCheck": true, "types": [],
    "noUncheckedIndexedAccess": true
  },
  "include": ["*.ts", "*.tsx", "__generated__/*.ts"]
}
"""

if shutil.which("node") is None:
    pytest.skip("docs/frontend.md is not compiled: there is no node on the path", allow_module_level=True)
if not (NODE_MODULES / ".bin" / "tsc").exists():
    pytest.skip("docs/frontend.md is not compiled: tsc is not here (npm ci in tests/web)", allow_module_level=True)


def run(folder: Path, *command: str) -> str:
    """What a program of node_modules prints; it must succeed."""
    finished = subprocess.run(
        [str(NODE_MODULES / ".bin" / command[0]), *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, as somebody would copy them, and what Relay's compiler makes of them."""
    folder = tmp_path_factory.mktemp("frontend")
    page = (ROOT / "docs" / "frontend.md").read_text(encoding="utf-8")
    for name, content in BLOCK.findall(page):
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copy(PRINTED, folder / "schema.graphql")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "tsconfig.json").write_text(TSCONFIG)
    (folder / "__generated__").mkdir()
    run(folder, "relay-compiler", "relay.config.json")
    return folder


def test_relays_compiler_takes_the_operations(folder: Path) -> None:
    assert {file.name for file in (folder / "__generated__").iterdir()} == {
        "YouMayLikeTheseQuery.graphql.ts",
        "YouMayLikeTheseTracksQuery.graphql.ts",
        "YouMayLikeTheseTracks_query.graphql.ts",
    }


def test_all_of_it_compiles(folder: Path) -> None:
    names = {"panel.ts", "UrqlPanel.tsx", "ApolloPanel.tsx", "YouMayLikeThese.tsx"}
    assert {file.name for file in folder.glob("*.ts*") if file.name != "tsconfig.json"} == names
    assert run(folder, "tsc") == ""


def test_what_the_schema_does_not_have_does_not_compile(folder: Path) -> None:
    """So that the test above says something."""
    wrong = folder / "panel.ts"
    right = wrong.read_text(encoding="utf-8")
    wrong.write_text(right.replace("item.track.title", "item.track.caption"), encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match=r"Property 'caption' does not exist"):
            run(folder, "tsc")
    finally:
        wrong.write_text(right, encoding="utf-8")
