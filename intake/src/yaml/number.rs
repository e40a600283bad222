//! Numbers in plain YAML scalars, as go-yaml v2 reads them and Go writes them as JSON.
//!
//! Source: go-yaml v2 `resolve.go`, Go `strconv.ParseInt` with base 0, `encoding/json`
//! `floatEncoder`, and `strconv.FormatFloat(_, 'g', -1, 32)` for keys.

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
    let size = value.abs();
    if !value.is_finite() {
        None
    } else if size != 0.0 && !(1e-6..1e21).contains(&size) {
        Some(format!("{value:e}"))
    } else {
        Some(value.to_string())
    }
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
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        value.to_string()
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
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
            (f64::INFINITY, ".inf"),
            (f64::NEG_INFINITY, "-.inf"),
            (f64::NAN, ".nan"),
        ] {
            assert_eq!(key(value), text);
        }
    }
}
