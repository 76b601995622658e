//! Requests to the browser, and asking again when the answer was lost and asking harms nothing.
use super::{gate::failure, *};

/// The host answers within half a minute; this is for a host that does not.
const ASK_MS: u64 = 40_000;
/// A service worker that died is back within a moment.
const AGAIN_MS: u64 = 150;
/// Limit: answers lost within one call. A frozen page is asked twice.
const LOST_MAX: u32 = 6;

impl Drive {
    pub(super) fn ask_browser(&mut self, body: Value, stage: Stage, out: &mut Vec<Output>) {
        self.send(body, stage, 0, out);
    }

    pub(super) fn ask_page(&mut self, request: Value, stage: Stage, out: &mut Vec<Output>) {
        let more_ms = request["ms"].as_u64().unwrap_or(0);
        self.send(json!({"op": "page", "tab": self.tab, "request": request}), stage, more_ms, out);
    }

    fn send(&mut self, body: Value, stage: Stage, more_ms: u64, out: &mut Vec<Output>) {
        let Some(job) = &mut self.job else { return };
        // What has an effect is never simply sent again, so it is not kept, nor are secrets in it.
        job.asked = if stage.is_effect() { None } else { Some((body.to_string(), more_ms)) };
        let ms = ASK_MS + more_ms;
        out.push(if stage.is_effect() { Output::Act { body, ms } } else { Output::Ask { body, ms } });
        job.stage = stage;
    }

    /// Takes the answer when it is a lost one that may be asked for again, a moment later.
    pub(super) fn lost(&mut self, answer: &Value, out: &mut Vec<Output>) -> bool {
        let Some(job) = &mut self.job else { return false };
        if failure(answer) != Some("lost") || job.asked.is_none() || job.lost >= LOST_MAX {
            return false;
        }
        job.lost += 1;
        job.stage = Stage::Again(Box::new(job.stage.clone()));
        out.push(Output::Wake { ms: AGAIN_MS * u64::from(job.lost) });
        true
    }

    pub(super) fn again(&mut self, stage: Stage, out: &mut Vec<Output>) {
        let Some((body, more_ms)) = self.job.as_mut().and_then(|job| job.asked.take()) else { return };
        let body = serde_json::from_str(&body).expect("a request kept as JSON is JSON");
        self.send(body, stage, more_ms, out);
    }

    /// May the page be asked again after a failure of this kind? Counted, so that a dead browser ends the call.
    pub(super) fn may_ask_again(&mut self, kind: &str) -> bool {
        let Some(job) = &mut self.job else { return false };
        job.lost += match kind {
            "lost" | "navigated" | "no_page" => 1,
            "timeout" => LOST_MAX / 2,
            _ => return false,
        };
        job.lost <= LOST_MAX
    }
}
