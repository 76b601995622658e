//! What the desk does for each of the panel's commands, and for what chats tell it.
use super::{ANSWER_MS, Ask, Desk, Pending};
use crate::{
    actors::{
        call_json,
        provider::door,
        send_json,
        wire::{Engine, HostToDesk, ToBrowser, ToChat, ToDesk, ToLinux, ToProvider, ToWorks},
    },
    address,
    view::{Answer, Approval, ChatId, Command, Provider, TabId, Update, Vault},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::Cx;
use serde_json::{Value, json};

/// A local model server may have to load a model before its first word.
const DOCTOR_MS: u64 = 20_000;
/// Limit: questions open at once over all chats; more are denied.
const ASKS_MAX: usize = 32;
/// Limit of the issue: no task runs longer, whatever the settings say.
const STEPS_MAX: u32 = 100;
/// Less than one request needs.
const TOKENS_MIN: u64 = 1_000;

impl Desk {
    pub(super) fn host(&mut self, host: HostToDesk, cx: &mut Cx<'_>) {
        if host.wall > 0 {
            (self.wall, self.wall_at) = (host.wall, cx.now().0);
        }
        if let Some(vault) = host.vault {
            self.vault = vault;
            self.show(&Update::Vault { vault }, cx);
            if vault == Vault::Unlocked {
                for (_, chat) in &self.live {
                    send_json(cx, *chat, &ToChat::Unlocked);
                }
            }
        }
        if let Some(keys) = host.keys {
            self.keys = keys;
            self.show_settings(cx);
        }
        if let Some(all_sites) = host.all_sites {
            self.settings.all_sites = all_sites;
            self.show_settings(cx);
        }
        if let Some(problem) = host.problem {
            self.problem(problem, cx);
        }
        if let Some(step) = host.recorded {
            self.recorded(&step, cx);
        }
        if let Some(command) = host.panel {
            self.command(command, cx);
        }
    }

    fn command(&mut self, command: Command, cx: &mut Cx<'_>) {
        match command {
            Command::Hello { chat } => {
                self.show_all(cx);
                if let Some(chat) = chat {
                    self.tell(chat, &ToChat::Show, cx);
                }
            }
            Command::NewChat => {
                let chat = self.new_chat(cx);
                self.tell(chat, &ToChat::Show, cx);
            }
            Command::OpenChat { chat } => self.tell(chat, &ToChat::Show, cx),
            Command::DeleteChat { chat } => self.delete_chat(chat, cx),
            Command::Say { chat, text, tab } => self.say(chat, text, tab, cx),
            Command::Stop { chat } => self.tell(chat, &ToChat::Stop, cx),
            Command::Resume { chat } => self.tell(chat, &ToChat::Resume, cx),
            Command::Answer { approval, answer } => self.answer(approval, answer, cx),
            Command::Show { tab } => send_json(cx, self.doors.browser, &ToBrowser::Show { tab }),
            Command::Requests { after } => self.requests(after, cx),
            Command::Work { work, wish } => {
                let wall = self.wall_now(cx);
                send_json(cx, self.doors.works, &ToWorks::Wish { wall, work, wish });
            }
            Command::TerminalNetwork { origin, allowed } => {
                send_json(cx, self.doors.linux, &ToLinux::Network { origin, allowed });
            }
            Command::EndMachine => send_json(cx, self.doors.linux, &ToLinux::End),
            Command::TakeBack { chat, power } => self.take_back(chat, power, cx),
            Command::SaveProvider { provider } => self.save_provider(provider, cx),
            Command::RemoveProvider { id } => self.remove_provider(&id, cx),
            Command::ChooseModel { provider, model } => self.choose_model(provider, model, cx),
            Command::SetLimits { mut limits } => {
                limits.steps_max = limits.steps_max.clamp(1, STEPS_MAX);
                limits.tokens_max = limits.tokens_max.max(TOKENS_MIN);
                self.settings.limits = limits;
                self.save_settings(cx);
            }
            // The host's vault takes these; one that strays here carries nothing we may keep.
            Command::SaveKey { .. } | Command::Unlock { .. } | Command::Lock => {}
            Command::Doctor { base } => self.doctor(base, cx),
            Command::PermissionChanged { origins, granted } => {
                if origins.iter().any(|origin| origin == "<all_urls>") {
                    self.settings.all_sites = granted;
                    self.show_settings(cx);
                }
            }
            Command::RunRecipe { recipe, slots, tab, chat } => self.run_recipe(recipe, slots, tab, chat, cx),
            Command::RecordStart { tab } => self.record_start(tab, cx),
            Command::RecordStop { name } => self.record_stop(&name, cx),
            Command::KeepRun { chat, name } => self.tell(chat, &ToChat::KeepRun { name }, cx),
            Command::DeleteRecipe { recipe } => self.delete_recipe(recipe, cx),
        }
    }

    pub(super) fn message(&mut self, message: ToDesk, cx: &mut Cx<'_>) {
        match message {
            ToDesk::Host(host) => self.host(host, cx),
            ToDesk::Chat(info) => {
                // Deleted while its last words were on the way: not known any more.
                if let Some(known) = self.chats.iter_mut().find(|known| known.id == info.id)
                    && *known != info
                {
                    *known = info;
                    self.save_chats(cx);
                }
            }
            ToDesk::Ask { token, approval } => self.ask(token, approval, cx),
            ToDesk::AskWithdrawn { chat, token } => {
                self.asks.retain(|ask| ask.approval.chat != chat || ask.token != token);
                self.show_asks(cx);
            }
            ToDesk::Kept { recipe } => self.kept(&recipe, cx),
            ToDesk::Tabs(tabs) => self.tabs_are_lent(tabs, cx),
            ToDesk::Problem(text) => self.problem(text, cx),
        }
    }

    /// The chat itself denies after the silence; here a question only waits to be shown and answered.
    fn ask(&mut self, token: u64, mut approval: Approval, cx: &mut Cx<'_>) {
        if self.asks.len() >= ASKS_MAX {
            return self.tell(approval.chat, &ToChat::Answer { token, answer: Answer::Deny }, cx);
        }
        approval.id = self.next_id();
        self.asks.push(Ask { token, approval });
        self.show_asks(cx);
    }

    fn answer(&mut self, approval: u64, answer: Answer, cx: &mut Cx<'_>) {
        if let Some(at) = self.asks.iter().position(|ask| ask.approval.id == approval) {
            let ask = self.asks.remove(at);
            self.tell(ask.approval.chat, &ToChat::Answer { token: ask.token, answer }, cx);
            self.show_asks(cx);
        }
    }

    fn say(&mut self, chat: ChatId, text: String, tab: Option<TabId>, cx: &mut Cx<'_>) {
        let chosen = self.settings.provider.as_ref().and_then(|id| self.settings.providers.iter().find(|known| known.id == *id));
        let Some(provider) = chosen.cloned() else {
            return self.problem("Choose a model first: open the settings and add a provider.".to_string(), cx);
        };
        let chat = self.chat_or_new(Some(chat), cx);
        let engine = Engine { provider, model: self.settings.model.clone(), limits: self.settings.limits.clone() };
        self.tell(chat, &ToChat::Task { text, tab, engine, wall: self.wall_now(cx) }, cx);
    }

    fn save_provider(&mut self, mut provider: Provider, cx: &mut Cx<'_>) {
        provider.base = provider.base.trim().trim_end_matches('/').to_string();
        if door::address(&provider.base).is_none() {
            return self.problem(format!("{:?} is not an address a model can be asked at.", provider.base), cx);
        }
        if provider.id.trim().is_empty() {
            return self.problem("A provider needs a short name.".into(), cx);
        }
        self.origin_rule(&provider.base, true, cx);
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

    fn remove_provider(&mut self, id: &str, cx: &mut Cx<'_>) {
        let providers = core::mem::take(&mut self.settings.providers);
        let (gone, rest): (Vec<Provider>, Vec<Provider>) = providers.into_iter().partition(|provider| provider.id == id);
        self.settings.providers = rest;
        for provider in gone {
            if self.settings.providers.iter().all(|other| address::origin(&other.base) != address::origin(&provider.base)) {
                self.origin_rule(&provider.base, false, cx);
            }
        }
        if self.settings.provider.as_deref() == Some(id) {
            self.settings.provider = None;
            self.settings.model = String::new();
        }
        self.save_settings(cx);
    }

    fn choose_model(&mut self, provider: String, model: String, cx: &mut Cx<'_>) {
        if self.settings.providers.iter().any(|known| known.id == provider) {
            self.settings.provider = Some(provider);
            self.settings.model = model;
            self.save_settings(cx);
        } else {
            self.problem(format!("There is no provider called {provider}."), cx);
        }
    }

    fn doctor(&mut self, base: String, cx: &mut Cx<'_>) {
        if !is_local(&base) {
            return self.visit(base, cx);
        }
        // The visit waits for the rule, or the server would refuse what it takes a moment later.
        let call = call_json(cx, self.doors.chrome, &rule(&base, true), &[], ANSWER_MS);
        self.pending.push((call, Pending::DoctorRule(base)));
    }

    pub(super) fn visit(&mut self, base: String, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.provider, &ToProvider::Doctor { base: base.clone() }, &[], DOCTOR_MS);
        self.pending.push((call, Pending::Doctor(base)));
    }

    /// Local model servers refuse an extension's `Origin`: the host takes it off for addresses the owner added.
    pub(super) fn origin_rule(&self, base: &str, on: bool, cx: &mut Cx<'_>) {
        if is_local(base) {
            send_json(cx, self.doors.chrome, &rule(base, on));
        }
    }
}

fn is_local(base: &str) -> bool {
    door::address(base).is_some_and(|address| address.is_local())
}

fn rule(base: &str, on: bool) -> Value {
    json!({"op": "origin_rule", "origin": base, "on": on})
}
