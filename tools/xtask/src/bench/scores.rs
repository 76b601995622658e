//! What was measured: samples by row and subject, and what they say about the floors.
use std::collections::BTreeMap;

use super::programs::{Floor, NATIVE_MAX, PROGRAMS, Row, SLACK};

#[derive(Default)]
pub struct Scores {
    samples: BTreeMap<(&'static str, &'static str), Vec<f64>>,
}

#[derive(Clone, Copy, PartialEq)]
pub struct Score {
    pub median: f64,
    /// The best: all rows are better when lower.
    pub min: f64,
    pub max: f64,
}

/// How much less than the opponent: the ratio of medians, and that of the best.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub median: f64,
    pub best: f64,
}

pub enum Verdict {
    Met,
    /// Missed by less than the slack.
    Near,
    Missed(String),
    NotAsked,
}

impl Scores {
    pub fn add(&mut self, row: &'static str, subject: &'static str, value: f64) {
        self.samples.entry((row, subject)).or_default().push(value);
    }

    pub fn of(&self, row: &str, subject: &str) -> Option<Score> {
        let mut values = self.samples.get(&(row, subject) as &(&str, &str))?.clone();
        values.sort_by(f64::total_cmp);
        Some(Score { median: values[values.len() / 2], min: values[0], max: values[values.len() - 1] })
    }

    /// The better of one and two schedulers, by the median.
    pub fn beam(&self, row: &str) -> Option<(&'static str, Score)> {
        let both = ["beam-s1", "beam-s2"].into_iter().filter_map(|subject| Some((subject, self.of(row, subject)?)));
        both.min_by(|one, other| one.1.median.total_cmp(&other.1.median))
    }

    pub fn ratio(&self, row: &str, subject: &str) -> Option<Ratio> {
        let (ours, (_, beam)) = (self.of(row, subject)?, self.beam(row)?);
        Some(Ratio { median: beam.median / ours.median, best: beam.min / ours.min })
    }

    pub fn judge(&self, row: &Row) -> Verdict {
        let by = |short: f64, why: String| match short {
            short if short <= 1.0 => Verdict::Met,
            short if short <= SLACK => Verdict::Near,
            _ => Verdict::Missed(why),
        };
        let chromium = self.of(row.name, "peerd-chromium");
        match (row.floor, chromium, self.ratio(row.name, "peerd-chromium")) {
            (Floor::Times(floor), _, Some(ratio)) => by(floor / ratio.median, format!("{:.1}x of {floor}x", ratio.median)),
            (Floor::AtMost(floor), Some(ours), _) => by(ours.median / floor, format!("{:.0} of {floor} {}", ours.median, row.unit)),
            _ => Verdict::NotAsked,
        }
    }

    /// Natively no slower than half again Chromium's time, and ahead of the rivals: what is not so.
    pub fn behind(&self) -> Vec<String> {
        let mut told = Vec::new();
        for row in PROGRAMS.iter().flat_map(|program| program.rows) {
            let Some(native) = self.of(row.name, "peerd-native") else { continue };
            if let Some(chromium) = self.of(row.name, "peerd-chromium") {
                let times = native.median / chromium.median;
                if times > NATIVE_MAX * SLACK {
                    told.push(format!("{}: natively {times:.1}x Chromium's {}", row.name, row.unit));
                }
            }
            for rival in ["ractor", "kameo", "actix"] {
                if let Some(theirs) = self.of(row.name, rival)
                    && native.median > theirs.median * SLACK
                {
                    told.push(format!("{}: {rival} is ahead, {:.0} to {:.0} {}", row.name, theirs.median, native.median, row.unit));
                }
            }
        }
        told
    }
}
