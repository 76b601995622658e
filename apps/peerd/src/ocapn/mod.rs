//! `peerd ocapn`: a peer that listens and offers objects, until it is ended.
use std::{io, net::SocketAddr};

use peerd_captp::{Framing, Limits};
use peerd_ocapn::{Layer, Node, entropy};

use crate::{Stop, args::Args};

mod suite;

pub const HELP: &str = "\
peerd ocapn --listen ADDRESS [--transport tcp|websocket] [--dial-framing length|raw]

A peer of OCapN that offers the objects which the public test suite asks of a peer, each at the swiss number that the suite's
README names: a maker of cars, an echo, a greeter, a maker of promises, one that enlivens sturdyrefs. Whoever can connect can
call them, and have this peer connect to others: listen on loopback unless you want that. Prints `listening at URI` when it does.

  --listen        an address and a port, like 127.0.0.1:22045; port 0 is any that is free
  --transport     tcp: bytes as they are, nobody proves anything; for tests on one machine (default)
                  websocket: binary messages, and this peer proves the key that its URI names, one of this run
  --dial-framing  how a connection that this peer begins over tcp marks its messages: each with its length before it
                  (default), or not at all. One that is accepted is read in the way in which it begins";

pub fn command(args: &mut Args) -> Result<(), Stop> {
    let listen = args.value("--listen")?.ok_or_else(|| Stop::Unclear("--listen ADDRESS: where?".into()))?;
    let transport = args.choice("--transport", &["tcp", "websocket"])?;
    let framing = args.choice("--dial-framing", &["length", "raw"])?;
    args.done()?;
    let listen: SocketAddr = listen.parse().map_err(|_| Stop::Unclear(format!("--listen {listen}: not an address with a port")))?;
    serve(listen, transport, framing).map_err(|error| Stop::Failed(format!("{listen}: {error}")))
}

fn serve(listen: SocketAddr, transport: &str, framing: &str) -> io::Result<()> {
    let layer = match transport {
        "websocket" => Layer::WebSocket { listen: Some(listen), seed: entropy()? },
        _ => Layer::Tcp { listen, framing: if framing == "raw" { Framing::Raw } else { Framing::Length } },
    };
    let mut node = Node::open(&[layer], Limits::default())?;
    println!("listening at {}", node.netlayers()[0].location);
    let mut objects = suite::Offered::to(node.peer());
    loop {
        node.turn(&mut objects, None)?;
    }
}
