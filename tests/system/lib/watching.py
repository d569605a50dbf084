"""Runs shmbus-watch as a process."""
import subprocess

import bus


class WatchTest(bus.BusTest):
    def watch(self, *arguments, **more_environment):
        """Starts shmbus-watch and returns the process when its subscriptions are live."""
        process = subprocess.Popen([str(bus.BIN / "shmbus-watch"), *arguments],
                                   env=bus.environment(self.agent.runtime, **more_environment),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for line in process.stderr:
            if line == "watching\n":
                return process
        raise AssertionError("shmbus-watch ended before it was live")

    def ends(self, process, status=0):
        """Waits for the process to exit, checks its status, and returns the rest of stdout and stderr."""
        stdout, stderr = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.wait(bus.PATIENCE), status, stderr)
        self.assertNotIn("Sanitizer", stderr)
        return stdout, stderr

    def restart_agent(self, *options):
        """Kills the agent and starts another one in the same runtime directory."""
        self.agent.process.kill()
        self.agent.process.wait()
        self.start(*options, runtime=self.agent.runtime)
        self.client = self.new_client()
