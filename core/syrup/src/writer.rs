//! Values as bytes: the one canonical way of each.
use alloc::vec::Vec;

use crate::Integer;

/// Appends to a buffer that its maker keeps and uses again. Who writes a struct writes its keys in the order wanted.
pub struct Writer<'a>(pub &'a mut Vec<u8>);

/// The only NaN that may be written.
pub(crate) const NAN: u64 = 0x7ff8_0000_0000_0000;

impl Writer<'_> {
    pub fn bool(&mut self, value: bool) {
        self.0.push(if value { b't' } else { b'f' });
    }

    pub fn integer(&mut self, value: &Integer) {
        match value.to_i64() {
            Some(small) => self.i64(small),
            None => {
                let text = alloc::string::ToString::to_string(value);
                self.0.extend_from_slice(text.trim_start_matches('-').as_bytes());
                self.sign(value.is_negative());
            }
        }
    }

    pub fn i64(&mut self, value: i64) {
        self.number(value.unsigned_abs());
        self.sign(value < 0);
    }

    pub fn u64(&mut self, value: u64) {
        self.number(value);
        self.sign(false);
    }

    /// All NaN are written as the one that is allowed.
    pub fn float(&mut self, value: f64) {
        let bits = if value.is_nan() { NAN } else { value.to_bits() };
        self.0.push(b'D');
        self.0.extend_from_slice(&bits.to_be_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.sized(b':', value);
    }

    pub fn text(&mut self, value: &str) {
        self.sized(b'"', value.as_bytes());
    }

    pub fn symbol(&mut self, value: &str) {
        self.sized(b'\'', value.as_bytes());
    }

    pub fn open_list(&mut self) {
        self.0.push(b'[');
    }

    pub fn close_list(&mut self) {
        self.0.push(b']');
    }

    pub fn open_struct(&mut self) {
        self.0.push(b'{');
    }

    pub fn close_struct(&mut self) {
        self.0.push(b'}');
    }

    /// A record with a symbol for a label, as all of OCapN's have.
    pub fn open_record(&mut self, label: &str) {
        self.0.push(b'<');
        self.symbol(label);
    }

    pub fn close_record(&mut self) {
        self.0.push(b'>');
    }

    /// What is Syrup already: a part that was received, and is signed.
    pub fn raw(&mut self, encoded: &[u8]) {
        self.0.extend_from_slice(encoded);
    }

    fn sized(&mut self, kind: u8, value: &[u8]) {
        self.number(value.len() as u64);
        self.0.push(kind);
        self.0.extend_from_slice(value);
    }

    fn sign(&mut self, negative: bool) {
        self.0.push(if negative { b'-' } else { b'+' });
    }

    fn number(&mut self, mut rest: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            // Limit: a u64 has twenty digits at most.
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[at..]);
    }
}
