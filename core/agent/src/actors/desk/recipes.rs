//! Recipes: recorded, kept, started, deleted.
use super::{ANSWER_MS, Desk, Kept, Pending, Recording};
use crate::{
    actors::{call_json, send_json, wire::ToChat},
    recipe::{Recipe, Recorder},
    view::{ChatId, TabId},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::Cx;
use serde_json::{Value, json};

impl Desk {
    pub(super) fn run_recipe(&mut self, id: u64, slots: Vec<(String, String)>, tab: Option<TabId>, chat: Option<ChatId>, cx: &mut Cx<'_>) {
        let Some(kept) = self.recipes.iter().find(|kept| kept.id == id) else {
            return self.problem("That recipe is not here any more.".to_string(), cx);
        };
        let recipe = kept.recipe.to_value();
        let chat = self.chat_or_new(chat, cx);
        self.tell(chat, &ToChat::Recipe { recipe, slots, tab, wall: self.wall_now(cx) }, cx);
    }

    pub(super) fn record_start(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        if let Some(running) = &self.recording {
            return self.problem(format!("Tab {} is being recorded already.", running.tab), cx);
        }
        let call = call_json(cx, self.doors.chrome, &json!({"op": "record_start", "tab": tab}), &[], ANSWER_MS);
        self.pending.push((call, Pending::RecordStart(tab)));
    }

    /// The page took up, or could not take up, the recording.
    pub(super) fn record_started(&mut self, tab: TabId, answer: Option<Value>, cx: &mut Cx<'_>) {
        match answer {
            Some(answer) if answer.get("err").is_none() => self.recording = Some(Recording { tab, recorder: Recorder::new() }),
            Some(answer) => {
                let why = answer["err"]["text"].as_str().unwrap_or("the page can't be reached").to_string();
                self.problem(format!("Recording did not start: {why}"), cx);
            }
            None => self.problem("Recording did not start: the browser gave no answer.".into(), cx),
        }
        self.show_recording(cx);
    }

    pub(super) fn recorded(&mut self, recorded: &Value, cx: &mut Cx<'_>) {
        if let Some(recording) = &mut self.recording
            && recorded["tab"] == json!(recording.tab)
            && recording.recorder.push(&recorded["step"])
        {
            self.show_recording(cx);
        }
    }

    pub(super) fn record_stop(&mut self, name: &str, cx: &mut Cx<'_>) {
        let Some(recording) = self.recording.take() else {
            return self.problem("Nothing is being recorded.".to_string(), cx);
        };
        send_json(cx, self.doors.chrome, &json!({"op": "record_stop", "tab": recording.tab}));
        match recording.recorder.finish(name) {
            Ok(recipe) => self.keep(recipe, cx),
            Err(why) => self.problem(format!("Nothing was kept: {why}."), cx),
        }
        self.show_recording(cx);
    }

    pub(super) fn kept(&mut self, recipe: &Value, cx: &mut Cx<'_>) {
        match Recipe::from_value(recipe) {
            Ok(recipe) => self.keep(recipe, cx),
            Err(why) => self.problem(format!("This run can't be kept as a recipe: {why}."), cx),
        }
    }

    fn keep(&mut self, recipe: Recipe, cx: &mut Cx<'_>) {
        let id = self.next_id();
        self.keep_on_shelf([(format!("recipe/{id}"), Some(recipe.to_value().to_string()))].into(), cx);
        self.recipes.push(Kept { id, bundled: false, recipe });
        self.show_recipes(cx);
    }

    pub(super) fn delete_recipe(&mut self, id: u64, cx: &mut Cx<'_>) {
        if let Some(at) = self.recipes.iter().position(|kept| kept.id == id && !kept.bundled) {
            self.recipes.remove(at);
            self.keep_on_shelf([(format!("recipe/{id}"), None)].into(), cx);
            self.show_recipes(cx);
        }
    }
}
