"""What the commands that start contenders as processes have in common."""
import datetime
import glob
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERVED = ("OPENBLAS_", "OMP_", "MKL_", "GOMP_", "MALLOC_")  # settings meant for other programs
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000",
          "MALLOC_TOP_PAD_": "67108864"}


class Unavailable(Exception):
    """Why a contender is left out, or why nothing can be measured."""


class Server:
    """A process that says READY with facts about itself and then answers each line with one."""

    def __init__(self, name, command, environment, log):
        self.name, self.log = name, pathlib.Path(log)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(SERVED)}
        with open(log, "w") as errors:
            self.process = subprocess.Popen(list(map(str, command)), env={**inherited, **environment},
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        for line in self.process.stdout:
            if line.startswith("READY "):
                self.facts = json.loads(line[len("READY "):])
                return
        self.process.wait()
        raise Unavailable(f"ended with {self.process.returncode}: {self.log.read_text().strip()[-400:]}")

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} died: {self.log.read_text()[-400:]}")
        return json.loads(answer)

    def close(self):
        self.process.kill()
        self.process.wait()


def require(packages, python=sys.executable):
    """Refuses in a line to go on where modules are missing; by module, the Debian package that has it."""
    probe = ("import importlib, sys\n"
             "for name in sys.argv[1:]:\n"
             "    try:\n"
             "        importlib.import_module(name)\n"
             "    except ImportError:\n"
             "        print(name)\n")
    try:
        done = subprocess.run([python, "-c", probe, *packages], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as problem:
        raise Unavailable(f"{python} does not start: {problem.strerror}") from None
    if done.returncode:
        raise Unavailable(f"{python} does not look for modules: {done.stderr.strip().splitlines()[-1]}")
    missing = list(dict.fromkeys(packages[name] for name in done.stdout.split()))
    if missing:
        debian = "" if python == "/usr/bin/python3" else ", and take /usr/bin/python3"
        raise Unavailable(f"{python} misses {', '.join(done.stdout.split())}: apt-get install {' '.join(missing)}{debian}")


def java_home(version):
    homes = [os.environ.get(f"JAVA{version}_HOME"), *sorted(glob.glob(f"/usr/lib/jvm/*{version}*"))]
    for home in filter(None, homes):
        if os.access(f"{home}/bin/java", os.X_OK):
            return home
    raise Unavailable(f"no Java {version}: set JAVA{version}_HOME")


def java_at_hand():
    """Java 25 where JAVA25_HOME names it, or else JAVA_HOME, or else the java on PATH."""
    home = os.environ.get("JAVA25_HOME") or os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else "java"


def build(*options):
    command = ["mvn", "-q", "-B", *options, "-pl", "benchmarks", "-am", "package"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def class_path(target):
    jars = [jar for jar in glob.glob(f"{target}/paenmf-benchmarks-*.jar") if "-sources" not in jar]
    return ":".join([*jars, f"{target}/lib/*"])


def paenmf(java, heap, program, *arguments):
    """The command of a program of benchmarks/src/main, which `build("-Dquick")` has built."""
    return [java, f"-Xmx{heap}", f"-Xms{heap}", "-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector",
            "-cp", class_path(ROOT / "benchmarks/target/quick"), f"io.github.paenmf.benchmarks.{program}", *arguments]


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def machine(options, program):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "cpu": cpu,
            "cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "threads": options.threads,
            "loadBefore": os.getloadavg()[0], "command": " ".join([f"benchmarks/{program}", *sys.argv[1:]])}
