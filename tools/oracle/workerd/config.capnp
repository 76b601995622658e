# The server that the oracle plays programs on: one worker, its objects' storage in the folder that the command line names.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "player", worker = .player),
    (name = "disk", disk = (writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "player")],
);

const player :Workerd.Worker = (
  modules = [(name = "player.js", esModule = embed "player.js")],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Thing", uniqueKey = "thing", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    (name = "THINGS", durableObjectNamespace = "Thing"),
    (name = "WORLD", service = (name = "player", entrypoint = "World")),
  ],
);
