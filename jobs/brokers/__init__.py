"""What carries messages to workers: our own PostgreSQL, Redis, RabbitMQ or SQS.

Messages are hints that there is something to do. Losing or doubling one does no harm: the job rows are the truth, and
who works on what is kept in the database too, whichever broker is used.
"""
