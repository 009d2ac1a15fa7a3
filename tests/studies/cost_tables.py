"""What runs took in time and memory, and the words that repeat them."""

from collections.abc import Sequence

from tests.studies.markdown import table
from tests.studies.results import Results
from topoquant.lib.reporting.formatting import duration

N_SLOWEST = 3


def costs(runs: Sequence[Results]) -> str:
    """What each command took, and the nodes that took most of it."""
    rows = []
    for results in runs:
        for command in results.record["commands"]:
            slowest = sorted(command["nodes"].items(), key=lambda node: -node[1]["seconds"])[:N_SLOWEST]
            shown = (f"`{name.split('.')[-1]}` {duration(node['seconds'])}" for name, node in slowest)
            rows.append([
                results.run.about,
                f"`{command['pipeline']}`",
                duration(command["seconds"]),
                duration(command["cpu_seconds"]),
                f"{command['peak_bytes'] / 1e9:.1f} GB",
                ", ".join(shown),
                results.record["revision"],
            ])  # fmt: skip
    return table(("target", "pipeline", "wall", "processor", "peak", "slowest nodes", "revision"), rows)


def node_seconds(runs: Sequence[Results], name: str) -> str:
    """What one node took, by run."""
    rows = []
    for results in runs:
        nodes = results.record["commands"][0]["nodes"]
        found = [node["seconds"] for full, node in nodes.items() if full.split(".")[-1] == name]
        rows.append([results.run.about, duration(sum(found)) if found else "-"])
    return table(("target", f"`{name}`"), rows)


def longest(runs: Sequence[Results]) -> str:
    """The longest processor time of a recipe's run, what followed it left out."""
    return duration(max(results.record["commands"][0]["cpu_seconds"] for results in runs))


def largest(runs: Sequence[Results]) -> str:
    """The largest memory of a recipe's run, what followed it left out."""
    return f"{max(results.record['commands'][0]['peak_bytes'] for results in runs) / 1e9:.1f} GB"


def commands(runs: Sequence[Results]) -> str:
    """The words that repeat every run, with a person's own file in the place of the one that was read."""
    lines = []
    for results in runs:
        for words in results.run.commands(results.store):
            given = [one for one in words[-1].split(",") if not one.startswith("data_root=")]
            typed = ",".join("path=<bars>" if one.startswith("path=") else one for one in given)
            lines.append(" ".join(["kedro run", *words[:-1], typed]))
    return "\n".join(["```text", *lines, "```"])
