//! Tests of classes that are under way when the owner takes the power back.
use super::*;

#[test]
fn new_code_whose_test_is_cut_short_by_the_owners_switch_is_not_used() {
    let mut world = World::new();
    world.counter();
    let test = json!([{"message": 1, "reply": 1}]);
    world.model("", Some(("upgrade_actor_class", json!({"class": "counter", "wasm": "late", "test": test}))));
    assert!(world.fetches.is_empty(), "its first turn is late");
    let chat = world.chats()[0].id;
    world.command(&Command::TakeBack { chat, power: Power::Actors });
    world.pass(1_000);
    assert_eq!(world.labels(), []);
    assert_eq!(world.codes.values().map(String::as_str).collect::<Vec<_>>(), ["counter", "late", "counter"]);
}
