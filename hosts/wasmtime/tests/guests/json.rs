//! What actors that speak JSON are told and answer, and an office of them, which either language can play.
use crate::kit::World;
use peerd_actor::{Message, Reader, Writer};
use peerd_script::Json;
use peerd_vat::{Ref, Settle};

/// A text, and how many refs go with it.
pub struct Said<'a>(pub &'a str, pub usize);

impl Message for Said<'_> {
    fn put(&self, to: &mut Writer<'_>) {
        to.bytes(&Json::bytes(self.0, self.1));
    }

    fn get(_: &mut Reader<'_>) -> Option<Self> {
        None
    }
}

/// All the bytes of an answer.
pub struct Whole(pub Vec<u8>);

impl Message for Whole {
    fn put(&self, to: &mut Writer<'_>) {
        to.bytes(&self.0);
    }

    fn get(from: &mut Reader<'_>) -> Option<Whole> {
        Some(Whole(std::iter::from_fn(|| from.tag()).collect()))
    }
}

pub fn tell(world: &mut World, to: Ref, message: &str) {
    world.tell(to, &Said(message, 0), &[]);
}

/// What the answer is as JSON, whatever refs are with it; `Err`: how the call settled.
pub fn ask(world: &mut World, to: Ref, message: &str) -> Result<String, Settle> {
    world.call(to, &Said(message, 0));
    let Whole(bytes) = world.answer::<Whole>().expect("it is answered at once")?;
    Ok(Json::text_of(&bytes).expect("a value").into())
}

pub const LISTENER: &str = "export default { init: () => [], handle: { heard(all, value) { all.push(value) }, all: all => all } }";

/// A listener, and an office that tells it.
pub fn opened(world: &mut World) -> (Ref, Ref) {
    let listener = world.spawn("listener", &Said("", 0), &[]);
    (listener, world.spawn("office", &Said(r#"{"ear":{"$ref":0}}"#, 1), &[listener]))
}

/// Counters are hired, one breaks, the office leaves.
pub fn counters_are_hired_and_one_breaks(world: &mut World, breaks: &str, why: &str, farewell: &str) {
    let (listener, office) = opened(world);
    tell(world, office, r#"["hire","ann"]"#);
    tell(world, office, r#"["hire","bob"]"#);
    assert_eq!(ask(world, office, r#"["count","bob"]"#), Ok(r#""bob: 15""#.into()));
    tell(world, office, r#"["tell",[1,{"deep":null}]]"#);
    let heard = ask(world, listener, r#"["all"]"#).expect("an answer");
    assert_eq!(heard, r#"[{"value":[1,{"deep":null}],"staff":[{"$ref":0},{"$ref":1}],"you":{"$ref":2}}]"#);
    tell(world, office, breaks);
    assert_eq!(ask(world, office, r#"["log"]"#), Ok(format!(r#"["ann left: crash {why}"]"#)));
    assert_eq!(ask(world, office, r#"["count","bob"]"#), Ok(r#""bob: 15""#.into()));
    world.take_reports();
    tell(world, office, r#"["leave","enough"]"#);
    assert!(!world.lives(office));
    let heard = ask(world, listener, r#"["all"]"#).expect("an answer");
    assert!(heard.ends_with(farewell), "{heard}");
}

/// A caller waits for a timer, and a message for a tag. The office.
pub fn a_caller_waits_and_so_does_a_message(world: &mut World) -> Ref {
    let (_, office) = opened(world);
    world.call(office, &Said(r#"["wait"]"#, 0));
    tell(world, office, r#"["remind",{"ms":50,"text":"tea"}]"#);
    assert!(world.answer::<Whole>().is_none(), "the caller waits");
    world.wait(50);
    assert_eq!(Json::text_of(&world.answer::<Whole>().expect("it is time").expect("an answer").0), Some(r#""tea""#));
    tell(world, office, r#"["shut","key"]"#);
    assert_eq!(ask(world, office, r#"["log"]"#), Ok(r#"["tea at 50"]"#.into()));
    tell(world, office, r#"["unlock","key"]"#);
    assert_eq!(ask(world, office, r#"["log"]"#), Ok(r#"["tea at 50","shut"]"#.into()));
    office
}
