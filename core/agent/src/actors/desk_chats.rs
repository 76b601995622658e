//! How the desk opens chats, reads and writes the store, and what it draws.
use super::*;

impl Desk {
    /// Hands a message to a chat, which is read from the store and started when it is not alive.
    pub(super) fn tell(&mut self, chat: ChatId, message: ToChat, cx: &mut Cx<'_>) {
        if !self.chats.iter().any(|known| known.id == chat) {
            return;
        }
        if let Some((_, actor)) = self.live.iter().find(|(id, _)| *id == chat) {
            return send_json(cx, *actor, &message);
        }
        match self.opening.iter_mut().find(|(id, _)| *id == chat) {
            Some((_, waiting)) => waiting.push(message),
            None => {
                self.opening.push((chat, [message].into()));
                self.ask_store(Pending::LoadChat(chat), &Store::Get { key: format!("chat/{chat}") }, cx);
            }
        }
    }

    fn start_chat(&mut self, chat: ChatId, stored: Option<Value>, cx: &mut Cx<'_>) {
        let args = ChatArgs { chat, wall: self.wall_now(cx), stored };
        let doors = self.doors;
        let request = supervisor::Request::start(
            &format!("chat {chat}"),
            super::chat::Chat::NAME,
            serde_json::to_vec(&args).unwrap_or_default(),
            supervisor::Restart::Temporary,
        );
        let refs = [doors.panel, doors.store, doors.provider, doors.browser, cx.me()];
        let call = cx.call(doors.agents, &request, &refs, STORE_MS);
        self.pending.push((call, Pending::StartChat(chat)));
    }

    /// A chat's actor ended. Nothing of its run is repeated: opened again, it shows where it was interrupted.
    pub(super) fn chat_died(&mut self, target: Ref, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(at) = self.live.iter().position(|(_, actor)| *actor == target) else {
            return Ok(());
        };
        let (chat, _) = self.live.remove(at);
        self.asks.retain(|ask| ask.approval.chat != chat);
        self.show_asks(cx);
        self.tell(chat, ToChat::Show, cx);
        Ok(())
    }

    pub(super) fn settled(&mut self, call: CallId, answer: Option<(Value, Option<Ref>)>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(at) = self.pending.iter().position(|(id, _)| *id == call) else {
            return Ok(());
        };
        let (_, pending) = self.pending.remove(at);
        let text = answer.as_ref().and_then(|(value, _)| value["value"].as_str().map(ToString::to_string));
        match pending {
            Pending::LoadSettings => {
                if let Some(mut settings) = text.and_then(|text| serde_json::from_str::<Settings>(&text).ok()) {
                    settings.variant = self.variant.clone();
                    settings.all_sites = self.settings.all_sites;
                    for provider in &settings.providers {
                        self.origin_rule(&provider.base, cx);
                    }
                    self.settings = settings;
                }
                self.loaded(cx);
            }
            Pending::LoadChats => {
                self.chats = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                let cut: Vec<ChatId> = self.chats.iter().filter(|chat| chat.state.is_under_way()).map(|chat| chat.id).collect();
                for chat in cut {
                    self.tell(chat, ToChat::Show, cx);
                }
                self.loaded(cx);
            }
            Pending::ListRecipes => {
                let keys = answer.map(|(value, _)| value).unwrap_or_default();
                for key in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if let Some(id) = key.strip_prefix("recipe/").and_then(|id| id.parse().ok()) {
                        self.load(Pending::LoadRecipe(id), &Store::Get { key: key.into() }, cx);
                        self.next = self.next.max(id);
                    }
                }
                self.loaded(cx);
            }
            Pending::LoadRecipe(id) => {
                let recipe = text.and_then(|text| serde_json::from_str(&text).ok()).and_then(|value| recipe::Recipe::from_value(&value).ok());
                match recipe {
                    Some(recipe) => self.recipes.push(Kept { id, bundled: false, recipe }),
                    None => self.problem(format!("Recipe {id} could not be read and is left as it is."), cx),
                }
                self.loaded(cx);
            }
            Pending::LoadChat(chat) => {
                let stored = text.and_then(|text| serde_json::from_str(&text).ok());
                self.start_chat(chat, stored, cx);
            }
            Pending::StartChat(chat) => self.started(chat, answer.and_then(|(_, actor)| actor), cx),
            Pending::Doctor(base) => {
                let report = answer.and_then(|(value, _)| serde_json::from_value(value).ok()).unwrap_or_default();
                self.show(&Update::Doctor { base, report }, cx);
            }
            Pending::RecordStart(tab) => {
                match answer {
                    Some((value, _)) if value.get("err").is_none() => {
                        self.recording = Some(Recording { tab, recorder: recipe::Recorder::new() });
                    }
                    Some((value, _)) => {
                        let why = value["err"]["text"].as_str().unwrap_or("the page can't be recorded").to_string();
                        self.problem(format!("Recording did not start: {why}"), cx);
                    }
                    None => self.problem("Recording did not start: the browser gave no answer.".into(), cx),
                }
                self.show_recording(cx);
            }
        }
        Ok(())
    }

    fn started(&mut self, chat: ChatId, actor: Option<Ref>, cx: &mut Cx<'_>) {
        let waiting = self.opening.iter().position(|(id, _)| *id == chat).map(|at| self.opening.remove(at).1).unwrap_or_default();
        let Some(actor) = actor else {
            return self.problem("This chat could not be opened.".into(), cx);
        };
        cx.watch(actor);
        self.live.push((chat, actor));
        for message in waiting {
            send_json(cx, actor, &message);
        }
    }

    /// A read that must be over before the first command is served.
    pub(super) fn load(&mut self, pending: Pending, request: &Store, cx: &mut Cx<'_>) {
        self.loading += 1;
        self.ask_store(pending, request, cx);
    }

    fn loaded(&mut self, cx: &mut Cx<'_>) {
        self.loading -= 1;
        if self.loading == 0 {
            cx.become_tag(READY);
            self.show_all(cx);
        }
    }

    fn ask_store(&mut self, pending: Pending, request: &Store, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.store, request, &[], STORE_MS);
        self.pending.push((call, pending));
    }

    /// A write nobody waits for: the store answers only its failures, to the panel.
    pub(super) fn store(&self, request: &Store, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.store, request);
    }

    pub(super) fn save_settings(&mut self, cx: &mut Cx<'_>) {
        let value = serde_json::to_string(&self.settings).unwrap_or_default();
        self.store(&Store::Put { key: "settings".into(), value }, cx);
        self.show_settings(cx);
    }

    pub(super) fn save_chats(&mut self, cx: &mut Cx<'_>) {
        let value = serde_json::to_string(&self.chats).unwrap_or_default();
        self.store(&Store::Put { key: "chats".into(), value }, cx);
        self.show(&Update::Chats { chats: self.chats.clone() }, cx);
    }

    pub(super) fn wall_now(&self, cx: &Cx<'_>) -> u64 {
        self.wall + cx.now().0.saturating_sub(self.wall_at)
    }

    pub(super) fn show(&self, update: &Update, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, update);
    }

    pub(super) fn problem(&self, text: String, cx: &mut Cx<'_>) {
        self.show(&Update::Problem { text }, cx);
    }

    pub(super) fn show_all(&self, cx: &mut Cx<'_>) {
        self.show_settings(cx);
        self.show(&Update::Vault { vault: self.vault }, cx);
        self.show(&Update::Chats { chats: self.chats.clone() }, cx);
        self.show_asks(cx);
        self.show_recipes(cx);
        self.show_recording(cx);
    }

    pub(super) fn show_settings(&self, cx: &mut Cx<'_>) {
        let mut settings = self.settings.clone();
        for provider in &mut settings.providers {
            provider.has_key = self.keys.contains(&provider.id);
        }
        self.show(&Update::Settings { settings }, cx);
    }

    pub(super) fn show_asks(&self, cx: &mut Cx<'_>) {
        let approvals = self.asks.iter().map(|ask| ask.approval.clone()).collect();
        self.show(&Update::Approvals { approvals }, cx);
    }

    pub(super) fn show_recipes(&self, cx: &mut Cx<'_>) {
        let recipes = self.recipes.iter().map(|kept| kept.recipe.info(kept.id, kept.bundled)).collect();
        self.show(&Update::Recipes { recipes }, cx);
    }

    pub(super) fn show_recording(&self, cx: &mut Cx<'_>) {
        let recording = self.recording.as_ref().map(|recording| view::Recording { tab: recording.tab, steps: recording.recorder.intents() });
        self.show(&Update::Recording { recording }, cx);
    }
}
