"""What can be done, as generators that yield statements; see `pgvectorize.plans`.

One module a room. Arguments are named as those of the SQL functions.
"""
