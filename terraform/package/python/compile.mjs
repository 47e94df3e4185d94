// Compiles every module below a folder, as `python -m compileall` does: node compile.mjs FOLDER TASK_ROOT
import { loadPyodide } from "pyodide";

const [folder, taskRoot] = process.argv.slice(2);
// Sets of constants are written in the order of their hashes.
const python = await loadPyodide({ env: { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" } });
python.mountNodeFS("/package", folder);
python.globals.set("task_root", taskRoot);
const compiled = python.runPython(`
import compileall
import py_compile

compileall.compile_dir(
    "/package",
    quiet=1,
    stripdir="/package",
    prependdir=task_root,
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
`);
process.exit(compiled ? 0 : 1);
