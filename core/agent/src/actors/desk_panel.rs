//! What the desk does for each of the panel's commands, and for what chats and the store tell it.
use super::*;

impl Desk {
    pub(super) fn host(&mut self, host: HostToDesk, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.wall = host.wall.max(self.wall);
        if let Some(vault) = host.vault {
            self.vault = vault;
            self.show(&Update::Vault { vault }, cx);
        }
        if let Some(keys) = host.keys {
            self.keys = keys;
            self.show_settings(cx);
        }
        if let Some(all_sites) = host.all_sites {
            self.settings.all_sites = all_sites;
            self.show_settings(cx);
        }
        if let Some(step) = host.recorded {
            self.recorded(&step, cx);
        }
        match host.panel {
            Some(command) => self.command(command, cx),
            None => Ok(()),
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match command {
            Command::Hello { chat } => {
                self.show_all(cx);
                if let Some(chat) = chat {
                    self.tell(chat, ToChat::Show, cx);
                }
            }
            Command::NewChat => {
                let chat = self.new_chat(cx);
                self.tell(chat, ToChat::Show, cx);
            }
            Command::OpenChat { chat } => self.tell(chat, ToChat::Show, cx),
            Command::DeleteChat { chat } => self.delete_chat(chat, cx),
            Command::Say { chat, text, tab } => self.say(chat, text, tab, cx),
            Command::Stop { chat } => self.tell(chat, ToChat::Stop, cx),
            Command::Resume { chat } => self.tell(chat, ToChat::Resume, cx),
            Command::Answer { approval, answer } => self.answer(approval, answer, cx),
            Command::Show { tab } => send_json(cx, self.doors.browser, &ToBrowser::Show { tab }),
            Command::SaveProvider { provider } => self.save_provider(provider, cx),
            Command::RemoveProvider { id } => {
                self.settings.providers.retain(|provider| provider.id != id);
                if self.settings.provider.as_ref() == Some(&id) {
                    self.settings.provider = None;
                }
                self.save_settings(cx);
            }
            Command::ChooseModel { provider, model } => {
                if self.settings.providers.iter().any(|known| known.id == provider) {
                    self.settings.provider = Some(provider);
                    self.settings.model = model;
                    self.save_settings(cx);
                } else {
                    self.problem(format!("There is no provider called {provider}."), cx);
                }
            }
            Command::SetLimits { limits } => {
                self.settings.limits = limits;
                self.settings.limits.steps_max = self.settings.limits.steps_max.clamp(1, 100);
                self.save_settings(cx);
            }
            // The host's vault takes these; one that strays here carries nothing we may keep.
            Command::SaveKey { .. } | Command::Unlock { .. } | Command::Lock => {}
            Command::Doctor { base } => {
                self.origin_rule(&base, cx);
                let call = call_json(cx, self.doors.provider, &ToProvider::Doctor { base: base.clone() }, &[], DOCTOR_MS);
                self.pending.push((call, Pending::Doctor(base)));
            }
            Command::PermissionChanged { origins, granted } => {
                if granted && origins.iter().any(|origin| origin == "<all_urls>") {
                    self.settings.all_sites = true;
                    self.show_settings(cx);
                }
            }
            Command::RunRecipe { recipe, slots, tab, chat } => self.run_recipe(recipe, slots, tab, chat, cx),
            Command::RecordStart { tab } => {
                let call = call_json(cx, self.doors.chrome, &json!({"op": "record_start", "tab": tab}), &[], STORE_MS);
                self.pending.push((call, Pending::RecordStart(tab)));
            }
            Command::RecordStop { name } => self.record_stop(&name, cx),
            Command::KeepRun { chat, name } => self.tell(chat, ToChat::KeepRun { name }, cx),
            Command::DeleteRecipe { recipe } => {
                self.recipes.retain(|kept| kept.id != recipe || kept.bundled);
                self.store(&Store::Delete { key: format!("recipe/{recipe}") }, cx);
                self.show_recipes(cx);
            }
        }
        Ok(())
    }

    pub(super) fn message(&mut self, message: ToDesk, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match message {
            ToDesk::Chat(info) => {
                match self.chats.iter_mut().find(|known| known.id == info.id) {
                    Some(known) => *known = info,
                    // Deleted while its last words were on the way.
                    None => return Ok(()),
                }
                self.save_chats(cx);
            }
            ToDesk::Ask { token, mut approval } => {
                if self.asks.len() >= ASKS_MAX {
                    self.tell(approval.chat, ToChat::Answer { token, answer: Answer::Deny }, cx);
                    return Ok(());
                }
                self.next += 1;
                approval.id = self.next;
                approval.until += self.wall_now(cx);
                self.asks.push(Ask { token, approval });
                self.show_asks(cx);
            }
            ToDesk::AskWithdrawn { chat, token } => {
                self.asks.retain(|ask| ask.approval.chat != chat || ask.token != token);
                self.show_asks(cx);
            }
            ToDesk::Kept { recipe } => match recipe::Recipe::from_value(&recipe) {
                Ok(recipe) => self.keep(recipe, cx),
                Err(why) => self.problem(format!("This run can't be kept as a recipe: {why}"), cx),
            },
            ToDesk::Problem(text) => self.problem(text, cx),
        }
        Ok(())
    }

    fn say(&mut self, chat: ChatId, text: String, tab: Option<view::TabId>, cx: &mut Cx<'_>) {
        let provider = self.settings.provider.as_ref().and_then(|id| self.settings.providers.iter().find(|known| known.id == *id)).cloned();
        let Some(provider) = provider else {
            return self.problem("Choose a model first: open the settings and add a provider.".to_string(), cx);
        };
        let chat = if self.chats.iter().any(|known| known.id == chat) { chat } else { self.new_chat(cx) };
        let engine = Engine { provider, model: self.settings.model.clone(), limits: self.settings.limits.clone() };
        self.tell(chat, ToChat::Task { text, tab, engine, wall: self.wall_now(cx) }, cx);
    }

    fn answer(&mut self, approval: u64, answer: Answer, cx: &mut Cx<'_>) {
        if let Some(at) = self.asks.iter().position(|ask| ask.approval.id == approval) {
            let ask = self.asks.remove(at);
            self.tell(ask.approval.chat, ToChat::Answer { token: ask.token, answer }, cx);
            self.show_asks(cx);
        }
    }

    fn save_provider(&mut self, provider: view::Provider, cx: &mut Cx<'_>) {
        self.origin_rule(&provider.base, cx);
        if self.settings.provider.is_none() {
            self.settings.provider = Some(provider.id.clone());
            self.settings.model = provider.models.first().cloned().unwrap_or_default();
        }
        match self.settings.providers.iter_mut().find(|known| known.id == provider.id) {
            Some(known) => *known = provider,
            None => self.settings.providers.push(provider),
        }
        self.save_settings(cx);
    }

    /// Local model servers refuse an extension's `Origin`: the host takes it off for addresses the owner added.
    fn origin_rule(&self, base: &str, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.chrome, &json!({"op": "origin_rule", "origin": base, "on": true}));
    }

    fn run_recipe(&mut self, id: u64, slots: Vec<(String, String)>, tab: Option<view::TabId>, chat: Option<ChatId>, cx: &mut Cx<'_>) {
        let Some(kept) = self.recipes.iter().find(|kept| kept.id == id) else {
            return self.problem("That recipe is not here any more.".to_string(), cx);
        };
        let recipe = kept.recipe.to_value();
        let chat = match chat {
            Some(chat) if self.chats.iter().any(|known| known.id == chat) => chat,
            _ => self.new_chat(cx),
        };
        self.tell(chat, ToChat::Show, cx);
        self.tell(chat, ToChat::Recipe { recipe, slots, tab, wall: self.wall_now(cx) }, cx);
    }

    fn recorded(&mut self, recorded: &Value, cx: &mut Cx<'_>) {
        if let Some(recording) = &mut self.recording
            && recorded["tab"] == json!(recording.tab)
        {
            recording.recorder.push(&recorded["step"]);
            self.show_recording(cx);
        }
    }

    fn record_stop(&mut self, name: &str, cx: &mut Cx<'_>) {
        let Some(recording) = self.recording.take() else {
            return self.problem("Nothing is being recorded.".to_string(), cx);
        };
        send_json(cx, self.doors.chrome, &json!({"op": "record_stop", "tab": recording.tab}));
        match recording.recorder.finish(name) {
            Ok(recipe) => self.keep(recipe, cx),
            Err(why) => self.problem(format!("Nothing was kept: {why}"), cx),
        }
        self.show_recording(cx);
    }

    fn keep(&mut self, recipe: recipe::Recipe, cx: &mut Cx<'_>) {
        self.next += 1;
        let id = self.next;
        self.store(&Store::Put { key: format!("recipe/{id}"), value: recipe.to_value().to_string() }, cx);
        self.recipes.push(Kept { id, bundled: false, recipe });
        self.show_recipes(cx);
    }

    fn new_chat(&mut self, cx: &mut Cx<'_>) -> ChatId {
        self.next = self.next.max(self.chats.iter().map(|chat| chat.id).max().unwrap_or(0)) + 1;
        let id = self.next;
        self.chats.insert(0, ChatInfo { id, title: "New chat".into(), at: self.wall_now(cx), state: RunPhase::Idle });
        self.save_chats(cx);
        id
    }

    fn delete_chat(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        self.chats.retain(|known| known.id != chat);
        self.asks.retain(|ask| ask.approval.chat != chat);
        if let Some(at) = self.live.iter().position(|(id, _)| *id == chat) {
            let (_, actor) = self.live.remove(at);
            send_json(cx, actor, &ToChat::Stop);
            let request = supervisor::Request::terminate(&format!("chat {chat}"));
            cx.call(self.doors.agents, &request, &[], STORE_MS);
        }
        self.store(&Store::Delete { key: format!("chat/{chat}") }, cx);
        self.save_chats(cx);
        self.show_asks(cx);
    }
}
