//! What is known about providers, so that a person has to type only a key.
use leptos::prelude::window;
use peerd_agent::view::{Dialect, Provider};

pub struct Preset {
    pub id: &'static str,
    pub label: &'static str,
    pub dialect: Dialect,
    pub base: &'static str,
    /// Proposals; the owner types what their provider has.
    pub models: &'static [&'static str],
    pub needs_key: bool,
    /// Where a key comes from.
    pub keys_at: &'static str,
}

pub const PRESETS: [Preset; 5] = [
    Preset {
        id: "anthropic",
        label: "Anthropic",
        dialect: Dialect::Anthropic,
        base: "https://api.anthropic.com",
        models: &["claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"],
        needs_key: true,
        keys_at: "https://console.anthropic.com/settings/keys",
    },
    Preset {
        id: "openai",
        label: "OpenAI",
        dialect: Dialect::OpenaiChat,
        base: "https://api.openai.com/v1",
        models: &["gpt-5.1", "gpt-5-mini"],
        needs_key: true,
        keys_at: "https://platform.openai.com/api-keys",
    },
    Preset {
        id: "openrouter",
        label: "OpenRouter",
        dialect: Dialect::OpenaiChat,
        base: "https://openrouter.ai/api/v1",
        models: &["anthropic/claude-sonnet-5.5", "openai/gpt-5.1", "qwen/qwen3-coder"],
        needs_key: true,
        keys_at: "https://openrouter.ai/keys",
    },
    Preset {
        id: "local",
        label: "On this computer",
        dialect: Dialect::OpenaiChat,
        base: "http://127.0.0.1:11434/v1",
        models: &["qwen3:8b"],
        needs_key: false,
        keys_at: "",
    },
    Preset { id: "other", label: "Another server", dialect: Dialect::OpenaiChat, base: "", models: &[], needs_key: false, keys_at: "" },
];

pub fn preset(id: &str) -> &'static Preset {
    PRESETS.iter().find(|preset| preset.id == id).unwrap_or(&PRESETS[0])
}

/// Which preset a provider was made from, as far as can be told.
pub fn of(provider: &Provider) -> &'static Preset {
    PRESETS.iter().find(|preset| preset.id == provider.id).unwrap_or(match provider.dialect {
        Dialect::Anthropic => &PRESETS[0],
        Dialect::OpenaiChat => &PRESETS[4],
    })
}

/// The preset that a link of the panel names after the hash.
pub fn asked_for() -> &'static Preset {
    let hash = window().location().hash().unwrap_or_default();
    preset(hash.trim_start_matches('#'))
}

/// A short unique name: the preset's own, or one made from the label where that is taken by another address.
pub fn id_for(preset: &Preset, label: &str, base: &str, known: &[Provider]) -> String {
    let taken = |id: &str| known.iter().any(|provider| provider.id == id && provider.base != base);
    if preset.id != "other" && !taken(preset.id) {
        return preset.id.into();
    }
    let stem = crate::text::format::file_name(label);
    let mut id = stem.clone();
    let mut nth = 2;
    while taken(&id) {
        id = format!("{stem}-{nth}");
        nth += 1;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(id: &str, base: &str) -> Provider {
        Provider {
            id: id.into(),
            label: String::new(),
            dialect: Dialect::OpenaiChat,
            base: base.into(),
            models: Vec::new(),
            needs_key: false,
            has_key: false,
            price_in: None,
            price_out: None,
        }
    }

    #[test]
    fn a_second_server_of_a_kind_does_not_replace_the_first() {
        let known = [provider("local", "http://127.0.0.1:11434/v1"), provider("my-box", "http://a.test")];
        assert_eq!(id_for(preset("local"), "Mine", "http://127.0.0.1:11434/v1", &known), "local");
        assert_eq!(id_for(preset("local"), "LM Studio", "http://127.0.0.1:1234/v1", &known), "lm-studio");
        assert_eq!(id_for(preset("other"), "My box", "http://b.test", &known), "my-box-2");
    }

    #[test]
    fn bases_have_no_slash_at_the_end() {
        assert!(PRESETS.iter().all(|preset| !preset.base.ends_with('/')));
    }
}
