//! What a chat is lent, and what becomes of it when its owner takes some of that back.
use super::*;
use crate::view::{ChatId, Holding, Power};

const TAB: Power = Power::Tab(3);

impl World {
    fn holdings(&self) -> Vec<(Power, bool)> {
        let last = self.updates.iter().rev().find_map(|update| match update {
            Update::Holdings { holdings } => Some(holdings.clone()),
            _ => None,
        });
        last.unwrap_or_default().into_iter().map(|Holding { power, is_withheld, .. }| (power, is_withheld)).collect()
    }

    fn newest_chat(&self) -> ChatId {
        self.chats()[0].id
    }

    fn take_back(&mut self, power: Power) {
        let chat = self.newest_chat();
        self.command(&Command::TakeBack { chat, power });
    }

    fn asked_again(&self) -> &str {
        &self.fetches[0].1
    }
}

/// A step is under way in a page that does not answer.
fn in_the_middle_of_a_step() -> World {
    let mut world = World::new();
    world.page_is_silent = true;
    world.task("What does tea cost?");
    world.model("", Some(("get_page_text", json!({}))));
    assert_eq!((world.phase(), world.fetches.len()), (RunPhase::Acting, 0));
    world
}

#[test]
fn a_tab_that_is_taken_back_ends_its_step_at_once_and_the_run_goes_on_without() {
    let mut world = in_the_middle_of_a_step();
    assert_eq!(
        world.holdings(),
        [Power::Model, Power::Browser, Power::Shelf, Power::Code, Power::Linux, Power::Actors, Power::Works, TAB]
            .map(|power| (power, false))
    );
    world.take_back(TAB);
    assert_eq!(world.phase(), RunPhase::Thinking);
    let told = world.asked_again();
    assert!(told.contains("Not executed: the owner has taken it back") && told.contains("tab 3 was taken back by the owner"), "{told}");
    assert_eq!(world.holdings().last(), Some(&(TAB, true)));
    world.page_is_silent = false;
    world.model("", Some(("get_page_text", json!({"tab_id": 3}))));
    assert!(world.asked_again().contains("the owner has taken this tab back from this chat"), "{}", world.asked_again());
    world.model("", Some(("switch_tab", json!({"tab_id": 3}))));
    assert!(!world.asked_again().contains("Tea costs 5."), "{}", world.asked_again());
    world.model("Then I do without.", None);
    assert_eq!(world.phase(), RunPhase::Done);
}

#[test]
fn without_its_model_a_chat_says_why_it_stops_and_another_chat_has_one() {
    let mut world = World::new();
    world.task("Talk");
    world.take_back(Power::Model);
    assert_eq!((world.phase(), world.aborted.len()), (RunPhase::Failed, 1), "nobody reads on what was asked");
    let why = "note: The model could not be asked: the owner has taken it back from this chat. You can go on in this chat.";
    assert_eq!(world.chat().last().map(String::as_str), Some(why));
    world.fetches.clear();
    world.command(&Command::Say { chat: 0, text: "Talk".into(), tab: None });
    assert_eq!((world.phase(), world.fetches.len()), (RunPhase::Thinking, 1));
}

#[test]
fn without_the_browser_there_are_no_tabs_to_find() {
    let mut world = World::new();
    world.task("What does tea cost?");
    world.take_back(Power::Browser);
    world.model("", Some(("get_page_text", json!({"tab_id": 3}))));
    let told = world.asked_again();
    assert!(told.contains("the owner has taken it back from this chat") && !told.contains("Tea costs 5."), "{told}");
}

#[test]
fn what_was_taken_back_stays_so_in_the_next_life_and_goes_with_its_chat() {
    let mut world = in_the_middle_of_a_step();
    world.take_back(TAB);
    world.take_back(Power::Model);
    let chat = world.newest_chat();
    let mut again = world.again();
    again.command(&Command::OpenChat { chat });
    assert_eq!(
        again.holdings(),
        [
            (Power::Model, true),
            (Power::Browser, false),
            (Power::Shelf, false),
            (Power::Code, false),
            (Power::Linux, false),
            (Power::Actors, false),
            (Power::Works, false),
            (TAB, true)
        ]
    );
    again.command(&Command::Say { chat, text: "Again".into(), tab: Some(3) });
    assert_eq!((again.phase(), again.fetches.len()), (RunPhase::Failed, 0));
    again.command(&Command::DeleteChat { chat });
    assert_eq!(again.holdings(), []);
}

#[test]
fn a_tab_is_lent_for_a_run_and_a_shelf_for_as_long_as_its_chat_is() {
    let mut world = World::new();
    world.task("What does tea cost?");
    assert!(world.holdings().contains(&(TAB, false)));
    world.take_back(Power::Shelf);
    world.model("It costs 5.", None);
    assert_eq!(
        (world.phase(), world.holdings()),
        (
            RunPhase::Done,
            [Power::Model, Power::Browser, Power::Shelf, Power::Code, Power::Linux, Power::Actors, Power::Works]
                .map(|power| (power, false))
                .to_vec()
        )
    );
}

#[test]
fn a_run_goes_on_over_a_crash_of_who_lends_and_what_is_lent_can_still_be_taken_back() {
    let mut world = World::new();
    world.task("What does tea cost?");
    world.may_crash = true;
    world.tell(world.desk, &json!({"panel": "nonsense"}));
    world.pass(10_000);
    world.model("I'll read it.", Some(("get_page_text", json!({}))));
    assert!(world.asked_again().contains("Tea costs 5."), "{}", world.asked_again());
    assert_eq!(
        world.holdings(),
        [Power::Model, Power::Browser, Power::Shelf, Power::Code, Power::Linux, Power::Actors, Power::Works, TAB]
            .map(|power| (power, false))
    );
    world.take_back(Power::Model);
    assert_eq!(world.phase(), RunPhase::Failed);
}
