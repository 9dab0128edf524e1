"""The example of Vectorize's announcement.

The announcement shows a score of 0.8969 for the first story, by bge-base-en-v1.5 on Workers AI.
That cannot be checked here: the model's weights are in no package.
"""

STORIES = (
    "This is a story about an orange cloud",
    "This is a story about a llama",
    "This is a story about a hugging emoji",
)
QUESTION = "orange cloud"
