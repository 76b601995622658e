"""Plays the OCapN test suite that lies in a folder, case by case, and writes one row of JSON for each.

A suite of a given day speaks one framing and the words of its day. What it does not speak is put around its own reading and
writing here, and every row says so. What the cases demand is never touched.
"""
import argparse
import io
import json
import os
import socket
import sys
import time
import unittest

BARE, PREFIXED = "raw", "length"


def spoken(sockets, captp_types):
    """Which framing the suite writes by itself: seen by what arrives at the other end of a socket pair."""
    ours, theirs = socket.socketpair()
    speaker = sockets.CapTPSocket.from_socket(ours)
    speaker.send_message(captp_types.OpAbort("framing"))
    first = theirs.recv(1)
    speaker.close()
    theirs.close()
    return BARE if first == b"<" else PREFIXED


class Stream:
    """Bytes of a socket, read as a file is: what the suite's own decoder asks for."""

    def __init__(self, source):
        self.source = source
        self.seen = bytearray()
        self.at = 0

    def read(self, size):
        while len(self.seen) - self.at < size:
            part = self.source.recv(size - (len(self.seen) - self.at))
            if not part:
                raise ConnectionAbortedError("the peer closed the connection")
            self.seen += part
        taken = bytes(self.seen[self.at:self.at + size])
        self.at += size
        return taken

    def seek(self, position):
        self.at = position

    def tell(self):
        return self.at


def speak(framing, sockets, captp_types, syrup):
    """Has the suite's connections speak this framing instead of their own."""

    def send_message(self, message):
        record = message.to_syrup() if hasattr(message, "to_syrup") else message
        self.sendall(record if framing == BARE else b"%d:%s" % (len(record), record))

    def receive_message(self, timeout=120):
        self.settimeout(timeout)
        stream = Stream(self)
        if framing == PREFIXED:
            digits = b""
            while (byte := stream.read(1)) != b":":
                digits += byte
            stream = io.BytesIO(stream.read(int(digits)))
        return captp_types.decode_captp_message(syrup.syrup_read(stream))

    sockets.CapTPSocket.send_message = send_message
    sockets.CapTPSocket.receive_message = receive_message


def teach_words(captp_types, syrup):
    """Gives a suite of early 2026 the words that peers have said since: answers with what it was taught."""
    known, taught = captp_types.CAPTP_TYPES, []

    for old, new in [("op:gc-export", "op:gc-exports"), ("op:gc-answer", "op:gc-answers")]:
        if syrup.Symbol(new) in known:
            continue
        kind, label = known[syrup.Symbol(old)], syrup.Symbol(old)

        class Plural:
            """Reads the new word as the old one."""

            @classmethod
            def from_syrup_record(cls, record, kind=kind, label=label):
                return kind.from_syrup_record(syrup.Record(label, record.args))

        known[syrup.Symbol(new)] = Plural
        taught.append(new)

    if syrup.Symbol("op:deliver-only") in known:
        only, deliver = captp_types.OpDeliverOnly, captp_types.OpDeliver
        as_it_wrote, as_it_read = only.to_syrup_record, deliver.from_syrup_record

        def write(self):
            to, args = as_it_wrote(self).args
            return syrup.Record(syrup.Symbol("op:deliver"), [to, args, False, False])

        def read(cls, record):
            if record.args[3] is False:
                return only.from_syrup_record(syrup.Record(syrup.Symbol("op:deliver-only"), record.args[:2]))
            return as_it_read(record)

        only.to_syrup_record = write
        deliver.from_syrup_record = classmethod(read)
        taught.append("op:deliver without an answer")
    return taught


class Told(unittest.TestResult):
    """Says what came of each case as soon as it is known."""

    def __init__(self, check, taught, out):
        super().__init__()
        self.check, self.taught, self.out, self.begun, self.failed = check, taught, out, 0.0, False

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def tell(self, test, result, why):
        took = time.monotonic() - self.begun
        mark = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[result]
        print(f"{mark}  {self.check}  {test.id()}  ({took:.1f} s) {why}", flush=True)
        row = {"check": self.check, "case": test.id(), "result": result, "why": why}
        self.out.write(json.dumps(row) + "\n")
        self.out.flush()
        self.failed |= result == "failed"

    def addSuccess(self, test):
        self.tell(test, "passed", self.taught)

    def addSkip(self, test, reason):
        self.tell(test, "skipped", reason)

    def addFailure(self, test, err):
        self.tell(test, "failed", " ".join(f"{err[0].__name__}: {err[1]}".split()))

    addError = addFailure


def each(suite):
    """The cases in it, however deep."""
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from each(part)
        else:
            yield part


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--path", required=True)
    words.add_argument("--locator", required=True)
    words.add_argument("--framing", required=True, choices=[BARE, PREFIXED])
    words.add_argument("--case", default="")
    words.add_argument("--json", required=True)
    asked = words.parse_args()
    sys.path.insert(0, asked.path)
    sys.dont_write_bytecode = True
    # Where the suite looks for its own cases.
    os.chdir(asked.path)

    import netlayers.base as sockets
    import test_runner
    from contrib import syrup
    from utils import captp_types
    from utils.ocapn_uris import OCapNPeer
    from utils.test_suite import CapTPTestRunner

    taught = teach_words(captp_types, syrup)
    if spoken(sockets, captp_types) != asked.framing:
        speak(asked.framing, sockets, captp_types, syrup)
        taught.insert(0, f"{asked.framing} framing")
    taught = f"the suite was taught: {', '.join(taught)}" if taught else ""
    peer = OCapNPeer.from_uri(asked.locator)
    runner = CapTPTestRunner(test_runner.setup_netlayer(peer), peer, "1.0")
    with open(asked.json, "w", encoding="utf-8") as out:
        told = Told(f"suite-{asked.framing}", taught, out)
        for case in each(runner.loadTests(None)):
            if asked.case in case.id():
                case(told)
    sys.exit(1 if told.failed or not told.testsRun else 0)


main()
