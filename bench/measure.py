"""Runs commands and says what they took. Standard library only; Linux."""

import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


@dataclass
class Took:
    """What one process took; CPU seconds and peak memory include its waited-for children."""

    code: int
    timed_out: bool
    wall: float
    cpu: float
    peak: int
    out: str
    err: str


def run(argv, timeout=None, cwd=None, env=None):
    """Runs one command to its end, or kills its process group at the time limit."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd, env=env,
            start_new_session=True,
        )
        expired = threading.Event()

        def kill():
            expired.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout, kill) if timeout else None
        if timer:
            timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            if timer:
                timer.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Took(
            process.returncode, expired.is_set(), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024,
            out.read().decode(errors="replace"), err.read().decode(errors="replace"),
        )


def must(took, what):
    """Ends the program if a command did not succeed."""
    if took.code != 0:
        why = "time limit" if took.timed_out else f"exit code {took.code}"
        sys.exit(f"{what}: {why}\n{took.out[-2000:]}\n{took.err[-4000:]}")
    return took


def median(values):
    return statistics.median(values)


def machine():
    """Where and when a measurement was made."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "time": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "commit": commit,
        "load_average": [round(x, 2) for x in os.getloadavg()],
    }


def describe(where):
    """One line on a machine, for people."""
    load = ", ".join(str(x) for x in where["load_average"])
    return (
        f"{where['processor']}, {where['cores']} cores, {where['memory_gib']} GiB; {where['system']}; commit {where['commit']}; "
        f"{where['time']}; load averages (1, 5, 15 minutes) when it began: {load}"
    )


def build(target_dir=None, binary=None):
    """The release binary, built unless it is given."""
    if binary:
        return Path(binary).resolve()
    env = dict(os.environ)
    if target_dir:
        env["CARGO_TARGET_DIR"] = str(target_dir)
    subprocess.run(["cargo", "build", "--release", "-p", "inferproof-cli"], cwd=ROOT, env=env, check=True)
    directory = Path(env.get("CARGO_TARGET_DIR", ROOT / "target"))
    return (ROOT / directory / "release" / "inferproof").resolve()


def seconds(value):
    """Three significant digits, as s or ms."""
    if value is None:
        return "-"
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"


def size(value):
    """Three significant digits, in powers of 1000."""
    if value is None:
        return "-"
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value} B"


def table(head, rows):
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in lines)


def scratch(prefix):
    """A temporary folder that is gone when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    import atexit

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def find_models(names, folder):
    """The folders of these models, bundled or in `folder`; what is missing is left out with a line on standard error."""
    found = {}
    for name in names:
        places = [ROOT / "models" / name] + ([Path(folder) / name] if folder else [])
        place = next((p for p in places if (p / "model.onnx").exists()), None)
        if place:
            found[name] = place.resolve()
        else:
            print(f"{name}: left out, not in models/{'' if folder else ' and no --models folder given'}", file=sys.stderr)
    return found


def compile_data(model):
    """What a model's scales are chosen from."""
    calibration = model / "calibration.npz"
    return calibration if calibration.exists() else model / "input.json"
