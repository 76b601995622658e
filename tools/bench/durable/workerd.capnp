# Two Durable Objects of the same code: one on disk, one in memory. The folder is named by the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "sqlite", worker = .sqlite),
    (name = "memory", worker = .memory),
    (name = "disk", disk = (writable = true)),
  ],
  sockets = [
    (name = "sqlite", address = "127.0.0.1:0", http = (), service = "sqlite"),
    (name = "memory", address = "127.0.0.1:0", http = (), service = "memory"),
  ],
);

const sqlite :Workerd.Worker = (
  modules = [(name = "teller.js", esModule = embed "teller.js")],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Teller", uniqueKey = "teller", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [(name = "TELLERS", durableObjectNamespace = "Teller")],
);

const memory :Workerd.Worker = (
  modules = [(name = "teller.js", esModule = embed "teller.js")],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Teller", uniqueKey = "teller")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "TELLERS", durableObjectNamespace = "Teller")],
);
