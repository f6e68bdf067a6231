"""A TCP proxy in user space that delays, throttles, cuts, resets, half-closes and swallows.

Runs an event loop on a thread of its own. Its knobs may be turned at any time and count for what comes after.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import time


class Cut(Exception):
    """Raised by a hook: the connection ends here. `how` is `reset`, `close` or `silence`; `octets` still pass."""

    def __init__(self, how="reset", octets=b""):
        self.how = how
        self.octets = octets


class Link:
    """One proxied connection. Octets count from the connection's beginning."""

    def __init__(self, number, client, server):
        self.number = number
        self.client = client  # (reader, writer) towards who connected
        self.server = server
        self.octets = {"up": 0, "down": 0}
        self.opened = time.monotonic()
        self.closed = {}  # when an end closed its direction, time.monotonic()
        self.is_silent = False
        self.notes = {}  # for hooks

    def end(self, how):
        """`reset`: RST both ways; `close`: FIN both ways; `silence`: nothing passes any more, both ends stay open."""
        if how == "silence":
            self.is_silent = True
            return
        for _, writer in (self.client, self.server):
            if how == "reset":
                with contextlib.suppress(OSError, AttributeError):
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class Proxy:
    def __init__(self, target_port, host="127.0.0.1", is_narrow=False):
        """A narrow one leaves little room on the way to it: who writes 100 KB while it is stalled is blocked."""
        self.target = (host, target_port)
        self.is_narrow = is_narrow
        self.delay = 0.0  # seconds, each way
        self.rate = None  # octets/s, each way and link
        self.is_silent = False  # a black hole: nothing passes, connections stay open
        self.refuses = False  # who connects gets a RST at once
        # Called in the proxy's thread with (link, direction, octets) before they pass; direction is "up" from the one
        # who connected, "down" to it. Returns the octets to pass, or raises Cut.
        self.hook = None
        self.connects = 0
        self.links = set()
        self.kept = None  # a list, where all links are to be kept beyond their end
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        if self.is_narrow:
            # The least that the kernel gives: each segment that is taken makes the other end's buffer grow, and with
            # 4 KiB here that had room for a whole 100 KB.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, sock=listener, limit=4_096 if self.is_narrow else 65_536))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def end_all(self, how="reset"):
        """Ends all links that stand now; returns how many."""
        done, count = threading.Event(), []

        def end():
            links = list(self.links)
            for link in links:
                link.end(how)
            count.append(len(links))
            done.set()

        self._loop.call_soon_threadsafe(end)
        done.wait(10)
        return count[0] if count else 0

    def stall(self, is_stalled=True):
        """Reads nothing any more from those who are connected; and again."""
        done = threading.Event()

        def change():
            for link in self.links:
                transport = link.client[1].transport
                (transport.pause_reading if is_stalled else transport.resume_reading)()
            done.set()

        self._loop.call_soon_threadsafe(change)
        done.wait(10)

    def half_close_all(self, direction):
        """A FIN to the server (`up`) or to the client (`down`) of each link; the other way stays open."""
        def close():
            for link in list(self.links):
                writer = (link.server if direction == "up" else link.client)[1]
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()

        self._loop.call_soon_threadsafe(close)

    def stop(self):
        """Ends all links; returns when nothing of it runs any more."""
        async def end():
            self._server.close()
            for link in list(self.links):
                link.end("reset")
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _serve(self, reader, writer):
        self.connects += 1
        number = self.connects
        if self.refuses:
            Link(number, (reader, writer), (reader, writer)).end("reset")
            return
        try:
            server = await asyncio.open_connection(*self.target)
        except OSError:
            Link(number, (reader, writer), (reader, writer)).end("reset")
            return
        for pipe in (writer, server[1]):
            pipe.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(number, (reader, writer), server)
        self.links.add(link)
        if self.kept is not None:
            self.kept.append(link)
        try:
            await asyncio.gather(
                self._pump(link, "up", reader, server[1]), self._pump(link, "down", server[0], writer))
        except Cut as cut:
            link.end(cut.how)
            while link.is_silent and not reader.at_eof():
                await asyncio.sleep(0.05)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):  # the last: `stop`
            link.end("reset")
        finally:
            self.links.discard(link)
            for _, pipe in (link.client, link.server):
                pipe.close()

    async def _pump(self, link, direction, reader, writer):
        waiting = asyncio.Queue(1_000)
        sender = asyncio.ensure_future(self._send(link, waiting, writer))
        try:
            while octets := await reader.read(65_536):
                link.octets[direction] += len(octets)
                if self.hook:
                    octets = self.hook(link, direction, octets)
                await waiting.put((self._loop.time() + self.delay, octets))
                if sender.done():
                    break
            await waiting.put((self._loop.time() + self.delay, None))
            link.closed[direction] = time.monotonic()
            await sender
        except OSError:
            link.closed[direction] = time.monotonic()
            raise
        except Cut as cut:
            # What came before the cut has passed.
            await waiting.put((0, cut.octets))
            await waiting.put((0, b""))
            while not waiting.empty() and not sender.done():
                await asyncio.sleep(0.001)
            sender.cancel()
            raise
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(self, link, waiting, writer):
        while True:
            due, octets = await waiting.get()
            if (pause := due - self._loop.time()) > 0:
                await asyncio.sleep(pause)
            while self.is_silent or link.is_silent:
                await asyncio.sleep(0.01)
            if octets is None:
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()
                return
            if self.rate:
                for start in range(0, len(octets), 512):
                    piece = octets[start:start + 512]
                    writer.write(piece)
                    await asyncio.sleep(len(piece) / self.rate)
            else:
                writer.write(octets)
            await writer.drain()


def cut_after(direction, count, how="reset"):
    """A hook that passes `count` octets of each link in that direction and then cuts it."""
    def hook(link, way, octets):
        # The link's count has this piece in it.
        if way != direction or link.octets[way] < count:
            return octets
        raise Cut(how, octets[:max(0, len(octets) - (link.octets[way] - count))])

    return hook
