"""Jobs A, B and C in one run: the tables and the plot of docs/benchmarks.md.

python -m benchmarks [ROUNDS]
"""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import job_a, job_a_http, job_a_servers, job_b, job_c
from benchmarks.rounds import Figures

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
PLOT = DOCS / "images" / "benchmarks.png"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
PACKAGES = (
    "django", "djangorestframework", "django-ninja", "django-rest-knox", "django-oauth-toolkit",
    "djangorestframework-api-key", "fastapi", "gunicorn", "granian", "uvicorn", "requests",
    "urllib3", "httpx",
)  # fmt: skip
JOBS = {
    "job A": "Job A, in process",
    "job A over HTTP": "Job A over HTTP, gunicorn",
    "job B": "Job B, in process, SQLite",
    "job C": "Job C, GET over loopback",
    "job C, POST": "Job C, POST over loopback",
}


def table(figures: Figures, *, by: str = "CPU") -> str:
    """The figures as a table of Markdown."""
    first = next(iter(figures))
    lines = [f"| | {by} µs | / {first} | quartiles |", "|---|---:|---:|---:|"]
    for name, one in figures.items():
        microseconds = one.cpu if by == "CPU" else one.wall
        spread = f"{one.low:.3f}–{one.high:.3f}"
        lines.append(f"| {name} | {microseconds:.1f} | {one.ratio:.3f} | {spread} |")
    return "\n".join(lines)


def draw(jobs: dict[str, Figures]) -> None:
    """Draw the ratios, with their quartiles."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    heights = [len(figures) for figures in jobs.values()]
    figure, axes = pyplot.subplots(
        len(jobs), 1, figsize=(8, 0.36 * sum(heights) + 2), height_ratios=heights
    )
    for axis, (job, figures) in zip(axes, jobs.items(), strict=True):
        names = list(figures)
        ratios = [one.ratio for one in figures.values()]
        spread = [
            [one.ratio - one.low for one in figures.values()],
            [one.high - one.ratio for one in figures.values()],
        ]
        colours = ["#1f77b4" if name.startswith("eaglet") else "#b0b7bf" for name in names]
        axis.barh(names, ratios, xerr=spread, color=colours, error_kw={"linewidth": 0.8})
        for place, one in enumerate(figures.values()):
            axis.text(one.high + 0.02 * max(ratios), place, f"{one.ratio:.2f}", va="center", size=8)
        axis.axvline(1, color="#555555", linewidth=0.8, linestyle=":")
        axis.invert_yaxis()
        axis.set_xlim(0, max(one.high for one in figures.values()) * 1.12)
        axis.set_title(f"{JOBS[job]}: time a call / {names[0]}", fontsize=10, loc="left")
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOT, dpi=110)


def ratios_between(figures: Figures) -> str:
    """What eaglet takes beside the others, as a table of Markdown."""
    eaglet = figures["eaglet"]
    others = ("plain Django", "DRF, by hand", "DRF, Serializer", "django-ninja")
    lines = ["| eaglet beside | CPU time |", "|---|---:|"]
    for name in others:
        if name in figures:
            lines.append(f"| {name} | {eaglet.ratio / figures[name].ratio:.3f} |")
    many = figures["eaglet, 1,000 resources"]
    lines.append(f"| itself, with 1,000 resources against 1 | {many.ratio / eaglet.ratio:.3f} |")
    return "\n".join(lines)


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package}: not installed"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    job_a_figures = job_a.measure(rounds)
    over_http = job_a_http.measure(max(rounds // 2, 3))
    servers = job_a_servers.measure(max(rounds // 10, 3))
    job_b_figures = job_b.measure(max(rounds // 2, 3))["sqlite"]
    job_c_figures = job_c.measure(max(rounds // 4, 3))
    draw(
        {
            "job A": job_a_figures,
            "job A over HTTP": over_http,
            "job B": job_b_figures,
            "job C": job_c_figures["get"],
            "job C, POST": job_c_figures["post"],
        }
    )
    parts = [
        BEGIN,
        f"Python {platform.python_version()}, {', '.join(map(_installed, PACKAGES))}; "
        f"{os.cpu_count()} cores; {rounds} rounds.",
        f"## {JOBS['job A']}\n\n{table(job_a_figures)}\n\n{ratios_between(job_a_figures)}",
        f"## {JOBS['job A over HTTP']}\n\n{table(over_http, by='wall')}",
        f"## Job A under each server, one worker\n\n{job_a_servers.table(servers)}",
        f"## {JOBS['job B']}\n\n{table(job_b_figures)}",
        f"## {JOBS['job C']}\n\n{table(job_c_figures['get'], by='wall')}",
        f"## {JOBS['job C, POST']}\n\n{table(job_c_figures['post'], by='wall')}\n\n"
        f"{job_c.ratios_between(job_c_figures)}",
        END,
    ]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + "\n\n".join(parts) + after, encoding="utf-8")
    print(f"\n{PAGE}\n{PLOT}")


if __name__ == "__main__":
    main()
