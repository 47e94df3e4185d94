"""An evaluation's main tables as Markdown, for pages that quote them."""
