"""The pipeline: a noise file and MyST chapters in, a compiled site out.

Run it by `make book`, or as any Snakefile: snakemake --cores all --config profile=quick noise=my_device.csv
What each step depends on is worked out in noisyweights.pipeline.plan, from what the modules import.
"""

import sys
from contextlib import ExitStack
from urllib.parse import unquote

from noisyweights.pipeline.single_build import exclusive
from noisyweights.pipeline.plan import plan
from noisyweights.pipeline.workers import ONE_THREAD
from snakemake.exceptions import WorkflowError

try:
    BOOK = plan(
        config.get("profile", "record"),
        unquote(str(config.get("noise") or "")),
        unquote(str(config.get("column") or "")),
        unquote(str(config.get("cell") or "")),
    )
    if workflow.is_main_process and not workflow.dryrun:
        ExitStack().enter_context(exclusive(BOOK.edition))  # until this process ends
except (ValueError, BlockingIOError) as error:
    raise WorkflowError(str(error))

PYTHON = sys.executable
OUT = str(BOOK.folder)

shell.prefix(f"set -eu; export {' '.join(f'{key}={value}' for key, value in ONE_THREAD.items())}; ")

wildcard_constraints:
    chapter="[^/]+",
    experiment="[^/]+",
    point="[^/]+",


localrules: all, page, front_page, scoreboard


rule all:
    # All that is made, not the site alone: what a failed build took away comes back even where the site is up to date.
    input:
        BOOK.device,
        [BOOK.point_files(experiment) for experiment in BOOK.points],
        BOOK.executed(),
        BOOK.pages(),
        f"{OUT}/site/manifest.json",


rule device:
    input:
        lambda wildcards: BOOK.device_inputs(),
    output:
        BOOK.device,
    log:
        f"{OUT}/logs/device.log",
    params:
        versions=BOOK.versions(),
        column=BOOK.edition.column,
        cell=BOOK.edition.cell,
    shell:
        "{PYTHON} -m noisyweights.experiments.device {input[0]:q} --column={params.column:q} --cell={params.cell:q}"
        " --out {output:q} > {log:q} 2>&1"


rule point:
    input:
        lambda wildcards: BOOK.point_inputs(wildcards.experiment, wildcards.point),
    output:
        f"{OUT}/points/{{experiment}}/{{point}}.npz",
    log:
        f"{OUT}/logs/point-{{experiment}}-{{point}}.log",
    params:
        versions=lambda wildcards: BOOK.versions(wildcards.experiment),
        profile=lambda wildcards: BOOK.profile(wildcards.experiment),
    shell:
        "{PYTHON} -m noisyweights.pipeline.workers {log:q} compute {wildcards.experiment:q} {wildcards.point:q}"
        " --profile {params.profile:q} --device {input[0]:q} --out {output:q}"


rule execute:
    input:
        lambda wildcards: BOOK.execute_inputs(wildcards.chapter),
    output:
        f"{OUT}/executed/{{chapter}}.ipynb",
    log:
        f"{OUT}/logs/execute-{{chapter}}.log",
    params:
        versions=lambda wildcards: BOOK.versions(*BOOK.chapter(wildcards.chapter).experiments),
        parameters=lambda wildcards: BOOK.parameters(wildcards.chapter),
        failed=f"{OUT}/logs/{{chapter}}.ipynb",
    shell:
        "{PYTHON} -m noisyweights.pipeline.execute {input[0]:q} {output:q} --failed {params.failed:q}"
        " {params.parameters} > {log:q} 2>&1"


rule page:
    input:
        source=lambda wildcards: str(BOOK.chapter(wildcards.chapter).source),
        executed=f"{OUT}/executed/{{chapter}}.ipynb",
    output:
        f"{OUT}/pages/{{chapter}}.ipynb",
    log:
        f"{OUT}/logs/page-{{chapter}}.log",
    shell:
        "{PYTHON} -m noisyweights.pipeline.chapters {input.source:q} {input.executed:q} {output:q} > {log:q} 2>&1"


rule front_page:
    input:
        lambda wildcards: BOOK.front_page_inputs(),
    output:
        f"{OUT}/pages/intro.md",
    log:
        f"{OUT}/logs/front_page.log",
    params:
        notebooks=BOOK.executed(),
        titles=BOOK.titles(),
    shell:
        "{PYTHON} -m noisyweights.pages.front_page {input[0]:q} --notebooks {params.notebooks:q} {params.titles:q}"
        " --out {output:q} > {log:q} 2>&1"


rule scoreboard:
    input:
        lambda wildcards: BOOK.scoreboard_inputs(),
    output:
        f"{OUT}/pages/scoreboard.md",
    log:
        f"{OUT}/logs/scoreboard.log",
    params:
        notebooks=BOOK.executed(),
        titles=BOOK.titles(),
    shell:
        "{PYTHON} -m noisyweights.pages.scoreboard --notebooks {params.notebooks:q} {params.titles:q}"
        " --out {output:q} > {log:q} 2>&1"


rule site:
    input:
        pages=BOOK.pages(),
        sources=BOOK.site_inputs(),
    output:
        f"{OUT}/site/manifest.json",
    log:
        f"{OUT}/logs/site.log",
    params:
        out=f"{OUT}/site",
    shell:
        "{PYTHON} -m noisyweights.pipeline.site {input.pages:q} --out {params.out:q} > {log:q} 2>&1"
