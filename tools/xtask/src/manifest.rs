//! manifest.json: base.json with a variant's few words laid over it.
use std::fs;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::bundle;
use crate::ground::{Done, Ground, Stop};

pub const VARIANTS: [&str; 3] = ["store", "dev", "e2e"];

pub fn text(ground: &Ground, variant: &str) -> Done<String> {
    let read = |name: &str| -> Done<Map<String, Value>> {
        let path = ground.path("apps/extension/manifest").join(format!("{name}.json"));
        let bytes = fs::read(&path).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))?;
        serde_json::from_slice(&bytes).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))
    };
    let made = lay_over(read("base")?, read(variant)?);
    let text = serde_json::to_string_pretty(&made).expect("a manifest is JSON") + "\n";
    // The only script that the sandbox's policy lets start.
    Ok(text.replace("sha256-FRAME", &format!("sha256-{}", hash(&bundle::frame(ground)?))))
}

/// As policies write it: SHA-256 in base64.
fn hash(script: &str) -> String {
    base64(&Sha256::digest(script.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).flat_map(|chunk| {
        let three = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        (0..4).map(move |at| if at <= chunk.len() { DIGITS[(bits >> (18 - 6 * at)) as usize & 63] as char } else { '=' })
    });
    digits.collect()
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
            assert!(csp.contains("frame-src 'self'"), "a frame of ours may not leave: {csp}");
            assert!(csp.contains("object-src 'none'") && csp.contains("connect-src 'self' https: wss: http: ws:"), "{csp}");
            assert_eq!(manifest["cross_origin_opener_policy"]["value"], "same-origin");
            assert_eq!(manifest["cross_origin_embedder_policy"]["value"], "require-corp");
            assert!(manifest.get("externally_connectable").is_none());
        }
    }

    #[test]
    fn nothing_but_the_named_script_starts_in_a_sandbox_and_nothing_leaves_it() {
        let manifest = made("store");
        assert_eq!(manifest["sandbox"]["pages"], serde_json::json!(["sandbox.html"]));
        let csp = manifest["content_security_policy"]["sandbox"].as_str().expect("there is a policy");
        let frame = bundle::frame(&Ground::find()).expect("it is in the tree");
        assert!(csp.contains(&format!("script-src 'sha256-{}' 'unsafe-eval' 'wasm-unsafe-eval';", hash(&frame))), "{csp}");
        for part in ["sandbox allow-scripts;", "default-src 'none'", "connect-src 'none'", "frame-src 'none'", "worker-src blob:"] {
            assert!(csp.contains(part), "{part}: {csp}");
        }
        assert!(!csp.contains("allow-same-origin") && !csp.contains("unsafe-inline' 'unsafe-eval"), "{csp}");
        assert!(!frame.contains("</script"), "it would end its own element");
    }

    #[test]
    fn a_hash_is_written_as_policies_write_it() {
        assert_eq!(hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!([base64(b"f"), base64(b"fo"), base64(b"foo")], ["Zg==", "Zm8=", "Zm9v"]);
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
