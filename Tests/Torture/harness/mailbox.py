"""The relay: DevMailbox as a program, which writes each mail to its log before it answers 250."""

import collections
import json
import pathlib
import subprocess
import threading


class Mailbox:
    def __init__(self, binary, log, **options):
        """`options` are those of TortureMailbox's Options: extensions, encryption, logins …"""
        self.log = pathlib.Path(log)
        self.lock = threading.Lock()
        self._entries, self._offset = [], 0
        self.process = subprocess.Popen(
            [binary, json.dumps({"log": str(log), **options})], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self._answer()["port"]

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the mailbox has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the mailbox refuses: {answer['error']}")
        return answer

    def _command(self, name, **more):
        with self.lock:
            self.process.stdin.write(json.dumps({"command": name, **more}) + "\n")
            self.process.stdin.flush()
            return self._answer()

    def faults(self, *rules):
        """Replaces all rules; none heals. A rule is a dict: {"stage": "dot", "first": 3, "reply": "450 4.2.0 Later"}.

        Returns how often each of the rules before took effect.
        """
        return self._command("faults", faults=list(rules))["hits"]

    def release(self):
        self._command("release")

    def suspend(self):
        """Refuses connections and ends those that are open, until `resume`."""
        self._command("suspend")

    def resume(self):
        self._command("resume")

    def state(self):
        """mails, sessions, openSessions, violations, hits (how often each rule took effect, in their order)."""
        return self._command("state")

    def accepted(self):
        """The log's entries, oldest first: token, message_id, sender, recipients, sha256, time, session."""
        if self.log.exists():
            with open(self.log, "rb") as file:
                file.seek(self._offset)
                for line in file:
                    if line.endswith(b"\n"):
                        self._entries.append(json.loads(line))
                        self._offset += len(line)
        return list(self._entries)

    def copies(self):
        """How often each token was accepted."""
        return collections.Counter(entry.get("token") for entry in self.accepted())

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
