//! What the system itself takes: bytes of a call's size to another thread by TCP, and back.
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Instant,
};

use crate::sockets::{CALL_BYTES, spread};

pub fn round_trip(trips: u64) -> Result<Vec<f64>, String> {
    play(trips).map_err(|error| error.to_string())
}

fn play(trips: u64) -> std::io::Result<Vec<f64>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let other = thread::Builder::new().spawn(move || answer(&listener))?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut bytes = [7; CALL_BYTES];
    let mut took = Vec::new();
    for _ in 0..trips {
        let begun = Instant::now();
        stream.write_all(&bytes)?;
        stream.read_exact(&mut bytes)?;
        took.push(begun.elapsed());
    }
    drop(stream);
    other.join().expect("it has no bug")?;
    Ok(spread(took))
}

fn answer(listener: &TcpListener) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut bytes = [0; CALL_BYTES];
    while stream.read_exact(&mut bytes).is_ok() {
        stream.write_all(&bytes)?;
    }
    Ok(())
}
