"""Times small programs through `outboard serve`, in turns alone and beside a program that never ends.

Usage: python3 bench/beside.py PATH/outboard [COUNT [ROUNDS]]; needs the standard library alone. Prints median and p99,
and the p99 of the median round: what the host of a virtual machine takes away falls into few rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SMALL = "sum(n * n for n in range(20_000))"
ENDLESS = {
    "one loop": "while True: pass",
    "eight processes": "import os\nfor _ in range(3): os.fork()\nwhile True: pass",
}


class Client:
    """An MCP client over stdio; any number of calls at once."""

    def __init__(self, program, folder):
        environment = {**os.environ, "HOME": folder}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [program, "serve"], cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
        self.last, self.answers = 0, {}
        threading.Thread(target=self.listen, daemon=True).start()
        about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "beside", "version": "1"}}
        self.ask("initialize", about)
        self.tell("notifications/initialized", {})

    def listen(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") in self.answers:
                self.answers[message["id"]][1].append(message)
                self.answers[message["id"]][0].set()

    def tell(self, method, params, **more):
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        self.process.stdin.write((json.dumps(message) + "\n").encode())
        self.process.stdin.flush()

    def begin(self, method, params):
        self.last += 1
        self.answers[self.last] = threading.Event(), []
        self.tell(method, params, id=self.last)
        return self.last

    def ask(self, method, params):
        came, answer = self.answers[self.begin(method, params)]
        if not came.wait(60):
            sys.exit(f"no answer to {method} within a minute")
        return answer[0]


def run(code):
    return "tools/call", {"name": "run_code", "arguments": {"language": "python", "code": code}}


def timed(client, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        text = json.dumps(client.ask(*run(SMALL)))
        times.append((time.perf_counter() - begin) * 1e3)
        if "2666466670000" not in text:
            sys.exit(f"not the result: {text}")
        time.sleep(0.02)
    return times


def figures(times):
    times = sorted(times)
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def typical(rounds):
    """The p99 of the round that has as many better ones as worse ones."""
    return statistics.median(figures(times)[1] for times in rounds)


def main():
    program = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "outboard.toml"), "w") as settings:
            settings.write('[sandbox]\ncpu = "600s"\nwall = "20min"\n')
        client = Client(program, folder)
        timed(client, count)
        for name, code in ENDLESS.items():
            alone, beside = [], []
            for _ in range(rounds):
                alone.append(timed(client, count))
                endless = client.begin(*run(code))
                time.sleep(1)
                beside.append(timed(client, count))
                client.tell("notifications/cancelled", {"requestId": endless})
                time.sleep(0.5)
            (median, worst), (late, latest) = figures(sum(alone, [])), figures(sum(beside, []))
            usual, later = typical(alone), typical(beside)
            print(f"beside {name}: {rounds * count} programs, alone {median:.1f} and {worst:.1f} ms, ", end="")
            print(f"beside {late:.1f} and {latest:.1f} ms, ratios {late / median:.2f} and {latest / worst:.2f}")
            print(f"  p99 of the median round: {usual:.1f} and {later:.1f} ms, ratio {later / usual:.2f}", flush=True)
        client.process.stdin.close()
        client.process.wait(20)


if __name__ == "__main__":
    main()
