//! A worker of a queue that does as it is told: `join QUEUE WINDOW [again]`, `done NUMBER`, `quick`, `leave`, `crash`.
use crate::{
    puppet::{DO, SCRIPT},
    stage::Stage,
    text::split,
};
use peerd_otp::{Server, work_pulling::Puller};
use peerd_vat::{Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};

/// What items come behind.
const ITEM: &[u8] = b"item ";

#[derive(Default, Serialize, Deserialize)]
pub struct Worker {
    puller: Option<Puller>,
    /// What it joins in its next life.
    again: Option<(Ref, u32)>,
    /// Confirms each at once.
    is_quick: bool,
}

impl Server for Worker {
    const NAME: &'static str = "worker";
    const MINDS_RECOVERY: bool = true;
    type State = Worker;

    fn init(args: &[u8], _: &[Ref], cx: &mut Cx<'_>) -> Result<Worker, Crash> {
        let mut worker = Worker::default();
        worker.obey(&String::from_utf8_lossy(args), cx)?;
        Ok(worker)
    }

    fn recovered(worker: &mut Worker, cx: &mut Cx<'_>) -> Result<(), Crash> {
        worker.puller = worker.again.map(|(queue, window)| Puller::join(queue, window, ITEM, cx));
        Ok(())
    }

    fn handle(worker: &mut Worker, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        if let Some(script) = body.strip_prefix(DO.as_bytes()) {
            return worker.obey(&String::from_utf8_lossy(script), cx);
        }
        let puller = worker.puller.as_ref();
        if let Some((puller, item)) =
            body.strip_prefix(ITEM).and_then(|body| puller.and_then(|puller| Some((puller, puller.accept(body, cx)?))))
        {
            let shown = if item.body.len() > 20 { format!("{} bytes", item.body.len()) } else { String::from_utf8_lossy(item.body).into() };
            Stage::current().say(&format!("has {} {shown}", item.number), cx);
            if worker.is_quick {
                puller.confirm(item.number, cx);
            } else if item.body == b"deadly" {
                return Err(Crash::new("crash", "deadly"));
            }
        }
        Ok(())
    }
}

impl Worker {
    fn obey(&mut self, script: &str, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let wrong = || Crash::new(SCRIPT, format!("a worker knows no {script:?}"));
        for command in split(script, ';') {
            match (split(command, ' ').as_slice(), &self.puller) {
                (["join", queue, window, how @ ..], _) => {
                    let queue = Stage::current().cast().find(queue).ok_or_else(wrong)?;
                    let window = window.parse().map_err(|_| wrong())?;
                    self.again = (how == ["again"]).then_some((queue, window));
                    self.puller = Some(Puller::join(queue, window, ITEM, cx));
                }
                (["done", number], Some(puller)) => puller.confirm(number.parse().map_err(|_| wrong())?, cx),
                (["leave"], Some(puller)) => puller.leave(cx),
                (["quick"], _) => self.is_quick = true,
                (["crash"], _) => return Err(Crash::new("crash", "")),
                _ => return Err(wrong()),
            }
        }
        Ok(())
    }
}
