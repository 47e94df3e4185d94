"""For processes that must answer soon after they begin, the functions of Lambda: imported before what takes time.

* NumPy is loaded when something of it is first used: most answers are PostgreSQL's alone.
* pydantic does not look through every installed package for plugins; Segue has none.
* Garbage is not collected while modules are loaded, since nearly all that they make stays. `settled` ends that.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def settled() -> None:
    """All is loaded: collect garbage again, but never look again through what has been made until now."""
    gc.freeze()
    gc.enable()


def _defer(name: str) -> None:
    """Load a module when one of its attributes is first asked for. From Python 3.12.4 on, several threads may ask."""
    spec = find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)


gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
_defer("numpy")
