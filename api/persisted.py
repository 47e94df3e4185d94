"""Queries that are known by their hash or name, so that their text need not be sent.

Automatic persisted queries (Apollo's protocol): a client sends the SHA-256 of its query alone; where it is not known,
it sends the text along once. What was learned so is kept in this process, so many at most, and forgotten with it: a
client that is not understood says it again, and a table that strangers can write into would need more care than that.
The page's own queries, and those in SEGUE_QUERIES_DIR, are known from the beginning.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from graphql import GraphQLError, OperationDefinitionNode, parse, print_ast

from domain.errors.operations import (
    OperationNotAllowed,
    PersistedQueryMismatch,
    PersistedQueryNotFound,
    QueryFileInvalid,
)

OWN_QUERIES = Path(__file__).parent / "web" / "queries"
# Of at most 20,000 characters each.
MAX_LEARNED = 250
PREFIX = "sha256:"


class KnownQueries:
    """The texts that this process knows by hash or name. `only`: it answers no others."""

    def __init__(self, folders: Iterable[Path] = (OWN_QUERIES,), *, only: bool = False) -> None:
        """Raises QueryFileInvalid."""
        self.only = only
        self._by_hash: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._learned: OrderedDict[str, str] = OrderedDict()
        for folder in folders:
            if not folder.is_dir() and folder != OWN_QUERIES:  # a service may come without its page
                raise QueryFileInvalid(path=folder, reason="there is no such folder")
            for path in sorted(folder.glob("*.graphql")):
                self._add(path)

    @property
    def names(self) -> frozenset[str]:
        """Under which names there are queries: those of their files and of their operations."""
        return frozenset(self._by_name)

    def text(self, query: str | None, hash_: str | None, document_id: str | None) -> str:
        """The text of an operation, of which the client sent any of these.

        Raises PersistedQueryNotFound, PersistedQueryMismatch, and OperationNotAllowed.
        """
        if document_id is not None:
            if document_id.startswith(PREFIX):
                hash_ = document_id.removeprefix(PREFIX).lower()
            elif document_id in self._by_name:
                return self._by_name[document_id]
            else:
                raise PersistedQueryNotFound
        if query is None:
            return self._found(hash_ or "")
        digest = sha256(query.encode(errors="surrogatepass")).hexdigest() if self.only or hash_ else None
        if hash_ is not None and digest != hash_:
            raise PersistedQueryMismatch
        if self.only and digest not in self._by_hash:
            raise OperationNotAllowed
        return query

    def learn(self, query: str) -> None:
        """Know a query by its hash from now on, until many others were learned. It should be valid."""
        hash_ = sha256(query.encode()).hexdigest()
        if hash_ not in self._by_hash:
            self._learned[hash_] = query
            self._learned.move_to_end(hash_)
            if len(self._learned) > MAX_LEARNED:
                self._learned.popitem(last=False)

    def _found(self, hash_: str) -> str:
        text = self._by_hash.get(hash_)
        if text is None:
            text = self._learned.get(hash_)
            if text is None:
                raise PersistedQueryNotFound
            self._learned.move_to_end(hash_)
        return text

    def _add(self, path: Path) -> None:
        """Knows a file under its name, those of its operations, and the hashes of its text as it is, without blanks
        around it, and as clients print it."""
        try:
            text = path.read_text(encoding="utf-8")
            document = parse(text)
        except (OSError, UnicodeDecodeError, GraphQLError) as error:
            raise QueryFileInvalid(path=path, reason=str(error).partition("\n")[0]) from None
        self._by_name[path.stem] = text
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode) and definition.name:
                self._by_name[definition.name.value] = text
        for form in (text, text.strip(), print_ast(document)):
            self._by_hash[sha256(form.encode()).hexdigest()] = form
