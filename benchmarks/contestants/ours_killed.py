"""dtscheduler: a run of 200 parts that write down when they begin; started twice, the first is killed half-way."""

import sys
from pathlib import Path
from typing import Any

from dtscheduler import DAG, ParallelTask

WORK_DIR = Path(__file__).resolve().parent.parent / "workdir"


def main(marks: str, parts: int, seconds: float) -> None:
    dag = DAG(Name="killed half-way", DevRun=True, WorkDir=WORK_DIR)
    common = {"marks": marks, "seconds": seconds, "Description": ""}
    configs: Any = [{"i": i, "Name": f"part-{i}", **common} for i in range(parts)]
    ParallelTask(Name="parts", Entrypoint="tasks.leave_mark", ConfigurationJson=configs, dag=dag)
    run = dag.run()
    print(sum(run.result("parts")))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
