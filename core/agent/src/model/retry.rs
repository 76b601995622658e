//! When another try starts: what the server asked for, else doubling waits spread by chance.
use super::exchange::{Limits, Now};
use alloc::string::String;

const FIRST_WAIT_MS: u64 = 500;
const WAIT_MAX_MS: u64 = 8_000;

/// What a response's head says about trying again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Advice {
    pub after_ms: Option<u64>,
    /// `x-should-retry`.
    pub should: Option<bool>,
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    After(u64),
    No,
    /// The server wants more patience than we have: so many milliseconds.
    TooLong(u64),
}

impl Advice {
    /// Header names are lower case.
    pub fn read(headers: &[(String, String)], now: Now) -> Advice {
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        let after_ms = header("retry-after-ms").and_then(|ms| scaled(ms, 1.0));
        // By the server's own clock if it tells: ours may be wrong.
        let wall_ms = header("date").and_then(http_date).map_or(now.wall_ms, |date| date * 1_000);
        let after_s = || header("retry-after").and_then(|value| scaled(value, 1_000.0).or_else(|| until(value, wall_ms)));
        let should = match header("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Advice { after_ms: after_ms.or_else(after_s), should }
    }

    /// `retry`: the fault allows it; `made`: tries so far.
    pub fn next(&self, retry: bool, status: Option<u16>, made: u32, seed: u64, limits: &Limits) -> Next {
        let never = matches!(status, Some(300..=401 | 403 | 404 | 422));
        if never || made >= limits.tries_max || !self.should.unwrap_or(retry) {
            return Next::No;
        }
        match self.after_ms {
            Some(ms) if ms > limits.wait_max_ms => Next::TooLong(ms),
            Some(ms) => Next::After(ms),
            None => {
                let full = (FIRST_WAIT_MS << (made - 1).min(8)).min(WAIT_MAX_MS);
                Next::After(full - mix(seed, made) % (full / 4))
            }
        }
    }
}

/// A number of milliseconds from one in another unit, rounded up.
fn scaled(text: &str, unit: f64) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    (0.0..1e12).contains(&number).then_some((number * unit + 0.999) as u64)
}

/// Spreads the seed over the tries (the finalizer of splitmix64).
fn mix(seed: u64, n: u32) -> u64 {
    let mut z = seed.wrapping_add(u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Milliseconds until an HTTP date in its usual form: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). One second is added for
/// the part of a second that dates leave out.
fn until(date: &str, wall_ms: u64) -> Option<u64> {
    let at_ms = http_date(date)? * 1_000;
    (wall_ms > 0).then(|| (at_ms + 1_000).saturating_sub(wall_ms))
}

fn http_date(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = date.split_once(", ")?;
    let mut words = rest.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|known| *known == month)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 of the civil calendar, years beginning in March so that the leap day is the last one.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(name: &str, value: &str) -> Advice {
        Advice::read(&[(name.into(), value.into())], Now { ms: 0, wall_ms: 784_111_770_000 })
    }

    #[test]
    fn waits_are_read_in_every_form() {
        let table = [
            ("retry-after", "2", Some(2_000)),
            ("retry-after", "0.5", Some(500)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Some(8_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("retry-after", "nan", None),
            ("retry-after-ms", "250", Some(250)),
        ];
        for (name, value, expect) in table {
            let got = advice(name, value).after_ms.map(|ms| ms / 10 * 10);
            assert_eq!(got, expect, "{name}: {value}");
        }
        let headers = [("date", "Sun, 06 Nov 1994 08:49:30 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")];
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        assert_eq!(Advice::read(&headers, Now::default()).after_ms, Some(8_000), "by the server's clock");
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Tue, 29 Feb 2028 12:00:00 GMT"), Some(1_835_438_400));
    }

    #[test]
    fn tries_are_few_and_never_for_what_cannot_help() {
        let limits = Limits::default();
        let next = |advice: Advice, retry, status, made| advice.next(retry, status, made, 9, &limits);
        for status in [302, 400, 401, 403, 404, 422] {
            assert_eq!(next(advice("x-should-retry", "true"), true, Some(status), 1), Next::No, "{status}");
        }
        assert_eq!(next(advice("x-should-retry", "false"), true, Some(503), 1), Next::No);
        assert!(matches!(next(advice("x-should-retry", "true"), false, Some(402), 1), Next::After(_)));
        assert_eq!(next(Advice::default(), true, Some(429), 3), Next::No);
        assert_eq!(next(advice("retry-after", "3"), true, Some(429), 2), Next::After(3_000));
        assert_eq!(next(advice("retry-after", "121"), true, Some(429), 1), Next::TooLong(121_000));
        for (made, range) in [(1, 375..=500), (2, 750..=1_000)] {
            let Next::After(ms) = next(Advice::default(), true, None, made) else { panic!("tries again") };
            assert!(range.contains(&ms), "{ms}");
        }
    }
}
