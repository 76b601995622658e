//! manifest.json: base.json with a variant's few words laid over it.
use std::fs;

use serde_json::{Map, Value};

use crate::ground::{Done, Ground, Stop};

pub const VARIANTS: [&str; 3] = ["store", "dev", "e2e"];

pub fn text(ground: &Ground, variant: &str) -> Done<String> {
    let read = |name: &str| -> Done<Map<String, Value>> {
        let path = ground.path("apps/extension/manifest").join(format!("{name}.json"));
        let bytes = fs::read(&path).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))?;
        serde_json::from_slice(&bytes).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))
    };
    let made = lay_over(read("base")?, read(variant)?);
    Ok(serde_json::to_string_pretty(&made).expect("a manifest is JSON") + "\n")
}

/// A list is added to, null takes away, anything else replaces.
fn lay_over(mut base: Map<String, Value>, over: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (_, Value::Null) => {
                base.remove(&key);
            }
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(variant: &str) -> Value {
        serde_json::from_str(&text(&Ground::find(), variant).expect("it is in the tree")).expect("it is JSON")
    }

    fn has(manifest: &Value, list: &str, word: &str) -> bool {
        manifest[list].as_array().is_some_and(|list| list.iter().any(|value| value == word))
    }

    #[test]
    fn only_dev_may_debug() {
        for variant in VARIANTS {
            assert_eq!(has(&made(variant), "permissions", "debugger"), variant == "dev", "{variant}");
        }
    }

    #[test]
    fn only_e2e_is_granted_every_site_and_the_others_ask() {
        for variant in VARIANTS {
            let manifest = made(variant);
            assert_eq!(has(&manifest, "host_permissions", "<all_urls>"), variant == "e2e", "{variant}");
            assert_eq!(has(&manifest, "optional_host_permissions", "<all_urls>"), variant != "e2e", "{variant}");
        }
    }

    #[test]
    fn scripts_come_from_the_package_and_pages_are_isolated() {
        for variant in VARIANTS {
            let manifest = made(variant);
            let csp = manifest["content_security_policy"]["extension_pages"].as_str().expect("there is a policy");
            assert!(csp.contains("script-src 'self' 'wasm-unsafe-eval';"), "{csp}");
            assert!(csp.contains("object-src 'none'") && csp.contains("connect-src 'self' https: wss: http: ws:"), "{csp}");
            assert_eq!(manifest["cross_origin_opener_policy"]["value"], "same-origin");
            assert_eq!(manifest["cross_origin_embedder_policy"]["value"], "require-corp");
            assert!(manifest.get("externally_connectable").is_none());
        }
    }

    #[test]
    fn a_variant_changes_no_other_key() {
        let may_differ = ["name", "permissions", "host_permissions", "optional_host_permissions"];
        let store = made("store");
        for variant in ["dev", "e2e"] {
            for (key, value) in made(variant).as_object().expect("a manifest is an object") {
                assert!(may_differ.contains(&key.as_str()) || store.get(key) == Some(value), "{variant}: {key}");
            }
        }
    }
}
