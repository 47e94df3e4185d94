"""For processes that must answer soon after they begin, the functions of Lambda: imported before what takes time.

* pydantic does not look through every installed package for plugins; Segue has none.
* Garbage is not collected while modules are loaded, since nearly all that they make stays. `settled` ends that.
"""

from __future__ import annotations

import gc
import os


def settled() -> None:
    """All is loaded: collect garbage again, but never look again through what has been made until now."""
    gc.freeze()
    gc.enable()


gc.disable()
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
