//! Numbers in plain YAML scalars, as go-yaml v2 reads them and Go writes them as JSON.
//!
//! Source: go-yaml v2 `resolve.go`, Go `strconv.ParseInt` with base 0, `encoding/json`
//! `floatEncoder`, and `strconv.FormatFloat(_, 'g', -1, 32)` for keys.

use crate::written;

/// A number; an integer has its digits as JSON writes them.
#[derive(Debug, PartialEq)]
pub(crate) enum Number {
    Integer(String),
    Float(f64),
}

/// The number that a plain scalar stands for, if it stands for one.
pub(crate) fn read(text: &str) -> Option<Number> {
    match text.bytes().next()? {
        b'0'..=b'9' | b'+' | b'-' => {
            let plain = text.replace('_', "");
            integer(&plain)
                .map(Number::Integer)
                .or_else(|| float(&plain).map(Number::Float))
        }
        b'.' => float(text).map(Number::Float),
        _ => None,
    }
}

/// The digits of an integer with a sign, in base 10 or in the base of its prefix. Decimal ones
/// may have any size: the JSON keeps their digits.
fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    let all_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
    if digits == "0" || all_digits && !digits.is_empty() && !digits.starts_with('0') {
        let sign = if digits == "0" { "" } else { sign };
        return Some(format!("{sign}{digits}"));
    }
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (base, digits) = match prefix.as_str() {
        "0x" => (16, digits.get(2..)?),
        "0o" => (8, digits.get(2..)?),
        "0b" => (2, digits.get(2..)?),
        _ => (8, digits.strip_prefix('0')?),
    };
    if !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    // Beyond 64 bits Go reads a text or, in newer versions, a big integer: neither is of use.
    let value = u64::from_str_radix(digits, base).ok()?;
    if sign == "-" && value > i64::MIN.unsigned_abs() {
        return None;
    }
    let sign = if value == 0 { "" } else { sign };
    Some(format!("{sign}{value}"))
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, if it is a finite number.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn digits(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit())
}

/// A finite number as Go writes it in JSON; none for one that JSON does not know. A whole number
/// has no fraction, which matters where the API wants an integer.
pub(crate) fn json(value: f64) -> Option<String> {
    let text = value.is_finite().then(|| written::json(&value))?;
    let decimal = Decimal::of(&text);
    Some(if (-6..21).contains(&decimal.exponent) {
        decimal.plain()
    } else {
        format!("{}e{}", decimal.mantissa(), decimal.exponent)
    })
}

/// A number as sigs.k8s.io/yaml writes it as a key: with the digits that tell it from other
/// 32-bit numbers.
pub(crate) fn key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = written::json(&value);
    let decimal = Decimal::of(&text);
    if (-4..6).contains(&decimal.exponent) {
        decimal.plain()
    } else {
        format!("{}e{:+03}", decimal.mantissa(), decimal.exponent)
    }
}

/// A number in the fewest digits that tell it from all others. They are taken from its JSON: what
/// the standard library writes numbers with would be 19 kB of the npm package.
struct Decimal<'a> {
    sign: &'a str,
    /// Without zeros at their ends; none of zero.
    digits: String,
    /// The power of ten that the first of them stands for.
    exponent: isize,
}

impl<'a> Decimal<'a> {
    /// The number that is written so in JSON.
    fn of(text: &'a str) -> Self {
        let unsigned = text.trim_start_matches('-');
        let (mantissa, power) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let first = all.find(|digit| digit != '0').unwrap_or(0);
        let digits = all.get(first..).unwrap_or_default().trim_end_matches('0');
        let power: isize = power.parse().unwrap_or(0);
        Self {
            sign: text.strip_suffix(unsigned).unwrap_or_default(),
            digits: digits.to_owned(),
            exponent: power + whole.len().cast_signed() - first.cast_signed() - 1,
        }
    }

    /// All of it, with the zeros that it takes.
    fn plain(&self) -> String {
        let Self {
            sign,
            digits,
            exponent,
        } = self;
        match usize::try_from(*exponent) {
            Ok(power) => {
                let whole = power + 1;
                format!("{sign}{}", pointed(&format!("{digits:0<whole$}"), whole))
            }
            Err(_) => {
                let zeros = "0".repeat(exponent.unsigned_abs() - 1);
                format!("{sign}0.{zeros}{digits}")
            }
        }
    }

    /// The digits, with the point behind the first.
    fn mantissa(&self) -> String {
        format!("{}{}", self.sign, pointed(&self.digits, 1))
    }
}

/// Digits with a point behind `whole` of them, if there are more.
fn pointed(digits: &str, whole: usize) -> String {
    match digits.split_at_checked(whole) {
        Some((whole, fraction)) if !fraction.is_empty() => [whole, ".", fraction].concat(),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Number, json, key, read};

    fn integer(text: &str) -> Option<String> {
        match read(text)? {
            Number::Integer(digits) => Some(digits),
            Number::Float(_) => None,
        }
    }

    fn float(text: &str) -> Option<String> {
        match read(text)? {
            Number::Integer(_) => None,
            Number::Float(value) => json(value),
        }
    }

    #[test]
    fn reads_integers_of_every_base() {
        for (text, digits) in [
            ("0", "0"),
            ("-0", "0"),
            ("+12", "12"),
            ("-12", "-12"),
            ("1_000", "1000"),
            ("017", "15"),
            ("-017", "-15"),
            ("00", "0"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0X1f", "31"),
            ("-0x1f", "-31"),
            ("0b1_01", "5"),
            ("0xffffffffffffffff", "18446744073709551615"),
            ("-0x8000000000000000", "-9223372036854775808"),
        ] {
            assert_eq!(integer(text).as_deref(), Some(digits), "{text}");
        }
    }

    #[test]
    fn keeps_the_digits_of_integers_of_any_size() {
        for digits in ["18446744073709551616", "-99999999999999999999999999"] {
            assert_eq!(integer(digits).as_deref(), Some(digits));
        }
        let digits = "9".repeat(400);
        assert_eq!(integer(&digits), Some(digits));
    }

    #[test]
    fn reads_floats_as_go_writes_them() {
        for (text, number) in [
            ("1.5", "1.5"),
            ("1.", "1"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("1e3", "1000"),
            ("1_0.5", "10.5"),
            ("08", "8"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e21"),
            ("1E-7", "1e-7"),
            ("0.000001", "0.000001"),
            ("-0.0", "-0"),
            ("0.00012", "0.00012"),
            ("-1.25e-9", "-1.25e-9"),
            ("123456789e15", "1.23456789e23"),
            // right between two, of which the even one is written
            ("31.0741729736328125", "31.074172973632812"),
        ] {
            assert_eq!(float(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn leaves_everything_else_a_text() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "1e",
            "1e+",
            "e3",
            "1e999",
            "0x",
            "0xg",
            "0b2",
            "0o8",
            "1.2.3",
            "_1",
            "1-2",
            "10Gi",
            "1e3e3",
            "0x1ffffffffffffffff",
            "-0xffffffffffffffff",
            "+-1",
            "inf",
            "nan",
            "infinity",
            "0x-1",
            "12:30:45",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn writes_keys_as_go_does() {
        for (value, text) in [
            (1.5, "1.5"),
            (0.1, "0.1"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.5e10, "-1.5e+10"),
            (451_246.625, "451246.62"),
            (0.0, "0"),
            (f64::INFINITY, ".inf"),
            (f64::NEG_INFINITY, "-.inf"),
            (f64::NAN, ".nan"),
        ] {
            assert_eq!(key(value), text);
        }
    }
}
