//! Numbers, times and money in few characters.
use peerd_agent::view::UsageView;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// 999, 1.2k, 34k, 1.5M.
#[must_use]
pub fn count(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..9_950 => format!("{:.1}k", n as f64 / 1e3),
        9_950..999_500 => format!("{}k", (n + 500) / 1_000),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}

/// Dollars from micro-dollars: cents at least, more digits where cents would say nothing.
#[must_use]
/// Of bytes.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

pub fn money(micro: u64) -> String {
    match micro {
        0 => "$0.00".into(),
        1..100 => "below $0.0001".into(),
        100..10_000 => format!("${:.4}", micro as f64 / 1e6),
        10_000..1_000_000 => format!("${:.3}", micro as f64 / 1e6),
        _ => format!("${:.2}", micro as f64 / 1e6),
    }
}

/// What a run used, in one line; money only where a price is known.
#[must_use]
pub fn usage(usage: &UsageView) -> String {
    let read = usage.tokens_in + usage.cache_read + usage.cache_write;
    let tokens = format!("{} in · {} out", count(read), count(usage.tokens_out));
    match usage.micro_dollars {
        Some(micro) => format!("{tokens} · {}", money(micro)),
        None => tokens,
    }
}

/// The same in full, for a tooltip.
#[must_use]
pub fn usage_in_full(usage: &UsageView) -> String {
    let money = usage.micro_dollars.map_or("price unknown: set your own in the settings".into(), money);
    format!(
        "{} tokens in, {} out, {} read from cache, {} written to cache; {money}",
        usage.tokens_in, usage.tokens_out, usage.cache_read, usage.cache_write
    )
}

/// How long ago, for a list.
#[must_use]
pub fn ago(now: u64, at: u64) -> String {
    match now.saturating_sub(at) {
        0..MINUTE_MS => "now".into(),
        past @ MINUTE_MS..HOUR_MS => format!("{} min", past / MINUTE_MS),
        past @ HOUR_MS..DAY_MS => format!("{} h", past / HOUR_MS),
        past if past < 7 * DAY_MS => format!("{} d", past / DAY_MS),
        _ => date(at),
    }
}

/// Minutes and seconds until a moment; "0:00" once it is past.
#[must_use]
pub fn countdown(now: u64, until: u64) -> String {
    let seconds = until.saturating_sub(now).div_ceil(1_000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Year, month and day in UTC of milliseconds since the Unix epoch.
#[must_use]
pub fn date(at: u64) -> String {
    // Days to a date of the Gregorian calendar, with years that begin in March (Hinnant, "chrono-compatible low-level date algorithms").
    let days = at / DAY_MS + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", day - (153 * shifted + 2) / 5 + 1)
}

/// A file's name from a title: letters and digits of any script, at most 60 characters.
#[must_use]
pub fn file_name(title: &str) -> String {
    let mut name = String::new();
    for c in title.chars().take(60) {
        match c {
            c if c.is_alphanumeric() => name.push(c),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "chat".into() } else { name.to_lowercase() }
}

/// Micro-dollars from what a person types as dollars; None when it is no price.
#[must_use]
pub fn dollars(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('$').replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 || whole.len() > 6 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    Some(whole * 1_000_000 + part)
}

/// The way back: what to show in a field for a price.
#[must_use]
pub fn dollars_text(micro: Option<u64>) -> String {
    let Some(micro) = micro else { return String::new() };
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_short() {
        let shown: Vec<String> = [0, 999, 1_000, 9_949, 9_950, 999_499, 999_500, 12_300_000].into_iter().map(count).collect();
        assert_eq!(shown, ["0", "999", "1.0k", "9.9k", "10k", "999k", "1.0M", "12.3M"]);
    }

    #[test]
    fn small_money_is_not_rounded_to_nothing() {
        let shown: Vec<String> = [0, 99, 1_234, 56_789, 1_500_000].into_iter().map(money).collect();
        assert_eq!(shown, ["$0.00", "below $0.0001", "$0.0012", "$0.057", "$1.50"]);
    }

    #[test]
    fn money_is_shown_only_where_a_price_is_known() {
        let mut used = UsageView { tokens_in: 1_200, tokens_out: 80, cache_read: 9_000, ..UsageView::default() };
        assert_eq!(usage(&used), "10k in · 80 out");
        used.micro_dollars = Some(4_100);
        assert_eq!(usage(&used), "10k in · 80 out · $0.0041");
    }

    #[test]
    fn dates_hold_at_the_calendars_edges() {
        let day = |days: u64| date(days * DAY_MS);
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(11_017), "2000-03-01");
        assert_eq!(day(20_782), "2026-11-25");
        assert_eq!(day(20_819), "2027-01-01");
    }

    #[test]
    fn times_past_and_to_come() {
        assert_eq!(ago(100_000, 90_000), "now");
        assert_eq!(ago(10 * HOUR_MS, HOUR_MS), "9 h");
        assert_eq!(ago(20_782 * DAY_MS, 0), "1970-01-01");
        assert_eq!(ago(0, 5), "now");
        assert_eq!(countdown(0, 119_001), "2:00");
        assert_eq!(countdown(5, 1), "0:00");
    }

    #[test]
    fn a_price_survives_the_field_it_is_typed_into() {
        for (typed, micro) in [("3", 3_000_000), ("$0.25", 250_000), ("0,8", 800_000), (".000001", 1)] {
            assert_eq!(dollars(typed), Some(micro), "{typed}");
            assert_eq!(dollars(&dollars_text(Some(micro))), Some(micro));
        }
        for wrong in ["", ".", "-1", "1e3", "a", "1.0000001", "12345678"] {
            assert_eq!(dollars(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_files_name_can_be_typed() {
        assert_eq!(file_name("Order: 2 tea pots / café?"), "order-2-tea-pots-café");
        assert_eq!(file_name("../../"), "chat");
    }
}
