//! 7. Supervisors below supervisors: who falls with whom is written down once, in the tree.
use peerd::prelude::*;

#[derive(Message)]
enum Ask {
    Age(Reply<u64>),
    Fall,
}

/// Remembers when its life began.
#[derive(Serialize, Deserialize)]
struct Part {
    born: u64,
    births: Addr<String>,
    name: String,
}

impl Actor for Part {
    const NAME: &'static str = "part";
    type Args = (String, Addr<String>);
    type Message = Ask;

    fn init((name, births): (String, Addr<String>), cx: &mut Context<'_, '_, Part>) -> Result<Part, Crash> {
        cx.send(births, &name);
        Ok(Part { born: cx.now().0, births, name })
    }

    fn handle(&mut self, ask: Ask, cx: &mut Context<'_, '_, Part>) -> Result<(), Crash> {
        match ask {
            Ask::Age(reply) => {
                cx.reply(reply, &(cx.now().0 - self.born));
                Ok(())
            }
            Ask::Fall => Err(crash("fall", "it fell")),
        }
    }
}

fn part(name: &str, births: Addr<String>) -> Child {
    Child::new::<Part>(name, &(name.to_owned(), births))
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Part>()]);
    let births = system.probe::<String>();
    // The engine's parts depend on each other; the lamp on nobody.
    let engine = Supervisor::one_for_all().child(part("fuel", births.addr())).child(part("spark", births.addr()));
    let car = Supervisor::one_for_one().child(Child::supervisor("engine", engine)).child(part("lamp", births.addr()));
    let car = system.supervise(&car);
    let taken = |expected: &[&str]| expected.iter().for_each(|name| assert_eq!(births.expect_msg(), *name));
    taken(&["fuel", "spark", "lamp"]);

    let wheel = system.start_child::<Part>(car, part("wheel", births.addr())).expect("started");
    taken(&["wheel"]);
    system.advance(100);
    assert_eq!(system.ask(wheel, Ask::Age), Ok(100));
    system.send(wheel, &Ask::Fall);
    taken(&["wheel"]);
    assert_eq!(system.ask(wheel, Ask::Age), Ok(0));
    births.expect_no_msg();

    // Everybody is stopped from the last to the first, and the tree is gone.
    system.exit(Addr::<()>::from_ref(car.as_ref()), Reason::Kill);
    assert_eq!(system.ask(wheel, Ask::Age), Err(Settle::Noproc));
}
