"""Where Segue remembers: tables, migrations, named statements, and the embedded PostgreSQL."""
