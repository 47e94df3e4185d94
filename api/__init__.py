"""How Segue answers: a GraphQL service on Starlette."""
