//! 4. Nobody dies unnoticed: a watcher is told once, after all that the dead one had sent.
use peerd::prelude::*;

#[derive(Message)]
enum Duty {
    Say(String),
    Go,
}

#[derive(Serialize, Deserialize)]
struct Guard {
    captain: Addr<Report>,
}

impl Actor for Guard {
    const NAME: &'static str = "guard";
    type Args = Addr<Report>;
    type Message = Duty;

    fn init(captain: Addr<Report>, _: &mut Context<'_, '_, Guard>) -> Result<Guard, Crash> {
        Ok(Guard { captain })
    }

    fn handle(&mut self, duty: Duty, cx: &mut Context<'_, '_, Guard>) -> Result<(), Crash> {
        match duty {
            Duty::Say(words) => cx.send(self.captain, &Report::Heard(words)),
            Duty::Go => cx.stop(Reason::Normal),
        }
        Ok(())
    }
}

#[derive(Message)]
enum Report {
    Enlist,
    Heard(String),
}

#[derive(Serialize, Deserialize)]
struct Captain {
    log: Addr<String>,
}

impl Actor for Captain {
    const NAME: &'static str = "captain";
    type Args = Addr<String>;
    type Message = Report;

    fn init(log: Addr<String>, _: &mut Context<'_, '_, Captain>) -> Result<Captain, Crash> {
        Ok(Captain { log })
    }

    fn handle(&mut self, report: Report, cx: &mut Context<'_, '_, Captain>) -> Result<(), Crash> {
        match report {
            Report::Enlist => {
                let me = cx.me();
                let guard = cx.spawn::<Guard>(&me);
                cx.watch(guard);
                cx.send(guard, &Duty::Say("all is well".into()));
                cx.send(guard, &Duty::Go);
            }
            Report::Heard(words) => cx.send(self.log, &words),
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Captain>) -> Result<(), Crash> {
        if let Signal::Down { reason, .. } = signal {
            cx.send(self.log, &format!("left: {reason}"));
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Guard>(), behaviour::<Captain>()]);
    let log = system.probe::<String>();
    let captain = system.spawn::<Captain>(&log.addr());
    system.send(captain, &Report::Enlist);
    assert_eq!(log.expect_msg(), "all is well");
    assert_eq!(log.expect_msg(), "left: normal");
    log.expect_no_msg();
}
