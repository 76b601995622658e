//! Two peers on loopback, a thread each: over WebSocket with one operation in a message, and over TCP.
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use peerd_captp::{Framing, Limits};
use peerd_ocapn::{Layer, Node, entropy};

use crate::{
    caller::{Caller, ECHO},
    process::cpu,
};

const WINDOW: u64 = 500;
/// About what a call is long, and its answer, with the payload.
pub const CALL_BYTES: usize = 128;
/// Limit: what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type Values = Result<Vec<f64>, String>;

/// The dialling end, which has the echo of the other.
struct End {
    node: Node,
    objects: Caller,
    over: Arc<AtomicBool>,
    other: Option<thread::JoinHandle<io::Result<()>>>,
}

fn websocket() -> io::Result<Layer> {
    Ok(Layer::WebSocket { listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))), seed: entropy()? })
}

fn tcp() -> io::Result<Layer> {
    Ok(Layer::Tcp { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), framing: Framing::Length })
}

impl End {
    fn new(layer: fn() -> io::Result<Layer>) -> Result<End, String> {
        End::open(layer).map_err(|error| error.to_string())?.fetched()
    }

    fn open(layer: fn() -> io::Result<Layer>) -> io::Result<End> {
        let mut other = Node::open(&[layer()?], Limits::default())?;
        let location = other.netlayers()[0].location.clone();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let serve = move || {
            let mut objects = Caller::new(other.peer());
            while !is_over.load(Ordering::Relaxed) {
                other.turn(&mut objects, Some(Instant::now() + Duration::from_millis(100)))?;
            }
            Ok(())
        };
        let other = Some(thread::Builder::new().spawn(serve)?);
        let mut node = Node::open(&[layer()?], Limits::default())?;
        let mut objects = Caller::new(node.peer());
        objects.fetch(node.peer(), location, ECHO.0);
        Ok(End { node, objects, over, other })
    }

    fn fetched(mut self) -> Result<End, String> {
        self.until(|objects| objects.far.is_some())?;
        Ok(self)
    }

    fn until(&mut self, is_so: impl Fn(&Caller) -> bool) -> Result<(), String> {
        let patience = Instant::now() + PATIENCE;
        while !is_so(&self.objects) {
            if let Some(why) = &self.objects.failed {
                return Err(why.clone());
            }
            if Instant::now() > patience {
                return Err("no answer in time".into());
            }
            self.node.turn(&mut self.objects, Some(patience)).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn play(&mut self, calls: u64, window: u64) -> Result<(), String> {
        self.objects.begin(self.node.peer(), calls, window);
        self.until(|objects| objects.answered == calls)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // What it ended with has been seen: nothing was answered.
        let _ = self.other.take().map(thread::JoinHandle::join);
    }
}

/// Calls for each second of CPU that both ends take.
pub fn calls(calls: u64) -> Values {
    let mut end = End::new(websocket)?;
    end.play(calls / 10, WINDOW)?;
    let before = cpu();
    end.play(calls, WINDOW)?;
    Ok(vec![calls as f64 / (cpu() - before)])
}

/// One call after the other: the least and the median.
pub fn round_trip(trips: u64) -> Values {
    let mut end = End::new(tcp)?;
    end.play(trips / 10 + 1, 1)?;
    let mut took = Vec::new();
    for _ in 0..trips {
        let begun = Instant::now();
        end.play(1, 1)?;
        took.push(begun.elapsed());
    }
    Ok(spread(took))
}

/// The least and the median, in microseconds.
pub fn spread(mut took: Vec<Duration>) -> Vec<f64> {
    took.sort();
    [took.first(), took.get(took.len() / 2)].into_iter().flatten().map(|took| took.as_secs_f64() * 1e6).collect()
}
