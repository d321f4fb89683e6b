"""The launcher of the world `containers`: one network, and a container on it for each server and service."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Mapping

from shaketable.errors import HarnessError, PartNotStarted, UsageError
from shaketable.real.containers import images, owner, servers
from shaketable.real.containers.container import Container, ContainerSpec, Placement
from shaketable.real.containers.docker_engine import Engine
from shaketable.real.containers.network import RunNetwork
from shaketable.real.containers.services import PORT, Service, SharedFolder, entry_of
from shaketable.real.containers.supervised_container import SupervisedContainer, supervised
from shaketable.real.containers.sweep import remove_run, sweep
from shaketable.real.servers.registry import cut_off_only, kind_of
from shaketable.real.stack.instances import Instance, Instances
from shaketable.real.stack.launcher import Address, Needs
from shaketable.real.stack.readiness import accepts, runs
from shaketable.real.supervision.reaper import Reaper
from shaketable.real.supervision.sweep import sweep as sweep_folders
from shaketable.subject import Part, Server

_CALM_S = 3.0
"""Things that the dead command had asked of the engine may still come into being for a while."""


class ContainerLauncher(Instances):
    """Starts everything in containers (see shaketable.real.stack.launcher.Launcher); use it from one event loop.

    `instead` names other images (see shaketable.real.containers.images). The network is made at once, for
    the tap listens on its gateway; HarnessError when no Docker engine answers.
    """

    has_toxiproxy = True

    def __init__(self, instead: Mapping[str, str] | None = None) -> None:
        self._instead = dict(instead or {})
        self._owner = owner.this_command()
        self._closing = asyncio.Lock()
        self._folder: SharedFolder | None = None
        self._containers: dict[str, Container] = {}
        self._services: dict[str, Service] = {}
        self._ports = {servers.TOXIPROXY: servers.TOXIPROXY_PORT}
        self._engine: Engine | None = Engine()
        self._reaper = Reaper("shaketable.real.containers.sweep:sweep_now", calm_s=_CALM_S)
        atexit.register(self._close_at_exit)  # a Ctrl-C may come before a caller holds this object
        try:
            sweep(self._engine.client)
            name = f"shaketable-{self._owner.run}"
            self._network = RunNetwork(self._engine.client, name, self._owner.labels)
        except BaseException:
            self._close_at_exit()
            raise

    @property
    def run(self) -> str:
        """The run's name: the label `shaketable` of everything that belongs to it."""
        return self._owner.run

    @property
    def tap_host(self) -> str:
        return self._network.gateway

    def clock_offset_file(self, service: str) -> str:
        return str(self._shared().service_folder(service) / "clock-offset")

    async def start_servers(self, needs: Needs) -> None:
        """Start what `needs` names and a zygote for each of its services; wait until all answer.

        When anything fails, everything is ended again.
        """
        try:
            await sweep_folders()
            self._folder = SharedFolder()
            self.cannot_crash = cut_off_only(needs.servers)
            self._ports |= {server.name: port_of(server) for server in needs.servers}
            async with asyncio.TaskGroup() as group:
                group.create_task(self._start_server(servers.TOXIPROXY, servers.TOXIPROXY, servers.toxiproxy))
                for server in needs.servers:
                    group.create_task(self._start_of_kind(server))
                for part in needs.parts:
                    if not part.is_black_box:
                        group.create_task(self._start_zygote(part))
        except BaseExceptionGroup as failed:
            await self.close()
            raise failed.exceptions[0] from None
        except BaseException:  # Ctrl-C too: nothing may stay behind
            await self.close()
            raise

    def address(self, party: str) -> Address:
        """Return its address, fixed from the first time it is asked for, also before the party's start."""
        return self._network.address(party), self._ports.get(party, PORT)

    def toxiproxy_api(self) -> Address:
        return self.address(servers.TOXIPROXY)

    def toxiproxy_listen(self, n: int) -> tuple[Address, Address]:
        port = servers.TOXIPROXY_LISTENS_FROM + n
        return ("0.0.0.0", port), (self._network.address(servers.TOXIPROXY), port)

    async def start_service(self, part: Part, env: Mapping[str, str]) -> None:
        if part.is_black_box:
            if not part.image:
                raise UsageError(f"{part.name} has a command but no image, and this world runs Part.image")
            spec = ContainerSpec(
                part.image,
                PORT,
                env=dict(env),
                is_ours=False,
                ready=runs if part.group or part.ready == "none" else accepts,
            )
            await self._start_black_box(part, self._container(part.name, spec))
            return
        if part.name not in self._services:
            await self._start_zygote(part)
        host, port = self.address(part.name)
        own = {"SERVICE_NAME": part.name, "HTTP_HOST": host, "HTTP_PORT": str(port)}
        await self._services[part.name].start(part.entry, {**part.env, **env, **own})

    async def close(self) -> None:
        """Remove every container of the run, its network and its folder. Safe to call again."""
        async with self._closing:  # all that a first call waits for in here has a limit
            engine, self._engine = self._engine, None
            if engine is None:
                return
            for service in self._services.values():
                service.close()
            try:
                await engine.settle()  # a container that is being made is made, and then removed
                await engine.ask(lambda: remove_run(engine.client, self.run), f"remove the run {self.run}")
            except BaseException:
                self._engine = engine  # there is another chance at the exit
                raise
            self._forget(engine)

    def _close_at_exit(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            try:
                remove_run(engine.client, self.run)
            finally:
                self._forget(engine)

    def _forget(self, engine: Engine) -> None:
        atexit.unregister(self._close_at_exit)
        engine.close()
        if self._folder is not None:
            self._folder.remove()
            self._folder = None
        self._reaper.dismiss()

    async def _start_black_box(self, part: Part, container: Container) -> None:
        """Start it; PartNotStarted when the engine lacks its image or refuses to run it."""
        from docker.errors import APIError

        try:
            await container.start()
        except HarnessError as error:
            if not isinstance(error.__cause__, APIError):
                raise
            raise PartNotStarted(f"{part.name} did not start from its image {part.image}: {error}") from error

    async def _start_of_kind(self, server: Server) -> None:
        kind = kind_of(server.protocol)
        starter = servers.as_container(kind)
        if starter is None:
            raise UsageError(f"{server.name} speaks {server.protocol}, which this world cannot start")
        await self._start_server(server.name, kind.name, starter.spec)

    async def _start_server(
        self, name: str, image_name: str, make: Callable[[str, str], ContainerSpec]
    ) -> None:
        spec = make(await self._image(image_name), self._network.address(name))
        if spec.ends_by:
            engine, image = self._opened(), spec.image
            own = await engine.ask(
                lambda: images.entry_point(engine.client, image), f"tell the entry point of the image {image}"
            )
            pipes = self._shared().pipes(name)
            spec = supervised(spec, own, pipes)
            self._containers[name] = SupervisedContainer(pipes, engine, name, spec, self._placement(name))
        container = self._container(name, spec)
        await container.start()
        await container.wait_ready()

    async def _start_zygote(self, part: Part) -> None:
        service = Service(part.name, self._shared())
        spec = service.spec(await self._image(images.SERVICES), [entry_of(part)])
        container = self._container(part.name, spec)
        await container.start()
        await service.open(container)
        self._services[part.name] = service

    async def _image(self, name: str) -> str:
        engine = self._opened()
        what = f"give the image of {name}"
        return await engine.ask(lambda: images.obtain(engine.client, name, self._instead), what)

    def _container(self, name: str, spec: ContainerSpec) -> Container:
        if name not in self._containers:
            self._containers[name] = Container(self._opened(), name, spec, self._placement(name))
        return self._containers[name]

    def _placement(self, name: str) -> Placement:
        return Placement(self._network.name, self._network.address(name), self._owner.labels)

    def _opened(self) -> Engine:
        if self._engine is None:
            raise HarnessError("this launcher is closed: one launcher is one run")
        return self._engine

    def _shared(self) -> SharedFolder:
        if self._folder is None:
            raise HarnessError("nothing is started: call start_servers first")
        return self._folder

    def _instance(self, party: str) -> Instance:
        if party in self._services:
            return self._services[party].child
        if party not in self._containers:
            raise HarnessError(f"{party} was never started; there are {', '.join(sorted(self._containers))}")
        return self._containers[party]


def port_of(server: Server) -> int:
    """Return the port on which a server listens in its container."""
    starter = servers.as_container(kind_of(server.protocol))
    return PORT if starter is None else starter.port
