"""The sample of Vectorize's announcement."""

from __future__ import annotations

from pgvectorize import Client, IndexInfo, Matches, Mutation, Vector
from pgvectorize.demo.stage import Stage
from pgvectorize.models import Values

# The bodies of these functions are shown as they are run: keep them short.


def create(client: Client) -> IndexInfo:
    return client.create_index("demo-products", dimensions=3, metric="cosine")


def fill(client: Client) -> Mutation:
    return client.index("demo-products").upsert(
        [
            Vector("1", [32.4, 74.1, 3.2], metadata={"url": "/products/sku/13913913"}),
            Vector("2", [15.1, 19.2, 15.8], metadata={"url": "/products/sku/10148191"}),
            Vector("3", [0.16, 1.2, 3.8], metadata={"url": "/products/sku/97913813"}),
            Vector("4", [75.1, 67.1, 29.9], metadata={"url": "/products/sku/418313"}),
            Vector("5", [58.8, 6.7, 3.4], metadata={"url": "/products/sku/55519183"}),
        ]
    )


def nearest(client: Client) -> Matches:
    return client.index("demo-products").query(
        [54.8, 5.5, 3.1], top_k=3, return_values=True, return_metadata="all"
    )


def show(stage: Stage, client: Client) -> None:
    stage.title("1. Five products")
    stage.say("An index has a name, a number of dimensions, and a metric.")
    stage.create(create, client)

    stage.say("Vectors have an id, values, and if wanted metadata and a namespace.")
    mutation = stage.run(fill, client)
    stage.result(f"{mutation.count} vectors, visible at once")

    stage.say("The three that are nearest to another vector, with values and metadata:")
    matches = stage.run(nearest, client)
    stage.table(
        ("id", "score", "values", "metadata"),
        [
            (match.id, f"{match.score:.9f}", _numbers(match.values), match.metadata)
            for match in matches
        ],
    )


def _numbers(values: Values | None) -> str:
    """Return float32 values as they were given: 54.8, not 54.79999923706055."""
    return "" if values is None else ", ".join(str(value) for value in values)
